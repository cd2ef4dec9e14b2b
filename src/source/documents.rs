//! ECS documents as JSON in any layout, in UTF-8 or UTF-16; gzip is unpacked on the way.
//!
//! [`super::json_cutter`] finds the documents. What wraps one in exports of Elasticsearch (`_source`, or `fields`) is taken off here, and the action lines
//! of a bulk file are passed over. What another tool has made of a record of a log becomes a record again (`raw_event`). What a document means is not known here.
//!
//! Offsets are bytes of the text, after unpacking.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::bufread::MultiGzDecoder;
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};

use super::distinct_keys::{DistinctKeys, JsonFindings, MOST_VALUES};
use super::fault::{Fault, FaultKind, snippet};
use super::input::{Input, InputFormat};
use super::json_cutter::{JsonCut, JsonCutter, LARGEST};
use super::json_document::JsonDocument;
use super::json_mend::mend;
use super::normal;
use super::raw_event::{EventRead, JsonKind, RawEvents};
use super::remains::Remains;
use super::visitor::{Item, UnitStats};
use crate::base::Locator;
use crate::base::number::grouped;

/// Bytes that are read at a time.
const BUFFER: usize = 1 << 17;

/// Reads a file of documents.
pub(super) fn read(source: &mut dyn Read, input: &Input, number: u32, sink: &mut dyn FnMut(Item)) -> UnitStats {
    let mut target = DocumentTarget::new(input, number, sink);
    let bytes = read_any(BufReader::with_capacity(BUFFER, source), &mut target);
    UnitStats { bytes: bytes.max(input.size), records: target.records, ..UnitStats::default() }
}

/// Reads a part of a file that begins at an offset, and there with a document.
pub(super) fn read_piece(
    source: &mut impl BufRead,
    start: u64,
    input: &Input,
    number: u32,
    sink: &mut dyn FnMut(Item),
) -> UnitStats {
    let mut target = DocumentTarget::new(input, number, sink);
    // Only the first part has what stands before documents, such as a byte order mark.
    if start == 0 {
        read_any(source, &mut target)
    } else {
        read_text(source, start, &mut target)
    };
    UnitStats { records: target.records, ..UnitStats::default() }
}

/// Reads JSON text that is at hand, as a file of it is read; `name` is what faults call it.
pub fn read_json(mut text: &[u8], name: &str, sink: &mut dyn FnMut(Item)) -> UnitStats {
    let size = text.len() as u64;
    let input = Input {
        path: name.into(),
        display: name.into(),
        size,
        format: InputFormat::Json,
        member: None,
        remains: Remains::default(),
        in_lines: false,
    };
    read(&mut text, &input, 0, sink)
}

/// Takes what was found in a text, and hands on documents, records and faults.
pub(super) struct DocumentTarget<'a> {
    input: &'a Input,
    number: u32,
    records: u64,
    raw: RawEvents,
    sink: &'a mut dyn FnMut(Item),
}

fn read_any(mut source: impl BufRead, target: &mut DocumentTarget<'_>) -> u64 {
    match source.fill_buf() {
        Ok([0x1f, 0x8b, ..]) => read_encoded(BufReader::new(MultiGzDecoder::new(source)), target),
        _ => read_encoded(source, target),
    }
}

/// Reads text of any encoding that a byte order mark or the first character tells: PowerShell writes UTF-16 where its user wrote `>`.
fn read_encoded(mut source: impl BufRead, target: &mut DocumentTarget<'_>) -> u64 {
    let zeros = pass_zeros(&mut source);
    let encoding = source.fill_buf().ok().and_then(utf16);
    match encoding {
        None => read_text(source, zeros, target),
        Some(encoding) => {
            let decoded = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(source);
            read_text(BufReader::with_capacity(BUFFER, decoded), zeros / 2, target)
        }
    }
}

/// Passes over zeros at the start, which copies of whole blocks of a disk have, by pairs: the first character behind them may have two bytes. Gives their number.
fn pass_zeros(source: &mut impl BufRead) -> u64 {
    let mut passed = 0;
    // An error comes again where the text is read.
    while let Ok(piece) = source.fill_buf() {
        let first = piece.iter().position(|&byte| byte != 0);
        let zeros = first.unwrap_or(piece.len());
        let even = zeros - zeros % 2;
        source.consume(even);
        passed += even as u64;
        if first.is_some() || even == 0 {
            break;
        }
    }
    passed
}

