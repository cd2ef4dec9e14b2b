//! The record's EventData while it is being mapped: entries are taken out by name, and what nobody took stays as `winlog.event_data.*`.

use crate::ecs::Field;
use crate::event::Document;

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

/// The entries not yet moved elsewhere, in the order of the record.
pub struct EventData<'record> {
    entries: Vec<(&'record str, &'record str)>,
}

impl<'record> EventData<'record> {
    /// Takes the entries that say something. Of several entries with one name the first counts, as in the collector.
    pub fn new<N: AsRef<str>, V: AsRef<str>>(data: &'record [(N, V)]) -> Self {
        let mut entries: Vec<(&str, &str)> = Vec::with_capacity(data.len());
        // A linear search beats a map: a record has about twenty entries, and the list is made for each.
        for (name, value) in data {
            let (name, value) = (name.as_ref(), value.as_ref());
            if !is_nothing(value) && !entries.iter().any(|&(have, _)| have == name) {
                entries.push((name, value));
            }
        }
        Self { entries }
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
        for (name, value) in self.entries {
            document.set(Field::named(&format!("winlog.event_data.{name}")), value);
        }
    }
}
