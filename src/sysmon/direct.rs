//! Fields that are made of the text of one entry: a part of it, or a few letters instead of it.
//!
//! These are the steps of the mapping that one can do without a document to do them in. Each gives what its step in [`super::derive`] gives for the same
//! text; a test holds that over every event. This module does not know which records have the entry, nor whether other steps set the same field.

use super::derive;
use super::step_context::StepContext;
use crate::ecs::{self, FieldId};
use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;

/// How a field is made of a text that says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The text behind the last separator of a path.
    BaseName,
    /// The domain in `DOMAIN\name`.
    Domain,
    /// The name in `DOMAIN\name`.
    UserName,
    /// The direction of a connection, by whether it was initiated here.
    Direction,
    /// Whether a signature is good.
    Trusted,
    /// The value of an algorithm in a list of hashes.
    Hash(&'static str),
    /// The text of what was written to the registry.
    RegistryData,
    /// The text as it is, if it is an address.
    Address,
    /// `true` or `false`.
    Boolean,
}

/// The result of a transformation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transformed {
    /// Nothing.
    Nothing,
    /// A part of it, by bytes.
    Part(Range<usize>),
    /// A part of it in lower case.
    Lower(Range<usize>),
    /// Another text.
    Other(Cow<'static, str>),
    /// True or false.
    Flag(bool),
}

/// Fields and the entry that they are made of, if a step of that entry alone sets them.
const MADE: &[(FieldId, &str, Made)] = &[
    (ecs::USER_DOMAIN, "User", Made::Domain),
    (ecs::USER_NAME, "User", Made::UserName),
    (ecs::NETWORK_DIRECTION, "Initiated", Made::Direction),
    (ecs::FILE_CODE_SIGNATURE_TRUSTED, "Signed", Made::Trusted),
    (ecs::REGISTRY_DATA_STRINGS, "Details", Made::RegistryData),
    (ecs::PROCESS_HASH_MD5, "Hashes", Made::Hash("md5")),
    (ecs::PROCESS_HASH_SHA1, "Hashes", Made::Hash("sha1")),
    (ecs::PROCESS_HASH_SHA256, "Hashes", Made::Hash("sha256")),
    (ecs::PROCESS_PE_IMPHASH, "Hashes", Made::Hash("imphash")),
    (ecs::FILE_HASH_MD5, "Hashes", Made::Hash("md5")),
    (ecs::FILE_HASH_SHA1, "Hashes", Made::Hash("sha1")),
    (ecs::FILE_HASH_SHA256, "Hashes", Made::Hash("sha256")),
    (ecs::FILE_PE_IMPHASH, "Hashes", Made::Hash("imphash")),
];

/// How a field is made of an entry, if there is such a way. [`Made::Hash`] may be that of another object than the one that events of the ID hash.
pub fn made_of(field: &str) -> Option<(&'static str, Made)> {
    MADE.iter().find(|(id, ..)| id.name() == field).map(|&(_, entry, made)| (entry, made))
}

/// Whether the hashes in the events of an ID are those of the object that a field belongs to.
pub fn hashes_it(field: &str, context: StepContext) -> bool {
    let rest = derive::hashed_object(context).and_then(|object| field.strip_prefix(object));
    rest.is_some_and(|rest| rest.starts_with('.'))
}

impl Made {
    /// Makes the value of a text.
    pub fn of(self, text: &str, separator: char) -> Transformed {
        let range = |range: Option<Range<usize>>| range.map_or(Transformed::Nothing, Transformed::Part);
        match self {
            Self::BaseName => {
                // A path of one character has no name, as in `derive::process_names`: the pipeline asks for more than one.
                let after = text.rfind(separator).filter(|_| text.len() > 1).map(|at| at + separator.len_utf8());
                range(after.map(|from| from..text.len()))
            }
            Self::Domain => range(derive::user_parts(text).map(|(domain, _)| 0..domain.len())),
            Self::UserName => range(derive::user_parts(text).map(|(_, name)| text.len() - name.len()..text.len())),
            Self::Direction => match derive::direction(text) {
                Some(direction) => Transformed::Other(direction.into()),
                None => Transformed::Nothing,
            },
            Self::Trusted => Transformed::Flag(text == "true"),
            Self::Hash(algorithm) => derive::hash_of(text, algorithm).map_or(Transformed::Nothing, Transformed::Lower),
            Self::RegistryData => match derive::registry_data(text) {
                Some(number) => Transformed::Other(number.into()),
                None => Transformed::Part(0..text.len()),
            },
            // The text of an address is kept as it was written, since that is what a row shows; only whether it is one is asked here.
            Self::Address => range(text.parse::<IpAddr>().ok().map(|_| 0..text.len())),
            Self::Boolean => match text {
                "true" => Transformed::Flag(true),
                "false" => Transformed::Flag(false),
                _ => Transformed::Nothing,
            },
        }
    }
}
