//! What `scan` and `timeline` share: resolve the evidence, run the pipeline, tell what could not be read, choose the exit code.

use super::args::{Choice, Evidence, InputArgs, Look, RuleArgs};
use super::exit::Exit;
use super::names::AskedNames;
use super::progress::Bar;
use super::terminal;
use anyhow::{Context, Result, bail};
use evql::detect::{Alert, Detector, NameWatch};
use evql::diag::{Notice, NoticeKind};
use evql::pipeline::{self, EventFilter, Outcome, Roles, RunOptions, TimeWindow, TimelineOptions};
use evql::process::triage::Triage;
use evql::process::{Connection, Forest, HostAddresses, MOST_ADDRESSES};
use evql::report::Results;
use evql::rules::{self, AlertExceptions, FileReport, LoadOptions, Loaded, NotRun, load_exceptions};
use evql::source::{Fault, FaultKind, FaultSeverity, Search};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Rules that are wrong, and nobody said to go on without them.
#[derive(Debug, thiserror::Error)]
#[error("a rule is wrong, and nothing was read; mend it, or go on without it by --skip-bad-rules")]
pub struct WrongRules {
    /// The files of rules.
    pub files: Vec<FileReport>,
}

/// What is said where no input was found.
pub const NOTHING_TO_READ: &str = "there is no event log to read; name .evtx files, or folders that hold some";

/// A finished run.
pub struct Session {
    /// Rules in other languages, with their files.
    pub not_run: Vec<(NotRun, String)>,
    /// Files with rules that are wrong and were left out.
    pub wrong_files: Vec<String>,
    /// How many rules are wrong and were left out.
    pub wrong_rules: usize,
    /// How many rules do not run because their authors have taken them back.
    pub deprecated: usize,
    /// Rules that were not chosen by severity or tag.
    pub not_chosen: usize,
    /// Whether the rules are those that come with evql.
    pub builtin: bool,
    pub detector: Detector,
    pub outcome: Outcome,
    pub options: RunOptions,
    /// What a reader must know to trust the answer: of the rules, of the run and of the command; sorted, each once.
    pub notices: Vec<Notice>,
    /// What was asked for by name.
    pub asked: AskedNames,
    /// What was looked up about the alerts, if it was.
    pub triage: Option<Triage>,
    /// The addresses that hosts have shown as their own, if anything asked for them.
    addresses: Option<HostAddresses>,
    pub elapsed: Duration,
}

/// All paths of the evidence, however they were given.
pub fn paths(evidence: &Evidence) -> Result<Vec<PathBuf>> {
    given(&evidence.inputs, &evidence.choice)
}

/// All paths that were given, if what is asked of them can be.
pub fn given(inputs: &InputArgs, choice: &Choice) -> Result<Vec<PathBuf>> {
    let all = [&inputs.paths, &inputs.directory, &inputs.file];
    let paths = all.into_iter().flatten().map(|path| expanded(path)).collect::<Result<Vec<_>>>()?.concat();
    if paths.is_empty() {
        bail!("no evidence given: name .evtx files or folders that hold some, such as `evql scan evidence/`");
    }
    if let (Some(from), Some(to)) = (choice.from, choice.to)
        && from > to
    {
        bail!("--from {from} lies after --to {to}: no event can be in between");
    }
    Ok(paths)
}

/// What a path stands for: itself or, where nothing has that name and it is a pattern, everything that fits. The shell of Windows leaves patterns to programs.
fn expanded(path: &Path) -> Result<Vec<PathBuf>> {
    let Some(pattern) = path.to_str().filter(|text| text.contains(['*', '?', '['])) else {
        return Ok(vec![path.to_owned()]);
    };
    if path.symlink_metadata().is_ok() {
        return Ok(vec![path.to_owned()]);
    }
    let found = glob::glob(pattern).with_context(|| format!("{pattern} is neither a file nor a pattern"))?;
    let found: Vec<PathBuf> = found.map(|found| found.unwrap_or_else(|error| error.path().to_owned())).collect();
    if found.is_empty() {
        bail!("nothing fits the pattern {pattern}");
    }
    Ok(found)
}

