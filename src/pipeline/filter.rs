//! Which events a person wants to see, by event ID and computer.
//!
//! This module does not know time, which is [`Window`](super::TimeWindow)'s.

use crate::base::wildcard::{CaseSensitivity, Wildcard};
use std::ops::RangeInclusive;

/// Events to look at. Everything, if nothing is named.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only events with one of these IDs, if there are any.
    pub include_ids: Vec<RangeInclusive<u32>>,
    /// No events with one of these.
    pub exclude_ids: Vec<RangeInclusive<u32>>,
    /// Only events of one of these computers, if there are any.
    pub include_computers: Vec<Wildcard>,
    /// No events of one of these.
    pub exclude_computers: Vec<Wildcard>,
}

impl EventFilter {
    /// Whether it keeps anything away.
    pub fn is_active(&self) -> bool {
        let ids = self.include_ids.len() + self.exclude_ids.len();
        ids + self.include_computers.len() + self.exclude_computers.len() > 0
    }

    /// Whether an event is wanted. One without an ID is not if IDs are asked for.
    pub fn wants<'c>(&self, id: Option<u32>, computer: impl FnOnce() -> std::borrow::Cow<'c, str>) -> bool {
        if !self.wants_id(id) {
            return false;
        }
        if self.include_computers.is_empty() && self.exclude_computers.is_empty() {
            return true;
        }
        let computer = computer();
        let among = |patterns: &[Wildcard]| patterns.iter().any(|pattern| pattern.matches(computer.trim()));
        (self.include_computers.is_empty() || among(&self.include_computers)) && !among(&self.exclude_computers)
    }

    /// Whether events with an ID are wanted, whatever their computer; those without one are not if IDs are asked for.
    pub fn wants_id(&self, id: Option<u32>) -> bool {
        let among = |ids: &[RangeInclusive<u32>]| id.is_some_and(|id| ids.iter().any(|range| range.contains(&id)));
        (self.include_ids.is_empty() || among(&self.include_ids)) && !among(&self.exclude_ids)
    }

    /// The filter as far as it is about computers.
    #[must_use]
    pub fn of_computers(&self) -> Self {
        Self { include_ids: Vec::new(), exclude_ids: Vec::new(), ..self.clone() }
    }

    /// Reads an event ID, or a range of them: `3`, `12-14`.
    pub fn parse_ids(text: &str) -> Result<RangeInclusive<u32>, String> {
        let wrong = || format!("'{text}' is not an event ID: write a number (3), or a range (12-14)");
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
        let (first, last) = (number(first)?, number(last)?);
        if first > last { Err(wrong()) } else { Ok(first..=last) }
    }

    /// A computer name with `*` and `?`, whatever the case.
    pub fn computer(pattern: &str) -> Wildcard {
        Wildcard::new(pattern.trim(), CaseSensitivity::Insensitive)
    }
}
