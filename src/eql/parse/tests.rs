use super::*;
use crate::eql::ast::{CompareOp, LogicOp};

fn slugs(source: &str) -> Vec<&'static str> {
    parse(source).1.iter().map(|finding| finding.code.0).collect()
}

fn condition(source: &str) -> Expr {
    let (tree, findings) = parse(&format!("any where {source}"));
    assert!(findings.is_empty(), "{source}: {findings:?}");
    match tree.query {
        ParsedQuery::Event(event) => event.condition,
        other => panic!("{other:?}"),
    }
}

#[test]
fn precedence() {
    let same = [
        ("not a and b", "(not a) and b"),
        ("a or b and c", "a or (b and c)"),
        ("not a == b", "not (a == b)"),
        ("1 + 2 * 3 == x", "(1 + (2 * 3)) == x"),
        ("-a * b > 1", "((-a) * b) > 1"),
        ("a in (1) == true", "(a in (1)) == true"),
        ("a + b in (1) == x", "(a + (b in (1))) == x"),
        ("not not a", "not (not a)"),
    ];
    for (short, long) in same {
        assert_eq!(condition(short), condition(long), "{short}");
    }
    assert_ne!(condition("a and (b and c)"), condition("a and b and c"));
}

#[test]
fn names_written_in_different_ways_are_the_same() {
    assert_eq!(condition("`a-b.c` == 1"), condition("`a-b`.c == 1"));
    assert_eq!(condition("a . b == 1"), condition("a.b == 1"));
    assert_ne!(condition("?a.b == 1"), condition("a.b == 1"));
}

#[test]
fn a_sequence_with_everything() {
    let source = "sequence by a, ?b with maxspan=5ms
        [process where true] by c with runs=3
        ![any where x : \"y\"] by d // comment
        [\"file\" where true] by e
        until [any where false] by f | head 1";
    let (tree, findings) = parse(source);
    assert!(findings.is_empty(), "{findings:?}");
    let ParsedQuery::Sequence(sequence) = tree.query else { panic!() };
    assert_eq!(sequence.keys.len(), 2);
    assert_eq!(sequence.maxspan.map(|span| (span.count, span.unit)), Some((5, TimeUnit::Millisecond)));
    assert_eq!(sequence.terms.iter().map(|term| term.missing).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(sequence.terms[0].runs.map(|runs| runs.count), Some(3));
    assert!(sequence.until.is_some());
    assert_eq!(tree.pipes.len(), 1);
}

#[test]
fn one_mistake_gives_one_finding() {
    let cases = [
        ("", "unexpected-token"),
        ("process", "unexpected-token"),
        ("process where", "unexpected-token"),
        ("process.name == 1", "unexpected-token"),
        ("process where a b", "unexpected-token"),
        ("process where (a == 1", "unexpected-token"),
        ("process where a == ", "unexpected-token"),
        ("process where a == 1 or", "unexpected-token"),
        ("process where a.in == 1", "unexpected-token"),
        ("process where where == 1", "unexpected-token"),
        ("process where a in 1", "unexpected-token"),
        ("process where a in ()", "unexpected-token"),
        ("process where a : ", "unexpected-token"),
        ("process where f(a", "unexpected-token"),
        ("process where f~ == 1", "unexpected-token"),
        ("process where ? == 1", "unexpected-token"),
        ("process where a = 1", "single-equals"),
        ("process where a == b == c", "chained-comparison"),
        ("process where 1 < a < 3", "chained-comparison"),
        ("process where a not : \"x\"", "negated-operator"),
        ("process where a not like~ \"x\"", "negated-operator"),
        ("process where a[0] == 1", "array-index"),
        ("process where a of [file where true]", "unsupported"),
        ("join by a [process where true] [file where true]", "unsupported"),
        ("process where a == 'x'", "single-quotes"),
        ("process where true | 5", "unexpected-token"),
        ("sequence by [any where true] [any where true]", "unexpected-token"),
        ("sequence any where true", "unexpected-token"),
        ("sequence [any where true] any [any where true]", "unexpected-token"),
        ("sequence [any where true [any where true]", "unexpected-token"),
        ("sequence [any where true] [any where ]", "unexpected-token"),
        ("sequence [any where true] [any where true] until any", "unexpected-token"),
        ("sequence ! [any where true] [any where true]", "unexpected-character"),
        ("sequence with maxspan=1m by a [any where true] [any where true]", "maxspan-before-by"),
        ("sequence with maxspan=1 [any where true] [any where true]", "invalid-duration"),
        ("sequence with maxspan=1.5h [any where true] [any where true]", "invalid-duration"),
        ("sequence with maxspan=0s [any where true] [any where true]", "invalid-duration"),
        ("sequence with maxspan=1w [any where true] [any where true]", "invalid-duration"),
        ("sequence with maxspan=m [any where true] [any where true]", "unexpected-token"),
        ("sequence with runs=2 [any where true] [any where true]", "unexpected-token"),
        ("sequence [any where true] with runs=1.5 [any where true]", "invalid-runs"),
        ("sequence [any where true] with maxspan=1m [any where true]", "unexpected-token"),
        ("sample by a with maxspan=1m [any where true] [any where true]", "unsupported"),
        ("sample by a [any where true] [any where true] until [any where true]", "unsupported"),
    ];
    for (source, slug) in cases {
        assert_eq!(slugs(source), [slug], "{source}: {:#?}", parse(source).1);
    }
}

#[test]
fn findings_of_several_terms_come_together() {
    let source = "sequence [process where a = 1] [file where and b] ![any where c == 'x'] by";
    assert_eq!(slugs(source), ["single-equals", "unexpected-token", "single-quotes", "unexpected-token"]);
}

#[test]
fn what_follows_a_mistake_is_still_read() {
    let (tree, _) = parse("sequence [process where a == ] [file where b == 1] by k | head 3");
    let ParsedQuery::Sequence(sequence) = tree.query else { panic!() };
    assert_eq!(sequence.terms.len(), 2);
    assert_eq!(sequence.terms[1].keys.len(), 1);
    assert_eq!(tree.pipes.len(), 1);
    let (tree, _) = parse("any where a = 1 and b");
    let ParsedQuery::Event(event) = tree.query else { panic!() };
    let ExprKind::Logic { op: LogicOp::And, operands } = event.condition.kind else { panic!() };
    assert!(matches!(operands[0].kind, ExprKind::Compare { op: CompareOp::Equal, .. }));
}

#[test]
fn spans_mark_the_place() {
    let finding = parse("any where a == 1 and b = 2").1.remove(0);
    assert_eq!(finding.span, Span::new(23, 24));
}

#[test]
fn nesting_is_bounded_and_length_is_not() {
    for (open, close) in [("(", ")"), ("not ", ""), ("-", ""), ("f(", ")"), ("a in (", ")"), ("(a or ", ")")] {
        let nested = |levels| format!("any where {}a{}", open.repeat(levels), close.repeat(levels));
        assert_eq!(slugs(&nested(MAX_DEPTH)), [""; 0], "{open}");
        assert_eq!(slugs(&nested(MAX_DEPTH + 1)), ["too-deep"], "{open}");
        assert_eq!(slugs(&nested(20_000)), ["too-deep"], "{open}");
    }
    for chain in [" or a", " and a", " + a", " * a"] {
        assert_eq!(slugs(&format!("any where a{}", chain.repeat(50_000))), [""; 0]);
    }
}
