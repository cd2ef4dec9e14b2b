//! FILETIMEs as instants.

use crate::base::Ticks;
use crate::source::format::YEAR_10000;

/// A FILETIME as an instant, if its year is one that text can have.
pub fn ticks_of(filetime: u64) -> Option<Ticks> {
    (filetime < YEAR_10000).then(|| i64::try_from(filetime).ok().map(Ticks)).flatten()
}
