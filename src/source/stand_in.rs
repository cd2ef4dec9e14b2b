//! Characters that XML cannot hold, brought unharmed through the slow way, which goes through XML.
//!
//! The `evtx` crate renders a record as Windows does: what XML 1.0 forbids, such as U+0001 or ESC, comes out as `_`. That is not what was logged, and whoever
//! hides a command behind such a character would be believed. So before the crate sees a chunk, each forbidden character in its texts is replaced by a
//! *stand-in*: a character of as many bytes that occurs nowhere in the chunk. In the rendered XML the stand-in becomes the character again, and at the
//! end the chunk gets its bytes back, because duplicates are told by them. Half a surrogate pair is no character at all: its stand-in is U+FFFD, and stays.
//!
//! ```text
//! in the chunk   c m d 1B           in the copy for the crate   c m d E000
//! in the XML     cmd<U+E000>        in the record               cmd<ESC>
//! ```
//!
//! Texts are found by walking the tokens of binary XML from the start of each record. No offset is followed (a template is walked where its definition stands),
//! so every byte is looked at once, whatever a chunk tries. Damage ends the walk of its record; what a record means is not known here.

use std::ops::Range;

use encoding_rs::WINDOWS_1252;
use hashbrown::{HashMap, HashSet};

use super::format::{CHUNK_HEADER, RECORD_HEADER, RECORD_MAGIC};

/// Binary XML inside of binary XML is looked into to this depth.
const DEEPEST: u32 = 64;
/// U+FFFD.
const REPLACEMENT: u16 = 0xfffd;

/// Where stand-ins are taken from: characters for private use, which hardly any text has, and then letters of large alphabets. None of them means anything in XML.
const RESERVE: [Range<u16>; 4] = [0xe000..0xf900, 0xac00..0xd7a4, 0x4e00..0xa000, 0x3400..0x4dc0];

/// The stand-ins in a chunk.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    /// Where bytes were replaced, and what was there.
    replaced: Vec<(usize, [u8; 2])>,
    /// Replaced bytes of texts of single bytes, with their places.
    replaced_narrow: Vec<(usize, u8)>,
    /// The original character of each stand-in.
    originals: HashMap<char, char>,
    /// Whether there were not enough characters that the chunk does not have.
    short: bool,
}

impl StandIns {
    /// Replaces what XML forbids in the texts of a chunk.
    pub(super) fn put(chunk: &mut [u8]) -> Self {
        let found = TokenWalk::over(chunk);
        let mut all = Self { short: found.too_deep, ..Self::default() };
        if !found.wide.is_empty() || !found.narrow.is_empty() {
            all.replace_wide(chunk, &found);
            all.replace_narrow(chunk, &found);
        }
        all
    }

    /// Whether some characters had to stay, and will be `_`.
    pub(super) fn is_short(&self) -> bool {
        self.short
    }

    /// Rendered XML with the characters themselves.
    pub(super) fn resolve(&self, xml: String) -> String {
        if self.originals.is_empty() || xml.is_ascii() {
            return xml;
        }
        xml.chars().map(|c| self.originals.get(&c).copied().unwrap_or(c)).collect()
    }

    /// Gives a chunk its bytes back.
    pub(super) fn take_back(&self, chunk: &mut [u8]) {
        for &(at, bytes) in &self.replaced {
            chunk[at..at + 2].copy_from_slice(&bytes);
        }
        for &(at, byte) in &self.replaced_narrow {
            chunk[at] = byte;
        }
    }

