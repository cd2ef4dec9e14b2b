//! Events that rules may need, held until all are known: of each no more than its place in the order and what stands for its process and its join keys.
//!
//! Some rules have a stage that nearly every start of a process matches, so that there are many candidates and each must be small. Which rules and filters
//! take an event is one of few patterns, which candidates share; keys are digests, and the values are found again in the events of alerts.
//! This module does not know what makes an alert.

use super::hit::{CandidateEvent, RuleHit, RuleIndex};
use crate::base::{Locator, host};
use crate::ecs::{self, Field};
use crate::eql::{CompiledSequence, Digest, DigestBuffer, Digester, KeyField, Query};
use crate::event::{Event, Fields, OrderKey, Value, WrittenText};
use crate::rules::Rule;
use hashbrown::HashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Candidates, as they were found.
#[derive(Debug, Default)]
pub struct Candidates {
    batches: Vec<CandidateBatch>,
}

/// Candidates that were found together.
#[derive(Debug, Default)]
struct CandidateBatch {
    records: Vec<CandidateRecord>,
    /// The keys of all of them, those of each together.
    keys: Vec<Digest>,
    /// The events that are at hand.
    events: Vec<Arc<Event>>,
    /// The names of hosts by what stands for them, some more than once.
    hosts: Vec<(Digest, Arc<str>)>,
}

/// The part of an event that is kept until all are known.
#[derive(Debug)]
pub struct CandidateRecord {
    pub order: OrderKey,
    /// The digest of its host.
    pub host: Digest,
    /// The digest of its process, if it names one.
    pub process: Option<Digest>,
    pub is_creation: bool,
    /// Whether it has so many join keys that some were dropped.
    is_capped: bool,
    pattern: Arc<Pattern>,
    /// Where its keys start.
    keys: u32,
}

/// Which rules take an event, ascending.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    hits: Box<[PatternHit]>,
}

/// A rule, or a filter of it, that takes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternHit {
    /// Which rule.
    pub rule: u32,
    /// The filter; 0 for a query for single events.
    pub filter: u32,
    /// Which of the event's keys it takes it under; none for a query for single events.
    first: u32,
    count: u32,
}

/// A batch with so many candidates gets no more from the next unit: to let it grow would be to copy it again and again.
const LARGE_BATCH: usize = 1024;

/// How many candidates there were.
#[derive(Clone, Copy, Debug, Default)]
pub struct CandidateMark {
    records: usize,
    keys: usize,
    events: usize,
    hosts: usize,
}

/// A reusable buffer for the digests of one event's keys.
#[derive(Debug, Default)]
pub struct KeyBuffer {
    buffer: DigestBuffer,
    text: String,
    /// The keys of an event.
    pub keys: Vec<Digest>,
    /// Which of the keys belong to each filter that they were added for.
    pub ranges: Vec<std::ops::Range<usize>>,
    /// The digest of the process of the event, if one of its keys was the same.
    process: Option<Digest>,
    /// The host and its digest: the next event is often of the same.
    host: Option<(Arc<str>, Digest)>,
}

impl Pattern {
    /// A pattern of rules and filters, ascending, each with the range of keys that it takes an event under.
    pub fn new(hits: impl Iterator<Item = (RuleIndex, usize, std::ops::Range<usize>)>) -> Self {
        // There are no more rules, filters and keys than memory holds.
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let hit = |(rule, filter, keys): (RuleIndex, usize, std::ops::Range<usize>)| PatternHit {
            rule: small(rule),
            filter: small(filter),
            first: small(keys.start),
            count: small(keys.len()),
        };
        Self { hits: hits.map(hit).collect() }
    }
}

impl CandidateBatch {
    fn iter(&self) -> impl Iterator<Item = CandidateRef<'_>> {
        self.records.iter().map(|record| CandidateRef { record, batch: self })
    }

    /// Notes the name of a host, unless it was the last one: events of one host mostly follow each other.
    fn name_host(&mut self, host: Digest, name: &Arc<str>) {
        match self.hosts.last_mut() {
            Some((last, shown)) if *last == host => host::show(shown, name),
            _ => self.hosts.push((host, name.clone())),
        }
    }
}

impl CandidateRecord {
    /// The rules and filters that take it, ascending.
    pub fn hits(&self) -> &[PatternHit] {
        &self.pattern.hits
    }
}

