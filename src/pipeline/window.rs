//! The window of time that a person asks for with `--from` and `--to`.

use crate::base::Ticks;

/// From an instant to an instant, both included; either may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first instant inside.
    pub from: Option<Ticks>,
    /// The last instant inside.
    pub to: Option<Ticks>,
}

/// A time that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a time: write a date (2019-05-12), a date and time (2019-05-12T18:35, UTC) or RFC 3339 (2019-05-12T18:35:05.1Z)"
)]
pub struct WindowError(String);

impl Window {
    /// Whether an instant lies inside.
    pub fn contains(&self, at: Ticks) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }

    /// Reads the start of a window. A date means its first instant.
    pub fn parse_from(text: &str) -> Result<Ticks, WindowError> {
        parse(text).map(|(start, _)| start)
    }

    /// Reads the end of a window. A date means its last instant, a minute its last, and so on.
    pub fn parse_to(text: &str) -> Result<Ticks, WindowError> {
        parse(text).map(|(start, length)| Ticks(start.0 + length - 1))
    }
}

/// The instant that a text names, and how long what it names lasts.
fn parse(text: &str) -> Result<(Ticks, i64), WindowError> {
    const SECOND: i64 = Ticks::PER_SECOND;
    let read = |text: String| Ticks::parse_rfc3339(&text);
    let iso = text.trim().replacen(' ', "T", 1);
    let fraction = iso.contains('.');
    let candidates = [
        (read(format!("{iso}T00:00:00Z")), 24 * 60 * 60 * SECOND),
        (read(format!("{iso}:00Z")), 60 * SECOND),
        (read(format!("{iso}Z")), if fraction { 1 } else { SECOND }),
        (read(iso.clone()), if fraction { 1 } else { SECOND }),
    ];
    let found = candidates.into_iter().find_map(|(at, length)| at.map(|at| (at, length)));
    found.ok_or_else(|| WindowError(text.to_owned()))
}

#[cfg(test)]
mod tests;
