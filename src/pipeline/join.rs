//! Parts of the evidence, each scanned by itself, become one run: the candidates of all are correlated, and the alerts of all put in order.
//!
//! A part has the alerts of the rules that one host answers, with their events, and the candidates of the others. Here they have one numbering of inputs and
//! hosts. What follows is what follows in a run over everything: sort, correlate, cut by pipes and `--max-signals`, load the events, apply exceptions. Events
//! that a part does not hold are those of alerts that only came of the candidates of several parts; they are read where they stand, and so are the starts of
//! their processes.
//!
//! This module does not know where parts are kept.

use super::alert_store::AlertStore;
use super::duplicates::Duplicates;
use super::evidence_pass::EvidencePass;
use super::held_alert::{HeldAlert, StoredEvent};
use super::options::RunOptions;
use super::outcome::{Outcome, RunError, space_fault};
use super::progress::Progress;
use super::reread::EventReader;
use super::run::{correlation_notices, lost_record};
use super::stats::Stats;
use super::worker::{ALERT_SHARE, CANDIDATE_SHARE};
use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, SpoolSpace};
use crate::base::{Locator, Ticks};
use crate::detect::{
    Alert, AlertSource, AlertsOf, CandidateTables, CandidateTuple, Correlated, Detector, EvidenceBegins, FoundAlert,
    Inventory, KeptAlerts, RuleIndex, crosses_hosts,
};
use crate::diag::Notice;
use crate::process::{HostAddresses, Missing, has_undecided_connection, lacks_start};
use crate::source::{Fault, FileStates, Input};
use hashbrown::HashMap;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The share of memory that the events of alerts take before they are spilled.
const STORED_SHARE: u64 = 8;

/// What several parts have found, in one numbering of inputs and hosts.
pub struct JoinedParts {
    /// The inputs of all parts, each once, in the order in which a run over everything would have them.
    pub inputs: Vec<Input>,
    /// Hosts, and sets of filters, by the numbers that candidates and alerts have for them.
    pub tables: Arc<CandidateTables>,
    /// When the events of each host begin, as far as some rule looks for new terms.
    pub begins: EvidenceBegins,
    /// Alerts that parts left out because a rule had more than it may have, by rule.
    pub left_out: BTreeMap<RuleIndex, usize>,
    /// Addresses that hosts have shown as their own, where an alert of a part needs them.
    pub addresses: HostAddresses,
    /// Whether these are the addresses of all hosts.
    pub knows_addresses: bool,
    /// Everything that could not be read or is in doubt.
    pub faults: Vec<Fault>,
    /// What a reader must know beside that.
    pub notices: Vec<Notice>,
    /// The counts of all parts together.
    pub stats: Stats,
    duplicates: Duplicates,
    candidates: SortSpool<CandidateTuple>,
    alerts: SortSpool<FoundAlert>,
    stored: SortSpool<StoredEvent>,
    /// The start of its process for alerts that lack it, by the place of their first events.
    starts: Mutex<HashMap<Locator, Locator>>,
    space: SpoolSpace,
}

/// Looks inputs up, of which only the name is known, so that they can be read again. What is not there is a fault.
pub type InputLookup<'l> = &'l mut dyn FnMut(&BTreeSet<u32>, &mut [Input]) -> Vec<Fault>;

impl JoinedParts {
    /// Nothing yet, over these inputs.
    pub fn new(inputs: Vec<Input>, options: &RunOptions) -> Self {
        let space = SpoolSpace::from(options.limits.clone());
        Self {
            inputs,
            tables: Arc::default(),
            begins: EvidenceBegins::default(),
            left_out: BTreeMap::new(),
            addresses: HostAddresses::default(),
            knows_addresses: false,
            faults: Vec::new(),
            notices: Vec::new(),
            stats: Stats::default(),
            duplicates: Duplicates::default(),
            candidates: SortSpool::new(space.share(CANDIDATE_SHARE)),
            alerts: SortSpool::new(space.share(ALERT_SHARE)),
            stored: SortSpool::new(space.share(STORED_SHARE)),
            starts: Mutex::default(),
            space,
        }
    }

