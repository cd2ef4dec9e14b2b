//! What docs/reliability.md promises of faults of the machine: full disks, limits, signals that cannot be caught, odd files. Each line of its tables names the
//! test that holds it, here or elsewhere.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use evql::base::Locator;
use evql::detect::{Alert, Detector};
use evql::forge::{Large, LargeError};
use evql::pipeline::{self, Outcome, Progress, RunOptions, Silent};
use evql::source::FaultKind;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

#[path = "support/mission.rs"]
mod mission;
#[path = "support/random.rs"]
mod random;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const HEADER: usize = 4096;
const CHUNK: usize = 65_536;

/// Logs with so many attacks.
fn forge(folder: &Path, size: u64, seed: u64, attacks: u64) {
    fs::create_dir_all(folder).unwrap();
    let create = |name: &str| {
        let source = File::create_new(folder.join(name));
        source.map_err(|source| LargeError::Write { name: name.to_owned(), source })
    };
    Large::new(size, seed, Some(attacks)).unwrap().write(create, |_| Ok(())).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The file of tests and the test in it that a line of the page names: `tests/x.rs::name`.
fn named_tests(page: &str) -> Vec<(String, String)> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|text| text.split_once(".rs::"))
        .map(|(file, name)| (format!("{file}.rs"), name.to_owned()))
        .collect()
}

#[test]
fn every_line_of_the_page_has_a_test() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/reliability.md")).unwrap();
    let promises = page.split("## What it cannot promise").next().unwrap();
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| what happens");
    let rows: Vec<&str> = promises.lines().filter(is_row).collect();
    assert!(rows.len() > 25, "only {} lines found: does the search still work?", rows.len());
    for row in &rows {
        let tests = named_tests(row);
        assert!(!tests.is_empty(), "no test is named for: {row}");
        for (file, name) in tests {
            let text =
                fs::read_to_string(Path::new(ROOT).join(&file)).unwrap_or_else(|_| panic!("{file} is not there"));
            assert!(text.contains(&format!("fn {name}(")), "{file} has no test {name}");
        }
    }
    // What is tested here is promised there.
    let own = fs::read_to_string(Path::new(ROOT).join("tests/reliability.rs")).unwrap();
    let tests = own.split("#[test]\n").skip(1).filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next());
    for test in tests.filter(|name| !name.starts_with("every_line")) {
        assert!(page.contains(&format!("reliability.rs::{test}`")), "docs/reliability.md does not name {test}");
    }
}

/// Changes a file when a run begins to read.
struct Meddler<F: Fn() + Sync>(F);

impl<F: Fn() + Sync> Progress for Meddler<F> {
    fn start(&self, _: u64) {
        (self.0)();
    }

    fn advance(&self, _: u64) {}

    fn finish(&self) {}
}

fn scan(path: &Path, progress: &dyn Progress) -> Outcome {
    let options = RunOptions { threads: 1, ..RunOptions::default() };
    pipeline::run(&[path.to_owned()], &Detector::new(mission::rules()), &options, progress).unwrap()
}

#[test]
fn a_file_that_changes_under_a_run_is_told_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    forge(&logs, 2 << 20, 7, 8);
    let path = logs.join("host-01-1.evtx");
    let bytes = fs::read(&path).unwrap();
    let records = scan(&logs, &Silent).stats.tally.records;
    let other = fs::read(logs.join("host-02-1.evtx")).unwrap();
    let changes: [(&str, &(dyn Fn() + Sync)); 4] = [
        ("shrinks", &|| File::options().write(true).open(&path).unwrap().set_len(100_000).unwrap()),
        ("vanishes", &|| fs::remove_file(&path).unwrap()),
        ("is replaced", &|| fs::write(&path, &other[..bytes.len().min(other.len())]).unwrap()),
        ("is a folder now", &|| {
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
        }),
    ];
    for (what, change) in changes {
        let outcome = scan(&logs, &Meddler(change));
        assert!(outcome.faults.iter().any(|fault| fault.kind == FaultKind::Changed), "{what}: {:?}", outcome.faults);
        assert!(
            outcome.faults.iter().all(|fault| fault.input.ends_with("host-01-1.evtx")),
            "{what}: {:?}",
            outcome.faults
        );
        assert!(outcome.stats.adds_up(), "{what}");
        assert!(outcome.stats.tally.records >= records / 2, "{what}: the other files are read");
        if path.is_dir() {
            fs::remove_dir(&path).unwrap();
        }
        fs::write(&path, &bytes).unwrap();
    }
}

