//! The look of things on a terminal. All text from evidence passes through `evql::base::escape::terminal` here.

pub mod alerts;
mod enriched;
pub mod events;
pub mod faults;
pub mod incidents;
mod line;
pub mod stack;
pub mod story;
pub mod summary;
pub mod survey;
pub mod test_runs;
pub mod tree;
pub mod triage;

use anstyle::{AnsiColor, Style};
use evql::base::Ticks;
use evql::base::escape::terminal;
pub use evql::base::number::{counted, grouped};
use evql::rules::Level;
use std::borrow::Cow;
use std::io::Write;
use terminal_size::{Height, Width};
use unicode_width::UnicodeWidthStr;

/// More alerts than that are counted by rule and host, and shown as incidents: nobody reads so many cards first.
pub const FEW_ALERTS: usize = 10;

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const MARK: Style = AnsiColor::Yellow.on_default();
pub const HIT: Style = AnsiColor::Red.on_default().bold();

/// A time in UTC to the millisecond, as people write it.
pub fn instant(at: Ticks) -> String {
    at.rfc3339().replacen('T', " ", 1)
}

/// A time in UTC to the second, where outputs have the rest.
pub fn seconds(at: Ticks) -> String {
    instant(at).chars().take("2024-05-01 10:02:11".len()).collect()
}

/// Text from evidence, safe to print, cut after `most` characters unless everything is wanted.
pub fn shown(text: &str, most: Option<usize>) -> String {
    // Cut before it is escaped: a limit on escaped text could cut `\u{202e}` in two.
    let cut = most.and_then(|most| text.char_indices().nth(most).map(|(at, _)| at));
    match cut {
        None => terminal(text).into_owned(),
        Some(at) => {
            let left = text[at..].chars().count();
            format!("{}… (+{} characters; -v or -o shows all)", terminal(&text[..at]), grouped(left as u64))
        }
    }
}

/// Where people read, and how much fits into a line there.
pub struct TerminalPage<'o> {
    pub out: &'o mut dyn Write,
    width: Option<usize>,
}

impl<'o> TerminalPage<'o> {
    /// A page on stdout, as wide as its terminal.
    pub fn stdout(out: &'o mut dyn Write) -> Self {
        Self { out, width: width(terminal_size::terminal_size_of(std::io::stdout())) }
    }

    /// A file, in which no line is broken.
    pub fn file(out: &'o mut dyn Write) -> Self {
        Self { out, width: None }
    }

    /// A page on stderr, as wide as its terminal.
    pub fn stderr(out: &'o mut dyn Write) -> Self {
        Self { out, width: width(terminal_size::terminal_size_of(std::io::stderr())) }
    }

    /// Text in lines that fit, if this is a terminal; all but the first begin with `indent` spaces.
    fn wrapped<'t>(&self, text: &'t str, indent: usize) -> Cow<'t, str> {
        self.width.map_or(Cow::Borrowed(text), |width| wrapped_to(text, indent, width))
    }
}

fn width(size: Option<(Width, Height)>) -> Option<usize> {
    size.map(|(Width(width), _)| width.into())
}

/// Text in lines of `width` columns, of which the first has `indent` already. Words are not broken.
fn wrapped_to(text: &str, indent: usize, width: usize) -> Cow<'_, str> {
    const NARROW: usize = 20; // With less room than that, lines are not worth breaking.
    if width < indent + NARROW || indent + columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let (mut out, mut used) = (String::with_capacity(text.len() + 64), indent);
    for (at, word) in text.split(' ').enumerate() {
        let needs = columns(word);
        // A word that is wider than a line stands in a line of its own and runs over: paths and hashes are there to be copied.
        if at > 0 && used + 1 + needs > width && used > indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        } else if at > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += needs;
    }
    Cow::Owned(out)
}

/// Columns that a text takes, without the sequences that colour it.
fn columns(text: &str) -> usize {
    anstream::adapter::strip_str(text).map(UnicodeWidthStr::width).sum()
}

/// The colour of a severity.
pub fn level_style(level: Level) -> Style {
    match level {
        Level::Low => AnsiColor::Cyan.on_default().bold(),
        Level::Medium => AnsiColor::Yellow.on_default().bold(),
        Level::High => AnsiColor::Red.on_default().bold(),
        Level::Critical => AnsiColor::White.on(AnsiColor::Red).bold(),
    }
}

#[cfg(test)]
mod tests;
