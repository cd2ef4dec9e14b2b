//! Candidates become alerts: those that cannot be part of one are passed over, the others are put in order, and the sequences run over them.
//!
//! Most candidates match a stage that nearly everything matches, of a rule whose other stages were never met under the same key. So for each rule the rarest
//! stage is looked for first, and only what shares a key with it goes on. This module does not know how candidates were found.

use super::alert::{Alert, Detail, Findings, MAX_SIGNALS};
use super::candidates::{CandidateRef, Candidates, PatternHit, is_of_one_host};
use super::detector::Detector;
use super::hit::{CandidateEvent, RuleIndex};
use super::rule_activity::needed;
use super::suppress;
use crate::base::{Each, Locator};
use crate::ecs;
use crate::eql::{Candidate, Digest, KeyField, KeyPart, Machine, Query, ResultCut, SampleMachine, SequenceMatch};
use crate::event::{Document, Event, OrderKey, Value};
use crate::rules::Rule;
use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// The keys of a rule under which its candidates may complete an alert.
#[derive(Clone, Debug)]
enum ViableKeys {
    /// None: some stage has no candidate.
    None,
    /// All: the query finds single events.
    All,
    /// Those under which its rarest stage has a candidate.
    Keys(HashSet<Digest>),
}

impl ViableKeys {
    fn may_be(&self, candidate: &CandidateRef<'_>, hit: &PatternHit) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Keys(keys) => candidate.keys(hit).iter().any(|key| keys.contains(key)),
        }
    }
}

/// A candidate of a rule, by its position among those in order, and the hits of the rule on it.
#[derive(Clone, Debug)]
struct RuleCandidate {
    at: usize,
    hits: std::ops::Range<usize>,
}

/// An alert whose events are positions of candidates.
struct FoundAlert {
    rule: RuleIndex,
    key: Option<Digest>,
    events: Vec<Option<usize>>,
    start: Option<Locator>,
}

impl FoundAlert {
    fn last(&self) -> Option<usize> {
        self.events.iter().flatten().next_back().copied()
    }

    /// Where its events were read.
    fn origins<'f>(&'f self, candidates: &'f [CandidateRef<'_>]) -> impl Iterator<Item = Locator> + 'f {
        let of_events = self.events.iter().flatten().map(|&at| candidates[at].record.order.origin());
        of_events.chain(self.start)
    }
}

impl Detector {
    /// The findings among some candidates, which may come in any order, and whose events are at hand.
    pub fn findings(&self, candidates: &[CandidateEvent]) -> Findings {
        let one_by_one = |count: usize, job: &(dyn Fn(usize) + Sync)| (0..count).for_each(job);
        let mut all = Candidates::default();
        for candidate in candidates {
            all.add(candidate.clone(), self.rules(), &self.digester);
        }
        self.findings_with(&all, &one_by_one, Detail::Full(&mut |_| HashMap::new()))
    }

