//! Templates of binary XML: a tree of elements with gaps for values, as the log defines it once and then refers to.
//!
//! Only what the templates of Windows are made of is understood: elements, attributes of one value each, text, and gaps. Anything else is `None`.
//! Each chunk defines its templates anew, with the same bytes but for the places of names that stand elsewhere in the chunk. So a template that was read
//! once is known again by its content, names included ([`CachedTemplate::is_at`]), which is far cheaper than to read it again.
//! This module does not know what an element means.

use super::byte_view::ByteView;
use super::table::TableShape;
use crate::base::same_bytes::same_bytes;
use crate::base::{interner::Interner, utf16};
use hashbrown::HashMap;
use std::sync::Arc;

/// How deep elements may be nested.
const DEEPEST: usize = 16;
/// Most places of names that are worth remembering.
const MOST_PLACES: usize = 256;
/// Most nodes of one template.
const MOST_NODES: usize = 4096;

/// The head of a template instance.
pub struct TemplateInstance {
    /// Where the definition stands.
    pub definition: usize,
    /// Whether that is right here.
    pub resident: bool,
    /// Behind the head: the values, unless the definition stands there.
    pub after_head: usize,
}

/// The head of a template instance, of which nobody has asked yet whether its definition can be where it says.
pub struct InstanceHead {
    /// The first bytes of the identifier of its template.
    pub id: u32,
    /// Where the definition stands in its chunk.
    pub definition: usize,
    /// Behind the head.
    pub after: usize,
}

/// The header of a fragment, low byte first.
const FRAGMENT: u32 = 0x0001_010f;

/// Bytes of the longest head of an instance.
pub const LONGEST_HEAD: usize = 14;

/// Reads the head of what must be one template instance, with the header of a fragment before it or not.
#[inline]
pub fn instance(bytes: ByteView<'_>, from: usize, to: usize) -> Option<TemplateInstance> {
    let InstanceHead { definition, after, .. } = instance_head(bytes, from, to)?;
    let resident = definition == after;
    (resident || definition < from).then_some(TemplateInstance { definition, resident, after_head: after })
}

/// Reads the head of a template instance without checking where its definition is.
#[inline]
pub fn instance_head(bytes: ByteView<'_>, from: usize, to: usize) -> Option<InstanceHead> {
    // A template instance, behind the header of its fragment:
    //
    //   0f 01 01 00 | 0c | 01 | identifier u32 | definition u32 | [definition] | values
    //                 0    1    2                6                10
    //
    // The definition stands there only in the record that uses the template first; `definition` is its offset in the chunk.
    let at = if bytes.u32(from)? == FRAGMENT { from + 4 } else { from };
    let head = ByteView::new(bytes.slice(at, 10)?);
    if head.u8(0)? != 0x0c {
        return None;
    }
    let definition = usize::try_from(head.u32(6)?).ok()?;
    let after = at + 10;
    (after <= to).then_some(InstanceHead { id: head.u32(2)?, definition, after })
}

/// An element with its attributes and what is in it.
pub struct TemplateElement {
    pub name: Arc<str>,
    /// The value without which the element is left out.
    pub dependency: Option<u16>,
    pub attributes: Vec<(Arc<str>, TemplateNode)>,
    pub children: Vec<TemplateNode>,
}

/// Content of an element or attribute.
pub enum TemplateNode {
    Element(TemplateElement),
    Text(Arc<str>),
    /// The gap for a value.
    Slot {
        index: u16,
    },
}

impl TemplateElement {
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            TemplateNode::Element(element) => Some(element),
            TemplateNode::Text(_) | TemplateNode::Slot { .. } => None,
        })
    }
}

/// Bytes of a definition before its content: the place of the next one, an identifier, and the size of the content.
const HEAD: usize = 24;

