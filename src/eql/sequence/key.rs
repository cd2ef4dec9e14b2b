//! Join keys: values that events must share.
//!
//! Keys compare exactly, case and type included, but for the names of hosts, whose case Windows changes ([`KeyField::lower`]). A field with several values gives one key for each; several fields, every combination.
//! Addresses are keys by their canonical text, because that is what Elasticsearch joins on.
//!
//! A key is met in two forms. A [`JoinKey`] holds its values and is what an alert shows; a [`Digest`] of 16 bytes stands for it while millions of candidates
//! are sorted and joined. For an event with `user.name` = `anna` and `eva`, and `process.pid` = 7, `by user.name, process.pid` gives
//!
//! ```text
//! keys      (anna, 7)              (eva, 7)
//! digests   H(2, h(anna), h(7))    H(2, h(eva), h(7))
//! ```
//!
//! where `h` digests one value and `H` a list. The length of the list goes in with a bit that says whether the key is of one host: an entity id means
//! something on its own host only, and must not equal the same text where a key is of all hosts.

use super::keyed_hash::KeyedHash;
use crate::base::Ticks;
use crate::base::guid::{self, Guid};
use crate::ecs::{self, Field, FieldType, SubField};
use crate::eql::counted_number::CountedNumber;
use crate::eql::datum::{Datum, KEYWORD_LIMIT, is_too_long, parse_number, read_all};
use crate::event::{Fields, Value, WrittenText};
use std::hash::{BuildHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

/// Most combinations of join keys that one document may stand for in one filter; further ones are dropped, and the candidate says so.
pub const MAX_KEYS: usize = 1024;

/// A join key of one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyField {
    /// Where the value is.
    pub field: Field,
    /// Whether a missing value is null, which equals null, instead of keeping the event out.
    pub optional: bool,
    /// Whether values are joined in lower case: those of `.caseless`, and names of hosts.
    pub lower: bool,
}

impl KeyField {
    /// The key of a name, as which of its multi-fields it may be.
    pub fn named(name: &str, optional: bool) -> Self {
        let (field, sub) = ecs::mapped(name);
        let lower = sub == Some(SubField::Caseless) || Self::names_host(&field);
        Self { field, optional, lower }
    }

    /// Whether a field is the name or id of a host. Elasticsearch compares these exactly; but one host writes its name in different letters from record to
    /// record, and a sequence on it would be lost.
    pub fn names_host(field: &Field) -> bool {
        const NAMES: [&str; 5] = ["host.name", "host.hostname", "host.id", "winlog.computer_name", "observer.hostname"];
        NAMES.contains(&field.name())
    }
}

/// Fields of an event whose values are counted beside its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedFields {
    /// The fields; of several, combinations of their values are counted.
    pub fields: Vec<KeyField>,
    /// Whether their values are read as numbers, and not only told apart.
    pub as_numbers: bool,
}

impl CountedFields {
    /// Fields whose distinct values are counted.
    pub fn distinct(names: &[impl AsRef<str>]) -> Self {
        Self { fields: names.iter().map(|name| KeyField::named(name.as_ref(), false)).collect(), as_numbers: false }
    }

    /// A field whose values are numbers.
    pub fn number(name: &str) -> Self {
        Self { as_numbers: true, ..Self::distinct(&[name]) }
    }
}

/// The values of all join keys of an event, in order. Cheap to clone.
pub type JoinKey = Arc<[KeyPart]>;

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
    /// The digest of the values of a whole key.
    Digest(Digest),
}

/// A number that stands for a join key, or for one value of it: equal for equal ones, and different for different ones, which has to hold against accident.
/// The hash is seeded at random in each run, so that no evidence can be crafted to have two keys with one number; or it has a key, which does the same for
/// several runs.
pub type Digest = [u64; 2];

/// Makes digests, the same for the same values as long as it lives.
#[derive(Clone, Debug, Default)]
pub struct Digester {
    hash: DigestHash,
}

