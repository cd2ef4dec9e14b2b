//! The table of values of a template instance: of which types they are, and where they stand.
//!
//! Nearly every table of a template looks like the one before but for the lengths of its texts. A [`Form`] knows what the last one looked like and tells in a
//! few steps whether the next one is of the same kind; all others are read value by value. This module does not know what a value means.

use super::template::Bytes;
use super::value::{self, BINXML, FILETIME, SID, TEXT};
use std::ops::Add;

/// The length in a descriptor; behind it are a byte for the type and one that says nothing.
const LENGTH: u32 = 0xffff;

/// The descriptor of a value: its length and its type.
type Descriptor = [u8; 4];

fn length(descriptor: Descriptor) -> usize {
    (u32::from_le_bytes(descriptor) & LENGTH) as usize
}

/// A value: its type and its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Value<'c> {
    pub kind: u8,
    pub raw: &'c [u8],
}

impl Value<'_> {
    /// Whether an attribute or optional gap is left out for this value.
    pub fn is_empty(self) -> bool {
        match self.kind {
            0 => true,
            // A text of no characters is as good as none.
            TEXT => self.raw.is_empty() || self.raw.starts_with(&[0, 0]),
            0x02 | 0x0e | BINXML => self.raw.is_empty(),
            _ => false,
        }
    }

    /// Adds the text of the value.
    pub fn write(self, out: &mut String) -> Option<()> {
        value::write_raw(self.kind, self.raw, out)
    }
}

/// The values of an instance. All of them lie within the chunk.
#[derive(Clone, Copy, Debug)]
pub struct Table<'c> {
    descriptors: &'c [Descriptor],
    /// From the first value on.
    bytes: Bytes<'c>,
}

impl<'c> Table<'c> {
    pub const EMPTY: Self = Self { descriptors: &[], bytes: Bytes::new(&[]) };

    /// The table at a place of the chunk, and how many bytes its values may have that must end at `to` or before; nothing in it has been looked at.
    pub fn at(bytes: Bytes<'c>, at: usize, to: usize) -> Option<(Self, usize)> {
        let count = usize::try_from(bytes.u32(at)?).ok()?;
        let size = count.checked_mul(4)?;
        let first = at.checked_add(4)?;
        let (descriptors, _) = bytes.slice(first, size)?.as_chunks();
        let room = to.checked_sub(first + size)?;
        Some((Self { descriptors, bytes: bytes.from(first + size) }, room))
    }

    /// How many values there are.
    pub fn count(self) -> usize {
        self.descriptors.len()
    }

    /// Where the value for a gap begins, in bytes from the first one, and how many it has.
    pub fn span(self, index: usize) -> Option<(usize, usize)> {
        let (before, rest) = self.descriptors.split_at_checked(index)?;
        let start = before.iter().fold(0, |start, descriptor| start + (u32::from_le_bytes(*descriptor) & LENGTH));
        Some((start as usize, length(*rest.first()?)))
    }

    /// How many bytes a value has.
    pub fn length(self, index: usize) -> Option<usize> {
        self.descriptors.get(index).map(|descriptor| length(*descriptor))
    }

    /// The type of a value.
    pub fn kind(self, index: usize) -> Option<u8> {
        self.descriptors.get(index).map(|descriptor| descriptor[2])
    }

    /// The value for a gap.
    pub fn get(self, index: u16) -> Option<Value<'c>> {
        let kind = self.kind(index.into())?;
        let (start, length) = self.span(index.into())?;
        Some(Value { kind, raw: self.bytes.slice(start, length)? })
    }

    /// The value for a gap, if it is of that type.
    pub fn of_kind(self, index: u16, kind: u8) -> Option<Bytes<'c>> {
        self.get(index).filter(|value| value.kind == kind).map(|value| Bytes::new(value.raw))
    }

    /// Whether what depends on a value is left out: the record does not have the value.
    pub fn lacks(self, dependency: Option<u16>) -> bool {
        dependency.is_some_and(|index| self.kind(index.into()) == Some(0))
    }

    /// The types of all values.
    pub fn kinds(self) -> impl Iterator<Item = u8> {
        self.descriptors.iter().map(|descriptor| descriptor[2])
    }

    /// From the first value on, as far as the chunk goes.
    pub fn bytes(self) -> Bytes<'c> {
        self.bytes
    }

    /// Where the first value is in the chunk.
    pub fn place_in(self, chunk: Bytes<'_>) -> usize {
        chunk.length() - self.bytes.length()
    }

    /// Whether values that end after so many bytes end in time, and the fragment that they are of ends behind them: by its mark, or for want of room.
    fn ends(self, end: usize, room: usize) -> bool {
        end == room || (end < room && self.bytes.u8(end) == Some(0))
    }

    /// Whether the last value, which begins after so many bytes, is not empty and ends in time.
    pub fn fills(self, last: usize, start: usize, room: usize) -> bool {
        let length = self.length(last).unwrap_or(0);
        length > 0 && self.ends(start + length, room)
    }

    /// Whether an identifier has as many parts as it says.
    fn is_sid(self, start: usize, length: usize) -> Option<bool> {
        Some(length == 8 + usize::from(self.bytes.u8(start + 1)?) * 4)
    }
}

