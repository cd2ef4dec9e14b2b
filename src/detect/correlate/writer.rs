//! From an event and the stages that take it to tuples, one a join key.

use super::candidate::CandidateTuple;
use super::found_alert::{AlertEvent, FoundAlert};
use super::hit_template::{HitTemplate, joins_on_one_host};
use super::hosts::HostNumber;
use super::pattern::{CandidateTables, PatternHit};
use crate::detect::hit::{CandidateEvent, RuleHit};
use crate::ecs::{self, Field};
use crate::eql::{Digest, DigestBuffer, Digester, MAX_KEYS};
use crate::event::{Fields, OrderKey, Value, WrittenText};
use crate::rules::Rule;
use std::sync::Arc;

/// Writes the candidates of one thread: buffers that are reused from event to event, and the tuples until somebody takes them.
#[derive(Debug, Default)]
pub struct CandidateWriter {
    /// The candidates so far.
    pub tuples: Vec<CandidateTuple>,
    /// The alerts of rules that one event satisfies.
    pub alerts: Vec<FoundAlert>,
    buffer: DigestBuffer,
    keys: Vec<Digest>,
    values: Vec<u64>,
    text: String,
    /// The host that was met last, which the next event is often of.
    host: Option<(Arc<str>, HostNumber)>,
}

/// How much a writer has written.
#[derive(Clone, Copy, Debug, Default)]
pub struct CandidateMark {
    tuples: usize,
    alerts: usize,
}

impl CandidateWriter {
    /// How much was written so far.
    pub fn mark(&self) -> CandidateMark {
        CandidateMark { tuples: self.tuples.len(), alerts: self.alerts.len() }
    }

    /// Forgets all that was written after a mark.
    pub fn truncate(&mut self, mark: CandidateMark) {
        self.tuples.truncate(mark.tuples);
        self.alerts.truncate(mark.alerts);
    }

    /// Writes an event that the filters of a template take, unless it lacks the keys for all of them.
    pub fn write(
        &mut self,
        event: &dyn Fields,
        order: OrderKey,
        template: &HitTemplate,
        digester: &Digester,
        tables: &CandidateTables,
    ) {
        self.buffer.clear();
        let host = self.host_of(event, tables);
        let first = self.tuples.len();
        let mut has_process = false;
        for list in template.key_lists() {
            self.keys.clear();
            digester.keys(event, &list.fields, list.of_host, &mut self.buffer, &mut self.keys);
            has_process |= list.is_process && !self.keys.is_empty();
            self.values.clear();
            if let Some(counted) = &list.counted {
                // The cap on combinations is one on keys and values together.
                let most = MAX_KEYS / self.keys.len().max(1);
                digester.counted(event, counted, most.max(1), &mut self.buffer, &mut self.values);
            }
            if self.values.is_empty() {
                self.values.push(0);
            }
            for (ordinal, key) in (0..).zip(&self.keys) {
                let tuple = |pattern, value| {
                    let tuple = CandidateTuple::new(*key, order, host, pattern).at(ordinal).counting(value);
                    tuple.of_one_host(list.of_host).of_process(list.is_process)
                };
                for pattern in &list.patterns {
                    self.tuples.extend(self.values.iter().map(|value| tuple(*pattern, *value)));
                }
            }
        }
        if self.tuples.len() == first {
            return;
        }
        if !has_process {
            let key = digester.first_key(event, &Field::Known(ecs::PROCESS_ENTITY_ID), &mut self.buffer);
            self.tuples.extend(key.map(|key| of_process(key, order, host)));
        }
        if self.buffer.is_capped() {
            self.tuples[first].cap();
        }
    }

    /// Writes an event whose join keys are there as values.
    pub fn write_event(
        &mut self,
        candidate: &CandidateEvent,
        rules: &[Rule],
        digester: &Digester,
        tables: &CandidateTables,
    ) {
        let CandidateEvent { order, host, entity_id, hits, .. } = candidate;
        let (order, host) = (*order, tables.hosts.number(host));
        let mut keys: Vec<(bool, Digest, u64, PatternHit, u16)> = Vec::new();
        let mut is_capped = false;
        for (rule, hit) in hits {
            let RuleHit::Joined(candidate) = hit else {
                self.alerts.push(FoundAlert::of_event(*rule, AlertEvent { order, host }));
                continue;
            };
            is_capped |= candidate.is_capped();
            let of_host = rules.get(*rule).is_some_and(|rule| joins_on_one_host(&rule.query));
            for (filter, of_filter) in candidate.hits() {
                let hit = PatternHit::new(*rule, filter);
                let most = (MAX_KEYS / of_filter.len().max(1)).max(1);
                let counted = rules.get(*rule).and_then(|rule| rule.query.filters().get(filter)?.counted());
                let of_event = candidate.counted(filter);
                let mut values: Vec<u64> = counted.map_or_else(Vec::new, |counted| {
                    of_event.iter().take(most).filter_map(|key| digester.counted_key(counted, key)).collect()
                });
                is_capped |= of_event.len() > most;
                if values.is_empty() {
                    values.push(0);
                }
                for (key, at) in of_filter.iter().zip(0..) {
                    let digest = digester.key(of_host, key);
                    keys.extend(values.iter().map(|value| (of_host, digest, *value, hit, at)));
                }
            }
        }
        keys.sort_unstable();
        let process = entity_id.as_ref().and_then(|id| digester.text_key(id));
        let first = self.tuples.len();
        let mut has_process = false;
        for of_key in keys.chunk_by(|left, right| (left.0, left.1, left.2) == (right.0, right.1, right.2)) {
            let (of_host, key, value, _, ordinal) = of_key[0];
            let is_process = of_host && Some(key) == process;
            has_process |= is_process;
            let hits: Vec<PatternHit> = of_key.iter().map(|(_, _, _, hit, _)| *hit).collect();
            tables.numbers_of(&hits, |pattern| {
                let tuple = CandidateTuple::new(key, order, host, pattern).at(ordinal).counting(value);
                self.tuples.push(tuple.of_one_host(of_host).of_process(is_process));
            });
        }
        self.tuples.extend(process.filter(|_| !has_process).map(|key| of_process(key, order, host)));
        if is_capped {
            self.tuples[first].cap();
        }
    }

    fn host_of(&mut self, event: &dyn Fields, tables: &CandidateTables) -> HostNumber {
        write(event, ecs::HOST_NAME, &mut self.text);
        match &self.host {
            Some((known, number)) if **known == *self.text => *number,
            _ => {
                let number = tables.hosts.number(&self.text);
                self.host = Some((self.text.as_str().into(), number));
                number
            }
        }
    }
}

/// The tuple of an event that no stage takes by its process. It tells of the process nevertheless, which may be met on other hosts too.
fn of_process(key: Digest, order: OrderKey, host: HostNumber) -> CandidateTuple {
    CandidateTuple::new(key, order, host, CandidateTables::NO_HITS).of_one_host(true).of_process(true)
}

/// Writes the first value of a field if it is a text, else nothing.
fn write(event: &dyn Fields, field: ecs::FieldId, out: &mut String) {
    out.clear();
    let field = Field::Known(field);
    if event.write_text(&field, out) == WrittenText::NotText {
        out.clear();
        out.push_str(event.values(&field).first().and_then(Value::as_text).unwrap_or_default());
    }
}
