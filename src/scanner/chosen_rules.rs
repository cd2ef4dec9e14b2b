//! The rules that run, and what is known to be harmless: a loaded rule set after exceptions and selection.
//!
//! This file does not know where rules come from, nor who is told what is wrong with them.

use crate::rules::{self, AlertExceptions, FileReport, LeftOut, Loaded, Rule, RuleSelection};
use std::path::PathBuf;

/// The rules of a run.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct ChosenRules {
    /// The rules that run, with everything found in their files.
    pub loaded: Loaded,
    /// The files of exceptions, with everything found in each.
    pub exception_files: Vec<FileReport>,
    /// The files of indicators, with everything found in each.
    pub indicator_files: Vec<FileReport>,
    /// How many rules the selection took away.
    pub left_out: LeftOut,
    /// Exceptions about whole alerts; those about events are part of the rules.
    pub exceptions: AlertExceptions,
    /// Whether each rule keeps only as many alerts as Elastic's detection engine would in one run.
    pub max_signals: bool,
    /// Whether terms are held to be new where the evidence does not go back far enough to know it.
    pub assumes_new: bool,
    /// Whether alerts that repeat others are suppressed, where their rule says so.
    pub suppresses: bool,
    /// Whether the rules are those that come with evql, and no others.
    pub builtin: bool,
    /// How many of the rules come with evql where others run too.
    pub builtin_beside: usize,
    /// Fields that are named beside rules, each with who names it: an option, such as that for the columns of an output.
    pub named: Vec<(&'static str, String)>,
}

impl ChosenRules {
    /// Applies exceptions, indicators and a selection to loaded rules. Fails, with all files that were read of the kind that is wrong, if a rule, an exception or a file of indicators is wrong;
    /// wrong rules may be skipped. The set may be empty afterwards.
    pub fn new(
        mut loaded: Loaded,
        exceptions: &[PathBuf],
        indicators: &[PathBuf],
        selection: &RuleSelection,
        skip_bad_rules: bool,
    ) -> Result<Self, Vec<FileReport>> {
        if loaded.has_error() && !skip_bad_rules {
            return Err(loaded.files);
        }
        // An exception that is left out makes more alerts, not fewer: it is never skipped.
        let exceptions = rules::load_exceptions(exceptions, &loaded.set);
        if exceptions.has_error() {
            return Err(exceptions.files);
        }
        let indicators = rules::load_indicators(indicators);
        if indicators.has_error() {
            return Err(indicators.files);
        }
        let without = indicators.give_to(&mut loaded.set);
        loaded.not_run.extend(without);
        exceptions.give_to(&mut loaded.set);
        loaded.tell_missing_lists(&exceptions);
        loaded.notices.extend(exceptions.notices);
        // Last, so that an exception may name a rule that this run leaves out.
        let left_out = selection.apply(&mut loaded.set);
        Ok(Self {
            loaded,
            exception_files: exceptions.files,
            indicator_files: indicators.files,
            left_out,
            exceptions: exceptions.alerts.into(),
            ..Self::default()
        })
    }

    /// The rules, in the order of their files.
    pub fn rules(&self) -> &[Rule] {
        &self.loaded.set.rules
    }
}
