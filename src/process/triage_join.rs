//! Puts together what parts of the evidence know of the processes of alerts.
//!
//! A part has looked up more than it takes: the processes of all of its alerts, whether they are left in the end, and of events that might have come to be
//! some. So its pieces are gone through twice, as the events are in a scan: once for who started whom and for what the processes of alerts did, and once
//! more, when it is known which relatives are shown, for what is known of these. What is left are the limits of a scan over everything: each part alone has
//! fewer processes, and has held at least as much of each.

use super::connection::HostAddresses;
use super::details::{ActivityRecord, Details};
use super::lineage::{Lineage, Relatives, ShownProcess, StartedProcess};
use super::table::ProcessTable;
use super::triage::{PartLimits, RELATIVES, Triage, TriagePlan};
use super::triage_record::{ShownRecord, TriageRecord};
use super::wanted::{ProcessId, WantedProcesses};
use crate::base::host::HostName;
use crate::base::spool::{SortSpool, SpoolSpace};
use crate::detect::HostTable;
use hashbrown::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

/// The share of memory that pairs of child and parent take before they are spilled.
const PAIR_SHARE: u64 = 24;

/// The processes of alerts, in the making.
#[derive(Debug)]
pub struct TriageJoin {
    plan: TriagePlan,
    pairs: SortSpool<StartedProcess>,
    relatives: Relatives,
    state: Mutex<JoinState>,
}

#[derive(Debug)]
struct JoinState {
    details: Details,
    shown: HashMap<ProcessId, ShownProcess>,
    facts: ProcessTable,
    limits: PartLimits,
}

impl TriageJoin {
    /// Nothing is known yet of the processes of a plan.
    pub fn new(plan: TriagePlan, space: &SpoolSpace) -> Self {
        let state = JoinState {
            details: Details::new(&plan.wanted),
            shown: HashMap::new(),
            facts: ProcessTable::default(),
            limits: PartLimits::default(),
        };
        let relatives = Relatives { chosen: WantedProcesses::new(&plan.wanted.ids), left_out: 0 };
        Self { pairs: SortSpool::new(space.share(PAIR_SHARE)), relatives, state: Mutex::new(state), plan }
    }

    /// The hosts by the numbers that pieces are to have.
    pub fn hosts(&self) -> &HostTable {
        &self.plan.wanted.ids.hosts
    }

    /// Takes from the pieces of a part who started whom, and what the processes of alerts did.
    pub fn read_first(&self, records: &mut dyn Iterator<Item = io::Result<TriageRecord>>) -> io::Result<()> {
        let mut activities: Vec<(u32, ActivityRecord)> = Vec::new();
        let wanted = &self.plan.wanted;
        self.pairs.add_all(records.filter_map(|record| match record {
            Ok(TriageRecord::Shown(shown)) => {
                let (order, parent) = shown.parent?;
                Some(Ok(StartedProcess { id: shown.outline.id, order, parent }))
            }
            Ok(TriageRecord::Activities(id, did)) => {
                activities.extend(wanted.find_id(id).map(|number| (number, *did)));
                None
            }
            Ok(TriageRecord::CommandLine(..)) => None,
            Err(error) => Some(Err(error)),
        }))?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, did) in activities {
            let is_cut = state.details.add_record(number, did);
            state.limits.cut += u64::from(is_cut);
        }
        Ok(())
    }

    /// Chooses the relatives that are shown, when the pieces of all parts were gone through once.
    pub fn choose_relatives(&mut self) -> io::Result<()> {
        self.relatives = Relatives::new(&self.pairs.take_sorted(), &self.plan.wanted, RELATIVES)?;
        Ok(())
    }

    /// Takes from the pieces of a part what is known of the processes that are shown.
    pub fn read_second(&self, records: &mut dyn Iterator<Item = io::Result<TriageRecord>>) -> io::Result<()> {
        let (wanted, relatives) = (&self.plan.wanted, &self.relatives.chosen);
        let (mut shown, mut facts) = (Vec::new(), ProcessTable::default());
        for record in records {
            let TriageRecord::Shown(record) = record? else { continue };
            let ShownRecord { key, outline, child_count, parent, told } = *record;
            let id = outline.id;
            if wanted.find_id(id).is_none() && relatives.find_id(id).is_none() {
                continue;
            }
            let host = HostName::from(&*wanted.ids.hosts.name(id.host));
            facts.add_record(&host, key, told);
            shown.push((id, ShownProcess { outline, child_count, parent }));
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, process) in shown {
            // Where two parts have a host in common, which is told, each knows some of it.
            state.shown.entry(id).or_insert(process);
        }
        state.facts = std::mem::take(&mut state.facts).merge(facts);
        Ok(())
    }

    /// The context of the alerts. `is_bounded` if a part has not looked at all processes that it had to.
    pub fn finish(self, addresses: HostAddresses, is_bounded: bool) -> Triage {
        let Self { plan, relatives, state, .. } = self;
        let JoinState { details, shown, facts, mut limits } =
            state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if is_bounded {
            limits.unknown = plan.wanted.iter().filter(|(id, _)| !shown.contains_key(id)).count() as u64;
        }
        let lineage = Lineage { shown, left_out: relatives.left_out, straddling: None };
        let mut triage = Triage::new(plan, details, addresses, &lineage, facts);
        triage.part_limits = limits;
        triage
    }
}
