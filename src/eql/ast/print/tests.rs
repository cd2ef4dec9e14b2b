use crate::eql::ast::{
    ArithmeticOp, At, Call, CompareOp, Duration, Expr, ExprKind, Literal, LogicOp, ParsedEvent, ParsedQuery,
    ParsedSample, ParsedSequence, PatternOp, Pipe, Statement, Term, TimeUnit, WithRuns,
};
use crate::eql::parse::parse;
use crate::eql::token::Number;
use proptest::prelude::*;
use std::sync::Arc;

/// Source, and how it is printed.
#[test]
fn the_canonical_form() {
    let cases = [
        ("any where ((true))", "any where true"),
        ("process   where not(a==1 or b==2)and c : (\"x\")", "process where not (a == 1 or b == 2) and c : \"x\""),
        ("any where a and (b or c) and (d and e)", "any where a and (b or c) and (d and e)"),
        ("any where (1 + 2) * 3 - (4 - 5) == -x", "any where (1 + 2) * 3 - (4 - 5) == -x"),
        ("any where `a`.`b-c`.d == \"\"\"x\\y\"\"\"", "any where `a.b-c.d` == \"x\\\\y\""),
        ("\"my cat\" where ?`in`.x", "\"my cat\" where ?`in.x`"),
        ("any where f~(a,b) not in~ (1,2.0)", "any where f~(a, b) not in~ (1, 2.0)"),
        (
            "sequence by a,?b with maxspan = 5 m [any where true] by c with runs=3 ![any where true] by d until [any where false] by e | head 5|tail 2",
            "sequence by a, ?b with maxspan=5m [any where true] by c with runs=3 ![any where true] by d until [any where false] by e | head 5 | tail 2",
        ),
        ("sample by a [any where true] [any where true]", "sample by a [any where true] [any where true]"),
    ];
    for (source, printed) in cases {
        let (tree, findings) = parse(source);
        assert!(findings.is_empty(), "{source}: {findings:?}");
        assert_eq!(tree.to_string(), printed);
    }
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, at: At::default() }
}

fn text() -> impl Strategy<Value = Arc<str>> {
    "[a-c*?\"\\\\\n\t\u{1}\u{e4}'` ]{0,6}".prop_map(Into::into)
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        (0i64..=i64::MAX).prop_map(|number| Literal::Number(Number::Integer(number))),
        (i64::MAX as u64 + 1..=u64::MAX).prop_map(|number| Literal::Number(Number::Unsigned(number))),
        (0.0..1e300f64).prop_map(|number| Literal::Number(Number::Decimal(number))),
        text().prop_map(Literal::Text),
    ]
}

fn field() -> impl Strategy<Value = Expr> {
    ("(@?[a-z]{1,3}|in|not|a-b|`|1x)(\\.[a-z_]{1,3}){0,2}", any::<bool>())
        .prop_map(|(name, optional)| expr(ExprKind::Field { name: name.into(), optional }))
}

fn operators() -> impl Strategy<Value = Vec<ArithmeticOp>> {
    use ArithmeticOp::{Add, Divide, Modulo, Multiply, Subtract};
    prop_oneof![
        prop::collection::vec(prop::sample::select(vec![Add, Subtract]), 1..4),
        prop::collection::vec(prop::sample::select(vec![Multiply, Divide, Modulo]), 1..4),
    ]
}

