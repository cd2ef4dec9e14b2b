//! Bytes of evidence, read with bounds checked.

/// Bytes with reads of little-endian integers that are `None` beyond the end.
#[derive(Clone, Copy, Debug)]
pub struct ByteView<'c>(&'c [u8]);

impl<'c> ByteView<'c> {
    pub const fn new(bytes: &'c [u8]) -> Self {
        Self(bytes)
    }

    pub const fn length(self) -> usize {
        self.0.len()
    }

    /// The bytes from a place on; none if it is behind the end.
    pub fn from(self, at: usize) -> Self {
        Self(self.0.get(at..).unwrap_or_default())
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
