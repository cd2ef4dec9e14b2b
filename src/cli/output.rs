//! Files that are written: opened before the run, so that a long scan does not end in a refusal, and never over evidence.

use super::args::{self, AlertFormat, FormatArgs};
use super::interrupt::{self, LineWriter};
use super::run_clock;
use super::stdout::is_stdout;
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use evql::pipeline::SortedTimeline;
use evql::report::html::AlertsHtml;
use evql::report::{
    AlertsCsv, AlertsJson, ChosenForm, Exporter, IndicatorsCsv, IndicatorsMisp, IndicatorsStix, JsonLayout,
    NavigatorLayer, Results, SummaryMarkdown, TimelineBulk, TimelineChosen, TimelineCsv, TimelineEcs, TimelineExplorer,
    TimelineFormat, TimelineJson, Timesketch, TimesketchForm,
};
use evql::source::{is_evidence, is_log_or_archive};
use evql::timeline::{MOST_CHOSEN, RowContents};
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An open place for machine output.
pub struct OutputSink {
    out: LineWriter,
    name: PathBuf,
    bom: bool,
}

/// By what Excel knows that a CSV file is UTF-8.
const BOM: &[u8] = "\u{feff}".as_bytes();

impl OutputSink {
    /// Puts the byte-order mark of UTF-8 in front of the output, if it is wanted.
    pub fn with_bom(self, bom: bool) -> Self {
        Self { bom, ..self }
    }

    /// Marks an output that is useless without its end: if the run is interrupted, it is removed.
    pub fn all_or_nothing(self, is_whole: bool) -> Self {
        if is_whole { Self { out: self.out.all_or_nothing(), ..self } } else { self }
    }

    /// Writes results.
    pub fn write(self, exporter: &dyn Exporter, results: &Results<'_>) -> Result<()> {
        self.write_with(|out| exporter.export(results, out))
    }

    /// Writes a timeline.
    pub fn write_timeline(
        self,
        timeline: SortedTimeline,
        format: &TimelineOutput,
        results: &Results<'_>,
    ) -> Result<()> {
        match format {
            TimelineOutput::Text(format) => self.write_with(|out| timeline.write(results, &**format, out)),
            #[cfg(feature = "parquet")]
            TimelineOutput::Parquet => Self { out: self.out.all_or_nothing(), ..self }.write_with(|out| {
                let mut writer = evql::report::ParquetWriter::new(out)?;
                timeline.write(results, &evql::report::TimelineParquet, &mut writer)?;
                writer.finish()
            }),
        }
    }

    /// Writes one JSON value, for people to read too.
    pub fn write_json(self, value: &serde_json::Value) -> Result<()> {
        self.write_with(|out| writeln!(out, "{value:#}"))
    }

    /// Writes whatever is made.
    pub fn write_with(mut self, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<()> {
        // Excel takes a CSV without this mark for one in the code page of the machine, and shows other letters than were logged.
        let mark: &[u8] = if self.bom { BOM } else { &[] };
        let written = self.out.write_all(mark).and_then(|()| write(&mut self.out)).and_then(|()| self.out.flush());
        written.with_context(|| format!("cannot write {} to its end", self.name.display()))
    }
}

/// Endings of files that rules are written in, and no output.
const RULE_ENDINGS: &[&str] = &["toml", "eql", "yml", "yaml"];

/// The files that a command writes. They are opened one after the other, and none of them over what was read or another one.
pub struct OutputFiles {
    clobber: bool,
    /// Files and folders of evidence, of rules, and of whatever else the command reads.
    inputs: Vec<PathBuf>,
    opened: RefCell<Vec<PathBuf>>,
}

impl OutputFiles {
    /// Outputs beside these inputs, which replace files if `clobber`. That two are one file is told before any of them is made.
    pub fn new<'p>(clobber: bool, inputs: Vec<PathBuf>, outputs: impl IntoIterator<Item = &'p Path>) -> Result<Self> {
        // Neither file may exist yet, so that they are compared by their paths. Once they are open, `refuse` compares the files themselves.
        let mut seen: Vec<(PathBuf, &Path)> = Vec::new();
        for path in outputs.into_iter().filter(|path| !is_stdout(path)) {
            let real = real_path(path);
            if let Some((_, other)) = seen.iter().find(|(have, _)| *have == real) {
                bail!("{} and {} are one file; each output needs a file of its own", other.display(), path.display());
            }
            seen.push((real, path));
        }
        Ok(Self { clobber, inputs, opened: RefCell::default() })
    }

