//! The alerts of a run: where their events stand, and the events themselves once an output needs them, in spools.
//!
//! ```text
//! found     alert 0: rule 7, events at A and C      in the order of alerts
//!           alert 1: rule 2, event at B
//! wanted    A: alert 0, stage 0                     sorted by place: each chunk is read once, and a file that cannot be read
//!           B: alert 1, stage 0                     from the middle once in all
//!           C: alert 0, stage 1
//! loaded    alert 0, stage 0: the event at A        sorted by alert again
//!           alert 0, stage 1: the event at C
//!           alert 1, stage 0: the event at B
//! ```
//!
//! Whoever shows alerts reads `found` and `loaded` side by side, a batch at a time. This module does not know what alerts are shown for.

use super::alert_summary::AlertSummary;
use super::held_alert::{HeldAlert, HeldEvent, StoredEvent};
use super::reread::EventReader;
use crate::base::Locator;
use crate::base::spool::{
    MergeRuns, SortSpool, SortedSpool, SpoolItem, SpoolSpace, read_bytes, read_item, write_bytes, write_item,
};
use crate::detect::{
    Alert, AlertBuilder, AlertEvent, AlertOutline, AlertSource, AlertWriter, ContextEvent, Detector, FoundAlert,
    KeptAlerts, RepeatFilter, RepeatedAlerts, RuleIndex, TextTaker, WantedRules, suppressing,
};
use crate::event::Event;
use hashbrown::HashMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::iter::Peekable;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// The share of memory that each of the spools takes before it spills.
const SPOOL_SHARE: u64 = 16;
/// Most events that are looked for in one reading of the evidence.
const MOST_WANTED: usize = 1 << 20;
/// Most alerts of a batch.
const BATCH: usize = 1024;
/// Bytes of events in spooled form after which a batch ends.
const BATCH_BYTES: usize = 4 << 20;
/// Longest text of an outline of an event, in bytes. Paths of images are shorter.
const LONGEST_OUTLINED: usize = 4096;

/// An event of an alert, by where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WantedEvent {
    origin: Locator,
    alert: u32,
    stage: u16,
}

/// The stage that events around an alert count theirs from, which is the alert itself.
const AROUND: i32 = 1 << 15;

impl WantedEvent {
    /// An event so far after an alert, or before it if negative.
    pub fn around(origin: Locator, alert: u32, distance: i32) -> Self {
        Self { origin, alert, stage: u16::try_from(AROUND + distance).unwrap_or(u16::MAX) }
    }
}

/// An event of an alert, read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LoadedEvent {
    alert: u32,
    stage: u16,
    /// The event as [`postcard`] writes it.
    bytes: Arc<[u8]>,
}

impl SpoolItem for WantedEvent {
    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

impl SpoolItem for LoadedEvent {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.alert.to_le_bytes());
        out.extend(self.stage.to_le_bytes());
        write_bytes(&self.bytes, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        let (mut alert, mut stage) = ([0; 4], [0; 2]);
        from.read_exact(&mut alert)?;
        from.read_exact(&mut stage)?;
        let bytes = read_bytes(from)?;
        Ok(Self { alert: u32::from_le_bytes(alert), stage: u16::from_le_bytes(stage), bytes })
    }
}

/// The alerts of a run, in the order of their last events, then of their rules.
#[derive(Debug)]
pub struct AlertStore {
    found: SortedSpool<FoundAlert>,
    count: usize,
    /// Which alerts an exception took away, or are repeats of others, by their positions before; empty if none is.
    suppressed: Vec<bool>,
    /// The repeats that alerts stand for, by the positions of these before.
    repeated: HashMap<usize, RepeatedAlerts>,
    events: Option<SortedSpool<LoadedEvent>>,
    /// Starts of processes that no stage of the alert is, by the alert's position.
    starts: Option<SortedSpool<LoadedEvent>>,
    /// What stands around alerts, by the alert's position.
    context: Option<SortedSpool<LoadedEvent>>,
    /// Events that need not be read, by place.
    stored: Option<SortedSpool<StoredEvent>>,
    builder: AlertBuilder,
    reader: EventReader,
    summary: AlertSummary,
    held: OnceLock<Vec<Alert>>,
}

/// An alert with its events as they are spooled.
struct SpooledAlert {
    position: usize,
    found: FoundAlert,
    events: Vec<LoadedEvent>,
    start: Option<LoadedEvent>,
    context: Vec<LoadedEvent>,
    repeated: Option<RepeatedAlerts>,
}

