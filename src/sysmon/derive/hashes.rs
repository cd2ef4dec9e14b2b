//! Hash lists such as `SHA1=…,MD5=…,IMPHASH=…`.

use crate::ecs::{self, Field};
use crate::event::{Document, Value};
use crate::sysmon::event_id::event_id_row;
use crate::sysmon::raw::EventData;
use crate::sysmon::step_context::StepContext;
use std::ops::Range;

/// `related.hash` for every event, and `process.hash.*` or `file.hash.*` with `pe.imphash` for the IDs that have an object.
pub fn hashes(data: &EventData<'_>, document: &mut Document, context: StepContext) {
    let Some(list) = data.get("Hashes") else { return };
    let mut found: Vec<(String, String)> = Vec::new();
    let is_list = each_hash(list, |name, value| {
        if !name.is_empty() {
            found.push((name.to_lowercase(), list[value].to_lowercase()));
        }
    });
    let object = event_id_row(context.id).and_then(|row| row.hashed_object(context.mapping));
    // Any algorithm, not those of the catalogue only: a field of Sysmon's next version is there before anybody knows it here.
    if !is_list {
        return;
    }
    document.extend_distinct(ecs::RELATED_HASH, found.iter().map(|(_, value)| Value::from(value.as_str())));
    let Some(object) = object else { return };
    let field = |algorithm: &str| match algorithm {
        "imphash" => Field::named(&format!("{object}.pe.imphash")),
        other => Field::named(&format!("{object}.hash.{other}")),
    };
    let values = found.into_iter().map(|(algorithm, value)| (field(&algorithm), Value::from(value)));
    document.set_many_if_missing(values.collect());
}

/// The first value of an algorithm in a hash list, by bytes, as it stands there; none if any part is no `ALGORITHM=VALUE`.
pub fn hash_of(text: &str, algorithm: &str) -> Option<Range<usize>> {
    let mut found = None;
    let is_list = each_hash(text, |name, value| {
        if found.is_none() && is_named(name, algorithm) {
            found = Some(value);
        }
    });
    found.filter(|_| is_list)
}

/// Gives the name and the place of each value in a hash list that says something. False if any part is no `ALGORITHM=VALUE`.
pub fn each_hash(text: &str, mut each: impl FnMut(&str, Range<usize>)) -> bool {
    let bytes = text.as_bytes();
    // All or nothing: over a part without `=` Elastic's pipeline gives up on the whole list. It can come last, so that
    // whoever collects values may have to drop them again.
    let mut at = 0;
    loop {
        let end = memchr::memchr(b',', &bytes[at..]).map_or(bytes.len(), |comma| at + comma);
        // Names are short.
        let Some(name) = bytes[at..end].iter().position(|byte| *byte == b'=') else { return false };
        let from = at + name + 1;
        if says_something(&text[from..end]) {
            each(&text[at..from - 1], from..end);
        }
        if end == bytes.len() {
            return true;
        }
        at = end + 1;
    }
}

/// Whether a name is that of an algorithm, in whatever case. Letters of other scripts may become ASCII in lower case.
pub fn is_named(name: &str, algorithm: &str) -> bool {
    name.eq_ignore_ascii_case(algorithm) || (!name.is_ascii() && name.to_lowercase() == algorithm)
}

fn says_something(value: &str) -> bool {
    value.bytes().any(|byte| byte != b'0')
}
