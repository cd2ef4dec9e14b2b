use super::*;
use proptest::prelude::*;

#[test]
fn exact_members_and_patterns() {
    let set = TextSet::patterns(["a.exe", "\u{c4}.EXE", "reg*"], CaseSensitivity::Insensitive);
    for (text, expected) in [("A.exe", true), ("\u{e4}.exe", true), ("REGEDIT", true), ("a.ex", false), ("", false)] {
        assert_eq!(set.contains(text), expected, "{text}");
    }
    let set = TextSet::patterns(["a", "B*"], CaseSensitivity::Sensitive);
    assert!(set.contains("a") && set.contains("Bc") && !set.contains("A") && !set.contains("bc"));
}

#[test]
fn wildcards_are_ordinary_in_an_exact_set() {
    let set = TextSet::exact(["a*", "b?"], CaseSensitivity::Insensitive);
    assert!(set.contains("A*") && set.contains("b?") && !set.contains("ab") && !set.contains("bc"));
    assert!(!TextSet::exact([], CaseSensitivity::Sensitive).contains(""));
}

proptest! {
    /// Many patterns at once give what each of them gives by itself.
    #[test]
    fn patterns_together_are_patterns_one_by_one(
        patterns in prop::collection::vec("[aB*?\\\\k\u{e4}]{1,6}", 1..9),
        text in "[abB\\\\kK\u{212a}\u{e4}\u{c4}]{0,8}",
        sensitive in any::<bool>(),
    ) {
        let case = if sensitive { CaseSensitivity::Sensitive } else { CaseSensitivity::Insensitive };
        let set = TextSet::patterns(patterns.iter().map(String::as_str), case);
        let one_by_one = patterns.iter().any(|pattern| Wildcard::new(pattern, case).matches(&text));
        prop_assert_eq!(set.contains(&text), one_by_one);
    }
}
