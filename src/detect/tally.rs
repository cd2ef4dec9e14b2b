//! What rules count for an alert, or look back to.
//!
//! This file does not know how.

use crate::base::Ticks;
use crate::eql::CountedNumber;
use serde::{Deserialize, Serialize};

/// What a rule has counted for an alert, or looked back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AlertTally {
    /// Of a threshold.
    Counted {
        /// How many events there are in its window.
        events: u64,
        /// How many distinct values they have, if these count.
        values: Option<u64>,
        /// What their values amount to as numbers, if they are added up or ranked.
        number: Option<CountedNumber>,
        /// Whether there were more than are held, so that both numbers are too small.
        is_cut: bool,
    },
    /// Of new terms.
    New {
        /// When they were last met before; `None` if never.
        before: Option<Ticks>,
        /// Whether the evidence goes back far enough to know that they are new.
        is_known: bool,
    },
}

/// The alerts that one stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepeatedAlerts {
    /// How many.
    pub count: usize,
    /// The time of the last of them.
    pub last: Ticks,
}
