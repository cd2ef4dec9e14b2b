//! Parts of any split by hosts, merged in any order, have the alerts of one scan of everything, to the byte.
//!
//! Hosts are forged at random: few users, programs and addresses, and times close together, so that sequences, samples and counts meet across hosts in every
//! way there is. Some logs are there twice, some records are broken, and some alerts lack the start of their process.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::base::CaseKey;
use evql::event::Clock;
use evql::fleet::{FleetError, NewPart, PartFolder, PartOptions, PartRequest, PartSet, PartStatus, rules_digest};
use evql::pipeline::{EventFilter, RunOptions, Silent, SpoolLimits};
use evql::report::{AlertsJson, Exporter, JsonLayout};
use evql::rules::{self, RuleSelection, RuleSet};
use evql::source::Search;
use evql::{ChosenRules, ScanRun};
use random::Random;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

#[path = "support/random.rs"]
mod random;

const KEY: &str = "000102030405060708090a0b0c0d0e0f";

/// Rules that one host answers, and rules that none does.
const EQL: &[(&str, &str)] = &[
    ("by user", "sequence by user.name with maxspan=20s [process where true] [network where true]"),
    ("by user, runs", "sequence by user.name [process where true] with runs=3 [file where true]"),
    (
        "by user, absence",
        "sequence by user.name with maxspan=9s [process where true] ![network where true] [file where true]",
    ),
    ("by user, absence last", "sequence by user.name with maxspan=4s [process where true] ![file where true]"),
    ("by user, until", "sequence by user.name [process where true] [network where true] until [file where true]"),
    ("by user, cut", "sequence by user.name [process where true] [network where true] | tail 7 | head 3"),
    ("no keys", "sequence with maxspan=3s [process where process.name == \"b.exe\"] [network where true]"),
    ("no keys, cut", "sequence [file where true] [network where true] [file where true] | head 2"),
    ("optional", "sequence by ?user.name, ?destination.ip with maxspan=9s [process where true] [file where true]"),
    ("differing", "sequence with maxspan=30s [network where true] by destination.ip [network where true] by source.ip"),
    ("several values", "sequence by process.args with maxspan=15s [process where true] [process where true]"),
    ("optional host", "sequence by ?host.id, user.name [network where true] [network where true] | tail 4"),
    ("sample", "sample by user.name [process where true] [network where true] [file where true]"),
    ("sample, cut", "sample by user.name, process.name [process where true] [network where true] | head 3"),
    ("sample, differing", "sample [process where true] by process.name [file where true] by file.name"),
    ("sample of a host", "sample by host.name [process where process.name == \"a.exe\"] [network where true] | tail 2"),
    ("entity", "sequence by process.entity_id [process where true] [network where true]"),
    ("entity, cut", "sequence by host.id, process.entity_id [network where true] [file where true] | head 1"),
    ("host", "sequence by host.id, user.name with maxspan=10s [process where true] [network where true]"),
    ("host, cut", "sequence by host.name [file where true] [network where true] | head 9 | tail 2"),
    ("event", "network where destination.ip == \"10.0.0.2\""),
    ("event, cut", "process where process.name == \"a.exe\" | tail 4 | head 3"),
    ("event, first", "file where true | head 3"),
];

/// Thresholds, new terms, and rules with limits and suppression, as Kibana exports them.
const COUNTED: &[&str] = &[
    r#""type":"threshold","from":"now-10s","threshold":{"field":["user.name"],"value":3}"#,
    r#""type":"threshold","from":"now-30s","threshold":{"field":[],"value":4,"cardinality":[{"field":"host.name","value":2}]}"#,
    r#""type":"threshold","from":"now-15s","threshold":{"field":["host.name"],"value":2}"#,
    r#""type":"threshold","from":"now-15s","threshold":{"field":["process.entity_id"],"value":2}"#,
    r#""type":"new_terms","new_terms_fields":["user.name"],"history_window_start":"now-15s""#,
    r#""type":"new_terms","new_terms_fields":["host.id","user.name"],"history_window_start":"now-10s""#,
    r#""type":"new_terms","new_terms_fields":["process.name","destination.ip"],"history_window_start":"now-5s","max_signals":2"#,
    r#""type":"query","alert_suppression":{"group_by":["user.name"],"duration":{"value":9,"unit":"s"}}"#,
    r#""type":"eql","language":"eql","query":"process where true | tail 9 | head 5","max_signals":2"#,
];

