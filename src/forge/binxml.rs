//! `BinXML`'s shape: elements, attributes, substitutions, templates, and instances of templates with their values.
//!
//! Only the model and the two templates Windows uses for an event (the System part, and the `EventData` part nested in it).
//! How these become bytes depends on what a chunk already holds, so `chunk` writes them.

use super::value::{BinXmlType, ForgedValue};
use std::rc::Rc;

/// Content of an attribute, or between the tags of an element.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum NodeContent {
    /// Fixed text of the template.
    Text(String),
    /// The value with this index; `optional` ones vanish with their attribute when the value is null.
    Substitution { index: u16, code: u8, optional: bool },
    /// A child element.
    Element(ForgedElement),
}

/// One element of a template.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ForgedElement {
    pub(super) name: String,
    /// The value without which the whole element is left out, if there is such a value.
    pub(super) dependency: Option<u16>,
    pub(super) attributes: Vec<(String, NodeContent)>,
    pub(super) children: Vec<NodeContent>,
}

/// A template definition. Two templates with the same GUID are the same template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForgedTemplate {
    pub(super) guid: [u8; 16],
    pub(super) root: ForgedElement,
}

/// A template with the values for its substitutions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForgedInstance {
    pub(super) template: Rc<ForgedTemplate>,
    pub(super) slots: Vec<Slot>,
}

/// The value for one substitution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// A plain value.
    Value(ForgedValue),
    /// A nested fragment of `BinXML` with a template of its own.
    Fragment(Box<ForgedInstance>),
    /// A value of another log, of any type that there is.
    Copied { code: u8, bytes: Vec<u8> },
}

/// The header of a `BinXML` fragment: token, version 1.1, no flags.
pub(super) const FRAGMENT_HEADER: [u8; 4] = [0x0f, 1, 1, 0];
/// Type code of a nested `BinXML` fragment.
pub(super) const FRAGMENT_CODE: u8 = 0x21;

impl ForgedElement {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), dependency: None, attributes: Vec::new(), children: Vec::new() }
    }

    fn on(mut self, dependency: u16) -> Self {
        self.dependency = Some(dependency);
        self
    }

    fn attribute(mut self, name: &str, content: NodeContent) -> Self {
        self.attributes.push((name.to_owned(), content));
        self
    }

    fn child(mut self, content: NodeContent) -> Self {
        self.children.push(content);
        self
    }
}

impl ForgedTemplate {
    /// Windows derives template GUIDs from their content; so do we, with a hash of our own.
    pub(super) fn new(root: ForgedElement) -> Rc<Self> {
        let mut hash = Fnv128::new();
        hash.element(&root);
        Rc::new(Self { guid: hash.0.to_le_bytes(), root })
    }
}

/// The System template: `computer` is fixed text in it, everything else is substituted. With `data`, value 17 is the event's data.
pub(super) fn system_template(computer: &str, data: bool) -> Rc<ForgedTemplate> {
    let optional = |index, kind: BinXmlType| NodeContent::Substitution { index, code: kind.code(), optional: true };
    let one = |name: &str, index: u16, kind: BinXmlType| {
        NodeContent::Element(ForgedElement::new(name).on(index).child(optional(index, kind)))
    };
    let system = ForgedElement::new("System")
        .child(NodeContent::Element(
            ForgedElement::new("Provider")
                .attribute("Name", optional(14, BinXmlType::Text))
                .attribute("Guid", optional(15, BinXmlType::Guid)),
        ))
        .child(NodeContent::Element(
            ForgedElement::new("EventID")
                .on(3)
                .attribute("Qualifiers", optional(4, BinXmlType::UInt16))
                .child(optional(3, BinXmlType::UInt16)),
        ))
        .child(one("Version", 11, BinXmlType::UInt8))
        .child(one("Level", 0, BinXmlType::UInt8))
        .child(one("Task", 2, BinXmlType::UInt16))
        .child(one("Opcode", 1, BinXmlType::UInt8))
        .child(one("Keywords", 5, BinXmlType::HexInt64))
        .child(NodeContent::Element(
            ForgedElement::new("TimeCreated").attribute("SystemTime", optional(6, BinXmlType::FileTime)),
        ))
        .child(one("EventRecordID", 10, BinXmlType::UInt64))
        .child(NodeContent::Element(
            ForgedElement::new("Correlation")
                .attribute("ActivityID", optional(7, BinXmlType::Guid))
                .attribute("RelatedActivityID", optional(13, BinXmlType::Guid)),
        ))
        .child(NodeContent::Element(
            ForgedElement::new("Execution")
                .attribute("ProcessID", optional(8, BinXmlType::UInt32))
                .attribute("ThreadID", optional(9, BinXmlType::UInt32)),
        ))
        .child(one("Channel", 16, BinXmlType::Text))
        .child(NodeContent::Element(ForgedElement::new("Computer").child(NodeContent::Text(computer.to_owned()))))
        .child(NodeContent::Element(ForgedElement::new("Security").attribute("UserID", optional(12, BinXmlType::Sid))));
    let mut event = ForgedElement::new("Event")
        .attribute("xmlns", NodeContent::Text("http://schemas.microsoft.com/win/2004/08/events/event".to_owned()))
        .child(NodeContent::Element(system));
    // The data is a value of its own kind (0x21): binary XML with a template of its own, as Windows nests `EventData`.
    if data {
        event = event.on(17).child(NodeContent::Substitution { index: 17, code: FRAGMENT_CODE, optional: true });
    }
    ForgedTemplate::new(event)
}

/// The `EventData` template: one `Data` element per field, each with one substitution.
pub(super) fn data_template<'a>(fields: impl Iterator<Item = (&'a str, BinXmlType)>) -> Rc<ForgedTemplate> {
    let mut data = ForgedElement::new("EventData");
    for (index, (name, kind)) in (0..).zip(fields) {
        data.children.push(NodeContent::Element(
            ForgedElement::new("Data")
                .attribute("Name", NodeContent::Text(name.to_owned()))
                .child(NodeContent::Substitution { index, code: kind.code(), optional: false }),
        ));
    }
    ForgedTemplate::new(data)
}

/// FNV-1a of 128 bits: enough to give each template of a scenario its own GUID, the same on every run.
struct Fnv128(u128);

impl Fnv128 {
    const fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            // The standard's offset basis and prime for 128 bits. `DefaultHasher` may change from one release of Rust to the next.
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    /// Text ends with a byte that UTF-8 never has, so that neighbours cannot run together.
    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0xff]);
    }

    fn content(&mut self, content: &NodeContent) {
        match content {
            NodeContent::Text(text) => {
                self.bytes(&[1]);
                self.text(text);
            }
            NodeContent::Substitution { index, code, optional } => {
                self.bytes(&[2, *code, u8::from(*optional)]);
                self.bytes(&index.to_le_bytes());
            }
            NodeContent::Element(element) => self.element(element),
        }
    }

    fn element(&mut self, element: &ForgedElement) {
        // Each part begins with a tag of its own and elements have an end, so that two different trees are never the same bytes.
        self.bytes(&[3]);
        self.text(&element.name);
        self.bytes(&element.dependency.unwrap_or(u16::MAX).to_le_bytes());
        for (name, content) in &element.attributes {
            self.bytes(&[4]);
            self.text(name);
            self.content(content);
        }
        for content in &element.children {
            self.content(content);
        }
        self.bytes(&[5]);
    }
}

#[cfg(test)]
mod tests;