    /// Opens an output, or stdout for `-`. A file that exists is refused unless it may be replaced; evidence, rules and other outputs never are.
    pub fn open(&self, path: &Path) -> Result<OutputSink> {
        let out: Box<dyn Write + Send> = if is_stdout(path) {
            Box::new(io::stdout())
        } else {
            refuse_folder(path)?;
            if path.exists() {
                self.refuse(path)?;
            }
            // A device or a pipe, such as /dev/stdout, is no file that could be lost.
            Box::new(create(path, self.clobber || is_device(path))?)
        };
        self.opened.borrow_mut().push(path.to_owned());
        Ok(OutputSink { out: LineWriter::new(out, path), name: path.to_owned(), bom: false })
    }

    /// A file that takes its place once it is complete: until then it has another name, in the same folder, and is removed if the run ends before.
    pub fn open_complete(&self, path: &Path) -> Result<PendingFile> {
        self.check_complete(path)?;
        self.opened.borrow_mut().push(path.to_owned());
        PendingFile::new(path, self.clobber)
    }

    /// A file that this command has read and writes anew, or that is not there yet.
    pub fn open_updated(&self, path: &Path) -> Result<PendingFile> {
        if path.exists() {
            self.refuse(path)?;
        }
        self.opened.borrow_mut().push(path.to_owned());
        PendingFile::new(path, true)
    }

    /// Refuses a file that could not take its place in the end.
    pub fn check_complete(&self, path: &Path) -> Result<()> {
        refuse_folder(path)?;
        if path.exists() {
            // A log elsewhere can be replaced, other than by other outputs: an extract is a log, and is often made again.
            self.refuse_used(path)?;
            if is_evidence(path) && self.is_below_inputs(path) {
                bail!("{} is evidence; write the output elsewhere", path.display());
            }
            if !self.clobber {
                bail!("{} exists; -C replaces it", path.display());
            }
        }
        Ok(())
    }

    /// Refuses a file that exists and that nobody means to lose.
    fn refuse(&self, path: &Path) -> Result<()> {
        self.refuse_used(path)?;
        // A log or an archive is evidence wherever it lies. JSON and XML may be an older output of evql itself, which `-C` is there to replace, unless it
        // lies in a folder that is read.
        if is_log_or_archive(path) || (is_evidence(path) && self.is_below_inputs(path)) {
            bail!("{} is evidence; write the output elsewhere", path.display());
        }
        Ok(())
    }

    /// Refuses a file that this command reads or writes already.
    fn refuse_used(&self, path: &Path) -> Result<()> {
        // By the file itself: the same one may have several names, on some systems in letters of another case too.
        // Compared by device and inode (or what Windows has for them).
        let is_same = |other: &Path| same_file::is_same_file(path, other).unwrap_or(false);
        if let Some(other) = self.opened.borrow().iter().find(|other| is_same(other)) {
            bail!("{} and {} are one file; each output needs a file of its own", other.display(), path.display());
        }
        if self.inputs.iter().any(|input| is_same(input)) {
            bail!("{} is read by this command; write the output elsewhere", path.display());
        }
        let is_rule =
            path.extension().is_some_and(|ending| RULE_ENDINGS.iter().any(|rule| ending.eq_ignore_ascii_case(rule)));
        if is_rule && self.is_below_inputs(path) {
            bail!("{} is among the rules or the evidence; write the output elsewhere", path.display());
        }
        Ok(())
    }

    /// Whether a file is one of those in the folders that are read.
    fn is_below_inputs(&self, path: &Path) -> bool {
        let real = real_path(path);
        let folders = || self.inputs.iter().filter(|input| input.is_dir());
        if folders().any(|folder| real.starts_with(real_path(folder))) {
            return true;
        }
        // A second name of one of their files. Only a file that is about to be replaced costs this search.
        let Ok(handle) = same_file::Handle::from_path(path) else { return false };
        let files = folders().flat_map(|folder| walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok));
        let mut files = files.filter(|entry| entry.file_type().is_file());
        files.any(|entry| same_file::Handle::from_path(entry.path()).is_ok_and(|other| other == handle))
    }
}

/// A file that is being written beside the place that it will take.
pub struct PendingFile {
    file: tempfile::NamedTempFile<File>,
    path: PathBuf,
    clobber: bool,
}

