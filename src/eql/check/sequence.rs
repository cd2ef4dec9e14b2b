//! Sequences and samples: stages, keys, runs and spans.

use super::{Checker, codes};
use crate::eql::ast::{self, ExprKind};
use crate::eql::predicate::Predicate;
use crate::eql::sample::{CompiledSample, MAX_TERMS};
use crate::eql::sequence::{CompiledSequence, KeyField, MAX_STAGES, TermFilter};

/// Most runs of one term.
const MAX_RUNS: u64 = 100;

impl Checker<'_> {
    pub(super) fn sequence(&mut self, sequence: &ast::ParsedSequence) -> Option<CompiledSequence> {
        let global = self.keys(&sequence.keys);
        self.check_key_counts(sequence.terms.iter().chain(sequence.until.as_deref()));
        self.check_missing(sequence);
        let mut filters = Vec::with_capacity(sequence.terms.len());
        let mut stages = Vec::new();
        for term in &sequence.terms {
            let runs = self.runs(term);
            let filter = self.filter(term, term.missing, global.as_deref());
            stages.extend(std::iter::repeat_n(filters.len(), runs.unwrap_or(1)));
            filters.push(filter);
        }
        let until = sequence.until.as_deref().map(|until| {
            if let Some(runs) = until.runs {
                self.warn(
                    codes::IGNORED_RUNS,
                    runs.at.0,
                    "`runs` has no effect on `until`",
                    "one such event is enough",
                );
            }
            self.filter(until, false, global.as_deref())
        });
        if stages.len() < 2 && !sequence.terms.is_empty() {
            let help = "`with runs=n` repeats a term";
            self.fail::<()>(codes::TOO_FEW_STAGES, sequence.at.0, "a sequence needs at least two stages", help);
        }
        if stages.len() > MAX_STAGES {
            let message = format!("a sequence may have {MAX_STAGES} stages, this one has {}", stages.len());
            return self.fail(codes::TOO_MANY_STAGES, sequence.at.0, message, "");
        }
        let maxspan = sequence.maxspan.map(|span| span.count.saturating_mul(span.unit.millis()));
        let until = match until {
            Some(until) => Some(until?),
            None => None,
        };
        Some(CompiledSequence::new(filters.into_iter().collect::<Option<Vec<_>>>()?, &stages, until, maxspan))
    }

    pub(super) fn sample(&mut self, sample: &ast::ParsedSample) -> Option<CompiledSample> {
        let global = self.keys(&sample.keys);
        self.check_key_counts(sample.terms.iter());
        let mut filters = Vec::with_capacity(sample.terms.len());
        for term in &sample.terms {
            if term.missing {
                let message = "a sample has no missing events";
                self.fail::<()>(codes::MISSING_IN_SAMPLE, term.at.0, message, "only a `sequence` has an order in time");
            }
            if let Some(runs) = term.runs {
                self.fail::<()>(
                    codes::UNSUPPORTED,
                    runs.at.0,
                    "a sample has no `runs`",
                    "write the term several times",
                );
            }
            if sample.keys.is_empty() && term.keys.is_empty() {
                let help = "write `sample by key`";
                self.fail::<()>(codes::MISSING_KEY, term.at.0, "the terms of a sample need a join key", help);
            }
            filters.push(self.filter(term, false, global.as_deref()));
        }
        let terms = filters.len();
        if terms == 1 {
            self.fail::<()>(codes::TOO_FEW_STAGES, sample.at.0, "a sample needs at least two terms", "");
        }
        if terms > MAX_TERMS {
            let message = format!("a sample may have {MAX_TERMS} terms, this one has {terms}");
            return self.fail(codes::TOO_MANY_STAGES, sample.at.0, message, "");
        }
        Some(CompiledSample::new(filters.into_iter().collect::<Option<Vec<_>>>()?))
    }

    fn filter(&mut self, term: &ast::Term, missing: bool, global: Option<&[KeyField]>) -> Option<TermFilter> {
        let predicate: Option<Predicate> = self.event(&term.event);
        let own = self.keys(&term.keys);
        let keys = global?.iter().cloned().chain(own?).collect();
        Some(TermFilter::new(predicate?, keys, missing, term.at.0))
    }

    /// Keys are plain fields; expressions are refused.
    fn keys(&mut self, keys: &[ast::Expr]) -> Option<Vec<KeyField>> {
        let keys: Vec<_> = keys
            .iter()
            .map(|key| match &key.kind {
                ExprKind::Field { name, optional } => {
                    self.resolve(name, key.span());
                    Some(KeyField::named(name, *optional))
                }
                ExprKind::Invalid => None,
                _ => self.fail(codes::INVALID_KEY, key.span(), "a join key must be a field", ""),
            })
            .collect();
        keys.into_iter().collect()
    }

    fn check_key_counts<'t>(&mut self, terms: impl Iterator<Item = &'t ast::Term>) {
        let mut wanted = None;
        for term in terms {
            let wanted = *wanted.get_or_insert(term.keys.len());
            if term.keys.len() != wanted {
                let message = format!("this term has {} join keys of its own, the first has {wanted}", term.keys.len());
                let help = "keys of all terms correspond by position; give every term as many";
                self.fail::<()>(codes::KEY_COUNT, term.at.0, message, help);
            }
        }
    }

    fn check_missing(&mut self, sequence: &ast::ParsedSequence) {
        let mut missing = sequence.terms.iter().filter(|term| term.missing);
        let Some(first) = missing.next() else { return };
        if sequence.maxspan.is_none() {
            let help = "write `with maxspan=5m` after `sequence` or its `by`";
            let message = "a missing event `![` needs `with maxspan`: without it nothing says how long to wait";
            self.fail::<()>(codes::MISSING_WITHOUT_MAXSPAN, first.at.0, message, help);
        }
        if sequence.terms.iter().all(|term| term.missing) {
            let message = "a sequence needs at least one event that occurs";
            self.fail::<()>(codes::ALL_MISSING, sequence.at.0, message, "");
        }
    }

    fn runs(&mut self, term: &ast::Term) -> Option<usize> {
        let runs = term.runs?;
        if (1..=MAX_RUNS).contains(&runs.count) {
            return usize::try_from(runs.count).ok();
        }
        self.fail(codes::INVALID_RUNS, runs.at.0, format!("`runs` must be from 1 to {MAX_RUNS}"), "")
    }
}
