//! The table of values of a template instance: of which types they are, and where they stand.
//!
//! Nearly every table of a template looks like the one before but for the lengths of its texts. A [`TableShape`] knows what the last one looked like and tells in a
//! few steps whether the next one is of the same kind; all others are read value by value. This module does not know what a value means.

use super::byte_view::ByteView;
use super::value::{self, BINXML, FILETIME, SID, TEXT};
use std::ops::Add;

/// The length in a descriptor; behind it are a byte for the type and one that says nothing.
const LENGTH: u32 = 0xffff;

/// The descriptor of a value: its length and its type.
type Descriptor = [u8; 4];

/// Values whose places are found without a branch.
const NEAR: usize = 8;

/// For each of those values, the bits of the lengths of all before it.
static BEFORE: [[u32; NEAR]; NEAR] = {
    let mut masks = [[0; NEAR]; NEAR];
    let mut at = 0;
    while at < NEAR * NEAR {
        if at % NEAR < at / NEAR {
            masks[at / NEAR][at % NEAR] = LENGTH;
        }
        at += 1;
    }
    masks
};

fn length(descriptor: Descriptor) -> usize {
    (u32::from_le_bytes(descriptor) & LENGTH) as usize
}

/// A value: its type and its bytes.
#[derive(Clone, Copy, Debug)]
pub struct TableValue<'c> {
    pub kind: u8,
    pub raw: &'c [u8],
}

impl TableValue<'_> {
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
pub struct ValueTable<'c> {
    descriptors: &'c [Descriptor],
    /// From the first descriptor on.
    whole: ByteView<'c>,
    /// From the first value on.
    bytes: ByteView<'c>,
}

impl<'c> ValueTable<'c> {
    pub const EMPTY: Self = Self { descriptors: &[], whole: ByteView::new(&[]), bytes: ByteView::new(&[]) };

    /// The table at a place of the chunk, and how many bytes its values may have that must end at `to` or before; nothing in it has been looked at.
    pub fn at(bytes: ByteView<'c>, at: usize, to: usize) -> Option<(Self, usize)> {
        // The values of an instance:
        //
        //   count u32 | size u16, type u8, 00 | … count descriptors … | value 0 | value 1 | …
        //
        // No offset is stored: a value begins where the sizes of those before it add up to.
        Self::of(bytes, at.checked_add(4)?, usize::try_from(bytes.u32(at)?).ok()?, to)
    }

    /// The table of `count` values whose descriptors begin at `first`, and how many bytes its values may have; see [`at`](Self::at).
    #[inline]
    pub fn of(bytes: ByteView<'c>, first: usize, count: usize, to: usize) -> Option<(Self, usize)> {
        let size = count.checked_mul(size_of::<Descriptor>())?;
        let whole = bytes.from(first);
        let (descriptors, _) = whole.slice(0, size)?.as_chunks();
        let room = to.checked_sub(first + size)?;
        Some((Self { descriptors, whole, bytes: whole.from(size) }, room))
    }

    /// Checks the table value by value, with `room` bytes for its values; `None` if a size or type is wrong.
    pub fn noticed(self, room: usize) -> Option<Noticed> {
        read_one_by_one(self, room)
    }

    /// How many values there are.
    pub fn count(self) -> usize {
        self.descriptors.len()
    }

