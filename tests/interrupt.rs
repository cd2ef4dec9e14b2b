//! Ctrl-C leaves complete lines, nothing in place of what was not begun, and the exit code 130.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn evql(args: &[&str]) -> Command {
    const EVQL: &str = env!("CARGO_BIN_EXE_evql");
    // Whoever runs the tests by `nohup` ignores the end of the terminal, and a program that is started so takes no signal over: `env` undoes it.
    let mut command = if is_hangup_ignored() { Command::new("env") } else { Command::new(EVQL) };
    if is_hangup_ignored() {
        command.args(["--default-signal=HUP,INT,TERM", EVQL]);
    }
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 1 != 0)
}

/// Signals that end a program: Ctrl-C, a shutdown or time limit, a terminal that is closed.
const SIGNALS: [&str; 3] = ["-INT", "-TERM", "-HUP"];

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// A folder of forged logs, with more to tell of than a pipe holds.
fn forged(folder: &Path) -> String {
    let logs = folder.join("logs").to_str().unwrap().to_owned();
    let done = evql(&["forge", "--large", "4M", "--seed", "3", "-o", &logs]).status().unwrap();
    assert!(done.success());
    logs
}

#[test]
fn a_timeline_that_is_interrupted_ends_with_a_complete_line() {
    let folder = tempfile::tempdir().unwrap();
    let logs = forged(folder.path());
    for (format, signal) in ["csv", "jsonl", "ecs"].into_iter().zip(SIGNALS) {
        assert_whole_lines(&["timeline", &logs, "-t", format, "-q"], signal);
    }
}

#[test]
fn whatever_is_interrupted_ends_with_a_complete_line() {
    let folder = tempfile::tempdir().unwrap();
    let logs = forged(folder.path());
    let list = folder.path().join("list.txt");
    std::fs::write(&list, "svchost.exe\nchrome.exe\nexplorer.exe\n").unwrap();
    let list = list.to_str().unwrap();
    let logs = logs.as_str();
    // A process with long descendants: the story of an incident here fits into a pipe.
    let shells = ["timeline", logs, "-q", "--image", "explorer.exe", "--depth", "0", "--fields", "process.entity_id"];
    let shells = String::from_utf8(evql(&shells).stdout(Stdio::piped()).output().unwrap().stdout).unwrap();
    let shell = shells.lines().nth(1).unwrap();
    let outputs: &[&[&str]] = &[
        &["search", "e", logs],
        &["search", "e", logs, "--context", "1", "-t", "csv"],
        &["search", "e", logs, "-t", "json"],
        &["stack", "process.command_line,process.entity_id", logs, "--limit", "0"],
        &["stack", "process.command_line,process.entity_id", logs, "-t", "csv"],
        &["tree", logs],
        &["story", logs, "--all", "--guid", shell],
        &["query", "any where true", logs],
        &["scan", logs, "--all", "--no-triage"],
        &["ioc", list, logs, "--every-event", "-o", "-", "-t", "jsonl"],
    ];
    for (output, signal) in outputs.iter().zip(SIGNALS.into_iter().cycle()) {
        assert_whole_lines(output, signal);
    }
}

/// Runs a program that writes more than a pipe holds, and ends it while it does.
fn assert_whole_lines(args: &[&str], signal: &str) {
    // On a busy machine the signal may come after the last line was written: then there was nothing to interrupt.
    let interrupted = (0..20).find_map(|_| interrupted(args, signal));
    let bytes = interrupted.unwrap_or_else(|| panic!("{args:?}: it was never interrupted"));
    assert!(bytes > 1000, "{args:?} {signal}");
}

