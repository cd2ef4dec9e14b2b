//! Where the text of a query stands in its rule file: findings about a query are moved to the line and column of the file.
//!
//! A query is a string inside TOML or JSON. Escapes make it shorter than what is written, so offsets are moved piece by piece: each piece is a run
//! of the query that stands in the file letter for letter. This module does not know what a query means.

use crate::base::Span;
use crate::diag::Diagnostic;
use std::ops::Range;

/// Where a query stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryPlace {
    /// Run by run: offset in the query, and offset in the file. The last entry is the end.
    Pieces(Vec<(usize, usize)>),
    /// Part by part, for a query that was made of a file in another language: a span of the query, and the place in the file that it was made of. Parts
    /// may lie inside of others.
    Parts(Vec<(Span, Span)>),
    /// The way it is written was not understood; only the whole of it can be pointed at.
    Whole(Span),
}

/// The language that a string is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringForm {
    /// A TOML string of any of the four kinds.
    Toml,
    /// A JSON string.
    Json,
    /// Nothing around it and nothing escaped.
    Plain,
}

impl QueryPlace {
    /// The place of `query`, which is what the literal at `range` of `file` stands for.
    pub fn of(file: &str, range: Range<usize>, query: &str, written: StringForm) -> Self {
        let literal = file.get(range.clone()).unwrap_or_default();
        let decoded = match written {
            StringForm::Toml => toml(literal),
            StringForm::Json => escaped(literal, 1..literal.len().saturating_sub(1), StringForm::Json),
            StringForm::Plain => {
                Some(Decoded { text: literal.to_owned(), pieces: vec![(0, 0), (literal.len(), literal.len())] })
            }
        };
        match decoded {
            // The decoder here is a second one beside the parser of the file. Where the two disagree about a text, no place inside of it can be trusted,
            // and the whole literal is pointed at.
            Some(decoded) if decoded.text == query => {
                let moved = decoded.pieces.into_iter().map(|(query, literal)| (query, literal + range.start));
                Self::Pieces(moved.collect())
            }
            _ => Self::Whole(span(&range)),
        }
    }

    /// Moves a finding from the query to its place in the file.
    pub fn relocate(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.span = self.in_file(diagnostic.span);
        diagnostic
    }

    /// The span in the file of a span of the query.
    pub fn in_file(&self, span: Span) -> Span {
        match self {
            Self::Pieces(pieces) => {
                let start = position(pieces, span.start as usize);
                let end = position(pieces, span.end as usize).max(start);
                Span::new(to_u32(start), to_u32(end))
            }
            Self::Parts(parts) => of_parts(parts, span),
            Self::Whole(span) => *span,
        }
    }
}

/// The place of the smallest part that has a span in it; else of all parts that the span has in it.
fn of_parts(parts: &[(Span, Span)], span: Span) -> Span {
    let length = |of: Span| of.end.saturating_sub(of.start);
    let around = parts.iter().filter(|(query, _)| query.start <= span.start && span.end <= query.end);
    if let Some((_, file)) = around.min_by_key(|(query, _)| length(*query)) {
        return *file;
    }
    let within = || parts.iter().filter(|(query, _)| span.start <= query.start && query.end <= span.end);
    let start = within().map(|(_, file)| file.start).min();
    let end = within().map(|(_, file)| file.end).max();
    start.zip(end).map_or(Span::default(), |(start, end)| Span::new(start, end))
}

impl Default for QueryPlace {
    /// The place of a query that stands in no file: its own text.
    fn default() -> Self {
        Self::Pieces(vec![(0, 0), (usize::MAX, usize::MAX)])
    }
}

/// The offset in the file of an offset in the query.
fn position(pieces: &[(usize, usize)], offset: usize) -> usize {
    let next = pieces.partition_point(|&(query, _)| query <= offset);
    let Some(&(query, file)) = next.checked_sub(1).and_then(|at| pieces.get(at)) else { return 0 };
    // Inside of a piece query and file run in step. An offset inside of an escape, which is one character of the query and several of the file, is held
    // back at the start of the next piece.
    let moved = file + (offset - query);
    pieces.get(next).map_or(file, |&(_, limit)| moved.min(limit))
}

