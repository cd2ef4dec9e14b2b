//! Sessions at the command line: what was typed, what came back, and the exit code.
//!
//! `TRYCMD=overwrite cargo test --test cli` rewrites them; read them before you commit them.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and says so when it passes itself over.

#[test]
fn sessions() {
    let cases = trycmd::TestCases::new();
    // The guide for responders is a session too.
    cases
        .case("tests/cli/*.trycmd")
        .case("docs/guide.md")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("SOURCE_DATE_EPOCH", "1711929600");
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
