use super::*;
use proptest::prelude::*;

/// What a decoder makes of units up to the first zero.
fn decoded(raw: &[u8]) -> String {
    let units: Vec<u16> = units(without_end(raw)).take_while(|&unit| unit != 0).collect();
    String::from_utf16_lossy(&units)
}

proptest! {
    /// Printable characters of ASCII are narrowed without a decoder, and nothing else is; lengths around whole blocks and pieces of a text come up.
    #[test]
    fn narrowed_texts_are_those_of_a_decoder(text in "[ -~]{0,700}", other in prop::option::of((any::<char>(), 0_usize..700))) {
        let mut text = text;
        if let Some((c, at)) = other {
            text.insert(at.min(text.len()), c);
        }
        let raw = bytes(&text);
        let is_plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        let mut narrow = b"before".to_vec();
        prop_assert_eq!(push_printable(&raw, &mut narrow), is_plain);
        prop_assert_eq!(&narrow[..6], b"before");
        prop_assert_eq!(&narrow[6..], if is_plain { text.as_bytes() } else { b"" });
        prop_assert_eq!(is_printable_ascii(&raw), is_plain);
        let mut whole = String::new();
        push_text(&raw, &mut whole);
        prop_assert_eq!(whole, decoded(&raw));
    }

    #[test]
    fn a_text_is_read_as_it_was_written(written in any::<String>()) {
        let read = text(&bytes(&written));
        prop_assert_eq!(read, (!written.contains('\0')).then(|| written.clone()));
        prop_assert_eq!(bytes(&written).len(), 2 * length(&written));
        prop_assert_eq!(is_longer(&written, 5), length(&written) > 5);
    }
}

#[test]
fn half_a_pair_is_no_character() {
    let raw = [b'a', 0, 0x3c, 0xd8, b'b', 0];
    let mut lossy = String::new();
    push_text(&raw, &mut lossy);
    assert_eq!(lossy, "a\u{fffd}b");
    assert_eq!(text(&raw), None);
}
