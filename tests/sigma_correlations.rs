//! Correlations of Sigma find what their definition says: in the examples of the page about them, and, over events at random, what a naive evaluation finds that goes
//! through the list of matching events again for each of them.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.
#![allow(clippy::cast_precision_loss)] // Its numbers are small.

use evql::detect::{Alert, Detector};
use evql::diag;
use evql::pipeline::{self, RunOptions, Silent};
use evql::rules::{self, Loaded};
use random::Random;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[path = "support/markdown.rs"]
mod markdown;
#[path = "support/random.rs"]
mod random;

/// A log in XML of events, whose record numbers are their positions from 1.
fn log(events: &[Value]) -> String {
    let mut out = String::from("<Events>");
    for (number, event) in (1..).zip(events) {
        let text = |name: &str| event[name].as_str().unwrap();
        write!(
            out,
            "<Event><System><Provider Name=\"Microsoft-Windows-Sysmon\" Guid=\"{{5770385f-c22a-43e0-bf4c-06f5698ffbd9}}\"/><EventID>{}</EventID><TimeCreated SystemTime=\"2024-03-05T{}Z\"/><EventRecordID>{number}</EventRecordID><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>{}</Computer></System><EventData>",
            event["EventID"],
            text("Time"),
            text("Computer"),
        )
        .unwrap();
        let entries = event.as_object().unwrap().iter();
        for (name, value) in entries.filter(|(name, _)| !matches!(name.as_str(), "EventID" | "Time" | "Computer")) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            write!(out, "<Data Name=\"{name}\">{value}</Data>").unwrap();
        }
        out.push_str("</EventData></Event>");
    }
    out + "</Events>"
}

/// The alerts of the rules of a file over a log: the title of the rule, and the numbers of the events that it shows.
fn found(log: &Path, loaded: &Loaded, threads: usize) -> Vec<(String, Vec<u64>)> {
    let detector = Detector::new(loaded.set.clone());
    let options = RunOptions { threads, ..RunOptions::default() };
    let outcome = pipeline::run(&[log.to_owned()], &detector, &options, &Silent).unwrap();
    let alerts = outcome.alerts.hold().unwrap();
    let shown = |alert: &Alert| {
        let numbers = alert.present().map(|event| event.tiebreaker.unwrap()).collect();
        (detector.rules()[alert.rule].meta.name.clone(), numbers)
    };
    let mut found: Vec<_> = alerts.iter().map(shown).collect();
    found.sort();
    found
}

fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Everything that is wrong, by file name, line and column.
fn mistakes(loaded: &Loaded) -> Vec<String> {
    let of = |file: &rules::FileReport| {
        let name = Path::new(&file.path).file_name().unwrap().to_string_lossy().into_owned();
        let errors = file.diagnostics.iter().filter(|found| found.is_error());
        errors.map(|found| diag::concise(found, &name, &file.text)).collect::<Vec<_>>()
    };
    loaded.files.iter().flat_map(of).collect()
}