impl KeyBuffer {
    /// Begins the next event.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.keys.clear();
        self.ranges.clear();
        self.process = None;
    }

    /// The digest of the host of an event.
    pub fn host(&mut self, event: &dyn Fields, digester: &Digester) -> Digest {
        write(event, ecs::HOST_NAME, &mut self.text);
        if let Some((known, digest)) = &self.host
            && **known == *self.text
        {
            return *digest;
        }
        let digest = digester.host(&self.text);
        self.host = Some((self.text.as_str().into(), digest));
        digest
    }

    /// The digest of the process of an event of this host.
    fn process(&mut self, event: &dyn Fields, host: Digest, digester: &Digester) -> Option<Digest> {
        self.process
            .or_else(|| digester.first_key(event, &Field::Known(ecs::PROCESS_ENTITY_ID), host, &mut self.buffer))
    }

    /// Adds the keys of a filter of a rule, and their range.
    pub fn add(&mut self, event: &dyn Fields, fields: &[KeyField], host: Option<Digest>, digester: &Digester) {
        let first = self.keys.len();
        digester.keys(event, fields, host, &mut self.buffer, &mut self.keys);
        self.ranges.push(first..self.keys.len());
        if let [KeyField { field: Field::Known(ecs::PROCESS_ENTITY_ID), .. }] = fields
            && host.is_some()
            && event.guid(&fields[0].field).is_some()
        {
            self.process = self.keys.get(first).copied();
        }
    }
}

/// Writes the first value of a field if it is a text; false if there is none, or another.
fn write(event: &dyn Fields, field: ecs::FieldId, out: &mut String) -> bool {
    out.clear();
    let field = Field::Known(field);
    match event.write_text(&field, out) {
        WrittenText::Text => true,
        WrittenText::Nothing => false,
        WrittenText::NotText => {
            out.clear();
            let text = event.values(&field).first().and_then(Value::as_text);
            out.push_str(text.unwrap_or_default());
            text.is_some()
        }
    }
}

/// Whether keys of a rule mean something on one host only: whether one is the entity id of a process.
pub fn is_of_one_host(rule: &Rule) -> bool {
    matches!(&rule.query, Query::Sequence(sequence) if joins_by_entity(sequence))
}

/// Whether a join key is the entity id of a process.
fn joins_by_entity(sequence: &CompiledSequence) -> bool {
    let mut keys = sequence.filters().iter().flat_map(|filter| filter.keys());
    keys.any(|key| key.field.name().ends_with(".entity_id"))
}

impl Candidates {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.batches.iter().map(|batch| batch.records.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn batch(&mut self) -> &mut CandidateBatch {
        if self.batches.is_empty() {
            self.batches.push(CandidateBatch::default());
        }
        let last = self.batches.len() - 1;
        &mut self.batches[last]
    }

    /// Begins a unit of evidence: no mark from before it is used any more.
    pub fn begin_unit(&mut self) {
        if self.batches.last().is_some_and(|batch| batch.records.len() >= LARGE_BATCH) {
            self.batches.push(CandidateBatch::default());
        }
    }

    /// How many were found since the last [`merge`](Self::merge).
    pub fn mark(&self) -> CandidateMark {
        let of = |batch: &CandidateBatch| CandidateMark {
            records: batch.records.len(),
            keys: batch.keys.len(),
            events: batch.events.len(),
            hosts: batch.hosts.len(),
        };
        self.batches.last().map(of).unwrap_or_default()
    }

    /// Forgets all that were found after a mark.
    pub fn truncate(&mut self, mark: CandidateMark) {
        let batch = self.batch();
        batch.records.truncate(mark.records);
        batch.keys.truncate(mark.keys);
        batch.events.truncate(mark.events);
        batch.hosts.truncate(mark.hosts);
    }

    /// Adds all of another.
    pub fn merge(&mut self, mut other: Self) {
        self.batches.append(&mut other.batches);
    }

    /// Adds an event that is not at hand, with the keys that the buffer holds.
    pub fn push(
        &mut self,
        event: &dyn Fields,
        (order, is_creation): (OrderKey, bool),
        pattern: Arc<Pattern>,
        digester: &Digester,
        buffer: &mut KeyBuffer,
    ) {
        let host = buffer.host(event, digester);
        let process = buffer.process(event, host, digester);
        let batch = self.batch();
        if let Some((name, _)) = &buffer.host {
            batch.name_host(host, name);
        }
        // A batch is large before it grows by a mebibyte of evidence for the last time.
        let keys = u32::try_from(batch.keys.len()).unwrap_or(u32::MAX);
        batch.keys.extend(&buffer.keys);
        let is_capped = buffer.buffer.is_capped();
        batch.records.push(CandidateRecord { order, host, process, is_creation, is_capped, pattern, keys });
    }

    /// Adds an event that was looked at as a whole.
    pub fn add(&mut self, candidate: CandidateEvent, rules: &[Rule], digester: &Digester) {
        let CandidateEvent { order, host, entity_id, is_creation, hits, event } = candidate;
        let name = host;
        let host = digester.host(&name);
        let process = entity_id.and_then(|id| digester.text_key(host, &id));
        let batch = self.batch();
        batch.name_host(host, &name);
        let keys = u32::try_from(batch.keys.len()).unwrap_or(u32::MAX);
        let begin = batch.keys.len();
        let mut pattern = Vec::new();
        for (rule, hit) in &hits {
            match hit {
                RuleHit::Event => pattern.push((*rule, 0, 0..0)),
                RuleHit::Joined(candidate) => {
                    let host = rules.get(*rule).is_some_and(is_of_one_host).then_some(host);
                    for (filter, of_filter) in candidate.hits() {
                        let first = batch.keys.len() - begin;
                        batch.keys.extend(of_filter.iter().map(|key| digester.key(host, key)));
                        pattern.push((*rule, filter, first..batch.keys.len() - begin));
                    }
                }
            }
        }
        let is_capped = hits.iter().any(|(_, hit)| matches!(hit, RuleHit::Joined(candidate) if candidate.is_capped()));
        let pattern = Arc::new(Pattern::new(pattern.into_iter()));
        batch.records.push(CandidateRecord { order, host, process, is_creation, is_capped, pattern, keys });
        batch.events.extend(event);
    }

    /// How many have so many join keys that some were dropped.
    pub fn capped(&self) -> usize {
        self.batches.iter().flat_map(|batch| &batch.records).filter(|record| record.is_capped).count()
    }

    /// Removes those that were read at places of which `gone` is true.
    pub fn remove(&mut self, gone: impl Fn(Locator) -> bool) {
        for batch in &mut self.batches {
            batch.records.retain(|record| !gone(record.order.origin()));
        }
    }

    /// How many batches they were found in.
    pub fn batches(&self) -> usize {
        self.batches.len()
    }

    /// The candidates of a batch, each with its keys.
    pub fn batch_at(&self, at: usize) -> impl Iterator<Item = CandidateRef<'_>> {
        self.batches.get(at).into_iter().flat_map(CandidateBatch::iter)
    }