/// A definition.
pub struct CachedTemplate {
    pub root: TemplateElement,
    /// Form of the tables of its values.
    pub form: TableShape,
    /// The shape of records whose data it fills, with the template around it that it was last met in.
    pub shape: Option<(usize, usize)>,
    /// Its content as it was read, but for the bytes that say nothing of it, which are zero.
    content: Box<[u8]>,
    /// The bits of the content that count.
    mask: Box<[u8]>,
    /// The names that it refers to.
    names: Box<[Name]>,
    /// The definition that was last found to be this one.
    latest: Latest,
}

/// A definition, to know it again if its names are at the same places of another chunk, as they mostly are.
#[derive(Default)]
struct Latest {
    start: usize,
    /// Whether all its names stand elsewhere.
    is_apart: bool,
    content: Vec<u8>,
    /// Where which name was, by its position among the names: each place once.
    places: Vec<(usize, usize)>,
}

/// A name in a definition.
struct Name {
    /// Its length and its text.
    text: Box<[u8]>,
    /// Where the name itself is, in bytes from the start of the content.
    inline: Box<[usize]>,
    /// Where there is only the place of it, which is somewhere before or behind.
    apart: Box<[usize]>,
}

impl CachedTemplate {
    /// Reads the definition at `at`.
    pub(in crate::source) fn read(bytes: ByteView<'_>, at: usize, strings: &mut Interner) -> Option<Self> {
        Self::read_with(bytes, at, strings, false)
    }

    /// Reads a definition that may have been overwritten in part: every name must have the hash that stands before it.
    pub(in crate::source) fn read_remains(bytes: ByteView<'_>, at: usize, strings: &mut Interner) -> Option<Self> {
        Self::read_with(bytes, at, strings, true)
    }

    fn read_with(bytes: ByteView<'_>, at: usize, strings: &mut Interner, is_alone: bool) -> Option<Self> {
        // A template definition:
        //
        //   0            4                20         24
        //   ├ next u32 ──┼ identifier 16 ─┼ size u32 ┼ 0f 01 01 00 | element … | 00 ┤
        //                                            └────────── size ──────────────┘
        let size = usize::try_from(bytes.u32(at.checked_add(20)?)?).ok()?;
        let start = at + HEAD;
        let end = start.checked_add(size).filter(|&end| end <= bytes.length())?;
        if bytes.u32(start)? != FRAGMENT {
            return None;
        }
        let names = HashMap::new();
        let mut parser = TemplateParser { bytes, at: start + 4, start, end, nodes: 0, strings, names, is_alone };
        let root = parser.element(0)?;
        if parser.token()? != 0 || parser.at > end {
            return None;
        }
        let mut content: Box<[u8]> = bytes.slice(start, size)?.into();
        let mut mask = vec![u8::MAX; size];
        let mut names = Vec::new();
        for (text, NamePlaces { inline, apart }) in parser.names {
            // Before a name that follows are the place of another one and a hash, which say nothing of this one.
            for (places, length) in [(&inline, 4 + 6), (&apart, 4)] {
                for &at in places {
                    mask[at..at + length].fill(0);
                }
            }
            names.push(Name { text, inline: inline.into(), apart: apart.into() });
        }
        content.iter_mut().zip(&mask).for_each(|(byte, mask)| *byte &= mask);
        Some(Self {
            root,
            form: TableShape::default(),
            shape: None,
            content,
            mask: mask.into(),
            names: names.into(),
            latest: Latest::default(),
        })
    }

    /// Identifier and size of a definition: equal for equal contents, but not a proof of them.
    pub fn key(bytes: ByteView<'_>, at: usize) -> Option<&[u8; 20]> {
        bytes.slice(at.checked_add(4)?, 20)?.try_into().ok()
    }

    /// Bytes that its definition takes up.
    pub fn length(&self) -> usize {
        HEAD + self.content.len()
    }

    /// Where the values of an instance of it stand. A definition that stands in the instance itself lies between its head and its values.
    pub fn values_of(&self, instance: &TemplateInstance) -> usize {
        if instance.resident { instance.definition + self.length() } else { instance.after_head }
    }

