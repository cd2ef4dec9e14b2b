use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

proptest! {
    /// Every owner of a text that is in the other is told of, and of those of two letters and more no other, where there are only letters of ASCII.
    #[test]
    fn owners_are_found(
        parts in proptest::collection::vec("[aAbB.]{0,5}", 0..10),
        text in "[abAB.]{0,30}",
        other in proptest::option::of("[\u{212a}\u{e9}]"),
    ) {
        let finder = PartFinder::new(parts.iter().cloned().zip(0..));
        let text = text + other.as_deref().unwrap_or_default();
        let mut found = BTreeSet::new();
        finder.find(&text, |owner| {
            found.insert(owner);
        });
        let lower = text.to_ascii_lowercase();
        for (owner, part) in parts.iter().enumerate() {
            let is_in = lower.contains(&part.to_ascii_lowercase());
            prop_assert!(!is_in || found.contains(&owner));
            let is_sure = part.len() >= Grams::SHORTEST && other.is_none();
            prop_assert!(is_in || !is_sure || !found.contains(&owner));
        }
    }
}
