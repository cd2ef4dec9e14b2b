use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

proptest! {
    /// Every owner of a text that is in the other is told of, and of those of two letters and more no other, where there are only letters of ASCII.
    #[test]
    fn owners_are_found(
        parts in proptest::collection::vec("[aAbBk.]{0,5}\u{e9}?", 0..10),
        text in "[abABk.]{0,30}",
        other in proptest::option::of("[\u{212a}\u{e9}]"),
    ) {
        let finder = PartFinder::new(parts.iter().cloned().zip(0..));
        let text = text + other.as_deref().unwrap_or_default();
        let mut found = BTreeSet::new();
        finder.find(&text, |owner| {
            found.insert(owner);
        });
        let fold = |text: &str| text.chars().map(crate::base::wildcard::fold).collect::<String>();
        let lower = fold(&text);
        for (owner, part) in parts.iter().enumerate() {
            let is_in = lower.contains(&fold(part));
            prop_assert!(!is_in || found.contains(&owner));
            let is_sure = if part.is_ascii() {
                part.len() >= Grams::SHORTEST && !text.contains(KELVIN)
            } else {
                text.is_ascii()
            };
            prop_assert!(is_in || !is_sure || !found.contains(&owner));
        }
    }
}
