//! The computing steps of the mapping, in the pipeline's terms: functions of texts, and for the few steps with several inputs functions of the event.
//!
//! This module does not know in which order its functions run, nor for which event IDs.

pub mod args;
pub mod community_id;
pub mod dll;
pub mod dns;
pub mod geo;
pub mod hashes;
pub mod paths;
pub mod registry;
pub mod status;

/// An integer as Elasticsearch's `convert` processor reads it: decimal, or hexadecimal behind `0x`.
pub fn long(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        // `from_str_radix` reads a sign, which Java's parser behind Elasticsearch refuses after `0x`.
        Some(hex) if hex.starts_with(['+', '-']) => None,
        Some(hex) => i64::from_str_radix(&format!("{sign}{hex}"), 16).ok(),
        None => text.parse().ok(),
    }
}
