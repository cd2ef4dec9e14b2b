//! The syntax tree: what was written, in its canonical reading.
//!
//! Parentheses, comments, raw strings and back quotes leave no trace; everything else is kept, and [`Display`](std::fmt::Display) writes a tree as
//! source that parses to an equal tree. Equality ignores places. The tree knows no types: whether a comparison makes sense is `check`'s business.
//!
//! Chains of `and`, `or`, `+` and `*` are lists, so that the depth of a tree is bounded by the nesting of its source and not by its length.

use super::token::Number;
use crate::base::Span;
use std::sync::Arc;

mod print;

/// Where a node stands. All places are equal: two trees are equal if the same was written, wherever it stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct At(pub Span);

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A whole source text.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The query before the first `|`.
    pub query: ParsedQuery,
    /// The pipes that cut its results, in order.
    pub pipes: Vec<Pipe>,
}

/// The query of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum ParsedQuery {
    /// Single events.
    Event(ParsedEvent),
    /// Events in order.
    Sequence(ParsedSequence),
    /// Events with equal keys in any order.
    Sample(ParsedSample),
    /// Nothing that could be read; a diagnostic says why.
    Invalid,
}

/// `category where condition`.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedEvent {
    /// The category; `None` is `any`.
    pub category: Option<Arc<str>>,
    /// Where the category stands.
    pub category_at: At,
    /// The condition.
    pub condition: Expr,
}

/// `sequence by ... with maxspan=... [...] ... until [...]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedSequence {
    /// The word `sequence`.
    pub at: At,
    /// Keys common to all terms.
    pub keys: Vec<Expr>,
    /// The longest time from first to last event.
    pub maxspan: Option<Duration>,
    /// The terms in order.
    pub terms: Vec<Term>,
    /// The term of `until`, whose events drop partial sequences.
    pub until: Option<Box<Term>>,
}

/// `sample by ... [...] ...`.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedSample {
    /// The word `sample`.
    pub at: At,
    /// Keys common to all terms.
    pub keys: Vec<Expr>,
    /// The terms.
    pub terms: Vec<Term>,
}

/// One bracket of a sequence or sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// From the opening bracket to the closing one.
    pub at: At,
    /// Whether the bracket is `![`.
    pub missing: bool,
    /// The event query inside the brackets.
    pub event: ParsedEvent,
    /// The term's own keys.
    pub keys: Vec<Expr>,
    /// `with runs=n`.
    pub runs: Option<WithRuns>,
}

/// `with runs=n`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WithRuns {
    /// The number as written.
    pub count: u64,
    /// Where it stands.
    pub at: At,
}

/// A length of time such as `5m`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duration {
    /// How many units.
    pub count: u64,
    /// Which unit.
    pub unit: TimeUnit,
    /// Where it stands.
    pub at: At,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
}

impl TimeUnit {
    /// Every unit with its spelling.
    pub const ALL: [(&'static str, Self); 5] =
        [("ms", Self::Millisecond), ("s", Self::Second), ("m", Self::Minute), ("h", Self::Hour), ("d", Self::Day)];

    /// The unit in milliseconds.
    pub const fn millis(self) -> u64 {
        match self {
            Self::Millisecond => 1,
            Self::Second => 1_000,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }
}

/// `| name arguments`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipe {
    /// The name.
    pub name: Arc<str>,
    /// The arguments.
    pub arguments: Vec<Expr>,
    /// Where the name stands.
    pub at: At,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Literal, field, call or operator, with its operands.
    pub kind: ExprKind,
    /// Where it stands.
    pub at: At,
}

impl Expr {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.at.0
    }
}

/// The kinds of expressions, with their operands.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// A field.
    Field {
        /// Dotted name.
        name: Arc<str>,
        /// Whether it is written with `?`.
        optional: bool,
    },
    /// A call of a function.
    Call(Call),
    /// `-x` or `+x`.
    Sign {
        /// Whether the sign is `-`.
        negative: bool,
        /// The operand behind the sign.
        operand: Box<Expr>,
    },
    /// A chain of operators of one precedence, from left to right.
    Arithmetic {
        /// The first operand.
        first: Box<Expr>,
        /// The operators with their right operands.
        rest: Vec<(ArithmeticOp, Expr)>,
    },
    /// A comparison.
    Compare {
        /// The operator.
        op: CompareOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `value in (...)`.
    In {
        /// The value that is looked up in the list.
        value: Box<Expr>,
        /// `not in`.
        negated: bool,
        /// `in~`.
        insensitive: bool,
        /// The list.
        list: Vec<Expr>,
    },
    /// `value : (...)` and its relatives.
    Pattern {
        /// The operator.
        op: PatternOp,
        /// The value that the patterns are tried on.
        value: Box<Expr>,
        /// The patterns, one at least.
        list: Vec<Expr>,
    },
    /// `not x`.
    Not(Box<Expr>),
    /// A chain of `and`, or one of `or`.
    Logic {
        /// The operator.
        op: LogicOp,
        /// Two operands or more.
        operands: Vec<Expr>,
    },
    /// Something that could not be read; a diagnostic says why.
    Invalid,
}

/// A constant as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Arc<str>),
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The name as written, without `~`.
    pub name: Arc<str>,
    /// Where the name stands.
    pub name_at: At,
    /// Whether `~` follows the name.
    pub insensitive: bool,
    /// The arguments.
    pub arguments: Vec<Expr>,
}

/// `+ - * / %`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

/// `== != < <= > >=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Operators whose right side is a list of patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternOp {
    /// `:`
    Colon,
    /// `like`
    Like,
    /// `like~`
    LikeTilde,
    /// `regex`
    Regex,
    /// `regex~`
    RegexTilde,
}

impl PatternOp {
    /// How it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Colon => ":",
            Self::Like => "like",
            Self::LikeTilde => "like~",
            Self::Regex => "regex",
            Self::RegexTilde => "regex~",
        }
    }
}

impl CompareOp {
    /// How it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// `and`, `or`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogicOp {
    /// `and`
    And,
    /// `or`
    Or,
}
