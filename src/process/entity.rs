//! The key of a process on its host: Sysmon's ProcessGuid, or any other text that is an entity id, or its number and image where there is neither.

use std::fmt;
use std::sync::Arc;

/// An entity id. Two are equal if their texts are; a GUID is held in 16 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// Where the dashes of a GUID stand.
const DASHES: [usize; 4] = [9, 14, 19, 24];

impl EntityId {
    /// The id that has this text.
    pub fn new(text: &str) -> Self {
        Self::guid(text.as_bytes()).unwrap_or_else(|| Self::Text(text.into()))
    }

    fn guid(text: &[u8]) -> Option<Self> {
        let framed = text.len() == 38 && text[0] == b'{' && text[37] == b'}';
        if !framed || DASHES.iter().any(|&at| text[at] != b'-') {
            return None;
        }
        let (mut upper, mut lower) = (false, false);
        let mut bytes = [0; 16];
        let digits = (1..37).filter(|at| !DASHES.contains(at)).map(|at| text[at]);
        for (at, digit) in digits.enumerate() {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => {
                    lower = true;
                    digit - b'a' + 10
                }
                b'A'..=b'F' => {
                    upper = true;
                    digit - b'A' + 10
                }
                _ => return None,
            };
            bytes[at / 2] = bytes[at / 2] << 4 | value;
        }
        // A GUID of mixed case is kept as text: it must print as it was written, and two that differ in case are two ids in Elastic.
        (!(upper && lower)).then_some(Self::Guid { upper, bytes })
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Guid { upper, bytes } => {
                f.write_str("{")?;
                for (at, byte) in bytes.iter().enumerate() {
                    if matches!(at, 4 | 6 | 8 | 10) {
                        f.write_str("-")?;
                    }
                    if *upper { write!(f, "{byte:02X}") } else { write!(f, "{byte:02x}") }?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A process on its host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
