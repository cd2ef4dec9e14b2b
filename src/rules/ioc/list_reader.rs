//! A list of indicators while it is read: what was found, and what cannot be used, with its place.
//!
//! This file does not know the formats of lists.

use super::super::codes;
use super::super::level::Level;
use super::broad::{doubtful, too_broad};
use super::defang::refanged;
use super::indicator::{Indicator, Observable};
use super::told::{ValueType, observables};
use crate::base::Span;
use crate::diag::Diagnostic;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Most findings that are kept of one list; others are counted.
const MOST_FINDINGS: usize = 1_000;

/// Most characters of a value that a finding quotes.
const QUOTED: usize = 100;

/// A value of a list, as it is written.
#[derive(Clone, Debug)]
pub struct WrittenValue<'t> {
    /// Its place in the text.
    pub place: Range<usize>,
    /// The value.
    pub text: &'t str,
    /// Its type.
    pub value_type: ValueType,
    /// The severity that the list gives it.
    pub level: Option<Level>,
    /// What the list says of it.
    pub note: Option<String>,
}

/// A list of indicators while it is read.
#[derive(Debug)]
pub struct ListReader {
    list: Arc<str>,
    keeps_broad: bool,
    /// Where each line begins.
    lines: Arc<[usize]>,
    /// What was found, in the order of the text.
    pub indicators: Vec<Indicator>,
    /// What is wrong.
    pub findings: Vec<Diagnostic>,
    /// How many values cannot be used.
    pub unusable: usize,
    /// How many are too broad.
    pub broad: usize,
    /// How many findings are not kept.
    pub more_findings: usize,
    /// How many values were passed over as the list wants it, by reason.
    pub passed_over: BTreeMap<&'static str, usize>,
}

impl ListReader {
    /// A reader of the text of a list.
    pub fn new(text: &str, list: &str, keeps_broad: bool) -> Self {
        let after_breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self::empty(list.into(), keeps_broad, [0].into_iter().chain(after_breaks).collect())
    }

    /// A reader of a part of the same list, for [`absorb`](Self::absorb).
    pub fn of_part(&self) -> Self {
        Self::empty(self.list.clone(), self.keeps_broad, self.lines.clone())
    }

    fn empty(list: Arc<str>, keeps_broad: bool, lines: Arc<[usize]>) -> Self {
        Self {
            list,
            keeps_broad,
            lines,
            indicators: Vec::new(),
            findings: Vec::new(),
            unusable: 0,
            broad: 0,
            more_findings: 0,
            passed_over: BTreeMap::new(),
        }
    }

    /// Takes what a reader of the next part found.
    pub fn absorb(&mut self, part: Self) {
        self.indicators.extend(part.indicators);
        part.findings.into_iter().for_each(|finding| self.find(finding));
        self.unusable += part.unusable;
        self.broad += part.broad;
        self.more_findings += part.more_findings;
        for (reason, count) in part.passed_over {
            *self.passed_over.entry(reason).or_default() += count;
        }
    }

    /// Adds a value.
    pub fn add(&mut self, value: WrittenValue<'_>) {
        let text = refanged(value.text.trim()).into_owned();
        match observables(value.value_type, &text) {
            Ok(found) => self.add_alternatives(found, &text, &value),
            Err(reason) => self.refuse(value.place, &format!("'{}' is not looked for: {reason}", quoted(&text))),
        }
    }

    /// Adds several things of which each is an indicator, all written as one value.
    pub fn add_alternatives(&mut self, found: Vec<Observable>, text: &str, value: &WrittenValue<'_>) {
        for observable in found {
            self.add_together(vec![observable], text, value);
        }
    }

    /// Adds what is an indicator only together.
    pub fn add_together(&mut self, observables: Vec<Observable>, text: &str, value: &WrittenValue<'_>) {
        // Together with something that is not, what is too broad does no harm.
        let reasons: Option<Vec<&str>> = observables.iter().map(too_broad).collect();
        if let Some(reason) = reasons.and_then(|reasons| reasons.first().copied())
            && !self.keeps_broad
        {
            self.broad += 1;
            let message = format!("'{}' is left out: {reason}", quoted(text));
            let help = "--keep-broad looks for such indicators too";
            self.find(Diagnostic::warning(codes::BROAD_INDICATOR, span(&value.place), message).help(help));
            return;
        }
        if let Some(reason) = observables.iter().find_map(doubtful) {
            let message = format!("'{}' may find what is harmless: {reason}", quoted(text));
            self.find(Diagnostic::warning(codes::PRIVATE_INDICATOR, span(&value.place), message));
        }
        let (level, note) = (value.level, value.note.clone().filter(|note| !note.trim().is_empty()));
        let (list, line) = (self.list.clone(), self.line(value.place.start));
        self.indicators.push(Indicator { observables, text: text.to_owned(), level, note, list, line });
    }

    /// Tells of something that cannot be used.
    pub fn refuse(&mut self, place: Range<usize>, message: &str) {
        self.unusable += 1;
        self.find(Diagnostic::warning(codes::UNUSABLE_INDICATOR, span(&place), message));
    }

    /// Counts something that the list does not mean to be looked for.
    pub fn pass_over(&mut self, reason: &'static str) {
        *self.passed_over.entry(reason).or_default() += 1;
    }

    fn find(&mut self, finding: Diagnostic) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else {
            self.more_findings += 1;
        }
    }

    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }
}

/// A value, cut if it is long.
pub fn quoted(text: &str) -> String {
    text.char_indices().nth(QUOTED).map_or_else(|| text.to_owned(), |(at, _)| format!("{}…", &text[..at]))
}

fn span(place: &Range<usize>) -> Span {
    let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(number(place.start), number(place.end.max(place.start + 1)))
}
