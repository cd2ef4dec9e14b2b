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
    /// `i`, `m` or `s` behind `re`; pySigma has long names for them too.
    RegexFlag(char),
    StartsWith,
    Time(TimePart),
    Utf16,
    Utf16Be,
    Utf16Le,
    Windash,
}

/// A part of a date in the form of Sysmon, `2024-03-14 10:00:01.155`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePart {
    /// The digits from a character up to another one.
    Digits(usize, usize),
    /// The week of the year, as ISO 8601 counts.
    Week,
}

const MODIFIERS: &[(&str, Modifier)] = &[
    ("all", Modifier::All),
    ("base64", Modifier::Base64),
    ("base64offset", Modifier::Base64Offset),
    ("cased", Modifier::Cased),
    ("cidr", Modifier::Cidr),
    ("contains", Modifier::Contains),
    ("day", Modifier::Time(TimePart::Digits(8, 10))),
    ("dotall", Modifier::RegexFlag('s')),
    ("endswith", Modifier::EndsWith),
    ("exists", Modifier::Exists),
    ("expand", Modifier::Expand),
    ("fieldref", Modifier::FieldRef),
    ("gt", Modifier::Compare(ValueOrder::Greater)),
    ("gte", Modifier::Compare(ValueOrder::GreaterOrEqual)),
    ("hour", Modifier::Time(TimePart::Digits(11, 13))),
    ("i", Modifier::RegexFlag('i')),
    ("ignorecase", Modifier::RegexFlag('i')),
    ("lt", Modifier::Compare(ValueOrder::Less)),
    ("lte", Modifier::Compare(ValueOrder::LessOrEqual)),
    ("m", Modifier::RegexFlag('m')),
    ("minute", Modifier::Time(TimePart::Digits(14, 16))),
    ("month", Modifier::Time(TimePart::Digits(5, 7))),
    ("multiline", Modifier::RegexFlag('m')),
    ("neq", Modifier::Neq),
    ("re", Modifier::Regex),
    ("s", Modifier::RegexFlag('s')),
    ("startswith", Modifier::StartsWith),
    ("utf16", Modifier::Utf16),
    ("utf16be", Modifier::Utf16Be),
    ("utf16le", Modifier::Utf16Le),
    ("week", Modifier::Time(TimePart::Week)),
    ("wide", Modifier::Utf16Le),
    ("windash", Modifier::Windash),
    ("year", Modifier::Time(TimePart::Digits(0, 4))),
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
        Err(match near {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found,
        })
    }
}
