//! Conditions on the values of one field, for front ends of other languages than EQL: they know what their operators mean, and make these of it.
//!
//! Each is one leaf of a predicate, and holds if one of the field's values passes. What a value is follows from the field's type, as everywhere.

use super::ast::LogicOp;
use super::datum::{Constant, Datum};
use super::known_values::KnownValues;
use super::lucene::{self, RegexRefusal};
use super::predicate::{Comparison, CompiledExpr, Leaf, Predicate, PredicateNode};
use super::spread::{ConditionByField, Spread};
use super::text_set::TextSet;
use super::word_set::WordSet;
use crate::base::Span;
use crate::base::wildcard::{CaseSensitivity, Wildcard};
use crate::ecs::Field;
use ipnet::IpNet;
use std::sync::Arc;

/// A test of single values.
#[derive(Clone, Debug)]
pub enum ValueTest {
    /// There is a value.
    Exists,
    /// The value is one of these texts, or fits one of the patterns. Where the field's type is not text, it is not passed.
    Texts {
        /// Whole values.
        texts: Vec<String>,
        /// Patterns, which were made with the same regard to case.
        patterns: Vec<Wildcard>,
        /// Whether letters' case counts.
        case: CaseSensitivity,
    },
    /// The value equals what the text says in the type of the field: a number, an address, true or false, a text in its letters' case.
    Equals(Vec<String>),
    /// The value has a phrase or word in it.
    Words(WordSet),
    /// The value stands so to what the text says in the type of the field.
    Ordered(ValueOrder, String),
    /// The value lies between what two texts say in the type of the field, both included.
    Between(String, String),
    /// The address lies in one of these blocks.
    Within(Vec<IpNet>),
    /// The value is known to a table: of more values than a list of conditions should be.
    Known(Arc<dyn KnownValues>),
    /// The whole value matches an expression of Lucene, with or without regard to case.
    Regex(String, CaseSensitivity),
}

/// How a value stands to a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueOrder {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl ValueOrder {
    /// The operator of EQL.
    pub const fn operator(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl From<ValueOrder> for Comparison {
    fn from(order: ValueOrder) -> Self {
        match order {
            ValueOrder::Less => Self::Less,
            ValueOrder::LessOrEqual => Self::LessOrEqual,
            ValueOrder::Greater => Self::Greater,
            ValueOrder::GreaterOrEqual => Self::GreaterOrEqual,
        }
    }
}

impl ValueTest {
    fn compiled(self) -> Result<CompiledExpr, RegexRefusal> {
        let value = Box::new(CompiledExpr::Slot(0));
        let constant = |text: String| Constant::new(Datum::Text(text.into()));
        Ok(match self {
            Self::Exists => CompiledExpr::Not(Box::new(CompiledExpr::IsNull(value))),
            Self::Texts { texts, patterns, case } => {
                let set = TextSet::of(texts.iter().map(String::as_str), patterns, case);
                CompiledExpr::Text { value, set }
            }
            Self::Equals(texts) => {
                let constants: Vec<Constant> = texts.into_iter().map(constant).collect();
                let texts = TextSet::exact(constants.iter().map(Constant::text), CaseSensitivity::Sensitive);
                CompiledExpr::OneOf { value, texts, constants }
            }
            Self::Words(set) => CompiledExpr::Words { value, set },
            Self::Ordered(order, text) => {
                CompiledExpr::Compare { op: order.into(), value, constant: Box::new(constant(text)) }
            }
            Self::Between(low, high) => {
                let stands =
                    |op, text| CompiledExpr::Compare { op, value: value.clone(), constant: Box::new(constant(text)) };
                let (least, most) = (Comparison::GreaterOrEqual, Comparison::LessOrEqual);
                CompiledExpr::Logic { op: LogicOp::And, operands: vec![stands(least, low), stands(most, high)] }
            }
            Self::Within(blocks) => CompiledExpr::Cidr { value, blocks },
            Self::Known(table) => CompiledExpr::Known { value, table },
            Self::Regex(regex, case) => {
                let regex = lucene::compile([&*regex], case == CaseSensitivity::Insensitive)?;
                CompiledExpr::Regex { value, regex: Box::new(regex) }
            }
        })
    }
}

impl Predicate {
    /// The condition that a value of a field passes a test; `quote` is how it is written. The error says why a regular expression cannot be used.
    pub fn on(field: Field, test: ValueTest, quote: &Arc<str>) -> Result<Self, String> {
        let refused = |refusal| match refusal {
            RegexRefusal::Invalid(reason, _) | RegexRefusal::Unsupported(reason, _) => reason,
        };
        let test = test.compiled().map_err(refused)?;
        let span = Span::new(0, u32::try_from(quote.len()).unwrap_or(u32::MAX));
        let leaf = Leaf { fields: vec![field], test, span: Some(span), negated: false, source: Some(quote.clone()) };
        Ok(Self::new(PredicateNode::Leaf(Arc::new(leaf))))
    }

    /// The condition that one of the fields that `by_field` means fulfils what it asks of it; `quote` is how it is written.
    pub fn on_any_field(by_field: Arc<dyn ConditionByField<Self>>, quote: &Arc<str>) -> Self {
        Self::new(PredicateNode::Spread(Spread::new(by_field, quote.clone())))
    }

    /// A condition that is the same for every document.
    pub fn always(holds: bool) -> Self {
        Self::new(PredicateNode::Constant(Some(holds)))
    }
}
