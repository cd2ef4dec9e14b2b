//! Sigma rules find what a second, naive reader of Sigma finds: over events that are made to fit rules and to just miss them, over real ones, and over those of
//! `SigmaHQ`'s own regression tests.
//!
//! The second reader stands in `support/naive_sigma.rs`. `SigmaHQ`'s rules and the recordings carry their own licences and are read from where they are:
//! `EVQL_SHARED` names the folder, `EVQL_ALL_LOGS` has all of its logs read where a few are otherwise. What needs it is ignored unless it is asked for:
//! `cargo test -- --include-ignored`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.

use evql::base::Ticks;
use evql::detect::Detector;
use evql::forge::{
    BinXmlType, CHANNEL, ForgedEvent, ForgedField, ForgedValue, PROVIDER, PROVIDER_GUID, RecordPlace, Schema, kind_of,
    write_file,
};
use evql::pipeline::{self, RunOptions, Silent};
use evql::rules::{self, RuleSet};
use evql::source::{Item, Scratch, Search, discover, read_unit, units};
use evql::sysmon;
use naive_sigma::NaiveEvent;
use random::Random;
use rsigma_parser::SigmaRule;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[path = "support/markdown.rs"]
mod markdown;
#[path = "support/naive_sigma.rs"]
mod naive_sigma;
#[path = "support/random.rs"]
mod random;

/// A rule as both readers have it, by its id.
struct BothRules {
    naive: BTreeMap<String, (SigmaRule, Vec<u32>)>,
    set: RuleSet,
}

/// Rules of files, about Sysmon events.
fn load(paths: &[PathBuf]) -> BothRules {
    let loaded = rules::load(paths);
    assert!(!loaded.has_error(), "{:?}", loaded.files.iter().filter(|file| file.has_error()).collect::<Vec<_>>());
    let mut naive = BTreeMap::new();
    for file in &loaded.files {
        for rule in naive_sigma::rules(&file.text) {
            if let (Some(ids), Some(id)) = (naive_sigma::ids(&rule), rule.id.clone()) {
                naive.insert(id, (rule, ids));
            }
        }
    }
    // Rules about Sysmon for Linux are not asked of events of Windows.
    let (rules, of_linux): (Vec<_>, Vec<_>) =
        loaded.set.rules.into_iter().partition(|rule| naive.contains_key(&rule.meta.id));
    for rule in of_linux {
        assert!(rule.source.contains(" and host.os.type like \"linux\""), "the second reader lacks {}", rule.meta.id);
    }
    assert_eq!(rules.len(), naive.len(), "evql lacks rules");
    BothRules { naive, set: RuleSet { rules } }
}

fn shared() -> PathBuf {
    PathBuf::from(std::env::var_os("EVQL_SHARED").expect("EVQL_SHARED names the folder of reference material"))
}

/// An entry's value that some test may ask for, or nearly so.
fn value(wanted: &[String], usual: &str, random: &mut Random) -> Option<String> {
    let chosen = wanted.get(random.below(wanted.len())).cloned().unwrap_or_else(|| usual.to_owned());
    let mut chars: Vec<char> = chosen.chars().collect();
    let at = random.below(chars.len());
    Some(match random.below(16) {
        0 => return None,
        1 => String::new(),
        2 => "-".to_owned(),
        3 => usual.to_owned(),
        4 if !chars.is_empty() => {
            chars.remove(at);
            chars.into_iter().collect()
        }
        5 if !chars.is_empty() => {
            chars[at] = ['z', 'K', '\u{212a}', '*', '\\'][random.below(5)];
            chars.into_iter().collect()
        }
        6 => chosen.to_uppercase(),
        7 => format!("{chosen}\\"),
        8 => format!("a{chosen}"),
        _ => chosen,
    })
}

fn usual(name: &str) -> &'static str {
    match kind_of(name) {
        BinXmlType::Guid => "{365abb72-6759-5cd8-0000-0010e2d50f00}",
        BinXmlType::Boolean => "true",
        BinXmlType::HexInt32 | BinXmlType::HexInt64 => "0x3e7",
        BinXmlType::UInt16 | BinXmlType::UInt32 => "443",
        _ if name == "UtcTime" => "2024-03-05 09:14:02.123",
        _ => "C:\\Windows\\System32\\usual.exe",
    }
}

