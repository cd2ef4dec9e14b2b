//! Values while a condition is evaluated: one typed value, or null.
//!
//! A [`Datum`] is read from a document's value according to the field's type, so that `"443"` in a source is a number where Elasticsearch's mapping
//! has a number. A [`Constant`] is the other side of a comparison, with every reading of it prepared. Nothing here knows of several values a field.

use crate::base::{Ticks, utf16};
use crate::ecs::{Field, FieldType};
use crate::event::Value;
use ipnet::IpNet;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;

/// Longest keyword that Elasticsearch indexes, in UTF-16 code units; longer ones count as missing.
pub const KEYWORD_LIMIT: usize = 1024;

/// One value, or none.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum<'a> {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// An integer.
    Long(i64),
    /// A floating-point number.
    Double(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// An address, IPv4 mapped into IPv6 held as IPv4.
    Ip(IpAddr),
    /// An instant.
    Date(Ticks),
}

/// Reads a number as Elasticsearch's numeric mappings do.
pub fn parse_number(text: &str) -> Option<Datum<'static>> {
    let text = text.trim();
    if let Ok(integer) = text.parse() {
        return Some(Datum::Long(integer));
    }
    // Rust's floats may also be written `inf`, `infinity` and `nan`, which are words to Elasticsearch.
    let starts = text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    starts.then(|| text.parse().ok().map(Datum::Double)).flatten()
}

/// Reads an address; IPv4 mapped into IPv6 becomes IPv4.
pub fn parse_address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Reads a block; a bare address is the block of just itself. Blocks of IPv4 mapped into IPv6 become IPv4.
pub fn parse_block(text: &str) -> Option<IpNet> {
    let block = match text.parse::<IpNet>() {
        Ok(block) => block,
        Err(_) => IpNet::from(text.parse::<IpAddr>().ok()?),
    };
    match (block.addr().to_canonical(), block.prefix_len()) {
        // `::ffff:10.0.0.0/104` is 10.0.0.0/8: the first 96 bits of a mapped address are fixed, and addresses are compared as IPv4 everywhere else.
        (IpAddr::V4(address), length) if matches!(block, IpNet::V6(_)) && length >= 96 => {
            IpNet::new(IpAddr::V4(address), length - 96).ok()
        }
        _ => Some(block),
    }
}

/// Reads an instant: RFC 3339, the same without offset or time (then UTC), or milliseconds since 1970.
pub fn parse_date(text: &str) -> Option<Ticks> {
    Ticks::parse_rfc3339(text)
        .or_else(|| Ticks::parse_rfc3339(&format!("{text}Z")))
        .or_else(|| Ticks::parse_rfc3339(&format!("{text}T00:00:00Z")))
        .or_else(|| text.parse().ok().and_then(Ticks::from_unix_millis))
}

/// Cuts a number to an integer, if there is such a one.
pub fn truncate(number: f64) -> Option<i64> {
    // The bounds are exact powers of two; every float between them has an integer part that fits.
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number);
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked, and cutting is meant")]
    fits.then_some(number as i64)
}

/// The nearest float, as Java compares an integer with a float.
#[expect(clippy::cast_precision_loss, reason = "Elasticsearch rounds in the same way")]
pub fn to_double(number: i64) -> f64 {
    number as f64
}

/// Whether a text is too long to be a keyword: such count as missing.
pub fn is_too_long(text: &str) -> bool {
    utf16::is_longer(text, KEYWORD_LIMIT)
}

