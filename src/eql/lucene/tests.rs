use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    compile([pattern], false).unwrap().is_match(text)
}

#[test]
fn the_whole_text_must_match() {
    assert!(matches("ab*", "abb"));
    assert!(!matches("ab*", "abbc"));
    assert!(!matches("a|b", "ab"));
    assert!(matches("", ""));
    assert!(!matches("", "a"));
    assert!(!matches("a", "a\n"));
}

#[test]
fn lucene_differs_from_other_dialects() {
    let cases = [
        ("a.b", "a\nb", true),
        ("^a$", "^a$", true),
        ("^a$", "a", false),
        ("a*?", "aaa", true),
        ("(a+)+?", "", true),
        ("a\\-b", "a-b", true),
        ("\"a.b\"c", "a.bc", true),
        ("\"a.b\"", "axb", false),
        ("x@", "xanything\n", true),
        ("a#|b", "b", true),
        ("a#", "a", false),
        ("()", "", true),
        ("*a", "*a", true),
        ("[]a]+", "]a", true),
        ("[^a-c]", "d", true),
        ("[+--]", ",", true),
        ("[-a]", "-", true),
        ("[\\\\-a]+", "\\-a", true),
        ("(?i)a", "?ia", true),
        ("(?=a)", "?=a", true),
        ("\\1\\_\\.", "1_.", true),
        ("[a&&b]", "&", true),
        ("[\\]\\d]+", "]7", true),
        ("\\w+\\s\\d", "ab_1 7", true),
        ("\\w", "\u{e4}", false),
        ("a{2}b{1,}c{0,1}", "aabb", true),
        ("a}b]c", "a}b]c", true),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(matches(pattern, text), expected, "{pattern} on {text:?}");
    }
}

#[test]
fn ranges_of_numbers() {
    for (low, high) in [(0u32, 9), (7, 123), (19, 21), (100, 999), (0, 1000), (5, 5)] {
        let regex = compile([&*format!("<{low}-{high}>")], false).unwrap();
        for number in 0..1200u32 {
            let inside = (low..=high).contains(&number);
            assert_eq!(regex.is_match(&number.to_string()), inside, "{number} in {low}-{high}");
        }
    }
    assert!(matches("<1-100>", "007"));
    assert!(matches("<01-20>", "07") && !matches("<01-20>", "7"));
}

#[test]
fn alternatives_and_case() {
    let regex = compile(["a+", "b"], true).unwrap();
    assert!(regex.is_match("AA") && regex.is_match("B") && !regex.is_match("ab"));
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    for pattern in [
        "(a",
        "a)",
        "[a",
        "[b-a]",
        "a{x}",
        "a{1",
        "\"a",
        "a\\",
        "a|",
        "<1-x>",
        "<1",
        "<name>",
        "<1-2-3>",
        "<1-9999999999>",
        "a{,2}",
        "a{3,2}",
        "a{9999999999}",
        "[a-]",
    ] {
        assert!(matches!(compile([pattern], false), Err(RegexRefusal::Invalid(..))), "{pattern}");
    }
    assert!(compile([&*"(".repeat(100_000)], false).is_err());
    assert!(matches!(compile(["((a{1000}){1000}){1000}"], false), Err(RegexRefusal::Unsupported(..))));
}

#[test]
fn a_backslash_before_a_letter_makes_a_class_or_is_an_error_where_it_stands() {
    for letter in ('a'..='z').chain('A'..='Z') {
        let known = "dDsSwW".contains(letter);
        for pattern in [format!("foo\\{letter}"), format!("[x\\{letter}]")] {
            match compile([&*pattern], false) {
                Ok(_) => assert!(known, "{pattern}"),
                Err(RegexRefusal::Invalid(reason, at)) => {
                    assert!(!known && reason.contains(letter), "{pattern}: {reason}");
                    assert_eq!(pattern[at..].chars().next(), Some(letter));
                }
                Err(refusal) => panic!("{pattern}: {refusal:?}"),
            }
        }
    }
}

#[test]
fn what_means_something_else_in_other_dialects_is_recognised() {
    for (pattern, expected) in
        [("^a", Some("^")), ("a$", Some("$")), ("(?i)a", Some("(?")), ("a\\$", None), ("\\(?a", None), ("a^b", None)]
    {
        assert_eq!(looks_foreign(pattern), expected, "{pattern}");
    }
}

#[test]
fn complement_and_intersection_are_matched_as_lucene_does() {
    for (pattern, text, expected) in [
        ("~a", "a", false),
        ("~a", "b", true),
        ("~a", "", true),
        ("~a", "aa", true),
        ("~~a", "a", true),
        ("~(.*\\.exe)", "cmd.exe", false),
        ("~(.*\\.exe)", "cmd.dll", true),
        ("a~b", "ab", false),
        ("a~b", "a", true),
        // The complement binds closer than what repeats it.
        ("~a*", "aaa", true),
        (".*&~(.*cmd.*)", "powershell.exe", true),
        (".*&~(.*cmd.*)", "xcmd.exe", false),
        ("[a-z]+&.{3}", "abc", true),
        ("[a-z]+&.{3}", "abcd", false),
        ("[a-z]+&.{3}|x1", "x1", true),
        ("a.+&.+b", "axb", true),
        ("a.+&.+b", "ab", true),
        ("a.+&.+b", "a", false),
        ("<1-100>&~(50)", "50", false),
        ("<1-100>&~(50)", "51", true),
        ("@&~(foo.+)", "foobar", false),
        ("@&~(foo.+)", "foo", true),
        ("~[a-c]", "\u{e4}", true),
        ("a{2,3}&~(aa)", "aaa", true),
        ("a{2,3}&~(aa)", "aa", false),
        ("~#", "anything", true),
        ("~@", "anything", false),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} on {text:?}");
    }
    let caseless = compile(["~(CMD.*)"], true).unwrap();
    assert!(!caseless.is_match("cmd.exe") && caseless.is_match("x"));
    assert!(matches!(compile(["~((a|b)*a(a|b){20})"], false), Err(RegexRefusal::Unsupported(..))));
    assert!(matches!(compile(["~(.{100000})"], false), Err(RegexRefusal::Unsupported(..))));
}

#[test]
fn the_automaton_and_the_crate_agree() {
    let patterns =
        ["a*b", "(ab|c)+", "[^a-b]{1,2}c?", "a.c|b@", "<3-12>", "\"a.\"b*", "(a|b)*abb", "\\d+|\\W", "x{0}", "()"];
    let texts = [
        "",
        "a",
        "b",
        "ab",
        "abb",
        "aabb",
        "abc",
        "c",
        "cc",
        "cab",
        "b anything",
        "7",
        "12",
        "13",
        "007",
        "a.",
        "a.bb",
        " ",
        "zz",
    ];
    for pattern in patterns {
        let tree = RegexTree::Union(vec![read(pattern).unwrap()]);
        let automaton = LuceneAutomaton::new(&tree).unwrap();
        for text in texts {
            assert_eq!(automaton.is_match(text), matches(pattern, text), "{pattern} on {text:?}");
        }
    }
}
