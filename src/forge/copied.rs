//! Records of real logs, in the form that the writer has for its own: template, values, and the templates and values nested in them.
//!
//! A record cannot be moved as bytes: it names templates and names of elements by their places in its chunk. Here these places are followed once, and
//! what they lead to is held instead, so that [`chunk`](super::chunk) can write the record into any other chunk. Nothing else changes: templates keep
//! their identifiers, values their types and bytes.
//!
//! Only what the templates of Windows are made of is understood: elements, attributes of one value each, texts, and substitutions. Of anything else
//! nothing is guessed: the answer is `None`, and the caller writes the record from what a reader made of it ([`RecordTexts`](super::RecordTexts)).
//! This is a parser of its own and not the one that evidence is read with, so that a mistake of one shows when the other reads what was written.

use super::binxml::{FRAGMENT_CODE, FRAGMENT_HEADER, ForgedElement, ForgedInstance, ForgedTemplate, NodeContent, Slot};
use crate::base::{Ticks, utf16};
use hashbrown::HashMap;
use std::rc::Rc;

/// How deep elements and fragments may be nested; templates of Windows reach 4.
const DEEPEST: usize = 16;
/// Most elements, attributes and texts of one template.
const MOST_NODES: usize = 4096;
/// Most values of one record.
const MOST_VALUES: u32 = 4096;
/// Limit for crafted evidence: further templates are held as long as their record, under identifiers of their content.
const MOST_TEMPLATES: usize = 4096;

const RECORD_HEADER: usize = 24;
const DEFINITION_HEADER: usize = 24;

/// A record apart from the chunk that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// The time in its header.
    pub written: Ticks,
    pub(super) instance: ForgedInstance,
}

/// Takes records out of chunks. One copier serves all records that go into one file.
#[derive(Debug, Default)]
pub struct RecordCopier {
    /// Templates by identifier. Identifiers are made of the content, but evidence may lie: of two contents under one identifier the second gets another.
    templates: HashMap<[u8; 16], Rc<ForgedTemplate>>,
}

impl RecordCopier {
    /// The record that begins at `offset` bytes from the start of its chunk; `None` if it is damaged, or made of anything that is not understood.
    pub fn read(&mut self, chunk: &[u8], offset: usize) -> Option<LogRecord> {
        let reader = ChunkBytes { chunk };
        //   0        4        8         16         24 …                     size - 4
        //   ├ magic ─┼ size ──┼ number ─┼ FILETIME ┼ binary XML ─ padding ──┼ size ┤
        let magic = reader.slice(offset, 4)?;
        let size = usize::try_from(reader.u32(offset + 4)?).ok()?;
        let end = offset.checked_add(size)?.checked_sub(4)?;
        if magic != b"**\0\0" || end > chunk.len() || end < offset + RECORD_HEADER {
            return None;
        }
        let written = Ticks(i64::try_from(reader.u64(offset + 16)?).ok()?);
        let instance = self.fragment(reader, offset + RECORD_HEADER, end, 0)?;
        Some(LogRecord { written, instance })
    }

    /// A fragment of one template instance.
    fn fragment(&mut self, reader: ChunkBytes<'_>, from: usize, end: usize, depth: usize) -> Option<ForgedInstance> {
        //   0f 01 01 00 | 0c 01 | identifier u32 | definition u32 | [definition] | values | 00
        let at = if reader.slice(from, 4)? == FRAGMENT_HEADER { from + 4 } else { from };
        if depth > DEEPEST || reader.u8(at)? != 0x0c {
            return None;
        }
        let definition = usize::try_from(reader.u32(at + 6)?).ok()?;
        let mut at = at + 10;
        if definition == at {
            at = at.checked_add(DEFINITION_HEADER)?.checked_add(usize::try_from(reader.u32(at + 20)?).ok()?)?;
        }
        let template = self.template(reader, definition)?;
        let slots = self.values(reader, at, end, depth)?;
        Some(ForgedInstance { template, slots })
    }

    fn values(&mut self, reader: ChunkBytes<'_>, at: usize, end: usize, depth: usize) -> Option<Vec<Slot>> {
        //   count u32 | size u16, type u8, 00 | … | value 0 | value 1 | …
        let count = reader.u32(at)?;
        if count > MOST_VALUES {
            return None;
        }
        let count = usize::try_from(count).ok()?;
        let mut value_at = at + 4 + count * 4;
        let mut slots = Vec::with_capacity(count);
        for descriptor in (0..count).map(|index| at + 4 + index * 4) {
            let size = usize::from(reader.u16(descriptor)?);
            let code = reader.u8(descriptor + 2)?;
            let bytes = reader.slice(value_at, size)?;
            if value_at + size > end {
                return None;
            }
            slots.push(if code == FRAGMENT_CODE && size > 0 {
                Slot::Fragment(Box::new(self.fragment(reader, value_at, value_at + size, depth + 1)?))
            } else {
                Slot::Copied { code, bytes: bytes.to_vec() }
            });
            value_at += size;
        }
        Some(slots)
    }