    /// Whether the definition at `at` is this one: whether reading it would give the same.
    pub fn is_at(&mut self, bytes: ByteView<'_>, at: usize) -> Option<bool> {
        let start = at + HEAD;
        let content = bytes.slice(start, self.content.len())?;
        if self.latest.is_at(start, content) {
            // The common case of a new chunk: same content at the same place, so that only the names that stand elsewhere must be compared.
            let stands = |(name, place): &(usize, usize)| self.names[*name].has_text_at(bytes, *place);
            if self.latest.places.iter().all(stands) {
                return Some(true);
            }
        }
        let is_here = is_same(content, &self.content, &self.mask)
            && self.names.iter().all(|name| name.is_at(bytes, start, content));
        if is_here {
            self.latest.set(start, content, &self.names);
        }
        Some(is_here)
    }
}

impl Latest {
    /// Whether a definition with this content, which begins at `start`, is this one but for the texts of its names.
    fn is_at(&self, start: usize, content: &[u8]) -> bool {
        // Elsewhere, a name that stood behind its place could not do so, and one that did not could.
        let outside = |place: usize| place < start || place >= start + content.len();
        let is_apart = || self.is_apart && self.places.iter().all(|(_, place)| outside(*place));
        same_bytes(content, &self.content) && (start == self.start || is_apart())
    }

    fn set(&mut self, start: usize, content: &[u8], names: &[Name]) {
        self.start = start;
        self.is_apart = names.iter().all(|name| name.inline.is_empty());
        self.content.clear();
        self.content.extend_from_slice(content);
        self.places.clear();
        for (number, name) in names.iter().enumerate() {
            let before = self.places.len();
            if before > MOST_PLACES {
                return self.content.clear();
            }
            for place in name.apart.iter().map(|at| place_in(content, *at)) {
                if self.places[before..].iter().all(|(_, known)| *known != place) {
                    self.places.push((number, place));
                }
            }
        }
    }
}

/// The place of a name that a content has at `at`.
fn place_in(content: &[u8], at: usize) -> usize {
    ByteView::new(content).u32(at).map_or(usize::MAX, |place| place as usize)
}

impl Name {
    /// Whether a definition with this content, which begins at `start`, refers to this name wherever it should.
    fn is_at(&self, bytes: ByteView<'_>, start: usize, content: &[u8]) -> bool {
        let mut before = None;
        let mut is_apart = |at: usize| {
            let place = place_in(content, at);
            // Mostly it is where the name was found before.
            let has_text = before.replace(place) == Some(place) || self.has_text_at(bytes, place);
            has_text && place != start + at + 4
        };
        // The text of a name that follows is part of the content.
        let follows = |at: usize| place_in(content, at) == start + at + 4;
        self.inline.iter().all(|at| follows(*at)) && self.apart.iter().all(|at| is_apart(*at))
    }

    /// Whether the name stands at a place of the chunk.
    fn has_text_at(&self, bytes: ByteView<'_>, place: usize) -> bool {
        let stored = place.checked_add(6).and_then(|from| bytes.slice(from, self.text.len()));
        stored.is_some_and(|stored| same_bytes(stored, &self.text))
    }
}

/// Whether bytes are the same as others, of which only those bits are left that a mask has.
fn is_same(bytes: &[u8], masked: &[u8], mask: &[u8]) -> bool {
    let ((words, rest), (wanted, wanted_rest)) = (bytes.as_chunks::<8>(), masked.as_chunks::<8>());
    let (masks, mask_rest) = mask.as_chunks::<8>();
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    // No early exit: without a branch, the loop becomes vector instructions, and definitions that share a key are almost always equal.
    let all = words.iter().zip(wanted).zip(masks);
    let differ = all.fold(0, |differ, ((bytes, wanted), mask)| differ | (word(bytes) & word(mask)) ^ word(wanted));
    let mut rest = rest.iter().zip(wanted_rest).zip(mask_rest);
    bytes.len() == masked.len() && differ == 0 && rest.all(|((byte, wanted), mask)| byte & mask == *wanted)
}

