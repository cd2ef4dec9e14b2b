//! Finds, among the events of one combination of terms, those before which there was none for as long as a rule looks back.
//!
//! Evidence begins somewhere. A combination whose first event comes sooner after that than the history is long may have been there before, and nobody can
//! tell: it is not known to be new. This file does not know rules.

use crate::base::Ticks;

/// Runs one query for new terms over the events of one combination, in order.
#[derive(Debug)]
pub struct NewTermsMachine<T> {
    history: Ticks,
    latest: Option<Ticks>,
    found: Vec<NewTermsMatch<T>>,
}

/// An event whose terms are new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTermsMatch<T> {
    /// The event.
    pub event: T,
    /// When the terms were last met before; `None` if never.
    pub before: Option<Ticks>,
    /// Whether the evidence goes back far enough to know that they are new.
    pub is_known: bool,
}

impl<T> NewTermsMachine<T> {
    /// A machine that has seen nothing.
    pub fn new(history: Ticks) -> Self {
        Self { history, latest: None, found: Vec::new() }
    }

    /// Takes the next event; `begin` is when the evidence that it is part of begins, as far as that is known.
    pub fn push(&mut self, time: Ticks, begin: Option<Ticks>, event: T) {
        let is_older = |at: Ticks| time.0.saturating_sub(at.0) > self.history.0;
        let before = self.latest.replace(time);
        if before.is_none_or(is_older) {
            // What was met before the history, within the evidence, says that the history is known too.
            let is_known = before.is_some() || begin.is_some_and(is_older);
            self.found.push(NewTermsMatch { event, before, is_known });
        }
    }

    /// The findings, in order.
    pub fn finish(self) -> Vec<NewTermsMatch<T>> {
        self.found
    }
}

#[cfg(test)]
mod tests;
