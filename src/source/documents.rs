//! ECS documents as JSON: one a line (NDJSON), or all in one array; gzip is unpacked on the way.
//!
//! A line that cannot be read costs that line. Nothing is held but the document at hand, of at most [`LARGEST`] bytes. What wraps a document in exports of
//! Elasticsearch (`_source`, or `fields`) is taken off, and the action lines of a bulk file are passed over. What a document means is not known here.
//!
//! Offsets are bytes of the text, after unpacking.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use serde_json::{Map, Value};

use super::discover::Input;
use super::fault::{Fault, FaultKind};
use super::read::{Item, UnitStats};
use crate::base::Origin;

/// Bytes of the largest document that is read.
pub const LARGEST: usize = 16 << 20;

/// A document, and where it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonDocument {
    /// The document as it was given, without what an export wraps around it.
    pub object: Map<String, Value>,
    /// When the record was logged that evql made the document of, as `evql.logged` says; `None` for documents of other programs.
    pub logged: Option<String>,
    /// Where it starts.
    pub origin: Origin,
}

/// Reads a file of documents, or standard input.
pub(super) fn read(source: Source<'_>, input: &Input, number: u32, sink: &mut dyn FnMut(Item)) -> UnitStats {
    let mut target = Target { input, number, records: 0, sink };
    let bytes = match source {
        Source::Bytes(bytes) => read_any(BufReader::new(bytes), &mut target),
        Source::Stdin => read_any(io::stdin().lock(), &mut target),
    };
    UnitStats { bytes: bytes.max(input.size), records: target.records, ..UnitStats::default() }
}

/// Where documents come from.
pub(super) enum Source<'s> {
    Bytes(&'s mut dyn Read),
    Stdin,
}

struct Target<'a> {
    input: &'a Input,
    number: u32,
    records: u64,
    sink: &'a mut dyn FnMut(Item),
}

fn read_any(mut source: impl BufRead, target: &mut Target<'_>) -> u64 {
    match source.fill_buf() {
        Ok([0x1f, 0x8b, ..]) => read_text(BufReader::new(MultiGzDecoder::new(source)), target),
        _ => read_text(source, target),
    }
}

fn read_text(mut source: impl BufRead, target: &mut Target<'_>) -> u64 {
    let mut text = Text { offset: 0 };
    let done = text.skip_blanks(&mut source).and_then(|first| match first {
        Some(b'[') => text.array(&mut source, target),
        _ => text.lines(&mut source, target),
    });
    if let Err(error) = done {
        target.fault(FaultKind::Unreadable, text.offset, &format!("cannot be read further: {error}"));
    }
    text.offset
}

/// A text that is read once from front to back.
struct Text {
    offset: u64,
}

impl Text {
    fn consume(&mut self, source: &mut impl BufRead, bytes: usize) {
        source.consume(bytes);
        self.offset += bytes as u64;
    }

    /// The first byte that is no blank and no byte order mark, left where it is.
    fn skip_blanks(&mut self, source: &mut impl BufRead) -> io::Result<Option<u8>> {
        loop {
            let buffer = source.fill_buf()?;
            let blank = |byte: &u8| byte.is_ascii_whitespace() || [0xef, 0xbb, 0xbf].contains(byte);
            match buffer.iter().position(|byte| !blank(byte)) {
                Some(at) => {
                    let first = buffer[at];
                    self.consume(source, at);
                    return Ok(Some(first));
                }
                None if buffer.is_empty() => return Ok(None),
                None => {
                    let all = buffer.len();
                    self.consume(source, all);
                }
            }
        }
    }

    fn lines(&mut self, source: &mut impl BufRead, target: &mut Target<'_>) -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            let start = self.offset;
            line.clear();
            let read = Read::by_ref(source).take(LARGEST as u64 + 1).read_until(b'\n', &mut line)?;
            self.offset += read as u64;
            if read == 0 {
                return Ok(());
            }
            if line.len() > LARGEST && !line.ends_with(b"\n") {
                target.refuse(start, "the line is too long to be a document");
                self.skip_line(source)?;
                continue;
            }
            let content = line.trim_ascii();
            if !content.is_empty() {
                target.document(content, start);
            }
        }
    }

    fn skip_line(&mut self, source: &mut impl BufRead) -> io::Result<()> {
        loop {
            let buffer = source.fill_buf()?;
            let end = memchr::memchr(b'\n', buffer);
            let taken = end.map_or(buffer.len(), |at| at + 1);
            self.consume(source, taken);
            if end.is_some() || taken == 0 {
                return Ok(());
            }
        }
    }

    /// The documents of an array, cut out by their braces.
    fn array(&mut self, source: &mut impl BufRead, target: &mut Target<'_>) -> io::Result<()> {
        self.consume(source, 1);
        let mut cutter = Cutter::default();
        loop {
            let buffer = source.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            for (at, &byte) in buffer.iter().enumerate() {
                if let Some((start, whole)) = cutter.take(byte, self.offset + at as u64) {
                    match whole {
                        Some(bytes) => target.document(&bytes, start),
                        None => target.refuse(start, "too long to be a document"),
                    }
                }
            }
            let all = buffer.len();
            self.consume(source, all);
        }
        if let Some(start) = cutter.unfinished() {
            target.refuse(start, "the text ends inside of a document");
        }
        Ok(())
    }
}

