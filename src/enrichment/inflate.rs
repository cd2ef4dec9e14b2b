//! Bytes that were packed, unpacked up to a bound.

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::Read;

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Gzip.
    Gzip,
    /// Deflate in the frame of zlib.
    Zlib,
    /// Deflate alone.
    Deflate,
}

impl Compression {
    /// How bytes are packed, as their frame says it.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            // RFC 1950: deflate with a window of at most 32 KiB, and the two bytes as a number can be divided by 31.
            [first, second, ..]
                if first & 0x0f == 8 && first >> 4 <= 7 && u16::from_be_bytes([first, second]) % 31 == 0 =>
            {
                Some(Self::Zlib)
            }
            _ => None,
        }
    }
}

/// What was unpacked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inflated {
    pub bytes: Vec<u8>,
    /// Whether there is more, beyond the bound.
    pub is_partial: bool,
}

/// Unpacks at most so many bytes. Where the data is damaged or cut, what comes before is given.
pub fn inflate(bytes: &[u8], compression: Compression, most: usize) -> Inflated {
    let mut inflated = Inflated::default();
    let mut reader: Box<dyn Read> = match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(bytes)),
        Compression::Zlib => Box::new(ZlibDecoder::new(bytes)),
        Compression::Deflate => Box::new(DeflateDecoder::new(bytes)),
    };
    // One byte more than is wanted tells whether there is more. An error ends the data, and what was read before it stays.
    let _ = reader.as_mut().take(most as u64 + 1).read_to_end(&mut inflated.bytes);
    inflated.is_partial = inflated.bytes.len() > most;
    inflated.bytes.truncate(most);
    inflated
}
