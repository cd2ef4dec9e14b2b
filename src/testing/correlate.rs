//! Runs a query over events of which it is known already which stages they meet.

use crate::base::host;
use crate::detect::joins_on_one_host;
use crate::ecs;
use crate::eql::{CompiledSequence, JoinKey, KeyPart, KeyValues, Machine, Query, SampleMachine, SequenceMatch};
use crate::event::{Clock, Event, Value};
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

/// An alert, by the positions of its events, with the values of its join keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MatchedEvents {
    /// The positions, in the order of the stages that events fill.
    pub events: Vec<usize>,
    /// The key, as it is compared.
    pub key: Vec<KeyText>,
}

/// A value of a join key, so that keys can be ordered; an empty text is none.
pub type KeyText = String;

/// Finds what a query finds. `taken` has for each of its filters the positions of the events that meet it, in order. `None` if the query has pipes that cut single
/// events, which is not done here.
pub fn correlate(
    query: &Query,
    taken: &[Vec<usize>],
    events: &[Arc<Event>],
    clock: Clock,
) -> Option<Vec<MatchedEvents>> {
    match query {
        Query::Event(_) if !query.pipes().is_empty() => None,
        // None is written in EQL, of which alone mutants are made.
        Query::Threshold(_) | Query::NewTerms(_) | Query::Correlation(_) => None,
        Query::Event(_) => {
            let one = |&event: &usize| MatchedEvents { events: vec![event], key: Vec::new() };
            Some(taken.first()?.iter().map(one).collect())
        }
        Query::Sequence(sequence) => Some(of_sequence(query, sequence, taken, events, clock)),
        Query::Sample(sample) => {
            let mut machine = SampleMachine::new(sample);
            let all = candidates(query, taken, None, events, &mut |event, candidate| machine.push(&candidate, &event));
            Some(if all { machine.finish().into_iter().map(matched).collect() } else { Vec::new() })
        }
    }
}

fn of_sequence(
    query: &Query,
    sequence: &CompiledSequence,
    taken: &[Vec<usize>],
    events: &[Arc<Event>],
    clock: Clock,
) -> Vec<MatchedEvents> {
    let needed = |filter: &usize| !sequence.filters()[*filter].is_missing() && sequence.until() != Some(*filter);
    let rarest = (0..taken.len()).filter(needed).min_by_key(|&filter| taken[filter].len());
    let Some(rarest) = rarest.filter(|&filter| !taken[filter].is_empty()) else { return Vec::new() };
    let keys: HashSet<JoinKey> =
        taken[rarest].iter().flat_map(|&event| sequence.filters()[rarest].keys_of(&events[event].document)).collect();
    let apart = joins_on_one_host(query);
    let mut machines: HashMap<Option<String>, Machine<'_, usize>> = HashMap::new();
    candidates(query, taken, Some(&keys), events, &mut |event, candidate| {
        let of_host = apart.then(|| {
            let name = events[event].document.text(ecs::HOST_NAME).unwrap_or_default();
            host::folded(name).into_owned()
        });
        let machine = machines.entry(of_host).or_insert_with(|| Machine::new(sequence));
        machine.push(events[event].time(clock), &candidate, event);
    });
    machines.into_values().flat_map(Machine::finish).map(matched).collect()
}

/// Shows every event that meets some filter under one of the keys, in order. Says whether each filter is met.
fn candidates(
    query: &Query,
    taken: &[Vec<usize>],
    keys: Option<&HashSet<JoinKey>>,
    events: &[Arc<Event>],
    push: &mut dyn FnMut(usize, crate::eql::Candidate),
) -> bool {
    let mut at = vec![0; taken.len()];
    let mut values = KeyValues::default();
    loop {
        let next = taken.iter().zip(&at).filter_map(|(of_filter, &at)| of_filter.get(at)).min();
        let Some(&event) = next else { break };
        let mut holds = vec![false; taken.len()];
        for (filter, of_filter) in taken.iter().enumerate() {
            if of_filter.get(at[filter]) == Some(&event) {
                holds[filter] = true;
                at[filter] += 1;
            }
        }
        values.clear();
        let candidate = query.candidate_where(&events[event].document, &mut values, |filter| holds[filter]);
        let Some(candidate) = candidate else { continue };
        let joins = keys
            .is_none_or(|keys| candidate.hits().any(|(_, of_filter)| of_filter.iter().any(|key| keys.contains(key))));
        if joins {
            push(event, candidate);
        }
    }
    taken.iter().all(|of_filter| !of_filter.is_empty())
}

fn matched(found: SequenceMatch<usize>) -> MatchedEvents {
    let text = |part: &KeyPart| part.to_value().as_ref().map_or_else(String::new, Value::to_string);
    MatchedEvents { events: found.events.into_iter().flatten().collect(), key: found.key.iter().map(text).collect() }
}
