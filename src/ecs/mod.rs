//! The catalogue of fields: every dotted name that evql knows, with its type in Elastic's index mappings.
//!
//! A field is a number inside the catalogue ([`FieldId`]), or, for names that no catalogue can know, the name itself ([`Field`]).
//! This module does not know where values come from.

mod catalogue;
mod names;
mod sub_field;

pub use catalogue::*;
pub use names::{categories, is_known, to_compare};
pub use sub_field::{SubField, mapped};

use std::fmt;
use std::sync::{Arc, LazyLock};

/// How Elasticsearch maps a field, as far as comparison depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// Exact text; values over 1,024 characters are not indexed.
    Keyword,
    /// Exact text of any length.
    Wildcard,
    /// Analysed text, which EQL cannot compare exactly.
    Text,
    /// A 64-bit signed integer.
    Long,
    /// A floating-point number.
    Double,
    /// `true` or `false`.
    Boolean,
    /// An IPv4 or IPv6 address, compared by value.
    Ip,
    /// An instant with millisecond resolution.
    Date,
    /// An instant with finer resolution, written with all seven digits that Windows has.
    DateNanos,
    /// A software version.
    Version,
}

impl FieldType {
    /// Whether values are text.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Keyword | Self::Wildcard | Self::Text | Self::Version)
    }

    /// Whether values are numbers.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Long | Self::Double)
    }
}

/// Whether a field is written as a list even when it has one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cardinality {
    /// One value stands alone; several make a list.
    Single,
    /// Always a list (ECS: "normalize: array").
    List,
}

/// A field of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(u16);

/// What the catalogue says of one field.
#[derive(Clone, Copy, Debug)]
pub struct FieldDefinition {
    /// Dotted name, such as `process.entity_id`.
    pub name: &'static str,
    /// Type in Elastic's mappings.
    pub kind: FieldType,
    /// Written alone or as a list.
    pub shape: Cardinality,
}

impl FieldId {
    /// Its place in the catalogue, from 0.
    pub fn position(self) -> usize {
        usize::from(self.0)
    }

    /// Whether it is the same as another one; what `==` says, for constants.
    pub const fn is(self, other: Self) -> bool {
        self.0 == other.0
    }

    /// The catalogue's entry.
    pub fn definition(self) -> &'static FieldDefinition {
        &DEFINITIONS[usize::from(self.0)]
    }

    /// Dotted name.
    pub fn name(self) -> &'static str {
        self.definition().name
    }

    /// The field of that exact name, if the catalogue has it.
    pub fn find(name: &str) -> Option<Self> {
        static BY_NAME: LazyLock<hashbrown::HashMap<&'static str, FieldId>> =
            LazyLock::new(|| all().map(|id| (id.name(), id)).collect());
        BY_NAME.get(name).copied()
    }
}

/// Objects that come in lists: where the lists of their fields are equally long, documents write them as a list of objects.
pub const OBJECT_LISTS: &[&[&str]] = &[&["dns", "answers"]];

/// All fields of the catalogue.
pub fn all() -> impl Iterator<Item = FieldId> {
    (0u16..).take(DEFINITIONS.len()).map(FieldId)
}

/// A field by its number if the catalogue has it, else by its name.
///
/// Two fields are equal exactly if their dotted names are: [`Field::named`] looks the name up first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// In the catalogue.
    Known(FieldId),
    /// Not in the catalogue, such as a provider's own `winlog.event_data` entry.
    Other(Arc<str>),
}

impl Field {
    /// The field of a dotted name.
    pub fn named(name: &str) -> Self {
        FieldId::find(name).map_or_else(|| Self::Other(name.into()), Self::Known)
    }

    /// Dotted name.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(id) => id.name(),
            Self::Other(name) => name,
        }
    }

    /// Type, if the catalogue knows the field, or Elastic's index templates know its like: all of `winlog.event_data` are keywords.
    pub fn kind(&self) -> Option<FieldType> {
        match self {
            Self::Known(id) => Some(id.definition().kind),
            Self::Other(name) if name.starts_with("winlog.event_data.") => Some(FieldType::Keyword),
            Self::Other(_) => None,
        }
    }

    /// Whether the field is written as a list even with one value.
    pub fn shape(&self) -> Cardinality {
        match self {
            Self::Known(id) => id.definition().shape,
            Self::Other(_) => Cardinality::Single,
        }
    }
}

impl From<FieldId> for Field {
    fn from(id: FieldId) -> Self {
        Self::Known(id)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Makes the table of definitions and one constant per field.
macro_rules! define_fields {
    ($($(#[$doc:meta])* $constant:ident = $name:literal: $kind:ident $shape:ident;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u16)]
        enum Position { $($constant),* }
        $(
            #[doc = concat!("`", $name, "`")]
            pub const $constant: $crate::ecs::FieldId = $crate::ecs::FieldId(Position::$constant as u16);
        )*
        /// Every field, in the order of their ids.
        pub(super) static DEFINITIONS: &[$crate::ecs::FieldDefinition] = &[$(
            $crate::ecs::FieldDefinition {
                name: $name,
                kind: $crate::ecs::FieldType::$kind,
                shape: $crate::ecs::Cardinality::$shape,
            }
        ),*];
    };
}
use define_fields;

#[cfg(test)]
mod tests;
