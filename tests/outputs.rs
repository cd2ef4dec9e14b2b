//! What a command may write over, what it says by its exit code, and that standard input gives what a file gives.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/regsvr32.evtx");

fn evql(folder: &Path, arguments: &[&str], input: Option<&[u8]>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evql"));
    command.current_dir(folder).args(arguments).arg("--no-progress").env("SOURCE_DATE_EPOCH", "0");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = stdin.write_all(input.unwrap_or_default());
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

fn zip_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn no_output_replaces_evidence_of_any_kind() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    let log = fs::read(SAMPLE).unwrap();
    let mut headless = log.clone();
    headless[..4096].fill(0);
    let xml = "<Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'></Event></Events>";
    let files: [(&str, Vec<u8>); 5] = [
        ("log.evtx", log.clone()),
        ("headless.bin", headless),
        ("host.zip", zip_of("log.evtx", &log)),
        ("export.xml", xml.into()),
        ("documents.ndjson", b"{\"@timestamp\":\"2024-01-01T00:00:00Z\"}\n".to_vec()),
    ];
    for (name, bytes) in &files {
        fs::write(evidence.join(name), bytes).unwrap();
    }
    fs::hard_link(evidence.join("host.zip"), folder.path().join("link.out")).unwrap();
    fs::hard_link(evidence.join("export.xml"), folder.path().join("second-name.out")).unwrap();
    let targets = files.iter().map(|(name, _)| format!("evidence/{name}"));
    for target in targets.chain(["link.out".to_owned(), "second-name.out".to_owned()]) {
        for arguments in [
            &["scan", "evidence", "-q", "-C", "-o", &target][..],
            &["scan", "evidence", "-q", "-C", "--summary-json", &target],
            &["scan", "evidence", "-q", "-C", "-H", &target],
            &["scan", "evidence", "-q", "-C", "--timeline", &target],
            &["timeline", "evidence", "-q", "-C", "-o", &target],
            &["query", "any where true", "evidence", "-q", "-C", "-o", &target],
            &["tree", "evidence", "-q", "-C", "-o", &target],
            &["info", "evidence", "-q", "-C", "-o", &target],
        ] {
            let output = evql(folder.path(), arguments, None);
            assert_eq!(code(&output), 3, "{arguments:?}: {}", text(&output));
        }
    }
    for (name, bytes) in &files {
        assert!(fs::read(evidence.join(name)).unwrap() == *bytes, "{name} was changed");
    }
    // An output of an earlier run is no evidence, wherever it stands.
    for round in 0..2 {
        let arguments = ["scan", "evidence/log.evtx", "-q", "-C", "-o", "evidence/alerts.json", "-t", "json"];
        assert_eq!(code(&evql(folder.path(), &arguments, None)), 0, "round {round}");
    }
}

#[test]
fn no_output_replaces_another_one_or_a_rule() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rule.eql"), "any where true").unwrap();
    for arguments in [
        &["scan", SAMPLE, "-q", "-o", "a.jsonl", "--timeline", "./a.jsonl"][..],
        &["scan", SAMPLE, "-q", "-H", "a.html", "--summary-json", "a.html"],
        &["timeline", SAMPLE, "-q", "-o", "a.csv", "--summary-json", "a.csv"],
    ] {
        let output = evql(folder.path(), arguments, None);
        assert_eq!(code(&output), 3, "{}", text(&output));
        assert!(text(&output).contains("one file"), "{}", text(&output));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was made");
    let output = evql(folder.path(), &["scan", SAMPLE, "-q", "-C", "-r", "rule.eql", "-o", "rule.eql"], None);
    assert_eq!(code(&output), 3, "{}", text(&output));
    let output = evql(folder.path(), &["scan", SAMPLE, "-q", "-C", "-r", ".", "-o", "rule.eql"], None);
    assert_eq!(code(&output), 3, "{}", text(&output));
    assert_eq!(fs::read_to_string(folder.path().join("rule.eql")).unwrap(), "any where true");
}

#[test]
fn foreign_files_are_named_and_change_no_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let collection = folder.path().join("collection");
    fs::create_dir(&collection).unwrap();
    fs::write(collection.join("NTUSER.DAT"), b"regf....").unwrap();
    fs::write(collection.join("empty.txt"), b"").unwrap();
    let output = evql(folder.path(), &["scan", "collection"], None);
    assert_eq!(code(&output), 3, "no event log at all: {}", text(&output));
    fs::copy(SAMPLE, collection.join("log.evtx")).unwrap();
    let output = evql(folder.path(), &["scan", "collection"], None);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert!(
        text(&output).contains("NTUSER.DAT") && text(&output).contains("2 files of other kinds passed over"),
        "{}",
        text(&output)
    );
    let log = fs::read(SAMPLE).unwrap();
    fs::write(collection.join("cut.evtx"), &log[..4096 + 3000]).unwrap();
    let output = evql(folder.path(), &["scan", "collection"], None);
    assert_eq!(code(&output), 4, "damage does: {}", text(&output));
}

