//! The timeline for Timeline Explorer: the header that its plug-in for EvtxECmd knows, filled from the record as EvtxECmd's maps for Sysmon fill it.
//!
//! Timeline Explorer tells files by their header, to the letter, so that there is no column for alerts. What the maps put where stands in `maps`.
//! This module does not know ECS, but for events that were read from JSON documents and have no record.

mod maps;

use super::{Results, TimelineFormat};
use crate::base::escape::{CELL_LIMIT, cell};
use crate::base::{Ticks, escape};
use crate::event::{Document, Value};
use crate::timeline::{Contents, Data, Entry, RecordView, System};
use crate::{ecs, sysmon};
use serde_json::json;
use std::io;

/// `tle` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineExplorer;

/// The columns of EvtxECmd's CSV.
const HEAD: [&str; 27] = [
    "RecordNumber",
    "EventRecordId",
    "TimeCreated",
    "EventId",
    "Level",
    "Provider",
    "Channel",
    "ProcessId",
    "ThreadId",
    "Computer",
    "ChunkNumber",
    "UserId",
    "MapDescription",
    "UserName",
    "RemoteHost",
    "PayloadData1",
    "PayloadData2",
    "PayloadData3",
    "PayloadData4",
    "PayloadData5",
    "PayloadData6",
    "ExecutableInfo",
    "HiddenRecord",
    "SourceFile",
    "Keywords",
    "ExtraDataOffset",
    "Payload",
];

/// Longest values, in UTF-16 units, of a payload that would not fit into a cell: tried one after another.
const CUT_VALUES: [usize; 4] = [4000, 1000, 200, 20];

impl TimelineFormat for TimelineExplorer {
    fn contents(&self) -> Contents {
        Contents::Record
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        csv::Writer::from_writer(&mut head).write_record(HEAD)?;
        Ok(head)
    }

    fn separator(&self) -> &'static str {
        ""
    }

    fn row(&self, _: &Results<'_>, entry: &Entry<'_>, out: &mut Vec<u8>) {
        let row = match entry.row.record() {
            Some(RecordView::Record { system, data }) => of_record(&system, data),
            Some(RecordView::Document(json)) => of_document(json, entry.row.order.time),
            // Rows were written by us.
            None => return,
        };
        let mut writer = csv::Writer::from_writer(out);
        for text in &row.0 {
            // Writing to a Vec cannot fail.
            let _ = writer.write_field(cell(text).as_ref());
        }
        let _ = writer.write_record(None::<&[u8]>);
    }

    fn tail(&self, _: bool) -> &'static str {
        ""
    }
}

/// A row, column by column.
#[derive(Default)]
struct Row([String; HEAD.len()]);

impl Row {
    fn set(&mut self, column: &str, text: impl Into<String>) {
        if let Some(at) = HEAD.iter().position(|name| *name == column) {
            self.0[at] = text.into();
        }
    }

    fn set_number(&mut self, column: &str, number: Option<u64>) {
        self.set(column, number.map(|number| number.to_string()).unwrap_or_default());
    }
}

fn of_record(system: &System<'_>, data: Data<'_>) -> Row {
    let mut row = Row::default();
    row.set_number("RecordNumber", system.record_id);
    row.set_number("EventRecordId", system.record_id);
    row.set("TimeCreated", system.time_created.spaced_full());
    row.set_number("EventId", Some(system.event_id));
    row.set("Level", level_name(system.level));
    row.set("Provider", system.provider);
    row.set("Channel", system.channel);
    row.set_number("ProcessId", system.process_id);
    row.set_number("ThreadId", system.thread_id);
    row.set("Computer", system.computer);
    row.set_number("ChunkNumber", system.chunk);
    row.set("UserId", system.user_sid);
    row.set("HiddenRecord", "False");
    row.set("SourceFile", system.path);
    row.set("Keywords", keywords_name(system.keywords));
    row.set("ExtraDataOffset", "0");
    // On Linux the same IDs have the same data.
    if sysmon::is_provider(system.provider, None) {
        maps::fill(system.event_id, &|name| data.value(name), &mut |column, text| row.set(column, text));
    }
    row.set("Payload", payload(data));
    row
}

/// The data as EvtxECmd writes it; values are cut if the whole would not fit into a cell, so that it stays JSON.
fn payload(data: Data<'_>) -> String {
    let write = |most: usize| {
        let list: Vec<_> =
            data.iter().map(|(name, text)| json!({ "@Name": name, "#text": escape::cut(text, most) })).collect();
        let data = if let [one] = list.as_slice() { one.clone() } else { serde_json::Value::from(list) };
        json!({ "EventData": { "Data": data } }).to_string()
    };
    let fits = |text: &String| text.len() <= CELL_LIMIT || text.encode_utf16().count() <= CELL_LIMIT;
    let whole = write(usize::MAX);
    if fits(&whole) { whole } else { CUT_VALUES.into_iter().map(write).find(fits).unwrap_or(whole) }
}

/// EvtxECmd's names of the levels.
const fn level_name(level: Option<u64>) -> &'static str {
    match level {
        Some(0) => "LogAlways",
        Some(1) => "Critical",
        Some(2) => "Error",
        Some(3) => "Warning",
        Some(4) => "Info",
        Some(5) => "Verbose",
        _ => "",
    }
}

/// EvtxECmd's names of common keywords; others stay numbers.
fn keywords_name(keywords: &str) -> &str {
    match keywords.to_ascii_lowercase().as_str() {
        "0x8000000000000000" | "0x80000000000000" => "Classic",
        "0x8010000000000000" => "Audit failure",
        "0x8020000000000000" => "Audit success",
        _ => keywords,
    }
}

/// What a document says of the record that it may have been.
fn of_document(json: &[u8], time: Ticks) -> Row {
    let mut row = Row::default();
    let Ok(serde_json::Value::Object(object)) = serde_json::from_slice::<serde_json::Value>(json) else { return row };
    let document = Document::from_json(&object);
    let text = |field| document.first(field).map(Value::to_string).unwrap_or_default();
    let time = match document.first(ecs::EVENT_CREATED) {
        Some(Value::Date(at)) => *at,
        _ => time,
    };
    row.set("TimeCreated", time.spaced_full());
    for (column, field) in [
        ("RecordNumber", ecs::WINLOG_RECORD_ID),
        ("EventRecordId", ecs::WINLOG_RECORD_ID),
        ("EventId", ecs::EVENT_CODE),
        ("Provider", ecs::EVENT_PROVIDER),
        ("Channel", ecs::WINLOG_CHANNEL),
        ("ProcessId", ecs::WINLOG_PROCESS_PID),
        ("ThreadId", ecs::WINLOG_PROCESS_THREAD_ID),
        ("Computer", ecs::HOST_NAME),
        ("UserId", ecs::USER_ID),
        ("MapDescription", ecs::EVENT_ACTION),
        ("UserName", ecs::USER_NAME),
        ("RemoteHost", ecs::DESTINATION_IP),
        ("SourceFile", ecs::LOG_FILE_PATH),
    ] {
        row.set(column, text(field));
    }
    row.set("Level", if text(ecs::LOG_LEVEL) == "information" { "Info".to_owned() } else { text(ecs::LOG_LEVEL) });
    let command = text(ecs::PROCESS_COMMAND_LINE);
    row.set("ExecutableInfo", if command.is_empty() { text(ecs::PROCESS_EXECUTABLE) } else { command });
    row.set("HiddenRecord", "False");
    row.set("ExtraDataOffset", "0");
    row.set("Payload", String::from_utf8_lossy(json));
    row
}

#[cfg(test)]
mod tests;
