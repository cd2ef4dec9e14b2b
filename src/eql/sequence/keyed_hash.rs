//! Digests that are the same in every run that has a key: what several runs have found can be joined by them.
//!
//! SHA-256 over the key, padded to a block, and what is hashed, cut to 128 bits. Whoever does not have the key can neither try which value a digest is of,
//! nor craft two values with one digest. The state after the first block is kept, so that a key of a few words costs one more block.

use sha2::{Digest, Sha256};
use std::hash::Hasher;

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// A hash with its key.
#[derive(Clone, Debug)]
pub struct KeyedHash {
    keyed: Sha256,
}

impl KeyedHash {
    /// The hash of a key of any length.
    pub fn new(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        block[..32].copy_from_slice(&Sha256::digest(key));
        Self { keyed: Sha256::new_with_prefix(block) }
    }

    /// A hasher that has taken nothing but the key.
    pub fn hasher(&self) -> KeyedHasher {
        KeyedHasher(self.keyed.clone())
    }
}

/// Takes what is hashed. Numbers are written in one byte order and `usize` in one width, since the digest is to be the same on any machine.
#[derive(Debug)]
pub struct KeyedHasher(Sha256);

impl KeyedHasher {
    /// The digest.
    pub fn digest(self) -> [u64; 2] {
        let hash = self.0.finalize();
        let word = |at: usize| hash[at..at + 8].iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        [word(0), word(8)]
    }
}

impl Hasher for KeyedHasher {
    fn finish(&self) -> u64 {
        Self(self.0.clone()).digest()[0]
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn write_u16(&mut self, number: u16) {
        self.write(&number.to_le_bytes());
    }

    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    fn write_u128(&mut self, number: u128) {
        self.write(&number.to_le_bytes());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    // The signed ones are written as the unsigned ones are, but for this.
    fn write_isize(&mut self, number: isize) {
        self.write_i64(number as i64);
    }
}
