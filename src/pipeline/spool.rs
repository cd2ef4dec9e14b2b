//! Where the rows of a timeline wait until all are known: in memory as long as they fit, else in a temporary file, sorted run by run.
//!
//! Rows leave in the order of a timeline: by host, then by process in the order of the first events of processes, then by time; what belongs to no process
//! comes last on its host. In memory rows are dealt out to their processes. On disk, runs are merged by process, each finished process is written to a second
//! temporary file, and processes are copied out in their order: memory then holds a few words a process, and one row of each run.
//! The files have no name where the system allows that, so that nothing stays behind however the run ends. This module does not know output formats.

mod place;
mod processes;
mod sorted;

use super::duplicates::Duplicates;
use crate::base::Locator;
use crate::base::host::folded_bytes;
use crate::base::spool::SpoolLimits;
use crate::event::OrderKey;
use crate::timeline::{AlertParts, RowHead, TimelineEntry, TimelineRow};
use place::RowPlace;
use processes::ProcessNumbers;
use rayon::prelude::*;
use sorted::{RowRun, Sorted};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;

/// Bytes that the place of a row takes beside the row, with its number when rows are sorted.
const PLACE: u64 = 68;
/// Pieces of formatted rows that are held at a time for each thread, and as many again while these are written.
const PIECES_PER_THREAD: usize = 4;

/// Rows that are brought into the cache together.
const FETCHED: usize = 16;
/// Bytes that a cache loads together, on most machines.
const CACHE_LINE: usize = 64;

/// The rows of one unit of work.
#[derive(Debug, Default)]
pub struct Rows {
    /// The rows one after another.
    pub bytes: Vec<u8>,
    /// Where each ends.
    pub ends: Vec<usize>,
}

/// All rows, wherever they are.
#[derive(Debug, Default)]
pub struct RowSpool {
    limits: SpoolLimits,
    blocks: Vec<Vec<u8>>,
    /// How many places each block has.
    rows: Vec<usize>,
    places: Vec<RowPlace>,
    processes: ProcessNumbers,
    held: u64,
    runs: Vec<Run>,
    file: Option<File>,
}

/// Host, whether there is no entity id, and the entity id: in the order in which runs are sorted.
type ProcessKey = (Box<[u8]>, bool, Box<[u8]>);

fn too_long() -> io::Error {
    io::Error::other("a row of a timeline is too long")
}

/// A sorted part of the temporary file.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: u64,
    end: u64,
}

fn process_key(row: &RowHead<'_>) -> ProcessKey {
    (folded_bytes(row.host).into(), row.entity_id.is_none(), row.entity_id.unwrap_or_default().into())
}

/// Whether a row is of a process.
fn is_of((host, none, entity_id): &ProcessKey, row: &RowHead<'_>) -> bool {
    **host == *folded_bytes(row.host)
        && *none == row.entity_id.is_none()
        && **entity_id == *row.entity_id.unwrap_or_default()
}

impl RowSpool {
    /// An empty spool.
    pub fn new(limits: SpoolLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Adds the rows of a unit; writes what is held to disk if it has become too much.
    pub fn add(&mut self, rows: Rows) -> io::Result<()> {
        let block = u32::try_from(self.blocks.len()).map_err(|_| io::Error::other("too many parts of a timeline"))?;
        let before = self.places.len();
        let (mut start, mut latest) = (0, None);
        for end in rows.ends {
            if let Some(row) = RowHead::read(&rows.bytes[start..end]) {
                let process = self.processes.number(&row, latest);
                latest = Some(process);
                let length = u32::try_from(end - start).map_err(|_| too_long())?;
                let RowHead { order, is_creation, .. } = row;
                self.places.push(RowPlace { order, start, length, process, block, is_creation });
                self.held += PLACE;
            }
            start = end;
        }
        self.held += rows.bytes.len() as u64;
        self.blocks.push(rows.bytes);
        self.rows.push(self.places.len() - before);
        // Rows are numbered.
        let is_full = u32::try_from(self.places.len()).is_err();
        if is_full || self.held > self.limits.max_memory { self.spill() } else { Ok(()) }
    }

    fn bytes_of(&self, place: &RowPlace) -> &[u8] {
        place.bytes(&self.blocks)
    }

    /// Writes what is held to disk, and says where if that goes wrong.
    fn spill(&mut self) -> io::Result<()> {
        self.spill_run().map_err(|error| self.limits.explain(&error))
    }

    /// Writes what is held to disk, sorted by process and time. The first creation of each process comes before all of its rows once more, so that whoever
    /// merges runs knows it before the rows that it belongs to.
    fn spill_run(&mut self) -> io::Result<()> {
        // Runs are sorted by entity id and not by the first event of a process, which is the order of the output: the first event is known when all runs are.
        // So a merge brings the rows of each process together, and only then processes are put in order.
        let rank_of = self.processes.ranks();
        // On this thread alone: the spool is locked. A thread that waited for others to sort could be given another unit meanwhile, and would wait for itself.
        self.places.sort_unstable_by_key(|place| (rank_of[place.process as usize], place.order));
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.limits.temporary()?,
        };
        // A run in the file, whose end the run's entry in `runs` has:
        //
        //     length  ahead  row         length  ahead  row
        //     u32 LE  u8     length      u32 LE  u8     length      …
        //
        // `ahead` is 1 for an extra copy of the process's first creation, in front of its rows. Rows that are earlier than the creation carry its facts too,
        // so that a merge has to know it before the first row of the process; it would have to hold the whole process otherwise.
        let start = file.seek(SeekFrom::End(0))?;
        let mut out = BufWriter::with_capacity(1 << 20, &mut file);
        for process in self.places.chunk_by(|left, right| left.process == right.process) {
            let creation = process.iter().find(|place| place.is_creation);
            for (ahead, place) in creation.map(|place| (1_u8, place)).into_iter().chain(process.iter().map(|p| (0, p)))
            {
                let row = self.bytes_of(place);
                out.write_all(&place.length.to_le_bytes())?;
                out.write_all(&[ahead])?;
                out.write_all(row)?;
            }
        }
        out.flush()?;
        drop(out);
        let end = file.stream_position()?;
        self.file = Some(file);
        self.runs.push(Run { start, end });
        (self.blocks, self.rows, self.places) = (Vec::new(), Vec::new(), Vec::new());
        (self.processes, self.held) = (ProcessNumbers::default(), 0);
        Ok(())
    }

