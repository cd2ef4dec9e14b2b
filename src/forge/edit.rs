//! Changes to what a record says: every text, security identifier and GUID in it is shown with its name, and may be replaced.
//!
//! What is not a text by its type, such as a number or a block of bytes, is left as it is. This module does not know what is replaced or why.

use super::binxml::{ForgedElement, ForgedInstance, ForgedTemplate, NodeContent, Slot};
use super::copied::LogRecord;
use super::value::{BinXmlType, ForgedValue};
use crate::base::utf16;

/// Is shown what records say, value by value, and answers with what is to stand there instead; `None` leaves a value as it is.
///
/// Names are those of `Data` elements, or else of the attribute or element that the value stands in.
pub trait RecordEditor {
    /// A text.
    fn text(&mut self, name: &str, text: &str) -> Option<String>;
    /// A security identifier as text, such as `S-1-5-18`.
    fn sid(&mut self, name: &str, sid: &str) -> Option<String>;
    /// A GUID, as its 16 bytes in the order of the file: the first three groups low byte first.
    fn guid(&mut self, name: &str, guid: [u8; 16]) -> Option<[u8; 16]>;
}

/// Elements that say who wrote a record and to which log: no reader knows a record by anything else, so that they are not shown.
const STRUCTURE: &[&str] = &["Provider", "Channel", "EventID", "Correlation"];

const UTF16_ARRAY: u8 = 0x81;
const ANSI_TEXT: u8 = 0x02;
const GUID_ARRAY: u8 = 0x8f;

impl LogRecord {
    /// Shows all of the record to an editor and takes its answers.
    pub fn edit(&mut self, editor: &mut dyn RecordEditor) {
        edit_instance(&mut self.instance, editor);
    }

    /// Puts the texts of some `Data` elements into the template of the record, where all records of the template share them. Windows does so with the name of
    /// the computer; a log that was made to cost much can do so with anything.
    pub fn share_texts(&mut self, names: &[&str]) {
        for slot in &mut self.instance.slots {
            if let Slot::Fragment(inner) = slot {
                share_texts(inner, names);
            }
        }
    }
}

fn share_texts(instance: &mut ForgedInstance, names: &[&str]) {
    let mut root = instance.template.root.clone();
    for child in &mut root.children {
        let NodeContent::Element(data) = child else { continue };
        let is_named =
            |(_, name): &(String, NodeContent)| matches!(name, NodeContent::Text(name) if names.contains(&&**name));
        let [content @ NodeContent::Substitution { .. }] = &mut *data.children else { continue };
        let &mut NodeContent::Substitution { index, .. } = content else { continue };
        let Some(slot) = instance.slots.get_mut(usize::from(index)).filter(|_| data.attributes.iter().any(is_named))
        else {
            continue;
        };
        let text = match slot {
            Slot::Value(value) if value.kind == BinXmlType::Text => value.text.clone(),
            Slot::Copied { code, bytes } if *code == BinXmlType::Text.code() => from_utf16(bytes),
            Slot::Value(_) | Slot::Copied { .. } | Slot::Fragment(_) => continue,
        };
        (*content, *slot) = (NodeContent::Text(text), Slot::Value(ForgedValue::null()));
    }
    instance.template = ForgedTemplate::new(root);
}

fn edit_instance(instance: &mut ForgedInstance, editor: &mut dyn RecordEditor) {
    // The names of values stand in the template, and texts may stand there too: the computer's name does in logs of Windows.
    let mut names: Vec<Option<String>> = vec![None; instance.slots.len()];
    if let Some(root) = edited_element(&instance.template.root, editor, &mut names) {
        instance.template = ForgedTemplate::new(root);
    }
    for (slot, name) in instance.slots.iter_mut().zip(names) {
        if let Slot::Fragment(inner) = slot {
            edit_instance(inner, editor);
        } else if let Some(name) = name
            && let Some(edited) = edited_slot(slot, &name, editor)
        {
            *slot = edited;
        }
    }
}