    fn replace_wide(&mut self, chunk: &mut [u8], found: &Forbidden) {
        let forbidden = |unit: u16| char::from_u32(unit.into()).filter(|_| unit != REPLACEMENT);
        let mut taken: HashSet<u16> = HashSet::new();
        if found.wide.iter().any(|&(_, unit)| forbidden(unit).is_some()) {
            // Every pair of bytes at any offset, even or odd: more is taken than characters there are, but no text can have a unit that is free here.
            taken.extend(chunk.windows(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])));
        }
        let mut free = RESERVE.into_iter().flatten().filter(|unit| !taken.contains(unit));
        let mut stand_ins: HashMap<u16, Option<u16>> = HashMap::new();
        for &(at, unit) in &found.wide {
            let stand_in = *stand_ins.entry(unit).or_insert_with(|| match forbidden(unit) {
                None => Some(REPLACEMENT),
                Some(original) => {
                    let unit = free.next()?;
                    self.originals.insert(char::from_u32(unit.into())?, original);
                    Some(unit)
                }
            });
            match stand_in {
                Some(stand_in) => {
                    self.replaced.push((at, [chunk[at], chunk[at + 1]]));
                    chunk[at..at + 2].copy_from_slice(&stand_in.to_le_bytes());
                }
                None => self.short = true,
            }
        }
    }

    /// Texts of single bytes are read as Windows-1252, as the crate does: a byte stands in whose character occurs nowhere.
    fn replace_narrow(&mut self, chunk: &mut [u8], found: &Forbidden) {
        if found.narrow.is_empty() {
            return;
        }
        let units: HashSet<u16> = chunk.windows(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let free = (0x80..=0xff_u8).filter(|&byte| !found.narrow_bytes[usize::from(byte)]).filter_map(|byte| {
            let c = WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next()?;
            u16::try_from(u32::from(c)).is_ok_and(|unit| !units.contains(&unit)).then_some((byte, c))
        });
        let mut free = free.collect::<Vec<_>>().into_iter();
        let mut stand_ins: HashMap<u8, Option<u8>> = HashMap::new();
        for &(at, byte) in &found.narrow {
            let stand_in = *stand_ins.entry(byte).or_insert_with(|| {
                let (stand_in, c) = free.next()?;
                self.originals.insert(c, char::from(byte));
                Some(stand_in)
            });
            match stand_in {
                Some(stand_in) => {
                    self.replaced_narrow.push((at, byte));
                    chunk[at] = stand_in;
                }
                None => self.short = true,
            }
        }
    }
}

/// Whether XML 1.0 forbids a unit of UTF-16 that is no half of a pair.
const fn is_forbidden(unit: u16) -> bool {
    matches!(unit, 1..=8 | 0x0b | 0x0c | 0x0e..=0x1f | 0xfffe | 0xffff)
}

/// Characters in the texts of a chunk that XML forbids.
struct Forbidden {
    /// Forbidden units and halves of pairs, with their places.
    wide: Vec<(usize, u16)>,
    /// Forbidden bytes of texts of single bytes, with their places.
    narrow: Vec<(usize, u8)>,
    /// Which bytes such texts have.
    narrow_bytes: [bool; 256],
    too_deep: bool,
}

/// A walk over the tokens of all records of a chunk.
struct TokenWalk<'c> {
    chunk: &'c [u8],
    found: Forbidden,
}

/// Where a walk stands.
struct Cursor {
    at: usize,
    end: usize,
}

