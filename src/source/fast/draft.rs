//! A whole record from a template and its values: every part as the slow way would have rendered and converted it.
//!
//! This is the general case; what is asked of most records is answered by [`super::layout`] without building them. This module does not know chunks.

use super::table::Table;
use super::template::{Element, Node};
use super::ticks_of;
use super::value;
use crate::base::Ticks;
use crate::source::record::{Draft, Interner, SystemField, normal_form};

/// Values of one record that are read; the slow way has a limit too, and a fault for more.
pub const MOST_VALUES: usize = 1000;

/// Whether an element of the root holds the values of the event.
pub fn is_data(name: &str) -> bool {
    matches!(name, "EventData" | "UserData")
}

/// Fills a template with the values of one record.
pub struct Writer<'a> {
    pub table: Table<'a>,
    pub strings: &'a mut Interner,
    pub text: &'a mut String,
}

impl Writer<'_> {
    /// The children of `System`. Gives the time of the record.
    pub fn system(&mut self, root: &Element, draft: &mut Draft) -> Option<Ticks> {
        if &*root.name != "Event" {
            return None;
        }
        let mut systems = root.elements().filter(|element| &*element.name == "System");
        let system = systems.next()?;
        if systems.next().is_some() || self.table.lacks(system.dependency) {
            return None;
        }
        let mut time = None;
        let table = self.table;
        for element in system.elements().filter(|element| !table.lacks(element.dependency)) {
            self.system_attributes(element, draft, &mut time)?;
            self.system_text(element, draft)?;
        }
        time
    }

    fn system_attributes(&mut self, element: &Element, draft: &mut Draft, time: &mut Option<Ticks>) -> Option<()> {
        if !Draft::has_attributes(&element.name) {
            return Some(());
        }
        for (key, node) in &element.attributes {
            if (&*element.name, &**key) == ("TimeCreated", "SystemTime") {
                *time = Some(self.time(node)?);
                continue;
            }
            self.text.clear();
            // An attribute without a value is left out.
            if self.write(node)? && !self.text.is_empty() {
                draft.attribute(&element.name, key, self.text, self.strings);
            }
        }
        Some(())
    }

    /// A time as a FILETIME, of a year that text can have.
    fn time(&self, node: &Node) -> Option<Ticks> {
        let Node::Slot { index, .. } = node else { return None };
        ticks_of(self.table.of_kind(*index, value::FILETIME)?.u64(0)?)
    }

    fn system_text(&mut self, element: &Element, draft: &mut Draft) -> Option<()> {
        self.text.clear();
        for node in &element.children {
            self.write(node)?;
        }
        SystemField::of(&element.name).map_or(Some(()), |field| draft.set(field, self.text, self.strings).ok())
    }

    /// The children of `EventData` or `UserData`, if each of them is a value and nothing more.
    pub fn values(&mut self, parent: &Element, draft: &mut Draft) -> Option<()> {
        for node in &parent.children {
            let Node::Element(element) = node else { return None };
            if self.table.lacks(element.dependency) {
                continue;
            }
            if element.elements().next().is_some() || draft.data.len() >= MOST_VALUES {
                return None;
            }
            let mut name = None;
            for (key, node) in &element.attributes {
                if &**key == "Name" {
                    let Node::Text(text) = node else { return None };
                    name = Some(text.clone()).filter(|name| !name.is_empty());
                    break;
                }
            }
            let name = draft.value_name(name.unwrap_or_else(|| element.name.clone()), self.strings);
            self.text.clear();
            for node in &element.children {
                self.write(node)?;
            }
            let value = normal_form(&name, self.text).into();
            draft.data.push((name, value));
        }
        Some(())
    }

    /// Adds the text of a node that is no element; says whether it has any value at all.
    fn write(&mut self, node: &Node) -> Option<bool> {
        match node {
            Node::Element(_) => None,
            Node::Text(text) => {
                self.text.push_str(text);
                Some(true)
            }
            Node::Slot { index, .. } => {
                let Some(value) = self.table.get(*index).filter(|value| !value.is_empty()) else { return Some(false) };
                value.write(self.text)?;
                Some(true)
            }
        }
    }
}
