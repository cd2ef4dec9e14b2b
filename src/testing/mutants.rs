//! Small changes of a rule, each of which a good test would notice.
//!
//! A mutant is made from the syntax tree and printed, so that it is a query like any other: whoever doubts what is said of it can run it. Changes that leave
//! the query as it was, and those that give no query at all, are no mutants.
//!
//! ```text
//! process where process.name : ("a.exe", "b*") and not user.name == "x"
//!
//! drop a condition      process where not user.name == "x"
//! negate a condition    process where process.name : ("a.exe", "b*") and user.name == "x"
//! drop a list member    process where process.name : "b*" and not user.name == "x"
//! widen a wildcard      process where process.name : ("a.exe", "*b*") and not user.name == "x"
//! ```

use super::conditions::{conjuncts, one_line, truth};
use crate::base::Span;
use crate::eql;
use crate::eql::ast::{
    At, Expr, ExprKind, Literal, LogicOp, ParsedEvent, ParsedQuery, ParsedSequence, PatternOp, Statement, Term,
};
use hashbrown::HashSet;
use std::sync::Arc;

/// Functions whose arguments behind the first are a list.
const LIST_FUNCTIONS: [&str; 3] = ["cidrmatch", "wildcard", "match"];

/// The kinds of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MutationKind {
    /// A condition is left out.
    DropCondition,
    /// A condition is negated.
    Negate,
    /// A stage, a term or `until` is left out.
    DropStage,
    /// A member of a list is left out.
    DropListMember,
    /// A pattern is wider.
    WidenWildcard,
    /// The sequence may take any time.
    DropMaxspan,
    /// Events need not share one of the join keys.
    DropJoinKey,
    /// Two stages are in the other order.
    SwapStages,
}

impl MutationKind {
    /// A stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DropCondition => "drop-condition",
            Self::Negate => "negate",
            Self::DropStage => "drop-stage",
            Self::DropListMember => "drop-list-member",
            Self::WidenWildcard => "widen-wildcard",
            Self::DropMaxspan => "drop-maxspan",
            Self::DropJoinKey => "drop-join-key",
            Self::SwapStages => "swap-stages",
        }
    }
}

/// The part that a mutant changes, so that the rest need not be asked again.
#[derive(Clone, Debug)]
pub enum Change {
    /// One of the conditions of a stage that must all hold: what stands in its place, if anything does.
    Condition {
        /// The stage.
        stage: usize,
        /// The condition, counted among those that are written behind `where`.
        condition: usize,
        /// The expression in its place.
        new: Option<Expr>,
    },
    /// The stages, keys or times. For each stage of the mutant the one of the rule that it is.
    Structure(Vec<usize>),
}

/// A changed rule.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The kind of change.
    pub kind: MutationKind,
    /// The place in the query of what is changed.
    pub span: Span,
    /// A description of the change for a person.
    pub description: String,
    /// The query.
    pub query: String,
    /// The part that it changes.
    pub change: Change,
}

/// All mutants of a query.
pub fn mutants(source: &str) -> Vec<Mutant> {
    // Parsed and not compiled: a mutant needs the tree with its words, which the compiled query no longer has.
    let (statement, diagnostics) = eql::parse(source);
    if diagnostics.iter().any(crate::diag::Diagnostic::is_error) {
        return Vec::new();
    }
    let mut maker =
        // The printed query is the identity of a mutant: a change that prints as the original, or as another mutant, says nothing new.
        MutantMaker { source, seen: HashSet::from([statement.to_string()]), found: Vec::new(), statement: &statement };
    match &statement.query {
        ParsedQuery::Event(event) => {
            maker.conditions(0, event, &ParsedQuery::Event);
        }
        ParsedQuery::Sequence(sequence) => {
            for (at, term) in sequence.terms.iter().enumerate() {
                maker.conditions(at, &term.event, &|event| {
                    let mut changed = sequence.clone();
                    changed.terms[at].event = event;
                    ParsedQuery::Sequence(changed)
                });
            }
            if let Some(until) = &sequence.until {
                maker.conditions(sequence.terms.len(), &until.event, &|event| {
                    let mut changed = sequence.clone();
                    changed.until = Some(Box::new(Term { event, ..(**until).clone() }));
                    ParsedQuery::Sequence(changed)
                });
            }
            maker.sequence(sequence);
        }
        ParsedQuery::Sample(sample) => {
            for (at, term) in sample.terms.iter().enumerate() {
                maker.conditions(at, &term.event, &|event| {
                    let mut changed = sample.clone();
                    changed.terms[at].event = event;
                    ParsedQuery::Sample(changed)
                });
            }
        }
        ParsedQuery::Invalid => {}
    }
    maker.found
}

struct MutantMaker<'s> {
    source: &'s str,
    statement: &'s Statement,
    /// Queries that are made already, the rule's own among them.
    seen: HashSet<String>,
    found: Vec<Mutant>,
}

/// One change of an expression: what it becomes, `None` if it is left out.
struct Variant {
    kind: MutationKind,
    span: Span,
    description: String,
    new: Option<Expr>,
}

