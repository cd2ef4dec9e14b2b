//! The record's EventData while it is being mapped: entries are taken out by name, and what nobody took stays as `winlog.event_data.*`.

use crate::ecs::Field;
use crate::event::{Document, Value};
use hashbrown::HashSet;

/// Values that Sysmon writes for "nothing"; the pipeline drops them before anything else, on exact match only.
const NOTHING: [&str; 3] = ["", "-", "{00000000-0000-0000-0000-000000000000}"];

/// Whether a value says nothing.
pub fn is_nothing(value: impl AsRef<[u8]>) -> bool {
    NOTHING.iter().any(|nothing| nothing.as_bytes() == value.as_ref())
}

/// Whether the value of an entry says something: Sysmon writes a dash or a GUID of zeros for nothing.
pub fn says(value: &str) -> bool {
    !is_nothing(value)
}

/// Most entries of a record that are searched one by one.
const FEW: usize = 64;

/// The entries not yet moved elsewhere, in the order of the record.
pub struct EventData<'record> {
    entries: Vec<(&'record str, &'record str)>,
}

impl<'record> EventData<'record> {
    /// Takes the entries that say something. Of several entries with one name the first counts, as in the collector.
    pub fn new<N: AsRef<str>, V: AsRef<str>>(data: &'record [(N, V)]) -> Self {
        let saying = data.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).filter(|(_, value)| says(value));
        // A linear search beats a set: a record has about twenty entries, and the list is made for each.
        if data.len() <= FEW {
            let mut entries: Vec<(&str, &str)> = Vec::with_capacity(data.len());
            for (name, value) in saying {
                if !entries.iter().any(|&(have, _)| have == name) {
                    entries.push((name, value));
                }
            }
            return Self { entries };
        }
        let mut known = HashSet::with_capacity(data.len());
        Self { entries: saying.filter(|(name, _)| known.insert(*name)).collect() }
    }

    /// The value of an entry, left where it is.
    pub fn get(&self, name: &str) -> Option<&'record str> {
        self.entries.iter().find(|(have, _)| *have == name).map(|&(_, value)| value)
    }

    /// Removes entries.
    pub fn remove(&mut self, names: &[&str]) {
        self.entries.retain(|(have, _)| !names.contains(have));
    }

    /// Gives an entry another name, unless there is an entry of that name.
    pub fn rename(&mut self, from: &str, to: &'static str) {
        if self.get(to).is_none()
            && let Some(entry) = self.entries.iter_mut().find(|(have, _)| *have == from)
        {
            entry.0 = to;
        }
    }

    /// Writes what is left to `winlog.event_data`.
    pub fn leave(self, document: &mut Document) {
        let field = |name: &str| Field::named(&format!("winlog.event_data.{name}"));
        document.set_many(self.entries.iter().map(|(name, value)| (field(name), Value::from(*value))).collect());
    }
}
