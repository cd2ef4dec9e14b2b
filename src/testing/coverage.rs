//! Which rules the tests prove, and which parts of them no event of any test ever took.

use super::conditions::{Condition, RuleAnatomy, compiled_expr, one_line, parts};
use super::expectation::AlertListing;
use super::file::TestCase;
use super::material::{Material, RuleUse, materials, rule_uses};
use super::near_events::near_events;
use super::rule_group::{RuleGroup, RulePlace};
use super::run::TestResult;
use crate::base::Span;
use crate::eql::Predicate;
use crate::eql::ast::{Expr, ExprKind, LogicOp};
use crate::pipeline::{self, RunError};
use crate::rules::Rule;
use serde_json::json;
use std::sync::OnceLock;

/// Which rules the tests prove.
#[derive(Clone, Debug, Default)]
pub struct RuleCoverageReport {
    /// The rules that some passing test runs, by file and id.
    pub rules: Vec<CoveredRule>,
}

/// How well one rule is tested.
#[derive(Clone, Debug)]
pub struct CoveredRule {
    /// The id of the rule.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where its query begins.
    pub place: RulePlace,
    /// In how many tests it fires.
    pub fires: usize,
    /// In how many tests it must not fire, and has events to look at.
    pub silent: usize,
    /// Stages and branches of exceptions that no event of any test took.
    pub untaken: Vec<UntakenPart>,
}

/// A part of a rule that no event took.
#[derive(Clone, Debug)]
pub struct UntakenPart {
    /// Its place in the rule file.
    pub place: RulePlace,
    /// The part of the rule: `stage 2 of 2`, `exception`.
    pub what: String,
    /// How it is written.
    pub text: String,
}

impl CoveredRule {
    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.fires > 0 && self.silent > 0 && self.untaken.is_empty()
    }
}

impl RuleCoverageReport {
    /// The report for a program.
    pub fn to_json(&self) -> serde_json::Value {
        let part = |part: &UntakenPart| json!({ "what": part.what, "text": part.text, "file": &*part.place.file, "line": part.place.line, "column": part.place.column });
        let rule = |rule: &CoveredRule| {
            json!({
                "id": rule.id,
                "name": rule.name,
                "file": &*rule.place.file,
                "line": rule.place.line,
                "tests_that_fire": rule.fires,
                "tests_that_must_not_fire": rule.silent,
                "untaken": rule.untaken.iter().map(part).collect::<Vec<_>>(),
            })
        };
        json!({ "rules": self.rules.iter().map(rule).collect::<Vec<_>>() })
    }
}

/// A branch of a rule that an event can take.
struct Branch {
    what: String,
    text: String,
    span: Span,
    stage: usize,
    kind: BranchKind,
}

enum BranchKind {
    /// The stage itself: all its conditions hold.
    Stage,
    /// An exception branch: all other conditions hold, and this one keeps the event out because of the branch.
    Exception { condition: usize, holds: Option<Predicate> },
}

/// Asks the tests that passed about every rule that they run.
pub fn coverage(cases: &[TestCase], results: &[TestResult], threads: usize) -> Result<RuleCoverageReport, RunError> {
    let materials = materials(cases, results, threads)?;
    let uses = rule_uses(cases, &materials);
    let found: Vec<OnceLock<CoveredRule>> = uses.iter().map(|_| OnceLock::new()).collect();
    pipeline::spread(threads, uses.len(), &|at| {
        found[at].get_or_init(|| of_rule(cases, results, &materials, &uses[at]));
    });
    let mut rules: Vec<CoveredRule> = found.into_iter().filter_map(OnceLock::into_inner).collect();
    rules.sort_by(|left, right| (&left.place, &left.id).cmp(&(&right.place, &right.id)));
    Ok(RuleCoverageReport { rules })
}