#[test]
fn standard_input_of_every_kind_gives_what_the_file_gives() {
    let folder = tempfile::tempdir().unwrap();
    let log = fs::read(SAMPLE).unwrap();
    let timeline = evql(folder.path(), &["timeline", SAMPLE, "-q", "-t", "ecs"], None).stdout;
    let zip = zip_of("log.evtx", &log);
    for (name, bytes) in [("log.evtx", log), ("documents.ndjson", timeline), ("log.zip", zip)] {
        fs::write(folder.path().join(name), &bytes).unwrap();
        for arguments in [
            &["scan", "PATH", "-q", "-t", "jsonl", "-o", "-", "--no-triage"][..],
            &["scan", "PATH", "-q", "-t", "jsonl", "-o", "-"],
            &["scan", "PATH", "-q", "-t", "html", "-o", "-"],
            &["timeline", "PATH", "-q", "-t", "jsonl"],
            &["tree", "PATH", "-q"],
            &["query", "process where true", "PATH", "-q", "-t", "jsonl"],
            &["info", "PATH", "-q"],
        ] {
            let with =
                |path: &str| -> Vec<String> { arguments.iter().map(|word| word.replace("PATH", path)).collect() };
            let run = |path: &str, input: Option<&[u8]>| {
                let arguments = with(path);
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                let output = evql(folder.path(), &arguments, input);
                assert_eq!(code(&output), 0, "{arguments:?}: {}", text(&output));
                let text = String::from_utf8(output.stdout).unwrap();
                // The paths of the two differ, and the command that a page shows.
                let text = text.replace("(standard input)", name);
                let kept = |line: &&str| !line.contains("evql scan");
                text.lines().filter(kept).collect::<Vec<_>>().join("\n")
            };
            let (from_file, from_stdin) = (run(name, None), run("-", Some(&bytes)));
            assert!(!from_file.is_empty(), "{arguments:?}");
            if !arguments.contains(&"html") {
                let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                assert_eq!(words(&from_stdin), words(&from_file), "{name}: {arguments:?}");
            }
        }
    }
    assert_eq!(code(&evql(folder.path(), &["scan", "-"], Some(b""))), 3, "nothing came");
}

#[test]
fn what_could_not_be_found_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/dns.evtx");
    let said = |arguments: &[&str]| {
        text(&evql(folder.path(), arguments, None)).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let scan = said(&["scan", sample, "--include-eid", "5", "--include-tag", "T1218.009"]);
    assert!(
        scan.contains(
            "could find nothing: it needs events of ID 1 or 7, then of 3 or 22, and here are none of 1 or 7 and of 3 or 22"
        ),
        "{scan}"
    );
    assert!(scan.contains("only the one built-in rule ran") && scan.contains("elastic/detection-rules"), "{scan}");
    let without = folder.path().join("other.json");
    fs::write(&without, "{\"@timestamp\":\"2024-01-01T00:00:00Z\"}").unwrap();
    for arguments in [&["query", "process where true"][..], &["tree"], &["scan"]] {
        let text = said(&[arguments, &[sample, "--include-eid", "99"]].concat());
        assert!(text.contains("Sysmon no events left"), "{arguments:?}: {text}");
    }
}

#[test]
fn patterns_that_no_shell_has_expanded_are() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("logs")).unwrap();
    fs::copy(SAMPLE, folder.path().join("logs/a.evtx")).unwrap();
    fs::copy(SAMPLE, folder.path().join("logs/b[1].evtx")).unwrap();
    let files = |pattern: &str| {
        let output = evql(folder.path(), &["scan", pattern, "-q", "--summary-json", "-"], None);
        assert_eq!(code(&output), 0, "{pattern}: {}", text(&output));
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        summary["evidence"]["files"].as_u64().unwrap()
    };
    assert_eq!(files("logs/*.evtx"), 2);
    assert_eq!(files("l*/?.evtx"), 1);
    assert_eq!(files("**/*.evtx"), 2);
    assert_eq!(files("logs/b[1].evtx"), 1, "a file of that name wins");
    let output = evql(folder.path(), &["scan", "logs/*.xml"], None);
    assert_eq!(code(&output), 3);
    assert!(text(&output).contains("nothing fits the pattern logs/*.xml"), "{}", text(&output));
}
