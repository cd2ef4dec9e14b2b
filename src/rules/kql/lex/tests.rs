//! Tests of tokens.

use super::{KqlTokenKind, tokens};

fn texts(source: &str) -> Vec<String> {
    let (tokens, diagnostics) = tokens(source);
    assert!(diagnostics.is_empty(), "{source}: {diagnostics:?}");
    let text = |kind| match kind {
        KqlTokenKind::Text(text) => text.parts.join("<*>"),
        other => format!("{other:?}"),
    };
    tokens.into_iter().map(|token| text(token.kind)).collect()
}

#[test]
fn values_run_on_over_blanks() {
    assert_eq!(texts("my tool  x.exe and y"), ["my tool  x.exe", "And", "y"]);
    assert_eq!(texts(" a  "), ["a"]);
    assert_eq!(texts("android or nothing"), ["android", "Or", "nothing"]);
    assert_eq!(texts("a OR(b)not c"), ["a", "Or", "Open", "b", "Close", "Not", "c"]);
    assert_eq!(texts("or* *and \\or"), ["or<*> <*>and or"]);
}

#[test]
fn escapes_take_the_meaning_of_signs() {
    assert_eq!(texts(r#"a\*b\(\"\:*"#), ["a*b(\":<*>"]);
    assert_eq!(texts(r"\u0041\t\u00e4"), ["A\t\u{e4}"]);
    assert_eq!(texts(r#""C:\Windows\\x \"q\" \u0041 * \*""#), [r#"C:\Windows\x "q" A * \*"#]);
}
