//! The first bytes of a file, by which it is told, and zeros before them.
//!
//! Copies of whole blocks of a disk, and files that were grown before they were written, begin with zeros: any number of them. What is told by its first bytes is
//! told by those behind the zeros then, of which a few are left, so that nothing is taken for a file that begins with them. This module does not know what files are.

use std::io::{self, Read};

/// Zeros that are passed over, at most: a disk image of zeros is no reason to read all of it before it is known for what it is.
const MOST_ZEROS: u64 = 1 << 30;

/// Bytes that are read at a time.
const PIECE: usize = 1 << 16;

/// Zeros that are left before the first other byte.
const LEFT: usize = 512;

/// The first bytes of what `source` has, at most so many. If all of these are zeros, a few zeros, and what comes behind the others.
pub(super) fn read_head(source: &mut dyn Read, most: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    (&mut *source).take(most as u64).read_to_end(&mut head)?;
    if head.len() < most || head.iter().any(|&byte| byte != 0) {
        return Ok(head);
    }
    let mut passed = head.len() as u64;
    let mut piece = Vec::with_capacity(PIECE);
    while passed < MOST_ZEROS {
        piece.clear();
        (&mut *source).take(PIECE as u64).read_to_end(&mut piece)?;
        if let Some(first) = piece.iter().position(|&byte| byte != 0) {
            // Characters of UTF-16 have two bytes, of which the first may be zero; pieces have an even number of them.
            let from = first - first % 2;
            let mut head = vec![0; LEFT];
            head.extend_from_slice(&piece[from..]);
            let missing = most.saturating_sub(head.len());
            (&mut *source).take(missing as u64).read_to_end(&mut head)?;
            head.truncate(most);
            return Ok(head);
        }
        if piece.len() < PIECE {
            break;
        }
        passed += piece.len() as u64;
    }
    Ok(head)
}

#[cfg(test)]
mod tests;
