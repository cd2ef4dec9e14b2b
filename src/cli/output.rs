//! Files that are written: opened before the run, so that a long scan does not end in a refusal, and never over evidence.

use super::args::{self, AlertFormat, FindingsArgs, FormatArgs};
use super::device;
use super::interrupt::{self, LineWriter};
use super::run_clock;
use super::stdout::is_stdout;
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use evql::base::pending_file::{PendingFile, partial_path};
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
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An open place for machine output.
pub struct OutputSink {
    out: LineWriter,
    name: PathBuf,
    bom: bool,
    /// The file, if it is one, and not stdout or a device.
    file: Option<PendingFile>,
    /// Why what is written is not all that there is, if so.
    cut_short: Option<&'static str>,
}

/// By what Excel knows that a CSV file is UTF-8.
const BOM: &[u8] = "\u{feff}".as_bytes();

impl OutputSink {
    fn to(out: LineWriter, name: &Path, file: Option<PendingFile>) -> Self {
        let name = if is_stdout(name) { Path::new("standard output") } else { name };
        Self { out, name: name.to_owned(), bom: false, file, cut_short: None }
    }

    /// Puts the byte-order mark of UTF-8 in front of the output, if it is wanted.
    pub fn with_bom(self, bom: bool) -> Self {
        Self { bom, ..self }
    }

    /// Marks an output that is useless without its end: if the run comes to none, nothing is left of it.
    pub fn all_or_nothing(self, is_whole: bool) -> Self {
        if is_whole {
            let file = self.file.map(PendingFile::all_or_nothing);
            Self { out: self.out.all_or_nothing(), file, ..self }
        } else {
            self
        }
    }

    /// Marks an output as a part of what there is, for a reason: a file does not take its place then.
    pub fn cut_short(self, reason: Option<&'static str>) -> Self {
        Self { cut_short: reason, ..self }
    }

