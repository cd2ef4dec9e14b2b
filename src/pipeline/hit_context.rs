//! What stands around the hits of a search: the events before and after each, in the order of its host or of its process.
//!
//! ```text
//! order of a host:   a  b  HIT1  c  HIT2  d  e  f  g  HIT3          two before, one after
//!                    ----------  -------  -         ----------
//!                      of hit 1   of hit 2            of hit 3       c and d come after a hit, and are shown once; e is left out
//! ```
//!
//! Every event stands at most once, with the last hit that it comes soon enough after or else the next that it comes before. One pass over the evidence gives
//! all events by group and order, in a spool; they stream past the hits, and what was wanted is read again by its place. Nothing is held but the places of
//! hits, and as many events as may stand before one. This module does not know how hits were found.

use super::alert_store::{AlertStore, WantedEvent};
use super::evidence_pass::EvidencePass;
use super::progress::Progress;
use crate::base::Locator;
use crate::base::host::folded;
use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, read_item, write_item};
use crate::detect::AlertSource;
use crate::ecs::{self, FieldId};
use crate::event::OrderKey;
use crate::process::{ObservedEvent, Observer, process_of};
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use std::collections::VecDeque;
use std::io::{self, Read};

/// The share of memory that all events take before they are spilled.
const SPOOL_SHARE: u64 = 8;

/// The order that events stand around a hit in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContextOrder {
    /// All events of its host.
    #[default]
    Host,
    /// The events of its process.
    Process,
}

/// How much is shown around hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HitContext {
    /// Events before each hit.
    pub before: u16,
    /// Events after each hit.
    pub after: u16,
    /// In which order.
    pub order: ContextOrder,
}

/// Most events before or after a hit.
pub const MOST_CONTEXT: u16 = 1000;

/// An event with the group that it is ordered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct GroupedEvent {
    /// Stands for a host, or for a process on it.
    group: [u8; 16],
    order: OrderKey,
}

impl SpoolItem for GroupedEvent {
    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// Adds every event to a spool.
struct GroupingObserver<'s> {
    order: ContextOrder,
    spool: &'s SortSpool<GroupedEvent>,
    pending: Vec<GroupedEvent>,
    kept: Vec<GroupedEvent>,
    /// What the event before was of, which mostly is what the next one is of, and what stands for it.
    latest: Option<(String, [u8; 16])>,
}

/// Events that a thread holds before it adds them to the spool.
const BLOCK: usize = 4096;

impl GroupingObserver<'_> {
    fn group(&mut self, event: &ObservedEvent<'_>) -> [u8; 16] {
        let host = || {
            let values = event.fields.values(&ecs::HOST_NAME.into());
            folded(values.first().and_then(|value| value.as_text()).unwrap_or_default()).into_owned()
        };
        let key = match self.order {
            ContextOrder::Host => host(),
            ContextOrder::Process => match process_of(event.fields) {
                Some((host, key)) => format!("{host}\0{key:?}"),
                None => host(),
            },
        };
        match &self.latest {
            Some((latest, group)) if *latest == key => *group,
            _ => {
                let mut group = [0; 16];
                group.copy_from_slice(&Sha1::digest(&key)[..16]);
                self.latest = Some((key, group));
                group
            }
        }
    }
}

impl Observer for GroupingObserver<'_> {
    fn fields(&self, _: u32) -> &'static [FieldId] {
        match self.order {
            ContextOrder::Host => &[ecs::HOST_NAME],
            ContextOrder::Process => {
                &[ecs::HOST_NAME, ecs::PROCESS_ENTITY_ID, ecs::PROCESS_PID, ecs::PROCESS_EXECUTABLE]
            }
        }
    }

    fn see(&mut self, event: &ObservedEvent<'_>) {
        let group = self.group(event);
        self.pending.push(GroupedEvent { group, order: event.order });
    }

    fn keep(&mut self) {
        self.kept.append(&mut self.pending);
        if self.kept.len() >= BLOCK {
            self.spool.add(std::mem::take(&mut self.kept));
        }
    }

    fn forget(&mut self) {
        self.pending.clear();
    }
}