const SIGMA: &str = r"
title: Starts
id: 5638f7c0-ac70-491d-8465-2a65075e0d86
name: starts
logsource: {category: process_creation, product: windows}
detection: {selection: {Image|endswith: '.exe'}, condition: selection}
level: low
---
title: Connections
id: 9a3bd3e4-2f3c-4a53-a1de-5d9d7f3b8c11
name: connections
logsource: {category: network_connection, product: windows}
detection: {selection: {DestinationIp|exists: true}, condition: selection}
level: medium
---
title: Many starts
id: 00000000-0000-4000-8000-000000000001
name: many_starts
correlation: {type: event_count, rules: [starts], group-by: [User], timespan: 15s, condition: {gte: 3}}
level: high
---
title: Many addresses
id: 00000000-0000-4000-8000-000000000002
correlation: {type: value_count, rules: [connections], group-by: [User], timespan: 20s, condition: {gte: 2, field: DestinationIp}}
level: high
---
title: Both
id: 00000000-0000-4000-8000-000000000003
name: both
correlation: {type: temporal, rules: [starts, connections], group-by: [User], timespan: 10s}
level: high
---
title: In order
id: 00000000-0000-4000-8000-000000000004
correlation: {type: temporal_ordered, rules: [many_starts, connections], group-by: [User], timespan: 30s}
level: high
---
title: On one computer
id: 00000000-0000-4000-8000-000000000005
correlation: {type: event_count, rules: [connections], group-by: [Computer], timespan: 15s, condition: {gte: 3}}
level: high
";

/// Alerts that are known to be harmless: about whole alerts, which a merge sets aside.
const EXCEPTIONS: &str = r#"
[[exception]]
name = "anna's first program"
where = 'user.name == "anna" and process.name == "a.exe"'
"#;

fn write_rules(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    for (at, (name, query)) in EQL.iter().enumerate() {
        let text = format!(
            "[rule]\nid = \"eql-{at}\"\nname = '{name}'\ndescription = 'd'\nseverity = 'low'\nrisk_score = 21\nquery = '{query}'\n"
        );
        std::fs::write(folder.join(format!("{at:02}.toml")), text).unwrap();
    }
    let mut counted = String::new();
    for (at, parts) in COUNTED.iter().enumerate() {
        let query = if at % 2 == 0 { "event.category: network" } else { "event.category: process" };
        let query = format!(r#""language":"kuery","query":"{query}","#);
        let query = if parts.contains("language") { "" } else { &query };
        writeln!(
            counted,
            r#"{{"rule_id":"counted-{at}","name":"counted {at}",{query}"risk_score":1,"severity":"low",{parts}}}"#
        )
        .unwrap();
    }
    std::fs::write(folder.join("counted.ndjson"), counted).unwrap();
    std::fs::write(folder.join("sigma.yml"), SIGMA).unwrap();
}

/// The options of a case beside its rules.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
struct Case {
    max_signals: bool,
    assumes_new: bool,
    has_exceptions: bool,
    suppresses: bool,
    is_tight: bool,
    has_triage: bool,
    clock: Clock,
}

/// The rules, without exceptions and with them; loaded once.
static RULES: LazyLock<[ChosenRules; 2]> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (rules, exceptions) = (folder.path().join("rules"), folder.path().join("exceptions.toml"));
    write_rules(&rules);
    std::fs::write(&exceptions, EXCEPTIONS).unwrap();
    [&[][..], &[exceptions]].map(|exceptions| {
        let loaded = rules::load(std::slice::from_ref(&rules));
        assert!(!loaded.has_error(), "{:?}", loaded.files.iter().map(|file| &file.diagnostics).collect::<Vec<_>>());
        ChosenRules::new(loaded, exceptions, &[], &RuleSelection::default(), false).unwrap()
    })
});

