use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn found(texts: &[&str], text: &str) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    Grams::new(texts.iter().map(|text| text.as_bytes())).find(text.as_bytes(), |at| {
        found.insert(at);
    });
    found
}

#[test]
fn texts_are_found_wherever_they_are() {
    let texts = ["begin", "end", "in", "xx", "the middle", "begin in the middle xend", "", "e"];
    assert_eq!(found(&texts, "begin in the middle xend"), BTreeSet::from([0, 1, 2, 4, 5]));
    assert_eq!(found(&texts, ""), BTreeSet::new());
    assert_eq!(found(&[], "begin"), BTreeSet::new());
    assert_eq!(found(&["same", "same"], "the same"), BTreeSet::from([0, 1]));
}

#[test]
fn a_text_is_known_by_its_rarest_letters() {
    let grams = Grams::new([b"c:windowssystem32zqxj.exe".as_slice()].into_iter());
    let (letters, owners) = grams.long.owners.iter().next().unwrap();
    assert!(letters.to_le_bytes().iter().any(|letter| b"zqxj".contains(letter)), "{owners:?}");
}

proptest! {
    /// The same as looking for each text by itself.
    #[test]
    fn it_finds_what_a_search_for_each_finds(
        texts in proptest::collection::vec("[ab.\u{e9}]{2,7}", 0..12),
        text in "[ab.\u{e9}]{0,40}",
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let naive: BTreeSet<usize> = (0..texts.len()).filter(|at| text.contains(texts[*at])).collect();
        prop_assert_eq!(found(&texts, &text), naive);
    }
}
