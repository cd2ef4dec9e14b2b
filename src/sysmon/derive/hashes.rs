//! Hash lists such as `SHA1=…,MD5=…,IMPHASH=…`.

use super::{Context, Done, Mapping};
use crate::ecs::{self, Field};
use crate::event::Document;
use crate::sysmon::raw::EventData;
use std::ops::Range;

/// What a hash list is the list of.
pub fn object(context: Context) -> Option<&'static str> {
    match (context.id, context.mapping) {
        // Sysmon 23 and 24 hash a file and the clipboard; Elastic's pipeline gives both to the process.
        (1 | 23 | 24 | 25, _) | (26, Mapping::Winlogbeat) => Some("process"),
        (6 | 7 | 15 | 26 | 29, _) => Some("file"),
        _ => None,
    }
}

/// `related.hash` for every event, and `process.hash.*` or `file.hash.*` with `pe.imphash` for the IDs that have an object.
pub fn hashes(data: &mut EventData<'_>, document: &mut Document, context: Context) -> Done {
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
    let mut at = 0;
    for part in text.split(',') {
        let (name, value) = part.split_once('=')?;
        let from = at + name.len() + 1;
        at += part.len() + 1;
        let is_it = || {
            // Names of other scripts may become ASCII in lower case.
            let is = if name.is_ascii() { name.eq_ignore_ascii_case(algorithm) } else { name.to_lowercase() == algorithm };
            is && says_something(value)
        };
        if found.is_none() && is_it() {
            found = Some(from..from + value.len());
        }
    }
    found
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
