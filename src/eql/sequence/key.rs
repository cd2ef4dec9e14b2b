//! Join keys: values that events must share.
//!
//! Keys compare exactly, case and type included. A field with several values gives one key for each; several fields, every combination.
//! Addresses are keys by their canonical text, because that is what Elasticsearch joins on.

use super::{KeyField, MAX_KEYS};
use crate::base::Ticks;
use crate::eql::datum::{Datum, read_all};
use crate::event::{Fields, Value};
use std::sync::Arc;

/// The values of all join keys of an event, in order. Cheap to clone.
pub type Key = Arc<[KeyPart]>;

/// The value of one join key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyPart {
    /// An optional key without value.
    Null,
    /// A text or an address.
    Text(Arc<str>),
    /// An integer.
    Long(i64),
    /// A float, by its bits.
    Double(u64),
    /// True or false.
    Boolean(bool),
    /// An instant.
    Date(Ticks),
}

/// Texts of keys that were met lately: the next events are often of the same host and process.
#[derive(Debug, Default)]
pub struct Recent {
    texts: [Option<Arc<str>>; 8],
    next: usize,
}

impl Recent {
    pub fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.iter().flatten().find(|known| ***known == *text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        self.texts[self.next] = Some(new.clone());
        self.next = (self.next + 1) % self.texts.len();
        new
    }
}

impl KeyPart {
    fn new(datum: Datum<'_>, recent: &mut Recent) -> Self {
        match datum {
            Datum::Null => Self::Null,
            Datum::Text(text) => Self::Text(recent.share(&text)),
            Datum::Ip(address) => Self::Text(address.to_string().into()),
            Datum::Long(number) => Self::Long(number),
            // Both zeros are one key.
            Datum::Double(number) => Self::Double((number + 0.0).to_bits()),
            Datum::Boolean(flag) => Self::Boolean(flag),
            Datum::Date(at) => Self::Date(at),
        }
    }

    /// The key as a value of a document; `None` for null.
    pub fn to_value(&self) -> Option<Value> {
        Some(match self {
            Self::Null => return None,
            Self::Text(text) => Value::Text(text.as_ref().into()),
            Self::Long(number) => Value::Long(*number),
            Self::Double(bits) => Value::Double(f64::from_bits(*bits)),
            Self::Boolean(flag) => Value::Boolean(*flag),
            Self::Date(at) => Value::Date(*at),
        })
    }
}

/// All keys of a document, and whether some were dropped. No keys at all means that the document lacks a key it must have;
/// without key fields there is one key, the empty one.
pub(super) fn keys_of(document: &dyn Fields, fields: &[KeyField], recent: &mut Recent) -> (Vec<Key>, bool) {
    let mut combinations: Vec<Vec<KeyPart>> = vec![Vec::with_capacity(fields.len())];
    let mut capped = false;
    for KeyField { field, optional } in fields {
        let mut parts: Vec<KeyPart> = Vec::new();
        for datum in read_all(document.values(field), field) {
            let part = KeyPart::new(datum, recent);
            if !parts.contains(&part) {
                parts.push(part);
            }
            if parts.len() > MAX_KEYS {
                break;
            }
        }
        if parts.is_empty() {
            if !optional {
                return (Vec::new(), capped);
            }
            parts.push(KeyPart::Null);
        }
        if parts.len().saturating_mul(combinations.len()) > MAX_KEYS {
            capped = true;
            parts.truncate((MAX_KEYS / combinations.len()).max(1));
        }
        combinations = combinations
            .into_iter()
            .flat_map(|head| parts.iter().map(move |part| [head.as_slice(), std::slice::from_ref(part)].concat()))
            .collect();
    }
    (combinations.into_iter().map(Key::from).collect(), capped)
}
