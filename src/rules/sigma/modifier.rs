//! The modifiers behind a field's name: `CommandLine|contains|all`.
//!
//! This file knows their names, not what they do.

use super::super::codes;
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::eql::{ValueOrder, similar};

/// A modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    All,
    Base64,
    Base64Offset,
    Cased,
    Cidr,
    Compare(ValueOrder),
    Contains,
    EndsWith,
    Exists,
    Expand,
    FieldRef,
    Neq,
    Regex,
    /// `i`, `m` or `s` behind `re`.
    RegexFlag(char),
    StartsWith,
    Time(TimePart),
    Utf16,
    Utf16Be,
    Utf16Le,
    Windash,
}

/// A part of a date in the form of Sysmon, `2024-03-14 10:00:01.155`, by its first character and the one behind its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimePart(pub usize, pub usize);

const MODIFIERS: &[(&str, Modifier)] = &[
    ("all", Modifier::All),
    ("base64", Modifier::Base64),
    ("base64offset", Modifier::Base64Offset),
    ("cased", Modifier::Cased),
    ("cidr", Modifier::Cidr),
    ("contains", Modifier::Contains),
    ("day", Modifier::Time(TimePart(8, 10))),
    ("endswith", Modifier::EndsWith),
    ("exists", Modifier::Exists),
    ("expand", Modifier::Expand),
    ("fieldref", Modifier::FieldRef),
    ("gt", Modifier::Compare(ValueOrder::Greater)),
    ("gte", Modifier::Compare(ValueOrder::GreaterOrEqual)),
    ("hour", Modifier::Time(TimePart(11, 13))),
    ("i", Modifier::RegexFlag('i')),
    ("lt", Modifier::Compare(ValueOrder::Less)),
    ("lte", Modifier::Compare(ValueOrder::LessOrEqual)),
    ("m", Modifier::RegexFlag('m')),
    ("minute", Modifier::Time(TimePart(14, 16))),
    ("month", Modifier::Time(TimePart(5, 7))),
    ("neq", Modifier::Neq),
    ("re", Modifier::Regex),
    ("s", Modifier::RegexFlag('s')),
    ("startswith", Modifier::StartsWith),
    ("utf16", Modifier::Utf16),
    ("utf16be", Modifier::Utf16Be),
    ("utf16le", Modifier::Utf16Le),
    ("wide", Modifier::Utf16Le),
    ("windash", Modifier::Windash),
    ("year", Modifier::Time(TimePart(0, 4))),
];

impl Modifier {
    /// The modifier of a name that stands at a place.
    pub fn named(name: &str, at: Span) -> Result<Self, Diagnostic> {
        if let Some((_, modifier)) = MODIFIERS.iter().find(|(known, _)| *known == name) {
            return Ok(*modifier);
        }
        let message = format!("there is no modifier `{name}`");
        let found = Diagnostic::error(codes::UNKNOWN_MODIFIER, at, message);
        let near = similar(name, MODIFIERS.iter().map(|(known, _)| *known));
        Err(match (name, near) {
            ("week", _) => found.help("weeks are not counted here; `month` and `day` are"),
            (_, Some(near)) => found.help(format!("did you mean `{near}`?")),
            _ => found,
        })
    }
}