/// The element with its texts edited, `None` if none was; notes by which name each value goes.
fn edited_element(
    element: &ForgedElement,
    editor: &mut dyn RecordEditor,
    names: &mut [Option<String>],
) -> Option<ForgedElement> {
    if STRUCTURE.contains(&element.name.as_str()) {
        return None;
    }
    let given = element.attributes.iter().find_map(|(name, content)| match content {
        NodeContent::Text(text) if element.name == "Data" && name == "Name" => Some(text.as_str()),
        _ => None,
    });
    let own = given.unwrap_or(&element.name);
    let mut edited: Option<ForgedElement> = None;
    for (at, (name, content)) in element.attributes.iter().enumerate() {
        if given.is_some() || name == "xmlns" {
            continue;
        }
        if let Some(content) = edited_content(content, name, editor, names) {
            edited.get_or_insert_with(|| element.clone()).attributes[at].1 = content;
        }
    }
    for (at, content) in element.children.iter().enumerate() {
        if let Some(content) = edited_content(content, own, editor, names) {
            edited.get_or_insert_with(|| element.clone()).children[at] = content;
        }
    }
    edited
}

fn edited_content(
    content: &NodeContent,
    name: &str,
    editor: &mut dyn RecordEditor,
    names: &mut [Option<String>],
) -> Option<NodeContent> {
    match content {
        NodeContent::Text(text) => editor.text(name, text).map(NodeContent::Text),
        NodeContent::Element(element) => edited_element(element, editor, names).map(NodeContent::Element),
        NodeContent::Substitution { index, .. } => {
            if let Some(slot) = names.get_mut(usize::from(*index)) {
                *slot = Some(name.to_owned());
            }
            None
        }
    }
}

fn edited_slot(slot: &Slot, name: &str, editor: &mut dyn RecordEditor) -> Option<Slot> {
    let (code, bytes) = match slot {
        Slot::Value(value) => (value.kind.code(), value.bytes.as_slice()),
        Slot::Copied { code, bytes } => (*code, bytes.as_slice()),
        Slot::Fragment(_) => return None,
    };
    let bytes = if code == BinXmlType::Text.code() {
        let text = from_utf16(bytes);
        // Some programs log the zero that ends a text with it.
        let plain = text.trim_end_matches('\0');
        let edited = editor.text(name, plain)? + &text[plain.len()..];
        utf16::bytes(&edited)
    } else if code == UTF16_ARRAY {
        utf16::bytes(&edited_parts(&from_utf16(bytes), name, editor)?)
    } else if code == ANSI_TEXT {
        // The code page is that of the machine, which nobody knows: Latin-1 gives each byte back as it was.
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        let edited = edited_parts(&text, name, editor)?;
        edited.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
    } else if code == BinXmlType::Sid.code() {
        ForgedValue::of(BinXmlType::Sid, &editor.sid(name, &sid_text(bytes)?)?)?.bytes
    } else if code == BinXmlType::Guid.code() || code == GUID_ARRAY {
        let mut edited = bytes.to_vec();
        for guid in edited.chunks_exact_mut(16) {
            let old: [u8; 16] = (&*guid).try_into().ok()?;
            guid.copy_from_slice(&editor.guid(name, old).unwrap_or(old));
        }
        edited
    } else {
        return None;
    };
    Some(Slot::Copied { code, bytes })
}

/// Texts that a zero each ends, edited one by one; `None` if none was.
fn edited_parts(text: &str, name: &str, editor: &mut dyn RecordEditor) -> Option<String> {
    let mut is_edited = false;
    let mut part = |part: &str| match editor.text(name, part) {
        Some(edited) => {
            is_edited = true;
            edited
        }
        None => part.to_owned(),
    };
    let parts: Vec<String> = text.split('\0').map(&mut part).collect();
    is_edited.then(|| parts.join("\0"))
}

fn from_utf16(bytes: &[u8]) -> String {
    char::decode_utf16(utf16::units(bytes)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The text of a security identifier.
fn sid_text(bytes: &[u8]) -> Option<String> {
    //   revision 01 | count | authority, 6 bytes, high first | count sub-authorities, u32, low byte first
    let count = usize::from(*bytes.get(1)?);
    let authority = bytes.get(2..8)?.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let subs = bytes.get(8..8 + count * 4)?.chunks_exact(4);
    let subs = subs.map(|sub| u32::from_le_bytes([sub[0], sub[1], sub[2], sub[3]]));
    Some(subs.fold(format!("S-{}-{authority}", bytes[0]), |text, sub| format!("{text}-{sub}")))
}

#[cfg(test)]
mod tests;
