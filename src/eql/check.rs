//! Syntax tree to query: everything that can be wrong with a query that parses.
//!
//! Names are resolved, types compared with the catalogue of fields, constants folded, and the rest lowered to [`Predicate`]s and stages. All findings of
//! a query are collected; a node that is wrong becomes `None` and is not complained about again by what stands around it. After this
//! module nothing about a query can fail. It sees no documents.

mod call;
mod compare;
mod condition;
mod names;
mod sequence;
mod unknown;

pub use unknown::{UnknownName, similar};

use super::ast;
use super::codes;
use super::datum::Datum;
use super::function;
use super::options::QueryOptions;
use super::predicate::{CompiledExpr, Predicate, PredicateNode};
use super::query::{EventQuery, Query};
use super::result_cut::ResultCut;
use crate::base::Span;
use crate::diag::{Code, Diagnostic};
use crate::ecs::{Field, FieldType};

/// Checks a statement of this source; the query is there unless a finding is an error.
pub fn check(statement: &ast::Statement, source: &str, options: &QueryOptions) -> Checked {
    let mut checker = Checker {
        source,
        options,
        diagnostics: Vec::new(),
        slots: Vec::new(),
        warned: Vec::new(),
        unknown: Vec::new(),
        categories: Vec::new(),
    };
    let query = match &statement.query {
        ast::ParsedQuery::Event(event) => {
            checker.event(event).map(|predicate| Query::Event(EventQuery::new(predicate)))
        }
        ast::ParsedQuery::Sequence(sequence) => checker.sequence(sequence).map(Query::Sequence),
        ast::ParsedQuery::Sample(sample) => checker.sample(sample).map(Query::Sample),
        ast::ParsedQuery::Invalid => None,
    };
    let pipes: Vec<ResultCut> = statement.pipes.iter().filter_map(|pipe| checker.pipe(pipe)).collect();
    let failed = checker.diagnostics.iter().any(Diagnostic::is_error);
    let query = query.filter(|_| !failed).map(|query| query.with_pipes(pipes));
    let Checker { diagnostics, unknown, categories, .. } = checker;
    Checked { query, diagnostics, unknown, categories }
}

/// The outcome of checking a statement.
pub struct Checked {
    /// The query, unless a finding is an error.
    pub query: Option<Query>,
    pub diagnostics: Vec<Diagnostic>,
    /// Names that neither ECS nor the mapping has.
    pub unknown: Vec<UnknownName>,
    /// Every category that is asked for.
    pub categories: Vec<String>,
}

/// The type of a value, as far as it is known before any document is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    /// A field that no catalogue knows.
    Any,
    Null,
    Boolean,
    Long,
    Double,
    Text,
    Ip,
    Date,
}

impl Type {
    fn of_field(field: &Field) -> Self {
        match field.kind() {
            None => Self::Any,
            Some(FieldType::Long) => Self::Long,
            Some(FieldType::Double) => Self::Double,
            Some(FieldType::Boolean) => Self::Boolean,
            Some(FieldType::Ip) => Self::Ip,
            Some(FieldType::Date | FieldType::DateNanos) => Self::Date,
            Some(FieldType::Keyword | FieldType::Wildcard | FieldType::Text | FieldType::Version) => Self::Text,
        }
    }

    fn of_datum(datum: &Datum<'_>) -> Self {
        match datum {
            Datum::Null => Self::Null,
            Datum::Boolean(_) => Self::Boolean,
            Datum::Long(_) => Self::Long,
            Datum::Double(_) => Self::Double,
            Datum::Text(_) => Self::Text,
            Datum::Ip(_) => Self::Ip,
            Datum::Date(_) => Self::Date,
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Long | Self::Double)
    }

    /// With its article, for messages.
    fn describe(self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Long | Self::Double => "a number",
            Self::Text => "a text",
            Self::Ip => "an IP address",
            Self::Date => "a date",
        }
    }
}

/// A lowered value.
#[derive(Clone, Debug)]
struct Typed {
    expr: CompiledExpr,
    kind: Type,
    span: Span,
    /// Whether it is a field as it stands, to which Elasticsearch's mapping conversions apply.
    is_field: bool,
}