/// Reads a document's value as a field of the given type has it; `None` if that type cannot hold it, which counts as missing.
pub fn read(value: &Value, kind: Option<FieldType>) -> Option<Datum<'_>> {
    let plain = match value {
        Value::Text(text) => Datum::Text(Cow::Borrowed(text)),
        Value::Long(number) => Datum::Long(*number),
        Value::Double(number) => Datum::Double(*number),
        Value::Boolean(flag) => Datum::Boolean(*flag),
        Value::Ip(ip) if kind.is_some_and(FieldType::is_text) => Datum::Text(Cow::Borrowed(&ip.text)),
        Value::Ip(ip) => Datum::Ip(ip.address),
        Value::Date(at) => Datum::Date(*at),
    };
    // Dates of finer resolution are read alike; how much of one counts is up to who compares.
    let kind = match kind {
        None => return Some(plain),
        Some(FieldType::DateNanos) => FieldType::Date,
        Some(kind) => kind,
    };
    match (kind, plain) {
        // Elastic's templates index keywords with `ignore_above: 1024`: a longer value is in the document and in no condition.
        (FieldType::Keyword, Datum::Text(text)) => (!is_too_long(&text)).then_some(Datum::Text(text)),
        (kind, other) if kind.is_text() => other.into_text().map(Datum::Text),
        (FieldType::Long, Datum::Double(number)) => truncate(number).map(Datum::Long),
        (FieldType::Long, Datum::Text(text)) => match parse_number(&text)? {
            Datum::Double(number) => truncate(number).map(Datum::Long),
            number => Some(number),
        },
        (FieldType::Double, Datum::Long(number)) => Some(Datum::Double(to_double(number))),
        (FieldType::Double, Datum::Text(text)) => match parse_number(&text)? {
            Datum::Long(number) => Some(Datum::Double(to_double(number))),
            number => Some(number),
        },
        (FieldType::Boolean, Datum::Text(text)) => match &*text {
            "true" => Some(Datum::Boolean(true)),
            // Elasticsearch takes an empty text for false in a boolean field, and no other text but the two words.
            "false" | "" => Some(Datum::Boolean(false)),
            _ => None,
        },
        (FieldType::Ip, Datum::Text(text)) => parse_address(&text).map(Datum::Ip),
        (FieldType::Date, Datum::Text(text)) => parse_date(&text).map(Datum::Date),
        (FieldType::Date, Datum::Long(millis)) => Ticks::from_unix_millis(millis).map(Datum::Date),
        (FieldType::Long, plain @ Datum::Long(_))
        | (FieldType::Double, plain @ Datum::Double(_))
        | (FieldType::Boolean, plain @ Datum::Boolean(_))
        | (FieldType::Ip, plain @ Datum::Ip(_))
        | (FieldType::Date, plain @ Datum::Date(_)) => Some(plain),
        _ => None,
    }
}

/// All values of a field that its type can hold.
pub fn read_all<'a>(values: &'a [Value], field: &Field) -> impl Iterator<Item = Datum<'a>> {
    let kind = field.kind();
    values.iter().filter_map(move |value| read(value, kind))
}

impl<'a> Datum<'a> {
    /// A view of the value that borrows its text.
    pub fn borrowed(&self) -> Datum<'_> {
        match self {
            Self::Null => Datum::Null,
            Self::Boolean(flag) => Datum::Boolean(*flag),
            Self::Long(number) => Datum::Long(*number),
            Self::Double(number) => Datum::Double(*number),
            Self::Text(text) => Datum::Text(Cow::Borrowed(text)),
            Self::Ip(address) => Datum::Ip(*address),
            Self::Date(at) => Datum::Date(*at),
        }
    }

    /// An owned copy of the value.
    pub fn into_owned(self) -> Datum<'static> {
        match self {
            Self::Null => Datum::Null,
            Self::Boolean(flag) => Datum::Boolean(flag),
            Self::Long(number) => Datum::Long(number),
            Self::Double(number) => Datum::Double(number),
            Self::Text(text) => Datum::Text(Cow::Owned(text.into_owned())),
            Self::Ip(address) => Datum::Ip(address),
            Self::Date(at) => Datum::Date(at),
        }
    }

    /// The value as text, as `string` and `concat` write it; `None` for null.
    pub fn into_text(self) -> Option<Cow<'a, str>> {
        Some(match self {
            Self::Null => return None,
            Self::Text(text) => text,
            Self::Boolean(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
            Self::Long(number) => Cow::Owned(number.to_string()),
            Self::Double(number) => Cow::Owned(java_double(number)),
            Self::Ip(address) => Cow::Owned(address.to_string()),
            Self::Date(at) => Cow::Owned(at.rfc3339()),
        })
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        *self == Datum::Null
    }
}

