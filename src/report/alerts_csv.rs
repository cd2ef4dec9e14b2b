//! Alerts as CSV: one row an alert, fixed columns, safe to open in a spreadsheet.

use super::alert::id_of;
use super::citation::{Citation, citation};
use super::columns::text_of;
use super::format::Exporter;
use super::message::message_of;
use super::results::Results;
use super::sightings_json::sightings;
use crate::base::Ticks;
use crate::base::escape::cell;
use crate::detect::Alert;
use crate::ecs::{self, FieldId};
use crate::rules::Technique;
use std::borrow::Cow;
use std::io::{self, Write};

/// `csv` of `scan`.
#[derive(Clone, Copy, Debug)]
pub struct AlertsCsv;

/// The columns that are a field: its values in the first event of the alert that has some, in stage order, and then in the creation of the process.
const FIELDS: &[FieldId] = &[
    ecs::HOST_NAME,
    ecs::USER_DOMAIN,
    ecs::USER_NAME,
    ecs::PROCESS_ENTITY_ID,
    ecs::PROCESS_PID,
    ecs::PROCESS_NAME,
    ecs::PROCESS_EXECUTABLE,
    ecs::PROCESS_COMMAND_LINE,
    ecs::PROCESS_PARENT_PID,
    ecs::PROCESS_PARENT_EXECUTABLE,
    ecs::PROCESS_PARENT_COMMAND_LINE,
    ecs::PROCESS_HASH_SHA256,
    ecs::NETWORK_TRANSPORT,
    ecs::NETWORK_PROTOCOL,
    ecs::SOURCE_IP,
    ecs::SOURCE_PORT,
    ecs::DESTINATION_IP,
    ecs::DESTINATION_PORT,
    ecs::DESTINATION_DOMAIN,
    ecs::DNS_QUESTION_NAME,
    ecs::FILE_PATH,
    ecs::FILE_HASH_SHA256,
    ecs::FILE_CODE_SIGNATURE_SUBJECT_NAME,
    ecs::DLL_PATH,
    ecs::REGISTRY_PATH,
    ecs::REGISTRY_DATA_STRINGS,
    ecs::DATA_TARGET_IMAGE,
    ecs::DATA_GRANTED_ACCESS,
    ecs::EVQL_RECOVERED,
];

const HEAD: &[&str] = &[
    "alert",
    "@timestamp",
    "rule.name",
    "rule.id",
    "severity",
    "risk_score",
    "threat.tactic.name",
    "threat.technique.id",
    "first_logged",
    "last_logged",
    "seconds",
];

const TAIL: &[&str] =
    &["join_keys", "winlog.record_id", "log.file.path", "message", "event.id", "threat.indicator.name"];

impl Exporter for AlertsCsv {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let fields = FIELDS.iter().map(|field| field.name());
        let head = HEAD.iter().copied().chain(fields).chain(TAIL.iter().copied());
        out.write_all(&record(head.map(Cow::Borrowed))?)?;
        let write = |position: usize, alert: &Alert, text: &mut Vec<u8>| {
            let row = row(results, position, alert);
            // Writing to a Vec does not fail.
            text.append(&mut record(row.iter().map(|text| cell(text))).unwrap_or_default());
        };
        results.alerts.for_all_texts(&write, |row| out.write_all(row))
    }
}

/// A row as CSV.
fn record<'t>(cells: impl Iterator<Item = Cow<'t, str>>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells.map(Cow::into_owned))?;
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

fn row(results: &Results<'_>, position: usize, alert: &Alert) -> Vec<String> {
    let meta = results.detector.meta(alert);
    let present: Vec<_> = alert.present().collect();
    // Fields with lists, such as the data of a registry value, are shown whole.
    let all_values = |&field: &FieldId| {
        let event = present.iter().copied().chain(&alert.start).find(|event| event.document.has(field));
        let values = event.iter().flat_map(|event| event.document.all(field)).map(|value| text_of(field, value));
        values.collect::<Vec<_>>().join("; ")
    };
    let logged: Vec<_> = present.iter().map(|event| Some(event.logged).filter(|_| event.is_logged_known)).collect();
    let techniques =
        meta.threat.iter().flat_map(|attack| &attack.techniques).filter(|technique| names_leaf(meta, technique));
    let mut row = vec![
        (position + 1).to_string(),
        alert.timestamp().map(Ticks::rfc3339).unwrap_or_default(),
        meta.name.clone(),
        meta.id.clone(),
        meta.level.name().to_owned(),
        meta.risk_score.to_string(),
        meta.threat.iter().map(|attack| attack.tactic.name.as_str()).collect::<Vec<_>>().join("; "),
        techniques.map(|technique| technique.id.as_str()).collect::<Vec<_>>().join("; "),
        logged.first().copied().flatten().map(Ticks::rfc3339_full).unwrap_or_default(),
        logged.last().copied().flatten().map(Ticks::rfc3339_full).unwrap_or_default(),
        seconds(results, alert),
    ];
    row.extend(FIELDS.iter().map(all_values));
    let keys = alert.join_keys.iter().map(|key| key.as_ref().map_or_else(String::new, ToString::to_string));
    row.push(keys.collect::<Vec<_>>().join("; "));
    let (places, mut files): (Vec<String>, Vec<String>) =
        present.iter().map(|event| citation(results, event)).map(|Citation { place, file }| (place, file)).unzip();
    row.push(places.join("; "));
    // Only neighbours: the list stays in the order of the record numbers beside it.
    files.dedup();
    row.push(files.join("; "));
    row.push(alert.last().map(|event| message_of(event, results.addresses)).unwrap_or_default());
    row.push(id_of(results, alert));
    let found = sightings(&results.detector.rules()[alert.rule], alert).unwrap_or_default();
    row.push(found.iter().map(|sighting| sighting.indicator.text.as_str()).collect::<Vec<_>>().join("; "));
    row
}

/// A technique that is named only to hold its sub-techniques is not listed beside them.
fn names_leaf(meta: &crate::rules::Metadata, technique: &Technique) -> bool {
    let prefix = format!("{}.", technique.id);
    let mut all = meta.threat.iter().flat_map(|attack| &attack.techniques);
    !all.any(|other| other.id.starts_with(&prefix))
}

/// Seconds from the first event to the last, by the clock that ordered them.
fn seconds(results: &Results<'_>, alert: &Alert) -> String {
    let time = |event: &std::sync::Arc<crate::event::Event>| event.time(results.clock).0;
    let (Some(first), Some(last)) = (alert.present().next().map(time), alert.last().map(time)) else {
        return String::new();
    };
    crate::base::time::seconds_text(last - first)
}
