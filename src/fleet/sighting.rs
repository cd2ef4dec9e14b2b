//! A sighting: that a stage of a rule takes an event, under which join key, and where the event stands. The event itself stays where it is.

use crate::base::{Locator, Ticks};
use crate::detect::{CandidateTables, CandidateTuple, HostNumber, PatternHit, PatternNumber};
use crate::eql::Digest;
use crate::event::OrderKey;

/// That a filter of a rule takes an event under one of its join keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Position of the rule.
    pub rule: u32,
    /// Number of its filter: of a sequence its stages and `until`, of a sample its terms.
    pub stage: u32,
    /// The digest of the join key, made with the case key.
    pub key: Digest,
    /// The time by which events are ordered.
    pub time: Ticks,
    /// The number of the record.
    pub record: Option<u64>,
    /// Where the event stands.
    pub origin: Locator,
    /// Its host.
    pub host: HostNumber,
    /// The position of the key among those that the event has for the same fields.
    pub ordinal: u16,
    /// Stands for a value that the rule counts; 0 for none.
    pub value: u64,
}

impl Sighting {
    /// The sighting of a candidate by one of its filters.
    pub fn new(tuple: &CandidateTuple, hit: PatternHit) -> Self {
        let order = tuple.order();
        Self {
            rule: hit.rule,
            stage: hit.filter,
            key: tuple.key(),
            time: order.time,
            record: order.tiebreaker(),
            origin: order.origin(),
            host: tuple.host,
            ordinal: tuple.ordinal,
            value: tuple.value,
        }
    }

    /// Whether both are of one candidate.
    fn is_with(&self, other: &Self) -> bool {
        Self { rule: 0, stage: 0, ..*self } == Self { rule: 0, stage: 0, ..*other }
    }

    fn tuple(&self, pattern: PatternNumber) -> CandidateTuple {
        let order = OrderKey::new(self.time, self.record, self.origin);
        CandidateTuple::new(self.key, order, self.host, pattern).at(self.ordinal).counting(self.value)
    }
}

/// The candidates that sightings are of. Those of one candidate follow each other.
pub fn candidates_of(sightings: &[Sighting], tables: &CandidateTables) -> Vec<CandidateTuple> {
    let mut tuples = Vec::new();
    for of_one in sightings.chunk_by(Sighting::is_with) {
        let mut hits: Vec<PatternHit> =
            of_one.iter().map(|Sighting { rule, stage, .. }| PatternHit { rule: *rule, filter: *stage }).collect();
        hits.sort_unstable();
        hits.dedup();
        tables.numbers_of(&hits, |pattern| tuples.push(of_one[0].tuple(pattern)));
    }
    tuples
}
