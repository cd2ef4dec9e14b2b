//! Stacks against a naive count of the same events.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use super::{StackOptions, StackRow, StackSort, StackSpool};
use crate::base::spool::{SpoolLimits, SpoolSpace};
use crate::base::{Locator, Ticks};
use crate::ecs;
use crate::event::{Document, OrderKey};
use crate::process::{ObservedEvent, Observer};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// An event: host, values of a field that Windows compares without regard to case, and the text of one in which case counts.
type Made = (usize, Vec<usize>, usize);

const HOSTS: [&str; 3] = ["a", "A", "b"];
const NAMES: [&str; 5] = ["cmd.exe", "CMD.EXE", "evil.exe", "é.exe", "É.exe"];
const LINES: [&str; 2] = ["cmd /c", "CMD /c"];

fn rows(events: &[Made], threads: usize, max_memory: u64, per_host: bool, sort: StackSort) -> (Vec<StackRow>, u64) {
    let fields = vec![ecs::PROCESS_NAME.into(), ecs::PROCESS_COMMAND_LINE.into()];
    let space = SpoolSpace::from(SpoolLimits { max_memory, temp_folder: None });
    let spool = StackSpool::new(StackOptions { fields, filter: None, per_host, sort }, &space);
    let mut observers: Vec<_> = (0..threads).map(|_| spool.observer()).collect();
    for (at, (host, names, line)) in (0_u32..).zip(events) {
        let mut document = Document::new();
        document.set(ecs::HOST_NAME, HOSTS[*host]);
        document.set_all(ecs::PROCESS_NAME, names.iter().map(|name| NAMES[*name].into()));
        document.set(ecs::PROCESS_COMMAND_LINE, LINES[*line]);
        let observer = &mut observers[at as usize % threads];
        let origin = Locator { input: 0, offset: at.into() };
        let order = OrderKey::new(Ticks(at.into()), Some(at.into()), origin);
        let event = ObservedEvent { fields: &document, id: None, order };
        observer.see(&event);
        // A chunk that is started over is counted once.
        observer.forget();
        observer.see(&event);
        observer.keep();
    }
    let stack = spool.finish(observers).unwrap();
    let rows: Vec<StackRow> = stack.rows.iter().map(Result::unwrap).collect();
    assert_eq!(rows.len() as u64, stack.count);
    assert_eq!(stack.events.counted + stack.events.without, events.len() as u64);
    (rows, stack.events.without)
}

/// Value, line and host if there is a row a host: how many events, hosts, first and last.
type Naive = BTreeMap<(String, String, String), (u64, BTreeSet<String>, i64, i64)>;

fn naive(events: &[Made], per_host: bool) -> Naive {
    let mut all = Naive::new();
    for (at, (host, names, line)) in (0_i64..).zip(events) {
        let host = HOSTS[*host].to_lowercase();
        let distinct: BTreeSet<&str> = names.iter().map(|name| NAMES[*name]).collect();
        for name in distinct {
            let key =
                (name.to_lowercase(), LINES[*line].to_owned(), if per_host { host.clone() } else { String::new() });
            let entry = all.entry(key).or_insert((0, BTreeSet::new(), at, at));
            entry.0 += 1;
            entry.1.insert(host.clone());
            entry.3 = at;
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn a_stack_is_a_count(
        events in prop::collection::vec((0..3usize, prop::collection::vec(0..5usize, 0..3), 0..2usize), 0..60),
        threads in 1..4usize,
        per_host: bool,
    ) {
        for sort in [StackSort::Rare, StackSort::Common, StackSort::Hosts, StackSort::First, StackSort::Last, StackSort::Value] {
            // With no memory at all, everything is sorted on disk.
            let (found, _) = rows(&events, threads, 0, per_host, sort);
            prop_assert_eq!(&found, &rows(&events, 1, 1 << 20, per_host, sort).0);
            let naive = naive(&events, per_host);
            prop_assert_eq!(found.len(), naive.len());
            for row in &found {
                let host = if per_host { row.host_names[0].to_lowercase() } else { String::new() };
                let key = (row.values[0].to_lowercase(), row.values[1].to_string(), host);
                let (count, hosts, first, last) = &naive[&key];
                prop_assert_eq!((row.count, row.hosts, row.first.0, row.last.0), (*count, hosts.len() as u64, *first, *last));
            }
            let ordered = |less: &dyn Fn(&StackRow, &StackRow) -> bool| found.windows(2).all(|two| less(&two[0], &two[1]));
            let is_ordered = match sort {
                StackSort::Rare => ordered(&|one, two| one.count <= two.count),
                StackSort::Common => ordered(&|one, two| one.count >= two.count),
                StackSort::Hosts => ordered(&|one, two| one.hosts <= two.hosts),
                StackSort::First => ordered(&|one, two| one.first <= two.first),
                StackSort::Last => ordered(&|one, two| one.last >= two.last),
                StackSort::Value => ordered(&|one, two| one.values[0].to_lowercase() <= two.values[0].to_lowercase()),
            };
            prop_assert!(is_ordered, "{:?}", sort);
        }
    }
}

#[test]
fn the_writing_that_most_events_have_is_shown() {
    let events = [(0, vec![1], 0), (0, vec![0], 0), (2, vec![1], 0), (1, vec![2], 1), (0, vec![], 0)];
    let (found, without) = rows(&events, 2, 1 << 20, false, StackSort::Common);
    let shown: Vec<(&str, u64, u64)> = found.iter().map(|row| (&*row.values[0], row.count, row.hosts)).collect();
    assert_eq!(shown, [("CMD.EXE", 3, 2), ("evil.exe", 1, 1)]);
    assert_eq!(without, 1);
    assert_eq!(found[0].host_names.iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "b"]);
}
