use super::*;
use proptest::prelude::*;

proptest! {
    /// The quick way for bytes gives the text that the other one gives, and as little for what cannot be understood.
    #[test]
    fn bytes_are_those_of_the_text(kind in 0..0x22_u8, raw in prop::collection::vec(any::<u8>(), 0..20), short in any::<bool>()) {
        let size = size(kind).filter(|_| !short).unwrap_or(raw.len());
        let raw: Vec<u8> = raw.iter().copied().chain(std::iter::repeat(0)).take(size).collect();
        let (mut bytes, mut text) = (b"before".to_vec(), "before".to_owned());
        let done = (push_raw(kind, &raw, &mut bytes), write_raw(kind, &raw, &mut text));
        prop_assert_eq!(done.0, done.1);
        if done.0.is_some() {
            prop_assert_eq!(bytes, text.into_bytes());
        }
    }
}

#[test]
fn hexadecimal_numbers_have_as_many_digits_as_they_need() {
    let written = |number: u64| {
        let mut bytes = Vec::new();
        push_raw(0x15, &number.to_le_bytes(), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    for number in [0, 1, 0xf, 0x10, 0x3e7, 0x0fff_ffff, u64::MAX, 1 << 63] {
        assert_eq!(written(number), format!("0x{number:x}"));
    }
}
