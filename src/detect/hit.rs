//! What rules make of one event.

use crate::ecs;
use crate::eql::{Candidate, KeyValues, Query};
use crate::event::{Clock, Event, Fields, OrderKey};
use crate::rules::Rule;
use std::sync::Arc;

/// Position of a rule in its rule set.
pub type RuleIndex = usize;

/// The hit of one rule on one event.
#[derive(Clone, Debug)]
pub enum RuleHit {
    /// The event alone is a finding.
    Event,
    /// The event can be part of a sequence or a sample.
    Joined(Candidate),
}

/// An event that some rule may need, with what each such rule makes of it, and no more of the event than it takes to put rules' findings together.
#[derive(Clone, Debug)]
pub struct CandidateEvent {
    /// Its place in the order of events.
    pub order: OrderKey,
    /// Computer name; empty if the record names none.
    pub host: Arc<str>,
    /// The process that the event is about, by entity id.
    pub entity_id: Option<Arc<str>>,
    /// The rules, ascending.
    pub hits: Vec<(RuleIndex, RuleHit)>,
    /// The event, if it is at hand. It is loaded if an alert needs it.
    pub event: Option<Arc<Event>>,
}

impl CandidateEvent {
    /// A candidate whose event is at hand.
    pub fn whole(event: Arc<Event>, clock: Clock, hits: Vec<(RuleIndex, RuleHit)>) -> Self {
        let text = |field| event.document.text(field);
        Self {
            order: event.order(clock),
            host: text(ecs::HOST_NAME).unwrap_or_default().into(),
            entity_id: text(ecs::PROCESS_ENTITY_ID).map(Into::into),
            hits,
            event: Some(event),
        }
    }
}

/// The hit of a rule on an event, unless an exception is for it; `holds` tells by number which conditions hold.
pub fn hit_of(rule: &Rule, event: &dyn Fields, keys: &mut KeyValues, holds: impl Fn(usize) -> bool) -> Option<RuleHit> {
    let hit = match &rule.query {
        Query::Event(_) => holds(0).then_some(RuleHit::Event),
        joined => joined.candidate_where(event, keys, holds).map(RuleHit::Joined),
    };
    let excluded = || rule.exceptions.iter().any(|exception| exception.predicate.matches(event));
    hit.filter(|_| !excluded())
}
