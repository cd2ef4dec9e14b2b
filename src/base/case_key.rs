//! The key of a case: what several runs digest with it can be compared, and tells nothing to whoever does not have it.

use super::number::hex;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Bytes that a key has at least: as many as a digest.
const LEAST: usize = 16;
/// Bytes of the digest by which keys are compared.
const ID_BYTES: usize = 8;

/// A secret that all runs of a case have in common. It is not shown by `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseKey(Arc<[u8]>);

/// A key that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a case key is 32 hexadecimal digits or more, two for each byte, such as `openssl rand -hex 32` gives")]
pub struct CaseKeyError;

impl CaseKey {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Tells keys apart, and does not give them away.
    pub fn id(&self) -> String {
        let digest = Sha256::new_with_prefix(b"evql case key\0").chain_update(&self.0).finalize();
        hex(&digest[..ID_BYTES])
    }
}

impl FromStr for CaseKey {
    type Err = CaseKeyError;

    fn from_str(text: &str) -> Result<Self, CaseKeyError> {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
        let bytes: Option<Arc<[u8]>> = pairs.iter().map(byte).collect();
        bytes.filter(|bytes| bytes.len() >= LEAST && rest.is_empty()).map(Self).ok_or(CaseKeyError)
    }
}

impl fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_so_many_digits_and_not_shown() {
        let key: CaseKey = "00112233445566778899aabbccddEEFF".parse().unwrap();
        assert_eq!((key.bytes()[0], key.bytes()[15]), (0, 0xff));
        let shown = format!("{key:?}");
        assert!(shown.contains(&key.id()) && !shown.contains("eeff"), "{shown}");
        let other: CaseKey = "00112233445566778899aabbccddEEFE".parse().unwrap();
        assert_ne!(key.id(), other.id());
        for wrong in [
            "",
            "0011",
            "00112233445566778899aabbccddeef",
            "00112233445566778899aabbccddee g",
            "zz112233445566778899aabbccddeeff",
        ] {
            assert_eq!(wrong.parse::<CaseKey>(), Err(CaseKeyError), "{wrong}");
        }
    }
}
