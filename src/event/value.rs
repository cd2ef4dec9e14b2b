//! One value of a field, and the list of all its values.

use crate::base::Ticks;
use crate::ecs::{Field, FieldType};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::net::IpAddr;

/// An address with the text it was written in: comparison is by address, output is the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IpValue {
    /// The address; an IPv4 address mapped into IPv6 is held as IPv4, as Elasticsearch does.
    pub address: IpAddr,
    /// The address as it is written in the evidence, such as `0:0:0:0:0:0:0:1`.
    pub text: Box<str>,
}

impl IpValue {
    /// Reads an IPv4 or IPv6 literal; `None` if the text is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let address: IpAddr = text.parse().ok()?;
        Some(Self { address: address.to_canonical(), text: text.into() })
    }
}

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Text.
    Text(Box<str>),
    /// An integer.
    Long(i64),
    /// A number that is not an integer, or too large for one.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// An address.
    Ip(IpValue),
    /// An instant.
    Date(Ticks),
}

impl Value {
    /// The text, if the value is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of the value as JSON has it under a field, without quotes.
    pub fn text_in(&self, field: &Field) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Ip(ip) => Cow::Borrowed(&ip.text),
            Self::Long(number) => Cow::Owned(number.to_string()),
            Self::Double(number) => Cow::Owned(serde_json::Value::from(*number).to_string()),
            Self::Boolean(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Self::Date(at) if field.kind() == Some(FieldType::DateNanos) => Cow::Owned(at.rfc3339_full()),
            Self::Date(at) => Cow::Owned(at.rfc3339()),
        }
    }

    /// The value as it is written in JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_ref().into(),
            Self::Long(number) => (*number).into(),
            Self::Double(number) => (*number).into(),
            Self::Boolean(flag) => (*flag).into(),
            Self::Ip(ip) => ip.text.as_ref().into(),
            Self::Date(at) => at.rfc3339().into(),
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Long(number) => number.fmt(f),
            Self::Double(number) => number.fmt(f),
            Self::Boolean(flag) => flag.fmt(f),
            Self::Ip(ip) => f.write_str(&ip.text),
            Self::Date(at) => at.fmt(f),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Long(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl From<IpValue> for Value {
    fn from(ip: IpValue) -> Self {
        Self::Ip(ip)
    }
}

impl From<Ticks> for Value {
    fn from(at: Ticks) -> Self {
        Self::Date(at)
    }
}

/// All values of a field, at least one. Most fields have one, which needs no list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FieldValues {
    /// Exactly one.
    One(Value),
    /// Several, in the order of the source.
    Many(Vec<Value>),
}

impl FieldValues {
    /// The values as a slice.
    pub fn as_slice(&self) -> &[Value] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }

    /// Adds a value at the end.
    pub fn push(&mut self, value: Value) {
        match self {
            Self::Many(values) => values.push(value),
            Self::One(_) => {
                // The single value has to be moved out before the list can be put in its place; the second test below never fails.
                let Self::One(first) = std::mem::replace(self, Self::Many(Vec::with_capacity(2))) else { return };
                if let Self::Many(values) = self {
                    values.extend([first, value]);
                }
            }
        }
    }
}
