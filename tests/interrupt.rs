//! Ctrl-C leaves complete lines, nothing in place of what was not begun, and the exit code 130.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn evql(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evql"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// What Ctrl-C sends.
fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_timeline_that_is_interrupted_ends_with_a_complete_line() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    let logs = logs.to_str().unwrap();
    let forged = evql(&["forge", "--large", "4M", "--seed", "3", "-o", logs]).status().unwrap();
    assert!(forged.success());
    for format in ["csv", "jsonl", "ecs"] {
        // On a busy machine the signal may come after the last line was written: then there was nothing to interrupt.
        let interrupted = (0..20).find_map(|_| interrupted_timeline(logs, format));
        let bytes = interrupted.unwrap_or_else(|| panic!("{format}: it was never interrupted"));
        assert_eq!(bytes.last(), Some(&b'\n'), "{format}");
        assert!(bytes.len() > 1000, "{format}");
    }
}

/// What a timeline has written when it is interrupted while it writes; `None` if it came to its end before.
fn interrupted_timeline(logs: &str, format: &str) -> Option<Vec<u8>> {
    let mut child = evql(&["timeline", logs, "-t", format, "-q"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    // Much more is to come than a pipe holds: the program is writing, and waits for us.
    let mut bytes = vec![0; 1000];
    out.read_exact(&mut bytes).unwrap();
    interrupt(&child);
    out.read_to_end(&mut bytes).unwrap();
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(0 | 130)), "{format}: {code:?}");
    (code == Some(130)).then_some(bytes)
}

#[test]
fn a_run_that_is_interrupted_before_it_writes_leaves_no_empty_file() {
    let folder = tempfile::tempdir().unwrap();
    let (findings, timeline) = (folder.path().join("findings.jsonl"), folder.path().join("timeline.csv"));
    let name = |path: &Path| path.to_str().unwrap().to_owned();
    // Standard input that says nothing and does not end.
    let mut child = evql(&["scan", "-", "-q", "-o", &name(&findings), "--timeline", &name(&timeline)])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // To wait for a child closes its standard input, and then the run would end by itself.
    let _open = child.stdin.take();
    while !timeline.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!findings.exists() && !timeline.exists());
}
