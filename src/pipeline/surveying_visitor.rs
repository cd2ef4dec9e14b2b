//! A unit of the first pass for a run that is to end in a report: the rules see its records, and so does the survey of what the evidence consists of.

use super::unit_survey::{SurveyPart, UnitSurvey};
use super::unit_visitor::UnitVisitor;
use crate::source::{ChunkExtent, Item, RecordRef, UnitStats, Visit, Visitor};
use crate::sysmon;

/// Visits a unit for the rules and for a survey.
pub struct SurveyingVisitor<'w> {
    rules: UnitVisitor<'w>,
    survey: UnitSurvey<'w>,
    /// Who asked for the record that comes next in full.
    asking: Option<Asking>,
}

#[derive(Clone, Copy)]
struct Asking {
    rules: bool,
    survey: bool,
}

impl<'w> SurveyingVisitor<'w> {
    /// A visitor that shows everything to both.
    pub fn new(rules: UnitVisitor<'w>, survey: UnitSurvey<'w>) -> Self {
        Self { rules, survey, asking: None }
    }

    /// Ends the survey of a unit that had so many chunks and records.
    pub fn finish(self, totals: &UnitStats) -> SurveyPart {
        self.survey.finish(totals)
    }
}

impl Visitor for SurveyingVisitor<'_> {
    fn begin_chunk(&mut self, offset: u64) {
        self.rules.begin_chunk(offset);
        self.survey.begin_chunk(offset);
    }

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        let survey = self.survey.record_ref(record) == Visit::NeedRecord;
        let rules = if sysmon::is_provider(record.provider(), record.provider_guid()) {
            self.rules.record_ref(record) == Visit::NeedRecord
        } else {
            self.rules.item(Item::Skipped);
            false
        };
        if !rules && !survey {
            return Visit::Skip;
        }
        self.asking = Some(Asking { rules, survey });
        Visit::NeedRecord
    }

    fn item(&mut self, item: Item) {
        // A record that nobody was asked about, because it cannot be read in place, is for both.
        let asking = if matches!(item, Item::Record(_)) { self.asking.take() } else { None };
        let Asking { rules, survey } = asking.unwrap_or(Asking { rules: true, survey: true });
        match (rules, survey) {
            (true, true) => {
                self.survey.item(item.clone());
                self.rules.item(item);
            }
            (false, _) => self.survey.item(item),
            (true, false) => self.rules.item(item),
        }
    }

    fn restart_chunk(&mut self) {
        self.asking = None;
        self.rules.restart_chunk();
        self.survey.restart_chunk();
    }

    fn end_chunk(&mut self, bytes: &[u8]) {
        self.rules.end_chunk(bytes);
        self.survey.end_chunk(bytes);
    }

    fn chunk_extent(&mut self, extent: ChunkExtent) {
        // The survey of a run leaves what chunks contradict to the run.
        self.rules.chunk_extent(extent);
    }
}