fn of_rule(cases: &[TestCase], results: &[TestResult], materials: &[Material], uses: &[RuleUse]) -> CoveredRule {
    let group = &cases[uses[0].run.case].group;
    let rule = &group.rules()[uses[0].rule];
    let (mut fires, mut silent) = (Vec::new(), Vec::new());
    for &RuleUse { material, run, rule: index } in uses {
        let alerts = &results[run.case].runs[run.run].found.alerts;
        let expected = &cases[run.case].expected;
        let forbids = expected.listing == AlertListing::Exact
            || expected.count.is_some()
            || expected.counts.iter().any(|count| count.rules.contains(&index));
        if alerts.iter().any(|alert| alert.rule == index) {
            fires.push(run.case);
        } else if forbids && !materials[material].events.is_empty() {
            silent.push(run.case);
        }
    }
    // A test with two clocks is one test.
    for list in [&mut fires, &mut silent] {
        list.sort_unstable();
        list.dedup();
    }
    let branches = parts(rule).map_or_else(Vec::new, |parts| branches(rule, &parts));
    let mut taken = vec![false; branches.len()];
    for same in uses.chunk_by(|left, right| left.material == right.material) {
        // Exceptions differ from test to test, but the text of the rule does not.
        mark(rule, &branches, &materials[same[0].material], &mut taken);
    }
    let untaken = branches.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(branch, _)| UntakenPart {
        place: group.place(rule, branch.span),
        what: branch.what.clone(),
        text: branch.text.clone(),
    });
    CoveredRule {
        id: rule.meta.id.clone(),
        name: rule.meta.name.clone(),
        place: start(group, rule),
        fires: fires.len(),
        silent: silent.len(),
        untaken: untaken.collect(),
    }
}

fn start(group: &RuleGroup, rule: &Rule) -> RulePlace {
    group.place(rule, Span::default())
}

/// Notes which branches some event takes.
fn mark(rule: &Rule, branches: &[Branch], material: &Material, taken: &mut [bool]) {
    let Some(parts) = parts(rule) else { return };
    let near = near_events(&parts, &material.events);
    for (branch, taken) in branches.iter().zip(taken).filter(|(_, taken)| !**taken) {
        *taken = near[branch.stage].iter().any(|near| match &branch.kind {
            BranchKind::Stage => near.lacks.is_none(),
            BranchKind::Exception { condition, holds } => {
                let document = &material.events[near.event].document;
                near.lacks == Some(*condition) && holds.as_ref().is_none_or(|holds| holds.matches(document))
            }
        });
    }
}

/// Everything in a rule that an event can take.
fn branches(rule: &Rule, parts: &RuleAnatomy) -> Vec<Branch> {
    let mut all = Vec::new();
    for (stage, of) in parts.stages.iter().enumerate() {
        let text = one_line(rule.source.get(of.span.range()).unwrap_or_default());
        all.push(Branch { what: of.title.clone(), text, span: of.span, stage, kind: BranchKind::Stage });
        for (condition, of) in of.conditions.iter().enumerate() {
            all.extend(exceptions(rule, stage, condition, of));
        }
    }
    all
}

/// The branches of a condition that keeps events out.
fn exceptions(rule: &Rule, stage: usize, condition: usize, of: &Condition) -> Vec<Branch> {
    let branch = |text: String, span, holds| Branch {
        what: "exception".to_owned(),
        text,
        span,
        stage,
        kind: BranchKind::Exception { condition, holds },
    };
    let Some(expr) = &of.expr else {
        return if of.is_inverted { vec![branch(of.text.clone(), of.span, None)] } else { Vec::new() };
    };
    let written = |expr: &Expr| one_line(rule.source.get(expr.span().range()).unwrap_or_default());
    match &expr.kind {
        ExprKind::Not(inner) => match &inner.kind {
            ExprKind::Logic { op: LogicOp::Or, operands } => {
                let each = operands.iter().filter_map(|operand| Some((operand, compiled_expr(operand, rule)?)));
                each.map(|(operand, holds)| branch(written(operand), operand.span(), Some(holds))).collect()
            }
            _ => vec![branch(written(inner), inner.span(), None)],
        },
        ExprKind::In { negated: true, .. } => vec![branch(written(expr), expr.span(), None)],
        ExprKind::Compare { op: crate::eql::ast::CompareOp::NotEqual, .. } => {
            vec![branch(written(expr), expr.span(), None)]
        }
        _ => Vec::new(),
    }
}
