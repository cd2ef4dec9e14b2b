//! A whole record from a template and its values: every part as the slow way would have rendered and converted it.
//!
//! This is the general case; what is asked of most records is answered by [`super::layout`] without building them. This module does not know chunks.

use super::table::ValueTable;
use super::template::{TemplateElement, TemplateNode};
use super::value::{self, BINXML};
use crate::base::Ticks;
use crate::base::interner::Interner;
use crate::source::record::{Draft, SystemField, normal_form};

/// Values of one record that are read; the slow way has a limit too, and a fault for more.
pub const MOST_VALUES: usize = 1000;

/// Builds a record and its time from its outer template with values, `around`, and its inner one, `filling`, if its data is binary XML itself.
pub fn draft(
    around: (&TemplateElement, ValueTable<'_>),
    filling: Option<(&TemplateElement, ValueTable<'_>)>,
    strings: &mut Interner,
    text: &mut String,
) -> Option<(Draft, Ticks)> {
    let (root, table) = around;
    let mut draft = Draft::default();
    let mut writer = RecordBuilder { table, strings, text };
    let time = writer.system(root, &mut draft)?;
    writer.inline_data(root, &mut draft)?;
    if let Some((root, table)) = filling {
        // Values in both templates: which of them count is the slow way's to say.
        if !draft.data.is_empty() {
            return None;
        }
        RecordBuilder { table, strings, text }.filling(root, &mut draft)?;
    }
    Some((draft, time))
}

/// Something that only the slow way understands.
pub struct Odd;

/// The value that fills the gap of a record for data that is binary XML itself, if one does.
pub fn gap(root: &TemplateElement, table: ValueTable<'_>) -> Result<Option<usize>, Odd> {
    let mut found = None;
    for node in &root.children {
        let TemplateNode::Slot { index } = node else { continue };
        let Some(value) = table.get(*index).filter(|value| !value.is_empty()) else { continue };
        if found.is_some() || value.kind != BINXML {
            return Err(Odd);
        }
        found = Some((*index).into());
    }
    Ok(found)
}

/// Whether an element of the root holds the values of the event.
pub fn is_data(name: &str) -> bool {
    matches!(name, "EventData" | "UserData")
}

/// Fills a template with the values of one record.
struct RecordBuilder<'a> {
    table: ValueTable<'a>,
    strings: &'a mut Interner,
    text: &'a mut String,
}

impl RecordBuilder<'_> {
    /// The children of `System`. Gives the time of the record.
    fn system(&mut self, root: &TemplateElement, draft: &mut Draft) -> Option<Ticks> {
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

    fn system_attributes(
        &mut self,
        element: &TemplateElement,
        draft: &mut Draft,
        time: &mut Option<Ticks>,
    ) -> Option<()> {
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
    fn time(&self, node: &TemplateNode) -> Option<Ticks> {
        let TemplateNode::Slot { index, .. } = node else { return None };
        Ticks::from_filetime(self.table.of_kind(*index, value::FILETIME)?.u64(0)?)
    }

    fn system_text(&mut self, element: &TemplateElement, draft: &mut Draft) -> Option<()> {
        self.text.clear();
        for node in &element.children {
            self.write(node)?;
        }
        SystemField::of(&element.name).map_or(Some(()), |field| draft.set(field, self.text, self.strings).ok())
    }

    /// The children of `EventData` or `UserData`, if each of them is a value and nothing more.
    fn values(&mut self, parent: &TemplateElement, draft: &mut Draft) -> Option<()> {
        for node in &parent.children {
            let TemplateNode::Element(element) = node else { return None };
            if self.table.lacks(element.dependency) {
                continue;
            }
            if element.elements().next().is_some() || draft.data.len() >= MOST_VALUES {
                return None;
            }
            let mut name = None;
            for (key, node) in &element.attributes {
                if &**key == "Name" {
                    let TemplateNode::Text(text) = node else { return None };
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
    fn write(&mut self, node: &TemplateNode) -> Option<bool> {
        match node {
            TemplateNode::Element(_) => None,
            TemplateNode::Text(text) => {
                self.text.push_str(text);
                Some(true)
            }
            TemplateNode::Slot { index, .. } => {
                let Some(value) = self.table.get(*index).filter(|value| !value.is_empty()) else { return Some(false) };
                value.write(self.text)?;
                Some(true)
            }
        }
    }
}

impl RecordBuilder<'_> {
    /// The values in the template of the record itself.
    fn inline_data(&mut self, root: &TemplateElement, draft: &mut Draft) -> Option<()> {
        for node in &root.children {
            match node {
                TemplateNode::Element(element) if is_data(&element.name) && !self.table.lacks(element.dependency) => {
                    self.values(element, draft)?;
                }
                TemplateNode::Element(element)
                    if &*element.name == "System" || self.table.lacks(element.dependency) => {}
                TemplateNode::Slot { .. } => {}
                TemplateNode::Element(_) | TemplateNode::Text(_) => return None,
            }
        }
        Some(())
    }

    /// The values in the template that fills a record.
    fn filling(&mut self, root: &TemplateElement, draft: &mut Draft) -> Option<()> {
        // Binary XML inside of the data would be a third template, of which nothing has been read.
        if !is_data(&root.name) || self.table.kinds().any(|kind| kind == BINXML) {
            return None;
        }
        self.values(root, draft)
    }
}