struct TemplateParser<'a> {
    bytes: ByteView<'a>,
    at: usize,
    start: usize,
    end: usize,
    nodes: usize,
    strings: &'a mut Interner,
    names: HashMap<Box<[u8]>, NamePlaces>,
    /// Whether the definition may have been overwritten in part, so that a name must have the hash that stands before it.
    is_alone: bool,
}

/// Where a definition refers to a name: see [`Name`].
#[derive(Default)]
struct NamePlaces {
    inline: Vec<usize>,
    apart: Vec<usize>,
}

impl TemplateParser<'_> {
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

    fn element(&mut self, depth: usize) -> Option<TemplateElement> {
        self.nodes += 1;
        if depth > DEEPEST || self.nodes > MOST_NODES {
            return None;
        }
        let token = self.token()?;
        // An element; `[…]` only with the bit 0x40, which says that there are attributes:
        //
        //   01/41 | dependency u16 | size u32 | name | [size u32 | (06/46 | name | content)…] | 03            empty
        //                                                                                      | 02 … 04      with children
        //
        // The sizes are not followed: tokens say the same, and one way to read something cannot disagree with itself.
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
                    0x01 | 0x41 => children.push(TemplateNode::Element(self.element(depth + 1)?)),
                    _ => children.push(self.content()?),
                }
            },
            _ => return None,
        }
        Some(TemplateElement { name, dependency, attributes, children })
    }

    /// One text, or the gap for a value.
    fn content(&mut self) -> Option<TemplateNode> {
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
                let text = utf16::text(self.bytes.slice(self.at, length)?)?;
                self.at += length;
                // A text of nothing is the slow way's business.
                (!text.is_empty()).then(|| TemplateNode::Text(self.strings.share(&text)))
            }
            0x0d | 0x0e => {
                let index = self.u16()?;
                // The type that the value should have; the value's own type is what counts.
                matches!(self.token()?, 0x00..=0x15 | 0x21).then_some(TemplateNode::Slot { index })
            }
            _ => None,
        }
    }

    /// A name, here or where it stood first.
    fn name(&mut self) -> Option<Arc<str>> {
        let offset = usize::try_from(self.u32()?).ok()?;
        // A name is an offset in the chunk. Where that points right behind itself, the record of the name follows:
        //
        //   offset u32 | next u32 | hash u16 | units u16 | UTF-16 … | 0000
        //              offset     + 4        + 6         + 8
        let length = usize::from(self.bytes.u16(offset.checked_add(6)?)?) * 2;
        let name = utf16::text(self.bytes.slice(offset + 8, length)?)?;
        if self.is_alone && self.bytes.u16(offset + 4)? != name_hash(&name) {
            return None;
        }
        let inline = offset == self.at;
        // A name that reaches past the definition could not be compared.
        let text = self.bytes.slice(offset + 6, 2 + length)?;
        if inline && offset + 8 + length > self.end {
            return None;
        }
        let places = self.names.entry(text.into()).or_default();
        if inline { &mut places.inline } else { &mut places.apart }.push(self.at - 4 - self.start);
        if inline {
            self.at = offset + 8 + length + 2;
        }
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        plain.then(|| self.strings.share(&name))
    }
}

/// The hash that Windows stores with a name.
fn name_hash(name: &str) -> u16 {
    let hash = name.encode_utf16().fold(0, |hash: u32, unit| hash.wrapping_mul(65_599).wrapping_add(u32::from(unit)));
    (hash & 0xffff) as u16
}

/// Whether the table of common names of the chunk's header can be followed to its end: the slow way says so if not.
pub fn names_are_sound(bytes: ByteView<'_>) -> bool {
    // 64 lists by hash; each name begins with the offset of the next one in its list. A list that leads in a circle ends when `left` is used up.
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
            let sound = |name| utf16::is_printable_ascii(name) || utf16::text(name).is_some();
            if left == 0 || !name.is_some_and(sound) {
                return false;
            }
            at = bytes.u32(offset).unwrap_or_default();
        }
        true
    })
}
