//! A rule taken apart: its stages, and the conditions that must all hold for each, each with its place and able to be asked by itself.
//!
//! The detector asks for a whole stage and wants to know as little as possible beyond yes and no. Whoever explains, covers or changes a rule needs to know
//! which part decided, so that the parts are compiled one by one from the syntax tree. All of them together hold exactly if the stage does; a test holds that.

use crate::base::Span;
use crate::eql::ast::{At, Expr, ExprKind, Literal, LogicOp, ParsedEvent, ParsedQuery, Term};
use crate::eql::{self, Predicate, Query};
use crate::event::Document;
use crate::rules::{Exception, Rule};

/// A rule taken apart.
#[derive(Clone, Debug)]
pub struct RuleAnatomy {
    /// Its stages in the order of [`Query::filters`]: that of `until` last. A query for single events has one.
    pub stages: Vec<StageParts>,
}

/// One stage, term, or the whole query.
#[derive(Clone, Debug)]
pub struct StageParts {
    /// Its part in the rule: `query`, `stage 2 of 3`, `until`, `term 1 of 2`.
    pub title: String,
    /// Its place in the query.
    pub span: Span,
    /// Whether it demands that no event matches, or ends a sequence.
    pub is_negative: bool,
    /// The conjuncts, which must all hold.
    pub conditions: Vec<Condition>,
}

/// One of the conditions that must all hold.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The expression as it is written; `None` for the category, and for what stands beside the query: filters and exceptions.
    pub expr: Option<Expr>,
    /// Its place in the query.
    pub span: Span,
    /// How a person reads it, on one line.
    pub text: String,
    /// The condition by itself.
    pub predicate: Predicate,
    /// Whether events fulfil it that do *not* fulfil the predicate.
    pub is_inverted: bool,
}

impl Condition {
    /// Whether a document fulfils it.
    pub fn holds(&self, document: &Document) -> bool {
        self.predicate.matches(document) != self.is_inverted
    }
}

impl StageParts {
    /// Whether an event fulfils all conditions.
    pub fn holds(&self, document: &Document) -> bool {
        self.conditions.iter().all(|condition| condition.holds(document))
    }

    /// The conditions that a document does not fulfil.
    pub fn failing(&self, document: &Document) -> Vec<&Condition> {
        self.conditions.iter().filter(|condition| !condition.holds(document)).collect()
    }
}

/// Takes a rule apart; `None` if its text is not the whole of its query, which no rule of a file has.
pub fn parts(rule: &Rule) -> Option<RuleAnatomy> {
    if !rule.has_eql_text() {
        return Some(parts_of_other_language(rule));
    }
    let (statement, _) = eql::parse(&rule.source);
    let stages: Vec<StageParts> = match &statement.query {
        ParsedQuery::Event(event) => {
            let span = Span::new(0, u32::try_from(rule.source.len()).unwrap_or(u32::MAX));
            vec![stage("query".to_owned(), span, false, event, rule)?]
        }
        ParsedQuery::Sequence(sequence) => {
            let of = |(at, term): (usize, &Term)| {
                let title = format!("stage {} of {}", at + 1, sequence.terms.len());
                stage(title, term.at.0, term.missing, &term.event, rule)
            };
            let mut stages: Vec<StageParts> = sequence.terms.iter().enumerate().map(of).collect::<Option<_>>()?;
            if let Some(until) = &sequence.until {
                stages.push(stage("until".to_owned(), until.at.0, true, &until.event, rule)?);
            }
            stages
        }
        ParsedQuery::Sample(sample) => {
            let of = |(at, term): (usize, &Term)| {
                let title = format!("term {} of {}", at + 1, sample.terms.len());
                stage(title, term.at.0, false, &term.event, rule)
            };
            sample.terms.iter().enumerate().map(of).collect::<Option<_>>()?
        }
        ParsedQuery::Invalid => return None,
    };
    let is_whole = rule.query.filters().is_empty() || rule.query.filters().len() == stages.len();
    is_whole.then_some(RuleAnatomy { stages })
}