/// How evidence is searched for.
pub fn search(inputs: &InputArgs) -> Search {
    Search { archive_password: inputs.archive_password.clone(), carve: inputs.carve }
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

/// The rules under the paths, or the built-in ones if there are none; read on so many threads, 0 meaning one per core. `deprecated` says whether rules that
/// were taken back are wanted too.
pub fn load_rules(paths: &[PathBuf], deprecated: bool, threads: usize) -> Loaded {
    if paths.is_empty() {
        return Loaded::of(rules::builtin());
    }
    rules::load_with(paths, LoadOptions { deprecated }, &|count, job| pipeline::spread(threads, count, job))
}

/// What a run keeps beside findings.
#[derive(Clone, Debug, Default)]
pub struct WantedOutputs {
    /// Every event.
    pub timeline: Option<TimelineOptions>,
    /// Which fields the events have.
    pub inventory: bool,
    /// Of alerts no more than their rules, hosts and times, where no exception asks for more.
    pub outlines: bool,
}

/// Whether something that was not read may hold evidence: it is there, and is not of another kind.
pub fn may_be_evidence(fault: &Fault) -> bool {
    fault.severity == FaultSeverity::Lost && fault.kind != FaultKind::Missing
}

/// How many threads a person wants; 0 is one per core.
fn threads(evidence: &Evidence) -> usize {
    evidence.inputs.threads.map_or(0, usize::from)
}

/// Which rules there are that do not run.
fn set_apart(loaded: &Loaded) -> String {
    let mut parts = Vec::new();
    if !loaded.deprecated.is_empty() {
        parts.push(format!("{} deprecated (--deprecated runs them)", loaded.deprecated.len()));
    }
    if !loaded.not_run.is_empty() {
        parts.push(format!("{} in other languages", loaded.not_run.len()));
    }
    if loaded.passed_over > 0 {
        parts.push(terminal::counted(loaded.passed_over as u64, "file that is no rule file"));
    }
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

/// The rules that a person asked for, unless one is wrong.
fn rules_of(rules: &RuleArgs, threads: usize, look: &Look) -> Result<Chosen> {
    let mut loaded = load_rules(&rules.rules, rules.deprecated, threads);
    if loaded.set.rules.is_empty() && !loaded.has_error() {
        bail!("there is no rule that can run under the paths of -r{}", set_apart(&loaded));
    }
    let goes_on = rules.skip_bad_rules && !loaded.set.rules.is_empty();
    if loaded.has_error() && !goes_on {
        return Err(WrongRules { files: loaded.files }.into());
    }
    let exceptions = load_exceptions(&rules.exceptions, &loaded.set);
    if exceptions.has_error() {
        return Err(WrongRules { files: exceptions.files }.into());
    }
    exceptions.give_to(&mut loaded.set);
    loaded.tell_missing_lists(&exceptions);
    loaded.notices.extend(exceptions.notices.iter().cloned());
    let mut err = anstream::stderr().lock();
    super::rule_findings::print_full(&mut err, &loaded.files, !look.verbose)?;
    super::rule_findings::print_full(&mut err, &exceptions.files, true)?;
    let not_chosen = rules.selection().apply(&mut loaded.set);
    if loaded.set.rules.is_empty() {
        bail!("no rule is left: --min-level, --include-tag and --exclude-tag together take all {not_chosen} away");
    }
    let exceptions = exceptions.alerts.into();
    let max_signals = rules.max_signals;
    Ok(Chosen { loaded, passed_over: not_chosen, exceptions, max_signals, ..Chosen::default() })
}

/// What a person must know who ran the built-in rules and found nothing: whether they could have found anything, and what else there is to run.
fn nothing_found(detector: &Detector, outcome: &Outcome) -> Vec<Notice> {
    let is_present = |id: &u32| outcome.stats.by_id.contains_key(id);
    let mut notices = Vec::new();
    let silent =
        if outcome.stats.documents == 0 { detector.unanswered(|id| is_present(&id)).no_events } else { Vec::new() };
    for rule in silent {
        let name = &detector.rules()[rule].meta.name;
        let of = |ids: &BTreeSet<u32>| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        let (mut needed, mut missing) = (Vec::new(), Vec::new());
        for ids in detector.needed_ids(rule) {
            if !ids.iter().any(is_present) {
                missing.push(of(&ids));
            }
            needed.push(of(&ids));
        }
        let (needed, missing) = (needed.join(", then of "), missing.join(" and of "));
        let text =
            format!("'{name}' could find nothing: it needs events of ID {needed}, and here are none of {missing}");
        notices.push(Notice::new(NoticeKind::Unanswered, text));
    }
    let rules = detector.rules().len();
    let what = if rules == 1 {
        "only the one built-in rule ran".to_owned()
    } else {
        format!("only the {rules} built-in rules ran")
    };
    let text = format!(
        "{what}: -r runs others, such as Elastic's (https://github.com/elastic/detection-rules), and `evql rules coverage` tells which of them this \
         evidence can answer"
    );
    notices.push(Notice::new(NoticeKind::NextStep, text));
    notices
}

/// Where no address is known.
static NO_ADDRESSES: LazyLock<HostAddresses> = LazyLock::new(HostAddresses::default);

/// Whether an alert has a connection whose record does not say which end is whose.
fn has_undecided_connection(alert: &Alert) -> bool {
    let mut connections = alert
        .present()
        .filter_map(|event| Connection::read(|field| event.document.first(field).map(ToString::to_string)));
    connections.any(|connection| connection.peer_by_itself().is_none())
}

/// Says that more addresses are hosts' own than are held.
fn full_addresses(addresses: &HostAddresses) -> Option<Notice> {
    let text = format!(
        "hosts show more than {} addresses as their own: which end of a connection is whose may be told as not known for it",
        terminal::grouped(MOST_ADDRESSES as u64)
    );
    addresses.is_full().then(|| Notice::new(NoticeKind::Limit, text))
}

/// The rules that run, and what is known to be harmless.
#[derive(Debug, Default)]
pub struct Chosen {
    pub loaded: Loaded,
    /// How many rules were not chosen.
    pub passed_over: usize,
    pub exceptions: AlertExceptions,
    pub max_signals: bool,
    /// Whether they are no rules but what a person asks.
    pub is_query: bool,
    /// The columns of the answer, if some were chosen.
    pub columns: Vec<String>,
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

    /// The same for a command that wants more.
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
            Chosen { max_signals: false, ..rules_of(rules, threads(evidence), look)? },
            look,
            &[],
            wanted,
        )
    }

    /// Runs a set of rules over the evidence.
    pub fn run_set(
        evidence: &Evidence,
        chosen: Chosen,
        look: &Look,
        outputs: &[PathBuf],
        wanted: WantedOutputs,
    ) -> Result<Self> {
        let paths = paths(evidence)?;
        let Chosen { loaded, passed_over: not_chosen, exceptions, max_signals, is_query, columns } = chosen;
        let wrong_files = loaded.files.iter().filter(|file| file.has_error()).map(|file| file.path.clone()).collect();
        let mapping = evidence.mapping.into();
        let options = RunOptions {
            clock: evidence.clock.into(),
            window: TimeWindow { from: evidence.choice.from, to: evidence.choice.to },
            filter: filter(&evidence.choice),
            threads: threads(evidence),
            timeline: wanted.timeline,
            inventory: wanted.inventory,
            outlines: wanted.outlines && exceptions.is_empty(),
            search: search(&evidence.inputs),
            slow_reader: evidence.inputs.slow_reader,
            mapping,
            roles: Roles {
                timestamp: evidence.timestamp_field.clone(),
                category: evidence.event_category_field.clone(),
                tiebreaker: evidence.tiebreaker_field.clone(),
            },
        };
        let builtin = loaded.files.is_empty() && !is_query;
        let mut asked = AskedNames::new(&loaded.set, &exceptions, &options.roles, builtin);
        asked.add_columns(&columns);
        let detector = Detector::for_mapping(loaded.set, mapping)
            .with_max_signals(max_signals)
            .with_exceptions(exceptions)
            .with_watch(NameWatch::new(asked.sought()));
        let start = Instant::now();
        let mut outcome = pipeline::run(&paths, &detector, &options, &Bar::new(look))?;
        let outputs: Vec<PathBuf> = outputs.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let is_output =
            |fault: &Fault| Path::new(&*fault.input).canonicalize().is_ok_and(|path| outputs.contains(&path));
        outcome.faults.retain(|fault| !is_output(fault));
        let mut notices = loaded.notices;
        notices.append(&mut outcome.notices);
        let addresses = outcome.addresses.take();
        notices.extend(addresses.as_ref().and_then(full_addresses));
        if builtin && outcome.alerts.is_empty() && !outcome.inputs.is_empty() {
            notices.extend(nothing_found(&detector, &outcome));
        }
        notices.extend(asked.notices(&detector, &outcome));
        notices.sort();
        notices.dedup();
        Ok(Self {
            not_run: loaded.not_run,
            wrong_files,
            wrong_rules: loaded.wrong_rules,
            deprecated: loaded.deprecated.len(),
            not_chosen,
            builtin,
            detector,
            outcome,
            options,
            notices,
            asked,
            triage: None,
            addresses,
            elapsed: start.elapsed(),
        })
    }

    /// Looks up what a person would look up first about each alert.
    pub fn look_up(&mut self, look: &Look) {
        let start = Instant::now();
        let Outcome { again, alerts, .. } = &self.outcome;
        self.triage = (!alerts.is_empty()).then(|| again.triage(alerts, &Bar::new(look)));
        if let Some(triage) = &self.triage {
            let addresses = (*triage.addresses).clone();
            let notices = triage.notices();
            // All processes are known now, and not only those of events that some rule may need.
            self.notices.retain(|notice| notice.kind != NoticeKind::Host);
            self.add_notices(notices.into_iter().chain(full_addresses(&addresses)));
            self.addresses = Some(addresses);
            self.outcome.compare_files();
        }
        self.elapsed += start.elapsed();
    }

    /// Takes what the processes of all events tell, in place of what those say that some rule may need.
    pub fn note_processes(&mut self, forest: &Forest) {
        self.notices.retain(|notice| notice.kind != NoticeKind::Host);
        self.add_notices(forest.several_hosts());
        self.outcome.compare_files();
    }

    /// Makes sure that all is known that tells the ends of the alerts' connections apart. That takes a pass of its own if nothing has asked for addresses yet,
    /// and an alert has a connection whose record does not say it itself.
    pub fn learn_addresses(&mut self, look: &Look) {
        let start = Instant::now();
        let Outcome { again, alerts, .. } = &self.outcome;
        if self.addresses.is_none() && alerts.iter().any(has_undecided_connection) {
            let addresses = again.addresses(&Bar::new(look));
            self.add_notices(full_addresses(&addresses));
            self.addresses = Some(addresses);
            self.outcome.compare_files();
        }
        self.elapsed += start.elapsed();
    }

    fn add_notices(&mut self, notices: impl IntoIterator<Item = Notice>) {
        self.notices.extend(notices);
        self.notices.sort();
        self.notices.dedup();
    }

    /// Gives alerts the starts of their processes that no rule needed.
    pub fn complete_alerts(&mut self, look: &Look) {
        let start = Instant::now();
        let Outcome { again, alerts, .. } = &mut self.outcome;
        again.complete(alerts, &Bar::new(look));
        self.outcome.compare_files();
        self.elapsed += start.elapsed();
    }

    /// The view that exporters take.
    pub fn results(&self) -> Results<'_> {
        Results {
            detector: &self.detector,
            alerts: &self.outcome.alerts,
            clock: self.options.clock,
            triage: self.triage.as_ref(),
            addresses: self.addresses.as_ref().unwrap_or(&NO_ADDRESSES),
            inputs: &self.outcome.inputs,
        }
    }

    /// Tells on stderr what could not be read, and what to do if there was nothing at all.
    pub fn report_faults(&self, look: &Look) -> std::io::Result<()> {
        let mut err = anstream::stderr().lock();
        terminal::faults::print(&mut err, &self.outcome.faults, look.verbose)?;
        if self.outcome.inputs.is_empty() {
            writeln!(err, "evql: {NOTHING_TO_READ}")?;
        }
        Ok(())
    }

    /// Whether there was an event log to read, or at least something that may be one and could not be read.
    pub fn has_input(&self) -> bool {
        !self.outcome.inputs.is_empty() || self.outcome.faults.iter().any(may_be_evidence)
    }

    /// The exit code of the run, which ends here: its memory is left to the system, which is quicker than to free it piece by piece.
    pub fn leave(self, evidence: &Evidence, fail_on_detection: bool) -> Exit {
        let exit = self.exit(evidence, fail_on_detection);
        std::mem::forget(self);
        exit
    }

    /// The exit code of the run.
    fn exit(&self, evidence: &Evidence, fail_on_detection: bool) -> Exit {
        let faults = &self.outcome.faults;
        if !self.has_input() {
            return Exit::Usage;
        }
        if !evidence.inputs.allow_partial && faults.iter().any(|fault| fault.severity == FaultSeverity::Lost) {
            return Exit::Partial;
        }
        if fail_on_detection && !self.outcome.alerts.is_empty() { Exit::Findings } else { Exit::Done }
    }
}
