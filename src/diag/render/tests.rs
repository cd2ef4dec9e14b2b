use super::*;
use crate::base::Span;
use crate::diag::Code;

fn finding() -> Diagnostic {
    Diagnostic::error(Code("unknown-field"), Span::new(16, 27), "unknown field `proces.name`")
        .label("no such field")
        .help("did you mean `process.name`?")
}

#[test]
fn one_line_for_a_log() {
    let text = "process where\n  proces.name == \"a\"";
    assert_eq!(concise(&finding(), "a.eql", text), "a.eql:2:3: error[unknown-field]: unknown field `proces.name`");
}

#[test]
fn an_excerpt_for_a_person() {
    let text = "process where\n  proces.name == \"a\"";
    insta::assert_snapshot!(full(&finding(), "a.eql", text));
}

#[test]
fn a_span_that_ends_within_a_letter_does_not_panic() {
    for (start, end) in [(0, 1), (1, 2), (2, 3), (3, 3), (2, 0)] {
        let found = Diagnostic { span: Span::new(start, end), ..finding() };
        assert!(full(&found, "f", "\u{fffd}\u{fc}").contains('^'));
    }
}

#[test]
fn a_span_beyond_the_text_does_not_panic() {
    let far = Diagnostic::error(Code("x"), Span::new(50, 90), "m");
    assert!(full(&far, "f", "abc").contains('m'));
    assert!(concise(&far, "f", "abc").starts_with("f:1:4"));
}
