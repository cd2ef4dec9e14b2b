//! A run as every command with rules or a query has it: resolve the evidence, run the pipeline, report faults, choose the exit code.

use super::args::{Choice, Evidence, InputArgs, Look, MemoryArgs, RuleArgs, RulePaths, RuleReading};
use super::exit::Exit;
use super::output::{OutputSink, written_at};
use super::patterns::expanded_all;
use super::progress::Bar;
use super::terminal;
use anyhow::{Context, Result, bail};
use evql::base::{CaseKey, Ticks, text_file};
use evql::diag::{self, NoticeKind};
use evql::enrichment::GeoLookup;
use evql::pipeline::{self, AlertContents, EventFilter, Roles, RunOptions, TimeWindow, TimelineOptions};
use evql::rules::{self, FileReport, LoadOptions, Loaded, Placeholders};
use evql::search::EventSearch;
use evql::source::{Fault, FaultKind, FaultSeverity, Search};
use evql::sysmon::EventMapping;
use evql::{ChosenRules, ScanRun};
use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The error that rules are wrong, where that was not to be gone over.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct WrongRules {
    /// What is wrong, and what can be done about it.
    pub what: &'static str,
    /// The files of rules.
    pub files: Vec<FileReport>,
}

impl WrongRules {
    /// Wrong rules in some files.
    pub fn of(files: Vec<FileReport>) -> Self {
        let what = "a rule is wrong, and nothing was read; mend it, or go on without it by --skip-bad-rules";
        Self { what, files }
    }
}

/// The message where no input was found.
pub const NOTHING_TO_READ: &str = "there is no event log to read; name .evtx files, or folders that hold some";

/// A finished run.
pub struct Session {
    /// The rules, and all that was found.
    pub run: ScanRun,
    /// The time that it took, further passes over the evidence included.
    pub elapsed: Duration,
}

/// All paths of the evidence, however they were given.
pub fn paths(evidence: &Evidence) -> Result<Vec<PathBuf>> {
    given(&evidence.inputs, &evidence.choice)
}

/// All paths that a command reads for its evidence, which no output may take the place of: those of the evidence, and databases of addresses.
pub fn files_read(evidence: &Evidence) -> Result<Vec<PathBuf>> {
    let listed = evidence.inputs.files_from.iter().flat_map(|list| &list.0);
    let mut all: Vec<PathBuf> = paths(evidence)?.into_iter().chain(listed.cloned()).collect();
    all.extend(evidence.geoip.as_deref().map(evql::geoip_files).transpose().context("--geoip")?.unwrap_or_default());
    Ok(all)
}

/// All paths that were given, if what is asked of them can be.
pub fn given(inputs: &InputArgs, choice: &Choice) -> Result<Vec<PathBuf>> {
    let all = [&inputs.paths, &inputs.directory, &inputs.file];
    let paths = all.into_iter().map(|paths| expanded_all(paths)).collect::<Result<Vec<_>>>()?.concat();
    if paths.is_empty() && inputs.files_from.is_none() {
        bail!("no evidence given: name .evtx files or folders that hold some, such as `evql scan evidence/`");
    }
    if let (Some(from), Some(to)) = (choice.from, choice.to)
        && from > to
    {
        bail!("--from {from} lies after --to {to}: no event can be in between");
    }
    Ok(paths)
}

/// How evidence is searched for.
pub fn search(inputs: &InputArgs) -> Search {
    let listed = inputs.files_from.as_ref().map(|list| list.0.clone()).unwrap_or_default();
    Search { carve: inputs.carve, listed, ..inputs.passwords.search() }
}

/// Which events are wanted.
pub fn filter(choice: &Choice) -> EventFilter {
    let computers = |names: &[String]| names.iter().map(|name| EventFilter::computer(name)).collect();
    EventFilter {
        include_ids: choice.include_eid.clone(),
        exclude_ids: choice.exclude_eid.clone(),
        include_computers: computers(&choice.include_computer),
        exclude_computers: computers(&choice.exclude_computer),
    }
}

/// The rules under the paths, or the built-in ones if there are none; read on so many threads, 0 meaning one per core.
pub fn load_rules(paths: &[PathBuf], options: LoadOptions, threads: usize) -> Loaded {
    let each = |count: usize, job: &(dyn Fn(usize) + Sync)| pipeline::spread(threads, count, job);
    if paths.is_empty() {
        return Loaded::of(rules::builtin_with(&each));
    }
    rules::load_with(paths, options, &each)
}

/// The rules under the paths; with `strict`, an error if one is wrong.
pub fn load_strictly(paths: &[PathBuf], options: LoadOptions, strict: bool) -> Result<Loaded> {
    let loaded = load_rules(paths, options, 0);
    if strict && loaded.has_error() {
        return Err(WrongRules::of(loaded.files).into());
    }
    Ok(loaded)
}

