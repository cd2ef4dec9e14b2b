//! The timeline for Elasticsearch's `_bulk`: before each ECS document a line that says what to do with it, which is to create it.
//!
//! Documents get what an agent and Elasticsearch would have added on their way: the kind of agent, without which Kibana's Analyzer does not open an
//! event, the data stream, the time of arrival, by which Elastic's rules find old evidence, and a message. Whatever a document says itself, stays.
//!
//! With ids a document is known again: the same event has the same id whichever run wrote it, and to create it twice adds nothing. This module does
//! not speak to Elasticsearch; `docs/elasticsearch` has the index template.

use super::format::TimelineFormat;
use super::message::{MessageFacts, message};
use super::results::Results;
use super::timeline_ecs::with_alerts;
use crate::base::Ticks;
use crate::base::host::folded;
use crate::base::number::hex;
use crate::ecs::{self, Field};
use crate::event::{Document, Object, Value};
use crate::process::HostAddresses;
use crate::timeline::{RowContents, TimelineEntry};
use serde::Deserialize;
use serde_json::json;
use sha1::{Digest, Sha1};
use std::borrow::Cow;

/// `bulk` of `timeline`.
#[derive(Clone, Debug)]
pub struct TimelineBulk {
    /// The line before a document without an id.
    plain: String,
    index: String,
    ids: bool,
    /// Type, dataset and namespace of the data stream, if the index is named like one.
    stream: Option<[String; 3]>,
    ingested: Option<String>,
}

/// A name that Elasticsearch does not take for an index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' cannot be the name of an index: {why}")]
pub struct BadIndex {
    name: String,
    why: &'static str,
}

impl TimelineBulk {
    /// The data stream that is written to if no other is named: the dataset of Elastic's integration, apart from what agents write.
    pub const INDEX: &'static str = "logs-windows.sysmon_operational-evql";

    /// Writes to an index or data stream; with `ids` each document has an id that follows from its event. `ingested` is written as `event.ingested`.
    pub fn new(index: &str, ids: bool, ingested: Option<Ticks>) -> Result<Self, BadIndex> {
        let bad = |why| Err(BadIndex { name: index.to_owned(), why });
        if index.is_empty() || index.len() > 255 {
            return bad("it must have 1 to 255 bytes");
        }
        if index.starts_with(['-', '_', '+']) || index.starts_with('.') {
            return bad("it must not begin with -, _, + or .");
        }
        let is_forbidden =
            |c: char| c.is_uppercase() || c.is_control() || c.is_whitespace() || "\\/*?\"<>|,#:".contains(c);
        if index.contains(is_forbidden) {
            return bad("it must be lower case, without spaces and without any of \\ / * ? \" < > | , # :");
        }
        // `create` and not `index`: a data stream takes nothing else, and with an id it refuses what is there already instead of writing it once more.
        let plain = json!({ "create": { "_index": index } }).to_string();
        let ingested = ingested.map(Ticks::rfc3339);
        Ok(Self { plain, index: index.to_owned(), ids, stream: stream(index), ingested })
    }
}

// Lines, as `TimelineFormat` has them by default: the last one ends too, which a bulk request must have.
impl TimelineFormat for TimelineBulk {
    fn contents(&self) -> RowContents {
        RowContents::Document
    }

    fn row(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>) {
        if self.ids {
            let action = json!({ "create": { "_index": self.index, "_id": id(entry.row.document()) } });
            let _ = serde_json::to_writer(&mut *out, &action); // writing to a Vec cannot fail
        } else {
            out.extend_from_slice(self.plain.as_bytes());
        }
        out.push(b'\n');
        match with_alerts(results, entry) {
            Some(serde_json::Value::Object(mut object)) => {
                self.complete(&mut object, results.addresses);
                let _ = serde_json::to_writer(&mut *out, &object); // writing to a Vec cannot fail
            }
            _ => out.extend_from_slice(entry.row.document()),
        }
    }
}

impl TimelineBulk {
    /// Adds what an agent and Elasticsearch's ingestion would have added.
    fn complete(&self, object: &mut Object, addresses: &HostAddresses) {
        let document = Document::from_json(object);
        if !document.has(ecs::MESSAGE) {
            let message = message(&MessageFacts::of_document(&document), addresses);
            object.insert("message".to_owned(), message.into());
        }
        if document.values(&Field::named("agent.type")).is_empty()
            && let Some(agent) = agent(&document)
        {
            set(object, "agent", "type", agent);
        }
        if let Some(ingested) = &self.ingested {
            set(object, "event", "ingested", ingested);
        }
        if let Some(stream) = &self.stream {
            // Constants of a data stream: a document that says otherwise is refused.
            for (name, value) in ["type", "dataset", "namespace"].into_iter().zip(stream) {
                set(object, "data_stream", name, value);
            }
        }
    }
}

