use super::*;

#[test]
fn exact_members_and_patterns() {
    let set = TextSet::patterns(["a.exe", "\u{c4}.EXE", "reg*"], Case::Insensitive);
    for (text, expected) in [("A.exe", true), ("\u{e4}.exe", true), ("REGEDIT", true), ("a.ex", false), ("", false)] {
        assert_eq!(set.contains(text), expected, "{text}");
    }
    let set = TextSet::patterns(["a", "B*"], Case::Sensitive);
    assert!(set.contains("a") && set.contains("Bc") && !set.contains("A") && !set.contains("bc"));
}

#[test]
fn wildcards_are_ordinary_in_an_exact_set() {
    let set = TextSet::exact(["a*", "b?"], Case::Insensitive);
    assert!(set.contains("A*") && set.contains("b?") && !set.contains("ab") && !set.contains("bc"));
    assert!(!TextSet::exact([], Case::Sensitive).contains(""));
}
