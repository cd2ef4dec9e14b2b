//! What was found becomes an alert, once its events are at hand.
//!
//! This module does not know how events are read.

use super::alert::Alert;
use super::correlate::{AlertEvent, CandidateTables, FoundAlert, joins_on_one_host};
use crate::ecs;
use crate::eql::{Digest, Digester, KeyField, KeyPart, Query, TermFilter};
use crate::event::{Document, Event, Value};
use crate::rules::{Rule, RuleSet};
use std::sync::Arc;

/// The rules and names of a run, by which what was found in it becomes alerts.
#[derive(Clone, Debug)]
pub struct AlertBuilder {
    pub(super) rules: Arc<RuleSet>,
    pub(super) digester: Digester,
    pub(super) tables: Arc<CandidateTables>,
}

impl AlertBuilder {
    /// The alert whose events are these, one a stage that is filled. For one that is missing stands its host, time and place, as far as the candidate said them.
    pub fn alert(&self, found: &FoundAlert, event: impl Fn(usize) -> Option<Arc<Event>>) -> Alert {
        let rule = &self.rules.rules[found.rule()];
        let of_stage = |(stage, of): (usize, &Option<AlertEvent>)| {
            of.as_ref().map(|of| event(stage).unwrap_or_else(|| self.outline(of)))
        };
        let events: Vec<Option<Arc<Event>>> = found.events.iter().enumerate().map(of_stage).collect();
        let first = events.iter().enumerate().find_map(|(stage, event)| Some((stage, event.as_ref()?)));
        let keys = found.key.zip(first);
        let keys = keys.and_then(|(digest, (stage, event))| self.key_values(rule, stage, &event.document, digest));
        Alert {
            rule: found.rule(),
            join_keys: keys.unwrap_or_default(),
            events,
            tally: found.tally,
            repeated: None,
            start: None,
            context: Vec::new(),
        }
    }

    /// The values of the key that a digest stands for, from the event of a stage or term.
    fn key_values(&self, rule: &Rule, stage: usize, document: &Document, digest: Digest) -> Option<Vec<Option<Value>>> {
        let filters: Vec<&TermFilter> = match &rule.query {
            Query::Event(_) => return None,
            Query::Sequence(sequence) => vec![sequence.stages().get(stage)?.filter()],
            Query::Sample(sample) => vec![sample.filters().get(stage)?],
            // Whichever filter took the event.
            Query::Threshold(_) | Query::NewTerms(_) | Query::Correlation(_) => {
                rule.query.filters().iter().map(|filter| &**filter).collect()
            }
        };
        let of_host = joins_on_one_host(&rule.query);
        filters.into_iter().find_map(|filter| {
            let keys = filter.keys_of(document);
            let key = keys.iter().find(|key| self.digester.key(of_host, key) == digest)?;
            let values = key.iter().zip(filter.keys()).map(|(part, key)| as_recorded(part, key, document));
            Some(values.collect())
        })
    }

    /// An event of which no more is known than what a candidate says.
    fn outline(&self, event: &AlertEvent) -> Arc<Event> {
        let mut document = Document::new();
        let name = self.tables.hosts.name(event.host);
        if !name.is_empty() {
            document.set(ecs::HOST_NAME, &*name);
        }
        Arc::new(Event::at(event.order, document))
    }

    /// The name of the host of an event.
    pub fn host(&self, event: &AlertEvent) -> Arc<str> {
        self.tables.hosts.name(event.host)
    }
}

/// The value of a key; the name of a host in the letters that the event has.
fn as_recorded(part: &KeyPart, key: &KeyField, document: &Document) -> Option<Value> {
    let joined = part.to_value();
    if !KeyField::names_host(&key.field) {
        return joined;
    }
    let is_it = |value: &&Value| {
        value
            .as_text()
            .zip(joined.as_ref().and_then(Value::as_text))
            .is_some_and(|(text, joined)| text.to_lowercase() == joined)
    };
    document.values(&key.field).iter().find(is_it).cloned().or(joined)
}
