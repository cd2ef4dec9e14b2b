//! Rows of EvtxECmd as CSV (`--csv`), as Timeline Explorer shows them: the same as its JSON, a column for each name, with the entries as JSON in `Payload`.
//!
//! A row is a line, or several if a text in quotes has line breaks. Damage costs the row that it is in: where a quote is open, and the next line begins as rows
//! do, the row before has no end.
//!
//! ```text
//! RecordNumber,EventRecordId,TimeCreated,EventId,…,Payload
//! 7,1042,2024-03-05 09:14:03.5434560,1,…,"{""EventData"":{""Data"":[{""@Name"":""RuleName"",…
//! ```
//!
//! Offsets are bytes of the text. What a row means is not known here (`raw_event`).

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs_io::DecodeReaderBytesBuilder;
use serde_json::{Map, Value};

use super::documents::DocumentTarget;
use super::fault::{FaultKind, snippet};
use super::input::{Input, InputFormat};
use super::json_cutter::LARGEST;
use super::remains::Remains;
use super::sniff::is_head_of_rows;
use super::visitor::{Item, UnitStats};

/// Bytes that are read at a time.
const BUFFER: usize = 1 << 17;

/// Bytes of a line that is no row, as far as it is looked at.
const LONGEST_QUOTE: usize = 256;

/// Reads a file of rows.
pub(super) fn read(source: &mut dyn Read, input: &Input, number: u32, sink: &mut dyn FnMut(Item)) -> UnitStats {
    // Texts without a mark of their encoding are passed on as they are.
    let text = DecodeReaderBytesBuilder::new().utf8_passthru(true).strip_bom(true).build(source);
    let mut rows =
        RowReader { target: DocumentTarget::new(input, number, sink), offset: 0, columns: Vec::new(), junk: None };
    rows.read(BufReader::with_capacity(BUFFER, text));
    UnitStats { bytes: rows.offset.max(input.size), records: rows.target.records(), ..UnitStats::default() }
}

/// Reads rows that are at hand, as a file of them is read; `name` is what faults call it.
pub fn read_rows(mut text: &[u8], name: &str, sink: &mut dyn FnMut(Item)) -> UnitStats {
    let size = text.len() as u64;
    let input = Input {
        path: name.into(),
        display: name.into(),
        size,
        format: InputFormat::Csv,
        member: None,
        remains: Remains::default(),
        in_lines: false,
    };
    read(&mut text, &input, 0, sink)
}

/// Lines that are no rows, told together.
struct Junk {
    start: u64,
    first: String,
    more: u64,
}

/// A text of rows while it is read.
struct RowReader<'a> {
    target: DocumentTarget<'a>,
    /// Where the next line begins.
    offset: u64,
    /// The names of the columns, once they are known.
    columns: Vec<String>,
    junk: Option<Junk>,
}

