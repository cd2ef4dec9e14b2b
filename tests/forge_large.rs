//! Large logs hold as many attacks as they say: a scan with the built-in rule finds each, and nothing else.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use evql::base::Ticks;
use evql::detect::{Alert, Detector};
use evql::ecs;
use evql::eql;
use evql::event::Clock;
use evql::forge::{CROSSING_QUERY, Large, LargeError, LargeOptions};
use evql::pipeline::{self, AlertContents, RunOptions, Silent, SpoolLimits, TimelineOptions};
use evql::rules::{Rule, RuleSet};
use evql::source::{FaultKind, FaultSeverity};
use std::collections::BTreeSet;
use std::fs::File;
use tempfile::TempDir;

#[path = "support/mission.rs"]
mod mission;

/// A folder with such logs, and how many records they hold.
fn forged(size: u64, seed: u64, attacks: u64) -> (TempDir, u64) {
    let folder = tempfile::tempdir().unwrap();
    let large = Large::new(size, seed, Some(attacks)).unwrap();
    let mut records = 0;
    let create = |name: &str| {
        let source = File::create_new(folder.path().join(name));
        source.map_err(|source| LargeError::Write { name: name.to_owned(), source })
    };
    large
        .write(create, |file| {
            records += file.records;
            Ok(())
        })
        .unwrap();
    (folder, records)
}

#[test]
fn a_scan_finds_exactly_the_planted_attacks() {
    for (size, seed, attacks) in [(6 << 20, 7, 60), (3 << 20, 8, 1), (2 << 20, 9, 0), (4 << 20, 10, 128)] {
        let (folder, records) = forged(size, seed, attacks);
        for clock in [Clock::Logged, Clock::Utc] {
            let detector = Detector::new(mission::rules());
            let options = RunOptions { clock, ..RunOptions::default() };
            let outcome = pipeline::run(&[folder.path().to_owned()], &detector, &options, &Silent).unwrap();
            assert_eq!(outcome.alerts.len() as u64, attacks, "seed {seed}, {clock:?}");
            assert_eq!(outcome.stats.tally.records, records);
            assert!(outcome.faults.is_empty(), "{:?}", outcome.faults);
        }
    }
}

/// Attacks that cross hosts are found by their query, each once, in logs of any length; and the built-in rule finds what it found without them.
#[test]
fn attacks_that_cross_hosts_are_found() {
    for (size, seed, hosts, cross_host) in [(2 << 20, 3, 2, 1), (3 << 20, 4, 12, 30), (24 << 20, 5, 3, 7)] {
        let folder = tempfile::tempdir().unwrap();
        let options = LargeOptions {
            size,
            seed,
            attacks: Some(5),
            hosts: Some(hosts),
            domain: Some("a-b.example".to_owned()),
            start: Some(Ticks::parse_rfc3339("2025-06-01T08:00:00Z").unwrap()),
            cross_host,
        };
        let create = |name: &str| {
            File::create_new(folder.path().join(name))
                .map_err(|source| LargeError::Write { name: name.to_owned(), source })
        };
        Large::with(&options).unwrap().write(create, |_| Ok(())).unwrap();
        let mut rules = mission::rules();
        rules.rules.push(Rule::bare(CROSSING_QUERY, eql::compile(CROSSING_QUERY).query.unwrap()));
        let detector = Detector::new(rules);
        let outcome = pipeline::run(&[folder.path().to_owned()], &detector, &RunOptions::default(), &Silent).unwrap();
        let mut computers = BTreeSet::new();
        let mut counts = [0, 0];
        for alert in outcome.alerts.hold().unwrap() {
            counts[alert.rule] += 1;
            let hosts: Vec<String> =
                alert.present().filter_map(|event| event.document.text(ecs::HOST_NAME).map(str::to_owned)).collect();
            assert!(alert.rule == 0 || hosts[0] != hosts[1], "{hosts:?}");
            assert!(alert.present().all(|event| event.timestamp >= options.start.unwrap()));
            computers.extend(hosts);
        }
        assert_eq!(counts, [5, cross_host], "seed {seed}");
        assert!(computers.iter().all(|name| name.ends_with(".a-b.example")), "{computers:?}");
    }
}

/// Logs of two seeds stand beside each other as those of two networks.
#[test]
fn seeds_have_hosts_addresses_and_hours_of_their_own() {
    let of_seed = |seed| {
        let (folder, _) = forged(1 << 20, seed, 0);
        let queries = ["network where source.ip != null and host.name : \"host-01.*\"".to_owned()];
        let rule = Rule::bare(&queries[0], eql::compile(&queries[0]).query.unwrap());
        let detector = Detector::new(RuleSet { rules: vec![rule] });
        let outcome = pipeline::run(&[folder.path().to_owned()], &detector, &RunOptions::default(), &Silent).unwrap();
        let mut seen = BTreeSet::new();
        for alert in outcome.alerts.hold().unwrap() {
            let event = alert.last().unwrap();
            let day = event.timestamp.0 / 864_000_000_000;
            seen.insert((event.document.text(ecs::HOST_NAME).unwrap().to_owned(), day));
        }
        seen
    };
    let (one, other) = (of_seed(21), of_seed(22));
    assert!(!one.is_empty() && !other.is_empty());
    assert!(one.iter().all(|(name, _)| name == "host-01.corp-21.example"), "{one:?}");
    assert!(one.iter().all(|(_, day)| other.iter().all(|(_, theirs)| theirs != day)), "{one:?} {other:?}");
}

