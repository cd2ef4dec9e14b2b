//! How one text becomes a value: the vocabulary of the table of steps.
//!
//! A row of the table says which text a field is made of, and by which transformation. The same transformation then works in both places where events are
//! made: over the text of a whole record that is being mapped, and over the bytes of one entry in its chunk. For the row
//!
//! ```text
//! fill(Entry("User"), ecs::USER_NAME, UserName)          User: CORP\ann
//! ```
//!
//! [`TextTransform::of`] gives `Part(5..8)`: the mapping makes a value of these bytes, and a timeline row points to them, since the whole text stands in
//! the row already. Only what is no part of the text is put together anew. This module does not know which fields are made, nor of which entries.

use super::derive::{args, dns, hashes, long, paths, registry, status};
use crate::event::{FieldValues, IpValue, Value};
use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;

/// How a value is made of a text that says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextTransform {
    /// The text as it is.
    Text,
    /// The text as it is, if it is an address.
    Address,
    /// An integer.
    Long,
    /// `true` or `false`; nothing for another text.
    Boolean,
    /// Whether it is `true`.
    IsTrue,
    /// True for `Valid`, nothing for another text.
    IsValid,
    /// The first of these for `true`, the second for `false`.
    Choice(&'static str, &'static str),
    /// The text behind the last separator of a path.
    BaseName,
    /// The text in front of the last separator of a path.
    Directory,
    /// The text behind the last dot of a path.
    Extension,
    /// The arguments of a command line.
    Arguments,
    /// Their number.
    ArgumentCount,
    /// The domain in `DOMAIN\name`.
    Domain,
    /// The name in `DOMAIN\name`.
    UserName,
    /// The value of an algorithm in a list of hashes.
    Hash(&'static str),
    /// The short name of the root of a registry path.
    RegistryHive,
    /// A registry path without its root.
    RegistryKey,
    /// The last part of a registry path.
    RegistryValue,
    /// The type of what was written to the registry.
    RegistryType,
    /// The text of what was written to the registry.
    RegistryData,
    /// The name that Windows has for a status.
    StatusName,
    /// The domain that somebody registered, in a name that was asked for.
    RegisteredDomain,
    /// The labels in front of the domain that somebody registered.
    Subdomain,
    /// The public suffix, which that domain ends in: `co.uk`.
    TopLevelDomain,
}

/// How the values that a transformation makes have to do with the text that it makes them of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextRelation {
    /// Each is a part of the text, at most with letters of ASCII in lower case.
    Part,
    /// Each is a part of the text without some of its quotes and backslashes.
    Unquoted,
    /// Each is a part of the text in lower case, as Unicode has it.
    Lower,
    /// It is a number, or a part of the text.
    Number,
    /// It is one of these, or a part of the text.
    OneOf(Vec<&'static str>),
}

/// The result of a transformation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transformed {
    /// Nothing.
    Nothing,
    /// A part of the text, by bytes.
    Part(Range<usize>),
    /// A part of it in lower case.
    Lower(Range<usize>),
    /// The whole text, which is an address.
    Address,
    /// Another text.
    Other(Cow<'static, str>),
    /// True or false.
    Flag(bool),
    /// An integer.
    Long(i64),
    /// Any number of texts.
    Several(Vec<String>),
}

impl Transformed {
    /// The part of a text that a slice of it is.
    pub fn part_of(text: &str, part: Option<&str>) -> Self {
        let Some(part) = part else { return Self::Nothing };
        // By address: the part is known to lie in the text, and to search for it could find an earlier place with the same letters.
        let start = part.as_ptr().addr() - text.as_ptr().addr();
        Self::Part(start..start + part.len())
    }

    fn other(text: Option<impl Into<Cow<'static, str>>>) -> Self {
        text.map_or(Self::Nothing, |text| Self::Other(text.into()))
    }

    /// The values that it stands for, of the text that it was made of.
    pub fn into_values(self, text: &str) -> Option<FieldValues> {
        let value: Value = match self {
            Self::Nothing => return None,
            Self::Part(range) => text[range].into(),
            Self::Lower(range) => text[range].to_lowercase().into(),
            Self::Address => IpValue::parse(text)?.into(),
            Self::Other(text) => text.into_owned().into(),
            Self::Flag(flag) => flag.into(),
            Self::Long(number) => number.into(),
            // A list of one value is that value, as everywhere in a document.
            Self::Several(mut texts) => match texts.len() {
                0 | 1 => texts.pop()?.into(),
                _ => return Some(FieldValues::Many(texts.into_iter().map(Value::from).collect())),
            },
        };
        Some(FieldValues::One(value))
    }
}

