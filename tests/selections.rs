//! What `--last`, `timeline --guid`, `--fields` and `search --context` leave of all events is what a plain filter over all events leaves.
//!
//! The second reader knows nothing of evql: it takes the documents that the program prints without these options, and filters them.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::base::Ticks;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What the program prints.
fn evql(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_evql"))
        .args(args)
        .args(["-q", "--allow-partial"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn documents(args: &[&str]) -> Vec<Value> {
    evql(args).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A value of a document by the names on the way to it.
fn at<'v>(document: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(document, |value, name| &value[name])
}

/// What an event is known by.
fn identity(document: &Value) -> String {
    format!("{} {} {}", at(document, "log.file.path"), at(document, "winlog.record_id"), document["@timestamp"])
}

fn host(document: &Value) -> String {
    at(document, "host.name").as_str().unwrap_or_default().to_lowercase()
}

const ALL: &str = "any where true";

#[test]
fn last_is_a_filter_by_time() {
    for clock in ["logged", "utc"] {
        let all = documents(&["query", ALL, "samples", "-t", "jsonl", "--clock", clock]);
        let time = |document: &Value| {
            let logged = at(document, "evql.logged").as_str();
            let text = logged.filter(|_| clock == "logged").or(document["@timestamp"].as_str());
            Ticks::parse_rfc3339(text.unwrap()).unwrap().0
        };
        let last = all.iter().map(time).max().unwrap();
        for (length, seconds) in [("9s", 9), ("61m", 3660), ("40d", 40 * 86_400), ("9w", 63 * 86_400)] {
            let found = documents(&["query", ALL, "samples", "-t", "jsonl", "--clock", clock, "--last", length]);
            let is_late = |document: &&Value| time(document) >= last - seconds * Ticks::PER_SECOND;
            let expected: Vec<&Value> = all.iter().filter(is_late).collect();
            assert!(!expected.is_empty() && expected.len() < all.len(), "{length} must leave some and take some away");
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{clock} {length}");
        }
    }
}

/// The last event is that of all event IDs: which time is meant does not depend on what is asked for; `--to` and computers take part.
#[test]
fn the_end_is_that_of_all_event_ids_of_the_computers_that_are_asked_for() {
    let from = |more: &[&str]| {
        let args = [&["scan", "samples", "--summary-json", "-", "--last", "30m"], more].concat();
        let summary: Value = serde_json::from_str(&evql(&args)).unwrap();
        summary["from"].as_str().unwrap().to_owned()
    };
    let plain = from(&[]);
    assert_eq!(from(&["--include-eid", "16"]), plain);
    assert_ne!(from(&["--include-computer", "ws-0417*"]), plain);
    let before = from(&["--to", "2024-03-10"]);
    assert!(before.as_str() < "2024-03-10T23:59" && before.as_str() > "2024-03-05", "{before}");
}

/// One record of a wrong clock decides the end, which is told; `--to` leaves it out.
#[test]
fn a_record_that_is_dated_years_ahead_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    let document = |time: &str| format!("{{\"@timestamp\":\"{time}\",\"host\":{{\"name\":\"ws\"}}}}\n");
    let usual = (0..240).map(|at| document(&format!("2024-03-{:02}T{:02}:00:00Z", 1 + at / 24, at % 24)));
    let text: String = usual.chain([document("2099-01-01T00:00:00Z")]).collect();
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let run = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_evql"))
            .args([&["query", ALL, path, "--last", "48h", "-t", "jsonl"], more].concat())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (String::from_utf8(output.stdout).unwrap().lines().count(), said)
    };
    let (found, said) = run(&[]);
    assert!(found == 1 && said.contains("may be that of a wrong clock: 1 of 241 events"), "{found} {said}");
    assert!(said.contains("`--to 2024-03-10`"), "{said}");
    let (found, said) = run(&["--to", "2024-03-10"]);
    assert!(found == 49 && !said.contains("wrong clock"), "{found} {said}");
}

/// What an alert asks for alone, and another option with its descendants, is taken with its descendants.
#[test]
fn an_extract_of_a_process_has_its_descendants_whatever_else_is_asked_for() {
    let log = "samples/macro-ws-0431.evtx";
    let folder = tempfile::tempdir().unwrap();
    let guid = documents(&["timeline", log, "-t", "jsonl", "--image", "powershell.exe", "--depth", "0"])
        .into_iter()
        .find(|row| row["process.name"] == "powershell.exe")
        .unwrap()["process.entity_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let taken = |name: &str, more: &[&str]| {
        let path = folder.path().join(name);
        let path = path.to_str().unwrap();
        evql(&[&["extract", log, "-o", path, "--guid", &guid], more].concat());
        documents(&["query", ALL, path, "-t", "jsonl"]).len()
    };
    let alone = taken("alone.evtx", &[]);
    // The alert is about the same process.
    assert_eq!(taken("both.evtx", &["--alert", "1", "--context", "1"]), alone);
    assert!(alone > 10, "{alone}");
}

/// A number at a time is as good as an entity id, for an extract and for a story.
#[test]
fn a_number_at_a_time_means_the_process_that_had_it() {
    let log = "samples/reused-pid.evtx";
    let rows = documents(&["timeline", log, "-t", "jsonl"]);
    let starts: Vec<&Value> =
        rows.iter().filter(|row| row["event.code"] == "1" && row["process.pid"] == 7404).collect();
    assert_eq!(starts.len(), 3, "the sample has a number three times");
    let folder = tempfile::tempdir().unwrap();
    let taken = |name: &str, by: &[&str]| {
        let path = folder.path().join(name);
        evql(&[&["extract", log, "-o", path.to_str().unwrap()], by].concat());
        std::fs::read(path).unwrap()
    };
    for (at, start) in starts.iter().enumerate() {
        let (guid, time) = (start["process.entity_id"].as_str().unwrap(), start["event.created"].as_str().unwrap());
        let by_number = ["--pid", "7404", "--at", time];
        let bytes = taken(&format!("guid-{at}.evtx"), &["--guid", guid]);
        assert_eq!(taken(&format!("pid-{at}.evtx"), &by_number), bytes);
        let told = |by: &[&str]| {
            let text = evql(&[&["story", log], by].concat());
            text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap()
        };
        assert_eq!(told(&by_number), told(&["--guid", guid]));
    }
}

/// Every process of a log by its entity id: its parent, and its events among the rows of the timeline.
struct Processes {
    parents: BTreeMap<String, String>,
    rows: Vec<(String, Value)>,
}

impl Processes {
    fn read(path: &str) -> Self {
        let text = evql(&["timeline", path, "-t", "jsonl"]);
        let rows: Vec<(String, Value)> =
            text.lines().map(|line| (line.to_owned(), serde_json::from_str(line).unwrap())).collect();
        let starts = rows.iter().filter(|(_, row)| row["event.code"] == "1");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let parents =
            starts.map(|(_, row)| (text(&row["process.entity_id"]), text(&row["process.parent.entity_id"]))).collect();
        Self { parents, rows }
    }

    /// The rows of a process, of so many generations below it, and the starts of its ancestors.
    fn expected(&self, guid: &str, depth: usize) -> Vec<&str> {
        let mut wanted = BTreeSet::from([guid]);
        for _ in 0..depth {
            let is_child = |(_, parent): &(&String, &String)| wanted.contains(parent.as_str());
            let children: Vec<&str> = self.parents.iter().filter(is_child).map(|(child, _)| child.as_str()).collect();
            wanted.extend(children);
        }
        let mut ancestors = BTreeSet::new();
        let mut next = self.parents.get(guid);
        while let Some(parent) = next.filter(|parent| ancestors.insert(parent.as_str())) {
            next = self.parents.get(parent);
        }
        let is_wanted = |row: &Value| {
            let id = row["process.entity_id"].as_str().unwrap_or_default();
            wanted.contains(id) || row["event.code"] == "1" && ancestors.contains(id)
        };
        self.rows.iter().filter(|(_, row)| is_wanted(row)).map(|(line, _)| line.as_str()).collect()
    }
}

#[test]
fn the_timeline_of_a_process_is_a_part_of_the_whole_one() {
    for path in ["samples/macro-ws-0431.evtx", "samples/regsvr32.evtx", "samples/several-chunks.evtx"] {
        let processes = Processes::read(path);
        let with_events: BTreeSet<&str> =
            processes.rows.iter().filter_map(|(_, row)| row["process.entity_id"].as_str()).collect();
        for guid in with_events.iter().take(12) {
            for (depth, generations) in [(None, 99), (Some("0"), 0), (Some("1"), 1)] {
                // As people write it: without braces, in capitals.
                let bare = guid.trim_matches(['{', '}']).to_uppercase();
                let mut args = vec!["timeline", path, "-t", "jsonl", "--guid", &bare];
                args.extend(depth.into_iter().flat_map(|depth| ["--depth", depth]));
                let found = evql(&args);
                let expected = processes.expected(guid, generations);
                assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{path} {guid} {depth:?}");
            }
        }
    }
}

#[test]
fn alerts_and_incidents_are_parts_of_the_timeline() {
    let path = "samples/macro-ws-0431.evtx";
    let all = evql(&["timeline", path, "-t", "jsonl"]);
    let all: Vec<&str> = all.lines().collect();
    for (option, number) in [("--alert", "1"), ("--alert", "2"), ("--incident", "1")] {
        let found = evql(&["timeline", path, "-t", "jsonl", option, number]);
        let mut rest = all.iter();
        assert!(found.lines().all(|line| rest.any(|have| *have == line)), "{option} {number}: not in the order of all");
        let alert = format!("\"alert\":{number},");
        let has = |lines: &mut dyn Iterator<Item = &str>| lines.filter(|line| line.contains(&alert)).count();
        let of_all = has(&mut all.iter().copied());
        assert!(of_all > 0 && of_all == has(&mut found.lines()), "{option} {number}: an event of the alert is missing");
    }
    // A story tells of the same events.
    let story = evql(&["story", path, "--incident", "1", "--all"]);
    let rows = documents(&["timeline", path, "-t", "jsonl", "--incident", "1"]);
    for row in rows {
        let logged = row["event.created"].as_str().unwrap();
        assert!(story.contains(&logged[11..19]), "{logged} is not in the story");
    }
}

/// All columns by name are the timeline as it is; and a field that no timeline has otherwise is that of the document.
#[test]
fn chosen_fields_have_the_values_of_the_whole_timeline() {
    let whole = evql(&["timeline", "samples", "-t", "csv"]);
    let header = whole.lines().next().unwrap();
    assert_eq!(evql(&["timeline", "samples", "-t", "csv", "--fields", header]), whole);
    // From disk, and by the slow reader.
    for more in [&["--max-memory", "20K", "--threads", "1"][..], &["--slow-reader"]] {
        let args = [&["timeline", "samples", "-t", "csv", "--fields", header], more].concat();
        assert_eq!(evql(&args), whole, "{more:?}");
    }
    let rows = documents(&["timeline", "samples", "-t", "jsonl"]);
    assert_eq!(documents(&["timeline", "samples", "-t", "jsonl", "--fields", header]), rows);

    let field = "process.parent.args_count,user.id,file.hash.sha256,dll.path,sysmon.entry.Protocol";
    let found = documents(&["timeline", "samples", "-t", "jsonl", "--fields", field]);
    let whole = documents(&["timeline", "samples", "-t", "ecs"]);
    assert_eq!(found.len(), whole.len());
    let mut met = BTreeSet::new();
    for (row, document) in found.iter().zip(&whole) {
        for name in field.split(',').filter(|name| !name.starts_with("sysmon.entry")) {
            assert_eq!(row[name], *at(document, name), "{name} of {}", identity(document));
            met.extend((!row[name].is_null()).then_some(name));
        }
        met.extend(row["sysmon.entry.Protocol"].is_string().then_some("sysmon.entry.Protocol"));
    }
    assert_eq!(met.len(), 5, "a field has no value anywhere, and nothing was compared: {met:?}");
}

/// Text that goes to a file has no codes of colours in it.
#[test]
fn text_in_a_file_is_plain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    let path = path.to_str().unwrap();
    let log = "samples/regsvr32.evtx";
    let commands: [&[&str]; 4] = [
        &["search", "regsvr32", log, "--context", "1"],
        &["query", ALL, log],
        &["stack", "process.name", log, "-t", "text"],
        &["tree", log],
    ];
    for command in commands {
        evql(&[command, &["-o", path, "-C", "--color", "always"]].concat());
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.lines().count() > 2 && !text.contains('\x1b'), "{command:?}: {text}");
    }
}