/// What was noticed while a table was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noticed {
    /// Values that are binary XML, and not empty.
    pub fragments: u32,
    /// FILETIMEs.
    pub times: u32,
    /// Whether some value needs a closer look: an identifier may be none, or a fragment is empty.
    pub doubtful: bool,
}

impl Add for Noticed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            fragments: self.fragments.saturating_add(other.fragments),
            times: self.times.saturating_add(other.times),
            doubtful: self.doubtful || other.doubtful,
        }
    }
}

#[cold]
fn read_one_by_one(table: Table<'_>, room: usize) -> Option<Noticed> {
    let mut start = 0;
    let mut noticed = Noticed::default();
    for descriptor in table.descriptors {
        let (length, kind) = (length(*descriptor), descriptor[2]);
        if start + length > room || !size_fits(kind, length) {
            return None;
        }
        match kind {
            FILETIME => noticed.times += 1,
            BINXML if length > 0 => noticed.fragments += 1,
            BINXML => noticed.doubtful = true,
            SID => noticed.doubtful |= !table.is_sid(start, length)?,
            _ => {}
        }
        start += length;
    }
    table.ends(start, room).then_some(noticed)
}

/// Whether a value of this type can have this many bytes; types that are not understood never can.
fn size_fits(kind: u8, length: usize) -> bool {
    match kind {
        0x00 | 0x0e | BINXML => true,
        TEXT => length.is_multiple_of(2),
        SID => length >= 8 && (length - 8).is_multiple_of(4),
        _ => value::size(kind) == Some(length),
    }
}

/// Descriptors that are compared at once.
const BLOCK: usize = 4;

/// What the tables of a template look like.
#[derive(Debug, Default)]
pub struct Form {
    /// How many values they have; 0 if it is not known what they look like.
    count: usize,
    /// By blocks of descriptors, as many as are full.
    blocks: Vec<Block>,
    /// The last descriptors, some of which may be in the last full block too.
    last: Block,
    noticed: Noticed,
}

/// What descriptors must look like that stand one behind the other.
#[derive(Debug, Default)]
struct Block {
    /// The bits in which all are alike.
    masks: [u32; BLOCK],
    /// Those bits.
    bits: [u32; BLOCK],
    /// The bits of the length; none if it is counted elsewhere.
    lengths: [u32; BLOCK],
}

impl Block {
    /// What is alike in all descriptors like these; the lengths of the first few are counted elsewhere.
    fn of(descriptors: &[Descriptor; BLOCK], counted: usize) -> Self {
        let mask = |[.., kind, _]: Descriptor| match kind {
            TEXT => 0x00ff_0001,
            0x00 | 0x0e => 0x00ff_0000,
            _ => 0x00ff_ffff,
        };
        let masks = descriptors.map(mask);
        let bits = std::array::from_fn(|at| u32::from_le_bytes(descriptors[at]) & masks[at]);
        Self { masks, bits, lengths: std::array::from_fn(|at| if at < counted { 0 } else { LENGTH }) }
    }
}

impl Form {
    /// The form of a table in which this was noticed.
    fn of(table: Table<'_>, noticed: Noticed) -> Self {
        // What has to be looked at one by one is too rare to be quick about it, and so are tables of very few values.
        let is_plain = !noticed.doubtful && !table.kinds().any(|kind| matches!(kind, SID | BINXML));
        let Some(last) = table.descriptors.last_chunk().filter(|_| is_plain) else { return Self::default() };
        let (blocks, rest) = table.descriptors.as_chunks();
        Self {
            count: table.count(),
            blocks: blocks.iter().map(|block| Block::of(block, 0)).collect(),
            last: Block::of(last, BLOCK - rest.len()),
            noticed,
        }
    }

    /// What is noticed in a table, of which the values end before so many bytes; `None` if there is something wrong with it.
    #[inline]
    pub fn read(&mut self, table: Table<'_>, room: usize) -> Option<Noticed> {
        if self.fits(table, room) {
            return Some(self.noticed);
        }
        let noticed = read_one_by_one(table, room)?;
        *self = Self::of(table, noticed);
        Some(noticed)
    }

    /// Whether a table is of this form, and nothing is wrong with it.
    #[inline]
    fn fits(&self, table: Table<'_>, room: usize) -> bool {
        let Some(last) = table.descriptors.last_chunk::<BLOCK>().filter(|_| table.count() == self.count) else {
            return false;
        };
        let mut odd = [0; BLOCK];
        let mut ends = [0; BLOCK];
        let blocks = table.descriptors.as_chunks::<BLOCK>().0.iter().zip(&self.blocks);
        for (block, expected) in blocks.chain([(last, &self.last)]) {
            for at in 0..BLOCK {
                let descriptor = u32::from_le_bytes(block[at]);
                odd[at] |= (descriptor & expected.masks[at]) ^ expected.bits[at];
                ends[at] += descriptor & expected.lengths[at];
            }
        }
        // If all of them end in time, each does.
        odd == [0; BLOCK] && table.ends(ends.iter().sum::<u32>() as usize, room)
    }
}

#[cfg(test)]
mod tests;
