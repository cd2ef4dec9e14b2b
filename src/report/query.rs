//! Matches of a query, for programs: JSON and CSV.

use super::alert::write_join_keys;
use super::columns::column_name;
use super::json_layout::{JsonLayout, JsonWriter};
use crate::base::escape::cell;
use crate::base::json_object::push_object;
use crate::detect::{Alert, AlertSource};
use crate::ecs::{self, Field, FieldId, SubField};
use crate::event::Event;
use serde_json::json;
use std::io::{self, Write};
use std::sync::Arc;

/// Columns of a CSV without `--fields`.
const COLUMNS: &[FieldId] = &[
    ecs::TIMESTAMP,
    ecs::HOST_NAME,
    ecs::EVENT_CODE,
    ecs::EVENT_ACTION,
    ecs::USER_NAME,
    ecs::PROCESS_ENTITY_ID,
    ecs::PROCESS_PID,
    ecs::PROCESS_NAME,
    ecs::PROCESS_EXECUTABLE,
    ecs::PROCESS_COMMAND_LINE,
    ecs::PROCESS_PARENT_NAME,
    ecs::DESTINATION_IP,
    ecs::DESTINATION_PORT,
    ecs::DNS_QUESTION_NAME,
    ecs::FILE_PATH,
    ecs::REGISTRY_PATH,
    ecs::WINLOG_RECORD_ID,
    ecs::LOG_FILE_PATH,
    ecs::EVQL_RECOVERED,
];

/// The matches of a query.
#[derive(Clone, Copy, Debug)]
pub struct QueryMatches<'a> {
    /// Each with the events that it consists of.
    pub alerts: &'a dyn AlertSource,
    /// Whether the query asks for single events, and not for sequences or samples.
    pub is_event: bool,
    /// Whether what stands around events is shown with them, each marked by the number of its hit and its distance from it.
    pub with_context: bool,
}

/// The field that says which hit an event is, or stands around: `evql.hit.number`, from 1, and `evql.hit.distance`, which is 0 for the hit itself.
const HIT: &str = "hit";

impl QueryMatches<'_> {
    /// Writes them as JSON, one after the other.
    pub fn write_json(&self, layout: JsonLayout, out: &mut dyn Write) -> io::Result<()> {
        // No match is no line, but an empty array.
        if self.alerts.count() == 0 && layout == JsonLayout::Lines {
            return Ok(());
        }
        let mut writer = JsonWriter::new(out, layout);
        let write = |position: usize, found: &Alert, text: &mut Vec<u8>| {
            if self.with_context {
                for (number, (distance, event)) in with_context(found).enumerate() {
                    text.extend_from_slice(if number > 0 { layout.separator() } else { "" }.as_bytes());
                    push_marked(event, position, distance, text);
                }
            } else {
                self.push(found, text);
            }
        };
        self.alerts.for_all_texts(&write, |text| writer.push_text(text))?;
        writer.finish()
    }

    /// Adds an event as its document; a sequence or sample as its keys and its documents, null where absence was demanded.
    fn push(&self, found: &Alert, out: &mut Vec<u8>) {
        let event = |event: &Option<Arc<Event>>, out: &mut Vec<u8>| match event {
            Some(event) => event.push_json(out),
            None => out.extend_from_slice(b"null"),
        };
        if self.is_event {
            return event(found.events.first().unwrap_or(&None), out);
        }
        push_object(out, |object| {
            write_join_keys(found, object);
            object.list("events", &found.events, event);
        });
    }

    /// Writes them as CSV with these columns, or the usual ones if there are none: one row an event. Rows of a sequence have its number and the number of
    /// their stage in front.
    pub fn write_csv(&self, columns: &[String], out: &mut dyn Write) -> io::Result<()> {
        let fields: Vec<Field> = if columns.is_empty() {
            COLUMNS.iter().map(|&id| id.into()).collect()
        } else {
            columns.iter().map(|name| Field::named(name)).collect()
        };
        let mut writer = csv::Writer::from_writer(out);
        let head = fields.iter().map(|field| column_name(field.name()).into_owned());
        let places = if self.with_context { ["hit", "distance"] } else { ["match", "stage"] };
        let has_places = self.with_context || !self.is_event;
        let places = places.map(str::to_owned).into_iter().filter(|_| has_places);
        writer.write_record(places.chain(head))?;
        self.alerts.for_each(|number, found| {
            let number = number + 1;
            let mut write = |place: i64, event: &Event| {
                let place = [number.to_string(), place.to_string()].into_iter().filter(|_| has_places);
                let values = fields.iter().map(|field| cell(&joined_values(event, field)).into_owned());
                writer.write_record(place.chain(values))
            };
            if self.with_context {
                return with_context(found)
                    .try_for_each(|(distance, event)| write(distance.into(), event))
                    .map_err(Into::into);
            }
            let present = (1..).zip(&found.events).filter_map(|(stage, event)| Some((stage, event.as_ref()?)));
            for (stage, event) in present {
                write(stage, event)?;
            }
            Ok(())
        })?;
        writer.flush()
    }
}

/// The event of an alert with what stands around it, in order: each with how many events it comes after it, or before it if negative.
pub fn with_context(found: &Alert) -> impl Iterator<Item = (i32, &Arc<Event>)> {
    let around = |is_before: bool| {
        let here = found.context.iter().filter(move |around| (around.distance < 0) == is_before);
        here.map(|around| (around.distance, &around.event))
    };
    around(true).chain(found.present().take(1).map(|event| (0, event))).chain(around(false))
}

/// Adds an event as its document, with the mark of the hit that it is or stands around.
fn push_marked(event: &Event, position: usize, distance: i32, out: &mut Vec<u8>) {
    let mut document = event.to_json();
    if let Some(object) = document.as_object_mut() {
        let mark = json!({ "number": position + 1, "distance": distance });
        match object.entry("evql").or_insert_with(|| json!({})).as_object_mut() {
            Some(own) => drop(own.insert(HIT.to_owned(), mark)),
            // A document of another program that has a value of this name.
            None => drop(object.insert(format!("evql.{HIT}"), mark)),
        }
    }
    // Writing to a Vec does not fail.
    drop(serde_json::to_writer(out, &document));
}

/// The values of a field in one text, `; ` between them; in lower case for a multi-field that Elasticsearch keeps so.
pub fn joined_values(event: &Event, field: &Field) -> String {
    let (base, sub) = ecs::mapped(field.name());
    let values = event.document.values(&base).iter().map(ToString::to_string);
    let lower = |text: String| if sub == Some(SubField::Caseless) { text.to_lowercase() } else { text };
    values.map(lower).collect::<Vec<_>>().join("; ")
}
