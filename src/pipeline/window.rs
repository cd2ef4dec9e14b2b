//! The window of time that a person asks for with `--from` and `--to`.

use crate::base::Ticks;
use std::time::SystemTime;

/// From an instant to an instant, both included; either may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeWindow {
    /// The first instant inside.
    pub from: Option<Ticks>,
    /// The last instant inside.
    pub to: Option<Ticks>,
}

/// A time that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a time: write a date (2019-05-12), a date and time (2019-05-12T18:35, UTC), RFC 3339 (2019-05-12T18:35:05.1Z) or how long ago (90m, 36h, 2d, 1w)"
)]
pub struct WindowError(String);

/// A length of time that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a length of time: write a number with s, m, h, d or w (90m, 36h, 2d, 1w), counted back from the last event; --from takes times"
)]
pub struct LengthError(String);

impl TimeWindow {
    /// Whether the window excludes anything.
    pub fn is_active(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Whether an instant lies inside.
    pub fn contains(&self, at: Ticks) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }

    /// Reads how long a window is that ends with the evidence.
    pub fn parse_last(text: &str) -> Result<Ticks, LengthError> {
        length(text).filter(|length| length.0 > 0).ok_or_else(|| LengthError(text.to_owned()))
    }

    /// Reads the start of a window. A date means its first instant.
    pub fn parse_from(text: &str) -> Result<Ticks, WindowError> {
        ago(text, now()).map_or_else(|| parse(text), |at| Ok((at, 1))).map(|(start, _)| start)
    }

    /// Reads the end of a window. A date means its last instant, a minute its last, and so on.
    pub fn parse_to(text: &str) -> Result<Ticks, WindowError> {
        ago(text, now())
            .map_or_else(|| parse(text), |at| Ok((at, 1)))
            .map(|(start, length)| Ticks(start.0 + length - 1))
    }
}

/// The system's clock.
fn now() -> Ticks {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).ok().and_then(Ticks::from_unix_millis).unwrap_or_default()
}

/// The time that is a number of s, m, h, d or w before `now`.
fn ago(text: &str, now: Ticks) -> Option<Ticks> {
    length(text).map(|length| Ticks(now.0.saturating_sub(length.0)))
}

/// A number of s, m, h, d or w.
fn length(text: &str) -> Option<Ticks> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let seconds = match unit.to_ascii_lowercase() {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return None,
    };
    let digits = &text[..text.len() - unit.len_utf8()];
    let count: u32 = digits.parse().ok().filter(|_| !digits.starts_with('+'))?;
    Some(Ticks(i64::from(count).saturating_mul(seconds * Ticks::PER_SECOND)))
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
