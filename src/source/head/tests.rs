use super::*;

fn head(zeros: usize, text: &[u8]) -> Vec<u8> {
    let bytes = [vec![0; zeros].as_slice(), text].concat();
    read_head(&mut bytes.as_slice(), 4096).unwrap()
}

#[test]
fn zeros_that_fill_the_head_are_passed_over() {
    assert_eq!(head(10, b"{}"), [vec![0; 10].as_slice(), b"{}"].concat(), "few zeros stay");
    for zeros in [4096, 4098, 70_000, PIECE * 2] {
        assert_eq!(head(zeros, b"{}"), [vec![0; LEFT].as_slice(), b"{}"].concat(), "{zeros}");
    }
    assert_eq!(head(70_001, b"{}"), [vec![0; LEFT + 1].as_slice(), b"{}"].concat(), "whole units of UTF-16");
    assert_eq!(head(70_000, b""), vec![0; 4096], "nothing but zeros");
    assert_eq!(head(70_000, &[b'a'; 9000]).len(), 4096);
}
