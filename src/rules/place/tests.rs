use super::*;

/// For each letter of the query, the letter at its place in the file.
fn letters(file: &str, literal: &str, query: &str, written: StringForm) -> String {
    let start = file.find(literal).unwrap();
    let place = QueryPlace::of(file, start..start + literal.len(), query, written);
    let QueryPlace::Pieces(pieces) = &place else { panic!("{place:?}") };
    query.char_indices().map(|(at, _)| file[position(pieces, at)..].chars().next().unwrap()).collect()
}

#[test]
fn literal_strings_stand_letter_for_letter() {
    assert_eq!(letters("q = 'a\\b'", "'a\\b'", "a\\b", StringForm::Toml), "a\\b");
    assert_eq!(letters("q = '''\nab\nc'''", "'''\nab\nc'''", "ab\nc", StringForm::Toml), "ab\nc");
    assert_eq!(letters("q = '''\r\nab'''", "'''\r\nab'''", "ab", StringForm::Toml), "ab");
}

#[test]
fn escapes_are_pointed_at_where_they_begin() {
    assert_eq!(letters(r#"q = "a\"b\\c""#, r#""a\"b\\c""#, "a\"b\\c", StringForm::Toml), r"a\b\c");
    assert_eq!(letters(r#"{"q":"a\"b\u0041c\/"}"#, r#""a\"b\u0041c\/""#, "a\"bAc/", StringForm::Json), r"a\b\c\");
    assert_eq!(letters(r#"["\ud83d\ude00x"]"#, r#""\ud83d\ude00x""#, "\u{1F600}x", StringForm::Json), "\\x");
    assert_eq!(letters("q = \"\"\"a \\\n   b\"\"\"", "\"\"\"a \\\n   b\"\"\"", "a b", StringForm::Toml), "a b");
}

#[test]
fn what_is_not_understood_is_pointed_at_whole() {
    assert_eq!(QueryPlace::of("q = 'a'", 4..7, "b", StringForm::Toml), QueryPlace::Whole(Span::new(4, 7)));
    assert_eq!(QueryPlace::of("q", 4..7, "b", StringForm::Json), QueryPlace::Whole(Span::new(4, 7)));
}