/// How digests are made.
#[derive(Clone, Debug)]
enum DigestHash {
    /// Quickly, and differently in each run.
    Seeded(Box<[foldhash::quality::RandomState; 2]>),
    /// The same in every run that has the key, on any machine.
    Keyed(KeyedHash),
}

impl Default for DigestHash {
    fn default() -> Self {
        Self::Seeded(Box::default())
    }
}

/// A reusable buffer for the digests of one document's values.
#[derive(Debug, Default)]
pub struct DigestBuffer {
    text: String,
    /// Digests of the values of fields.
    parts: Vec<Digest>,
    /// Fields that were asked for, each with whether in lower case, and its parts.
    known: Vec<(Field, bool, Range<usize>)>,
    /// Whether keys of this document were dropped.
    capped: bool,
}

/// Fields of a key that are put together in place.
const MOST_AT_ONCE: usize = 8;

impl DigestBuffer {
    /// Begins the next document.
    pub fn clear(&mut self) {
        self.parts.clear();
        self.known.clear();
        self.capped = false;
    }

    /// Whether keys of the document were dropped, because there were more than [`MAX_KEYS`] combinations.
    pub fn is_capped(&self) -> bool {
        self.capped
    }

    /// The digests of the values of a field, each once: their range among the parts.
    fn values(&mut self, digester: &Digester, document: &dyn Fields, field: &Field, lower: bool) -> Range<usize> {
        let known = self.known.iter().find(|(known, in_lower, _)| known == field && *in_lower == lower);
        if let Some((_, _, range)) = known {
            return range.clone();
        }
        let start = self.parts.len();
        digester.parts_of(document, field, lower, &mut self.text, &mut self.parts);
        let range = start..self.parts.len();
        self.known.push((field.clone(), lower, range.clone()));
        range
    }

    fn null(&mut self, digester: &Digester) -> Range<usize> {
        self.parts.push(digester.part(&KeyPart::Null));
        // Null has a digest of its own, like any value: `by ?a` joins events that lack `a` with each other, and with no others.
        self.parts.len() - 1..self.parts.len()
    }
}

impl Digester {
    /// A digester whose digests are the same wherever the key is the same, and tell nothing of the values to whoever does not have it.
    pub fn keyed(key: &[u8]) -> Self {
        Self { hash: DigestHash::Keyed(KeyedHash::new(key)) }
    }

    /// The digest of anything that is no text of an event.
    pub fn of(&self, value: impl Hash) -> Digest {
        match &self.hash {
            DigestHash::Seeded(states) => [states[0].hash_one(&value), states[1].hash_one(&value)],
            DigestHash::Keyed(hash) => {
                let mut hasher = hash.hasher();
                value.hash(&mut hasher);
                hasher.digest()
            }
        }
    }

    /// The digest of a text.
    pub fn text(&self, text: &str) -> Digest {
        // A GUID has the digest of its 16 bytes, whether it is met as text or, in a record that is read in place, as the bytes themselves: most events
        // are joined by entity id without its 38 letters ever being written.
        guid::parse(text).map_or_else(|| self.of(text), |guid| self.guid(&guid))
    }

    /// The digest of the text of a GUID.
    fn guid(&self, guid: &Guid) -> Digest {
        self.of(u128::from_le_bytes(*guid))
    }

    fn part(&self, part: &KeyPart) -> Digest {
        match part {
            KeyPart::Text(text) => self.text(text),
            other => self.of(other),
        }
    }

    fn join(&self, of_host: bool, parts: &[Digest]) -> Digest {
        let join = |hasher: &mut dyn Hasher| {
            // The number of parts keeps ("ab") and ("a", "b") apart even if their digests were equal in a row; the lowest bit keeps a key that is the
            // same on every host apart from one of a host.
            hasher.write_usize(parts.len() << 1 | usize::from(of_host));
            parts.iter().flatten().for_each(|word| hasher.write_u64(*word));
        };
        match &self.hash {
            DigestHash::Seeded(states) => [&states[0], &states[1]].map(|state| {
                let mut hasher = state.build_hasher();
                join(&mut hasher);
                hasher.finish()
            }),
            DigestHash::Keyed(hash) => {
                let mut hasher = hash.hasher();
                join(&mut hasher);
                hasher.digest()
            }
        }
    }