/// Walks through the events of one group after the other, and finds what stands around hits.
struct ContextWalk<'h> {
    context: HitContext,
    /// The places of hits with their numbers, in the order of places.
    hits: &'h [(Locator, u32)],
    group: Option<[u8; 16]>,
    /// Events that may stand before the next hit.
    waiting: VecDeque<Locator>,
    /// The hit that events stand after, and how many do already.
    latest: Option<(u32, u16)>,
    /// Whether events were left out since the last one that is shown.
    is_torn: bool,
}

impl ContextWalk<'_> {
    /// Takes the next event, and gives what is known of events now: the hit, how many events after it (before it, if negative), the place. Says of a hit
    /// whether nothing lies between it, with what stands before it, and the hit whose number comes before.
    fn step(&mut self, event: GroupedEvent, out: &mut Vec<WantedEvent>) -> Option<(u32, bool)> {
        if self.group != Some(event.group) {
            self.group = Some(event.group);
            self.waiting.clear();
            self.latest = None;
        }
        let origin = event.order.origin();
        let Ok(at) = self.hits.binary_search_by_key(&origin, |(place, _)| *place) else {
            self.pass(origin, out);
            return None;
        };
        let number = self.hits[at].1;
        let continues = !self.is_torn && self.latest.is_some_and(|(before, _)| before.checked_add(1) == Some(number));
        for (distance, place) in (1..).zip(self.waiting.drain(..).rev()) {
            out.push(WantedEvent::around(place, number, -distance));
        }
        (self.latest, self.is_torn) = (Some((number, 0)), false);
        Some((number, continues))
    }

    /// Takes an event that is no hit.
    fn pass(&mut self, origin: Locator, out: &mut Vec<WantedEvent>) {
        match &mut self.latest {
            Some((hit, after)) if *after < self.context.after => {
                *after += 1;
                out.push(WantedEvent::around(origin, *hit, i32::from(*after)));
            }
            _ => {
                self.waiting.push_back(origin);
                if self.waiting.len() > usize::from(self.context.before) {
                    self.waiting.pop_front();
                    self.is_torn = true;
                }
            }
        }
    }
}

/// Reads what stands around the first events of all alerts. Returns, by alert, whether what is shown of it follows what is shown of the alert before it in
/// the same order, with nothing between.
pub fn load_context(
    evidence: &EvidencePass,
    alerts: &mut AlertStore,
    context: HitContext,
    progress: &dyn Progress,
) -> io::Result<Vec<bool>> {
    let space = evidence.space().share(SPOOL_SHARE);
    let mut hits: Vec<(Locator, u32)> = Vec::with_capacity(alerts.len());
    let mut number = 0;
    (alerts as &dyn AlertSource).for_each_outline(&mut |outline| {
        hits.extend(outline.places.iter().flatten().next().map(|place| (*place, number)));
        number += 1;
    })?;
    hits.sort_unstable();
    let spool = SortSpool::new(space.clone());
    let new = || GroupingObserver {
        order: context.order,
        spool: &spool,
        pending: Vec::new(),
        kept: Vec::new(),
        latest: None,
    };
    for observer in evidence.observe(progress, &new) {
        spool.add(observer.kept);
    }
    let events: SortedSpool<GroupedEvent> = spool.take_sorted();
    let wanted = SortSpool::new(space);
    let mut continues = vec![false; alerts.len()];
    let mut walk =
        ContextWalk { context, hits: &hits, group: None, waiting: VecDeque::new(), latest: None, is_torn: false };
    let mut found = Vec::new();
    let mut before: Option<GroupedEvent> = None;
    for event in events.iter() {
        let event = event?;
        // A chunk that is started over may show an event twice.
        if before.replace(event) == Some(event) {
            continue;
        }
        if let Some((number, is_next)) = walk.step(event, &mut found) {
            continues[number as usize] = is_next;
        }
        if found.len() >= BLOCK {
            wanted.add(std::mem::take(&mut found));
        }
    }
    wanted.add(found);
    alerts.load_context(&wanted.take_sorted())?;
    Ok(continues)
}
