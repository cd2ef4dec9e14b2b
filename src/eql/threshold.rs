//! Thresholds: events that share keys are counted over a window of time, and a finding is made when there are enough of them.
//!
//! What is counted is the events themselves, the distinct values that a field has in them, or both. The window slides: it holds the events of one key from
//! the latest back to its length, both ends included. This file does not know how rules write it.

use super::predicate::Predicate;
use super::sequence::{TermFilter, fields_of};
use crate::base::Ticks;
use crate::ecs::Field;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Most events of one key that a window holds; of more the oldest are let go.
pub const MOST_IN_WINDOW: usize = 1 << 18;

/// A number that is counted over a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// How many events there are.
    Events,
    /// How many distinct values the counted field has in them; see [`TermFilter::counting`].
    Values,
}

/// How large a measure must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureBound {
    /// Which.
    pub measure: Measure,
    /// The sizes that satisfy it.
    pub range: RangeInclusive<u64>,
}

/// A compiled threshold.
#[derive(Clone, Debug)]
pub struct CompiledThreshold {
    filters: Vec<Arc<TermFilter>>,
    window: Ticks,
    bounds: Vec<MeasureBound>,
    fields: Box<[Field]>,
}

impl CompiledThreshold {
    /// A threshold over the events that one of the filters takes. Each filter has its keys: events of several filters meet under equal ones.
    ///
    /// All bounds must be satisfied at once. A window of no length holds the events of one instant.
    pub fn new(filters: Vec<TermFilter>, window: Ticks, bounds: Vec<MeasureBound>) -> Self {
        let filters: Vec<_> = filters.into_iter().map(Arc::new).collect();
        Self { fields: fields_of(&filters), filters, window, bounds }
    }

    /// Restricts it to events that pass a condition.
    pub(super) fn among(&self, condition: &Predicate) -> Self {
        let filters: Vec<_> = self.filters.iter().map(|filter| filter.among(condition)).collect();
        Self { fields: fields_of(&filters), filters, window: self.window, bounds: self.bounds.clone() }
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The filters, of which one must take an event.
    pub fn filters(&self) -> &[Arc<TermFilter>] {
        &self.filters
    }

    /// The length of the window.
    pub fn window(&self) -> Ticks {
        self.window
    }

    /// What must be true of the events in the window.
    pub fn bounds(&self) -> &[MeasureBound] {
        &self.bounds
    }

    /// Whether so many events with so many distinct values satisfy it.
    pub fn is_reached(&self, events: u64, values: u64) -> bool {
        let size = |measure| match measure {
            Measure::Events => events,
            Measure::Values => values,
        };
        self.bounds.iter().all(|bound| bound.range.contains(&size(bound.measure)))
    }
}
