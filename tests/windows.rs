//! What a responder meets on Windows and nowhere else: patterns that no shell expands, drives and shares, long paths, files that other programs hold, names of
//! devices, and keys. It runs on Windows itself, and under Wine by `tests/windows/run`.

#![cfg(windows)]
#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and says so when it passes itself over.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const EVQL: &str = env!("CARGO_BIN_EXE_evql");

/// What others may do with a file while it is held: nothing, read, write, rename and remove.
const NOTHING: u32 = 0;
const READ: u32 = 1;
const WRITE: u32 = 2;

fn sample(name: &str) -> PathBuf {
    // Absolute, with the drive and backslashes, wherever the tests run.
    std::path::absolute(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)).unwrap()
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(EVQL);
    command.args(arguments).arg("--no-progress").current_dir(folder).env("SOURCE_DATE_EPOCH", "0");
    command.stdin(Stdio::null()).env_remove("NO_COLOR");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The paths of inputs as the summary has them, of a run that is to find the sample's alerts.
fn alerts(folder: &Path, evidence: &str) -> usize {
    let output = run(folder, &["scan", evidence, "-q", "-o", "-", "-t", "jsonl"]);
    assert_eq!(code(&output), Some(0), "{evidence}: {}", said(&output));
    assert_eq!(said(&output), "", "{evidence}");
    String::from_utf8(output.stdout).unwrap().lines().count()
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// A folder, by its path without `\\?\`, with a log in it.
fn case() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("Security.EVTX");
    fs::copy(sample("regsvr32.evtx"), &log).unwrap();
    (folder, log)
}

/// The same place through the share that Windows makes of a drive, if there is one.
fn through_share(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let shared = format!(r"\\localhost\{}${}", &text[..1], &text[2..]);
    let is_there = Path::new(&shared).exists();
    if !is_there {
        eprintln!("no share of the drive ({shared}): paths of shares were passed over");
    }
    is_there.then_some(shared)
}

#[test]
fn a_place_is_the_same_in_every_writing() {
    let (folder, log) = case();
    let expected = alerts(folder.path(), log.to_str().unwrap());
    assert!(expected > 0);
    let path = log.to_str().unwrap();
    let mut writings = vec![
        "security.evtx".to_owned(),
        r".\SECURITY.EVTX".to_owned(),
        path.replace('\\', "/"),
        path.to_uppercase(),
        format!(r"\\?\{path}"),
        path[2..].to_owned(),
    ];
    if let Some(shared) = through_share(&log) {
        writings.push(format!(r"\\?\UNC\{}", &shared[2..]));
        writings.push(shared);
    }
    for writing in &writings {
        assert_eq!(alerts(folder.path(), writing), expected, "{writing}");
    }
    // However it is written it is one file, and is read once.
    let all: Vec<&str> =
        ["scan", "-q", "-o", "-", "-t", "jsonl"].into_iter().chain(writings.iter().map(String::as_str)).collect();
    let output = run(folder.path(), &all);
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), expected);
    // It is no place for an output in any of them, and neither is a name that differs in letters' case alone.
    for writing in &writings {
        let output = run(folder.path(), &["scan", path, "-q", "-o", writing, "-t", "jsonl", "-C"]);
        assert_eq!(code(&output), Some(3), "{writing}");
        assert!(said(&output).contains("is read by this command"), "{writing}: {}", said(&output));
    }
    assert_eq!(names(folder.path()), ["Security.EVTX"]);
}