/// Takes a rule in another language apart: its conjuncts are there, without the tree that they were written as.
fn parts_of_other_language(rule: &Rule) -> RuleAnatomy {
    let span = Span::new(0, u32::try_from(rule.source.len()).unwrap_or(u32::MAX));
    let of_predicate = |(title, predicate): (String, &Predicate)| {
        let condition = |predicate: Predicate| {
            let text = predicate.text(&rule.source);
            Condition { expr: None, span, text, predicate, is_inverted: false }
        };
        let mut conditions: Vec<Condition> = predicate.conjuncts().map(condition).collect();
        conditions.extend(beside(rule, span));
        StageParts { title, span, is_negative: false, conditions }
    };
    let stages = match &rule.query {
        Query::Event(query) => vec![of_predicate(("query".to_owned(), query.predicate()))],
        joined => joined
            .filters()
            .iter()
            .take(joined.stated_filters())
            .enumerate()
            .map(|(at, filter)| of_predicate((format!("query {}", at + 1), filter.predicate())))
            .collect(),
    };
    RuleAnatomy { stages }
}

/// What stands beside the query of a rule: filters that are not in its conjuncts already, and exceptions.
fn beside(rule: &Rule, span: Span) -> Vec<Condition> {
    let condition = |text: String, predicate: &Predicate, is_inverted| Condition {
        expr: None,
        span,
        text,
        predicate: predicate.clone(),
        is_inverted,
    };
    let filter = rule.origin.filter.iter().filter(|_| rule.has_eql_text());
    let filter = filter.map(|filter| condition("the rule's Kibana filters".to_owned(), filter, false));
    let excepted = |exception: &Exception| {
        condition(format!("not the exception '{}'", exception.name), &exception.predicate, true)
    };
    filter.chain(rule.exceptions.iter().map(excepted)).collect()
}

fn stage(title: String, span: Span, is_negative: bool, event: &ParsedEvent, rule: &Rule) -> Option<StageParts> {
    let mut conditions = Vec::new();
    if let Some(category) = &event.category {
        let only = ParsedEvent { condition: truth(), ..event.clone() };
        let predicate = compiled(&only, rule)?;
        let text = format!("{category} where");
        conditions.push(Condition { expr: None, span: event.category_at.0, text, predicate, is_inverted: false });
    }
    for part in conjuncts(&event.condition) {
        let predicate = compiled_expr(part, rule)?;
        let text = one_line(rule.source.get(part.span().range()).unwrap_or_default());
        conditions.push(Condition { expr: Some(part.clone()), span: part.span(), text, predicate, is_inverted: false });
    }
    conditions.extend(beside(rule, span));
    Some(StageParts { title, span, is_negative, conditions })
}

/// The conditions that must all hold, however they are put in parentheses.
pub fn conjuncts(condition: &Expr) -> Vec<&Expr> {
    match &condition.kind {
        ExprKind::Logic { op: LogicOp::And, operands } => operands.iter().flat_map(conjuncts).collect(),
        _ => vec![condition],
    }
}

/// The condition that always holds.
pub fn truth() -> Expr {
    Expr { kind: ExprKind::Literal(Literal::Boolean(true)), at: At::default() }
}

/// A condition of a rule by itself.
pub fn compiled_expr(condition: &Expr, rule: &Rule) -> Option<Predicate> {
    let event = ParsedEvent { category: None, category_at: At::default(), condition: condition.clone() };
    compiled(&event, rule)
}

fn compiled(event: &ParsedEvent, rule: &Rule) -> Option<Predicate> {
    match eql::compile_with(&event.to_string(), &rule.origin.options).query {
        Some(Query::Event(query)) => Some(query.predicate().clone()),
        _ => None,
    }
}

/// A text of several lines on one.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