    /// Gives all rows to `format`, some at a time, which adds its bytes to those that are there, and writes the bytes to `out` in the order of the timeline.
    pub fn write(
        mut self,
        pool: &rayon::ThreadPool,
        duplicates: &Duplicates,
        (parts, only): (&AlertParts, Option<&[Locator]>),
        format: &FormatRows<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let format = RowFormat { parts, only, format };
        if self.runs.is_empty() {
            return self.write_held(pool, duplicates, &format, out);
        }
        if !self.places.is_empty() {
            pool.install(|| self.spill())?;
        }
        self.write_runs(duplicates, &format, out)
    }

    fn write_held(
        self,
        pool: &rayon::ThreadPool,
        duplicates: &Duplicates,
        format: &RowFormat<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Self { mut blocks, rows, places, processes, .. } = self;
        let any = !duplicates.is_empty();
        let is_wanted = |origin| !(any && duplicates.contains(origin));
        let sorted = pool.install(|| Sorted::new(&places, &processes, is_wanted));
        // To free what was held takes a while, and nobody needs to wait for it.
        pool.spawn(move || drop(processes));
        // Blocks are freed as their last row is written, so that the formatted text of a large timeline does not come on top of all its rows.
        let mut left = Left { rows, finished: 0 };
        let pieces = sorted.pieces(&places);
        let at_a_time = pool.current_num_threads() * PIECES_PER_THREAD;
        let (mut written, mut formatted): (Vec<Vec<u8>>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
        let mut finished = 0;
        for pieces in pieces.chunks(at_a_time) {
            formatted.resize_with(pieces.len(), Vec::new);
            let mut unused = Vec::new();
            // While some pieces are formatted, those before them are written.
            pool.in_place_scope(|scope| {
                let held = HeldRows { blocks: &blocks, places: &places, rows: &sorted.rows };
                let formatted = &mut formatted;
                scope.spawn(move |_| {
                    formatted.par_iter_mut().zip(pieces).for_each(|(bytes, piece)| {
                        bytes.clear();
                        held.format(piece, format, bytes);
                    });
                });
                unused = left.finish(finished, &sorted, &places);
                written.iter().try_for_each(|bytes| out.write_all(bytes))
            })?;
            let unused: Vec<_> = unused.into_iter().map(|block| std::mem::take(&mut blocks[block])).collect();
            pool.spawn(move || drop(unused));
            std::mem::swap(&mut written, &mut formatted);
            finished = pieces.last().map_or(0, |piece| piece.finished);
        }
        written.iter().try_for_each(|bytes| out.write_all(bytes))
    }

    fn write_runs(mut self, duplicates: &Duplicates, format: &RowFormat<'_>, out: &mut dyn Write) -> io::Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        // Rows are formatted here already, into a second temporary file, one stretch for each process. Then only stretches have to be ordered: a few words
        // for a process stay in memory, whatever the size of the timeline.
        let mut merge = Merge::new(file, &self.runs)?;
        let mut sorted = BufWriter::with_capacity(1 << 20, self.limits.temporary()?);
        let mut groups: Vec<FinishedProcess> = Vec::new();
        let mut written = 0_u64;
        let mut current: Option<(ProcessKey, FinishedProcess)> = None;
        // The creation that the rows at hand belong to, as its bytes.
        let mut start: Option<Vec<u8>> = None;
        let mut bytes = Vec::new();
        while let Some((ahead, record)) = merge.next()? {
            let (Some(row), Some(head)) = (TimelineRow::read(&record), RowHead::read(&record)) else { continue };
            if duplicates.contains(row.order.origin()) {
                continue;
            }
            if !current.as_ref().is_some_and(|(process, _)| is_of(process, &head)) {
                let before = current.take();
                let host = before
                    .as_ref()
                    .map_or(0, |((host, ..), group)| group.host + usize::from(**host != *folded_bytes(head.host)));
                groups.extend(before.map(|(_, group)| group));
                start = None;
                let group =
                    FinishedProcess { host, none: row.entity_id.is_none(), first: row.order, at: written, length: 0 };
                current = Some((process_key(&head), group));
            }
            let Some((_, group)) = &mut current else { continue };
            group.first = group.first.min(row.order);
            if ahead {
                // Of the first creations in all runs the earliest comes first.
                start.get_or_insert(record);
                continue;
            }
            if row.is_creation {
                start = Some(record.clone());
            }
            bytes.clear();
            let Some(entry) = format.entry(row, start.as_deref().and_then(TimelineRow::read)) else { continue };
            (format.format)(&mut std::iter::once(entry), &mut bytes);
            sorted.write_all(&bytes)?;
            written += bytes.len() as u64;
            group.length += bytes.len() as u64;
        }
        groups.extend(current.map(|(_, group)| group));
        groups.sort_unstable_by_key(|group| (group.host, group.none, group.first));
        let mut sorted = sorted.into_inner().map_err(io::IntoInnerError::into_error)?;
        for group in groups {
            sorted.seek(SeekFrom::Start(group.at))?;
            io::copy(&mut Read::by_ref(&mut sorted).take(group.length), out)?;
        }
        Ok(())
    }
}

/// A finished process in the second temporary file.
#[derive(Debug)]
struct FinishedProcess {
    /// Hosts come in the order of their names, so that a number does.
    host: usize,
    none: bool,
    first: OrderKey,
    at: u64,
    length: u64,
}

/// Rows in memory.
#[derive(Clone, Copy)]
struct HeldRows<'s> {
    blocks: &'s [Vec<u8>],
    places: &'s [RowPlace],
    /// The numbers of rows in the order of the timeline.
    rows: &'s [u32],
}