/// The page of outputs has the columns of each built-in profile.
#[test]
fn profiles_are_written_down() {
    let profiles: BTreeMap<String, BTreeMap<String, Vec<String>>> =
        toml::from_str(include_str!("../src/cli/profiles/builtin.toml")).unwrap();
    let page = include_str!("../docs/outputs.md");
    assert!(profiles.len() >= 4);
    for (name, profile) in profiles {
        let fields: Vec<String> = profile["fields"].iter().map(|field| format!("`{field}`")).collect();
        let line = format!("| `{name}` | {} |", fields.join(", "));
        assert!(page.contains(&line), "docs/outputs.md should have: {line}");
        // And they are fields: a name that nothing has is an error.
        evql(&["timeline", "samples/regasm.evtx", "--profile", &name]);
    }
}

/// What stands around hits, by the definition: an event belongs to the hit before it if that is near enough, or else to the next one if that is.
fn naive_context(all: &[Value], hits: &[Value], (before, after): (usize, usize), process: bool) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for event in all {
        let id = at(event, "process.entity_id").as_str().filter(|_| process).unwrap_or_default();
        groups.entry(format!("{} {id}", host(event))).or_default().push(event);
    }
    let numbers: BTreeMap<String, usize> = (1..).zip(hits).map(|(number, hit)| (identity(hit), number)).collect();
    let mut found: Vec<(usize, i64, String)> = Vec::new();
    for events in groups.values() {
        let hits: Vec<(usize, usize)> =
            events.iter().enumerate().filter_map(|(at, event)| Some((at, *numbers.get(&identity(event))?))).collect();
        for (at, event) in events.iter().enumerate() {
            let previous = hits.iter().rev().find(|(hit, _)| *hit <= at);
            let next = hits.iter().find(|(hit, _)| *hit > at);
            let of_previous = previous.filter(|(hit, _)| at - hit <= after);
            let of = of_previous.or(next.filter(|(hit, _)| hit - at <= before));
            if let Some((hit, number)) = of {
                let distance = i64::try_from(at).unwrap() - i64::try_from(*hit).unwrap();
                found.push((*number, distance, identity(event)));
            }
        }
    }
    found.sort();
    found.into_iter().map(|(number, distance, event)| format!("{number} {distance} {event}")).collect()
}