#[test]
fn patterns_are_expanded_as_names_of_windows() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("[2024] Acme");
    fs::create_dir(&logs).unwrap();
    for name in ["a.evtx", "B.EVTX", "c[1].evtx"] {
        fs::copy(sample("regsvr32.evtx"), logs.join(name)).unwrap();
    }
    let files = |pattern: &str| {
        let output = run(folder.path(), &["scan", pattern, "-q", "--summary-json", "-"]);
        assert_eq!(code(&output), Some(0), "{pattern}: {}", said(&output));
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        summary["evidence"]["files"].as_u64().unwrap()
    };
    let logs = logs.to_str().unwrap();
    let mut writings = vec![
        (r"[2024] Acme\*.evtx".to_owned(), 3),
        (r"[2024] ACME\?.evtx".to_owned(), 2),
        (r"**\*.EVTX".to_owned(), 3),
        (r"*\c[1].*".to_owned(), 1),
        ("[2024] Acme/*.evtx".to_owned(), 3),
        (format!(r"{logs}\*.evtx"), 3),
        (format!(r"\\?\{logs}\*.evtx"), 3),
    ];
    if let Some(shared) = through_share(Path::new(logs)) {
        writings.push((format!(r"{shared}\*.evtx"), 3));
        writings.push((format!(r"\\?\UNC\{}\b.*", &shared[2..]), 1));
    }
    for (pattern, expected) in writings {
        assert_eq!(files(&pattern), expected, "{pattern}");
    }
    for nothing in [r"[2024] Acme\*.xml", &format!(r"\\?\{logs}\*.xml"), r"nowhere\*.evtx"] {
        let output = run(folder.path(), &["scan", nothing]);
        assert_eq!(code(&output), Some(3));
        assert!(said(&output).contains(&format!("nothing fits the pattern {nothing}")), "{}", said(&output));
    }
    // The `?` of the prefix is none.
    let missing = format!(r"\\?\{logs}\missing.evtx");
    assert!(said(&run(folder.path(), &["scan", &missing])).contains("there is no such file or folder"));
}

#[test]
fn patterns_are_expanded_for_every_command_that_takes_several_paths() {
    let (folder, _) = case();
    let place = folder.path();
    fs::write(place.join("first.eql"), "process where true").unwrap();
    fs::write(place.join("SECOND.EQL"), "file where true").unwrap();
    let checked = run(place, &["rules", "check", "*.eql", "--format", "json"]);
    assert_eq!(code(&checked), Some(0), "{}", said(&checked));
    let listed = run(place, &["rules", "list", "*.eql", "-t", "jsonl"]);
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 2, "{}", said(&listed));
    for number in ["1", "2"] {
        let saved = run(place, &["scan", "*.evtx", "-q", "-o", &format!("alerts-{number}.jsonl")]);
        assert_eq!(code(&saved), Some(0), "{}", said(&saved));
    }
    let page = run(place, &["report", "alerts-*.jsonl", "-o", "report.html"]);
    assert_eq!(code(&page), Some(0), "{}", said(&page));
    assert!(fs::read_to_string(place.join("report.html")).unwrap().contains("alerts-2.jsonl"));
    let new = run(place, &["test", "--new", "Security.EVTX", "-o", "one.test.toml"]);
    assert_eq!(code(&new), Some(0), "{}", said(&new));
    let tested = run(place, &["test", "*.test.toml"]);
    assert_eq!(code(&tested), Some(0), "{}", said(&tested));
    assert!(fs::read_to_string(place.join("one.test.toml")).unwrap().contains("\"Security.EVTX\""));
}

#[test]
fn paths_may_be_longer_than_260_letters() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let mut deep = root.join("evidence");
    while deep.as_os_str().len() < 400 {
        deep.push("a folder with a long name, as collections of whole disks have them");
    }
    fs::create_dir_all(&deep).unwrap();
    fs::copy(sample("regsvr32.evtx"), deep.join("log.evtx")).unwrap();
    let plain = |path: &Path| path.to_str().unwrap().trim_start_matches(r"\\?\").to_owned();
    let log = plain(&deep.join("log.evtx"));
    let expected = alerts(folder.path(), "evidence");
    assert!(expected > 0);
    assert_eq!(alerts(folder.path(), &log), expected);
    assert_eq!(alerts(folder.path(), deep.join("log.evtx").to_str().unwrap()), expected);
    let outputs = root.join(deep.strip_prefix(root.join("evidence")).unwrap());
    fs::create_dir_all(&outputs).unwrap();
    let output = |name: &str| plain(&outputs.join(name));
    let [alerts, page, timeline, summary] = ["a.jsonl", "r.html", "t.csv", "s.json"].map(output);
    let everything =
        ["scan", &*log, "-q", "-o", &*alerts, "-H", &*page, "--timeline", &*timeline, "--summary-json", &*summary];
    // Twice: onto nothing, and onto what is there.
    for last in [&[][..], &["-C"]] {
        let done = run(folder.path(), &[&everything[..], last].concat());
        assert_eq!((code(&done), said(&done)), (Some(0), String::new()));
    }
    let extract = output("extract.evtx");
    let done = run(folder.path(), &["extract", &log, "--alert", "1", "-q", "-o", &extract]);
    assert_eq!(code(&done), Some(0), "{}", said(&done));
    let part = output("part");
    let done =
        run(folder.path(), &["scan", &log, "-q", "--part", &part, "--case-key", "000102030405060708090a0b0c0d0e0f"]);
    assert_eq!(code(&done), Some(0), "{}", said(&done));
    let done = run(folder.path(), &["merge", &part, "-q", "--case-key", "000102030405060708090a0b0c0d0e0f"]);
    assert_eq!(code(&done), Some(0), "{}", said(&done));
    assert_eq!(names(&outputs), ["a.jsonl", "extract.evtx", "part", "r.html", "s.json", "t.csv"]);
}

