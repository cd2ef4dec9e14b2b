//! Hash lists such as `SHA1=…,MD5=…,IMPHASH=…`.

use crate::ecs::{self, Field};
use crate::event::Document;
use crate::sysmon::mapping::Mapping;
use crate::sysmon::raw::EventData;
use crate::sysmon::step_context::{Done, StepContext};
use std::ops::Range;

/// The object whose hashes a list has.
pub fn object(context: StepContext) -> Option<&'static str> {
    match (context.id, context.mapping) {
        // Sysmon 23 and 24 hash a file and the clipboard; Elastic's pipeline gives both to the process.
        (1 | 23 | 24 | 25, _) | (26, Mapping::Winlogbeat) => Some("process"),
        (6 | 7 | 15 | 26 | 29, _) => Some("file"),
        _ => None,
    }
}

/// `related.hash` for every event, and `process.hash.*` or `file.hash.*` with `pe.imphash` for the IDs that have an object.
pub fn hashes(data: &mut EventData<'_>, document: &mut Document, context: StepContext) -> Done {
    for (algorithm, value) in data.get("Hashes").and_then(parse).unwrap_or_default() {
        document.push_distinct(ecs::RELATED_HASH, value.as_str());
        if let Some(object) = object(context) {
            let name = match algorithm.as_str() {
                "imphash" => format!("{object}.pe.imphash"),
                other => format!("{object}.hash.{other}"),
            };
            document.set_if_missing(Field::named(&name), value);
        }
    }
    Ok(())
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
    // All or nothing, as in `parse`: over a part without `=` Elastic's pipeline gives up on the whole list. It can come last, so that
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

/// The parts of a hash list, lower-cased, without empty and all-zero values; `None` if any part has no `=`.
fn parse(text: &str) -> Option<Vec<(String, String)>> {
    let parts: Option<Vec<(&str, &str)>> = text.split(',').map(|part| part.split_once('=')).collect();
    let says = |&(algorithm, value): &(&str, &str)| !algorithm.is_empty() && says_something(value);
    let lower = |(algorithm, value): (&str, &str)| (algorithm.to_lowercase(), value.to_lowercase());
    Some(parts?.into_iter().filter(says).map(lower).collect())
}
