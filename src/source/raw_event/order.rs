//! When records were logged whose tool has lost it, as far as their numbers tell.
//!
//! `UtcTime` is taken before a record is written, and runs backwards between neighbours: a connection can be logged after the start of its process and tell of an
//! earlier time. Numbers rise as records are logged. So a record was logged no earlier than any before it, and its time is raised to theirs:
//!
//! ```text
//! number   UtcTime        taken for the time of logging
//! 695      18:35:05.155   18:35:05.155
//! 696      18:35:05.139   18:35:05.155    as the log has it: behind 695
//! ```
//!
//! Only small steps back are mended: a clock that was set back is no neighbour. What is held is one number and time a log, of some thousand logs at most.

use hashbrown::HashMap;

use crate::base::Ticks;
use crate::source::record::Record;

/// The farthest that a time is raised.
const FARTHEST: i64 = 30 * Ticks::PER_SECOND;

/// Limit for crafted evidence: the table of logs is cleared when it is exceeded.
const MOST_LOGS: usize = 4096;

/// The latest record of each log that was read, by computer and channel.
#[derive(Debug, Default)]
pub struct LoggedOrder {
    latest: HashMap<(String, String), (u64, Ticks)>,
}

impl LoggedOrder {
    /// Raises the time of a record to that of the records before it.
    pub fn raise(&mut self, record: &mut Record) {
        let Some(number) = record.record_id else { return };
        let log = (record.computer.to_lowercase(), record.channel.to_lowercase());
        if self.latest.len() >= MOST_LOGS && !self.latest.contains_key(&log) {
            self.latest.clear();
        }
        let (last, time) = self.latest.entry(log).or_insert((number, record.time_created));
        if number < *last {
            return;
        }
        let behind = time.0.saturating_sub(record.time_created.0);
        if (1..=FARTHEST).contains(&behind) {
            record.time_created = *time;
        }
        (*last, *time) = (number, record.time_created);
    }
}

#[cfg(test)]
mod tests;