impl SpooledAlert {
    fn bytes(&self) -> usize {
        self.events.iter().chain(&self.start).chain(&self.context).map(SpoolItem::bytes).sum()
    }

    /// The alert with its events, to be kept beyond the run.
    fn held(self) -> HeldAlert {
        let event = |loaded: &LoadedEvent, origin| HeldEvent { origin, bytes: loaded.bytes.to_vec() };
        let of_stage = |loaded: &LoadedEvent| {
            let of = self.found.events.get(usize::from(loaded.stage)).copied().flatten()?;
            Some(event(loaded, of.order.origin()))
        };
        let events = self.events.iter().filter_map(of_stage).collect();
        let start = self.start.as_ref().and_then(|start| {
            let origin = postcard::from_bytes::<Event>(&start.bytes).ok()?.origin;
            Some(event(start, origin))
        });
        HeldAlert { found: self.found, events, start }
    }

    /// The alert with all of its events.
    fn alert(&self, builder: &AlertBuilder) -> Alert {
        let event = |event: &LoadedEvent| postcard::from_bytes::<Event>(&event.bytes).ok().map(Arc::new);
        let of_stage = |stage: usize| {
            let loaded = self.events.iter().find(|loaded| usize::from(loaded.stage) == stage);
            loaded.and_then(event)
        };
        let alert = builder.alert(&self.found, of_stage);
        let around = |loaded: &LoadedEvent| {
            Some(ContextEvent { distance: i32::from(loaded.stage) - AROUND, event: event(loaded)? })
        };
        let context = self.context.iter().filter_map(around).collect();
        Alert { start: self.start.as_ref().and_then(event), repeated: self.repeated, context, ..alert }
    }
}

/// Takes what was made of some alerts, with their positions.
type TakeMade<'t, T> = &'t mut dyn FnMut(&[usize], Vec<T>) -> io::Result<ControlFlow<()>>;

/// Takes the events of an alert, if it is the next one that has some.
fn take_of(events: &mut Option<Peekable<MergeRuns<'_, LoadedEvent>>>, alert: usize) -> io::Result<Vec<LoadedEvent>> {
    let mut found = Vec::new();
    let Some(events) = events else { return Ok(found) };
    while let Some(next) = events.next_if(|next| next.as_ref().map_or(true, |next| next.alert as usize <= alert)) {
        found.push(next?);
    }
    Ok(found)
}

impl AlertStore {
    /// The alerts that a run has kept, without their events.
    pub fn new(kept: KeptAlerts, builder: AlertBuilder, reader: EventReader) -> io::Result<Self> {
        let KeptAlerts { found, count, .. } = kept;
        let mut store = Self {
            found,
            count,
            suppressed: Vec::new(),
            repeated: HashMap::new(),
            events: None,
            starts: None,
            context: None,
            stored: None,
            builder,
            reader,
            summary: AlertSummary::default(),
            held: OnceLock::new(),
        };
        store.summary = store.make_summary()?;
        Ok(store)
    }

    /// Takes these events from where they are held, and not from the evidence.
    #[must_use]
    pub fn with_stored(self, stored: SortedSpool<StoredEvent>) -> Self {
        Self { stored: Some(stored), ..self }
    }

    /// Shows all alerts with their events as they are spooled, in order.
    pub fn for_each_held(&self, each: &mut dyn FnMut(HeldAlert) -> io::Result<()>) -> io::Result<()> {
        self.for_each_spooled(&|_| true, &mut |batch| {
            batch.into_iter().try_for_each(|spooled| each(spooled.held()))?;
            Ok(ControlFlow::Continue(()))
        })
    }

    fn make_summary(&self) -> io::Result<AlertSummary> {
        let mut summary = AlertSummary::default();
        self.for_each_found(&mut |found| summary.add(found))?;
        summary.name_hosts(|event| self.builder.host(event));
        Ok(summary)
    }

