//! Tests of comparing bytes.

use super::*;

#[test]
fn a_byte_that_differs_is_found_wherever_it_stands() {
    for length in 0..70_u8 {
        let bytes: Vec<u8> = (0..length).collect();
        assert!(same_in_blocks(&bytes, &bytes.clone()), "{length}");
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0x80;
            assert!(!same_in_blocks(&bytes, &other), "{length} {at}");
            assert!(!same_bytes(&bytes, &other), "{length} {at}");
        }
    }
}

#[test]
fn what_is_longer_is_not_the_same() {
    for length in 0..40 {
        assert!(!same_in_blocks(&vec![7; length], &vec![7; length + 1]), "{length}");
        assert!(!same_in_blocks(&vec![7; length + 1], &vec![7; length]), "{length}");
    }
}
