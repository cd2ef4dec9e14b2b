//! Tokens, which the lexer hands to the parser.
//!
//! Tokens own their text with escapes resolved; how it was written is in the source at the token's span.

use crate::base::Span;
use std::fmt;
use std::sync::Arc;

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// Name, literal, keyword or mark.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// A bare name that is not a keyword.
    Name(Arc<str>),
    /// A bare name directly followed by `~`.
    NameTilde(Arc<str>),
    /// A name in back quotes.
    QuotedName(Arc<str>),
    /// A string or raw string.
    Text(Arc<str>),
    /// A number without sign.
    Number(Number),
    /// A reserved word.
    Keyword(Keyword),
    /// Anything else.
    Punctuation(Punctuation),
    /// The end of the source.
    End,
}

/// A number as written, without sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Fits a signed 64-bit integer.
    Integer(i64),
    /// Fits only an unsigned one.
    Unsigned(u64),
    /// Has a point or exponent, or is larger still.
    Decimal(f64),
}

impl Number {
    /// Reads digits, with point or exponent if `decimal`.
    pub fn parse(text: &str, decimal: bool) -> Option<Self> {
        // As Elasticsearch does: a long if it fits, then an unsigned long, and a double for everything larger.
        if !decimal {
            if let Ok(integer) = text.parse() {
                return Some(Self::Integer(integer));
            }
            if let Ok(unsigned) = text.parse() {
                return Some(Self::Unsigned(unsigned));
            }
        }
        text.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Decimal)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Unsigned(number) => number.fmt(f),
            Self::Decimal(number) => write!(f, "{number:?}"),
        }
    }
}

/// Makes an enum whose members are spelled in one way.
macro_rules! spelled {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$member_doc])* #[doc = concat!("`", $text, "`")] $member,)* }

        impl $name {
            /// Every member with its spelling.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$member)),*];

            /// How it is written.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$member => $text),* }
            }
        }
    };
}

spelled! {
    /// A reserved word.
    Keyword {
        And = "and", Any = "any", By = "by", False = "false", In = "in", InTilde = "in~", Join = "join", Like = "like",
        LikeTilde = "like~", Maxspan = "maxspan", Not = "not", Null = "null", Of = "of", Or = "or", Regex = "regex",
        RegexTilde = "regex~", Sample = "sample", Sequence = "sequence", True = "true", Until = "until", Where = "where",
        With = "with",
    }
}

spelled! {
    /// Operators and brackets; a longer one stands before its own beginning, so that the first that fits is the right one.
    Punctuation {
        MissingOpen = "![", NotEqual = "!=", Equal = "==", LessOrEqual = "<=", GreaterOrEqual = ">=", Less = "<",
        Greater = ">", Assign = "=", Colon = ":", Plus = "+", Minus = "-", Star = "*", Slash = "/", Percent = "%",
        Dot = ".", Comma = ",", Open = "(", Close = ")", BracketOpen = "[", BracketClose = "]", Pipe = "|", Question = "?",
    }
}

impl Keyword {
    /// The keyword of that exact spelling.
    pub fn find(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(spelling, _)| *spelling == text).map(|&(_, keyword)| keyword)
    }
}

impl TokenKind {
    /// The token's description in messages, such as "the name `x`".
    pub fn describe(&self) -> String {
        match self {
            Self::Name(name) | Self::QuotedName(name) => format!("the name `{name}`"),
            Self::NameTilde(name) => format!("the name `{name}~`"),
            Self::Text(_) => "a string".into(),
            Self::Number(_) => "a number".into(),
            Self::Keyword(keyword) => format!("`{}`", keyword.text()),
            Self::Punctuation(mark) => format!("`{}`", mark.text()),
            Self::End => "the end of the query".into(),
        }
    }
}