impl TokenWalk<'_> {
    fn over(chunk: &[u8]) -> Forbidden {
        let found = Forbidden { wide: Vec::new(), narrow: Vec::new(), narrow_bytes: [false; 256], too_deep: false };
        let mut walk = TokenWalk { chunk, found };
        let (mut at, mut outer_end) = (CHUNK_HEADER, CHUNK_HEADER);
        while let Some(found) = chunk.get(at..).and_then(|rest| memchr::memmem::find(rest, RECORD_MAGIC)) {
            let start = at + found;
            let mut end = start.saturating_add(walk.number(start + 4, 4).unwrap_or(0)).min(chunk.len());
            // A record may have others inside, if it claims too much, or the rest of an older one behind its content. None of them reaches into the
            // next record: that one would be missed.
            if start < outer_end {
                end = end.min(outer_end);
            } else {
                outer_end = end.max(start + 4);
            }
            // A record: 0 magic | 4 size | 8 number | 16 FILETIME | 24 binary XML. The walk starts at the XML.
            let mut cursor = Cursor { at: start + RECORD_HEADER, end };
            if cursor.at < end {
                let _ = walk.tokens(&mut cursor, false, 0);
            } else {
                cursor.at = start + 4;
            }
            at = cursor.at.min(outer_end);
        }
        walk.found
    }

    /// A number of up to four bytes.
    fn number(&self, at: usize, bytes: usize) -> Option<usize> {
        let raw = self.chunk.get(at..at.checked_add(bytes)?)?;
        Some(raw.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    /// The number at the cursor, which moves behind it.
    fn take(&self, cursor: &mut Cursor, bytes: usize) -> Option<usize> {
        let number = self.number(cursor.at, bytes)?;
        cursor.skip(bytes)?;
        Some(number)
    }

    /// Walks up to the end of a stream of tokens; `None` for damage. The cursor is left behind the last token that was understood.
    fn tokens(&mut self, cursor: &mut Cursor, in_definition: bool, depth: u32) -> Option<()> {
        if depth > DEEPEST {
            self.found.too_deep = true;
            return None;
        }
        while cursor.at < cursor.end {
            match self.take(cursor, 1)? {
                // Tokens of binary XML. Bit 0x40 says that more of the same follows:
                //
                //   00 end                 05 text, by type     09 entity reference       0d value
                //   01 element start       06 attribute         0a instruction target     0e optional value
                //   02 start tag ends      07 CDATA             0b instruction text       0f fragment header
                //   03 empty element ends  08 character         0c template instance
                //   04 element ends
                0x00 => return Some(()),
                token @ (0x01 | 0x41) => {
                    // Only in definitions an element has a dependency (u16) before its size (u32).
                    cursor.skip(if in_definition { 6 } else { 4 })?;
                    self.name(cursor)?;
                    cursor.skip(if token == 0x41 { 4 } else { 0 })?;
                }
                0x02..=0x04 => {}
                0x05 | 0x45 => match self.take(cursor, 1)? {
                    0x01 => self.counted(cursor)?,
                    _ => return None,
                },
                0x06 | 0x46 | 0x09 | 0x49 | 0x0a => self.name(cursor)?,
                0x07 | 0x47 | 0x0b => self.counted(cursor)?,
                0x08 | 0x48 => cursor.skip(2)?,
                0x0c => self.instance(cursor, depth)?,
                0x0d..=0x0f => cursor.skip(3)?,
                _ => return None,
            }
        }
        Some(())
    }

    /// The offset of a name, and the name itself if it stands here.
    fn name(&self, cursor: &mut Cursor) -> Option<()> {
        let offset = self.take(cursor, 4)?;
        if offset == cursor.at {
            let units = self.number(cursor.at + 6, 2)?;
            cursor.skip(8 + units * 2 + 2)?;
        }
        Some(())
    }

    /// A text behind the number of its units.
    fn counted(&mut self, cursor: &mut Cursor) -> Option<()> {
        let units = self.take(cursor, 2)?;
        let from = cursor.at;
        cursor.skip(units * 2)?;
        self.wide_text(from..cursor.at);
        Some(())
    }

    /// A template with its values.
    fn instance(&mut self, cursor: &mut Cursor, depth: u32) -> Option<()> {
        cursor.skip(5)?;
        if self.take(cursor, 4)? == cursor.at {
            cursor.skip(20)?;
            let size = self.take(cursor, 4)?;
            let mut inner = Cursor { at: cursor.at, end: cursor.at };
            cursor.skip(size)?;
            inner.end = cursor.at;
            let _ = self.tokens(&mut inner, true, depth + 1);
        }
        let count = self.take(cursor, 4)?;
        let mut descriptor = cursor.at;
        cursor.skip(count.checked_mul(4)?)?;
        for _ in 0..count {
            let (size, kind) = (self.number(descriptor, 2)?, self.number(descriptor + 2, 1)?);
            descriptor += 4;
            let mut inner = Cursor { at: cursor.at, end: cursor.at };
            cursor.skip(size)?;
            inner.end = cursor.at;
            match kind {
                0x01 | 0x81 => self.wide_text(inner.at..inner.end),
                0x02 | 0x82 => self.narrow_text(inner.at..inner.end),
                0x21 => {
                    let _ = self.tokens(&mut inner, false, depth + 1);
                }
                _ => {}
            }
        }
        Some(())
    }

    fn wide_text(&mut self, range: Range<usize>) {
        let Some(text) = self.chunk.get(range.clone()) else { return };
        let mut high = None;
        let units = text.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        for (at, unit) in (range.start..).step_by(2).zip(units) {
            let before = high.take();
            match unit {
                0xd800..=0xdbff => high = Some((at, unit)),
                0xdc00..=0xdfff if before.is_some() => continue,
                0xdc00..=0xdfff => self.found.wide.push((at, unit)),
                unit if is_forbidden(unit) => self.found.wide.push((at, unit)),
                _ => {}
            }
            self.found.wide.extend(before);
        }
        self.found.wide.extend(high);
    }

    fn narrow_text(&mut self, range: Range<usize>) {
        let Some(text) = self.chunk.get(range.clone()) else { return };
        for (at, &byte) in (range.start..).zip(text) {
            self.found.narrow_bytes[usize::from(byte)] = true;
            if is_forbidden(byte.into()) {
                self.found.narrow.push((at, byte));
            }
        }
    }
}

impl Cursor {
    /// Moves on; `None` if that is past the end.
    fn skip(&mut self, bytes: usize) -> Option<()> {
        let to = self.at.checked_add(bytes).filter(|&to| to <= self.end)?;
        self.at = to;
        Some(())
    }
}

#[cfg(test)]
mod tests;
