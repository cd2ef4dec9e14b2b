//! Thresholds: events that share keys are counted over a window of time, and a finding is made when there are enough of them.
//!
//! What is counted is the events themselves, the distinct values that fields have in them, the filters that take some of them, or what their values amount to as
//! numbers. The window slides: it holds the events of one key from the latest back to its length, both ends included. This file does not know how rules write it.

use super::counted_number::CountedNumber;
use super::predicate::Predicate;
use super::sequence::{TermFilter, fields_of};
use crate::base::Ticks;
use crate::ecs::Field;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Most events of one key that a window holds; of more the oldest are let go.
pub const MOST_IN_WINDOW: usize = 1 << 18;

/// A number that is found of the events of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// How many events there are.
    Events,
    /// How many distinct values the counted fields have in them; see [`TermFilter::counting`].
    Values,
    /// How many of the filters took at least one of them.
    Filters,
    /// The sum of their numbers.
    Sum,
    /// The mean of their numbers.
    Mean,
    /// The smallest of their numbers than which so many percent of them, 1 to 100, are not greater.
    Percentile(u8),
    /// The number in the middle, or halfway between the two there.
    Median,
}

impl Measure {
    /// Whether values are read as numbers for it.
    pub const fn is_of_numbers(self) -> bool {
        matches!(self, Self::Sum | Self::Mean | Self::Percentile(_) | Self::Median)
    }

    /// A word for it, for people and programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Values => "values",
            Self::Filters => "rules",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Percentile(_) => "percentile",
            Self::Median => "median",
        }
    }
}

/// How large a measure must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureBound {
    /// Which.
    pub measure: Measure,
    /// The sizes that satisfy it, or that do not.
    pub range: RangeInclusive<CountedNumber>,
    /// Whether the size must lie outside of the range.
    pub is_outside: bool,
}

impl MeasureBound {
    /// A measure must be so large at least.
    pub fn at_least(measure: Measure, least: u64) -> Self {
        Self { measure, range: CountedNumber::count(least)..=CountedNumber(i128::MAX), is_outside: false }
    }

    /// Whether so many filters must each take an event to satisfy it.
    pub fn needs_filters(&self, count: usize) -> bool {
        let least = CountedNumber::count(count as u64);
        self.measure == Measure::Filters && !self.is_outside && *self.range.start() >= least
    }
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

    /// The measure that is not the number of events, if there is one.
    pub fn measure(&self) -> Option<Measure> {
        self.bounds.iter().map(|bound| bound.measure).find(|measure| *measure != Measure::Events)
    }

    /// Whether each filter must take an event for it to be reached.
    pub fn needs_all_filters(&self) -> bool {
        self.filters.len() == 1 || self.bounds.iter().any(|bound| bound.needs_filters(self.filters.len()))
    }

    /// Whether measures of such sizes satisfy it. A measure that has no size, as the mean of nothing, satisfies no bound.
    pub fn is_reached(&self, size: impl Fn(Measure) -> Option<CountedNumber>) -> bool {
        let holds = |bound: &MeasureBound| {
            size(bound.measure).is_some_and(|size| bound.range.contains(&size) != bound.is_outside)
        };
        self.bounds.iter().all(holds)
    }
}