impl<'s> HeldRows<'s> {
    /// Formats a piece.
    fn format(self, piece: &RowRun, format: &RowFormat<'_>, out: &mut Vec<u8>) {
        let read = |place: &RowPlace| TimelineRow::read(place.bytes(self.blocks));
        let place = |number: &u32| &self.places[*number as usize];
        let mut start = piece.start.and_then(|number| read(place(&number)));
        let mut process = piece.inside.then(|| place(&self.rows[piece.rows.start]).process);
        let mut entries = piece.rows.clone().filter_map(|at| {
            if (at - piece.rows.start).is_multiple_of(FETCHED) {
                self.fetch(at..piece.rows.end.min(at + FETCHED));
            }
            let here = place(&self.rows[at]);
            let row = read(here)?;
            if process != Some(here.process) {
                process = Some(here.process);
                // What comes first is nearly always the creation itself.
                start = if here.is_creation { None } else { self.first_creation(at).and_then(read) };
            }
            if here.is_creation {
                start = Some(row);
            }
            format.entry(row, start)
        });
        (format.format)(&mut entries, out);
    }

    /// Brings rows into the cache: they lie anywhere, and to wait for many at once takes little longer than to wait for one.
    fn fetch(self, rows: Range<usize>) {
        let mut any = 0;
        for number in &self.rows[rows] {
            let bytes = self.places[*number as usize].bytes(self.blocks);
            any = bytes.iter().step_by(CACHE_LINE).fold(any, |any, byte| any ^ byte);
        }
        std::hint::black_box(any);
    }

    /// The first creation of the process whose rows begin here.
    fn first_creation(self, at: usize) -> Option<&'s RowPlace> {
        let mut places = self.rows[at..].iter().map(|number| &self.places[*number as usize]);
        let process = self.places[self.rows[at] as usize].process;
        places.by_ref().take_while(|place| place.process == process).find(|place| place.is_creation)
    }
}