/// A decoded literal, with the place of each run of its text in the literal.
struct Decoded {
    text: String,
    pieces: Vec<(usize, usize)>,
}

fn toml(literal: &str) -> Option<Decoded> {
    for quotes in ["\"\"\"", "'''", "\"", "'"] {
        // Three quotes before one: `"""` begins with `"` too.
        if !literal.starts_with(quotes) || literal.len() < 2 * quotes.len() || !literal.ends_with(quotes) {
            continue;
        }
        let mut start = quotes.len();
        let end = literal.len() - quotes.len();
        if quotes.len() == 3 {
            // A line break right after the opening quotes is not part of the text.
            let body = &literal[start..end];
            start += if body.starts_with("\r\n") { 2 } else { usize::from(body.starts_with('\n')) };
        }
        if quotes.starts_with('\'') {
            return Some(Decoded {
                text: literal[start..end].to_owned(),
                pieces: vec![(0, start), (end - start, end)],
            });
        }
        return escaped(literal, start..end, StringForm::Toml);
    }
    None
}

/// Decodes the part of a literal inside its quotes.
fn escaped(literal: &str, inside: Range<usize>, written: StringForm) -> Option<Decoded> {
    let mut decoded = Decoded { text: String::new(), pieces: Vec::new() };
    let mut at = inside.start;
    while at < inside.end {
        decoded.pieces.push((decoded.text.len(), at));
        let run = literal.get(at..inside.end)?;
        let next = run.find('\\').unwrap_or(run.len());
        decoded.text.push_str(&run[..next]);
        at += next;
        if at < inside.end {
            decoded.pieces.push((decoded.text.len(), at));
            at += escape(&literal[at..inside.end], written, &mut decoded.text)?;
        }
    }
    decoded.pieces.push((decoded.text.len(), inside.end));
    Some(decoded)
}

/// Decodes the escape that `text` starts with, and says how long it is.
fn escape(text: &str, written: StringForm, out: &mut String) -> Option<usize> {
    let kind = text[1..].chars().next()?;
    let plain = match kind {
        'b' => Some('\u{8}'),
        't' => Some('\t'),
        'n' => Some('\n'),
        'f' => Some('\u{c}'),
        'r' => Some('\r'),
        '"' | '\\' => Some(kind),
        '/' if written == StringForm::Json => Some('/'),
        'e' if written == StringForm::Toml => Some('\u{1b}'),
        _ => None,
    };
    if let Some(plain) = plain {
        out.push(plain);
        return Some(2);
    }
    let hex = |from: usize, length: usize| u32::from_str_radix(text.get(from..from + length)?, 16).ok();
    match (kind, written) {
        ('u', StringForm::Json) => {
            let first = hex(2, 4)?;
            // JSON escapes UTF-16 units: a character beyond U+FFFF is two escapes, a high surrogate and a low one.
            if !(0xD800..0xDC00).contains(&first) {
                out.push(char::from_u32(first)?);
                return Some(6);
            }
            let second = text.get(6..8).filter(|&mark| mark == "\\u").and_then(|_| hex(8, 4))?;
            out.push(char::from_u32(0x10000 + ((first - 0xD800) << 10) + second.checked_sub(0xDC00)?)?);
            Some(12)
        }
        ('x' | 'u' | 'U', StringForm::Toml) => {
            let digits = match kind {
                'x' => 2,
                'u' => 4,
                _ => 8,
            };
            out.push(char::from_u32(hex(2, digits)?)?);
            Some(2 + digits)
        }
        // A backslash at the end of a line takes the break and all blanks after it away.
        (_, StringForm::Toml) if kind.is_ascii_whitespace() => {
            Some(1 + (text[1..].len() - text[1..].trim_start_matches([' ', '\t', '\r', '\n']).len()))
        }
        _ => None,
    }
}

/// The span of a range of bytes.
pub fn span(range: &Range<usize>) -> Span {
    Span::new(to_u32(range.start), to_u32(range.end))
}

/// An offset as spans hold it. Files of 4 GiB are refused long before.
pub fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
