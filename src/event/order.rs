//! Where an event stands in time, and the total order that sequences and timelines use.
//!
//! Sysmon's own time (`UtcTime`) is taken before the event is complete and runs backwards between neighbours; the time of logging does not.
//! The order is therefore a choice of its own, apart from the `@timestamp` that is shown.

use super::document::Document;
use super::json::Object;
use crate::base::{Locator, Ticks};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// Which time orders events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Clock {
    /// When Windows logged the event: System/TimeCreated.
    #[default]
    Logged,
    /// When the event says it happened, as Elastic orders: `@timestamp`, for Sysmon its UtcTime.
    Utc,
}

/// A document with its place in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// All fields, `@timestamp` among them.
    pub document: Document,
    /// `@timestamp`.
    pub timestamp: Ticks,
    /// When the event was logged; `@timestamp` where that is not known.
    pub logged: Ticks,
    /// Whether it is known when the event was logged. Records say it; of documents only those do that evql made from records.
    pub is_logged_known: bool,
    /// Whether the log hides the record, so that an ordinary reader does not see it.
    pub is_recovered: bool,
    /// EventRecordID, which decides between events of the same time. Missing sorts last.
    pub tiebreaker: Option<u64>,
    /// Where it was read.
    pub origin: Locator,
    /// The document as it was given, if it was given as JSON.
    #[serde(with = "given")]
    pub original: Option<Arc<Object>>,
}

/// The key of the total order: time, then tiebreaker (missing last), then place in the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OrderKey {
    /// By the chosen clock.
    pub time: Ticks,
    tiebreaker_missing: bool,
    tiebreaker: u64,
    origin: Locator,
}

impl OrderKey {
    /// The place in the order of what has this time and tiebreaker, and was read there.
    pub fn new(time: Ticks, tiebreaker: Option<u64>, origin: Locator) -> Self {
        // As a flag before the number, since `None` would sort before all numbers.
        let tiebreaker_missing = tiebreaker.is_none();
        Self { time, tiebreaker_missing, tiebreaker: tiebreaker.unwrap_or_default(), origin }
    }

    /// The record number, which decides between events of the same time.
    pub fn tiebreaker(&self) -> Option<u64> {
        (!self.tiebreaker_missing).then_some(self.tiebreaker)
    }

    /// Where it was read.
    pub fn origin(&self) -> Locator {
        self.origin
    }

    /// The same where inputs have other numbers.
    #[must_use]
    pub fn renumbered(self, input: impl Fn(u32) -> u32) -> Self {
        Self { origin: Locator { input: input(self.origin.input), ..self.origin }, ..self }
    }
}

/// A given document in a spool: as JSON text, since the spool's format cannot tell of which type a value is.
mod given {
    use crate::event::json::Object;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
    use std::sync::Arc;

    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
    pub fn serialize<S: Serializer>(given: &Option<Arc<Object>>, to: S) -> Result<S::Ok, S::Error> {
        let text = given.as_deref().map(serde_json::to_string).transpose().map_err(ser::Error::custom)?;
        text.serialize(to)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Arc<Object>>, D::Error> {
        let text = Option::<&str>::deserialize(from)?;
        text.map(|text| serde_json::from_str(text).map(Arc::new).map_err(de::Error::custom)).transpose()
    }
}

impl Event {
    /// An event of which no more is known than its document and its place in the order of events.
    pub fn at(order: OrderKey, document: Document) -> Self {
        Self {
            document,
            timestamp: order.time,
            logged: order.time,
            is_logged_known: true,
            is_recovered: false,
            tiebreaker: order.tiebreaker(),
            origin: order.origin(),
            original: None,
        }
    }

    /// The event as JSON: as it was given, or else as it was mapped.
    ///
    /// Where it is known when the event was logged, `evql.logged` says so. No other program writes that field, so that the document can be read again
    /// and put in the same order: `event.created`, which Beats and agents write too, is the time of reading there.
    pub fn to_json(&self) -> serde_json::Value {
        // A document is given back as it came: what was typed on the way in is for comparisons only.
        let given = self.original.as_deref().map(|object| serde_json::Value::Object(object.clone()));
        let mut document = given.unwrap_or_else(|| self.document.to_json());
        if let Some(object) = document.as_object_mut().filter(|_| self.is_logged_known) {
            let mut own = json!({ "logged": self.logged.rfc3339_full() });
            if self.is_recovered {
                own["recovered"] = true.into();
            }
            object.insert("evql".to_owned(), own);
        }
        document
    }

    /// The event's time by `clock`.
    pub fn time(&self, clock: Clock) -> Ticks {
        match clock {
            Clock::Logged => self.logged,
            Clock::Utc => self.timestamp,
        }
    }

    /// The event's place in the total order by `clock`.
    pub fn order(&self, clock: Clock) -> OrderKey {
        OrderKey::new(self.time(clock), self.tiebreaker, self.origin)
    }
}