    /// Adds alerts of a part.
    pub fn add_alerts(&self, alerts: Vec<HeldAlert>) {
        let (mut all, mut stored, mut starts) = (Vec::with_capacity(alerts.len()), Vec::new(), Vec::new());
        for HeldAlert { found, events, start } in alerts {
            starts.extend(found.origins().next().zip(start.as_ref().map(|start| start.origin)));
            stored.extend(events.into_iter().chain(start).map(StoredEvent::from));
            all.push(found);
        }
        self.starts.lock().unwrap_or_else(PoisonError::into_inner).extend(starts);
        self.stored.add(stored);
        self.alerts.add(all);
    }

    /// Adds candidates of a part.
    pub fn add_candidates(&self, tuples: Vec<CandidateTuple>) {
        self.candidates.add(tuples);
    }

    /// Notes when the events of a host begin.
    pub fn note_begin(&mut self, host: &str, at: Ticks) {
        self.begins.note(self.tables.hosts.number(host), at);
    }

    /// Adds the places of what a part has twice: of chunks, and of single records and documents.
    pub fn add_duplicates(&mut self, chunks: impl Iterator<Item = Locator>, records: impl Iterator<Item = Locator>) {
        self.duplicates.add_places(chunks, records);
    }

    /// The inputs from which [`Self::finish`] will read events.
    pub fn needed(mut self, detector: &Detector, options: &RunOptions) -> Result<Vec<Input>, RunError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
        let kept = self.keep_alerts(detector, &pool)?;
        let needed = inputs_of(&kept, &crossing_rules(detector))?;
        Ok(needed.into_iter().filter_map(|number| self.inputs.get(number as usize).cloned()).collect())
    }

    /// Runs the rules that no part could answer, and cuts the alerts of all to those that rules may have.
    fn keep_alerts(&mut self, detector: &Detector, pool: &rayon::ThreadPool) -> Result<KeptAlerts, RunError> {
        let _ = self.tables.begins.set(std::mem::take(&mut self.begins)); // nothing was correlated before
        let Correlated { unproven, forgotten, .. } =
            pool.install(|| correlate(detector, &self.tables, &self.candidates.take_sorted(), &self.alerts))?;
        self.notices.extend(correlation_notices(&unproven, &forgotten));
        let kept = keep(detector, &self.alerts.take_sorted(), &self.space)?;
        for (rule, count) in &kept.left_out {
            *self.left_out.entry(*rule).or_default() += count;
        }
        Ok(kept)
    }

    /// Runs the rules that no part could answer, and puts the alerts of all together.
    pub fn finish(
        mut self,
        detector: &Detector,
        options: &RunOptions,
        look_up: InputLookup<'_>,
        progress: &dyn Progress,
    ) -> Result<Outcome, RunError> {
        let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?);
        let crossing = crossing_rules(detector);
        let kept = self.keep_alerts(detector, &pool)?;
        let Self { mut inputs, tables, left_out, mut faults, mut notices, mut stats, space, .. } = self;
        let again = inputs_of(&kept, &crossing)?;
        faults.extend(look_up(&again, &mut inputs));
        let states = FileStates::of(&again.iter().map(|input| inputs[*input as usize].clone()).collect::<Vec<_>>());
        let reader = EventReader::new(&inputs, options, &pool, &space);
        let alerts = AlertStore::new(kept, detector.builder(&tables), reader.clone())?;
        let mut alerts = alerts.with_stored(self.stored.take_sorted());
        let lost = alerts.load()?;
        faults.extend(lost.into_iter().map(|origin| lost_record(&inputs[origin.input as usize].display, origin)));
        let (set_aside, repeated) = alerts.suppress(detector)?;
        let again = EvidencePass { reader, duplicates: Arc::new(self.duplicates), states, only: Some(again) };
        let mut addresses = self.addresses;
        let starts = self.starts.into_inner().unwrap_or_else(PoisonError::into_inner);
        complete(&mut alerts, &starts, &crossing, &again, progress)?;
        let is_undecided = |alert: &Alert| crossing[alert.rule] && has_undecided_connection(alert);
        if !self.knows_addresses && alerts.any(is_undecided)? {
            addresses.merge(again.addresses(progress));
        }
        faults.extend(space_fault(&space, 0));
        faults.extend(again.changes());
        faults.sort();
        faults.dedup();
        notices.sort();
        notices.dedup();
        stats.files = inputs.len() as u64;
        stats.bytes = inputs.iter().map(|input| input.size).sum();
        stats.alerts = alerts.len() as u64;
        Ok(Outcome {
            inputs,
            alerts,
            left_out,
            set_aside,
            repeated,
            inventory: Inventory::default(),
            addresses: Some(addresses),
            timeline: None,
            survey: None,
            window: options.window,
            faults,
            unread: 0,
            notices,
            stats,
            part: None,
            again,
        })
    }
}