fn chosen(case: Case) -> ChosenRules {
    let Case { max_signals, assumes_new, suppresses, .. } = case;
    let chosen = RULES[usize::from(case.has_exceptions)].clone();
    ChosenRules { max_signals, assumes_new, suppresses, ..chosen }
}

/// The log of a host: exported records, of which some are told twice.
fn host_log(random: &mut Random, computer: &str, first: usize, events: usize) -> String {
    let mut out = String::from("<Events>");
    for number in first..first + events {
        let mut of = |choices: &[&'static str]| choices[random.below(choices.len())];
        let id = of(&["1", "1", "3", "3", "11"]);
        let user = of(&["CORP\\anna", "CORP\\eva", "CORP\\otto", ""]);
        let (process, parent) = (of(&["a", "b", "c"]), of(&["a", "b", "-"]));
        let rest = match id {
            "1" => format!(
                "<Data Name='CommandLine'>{process}.exe {} {}</Data><Data Name='ParentImage'>C:\\{parent}.exe</Data>\
                <Data Name='Hashes'>SHA256={process}{}</Data>",
                of(&["/x", "/y"]),
                // Longer than what is held of every process, some of them.
                of(&["/x", "/z", "//", "###"]).replace("//", computer).replace("###", &"long ".repeat(1_700)),
                "0".repeat(63)
            ),
            "3" => format!(
                "<Data Name='Protocol'>tcp</Data><Data Name='Initiated'>{}</Data><Data Name='SourceIp'>10.0.0.{}</Data><Data Name='SourcePort'>5{number}</Data>\
                <Data Name='DestinationIp'>10.0.0.{}</Data><Data Name='DestinationPort'>443</Data>",
                of(&["true", "false", "false"]),
                of(&["1", "2", "3"]),
                of(&["1", "2", "3"])
            ),
            _ => format!("<Data Name='TargetFilename'>C:\\{}.exe</Data>", of(&["a", "b"])),
        };
        let user = if user.is_empty() { String::new() } else { format!("<Data Name='User'>{user}</Data>") };
        let (second, fraction) = (random.below(40), random.below(3));
        // The clock of the events and that of the log need not agree.
        let utc = second + random.below(9);
        let guid = random.below(3);
        // Of one computer the name is written in various letters.
        let computer = if random.below(4) == 0 { computer.to_uppercase() } else { computer.to_owned() };
        write!(
            out,
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
            <Provider Name='Microsoft-Windows-Sysmon'/><EventID>{id}</EventID>\
            <TimeCreated SystemTime='2024-03-05T09:14:{second:02}.{fraction}Z'/><EventRecordID>{number}</EventRecordID>\
            <Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>{computer}</Computer></System><EventData>\
            <Data Name='UtcTime'>2024-03-05 09:14:{utc:02}.{fraction}00</Data><Data Name='ProcessGuid'>{{3fe15d12-e25b-65e6-2301-00000000{guid:02x}00}}</Data>\
            <Data Name='ProcessId'>7404</Data><Data Name='Image'>C:\\{process}.exe</Data>{user}{rest}</EventData></Event>"
        )
        .unwrap();
    }
    out + "</Events>"
}

/// Documents of a host, as an agent sends them.
fn host_documents(random: &mut Random, computer: &str) -> String {
    let document = |number: usize| {
        let mut of = |choices: &[&'static str]| choices[random.below(choices.len())];
        let (category, user, name) = (of(&["process", "network", "file"]), of(&["anna", "eva"]), of(&["a", "b"]));
        let second = random.below(40);
        format!(
            r#"{{"@timestamp":"2024-03-05T09:14:{second:02}Z","event":{{"category":["{category}"]}},"host":{{"name":"{computer}","id":"{computer}"}},"user.name":"{user}","process":{{"name":"{name}.exe"}},"destination.ip":"10.0.0.2","winlog.record_id":{number}}}"#
        )
    };
    (900..906).map(document).collect::<Vec<_>>().join("\n")
}

/// Writes so many hosts; each has a folder with a log or two.
fn write_hosts(random: &mut Random, folder: &Path, hosts: usize) -> Vec<PathBuf> {
    let host = |number: usize, random: &mut Random| {
        // Folders sort otherwise than hosts do.
        let path = folder.join(format!("{}-{number}", random.below(9)));
        std::fs::create_dir(&path).unwrap();
        let computer = format!("ws-{number}.corp");
        let count = 4 + random.below(14);
        let log = host_log(random, &computer, 1, count);
        if random.below(4) == 0 {
            std::fs::write(path.join("copy.xml"), &log).unwrap();
        }
        if random.below(5) == 0 {
            std::fs::write(path.join("broken.xml"), &log[..log.len() / 2]).unwrap();
        }
        std::fs::write(path.join("log.xml"), log).unwrap();
        if random.below(4) == 0 {
            std::fs::write(path.join("sent.jsonl"), host_documents(random, &computer)).unwrap();
        }
        if random.below(3) == 0 {
            std::fs::write(path.join("archived.xml"), host_log(random, &computer, 100, 5)).unwrap();
        }
        path
    };
    (0..hosts).map(|number| host(number, random)).collect()
}

fn export(run: &ScanRun) -> String {
    let mut out = Vec::new();
    AlertsJson(JsonLayout::Lines).export(&run.results(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn options(case: Case, threads: usize) -> RunOptions {
    // So little memory that everything is spilled.
    let max_memory = if case.is_tight { 4 << 10 } else { 64 << 20 };
    let limits = SpoolLimits { max_memory, temp_folder: None };
    RunOptions { threads, limits, clock: case.clock, ..RunOptions::default() }
}

/// One scan of everything.
fn scan_all(evidence: &Path, case: Case) -> ScanRun {
    let chosen = chosen(case);
    let mut run = ScanRun::new(chosen, &[evidence.to_owned()], options(case, 2), &Silent).unwrap();
    if case.has_triage {
        run.look_up(&Silent).unwrap();
        return run;
    }
    run.complete_alerts(&Silent).unwrap();
    run.learn_addresses(&Silent).unwrap();
    run
}

fn request(folder: &Path, paths: Vec<PathBuf>, chosen: &ChosenRules, case: Case) -> PartRequest {
    PartRequest {
        folder: folder.to_owned(),
        key: KEY.parse().unwrap(),
        paths,
        search: Search::default(),
        options: PartOptions::of(&options(case, 1), case.max_signals, case.assumes_new).with_triage(case.has_triage),
        include_computers: Vec::new(),
        exclude_computers: Vec::new(),
        threads: 1,
        rules: rules_digest(chosen.rules()),
    }
}

fn scan_part(part: &Path, paths: &[PathBuf], case: Case) -> PartFolder {
    let chosen = chosen(case);
    let request = request(part, paths.to_vec(), &chosen, case);
    let new = NewPart::begin(request, chosen.rules()).unwrap();
    let key: CaseKey = KEY.parse().unwrap();
    let options = RunOptions { case_key: Some(key), ..options(case, 1) };
    let mut run = ScanRun::new(chosen, paths, options, &Silent).unwrap();
    new.write(&mut run, &Silent).unwrap()
}

fn merge(parts: &[PathBuf], case: Case) -> Result<ScanRun, FleetError> {
    let chosen = chosen(case);
    PartSet::open(parts)?.merge(chosen, &KEY.parse().unwrap(), options(case, 2), (Vec::new(), true), &Silent)
}

/// Alerts by rule, to see that a test is about something.
type Found = BTreeMap<String, usize>;

fn compare(seed: u64, found: &mut Found) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let evidence = folder.join("evidence");
    std::fs::create_dir(&evidence).unwrap();
    let count = 2 + random.below(5);
    let hosts = write_hosts(&mut random, &evidence, count);
    let case = Case {
        max_signals: random.below(3) == 0,
        assumes_new: random.below(2) == 0,
        has_exceptions: random.below(2) == 0,
        suppresses: random.below(2) == 0,
        clock: if random.below(3) == 0 { Clock::Utc } else { Clock::Logged },
        is_tight: random.below(3) == 0,
        has_triage: random.below(2) == 0,
    };
    let all = scan_all(&evidence, case);
    let mut groups: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
    let most = 1 + random.below(count);
    for host in hosts {
        groups.entry(random.below(most)).or_default().push(host);
    }
    let mut parts: Vec<PathBuf> = Vec::new();
    for (number, paths) in groups {
        let part = folder.join(format!("part-{number}"));
        scan_part(&part, &paths, case);
        parts.insert(random.below(parts.len() + 1), part);
    }
    let merged = merge(&parts, case).unwrap();
    let told = |run: &ScanRun| {
        let outcome = &run.outcome;
        let faults = outcome.faults.clone();
        let cut = (outcome.left_out.clone(), outcome.set_aside.clone(), outcome.repeated.clone());
        (cut, faults, outcome.stats.clone())
    };
    let (merged_text, text) = (export(&merged), export(&all));
    assert_eq!(merged_text, text, "seed {seed}, {case:?}, {} parts", parts.len());
    assert_eq!(text.contains(r#""elsewhere":[{"kind""#) && text.contains(r#""incident""#), case.has_triage);
    assert_eq!(told(&merged), told(&all), "seed {seed}");
    for (rule, of) in &all.outcome.alerts.summary().by_rule {
        *found.entry(all.detector.rules()[*rule].meta.name.clone()).or_default() += of.alerts;
    }
}

#[test]
fn parts_of_any_split_have_the_alerts_of_one_scan() {
    let mut found = Found::new();
    (1..=40).for_each(|seed| compare(seed, &mut found));
    let case = Case::default();
    for rule in chosen(case).rules() {
        assert!(found.contains_key(&rule.meta.name), "{} has found nothing: {found:?}", rule.meta.name);
    }
}

/// Logs and archives that hold several hosts are split by computers: several parts read the same files.
#[test]
fn logs_of_many_hosts_are_split_by_computers() {
    [false, true].into_iter().for_each(split_by_computers);
}

fn split_by_computers(has_triage: bool) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let evidence = folder.join("evidence");
    std::fs::create_dir(&evidence).unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(evidence.join("hosts.zip")).unwrap());
    for name in ["two-hosts-ws-0418.evtx", "damaged-chunk.evtx", "macro-ws-0431.evtx", "two-hosts-ws-0417.evtx"] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&std::fs::read(samples.join(name)).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    std::fs::copy(samples.join("forwarded.evtx"), evidence.join("forwarded.evtx")).unwrap();
    std::fs::copy(samples.join("macro-ws-0432.evtx"), evidence.join("macro-ws-0432.evtx")).unwrap();
    let queries = [
        "sequence by user.name [process where true] [network where true] [process where true]",
        "sequence by process.entity_id [process where true] [network where true]",
        "sample by process.name [network where true] [process where true] [registry where true]",
        "network where true | tail 9 | head 4",
    ];
    let rule = |query: &&str| rules::Rule::bare(query, evql::eql::compile(query).query.unwrap());
    let set = RuleSet { rules: queries.iter().map(rule).collect() };
    let chosen = || ChosenRules { loaded: rules::Loaded::of(set.clone()), ..ChosenRules::default() };
    let case = Case { has_triage, ..Case::default() };
    let paths = [evidence];
    let mut all = ScanRun::new(chosen(), &paths, options(case, 2), &Silent).unwrap();
    if has_triage {
        all.look_up(&Silent).unwrap();
    } else {
        all.complete_alerts(&Silent).unwrap();
        all.learn_addresses(&Silent).unwrap();
    }
    assert!((0..4).all(|rule| all.outcome.alerts.summary().by_rule.contains_key(&rule)), "each rule finds something");
    let mut parts = Vec::new();
    for (include, exclude) in [("ws-041*", ""), ("ws-043*", "ws-0431*"), ("ws-0431*", ""), ("", "ws-041*,ws-043*")] {
        let part = folder.join(format!("part-{}", parts.len()));
        let names =
            |names: &str| names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let computers = |names: &[String]| names.iter().map(|name| EventFilter::computer(name)).collect();
        let request = PartRequest {
            include_computers: names(include),
            exclude_computers: names(exclude),
            ..request(&part, paths.to_vec(), &chosen(), case)
        };
        let filter = EventFilter {
            include_computers: computers(&request.include_computers),
            exclude_computers: computers(&request.exclude_computers),
            ..EventFilter::default()
        };
        let options = RunOptions { case_key: Some(request.key.clone()), filter, ..options(case, 1) };
        let new = NewPart::begin(request, &set.rules).unwrap();
        let mut run = ScanRun::new(chosen(), &paths, options, &Silent).unwrap();
        new.write(&mut run, &Silent).unwrap();
        parts.push(part);
    }
    let merged = PartSet::open(&parts)
        .unwrap()
        .merge(chosen(), &KEY.parse().unwrap(), options(case, 2), (Vec::new(), true), &Silent)
        .unwrap();
    assert_eq!(export(&merged), export(&all));
    assert_eq!(merged.outcome.faults, all.outcome.faults);
    // Events of alerts that cross hosts are read where they stand.
    std::fs::remove_file(paths[0].join("hosts.zip")).unwrap();
    let merged = PartSet::open(&parts)
        .unwrap()
        .merge(chosen(), &KEY.parse().unwrap(), options(case, 2), (Vec::new(), true), &Silent)
        .unwrap();
    let told = |text: &str| merged.outcome.faults.iter().any(|fault| fault.reason.contains(text));
    assert!(told("it is not at its place any more") && told("not there any more when it was read again"));
    assert_eq!(merged.outcome.alerts.len(), all.outcome.alerts.len(), "the alerts are there, without some events");
}

#[test]
fn a_part_is_there_once_and_for_its_evidence_only() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let evidence = folder.join("evidence");
    std::fs::create_dir(&evidence).unwrap();
    let hosts = write_hosts(&mut Random(7), &evidence, 2);
    let case = Case::default();
    let part = folder.join("parts/one");
    let written = scan_part(&part, &hosts[..1], case);
    let names = |of: &PartFolder| of.manifest.computers.iter().map(|of| of.name.to_lowercase()).collect::<Vec<_>>();
    assert_eq!((names(&written), written.manifest.status), (vec!["ws-0.corp".to_owned()], PartStatus::Complete));
    let left: Vec<_> =
        std::fs::read_dir(folder.join("parts")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["one"], "nothing of the way there is left");
    let rules = chosen(case);
    let again = |paths: &[PathBuf], case| request(&part, paths.to_vec(), &rules, case).existing(rules.rules());
    assert_eq!(again(&hosts[..1], case).unwrap(), Some(written));
    let told = |result: Result<Option<PartFolder>, FleetError>| result.unwrap_err().to_string();
    assert!(told(again(&hosts[1..], case)).contains("another part: other paths were named"));
    let other = Case { max_signals: true, ..case };
    assert!(
        told(again(&hosts[..1], other)).contains("another part: their options differ: max_signals is false, and true")
    );
    std::fs::write(hosts[0].join("log.xml"), "<Events></Events>").unwrap();
    assert!(told(again(&hosts[..1], case)).contains("log.xml is not what it was"));
    std::fs::write(part.join("alerts.jsonl"), "{}\n").unwrap();
    assert!(merge(&[part], case).err().unwrap().to_string().contains("alerts.jsonl is not as it was written"));
    let foreign = request(&evidence, hosts, &rules, case).existing(rules.rules());
    assert!(told(foreign).contains("holds something else"));
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let evidence = folder.join("evidence");
    std::fs::create_dir(&evidence).unwrap();
    let hosts = write_hosts(&mut Random(11), &evidence, 2);
    let case = Case::default();
    let (one, two) = (folder.join("one"), folder.join("two"));
    scan_part(&one, &hosts[..1], case);
    scan_part(&two, &hosts[1..], Case { assumes_new: true, ..case });
    let told = |parts: &[PathBuf]| merge(parts, case).err().unwrap().to_string();
    assert!(told(&[one.clone(), two.clone()]).contains("their options differ: assume_new is false, and true"));
    assert!(told(&[one.clone(), evidence]).contains("is no part: there is no part.json in it"));
    let key: CaseKey = "ffffffffffffffffffffffffffffffff".parse().unwrap();
    let other_key = PartSet::open(std::slice::from_ref(&one)).unwrap().merge(
        chosen(case),
        &key,
        options(case, 1),
        (Vec::new(), true),
        &Silent,
    );
    assert!(other_key.err().unwrap().to_string().contains("the case key is not that of the parts"));
    let mut fewer = chosen(case);
    fewer.loaded.set.rules.pop();
    let parts = PartSet::open(std::slice::from_ref(&one)).unwrap();
    let other_rules = parts.merge(fewer, &KEY.parse().unwrap(), options(case, 1), (Vec::new(), true), &Silent);
    assert!(other_rules.err().unwrap().to_string().contains("the rules are not those of the parts"));
}

/// One computer in two parts is told; a log that both have counts once.
#[test]
fn a_computer_in_two_parts_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let evidence = folder.join("evidence");
    std::fs::create_dir(&evidence).unwrap();
    let hosts = write_hosts(&mut Random(23), &evidence, 2);
    let case = Case::default();
    let (one, two) = (folder.join("one"), folder.join("two"));
    scan_part(&one, &hosts[..1], case);
    scan_part(&two, &hosts, case);
    let merged = merge(&[one, two], case).unwrap();
    let all = scan_all(&evidence, case);
    assert_eq!(export(&merged), export(&all));
    let notices: Vec<&str> = merged.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(
        notices.iter().any(|text| text.to_lowercase().contains("computer ws-0.corp stands in 2 parts")),
        "{notices:?}"
    );
}

/// The ends of files tell computers that the files have, and of a log that was cut nowhere all it can.
#[test]
fn a_probe_tells_computers_that_the_files_have() {
    use evql::pipeline::{SurveyOptions, survey};
    let samples = [Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")];
    let computers = |ends| {
        let options = SurveyOptions { ends, ..SurveyOptions::default() };
        let of_file = |file: &evql::survey::SurveyedFile| {
            let names: Vec<String> = file.contents.streams.keys().map(|key| key.computer.to_string()).collect();
            (file.input.display.clone(), names)
        };
        survey(&samples, &options, &Silent).unwrap().files.iter().map(of_file).collect::<BTreeMap<_, _>>()
    };
    let (ends, all) = (computers(true), computers(false));
    let mut compared = 0;
    for (file, found) in &all {
        assert!(ends[file].iter().all(|name| found.contains(name)), "{file}");
        // What is left of logs has no ends, but units of its own.
        assert_eq!(ends[file].is_empty(), found.is_empty(), "{file}");
        compared += ends[file].len();
    }
    assert!(compared > 20, "{compared}");
}