/// Finds the outermost objects of a text, byte by byte.
#[derive(Debug, Default)]
pub struct Cutter {
    bytes: Vec<u8>,
    start: u64,
    depth: u64,
    in_string: bool,
    escaped: bool,
}

impl Cutter {
    /// Takes one byte; gives the object that it ends, without its bytes if they were too many.
    pub fn take(&mut self, byte: u8, offset: u64) -> Option<(u64, Option<Vec<u8>>)> {
        if self.depth == 0 {
            if byte != b'{' {
                return None;
            }
            self.start = offset;
            self.bytes.clear();
        }
        if self.bytes.len() <= LARGEST {
            self.bytes.push(byte);
        }
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return None;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' => self.depth += 1,
            b'}' => self.depth -= 1,
            _ => {}
        }
        (self.depth == 0).then(|| {
            let whole = self.bytes.len() <= LARGEST;
            (self.start, whole.then(|| std::mem::take(&mut self.bytes)))
        })
    }

    /// Where the object starts that has not ended yet.
    pub fn unfinished(&self) -> Option<u64> {
        (self.depth > 0).then_some(self.start)
    }
}

impl Target<'_> {
    fn fault(&mut self, kind: FaultKind, offset: u64, reason: &str) {
        (self.sink)(Item::Fault(Fault::lost(&self.input.display, kind, reason).at(offset)));
    }

    /// A document that cannot be read.
    fn refuse(&mut self, offset: u64, reason: &str) {
        self.records += 1;
        self.fault(FaultKind::Json, offset, reason);
    }

    fn document(&mut self, bytes: &[u8], offset: u64) {
        let object = match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return self.refuse(offset, "a JSON value that is no document"),
            Err(error) => {
                let text = error.to_string();
                let reason = text.split(" at line ").next().unwrap_or(&text);
                return self.refuse(offset, &format!("not JSON: {reason} (byte {} of the document)", error.column()));
            }
        };
        if !is_bulk_action(&object) {
            self.unwrap(object, offset);
        }
    }

    fn unwrap(&mut self, mut object: Map<String, Value>, offset: u64) {
        let hits = object.get_mut("hits").and_then(|hits| hits.get_mut("hits")).map(Value::take);
        if let Some(Value::Array(hits)) = hits {
            // A whole response of a search.
            for (offset, hit) in (offset..).zip(hits) {
                if let Value::Object(hit) = hit {
                    self.unwrap(hit, offset); // each at a place of its own, by which events are told apart
                }
            }
            return;
        }
        if object.contains_key("_index") || object.contains_key("_id") {
            for wrapper in ["_source", "fields"] {
                if let Some(Value::Object(inner)) = object.get_mut(wrapper).map(Value::take) {
                    object = inner;
                    break;
                }
            }
        }
        let logged = take_own(&mut object);
        self.records += 1;
        (self.sink)(Item::Document(JsonDocument { object, logged, origin: Origin { input: self.number, offset } }));
    }
}

/// Takes off what evql adds to the documents that it writes, which is not part of them, and gives the time of logging that stands there.
fn take_own(object: &mut Map<String, Value>) -> Option<String> {
    let nested = object.shift_remove("evql").and_then(|mut own| own.get_mut("logged").map(Value::take));
    // `fields` of a search response has dotted names, and lists of values.
    let dotted: Vec<String> = object.keys().filter(|name| name.starts_with("evql.")).cloned().collect();
    let dotted: Vec<Value> =
        dotted.iter().filter_map(|name| object.shift_remove(name).filter(|_| name == "evql.logged")).collect();
    let first = |value: Value| match value {
        Value::Array(values) => values.into_iter().next(),
        value => Some(value),
    };
    match nested.into_iter().chain(dotted).find_map(first) {
        Some(Value::String(logged)) => Some(logged),
        _ => None,
    }
}

/// Whether an object is a line of a bulk file that says what to do with the next one.
fn is_bulk_action(object: &Map<String, Value>) -> bool {
    let mut keys = object.iter();
    let only = keys.next().filter(|_| object.len() == 1);
    only.is_some_and(|(key, value)| {
        matches!(key.as_str(), "create" | "index" | "update" | "delete") && value.is_object()
    })
}

#[cfg(test)]
mod tests;