impl PendingFile {
    fn new(path: &Path, clobber: bool) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Of `tempfile` only the name: its own files can be read by nobody else, and an output is to have the permissions of any other file.
        let make = |path: &Path| OpenOptions::new().read(true).write(true).create_new(true).open(path);
        let file = tempfile::Builder::new().prefix(".evql-").make_in(folder, make);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        interrupt::keep_from_staying(file.path());
        Ok(Self { file, path: path.to_owned(), clobber })
    }

    /// Where it is to stand.
    pub fn target(&self) -> &Path {
        &self.path
    }

    /// Where it stands until then.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The file.
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Gives it its place.
    pub fn finish(self) -> Result<()> {
        let Self { file, path, clobber } = self;
        let temporary = file.path().to_owned();
        let moved = if clobber { file.persist(&path) } else { file.persist_noclobber(&path) };
        interrupt::let_stay(&temporary);
        moved.map(drop).map_err(|error| error.error).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Refuses a folder, which is where a file could be written, and none itself.
fn refuse_folder(path: &Path) -> Result<()> {
    let ends_as_one = path.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    if path.is_dir() || ends_as_one {
        bail!("{} is a folder; name a file to write, such as {}", path.display(), path.join("alerts.jsonl").display());
    }
    Ok(())
}

/// Whether a path is there and is neither a file nor a folder: a device, a pipe, a terminal.
fn is_device(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir())
}

/// A path with links resolved, as far as it leads to something that is there.
fn real_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        // An output is not there yet, but its folder is: that much of the path can be resolved.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        path.file_name().map_or_else(|| folder.clone(), |name| folder.join(name))
    })
}

/// Creates a file to write to.
pub fn create(path: &Path, clobber: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    // `create_new` is one step of the system: between a question whether the file exists and its creation somebody else could make it.
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
    // `evql timeline evidence/ | head` closes the pipe after ten lines; that is how it is meant to be used.
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

/// The format of alerts; without one given the file's name decides.
pub fn alert_format(format: Option<AlertFormat>, path: &Path) -> Result<AlertFormat> {
    if let Some(format) = format {
        return Ok(format);
    }
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    // A file of that name, or of one that ends in it: `case-7.stix.json`.
    let is = |wanted: &str| {
        name.strip_suffix(wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with(['.', '-', '_', ' ']))
    };
    Ok(match ending(path).as_str() {
        "csv" if is("indicators.csv") => AlertFormat::IocCsv,
        "csv" => AlertFormat::Csv,
        "json" if is("stix.json") => AlertFormat::Stix,
        "json" if is("misp.json") => AlertFormat::Misp,
        "json" if is("layer.json") => AlertFormat::Navigator,
        "json" => AlertFormat::Json,
        "jsonl" | "ndjson" | "" => AlertFormat::Jsonl,
        "html" | "htm" => AlertFormat::Html,
        "md" => AlertFormat::Md,
        _ => {
            return Err(unknown_ending(
                path,
                "alerts",
                ".jsonl, .json, .csv, .html, .md, indicators.csv, stix.json, misp.json or layer.json",
            ));
        }
    })
}

/// The error that the ending of a file is that of no format.
pub fn unknown_ending(path: &Path, what: &str, endings: &str) -> anyhow::Error {
    let ending = ending(path);
    anyhow::anyhow!(
        "{}: no format of {what} has the ending .{ending}; name the file {endings}, or the format with -t",
        path.display()
    )
}

/// The exporter of alerts in a format; `page` is the one for HTML, `summary` that for Markdown.
pub fn alert_exporter<'p>(
    format: AlertFormat,
    page: AlertsHtml<'p>,
    summary: SummaryMarkdown,
    defang: bool,
) -> Box<dyn Exporter + 'p> {
    match format {
        AlertFormat::Md => Box::new(summary),
        AlertFormat::Navigator => Box::new(NavigatorLayer),
        AlertFormat::IocCsv => Box::new(IndicatorsCsv { defang }),
        AlertFormat::Stix => Box::new(IndicatorsStix),
        AlertFormat::Misp => Box::new(IndicatorsMisp),
        AlertFormat::Csv => Box::new(AlertsCsv),
        AlertFormat::Json => Box::new(AlertsJson(JsonLayout::Array)),
        AlertFormat::Jsonl => Box::new(AlertsJson(JsonLayout::Lines)),
        AlertFormat::Html => Box::new(page),
    }
}