/// The parts of an index's name that is one of a data stream: `type-dataset-namespace`, where only the namespace may hold a hyphen.
fn stream(index: &str) -> Option<[String; 3]> {
    let mut parts = index.splitn(3, '-').map(str::to_owned);
    let parts = [parts.next()?, parts.next()?, parts.next()?];
    // Other types of data streams are no place for events.
    (parts[0] == "logs" && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

/// The agent that would have sent a document: Kibana's Analyzer knows Sysmon by it, together with the module (Winlogbeat) or the dataset (Elastic Agent).
fn agent(document: &Document) -> Option<&'static str> {
    match (document.text(ecs::EVENT_MODULE), document.text(ecs::EVENT_DATASET)) {
        (Some("sysmon"), _) => Some("winlogbeat"),
        (_, Some(dataset)) if dataset.starts_with("windows.") || dataset.starts_with("sysmon_linux.") => {
            Some("filebeat")
        }
        _ => None,
    }
}

/// Sets a field of an object, in the place of its writing with a dot.
fn set(document: &mut Object, object: &str, name: &str, value: &str) {
    document.shift_remove(&format!("{object}.{name}"));
    match document.entry(object).or_insert_with(|| json!({})) {
        serde_json::Value::Object(inner) => {
            inner.insert(name.to_owned(), value.into());
        }
        // A text where ECS has an object: Elasticsearch reads a dotted name as well.
        _ => {
            document.insert(format!("{object}.{name}"), value.into());
        }
    }
}

/// The id of a document: a hash of its computer, channel, record number and time or, where one of the first three is missing, of all of it.
///
/// The time tells records apart whose numbers began anew, since the log was cleared. It is that of logging where evql wrote down which that was, and
/// `@timestamp` otherwise: `event.created` of Beats and agents is when they read the record, and differs between two readings of one.
fn id(document: &[u8]) -> String {
    let mut hash = Sha1::new();
    match of_record(document).or_else(|| named(&serde_json::from_slice(document).ok()?)) {
        Some(parts) => {
            for part in parts {
                // With their lengths, so that no two lists of parts run into the same bytes.
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part.as_bytes());
            }
        }
        None => hash.update(document),
    }
    hex(&hash.finalize())
}

/// Reads the id's parts from the bytes of a document that evql made of a record; most documents are such, and only these parts of them need be parsed.
fn of_record(document: &[u8]) -> Option<[String; 4]> {
    let Named { winlog, evql } = serde_json::from_slice(document).ok()?;
    let Winlog { computer_name, channel, record_id } = winlog;
    Some([folded(&computer_name).into_owned(), channel.into(), record_id.into(), evql.logged.into()])
}

#[derive(Deserialize)]
struct Named<'d> {
    #[serde(borrow)]
    winlog: Winlog<'d>,
    #[serde(borrow)]
    evql: Logged<'d>,
}

#[derive(Deserialize)]
struct Winlog<'d> {
    #[serde(borrow)]
    computer_name: Cow<'d, str>,
    #[serde(borrow)]
    channel: Cow<'d, str>,
    #[serde(borrow)]
    record_id: Cow<'d, str>,
}

#[derive(Deserialize)]
struct Logged<'d> {
    #[serde(borrow)]
    logged: Cow<'d, str>,
}

/// Reads the id's parts from any document, however its names are nested and its values written.
fn named(object: &Object) -> Option<[String; 4]> {
    let document = Document::from_json(object);
    let text = |name: &str| document.values(&Field::named(name)).first().map(ToString::to_string);
    let computer = folded(&text("winlog.computer_name")?).into_owned();
    let time = match text("evql.logged") {
        Some(logged) => logged,
        None => match document.first(ecs::TIMESTAMP)? {
            // No more digits than any program writes.
            Value::Date(at) => at.rfc3339(),
            other => other.to_string(),
        },
    };
    Some([computer, text("winlog.channel")?, text("winlog.record_id")?, time])
}

#[cfg(test)]
mod tests;