    /// The descriptors and what is behind them, as if there were so many.
    fn descriptors_and(self, count: usize) -> Option<&'c [Descriptor]> {
        self.whole.slice(0, count * size_of::<Descriptor>()).map(|bytes| bytes.as_chunks().0)
    }

    /// Where the value for a gap begins, in bytes from the first one, and how many it has.
    #[inline]
    pub fn span(self, index: usize) -> Option<(usize, usize)> {
        let last = length(*self.descriptors.get(index)?);
        if let (Some(masks), Some(first)) = (BEFORE.get(index), self.descriptors_and(NEAR)) {
            // The values that are asked for most are among the first; which one it is makes no branch.
            let lengths = first.iter().zip(masks).map(|(descriptor, mask)| u32::from_le_bytes(*descriptor) & mask);
            return Some((lengths.sum::<u32>() as usize, last));
        }
        Some((self.length_before(index), last))
    }

    /// How many bytes all values before one have.
    #[inline(never)]
    fn length_before(self, index: usize) -> usize {
        self.descriptors.iter().take(index).map(|descriptor| length(*descriptor)).sum()
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
    #[inline]
    pub fn get(self, index: u16) -> Option<TableValue<'c>> {
        let kind = self.kind(index.into())?;
        let (start, length) = self.span(index.into())?;
        Some(TableValue { kind, raw: self.bytes.slice(start, length)? })
    }

    /// The value for a gap, if it is of that type.
    pub fn of_kind(self, index: u16, kind: u8) -> Option<ByteView<'c>> {
        self.get(index).filter(|value| value.kind == kind).map(|value| ByteView::new(value.raw))
    }

    /// Whether what depends on a value is left out: the record does not have the value.
    pub fn lacks(self, dependency: Option<u16>) -> bool {
        dependency.is_some_and(|index| self.kind(index.into()) == Some(0))
    }

    /// Adds the texts of the values that are not stored as text, a line each.
    pub fn push_unwritten(self, out: &mut Vec<u8>) {
        let mut start = 0;
        for descriptor in self.descriptors {
            let (length, kind) = (length(*descriptor), descriptor[2]);
            if !matches!(kind, 0x00 | TEXT | BINXML | FILETIME)
                && let Some(raw) = self.bytes.slice(start, length)
            {
                // There is no reference to a record with values that cannot be rendered.
                value::push_raw(kind, raw, out).unwrap_or_default();
                out.push(b'\n');
            }
            start += length;
        }
    }

    /// The types of all values.
    pub fn kinds(self) -> impl Iterator<Item = u8> {
        self.descriptors.iter().map(|descriptor| descriptor[2])
    }

    /// From the first value on, as far as the chunk goes.
    pub fn bytes(self) -> ByteView<'c> {
        self.bytes
    }

    /// Where the first value is in the chunk.
    pub fn place_in(self, chunk: ByteView<'_>) -> usize {
        chunk.length() - self.bytes.length()
    }

    /// How many values there are, and the descriptors of all but the last, as the chunk has it.
    pub fn head(self, chunk: ByteView<'c>) -> Option<&'c [u8]> {
        let first = chunk.length() - self.whole.length();
        chunk.slice(first.checked_sub(4)?, size_of_val(self.descriptors))
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

/// Counts and doubts from checking a table.
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
fn read_one_by_one(table: ValueTable<'_>, room: usize) -> Option<Noticed> {
    let mut start = 0;
    let mut noticed = Noticed::default();
    for descriptor in table.descriptors {
        // `room` bounds the sum in every step, so that it cannot overflow and no slice is taken beyond the instance.
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

/// Descriptors that are compared at once, without a branch: as many as most events have, so that none is a surprise for having more or fewer.
const BLOCK: usize = 24;
/// Descriptors that a processor takes in one step.
const LANES: usize = 4;

/// The descriptors that tables of a template have in common, so that the next one is checked without a branch per value.
#[derive(Debug, Default)]
pub struct TableShape {
    /// How many values they have; 0 if it is not known what they look like.
    count: usize,
    /// By blocks of descriptors, of which the last is filled up with some that can be anything.
    blocks: Vec<Block>,
    noticed: Noticed,
}

/// Expected bits of consecutive descriptors. Aligned, so that vector instructions take it from memory as an operand.
#[derive(Debug)]
#[repr(align(16))]
struct Block {
    /// The bits in which all are alike.
    masks: [[u32; LANES]; BLOCK / LANES],
    /// Their values.
    bits: [[u32; LANES]; BLOCK / LANES],
    /// The bits of the length; none where there is no descriptor.
    lengths: [[u32; LANES]; BLOCK / LANES],
}

impl Block {
    /// The bits that every table like this one has in these descriptors.
    fn of(descriptors: &[Descriptor]) -> Self {
        let mut block = Self {
            masks: [[0; LANES]; BLOCK / LANES],
            bits: [[0; LANES]; BLOCK / LANES],
            lengths: [[0; LANES]; BLOCK / LANES],
        };
        for (at, descriptor) in descriptors.iter().enumerate().take(BLOCK) {
            // A text may have any even length: of its size only the lowest bit must be alike (0). Types of any size leave the size out.
            let mask = match descriptor[2] {
                TEXT => 0x00ff_0001,
                0x00 | 0x0e => 0x00ff_0000,
                _ => 0x00ff_ffff,
            };
            let (step, lane) = (at / LANES, at % LANES);
            block.masks[step][lane] = mask;
            block.bits[step][lane] = u32::from_le_bytes(*descriptor) & mask;
            block.lengths[step][lane] = LENGTH;
        }
        block
    }

    /// Adds the bits that are not alike to `odd`, and the lengths to `lengths`.
    #[inline]
    fn compare(&self, descriptors: &[Descriptor; BLOCK], odd: &mut [u32; LANES], lengths: &mut [u32; LANES]) {
        let (steps, _) = descriptors.as_chunks::<LANES>();
        for (step, descriptors) in steps.iter().enumerate() {
            for lane in 0..LANES {
                let descriptor = u32::from_le_bytes(descriptors[lane]);
                // Differences are gathered and judged once, behind the loop: without a branch in it, the loop becomes vector instructions.
                odd[lane] |= (descriptor & self.masks[step][lane]) ^ self.bits[step][lane];
                lengths[lane] += descriptor & self.lengths[step][lane];
            }
        }
    }
}

impl TableShape {
    /// The form of a table in which this was noticed.
    fn of(table: ValueTable<'_>, noticed: Noticed) -> Self {
        // What has to be looked at one by one is too rare to be quick about it.
        let is_plain = !noticed.doubtful && !table.kinds().any(|kind| matches!(kind, SID | BINXML));
        if !is_plain {
            return Self::default();
        }
        Self { count: table.count(), blocks: table.descriptors.chunks(BLOCK).map(Block::of).collect(), noticed }
    }

    /// Checks a table with `room` bytes for its values, and learns its form if that is new; `None` if a size or type is wrong.
    #[inline]
    pub fn read(&mut self, table: ValueTable<'_>, room: usize) -> Option<Noticed> {
        if self.fits(table, room) {
            return Some(self.noticed);
        }
        let noticed = read_one_by_one(table, room)?;
        *self = Self::of(table, noticed);
        Some(noticed)
    }

    /// Whether a table is of this form, and nothing is wrong with it.
    #[inline]
    fn fits(&self, table: ValueTable<'_>, room: usize) -> bool {
        // What is behind the last descriptor is looked at too, and does not count. Near the end of a chunk there may be too little of it.
        let Some(descriptors) = table.descriptors_and(self.blocks.len() * BLOCK) else { return false };
        if table.count() != self.count || self.count == 0 {
            return false;
        }
        let (mut odd, mut lengths) = ([0; LANES], [0; LANES]);
        for (descriptors, block) in descriptors.as_chunks().0.iter().zip(&self.blocks) {
            block.compare(descriptors, &mut odd, &mut lengths);
        }
        // If all of them end in time, each does.
        odd == [0; LANES] && table.ends(lengths.iter().sum::<u32>() as usize, room)
    }
}

#[cfg(test)]
mod tests;
