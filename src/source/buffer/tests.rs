use super::*;
use std::io::{self, Cursor};

/// Gives a few bytes at a time, and then an error or the end.
struct Slow<'b>(&'b [u8], bool);

impl Read for Slow<'_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.0.is_empty() && self.1 {
            return Err(io::Error::other("no more"));
        }
        let count = out.len().min(3);
        self.0.read(&mut out[..count])
    }
}

#[test]
fn reads_what_there_is() {
    let mut buffer = Buffer::default();
    assert_eq!(buffer.bytes(), b"");
    let mut source = Cursor::new(b"abcdefgh");
    buffer.fill(&mut source, 5).unwrap();
    assert_eq!(buffer.bytes(), b"abcde");
    buffer.fill(&mut source, 5).unwrap();
    assert_eq!(buffer.bytes(), b"fgh");
    buffer.fill(&mut source, 5).unwrap();
    assert_eq!(buffer.bytes(), b"");
    let long: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    buffer.fill(&mut long.as_slice(), long.len()).unwrap();
    assert_eq!(buffer.bytes(), long);
    assert_eq!(buffer.bytes().as_ptr().align_offset(PAGE), 0);
}

#[test]
fn what_comes_before_an_error_stays() {
    let mut buffer = Buffer::default();
    buffer.fill(&mut Slow(b"abcdefgh", false), 100).unwrap();
    assert_eq!(buffer.bytes(), b"abcdefgh");
    assert!(buffer.fill(&mut Slow(b"ijkl", true), 100).is_err());
    assert_eq!(buffer.bytes(), b"ijkl");
}