/// How much was written until the signal; `None` if the output was complete before.
fn interrupted(args: &[&str], signal: &str) -> Option<usize> {
    let mut child = evql(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    // Much more is to come than a pipe holds: the program is writing, and waits for us.
    let mut bytes = vec![0; 1000];
    out.read_exact(&mut bytes).unwrap();
    send(signal, &child);
    out.read_to_end(&mut bytes).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(matches!(done.status.code(), Some(0 | 4 | 130)), "{args:?} {signal}: {:?}", done.status);
    assert_eq!(bytes.last(), Some(&b'\n'), "{args:?} {signal}");
    let said = String::from_utf8_lossy(&done.stderr);
    let is_cut = said.contains("interrupted; the output ends with its last complete line");
    (done.status.code() == Some(130) && is_cut).then_some(bytes.len())
}

#[test]
fn a_run_that_is_interrupted_before_it_writes_leaves_no_empty_file() {
    let folder = tempfile::tempdir().unwrap();
    let (findings, timeline) = (folder.path().join("findings.jsonl"), folder.path().join("timeline.csv"));
    let name = |path: &Path| path.to_str().unwrap().to_owned();
    // Standard input that says nothing and does not end.
    for (format, signal) in
        ["jsonl", "md", "stix", "misp", "navigator", "ioc-csv", "html"].into_iter().zip(SIGNALS.into_iter().cycle())
    {
        let mut child =
            evql(&["scan", "-", "-q", "-o", &name(&findings), "-t", format, "--timeline", &name(&timeline)])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
        // To wait for a child closes its standard input, and then the run would end by itself.
        let _open = child.stdin.take();
        let begun = folder.path().join("timeline.csv.partial");
        while !begun.exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::yield_now();
        }
        send(signal, &child);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{format} {signal}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{format} {signal}");
    }
}

/// A file at the place of an output is whole, whatever ends the run; what was written until then stands beside it.
#[test]
fn a_file_that_is_interrupted_leaves_whole_lines_beside_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let logs = forged(folder.path());
    let (target, part) = (folder.path().join("timeline.csv"), folder.path().join("timeline.csv.partial"));
    std::fs::write(&target, "of an earlier run\n").unwrap();
    for signal in SIGNALS {
        let cut = (0..20).find_map(|_| {
            let _ = std::fs::remove_file(&part);
            let arguments = ["timeline", &logs, "-q", "-C", "-o", target.to_str().unwrap()];
            let mut child = evql(&arguments).stderr(Stdio::piped()).spawn().unwrap();
            let has_begun = || part.metadata().is_ok_and(|data| data.len() > 0);
            while !has_begun() && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            send(signal, &child);
            let done = child.wait_with_output().unwrap();
            if done.status.code() == Some(130) {
                return Some(String::from_utf8(done.stderr).unwrap());
            }
            std::fs::write(&target, "of an earlier run\n").unwrap();
            None
        });
        let said = cut.unwrap_or_else(|| panic!("{signal}: it was never interrupted"));
        assert!(
            said.contains("timeline.csv is incomplete")
                && said.contains("timeline.csv.partial ends with its last complete line"),
            "{said}"
        );
        let left = std::fs::read_to_string(&part).unwrap();
        assert!(left.ends_with('\n') && left.starts_with("@timestamp,"), "{signal}");
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "of an earlier run\n", "{signal}");
    }
}

/// A part of a scan is there as a whole or not at all, and what a killed run has left disturbs none that comes after it.
#[test]
fn a_part_that_is_interrupted_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let logs = forged(folder.path());
    let parts = folder.path().join("parts");
    let part = parts.join("one");
    let key = "00112233445566778899aabbccddeeff";
    let args = ["scan", &logs, "-q", "--part", part.to_str().unwrap(), "--case-key", key];
    let names = || -> Vec<String> {
        let entries = std::fs::read_dir(&parts).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    for signal in ["-INT", "-TERM", "-KILL"] {
        let mut child = evql(&args).spawn().unwrap();
        while names().is_empty() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::yield_now();
        }
        send(signal, &child);
        let code = child.wait().unwrap().code();
        // On a busy machine the signal may come after the part took its place.
        if part.exists() {
            std::fs::remove_dir_all(&part).unwrap();
            continue;
        }
        let left = names();
        if signal == "-KILL" {
            assert!(left.iter().all(|name| name.starts_with(".one.unfinished-")), "{left:?}");
        } else {
            assert_eq!((code, left), (Some(130), Vec::new()), "{signal}");
        }
    }
    assert!(evql(&args).status().unwrap().success());
    let merge = ["merge", part.to_str().unwrap(), "-q", "--case-key", key, "--fail-on-detection"];
    assert_eq!(evql(&merge).status().unwrap().code(), Some(1), "it has what a scan finds");
}

/// What `nohup` starts goes on when the terminal is closed.
#[test]
fn a_run_that_is_to_outlive_its_terminal_does() {
    let mut child = Command::new("nohup")
        .args([env!("CARGO_BIN_EXE_evql"), "info", "-", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds: when it is written, the program reads, and has long been told what to do with signals.
    input.write_all(&vec![b' '; 1 << 20]).unwrap();
    send("-HUP", &child);
    drop(input);
    // Blanks are no log: that is told, and nobody has ended the run before.
    assert_eq!(child.wait().unwrap().code(), Some(3));
}