/// A timeline's way out.
pub enum TimelineOutput {
    /// Row by row, as text.
    Text(Box<dyn TimelineFormat>),
    /// Many rows at a time, column by column.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl TimelineOutput {
    /// The contents that rows must hold for the format.
    pub fn contents(&self) -> RowContents {
        match self {
            Self::Text(format) => format.contents(),
            #[cfg(feature = "parquet")]
            Self::Parquet => evql::report::TimelineParquet.contents(),
        }
    }
}

/// The format of a timeline; without one given the file's ending decides.
pub fn timeline_format(format: Option<args::TimelineType>, path: &Path) -> Result<args::TimelineType> {
    use args::TimelineType;
    Ok(match (format, ending(path).as_str()) {
        // Timesketch tells the format of an upload by the file's ending, so that this one follows it too.
        (Some(TimelineType::Timesketch), "jsonl") => TimelineType::TimesketchJsonl,
        (Some(format), _) => format,
        (None, "json") => TimelineType::Json,
        (None, "jsonl") => TimelineType::Jsonl,
        (None, "ndjson") => TimelineType::Ecs,
        (None, "parquet") => TimelineType::Parquet,
        (None, "csv" | "") => TimelineType::Csv,
        (None, _) => {
            return Err(unknown_ending(path, "a timeline", ".csv, .json, .jsonl, .ndjson (for ECS) or .parquet"));
        }
    })
}

/// Whether a file in the format is a table that Excel opens, which needs to be told of UTF-8.
pub fn is_spreadsheet(format: args::TimelineType) -> bool {
    matches!(format, args::TimelineType::Csv | args::TimelineType::Tle)
}

/// The way out of a timeline in a format, to a file.
pub fn timeline_output(format: args::TimelineType, path: &Path, how: &FormatArgs) -> Result<TimelineOutput> {
    let format: Box<dyn TimelineFormat> = match format {
        args::TimelineType::Csv => Box::new(TimelineCsv),
        args::TimelineType::Json => Box::new(TimelineJson(JsonLayout::Array)),
        args::TimelineType::Jsonl => Box::new(TimelineJson(JsonLayout::Lines)),
        args::TimelineType::Ecs => Box::new(TimelineEcs),
        args::TimelineType::Timesketch => Box::new(Timesketch(TimesketchForm::Csv)),
        args::TimelineType::TimesketchJsonl => Box::new(Timesketch(TimesketchForm::Jsonl)),
        args::TimelineType::Tle => Box::new(TimelineExplorer),
        args::TimelineType::Bulk => {
            Box::new(TimelineBulk::new(&how.index, how.bulk_ids, run_clock::now()).context("--index")?)
        }
        args::TimelineType::Parquet => return parquet(path),
    };
    Ok(TimelineOutput::Text(format))
}

/// The way out of a timeline with columns of one's own choice.
pub fn chosen_output(format: args::TimelineType, names: &[String]) -> Result<TimelineOutput> {
    let form = match format {
        args::TimelineType::Csv => ChosenForm::Csv,
        args::TimelineType::Json => ChosenForm::Json(JsonLayout::Array),
        args::TimelineType::Jsonl => ChosenForm::Json(JsonLayout::Lines),
        other => {
            let name = other.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
            bail!(
                "--fields and --profile choose the columns of csv, json and jsonl; {name} has a form of its own, which other programs rely on"
            );
        }
    };
    let format = TimelineChosen::new(names, form);
    if format.more_fields() > MOST_CHOSEN {
        bail!(
            "--fields: {} fields beside the usual ones are more than the {MOST_CHOSEN} that a timeline can have",
            format.more_fields()
        );
    }
    Ok(TimelineOutput::Text(Box::new(format)))
}

#[cfg(feature = "parquet")]
fn parquet(path: &Path) -> Result<TimelineOutput> {
    if is_stdout(path) {
        bail!("Parquet goes into a file: name one with -o, such as `-o timeline.parquet`");
    }
    Ok(TimelineOutput::Parquet)
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: &Path) -> Result<TimelineOutput> {
    bail!("this evql was built without Parquet; build it with the feature: `cargo build --release --features parquet`")
}

/// Refuses a mark of UTF-8 that no output would have.
pub fn check_bom(bom: bool, any_spreadsheet: bool) -> Result<()> {
    if bom && !any_spreadsheet {
        bail!("--bom is for CSV files, and none is written: name one with -o, or the format with -t csv");
    }
    Ok(())
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}
