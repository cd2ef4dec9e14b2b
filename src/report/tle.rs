//! The timeline for Timeline Explorer: the header that its plug-in for EvtxECmd knows, filled from the record as EvtxECmd's maps for Sysmon fill it.
//!
//! Timeline Explorer tells files by their header, to the letter, so that there is no column for alerts. What the maps put where stands in `maps`.
//! This module does not know ECS, but for events that were read from JSON documents and have no record.

mod head;
mod maps;

use super::format::TimelineFormat;
use super::results::Results;
use crate::base::escape::{CELL_LIMIT, cell};
use crate::base::{Ticks, escape, utf16};
use crate::event::{Document, Value};
use crate::process::{Connection, ConnectionEnd, HostAddresses};
use crate::timeline::{Data, RecordView, RowContents, SystemView, TimelineEntry};
use crate::{ecs, sysmon};
use head::{HEAD, column};
use std::io;

/// `tle` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineExplorer;

/// Stands behind a remote host that may be the own one: see [`crate::process::ConnectionRoute::note`].
const UNKNOWN_END: &str = "or the other end: not known";

/// Longest values, in UTF-16 units, of a payload that would not fit into a cell: tried one after another.
const CUT_VALUES: [usize; 4] = [4000, 1000, 200, 20];

impl TimelineFormat for TimelineExplorer {
    fn contents(&self) -> RowContents {
        RowContents::Record
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        csv::Writer::from_writer(&mut head).write_record(HEAD)?;
        Ok(head)
    }

