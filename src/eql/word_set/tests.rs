//! Tests of phrases and words.

use super::WordSet;

fn phrase(text: &str) -> WordSet {
    let mut set = WordSet::default();
    set.add_phrase(text);
    set
}

#[test]
fn a_phrase_is_words_in_a_row() {
    let set = phrase("Encoded Command");
    assert!(set.is_in("powershell -encoded \"command\" x"));
    assert!(!set.is_in("command encoded"));
    assert!(!set.is_in("encoded the command"));
    assert!(phrase("a a b").is_in("a a a b"));
    assert!(!phrase("--").is_in("a -- b"));
}

#[test]
fn words_and_patterns_are_asked_one_by_one() {
    let mut set = WordSet::default();
    set.add_words("alpha beta");
    set.add_pattern(["GAM", "A"]);
    assert!(set.is_in("Beta"));
    assert!(set.is_in("x gamma"));
    assert!(!set.is_in("alphabet gam x"));
    assert_eq!(set.parts(), ["alpha", "beta", "gam"]);
}
