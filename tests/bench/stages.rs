//! What each stage of the way of the data costs: `cargo bench`. The evidence is made up, and the same in every run.
//!
//! Figures are per record of that evidence, so that stages can be compared with each other.

#![allow(clippy::unwrap_used, missing_docs)] // A benchmark may stop at the first surprise; the macros of criterion write functions.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use evql::detect::{CandidateEvent, CandidateTables, Detector, MatchState, ShapePlan, ValueCache};
use evql::event::{Clock, Event, OrderKey};
use evql::forge::{Large, LargeError};
use evql::pipeline::{self, RunOptions, Silent, TimelineOptions};
use evql::report::{JsonLayout, Results, TimelineFormat, TimelineJson};
use evql::rules;
use evql::source::{self, Input, Item, Record, RecordRef, Scratch, Search, Visit, Visitor};
use evql::sysmon::{self, ExtractCache, Mapping};
use std::cell::LazyCell;
use std::collections::HashMap;
use std::fs::File;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes of evidence.
const SIZE: u64 = 4 << 20;

struct Evidence {
    folder: tempfile::TempDir,
    inputs: Vec<Input>,
    records: Vec<Record>,
}

impl Evidence {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let create = |name: &str| {
            let file = File::create_new(folder.path().join(name));
            file.map_err(|source| LargeError::Write { name: name.to_owned(), source })
        };
        Large::new(SIZE, 1, None).unwrap().write(create, |_| Ok(())).unwrap();
        let inputs = source::discover(&[folder.path().to_owned()], &Search::default()).inputs;
        let mut records = Vec::new();
        read(&inputs, false, &mut |item| match item {
            Item::Record(record) => records.push(record),
            other => panic!("{other:?}"),
        });
        Self { folder, inputs, records }
    }

    fn events(&self) -> Vec<Event> {
        self.records.iter().map(|record| sysmon::map(record, "bench.evtx", Mapping::Integration)).collect()
    }

    fn paths(&self) -> Vec<PathBuf> {
        vec![self.folder.path().to_owned()]
    }
}

fn read(inputs: &[Input], slow: bool, sink: &mut dyn FnMut(Item)) {
    let mut scratch = Scratch::default().slow(slow);
    for unit in source::units(inputs, 16) {
        source::read_unit(inputs, &unit, &mut scratch, sink);
    }
}

/// Looks at records as the built-in rule does.
struct Looker<'d> {
    detector: &'d Detector,
    plans: HashMap<(u32, u32), (ShapePlan, ValueCache)>,
    cells: ExtractCache,
    matching: MatchState,
    tables: CandidateTables,
}

impl Visitor for Looker<'_> {
    fn begin_chunk(&mut self, _: u64) {}

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        let detector = self.detector;
        let plan = self.plans.entry((record.shape(), record.event_id()));
        let (plan, memo) = plan.or_insert_with(|| (detector.shape(record), ValueCache::default()));
        if let ShapePlan::Fields(fields) = &*plan
            && plan.may_matter(record)
        {
            let event = LazyCell::new(|| fields.event(record, &mut self.cells, ""));
            let order = || OrderKey::new(record.time_created(), Some(record.record_id()), record.origin());
            fields.match_record(detector.context(&self.tables), record, &event, order, &mut self.matching, memo);
        }
        Visit::Skip
    }

    fn item(&mut self, _: Item) {}

    fn restart_chunk(&mut self) {}

    fn end_chunk(&mut self, _: &[u8]) {}
}

fn stages(criterion: &mut Criterion) {
    let evidence = Evidence::new();
    let detector = Detector::new(rules::builtin().only("Network Connection via Registration Utility"));
    let events = evidence.events();
    let mut group = criterion.benchmark_group("stages");
    group.throughput(Throughput::Elements(evidence.records.len() as u64)).sample_size(20);
    for (name, slow) in [("parse, slow reader", true), ("parse, fast reader", false)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| read(&evidence.inputs, slow, &mut |item| drop(black_box(item))));
        });
    }
    group.bench_function("project", |bencher| {
        bencher.iter(|| {
            let (plans, cells) = (HashMap::new(), ExtractCache::default());
            let (matching, tables) = (MatchState::default(), CandidateTables::default());
            let mut looker = Looker { detector: &detector, plans, cells, matching, tables };
            let mut scratch = Scratch::default().wanting(sysmon::is_provider);
            for unit in source::units(&evidence.inputs, 16) {
                source::visit_unit(&evidence.inputs, &unit, &mut scratch, &mut looker);
            }
            looker.matching.writer.tuples.len()
        });
    });
    group.bench_function("map", |bencher| bencher.iter(|| black_box(evidence.events()).len()));
    group.bench_function("filter", |bencher| {
        bencher.iter(|| events.iter().map(|event| detector.hits(&event.document).len()).sum::<usize>());
    });
    let candidate = |event: &Event| {
        let hits = detector.hits(&event.document);
        (!hits.is_empty()).then(|| CandidateEvent::whole(Arc::new(event.clone()), Clock::Logged, hits))
    };
    let candidates: Vec<CandidateEvent> = events.iter().filter_map(candidate).collect();
    group.bench_function("sequence", |bencher| {
        bencher.iter(|| detector.findings(&candidates).alerts.len());
    });
    group.bench_function("export, reading and sorting included", |bencher| {
        let format = TimelineJson(JsonLayout::Lines);
        let timeline = Some(TimelineOptions { contents: format.contents() });
        let options = RunOptions { timeline, threads: 1, ..RunOptions::default() };
        bencher.iter(|| {
            let outcome = pipeline::run(&evidence.paths(), &detector, &options, &Silent).unwrap();
            let results = Results {
                detector: &detector,
                alerts: &outcome.alerts,
                clock: Clock::Logged,
                triage: None,
                incidents: None,
                addresses: &evql::process::HostAddresses::default(),
                inputs: &[],
            };
            let mut out = Vec::new();
            outcome.timeline.unwrap().write(&results, &format, &mut out).unwrap();
            out.len()
        });
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
