use super::*;
use hashbrown::HashMap;
use proptest::prelude::*;

proptest! {
    /// A text is found by another exactly if the two are equal, character by character as patterns fold them.
    #[test]
    fn a_look_up_finds_what_is_equal(
        key in "[aAkK\u{212a}\u{e9}\u{c9}. ]{0,18}",
        text in "[aAkK\u{212a}\u{e9}\u{c9}. ]{0,18}",
        swap in any::<bool>(),
    ) {
        // Other letters of the same text are met more often than chance has it.
        let text = if swap { key.to_uppercase() } else { text };
        for case in [CaseSensitivity::Sensitive, CaseSensitivity::Insensitive] {
            let map: HashMap<FoldedText, i32> = [(FoldedText::new(&key, case), 1)].into_iter().collect();
            let equal = crate::base::wildcard::equal(&key, &text, case);
            prop_assert_eq!(map.get(&Folded(&text, case)).is_some(), equal);
            prop_assert!(map.contains_key(&Folded(&key, case)));
        }
    }
}
