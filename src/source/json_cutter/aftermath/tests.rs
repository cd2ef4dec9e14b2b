use super::*;

#[test]
fn an_opening_goes_to_the_first_byte_of_the_first_value() {
    for (document, expected) in [
        (r#"{"@timestamp":"2024"}"#, r#"{"@timestamp":""#),
        ("{\n  \"a\" : [1]}", "{\n  \"a\" : ["),
        ("{}", ""),
        (r#"{"a\\b":1}"#, ""),
        (r#"{"a":"#, ""),
        (r#"{"a"#, ""),
        ("", ""),
    ] {
        assert_eq!(opening(document.as_bytes()), expected.as_bytes(), "{document}");
    }
    let long = format!("{{\"{}\":1}}", "x".repeat(500));
    assert_eq!(opening(long.as_bytes()), b"");
}

#[test]
fn a_start_inside_is_told_by_its_opening_by_its_line_or_by_a_quote_that_does_not_fit() {
    let find = |text: &str, next, opening: &str, column| {
        start_inside(text.as_bytes(), 1, next, &[opening.as_bytes()], column).map(|found| found.at)
    };
    assert_eq!(find(r#"{"a":1,"b":{"a":2}"#, Some(b'{'), r#"{"a":"#, None), Some(11));
    assert_eq!(find(r#"{"a":1,"b":"x{""#, Some(b'c'), "", None), Some(13));
    assert_eq!(find("{\"a\":\n{\"b\":1}", Some(b'{'), "", Some(0)), Some(6));
    assert_eq!(find("{\"a\":\n {\"b\":1}", Some(b'{'), "", Some(0)), None);
    assert_eq!(find(r#"{"a":1"#, None, r#"{"a":1"#, Some(0)), None);
}