/// The rules that a command tells of; those that their authors have taken back if wanted.
pub fn load_listed(paths: &RulePaths, deprecated: bool, reading: &RuleReading) -> Result<Loaded> {
    let options = LoadOptions { deprecated, ..every_rule(reading.placeholders.as_deref())? };
    load_strictly(&paths.all(), options, reading.strict)
}

/// All rules, whether or not their authors have taken them back, with the placeholders of a file.
pub fn every_rule(placeholders: Option<&Path>) -> Result<LoadOptions> {
    Ok(LoadOptions { deprecated: true, placeholders: read_placeholders(placeholders)? })
}

/// The placeholders of a file; none if there is no file.
pub fn read_placeholders(path: Option<&Path>) -> Result<Arc<Placeholders>> {
    let Some(path) = path else { return Ok(Arc::default()) };
    let text = text_file::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    match Placeholders::read(&text) {
        Ok(placeholders) => Ok(Arc::new(placeholders)),
        Err(found) => {
            let lines: Vec<String> =
                found.iter().map(|found| diag::concise(found, &path.display().to_string(), &text)).collect();
            bail!("the placeholders are wrong:\n{}", lines.join("\n"))
        }
    }
}

/// Outputs of a run beside alerts.
#[derive(Clone, Debug, Default)]
pub struct WantedOutputs {
    /// Every event.
    pub timeline: Option<TimelineOptions>,
    /// Which fields the events have.
    pub inventory: bool,
    /// How much of alerts.
    pub alerts: AlertContents,
    /// Whether to survey what the evidence consists of.
    pub survey: bool,
    /// What events must hold.
    pub text: Option<Arc<EventSearch>>,
    /// The key of the case, if the evidence is that of some hosts out of many.
    pub case_key: Option<CaseKey>,
}

/// Whether something that was not read may hold evidence: it is there, and is not of another kind.
pub fn may_be_evidence(fault: &Fault) -> bool {
    fault.severity == FaultSeverity::Lost && fault.kind != FaultKind::Missing
}

/// The databases of addresses in a folder.
pub fn geo_databases(folder: Option<&Path>) -> Result<Option<GeoLookup>> {
    let databases = folder.map(evql::read_geoip_folder).transpose().context("--geoip")?;
    // Held until the program ends, which is when the run does.
    Ok(databases.map(|databases| GeoLookup(Box::leak(Box::new(databases)))))
}

/// Refuses a folder for temporary files that is not there.
pub fn check_temp_folder(memory: &MemoryArgs) -> Result<()> {
    if let Some(folder) = memory.temp_folder.as_ref().filter(|folder| !folder.is_dir()) {
        bail!("--temp-folder {}: there is no such folder", folder.display());
    }
    Ok(())
}

/// The options of a run with these outputs.
pub fn options(evidence: &Evidence, wanted: WantedOutputs) -> Result<RunOptions> {
    check_temp_folder(&evidence.memory)?;
    Ok(RunOptions {
        clock: evidence.clock.into(),
        window: TimeWindow { from: evidence.choice.from, to: evidence.choice.to },
        last: evidence.choice.last,
        filter: filter(&evidence.choice),
        threads: threads(evidence),
        limits: (&evidence.memory).into(),
        timeline: wanted.timeline,
        inventory: wanted.inventory,
        survey: wanted.survey,
        text: wanted.text,
        case_key: wanted.case_key,
        alerts: wanted.alerts,
        search: search(&evidence.inputs),
        outputs: Vec::new(),
        slow_reader: evidence.inputs.slow_reader,
        mapping: EventMapping { documents: evidence.mapping.into(), geo: geo_databases(evidence.geoip.as_deref())? },
        roles: Roles {
            timestamp: evidence.timestamp_field.clone(),
            category: evidence.event_category_field.clone(),
            tiebreaker: evidence.tiebreaker_field.clone(),
        },
    })
}

/// How many threads a person wants; 0 is one per core.
pub fn threads(evidence: &Evidence) -> usize {
    evidence.inputs.threads.map_or(0, usize::from)
}

