//! What a run over the evidence of some hosts leaves to whoever puts it together with that of others.

use super::duplicates::Duplicates;
use crate::base::spool::{SortedSpool, SpoolItem};
use crate::base::{Locator, Ticks};
use crate::detect::{CandidateTables, CandidateTuple, PatternHit};
use crate::rules::Rule;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

/// The candidates of a part of the evidence, and what it takes to understand them.
#[derive(Debug)]
pub struct PartCandidates {
    pub(super) candidates: SortedSpool<CandidateTuple>,
    /// Hosts and patterns by the numbers that candidates and alerts have for them.
    pub tables: Arc<CandidateTables>,
    /// When the events of each host begin, if some rule looks for new terms.
    pub begins: Vec<(Box<str>, Ticks)>,
    pub(super) duplicates: Arc<Duplicates>,
}

impl PartCandidates {
    /// Shows the candidates that are no duplicates, in order, each with those of its hits whose rule is wanted; those without such hits are passed over.
    pub fn for_each(
        &self,
        rules: &[Rule],
        is_wanted: impl Fn(&Rule) -> bool,
        mut each: impl FnMut(&CandidateTuple, &[PatternHit]) -> io::Result<()>,
    ) -> io::Result<()> {
        let wanted: Vec<bool> = rules.iter().map(is_wanted).collect();
        let of_wanted = |hits: &Arc<[PatternHit]>| -> Vec<PatternHit> {
            hits.iter().copied().filter(|hit| wanted[hit.rule as usize]).collect()
        };
        let patterns: Vec<Vec<PatternHit>> = self.tables.patterns().iter().map(of_wanted).collect();
        for tuple in (0..CandidateTuple::PARTITIONS).flat_map(|number| self.candidates.partition(number)) {
            let tuple = tuple?;
            let hits = patterns.get(tuple.pattern.0 as usize).map_or(&[][..], Vec::as_slice);
            if !hits.is_empty() && !self.duplicates.contains(tuple.origin()) {
                each(&tuple, hits)?;
            }
        }
        Ok(())
    }

    /// Where the events of candidates for wanted rules stand: the first so many places, and how many candidates there are at others.
    pub fn places(
        &self,
        rules: &[Rule],
        is_wanted: impl Fn(&Rule) -> bool,
        most: usize,
    ) -> io::Result<(BTreeSet<Locator>, u64)> {
        let (mut places, mut others) = (BTreeSet::new(), 0);
        self.for_each(rules, is_wanted, |tuple, _| {
            if places.insert(tuple.origin()) && places.len() > most {
                places.pop_last();
                others += 1;
            }
            Ok(())
        })?;
        Ok((places, others))
    }

    /// The places of everything that is in the evidence twice: of chunks, and of single records and documents; sorted.
    pub fn duplicates(&self) -> (Vec<Locator>, Vec<Locator>) {
        self.duplicates.places()
    }
}
