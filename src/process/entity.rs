//! The key of a process on its host: Sysmon's ProcessGuid, or any other text that is an entity id, or its number and image where there is neither.

use crate::base::guid;
use crate::base::number::{HEX, HEX_UPPER};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// An entity id. Two are equal if their texts are; a GUID is held in 16 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EntityId {
    /// `{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}`, all letters of one case.
    Guid {
        /// Whether its letters are capitals.
        upper: bool,
        /// Its digits, in the order of the text.
        bytes: [u8; 16],
    },
    /// Anything else.
    Text(Arc<str>),
}

impl EntityId {
    /// The id that has this text.
    pub fn new(text: &str) -> Self {
        Self::guid(text.as_bytes()).unwrap_or_else(|| Self::Text(text.into()))
    }

    fn guid(text: &[u8]) -> Option<Self> {
        let digits = guid::digits(text)?;
        // A GUID of mixed case is kept as text: it must print as it was written, and two that differ in case are two ids in Elastic.
        let is_mixed = digits.has_upper && digits.has_lower;
        (!is_mixed).then_some(Self::Guid { upper: digits.has_upper, bytes: digits.bytes })
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Guid { upper, bytes } => {
                let text = guid::braced(bytes, if *upper { HEX_UPPER } else { HEX });
                f.write_str(str::from_utf8(&text).unwrap_or_default())
            }
        }
    }
}

/// A process on its host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EntityKey {
    /// By its entity id.
    Entity(EntityId),
    /// By its number and image, because its events have no entity id. A number that was used again for the same image is not told apart.
    Loose {
        /// Its number.
        pid: Option<i64>,
        /// Its image.
        image: Option<Arc<str>>,
    },
}

impl EntityKey {
    /// The entity id, if the process has one.
    pub fn entity_id(&self) -> Option<&EntityId> {
        match self {
            Self::Entity(id) => Some(id),
            Self::Loose { .. } => None,
        }
    }

    /// The process of an event with these; `None` if nothing tells which one it is.
    pub fn new(entity_id: Option<EntityId>, pid: Option<i64>, image: Option<Arc<str>>) -> Option<Self> {
        match entity_id {
            Some(id) => Some(Self::Entity(id)),
            None if pid.is_none() && image.is_none() => None,
            None => Some(Self::Loose { pid, image }),
        }
    }
}