#[test]
fn the_examples_of_the_page_find_what_it_says() {
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language/sigma-correlations.md"));
    let blocks = markdown::blocks(&page.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (mut events, mut base, mut run) = (PathBuf::new(), PathBuf::new(), 0);
    for (at, (language, text)) in blocks.iter().enumerate() {
        match language.as_str() {
            "events" => {
                let all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
                events = written(folder.path(), "events.xml", &log(&all));
            }
            "rules" => base = written(folder.path(), "rules.yml", text),
            "sigma" => {
                let kind = text.split("type: ").nth(1).unwrap().lines().next().unwrap();
                let path = written(folder.path(), &format!("{kind}.yml"), text);
                let loaded = rules::load(&[base.clone(), path]);
                let (expects, expected) = blocks.get(at + 1).unwrap();
                if expects == "wrong" {
                    assert_eq!(mistakes(&loaded).join("\n"), expected.trim());
                } else {
                    assert!(!loaded.has_error(), "{text}: {:?}", mistakes(&loaded));
                    let title = text.lines().next().unwrap().strip_prefix("title: ").unwrap();
                    let found: Vec<String> = found(&events, &loaded, 1)
                        .into_iter()
                        .filter(|(name, _)| name == title)
                        .map(|(_, numbers)| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(" "))
                        .collect();
                    let expected: Vec<&str> = expected.lines().filter(|line| *line != "none").collect();
                    assert_eq!(found, expected, "{text}");
                }
                run += 1;
            }
            _ => {}
        }
    }
    assert!(run > 14, "{run}");
}

/// An event of the oracle: seconds, and the entries by which rules, groups and values are told.
#[derive(Debug)]
struct PlainEvent {
    time: i64,
    tool: usize,
    user: usize,
    computer: usize,
    pid: i64,
}

const TOOLS: [&str; 3] = ["whoami", "net", "curl"];
const GROUPS: [&[&str]; 4] = [&["User"], &["Computer"], &["User", "Computer"], &[]];
const KINDS: [&str; 8] = [
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_median",
    "value_percentile",
];

/// A correlation of the oracle.
#[derive(Clone, Debug)]
struct PlainCorrelation {
    name: String,
    kind: &'static str,
    /// Tools, or other correlations.
    inputs: Vec<PlainInput>,
    group: &'static [&'static str],
    span: i64,
    /// Comparisons.
    tests: Vec<(&'static str, i64)>,
}

#[derive(Clone, Debug)]
enum PlainInput {
    Tool(usize),
    Correlation(Box<PlainCorrelation>),
}

/// Something that happened: its time, the position of its last event, and all of its events.
type Finding = (i64, usize, Vec<usize>);

impl PlainCorrelation {
    fn at_random(name: &str, depth: usize, random: &mut Random) -> Self {
        let kind = KINDS[random.below(KINDS.len())];
        let group = GROUPS[random.below(GROUPS.len())];
        let count = if kind.starts_with("temporal") { 2 + random.below(2) } else { 1 + random.below(2) };
        let first = random.below(TOOLS.len());
        let input = |(at, random): (usize, &mut Random)| {
            if depth > 0 && random.below(2) == 0 {
                PlainInput::Correlation(Box::new(Self::at_random(&format!("{name}_{at}"), depth - 1, random)))
            } else {
                PlainInput::Tool((first + at) % TOOLS.len())
            }
        };
        let inputs: Vec<PlainInput> = (0..count).map(|at| input((at, random))).collect();
        let number = |random: &mut Random| {
            i64::try_from(
                1 + random.below(match kind {
                    "temporal" => 2,
                    "event_count" => 4,
                    _ => 30,
                }),
            )
            .unwrap()
        };
        let tests = match kind {
            "temporal_ordered" => Vec::new(),
            "temporal" if random.below(2) == 0 => Vec::new(),
            "temporal" => vec![("gte", number(random)), ("neq", 3)],
            _ => match random.below(4) {
                0 => vec![("gt", number(random) - 1)],
                1 => vec![("neq", number(random)), ("gte", 2)],
                2 => vec![("gte", number(random)), ("lt", 40)],
                _ => vec![("gte", number(random))],
            },
        };
        let span = i64::try_from(1 + random.below(20)).unwrap();
        Self { name: name.to_owned(), kind, inputs, group, span, tests }
    }

    /// It and those below it, as YAML.
    fn yaml(&self, out: &mut String) {
        let mut names = Vec::new();
        for input in &self.inputs {
            match input {
                PlainInput::Tool(tool) => names.push(TOOLS[*tool].to_owned()),
                PlainInput::Correlation(below) => {
                    below.yaml(out);
                    names.push(below.name.clone());
                }
            }
        }
        write!(out, "---\ntitle: {0}\nname: {0}\ncorrelation:\n  generate: true\n  type: {1}\n  rules: [{2}]\n  timespan: {3}s\n", self.name, self.kind, names.join(", "), self.span).unwrap();
        if !self.group.is_empty() {
            writeln!(out, "  group-by: [{}]", self.group.join(", ")).unwrap();
        }
        if !self.tests.is_empty() {
            let mut tests: Vec<String> =
                self.tests.iter().map(|(order, number)| format!("{order}: {number}")).collect();
            if self.kind.starts_with("value_") {
                tests.push("field: ProcessId".to_owned());
            }
            if self.kind == "value_percentile" {
                tests.push("percentile: 70".to_owned());
            }
            writeln!(out, "  condition: {{{}}}", tests.join(", ")).unwrap();
        }
    }

    /// What it finds among events, each with its own position.
    fn find(&self, events: &[(usize, &PlainEvent)]) -> Vec<Finding> {
        let mut groups: BTreeMap<Vec<usize>, Vec<(usize, &PlainEvent)>> = BTreeMap::new();
        for (at, event) in events {
            let value = |field: &&str| if *field == "User" { event.user } else { event.computer };
            groups.entry(self.group.iter().map(value).collect()).or_default().push((*at, event));
        }
        let mut found: Vec<Finding> = groups.values().flat_map(|events| self.find_in_group(events)).collect();
        found.sort_by_key(|(_, last, _)| *last);
        found
    }

    fn find_in_group(&self, events: &[(usize, &PlainEvent)]) -> Vec<Finding> {
        // What each input gives, by the position of the event at which it does.
        let mut given: BTreeMap<usize, Vec<(usize, Finding)>> = BTreeMap::new();
        for (input, what) in self.inputs.iter().enumerate() {
            let found: Vec<Finding> = match what {
                PlainInput::Tool(tool) => {
                    let of_tool = events.iter().filter(|(_, event)| event.tool == *tool);
                    of_tool.map(|(at, event)| (event.time, *at, vec![*at])).collect()
                }
                PlainInput::Correlation(below) => below.find(events),
            };
            for finding in found {
                given.entry(finding.1).or_default().push((input, finding));
            }
        }
        let pid = |at: usize| events.iter().find(|(number, _)| *number == at).unwrap().1.pid;
        if self.kind == "temporal_ordered" { self.ordered(&given) } else { self.counted(&given, &pid) }
    }

    /// Every event is looked at, with all of the window before it.
    fn counted(&self, given: &BTreeMap<usize, Vec<(usize, Finding)>>, pid: &dyn Fn(usize) -> i64) -> Vec<Finding> {
        // The findings of one event come one after the other, the event itself first, whichever inputs it is for.
        let mut all: Vec<(BTreeSet<usize>, Finding)> = Vec::new();
        for of_event in given.values() {
            let (own, below): (Vec<_>, Vec<_>) =
                of_event.iter().partition(|(input, _)| matches!(self.inputs[*input], PlainInput::Tool(_)));
            if let Some((_, finding)) = own.first() {
                all.push((own.iter().map(|(input, _)| *input).collect(), finding.clone()));
            }
            all.extend(below.into_iter().map(|(input, finding)| (BTreeSet::from([*input]), finding.clone())));
        }
        let (mut found, mut was_reached) = (Vec::new(), false);
        for at in 0..all.len() {
            let now = all[at].1.0;
            let inside: Vec<&(BTreeSet<usize>, Finding)> =
                all[..=at].iter().filter(|(_, (time, ..))| now - time <= self.span).collect();
            let pids: Vec<i64> = inside.iter().map(|(_, (_, last, _))| pid(*last)).collect();
            let inputs: BTreeSet<usize> = inside.iter().flat_map(|(inputs, _)| inputs.iter().copied()).collect();
            let size = self.size(&pids, inputs.len());
            let default = [("gte", i64::try_from(self.inputs.len()).unwrap())];
            let tests: &[(&str, i64)] = if self.tests.is_empty() { &default } else { &self.tests };
            let is_reached = tests.iter().all(|(order, number)| {
                let number = *number as f64;
                match *order {
                    "gt" => size > number,
                    "gte" => size >= number,
                    "lt" => size < number,
                    _ => (size - number).abs() > 1e-9,
                }
            });
            if is_reached && !was_reached {
                let shown: BTreeSet<usize> = if self.kind == "temporal" {
                    let latest = |input: &usize| inside.iter().rfind(|(inputs, _)| inputs.contains(input)).unwrap();
                    inputs.iter().flat_map(|input| latest(input).1.2.clone()).collect()
                } else {
                    inside[0].1.2.iter().chain(&inside.last().unwrap().1.2).copied().collect()
                };
                found.push((now, all[at].1.1, shown.into_iter().collect()));
            }
            was_reached = is_reached;
        }
        found
    }

    fn size(&self, pids: &[i64], inputs: usize) -> f64 {
        let mut sorted = pids.to_vec();
        sorted.sort_unstable();
        let count = sorted.len();
        match self.kind {
            "event_count" => count as f64,
            "value_count" => sorted.iter().collect::<BTreeSet<_>>().len() as f64,
            "temporal" => inputs as f64,
            "value_sum" => sorted.iter().sum::<i64>() as f64,
            "value_avg" => (sorted.iter().sum::<i64>() as f64 / count as f64 * 1e6).floor() / 1e6,
            "value_median" => (sorted[(count - 1) / 2] + sorted[count / 2]) as f64 / 2.0,
            _ => sorted[(count * 70).div_ceil(100) - 1] as f64,
        }
    }

    /// Each step waits for the next one with the latest that led to it, and is taken away by it.
    fn ordered(&self, given: &BTreeMap<usize, Vec<(usize, Finding)>>) -> Vec<Finding> {
        let mut waiting: Vec<Option<(i64, BTreeSet<usize>)>> = vec![None; self.inputs.len()];
        let mut found = Vec::new();
        for (at, of_event) in given {
            let shown: BTreeSet<usize> = of_event.iter().flat_map(|(_, (_, _, shown))| shown.iter().copied()).collect();
            let time = of_event[0].1.0;
            let steps: BTreeSet<usize> = of_event.iter().map(|(input, _)| *input).collect();
            for step in steps.into_iter().rev() {
                let before = if step == 0 { Some((time, BTreeSet::new())) } else { waiting[step - 1].take() };
                let Some((start, mut events)) = before.filter(|(start, _)| time - start <= self.span) else { continue };
                events.extend(&shown);
                if step + 1 == self.inputs.len() {
                    found.push((time, *at, events.into_iter().collect()));
                } else {
                    waiting[step] = Some((start, events));
                }
            }
        }
        found
    }
}

/// Rules for each tool, and correlations.
fn rules_of(correlations: &[PlainCorrelation]) -> String {
    let mut out = String::new();
    for tool in TOOLS {
        write!(out, "---\ntitle: {tool}\nname: {tool}\nlogsource: {{category: process_creation, product: windows}}\ndetection: {{s: {{Image|endswith: '\\{tool}.exe'}}, condition: s}}\n").unwrap();
    }
    for correlation in correlations {
        correlation.yaml(&mut out);
    }
    out
}

#[test]
fn events_at_random_are_found_as_by_definition() {
    let mut held = BTreeMap::<&str, usize>::new();
    for seed in 1..=12 {
        let mut random = Random(seed);
        let mut time = 0;
        let events: Vec<PlainEvent> = (0..120)
            .map(|_| {
                time += i64::try_from(random.below(6)).unwrap();
                PlainEvent {
                    time,
                    tool: random.below(TOOLS.len()),
                    user: random.below(2),
                    computer: random.below(2),
                    pid: i64::try_from(random.below(12)).unwrap(),
                }
            })
            .collect();
        let correlations: Vec<PlainCorrelation> = (0..40)
            .map(|number| {
                let depth = random.below(3);
                PlainCorrelation::at_random(&format!("c{number}"), depth, &mut random)
            })
            .collect();
        let as_json = |event: &PlainEvent| {
            let clock = format!("09:{:02}:{:02}", event.time / 60, event.time % 60);
            serde_json::json!({"Time": clock, "EventID": 1, "Computer": format!("ws-{}", event.computer), "User": format!("u{}", event.user),
                "ProcessId": event.pid, "Image": format!("C:\\{}.exe", TOOLS[event.tool])})
        };
        let folder = tempfile::tempdir().unwrap();
        let log = written(folder.path(), "log.xml", &log(&events.iter().map(as_json).collect::<Vec<_>>()));
        let text = rules_of(&correlations);
        let loaded = rules::load(&[written(folder.path(), "rules.yml", &text)]);
        let numbered: Vec<(usize, &PlainEvent)> = events.iter().enumerate().collect();
        for threads in 1..=3 {
            let found = found(&log, &loaded, threads);
            for correlation in &correlations {
                let of_rule = |(name, _): &&(String, Vec<u64>)| *name == correlation.name;
                let is: Vec<Vec<u64>> = found.iter().filter(of_rule).map(|(_, numbers)| numbers.clone()).collect();
                let numbers = |(_, _, shown): Finding| shown.into_iter().map(|at| at as u64 + 1).collect();
                let mut expected: Vec<Vec<u64>> = correlation.find(&numbered).into_iter().map(numbers).collect();
                expected.sort();
                assert_eq!(is, expected, "seed {seed}, {threads} threads: {correlation:#?}");
                *held.entry(correlation.kind).or_default() += expected.len();
            }
        }
    }
    assert!(KINDS.iter().all(|kind| held[kind] > 30), "{held:?}");
}
