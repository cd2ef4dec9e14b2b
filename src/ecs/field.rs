//! Fields by number and by name.
//!
//! This file does not know where values come from.

use super::catalogue::{DEFINITIONS, ENTRY_ALL, ENTRY_EVENT_ID};
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
            LazyLock::new(|| all().chain(entries()).map(|id| (id.name(), id)).collect());
        BY_NAME.get(name).copied()
    }

    /// How many fields the catalogue has.
    pub fn count() -> usize {
        DEFINITIONS.len()
    }
}

/// The start of the names of entries as they were logged.
const ENTRY: &str = "sysmon.entry.";

/// Objects that come in lists: where the lists of their fields are equally long, documents write them as a list of objects.
pub const OBJECT_LISTS: &[&[&str]] = &[&["dns", "answers"]];

/// All fields of the catalogue that documents may have.
pub fn all() -> impl Iterator<Item = FieldId> {
    // Ids are positions in the table: there is no list of them to keep in step.
    (0..ENTRY_EVENT_ID.0).map(FieldId)
}

/// The fields of the catalogue that are entries as they were logged: those that Sysmon 15 is known to write.
pub fn entries() -> impl Iterator<Item = FieldId> {
    (0u16..).take(DEFINITIONS.len()).skip(ENTRY_EVENT_ID.position()).map(FieldId)
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
            Self::Other(name) if name.starts_with(ENTRY) => Some(FieldType::Wildcard),
            Self::Other(_) => None,
        }
    }

    /// The field that is an entry of a Sysmon record as it was logged.
    ///
    /// ```
    /// use evql::ecs::{self, Field};
    ///
    /// assert_eq!(Field::entry("Image"), ecs::ENTRY_IMAGE.into());
    /// assert_eq!(Field::entry("Image").name(), "sysmon.entry.Image");
    /// ```
    pub fn entry(name: &str) -> Self {
        static BY_ENTRY: LazyLock<hashbrown::HashMap<&'static str, FieldId>> =
            LazyLock::new(|| entries().filter_map(|id| Some((id.name().strip_prefix(ENTRY)?, id))).collect());
        BY_ENTRY.get(name).map_or_else(|| Self::Other(format!("{ENTRY}{name}").into()), |id| Self::Known(*id))
    }

    /// Whether the field is an entry of a Sysmon record as it was logged, or all of them. Conditions may ask for it, and no document that is written has it.
    pub fn is_entry(&self) -> bool {
        match self {
            Self::Known(id) => *id >= ENTRY_EVENT_ID,
            Self::Other(name) => name.starts_with(ENTRY),
        }
    }

    /// The name of the entry that the field is, if it is one entry of the record's data.
    pub fn entry_name(&self) -> Option<&str> {
        match self {
            Self::Known(id) if *id <= ENTRY_ALL => None,
            field => field.name().strip_prefix(ENTRY),
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