/// What is wrong with some of the chunks of a folder of logs. Gives the files and numbers of those chunks.
fn damage(logs: &Path, percent: usize, random: &mut random::Random) -> BTreeSet<(usize, u64)> {
    let mut damaged = BTreeSet::new();
    for (number, name) in names(logs).iter().enumerate() {
        let path = logs.join(name);
        let mut bytes = fs::read(&path).unwrap();
        let chunks = (bytes.len() - HEADER) / CHUNK;
        for at in 0..chunks {
            if random.below(100) >= percent {
                continue;
            }
            damaged.insert((number, at as u64));
            let chunk = &mut bytes[HEADER + at * CHUNK..][..CHUNK];
            match random.below(5) {
                0 => chunk.fill(0),
                1 => chunk[..512].fill(0xff),
                // A sector that was overwritten.
                2 => chunk[512 * (1 + random.below(100))..][..512].fill(0),
                3 => (0..100).for_each(|_| chunk[random.below(CHUNK)] ^= 1 << random.below(8)),
                _ => chunk[random.below(CHUNK)] ^= 1 << random.below(8),
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    damaged
}

/// Scans logs before and after some percent of their chunks were damaged: every attack whose records all stand in other chunks is found.
fn attacks_beside_damage(size: u64, attacks: u64, percent: usize, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    forge(folder.path(), size, seed, attacks);
    let places = |outcome: &Outcome| -> BTreeSet<Vec<Locator>> {
        let of = |alert: &Alert| alert.present().map(|event| event.origin).collect();
        outcome.alerts.hold().unwrap().iter().map(of).collect()
    };
    let whole = places(&scan(folder.path(), &Silent));
    assert_eq!(whole.len() as u64, attacks);
    let damaged = damage(folder.path(), percent, &mut random::Random(seed));
    assert!(!damaged.is_empty());
    let chunk = |place: &Locator| (place.input as usize, (place.offset - HEADER as u64) / CHUNK as u64);
    let outcome = scan(folder.path(), &Silent);
    let found = places(&outcome);
    let is_beside = |alert: &&Vec<Locator>| alert.iter().all(|place| !damaged.contains(&chunk(place)));
    let beside: Vec<_> = whole.iter().filter(is_beside).collect();
    assert!(beside.len() < whole.len() || percent < 5, "the damage hit no attack: the test says little");
    for attack in &beside {
        assert!(found.contains(*attack), "seed {seed}: the attack at {attack:?} is whole, and was not found");
    }
    // Where one of several connections of a process is gone, another one stands for it, so that places differ.
    assert!(found.len() <= whole.len(), "damage makes no attacks");
    assert!(outcome.stats.adds_up() && !outcome.faults.is_empty());
}

#[test]
fn damaged_chunks_cost_no_attack_beside_them() {
    for seed in [11, 12] {
        attacks_beside_damage(8 << 20, 100, 1, seed);
        attacks_beside_damage(4 << 20, 100, 10, seed);
    }
}

/// The same at the size of a real case: `EVQL_DAMAGED_MIB=4096 cargo test --release --test reliability -- --include-ignored`.
#[test]
#[ignore = "needs EVQL_DAMAGED_MIB"]
fn a_large_damaged_case_is_searched_to_its_end() {
    // Asked for together with all other ignored tests, which need other things.
    let Some(size) = std::env::var("EVQL_DAMAGED_MIB").ok().and_then(|text| text.parse::<u64>().ok()) else { return };
    attacks_beside_damage(size << 20, 500, 1, 4);
}

#[test]
fn the_clock_of_the_machine_changes_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.evtx");
    fs::copy(Path::new(ROOT).join("samples/regsvr32.evtx"), &log).unwrap();
    let found = |now: &str, written: i64| {
        let time = std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(written.unsigned_abs())).unwrap();
        File::options().write(true).open(&log).unwrap().set_modified(time).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_evql"));
        command.args(["scan", "-q", "-o", "-", "-t", "jsonl"]).arg(&log).env("SOURCE_DATE_EPOCH", now);
        let output = command.output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let usual = found("1711929600", 1_711_929_600);
    assert!(usual.contains("\"signal\""));
    for (now, written) in [("0", 0), ("4102444800", 4_102_444_800), ("0", 4_102_444_800)] {
        assert_eq!(found(now, written), usual, "now {now}, written {written}");
    }
}

#[cfg(unix)]
mod on_unix {
    use super::*;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::process::CommandExt;
    use std::path::PathBuf;
    use std::process::{Child, Command, Output, Stdio};

    const EVQL: &str = env!("CARGO_BIN_EXE_evql");

    /// Runs evql in a folder, under limits of the system such as `-f 100`. What does not end within a minute hangs.
    fn limited(folder: &Path, limit: &str, arguments: &[&str]) -> Output {
        let script = if limit.is_empty() { "exec \"$@\"".to_owned() } else { format!("ulimit {limit} && exec \"$@\"") };
        let mut command = Command::new("timeout");
        command.args(["60", "sh", "-c", &script, "sh", EVQL]).args(arguments).arg("--no-progress");
        command.current_dir(folder).stdin(Stdio::null()).env_remove("RUST_BACKTRACE").output().unwrap()
    }

    fn run(folder: &Path, arguments: &[&str]) -> Output {
        limited(folder, "", arguments)
    }

    fn said(output: &Output) -> String {
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// A folder with a folder of logs, `logs`.
    fn case() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        forge(&folder.path().join("logs"), 2 << 20, 5, 16);
        folder
    }

    /// Begins a run that waits for its standard input, and has opened its outputs.
    fn waiting(folder: &Path, arguments: &[&str], part: &Path) -> Child {
        let mut command = Command::new(EVQL);
        command.args(arguments).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        while !part.exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::yield_now();
        }
        child
    }

    /// Outputs of every command that writes a file, larger than four kilobytes each.
    const OUTPUTS: &[&[&str]] = &[
        &["scan", "logs", "-q", "-o", "OUT", "-t", "jsonl"],
        &["scan", "logs", "-q", "-o", "OUT", "-t", "json"],
        &["scan", "logs", "-q", "-o", "OUT", "-t", "csv"],
        &["scan", "logs", "-q", "-o", "OUT", "-t", "html"],
        &["scan", "logs", "-q", "-o", "OUT", "-t", "md"],
        &["scan", "logs", "-q", "-o", "OUT", "-t", "stix"],
        &["scan", "logs", "-q", "-o", "OUT", "-t", "misp"],
        &["scan", "logs", "-q", "-H", "OUT"],
        &["scan", "logs", "-q", "--timeline", "OUT"],
        &["timeline", "logs", "-q", "-o", "OUT", "-t", "csv"],
        &["timeline", "logs", "-q", "-o", "OUT", "-t", "json"],
        &["timeline", "logs", "-q", "-o", "OUT", "-t", "ecs"],
        &["timeline", "logs", "-q", "-o", "OUT", "-t", "bulk"],
        #[cfg(feature = "parquet")]
        &["timeline", "logs", "-q", "-o", "OUT", "-t", "parquet"],
        &["query", "process where true", "logs", "-q", "-o", "OUT", "-t", "jsonl"],
        &["query", "process where true", "logs", "-q", "-o", "OUT", "-t", "text"],
        &["search", "exe", "logs", "-q", "-o", "OUT", "-t", "csv"],
        &["stack", "process.command_line", "logs", "-q", "-o", "OUT", "-t", "csv"],
        &["tree", "logs", "-q", "-o", "OUT", "-t", "json"],
        &["extract", "logs", "-q", "-o", "OUT", "--alert", "1"],
    ];

    /// A limit of the size of files stands for the full disk: nobody can mount one here, and the system refuses in the same way.
    #[test]
    fn a_full_disk_leaves_no_file_that_looks_finished() {
        let folder = case();
        for (output, before) in OUTPUTS.iter().zip([None, Some("of an earlier run")].into_iter().cycle()) {
            let target = folder.path().join("OUT");
            let _ = fs::remove_file(&target);
            let _ = fs::remove_file(folder.path().join("OUT.partial"));
            let mut arguments = output.to_vec();
            if let Some(text) = before {
                fs::write(&target, text).unwrap();
                arguments.push("-C");
            }
            // 4 KiB: dash counts in 512 bytes, bash in 1,024.
            let done = limited(folder.path(), "-f 8", &arguments);
            assert_eq!(done.status.code(), Some(3), "{output:?}: {}", said(&done));
            assert!(
                said(&done).contains("OUT") && said(&done).contains("File too large"),
                "{output:?}: {}",
                said(&done)
            );
            assert_eq!(fs::read_to_string(&target).ok().as_deref(), before, "{output:?}");
            // What is of use is kept, and ends with a whole line.
            if let Ok(part) = fs::read(folder.path().join("OUT.partial")) {
                assert!(!part.is_empty() && part.ends_with(b"\n"), "{output:?}");
                assert!(said(&done).contains("OUT.partial"), "{output:?}: {}", said(&done));
            }
            let left: Vec<String> = names(folder.path()).into_iter().filter(|name| !name.starts_with("OUT")).collect();
            assert_eq!(left, ["logs"], "{output:?}");
        }
    }

    #[test]
    fn a_full_device_is_an_error() {
        let folder = case();
        let to_device = OUTPUTS.iter().filter(|output| output[0] != "extract" && !output.contains(&"parquet"));
        for (at, output) in to_device.enumerate() {
            let device = ["/dev/full", "-"][at % 2];
            let arguments = output.iter().map(|word| word.replace("OUT", device)).collect::<Vec<_>>();
            let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
            let mut command = Command::new(EVQL);
            command.args(&arguments).current_dir(folder.path()).stdin(Stdio::null());
            let done = command.stdout(File::options().write(true).open("/dev/full").unwrap()).output().unwrap();
            assert_eq!(done.status.code(), Some(3), "{arguments:?}: {}", said(&done));
            assert!(said(&done).contains("No space left"), "{arguments:?}: {}", said(&done));
        }
        for arguments in
            [&["scan", "logs"][..], &["info", "logs"], &["tree", "logs"], &["stack", "process.name", "logs"]]
        {
            let mut command = Command::new(EVQL);
            command.args(arguments).current_dir(folder.path()).stdin(Stdio::null());
            let done = command.stdout(File::options().write(true).open("/dev/full").unwrap()).output().unwrap();
            assert_eq!(done.status.code(), Some(3), "{arguments:?}: {}", said(&done));
        }
    }

    /// What could not be read for want of room is missing from the answer: it does not take the place of a whole one.
    #[test]
    fn a_full_temporary_folder_leaves_no_file_that_looks_finished() {
        let folder = case();
        let targets = if cfg!(feature = "parquet") { &["OUT.csv", "OUT.parquet"][..] } else { &["OUT.csv"] };
        for &target in targets {
            fs::write(folder.path().join(target), "of an earlier run").unwrap();
            let arguments = [
                "timeline",
                "logs",
                "-q",
                "-C",
                "-o",
                target,
                "--image",
                "regsvr32.exe",
                "--depth",
                "0",
                "--max-memory",
                "0",
            ];
            let done = limited(folder.path(), "-f 200", &arguments);
            assert_eq!(done.status.code(), Some(4), "{}", said(&done));
            assert!(said(&done).contains("[temporary-file]"), "{}", said(&done));
            assert!(
                said(&done).contains(&format!("{target} is incomplete: a temporary file could not be written")),
                "{}",
                said(&done)
            );
            assert_eq!(fs::read_to_string(folder.path().join(target)).unwrap(), "of an earlier run");
        }
        // Half of a Parquet file is none.
        assert!(folder.path().join("OUT.csv.partial").exists() && !folder.path().join("OUT.parquet.partial").exists());
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let folder = case();
        for arguments in [&["timeline", "logs", "-q"][..], &["search", "e", "logs"], &["scan", "logs", "--all"]] {
            let mut command = Command::new(EVQL);
            command.args(arguments).current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped());
            let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            assert!(!line.is_empty());
            let done = child.wait_with_output().unwrap();
            assert_eq!(done.status.code(), Some(0), "{arguments:?}: {}", said(&done));
        }
    }

    #[test]
    fn a_run_that_is_killed_leaves_a_part_and_the_file_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let (target, part) = (folder.path().join("out.csv"), folder.path().join("out.csv.partial"));
        fs::write(&target, "of an earlier run").unwrap();
        let mut child = waiting(folder.path(), &["timeline", "-", "-q", "-C", "-o", "out.csv"], &part);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "of an earlier run");
        // The next run takes the place of the part, and of the file once it is whole.
        let sample = format!("{ROOT}/samples/regsvr32.evtx");
        let done = run(folder.path(), &["timeline", &sample, "-q", "-C", "-o", "out.csv"]);
        assert!(done.status.success(), "{}", said(&done));
        assert_eq!(names(folder.path()), ["out.csv"]);
        assert!(fs::read_to_string(&target).unwrap().starts_with("@timestamp,"));
        // Without -C neither is lost.
        fs::rename(&target, &part).unwrap();
        let done = run(folder.path(), &["timeline", &sample, "-q", "-o", "out.csv"]);
        assert!(
            done.status.code() == Some(3) && said(&done).contains("out.csv.partial is what a run"),
            "{}",
            said(&done)
        );
        assert_eq!(names(folder.path()), ["out.csv.partial"]);
    }

    #[test]
    fn two_runs_do_not_write_one_output() {
        let folder = tempfile::tempdir().unwrap();
        let sample = format!("{ROOT}/samples/regsvr32.evtx");
        let part = folder.path().join("out.csv.partial");
        let mut first = waiting(folder.path(), &["timeline", "-", "-q", "-o", "out.csv"], &part);
        for more in [&[][..], &["-C"]] {
            let done = run(folder.path(), &[&["timeline", &sample, "-q", "-o", "out.csv"], more].concat());
            assert!(
                done.status.code() == Some(3) && said(&done).contains("is being written already"),
                "{}",
                said(&done)
            );
        }
        first.stdin.take().unwrap().write_all(&fs::read(&sample).unwrap()).unwrap();
        assert!(first.wait().unwrap().success());
        assert_eq!(names(folder.path()), ["out.csv"]);
        let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().count();
        let expected = run(folder.path(), &["timeline", &sample, "-q", "-o", "-"]).stdout;
        assert_eq!(lines(&fs::read(folder.path().join("out.csv")).unwrap()), lines(&expected));
    }

    #[test]
    fn limits_of_files_and_memory_end_with_a_message() {
        let folder = case();
        let done = limited(folder.path(), "-f 8", &["timeline", "logs", "-q", "-o", "out.csv"]);
        assert!(done.status.code() == Some(3) && said(&done).contains("File too large"), "{}", said(&done));
        // From too little to start threads up to enough. Below that, the system itself cannot load the program.
        let mut codes = BTreeSet::new();
        for kilobytes in [150_000, 200_000, 300_000, 400_000, 4_000_000] {
            let limit = format!("-v {kilobytes}");
            let done =
                limited(folder.path(), &limit, &["scan", "logs", "-q", "--threads", "2", "-o", "-", "-t", "jsonl"]);
            let code = done.status.code();
            assert!(
                code.is_some_and(|code| code < 128),
                "{limit}: ended by a signal: {:?} {}",
                done.status,
                said(&done)
            );
            assert!(code == Some(0) || !said(&done).is_empty(), "{limit}: {code:?} without a word");
            codes.insert(code);
        }
        assert!(codes.contains(&Some(0)), "{codes:?}");
    }

    #[test]
    fn files_that_cannot_be_opened_for_want_of_handles_are_told() {
        let folder = case();
        let mut codes = BTreeSet::new();
        for handles in 4..24 {
            let arguments = ["scan", "logs", "-q", "-C", "-o", "out.jsonl", "--threads", "2"];
            let done = limited(folder.path(), &format!("-n {handles}"), &arguments);
            let code = done.status.code().unwrap();
            let is_said =
                ["Too many open files", "could not be opened"].iter().any(|words| said(&done).contains(words));
            assert!(code == 0 || is_said, "{handles}: {code} {}", said(&done));
            codes.insert(code);
        }
        assert!(codes.is_subset(&[0, 3, 4].into()) && codes.contains(&0) && codes.len() > 1, "{codes:?}");
    }

    #[test]
    fn pipes_devices_and_loops_among_the_evidence_hold_nobody_up() {
        let folder = case();
        let logs = folder.path().join("logs");
        assert!(Command::new("mkfifo").arg(logs.join("fifo")).status().unwrap().success());
        symlink("/dev/zero", logs.join("zero")).unwrap();
        symlink(".", logs.join("loop")).unwrap();
        symlink("../logs", logs.join("round")).unwrap();
        symlink("self", logs.join("self")).unwrap();
        for command in [&["scan", "-q"][..], &["info"], &["timeline", "-q", "--last", "48h"]] {
            let done = run(folder.path(), &[command, &["logs"]].concat());
            assert!(done.status.code() == Some(4), "{command:?}: a link to itself leads to nothing: {}", said(&done));
            for name in ["logs/fifo", "logs/zero", "logs/self"] {
                assert!(said(&done).contains(name), "{command:?}: {name}: {}", said(&done));
            }
        }
        let done = run(folder.path(), &["scan", "logs/fifo", "/dev/zero", "-q"]);
        assert!(done.status.code() == Some(3) && said(&done).contains("logs/fifo"), "{}", said(&done));
    }

    #[test]
    fn outputs_to_pipes_and_handles_are_written_as_they_are() {
        let folder = case();
        let expected = run(folder.path(), &["timeline", "logs", "-q", "-o", "-"]).stdout;
        assert!(Command::new("mkfifo").arg(folder.path().join("fifo")).status().unwrap().success());
        let path = folder.path().join("fifo");
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        });
        assert!(run(folder.path(), &["timeline", "logs", "-q", "-o", "fifo"]).status.success());
        assert!(reader.join().unwrap() == expected);
        assert_eq!(names(folder.path()), ["fifo", "logs"]);
        assert!(run(folder.path(), &["timeline", "logs", "-q", "-o", "/dev/null"]).status.success());
        assert!(run(folder.path(), &["timeline", "logs", "-q", "-o", "/dev/stdout"]).stdout == expected);
        // What is for people goes elsewhere then, as with `-`.
        let scan = run(folder.path(), &["scan", "logs", "-o", "/dev/stdout", "-t", "jsonl"]);
        assert!(scan.stdout.split(|&byte| byte == b'\n').all(|line| line.is_empty() || line.starts_with(b"{")));
        assert!(
            cfg!(not(target_os = "linux")) || {
                let script =
                    format!("exec 3>handle; echo before >&3; '{EVQL}' timeline logs -q -o /dev/fd/3; echo after >&3");
                assert!(
                    Command::new("sh").args(["-c", &script]).current_dir(folder.path()).status().unwrap().success()
                );
                let written = fs::read(folder.path().join("handle")).unwrap();
                let rest = written.strip_prefix(b"before\n").unwrap();
                // The shell has its own place in the file, and writes over what came behind it.
                rest.len() == expected.len() && rest.ends_with(&expected[expected.len() - 100..])
            }
        );
    }

    #[test]
    fn a_link_stays_and_its_file_is_written() {
        let folder = case();
        fs::create_dir(folder.path().join("real")).unwrap();
        fs::write(folder.path().join("real/out.csv"), "of an earlier run").unwrap();
        symlink("real/out.csv", folder.path().join("out.csv")).unwrap();
        let done = run(folder.path(), &["timeline", "logs", "-q", "-o", "out.csv"]);
        assert_eq!(done.status.code(), Some(3), "it would replace a file: {}", said(&done));
        assert!(run(folder.path(), &["timeline", "logs", "-q", "-C", "-o", "out.csv"]).status.success());
        assert!(folder.path().join("out.csv").is_symlink());
        assert!(fs::read_to_string(folder.path().join("real/out.csv")).unwrap().starts_with("@timestamp,"));
        assert_eq!(names(&folder.path().join("real")), ["out.csv"]);
    }

    /// Runs evql as somebody who is not all-powerful. `None` where that cannot be had.
    fn as_nobody(folder: &Path, arguments: &[&str]) -> Option<Output> {
        let mut command = Command::new(EVQL);
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        let is_root = File::open("/proc/self/status").is_ok_and(|mut file| {
            let mut text = String::new();
            file.read_to_string(&mut text).is_ok() && text.contains("\nUid:\t0\t")
        });
        if is_root {
            command.uid(65_534).gid(65_534);
        }
        command.output().ok()
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn folders_that_may_not_be_read_or_written_are_told() {
        let folder = case();
        set_mode(folder.path(), 0o755);
        let (secret, logs) = (folder.path().join("logs/secret"), folder.path().join("logs"));
        fs::create_dir(&secret).unwrap();
        fs::rename(logs.join("host-01-1.evtx"), secret.join("host-01-1.evtx")).unwrap();
        set_mode(&logs.join("host-02-1.evtx"), 0o000);
        set_mode(&secret, 0o000);
        let done = as_nobody(folder.path(), &["scan", "logs", "-q"]);
        set_mode(&secret, 0o755);
        // Where the program itself may not be run by others, nothing can be said.
        let Some(done) = done else { return };
        assert_eq!(done.status.code(), Some(4), "{}", said(&done));
        for name in ["logs/secret", "logs/host-02-1.evtx"] {
            assert!(said(&done).contains(&format!("not read: {name}")), "{}", said(&done));
        }
        set_mode(&logs.join("host-02-1.evtx"), 0o644);
        // A folder in which nothing can be made, with a file that may be written.
        let kept = folder.path().join("kept");
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("out.csv"), "of an earlier run").unwrap();
        set_mode(&kept.join("out.csv"), 0o666);
        set_mode(&kept, 0o555);
        let done = as_nobody(folder.path(), &["timeline", "logs", "-q", "-o", "kept/new.csv"]).unwrap();
        assert!(done.status.code() == Some(3) && said(&done).contains("cannot write kept/new.csv"), "{}", said(&done));
        let done = as_nobody(folder.path(), &["timeline", "logs", "-q", "-C", "-o", "kept/out.csv"]).unwrap();
        assert!(done.status.success() && said(&done).contains("which is written in its place"), "{}", said(&done));
        assert!(fs::read_to_string(kept.join("out.csv")).unwrap().starts_with("@timestamp,"));
        // One that may not be written is not replaced, although its folder would allow it.
        set_mode(&kept, 0o777);
        set_mode(&kept.join("out.csv"), 0o444);
        let done = as_nobody(folder.path(), &["timeline", "logs", "-q", "-C", "-o", "kept/out.csv"]).unwrap();
        assert!(done.status.code() == Some(3) && said(&done).contains("Permission denied"), "{}", said(&done));
    }

    #[test]
    fn names_that_are_not_utf_8_are_names() {
        let folder = tempfile::tempdir().unwrap();
        let name = |text: &[u8]| PathBuf::from(std::ffi::OsString::from_vec(text.to_vec()));
        let logs = folder.path().join(name(b"l\xff"));
        fs::create_dir(&logs).unwrap();
        fs::copy(format!("{ROOT}/samples/regsvr32.evtx"), logs.join(name(b"h\xfe\n\x1b[31m.evtx"))).unwrap();
        let output = logs.join(name(b"o\xfd.jsonl"));
        let mut command = Command::new(EVQL);
        let done = command.arg("scan").arg(&logs).arg("-o").arg(&output).output().unwrap();
        assert!(done.status.success(), "{}", said(&done));
        assert!(!done.stdout.contains(&0x1b), "a name is no command to the terminal");
        assert!(fs::read_to_string(&output).unwrap().contains("\"signal\""));
        assert_eq!(fs::read_dir(&logs).unwrap().count(), 2);
    }

    #[test]
    fn an_output_among_the_evidence_is_never_read() {
        let folder = case();
        let logs = folder.path().join("logs");
        let scan = |output: &str, more: &[&str]| {
            let arguments = ["scan", "logs", "-o", output, "-t", "jsonl", "--summary-json", "-"];
            let done = run(folder.path(), &[&arguments, more].concat());
            assert_eq!(done.status.code(), Some(0), "{output}: {}", said(&done));
            assert!(!said(&done).contains("passed over"), "{output}: {}", said(&done));
            let summary: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
            summary["records"].clone()
        };
        let records = scan("alerts.jsonl", &[]);
        assert!(records["read"].as_u64().is_some_and(|read| read > 100) || records.is_object(), "{records}");
        // One that is not there yet, one that is there and no evidence, and one behind a link.
        assert_eq!(scan("logs/alerts.jsonl", &[]), records);
        fs::rename(logs.join("alerts.jsonl"), folder.path().join("outside.jsonl")).unwrap();
        fs::write(logs.join("old.csv"), "a,b\n1,2\n").unwrap();
        assert_eq!(scan("logs/old.csv", &["-C"]), records);
        fs::remove_file(logs.join("old.csv")).unwrap();
        symlink("logs/linked.jsonl", folder.path().join("link")).unwrap();
        assert_eq!(scan("link", &[]), records);
        // What a run that was ended has left there is what it writes, too.
        fs::remove_file(logs.join("linked.jsonl")).unwrap();
        let documents = run(folder.path(), &["timeline", "logs", "-q", "-t", "ecs"]).stdout;
        fs::write(logs.join("alerts.jsonl.partial"), documents).unwrap();
        assert_eq!(scan("logs/alerts.jsonl", &["-C"]), records);
        assert_eq!(names(&logs).len(), 5);
    }
}
