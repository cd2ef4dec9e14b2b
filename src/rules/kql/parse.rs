//! Tokens of KQL to a tree. `not` binds tightest, then `and`, then `or`.
//!
//! The first thing that is wrong ends the parse: what follows an operator without a side is anybody's guess. This file does not know what a field is.

use super::ast::{KqlNode, KqlText, KqlValues};
use super::lex::{KqlToken, KqlTokenKind, tokens};
use crate::base::Span;
use crate::diag::{Code, Diagnostic};
use crate::eql::codes;
use crate::rules::codes as rule_codes;

/// How deeply brackets may be nested.
const MAX_DEPTH: usize = 100;

/// The tree of a query, unless a finding is an error.
pub fn parse(source: &str) -> (Option<KqlNode>, Vec<Diagnostic>) {
    let (tokens, mut diagnostics) = tokens(source);
    if !diagnostics.is_empty() {
        return (None, diagnostics);
    }
    if tokens.is_empty() {
        return (Some(KqlNode::All(Vec::new())), diagnostics);
    }
    let end = u32::try_from(source.trim_end().len()).unwrap_or(u32::MAX);
    let mut parser = KqlParser { tokens: &tokens, at: 0, depth: 0, end: Span::new(end.saturating_sub(1), end) };
    let parsed = parser.any().and_then(|node| match parser.peek() {
        None => Ok(node),
        Some(_) => Err(Box::new(parser.unexpected("`and`, `or` or the end"))),
    });
    match parsed {
        Ok(node) => (Some(node), diagnostics),
        Err(found) => {
            diagnostics.push(*found);
            (None, diagnostics)
        }
    }
}

struct KqlParser<'t> {
    tokens: &'t [KqlToken],
    at: usize,
    depth: usize,
    /// The last character of the query.
    end: Span,
}

type Parsed<T> = Result<T, Box<Diagnostic>>;

