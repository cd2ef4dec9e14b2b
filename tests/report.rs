//! The HTML report as a responder makes it: in the same run as a scan, or later from saved alerts, theirs or somebody else's.
//!
//! `EVQL_BLESS=1` rewrites the kept page; read it before you commit it. `tests/page/test.mjs` looks at the page in a browser.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and says so when it passes itself over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn evql(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evql"));
    command.args(arguments).current_dir(ROOT).env("NO_COLOR", "1").env("SOURCE_DATE_EPOCH", "1711929600");
    command.output().unwrap()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn at(folder: &tempfile::TempDir, name: &str) -> (PathBuf, String) {
    let path = folder.path().join(name);
    let text = path.to_str().unwrap().to_owned();
    (path, text)
}

/// What follows alerts on a page: style and script would only hide it, and so would what differs from run to run.
fn content(page: &str) -> String {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (body, _) = rest.rsplit_once("<script>").unwrap();
    let head = head.split_once("content=\"default-src").map_or(head, |(before, _)| before);
    // One element a line is easier to compare.
    format!("{head}{body}")
        .replace("><", ">\n<")
        .lines()
        .filter(|line| !line.contains("evql report "))
        .fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn a_page_of_saved_alerts_is_the_one_that_was_read_and_kept() {
    let folder = folder();
    let (path, out) = at(&folder, "report.html");
    let output = evql(&["report", "tests/page/alerts.jsonl", "-o", &out]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let version = format!("evql {}", env!("CARGO_PKG_VERSION"));
    let shown = content(&fs::read_to_string(path).unwrap()).replace(&version, "evql VERSION");
    let kept = Path::new(ROOT).join("tests/page/expected.html");
    if std::env::var_os("EVQL_BLESS").is_some() {
        fs::write(&kept, &shown).unwrap();
    }
    let expected = fs::read_to_string(&kept).unwrap_or_default().replace("\r\n", "\n");
    assert!(expected == shown, "the page differs from tests/page/expected.html; EVQL_BLESS=1 rewrites it");
}

#[test]
fn a_scan_gives_the_same_page_for_any_number_of_threads() {
    let folder = folder();
    let (path, out) = at(&folder, "report.html");
    let files =
        ["regsvr32", "two-hosts-ws-0417", "two-hosts-ws-0418", "broken-empty", "broken-checksum", "several-chunks"]
            .map(|name| format!("samples/{name}.evtx"));
    let mut pages = Vec::new();
    for threads in ["1", "4"] {
        let options = ["scan", "-H", &out, "-C", "-q", "--hash-inputs", "--allow-partial", "--threads", threads];
        let output = evql(&options.into_iter().chain(files.iter().map(String::as_str)).collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        pages.push(fs::read_to_string(&path).unwrap().replace(&format!("--threads {threads}"), ""));
    }
    assert!(pages[0] == pages[1]);
    for text in [
        " rules on 2 hosts",
        "Report made</dt><dd>2024-04-01 00:00:00 UTC",
        "samples/broken-empty.evtx",
        "the checksum of its header does not fit",
        "record numbers missing",
        "Process tree",
    ] {
        assert!(pages[0].contains(text), "{text}");
    }
}

#[test]
fn a_scan_and_its_saved_alerts_give_the_same_cards() {
    let folder = folder();
    let (direct, direct_name) = at(&folder, "direct.html");
    let (_, alerts) = at(&folder, "alerts.jsonl");
    let (saved, saved_name) = at(&folder, "saved.html");
    evql(&["scan", "samples/regsvr32.evtx", "samples/dns.evtx", "-o", &alerts, "-H", &direct_name, "-q"]);
    evql(&["report", &alerts, "-o", &saved_name, "-q"]);
    let cards = |path| {
        let page = fs::read_to_string(path).unwrap();
        page.split_once("<div id=\"cards\">").unwrap().1.rsplit_once("<footer>").unwrap().0.to_owned()
    };
    let (direct, saved) = (cards(direct), cards(saved));
    // What could not be seen, the case and the evidence are the scan's own.
    let parts = |page: &str| {
        let (cards, rest) = page.split_once("<section id=\"unseen\">").unwrap();
        let rules = rest.split_once("<section id=\"rules\">").unwrap().1;
        [cards.to_owned(), rules.split("<section id=\"evidence\">").next().unwrap().to_owned()]
    };
    assert!(direct.contains("<details class=\"incident") && direct.contains("What happened, in order"));
    assert!(parts(&direct) == parts(&saved), "cards, rules and indicators do not depend on where the alerts come from");
    assert!(direct.contains("Investigation guide") && direct.contains("record 2007 in samples/regsvr32.evtx"));
}

#[test]
fn the_format_is_told_by_the_ending_and_by_name() {
    let folder = folder();
    let (by_ending, name) = at(&folder, "a.html");
    evql(&["scan", "samples/regasm.evtx", "-o", &name, "-q"]);
    let by_name = evql(&["scan", "samples/regasm.evtx", "-o", "-", "-t", "html", "-q"]).stdout;
    for page in [fs::read(by_ending).unwrap(), by_name] {
        assert!(page.starts_with(b"<!DOCTYPE html><html") && page.ends_with(b"</html>\n"));
    }
}

#[test]
fn a_password_does_not_get_into_the_case_file() {
    for words in [&["--archive-password", "s3cret"][..], &["--archive-password=s3cret"]] {
        let output = evql(&[&["scan", "samples/regasm.evtx", "-q", "-H", "-"][..], words].concat());
        let page = String::from_utf8(output.stdout).unwrap();
        assert!(page.contains("--archive-password") && !page.contains("s3cret"));
    }
}

#[test]
fn bad_lines_are_named_and_the_rest_is_shown() {
    let folder = folder();
    let (path, name) = at(&folder, "alerts.jsonl");
    let (page, out) = at(&folder, "report.html");
    let good = fs::read_to_string(Path::new(ROOT).join("tests/page/alerts.jsonl")).unwrap();
    fs::write(&path, format!("{good}<script>\n{{\"process\":{{}}}}\n")).unwrap();
    let output = evql(&["report", &name, "-o", &out]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(
        told.contains("line 6: it is not JSON") && told.contains("line 7: it is no alert: it names no rule"),
        "{told}"
    );
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("5 alerts (") && page.contains("<td>line 6</td>") && page.contains("it is no alert"));
    let again = evql(&["report", &name, "-o", &out]);
    assert_eq!(again.status.code(), Some(3), "a file that is there is not written over");
    let input = evql(&["report", &name, "-o", &name, "-C"]);
    assert_eq!(input.status.code(), Some(3), "nor the alerts themselves");
    assert_eq!(evql(&["report", "not-there.jsonl", "-o", "x.html"]).status.code(), Some(3));
    assert!(!Path::new(ROOT).join("x.html").exists(), "nothing is left behind");
}

#[test]
fn rules_give_what_alerts_do_not_carry() {
    let folder = folder();
    let (_, name) = at(&folder, "bare.jsonl");
    let (rule, rule_name) = at(&folder, "rule.toml");
    fs::write(&name, "{\"rule\":{\"id\":\"r-low\",\"name\":\"Whoami\"},\"@timestamp\":\"2024-01-01T00:00:00Z\"}\n")
        .unwrap();
    fs::write(
        rule,
        "[rule]\nid = \"r-low\"\nname = \"Whoami\"\ndescription = \"d\"\nseverity = \"low\"\nrisk_score = 21\nnote = \"Ask **why**.\"\nquery = 'process where process.name : \"whoami.exe\"'\n",
    )
    .unwrap();
    let with = evql(&["report", &name, "-r", &rule_name]);
    let page = String::from_utf8(with.stdout).unwrap();
    assert!(
        page.contains("<p>Ask <strong>why</strong>.</p>") && page.contains("process.name : &quot;whoami.exe&quot;"),
        "{}",
        String::from_utf8_lossy(&with.stderr)
    );
    let without = String::from_utf8(evql(&["report", &name]).stdout).unwrap();
    assert!(without.contains("do not carry the query"));
}

#[test]
fn a_closed_pipe_is_a_success() {
    use std::io::Read as _;
    use std::process::Stdio;
    let mut child = Command::new(env!("CARGO_BIN_EXE_evql"))
        .args(["scan", "samples", "-H", "-", "-q"])
        .current_dir(ROOT)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 100]).unwrap();
    drop(stdout);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