    /// Leaves a file beside its place, and says so.
    fn leave_part(self, reason: &str) -> Result<()> {
        let part = self.file.and_then(|file| file.give_up(self.out.whole()));
        let part = part.map_or_else(String::new, |part| format!("; what there is is in {}", part.display()));
        let text = format!("{} is incomplete: {reason}{part}", self.name.display());
        writeln!(anstream::stderr(), "evql: {}", evql::base::escape::terminal(&text))?;
        Ok(())
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
            TimelineOutput::Parquet => self.all_or_nothing(true).write_with(|out| {
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

    /// Writes whatever is made. A file takes its place in the end, and if it comes to none, what of it is of use stays beside that place.
    pub fn write_with(mut self, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<()> {
        // Excel takes a CSV without this mark for one in the code page of the machine, and shows other letters than were logged.
        let mark: &[u8] = if self.bom { BOM } else { &[] };
        let name = self.name.display();
        let written = self.file.as_ref().map_or(Ok(()), PendingFile::begin);
        let written = written.and_then(|()| self.out.write_all(mark)).and_then(|()| write(&mut self.out));
        let Err(error) = written.and_then(|()| self.out.flush()) else {
            if let Some(reason) = self.cut_short {
                return self.leave_part(reason);
            }
            let Some(file) = self.file else { return Ok(()) };
            let part = file.path().to_owned();
            return file
                .finish()
                .with_context(|| format!("cannot put {name} in its place; all of it is in {}", part.display()));
        };
        let left = self.file.and_then(|file| file.give_up(self.out.whole()));
        let left = left.map_or_else(String::new, |part| format!("; whole lines up to there are in {}", part.display()));
        Err(error).with_context(|| format!("cannot write {name} to its end{left}"))
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
        if is_stdout(path) {
            return Ok(OutputSink::to(LineWriter::to_stdout(), path, None));
        }
        refuse_folder(path)?;
        if device::is_device(path) {
            let device = device::open(path).with_context(|| format!("cannot write {}", path.display()))?;
            return Ok(OutputSink::to(LineWriter::to_device(device, path), path, None));
        }
        if path.exists() {
            self.refuse(path)?;
        }
        let file = PendingFile::new(path, self.clobber)?;
        if file.is_in_place() {
            warn_in_place(path);
        }
        let out = file.file().try_clone().with_context(|| format!("cannot write {}", path.display()))?;
        self.opened.borrow_mut().push(path.to_owned());
        Ok(OutputSink::to(LineWriter::to_file(out, file.path(), path), path, Some(file)))
    }

    /// A file of which nothing is left if the run ends before it is whole.
    pub fn open_complete(&self, path: &Path) -> Result<CompleteFile> {
        self.check_complete(path)?;
        self.opened.borrow_mut().push(path.to_owned());
        CompleteFile::new(path, self.clobber)
    }

    /// A file that this command has read and writes anew, or that is not there yet.
    pub fn open_updated(&self, path: &Path) -> Result<CompleteFile> {
        if path.exists() {
            self.refuse(path)?;
        }
        self.opened.borrow_mut().push(path.to_owned());
        CompleteFile::new(path, true)
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

/// A file of which nothing is left if the run ends before it is whole, by a signal too.
pub struct CompleteFile(PendingFile);

impl CompleteFile {
    /// Begins a file, in place of one that is there if `clobber`.
    pub fn new(path: &Path, clobber: bool) -> Result<Self> {
        let file = interrupt::make_temporary(
            || PendingFile::new(path, clobber).map(PendingFile::all_or_nothing),
            |file| (!file.is_in_place()).then(|| file.path().to_owned()),
        )?;
        if file.is_in_place() {
            warn_in_place(path);
        }
        file.begin().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(file))
    }

    /// Where it is to stand.
    pub fn target(&self) -> &Path {
        self.0.target()
    }

    /// Where it stands until then.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The file.
    pub fn file(&self) -> &File {
        self.0.file()
    }

    /// Gives it its place.
    pub fn finish(self) -> Result<()> {
        let (part, target) = (self.path().to_owned(), self.target().to_owned());
        interrupt::let_stay(&part);
        self.0.finish().with_context(|| {
            format!("cannot put {} in its place; all of it is in {}", target.display(), part.display())
        })
    }
}

/// Says of an output that a part of it cannot be told from the whole.
fn warn_in_place(path: &Path) {
    let name = evql::base::escape::terminal(&path.display().to_string()).into_owned();
    let _ = writeln!(
        anstream::stderr(),
        "evql: nothing can be made in the folder of {name}, which is written in its place: if this run comes to no end, it is not whole, and nothing marks it"
    );
}

/// The paths at which outputs stand, and at which they are written until they are whole.
pub fn written_at(outputs: &[PathBuf]) -> Vec<PathBuf> {
    let files = outputs.iter().filter(|path| !is_stdout(path));
    files.flat_map(|path| [real_path(path), real_path(&partial_path(path))]).collect()
}

/// Refuses a folder, which is where a file could be written, and none itself.
fn refuse_folder(path: &Path) -> Result<()> {
    let ends_as_one = path.as_os_str().to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    if path.is_dir() || ends_as_one {
        bail!("{} is a folder; name a file to write, such as {}", path.display(), path.join("alerts.jsonl").display());
    }
    Ok(())
}

/// The file that findings are written to, with its format.
pub fn findings_format(args: &FindingsArgs) -> Result<Option<(&PathBuf, AlertFormat)>> {
    let path = args.target.output.as_ref();
    let format = path.map(|path| anyhow::Ok((path, alert_format(args.output_type, path)?))).transpose()?;
    if args.defang && format.is_none_or(|(_, format)| format != AlertFormat::IocCsv) {
        bail!(
            "--defang is for indicators as CSV, and none are written: name a file indicators.csv with -o, or the format with -t ioc-csv"
        );
    }
    Ok(format)
}

/// A path with links resolved, as far as it leads to something that is there.
pub fn real_path(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        // An output is not there yet, but its folder is: that much of the path can be resolved.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        path.file_name().map_or_else(|| folder.clone(), |name| folder.join(name))
    })
}

/// Writes a file, which stands in its place only once it is whole.
pub fn write_file(path: &Path, clobber: bool, bytes: &[u8]) -> Result<()> {
    let file = PendingFile::new(path, clobber)?.all_or_nothing();
    let written = file.begin().and_then(|()| file.file().write_all(bytes)).and_then(|()| file.finish());
    written.with_context(|| format!("cannot write {}", path.display()))
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