#[test]
fn context_is_what_stands_around_hits() {
    let evidence = [
        "samples/two-hosts-ws-0417.evtx",
        "samples/two-hosts-ws-0418.evtx",
        "samples/regsvr32.evtx",
        "samples/macro-ws-0431.evtx",
    ];
    let run = |first: &[&str], more: &[&str]| documents(&[first, &evidence, &["-t", "jsonl"], more].concat());
    // Samples whose events all name their processes.
    let all = run(&["query", ALL], &[]);
    for text in ["regsvr32", "powershell", "/[0-9]{4}\\.exe/", "no such text", "host"] {
        let hits = run(&["search", text], &[]);
        for (before, after) in [(0, 1), (1, 0), (2, 3), (50, 50)] {
            for of in ["host", "process"] {
                let (b, a) = (before.to_string(), after.to_string());
                for threads in ["1", "4"] {
                    let memory = if threads == "1" { "1K" } else { "512M" };
                    let more = ["-B", &b, "-A", &a, "--context-of", of, "--threads", threads, "--max-memory", memory];
                    let found = run(&["search", text], &more);
                    let line = |event: &Value| {
                        let hit = |name: &str| at(event, "evql.hit")[name].as_i64().unwrap();
                        format!("{} {} {}", hit("number"), hit("distance"), identity(event))
                    };
                    let found: Vec<String> = found.iter().map(line).collect();
                    let expected = naive_context(&all, &hits, (before, after), of == "process");
                    assert_eq!(found, expected, "{text} {before} {after} {of}");
                }
            }
        }
    }
}
