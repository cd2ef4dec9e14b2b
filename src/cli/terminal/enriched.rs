//! What was worked out of evidence, below what it was worked out of: decoded texts, and what is odd about an image.

use super::line::line;
use super::{DIM, MARK, shown};
use evql::report::EnrichedLine;
use std::io::{self, Write};

/// Most lines of one kind below an event, unless everything is wanted.
const MOST_LINES: usize = 6;

/// Prints facts, texts cut at so many characters; with `None` everything.
pub fn print_lines(out: &mut dyn Write, lines: &[EnrichedLine], most: Option<usize>) -> io::Result<()> {
    let shown_lines = most.map_or(lines.len(), |_| MOST_LINES.min(lines.len()));
    for EnrichedLine { label, about, text, missing } in &lines[..shown_lines] {
        let text = shown(text, most);
        let about = if about.is_empty() { String::new() } else { format!("{DIM}{}:{DIM:#} ", shown(about, most)) };
        let missing = if missing.is_empty() { String::new() } else { format!("{DIM}{missing}{DIM:#}") };
        line(out, label, &format!("{about}{MARK}{text}{MARK:#}{missing}"))?;
    }
    let left = lines.len() - shown_lines;
    if left > 0 {
        line(out, "", &format!("{DIM}and {left} more; -v shows them{DIM:#}"))?;
    }
    Ok(())
}