/// By rule, whether it may join events of several hosts, so that no part could answer it.
fn crossing_rules(detector: &Detector) -> Vec<bool> {
    detector.rules().iter().map(|rule| crosses_hosts(&rule.query)).collect()
}

/// Runs the rules over all candidates, the partitions spread over the threads.
fn correlate(
    detector: &Detector,
    tables: &CandidateTables,
    candidates: &SortedSpool<CandidateTuple>,
    alerts: &SortSpool<FoundAlert>,
) -> io::Result<Correlated> {
    let correlator = detector.correlator(tables);
    let partition = |number| {
        // A log that is in two parts gives its candidates twice.
        let mut last = None;
        let tuples = candidates.partition(number).filter(|tuple| match tuple {
            Ok(tuple) => last.replace(*tuple) != Some(*tuple),
            Err(_) => true,
        });
        let mut found = correlator.partition(tuples, |_| false)?;
        alerts.add(std::mem::take(&mut found.alerts));
        Ok(found)
    };
    let found = (0..CandidateTuple::PARTITIONS).into_par_iter().map(partition);
    found.try_reduce(Correlated::default, |one, two| Ok(one.merge(two)))
}

/// The alerts that rules may have. One that two parts have, because both have its log, counts once.
fn keep(detector: &Detector, found: &SortedSpool<FoundAlert>, space: &SpoolSpace) -> io::Result<KeptAlerts> {
    let (each_once, mut last) = (SortSpool::new(space.share(ALERT_SHARE)), None);
    each_once.add_all(found.partition(0).filter(|found| match found {
        Ok(found) => last.replace(found.clone()).as_ref() != Some(found),
        Err(_) => true,
    }))?;
    detector.keep(each_once.take_sorted(), AlertsOf::Everything, |_| false, &space.share(ALERT_SHARE))
}

/// The inputs that events of alerts must be read from: those of rules that no part could answer.
fn inputs_of(kept: &KeptAlerts, crossing: &[bool]) -> io::Result<BTreeSet<u32>> {
    let mut inputs = BTreeSet::new();
    for found in kept.found.partition(0) {
        let found = found?;
        if crossing[found.rule()] {
            inputs.extend(found.origins().map(|origin| origin.input));
        }
    }
    Ok(inputs)
}

/// Gives alerts the starts of their processes: what parts have found, and for alerts that are of no part what stands in the files of their events.
fn complete(
    alerts: &mut AlertStore,
    starts: &HashMap<Locator, Locator>,
    crossing: &[bool],
    again: &EvidencePass,
    progress: &dyn Progress,
) -> io::Result<()> {
    let (mut found, mut missing) = (Vec::new(), Missing::default());
    (&*alerts as &dyn AlertSource).for_each(|position, alert| {
        if crossing[alert.rule] {
            missing.add(position, alert);
        } else if lacks_start(alert) {
            let place = alert.present().next().and_then(|event| starts.get(&event.origin));
            found.extend(place.map(|place| (position, *place)));
        }
        Ok(())
    })?;
    if !missing.is_empty() {
        found.extend(missing.found(&again.observe(progress, &|| missing.observer())));
    }
    alerts.load_starts(&found)
}