impl MutantMaker<'_> {
    fn add(&mut self, kind: MutationKind, span: Span, description: String, query: ParsedQuery, change: Change) {
        let query = Statement { query, pipes: self.statement.pipes.clone() }.to_string();
        if self.seen.insert(query.clone()) {
            self.found.push(Mutant { kind, span, description, query, change });
        }
    }

    fn quoted(&self, span: Span) -> String {
        const MOST: usize = 60;
        let text = one_line(self.source.get(span.range()).unwrap_or_default());
        match text.char_indices().nth(MOST) {
            Some((cut, _)) => format!("{}…", &text[..cut]),
            None => text,
        }
    }

    /// The mutants that change one condition of a stage.
    fn conditions(&mut self, stage: usize, event: &ParsedEvent, whole: &dyn Fn(ParsedEvent) -> ParsedQuery) {
        let parts = conjuncts(&event.condition);
        for (condition, part) in parts.iter().enumerate() {
            for Variant { kind, span, description, new } in self.variants(part) {
                let rest = parts
                    .iter()
                    .enumerate()
                    .filter_map(|(at, part)| if at == condition { new.clone() } else { Some((*part).clone()) });
                let condition_of = joined(LogicOp::And, rest.collect()).unwrap_or_else(truth);
                let changed = ParsedEvent { condition: condition_of, ..event.clone() };
                self.add(kind, span, description, whole(changed), Change::Condition { stage, condition, new });
            }
        }
    }

    /// Everything that one small change makes of a condition.
    fn variants(&self, expr: &Expr) -> Vec<Variant> {
        let span = expr.span();
        let text = self.quoted(span);
        let mut all = Vec::new();
        if !matches!(expr.kind, ExprKind::Literal(_)) {
            all.push(Variant {
                kind: MutationKind::DropCondition,
                span,
                description: format!("drop `{text}`"),
                new: None,
            });
            all.push(Variant {
                kind: MutationKind::Negate,
                span,
                description: format!("negate `{text}`"),
                new: Some(negated(expr)),
            });
        }
        all.extend(self.inside(expr));
        all
    }

    /// The changes of what stands in a condition.
    fn inside(&self, expr: &Expr) -> Vec<Variant> {
        let again = |kind| Expr { kind, at: expr.at };
        match &expr.kind {
            // To leave out what is negated, or to negate it, is to do that with the whole.
            ExprKind::Not(inner) => self
                .inside(inner)
                .into_iter()
                .map(|variant| {
                    let new = variant.new.map(|new| again(ExprKind::Not(Box::new(new))));
                    Variant { new, ..variant }
                })
                .collect(),
            ExprKind::Logic { op, operands } => operands
                .iter()
                .enumerate()
                .flat_map(|(at, operand)| {
                    self.variants(operand).into_iter().map(move |variant| {
                        let changed = operands.iter().enumerate().filter_map(|(other, operand)| {
                            if other == at { variant.new.clone() } else { Some(operand.clone()) }
                        });
                        let new = joined(*op, changed.collect());
                        Variant { new, ..variant }
                    })
                })
                .collect(),
            ExprKind::In { value, negated, insensitive, list } => self.without_members(list, &|list| {
                again(ExprKind::In { value: value.clone(), negated: *negated, insensitive: *insensitive, list })
            }),
            ExprKind::Pattern { op, value, list } => {
                let make = |list| again(ExprKind::Pattern { op: *op, value: value.clone(), list });
                let mut all = self.without_members(list, &make);
                if matches!(op, PatternOp::Colon | PatternOp::Like | PatternOp::LikeTilde) {
                    all.extend(self.widened(list, 0, &make));
                }
                all
            }
            ExprKind::Call(call) if LIST_FUNCTIONS.iter().any(|name| call.name.eq_ignore_ascii_case(name)) => {
                let make = |arguments| again(ExprKind::Call(eql::ast::Call { arguments, ..call.clone() }));
                let Some((first, list)) = call.arguments.split_first() else { return Vec::new() };
                let mut all = self.without_members(list, &|list| make([vec![first.clone()], list].concat()));
                if call.name.eq_ignore_ascii_case("wildcard") {
                    all.extend(self.widened(&call.arguments, 1, &make));
                }
                all
            }
            _ => Vec::new(),
        }
    }

    /// The lists that lack one member.
    fn without_members(&self, list: &[Expr], make: &dyn Fn(Vec<Expr>) -> Expr) -> Vec<Variant> {
        if list.len() < 2 {
            return Vec::new();
        }
        let without = |at: usize| {
            let mut rest = list.to_vec();
            let member = rest.remove(at);
            Variant {
                kind: MutationKind::DropListMember,
                span: member.span(),
                description: format!("drop {} from the list", self.quoted(member.span())),
                new: Some(make(rest)),
            }
        };
        (0..list.len()).map(without).collect()
    }

    /// The lists one pattern of which fits more than before.
    fn widened(&self, list: &[Expr], from: usize, make: &dyn Fn(Vec<Expr>) -> Expr) -> Vec<Variant> {
        let widen = |(at, pattern): (usize, &Expr)| {
            let ExprKind::Literal(Literal::Text(text)) = &pattern.kind else { return None };
            let wide = wider(text)?;
            let mut changed = list.to_vec();
            changed[at] = Expr { kind: ExprKind::Literal(Literal::Text(Arc::from(wide))), at: pattern.at };
            Some(Variant {
                kind: MutationKind::WidenWildcard,
                span: pattern.span(),
                description: format!("widen {} to {}", self.quoted(pattern.span()), changed[at]),
                new: Some(make(changed)),
            })
        };
        list.iter().enumerate().skip(from).filter_map(widen).collect()
    }

    /// The mutants that change stages, keys and times.
    fn sequence(&mut self, sequence: &ParsedSequence) {
        let terms = sequence.terms.len();
        let until = usize::from(sequence.until.is_some());
        let all: Vec<usize> = (0..terms + until).collect();
        for (at, term) in sequence.terms.iter().enumerate() {
            let description = format!("drop stage {}", at + 1);
            let order: Vec<usize> = all.iter().copied().filter(|&stage| stage != at).collect();
            let mut rest = sequence.terms.clone();
            rest.remove(at);
            match rest.as_slice() {
                [only] if only.missing => {}
                // A sequence has two stages at least: what is left is a query for single events.
                [only] => {
                    let order = order.into_iter().filter(|&stage| stage < terms).collect();
                    let query = ParsedQuery::Event(only.event.clone());
                    self.add(MutationKind::DropStage, term.at.0, description, query, Change::Structure(order));
                }
                _ => {
                    let query = ParsedQuery::Sequence(ParsedSequence { terms: rest, ..sequence.clone() });
                    self.add(MutationKind::DropStage, term.at.0, description, query, Change::Structure(order));
                }
            }
        }
        if let Some(until) = &sequence.until {
            let order = (0..terms).collect();
            let query = ParsedQuery::Sequence(ParsedSequence { until: None, ..sequence.clone() });
            self.add(MutationKind::DropStage, until.at.0, "drop until".to_owned(), query, Change::Structure(order));
        }
        for at in 1..terms {
            let mut changed = sequence.clone();
            changed.terms.swap(at - 1, at);
            let mut order = all.clone();
            order.swap(at - 1, at);
            let span = sequence.terms[at - 1].at.0.to(sequence.terms[at].at.0);
            let description = format!("swap stages {} and {}", at, at + 1);
            self.add(
                MutationKind::SwapStages,
                span,
                description,
                ParsedQuery::Sequence(changed),
                Change::Structure(order),
            );
        }
        if let Some(maxspan) = &sequence.maxspan {
            let description = format!("drop maxspan={}{}", maxspan.count, maxspan.unit);
            let query = ParsedQuery::Sequence(ParsedSequence { maxspan: None, ..sequence.clone() });
            self.add(MutationKind::DropMaxspan, maxspan.at.0, description, query, Change::Structure(all.clone()));
        }
        self.keys(sequence, &all);
    }

    fn keys(&mut self, sequence: &ParsedSequence, all: &[usize]) {
        for (at, key) in sequence.keys.iter().enumerate() {
            let mut changed = sequence.clone();
            changed.keys.remove(at);
            let description = format!("drop the join key {}", self.quoted(key.span()));
            let change = Change::Structure(all.to_vec());
            self.add(MutationKind::DropJoinKey, key.span(), description, ParsedQuery::Sequence(changed), change);
        }
        let own = sequence.terms.iter().map(|term| term.keys.len()).min().unwrap_or_default();
        for at in 0..own {
            let mut changed = sequence.clone();
            let terms = changed.terms.iter_mut().chain(changed.until.as_deref_mut());
            terms.filter(|term| at < term.keys.len()).for_each(|term| drop(term.keys.remove(at)));
            let span = sequence.terms[0].keys[at].span();
            let description = format!("drop the join key {} and its like in the other stages", self.quoted(span));
            let change = Change::Structure(all.to_vec());
            self.add(MutationKind::DropJoinKey, span, description, ParsedQuery::Sequence(changed), change);
        }
    }
}

/// Conditions joined by `and` or `or`; nothing if there are none.
fn joined(op: LogicOp, mut operands: Vec<Expr>) -> Option<Expr> {
    match operands.len() {
        0 | 1 => operands.pop(),
        _ => Some(Expr { kind: ExprKind::Logic { op, operands }, at: At::default() }),
    }
}

fn negated(expr: &Expr) -> Expr {
    match &expr.kind {
        ExprKind::Not(inner) => (**inner).clone(),
        _ => Expr { kind: ExprKind::Not(Box::new(expr.clone())), at: expr.at },
    }
}

/// A pattern that fits all that this one fits, and more; `None` if there is none.
fn wider(pattern: &str) -> Option<String> {
    if pattern.chars().all(|c| c == '*') {
        return None;
    }
    let (open, closed) = (pattern.starts_with('*'), pattern.ends_with('*'));
    Some(if open && closed {
        "*".to_owned()
    } else {
        format!("{}{pattern}{}", if open { "" } else { "*" }, if closed { "" } else { "*" })
    })
}

#[cfg(test)]
mod tests;
