//! The text between events: white space and the lines of tools, which say nothing; lines of a system log that carry an event or none; and text that
//! should not be there, such as the words of a tool that has failed.
//!
//! Text comes in pieces, as it is read. Of a line no more than its first bytes are kept, so that a line may have any length.

use super::relay::is_log_line;
use crate::source::fault::snippet;

/// Bytes of a line that are kept.
const KEPT: usize = 1024;

/// Text that is no part of any event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stray {
    /// Where it begins.
    pub offset: u64,
    /// How many lines there are of it.
    pub lines: u64,
    /// How its first line begins, ready to be quoted.
    pub start: String,
}

/// Summary of the text between an event and the next one.
#[derive(Debug, Default)]
pub(super) struct Between {
    /// The start of the line that is not over.
    line: Vec<u8>,
    /// Where what counts of that line begins.
    line_at: u64,
    /// Zeros, and where the first one is.
    pub zeros: Option<(u64, u64)>,
    /// Text that should not be there.
    pub stray: Option<Stray>,
    /// Whole lines of a system log: where the first one is, and how many.
    pub log_lines: Option<(u64, u64)>,
}

impl Between {
    /// Takes another piece of text.
    pub fn add(&mut self, text: &[u8], offset: u64) {
        let mut at = offset;
        for piece in text.split_inclusive(|&byte| byte == b'\n') {
            if self.line.is_empty() {
                let blank = piece.iter().take_while(|&&byte| is_blank(byte)).count();
                self.note_zeros(&piece[..blank], at);
                self.line_at = at + blank as u64;
                self.keep(&piece[blank..]);
            } else {
                self.keep(piece);
            }
            at += piece.len() as u64;
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    /// Ends what is between at the start of an event; says whether the event stands in a line of a system log.
    pub fn end_at_event(&mut self) -> bool {
        let is_relayed = is_log_line(&String::from_utf8_lossy(&self.line));
        if is_relayed {
            self.line.clear();
        }
        self.end_line();
        is_relayed
    }

    /// Ends a line, and judges it.
    pub fn end_line(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        let line = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'));
        if is_log_line(line) {
            self.log_lines.get_or_insert((self.line_at, 0)).1 += 1;
        } else if !line.is_empty() && !is_tool_line(line) {
            let first = || Stray { offset: self.line_at, lines: 0, start: snippet(line) };
            self.stray.get_or_insert_with(first).lines += 1;
        }
        self.line.clear();
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = KEPT.saturating_sub(self.line.len()).min(piece.len());
        self.line.extend_from_slice(&piece[..room]);
    }

    fn note_zeros(&mut self, blank: &[u8], at: u64) {
        let zeros = memchr::memchr_iter(0, blank).count() as u64;
        if zeros > 0 {
            let first = memchr::memchr(0, blank).unwrap_or_default() as u64;
            self.zeros.get_or_insert((at + first, 0)).1 += zeros;
        }
    }
}

const fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0
}

/// Whether a line is one that tools write between or before events when all is well.
pub(in crate::source) fn is_tool_line(line: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match line.split_once(' ') {
        // `evtx_dump` counts the records; `evtxexport` and `evtxinfo` say which version of theirs it is.
        Some(("Record" | "evtxexport", number)) => is_number(number.trim()),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