    /// The digest of a key; `of_host` if it means something on one host only, and so differs from the same values as a key of all hosts.
    pub fn key(&self, of_host: bool, key: &[KeyPart]) -> Digest {
        let parts: Vec<Digest> = key.iter().map(|part| self.part(part)).collect();
        self.join(of_host, &parts)
    }

    /// The digest of the key of events of one host that share a text; `None` if it is too long for a key.
    pub fn text_key(&self, text: &str) -> Option<Digest> {
        (!is_too_long(text)).then(|| self.join(true, &[self.text(text)]))
    }

    /// The digest of the key of events of one host that share the first value of a field; `None` if the document has none. `buffer` must have begun this
    /// document.
    pub fn first_key(&self, document: &dyn Fields, field: &Field, buffer: &mut DigestBuffer) -> Option<Digest> {
        let range = buffer.values(self, document, field, false);
        let part = buffer.parts[range].first()?;
        Some(self.join(true, std::slice::from_ref(part)))
    }

    /// Adds a number for each value that is counted, which stands for it and is not 0, up to so many values. `buffer` must have begun this document.
    pub fn counted(
        &self,
        document: &dyn Fields,
        counted: &CountedFields,
        most: usize,
        buffer: &mut DigestBuffer,
        values: &mut Vec<u64>,
    ) {
        if counted.as_numbers {
            let (keys, capped) = keys_of(document, &counted.fields, &mut Recent::default());
            buffer.capped |= capped || keys.len() > most;
            values.extend(keys.iter().take(most).filter_map(|key| self.counted_key(counted, key)));
            return;
        }
        let mut digests = Vec::new();
        self.keys(document, &counted.fields, false, buffer, &mut digests);
        buffer.capped |= digests.len() > most;
        values.extend(digests.iter().take(most).map(number_of));
    }

    /// The number that stands for a value that is counted, given as a key: see [`counted`](Self::counted). `None` for what should be a number and is none.
    pub fn counted_key(&self, counted: &CountedFields, key: &[KeyPart]) -> Option<u64> {
        if !counted.as_numbers {
            return Some(number_of(&self.key(false, key)));
        }
        let number = match key.first()? {
            KeyPart::Text(text) => match text.strip_prefix("0x") {
                Some(digits) => Datum::Long(i64::from_str_radix(digits, 16).ok()?),
                None => parse_number(text)?,
            },
            KeyPart::Long(number) => Datum::Long(*number),
            KeyPart::Double(bits) => Datum::Double(f64::from_bits(*bits)),
            _ => return None,
        };
        match number {
            Datum::Long(number) => CountedNumber::of_integer(number),
            Datum::Double(number) => CountedNumber::of(number),
            _ => None,
        }
        .map(CountedNumber::to_bits)
    }