impl KqlParser<'_> {
    fn peek(&self) -> Option<&KqlTokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn eat(&mut self, kind: &KqlTokenKind) -> bool {
        let found = self.peek() == Some(kind);
        self.at += usize::from(found);
        found
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).map_or(self.end, |token| token.span)
    }

    /// From a place to the last token that was eaten.
    fn since(&self, start: Span) -> Span {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        Span::new(start.start, last.map_or(start.end, |token| token.span.end))
    }

    fn error<T>(code: Code, span: Span, message: impl Into<String>) -> Parsed<T> {
        Err(Box::new(Diagnostic::error(code, span, message)))
    }

    fn unexpected(&self, wanted: &str) -> Diagnostic {
        let found = match self.peek() {
            None => "the query ends",
            Some(KqlTokenKind::Open) => "`(` stands",
            Some(KqlTokenKind::Close) => "`)` stands",
            Some(KqlTokenKind::OpenNested) => "`{` stands",
            Some(KqlTokenKind::CloseNested) => "`}` stands",
            Some(KqlTokenKind::Colon) => "`:` stands",
            Some(KqlTokenKind::Order(_)) => "an order stands",
            Some(KqlTokenKind::And) => "`and` stands",
            Some(KqlTokenKind::Or) => "`or` stands",
            Some(KqlTokenKind::Not) => "`not` stands",
            Some(KqlTokenKind::Text(_)) => "a value stands",
        };
        let message = format!("{found} where {wanted} must be");
        let found = Diagnostic::error(codes::UNEXPECTED_TOKEN, self.span(), message);
        match self.peek() {
            Some(KqlTokenKind::And | KqlTokenKind::Or | KqlTokenKind::Not | KqlTokenKind::Colon) => {
                found.help("in quotes, or behind a backslash, it is a part of a value")
            }
            _ => found,
        }
    }

    /// Reads what stands between brackets, whose opening one was just eaten.
    fn inside<T>(&mut self, close: &KqlTokenKind, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let open = self.tokens[self.at - 1].span;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("brackets may be nested {MAX_DEPTH} deep at most");
            return Self::error(codes::TOO_DEEP, open, message);
        }
        let inside = read(self)?;
        self.depth -= 1;
        if self.eat(close) {
            return Ok(inside);
        }
        if self.peek().is_some() {
            return Err(Box::new(self.unexpected("`and`, `or` or the closing bracket")));
        }
        Self::error(codes::UNTERMINATED, open, "this bracket is not closed")
    }

    /// Operands with an operator between each two of them; one alone is itself.
    fn chain<T>(
        &mut self,
        operator: &KqlTokenKind,
        operand: fn(&mut Self) -> Parsed<T>,
        make: fn(Vec<T>) -> T,
    ) -> Parsed<T> {
        let mut operands = vec![operand(self)?];
        while self.eat(operator) {
            operands.push(operand(self)?);
        }
        Ok(if operands.len() == 1 { operands.remove(0) } else { make(operands) })
    }

    /// Whether an odd number of `not` stands here. They are counted, not followed: a row of them must not cost stack.
    fn is_negated(&mut self) -> bool {
        let mut negated = false;
        while self.eat(&KqlTokenKind::Not) {
            negated = !negated;
        }
        negated
    }

    fn any(&mut self) -> Parsed<KqlNode> {
        self.chain(&KqlTokenKind::Or, Self::all, KqlNode::Any)
    }

    fn all(&mut self) -> Parsed<KqlNode> {
        self.chain(&KqlTokenKind::And, Self::one, KqlNode::All)
    }

    fn one(&mut self) -> Parsed<KqlNode> {
        let negated = self.is_negated();
        let node =
            if self.eat(&KqlTokenKind::Open) { self.inside(&KqlTokenKind::Close, Self::any)? } else { self.test()? };
        Ok(if negated { KqlNode::Not(Box::new(node)) } else { node })
    }

    fn text(&mut self, wanted: &str) -> Parsed<KqlText> {
        let Some(KqlTokenKind::Text(text)) = self.peek() else { return Err(Box::new(self.unexpected(wanted))) };
        let text = text.clone();
        self.at += 1;
        Ok(text)
    }

    fn test(&mut self) -> Parsed<KqlNode> {
        let start = self.span();
        let text = self.text("a field or a value")?;
        if self.eat(&KqlTokenKind::Colon) {
            if self.eat(&KqlTokenKind::OpenNested) {
                let mut node = self.inside(&KqlTokenKind::CloseNested, Self::any)?;
                within(&mut node, &text);
                return Ok(node);
            }
            let values = self.values()?;
            return Ok(KqlNode::Has { field: Some(text), values, span: self.since(start) });
        }
        if let Some(KqlTokenKind::Order(order)) = self.peek() {
            let order = *order;
            self.at += 1;
            let value = self.text("a value")?;
            if value.is_wild() {
                let message = "`*` stands for any text, and has no place in an order of values";
                return Self::error(rule_codes::WILDCARD_IN_RANGE, value.span, message);
            }
            return Ok(KqlNode::Stands { field: text, order, value, span: self.since(start) });
        }
        Ok(KqlNode::Has { field: None, values: KqlValues::One(text), span: start })
    }

    fn values(&mut self) -> Parsed<KqlValues> {
        if self.eat(&KqlTokenKind::Open) {
            self.inside(&KqlTokenKind::Close, Self::any_value)
        } else {
            self.text("a value").map(KqlValues::One)
        }
    }

    fn any_value(&mut self) -> Parsed<KqlValues> {
        self.chain(&KqlTokenKind::Or, Self::all_values, KqlValues::Any)
    }

    fn all_values(&mut self) -> Parsed<KqlValues> {
        self.chain(&KqlTokenKind::And, Self::one_value, KqlValues::All)
    }

    fn one_value(&mut self) -> Parsed<KqlValues> {
        let negated = self.is_negated();
        let values = self.values()?;
        Ok(if negated { KqlValues::Not(Box::new(values)) } else { values })
    }
}

/// Puts the fields of a condition below an object.
fn within(node: &mut KqlNode, object: &KqlText) {
    let below = |name: &KqlText| {
        let mut parts = object.parts.clone();
        let mut rest = name.parts.iter();
        if let (Some(last), Some(first)) = (parts.last_mut(), rest.next()) {
            last.push('.');
            last.push_str(first);
        }
        parts.extend(rest.cloned());
        KqlText { parts, ..name.clone() }
    };
    match node {
        KqlNode::Any(nodes) | KqlNode::All(nodes) => nodes.iter_mut().for_each(|node| within(node, object)),
        KqlNode::Not(inner) => within(inner, object),
        KqlNode::Has { field: Some(field), .. } | KqlNode::Stands { field, .. } => *field = below(field),
        // A value that names no field is searched for in every field of the object.
        KqlNode::Has { field: field @ None, span, .. } => {
            let anything = KqlText { parts: vec![String::new(); 2], quoted: false, span: *span };
            *field = Some(below(&anything));
        }
    }
}
