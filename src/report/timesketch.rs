//! The timeline for Timesketch: one event a row, with the three fields it cannot do without in front, as CSV or as JSON lines.
//!
//! `datetime` is the time that orders events, with microseconds, and `timestamp` the same in microseconds since 1970. The names that Plaso gives to event
//! records (`data_type`, `event_identifier`, …) are there too, so that saved searches and analyzers find these events like Plaso's.

use super::columns::{ALERTS, START_RECORD, alerts_text, push_json_cell, push_text};
use super::format::TimelineFormat;
use super::json_layout::JsonLayout;
use super::message::{MessageFacts, message};
use super::results::Results;
use crate::base::escape::cell;
use crate::ecs;
use crate::event::Clock;
use crate::timeline::{EntryColumns, FIELDS, RowContents, TimelineEntry};
use serde_json::json;
use std::io;

/// `timesketch` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct Timesketch(pub TimesketchForm);

/// How Timesketch reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimesketchForm {
    /// A header, and a row an event.
    Csv,
    /// An object a line: numbers stay numbers.
    Jsonl,
}

/// The columns that come first, and by no other name in [`FIELDS`].
const HEAD: [&str; 10] = [
    "message",
    "datetime",
    "timestamp_desc",
    "timestamp",
    "tag",
    "data_type",
    "source_name",
    "event_identifier",
    "record_number",
    "computer_name",
];

/// Plaso's data type for the record of an event log.
const DATA_TYPE: &str = "windows:evtx:record";

/// The columns behind them: all of the timeline's but the one whose name is taken.
fn columns() -> impl Iterator<Item = usize> {
    FIELDS.iter().enumerate().filter(|(_, field)| **field != ecs::MESSAGE).map(|(column, _)| column)
}

impl TimelineFormat for Timesketch {
    fn contents(&self) -> RowContents {
        RowContents::Details
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        if self.0 == TimesketchForm::Csv {
            // Timesketch demands the first columns and takes any others as attributes of the event.
            let names = HEAD.into_iter().chain(columns().map(|column| FIELDS[column].name()));
            csv::Writer::from_writer(&mut head).write_record(names.chain([START_RECORD, ALERTS]))?;
        }
        Ok(head)
    }

    fn separator(&self) -> &'static str {
        match self.0 {
            TimesketchForm::Csv => "",
            TimesketchForm::Jsonl => JsonLayout::Lines.separator(),
        }
    }

    fn row(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>) {
        let columns = entry.columns();
        let facts = MessageFacts::new(entry.row, &columns);
        let front = FrontColumns::new(results, entry, &facts);
        match self.0 {
            TimesketchForm::Csv => csv_row(&front, results, entry, &columns, out),
            TimesketchForm::Jsonl => json_row(&front, results, entry, &columns, out),
        }
    }

    fn tail(&self, any: bool) -> &'static str {
        match self.0 {
            TimesketchForm::Csv => "",
            TimesketchForm::Jsonl => JsonLayout::Lines.tail(any),
        }
    }
}

/// The values of [`HEAD`].
struct FrontColumns {
    message: String,
    datetime: String,
    description: &'static str,
    /// Microseconds since 1970.
    timestamp: i64,
    tags: Vec<String>,
    provider: String,
    /// A number, if it is one.
    event_id: String,
    record_id: String,
    host: String,
}

impl FrontColumns {
    fn new(results: &Results<'_>, entry: &TimelineEntry<'_>, facts: &MessageFacts<'_>) -> Self {
        let at = entry.row.order.time;
        Self {
            message: message(facts, results.addresses),
            datetime: at.rfc3339_micros(),
            // Timesketch shows what kind of time an event is sorted by, and analysts filter by it.
            description: match results.clock {
                // Of a document of another program it is not known when its record was logged.
                Clock::Logged if facts.raw("event.created").is_empty() => "Event time (@timestamp)",
                Clock::Logged => "Event logged",
                Clock::Utc => "Event time (UtcTime)",
            },
            timestamp: at.unix_micros(),
            tags: tags(results, entry, facts),
            provider: facts.raw("event.provider"),
            event_id: facts.raw("event.code"),
            record_id: facts.raw("winlog.record_id"),
            host: facts.raw("host.name"),
        }
    }

