//! One pass over all evidence to know what it consists of, on all threads.
//!
//! Units are read side by side and put together in the order of the file, always in the same portions, so that the result does not depend on
//! threads. This module does not know what the result is shown for.

use super::evidence_end::{LatestEvents, RecentWindow};
use super::filter::EventFilter;
use super::outcome::RunError;
use super::progress::Progress;
use super::surveyed_files::{add_hashes, surveyed_file};
use super::threads::CHUNKS_PER_UNIT;
use super::unit_survey::{SurveyPart, UnitSurvey};
use super::window::TimeWindow;
use crate::base::Ticks;
use crate::base::host::HostName;
use crate::base::interner::Interner;
use crate::diag::Notice;
use crate::source::{self, ChunkExtent, Fault, FileStates, Input, Scratch, Search, WorkUnit};
use crate::survey::{EvidenceSurvey, FileContents};
use rayon::prelude::*;
use std::borrow::Cow;
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
    /// Only so long a time before the last record counts: the start of the window is set by it.
    pub last: Option<Ticks>,
    /// Records that it does not want are passed over.
    pub filter: EventFilter,
    /// How evidence is searched for.
    pub search: Search,
    /// Whether only the beginning and the end of files are read, to know whose they are: of a log the first chunk, the one that was written last and the last
    /// one. Of files that can only be read from front to back those of more than 8 MiB are not read. Counts are then those of what was read, and what is missing is not known.
    pub ends: bool,
    /// Files that are written at the same time, in canonical form: they are no evidence, wherever they lie.
    pub outputs: Vec<PathBuf>,
}

/// Surveys everything under `paths`.
pub fn survey(paths: &[PathBuf], options: &SurveyOptions, progress: &dyn Progress) -> Result<EvidenceSurvey, RunError> {
    let source::DiscoveredInputs { inputs, faults } = source::discover_beside(paths, &options.search, &options.outputs);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    let states = FileStates::of(&inputs);
    pool.install(|| {
        let (options, notices) = with_window(&inputs, options, progress);
        let SurveyParts { contents, faults: found, unlisted, extents } = read_all(&inputs, &options, progress);
        // Between chunks of which most were not read everything is missing.
        let contradictions = if options.ends { Vec::new() } else { source::contradictions(&inputs, extents) };
        let mut faults = [faults, found, contradictions, states.changes()].concat();
        faults.sort();
        let files = inputs.iter().cloned().zip(contents).map(surveyed_file).collect();
        let mut survey = EvidenceSurvey { files, faults, unlisted_faults: unlisted, notices };
        if options.hash {
            add_hashes(&mut survey, options.threads);
        }
        Ok(survey)
    })
}

/// The options with the window that `last` comes down to, and what is to be told of it: the evidence is read once for that.
fn with_window<'o>(
    inputs: &[Input],
    options: &'o SurveyOptions,
    progress: &dyn Progress,
) -> (Cow<'o, SurveyOptions>, Vec<Notice>) {
    let Some(length) = options.last else { return (Cow::Borrowed(options), Vec::new()) };
    let to = options.window.to;
    let looking = SurveyOptions {
        window: TimeWindow { from: None, to },
        filter: options.filter.of_computers(),
        ..options.clone()
    };
    let mut latest = LatestEvents::default();
    for (contents, _) in read_all(inputs, &looking, progress).contents {
        for (key, stream) in &contents.streams {
            if let Some((_, last)) = stream.span {
                let host = HostName { folded: key.computer.clone(), written: stream.computer.clone() };
                latest.add_host(&host, last);
            }
        }
    }
    let RecentWindow { window, notices } = latest.window(length, to);
    (Cow::Owned(SurveyOptions { window, ..options.clone() }), notices)
}

/// Reads all units.
fn read_all(inputs: &[Input], options: &SurveyOptions, progress: &dyn Progress) -> SurveyParts {
    progress.start(inputs.iter().map(|input| input.size).sum());
    let units = if options.ends { end_units(inputs) } else { source::units(inputs, CHUNKS_PER_UNIT) };
    let mut all = SurveyParts::default();
    all.contents.resize_with(inputs.len(), Default::default);
    let state =
        || SurveyThreadState { scratch: Scratch::default().slow(options.slow_reader), ..SurveyThreadState::default() };
    // In portions of a fixed size, not as threads come: steps back in time are told between neighbours, so that parts have to be put together in file
    // order, and holding the parts of all units of a large case would take too much memory.
    for units in units.chunks(UNITS_AT_A_TIME) {
        let read = |state: &mut SurveyThreadState, unit: &WorkUnit| read(inputs, unit, state, options, progress);
        let read: Vec<SurveyPart> = units.par_iter().map_init(state, read).collect();
        for (unit, part) in units.iter().zip(read) {
            let (contents, passed_over) = &mut all.contents[unit.input as usize];
            contents.merge(part.contents);
            *passed_over += part.passed_over;
            all.faults.extend(part.faults);
            all.unlisted += part.unlisted;
            all.extents.extend(part.extents);
        }
    }
    progress.finish();
    all
}

/// Files of one unit are read for their ends up to this size in bytes.
const LARGEST_WHOLE: u64 = 8 << 20;

/// The units at the beginning and the end of each input, and that of the chunk that its header says was written last.
fn end_units(inputs: &[Input]) -> Vec<WorkUnit> {
    let mut units = source::units(inputs, 1);
    units.retain(|unit| unit.chunks > 0 || unit.bytes(inputs) <= LARGEST_WHOLE);
    let of_input = |units: &[WorkUnit]| {
        let header = units.first().and_then(|unit| source::log_header(&inputs[unit.input as usize]));
        let current = header.map_or(0, |header| header.last_chunk);
        let last = units.len() - 1;
        let is_wanted = |(at, unit): &(usize, &WorkUnit)| [0, last].contains(at) || unit.first_chunk == current;
        units.iter().enumerate().filter(is_wanted).map(|(_, unit)| *unit).collect::<Vec<_>>()
    };
    units.chunk_by(|one, next| one.input == next.input).flat_map(of_input).collect()
}

#[derive(Default)]
struct SurveyParts {
    /// By input: what was found, and how many records were passed over.
    contents: Vec<(FileContents, u64)>,
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
