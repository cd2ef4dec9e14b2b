//! The time of the run, for outputs that say when they were made.

use evql::base::Ticks;
use std::time::{SystemTime, UNIX_EPOCH};

/// When an output is made, in whole seconds; `SOURCE_DATE_EPOCH`, in seconds since 1970, stands for the clock where outputs have to be the same each time.
///
/// `None` for a clock outside the years that [`Ticks`] can hold.
pub fn now() -> Option<Ticks> {
    // The convention of reproducible builds: two outputs of the same evidence are the same bytes then.
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.trim().parse::<i64>().ok());
    let seconds = given.or_else(|| i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs()).ok())?;
    Ticks::from_unix_millis(seconds.checked_mul(1000)?)
}
