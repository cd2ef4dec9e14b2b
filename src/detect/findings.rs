//! What a detector makes of candidates: alerts that rules may have, and findings among events that are at hand, in memory.

use super::alert::{Findings, MAX_SIGNALS};
use super::alert_builder::AlertBuilder;
use super::correlate::{
    AlertsOf, CandidateTables, CandidateTuple, CandidateWriter, Correlated, Correlator, EvidenceBegins, FoundAlert,
    KeptAlerts, keep_within_limits, suppressing,
};
use super::detector::Detector;
use super::hit::CandidateEvent;
use crate::base::Locator;
use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, SpoolLimits, SpoolSpace};
use crate::event::Event;
use crate::rules::Rule;
use hashbrown::HashMap;
use std::io;
use std::sync::Arc;

impl Detector {
    /// The findings among some candidates, which may come in any order, and whose events are at hand. The evidence of a host begins with its first candidate:
    /// whoever looks for new terms gives all events, those without hits too.
    pub fn findings(&self, candidates: &[CandidateEvent]) -> Findings {
        // Nothing is written to disk below this limit, so that nothing can fail.
        let limits = SpoolLimits { max_memory: u64::MAX, temp_folder: None };
        self.try_findings(candidates, &limits.into()).unwrap_or_default()
    }

    fn try_findings(&self, candidates: &[CandidateEvent], space: &SpoolSpace) -> io::Result<Findings> {
        let tables = Arc::new(CandidateTables::default());
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
        let tuples = SortSpool::new(space.clone());
        tuples.add(std::mem::take(&mut writer.tuples));
        let correlator = self.correlator(&tables);
        let all = SortSpool::new(space.clone());
        all.add(correlate(&correlator, &tuples.take_sorted())?.alerts);
        all.add(std::mem::take(&mut writer.alerts));
        let KeptAlerts { found, left_out, .. } =
            self.keep(all.take_sorted(), AlertsOf::Everything, |_| false, space)?;
        let builder = self.builder(&tables);
        let mut findings = Findings { left_out, ..Findings::default() };
        for found in found.partition(0) {
            let found = found?;
            let event = |stage: usize| events.get(&found.events[stage]?.order.origin()).cloned();
            let alert = builder.alert(&found, event);
            match suppressing(&alert, self.meta(&alert), &self.exceptions) {
                Some(exception) => *findings.set_aside.entry(exception).or_default() += 1,
                None => findings.alerts.push(alert),
            }
        }
        Ok(findings)
    }

    /// What runs the rules over the candidates of a run that has these tables.
    pub fn correlator<'r>(&'r self, tables: &'r CandidateTables) -> Correlator<'r> {
        Correlator::new(self.rules(), tables, self.assumes_new)
    }

    /// The alerts that rules may have, of those that were found.
    pub fn keep(
        &self,
        found: SortedSpool<FoundAlert>,
        of: AlertsOf,
        is_gone: impl Fn(&FoundAlert) -> bool,
        space: &SpoolSpace,
    ) -> io::Result<KeptAlerts> {
        let most = |rule: &Rule| {
            let most = rule.meta.max_signals.unwrap_or(MAX_SIGNALS);
            self.max_signals.then(|| usize::try_from(most).unwrap_or(usize::MAX))
        };
        keep_within_limits(found, (self.rules(), of), most, is_gone, space)
    }

    /// The builder of the alerts of a run that has these tables.
    pub fn builder(&self, tables: &Arc<CandidateTables>) -> AlertBuilder {
        AlertBuilder { rules: self.rules.clone(), digester: self.digester.clone(), tables: tables.clone() }
    }
}

/// Runs all rules over all candidates, one partition after the other.
fn correlate(correlator: &Correlator<'_>, candidates: &SortedSpool<CandidateTuple>) -> io::Result<Correlated> {
    (0..CandidateTuple::PARTITIONS).try_fold(Correlated::default(), |found, number| {
        Ok(found.merge(correlator.partition(candidates.partition(number), |_| false)?))
    })
}