    /// All candidates, each with its keys.
    pub fn iter(&self) -> impl Iterator<Item = CandidateRef<'_>> {
        self.batches.iter().flat_map(CandidateBatch::iter)
    }

    /// The names of hosts by what stands for them, each in the writing that comes first by its letters.
    pub fn hosts(&self) -> HashMap<Digest, Arc<str>> {
        let mut hosts: HashMap<Digest, Arc<str>> = HashMap::new();
        for (digest, name) in self.batches.iter().flat_map(|batch| &batch.hosts) {
            host::show(hosts.entry(*digest).or_insert_with(|| name.clone()), name);
        }
        hosts
    }

    /// The processes, by their entity ids, that appear under the names of several hosts; `None` if none does.
    ///
    /// Their events are not joined: the same id on another host is another process. But a host that was renamed, or is called by its short name here and its
    /// full name there, has its processes twice, which a reader must know.
    pub fn processes_of_several_hosts(&self) -> Option<Straddling> {
        let names = self.hosts();
        if names.len() < 2 {
            return None;
        }
        // The host of each process, where it was first met, and the other hosts of those that have some.
        let mut known: HashMap<Digest, (Digest, Locator)> = HashMap::new();
        let mut several: HashMap<Digest, BTreeSet<&str>> = HashMap::new();
        let name = |host: &Digest| names.get(host).map_or("", |name| &**name);
        for CandidateRef { record, .. } in self.iter() {
            let Some(process) = record.process else { continue };
            let process = Digester::without_host(process, record.host);
            let origin = record.order.origin();
            let (host, first) = known.entry(process).or_insert((record.host, origin));
            *first = (*first).min(origin);
            if *host != record.host {
                several.entry(process).or_default().extend([name(host), name(&record.host)]);
            }
        }
        let first = |process: &Digest| known.get(process).map(|(_, origin)| *origin);
        let (example, hosts) = several.iter().filter_map(|(process, hosts)| Some((first(process)?, hosts))).min()?;
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        Some(Straddling { processes: several.len(), example, hosts })
    }

    /// The events that are at hand.
    pub fn events(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.batches.iter().flat_map(|batch| &batch.events)
    }
}

/// Processes that appear under the names of several hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Straddling {
    /// How many there are.
    pub processes: usize,
    /// An event of one of them.
    pub example: Locator,
    /// The hosts of that one, in the order of their names.
    pub hosts: Vec<String>,
}

/// A candidate, with its keys.
#[derive(Clone, Copy, Debug)]
pub struct CandidateRef<'c> {
    pub record: &'c CandidateRecord,
    batch: &'c CandidateBatch,
}

impl<'c> CandidateRef<'c> {
    /// The keys under which a filter takes it.
    pub fn keys(&self, hit: &PatternHit) -> &'c [Digest] {
        let first = self.record.keys as usize + hit.first as usize;
        self.batch.keys.get(first..first + hit.count as usize).unwrap_or_default()
    }
}