/// The encoding of a text in UTF-16 that starts with a mark, an object or a list.
fn utf16(start: &[u8]) -> Option<&'static Encoding> {
    match start {
        [0xff, 0xfe, ..] | [b'{' | b'[', 0, _, 0, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] | [0, b'{' | b'[', 0, _, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// Reads a text that begins at some offset.
fn read_text(mut source: impl BufRead, start: u64, target: &mut DocumentTarget<'_>) -> u64 {
    let mut cutter = JsonCutter::starting_at(start);
    loop {
        let piece = match source.fill_buf() {
            Ok(piece) => piece,
            // A signal is no fault of the file.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                target.fault(FaultKind::Unreadable, cutter.offset(), &format!("cannot be read further: {error}"));
                break;
            }
        };
        if piece.is_empty() {
            break;
        }
        cutter.feed(piece, &mut |offset, cut| target.take(offset, cut));
        let length = piece.len();
        source.consume(length);
    }
    cutter.finish(&mut |offset, cut| target.take(offset, cut));
    cutter.offset()
}

impl<'a> DocumentTarget<'a> {
    /// A target for what is in an input.
    pub(super) fn new(input: &'a Input, number: u32, sink: &'a mut dyn FnMut(Item)) -> Self {
        Self { input, number, records: 0, raw: RawEvents::default(), sink }
    }
}

impl DocumentTarget<'_> {
    /// Records and documents that were met.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Something cannot be read.
    pub(super) fn fault(&mut self, kind: FaultKind, offset: u64, reason: &str) {
        (self.sink)(Item::Fault(Fault::lost(&self.input.display, kind, reason).at(offset)));
    }

    /// Something was read that is in doubt.
    pub(super) fn doubt(&mut self, offset: u64, reason: &str) {
        (self.sink)(Item::Fault(Fault::suspect(&self.input.display, FaultKind::Json, reason).at(offset)));
    }

    /// A document that cannot be read.
    pub(super) fn refuse(&mut self, offset: u64, reason: &str) {
        self.records += 1;
        self.fault(FaultKind::Json, offset, reason);
    }

    /// Takes what was cut out of the text.
    fn take(&mut self, offset: u64, cut: JsonCut<'_>) {
        match cut {
            JsonCut::Document(bytes) => self.document(bytes, offset),
            JsonCut::Text(bytes) => self.text(bytes, offset),
            JsonCut::TooLong => self.refuse(offset, &format!("too long to be a document: more than {LARGEST} bytes")),
            JsonCut::Scalar => self.refuse(offset, "a JSON value that is no document"),
            JsonCut::Broken(reason) => self.refuse(offset, &reason),
            JsonCut::PassedOver(count) => self.doubt(offset, &format!(
                "the response that begins here has {count} documents outside of its list of hits, as in an aggregation: they were not read"
            )),
            JsonCut::Incomplete(shortfall) => {
                let (input, reason) = (&self.input.display, shortfall.to_string());
                let fault = if shortfall.is_certain() {
                    Fault::lost(input, FaultKind::Incomplete, reason)
                } else {
                    Fault::suspect(input, FaultKind::Incomplete, reason)
                };
                (self.sink)(Item::Fault(fault.at(offset)));
            }
            JsonCut::Unclosed => {
                self.fault(
                    FaultKind::Truncated,
                    offset,
                    "the list or response that begins here has no end: the text was cut short",
                );
            }
        }
    }

    /// A text in a list of documents: the XML of an event, or nothing that can be read.
    fn text(&mut self, bytes: &[u8], offset: u64) {
        let origin = Locator { input: self.number, offset };
        let text = serde_json::from_slice::<String>(bytes);
        match text.ok().and_then(|text| self.raw.tell_text(&text, origin)) {
            Some(event) => self.event(event, offset),
            None => self.refuse(offset, "a JSON value that is no document"),
        }
    }

    fn document(&mut self, bytes: &[u8], offset: u64) {
        let (object, repeated) = match self.read_document(bytes, offset) {
            Ok((Value::Object(object), repeated)) => (object, repeated),
            Ok(_) => return self.refuse(offset, "a JSON value that is no document"),
            Err(reason) => return self.refuse(offset, &reason),
        };
        if let Some(name) = repeated {
            self.doubt(
                offset,
                &format!("an object has the name {} more than once; the last one counts", snippet(&name)),
            );
        }
        if !is_bulk_action(&object) {
            self.unwrap(object, offset);
        }
    }

    /// Reads a document, after repairs if it needs some, and gives a name that it repeats. The error says why it cannot be read.
    fn read_document(&mut self, bytes: &[u8], offset: u64) -> Result<(Value, Option<String>), String> {
        let mut findings = JsonFindings::default();
        let error = match read_value(bytes, &mut findings) {
            Ok(value) => return Ok((value, findings.repeated)),
            Err(_) if findings.has_too_many() => return Err(too_many_values()),
            Err(error) => error,
        };
        // Repairs are tried only on what cannot be read: a text that is JSON means what it says.
        let Some(mended) = mend(bytes) else { return Err(not_json(&error)) };
        let mut findings = JsonFindings::default();
        match read_value(&mended.bytes, &mut findings) {
            Ok(value @ Value::Object(_)) => {
                self.doubt(offset, &format!("the document has {}", mended.what.join("; ")));
                Ok((value, findings.repeated))
            }
            Err(_) if findings.has_too_many() => Err(too_many_values()),
            _ => Err(not_json(&error)),
        }
    }

    fn unwrap(&mut self, mut object: Map<String, Value>, offset: u64) {
        // A sequence has such a place where the absence of an event was demanded.
        if object.get("missing") == Some(&Value::Bool(true)) && object.get("_source").is_none_or(Value::is_null) {
            return;
        }
        // Only a hit of a search has these: a document of another program may well have a field `fields`.
        if object.contains_key("_index") || object.contains_key("_id") {
            for wrapper in ["_source", "fields"] {
                if let Some(Value::Object(inner)) = object.get_mut(wrapper).map(Value::take) {
                    object = inner;
                    break;
                }
            }
        }
        let origin = Locator { input: self.number, offset };
        match self.raw.tell(object, origin) {
            JsonKind::Document(mut object) => {
                let OwnFields { logged, is_recovered } = take_own(&mut object);
                self.records += 1;
                (self.sink)(Item::Document(JsonDocument { object, logged, is_recovered, origin }));
            }
            JsonKind::Events(events) => events.into_iter().for_each(|event| self.event(event, offset)),
        }
    }

    /// A row of a table, which must be an event.
    pub(super) fn row(&mut self, row: Map<String, Value>, offset: u64) {
        match self.raw.tell(row, Locator { input: self.number, offset }) {
            JsonKind::Document(_) => self.refuse(offset, "a row that is no event"),
            JsonKind::Events(events) => events.into_iter().for_each(|event| self.event(event, offset)),
        }
    }

    /// An event that another tool has kept.
    fn event(&mut self, EventRead { record, doubt, .. }: EventRead, offset: u64) {
        self.records += 1;
        let input = &self.input.display;
        match record {
            Ok(mut record) => {
                normal::export(&mut record);
                if let Some(reason) = doubt {
                    let fault = Fault::suspect(input, FaultKind::Json, reason);
                    (self.sink)(Item::Fault(fault.at(record.origin.offset).of_record(record.record_id)));
                }
                (self.sink)(Item::Record(record));
            }
            Err(refusal) => {
                let fault = Fault::lost(input, refusal.kind, refusal.reason).at(offset).of_record(refusal.record_id);
                (self.sink)(Item::Fault(fault));
            }
        }
    }
}

