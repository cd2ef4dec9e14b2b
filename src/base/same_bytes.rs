//! Whether bytes are the same as others, where that is asked for every record.
//!
//! Records repeat each other, so that most of what is known again is known by one comparison. C libraries compare 32 bytes in one step; that of static programs
//! (musl) compares byte after byte, which was a fifth of all instructions of a scan. Blocks that the compiler knows the length of are compared without a library:
//!
//! ```text
//!   0         16        32     39
//!   |---------|---------|      |      whole blocks
//!                   |----------|      and the last sixteen bytes, some of them once more
//! ```

/// Whether bytes are the same.
#[inline]
pub fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    if cfg!(target_env = "musl") { same_in_blocks(left, right) } else { left == right }
}

/// The same without a library.
#[inline]
fn same_in_blocks(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    match left.len() {
        16.. => {
            let (blocks, others) = (left.as_chunks::<16>().0, right.as_chunks::<16>().0);
            blocks.iter().zip(others).all(|(block, other)| block == other)
                && left.last_chunk::<16>() == right.last_chunk::<16>()
        }
        8.. => same_ends::<8>(left, right),
        4.. => same_ends::<4>(left, right),
        _ => left.iter().zip(right).all(|(byte, other)| byte == other),
    }
}

/// Whether the first and the last bytes are the same, so many of each.
fn same_ends<const COUNT: usize>(left: &[u8], right: &[u8]) -> bool {
    left.first_chunk::<COUNT>() == right.first_chunk() && left.last_chunk::<COUNT>() == right.last_chunk()
}

#[cfg(test)]
mod tests;