/// Which rules there are that do not run.
fn set_apart(loaded: &Loaded) -> String {
    let mut parts = Vec::new();
    if !loaded.deprecated.is_empty() {
        parts.push(format!("{} deprecated (--deprecated runs them)", loaded.deprecated.len()));
    }
    if !loaded.elsewhere.is_empty() {
        parts.push(format!("{} about other logs than Sysmon's", loaded.elsewhere.len()));
    }
    if !loaded.not_run.is_empty() {
        parts.push(format!("{} in other languages", loaded.not_run.len()));
    }
    if !loaded.parts.is_empty() {
        parts.push(format!("{} in correlations only", loaded.parts.len()));
    }
    if loaded.passed_over > 0 {
        parts.push(terminal::counted(loaded.passed_over as u64, "file that is no rule file"));
    }
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

/// The rules that a person asked for, unless one is wrong.
pub fn rules_of(args: &RuleArgs, threads: usize, look: &Look) -> Result<ChosenRules> {
    let placeholders = read_placeholders(args.placeholders.as_deref())?;
    let options = LoadOptions { deprecated: args.deprecated, placeholders };
    let Some(lists) = super::indicator_lists::load(&args.lists, args.strict, threads, look)? else {
        let what = "a list of indicators is wrong, and nothing was read";
        return Err(WrongRules { what, files: Vec::new() }.into());
    };
    let mut loaded = if args.lists.only { Loaded::default() } else { load_rules(&args.rules, options, threads) };
    loaded.notices.extend(lists.notices());
    loaded.set.rules.extend(rules::ioc_rules(lists.indicators, args.lists.every_event));
    let own: HashSet<String> = loaded.set.rules.iter().map(|rule| rule.meta.id.clone()).collect();
    if args.with_builtin {
        loaded.set.add_missing(rules::builtin());
    }
    if loaded.set.rules.is_empty() && !loaded.has_error() {
        bail!("there is no rule that can run under the paths of -r{}", set_apart(&loaded));
    }
    // With nothing left to run there is nothing to go on with: the mistakes are the answer.
    let may_go_on = args.skip_bad_rules || !args.strict && !loaded.has_error_in_named_file();
    let goes_on = may_go_on && !loaded.set.rules.is_empty();
    let chosen = ChosenRules::new(loaded, &args.exceptions, &args.indicators, &args.selection(), goes_on);
    let chosen = chosen.map_err(WrongRules::of)?;
    let mut err = anstream::stderr().lock();
    super::rule_findings::print_full(&mut err, &chosen.loaded.files, !look.verbose)?;
    super::rule_findings::print_full(&mut err, &chosen.exception_files, true)?;
    if chosen.rules().is_empty() {
        let taken = chosen.left_out;
        if taken.hunting > 0 && taken.by_choice == 0 {
            bail!("no rule is left: what there is is for hunting, and runs with --hunting");
        }
        if taken.by_choice == 0 {
            let reasons: Vec<String> =
                chosen.loaded.not_run.iter().map(|(rule, _)| format!("'{}': {}", rule.name, rule.reason)).collect();
            bail!("no rule can run: {}", reasons.join("; "));
        }
        bail!(
            "no rule is left: --min-level, --min-status, --include-tag and --exclude-tag together take all {} away",
            taken.by_choice
        );
    }
    let builtin_beside = chosen.rules().iter().filter(|rule| args.with_builtin && !own.contains(&rule.meta.id)).count();
    let RuleArgs { max_signals, assume_new: assumes_new, suppress: suppresses, .. } = *args;
    Ok(ChosenRules {
        max_signals,
        assumes_new,
        suppresses,
        builtin: args.rules.is_empty() && args.lists.ioc.is_empty(),
        builtin_beside,
        ..chosen
    })
}

impl Session {
    /// Runs rules over the evidence. `outputs` are files that this run writes: where they lie among the evidence they are not part of it.
    pub fn run(
        evidence: &Evidence,
        rules: &RuleArgs,
        look: &Look,
        outputs: &[PathBuf],
        timeline: Option<TimelineOptions>,
    ) -> Result<Self> {
        Self::run_wanted(evidence, rules, look, outputs, WantedOutputs { timeline, ..WantedOutputs::default() })
    }

    /// Runs rules over the evidence for a command with outputs beside alerts.
    pub fn run_wanted(
        evidence: &Evidence,
        rules: &RuleArgs,
        look: &Look,
        outputs: &[PathBuf],
        wanted: WantedOutputs,
    ) -> Result<Self> {
        Self::run_set(evidence, rules_of(rules, threads(evidence), look)?, look, outputs, wanted)
    }

    /// Reads the evidence to know what it holds.
    pub fn run_inventory(evidence: &Evidence, rules: &RuleArgs, look: &Look) -> Result<Self> {
        let wanted = WantedOutputs { inventory: true, ..WantedOutputs::default() };
        Self::run_set(
            evidence,
            ChosenRules { max_signals: false, ..rules_of(rules, threads(evidence), look)? },
            look,
            &[],
            wanted,
        )
    }

    /// Runs a set of rules over the evidence.
    pub fn run_set(
        evidence: &Evidence,
        chosen: ChosenRules,
        look: &Look,
        outputs: &[PathBuf],
        wanted: WantedOutputs,
    ) -> Result<Self> {
        let paths = paths(evidence)?;
        let options = RunOptions { outputs: written_at(outputs), ..options(evidence, wanted)? };
        Self::run_with(chosen, &paths, options, look, outputs)
    }

    /// Runs a set of rules over the evidence at these paths.
    pub fn run_with(
        chosen: ChosenRules,
        paths: &[PathBuf],
        options: RunOptions,
        look: &Look,
        outputs: &[PathBuf],
    ) -> Result<Self> {
        let start = Instant::now();
        let mut run = ScanRun::new(chosen, paths, options, &Bar::new(look))?;
        // A pipe or a link in the folder of the evidence that leads to an output: as an input it would be a fault that the run itself has made.
        let is_output = |fault: &Fault| {
            let path = Path::new(&*fault.input);
            outputs.iter().any(|output| output == path)
                || path.canonicalize().is_ok_and(|path| run.options.outputs.contains(&path))
        };
        run.outcome.faults.retain(|fault| !is_output(fault));
        Ok(Self { run, elapsed: start.elapsed() })
    }

    /// An output of the run, which does not pass for whole if the run came to no end.
    pub fn marked(&self, sink: OutputSink) -> OutputSink {
        let is_cut = self.run.outcome.unread > 0;
        sink.cut_short(is_cut.then_some("a temporary file could not be written, and not all of the evidence was read"))
    }

    /// The databases in which addresses were looked up, in words.
    pub fn databases(&self) -> Vec<String> {
        let described = self.run.options.mapping.geo.iter().flat_map(|geo| geo.0.described());
        let text = |(file, kind, built): (&str, &str, u64)| {
            let built = i64::try_from(built).ok().and_then(|built| Ticks::from_unix_millis(built.checked_mul(1000)?));
            let built =
                built.map_or_else(String::new, |at| format!(" of {}", at.rfc3339().get(..10).unwrap_or_default()));
            format!("{kind}{built} ({file})")
        };
        described.map(text).collect()
    }

    /// Files with rules that are wrong and were left out.
    pub fn wrong_files(&self) -> Vec<String> {
        let wrong = self.run.chosen.loaded.files.iter().filter(|file| file.has_error());
        wrong.map(|file| file.path.clone()).collect()
    }

    /// Does more work on the run, such as another pass over the evidence, and counts its time.
    pub fn go_on<T>(&mut self, look: &Look, work: impl FnOnce(&mut ScanRun, &Bar) -> T) -> T {
        let start = Instant::now();
        let done = work(&mut self.run, &Bar::new(look));
        self.elapsed += start.elapsed();
        done
    }

    /// Tells on stderr what could not be read, and what to do if there was nothing at all.
    pub fn report_faults(&self, look: &Look) -> std::io::Result<()> {
        let mut err = anstream::stderr().lock();
        terminal::faults::print(&mut err, &self.run.outcome.faults, look.verbose)?;
        if self.run.outcome.inputs.is_empty() {
            writeln!(err, "evql: {NOTHING_TO_READ}")?;
        }
        Ok(())
    }

    /// Tells on stderr which end of the evidence was taken, for commands that show no notices otherwise.
    pub fn report_window(&self, look: &Look) -> std::io::Result<()> {
        let mut err = anstream::stderr().lock();
        let notices = self.run.notices.iter().filter(|notice| notice.kind == NoticeKind::Window && !look.quiet);
        notices.map(|notice| terminal::shown(&notice.text, None)).try_for_each(|text| writeln!(err, "evql: {text}"))
    }

    /// Whether there was an event log to read, or at least something that may be one and could not be read.
    pub fn has_input(&self) -> bool {
        !self.run.outcome.inputs.is_empty() || self.run.outcome.faults.iter().any(may_be_evidence)
    }

    /// The exit code of the run, which ends here: its memory is left to the system, which is quicker than to free it piece by piece.
    pub fn leave(self, evidence: &Evidence, fail_on_detection: bool) -> Exit {
        self.end(evidence.inputs.allow_partial, fail_on_detection)
    }

    /// The same, where it is said by itself whether a part of the evidence is enough.
    pub fn end(self, allow_partial: bool, fail_on_detection: bool) -> Exit {
        let exit = self.exit(allow_partial, fail_on_detection);
        // Alerts hold hundreds of thousands of small allocations, which the system takes back at once.
        std::mem::forget(self);
        exit
    }

    /// The exit code of the run.
    fn exit(&self, allow_partial: bool, fail_on_detection: bool) -> Exit {
        let faults = &self.run.outcome.faults;
        if !self.has_input() {
            return Exit::Usage;
        }
        // An incomplete answer outranks findings: 4 and not 1, since a script that asks for findings must know that there may be more.
        if !allow_partial && faults.iter().any(|fault| fault.severity == FaultSeverity::Lost) {
            return Exit::Partial;
        }
        if fail_on_detection && !self.run.outcome.alerts.is_empty() { Exit::Findings } else { Exit::Done }
    }
}