impl TextTransform {
    /// Makes the value of a text that says something. `separator` is that of paths.
    pub fn of(self, text: &str, separator: char) -> Transformed {
        let part = |part: Option<&str>| Transformed::part_of(text, part);
        match self {
            Self::Text => Transformed::Part(0..text.len()),
            // The text of an address is kept as it was written, since that is what a row shows; only whether it is one is asked here.
            Self::Address if text.parse::<IpAddr>().is_ok() => Transformed::Address,
            // A number that cannot be read is no number: Elastic's `convert` ignores the failure, and the field stays unset.
            Self::Long => long(text).map_or(Transformed::Nothing, Transformed::Long),
            Self::Boolean => text.parse().map_or(Transformed::Nothing, Transformed::Flag),
            Self::IsTrue => Transformed::Flag(text == "true"),
            Self::IsValid if text == "Valid" => Transformed::Flag(true),
            Self::Address | Self::IsValid => Transformed::Nothing,
            Self::Choice(yes, no) => match text.parse() {
                Ok(chosen) => Transformed::Other(if chosen { yes } else { no }.into()),
                Err(_) => Transformed::Nothing,
            },
            Self::BaseName => part(paths::split(text, separator).map(|(_, name)| name)),
            Self::Directory => part(paths::split(text, separator).map(|(directory, _)| directory)),
            Self::Extension => part(paths::extension(text, separator)),
            Self::Arguments => Transformed::Several(args::split(text)),
            Self::ArgumentCount => Transformed::Long(i64::try_from(args::count(text)).unwrap_or(i64::MAX)),
            Self::Domain => part(paths::user(text).map(|(domain, _)| domain)),
            Self::UserName => part(paths::user(text).map(|(_, name)| name)),
            Self::Hash(algorithm) => hashes::hash_of(text, algorithm).map_or(Transformed::Nothing, Transformed::Lower),
            Self::RegistryHive => Transformed::other(registry::hive(text)),
            Self::RegistryKey => part(registry::key(text)),
            Self::RegistryValue => part(registry::value(text)),
            Self::RegistryType => Transformed::Other(registry::data_type(text).into()),
            // Numbers are told apart from texts by their form, `DWORD (0x…)`; whatever has another form stays as Sysmon wrote it.
            Self::RegistryData => match registry::number(text) {
                Some(number) => Transformed::Other(number.to_string().into()),
                None => Transformed::Part(0..text.len()),
            },
            Self::StatusName => match status::name(text) {
                Some(name) => Transformed::Other(name.into()),
                None => Transformed::Part(0..text.len()),
            },
            // The list is asked anew for each part: an event that is mapped whole pays three look-ups, and a field that is asked for alone pays one.
            Self::RegisteredDomain => Transformed::other(dns::question(text).and_then(|parts| parts.registered)),
            Self::Subdomain => part(dns::question(text).and_then(|parts| parts.subdomain)),
            Self::TopLevelDomain => Transformed::other(dns::question(text).map(|parts| parts.suffix)),
        }
    }

    /// How its values have to do with the text that they are made of.
    pub fn relation(self) -> TextRelation {
        match self {
            Self::Text
            | Self::Address
            | Self::BaseName
            | Self::Directory
            | Self::Extension
            | Self::Domain
            | Self::UserName
            | Self::RegistryKey
            | Self::RegistryValue
            | Self::RegisteredDomain
            | Self::Subdomain
            | Self::TopLevelDomain => TextRelation::Part,
            Self::Arguments => TextRelation::Unquoted,
            Self::Hash(_) => TextRelation::Lower,
            Self::Long | Self::ArgumentCount | Self::RegistryData => TextRelation::Number,
            Self::Boolean | Self::IsTrue | Self::IsValid => TextRelation::OneOf(vec!["true", "false"]),
            Self::Choice(yes, no) => TextRelation::OneOf(vec![yes, no]),
            Self::RegistryHive => TextRelation::OneOf(registry::hives().collect()),
            Self::RegistryType => TextRelation::OneOf(registry::DATA_TYPES.to_vec()),
            Self::StatusName => TextRelation::OneOf(status::names().collect()),
        }
    }

    /// Whether the values are always parts of the text, but for quotes and backslashes, which arguments may lack: what they must contain, the text must.
    pub fn is_cut(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::BaseName
                | Self::Directory
                | Self::Extension
                | Self::Arguments
                | Self::RegistryKey
                | Self::RegistryValue
        )
    }

    /// Whether the value is one text or flag, which a row can have beside others that are made of the same entry.
    pub fn can_share(self) -> bool {
        !matches!(self, Self::Long | Self::Arguments | Self::ArgumentCount)
    }

    /// The cost of making the values, relative to nothing for most of them.
    pub fn cost(self) -> usize {
        match self {
            Self::Arguments | Self::RegisteredDomain | Self::Subdomain | Self::TopLevelDomain => 3,
            Self::ArgumentCount => 1,
            _ => 0,
        }
    }
}