    /// Alerts counted by rule, host and time.
    pub fn summary(&self) -> &AlertSummary {
        &self.summary
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn space(&self) -> SpoolSpace {
        self.reader.space.share(SPOOL_SHARE)
    }

    fn is_suppressed(&self, number: usize) -> bool {
        self.suppressed.get(number).copied().unwrap_or_default()
    }

    fn for_each_found(&self, each: &mut dyn FnMut(&FoundAlert)) -> io::Result<()> {
        for (number, found) in self.found.partition(0).enumerate() {
            let found = found?;
            if !self.is_suppressed(number) {
                each(&found);
            }
        }
        Ok(())
    }

    /// Reads the events of all alerts. Returns the places of those that are not there any more.
    pub fn load(&mut self) -> io::Result<Vec<Locator>> {
        let wanted = SortSpool::new(self.space());
        let of_alert = |(number, found): (usize, io::Result<FoundAlert>)| {
            let wanted = |found: FoundAlert| {
                let of_stage =
                    |(stage, event): (usize, &Option<AlertEvent>)| Some(wanted_event((*event)?, number, stage));
                found.events.iter().enumerate().filter_map(of_stage).collect::<Vec<_>>()
            };
            found.map_or_else(|error| vec![Err(error)], |found| wanted(found).into_iter().map(Ok).collect())
        };
        wanted.add_all(self.found.partition(0).enumerate().flat_map(of_alert))?;
        let (events, lost) = self.load_wanted(&wanted.take_sorted())?;
        self.events = Some(events);
        Ok(lost)
    }

    /// Reads the starts of processes of alerts, each with the position of its alert.
    pub fn load_starts(&mut self, starts: &[(usize, Locator)]) -> io::Result<()> {
        let wanted = SortSpool::new(self.space());
        let start = |&(alert, origin): &(usize, Locator)| WantedEvent { origin, alert: small(alert), stage: 0 };
        wanted.add(starts.iter().map(start).collect());
        let (starts, _) = self.load_wanted(&wanted.take_sorted())?;
        self.starts = Some(starts);
        if self.held.take().is_some() {
            self.hold()?;
        }
        Ok(())
    }

    /// Reads what stands around alerts; what is not there any more is left out.
    pub fn load_context(&mut self, wanted: &SortedSpool<WantedEvent>) -> io::Result<()> {
        let (context, _) = self.load_wanted(wanted)?;
        self.context = Some(context);
        self.held.take();
        Ok(())
    }

    fn load_wanted(&self, wanted: &SortedSpool<WantedEvent>) -> io::Result<(SortedSpool<LoadedEvent>, Vec<Locator>)> {
        let loaded = SortSpool::new(self.space());
        let (mut lost, mut wanted) = (Vec::new(), wanted.partition(0));
        let mut stored = self.stored.as_ref().map(|stored| stored.partition(0).peekable());
        loop {
            let mut batch: Vec<WantedEvent> = wanted.by_ref().take(MOST_WANTED).collect::<io::Result<_>>()?;
            if batch.is_empty() {
                return Ok((loaded.take_sorted(), lost));
            }
            if let Some(stored) = &mut stored {
                loaded.add(take_stored(stored, &mut batch)?);
            }
            let mut origins: Vec<Locator> = batch.iter().map(|wanted| wanted.origin).collect();
            origins.dedup();
            let is_found: Vec<AtomicBool> = origins.iter().map(|_| AtomicBool::new(false)).collect();
            let keep = |events: &mut Vec<(Locator, Arc<[u8]>)>| {
                let mut all = Vec::new();
                for (origin, bytes) in events.drain(..) {
                    let from = batch.partition_point(|wanted| wanted.origin < origin);
                    let of_origin = batch[from..].iter().take_while(|wanted| wanted.origin == origin);
                    all.extend(of_origin.map(|&WantedEvent { alert, stage, .. }| LoadedEvent {
                        alert,
                        stage,
                        bytes: bytes.clone(),
                    }));
                    if let Ok(at) = origins.binary_search(&origin) {
                        is_found[at].store(true, Ordering::Relaxed);
                    }
                }
                loaded.add(all);
            };
            let spooled = |event: Event| Some((event.origin, postcard::to_stdvec(&event).ok()?.into()));
            self.reader.for_each_event(&origins, spooled, &keep);
            let gone = origins.iter().zip(&is_found).filter(|(_, found)| !found.load(Ordering::Relaxed));
            lost.extend(gone.map(|(origin, _)| *origin));
        }
    }

    /// Takes away the alerts that an exception is for, and those that repeat others; how many each exception took, by its position, and how many repeats there
    /// were of each rule. The first exception that fits counts.
    pub fn suppress(
        &mut self,
        detector: &Detector,
    ) -> io::Result<(BTreeMap<usize, usize>, BTreeMap<RuleIndex, usize>)> {
        let (mut counts, mut repeats) = (BTreeMap::new(), BTreeMap::new());
        if !detector.judges_alerts() {
            return Ok((counts, repeats));
        }
        let mut suppressed = vec![false; self.count];
        let mut repeated: HashMap<usize, RepeatedAlerts> = HashMap::new();
        let mut filter = RepeatFilter::default();
        (self as &dyn AlertSource).for_each(|position, alert| {
            if let Some(exception) = suppressing(alert, detector.meta(alert), detector.exceptions()) {
                *counts.entry(exception).or_default() += 1;
                suppressed[position] = true;
                return Ok(());
            }
            let suppression = detector.suppression(alert.rule);
            let first = suppression.and_then(|suppression| {
                let ioc = detector.rules()[alert.rule].origin.ioc.as_deref();
                filter.repeats(position, alert, (suppression, ioc))
            });
            if let Some((first, at)) = first.zip(alert.timestamp()) {
                let standing = repeated.entry(first).or_insert(RepeatedAlerts { count: 0, last: at });
                *standing = RepeatedAlerts { count: standing.count + 1, last: at };
                *repeats.entry(alert.rule).or_default() += 1;
                suppressed[position] = true;
            }
            Ok(())
        })?;
        if !counts.is_empty() || !repeats.is_empty() {
            self.count -= counts.values().chain(repeats.values()).sum::<usize>();
            self.repeated = repeated;
            self.suppressed = suppressed;
            self.held.take();
            self.summary = self.make_summary()?;
        }
        Ok((counts, repeats))
    }

    /// Whether something is true of an alert: no more of them are looked at than it takes.
    pub fn any(&self, is_so: impl Fn(&Alert) -> bool) -> io::Result<bool> {
        if let Some(held) = self.held.get() {
            return Ok(held.iter().any(is_so));
        }
        let mut found = false;
        self.for_each_spooled(&|_| true, &mut |batch| {
            found = batch.iter().any(|spooled| is_so(&spooled.alert(&self.builder)));
            Ok(if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }

    /// All alerts with their events, which are held from then on: for a caller that wants them at hand, and knows how many there are.
    pub fn hold(&self) -> io::Result<&[Alert]> {
        if self.held.get().is_none() {
            let mut all = Vec::with_capacity(self.count);
            self.for_each_batch(&mut |_, alerts| {
                all.extend_from_slice(alerts);
                Ok(())
            })?;
            self.held.get_or_init(|| all);
        }
        Ok(self.held.get().map_or(&[], Vec::as_slice))
    }

    /// All alerts, held from then on, with outlines of their events: of each field the first value, and no long text. For a caller that asks of which
    /// processes, hosts and places they are, however many there are and whatever their events say.
    pub fn hold_outlines(&self) -> io::Result<&[Alert]> {
        let outline = |event: &Arc<Event>| {
            let Event { timestamp, logged, is_logged_known, is_recovered, tiebreaker, origin, .. } = **event;
            let document = event.document.outline(LONGEST_OUTLINED);
            let original = None;
            Arc::new(Event { document, timestamp, logged, is_logged_known, is_recovered, tiebreaker, origin, original })
        };
        if self.held.get().is_none() {
            let mut all = Vec::with_capacity(self.count);
            self.for_each_batch(&mut |_, alerts| {
                all.extend(alerts.iter().map(|alert| Alert {
                    events: alert.events.iter().map(|event| event.as_ref().map(outline)).collect(),
                    start: alert.start.as_ref().map(outline),
                    context: Vec::new(),
                    ..alert.clone()
                }));
                Ok(())
            })?;
            self.held.get_or_init(|| all);
        }
        Ok(self.held.get().map_or(&[], Vec::as_slice))
    }

    /// The alerts that are held since [`hold`](Self::hold) was called; none before.
    pub fn held(&self) -> &[Alert] {
        debug_assert!(self.held.get().is_some() || self.is_empty(), "alerts are asked for before they are held");
        self.held.get().map_or(&[], Vec::as_slice)
    }

    /// Shows the alerts of wanted rules as they are spooled, batch by batch, until somebody has had enough.
    fn for_each_spooled(
        &self,
        is_wanted: WantedRules<'_>,
        each: &mut dyn FnMut(Vec<SpooledAlert>) -> io::Result<ControlFlow<()>>,
    ) -> io::Result<()> {
        let mut events = self.events.as_ref().map(|events| events.partition(0).peekable());
        let mut starts = self.starts.as_ref().map(|starts| starts.partition(0).peekable());
        let mut context = self.context.as_ref().map(|context| context.partition(0).peekable());
        let (mut batch, mut bytes, mut next) = (Vec::new(), 0, 0);
        for (number, found) in self.found.partition(0).enumerate() {
            let (found, events) = (found?, take_of(&mut events, number)?);
            if self.is_suppressed(number) {
                continue;
            }
            let (position, start) = (next, take_of(&mut starts, next)?.pop());
            let context = take_of(&mut context, next)?;
            next += 1;
            if !is_wanted(found.rule()) {
                continue;
            }
            let repeated = self.repeated.get(&number).copied();
            let alert = SpooledAlert { position, found, events, start, context, repeated };
            bytes += alert.bytes();
            batch.push(alert);
            if batch.len() >= BATCH || bytes >= BATCH_BYTES {
                bytes = 0;
                if each(std::mem::take(&mut batch))?.is_break() {
                    return Ok(());
                }
            }
        }
        if batch.is_empty() { Ok(()) } else { each(batch).map(drop) }
    }

    /// Makes something of each alert of wanted rules, and gives it out in order, batch by batch, until somebody has had enough. While one batch is taken, which
    /// is to write it in most cases, all threads make the next one.
    fn for_each_made<T: Send>(
        &self,
        is_wanted: WantedRules<'_>,
        make: &(dyn Fn(&SpooledAlert) -> T + Sync),
        take: TakeMade<'_, T>,
    ) -> io::Result<()> {
        let mut take_ready = |ready: (Vec<usize>, Vec<T>)| {
            if ready.0.is_empty() { Ok(ControlFlow::Continue(())) } else { take(&ready.0, ready.1) }
        };
        let mut ready = (Vec::new(), Vec::new());
        let mut flow = ControlFlow::Continue(());
        self.for_each_spooled(is_wanted, &mut |batch| {
            let (before, next) = (std::mem::take(&mut ready), &mut ready.1);
            let taken = self.reader.pool.in_place_scope(|scope| {
                let batch = &batch;
                scope.spawn(move |_| *next = batch.par_iter().map(make).collect());
                take_ready(before)
            });
            ready.0 = batch.iter().map(|spooled| spooled.position).collect();
            flow = taken?;
            Ok(flow)
        })?;
        if flow.is_break() { Ok(()) } else { take_ready(ready).map(drop) }
    }
}

/// Takes those events of a batch, which is in order of places, that are held already; the others stay in it.
fn take_stored(
    stored: &mut Peekable<MergeRuns<'_, StoredEvent>>,
    batch: &mut Vec<WantedEvent>,
) -> io::Result<Vec<LoadedEvent>> {
    let (mut found, mut rest) = (Vec::new(), Vec::new());
    for &wanted in &*batch {
        while stored.next_if(|held| held.as_ref().is_ok_and(|held| held.origin < wanted.origin)).is_some() {}
        // It stays where it is: another alert may have the event too.
        match stored.peek() {
            Some(Ok(held)) if held.origin == wanted.origin => {
                let WantedEvent { alert, stage, .. } = wanted;
                found.push(LoadedEvent { alert, stage, bytes: held.bytes.clone() });
            }
            Some(Err(_)) => stored.next().map_or(Ok(()), |failed| failed.map(drop))?,
            _ => rest.push(wanted),
        }
    }
    *batch = rest;
    Ok(found)
}

fn wanted_event(event: AlertEvent, alert: usize, stage: usize) -> WantedEvent {
    WantedEvent { origin: event.order.origin(), alert: small(alert), stage: u16::try_from(stage).unwrap_or(u16::MAX) }
}

/// There are no more alerts than that: each takes more bytes on disk than its number has values.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl AlertSource for AlertStore {
    fn count(&self) -> usize {
        self.count
    }

    fn for_each_outline(&self, each: &mut dyn FnMut(&AlertOutline)) -> io::Result<()> {
        self.for_each_found(&mut |found| {
            let places = found.events.iter().map(|event| event.map(|event| event.order.origin())).collect();
            each(&AlertOutline { rule: found.rule(), places });
        })
    }

    fn for_each_batch(&self, each: &mut dyn FnMut(usize, &[Alert]) -> io::Result<()>) -> io::Result<()> {
        if let Some(held) = self.held.get() {
            return each(0, held);
        }
        let alert = |spooled: &SpooledAlert| spooled.alert(&self.builder);
        self.for_each_made(&|_| true, &alert, &mut |positions, alerts| {
            each(positions[0], &alerts).map(ControlFlow::Continue)
        })
    }

    fn for_each_text(&self, is_wanted: WantedRules<'_>, make: AlertWriter<'_>, out: TextTaker<'_>) -> io::Result<()> {
        let text = |spooled: &SpooledAlert| {
            let mut text = Vec::new();
            make(spooled.position, &spooled.alert(&self.builder), &mut text);
            text
        };
        self.for_each_made(is_wanted, &text, &mut |positions, texts| {
            for (position, text) in positions.iter().zip(&texts) {
                if out(*position, text)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}