impl RowReader<'_> {
    fn read(&mut self, mut source: impl BufRead) {
        let (mut line, mut row) = (Vec::new(), Vec::new());
        // Where the row at hand begins, whether it is too long to be held, and whether a quote is open at its end.
        let (mut start, mut is_too_long, mut is_open) = (0, false, false);
        loop {
            let at = self.offset;
            if let Err(error) = self.next_line(&mut source, &mut line) {
                self.target.fault(FaultKind::Unreadable, at, &format!("cannot be read further: {error}"));
                break;
            }
            if line.is_empty() {
                break;
            }
            if !row.is_empty() && begins_row(&line) {
                self.refuse_open(start, is_too_long);
                (is_too_long, is_open, row) = (false, false, Vec::new());
            }
            if row.is_empty() {
                start = at;
            }
            is_too_long |= row.len() + line.len() > LARGEST;
            if is_too_long {
                row.clear();
                // One byte stands for what is not held.
                row.push(b'"');
                continue;
            }
            row.extend_from_slice(&line);
            is_open ^= memchr::memchr_iter(b'"', &line).count() % 2 == 1;
            if !is_open {
                self.row(&row, start);
                row.clear();
            }
        }
        if !row.is_empty() {
            self.refuse_open(start, is_too_long);
        }
        self.tell_junk();
    }

    /// Reads the next line with its end; of one that is too long only so much that it shows.
    fn next_line(&mut self, source: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<()> {
        line.clear();
        loop {
            let piece = match source.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                piece => piece?,
            };
            let end = memchr::memchr(b'\n', piece);
            let length = end.map_or(piece.len(), |end| end + 1);
            let room = (LARGEST + 1).saturating_sub(line.len());
            line.extend_from_slice(&piece[..length.min(room)]);
            source.consume(length);
            self.offset += length as u64;
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }

    fn refuse_open(&mut self, start: u64, is_too_long: bool) {
        self.tell_junk();
        let reason = if is_too_long {
            format!("too long to be a row: more than {LARGEST} bytes")
        } else {
            "the row has no end: a quote is open".to_owned()
        };
        self.target.refuse(start, &reason);
    }

    fn row(&mut self, row: &[u8], start: u64) {
        let row = trimmed(row);
        if row.is_empty() {
            return;
        }
        let (text, is_utf8) = match str::from_utf8(row) {
            Ok(text) => (std::borrow::Cow::Borrowed(text), true),
            Err(_) => (String::from_utf8_lossy(row), false),
        };
        if is_head_of_rows(&text) {
            self.tell_junk();
            self.columns = fields(&text);
            return;
        }
        if self.columns.is_empty() || !begins_row(row) {
            return self.add_junk(&text, start);
        }
        self.tell_junk();
        let fields = fields(&text);
        if fields.len() != self.columns.len() {
            let reason = format!("the row has {} of {} columns", fields.len(), self.columns.len());
            return self.target.refuse(start, &reason);
        }
        if !is_utf8 {
            self.target.doubt(start, "the row has bytes that are not UTF-8, read as U+FFFD");
        }
        let named = self.columns.iter().cloned().zip(fields.into_iter().map(Value::String));
        self.target.row(named.filter(|(_, field)| field != "").collect::<Map<_, _>>(), start);
    }

    fn add_junk(&mut self, line: &str, start: u64) {
        if let Some(junk) = &mut self.junk {
            junk.more += 1;
        } else {
            let first = line.chars().take(LONGEST_QUOTE).collect();
            self.junk = Some(Junk { start, first, more: 0 });
        }
    }

    fn tell_junk(&mut self) {
        if let Some(Junk { start, first, more }) = self.junk.take() {
            let more = match more {
                0 => String::new(),
                1 => " and another line".to_owned(),
                more => format!(" and {more} more lines"),
            };
            self.target.refuse(start, &format!("no row: {}{more}", snippet(&first)));
        }
    }
}

/// A row without its end, and without zeros around it.
fn trimmed(row: &[u8]) -> &[u8] {
    let is_around = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    let from = row.iter().position(|byte| !is_around(byte)).unwrap_or(row.len());
    let to = row.iter().rposition(|byte| !is_around(byte)).map_or(from, |last| last + 1);
    &row[from..to]
}

/// Whether a line begins with a number of a record in the file, one in the log, and a year, as rows do.
fn begins_row(line: &[u8]) -> bool {
    let line = trimmed(line);
    let mut fields = line.splitn(3, |&byte| byte == b',');
    let mut is_number = || {
        fields.next().is_some_and(|field| {
            let field = field.strip_prefix(b"\"").and_then(|field| field.strip_suffix(b"\"")).unwrap_or(field);
            (1..=20).contains(&field.len()) && field.iter().all(u8::is_ascii_digit)
        })
    };
    is_number() && is_number()
}

/// The fields of a row.
fn fields(row: &str) -> Vec<String> {
    let mut found = Vec::with_capacity(32);
    let mut rest = row;
    loop {
        let mut field = String::new();
        // A text in quotes, in which a quote stands twice.
        if let Some(mut inner) = rest.strip_prefix('"') {
            loop {
                let Some((part, after)) = inner.split_once('"') else {
                    field.push_str(inner);
                    rest = "";
                    break;
                };
                field.push_str(part);
                rest = after;
                match after.strip_prefix('"') {
                    Some(more) => {
                        field.push('"');
                        inner = more;
                    }
                    None => break,
                }
            }
        }
        let (part, after) = rest.split_once(',').map_or((rest, None), |(part, after)| (part, Some(after)));
        field.push_str(part);
        found.push(field);
        let Some(after) = after else { return found };
        rest = after;
    }
}

#[cfg(test)]
mod tests;