fn compound(inner: impl Strategy<Value = Expr> + Clone + 'static) -> impl Strategy<Value = Expr> {
    use CompareOp::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    use PatternOp::{Colon, Like, LikeTilde, Regex, RegexTilde};
    let boxed = inner.clone().prop_map(Box::new);
    let some = prop::collection::vec(inner.clone(), 1..4);
    let compare = prop::sample::select(vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual]);
    let pattern = prop::sample::select(vec![Colon, Like, LikeTilde, Regex, RegexTilde]);
    let literals = prop::collection::vec(literal().prop_map(|value| expr(ExprKind::Literal(value))), 1..3);
    prop_oneof![
        (prop::sample::select(vec![LogicOp::And, LogicOp::Or]), prop::collection::vec(inner.clone(), 2..4))
            .prop_map(|(op, operands)| ExprKind::Logic { op, operands }),
        boxed.clone().prop_map(ExprKind::Not),
        (compare, boxed.clone(), boxed.clone()).prop_map(|(op, left, right)| ExprKind::Compare { op, left, right }),
        (boxed.clone(), any::<bool>(), any::<bool>(), some.clone())
            .prop_map(|(value, negated, insensitive, list)| ExprKind::In { value, negated, insensitive, list }),
        (pattern, boxed.clone(), literals).prop_map(|(op, value, list)| ExprKind::Pattern { op, value, list }),
        (any::<bool>(), boxed.clone()).prop_map(|(negative, operand)| ExprKind::Sign { negative, operand }),
        (boxed, operators(), prop::collection::vec(inner.clone(), 4)).prop_map(|(first, operators, operands)| {
            ExprKind::Arithmetic { first, rest: operators.into_iter().zip(operands).collect() }
        }),
        ("[a-zA-Z]{4,6}", any::<bool>(), prop::collection::vec(inner, 0..3)).prop_map(
            |(name, insensitive, arguments)| {
                let name = format!("f{name}").into();
                ExprKind::Call(Call { name, name_at: At::default(), insensitive, arguments })
            }
        ),
    ]
    .prop_map(expr)
}

fn expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![literal().prop_map(|value| expr(ExprKind::Literal(value))), field()];
    leaf.prop_recursive(5, 40, 4, compound)
}

fn event() -> impl Strategy<Value = ParsedEvent> {
    let category = prop::option::of(prop_oneof!["[a-z]{2,4}x".prop_map(Into::into), text()]);
    (category, expression()).prop_map(|(category, condition)| ParsedEvent {
        category,
        category_at: At::default(),
        condition,
    })
}

fn keys() -> impl Strategy<Value = Vec<Expr>> {
    prop::collection::vec(field(), 0..3)
}

fn term() -> impl Strategy<Value = Term> {
    (any::<bool>(), event(), keys(), prop::option::of(0u64..200)).prop_map(|(missing, event, keys, runs)| {
        let runs = runs.map(|count| WithRuns { count, at: At::default() });
        Term { at: At::default(), missing, event, keys, runs }
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    let maxspan = (1u64..9999, prop::sample::select(TimeUnit::ALL.map(|(_, unit)| unit).to_vec()))
        .prop_map(|(count, unit)| Duration { count, unit, at: At::default() });
    let terms = || prop::collection::vec(term(), 1..4);
    let sequence = (keys(), prop::option::of(maxspan), terms(), prop::option::of(term().prop_map(Box::new))).prop_map(
        |(keys, maxspan, terms, until)| {
            ParsedQuery::Sequence(ParsedSequence { at: At::default(), keys, maxspan, terms, until })
        },
    );
    let sample = (keys(), terms())
        .prop_map(|(keys, terms)| ParsedQuery::Sample(ParsedSample { at: At::default(), keys, terms }));
    let pipe = ("[a-z]{1,3}x", prop::collection::vec(expression(), 0..2)).prop_map(|(name, arguments)| Pipe {
        name: name.into(),
        arguments,
        at: At::default(),
    });
    (prop_oneof![event().prop_map(ParsedQuery::Event), sequence, sample], prop::collection::vec(pipe, 0..2))
        .prop_map(|(query, pipes)| Statement { query, pipes })
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same_tree(tree in statement()) {
        let source = tree.to_string();
        let (again, findings) = parse(&source);
        prop_assert!(findings.is_empty(), "{source}\n{findings:?}");
        prop_assert_eq!(again, tree, "{}", source);
    }
}