/// An event for a rule, and what a reader of it must see.
fn event(number: u64, id: u32, wanted: &[(String, Vec<String>)], random: &mut Random) -> (ForgedEvent, NaiveEvent) {
    let id = u16::try_from(id).unwrap();
    let schema = Schema::of(id).unwrap();
    let mut fields = Vec::new();
    for name in schema.fields() {
        let kind = kind_of(name);
        let of_rule = wanted.iter().find(|(field, _)| field == name);
        let text = match of_rule {
            Some((_, values)) => value(values, usual(name), random),
            None => Some(usual(name).to_owned()),
        };
        let Some(text) = text else { continue };
        let value = ForgedValue::of(kind, &text).or_else(|| ForgedValue::of(kind, usual(name))).unwrap();
        fields.push(ForgedField { name: name.to_owned(), kind, value });
    }
    let entries = fields.iter().map(|field| (field.name.clone(), field.value.text.clone())).collect();
    let forged = ForgedEvent {
        record_id: number,
        number,
        time: Ticks::parse_rfc3339("2024-03-05T09:14:02.1234567Z").unwrap(),
        provider: PROVIDER.to_owned(),
        provider_guid: ForgedValue::of(BinXmlType::Guid, PROVIDER_GUID).unwrap(),
        event_id: id,
        qualifiers: None,
        version: schema.version,
        level: 4,
        task: id,
        opcode: 0,
        keywords: 1 << 63,
        process_id: 2868,
        thread_id: 4012,
        channel: CHANNEL.to_owned(),
        computer: "ws-0417.corp.example".to_owned(),
        user_id: ForgedValue::of(BinXmlType::Sid, "S-1-5-18").unwrap(),
        fields,
        chunk: 0,
        place: RecordPlace { offset: 0, size: 0 },
    };
    (forged, NaiveEvent { id: id.into(), entries })
}

/// Which rules find which records, by file and record number.
type Found = BTreeSet<(String, String, u64)>;

fn scan(paths: &[PathBuf], set: &RuleSet, options: &RunOptions) -> Found {
    let detector = Detector::new(set.clone());
    let outcome = pipeline::run(paths, &detector, options, &Silent).unwrap();
    let alerts = outcome.alerts.hold().unwrap();
    let found = alerts.iter().map(|alert| {
        let event = alert.last().unwrap();
        let path = event.document.text(evql::ecs::LOG_FILE_PATH).unwrap().to_owned();
        (detector.rules()[alert.rule].meta.id.clone(), path, event.tiebreaker.unwrap())
    });
    found.collect()
}

/// Forges events for each rule, and holds what is found among them against the second reader: all of it, and for each event its own rule and some others.
fn compare_over_made_events(rules: &BothRules, rounds: usize, others: usize) -> usize {
    let mut random = Random(7);
    let (mut forged, mut events) = (Vec::new(), Vec::new());
    for (rule_id, (rule, ids)) in &rules.naive {
        let wanted = naive_sigma::wanted(rule);
        for _ in 0..rounds {
            let id = ids.get(random.below(ids.len())).copied().unwrap_or(1);
            let (record, naive) = event(1 + events.len() as u64, id, &wanted, &mut random);
            forged.push(record);
            events.push((rule_id, naive));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.evtx");
    std::fs::write(&path, write_file(2, &mut forged).unwrap()).unwrap();
    let found = scan(std::slice::from_ref(&path), &rules.set, &RunOptions { threads: 2, ..RunOptions::default() });
    let path = path.display().to_string();
    let all: Vec<&String> = rules.naive.keys().collect();
    let mut by_event: BTreeMap<u64, Vec<&String>> = BTreeMap::new();
    for (rule_id, _, number) in &found {
        by_event.entry(*number).or_default().push(rule_id);
    }
    let mut held = 0;
    for (number, (own, event)) in (1..).zip(&events) {
        let of_event = by_event.remove(&number).unwrap_or_default();
        let some = (0..others).map(|_| all[random.below(all.len())]);
        for rule_id in [*own].into_iter().chain(of_event).chain(some) {
            let (rule, ids) = &rules.naive[rule_id];
            let expected = (ids.is_empty() || ids.contains(&event.id)) && naive_sigma::matches(rule, event);
            let is_found = found.contains(&(rule_id.clone(), path.clone(), number));
            assert_eq!(is_found, expected, "{rule_id} {} over {event:#?}", rule.title);
            held += usize::from(expected);
        }
    }
    held
}

/// Rules of this project that use all of the language.
fn own_rules() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.yml");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sigma/language.yml"), &path).unwrap();
    (folder, path)
}

