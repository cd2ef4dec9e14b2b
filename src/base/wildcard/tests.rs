use super::*;
use proptest::prelude::*;

fn matches(pattern: &str, text: &str) -> bool {
    Wildcard::new(pattern, CaseSensitivity::Insensitive).matches(text)
}

#[test]
fn stars_and_question_marks() {
    assert!(matches("*", ""));
    assert!(matches("", ""));
    assert!(!matches("", "a"));
    assert!(!matches("?", ""));
    assert!(matches("?", "ä"));
    assert!(matches("?:\\Windows\\*", "C:\\WINDOWS\\system32\\a.exe"));
    assert!(!matches("?:\\Windows\\*", "\\Windows\\a"));
    assert!(matches("a*b*c", "aXbYbZc"));
    assert!(!matches("a*b*c", "aXcYb"));
    assert!(matches("**a**", "bab"));
}

#[test]
fn case_counts_only_where_asked() {
    assert!(matches("RegSvr32.EXE", "regsvr32.exe"));
    assert!(matches("Ä*", "äb"));
    assert!(!Wildcard::new("A*", CaseSensitivity::Sensitive).matches("ab"));
    assert!(equal("RegAsm.exe", "REGASM.EXE", CaseSensitivity::Insensitive));
    assert!(!equal("RegAsm.exe", "REGASM.EXE", CaseSensitivity::Sensitive));
    assert!(is_wild("a?") && is_wild("*") && !is_wild("a.b\\c"));
}

#[test]
fn a_hostile_pattern_costs_at_most_its_length_times_the_text() {
    let pattern = "*a".repeat(200) + "b";
    assert!(!matches(&pattern, &"a".repeat(20_000)));
}

proptest! {
    #[test]
    fn agrees_with_a_regular_expression(pattern in "[aAb*?\\\\.ß]{0,8}", text in "[aAbB\\\\.ß\n]{0,10}", sensitive: bool) {
        let case = if sensitive { CaseSensitivity::Sensitive } else { CaseSensitivity::Insensitive };
        let expression: String = pattern.chars().map(|c| match c {
            '*' => ".*".to_owned(),
            '?' => ".".to_owned(),
            c => regex::escape(&c.to_string()),
        }).collect();
        let regex = regex::RegexBuilder::new(&format!("^(?:{expression})$"))
            .case_insensitive(!sensitive).dot_matches_new_line(true).build().unwrap();
        // `$` must not match before a final newline, and in this crate it does not.
        prop_assert_eq!(Wildcard::new(&pattern, case).matches(&text), regex.is_match(&text));
    }
}

#[test]
fn one_character_beyond_ascii_folds_to_ascii() {
    let folded = ('\u{80}'..=char::MAX).filter(|c| fold(*c).is_ascii());
    assert_eq!(folded.collect::<String>(), KELVIN.to_string());
}
