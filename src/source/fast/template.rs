//! Templates of binary XML: a tree of elements with gaps for values, as the log defines it once and then refers to.
//!
//! Only what the templates of Windows are made of is understood: elements, attributes of one value each, text, and gaps. Anything else is `None`.
//! Each chunk defines its templates anew, with the same bytes but for the places of names that stand elsewhere in the chunk. So a template that was read
//! once is known again by its content, names included ([`Template::is_at`]), which is far cheaper than to read it again.
//! This module does not know what an element means.

use super::super::record::Interner;
use super::super::xml::is_plain;
use super::value::is_printable_ascii;
use std::sync::Arc;

/// How deep elements may be nested.
const DEEPEST: usize = 16;
/// Most nodes of one template.
const MOST_NODES: usize = 4096;

/// A chunk with reads that cannot go wrong.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'c>(&'c [u8]);

impl<'c> Bytes<'c> {
    pub const fn new(bytes: &'c [u8]) -> Self {
        Self(bytes)
    }

    pub const fn length(self) -> usize {
        self.0.len()
    }

    pub fn slice(self, at: usize, length: usize) -> Option<&'c [u8]> {
        self.0.get(at..at.checked_add(length)?)
    }

    pub fn u8(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    pub fn u16(self, at: usize) -> Option<u16> {
        self.slice(at, 2)?.try_into().ok().map(u16::from_le_bytes)
    }

    pub fn u32(self, at: usize) -> Option<u32> {
        self.slice(at, 4)?.try_into().ok().map(u32::from_le_bytes)
    }

    pub fn u64(self, at: usize) -> Option<u64> {
        self.slice(at, 8)?.try_into().ok().map(u64::from_le_bytes)
    }
}

/// The head of a template instance.
pub struct Instance {
    /// Where the definition stands.
    pub definition: usize,
    /// Whether that is right here.
    pub resident: bool,
    /// Behind the head: the values, unless the definition stands there.
    pub after_head: usize,
}

/// Reads the head of what must be one template instance, with the header of a fragment before it or not.
pub fn instance(bytes: Bytes<'_>, from: usize, to: usize) -> Option<Instance> {
    let at = if bytes.slice(from, 4)? == b"\x0f\x01\x01\0" { from + 4 } else { from };
    if bytes.u8(at)? != 0x0c {
        return None;
    }
    let definition = usize::try_from(bytes.u32(at + 6)?).ok()?;
    let after_head = at + 10;
    let resident = definition == after_head;
    (after_head <= to && (resident || definition < from)).then_some(Instance { definition, resident, after_head })
}

/// An element with its attributes and what is in it.
pub struct Element {
    pub name: Arc<str>,
    /// The value without which the element is left out.
    pub dependency: Option<u16>,
    pub attributes: Vec<(Arc<str>, Node)>,
    pub children: Vec<Node>,
}

/// What is in an element.
pub enum Node {
    Element(Element),
    Text(Arc<str>),
    /// The gap for a value.
    Slot {
        index: u16,
    },
}

impl Element {
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) | Node::Slot { .. } => None,
        })
    }
}

/// Bytes of a definition before its content: the place of the next one, an identifier, and the size of the content.
const HEAD: usize = 24;

/// A definition.
pub struct Template {
    pub root: Element,
    /// Its content as it was read.
    content: Box<[u8]>,
    /// The names in it, in order.
    names: Box<[Name]>,
}

/// Where a definition refers to a name.
struct Name {
    /// Bytes from the start of the content to the place of the name.
    at: usize,
    /// Whether the name itself follows there.
    inline: bool,
    /// Its length and its text.
    text: Box<[u8]>,
}

impl Template {
    /// Reads the definition at `at`.
    pub(in crate::source) fn read(bytes: Bytes<'_>, at: usize, strings: &mut Interner) -> Option<Self> {
        let size = usize::try_from(bytes.u32(at.checked_add(20)?)?).ok()?;
        let start = at + HEAD;
        let end = start.checked_add(size).filter(|&end| end <= bytes.length())?;
        if bytes.slice(start, 4)? != b"\x0f\x01\x01\0" {
            return None;
        }
        let mut parser = Parser { bytes, at: start + 4, start, end, nodes: 0, strings, names: Vec::new() };
        let root = parser.element(0)?;
        let whole = parser.token()? == 0 && parser.at <= end;
        whole.then_some(Self { root, content: bytes.slice(start, size)?.into(), names: parser.names.into() })
    }

    /// What definitions with the same content have in common: their identifier and size. Says nothing of the content itself.
    pub fn key(bytes: Bytes<'_>, at: usize) -> Option<&[u8; 20]> {
        bytes.slice(at.checked_add(4)?, 20)?.try_into().ok()
    }

    /// Just past the definition at `at`, if it is this one.
    pub fn end(&self, at: usize) -> usize {
        at + HEAD + self.content.len()
    }