    /// Plaso's data type of the event; empty if it is not out of an event log.
    fn data_type(&self) -> &'static str {
        if self.record_id.is_empty() { "" } else { DATA_TYPE }
    }
}

/// The alerts of an event as tags: the names of their rules, their severities and their techniques, each once. A record that was recovered has a tag for that.
fn tags(results: &Results<'_>, entry: &TimelineEntry<'_>, facts: &MessageFacts<'_>) -> Vec<String> {
    let is_recovered = facts.raw(ecs::EVQL_RECOVERED.name()) == "true";
    let mut tags: Vec<String> = is_recovered.then(|| "recovered".to_owned()).into_iter().collect();
    for part in entry.parts {
        let meta = &results.detector.rules()[part.rule].meta;
        let techniques = meta.threat.iter().flat_map(|attack| &attack.techniques);
        let all = [meta.name.clone(), meta.level.name().to_owned()].into_iter().chain(techniques.map(|t| t.id.clone()));
        for tag in all.filter(|tag| !tag.is_empty()) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    }
    tags
}

fn csv_row(
    front: &FrontColumns,
    results: &Results<'_>,
    entry: &TimelineEntry<'_>,
    columns: &EntryColumns<'_>,
    out: &mut Vec<u8>,
) {
    let mut writer = csv::Writer::from_writer(out);
    let timestamp = front.timestamp.to_string();
    // A cell without a list would be read as the tag `nan`.
    let tags = serde_json::Value::from(front.tags.clone()).to_string();
    let head: [&str; HEAD.len()] = [
        &front.message,
        &front.datetime,
        front.description,
        &timestamp,
        &tags,
        front.data_type(),
        &front.provider,
        &front.event_id,
        &front.record_id,
        &front.host,
    ];
    // Writing to a Vec cannot fail.
    for (name, text) in HEAD.iter().zip(head) {
        // A time before 1970 is a number, and no formula.
        let _ = if *name == "timestamp" { writer.write_field(text) } else { writer.write_field(cell(text).as_ref()) };
    }
    let mut text = String::new();
    for column in self::columns() {
        text.clear();
        push_text(columns, column, &mut text);
        let _ = writer.write_field(cell(&text).as_ref());
    }
    let _ = writer.write_field(cell(columns.start_record().unwrap_or_default()).as_ref());
    let _ = writer.write_field(cell(&alerts_text(results, entry)).as_ref());
    let _ = writer.write_record(None::<&[u8]>);
}

fn json_row(
    front: &FrontColumns,
    results: &Results<'_>,
    entry: &TimelineEntry<'_>,
    columns: &EntryColumns<'_>,
    out: &mut Vec<u8>,
) {
    let number = |text: &str| text.parse::<u64>().map_or_else(|_| text.into(), serde_json::Value::from);
    let head: [serde_json::Value; HEAD.len()] = [
        (*front.message).into(),
        (*front.datetime).into(),
        front.description.into(),
        front.timestamp.into(),
        json!(front.tags),
        front.data_type().into(),
        (*front.provider).into(),
        number(&front.event_id),
        number(&front.record_id),
        (*front.host).into(),
    ];
    let always = 5; // What Timesketch reads itself; the rest is left out where it is missing.
    let mut separator = b'{';
    let mut key = |name: &str, out: &mut Vec<u8>| {
        out.push(separator);
        separator = b',';
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
    };
    for (at, (name, value)) in HEAD.iter().zip(head).enumerate() {
        if at < always || value != "" {
            key(name, out);
            let _ = serde_json::to_writer(&mut *out, &value); // writing to a Vec cannot fail
        }
    }
    for column in self::columns().filter(|column| !columns.is_empty(*column)) {
        key(FIELDS[column].name(), out);
        let several = columns.values(column).nth(1).is_some();
        out.extend_from_slice(if several { b"[" } else { b"" });
        for (number, value) in columns.values(column).enumerate() {
            out.extend_from_slice(if number > 0 { b"," } else { b"" });
            push_json_cell(column, value, out);
        }
        out.extend_from_slice(if several { b"]" } else { b"" });
    }
    if let Some(record) = columns.start_record() {
        key(START_RECORD, out);
        let _ = serde_json::to_writer(&mut *out, record);
    }
    if !entry.parts.is_empty() {
        key(ALERTS, out);
        let _ = serde_json::to_writer(&mut *out, &alerts_text(results, entry));
    }
    out.push(b'}');
}