#[test]
fn hosts_that_cannot_be_are_refused() {
    let with = |change: fn(&mut LargeOptions)| {
        let mut options = LargeOptions { size: 1 << 20, seed: 1, ..LargeOptions::default() };
        change(&mut options);
        Large::with(&options).map_err(|error| error.to_string()).unwrap_err()
    };
    assert!(with(|options| options.hosts = Some(9)).contains("1 to 8 hosts fit"));
    assert!(with(|options| options.hosts = Some(0)).contains("not 0"));
    assert!(with(|options| (options.hosts, options.cross_host) = (Some(1), 1)).contains("needs two"));
    assert!(with(|options| options.cross_host = 33).contains("at most 32 attacks"));
    assert!(with(|options| options.domain = Some("a..b".to_owned())).contains("'a..b'"));
    assert!(with(|options| options.domain = Some(String::new())).contains("no name of a domain"));
}

/// Rule and record numbers of each alert.
fn found(folder: &TempDir, queries: &[String], options: &RunOptions) -> Vec<(usize, Vec<Option<u64>>)> {
    let rule = |query: &String| Rule::bare(query, eql::compile(query).query.unwrap());
    let detector = Detector::new(RuleSet { rules: queries.iter().map(rule).collect() });
    let outcome = pipeline::run(&[folder.path().to_owned()], &detector, options, &Silent).unwrap();
    let numbers = |alert: &Alert| alert.present().map(|event| event.tiebreaker).collect();
    outcome.alerts.hold().unwrap().iter().map(|alert| (alert.rule, numbers(alert))).collect()
}

/// Candidates are sorted in memory or on disk, in pieces that depend on threads and memory: nothing is lost, and nothing else is found.
#[test]
fn what_is_found_depends_neither_on_threads_nor_on_memory() {
    let (folder, _) = forged(5 << 20, 11, 20);
    let all = found(&folder, &["process where event.code == \"1\"".to_owned()], &RunOptions::default());
    let places = [0, 1, all.len() / 2, all.len() - 2, all.len() - 1];
    let numbers = places.map(|at| all[at].1[0].unwrap());
    let one = |number: u64| {
        let last = format!("[process where winlog.record_id == \"{number}\"]");
        [
            format!("sequence by host.name [network where true] {last}"),
            format!("sequence by host.name {last} [network where true]"),
            format!("sequence by host.name [network where true] [any where event.code == \"5\"] {last}"),
            format!("sequence by host.name with maxspan=1h {last} ![file where false] [network where true]"),
            format!("sample by host.name [network where true] {last}"),
        ]
    };
    let others = [
        "sequence by host.name [process where true] [process where process.name == \"nobody.exe\"]",
        "sequence by process.entity_id [process where process.name : \"regsvr32.exe\"] [network where true]",
        "sequence with maxspan=1s [process where true] [network where true] | head 7",
        "sequence [process where true] [network where true] until [any where event.code == \"5\"] | tail 5",
        "sequence by process.entity_id with maxspan=1h [network where true] with runs=2 | tail 3",
        "sample by process.entity_id [network where true] [process where true] | head 4",
        "network where true | tail 2",
    ];
    let mut queries: Vec<String> = numbers.into_iter().flat_map(one).collect();
    queries.extend(others.map(str::to_owned));
    let slowly = found(&folder, &queries, &RunOptions { slow_reader: true, ..RunOptions::default() });
    let rules: BTreeSet<usize> = slowly.iter().map(|(rule, _)| *rule).collect();
    assert!(rules.len() > 20 && !rules.contains(&25) && (26..32).all(|rule| rules.contains(&rule)), "{rules:?}");
    for threads in [1, 2, 3, 8] {
        let cases = [(AlertContents::Events, 0), (AlertContents::Places, 100_000), (AlertContents::Events, 512 << 20)];
        for (alerts, max_memory) in cases {
            let limits = SpoolLimits { max_memory, temp_folder: None };
            let options = RunOptions { threads, alerts, limits, ..RunOptions::default() };
            assert_eq!(found(&folder, &queries, &options), slowly, "{threads} threads, {max_memory} bytes");
        }
    }
}

/// A disk that is full, or a folder for temporary files that went away, ends the reading and not the run.
#[test]
fn what_was_found_before_a_temporary_file_failed_is_not_lost() {
    let (folder, _) = forged(8 << 20, 11, 20);
    let queries = ["sequence by process.entity_id [process where true] [network where true]".to_owned()];
    let all = found(&folder, &queries, &RunOptions::default());
    let limits = SpoolLimits { max_memory: 0, temp_folder: Some("/no/such/folder".into()) };
    for (threads, timeline) in [(1, false), (2, false), (2, true)] {
        let timeline = timeline.then(TimelineOptions::default);
        let options = RunOptions { threads, timeline, limits: limits.clone(), ..RunOptions::default() };
        let rule = Rule::bare(&queries[0], eql::compile(&queries[0]).query.unwrap());
        let detector = Detector::new(RuleSet { rules: vec![rule] });
        let outcome = pipeline::run(&[folder.path().to_owned()], &detector, &options, &Silent).unwrap();
        let [fault] = &*outcome.faults else { panic!("one fault: {:?}", outcome.faults) };
        assert_eq!((fault.kind, fault.severity), (FaultKind::Temporary, FaultSeverity::Lost));
        assert!(fault.reason.contains("/no/such/folder") && fault.reason.contains("were not read"), "{}", fault.reason);
        assert!(outcome.stats.adds_up());
        let numbers = |alert: &Alert| alert.present().map(|event| event.tiebreaker).collect::<Vec<_>>();
        let alerts = outcome.alerts.hold().unwrap();
        assert!(!alerts.is_empty() && alerts.len() < all.len(), "{} of {}", alerts.len(), all.len());
        assert!(alerts.iter().all(|alert| all.contains(&(0, numbers(alert)))));
    }
}