    /// Whether the definition at `at` is this one: whether reading it would give the same.
    pub fn is_at(&self, bytes: Bytes<'_>, at: usize) -> Option<bool> {
        let start = at + HEAD;
        let content = bytes.slice(start, self.content.len())?;
        let mut from = 0;
        for name in &self.names {
            let place = usize::try_from(bytes.u32(start + name.at)?).ok()?;
            let inline = place == start + name.at + 4;
            let here = content[from..name.at] == self.content[from..name.at]
                && inline == name.inline
                && bytes.slice(place.checked_add(6)?, name.text.len())? == &*name.text;
            if !here {
                return Some(false);
            }
            // Before a name that follows are the place of another one and a hash, which say nothing of this one.
            from = name.at + if inline { 4 + 6 } else { 4 };
        }
        Some(content[from..] == self.content[from..])
    }
}

struct Parser<'a> {
    bytes: Bytes<'a>,
    at: usize,
    start: usize,
    end: usize,
    nodes: usize,
    strings: &'a mut Interner,
    names: Vec<Name>,
}

impl Parser<'_> {
    fn token(&mut self) -> Option<u8> {
        let token = self.bytes.u8(self.at).filter(|_| self.at < self.end);
        self.at += 1;
        token
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.u8(self.at).filter(|_| self.at < self.end)
    }

    fn u16(&mut self) -> Option<u16> {
        let value = self.bytes.u16(self.at);
        self.at += 2;
        value
    }

    fn u32(&mut self) -> Option<u32> {
        let value = self.bytes.u32(self.at);
        self.at += 4;
        value
    }

    fn element(&mut self, depth: usize) -> Option<Element> {
        self.nodes += 1;
        if depth > DEEPEST || self.nodes > MOST_NODES {
            return None;
        }
        let token = self.token()?;
        if !matches!(token, 0x01 | 0x41) {
            return None;
        }
        let dependency = Some(self.u16()?).filter(|&index| index != 0xffff);
        self.u32()?; // size
        let name = self.name()?;
        let mut attributes = Vec::new();
        if token == 0x41 {
            self.u32()?; // size
            while matches!(self.peek()?, 0x06 | 0x46) {
                self.at += 1;
                let name = self.name()?;
                attributes.push((name, self.content()?));
                if attributes.len() > MOST_NODES {
                    return None;
                }
            }
        }
        let mut children = Vec::new();
        match self.token()? {
            0x03 => {}
            0x02 => loop {
                match self.peek()? {
                    0x04 => {
                        self.at += 1;
                        break;
                    }
                    0x01 | 0x41 => children.push(Node::Element(self.element(depth + 1)?)),
                    _ => children.push(self.content()?),
                }
            },
            _ => return None,
        }
        Some(Element { name, dependency, attributes, children })
    }

    /// One text, or the gap for a value.
    fn content(&mut self) -> Option<Node> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return None;
        }
        match self.token()? {
            0x05 => {
                if self.token()? != 1 {
                    return None;
                }
                let length = usize::from(self.u16()?) * 2;
                let text = utf16(self.bytes.slice(self.at, length)?)?;
                self.at += length;
                // A text of nothing, or with characters that XML forbids, is the slow way's business.
                (!text.is_empty() && is_plain(&text)).then(|| Node::Text(self.strings.share(&text)))
            }
            0x0d | 0x0e => {
                let index = self.u16()?;
                // The type that the value should have; the value's own type is what counts.
                matches!(self.token()?, 0x00..=0x15 | 0x21).then_some(Node::Slot { index })
            }
            _ => None,
        }
    }

    /// A name, here or where it stood first.
    fn name(&mut self) -> Option<Arc<str>> {
        let offset = usize::try_from(self.u32()?).ok()?;
        let length = usize::from(self.bytes.u16(offset.checked_add(6)?)?) * 2;
        let name = utf16(self.bytes.slice(offset + 8, length)?)?;
        let inline = offset == self.at;
        // A name that reaches past the definition could not be compared.
        let text = self.bytes.slice(offset + 6, 2 + length)?;
        if inline && offset + 8 + length > self.end {
            return None;
        }
        self.names.push(Name { at: self.at - 4 - self.start, inline, text: text.into() });
        if inline {
            self.at = offset + 8 + length + 2;
        }
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        plain.then(|| self.strings.share(&name))
    }
}

/// A whole UTF-16 text without zeros in it.
fn utf16(bytes: &[u8]) -> Option<String> {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.ok().filter(|&c| c != '\0')).collect()
}

/// Whether the table of common names of the chunk's header can be followed to its end: the slow way says so if not.
pub fn names_are_sound(bytes: Bytes<'_>) -> bool {
    let mut left = 4096;
    (0..64).all(|bucket| {
        let mut at = bytes.u32(128 + bucket * 4).unwrap_or_default();
        while at != 0 {
            left -= 1;
            let Ok(offset) = usize::try_from(at) else { return false };
            let name = bytes.u16(offset.saturating_add(6)).and_then(|length| {
                bytes.slice(offset + 8, usize::from(length) * 2 + 2)?;
                bytes.slice(offset + 8, usize::from(length) * 2)
            });
            let sound = |name| is_printable_ascii(name) || utf16(name).is_some();
            if left == 0 || !name.is_some_and(sound) {
                return false;
            }
            at = bytes.u32(offset).unwrap_or_default();
        }
        true
    })
}
