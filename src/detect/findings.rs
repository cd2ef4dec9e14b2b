//! What was found becomes alerts: within limits, in order, with their events, and without those that a person said are harmless.
//!
//! This module does not know how candidates were found, nor how events are read.

use super::alert::{Alert, Detail, Findings, MAX_SIGNALS};
use super::correlate::{
    AlertEvent, CandidateTables, CandidateTuple, CandidateWriter, Correlated, Correlator, EvidenceBegins, FoundAlert,
    joins_on_one_host, keep_within_limits, suppress,
};
use super::detector::Detector;
use super::hit::CandidateEvent;
use crate::base::Locator;
use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, SpoolLimits};
use crate::ecs;
use crate::eql::{Digest, KeyField, KeyPart, Query, TermFilter};
use crate::event::{Document, Event, Value};
use crate::rules::Rule;
use hashbrown::HashMap;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

impl Detector {
    /// The findings among some candidates, which may come in any order, and whose events are at hand. The evidence of a host begins with its first candidate:
    /// whoever looks for new terms gives all events, those without hits too.
    pub fn findings(&self, candidates: &[CandidateEvent]) -> Findings {
        let tables = CandidateTables::default();
        let mut writer = CandidateWriter::default();
        for candidate in candidates {
            writer.write_event(candidate, self.rules(), &self.digester, &tables);
        }
        let mut begins = EvidenceBegins::default();
        for CandidateEvent { host, order, .. } in candidates {
            begins.note(tables.hosts.number(host), order.time);
        }
        let _ = tables.begins.set(begins); // the tables are new
        let at_hand = candidates.iter().filter_map(|candidate| candidate.event.as_ref());
        let events: HashMap<Locator, Arc<Event>> = at_hand.map(|event| (event.origin, event.clone())).collect();
        // Nothing is written to disk below this limit, so that nothing can fail.
        let spool = SortSpool::new(SpoolLimits { max_memory: u64::MAX, temp_folder: None });
        let found = spool.add(std::mem::take(&mut writer.tuples)).and_then(|()| {
            let sorted = spool.take_sorted();
            let correlator = self.correlator(&tables);
            correlate(&correlator, &sorted)
        });
        let mut found = found.unwrap_or_default().alerts;
        found.append(&mut writer.alerts);
        let mut load = |wanted: &BTreeSet<Locator>| {
            wanted.iter().filter_map(|origin| Some((*origin, events.get(origin)?.clone()))).collect()
        };
        self.alerts(found, &tables, Detail::Full(&mut load))
    }

    /// What runs the rules over the candidates of a run that has these tables.
    pub fn correlator<'r>(&'r self, tables: &'r CandidateTables) -> Correlator<'r> {
        Correlator::new(self.rules(), tables, self.assumes_new)
    }

    /// The alerts that were found, which may come in any order, with their events.
    pub fn alerts(&self, mut found: Vec<FoundAlert>, tables: &CandidateTables, detail: Detail<'_>) -> Findings {
        let rules = self.rules();
        let most = |rule: &Rule| {
            let most = rule.meta.max_signals.unwrap_or(MAX_SIGNALS);
            self.max_signals.then(|| usize::try_from(most).unwrap_or(usize::MAX))
        };
        let left_out = keep_within_limits(&mut found, rules, most);
        let is_full = matches!(detail, Detail::Full(_));
        let (events, lost) = fetch(&found, tables, detail);
        let mut alerts: Vec<Alert> = found.iter().filter_map(|found| self.alert(found, &events, is_full)).collect();
        let set_aside = suppress(&mut alerts, &self.exceptions, rules);
        Findings { alerts, left_out, set_aside, lost }
    }

    /// An alert with its events; `None` if some could not be loaded, or are not what they were.
    fn alert(&self, found: &FoundAlert, events: &HashMap<Locator, Arc<Event>>, has_keys: bool) -> Option<Alert> {
        let rule = &self.rules()[found.rule()];
        let event = |event: &AlertEvent| events.get(&event.order.origin()).cloned();
        let all: Option<Vec<Option<Arc<Event>>>> = found
            .events
            .iter()
            .map(|of_stage| of_stage.as_ref().map_or(Some(None), |of| event(of).map(Some)))
            .collect();
        let all = all?;
        let first = all.iter().position(Option::is_some)?;
        let join_keys = match (found.key, &all[first]) {
            (Some(digest), Some(event)) if has_keys => self.key_values(rule, first, &event.document, digest)?,
            _ => Vec::new(),
        };
        Some(Alert { rule: found.rule(), join_keys, events: all, tally: found.tally, start: None })
    }

    /// The values of the key that a digest stands for, from the event of a stage or term.
    fn key_values(&self, rule: &Rule, stage: usize, document: &Document, digest: Digest) -> Option<Vec<Option<Value>>> {
        let filters: Vec<&TermFilter> = match &rule.query {
            Query::Event(_) => return None,
            Query::Sequence(sequence) => vec![sequence.stages().get(stage)?.filter()],
            Query::Sample(sample) => vec![sample.filters().get(stage)?],
            // Whichever filter took the event.
            Query::Threshold(_) | Query::NewTerms(_) => rule.query.filters().iter().map(|filter| &**filter).collect(),
        };
        let of_host = joins_on_one_host(&rule.query);
        filters.into_iter().find_map(|filter| {
            let keys = filter.keys_of(document);
            let key = keys.iter().find(|key| self.digester.key(of_host, key) == digest)?;
            let values = key.iter().zip(filter.keys()).map(|(part, key)| as_recorded(part, key, document));
            Some(values.collect())
        })
    }
}

/// Runs all rules over all candidates, one partition after the other.
fn correlate(correlator: &Correlator<'_>, candidates: &SortedSpool<CandidateTuple>) -> io::Result<Correlated> {
    (0..CandidateTuple::PARTITIONS).try_fold(Correlated::default(), |found, number| {
        Ok(found.merge(correlator.partition(candidates.partition(number), |_| false)?))
    })
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

/// An event of which no more is known than what a candidate says.
fn outline(event: &AlertEvent, tables: &CandidateTables) -> Arc<Event> {
    let mut document = Document::new();
    let name = tables.hosts.name(event.host);
    if !name.is_empty() {
        document.set(ecs::HOST_NAME, &*name);
    }
    let order = event.order;
    let (timestamp, logged, tiebreaker, origin) = (order.time, order.time, order.tiebreaker(), order.origin());
    Arc::new(Event {
        document,
        timestamp,
        logged,
        is_logged_known: true,
        is_recovered: false,
        tiebreaker,
        origin,
        original: None,
    })
}

/// The events of alerts by where they stand, and which could not be loaded.
fn fetch(
    found: &[FoundAlert],
    tables: &CandidateTables,
    detail: Detail<'_>,
) -> (HashMap<Locator, Arc<Event>>, BTreeSet<Locator>) {
    let load = match detail {
        Detail::Full(load) => load,
        Detail::Outline => {
            let events = found.iter().flat_map(|alert| alert.events.iter().flatten());
            let outlines = events.map(|event| (event.order.origin(), outline(event, tables)));
            return (outlines.collect(), BTreeSet::new());
        }
    };
    let mut wanted: BTreeSet<Locator> = found.iter().flat_map(FoundAlert::origins).collect();
    let events = if wanted.is_empty() { HashMap::new() } else { load(&wanted) };
    wanted.retain(|origin| !events.contains_key(origin));
    (events, wanted)
}