    fn separator(&self) -> &'static str {
        ""
    }

    fn row(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>) {
        let row = match entry.row.record() {
            Some(RecordView::Record { system, data }) => of_record(&system, data, results.addresses),
            Some(RecordView::Document(json)) => of_document(json, entry.row.order.time, results.addresses),
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
struct TleRow([String; HEAD.len()]);

impl TleRow {
    fn set(&mut self, column: usize, text: impl Into<String>) {
        if let Some(cell) = self.0.get_mut(column) {
            *cell = text.into();
        }
    }

    /// The end of a connection on another host, which the maps leave empty; the destination if the connection stays in the host.
    fn set_remote_host(&mut self, connection: Option<&Connection>, known: &HostAddresses) {
        let Some(connection) = connection else { return };
        let route = connection.route(known);
        // EvtxECmd's column is for the peer. Where that is not known, the destination is the better guess, and is told as one.
        let end = route.remote.unwrap_or(&connection.destination);
        let address = ConnectionEnd { domain: end.domain.clone().filter(|_| end.ip.is_none()), ..end.clone() }.text();
        let text = if route.note.is_empty() { address } else { format!("{address} ({UNKNOWN_END})") };
        self.set(const { column("RemoteHost") }, text);
    }

    fn set_number(&mut self, column: usize, number: Option<u64>) {
        self.set(column, number.map(|number| number.to_string()).unwrap_or_default());
    }
}

fn of_record(system: &SystemView<'_>, data: Data<'_>, known: &HostAddresses) -> TleRow {
    let mut row = TleRow::default();
    row.set_number(const { column("RecordNumber") }, system.record_id);
    row.set_number(const { column("EventRecordId") }, system.record_id);
    row.set(const { column("TimeCreated") }, system.time_created.spaced_full());
    row.set_number(const { column("EventId") }, Some(system.event_id));
    row.set(const { column("Level") }, level_name(system.level));
    row.set(const { column("Provider") }, system.provider);
    row.set(const { column("Channel") }, system.channel);
    row.set_number(const { column("ProcessId") }, system.process_id);
    row.set_number(const { column("ThreadId") }, system.thread_id);
    row.set(const { column("Computer") }, system.computer);
    row.set_number(const { column("ChunkNumber") }, system.chunk);
    row.set(const { column("UserId") }, system.user_sid);
    row.set(const { column("HiddenRecord") }, if system.is_recovered { "True" } else { "False" });
    row.set(const { column("SourceFile") }, system.path);
    row.set(const { column("Keywords") }, keywords_name(system.keywords));
    row.set(const { column("ExtraDataOffset") }, "0");
    // On Linux the same IDs have the same data.
    let event_id = u32::try_from(system.event_id).ok().and_then(sysmon::event_id_row);
    if let Some(event_id) = event_id.filter(|_| sysmon::is_provider(system.provider, None)) {
        maps::fill(event_id, &|name| data.value(name), &mut |column, text| row.set(column, text));
        if event_id.id == sysmon::EventId::Connection {
            row.set_remote_host(Connection::of_record(system.computer, |name| data.value(name)).as_ref(), known);
        }
    }
    row.set(const { column("Payload") }, payload(data));
    row
}

/// The data as EvtxECmd writes it; values are cut if the whole would not fit into a cell, so that it stays JSON.
fn payload(data: Data<'_>) -> String {
    let write = |most: usize| {
        // EvtxECmd's converter writes one `Data` as an object and several as a list; Timeline Explorer understands both.
        let several = data.iter().nth(1).is_some();
        let mut out = br#"{"EventData":{"Data":"#.to_vec();
        out.extend_from_slice(if several { b"[" } else { b"" });
        for (at, (name, text)) in data.iter().enumerate() {
            out.extend_from_slice(if at > 0 { br#",{"@Name":"# } else { br#"{"@Name":"# });
            // Writing to a Vec cannot fail.
            let _ = serde_json::to_writer(&mut out, name);
            out.extend_from_slice(br##","#text":"##);
            let _ = serde_json::to_writer(&mut out, &escape::cut(text, most));
            out.push(b'}');
        }
        let nothing = data.iter().next().is_none();
        out.extend_from_slice(if nothing { b"[]" } else { b"" });
        out.extend_from_slice(if several { b"]}}" } else { b"}}" });
        String::from_utf8(out).unwrap_or_default()
    };
    let fits = |text: &String| !utf16::is_longer(text, CELL_LIMIT);
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

/// The row of an event whose record is not at hand, from its document: the columns of `System`, and those that the maps would fill.
fn of_document(json: &[u8], time: Ticks, known: &HostAddresses) -> TleRow {
    let mut row = TleRow::default();
    let Ok(serde_json::Value::Object(object)) = serde_json::from_slice::<serde_json::Value>(json) else { return row };
    let document = Document::from_json(&object);
    let text = |field| document.first(field).map(Value::to_string).unwrap_or_default();
    // `event.created` of other programs is when they read the record.
    let logged = object.get("evql").and_then(|own| own.get("logged")?.as_str());
    let time = logged.and_then(Ticks::parse_rfc3339).unwrap_or(time);
    row.set(const { column("TimeCreated") }, time.spaced_full());
    for (column, field) in [
        (const { column("RecordNumber") }, ecs::WINLOG_RECORD_ID),
        (const { column("EventRecordId") }, ecs::WINLOG_RECORD_ID),
        (const { column("EventId") }, ecs::EVENT_CODE),
        (const { column("Provider") }, ecs::EVENT_PROVIDER),
        (const { column("Channel") }, ecs::WINLOG_CHANNEL),
        (const { column("ProcessId") }, ecs::WINLOG_PROCESS_PID),
        (const { column("ThreadId") }, ecs::WINLOG_PROCESS_THREAD_ID),
        (const { column("Computer") }, ecs::HOST_NAME),
        (const { column("UserId") }, ecs::USER_ID),
        (const { column("MapDescription") }, ecs::EVENT_ACTION),
        (const { column("UserName") }, ecs::USER_NAME),
        (const { column("SourceFile") }, ecs::LOG_FILE_PATH),
    ] {
        row.set(column, text(field));
    }
    let connection = Connection::read(|field| document.first(field).map(Value::to_string));
    row.set_remote_host(connection.as_ref(), known);
    row.set(
        const { column("Level") },
        if text(ecs::LOG_LEVEL) == "information" { "Info".to_owned() } else { text(ecs::LOG_LEVEL) },
    );
    let command = text(ecs::PROCESS_COMMAND_LINE);
    row.set(
        const { column("ExecutableInfo") },
        if command.is_empty() { text(ecs::PROCESS_EXECUTABLE) } else { command },
    );
    row.set(const { column("HiddenRecord") }, "False");
    row.set(const { column("ExtraDataOffset") }, "0");
    row.set(const { column("Payload") }, String::from_utf8_lossy(json));
    row
}

#[cfg(test)]
mod tests;
