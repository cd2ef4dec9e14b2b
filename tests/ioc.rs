//! Indicators of compromise, from lists to alerts: every value that an event of any ID can have is found there, and what a scan writes is read again.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

fn evql(arguments: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evql"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).arg("--no-progress");
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// The values of a field of a document, by its dotted name.
fn values<'d>(document: &'d Value, name: &str) -> Vec<String> {
    let mut found = vec![document];
    for part in name.split('.') {
        // Answers of DNS are a list of objects.
        let of = |value: &'d Value| match value {
            Value::Array(values) => values.iter().filter_map(|one| one.get(part)).collect::<Vec<_>>(),
            other => other.get(part).into_iter().collect(),
        };
        found = found.into_iter().flat_map(of).collect();
    }
    let texts = |value: &Value| match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        other => other.as_str().map(str::to_owned).into_iter().collect::<Vec<_>>(),
    };
    found.into_iter().flat_map(texts).collect()
}

/// The fields of docs/ioc.md that hold one value each, with the type that a list gives for them.
fn fields() -> Vec<(String, &'static str)> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ioc.md")).unwrap();
    let mut fields = Vec::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let value_type = match cells[2] {
            "hash" => "hash",
            "address" => "ip",
            "domain" => "domain",
            "path and name" => "path",
            "folder" => "folder",
            name if name.starts_with("name") => "name",
            _ => continue,
        };
        fields.extend(cells[1].split('`').skip(1).step_by(2).map(|name| (name.to_owned(), value_type)));
    }
    assert!(fields.len() > 40, "{fields:?}");
    fields
}

#[test]
fn every_value_of_every_event_id_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (documents, _, _) = evql(&["timeline", "samples/all-ids.evtx", "-t", "ecs", "-q"]);
    let fields = fields();
    let mut ids = BTreeSet::new();
    // Where each value stands, by how a list gives it.
    let mut places: BTreeMap<String, Vec<(String, &str)>> = BTreeMap::new();
    for document in documents.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let record = document["winlog"]["record_id"].as_str().unwrap();
        for (name, value_type) in &fields {
            for value in values(&document, name) {
                let last = value.rsplit(['\\', '/']).next().unwrap();
                let value = if *value_type == "name" { last } else { &value };
                // Of a stream of a file, the file.
                let value = if *value_type == "name" { value.split(':').next().unwrap() } else { value };
                // Some records of the sample have hashes that are none, and a command where others have a path.
                if *value_type == "hash" && value.len() < 32 || value.contains('"') {
                    continue;
                }
                places.entry(format!("{value_type}: {value}")).or_default().push((record.to_owned(), name));
                ids.insert(document["event"]["code"].as_str().unwrap().to_owned());
            }
        }
    }
    let list = folder.path().join("list.txt");
    for (line, places) in &places {
        fs::write(&list, line).unwrap();
        let list = list.to_str().unwrap();
        // Names of hosts without a dot are too broad by themselves.
        let arguments = [
            "ioc",
            "-i",
            list,
            "samples/all-ids.evtx",
            "--keep-broad",
            "--every-event",
            "--no-triage",
            "-q",
            "-o",
            "-",
        ];
        let (alerts, told, code) = evql(&arguments);
        assert_eq!(code, 0, "{line}: {told}");
        let records = alerts.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let records: Vec<Value> = records.map(|alert| alert["events"][0]["winlog"]["record_id"].clone()).collect();
        for (record, name) in places {
            assert!(records.iter().any(|found| found == record), "{name} of record {record} is not found: {line}");
        }
    }
    assert!(ids.len() > 20, "only events of ID {ids:?} have anything");
}

#[test]
fn what_a_scan_writes_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for name in ["indicators.csv", "case.stix.json", "case.misp.json"] {
        let file = at(name);
        let (_, told, code) = evql(&["scan", "samples/regsvr32.evtx", "--include-tag", "T1218.009", "-q", "-o", &file]);
        assert_eq!(code, 0, "{told}");
        // The same bytes for any number of threads.
        let again = at("again");
        let format = if name.ends_with("csv") { "ioc-csv" } else { &name[5..9] };
        evql(&[
            "scan",
            "samples/regsvr32.evtx",
            "--include-tag",
            "T1218.009",
            "-q",
            "-o",
            &again,
            "-C",
            "-t",
            format,
            "--threads",
            "1",
        ]);
        assert!(fs::read(&file).unwrap() == fs::read(&again).unwrap(), "{name}");
        let (found, told, code) =
            evql(&["ioc", "samples/regsvr32.evtx", &file, "-o", "-", "-q", "--fail-on-detection"]);
        assert_eq!(code, 1, "{told}");
        assert!(found.contains("\"104.21.36.77\"") && found.contains("ioc-url"), "{name}: {found}");
        assert!(!told.contains("unusable"), "{told}");
    }
}

#[test]
fn evidence_is_never_taken_for_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("list.txt"), "regsvr32.exe\n").unwrap();
    let (documents, _, _) = evql(&["timeline", "samples/regsvr32.evtx", "-t", "ecs", "-q"]);
    fs::write(at("events.json"), &documents).unwrap();
    let (rows, _, _) = evql(&["timeline", "samples/regsvr32.evtx", "-t", "tle", "-q"]);
    fs::write(at("rows.csv"), rows).unwrap();
    let list = at("list.txt");
    for name in ["events.json", "rows.csv"] {
        let (found, told, code) = evql(&["ioc", &at(name), &list, "-q", "-o", "-"]);
        assert_eq!(code, 0, "{told}");
        assert!(found.contains("ioc-file-name"), "{name} is read as evidence: {told}");
        let (_, told, code) = evql(&["ioc", &at(name)]);
        assert!(code == 3 && told.contains("no list of indicators"), "{name}: {told}");
    }
    // A table that evql wrote and does not read is none either.
    let (rows, _, _) = evql(&["timeline", "samples/regsvr32.evtx", "-q"]);
    fs::write(at("timeline.csv"), rows).unwrap();
    let (_, told, code) = evql(&["ioc", &at("timeline.csv"), "samples/regsvr32.evtx"]);
    assert!(code == 2 && told.contains("events"), "{told}");
}

#[test]
fn endings_that_no_format_has_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for arguments in [
        ["scan", "samples/regsvr32.evtx", "-q", "-o"],
        ["timeline", "samples/regsvr32.evtx", "-q", "-o"],
        ["tree", "samples/regsvr32.evtx", "-q", "-o"],
        ["scan", "samples/regsvr32.evtx", "-q", "--timeline"],
    ] {
        let file = at("out.xlsx");
        let (_, told, code) = evql(&[&arguments[..], &[&file]].concat());
        assert!(code == 3 && told.contains(".xlsx") && told.contains(".json"), "{arguments:?}: {told}");
        assert!(!Path::new(&file).exists());
        let (_, told, code) = evql(&[&arguments[..], &[&at("")]].concat());
        assert!(code == 3 && told.contains("is a folder"), "{arguments:?}: {told}");
    }
}
