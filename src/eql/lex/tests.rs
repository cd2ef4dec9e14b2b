use super::*;
use crate::eql::token::{Keyword as K, Number as N, Punctuation as P};
use TokenKind::{Keyword, NameTilde, Number as Num, Punctuation as Mark, QuotedName};

fn kinds(source: &str) -> Vec<TokenKind> {
    let lexed = lex(source);
    assert!(lexed.diagnostics.is_empty(), "{source}: {:?}", lexed.diagnostics);
    let mut kinds: Vec<_> = lexed.tokens.into_iter().map(|token| token.kind).collect();
    assert_eq!(kinds.pop(), Some(TokenKind::End));
    kinds
}

fn name(text: &str) -> TokenKind {
    TokenKind::Name(text.into())
}

fn text(value: &str) -> TokenKind {
    TokenKind::Text(value.into())
}

/// The slugs of the findings, and the tokens that were made nonetheless.
fn broken(source: &str) -> (Vec<&'static str>, usize) {
    let lexed = lex(source);
    (lexed.diagnostics.iter().map(|finding| finding.code.0).collect(), lexed.tokens.len() - 1)
}

#[test]
fn words_names_and_marks() {
    assert_eq!(
        kinds("in in~ like~ and~ startsWith~ @timestamp runs head `a b``c`"),
        [
            Keyword(K::In),
            Keyword(K::InTilde),
            Keyword(K::LikeTilde),
            NameTilde("and".into()),
            NameTilde("startsWith".into()),
            name("@timestamp"),
            name("runs"),
            name("head"),
            QuotedName("a b`c".into()),
        ]
    );
    assert_eq!(
        kinds("![ != == ?a.b"),
        [
            Mark(P::MissingOpen),
            Mark(P::NotEqual),
            Mark(P::Equal),
            Mark(P::Question),
            name("a"),
            Mark(P::Dot),
            name("b"),
        ]
    );
}

#[test]
fn comments_and_white_space_leave_nothing() {
    assert_eq!(kinds("a // b \n c /* d \n e */ f/**/g"), [name("a"), name("c"), name("f"), name("g")]);
    assert_eq!(kinds(" \t\r\n"), []);
}

#[test]
fn numbers() {
    let cases = [
        ("7", N::Integer(7)),
        ("1.", N::Decimal(1.0)),
        (".5", N::Decimal(0.5)),
        ("1e5", N::Decimal(1e5)),
        ("1.5E-2", N::Decimal(0.015)),
        ("9223372036854775807", N::Integer(i64::MAX)),
        ("9223372036854775808", N::Unsigned(1 << 63)),
        ("18446744073709551616", N::Decimal(18_446_744_073_709_551_616.0)),
    ];
    for (source, number) in cases {
        assert_eq!(kinds(source), [Num(number)], "{source}");
    }
    assert_eq!(kinds("5m"), [Num(N::Integer(5)), name("m")]);
    assert_eq!(kinds("1e"), [Num(N::Integer(1)), name("e")]);
}

#[test]
fn strings_and_their_escapes() {
    assert_eq!(kinds(r#""a\\b\"c\'\t\u{e4}\u{1F600}""#), [text("a\\b\"c'\t\u{e4}\u{1F600}")]);
    assert_eq!(kinds(r#""" "a""#), [text(""), text("a")]);
}

#[test]
fn raw_strings_end_as_late_as_two_quotes_allow() {
    assert_eq!(kinds(r#""""a\d"b""""#), [text(r#"a\d"b"#)]);
    assert_eq!(kinds("\"\"\"\"foo\"bar\"\"\"\"\""), [text("\"foo\"bar\"\"")]);
    assert_eq!(kinds("\"\"\"\"\"\""), [text("")]);
}

#[test]
fn what_is_wrong_is_reported_and_lexing_goes_on() {
    let cases = [
        ("\"a\nb", vec!["unterminated"], 2),
        ("\"a", vec!["unterminated"], 1),
        ("\"\"\"a\nb", vec!["unterminated"], 2),
        ("`a", vec!["unterminated"], 1),
        ("/* a", vec!["unterminated"], 0),
        (r#""C:\Windows""#, vec!["invalid-escape"], 1),
        (r#""\u{d800}" "\u{1}" "\u0041""#, vec!["invalid-escape"; 3], 3),
        ("'a' b", vec!["single-quotes"], 2),
        (r#"?"a" ?'b' c"#, vec!["old-raw-string", "old-raw-string"], 3),
        ("a !: b", vec!["unexpected-character"], 3),
        ("! [ a", vec!["unexpected-character"], 2),
        ("a & ~ $ \u{e4} b", vec!["unexpected-character"; 4], 2),
    ];
    for (source, slugs, tokens) in cases {
        assert_eq!(broken(source), (slugs, tokens), "{source}");
    }
}

#[test]
fn spans_are_byte_offsets() {
    let lexed = lex("ab \"\u{e4}\" c");
    let spans: Vec<_> = lexed.tokens.iter().map(|token| (token.span.start, token.span.end)).collect();
    assert_eq!(spans, [(0, 2), (3, 7), (8, 9), (9, 9)]);
}
