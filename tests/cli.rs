//! Sessions at the command line: what was typed, what came back, and the exit code.
//!
//! `TRYCMD=overwrite cargo test --test cli` rewrites them; read them before you commit them.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and says so when it passes itself over.

#[test]
fn sessions() {
    let cases = trycmd::TestCases::new();
    for session in session_files() {
        cases.case(session);
    }
    // Another build of the same program, such as the static one of a release: tests/static/run.
    if let Some(program) = std::env::var_os("EVQL_PROGRAM") {
        cases.register_bin("evql", std::path::PathBuf::from(program));
    }
    cases.env("NO_COLOR", "1").env("COLUMNS", "100").env("SOURCE_DATE_EPOCH", "1711929600");
}

/// The sessions; the guide for responders is one too.
#[cfg(not(windows))]
fn session_files() -> [&'static str; 2] {
    ["tests/cli/*.trycmd", "docs/guide.md"]
}

#[cfg(windows)]
use copies::session_files;

#[cfg(windows)]
mod copies {
    use std::fs;
    use std::path::{Path, PathBuf};
    use walkdir::WalkDir;

    /// Copies of the sessions, in which what is printed is what trycmd makes of the same on Windows.
    pub fn session_files() -> [PathBuf; 2] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sessions");
        let _ = fs::remove_dir_all(&copies);
        let sessions = root.join("tests/cli");
        for entry in WalkDir::new(&sessions).into_iter().map(Result::unwrap) {
            let path = entry.path();
            let below = path.strip_prefix(&sessions).unwrap();
            let place = copies.join(below);
            let first = below.iter().next().map(|name| Path::new(name).extension().unwrap_or_default().to_owned());
            if entry.file_type().is_dir() {
                fs::create_dir_all(place).unwrap();
            } else if first.is_some_and(|ending| ending == "trycmd" || ending == "out") {
                fs::write(place, printed_on_windows(&fs::read_to_string(path).unwrap())).unwrap();
            } else {
                fs::copy(path, place).unwrap();
            }
        }
        let guide = fs::read_to_string(root.join("docs/guide.md")).unwrap();
        fs::write(copies.join("guide.md"), printed_on_windows(&guide)).unwrap();
        [copies.join("*.trycmd"), copies.join("guide.md")]
    }

    /// Files that evql finds in a folder and calls by both, so that the last separator is that of the system.
    const FOUND_IN_FOLDERS: [(&str, &str); 5] = [
        ("evidence/ws-1/", "log.jsonl"),
        ("evidence/ws-3/", "log.jsonl"),
        ("tests/cli/geoip/", "GeoLite2"),
        ("tests/cli/detections/", "failing"),
        ("tests/cli/detections/", "scriptlet"),
    ];

    fn printed_on_windows(session: &str) -> String {
        let mut lines = String::new();
        let mut typed = false;
        for line in session.lines() {
            typed = line.starts_with("$ ") || (typed && line.starts_with("> "));
            if typed {
                lines.push_str(line);
            } else {
                // trycmd puts `[EXE]` wherever a program prints `.exe`, and cannot be told not to; the sessions are full of names of programs.
                let mut line = line.replace(".exe", "[EXE]");
                // The words are those of the system.
                line = line.replace("No such file or directory (os error 2)", "[..] (os error 2)");
                // trycmd takes each backslash for a separator, and formats that escape it have two.
                let is_escaped = ["{", "not ok ", "at: \"", "- \"", "- **"].iter();
                if is_escaped.into_iter().any(|start| line.trim_start().starts_with(start)) {
                    for (folder, file) in FOUND_IN_FOLDERS {
                        line = line.replace(&format!("{folder}{file}"), &format!("{folder}/{file}"));
                    }
                }
                lines.push_str(&line);
            }
            lines.push('\n');
        }
        lines
    }
}

/// The README shows what the program prints, apart from the time it took.
#[test]
fn the_readme_shows_a_real_run() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_evql"))
        .args(["scan", "samples/utctime-out-of-order.evtx"])
        .env("NO_COLOR", "1")
        .current_dir(root)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let lasting: Vec<&str> = printed.lines().filter(|line| !line.starts_with("  time")).collect();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap().replace("\r\n", "\n");
    assert!(readme.contains(&lasting.join("\n")), "the README should show:\n{printed}");
}

/// Nobody has to read to the end: a closed pipe is a success, whatever the format.
#[test]
fn a_closed_pipe_is_a_success() {
    use std::io::Read;
    use std::process::Stdio;
    for format in ["csv", "json", "jsonl", "ecs", "timesketch", "timesketch-jsonl", "tle", "bulk"] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_evql"))
            .args(["timeline", "samples", "-t", format, "-q"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 100]).unwrap();
        drop(stdout);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{format}");
    }
}
