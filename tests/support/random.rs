//! Numbers that look random and are the same in every run (xorshift), so that a failure can be repeated.

/// The generator; its seed must not be zero, which stays zero.
pub struct Random(pub u64);

impl Random {
    /// A number below a limit, which counts as 1 at least.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or_default()
    }
}
