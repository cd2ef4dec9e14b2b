//! Fields by number and by name.
//!
//! This file does not know where values come from.

use super::catalogue::DEFINITIONS;
use super::definition::{Cardinality, FieldDefinition, FieldId, FieldType};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, LazyLock};

impl FieldId {
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
        // Rules name fields as text, and documents of other programs do so for each value: one hash is all that a name costs.
        static BY_NAME: LazyLock<hashbrown::HashMap<&'static str, FieldId>> =
            LazyLock::new(|| all().map(|id| (id.name(), id)).collect());
        BY_NAME.get(name).copied()
    }
}

/// Objects that come in lists: where the lists of their fields are equally long, documents write them as a list of objects.
pub const OBJECT_LISTS: &[&[&str]] = &[&["dns", "answers"]];

/// All fields of the catalogue.
pub fn all() -> impl Iterator<Item = FieldId> {
    // Ids are positions in the table: there is no list of them to keep in step.
    (0u16..).take(DEFINITIONS.len()).map(FieldId)
}

/// A field by its number if the catalogue has it, else by its name.
///
/// Two fields are equal exactly if their dotted names are: [`Field::named`] looks the name up first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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
            // Names of entries are a provider's own, and no catalogue can list them.
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