/// Writes a float as Java does: a point always, an exponent from 10^7 up and below 10^-3.
fn java_double(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    let size = number.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

/// A constant in a comparison, with all its readings.
#[derive(Clone, Debug)]
pub struct Constant {
    datum: Datum<'static>,
    text: Box<str>,
    number: Option<Datum<'static>>,
    address: Option<IpAddr>,
    date: Option<Ticks>,
}

impl Constant {
    /// Prepares a constant.
    pub fn new(datum: Datum<'static>) -> Self {
        let text = datum.clone().into_text().unwrap_or_default();
        let (number, address, date) = match &datum {
            Datum::Text(text) => (parse_number(text), parse_address(text), parse_date(text)),
            Datum::Long(millis) => (Some(datum.clone()), None, Ticks::from_unix_millis(*millis)),
            Datum::Double(_) => (Some(datum.clone()), None, None),
            Datum::Ip(address) => (None, Some(*address), None),
            Datum::Date(at) => (None, None, Some(*at)),
            Datum::Null | Datum::Boolean(_) => (None, None, None),
        };
        Self { text: text.into(), number, address, date, datum }
    }

    /// The constant as written.
    pub fn datum(&self) -> &Datum<'static> {
        &self.datum
    }

    /// The constant as text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The constant as a number, if it is or spells one.
    pub fn number(&self) -> Option<&Datum<'static>> {
        self.number.as_ref()
    }

    /// The constant as an address, if it spells one.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The constant as an instant, if it spells one.
    pub fn date(&self) -> Option<Ticks> {
        self.date
    }

    /// Whether a value equals the constant; `None` if the two cannot be compared, as null with anything.
    pub fn equals(&self, value: &Datum<'_>) -> Option<bool> {
        match value {
            // Equality of texts needs no order: most comparisons end here, without an iterator over UTF-16.
            Datum::Text(text) => (!self.datum.is_null()).then(|| **text == *self.text),
            _ => self.order(value).map(Ordering::is_eq),
        }
    }

    /// How a value compares with the constant; `None` if the two cannot be compared.
    pub fn order(&self, value: &Datum<'_>) -> Option<Ordering> {
        match value {
            Datum::Null => None,
            _ if self.datum.is_null() => None,
            // By UTF-16 units, as Java compares strings: characters beyond U+FFFF sort before U+E000 there, and behind it in UTF-8.
            Datum::Text(text) => Some(text.encode_utf16().cmp(self.text.encode_utf16())),
            Datum::Boolean(flag) => match &self.datum {
                Datum::Boolean(wanted) => Some(flag.cmp(wanted)),
                Datum::Text(text) => text.parse().ok().map(|wanted| flag.cmp(&wanted)),
                _ => None,
            },
            Datum::Long(_) | Datum::Double(_) => order_numbers(value, self.number.as_ref()?),
            Datum::Ip(address) => self.address.map(|wanted| wide(*address).cmp(&wide(wanted))),
            Datum::Date(at) => self.date.map(|wanted| at.whole_millis().cmp(&wanted.whole_millis())),
        }
    }
}

/// An address as Elasticsearch sorts it: IPv4 as mapped into IPv6.
fn wide(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

fn order_numbers(left: &Datum<'_>, right: &Datum<'_>) -> Option<Ordering> {
    match (left, right) {
        (Datum::Long(left), Datum::Long(right)) => Some(left.cmp(right)),
        (Datum::Long(left), Datum::Double(right)) => to_double(*left).partial_cmp(right),
        (Datum::Double(left), Datum::Long(right)) => left.partial_cmp(&to_double(*right)),
        (Datum::Double(left), Datum::Double(right)) => left.partial_cmp(right),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
