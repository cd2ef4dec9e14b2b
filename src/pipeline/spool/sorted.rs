//! The order of the rows in memory, and the pieces that they are formatted in.
//!
//! Nothing is sorted as a whole: processes are, by host and by their first row, and rows are dealt out to their processes. What is left is the order in a
//! process, whose few rows nearly always come as they were logged. This module does not know what is in a row.

use super::place::RowPlace;
use super::processes::ProcessNumbers;
use crate::base::{Locator, Ticks};
use rayon::prelude::*;
use std::ops::Range;

/// Rows that one thread formats at a time: few enough that what it writes stays in its cache.
pub const ROWS_AT_A_TIME: usize = 256;

/// The numbers of rows in the order of a timeline.
#[derive(Debug, Default)]
pub struct Sorted {
    pub rows: Vec<u32>,
    /// Where each process ends.
    ends: Vec<usize>,
}

/// Rows one after another, of one process or of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowRun {
    pub rows: Range<usize>,
    /// Of a piece that begins inside of a process: the last creation before it, or else the first one of the process.
    pub start: Option<u32>,
    /// Whether it begins inside of a process.
    pub inside: bool,
    /// Where the last process ends that has no rows behind the piece.
    pub finished: usize,
}

/// The first row of a process and the number of its rows, while they are counted.
#[derive(Clone, Copy, Default)]
struct CountedProcess {
    first_time: Ticks,
    /// The number of its first row.
    first: u32,
    rows: u32,
}

impl Sorted {
    /// Sorts rows, of which those are left out that were read at a place that is not wanted.
    pub fn new(places: &[RowPlace], processes: &ProcessNumbers, is_wanted: impl Fn(Locator) -> bool) -> Self {
        // A counting sort by process. To sort all rows by (host, first event of the process, order) would compare ten million rows with each other; here only
        // processes are compared, and the rows of each among themselves, which are few and nearly in order.
        let mut counted = vec![CountedProcess::default(); processes.len()];
        for (number, place) in (0..).zip(places) {
            if !is_wanted(place.order.origin()) {
                continue;
            }
            let process = &mut counted[place.process as usize];
            let is_first = || {
                let first = (process.first_time, &places[process.first as usize].order);
                place.order.time < first.0 || (place.order.time == first.0 && place.order < *first.1)
            };
            if process.rows == 0 || is_first() {
                (process.first_time, process.first) = (place.order.time, number);
            }
            process.rows += 1;
        }
        let order = |process: &CountedProcess| places[process.first as usize].order;
        let ranks = processes.host_ranks();
        let mut processes: Vec<(u32, bool, Ticks, u32)> = (0..)
            .zip(ranks.iter().zip(&counted))
            .filter(|(_, (_, counted))| counted.rows > 0)
            .map(|(process, ((host, none), counted))| (*host, *none, counted.first_time, process))
            .collect();
        processes.par_sort_unstable_by(|left, right| {
            let order = |process: u32| order(&counted[process as usize]);
            (left.0, left.1, left.2).cmp(&(right.0, right.1, right.2)).then_with(|| order(left.3).cmp(&order(right.3)))
        });
        // From here on the first row of a process is the place that its next row is dealt to.
        let (mut ends, mut end) = (Vec::with_capacity(processes.len()), 0);
        for (.., process) in processes {
            let process = &mut counted[process as usize];
            process.first = end;
            end += process.rows;
            ends.push(end as usize);
        }
        let mut rows = vec![0; end as usize];
        for (number, place) in (0..).zip(places).filter(|(_, place)| is_wanted(place.order.origin())) {
            let next = &mut counted[place.process as usize].first;
            rows[*next as usize] = number;
            *next += 1;
        }
        let process = |number: u32| places[number as usize].process;
        rows.par_chunk_by_mut(|left, right| process(*left) == process(*right))
            .for_each(|rows| rows.sort_unstable_by_key(|number| places[*number as usize].order));
        Self { rows, ends }
    }

    /// Cuts the rows into pieces.
    pub fn pieces(&self, places: &[RowPlace]) -> Vec<RowRun> {
        let is_creation = |row: &&u32| places[**row as usize].is_creation;
        let mut pieces: Vec<RowRun> = Vec::with_capacity(self.rows.len().div_ceil(ROWS_AT_A_TIME));
        let (mut process, mut begin) = (0, 0);
        for from in (0..self.rows.len()).step_by(ROWS_AT_A_TIME) {
            let to = self.rows.len().min(from + ROWS_AT_A_TIME);
            let inside = from > begin;
            let before = pieces.last().map_or(0, |piece| piece.rows.start).max(begin);
            let known = pieces.last().filter(|piece| piece.inside && piece.rows.start > begin);
            let start = inside.then(|| {
                let latest = self.rows[before..from].iter().rev().find(is_creation);
                let first = || match known {
                    Some(piece) => piece.start,
                    None => self.rows[begin..self.ends[process]].iter().find(is_creation).copied(),
                };
                latest.copied().or_else(first)
            });
            while self.ends.get(process).is_some_and(|end| *end <= to) {
                begin = self.ends[process];
                process += 1;
            }
            pieces.push(RowRun { rows: from..to, start: start.flatten(), inside, finished: begin });
        }
        pieces
    }
}

#[cfg(test)]
mod tests;