    /// The findings among all candidates, running the rules as `each` says.
    pub fn findings_with(&self, all: &Candidates, each: Each<'_>, detail: Detail<'_>) -> Findings {
        let rules = self.rules();
        let viable = viable(rules, all, each);
        let is_viable = |candidate: &CandidateRef<'_>| {
            candidate.record.hits().iter().any(|hit| viable[hit.rule as usize].may_be(candidate, hit))
        };
        let of_batches = by_batch(all, each, |batch| batch.filter(is_viable).collect::<Vec<_>>());
        let mut candidates: Vec<CandidateRef<'_>> = of_batches.into_iter().flatten().collect();
        candidates.sort_unstable_by_key(|candidate| candidate.record.order);
        let by_rule = by_rule(rules.len(), &candidates, &viable);
        let each_found: Vec<OnceLock<Vec<FoundAlert>>> = by_rule.iter().map(|_| OnceLock::new()).collect();
        each(by_rule.len(), &|index| {
            each_found[index].get_or_init(|| found_by(index, &rules[index], &by_rule[index], &candidates));
        });
        let mut found: Vec<FoundAlert> = Vec::new();
        let mut left_out = BTreeMap::new();
        for ((index, rule), alerts) in rules.iter().enumerate().zip(each_found) {
            let mut alerts = alerts.into_inner().unwrap_or_default();
            if self.max_signals {
                let most = usize::try_from(rule.meta.max_signals.unwrap_or(MAX_SIGNALS)).unwrap_or(usize::MAX);
                alerts.sort_by_key(FoundAlert::last);
                let over = alerts.len().saturating_sub(most);
                if over > 0 {
                    left_out.insert(index, over);
                    alerts.drain(..over);
                }
            }
            found.extend(alerts);
        }
        // Candidates are in order, so that their positions tell the order of events.
        found.sort_by_key(|alert| (alert.last(), alert.rule));
        let is_full = matches!(detail, Detail::Full(_));
        if is_full {
            add_starts(&mut found, &candidates, all);
        }
        let (events, lost) = fetch(&found, &candidates, all, detail);
        let alert = |found: &FoundAlert| self.alert(found, &candidates, &events, is_full);
        let mut alerts: Vec<Alert> = found.iter().filter_map(alert).collect();
        let set_aside = suppress::suppress(&mut alerts, &self.exceptions, rules);
        Findings { alerts, left_out, set_aside, lost }
    }

    /// An alert with its events; `None` if some could not be loaded, or are not what they were.
    fn alert(
        &self,
        found: &FoundAlert,
        candidates: &[CandidateRef<'_>],
        events: &HashMap<Locator, Arc<Event>>,
        has_keys: bool,
    ) -> Option<Alert> {
        let rule = &self.rules()[found.rule];
        let event = |at: usize| events.get(&candidates[at].record.order.origin()).cloned();
        let all: Option<Vec<Option<Arc<Event>>>> =
            found.events.iter().map(|at| at.map_or(Some(None), |at| event(at).map(Some))).collect();
        let all = all?;
        let start = found.start.map(|origin| events.get(&origin).cloned().ok_or(())).transpose().ok()?;
        let first = all.iter().position(Option::is_some)?;
        let join_keys = match (found.key, &all[first]) {
            (Some(digest), Some(event)) if has_keys => {
                let at = found.events.iter().flatten().next()?;
                let host = is_of_one_host(rule).then_some(candidates[*at].record.host);
                self.key_values(rule, first, &event.document, (digest, host))?
            }
            _ => Vec::new(),
        };
        Some(Alert { rule: found.rule, join_keys, events: all, start })
    }

    /// The values of the key that a digest stands for, from the event of a stage or term.
    fn key_values(
        &self,
        rule: &Rule,
        stage: usize,
        document: &Document,
        (digest, host): (Digest, Option<Digest>),
    ) -> Option<Vec<Option<Value>>> {
        let filter = match &rule.query {
            Query::Event(_) => return None,
            Query::Sequence(sequence) => sequence.stages().get(stage)?.filter(),
            Query::Sample(sample) => sample.filters().get(stage)?,
        };
        let keys = filter.keys_of(document);
        let key = keys.iter().find(|key| self.digester.key(host, key) == digest)?;
        let values = key.iter().zip(filter.keys()).map(|(part, key)| as_recorded(part, key, document));
        Some(values.collect())
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

/// The viable keys of each rule.
fn viable(rules: &[Rule], all: &Candidates, each: Each<'_>) -> Vec<ViableKeys> {
    // How often each filter has taken an event, those of a rule together.
    let starts: Vec<usize> = std::iter::once(0)
        .chain(rules.iter().scan(0, |end, rule| {
            *end += rule.query.filters().len();
            Some(*end)
        }))
        .collect();
    let filters = starts.last().copied().unwrap_or_default();
    // A query for single events has no filters.
    let place = |hit: &PatternHit| {
        let (start, end) = (starts[hit.rule as usize], starts[hit.rule as usize + 1]);
        Some(start + hit.filter as usize).filter(|place| *place < end)
    };
    let of_batches = by_batch(all, each, |batch| {
        let mut counts = vec![0; filters];
        for place in batch.flat_map(|candidate| candidate.record.hits()).filter_map(place) {
            counts[place] += 1;
        }
        counts
    });
    let mut counts: Vec<usize> = vec![0; filters];
    for of_batch in of_batches {
        counts.iter_mut().zip(of_batch).for_each(|(sum, count)| *sum += count);
    }
    // One stage decides: an alert needs a candidate of every needed stage under its key, so the stage with fewest candidates bounds the keys. To
    // intersect the keys of all stages would rule out more, at the price of sets of keys for the stages that take nearly everything.
    let rarest = |(rule, &start): (&Rule, &usize)| {
        let rarest = needed(&rule.query).into_iter().min_by_key(|&filter| counts[start + filter]);
        rarest.filter(|&filter| counts[start + filter] > 0)
    };
    let rarest: Vec<Option<usize>> = rules.iter().zip(&starts).map(rarest).collect();
    let is_rarest = |hit: &&PatternHit| rarest[hit.rule as usize] == Some(hit.filter as usize);
    let keys = by_batch(all, each, |batch| {
        let keys_of = |candidate: CandidateRef<'_>| {
            let hits = candidate.record.hits().iter().filter(is_rarest);
            hits.flat_map(|hit| candidate.keys(hit).iter().map(|key| (hit.rule as usize, *key))).collect::<Vec<_>>()
        };
        batch.flat_map(keys_of).collect::<Vec<_>>()
    });
    let of_rule = |(rule, rarest): (&Rule, &Option<usize>)| match rarest {
        _ if matches!(rule.query, Query::Event(_)) => ViableKeys::All,
        Some(_) => ViableKeys::Keys(HashSet::new()),
        None => ViableKeys::None,
    };
    let mut viable: Vec<ViableKeys> = rules.iter().zip(&rarest).map(of_rule).collect();
    for (rule, key) in keys.into_iter().flatten() {
        if let ViableKeys::Keys(keys) = &mut viable[rule] {
            keys.insert(key);
        }
    }
    viable
}

/// Applies a function to each batch of candidates, on all threads; results are in the order of batches.
fn by_batch<'c, T: Send + Sync>(
    all: &'c Candidates,
    each: Each<'_>,
    of_batch: impl Fn(&mut dyn Iterator<Item = CandidateRef<'c>>) -> T + Sync,
) -> Vec<T> {
    let made: Vec<OnceLock<T>> = (0..all.batches()).map(|_| OnceLock::new()).collect();
    each(made.len(), &|at| {
        made[at].get_or_init(|| of_batch(&mut all.batch_at(at)));
    });
    made.into_iter().filter_map(OnceLock::into_inner).collect()
}

/// For each rule its candidates in order.
fn by_rule(rules: usize, candidates: &[CandidateRef<'_>], viable: &[ViableKeys]) -> Vec<Vec<RuleCandidate>> {
    let mut by_rule = vec![Vec::new(); rules];
    for (at, candidate) in candidates.iter().enumerate() {
        let mut start = 0;
        for of_rule in candidate.record.hits().chunk_by(|left, right| left.rule == right.rule) {
            let hits = start..start + of_rule.len();
            start = hits.end;
            let rule = of_rule[0].rule as usize;
            if of_rule.iter().any(|hit| viable[rule].may_be(candidate, hit)) {
                by_rule[rule].push(RuleCandidate { at, hits });
            }
        }
    }
    by_rule
}

/// Runs one rule over its candidates.
fn found_by(index: RuleIndex, rule: &Rule, own: &[RuleCandidate], candidates: &[CandidateRef<'_>]) -> Vec<FoundAlert> {
    let joined = |own: &RuleCandidate| {
        let candidate = &candidates[own.at];
        let hits = &candidate.record.hits()[own.hits.clone()];
        Candidate::of_digests(hits.iter().map(|hit| (hit.filter as usize, candidate.keys(hit))))
    };
    match &rule.query {
        Query::Event(_) => single_events(index, rule.query.pipes(), own),
        Query::Sequence(sequence) => {
            let apart = is_of_one_host(rule);
            let mut machines: HashMap<Option<Digest>, Machine<'_, usize>> = HashMap::new();
            for own in own {
                let record = candidates[own.at].record;
                let machine = machines.entry(apart.then_some(record.host)).or_insert_with(|| Machine::new(sequence));
                machine.push(record.order.time, &joined(own), own.at);
            }
            machines.into_values().flat_map(Machine::finish).map(|found| of_match(index, found)).collect()
        }
        Query::Sample(sample) => {
            let mut machine = SampleMachine::new(sample);
            for own in own {
                machine.push(&joined(own), &own.at);
            }
            machine.finish().into_iter().map(|found| of_match(index, found)).collect()
        }
    }
}

fn single_events(rule: RuleIndex, pipes: &[ResultCut], own: &[RuleCandidate]) -> Vec<FoundAlert> {
    let mut hits: Vec<usize> = own.iter().map(|own| own.at).collect();
    for pipe in pipes {
        pipe.apply(&mut hits);
    }
    hits.into_iter().map(|at| FoundAlert { rule, key: None, events: vec![Some(at)], start: None }).collect()
}

fn of_match(rule: RuleIndex, SequenceMatch { key, events }: SequenceMatch<usize>) -> FoundAlert {
    let digest = match *key {
        [KeyPart::Digest(digest)] => Some(digest),
        _ => None,
    };
    FoundAlert { rule, key: digest, events, start: None }
}

/// Gives each alert without the creation of its process that creation, if it is among the candidates: the latest one that is not after the alert's first
/// event, or else (it was logged late) the first there is.
fn add_starts(found: &mut [FoundAlert], candidates: &[CandidateRef<'_>], all: &Candidates) {
    let first = |alert: &FoundAlert| alert.events.iter().flatten().next().map(|&at| candidates[at].record);
    let mut creations: HashMap<Digest, Vec<OrderKey>> = HashMap::new();
    for alert in &*found {
        if let Some(process) = first(alert).and_then(|first| first.process) {
            creations.entry(process).or_default();
        }
    }
    for candidate in all.iter().filter(|candidate| candidate.record.is_creation) {
        if let Some(process) = candidate.record.process
            && let Some(known) = creations.get_mut(&process)
        {
            known.push(candidate.record.order);
        }
    }
    creations.values_mut().for_each(|known| known.sort_unstable());
    for alert in found {
        let Some(first) = first(alert) else { continue };
        let Some(known) = first.process.and_then(|process| creations.get(&process)) else { continue };
        let is_own = |order: &OrderKey| alert.events.iter().flatten().any(|&at| candidates[at].record.order == *order);
        if !known.iter().any(is_own) {
            let before = known.partition_point(|creation| *creation <= first.order);
            let start = before.checked_sub(1).and_then(|at| known.get(at)).or(known.first());
            alert.start = start.map(OrderKey::origin);
        }
    }
}

/// An event of which no more is known than what a candidate says.
fn outline(candidate: &CandidateRef<'_>, hosts: &HashMap<Digest, Arc<str>>) -> Arc<Event> {
    let order = candidate.record.order;
    let mut document = Document::new();
    if let Some(name) = hosts.get(&candidate.record.host).filter(|name| !name.is_empty()) {
        document.set(ecs::HOST_NAME, &**name);
    }
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

/// The events of alerts, loaded if they are not at hand; and which could not be.
fn fetch(
    found: &[FoundAlert],
    candidates: &[CandidateRef<'_>],
    all: &Candidates,
    detail: Detail<'_>,
) -> (HashMap<Locator, Arc<Event>>, BTreeSet<Locator>) {
    let mut events: HashMap<Locator, Arc<Event>> = all.events().map(|event| (event.origin, event.clone())).collect();
    let load = match detail {
        Detail::Full(load) => load,
        Detail::Outline => {
            let hosts = all.hosts();
            for &at in found.iter().flat_map(|alert| alert.events.iter().flatten()) {
                let candidate = &candidates[at];
                events.entry(candidate.record.order.origin()).or_insert_with(|| outline(candidate, &hosts));
            }
            return (events, BTreeSet::new());
        }
    };
    let wanted = found.iter().flat_map(|alert| alert.origins(candidates));
    let mut wanted: BTreeSet<Locator> = wanted.filter(|origin| !events.contains_key(origin)).collect();
    if !wanted.is_empty() {
        events.extend(load(&wanted));
        wanted.retain(|origin| !events.contains_key(origin));
    }
    (events, wanted)
}
