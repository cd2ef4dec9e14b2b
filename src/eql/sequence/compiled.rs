//! A compiled sequence: its stages, the filters that they share, and its limits.

use super::candidate::{Candidate, candidate_of_all};
use super::term_filter::{TermFilter, fields_of};
use crate::base::Ticks;
use crate::ecs::Field;
use crate::eql::predicate::Predicate;
use crate::eql::result_cut::ResultCut;
use crate::event::Fields;
use std::sync::Arc;

/// One stage. The runs of a term are stages of their own that share the term's filter.
#[derive(Clone, Debug)]
pub struct Stage {
    filter: Arc<TermFilter>,
    index: usize,
}

impl Stage {
    /// The filter that an event of the stage must pass.
    pub fn filter(&self) -> &TermFilter {
        &self.filter
    }

    /// The number of its filter in [`CompiledSequence::filters`].
    pub fn filter_index(&self) -> usize {
        self.index
    }

    /// Whether the stage demands that no event matches.
    pub fn is_missing(&self) -> bool {
        self.filter.is_missing()
    }
}

/// A compiled sequence.
#[derive(Clone, Debug)]
pub struct CompiledSequence {
    /// One filter a term, in order; that of `until` last.
    filters: Vec<Arc<TermFilter>>,
    stages: Vec<Stage>,
    until: Option<usize>,
    maxspan_millis: Option<u64>,
    fields: Box<[Field]>,
    pipes: Vec<ResultCut>,
}

impl CompiledSequence {
    /// `stages` says which filter each stage has.
    pub(in crate::eql) fn new(
        filters: Vec<TermFilter>,
        stages: &[usize],
        until: Option<TermFilter>,
        maxspan: Option<u64>,
    ) -> Self {
        // `[a] with runs=3 [b] until [c]` has the stages a a a b and the filters a b c: a document is tried on each filter once, however many stages
        // share it.
        let mut filters: Vec<Arc<TermFilter>> = filters.into_iter().map(Arc::new).collect();
        let stages = stages
            .iter()
            .filter_map(|&index| filters.get(index).map(|filter| Stage { filter: filter.clone(), index }))
            .collect();
        let until = until.map(|until| {
            filters.push(Arc::new(until));
            filters.len() - 1
        });
        let fields = fields_of(&filters);
        Self { filters, stages, until, maxspan_millis: maxspan, fields, pipes: Vec::new() }
    }

    /// A sequence of one stage for each filter, in their order, whose first and last event are so far apart at most.
    pub fn of_filters(filters: Vec<TermFilter>, maxspan: Ticks) -> Self {
        let stages: Vec<usize> = (0..filters.len()).collect();
        Self::new(filters, &stages, None, u64::try_from(maxspan.whole_millis()).ok())
    }

    pub(in crate::eql) fn with_pipes(self, pipes: Vec<ResultCut>) -> Self {
        Self { pipes, ..self }
    }

    /// Restricts the sequence to events that pass a condition.
    pub(in crate::eql) fn among(&self, condition: &Predicate) -> Self {
        let filters: Vec<_> = self.filters.iter().map(|filter| filter.among(condition)).collect();
        let stage = |stage: &Stage| Stage { filter: filters[stage.index].clone(), index: stage.index };
        let stages = self.stages.iter().map(stage).collect();
        let fields = fields_of(&filters);
        Self { filters, stages, fields, pipes: self.pipes.clone(), ..*self }
    }

    pub(in crate::eql) fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(in crate::eql) fn pipes(&self) -> &[ResultCut] {
        &self.pipes
    }

    /// All stages in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// All filters: one a term, then that of `until`.
    pub fn filters(&self) -> &[Arc<TermFilter>] {
        &self.filters
    }

    /// The number of the filter of `until`.
    pub fn until(&self) -> Option<usize> {
        self.until
    }

    /// The longest time from the first event to the last, both included, as a difference of instants.
    pub fn maxspan(&self) -> Option<Ticks> {
        let millis = i64::try_from(self.maxspan_millis?).unwrap_or(i64::MAX);
        Some(Ticks(millis.saturating_mul(Ticks::PER_MILLISECOND)))
    }

    /// Matches a document against all filters; `None` if no filter takes it.
    pub fn candidate(&self, document: &dyn Fields) -> Option<Candidate> {
        candidate_of_all(&self.filters, document)
    }
}