/// How many rows of each block are left to be formatted.
struct Left {
    rows: Vec<usize>,
    finished: usize,
}

impl Left {
    /// The rows before this one are done, and nobody will ask for them: the blocks that have no others.
    fn finish(&mut self, finished: usize, sorted: &Sorted, places: &[RowPlace]) -> Vec<usize> {
        let done = std::mem::replace(&mut self.finished, finished)..finished;
        let blocks = sorted.rows[done].iter().map(|number| places[*number as usize].block as usize);
        let is_done = |block: &usize| {
            self.rows[*block] -= 1;
            self.rows[*block] == 0
        };
        blocks.filter(is_done).collect()
    }
}

/// A function that formats rows and appends them to some bytes.
pub type FormatRows<'f> = dyn Fn(&mut dyn Iterator<Item = TimelineEntry<'_>>, &mut Vec<u8>) + Sync + 'f;

/// How rows are formatted.
struct RowFormat<'f> {
    parts: &'f AlertParts,
    /// The places of the rows that are wanted, in order; all are if there is nothing.
    only: Option<&'f [Locator]>,
    format: &'f FormatRows<'f>,
}

impl<'f> RowFormat<'f> {
    /// A row with what stands beside it, if it is wanted. Rows that are not have their say before: what is carried from the start of a process does not depend
    /// on whether the start is wanted.
    fn entry<'r>(&self, row: TimelineRow<'r>, start: Option<TimelineRow<'r>>) -> Option<TimelineEntry<'r>>
    where
        'f: 'r,
    {
        let origin = row.order.origin();
        if self.only.is_some_and(|only| only.binary_search(&origin).is_err()) {
            return None;
        }
        let parts = self.parts.of(origin);
        // What names no process has no start, even where a creation names none.
        let start = start.filter(|_| !row.is_creation && row.entity_id.is_some());
        Some(TimelineEntry { row, start, parts })
    }
}

/// A temporary file that nobody sees and that goes away by itself.
/// Merges sorted runs of one file.
struct Merge {
    file: File,
    runs: Vec<io::Cursor<Vec<u8>>>,
    left: Vec<Run>,
    /// The next row of each run.
    heads: BinaryHeap<Reverse<Head>>,
}

/// A row with what it is sorted by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    process: ProcessKey,
    /// Rows that are there once more come before the others.
    not_ahead: bool,
    order: OrderKey,
    run: usize,
    row: Vec<u8>,
}

/// Bytes of a run that are read at a time, at most.
const RUN_BUFFER: u64 = 1 << 18;

impl Merge {
    fn new(file: File, runs: &[Run]) -> io::Result<Self> {
        let empty = |_: &Run| io::Cursor::new(Vec::new());
        let mut merge =
            Self { file, runs: runs.iter().map(empty).collect(), left: runs.to_vec(), heads: BinaryHeap::new() };
        for run in 0..runs.len() {
            merge.advance(run)?;
        }
        Ok(merge)
    }

    /// The next row of all, and whether it is one that will come again.
    fn next(&mut self) -> io::Result<Option<(bool, Vec<u8>)>> {
        let Some(Reverse(head)) = self.heads.pop() else { return Ok(None) };
        self.advance(head.run)?;
        Ok(Some((!head.not_ahead, head.row)))
    }

    fn advance(&mut self, run: usize) -> io::Result<()> {
        let mut head = [0; 5];
        if !self.fill(run, &mut head)? {
            return Ok(());
        }
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        let mut row = vec![0; usize::try_from(length).unwrap_or_default()];
        self.fill(run, &mut row)?;
        // A heap of one row per run: reading ahead is done by bytes (`fill`), so that memory is bounded by the number of runs.
        if let Some(read) = RowHead::read(&row) {
            let (process, order) = (process_key(&read), read.order);
            self.heads.push(Reverse(Head { process, not_ahead: head[4] == 0, order, run, row }));
        }
        Ok(())
    }

    /// Fills `bytes` from a run; false if the run has ended.
    fn fill(&mut self, run: usize, bytes: &mut [u8]) -> io::Result<bool> {
        let mut filled = 0;
        while filled < bytes.len() {
            let read = self.runs[run].read(&mut bytes[filled..])?;
            filled += read;
            if read == 0 {
                let left = &mut self.left[run];
                let length = (left.end - left.start).min(RUN_BUFFER);
                if length == 0 {
                    return if filled == 0 { Ok(false) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
                }
                let mut buffer = std::mem::take(self.runs[run].get_mut());
                buffer.clear();
                self.file.seek(SeekFrom::Start(left.start))?;
                Read::by_ref(&mut self.file).take(length).read_to_end(&mut buffer)?;
                left.start += length;
                self.runs[run] = io::Cursor::new(buffer);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
