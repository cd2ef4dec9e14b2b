//! Where a row of a timeline stands in memory.

use crate::event::OrderKey;

/// A row in memory, with what it is sorted by: rows themselves are never moved.
#[derive(Clone, Copy, Debug)]
pub struct RowPlace {
    pub order: OrderKey,
    /// Where it begins in its block.
    pub start: usize,
    pub length: u32,
    /// The number of its process.
    pub process: u32,
    /// The number of the block, which has the rows of one unit.
    pub block: u32,
    pub is_creation: bool,
}

impl RowPlace {
    /// The row, which is in one of the blocks.
    pub fn bytes<'b>(&self, blocks: &'b [Vec<u8>]) -> &'b [u8] {
        &blocks[self.block as usize][self.start..self.start + self.length as usize]
    }
}
