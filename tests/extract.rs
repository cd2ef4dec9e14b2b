//! Extracts give back what they were made of: the same alerts, and each event leaf for leaf.
//!
//! Records are read by the `evtx` crate too, which shares nothing with the writer. The tests over the corpus need `EVQL_SHARED`.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and tells how much it looked at.

use evql::base::Locator;
use evql::detect::{Alert, Detector};
use evql::extract::{AlertIdentity, ContextDepth, ExtractSummary, Reproduction, WantedEvents, write_log};
use evql::pipeline::{self, Outcome, RunOptions, Silent};
use evql::rules::{self, RuleLanguage};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

#[path = "support/mission.rs"]
mod mission;

fn run(paths: &[PathBuf], detector: &Detector) -> Outcome {
    let options = RunOptions { threads: 2, ..RunOptions::default() };
    let mut outcome = pipeline::run(paths, detector, &options, &Silent).unwrap();
    outcome.again.complete(&mut outcome.alerts, &Silent).unwrap();
    outcome
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn shared(part: &str) -> PathBuf {
    Path::new(&std::env::var_os("EVQL_SHARED").unwrap()).join(part)
}

/// Elastic's rules in EQL. Those that count or look back find something else where the events around an alert are not there.
fn all_rules() -> Detector {
    let mut set = rules::load(&[shared("rules/elastic-windows")]).set;
    set.rules.retain(|rule| rule.origin.language == RuleLanguage::Eql);
    Detector::new(set)
}

/// Writes what is at some places.
fn extract(outcome: &Outcome, places: &[Locator], path: &Path) -> ExtractSummary {
    let file = File::create(path).unwrap();
    write_log(&outcome.inputs, places, false, None, &file).unwrap()
}

/// The places of an alert's events.
fn places(outcome: &Outcome, alert: &Alert) -> Vec<Locator> {
    let mut wanted = WantedEvents::default();
    wanted.add_alert(alert);
    wanted.places(&outcome.again, &Silent)
}

/// The documents of an alert's events, without the name of the file that they were read from.
fn documents(alert: &Alert) -> Vec<Value> {
    let document = |event: &std::sync::Arc<evql::event::Event>| {
        let mut document = event.to_json();
        document["log"].as_object_mut().unwrap().remove("file");
        // It says that the log hides the record, which an extract does not.
        document["evql"].as_object_mut().unwrap().remove("recovered");
        document
    };
    alert.present().chain(&alert.start).map(document).collect()
}

/// The XML that the `evtx` crate reads out of a file.
fn read_by_evtx(path: &Path) -> Vec<String> {
    let mut parser = evtx::EvtxParser::from_path(path).unwrap();
    let records: Vec<_> = parser.records().map(|record| record.unwrap()).collect();
    records.into_iter().map(|record| record.data).collect()
}

/// Extracts every alert of its own, and compares what comes out of it. Gives how many alerts there were.
fn every_alert_comes_again(evidence: &Path, detector: &Detector) -> usize {
    let outcome = run(&[evidence.to_owned()], detector);
    let folder = tempfile::tempdir().unwrap();
    let identity = |alert: &Alert| AlertIdentity::new(detector, alert);
    let mut originals: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for (number, alert) in outcome.alerts.hold().unwrap().iter().enumerate() {
        let path = folder.path().join(format!("{number}.evtx"));
        let places = places(&outcome, alert);
        let summary = extract(&outcome, &places, &path);
        assert_eq!(summary.records, places.len() as u64, "alert {number}");
        let again = run(std::slice::from_ref(&path), detector);
        let same = again.alerts.hold().unwrap().iter().find(|other| identity(other) == identity(alert));
        let same = same.unwrap_or_else(|| panic!("alert {number} of {} does not come again", identity(alert).rule()));
        assert_eq!(documents(same), documents(alert), "alert {number}");
        assert!(again.faults.is_empty(), "alert {number}: {:?}", again.faults);
        let read = read_by_evtx(&path);
        assert_eq!(read.len(), places.len());
        if summary.rewritten > 0 {
            continue;
        }
        for record in read {
            let inputs = places.iter().map(|place| &outcome.inputs[place.input as usize].path);
            let is_there = inputs.into_iter().any(|input| {
                let original = originals.entry(input.clone()).or_insert_with(|| read_by_evtx_leniently(input));
                original.contains(&record)
            });
            assert!(is_there, "alert {number}: it reads otherwise in the original: {record}");
        }
    }
    outcome.alerts.len()
}

/// The records of a file that can be damaged.
fn read_by_evtx_leniently(path: &Path) -> Vec<String> {
    let Ok(mut parser) = evtx::EvtxParser::from_path(path) else { return Vec::new() };
    let records: Vec<_> = parser.records().filter_map(Result::ok).collect();
    records.into_iter().map(|record| record.data).collect()
}

#[test]
fn every_alert_of_the_samples_comes_again_leaf_for_leaf() {
    let count = every_alert_comes_again(&samples(), &Detector::new(mission::rules()));
    assert!(count > 20, "{count}");
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn every_alert_of_all_rules_over_the_corpus_comes_again_leaf_for_leaf() {
    let count = every_alert_comes_again(&shared("corpus"), &all_rules());
    assert!(count >= 100, "{count}");
    eprintln!("{count} alerts");
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn all_alerts_of_the_corpus_come_again_out_of_one_file() {
    let detector = all_rules();
    let outcome = run(&[shared("corpus")], &detector);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.evtx");
    let mut wanted = WantedEvents::default();
    for alert in outcome.alerts.hold().unwrap() {
        wanted.add_alert(alert);
    }
    extract(&outcome, &wanted.places(&outcome.again, &Silent), &path);
    let again = run(&[path], &detector);
    let identity = |alert: &Alert| AlertIdentity::new(&detector, alert);
    let compared = Reproduction::new(
        outcome.alerts.hold().unwrap().iter().map(identity),
        again.alerts.hold().unwrap().iter().map(identity),
    );
    assert!(compared.missing.is_empty(), "{:?}", compared.missing);
    eprintln!("{} alerts come again, {} besides", compared.again, compared.others.len());
}

#[test]
fn an_extract_of_everything_has_every_event_of_the_log() {
    let detector = Detector::new(mission::rules());
    let outcome = run(&[samples().join("several-chunks.evtx")], &detector);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.evtx");
    let mut wanted = WantedEvents::default();
    wanted.all = true;
    let places = wanted.places(&outcome.again, &Silent);
    assert_eq!(places.len() as u64, outcome.stats.mapped);
    let summary = extract(&outcome, &places, &path);
    assert_eq!((summary.records, summary.rewritten, summary.lost), (outcome.stats.mapped, 0, 0));
    assert_eq!(read_by_evtx(&path), read_by_evtx(&samples().join("several-chunks.evtx")));
}

#[test]
fn context_adds_ancestors_and_deeds_and_then_descendants() {
    let detector = Detector::new(mission::rules());
    let outcome = run(&[samples().join("macro-ws-0431.evtx")], &detector);
    let forest = outcome.again.processes(&Silent);
    let depths = [ContextDepth::None, ContextDepth::Processes, ContextDepth::Descendants];
    let counts = depths.map(|depth| {
        let mut wanted = WantedEvents::default();
        wanted.add_alert(&outcome.alerts.hold().unwrap()[0]);
        wanted.add_context(&outcome.alerts.hold().unwrap()[0], &forest, depth);
        wanted.places(&outcome.again, &Silent).len()
    });
    assert!(counts[0] < counts[1] && counts[1] < counts[2], "{counts:?}");
}

/// The names that records have in entries which hold nothing else, but for those that Windows has everywhere.
#[derive(Default)]
struct Originals {
    hosts: std::collections::BTreeSet<String>,
    users: std::collections::BTreeSet<String>,
    addresses: std::collections::BTreeSet<String>,
}

impl Originals {
    fn of(alerts: &[Alert]) -> Self {
        let mut names = Self::default();
        let known = ["system", "local service", "network service"];
        for event in alerts.iter().flat_map(|alert| alert.present().chain(&alert.start)) {
            let document = event.document.to_json();
            let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).map(str::to_lowercase);
            names.hosts.extend(text("/host/name"));
            let is_own =
                |domain: &String| !["nt authority", "nt service", "builtin", "window manager"].contains(&&**domain);
            if text("/user/domain").is_none_or(|domain| is_own(&domain)) {
                names.users.extend(text("/user/name").filter(|name| !known.contains(&&**name) && !name.ends_with('$')));
            }
            names.addresses.extend(["/source/ip", "/destination/ip"].iter().filter_map(|end| text(end)));
        }
        let stays = |text: &String| {
            let address: std::net::IpAddr = text.parse().unwrap();
            address.is_loopback() || address.is_unspecified() || address.is_multicast() || text == "255.255.255.255"
        };
        names.addresses.retain(|address| !stays(address));
        names
    }

    /// Those that stand in some bytes as a word, in UTF-8 or UTF-16.
    fn left_in(&self, bytes: &[u8]) -> Vec<String> {
        let decode = |start: usize| {
            let units = bytes[start..].chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or('\0')).collect::<String>().to_lowercase()
        };
        let texts = [decode(0), decode(1), String::from_utf8_lossy(bytes).to_lowercase()];
        let names = self.hosts.iter().chain(&self.users).chain(&self.addresses);
        let is_left = |name: &&String| {
            let word = regex::Regex::new(&format!(r"(?:^|[^\pL\pN.]){}(?:[^\pL\pN.]|$)", regex::escape(name))).unwrap();
            texts.iter().any(|text| word.is_match(text))
        };
        names.filter(is_left).cloned().collect()
    }
}

/// Extracts all alerts with other names, into one file for each input of theirs, and compares.
fn alerts_come_again_under_other_names(evidence: &Path, detector: &Detector) -> usize {
    use evql::extract::{NameBook, NameFinder, NameLearner, NameMap, NameReplacer, RuleHints, leftovers, show_records};
    let outcome = run(&[evidence.to_owned()], detector);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.evtx");
    let mut wanted = WantedEvents::default();
    for alert in outcome.alerts.hold().unwrap() {
        wanted.add_alert(alert);
    }
    let places = wanted.places(&outcome.again, &Silent);
    let mut learner = NameLearner::default();
    show_records(&outcome.inputs, &places, false, &mut learner);
    let (names, _) = learner.finish();
    let hints = RuleHints::new(detector.rules());
    let mut map = NameMap::default();
    let mut book = NameBook::new(&names, &hints, &mut map).unwrap();
    let identity = |alert: &Alert| AlertIdentity::new(detector, alert);
    loop {
        let finder = NameFinder::new(book.clone());
        let mut replacer = NameReplacer::new(&finder, false);
        let file = File::create(&path).unwrap();
        write_log(&outcome.inputs, &places, false, Some(&mut replacer), &file).unwrap();
        let left = leftovers(File::open(&path).unwrap(), &finder).unwrap();
        assert!(left.is_empty(), "{left:?}");
        let again = run(std::slice::from_ref(&path), detector);
        let compared = Reproduction::new(
            outcome.alerts.hold().unwrap().iter().map(identity),
            again.alerts.hold().unwrap().iter().map(identity),
        );
        if compared.missing.is_empty() {
            assert!(compared.others.is_empty(), "{:?}", compared.others);
            break;
        }
        eprintln!("{} alerts missing, for which words are left where they are no names", compared.missing.len());
        assert!(book.loosen(&hints), "{:?}", compared.missing);
    }
    let originals = Originals::of(outcome.alerts.hold().unwrap());
    let left = originals.left_in(&std::fs::read(&path).unwrap());
    assert!(left.is_empty(), "{left:?}");
    eprintln!(
        "{} alerts with other names: {} hosts, {} users, {} addresses",
        outcome.alerts.len(),
        originals.hosts.len(),
        originals.users.len(),
        originals.addresses.len()
    );
    outcome.alerts.len()
}

#[test]
fn alerts_of_the_samples_come_again_under_other_names() {
    assert!(alerts_come_again_under_other_names(&samples(), &Detector::new(mission::rules())) > 20);
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn alerts_of_the_corpus_come_again_under_other_names() {
    assert!(alerts_come_again_under_other_names(&shared("corpus"), &all_rules()) >= 100);
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn exported_records_are_written_anew_and_say_the_same() {
    let detector = Detector::new(mission::rules());
    for case in ["7/win2016.xml", "8/30_pyold.xml", "6/zero_guid_dump.xml", "10/winlogbeat8_output_file.ndjson"] {
        let outcome = run(&[shared("cases").join(case)], &detector);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("all.evtx");
        let mut wanted = WantedEvents::default();
        wanted.all = true;
        let places = wanted.places(&outcome.again, &Silent);
        let summary = extract(&outcome, &places, &path);
        assert_eq!((summary.records, summary.rewritten), (places.len() as u64, places.len() as u64), "{case}");
        let again = run(std::slice::from_ref(&path), &detector);
        let mut wanted = WantedEvents::default();
        wanted.all = true;
        let written = wanted.places(&again.again, &Silent);
        let leaves = |outcome: &Outcome, places: &[Locator]| -> Vec<Value> {
            let events = outcome.again.events(&places.iter().copied().collect());
            let document = |event: &std::sync::Arc<evql::event::Event>| {
                let mut document = event.to_json();
                document["log"].as_object_mut().unwrap().remove("file");
                document
            };
            events.iter().map(document).collect()
        };
        assert_eq!(leaves(&again, &written), leaves(&outcome, &places), "{case}");
    }
}