    /// Adds the digests of all keys of a document, in the order of the keys themselves; says how many. `buffer` must have begun this document.
    pub fn keys(
        &self,
        document: &dyn Fields,
        fields: &[KeyField],
        of_host: bool,
        buffer: &mut DigestBuffer,
        digests: &mut Vec<Digest>,
    ) -> usize {
        // Rules join by one to three fields. Those with more take the long way, through keys that are built and then digested, which gives the same
        // digests.
        let mut ranges: [Range<usize>; MOST_AT_ONCE] = Default::default();
        if fields.len() > MOST_AT_ONCE {
            let (keys, capped) = keys_of(document, fields, &mut Recent::default());
            buffer.capped |= capped;
            digests.extend(keys.iter().map(|key| self.key(of_host, key)));
            return keys.len();
        }
        let mut combinations = 1_usize;
        for (range, KeyField { field, optional, lower }) in ranges.iter_mut().zip(fields) {
            *range = buffer.values(self, document, field, *lower);
            if Range::is_empty(range) {
                if !optional {
                    return 0;
                }
                *range = buffer.null(self);
            }
            if range.len().saturating_mul(combinations) > MAX_KEYS {
                range.end = range.start + (MAX_KEYS / combinations).max(1);
                buffer.capped = true;
            }
            combinations *= range.len();
        }
        // The last field turns fastest.
        for number in 0..combinations {
            // The combinations are counted through as numbers with mixed bases, one digit for each field: with 2 and 3 values, number 4 is (1, 1), that
            // is the second value of both.
            let mut rest = number;
            let mut key = [Digest::default(); MOST_AT_ONCE];
            for (part, range) in key.iter_mut().zip(&ranges).take(fields.len()).rev() {
                *part = buffer.parts[range.start + rest % range.len()];
                rest /= range.len();
            }
            digests.push(self.join(of_host, &key[..fields.len()]));
        }
        combinations
    }

    /// Adds the digests of the values of a field.
    fn parts_of(&self, document: &dyn Fields, field: &Field, lower: bool, text: &mut String, parts: &mut Vec<Digest>) {
        let kind = field.kind();
        if kind.is_none_or(FieldType::is_text) {
            if let Some(guid) = document.guid(field) {
                parts.push(self.guid(guid));
                return;
            }
            text.clear();
            match document.write_text(field, text) {
                WrittenText::Nothing => return,
                WrittenText::Text if text.len() <= KEYWORD_LIMIT => {
                    if lower {
                        // Not `host::folded`, which is for names of computers: this is `.caseless` too, whose values Elasticsearch lowers by Unicode's
                        // rules.
                        *text = text.to_lowercase();
                    }
                    parts.push(self.text(text));
                    return;
                }
                WrittenText::Text | WrittenText::NotText => {}
            }
        }
        let begin = parts.len();
        for datum in read_all(document.values(field), field) {
            let part = match lowered(datum, lower) {
                Datum::Text(text) => self.text(&text),
                other => self.part(&KeyPart::new(other, &mut Recent::default())),
            };
            if !parts[begin..].contains(&part) {
                parts.push(part);
            }
            // One value more than may be kept is enough to know that some were dropped.
            if parts.len() - begin > MAX_KEYS {
                break;
            }
        }
    }
}

/// The number that stands for a value with this digest; 0 stands for none.
fn number_of(digest: &Digest) -> u64 {
    digest[0].max(1)
}

/// A value in lower case, if that is wanted.
fn lowered(datum: Datum<'_>, lower: bool) -> Datum<'_> {
    match datum {
        Datum::Text(text) if lower => Datum::Text(text.to_lowercase().into()),
        datum => datum,
    }
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
            Self::Null | Self::Digest(_) => return None,
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
pub(super) fn keys_of(document: &dyn Fields, fields: &[KeyField], recent: &mut Recent) -> (Vec<JoinKey>, bool) {
    let mut combinations: Vec<Vec<KeyPart>> = vec![Vec::with_capacity(fields.len())];
    let mut capped = false;
    for KeyField { field, optional, lower } in fields {
        let mut parts: Vec<KeyPart> = Vec::new();
        for datum in read_all(document.values(field), field) {
            let part = KeyPart::new(lowered(datum, *lower), recent);
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
            // The cap holds for the product: with 100 values in each of two fields, the second keeps 10. Which values stay depends on their order in the
            // document alone.
            parts.truncate((MAX_KEYS / combinations.len()).max(1));
        }
        combinations = combinations
            .into_iter()
            .flat_map(|head| parts.iter().map(move |part| [head.as_slice(), std::slice::from_ref(part)].concat()))
            .collect();
    }
    (combinations.into_iter().map(JoinKey::from).collect(), capped)
}
