//! The properties of a field in the catalogue, and the macro that the catalogue is written in.
//!
//! This file does not know which fields there are.

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldId(pub(super) u16);

/// The catalogue's entry for one field.
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

    /// `==` for constants: comparison traits cannot be called in `const` code.
    pub const fn is(self, other: Self) -> bool {
        self.0 == other.0
    }
}

/// Makes the table of definitions and one constant per field.
macro_rules! define_fields {
    ($($(#[$doc:meta])* $constant:ident = $name:literal: $kind:ident $shape:ident;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u16)]
        // The compiler numbers the fields: a constant is its place in the list, and a field that is added in the middle needs no number.
        enum Position { $($constant),* }
        $(
            #[doc = concat!("`", $name, "`")]
            pub const $constant: $crate::ecs::definition::FieldId = $crate::ecs::definition::FieldId(Position::$constant as u16);
        )*
        /// Every field, in the order of their ids.
        pub(super) static DEFINITIONS: &[$crate::ecs::definition::FieldDefinition] = &[$(
            $crate::ecs::definition::FieldDefinition {
                name: $name,
                kind: $crate::ecs::definition::FieldType::$kind,
                shape: $crate::ecs::definition::Cardinality::$shape,
            }
        ),*];
    };
}
pub(super) use define_fields;
