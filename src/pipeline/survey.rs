//! One pass over all evidence to know what it consists of, on all threads.
//!
//! Units are read side by side and put together in the order of the file, always in the same portions, so that the result does not depend on
//! threads. This module does not know what the result is shown for.

use super::filter::EventFilter;
use super::outcome::RunError;
use super::progress::Progress;
use super::surveyed_files::{add_hashes, surveyed_file};
use super::threads::CHUNKS_PER_UNIT;
use super::unit_survey::{SurveyPart, UnitSurvey};
use super::window::TimeWindow;
use crate::base::interner::Interner;
use crate::source::{self, ChunkExtent, Fault, FileStates, Input, Scratch, Search, WorkUnit};
use crate::survey::{EvidenceSurvey, FileContents};
use rayon::prelude::*;
use std::path::PathBuf;

/// Units that are read before they are put together.
const UNITS_AT_A_TIME: usize = 512;

/// How evidence is surveyed.
#[derive(Clone, Debug, Default)]
pub struct SurveyOptions {
    /// Threads to use; 0 means one per core.
    pub threads: usize,
    /// Whether to read every record the slow, complete way.
    pub slow_reader: bool,
    /// Whether to compute the SHA-256 of every file.
    pub hash: bool,
    /// Records outside of it, by the time of logging, are passed over.
    pub window: TimeWindow,
    /// Records that it does not want are passed over.
    pub filter: EventFilter,
    /// How evidence is searched for.
    pub search: Search,
}

/// Surveys everything under `paths`.
pub fn survey(paths: &[PathBuf], options: &SurveyOptions, progress: &dyn Progress) -> Result<EvidenceSurvey, RunError> {
    let source::DiscoveredInputs { inputs, faults } = source::discover(paths, &options.search);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    progress.start(inputs.iter().map(|input| input.size).sum());
    let units = source::units(&inputs, CHUNKS_PER_UNIT);
    let states = FileStates::of(&inputs);
    let mut all = SurveyParts { faults, ..SurveyParts::default() };
    let mut parts: Vec<(FileContents, u64)> = Vec::new();
    parts.resize_with(inputs.len(), Default::default);
    let state =
        || SurveyThreadState { scratch: Scratch::default().slow(options.slow_reader), ..SurveyThreadState::default() };
    pool.install(|| {
        // In portions of a fixed size, not as threads come: steps back in time are told between neighbours, so that parts have to be put together in file
        // order, and holding the parts of all units of a large case would take too much memory.
        for units in units.chunks(UNITS_AT_A_TIME) {
            let read = |state: &mut SurveyThreadState, unit: &WorkUnit| read(&inputs, unit, state, options, progress);
            let read: Vec<SurveyPart> = units.par_iter().map_init(state, read).collect();
            for (unit, part) in units.iter().zip(read) {
                let (contents, passed_over) = &mut parts[unit.input as usize];
                contents.merge(part.contents);
                *passed_over += part.passed_over;
                all.faults.extend(part.faults);
                all.unlisted += part.unlisted;
                all.extents.extend(part.extents);
            }
        }
        progress.finish();
        all.faults.extend(source::contradictions(&inputs, std::mem::take(&mut all.extents)));
        all.faults.extend(states.changes());
        all.faults.sort();
        let files = inputs.iter().cloned().zip(parts).map(surveyed_file).collect();
        let mut survey = EvidenceSurvey { files, faults: all.faults, unlisted_faults: all.unlisted };
        if options.hash {
            add_hashes(&mut survey);
        }
        Ok(survey)
    })
}

#[derive(Default)]
struct SurveyParts {
    faults: Vec<Fault>,
    unlisted: u64,
    extents: Vec<ChunkExtent>,
}

/// The state of one thread, reused from unit to unit.
#[derive(Default)]
struct SurveyThreadState {
    scratch: Scratch,
    names: Interner,
}

fn read(
    inputs: &[Input],
    unit: &WorkUnit,
    state: &mut SurveyThreadState,
    options: &SurveyOptions,
    progress: &dyn Progress,
) -> SurveyPart {
    let SurveyThreadState { scratch, names } = state;
    let mut survey = UnitSurvey::new(inputs, &options.window, &options.filter, names);
    let totals = source::visit_unit(inputs, unit, scratch, &mut survey);
    progress.advance(totals.bytes);
    survey.finish(&totals)
}
