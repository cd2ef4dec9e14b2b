//! Files that are written: opened before the run, so that a long scan does not end in a refusal, and never over evidence.

use super::args::{self, AlertFormat};
use super::interrupt::Lines;
use anyhow::{Context, Result, bail};
use evql::pipeline::Timeline;
use evql::report::{
    AlertsCsv, AlertsJson, Exporter, Layout, Results, TimelineCsv, TimelineEcs, TimelineFormat, TimelineJson,
};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// An open place for machine output.
pub struct Sink {
    out: Lines,
    name: PathBuf,
}

impl Sink {
    /// Opens `path`, or stdout for `-`. A file that exists is refused unless `clobber`; a file or a folder of the evidence is refused in any case.
    pub fn open(path: &Path, clobber: bool, evidence: &[PathBuf]) -> Result<Self> {
        let out: Box<dyn Write> = if is_stdout(path) {
            Box::new(io::stdout().lock())
        } else {
            refuse_evidence(path, evidence)?;
            Box::new(create(path, clobber)?)
        };
        Ok(Self { out: Lines::new(out, path), name: path.to_owned() })
    }

    /// Writes results.
    pub fn write(self, exporter: &dyn Exporter, results: &Results<'_>) -> Result<()> {
        self.write_with(|out| exporter.export(results, out))
    }

    /// Writes a timeline.
    pub fn write_timeline(self, timeline: Timeline, format: &dyn TimelineFormat, results: &Results<'_>) -> Result<()> {
        self.write_with(|out| timeline.write(results, format, out))
    }

    /// Writes whatever is made.
    pub fn write_with(mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let written = write(&mut self.out).and_then(|()| self.out.flush());
        written.with_context(|| format!("cannot write {} to its end", self.name.display()))
    }
}

/// Whether the path means stdout.
pub fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Refuses to write over what was named as evidence, and over any event log: nobody means that.
fn refuse_evidence(path: &Path, evidence: &[PathBuf]) -> Result<()> {
    let Ok(real) = path.canonicalize() else { return Ok(()) };
    let named = evidence.iter().any(|given| given.canonicalize().is_ok_and(|given| given == real));
    if named || starts_as_event_log(path) {
        bail!("{} is evidence; write the output elsewhere", path.display());
    }
    Ok(())
}

fn starts_as_event_log(path: &Path) -> bool {
    let mut magic = [0; 8];
    let read = path.is_file() && File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok();
    read && &magic == b"ElfFile\0"
}

/// Creates a file to write to.
pub fn create(path: &Path, clobber: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    if clobber {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            anyhow::anyhow!("{} exists; -C replaces it", path.display())
        }
        _ => anyhow::Error::new(error).context(format!("cannot write {}", path.display())),
    })
}

/// Whether the error is that nobody reads the output any more, which is no failure of ours.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(is_broken_pipe))
}

/// The writer of CSV wraps what went wrong into an error of its own.
fn is_broken_pipe(error: &io::Error) -> bool {
    let inside = error.get_ref().and_then(|inside| inside.downcast_ref::<csv::Error>());
    let inside = inside.is_some_and(|error| match error.kind() {
        csv::ErrorKind::Io(error) => is_broken_pipe(error),
        _ => false,
    });
    inside || error.kind() == io::ErrorKind::BrokenPipe
}

/// The format of alerts; without one the file's ending decides.
pub fn alert_format(format: Option<AlertFormat>, path: &Path) -> AlertFormat {
    format.unwrap_or_else(|| match ending(path).as_str() {
        "csv" => AlertFormat::Csv,
        "json" => AlertFormat::Json,
        _ => AlertFormat::Jsonl,
    })
}

/// The exporter of alerts in a format.
pub fn alert_exporter(format: AlertFormat) -> Box<dyn Exporter> {
    match format {
        AlertFormat::Csv => Box::new(AlertsCsv),
        AlertFormat::Json => Box::new(AlertsJson(Layout::Array)),
        AlertFormat::Jsonl => Box::new(AlertsJson(Layout::Lines)),
    }
}

/// The format of a timeline; without one the file's ending decides.
pub fn timeline_format(format: Option<args::TimelineFormat>, path: &Path) -> Box<dyn TimelineFormat> {
    let by_ending = || match ending(path).as_str() {
        "json" => args::TimelineFormat::Json,
        "jsonl" => args::TimelineFormat::Jsonl,
        "ndjson" => args::TimelineFormat::Ecs,
        _ => args::TimelineFormat::Csv,
    };
    match format.unwrap_or_else(by_ending) {
        args::TimelineFormat::Csv => Box::new(TimelineCsv),
        args::TimelineFormat::Json => Box::new(TimelineJson(Layout::Array)),
        args::TimelineFormat::Jsonl => Box::new(TimelineJson(Layout::Lines)),
        args::TimelineFormat::Ecs => Box::new(TimelineEcs),
    }
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}