impl Typed {
    fn computed(expr: CompiledExpr, kind: Type, span: Span) -> Self {
        // Constants are folded as the tree is built, from the leaves up: `length("abc") + 1` is 4 before the comparison around it asks which of its sides
        // is a constant. The type follows the folded value, so that `1 / null` is null and no number.
        let expr = expr.folded();
        let kind = expr.constant().map_or(kind, Type::of_datum);
        Self { expr, kind, span, is_field: false }
    }

    fn constant(&self) -> Option<&Datum<'static>> {
        self.expr.constant()
    }

    /// The value as it is, and whether its letters' case counts for nothing, as in a multi-field that has it in lower case: constants are then compared
    /// without regard to case too, which needs no copy of the value.
    fn caseless(self) -> (Self, bool) {
        match self.expr {
            CompiledExpr::Lower(value) => (Self { expr: *value, ..self }, true),
            _ => (self, false),
        }
    }
}

struct Checker<'o> {
    /// The text of the query.
    source: &'o str,
    options: &'o QueryOptions,
    diagnostics: Vec<Diagnostic>,
    /// Fields of the leaf being lowered; a slot is a position in this list.
    slots: Vec<Field>,
    /// Fields that were looked up already.
    warned: Vec<Field>,
    unknown: Vec<UnknownName>,
    categories: Vec<String>,
}

impl Checker<'_> {
    fn report(&mut self, finding: Diagnostic) {
        self.diagnostics.push(finding);
    }

    /// Reports an error and gives `None`, so that a caller can return it.
    fn fail<T>(&mut self, code: Code, span: Span, message: impl Into<String>, help: &str) -> Option<T> {
        let mut finding = Diagnostic::error(code, span, message);
        finding.help = (!help.is_empty()).then(|| help.to_owned());
        self.report(finding);
        None
    }

    fn warn(&mut self, code: Code, span: Span, message: impl Into<String>, help: &str) {
        // How a translation is written is nobody's fault.
        if self.options.is_translation {
            return;
        }
        self.report(Diagnostic::warning(code, span, message).help(help));
    }

    fn event(&mut self, event: &ast::ParsedEvent) -> Option<Predicate> {
        let condition = self.condition(&event.condition);
        if let Some(name) = &event.category {
            self.resolve_category(name, event.category_at.0);
        }
        // First in the conjunction: it decides for most events, and specialisation to an event ID drops it or the whole condition.
        let category = event.category.as_ref().map(|name| self.category(name));
        let nodes = category.into_iter().chain([condition?]).collect();
        Some(Predicate::new(PredicateNode::all(nodes)))
    }

    fn pipe(&mut self, pipe: &ast::Pipe) -> Option<ResultCut> {
        let span = pipe.at.0;
        let make: fn(usize) -> ResultCut = match &*pipe.name {
            "head" => ResultCut::Head,
            "tail" => ResultCut::Tail,
            "" => return None, // The parser has said that there is no name.
            name => {
                let help = match name {
                    "count" | "unique" | "unique_count" | "filter" | "sort" => {
                        "only Python's EQL has it; Elasticsearch has `head` and `tail`"
                    }
                    _ => "there are `head` and `tail`",
                };
                return self.fail(codes::UNKNOWN_PIPE, span, format!("there is no pipe `{name}`"), help);
            }
        };
        let [argument] = pipe.arguments.as_slice() else {
            let message = format!("`{}` takes exactly one number", pipe.name);
            return self.fail(codes::ARGUMENT_COUNT, span, message, "");
        };
        let value = self.value(argument);
        self.slots.clear();
        let value = value?;
        let Some(datum) = value.constant() else {
            return self.fail(codes::NOT_CONSTANT, argument.span(), format!("`{}` takes a constant", pipe.name), "");
        };
        match datum {
            Datum::Long(count) if *count >= 0 => Some(make(usize::try_from(*count).unwrap_or(usize::MAX))),
            _ => {
                let message = format!("`{}` takes an integer of 0 or more", pipe.name);
                self.fail(codes::TYPE_MISMATCH, argument.span(), message, "")
            }
        }
    }
}

/// The function of a name with its declaration.
fn signature(name: &str) -> Option<&'static function::Signature> {
    function::Signature::find(name)
}

#[cfg(test)]
mod tests;
