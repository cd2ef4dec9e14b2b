use super::*;

fn text(value: &str) -> Datum<'_> {
    Datum::Text(value.into())
}

fn call<'a>(name: &str, arguments: &[Datum<'a>]) -> Datum<'a> {
    let insensitive = name.ends_with('~');
    let signature = Signature::find(name.trim_end_matches('~')).unwrap();
    signature.function.call(insensitive, arguments)
}

use Datum::{Boolean as Flag, Double, Long, Null};

#[test]
fn functions_of_text() {
    let cases: &[(&str, &[Datum<'_>], Datum<'_>)] = &[
        ("between", &[text("a<b>c>d"), text("<"), text(">")], text("b")),
        ("between", &[text("a<b>c>d"), text("<"), text(">"), Flag(true)], text("b>c")),
        ("between", &[text("aXbxc"), text("x"), text("C")], text("")),
        ("between~", &[text("aXbxC"), text("x"), text("c")], text("bx")),
        ("between", &[text(""), text("<"), text(">")], text("")),
        ("between", &[text("abc"), text("a"), text("z")], text("")),
        ("between", &[text("abc"), Null, text("z")], Null),
        ("concat", &[text("a"), Long(1), Double(2.0), Flag(true)], text("a12.0true")),
        ("concat", &[text("a"), Null], Null),
        ("endsWith", &[text("abc"), text("bc")], Flag(true)),
        ("endsWith", &[text("abc"), text("BC")], Flag(false)),
        ("endsWith~", &[text("abc"), text("BC")], Flag(true)),
        ("startsWith", &[text("abc"), text("")], Flag(true)),
        ("startsWith", &[text("DC=*,x"), text("DC=*,")], Flag(true)),
        ("startsWith", &[Null, text("a")], Null),
        ("stringContains", &[text("abc"), text("b")], Flag(true)),
        ("stringContains", &[text("abc"), text("")], Flag(false)),
        ("stringContains~", &[text("aBc"), text("Bb")], Flag(false)),
        ("stringContains", &[text("abc"), Null], Null),
        ("indexOf", &[text("abcabc"), text("c")], Long(2)),
        ("indexOf", &[text("abcabc"), text("c"), Long(3)], Long(5)),
        ("indexOf", &[text("abc"), text("b"), Long(-7)], Long(1)),
        ("indexOf", &[text("abc"), text("b"), Long(9)], Null),
        ("indexOf", &[text("abc"), text(""), Long(2)], Long(2)),
        ("indexOf", &[text("abc"), text("")], Long(0)),
        ("indexOf", &[text("abc"), text("B")], Null),
        ("indexOf~", &[text("abc"), text("B")], Long(1)),
        ("indexOf", &[text("\u{1F600}b"), text("b")], Long(2)),
        ("length", &[text("a\u{e4}\u{1F600}")], Long(4)),
        ("length", &[text("")], Long(0)),
        ("substring", &[text("hello world"), Long(6)], text("world")),
        ("substring", &[text("hello"), Long(-4), Long(-1)], text("ell")),
        ("substring", &[text("hello"), Long(3), Long(1)], text("")),
        ("substring", &[text("hello"), Long(-99), Long(99)], text("hello")),
        ("substring", &[text("hello"), Null, Long(2)], text("he")),
        ("substring", &[text("hello"), Long(1), Null], text("ello")),
        ("string", &[Long(5)], text("5")),
        ("string", &[Null], Null),
    ];
    for (name, arguments, expected) in cases {
        assert_eq!(call(name, arguments), *expected, "{name}{arguments:?}");
    }
}

#[test]
fn functions_of_numbers() {
    let cases: &[(&str, &[Datum<'_>], Datum<'_>)] = &[
        ("number", &[text("17")], Long(17)),
        ("number", &[text("0x1f")], Long(31)),
        ("number", &[text("0x1f"), Null], Long(31)),
        ("number", &[text("1f"), Long(16)], Long(31)),
        ("number", &[text("0x1f"), Long(16)], Long(31)),
        ("number", &[text("0x1f"), Long(10)], Null),
        ("number", &[text("1.5")], Double(1.5)),
        ("number", &[text("31"), Long(13)], Long(40)),
        ("number", &[text("x")], Null),
        ("number", &[text("5"), Long(99)], Null),
        ("add", &[Long(1), Double(0.5)], Double(1.5)),
        ("subtract", &[Long(1), Long(3)], Long(-2)),
        ("multiply", &[Long(i64::MAX), Long(2)], Null),
        ("divide", &[Long(-7), Long(2)], Long(-3)),
        ("divide", &[Long(1), Long(0)], Null),
        ("modulo", &[Long(-7), Long(3)], Long(-1)),
        ("modulo", &[Null, Long(3)], Null),
    ];
    for (name, arguments, expected) in cases {
        assert_eq!(call(name, arguments), *expected, "{name}{arguments:?}");
    }
}

#[test]
fn names_are_found_in_any_case() {
    assert!(Signature::find("STARTSWITH").is_some_and(|found| found.name == "startsWith"));
    assert!(Signature::find("wildcard").is_none());
}
