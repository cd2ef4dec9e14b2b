//! Alerts as outputs take them: in order, a few at a time, so that nobody needs to hold them all.
//!
//! This module does not know where events come from.

use super::alert::Alert;
use super::hit::RuleIndex;
use crate::base::Locator;
use std::fmt::Debug;
use std::io;
use std::ops::ControlFlow;

/// An alert without its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertOutline {
    /// Which rule.
    pub rule: RuleIndex,
    /// Where the event of each stage was read; `None` at a stage that demands absence.
    pub places: Vec<Option<Locator>>,
}

/// Makes the text of the alert at a position.
pub type AlertWriter<'w> = &'w (dyn Fn(usize, &Alert, &mut Vec<u8>) + Sync);

/// Whether alerts of a rule are wanted.
pub type WantedRules<'w> = &'w (dyn Fn(RuleIndex) -> bool + Sync);

/// Takes the text of the alert at a position.
pub type TextTaker<'w> = &'w mut dyn FnMut(usize, &[u8]) -> io::Result<ControlFlow<()>>;

/// Alerts, in their order. People see an alert's position, counted from 1, as its number.
pub trait AlertSource: Debug + Sync {
    /// How many there are.
    fn count(&self) -> usize;

    /// Shows all alerts without reading their events, in order.
    fn for_each_outline(&self, each: &mut dyn FnMut(&AlertOutline)) -> io::Result<()>;

    /// Shows all alerts in order, batch by batch, each with the position of its first. Fails if `each` does, or if they are on disk and cannot be read.
    fn for_each_batch(&self, each: &mut dyn FnMut(usize, &[Alert]) -> io::Result<()>) -> io::Result<()>;

    /// Makes a text of each alert whose rule is wanted, on all threads if there are some, and gives the texts out in order, each with the position of its
    /// alert, until somebody has had enough.
    fn for_each_text(&self, is_wanted: WantedRules<'_>, make: AlertWriter<'_>, out: TextTaker<'_>) -> io::Result<()>;
}

impl dyn AlertSource + '_ {
    /// Shows all alerts in order, each with its position.
    pub fn for_each(&self, mut each: impl FnMut(usize, &Alert) -> io::Result<()>) -> io::Result<()> {
        self.for_each_batch(&mut |first, alerts| {
            alerts.iter().enumerate().try_for_each(|(at, alert)| each(first + at, alert))
        })
    }

    /// Makes a text of each alert, and gives the texts out in order.
    pub fn for_all_texts(&self, make: AlertWriter<'_>, mut out: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.for_each_text(&|_| true, make, &mut |_, text| out(text).map(ControlFlow::Continue))
    }
}

impl AlertSource for Vec<Alert> {
    fn count(&self) -> usize {
        self.len()
    }

    fn for_each_outline(&self, each: &mut dyn FnMut(&AlertOutline)) -> io::Result<()> {
        for alert in self {
            let places = alert.events.iter().map(|event| event.as_ref().map(|event| event.origin)).collect();
            each(&AlertOutline { rule: alert.rule, places });
        }
        Ok(())
    }

    fn for_each_batch(&self, each: &mut dyn FnMut(usize, &[Alert]) -> io::Result<()>) -> io::Result<()> {
        each(0, self)
    }

    fn for_each_text(&self, is_wanted: WantedRules<'_>, make: AlertWriter<'_>, out: TextTaker<'_>) -> io::Result<()> {
        let mut text = Vec::new();
        for (position, alert) in self.iter().enumerate().filter(|(_, alert)| is_wanted(alert.rule)) {
            text.clear();
            make(position, alert, &mut text);
            if out(position, &text)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
