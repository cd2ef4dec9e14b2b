//! What a run has found, in the words of a test file: the facts of alerts and faults that a test can be held to.

use crate::detect::{Alert, RuleIndex};
use crate::ecs;
use crate::event::{Event, Value};
use crate::rules::Rule;
use crate::source::{Fault, FaultSeverity, chunk_number, chunk_start};
use std::path::Path;
use std::sync::Arc;

/// The facts of one alert.
#[derive(Clone, Debug)]
pub struct RecordedAlert {
    /// The position of its rule among those of the run.
    pub rule: RuleIndex,
    /// The id of the rule.
    pub rule_id: String,
    /// The name of the rule.
    pub rule_name: String,
    /// The computer of its last event.
    pub host: Option<String>,
    /// The record numbers of its events, in the order of the stages; `None` for an event that has no number.
    pub records: Vec<Option<u64>>,
    /// The values of its join keys; an empty text for a key without value.
    pub keys: Vec<serde_json::Value>,
    /// Its events, in the order of the stages.
    pub events: Vec<Arc<Event>>,
}

impl RecordedAlert {
    /// The facts of an alert of this rule.
    pub fn new(rule: &Rule, alert: &Alert) -> Self {
        let key = |key: &Option<Value>| key.as_ref().map_or_else(|| "".into(), Value::to_json);
        Self {
            rule: alert.rule,
            rule_id: rule.meta.id.clone(),
            rule_name: rule.meta.name.clone(),
            host: alert.last().and_then(|event| event.document.text(ecs::HOST_NAME)).map(str::to_owned),
            records: alert.present().map(|event| event.tiebreaker).collect(),
            keys: alert.join_keys.iter().map(key).collect(),
            events: alert.present().cloned().collect(),
        }
    }

    /// The record numbers, if every event has one.
    pub fn all_records(&self) -> Option<Vec<u64>> {
        self.records.iter().copied().collect()
    }

    /// The record numbers as a person reads them.
    pub fn records_text(&self) -> String {
        let record = |record: &Option<u64>| record.map_or_else(|| "-".to_owned(), |number| number.to_string());
        format!("[{}]", self.records.iter().map(record).collect::<Vec<_>>().join(", "))
    }
}

/// The facts of one fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFault {
    /// The path of the file that it is about, as it was named.
    pub input: String,
    /// The chunk that it is about, counted from 0, if it has a place in an event log.
    pub chunk: Option<u64>,
    /// The reason, in one line.
    pub reason: String,
    /// Whether nothing is missing for it: a file that is no evidence.
    pub is_harmless: bool,
}

impl RecordedFault {
    /// The facts of a fault.
    pub fn new(fault: &Fault) -> Self {
        let is_log = fault.input.to_lowercase().ends_with(".evtx");
        let in_chunks = fault.offset.filter(|offset| is_log && *offset >= chunk_start(0));
        Self {
            input: fault.input.to_string(),
            chunk: in_chunks.map(chunk_number),
            reason: fault.reason.clone(),
            is_harmless: fault.severity == FaultSeverity::PassedOver,
        }
    }

    /// The name of the file, without its folder.
    pub fn file_name(&self) -> String {
        let name = Path::new(&self.input).file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| self.input.clone())
    }
}
