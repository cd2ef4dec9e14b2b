//! Random numbers that are the same for the same seed, on every platform and in every version: `SplitMix64`.
//!
//! Ten lines of our own, since no generator is among the dependencies and forged logs need no better one.
//! Nothing here is fit for secrets, and what the numbers are used for is not known.

/// The generator: a counter that is mixed (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// A generator for a seed and a stream; streams of one seed have nothing to do with each other.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut seeded = Self(seed);
        // Mixed before the stream is added: seeds and streams are small numbers, and 1 ^ 2 would meet 2 ^ 1.
        let base = seeded.next();
        Self(Self(base ^ stream).next())
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if there is none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        // The upper half of a product instead of a remainder: no division, and no bias that forged logs could show.
        let product = u128::from(self.next()) * u128::from(end);
        u64::try_from(product >> 64).unwrap_or_default()
    }

    /// A number from `start` on and below `end`.
    pub(super) fn between(&mut self, start: u64, end: u64) -> u64 {
        start + self.below(end.saturating_sub(start))
    }

    /// A number between two bounds, both of 32 bits.
    pub(super) fn between32(&mut self, start: u32, end: u32) -> u32 {
        u32::try_from(self.between(start.into(), end.into())).unwrap_or(start)
    }

    /// An index of a list of this length.
    pub(super) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// One of a list that is not empty.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.index(list.len())]
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

#[cfg(test)]
mod tests;