#[test]
fn logs_that_another_program_holds_are_read_if_it_lets_them_be_and_named_if_not() {
    let (folder, log) = case();
    let expected = alerts(folder.path(), ".");
    let held = |share: u32| OpenOptions::new().read(true).write(true).share_mode(share).open(&log).unwrap();
    // As the event log service holds its logs.
    let service = held(READ | WRITE);
    assert_eq!(alerts(folder.path(), "."), expected);
    drop(service);
    fs::copy(sample("regasm.evtx"), folder.path().join("other.evtx")).unwrap();
    let exclusive = held(NOTHING);
    let output = run(folder.path(), &["scan", ".", "-q", "-o", "-", "-t", "jsonl"]);
    drop(exclusive);
    assert_eq!(code(&output), Some(4));
    assert!(said(&output).contains(r".\Security.EVTX") && said(&output).contains("(os error 32)"), "{}", said(&output));
    assert!(!output.stdout.is_empty(), "the other log is read");
}

#[test]
fn a_log_that_is_still_open_is_read_at_its_real_size() {
    // What a folder says of the size of a file is how long it was when it was closed.
    let folder = tempfile::tempdir().unwrap();
    let mut log = File::create(folder.path().join("live.evtx")).unwrap();
    log.write_all(&fs::read(sample("regsvr32.evtx")).unwrap()).unwrap();
    assert!(alerts(folder.path(), ".") > 0);
    drop(log);
}

