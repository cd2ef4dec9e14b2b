//! The pass over the evidence that looks up what stands beside alerts: for the alerts of a run, and for those of a part of the evidence.

use super::alert_store::AlertStore;
use super::documents;
use super::evidence_pass::{EvidencePass, straddling_notice};
use super::progress::Progress;
use super::threads::StatePool;
use crate::base::spool::SortedSpool;
use crate::base::{CaseKey, Locator};
use crate::detect::AlertSource;
use crate::diag::Notice;
use crate::event::Event;
use crate::process::details::Details;
use crate::process::triage::{self, Triage, TriagePlan, WholeCommandLine};
use crate::process::{
    CutText, HostAddresses, Lineage, Missing, ObservedEvent, Observer, ObserverPair, ProcessSurvey, ProcessTable,
    SightedConnection, SightedText, TriageGathered, TriagePart, TriageSpools, TriageSurvey, ValueKind, WantedProcesses,
    destinations,
};
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Events of candidates that are held at a time.
const CANDIDATE_BATCH: usize = 4096;

/// What a pass has gathered, with what is known of the processes that are shown.
struct GatheredProcesses {
    details: Details,
    addresses: HostAddresses,
    /// Connections whose ends their records do not tell apart.
    connections: SortedSpool<SightedConnection>,
    lineage: Lineage,
    facts: ProcessTable,
    /// That processes appear under the names of several hosts, if that is so.
    straddling: Option<Notice>,
}

impl EvidencePass {
    /// The context of some alerts: their processes with all they did, and where else their values were seen. The same pass finds the starts that alerts lack.
    pub fn triage(&self, alerts: &mut AlertStore, progress: &dyn Progress) -> io::Result<Triage> {
        let mut plan = TriagePlan::default();
        let missing = plan_alerts(alerts, &mut plan)?;
        let (spools, values) = TriageSpools::with_digests(&self.reader.space);
        let GatheredProcesses { details, addresses, connections, lineage, facts, straddling } =
            self.gather(alerts, &plan, &missing, &spools, progress)?;
        let mut triage = Triage::new(plan, details, addresses, &lineage, facts);
        triage.several_hosts = straddling;
        triage.count(alerts, &values, &connections)?;
        // Of every process a cut command line is held; of those that are shown, the whole one is read from the record of the start.
        let cut = triage.cut();
        let whole = self.command_lines(&cut).into_iter().map(|(_, line)| line).collect();
        triage.restore_command_lines(whole);
        Ok(triage)
    }

    /// What triage of the alerts of all parts may ask of this part: of the alerts of this run, of events at some places that may come to be of alerts
    /// elsewhere, and of all values. Finds the starts that alerts lack too.
    pub fn triage_of_part(
        &self,
        alerts: &mut AlertStore,
        candidates: (&BTreeSet<Locator>, u64),
        key: &CaseKey,
        progress: &dyn Progress,
    ) -> io::Result<(TriagePart, Option<Notice>)> {
        let mut plan = TriagePlan::keyed(key.bytes());
        let missing = plan_alerts(alerts, &mut plan)?;
        let (candidates, unread) = candidates;
        let not_planned = plan.left_out();
        let candidates: Vec<Locator> = candidates.iter().copied().collect();
        for places in candidates.chunks(CANDIDATE_BATCH) {
            let places: BTreeSet<Locator> = places.iter().copied().collect();
            self.events(&places).iter().for_each(|event| plan.add_candidate(event));
        }
        let left_out = (plan.left_out() - not_planned) as u64 + unread;
        let (spools, values) = TriageSpools::with_texts(&self.reader.space);
        let GatheredProcesses { details, addresses, connections, lineage, facts, straddling } =
            self.gather(alerts, &plan, &missing, &spools, progress)?;
        values.add_all(destinations(&connections, &addresses).map(|sighted| {
            let (ip, host, time) = sighted?;
            let value = CutText { text: ip.into(), cut: 0 };
            Ok(SightedText { kind: ValueKind::Destination, value, host, first: time, last: time, count: 1 })
        }))?;
        let lines = self.command_lines(&triage::cut_starts(&facts));
        let (wanted, values) = (plan.wanted, values.take_sorted());
        Ok((TriagePart { wanted, details, addresses, lineage, facts, lines, values, left_out }, straddling))
    }

    fn gather(
        &self,
        alerts: &mut AlertStore,
        plan: &TriagePlan,
        missing: &Missing,
        spools: &TriageSpools,
        progress: &dyn Progress,
    ) -> io::Result<GatheredProcesses> {
        let wanted = &plan.wanted;
        let new = || ObserverPair(TriageSurvey::of_part(wanted, plan.of_alerts(), spools), missing.observer());
        let observers = self.observe(progress, &new);
        let (surveys, starts): (Vec<_>, Vec<_>) =
            observers.into_iter().map(|ObserverPair(one, two)| (one, two)).unzip();
        alerts.load_starts(&missing.found(&starts))?;
        let TriageGathered { details, addresses, links, connections } = TriageSurvey::merge(surveys, wanted, spools);
        let space = &self.reader.space;
        let mut lineage = self.reader.pool.install(|| Lineage::new(&links, wanted, triage::RELATIVES, space))?;
        drop(links);
        let straddling = lineage.straddling.take().map(|straddling| straddling_notice(&self.reader, &straddling));
        let facts = self.facts(&lineage.places(), &Arc::new(lineage.processes(&wanted.ids)));
        Ok(GatheredProcesses { details, addresses, connections, lineage, facts, straddling })
    }

    /// The whole command lines of starts at some places, in their order.
    fn command_lines(&self, places: &[Locator]) -> Vec<(Locator, WholeCommandLine)> {
        if places.is_empty() {
            return Vec::new();
        }
        let whole = Mutex::new(Vec::new());
        let keep = |found: &mut Vec<_>| whole.lock().unwrap_or_else(PoisonError::into_inner).append(found);
        let line = |event: Event| Some((event.origin, WholeCommandLine::of(&event)?));
        self.reader.for_each_event(places, line, &keep);
        let mut whole = whole.into_inner().unwrap_or_else(PoisonError::into_inner);
        whole.sort_unstable_by_key(|(place, _)| *place);
        whole
    }

    /// What the events at some places, given in order, tell of processes.
    fn facts(&self, places: &[Locator], wanted: &Arc<WantedProcesses>) -> ProcessTable {
        let surveys: StatePool<ProcessSurvey> = StatePool::default();
        let see = |event: Event| -> Option<()> {
            let id = documents::sysmon_id(&event.document).map(u32::from);
            let order = event.order(self.reader.options.clock);
            surveys.with(
                || ProcessSurvey::of(wanted),
                |survey| {
                    // A chunk that is started over shows its events twice, which tells nothing new of the facts of a process.
                    survey.see(&ObservedEvent { fields: &event.document, id, order });
                    survey.keep();
                },
            );
            None
        };
        self.reader.for_each_event(places, see, &|_| {});
        ProcessSurvey::merge(surveys.into_states())
    }
}

/// Plans for all alerts, and for the starts that they lack.
fn plan_alerts(alerts: &AlertStore, plan: &mut TriagePlan) -> io::Result<Missing> {
    let mut missing = Missing::default();
    (alerts as &dyn AlertSource).for_each(|position, alert| {
        plan.add(alert);
        missing.add(position, alert);
        Ok(())
    })?;
    Ok(missing)
}
