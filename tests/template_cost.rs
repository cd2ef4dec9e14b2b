//! Small evidence, large cost: a text that stands once in the template of a chunk is said by every record of the chunk, so that a log of ten megabytes says
//! gigabytes. What is written may be as large; the memory that it takes may not.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use evql::forge::{CHUNK_SIZE, FILE_HEADER_SIZE, LogRecord, LogWriter, RecordCopier, RecordEditor};
use std::fs::{self, File};
use std::path::Path;

/// The entries that stand in the template: all texts of a process start.
const SHARED: &[&str] = &[
    "RuleName",
    "Image",
    "FileVersion",
    "Description",
    "Product",
    "Company",
    "OriginalFileName",
    "CommandLine",
    "CurrentDirectory",
    "User",
    "IntegrityLevel",
    "Hashes",
    "ParentImage",
    "ParentCommandLine",
    "ParentUser",
];

/// Gives each record a process of its own, and a long command line.
struct Lengthened<'c> {
    command_line: &'c str,
    serial: u32,
}

impl RecordEditor for Lengthened<'_> {
    fn text(&mut self, name: &str, _: &str) -> Option<String> {
        (name == "CommandLine").then(|| self.command_line.to_owned())
    }

    fn sid(&mut self, _: &str, _: &str) -> Option<String> {
        None
    }

    fn guid(&mut self, name: &str, mut guid: [u8; 16]) -> Option<[u8; 16]> {
        guid[12..].copy_from_slice(&self.serial.to_be_bytes());
        (name == "ProcessGuid").then_some(guid)
    }
}

/// Looks whether a record has a command line.
struct LookForCommandLine(bool);

impl RecordEditor for LookForCommandLine {
    fn text(&mut self, name: &str, _: &str) -> Option<String> {
        self.0 |= name == "CommandLine";
        None
    }

    fn sid(&mut self, _: &str, _: &str) -> Option<String> {
        None
    }

    fn guid(&mut self, _: &str, _: [u8; 16]) -> Option<[u8; 16]> {
        None
    }
}

/// Writes a log of so many bytes, each of whose chunks says a command line as often as it has records. Gives the number of records.
fn forge(path: &Path, size: u64, command_line: &str) -> u64 {
    let sample = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/regsvr32.evtx")).unwrap();
    let chunk = &sample[FILE_HEADER_SIZE..][..CHUNK_SIZE];
    let mut copier = RecordCopier::default();
    // The first record of the sample that is a start of a process.
    let starts = (512..chunk.len() - 8).step_by(8).filter(|&at| chunk[at..].starts_with(b"**\0\0"));
    let mut records = starts.filter_map(|at| copier.read(chunk, at));
    let is_start = |record: &LogRecord| {
        let mut look = LookForCommandLine(false);
        record.clone().edit(&mut look);
        look.0
    };
    let start = records.find(is_start).unwrap();
    let mut log = LogWriter::new(File::create(path).unwrap()).unwrap();
    for serial in 0.. {
        let mut record = start.clone();
        record.edit(&mut Lengthened { command_line, serial });
        record.share_texts(SHARED);
        log.push(&record).unwrap();
        if log.size() > size {
            break;
        }
    }
    let records = log.records();
    log.finish().unwrap();
    records
}

/// Address space that a run may take, in kilobytes. Held one by one, the events of this log took several times as much.
const ENOUGH: u32 = 260_000;

/// Where the text of a command line stands in a template, the processes of a megabyte of evidence have hundreds of megabytes of arguments.
#[test]
fn a_long_text_in_a_template_takes_no_more_memory_than_others() {
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("long.evtx");
    let command_line = format!("powershell.exe {}", "a ".repeat(14_000));
    let records = forge(&log, 2_400_000, &command_line);
    assert!(records > 250, "{records}");
    fs::write(folder.path().join("any.eql"), "process where true").unwrap();
    for arguments in [
        &["scan", "-r", "any.eql", "-o", "page.html"][..],
        &["extract", "-r", "any.eql", "--alert", "1", "-o", "extract.evtx"],
        &["timeline", "-o", "timeline.csv"],
    ] {
        let script = format!("ulimit -v {ENOUGH} && exec \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_evql")]).args(arguments);
        command.args(["long.evtx", "-C", "--max-memory", "16M", "--threads", "1"]).current_dir(folder.path());
        let done = command.output().unwrap();
        let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
        assert!(done.status.success(), "{arguments:?}: {:?} {said}", done.status);
    }
}