#[test]
fn an_output_that_another_program_holds_is_told_and_nothing_is_lost() {
    let (folder, _) = case();
    let target = folder.path().join("alerts.csv");
    fs::write(&target, "of an earlier run\n").unwrap();
    let scan = ["scan", "security.evtx", "-q", "-o", "alerts.csv", "-C"];
    // As a spreadsheet holds what it shows: told before anything is read.
    let spreadsheet = OpenOptions::new().read(true).write(true).share_mode(READ).open(&target).unwrap();
    let output = run(folder.path(), &scan);
    assert_eq!(code(&output), Some(3));
    assert!(
        said(&output).contains("cannot write alerts.csv") && said(&output).contains("(os error 32)"),
        "{}",
        said(&output)
    );
    assert_eq!(names(folder.path()), ["Security.EVTX", "alerts.csv"]);
    drop(spreadsheet);
    // As a program holds it that lets others write, but not remove: only the end shows it.
    let reader = OpenOptions::new().read(true).share_mode(READ | WRITE).open(&target).unwrap();
    let output = run(folder.path(), &scan);
    drop(reader);
    if code(&output) == Some(3) {
        let text = said(&output);
        assert!(text.contains("cannot put alerts.csv in its place; all of it is in alerts.csv.partial"), "{text}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "of an earlier run\n");
        assert!(fs::read_to_string(folder.path().join("alerts.csv.partial")).unwrap().ends_with('\n'));
        fs::remove_file(folder.path().join("alerts.csv.partial")).unwrap();
    } else {
        assert_eq!(code(&output), Some(0), "{}", said(&output));
        assert_eq!(names(folder.path()), ["Security.EVTX", "alerts.csv"]);
    }
    // Free again, it is replaced.
    assert_eq!(code(&run(folder.path(), &scan)), Some(0));
    assert!(fs::read_to_string(&target).unwrap().starts_with("alert,"));
    assert_eq!(names(folder.path()), ["Security.EVTX", "alerts.csv"]);
}

#[test]
fn names_of_devices_and_streams_are_no_files() {
    let (folder, _) = case();
    for name in ["NUL", "nul", r".\NUL"] {
        let output = run(folder.path(), &["scan", "security.evtx", "-q", "-o", name]);
        assert_eq!((code(&output), said(&output)), (Some(0), String::new()), "{name}");
    }
    for (name, reason) in [
        ("CON", "is the name of a device"),
        ("aux.csv", "is the name of a device"),
        ("Nul.jsonl", "is the name of a device"),
        (r".\com1.html", "is the name of a device"),
        ("alerts 12:30.jsonl", "has a colon in it"),
    ] {
        for arguments in [
            &["scan", "security.evtx", "-q", "-C", "-o", name, "-t", "jsonl"][..],
            &["scan", "security.evtx", "-q", "-C", "--summary-json", name],
            &["timeline", "security.evtx", "-q", "-C", "-o", name, "-t", "csv"],
            &["extract", "security.evtx", "-q", "-C", "--alert", "1", "-o", name],
        ] {
            let output = run(folder.path(), arguments);
            assert_eq!(code(&output), Some(3), "{arguments:?}: {}", said(&output));
            assert!(said(&output).contains(reason), "{arguments:?}: {}", said(&output));
        }
    }
    assert_eq!(names(folder.path()), ["Security.EVTX"]);
}

#[test]
fn what_goes_into_a_pipe_is_utf_8_without_colours() {
    let folder = tempfile::tempdir().unwrap();
    let log = sample("non-ascii.evtx");
    let output = run(folder.path(), &["scan", log.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).expect("it is UTF-8, whatever the code page of the console");
    assert!(text.contains("büro-07.corp.example") && !text.contains('\u{1b}'), "{text}");
    let coloured = run(folder.path(), &["scan", log.to_str().unwrap(), "--color", "always"]);
    assert!(String::from_utf8(coloured.stdout).unwrap().contains("\u{1b}["));
}

#[test]
fn letters_of_any_script_are_names() {
    let folder = tempfile::tempdir().unwrap();
    let name = "büro-07 日本 🦀.evtx";
    fs::copy(sample("regsvr32.evtx"), folder.path().join(name)).unwrap();
    let output = run(folder.path(), &["scan", "b*.evtx", "-q", "-o", "größer.jsonl"]);
    assert_eq!(code(&output), Some(0), "{}", said(&output));
    assert!(fs::read_to_string(folder.path().join("größer.jsonl")).unwrap().contains(name));
    // Half of a surrogate pair, which Windows takes in a name.
    let odd: std::ffi::OsString = std::os::windows::ffi::OsStringExt::from_wide(&[0x61, 0xd800, 0x2e, 0x65]);
    if fs::copy(sample("regasm.evtx"), folder.path().join(&odd)).is_err() {
        return eprintln!("the file system has only names that are Unicode: others were passed over");
    }
    let output = run(folder.path(), &["scan", ".", "-q", "-o", "-", "-t", "jsonl"]);
    assert_eq!(code(&output), Some(0), "{}", said(&output));
    assert!(String::from_utf8(output.stdout).unwrap().contains("regasm"), "the log with the odd name is read");
}

/// Waits until a folder holds something.
fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_there() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_run_that_is_ended_leaves_its_part_and_no_temporary_file() {
    let (folder, log) = case();
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    fs::write(folder.path().join("alerts.jsonl"), "of an earlier run\n").unwrap();
    let mut command = command(folder.path(), &["scan", "-", "-o", "alerts.jsonl", "-C"]);
    command
        .env("TMP", &temporary)
        .env("TEMP", &temporary)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&fs::read(log).unwrap()).unwrap();
    wait_for("the temporary file of standard input", || !names(&temporary).is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    drop(stdin);
    wait_for("the end of the temporary file", || names(&temporary).is_empty());
    assert_eq!(fs::read_to_string(folder.path().join("alerts.jsonl")).unwrap(), "of an earlier run\n");
    assert_eq!(names(folder.path()), ["Security.EVTX", "alerts.jsonl", "alerts.jsonl.partial", "temporary"]);
    // The next run takes over what is left, and leaves nothing but its output.
    let output = run(folder.path(), &["scan", "security.evtx", "-q", "-o", "alerts.jsonl", "-C"]);
    assert_eq!(code(&output), Some(0), "{}", said(&output));
    assert!(names(&temporary).is_empty());
    assert_eq!(names(folder.path()), ["Security.EVTX", "alerts.jsonl", "temporary"]);
}

#[test]
fn two_runs_do_not_write_one_output() {
    let (folder, _) = case();
    let mut first = command(folder.path(), &["scan", "-", "-o", "alerts.jsonl"]);
    let mut first = first.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the part", || folder.path().join("alerts.jsonl.partial").exists());
    let second = run(folder.path(), &["scan", "security.evtx", "-q", "-o", "ALERTS.jsonl"]);
    assert_eq!(code(&second), Some(3));
    assert!(said(&second).contains("is being written already"), "{}", said(&second));
    first.stdin.take().unwrap().write_all(&fs::read(sample("regsvr32.evtx")).unwrap()).unwrap();
    assert!(first.wait().unwrap().success());
    assert_eq!(names(folder.path()), ["Security.EVTX", "alerts.jsonl"]);
}

/// Runs evql until a file is there (`FILE>SIZE`), and presses Ctrl-C then.
fn interrupted(folder: &Path, mark: &str, arguments: &[&str]) -> Output {
    let keys = std::env::var_os("EVQL_CTRL").expect("EVQL_CTRL names the program of tests/windows/ctrl.c");
    let mut command = Command::new(keys);
    command.arg(mark).arg(EVQL).args(arguments).arg("--no-progress").current_dir(folder);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Standard input stays open until the end.
    let stdin = child.stdin.take();
    let mut output = Output { status: child.wait().unwrap(), stdout: Vec::new(), stderr: Vec::new() };
    drop(stdin);
    child.stdout.unwrap().read_to_end(&mut output.stdout).unwrap();
    child.stderr.unwrap().read_to_end(&mut output.stderr).unwrap();
    output
}

#[test]
#[ignore = "needs EVQL_CTRL"]
fn ctrl_c_leaves_whole_lines_or_nothing() {
    let (folder, _) = case();
    let place = folder.path();
    let before = interrupted(place, "alerts.jsonl.partial", &["scan", "-", "-o", "alerts.jsonl"]);
    assert_eq!(code(&before), Some(130), "{}", said(&before));
    assert!(said(&before).contains("interrupted; nothing was written of alerts.jsonl"), "{}", said(&before));
    assert_eq!(names(place), ["Security.EVTX"]);

    let forged = run(place, &["forge", "--large", "32M", "-q", "-o", "logs"]);
    assert_eq!(code(&forged), Some(0), "{}", said(&forged));
    fs::write(place.join("t.csv"), "of an earlier run\n").unwrap();
    let during = interrupted(place, "t.csv.partial>300000", &["timeline", "logs", "-o", "t.csv", "-C"]);
    assert_eq!(code(&during), Some(130), "{}", said(&during));
    assert!(said(&during).contains("t.csv.partial ends with its last complete line"), "{}", said(&during));
    assert_eq!(fs::read_to_string(place.join("t.csv")).unwrap(), "of an earlier run\n");
    assert!(fs::read_to_string(place.join("t.csv.partial")).unwrap().ends_with('\n'));
}

#[test]
fn a_file_that_is_write_protected_is_not_replaced() {
    let (folder, _) = case();
    let target = folder.path().join("alerts.jsonl");
    fs::write(&target, "of an earlier run\n").unwrap();
    let mut protected = fs::metadata(&target).unwrap().permissions();
    protected.set_readonly(true);
    fs::set_permissions(&target, protected.clone()).unwrap();
    if OpenOptions::new().write(true).open(&target).is_ok() {
        return eprintln!("write protection protects nothing from this user (root under Wine): it was passed over");
    }
    let output = run(folder.path(), &["scan", "security.evtx", "-q", "-o", "alerts.jsonl", "-C"]);
    assert_eq!(code(&output), Some(3));
    assert!(said(&output).contains("cannot write alerts.jsonl"), "{}", said(&output));
    assert_eq!(fs::read_to_string(&target).unwrap(), "of an earlier run\n");
    assert_eq!(names(folder.path()), ["Security.EVTX", "alerts.jsonl"]);
    #[expect(clippy::permissions_set_readonly_false, reason = "Windows has no others that it would open the file to")]
    protected.set_readonly(false);
    fs::set_permissions(&target, protected).unwrap();
}
