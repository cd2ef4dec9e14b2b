//! Necessary texts of expressions, and what is said of those that are none. That nothing is lost is held over events, in `tests/search.rs`.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use super::pattern::{PatternError, SearchPattern};
use super::rendered::RenderedKinds;
use super::stored::StoredTexts;
use crate::base::utf16;

#[test]
fn the_texts_that_a_match_cannot_do_without() {
    let cases: &[(&str, Option<&[&str]>)] = &[
        ("mimikatz", Some(&["mimikatz"])),
        ("invoke-(mimi|kerbe)\\w+", Some(&["invoke-mimi", "invoke-kerbe"])),
        ("foo.*ba", Some(&["foo"])),
        ("fo.*bar", Some(&["bar"])),
        ("(?i)foo", Some(&["FOO"])),
        ("^foo$", Some(&["foo"])),
        ("(foo)+x?", Some(&["foo"])),
        ("a(b(c|d))e", Some(&["abce", "abde"])),
        ("\\d+\\.\\d+", Some(&["."])),
        ("[a-f]{8}", None),
        ("foo|.", None),
        ("(foo)?b", Some(&["b"])),
    ];
    for (expression, wanted) in cases {
        let pattern = SearchPattern::expression(expression).unwrap();
        let found = pattern.required().map(|texts| texts.iter().map(|text| text.to_lowercase()).collect::<Vec<_>>());
        let wanted = wanted.map(|texts| texts.iter().map(|text| text.to_lowercase()).collect::<Vec<_>>());
        assert_eq!(found, wanted, "{expression}");
    }
}

#[test]
fn an_expression_that_is_wrong_is_told_with_its_place() {
    let place = |text: &str| match SearchPattern::parse(text) {
        Err(PatternError::Wrong { span, .. }) => Some((span.start, span.end)),
        _ => None,
    };
    assert_eq!(place("/foo(/"), Some((3, 4)));
    assert_eq!(place("/ä[z-a]/"), Some((3, 6)));
    assert_eq!(SearchPattern::parse("").unwrap_err(), PatternError::Empty);
    assert_eq!(SearchPattern::parse("/a*/").unwrap_err(), PatternError::MatchesAll);
    assert!(matches!(SearchPattern::parse("/(a{1000}){1000}/").unwrap_err(), PatternError::TooLarge(_)));
    // A path is no expression.
    assert!(SearchPattern::parse("/usr/bin/x").unwrap().matches("in /USR/bin/X"));
    assert!(SearchPattern::parse("//").unwrap().matches("http://"));
    assert!(SearchPattern::literal("/a/").unwrap().matches("x/a/"));
}

#[test]
fn stored_texts_are_found_in_any_case_and_at_any_place() {
    let is_in = |text: &str, stored: &str| {
        let mut bytes = vec![7; 3];
        bytes.extend(utf16::bytes(stored));
        StoredTexts::new(&[text.to_owned()]).unwrap().is_in(&bytes)
    };
    for (text, stored) in [
        ("mimikatz", "xx MimiKatz.exe"),
        ("aab", "aaab"),
        ("kk", "k\u{212a}"),
        ("\u{212a}s", "kſ"),
        ("ÄÖ", "aäö"),
        ("a", "A"),
        ("😀b", "x😀B"),
    ] {
        assert!(is_in(text, stored), "{text}");
    }
    assert!(!is_in("mimikatz", "mimikat z"));
    assert!(!is_in("äö", "ao"));
    assert!(StoredTexts::new(&["\u{fffd}".to_owned()]).is_none());
}

#[test]
fn what_a_text_can_be_part_of() {
    let of = |text: &str| {
        let kinds = RenderedKinds::of(&[text.to_owned()]);
        (kinds.is_in_value, kinds.is_in_time, kinds.is_in_digest)
    };
    assert_eq!(of("mimikatz"), (false, false, true));
    assert_eq!(of("mimi katz"), (false, false, false));
    assert_eq!(of("4444"), (true, true, true));
    assert_eq!(of("10.0.0.5"), (false, false, false));
    assert_eq!(of("2024-05-02T09"), (false, true, false));
    assert_eq!(of("{3FE15D12-E25B"), (true, false, false));
    assert_eq!(of("12-e25b-65e6-23"), (true, false, false));
    assert_eq!(of("S-1-5-18"), (true, false, false));
    assert_eq!(of("1:aB+/="), (false, false, true));
}