#[test]
fn every_modifier_means_the_same_to_a_second_reader() {
    let (_folder, path) = own_rules();
    let rules = load(&[path]);
    assert!(rules.naive.len() > 40, "{}", rules.naive.len());
    let held = compare_over_made_events(&rules, 40, 3);
    assert!(held > 500, "only {held} matches");
}

/// The slow reader maps each record to a document before rules look at it; what was logged is still there to be asked.
#[test]
fn mapped_records_are_found_as_those_in_their_chunks() {
    let (folder, path) = own_rules();
    let rules = load(&[path]);
    let mut random = Random(11);
    let mut forged: Vec<ForgedEvent> = Vec::new();
    for (rule, ids) in rules.naive.values() {
        let wanted = naive_sigma::wanted(rule);
        for _ in 0..20 {
            let id = ids.get(random.below(ids.len())).copied().unwrap_or(1);
            forged.push(event(1 + forged.len() as u64, id, &wanted, &mut random).0);
        }
    }
    let log = folder.path().join("made.evtx");
    std::fs::write(&log, write_file(2, &mut forged).unwrap()).unwrap();
    let fast = scan(std::slice::from_ref(&log), &rules.set, &RunOptions::default());
    let slow = scan(&[log], &rules.set, &RunOptions { slow_reader: true, ..RunOptions::default() });
    assert!(fast.len() > 100);
    assert_eq!(fast, slow);
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn sigmahqs_rules_find_the_made_events_that_a_second_reader_finds() {
    let rules = load(&[shared().join("rules/sigma")]);
    assert_eq!(rules.naive.len(), 1809);
    let held = compare_over_made_events(&rules, 12, 20);
    assert!(held > 10_000, "only {held} matches");
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn sigmahqs_rules_find_the_real_events_that_a_second_reader_finds() {
    let rules = load(&[shared().join("rules/sigma")]);
    let corpus = shared().join("corpus");
    // The second reader asks each rule of each event by itself, which takes half an hour for all logs in a debug build: a part of the small ones, in which attacks
    // are dense, unless all are asked for.
    let all = discover(&[corpus], &Search::default()).inputs.into_iter();
    let is_small = |path: &Path| path.metadata().is_ok_and(|of| of.len() <= 128 << 10);
    let inputs: Vec<_> = if std::env::var_os("EVQL_ALL_LOGS").is_some() {
        all.collect()
    } else {
        all.filter(|input| is_small(&input.path)).step_by(5).collect()
    };
    let paths: Vec<PathBuf> = inputs.iter().map(|input| input.path.clone()).collect();
    let found = scan(&paths, &rules.set, &RunOptions { threads: 2, ..RunOptions::default() });
    let mut expected = Found::new();
    for unit in units(&inputs, 16) {
        read_unit(&inputs, &unit, &mut Scratch::default(), &mut |item| {
            let Item::Record(record) = item else { return };
            if !sysmon::is_sysmon(&record) {
                return;
            }
            let entries = record.data.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
            let event = NaiveEvent { id: record.event_id, entries };
            for (rule_id, (rule, ids)) in &rules.naive {
                if (ids.is_empty() || ids.contains(&event.id)) && naive_sigma::matches(rule, &event) {
                    let path = inputs[record.origin.input as usize].display.clone();
                    expected.insert((rule_id.clone(), path.to_string(), record.record_id.unwrap()));
                }
            }
        });
    }
    assert!(expected.len() > 50, "only {} matches", expected.len());
    let pairs = |found: &Found| found.iter().map(|(rule, _, number)| (rule.clone(), *number)).collect::<BTreeSet<_>>();
    // A record that stands in two files counts once.
    assert_eq!(pairs(&found), pairs(&expected));
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn every_regression_test_of_sigmahq_finds_its_rule() {
    let rules = load(&[shared().join("rules/sigma")]);
    let mut tests = Vec::new();
    for entry in walkdir::WalkDir::new(shared().join("oracle/sigma")).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_name() == "info.yml" {
            tests.push(entry.path().parent().unwrap().to_owned());
        }
    }
    let (mut about_sysmon, mut missed) = (0, Vec::new());
    for folder in &tests {
        let info = std::fs::read_to_string(folder.join("info.yml")).unwrap();
        let id = info.split("rule_metadata:").nth(1).and_then(|rest| rest.split("id:").nth(1));
        let id = id.and_then(|rest| rest.split_whitespace().next()).unwrap().to_owned();
        if !rules.naive.contains_key(&id) {
            continue;
        }
        about_sysmon += 1;
        let found = scan(std::slice::from_ref(folder), &rules.set, &RunOptions::default());
        if !found.iter().any(|(rule, ..)| *rule == id) {
            missed.push(folder.display().to_string());
        }
    }
    assert_eq!(missed, Vec::<String>::new());
    assert!(about_sysmon > 100, "only {about_sysmon} of {} tests are about rules that are here", tests.len());
}

/// The document that is mapped from a record with these entries.
fn document(event: &serde_json::Value) -> (u32, evql::event::Document) {
    let id = u32::try_from(event["EventID"].as_u64().unwrap()).unwrap();
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let entries = event.as_object().unwrap().iter().filter(|(name, _)| *name != "EventID");
    let data: Vec<String> =
        entries.map(|(name, value)| format!("<Data Name=\"{name}\">{}</Data>", escaped(&text(value)))).collect();
    let xml = format!(
        "<Event><System><Provider Name=\"{PROVIDER}\"/><EventID>{id}</EventID><TimeCreated SystemTime=\"2024-03-05T09:14:02Z\"/><Computer>ws</Computer></System><EventData>{}</EventData></Event>",
        data.concat()
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("event.xml");
    std::fs::write(&path, xml).unwrap();
    let inputs = discover(&[path], &Search::default()).inputs;
    let mut document = None;
    for unit in units(&inputs, 16) {
        read_unit(&inputs, &unit, &mut Scratch::default(), &mut |item| {
            let Item::Record(record) = item else { panic!("{item:?}") };
            document = Some(sysmon::map(&record, "event.xml", sysmon::Mapping::default()).document);
        });
    }
    (id, document.unwrap())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[test]
fn the_examples_of_the_page_find_what_it_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language/sigma.md");
    let blocks = markdown::blocks(&std::fs::read_to_string(page).unwrap());
    let (mut events, mut run) = (Vec::new(), 0);
    for (at, (language, text)) in blocks.iter().enumerate() {
        match language.as_str() {
            "events" => events = text.lines().map(|line| document(&serde_json::from_str(line).unwrap())).collect(),
            "sigma" => {
                let rule = if text.contains("logsource:") {
                    text.clone()
                } else {
                    let detection: Vec<String> = text.lines().map(|line| format!("    {line}\n")).collect();
                    format!("title: T\nlogsource:\n    category: process_creation\ndetection:\n{}", detection.concat())
                };
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("rule.yml");
                std::fs::write(&path, rule).unwrap();
                let loaded = rules::load(&[path]);
                assert!(!loaded.has_error(), "{:?}", loaded.files);
                let detector = Detector::new(loaded.set);
                let hits =
                    |(id, document): &(u32, evql::event::Document)| !detector.hits_of_sysmon(*id, document).is_empty();
                let found = (1..).zip(&events).filter(|(_, event)| hits(event)).map(|(number, _)| number.to_string());
                let found: Vec<String> = found.collect();
                let expected = blocks.get(at + 1).filter(|(language, _)| language == "finds").unwrap().1.trim();
                let expected: Vec<&str> = expected.split_whitespace().filter(|number| *number != "none").collect();
                assert_eq!(found, expected, "{text}");
                run += 1;
            }
            _ => {}
        }
    }
    assert!(run > 12, "{run}");
}
