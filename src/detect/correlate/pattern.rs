//! Which stages take an event under one of its keys: few such sets are met, again and again, so that candidates name them by number.

use super::begins::EvidenceBegins;
use super::hosts::HostTable;
use crate::detect::hit::RuleIndex;
use hashbrown::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Stands for a set of stages in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PatternNumber(pub u32);

/// A filter of a rule that takes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PatternHit {
    /// Position of the rule.
    pub rule: u32,
    /// Number of the filter: of a sequence its stages and `until`, of a sample its terms.
    pub filter: u32,
}

impl PatternHit {
    /// The hit of a filter of a rule.
    pub fn new(rule: RuleIndex, filter: usize) -> Self {
        // There are no more rules and filters than memory holds.
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self { rule: small(rule), filter: small(filter) }
    }
}

/// Limit for crafted evidence, which could make an event for each of very many sets: further ones are cut into sets of one hit.
const MOST_PATTERNS: usize = 1 << 16;

/// Hosts and patterns by the numbers that candidates have for them, shared by all threads of a run.
#[derive(Debug)]
pub struct CandidateTables {
    /// The hosts of candidates.
    pub hosts: HostTable,
    /// When the evidence of each host begins; to be known before candidates are correlated, if some rule looks for new terms.
    pub begins: OnceLock<EvidenceBegins>,
    patterns: Mutex<PatternNumbers>,
}

#[derive(Debug, Default)]
struct PatternNumbers {
    numbers: HashMap<Arc<[PatternHit]>, PatternNumber>,
    all: Vec<Arc<[PatternHit]>>,
}

impl Default for CandidateTables {
    fn default() -> Self {
        let tables = Self { hosts: HostTable::default(), begins: OnceLock::new(), patterns: Mutex::default() };
        tables.numbers_of(&[], |none| debug_assert_eq!(none, Self::NO_HITS));
        tables
    }
}

impl CandidateTables {
    /// The pattern of events that no stage takes under this key, and which are known by it nevertheless.
    pub const NO_HITS: PatternNumber = PatternNumber(0);

    /// Gives the number of a set of hits, which are ascending, to `each`; several numbers that together stand for it, if there are too many sets.
    pub fn numbers_of(&self, hits: &[PatternHit], mut each: impl FnMut(PatternNumber)) {
        let mut patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if patterns.all.len() < MOST_PATTERNS || hits.len() < 2 || patterns.numbers.contains_key(hits) {
            each(patterns.number(hits));
        } else {
            for hit in hits {
                each(patterns.number(&[*hit]));
            }
        }
    }

    /// All sets of hits, by number.
    pub fn patterns(&self) -> Vec<Arc<[PatternHit]>> {
        self.patterns.lock().unwrap_or_else(PoisonError::into_inner).all.clone()
    }
}

impl PatternNumbers {
    fn number(&mut self, hits: &[PatternHit]) -> PatternNumber {
        if let Some(known) = self.numbers.get(hits) {
            return *known;
        }
        let number = PatternNumber(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        let hits: Arc<[PatternHit]> = hits.into();
        self.numbers.insert(hits.clone(), number);
        self.all.push(hits);
        number
    }
}