fn read_value(bytes: &[u8], findings: &mut JsonFindings) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = DistinctKeys(findings).deserialize(&mut reader)?;
    reader.end().map(|()| value)
}

fn too_many_values() -> String {
    format!("the document has more than {} values", grouped(u64::from(MOST_VALUES)))
}

/// Why a document cannot be read, and where in it.
fn not_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    match error.line() {
        0 | 1 => format!("not JSON: {reason} (byte {} of the document)", error.column()),
        line => format!("not JSON: {reason} (line {line} of the document, byte {})", error.column()),
    }
}

/// The fields that evql adds to the document of a record.
#[derive(Default)]
struct OwnFields {
    logged: Option<String>,
    is_recovered: bool,
}

/// Takes off what evql adds to the documents that it writes, which is not part of them.
fn take_own(object: &mut Map<String, Value>) -> OwnFields {
    let mut own = OwnFields::default();
    let mut take = |name: &str, value: Value| {
        // `fields` of a search response has lists of values.
        let first = match value {
            Value::Array(values) => values.into_iter().next().unwrap_or_default(),
            value => value,
        };
        match (name, first) {
            ("logged", Value::String(logged)) => own.logged = own.logged.take().or(Some(logged)),
            ("recovered", value) => own.is_recovered |= value == Value::Bool(true),
            _ => {}
        }
    };
    if let Some(Value::Object(nested)) = object.shift_remove("evql") {
        nested.into_iter().for_each(|(name, value)| take(&name, value));
    }
    // Elasticsearch gives back the names as they were sent, nested, and with dots under `fields`.
    let dotted: Vec<String> = object.keys().filter(|name| name.starts_with("evql.")).cloned().collect();
    for name in dotted {
        if let Some(value) = object.shift_remove(&name) {
            take(&name["evql.".len()..], value);
        }
    }
    own
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
