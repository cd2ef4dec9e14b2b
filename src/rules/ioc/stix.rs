//! Bundles of STIX 2.1 (and 2.0): the patterns of their indicators.

use super::list_reader::{ListReader, WrittenValue};
use super::misp::offset;
use super::stix_meaning::{MeantPattern, meant};
use super::stix_pattern::parse;
use super::told::ValueType;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::ops::Range;

#[derive(Deserialize)]
struct StixBundle<'t> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow, default)]
    objects: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct StixHead {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct StixIndicator<'t> {
    name: Option<String>,
    description: Option<String>,
    #[serde(borrow)]
    pattern: &'t RawValue,
    pattern_type: Option<String>,
    #[serde(default)]
    revoked: bool,
}

/// Reads JSON; whether it is a bundle.
pub fn read(text: &str, reader: &mut ListReader) -> bool {
    let Ok(bundle) = serde_json::from_str::<StixBundle<'_>>(text) else { return false };
    if bundle.kind != "bundle" {
        return false;
    }
    for object in bundle.objects {
        match serde_json::from_str::<StixHead>(object.get()) {
            Ok(head) if head.kind == "indicator" => read_indicator(text, object, reader),
            Ok(_) => reader.pass_over("objects of STIX that are no indicators"),
            Err(error) => {
                let start = offset(text, object.get());
                reader.refuse(start..start + object.get().len(), &format!("this object cannot be read: {error}"));
            }
        }
    }
    true
}

fn read_indicator(text: &str, object: &RawValue, reader: &mut ListReader) {
    let start = offset(text, object.get());
    let indicator = match serde_json::from_str::<StixIndicator<'_>>(object.get()) {
        Ok(indicator) => indicator,
        Err(error) => {
            return reader
                .refuse(start..start + object.get().len(), &format!("this indicator cannot be read: {error}"));
        }
    };
    let written = indicator.pattern.get();
    let start = offset(text, written);
    let whole = start..start + written.len();
    if indicator.revoked {
        return reader.pass_over("revoked");
    }
    if let Some(kind) = indicator.pattern_type.as_deref().filter(|kind| *kind != "stix") {
        return reader.refuse(whole, &format!("patterns of '{kind}' are not understood: only those of STIX are"));
    }
    let Ok(pattern) = serde_json::from_str::<String>(written) else {
        return reader.refuse(whole, "the pattern is no text");
    };
    let place = |part: Range<usize>| in_string(written, start, part);
    let meant: MeantPattern = match parse(&pattern) {
        Ok(tree) => meant(&tree, &pattern),
        Err(wrong) => {
            return reader.refuse(place(wrong.place), &format!("the pattern cannot be read: {}", wrong.reason));
        }
    };
    for refusal in meant.refused {
        reader.refuse(place(refusal.place), &refusal.reason);
    }
    let note = indicator.name.or(indicator.description);
    for (observables, text) in meant.indicators {
        let value = WrittenValue {
            place: whole.clone(),
            text: "",
            value_type: ValueType::Unsaid,
            level: None,
            note: note.clone(),
        };
        reader.add_together(observables, &text, &value);
    }
}

/// The place in the file of a part of a string of JSON, whose text may be shorter than what is written.
fn in_string(written: &str, start: usize, part: Range<usize>) -> Range<usize> {
    // Behind the quote; an escape is one character of the text, or at most one byte for each that is written.
    let mut at = 1;
    let mut read = 0;
    let mut places = Vec::with_capacity(part.end + 1);
    while read <= part.end && at < written.len() {
        let rest = &written[at..];
        let (wide, bytes) = match rest.as_bytes() {
            [b'\\', b'u', ..] => (6, bytes_of_unit(rest.get(2..6).unwrap_or_default())),
            [b'\\', ..] => (2, 1),
            _ => {
                let c = rest.chars().next().map_or(1, char::len_utf8);
                (c, c)
            }
        };
        places.extend(std::iter::repeat_n(at, bytes));
        read += bytes;
        at += wide;
    }
    let place = |at: usize| start + places.get(at).copied().unwrap_or(written.len().saturating_sub(1));
    place(part.start)..place(part.end)
}

/// How many bytes a UTF-16 unit of so many hexadecimal digits takes in UTF-8.
fn bytes_of_unit(digits: &str) -> usize {
    match u32::from_str_radix(digits, 16) {
        Ok(0..0x80) | Err(_) => 1,
        // Each half of a pair makes up half of four bytes.
        Ok(0x80..0x800 | 0xd800..0xe000) => 2,
        Ok(_) => 3,
    }
}

#[cfg(test)]
mod tests;
