//! The tree of a KQL query.

use crate::base::Span;
use crate::eql::ValueOrder;

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KqlNode {
    /// Of `or`.
    Any(Vec<KqlNode>),
    /// Of `and`; without any it holds always, as an empty query does.
    All(Vec<KqlNode>),
    /// Of `not`.
    Not(Box<KqlNode>),
    /// `field: values`, or values that are searched for in every field.
    Has {
        /// The field; `None` for all.
        field: Option<KqlText>,
        /// What it must have.
        values: KqlValues,
        /// From the field to the last value.
        span: Span,
    },
    /// `field < value` and its like.
    Stands {
        /// The field.
        field: KqlText,
        /// How it must stand.
        order: ValueOrder,
        /// To which value.
        value: KqlText,
        /// From the field to the value.
        span: Span,
    },
}

/// What a field must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KqlValues {
    /// One value.
    One(KqlText),
    /// Of `or`.
    Any(Vec<KqlValues>),
    /// Of `and`.
    All(Vec<KqlValues>),
    /// Of `not`.
    Not(Box<KqlValues>),
}

/// A name or value: texts with a `*` between each two of them, and only one text if it stands in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KqlText {
    /// The texts, without their escapes.
    pub parts: Vec<String>,
    /// Whether it stands in quotes.
    pub quoted: bool,
    /// Its place.
    pub span: Span,
}

impl KqlText {
    /// Whether it has a `*` that stands for any text.
    pub fn is_wild(&self) -> bool {
        self.parts.len() > 1
    }

    /// Whether it is one `*` and nothing else.
    pub fn is_one_star(&self) -> bool {
        self.is_anything() && self.parts.len() == 2
    }

    /// Whether it is `*`, or several in a row, and nothing else.
    pub fn is_anything(&self) -> bool {
        self.is_wild() && self.parts.iter().all(String::is_empty)
    }

    /// The whole text; a `*` that stands for any text is in it as it is written.
    pub fn text(&self) -> String {
        self.parts.join("*")
    }
}
