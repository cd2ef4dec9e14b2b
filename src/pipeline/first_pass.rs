//! The first pass: all threads read units of work, each into results of its own, which are merged without regard to order.

use super::options::RunOptions;
use super::partial_results::PartialResults;
use super::spool::Rows;
use super::surveying_visitor::SurveyingVisitor;
use super::unit_survey::UnitSurvey;
use super::unit_visitor::UnitVisitor;
use super::worker::{ThreadState, Worker};
use crate::detect::CandidateWriter;
use crate::source::{self, WorkUnit};
use rayon::prelude::*;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

impl Worker<'_> {
    /// Reads units to their ends and merges their results.
    pub fn read_all(&self, units: &[WorkUnit]) -> PartialResults {
        // Rayon folds neighbouring units that one thread takes one after the other into the same results: there are far fewer merges than units. The box
        // keeps what rayon moves about small.
        let part = || Box::new(PartialResults::default());
        let read = units.par_iter().fold(part, |mut found, unit| {
            if self.space.error().is_some() {
                // There is no room for what would be found: what was found so far is worth more than an error.
                self.unread.fetch_add(unit.bytes(self.inputs), Ordering::Relaxed);
            } else {
                self.with_state(|state| self.read(unit, state, &mut found));
            }
            found
        });
        read.map(|found| *found).reduce(PartialResults::default, PartialResults::merge)
    }

    /// Reads one unit to its end and adds its results to `found`.
    fn read(&self, unit: &WorkUnit, state: &mut ThreadState, found: &mut PartialResults) {
        // Reader and visitor need to be borrowed at once, so that the reader's buffers leave the state while it reads.
        let mut scratch = std::mem::take(&mut state.scratch);
        found.begin_unit();
        let mut names = std::mem::take(&mut state.survey_names);
        let mut rules = UnitVisitor::new(self, unit.input, state, found);
        let totals = match &self.survey {
            Some(survey) => {
                let RunOptions { window, filter, .. } = self.options;
                let survey_of = UnitSurvey::new(self.inputs, window, filter, &mut names);
                let mut both = SurveyingVisitor::new(rules, survey_of);
                let totals = source::visit_unit(self.inputs, unit, &mut scratch, &mut both);
                let part = both.finish(&totals);
                let mut file = survey[unit.input as usize].lock().unwrap_or_else(PoisonError::into_inner);
                file.add(unit.first_chunk, unit.chunks, part);
                totals
            }
            None => source::visit_unit(self.inputs, unit, &mut scratch, &mut rules),
        };
        (state.scratch, state.survey_names) = (scratch, names);
        found.computers.keep();
        let CandidateWriter { tuples, alerts, .. } = &mut state.matching.writer;
        self.alerts.add(std::mem::take(alerts));
        // A copy of just this length: the spool keeps it, and the writer keeps its buffer.
        self.candidates.add(tuples.clone());
        tuples.clear();
        state.connections.drain(..).for_each(|connection| found.addresses.learn(&connection));
        if let Some(spool) = &self.spool {
            // The spool keeps the buffer, so that a new one is made, and large enough at once: the next unit will have about as many bytes.
            let length = state.rows.bytes().len();
            let bytes = state.rows.take();
            state.rows.reserve(length + length / 8);
            let rows = Rows { bytes, ends: std::mem::take(&mut state.row_ends) };
            if let Err(error) = spool.lock().unwrap_or_else(PoisonError::into_inner).add(rows) {
                self.space.note(&error);
            }
        }
        found.tally.chunks += totals.chunks;
        found.tally.records += totals.records;
        self.progress.advance(totals.bytes);
    }
}