    fn template(&mut self, reader: ChunkBytes<'_>, at: usize) -> Option<Rc<ForgedTemplate>> {
        //   next u32 | identifier 16 | size u32 | 0f 01 01 00 | element | 00
        let guid: [u8; 16] = reader.slice(at.checked_add(4)?, 16)?.try_into().ok()?;
        let start = at + DEFINITION_HEADER;
        if reader.slice(start, 4)? != FRAGMENT_HEADER {
            return None;
        }
        let mut parser = TemplateReader { reader, at: start + 4, nodes: 0 };
        let root = parser.element(0)?;
        if parser.token()? != 0 {
            return None;
        }
        match self.templates.get(&guid) {
            Some(known) if known.root == root => Some(Rc::clone(known)),
            None if self.templates.len() < MOST_TEMPLATES => {
                let template = Rc::new(ForgedTemplate { guid, root });
                self.templates.insert(guid, Rc::clone(&template));
                Some(template)
            }
            _ => Some(ForgedTemplate::new(root)),
        }
    }
}

/// The bytes of a chunk. Offsets come from the evidence: none is trusted.
#[derive(Clone, Copy)]
struct ChunkBytes<'c> {
    chunk: &'c [u8],
}

impl<'c> ChunkBytes<'c> {
    fn slice(self, at: usize, length: usize) -> Option<&'c [u8]> {
        self.chunk.get(at..at.checked_add(length)?)
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.slice(at, N)?.try_into().ok()
    }

    fn u8(self, at: usize) -> Option<u8> {
        self.chunk.get(at).copied()
    }

    fn u16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    fn u32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn u64(self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }

    /// Text after its length in UTF-16 units, and where it ends. Only whole characters: what is no text could not be written back.
    fn counted(self, at: usize) -> Option<(String, usize)> {
        let length = usize::from(self.u16(at)?) * 2;
        let bytes = self.slice(at + 2, length)?;
        let text = char::decode_utf16(utf16::units(bytes)).collect::<Result<String, _>>().ok()?;
        Some((text, at + 2 + length))
    }
}

/// Reads the elements of one definition.
struct TemplateReader<'c> {
    reader: ChunkBytes<'c>,
    at: usize,
    nodes: usize,
}

impl TemplateReader<'_> {
    fn token(&mut self) -> Option<u8> {
        self.nodes += 1;
        let token = self.reader.u8(self.at).filter(|_| self.nodes <= MOST_NODES)?;
        self.at += 1;
        Some(token)
    }

    fn element(&mut self, depth: usize) -> Option<ForgedElement> {
        let token = self.token()?;
        self.opened_element(token, depth)
    }

    /// The element whose token was read.
    fn opened_element(&mut self, token: u8, depth: usize) -> Option<ForgedElement> {
        //   01/41 | dependency u16 | size u32 | name | [size u32 | (46/06 | name | content)…] | 03, or 02 … 04
        if depth > DEEPEST || token & 0xbf != 0x01 {
            return None;
        }
        let dependency = self.reader.u16(self.at)?;
        self.at += 6;
        let name = self.name()?;
        let mut attributes = Vec::new();
        if token == 0x41 {
            self.at += 4;
            loop {
                let token = self.token()?;
                if token & 0xbf != 0x06 {
                    return None;
                }
                let name = self.name()?;
                let content = self.token()?;
                attributes.push((name, self.leaf(content)?));
                if token == 0x06 {
                    break;
                }
            }
        }
        let mut children = Vec::new();
        match self.token()? {
            0x03 => {}
            0x02 => loop {
                match self.token()? {
                    0x04 => break,
                    token @ (0x01 | 0x41) => {
                        children.push(NodeContent::Element(self.opened_element(token, depth + 1)?));
                    }
                    token => children.push(self.leaf(token)?),
                }
            },
            _ => return None,
        }
        Some(ForgedElement { name, dependency: Some(dependency).filter(|at| *at != u16::MAX), attributes, children })
    }

    /// A text or substitution whose token was read.
    fn leaf(&mut self, token: u8) -> Option<NodeContent> {
        match token {
            0x05 | 0x45 if self.reader.u8(self.at)? == 0x01 => {
                let (text, end) = self.reader.counted(self.at + 1)?;
                self.at = end;
                Some(NodeContent::Text(text))
            }
            0x0d | 0x0e => {
                let index = self.reader.u16(self.at)?;
                let code = self.reader.u8(self.at + 2)?;
                self.at += 3;
                Some(NodeContent::Substitution { index, code, optional: token == 0x0e })
            }
            _ => None,
        }
    }

    fn name(&mut self) -> Option<String> {
        //   offset u32 | next u32 | hash u16 | units u16 | UTF-16 … | 0000
        //              └ `offset` points here, if the name stands here and not elsewhere in the chunk
        let offset = usize::try_from(self.reader.u32(self.at)?).ok()?;
        self.at += 4;
        let (name, end) = self.reader.counted(offset.checked_add(6)?)?;
        if offset == self.at {
            self.at = end + 2;
        }
        Some(name)
    }
}

#[cfg(test)]
mod tests;
