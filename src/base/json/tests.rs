use super::*;
use proptest::prelude::*;

fn text(text: &str) -> String {
    let mut out = Vec::new();
    push_text(&mut out, text);
    String::from_utf8(out).unwrap()
}

#[test]
fn paths_and_control_characters_are_escaped() {
    assert_eq!(text(r#"C:\a b\"c".exe"#), r#""C:\\a b\\\"c\".exe""#);
    let controls: String = (0..0x30_u8).map(char::from).collect();
    assert_eq!(text(&controls), serde_json::to_string(&controls).unwrap());
    assert_eq!(text(""), r#""""#);
}

proptest! {
    /// Special bytes at every place of a block, and characters of several bytes across its end.
    #[test]
    fn texts_are_those_of_serde_json(given in "([a-z]{0,20}|[\\\\\"]{1,3}|\\PC|[\u{0}-\u{1f}\u{7f}]){0,12}") {
        prop_assert_eq!(text(&given), serde_json::to_string(&given).unwrap());
    }

    /// Long texts of which only few letters are special, so that these stand at any place of a block.
    #[test]
    fn long_texts_are_those_of_serde_json(given in "([a-zA-Z :.]{0,40}|\u{e4}|[\\\\\"\n]){0,9}") {
        prop_assert_eq!(text(&given), serde_json::to_string(&given).unwrap());
    }

    /// Any part of a text is what it would be by itself.
    #[test]
    fn parts_are_those_of_serde_json(given in "([a-zA-Z :.]{0,40}|\u{e4}|[\\\\\"\n]){0,9}", cuts in prop::collection::vec(any::<prop::sample::Index>(), 2..9)) {
        let mut parts = EscapedText::default();
        parts.look("another text that is not there \\ any more");
        parts.look(&given);
        let places: Vec<usize> = given.char_indices().map(|(at, _)| at).chain([given.len()]).collect();
        for pair in cuts.windows(2) {
            let (one, other) = (*pair[0].get(&places), *pair[1].get(&places));
            let part = one.min(other)..one.max(other);
            let mut out = b"\"".to_vec();
            parts.end_text(&mut out, &given, part.clone());
            prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&given[part]).unwrap());
        }
    }

    #[test]
    fn integers_are_those_of_serde_json(number in any::<i64>()) {
        let mut out = Vec::new();
        push_long(&mut out, number);
        prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&number).unwrap());
    }
}

#[test]
fn the_ends_of_integers_have_all_digits() {
    for number in [i64::MIN, -1, 0, 9, 10, i64::MAX] {
        let mut out = Vec::new();
        push_long(&mut out, number);
        assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
    }
}
