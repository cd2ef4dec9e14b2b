//! The public face of the library: rules and options in, alerts, events, faults and notices out.
//!
//! A [`ScannerBuilder`] takes what a person would write on the command line.
//! [`build`](ScannerBuilder::build) loads and compiles the rules once; the [`Scanner`] that comes of it does not change any more, and may scan any number of
//! collections of evidence, from several threads if need be.
//! Each scan gives [`ScanResults`], which hold the alerts and remember where the evidence stands, so that it can be read again for what was not kept.
//!
//! ```
//! use evql::Scanner;
//!
//! let scanner = Scanner::builder().build()?; // the built-in rules
//! let results = scanner.scan(["samples/macro-ws-0431.evtx", "samples/regsvr32.evtx"])?;
//! for found in results.alerts() {
//!     println!("{} on {}", found.rule().meta.name, found.host().unwrap_or("?"));
//! }
//! assert!(results.alerts().len() > 0);
//! assert!(results.faults().is_empty());
//! # Ok::<(), evql::ScannerError>(())
//! ```
//!
//! What costs a pass of its own over the evidence happens only on demand: [`enrich`](ScanResults::enrich) looks up what an analyst would look up first, and
//! [`observe`](ScanResults::observe) shows every event to code of yours.
//! Whatever a run is besides finding alerts (exceptions, selection, notices) stands in [`ChosenRules`] and [`ScanRun`], which the command line uses too: both
//! give the same alerts and the same notices, and a test compares them.

mod asked_names;
mod chosen_rules;
mod scan_run;

pub use asked_names::{AskedNames, NameMistake};
pub use chosen_rules::ChosenRules;
pub use scan_run::ScanRun;

use crate::base::Ticks;
use crate::detect::Alert;
use crate::diag::{Diagnostic, Notice, concise};
use crate::ecs;
use crate::enrichment::{GeoDatabases, GeoLookup};
use crate::eql;
use crate::event::{Clock, Event};
use crate::incident::Incidents;
use crate::pipeline::{
    self, EventFilter, Progress, Roles, RunError, RunOptions, Silent, Stats, TimeWindow, TimelineOptions,
};
use crate::process::Observer;
use crate::report::{Exporter, Results, TimelineFormat, alert_document};
use crate::rules::{self, FileReport, LoadOptions, Loaded, Rule, RuleSelection, RuleSet};
use crate::source::{ArchivePasswords, Fault, Input};
use crate::sysmon::Mapping;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Why there is no scanner, or no result of a scan.
///
/// Evidence that is damaged or missing is never an error: it is a [`Fault`] of the results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScannerError {
    /// Rules or exceptions are wrong, and [`ScannerBuilder::skip_bad_rules`] was not asked for. These are all files, with everything found in each.
    #[error("a rule is wrong:{}", errors_of(files))]
    WrongRules {
        /// Every file of rules or exceptions that was read.
        files: Vec<FileReport>,
    },
    /// The query is wrong.
    #[error("the query is wrong:{}", errors_in("query", query, diagnostics))]
    WrongQuery {
        /// The text of the query.
        query: String,
        /// Everything found in it; spans are offsets in the text.
        diagnostics: Vec<Diagnostic>,
    },
    /// No rule is left to run: there is none under the paths, or none was selected.
    #[error("there is no rule that can run")]
    NoRule,
    /// The run could not begin, or could not keep its rows.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The output could not be written.
    #[error("cannot write the output")]
    Output(#[from] io::Error),
}

/// The errors in some files, one a line.
fn errors_of(files: &[FileReport]) -> String {
    files.iter().map(|file| errors_in(&file.path, &file.text, &file.diagnostics)).collect()
}

/// The errors in a text, one a line, each line with the break before it.
fn errors_in(name: &str, text: &str, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().filter(|found| found.is_error()).fold(String::new(), |mut lines, found| {
        let _ = write!(lines, "\n{}", concise(found, name, text));
        lines
    })
}

/// Where the rules of a scanner come from.
#[derive(Debug, Default)]
enum RuleOrigin {
    #[default]
    Builtin,
    Paths(Vec<PathBuf>),
    Set(RuleSet),
    Query(String),
}

/// Collects rules and options for a [`Scanner`]. Everything has the default of the command line.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct ScannerBuilder {
    rules: RuleOrigin,
    load: LoadOptions,
    skip_bad_rules: bool,
    exceptions: Vec<PathBuf>,
    indicators: Vec<PathBuf>,
    selection: RuleSelection,
    max_signals: bool,
    assumes_new: bool,
    suppresses: bool,
    options: RunOptions,
}

impl ScannerBuilder {
    /// Runs every rule under these files and folders, in place of the built-in ones: Elastic's TOML, exports of Kibana, evql's own TOML, and bare EQL.
    #[must_use]
    pub fn rules_from(mut self, paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.rules = RuleOrigin::Paths(paths.into_iter().map(Into::into).collect());
        self
    }

    /// Runs these rules, in place of the built-in ones.
    #[must_use]
    pub fn rules(mut self, rules: RuleSet) -> Self {
        self.rules = RuleOrigin::Set(rules);
        self
    }

    /// Runs one query in place of rules. Each match is an alert, and [`ScanResults::events`] are the events that match.
    ///
    /// ```
    /// use evql::Scanner;
    ///
    /// let query = r#"network where process.name : "regsvr32.exe" and network.direction == "egress""#;
    /// let scanner = Scanner::builder().query(query).build()?;
    /// let results = scanner.scan(["samples/regsvr32.evtx"])?;
    /// let ports = results.events().filter_map(|event| event.document.first(evql::ecs::DESTINATION_PORT));
    /// assert!(ports.count() > 0);
    ///
    /// let error = Scanner::builder().query("process where process.nmae ==").build().unwrap_err();
    /// assert!(error.to_string().contains("query:1:"));
    /// # Ok::<(), evql::ScannerError>(())
    /// ```
    #[must_use]
    pub fn query(mut self, text: impl Into<String>) -> Self {
        self.rules = RuleOrigin::Query(text.into());
        self
    }

    /// Runs deprecated rules too.
    #[must_use]
    pub fn deprecated(mut self, run: bool) -> Self {
        self.load.deprecated = run;
        self
    }

    /// Goes on without rules that are wrong; [`Scanner::rule_files`] has what is wrong with them.
    #[must_use]
    pub fn skip_bad_rules(mut self, skip: bool) -> Self {
        self.skip_bad_rules = skip;
        self
    }

    /// Suppresses what the exceptions in these files are for.
    #[must_use]
    pub fn exceptions_from(mut self, paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.exceptions = paths.into_iter().map(Into::into).collect();
        self
    }

    /// Runs only some of the rules, by severity and tag.
    #[must_use]
    pub fn select(mut self, selection: RuleSelection) -> Self {
        self.selection = selection;
        self
    }

    /// Gives the indicators in these files to rules that hold events against indicators; without any these do not run.
    #[must_use]
    pub fn indicators_from(mut self, paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.indicators = paths.into_iter().map(Into::into).collect();
        self
    }

    /// Keeps only so many alerts of each rule as Elastic's detection engine does in one run.
    #[must_use]
    pub fn max_signals(mut self, honoured: bool) -> Self {
        self.max_signals = honoured;
        self
    }

    /// Holds terms to be new where the evidence does not go back far enough to know it.
    #[must_use]
    pub fn assume_new(mut self, assumed: bool) -> Self {
        self.assumes_new = assumed;
        self
    }

    /// Suppresses alerts that repeat others, where their rule says so: the first of a group stands for the rest, and counts them.
    #[must_use]
    pub fn suppress(mut self, honoured: bool) -> Self {
        self.suppresses = honoured;
        self
    }

    /// Orders events by this clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.options.clock = clock;
        self
    }

    /// Maps Sysmon records as this program of Elastic's does.
    #[must_use]
    pub fn mapping(mut self, mapping: Mapping) -> Self {
        self.options.mapping.documents = mapping;
        self
    }

    /// Looks up the addresses of connections in these databases, which [`read_geoip_folder`](crate::read_geoip_folder) reads: `source.geo.*`, `destination.as.*` and their like are fields
    /// of events then. The databases go to every thread with the mapping, so that they have to stay; a program that scans once and ends can leak them.
    #[must_use]
    pub fn geoip(mut self, databases: &'static GeoDatabases) -> Self {
        self.options.mapping.geo = Some(GeoLookup(databases));
        self
    }

    /// Passes over events outside of this window of time.
    #[must_use]
    pub fn window(mut self, window: TimeWindow) -> Self {
        self.options.window = window;
        self
    }

    /// Passes over events that lie more than so long before the last event, which is looked for first. The start of a [`window`](Self::window) does not count
    /// then; its end does, and the last event is the last one before it.
    #[must_use]
    pub fn last(mut self, length: Duration) -> Self {
        let ticks = i64::try_from(length.as_nanos() / 100).unwrap_or(i64::MAX);
        self.options.last = Some(Ticks(ticks));
        self
    }

    /// Passes over events that this filter does not want, by event ID and computer.
    #[must_use]
    pub fn filter(mut self, filter: EventFilter) -> Self {
        self.options.filter = filter;
        self
    }

    /// Uses so many threads; 0 means one per core. The results are the same for any number.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = threads;
        self
    }

    /// Looks for remains of logs in files of any kind, and in the unused space of logs.
    #[must_use]
    pub fn carve(mut self, carve: bool) -> Self {
        self.options.search.carve = carve;
        self
    }

    /// Opens encrypted members of archives with this password.
    #[must_use]
    pub fn archive_password(mut self, password: impl Into<String>) -> Self {
        self.options.search.passwords = ArchivePasswords::one(password);
        self
    }

    /// Takes time, category and tiebreaker of JSON documents from other fields than ECS has for them.
    #[must_use]
    pub fn roles(mut self, roles: Roles) -> Self {
        self.options.roles = roles;
        self
    }

    /// Reads every record the slow, complete way, which is for tests of the fast one.
    #[must_use]
    pub fn slow_reader(mut self, slow: bool) -> Self {
        self.options.slow_reader = slow;
        self
    }

    /// Loads and compiles the rules.
    ///
    /// ```
    /// use evql::{Scanner, ScannerError};
    /// use evql::rules::RuleSelection;
    ///
    /// let none = RuleSelection { include: vec!["no such tag".to_owned()], ..RuleSelection::default() };
    /// let error = Scanner::builder().select(none).build().unwrap_err();
    /// assert!(matches!(error, ScannerError::NoRule));
    /// ```
    pub fn build(self) -> Result<Scanner, ScannerError> {
        let Self {
            rules,
            load,
            skip_bad_rules,
            exceptions,
            indicators,
            selection,
            max_signals,
            assumes_new,
            suppresses,
            options,
        } = self;
        // Notices about built-in rules that could find nothing are for those who have not chosen rules of their own.
        let builtin = matches!(rules, RuleOrigin::Builtin);
        let loaded = match rules {
            RuleOrigin::Builtin => Loaded::of(rules::builtin()),
            RuleOrigin::Paths(paths) => {
                rules::load_with(&paths, load, &|count, job| pipeline::spread(options.threads, count, job))
            }
            RuleOrigin::Set(set) => Loaded::of(set),
            // A query is a rule without metadata: there is one way through the pipeline, and matches are alerts.
            RuleOrigin::Query(text) => Loaded::of(RuleSet { rules: vec![rule_of(text)?] }),
        };
        let chosen = ChosenRules::new(loaded, &exceptions, &indicators, &selection, skip_bad_rules);
        let chosen = chosen.map_err(|files| ScannerError::WrongRules { files })?;
        if chosen.rules().is_empty() {
            return Err(ScannerError::NoRule);
        }
        Ok(Scanner { chosen: ChosenRules { max_signals, assumes_new, suppresses, builtin, ..chosen }, options })
    }
}

/// A query as a rule.
fn rule_of(text: String) -> Result<Rule, ScannerError> {
    let compiled = eql::compile(&text);
    let Some(query) = compiled.query else {
        return Err(ScannerError::WrongQuery { query: text, diagnostics: compiled.diagnostics });
    };
    Ok(Rule { unknown: compiled.unknown.into(), categories: compiled.categories.into(), ..Rule::bare(&text, query) })
}

/// Compiled rules and options, for any number of scans.
#[derive(Debug)]
pub struct Scanner {
    chosen: ChosenRules,
    options: RunOptions,
}

impl Scanner {
    /// A builder that runs the built-in rules unless it is told otherwise.
    #[must_use]
    pub fn builder() -> ScannerBuilder {
        ScannerBuilder::default()
    }

    /// The rules that run, in the order in which alerts of one time stand.
    pub fn rules(&self) -> &[Rule] {
        self.chosen.rules()
    }

    /// The files of rules that were read, with everything found in each.
    pub fn rule_files(&self) -> &[FileReport] {
        &self.chosen.loaded.files
    }

    /// Runs the rules over everything under these files and folders.
    pub fn scan(&self, paths: impl IntoIterator<Item = impl Into<PathBuf>>) -> Result<ScanResults, ScannerError> {
        self.scan_with(paths, &Silent)
    }

    /// Does the same, and tells how far it is.
    pub fn scan_with(
        &self,
        paths: impl IntoIterator<Item = impl Into<PathBuf>>,
        progress: &dyn Progress,
    ) -> Result<ScanResults, ScannerError> {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        self.run(&paths, &self.options, progress)
    }

    /// Runs the rules, and writes every event in the order of a timeline: by host, by process, by time.
    ///
    /// Rows that do not fit into memory wait in a temporary file. [`TimelineEcs`](crate::report::TimelineEcs) writes whole documents:
    ///
    /// ```
    /// use evql::{Scanner, report::TimelineEcs};
    ///
    /// let mut lines = Vec::new();
    /// let results = Scanner::builder().build()?.scan_timeline(["samples/dns.evtx"], &TimelineEcs, &mut lines)?;
    /// let lines = String::from_utf8(lines).expect("JSON is UTF-8");
    /// assert_eq!(lines.lines().count() as u64, results.stats().mapped);
    /// # Ok::<(), evql::ScannerError>(())
    /// ```
    pub fn scan_timeline(
        &self,
        paths: impl IntoIterator<Item = impl Into<PathBuf>>,
        format: &dyn TimelineFormat,
        out: &mut dyn Write,
    ) -> Result<ScanResults, ScannerError> {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        let timeline = TimelineOptions { contents: format.contents() };
        let mut results =
            self.run(&paths, &RunOptions { timeline: Some(timeline), ..self.options.clone() }, &Silent)?;
        if let Some(timeline) = results.run.outcome.timeline.take() {
            timeline.write(&results.for_exporters(), format, out)?;
        }
        Ok(results)
    }

    fn run(
        &self,
        paths: &[PathBuf],
        options: &RunOptions,
        progress: &dyn Progress,
    ) -> Result<ScanResults, ScannerError> {
        // A scan takes its rules for good, while a scanner may scan again. Compiled filters are shared, so that the copy is small.
        let run = ScanRun::new(self.chosen.clone(), paths, options.clone(), progress)?;
        // For the iterators of the results, which cannot fail; exporters take the same alerts.
        run.outcome.alerts.hold()?;
        Ok(ScanResults { run })
    }
}

/// The results of a scan.
#[derive(Debug)]
pub struct ScanResults {
    run: ScanRun,
}

impl ScanResults {
    /// The alerts, in the order of their last events.
    pub fn alerts(&self) -> impl DoubleEndedIterator<Item = AlertView<'_>> + ExactSizeIterator {
        (0..self.run.outcome.alerts.held().len()).map(|position| AlertView { results: self, position })
    }

    /// The events of all alerts, alert by alert; one that is part of several alerts comes several times.
    pub fn events(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.run.outcome.alerts.held().iter().flat_map(Alert::present)
    }

    /// Everything that could not be read or is in doubt, in the order of files and offsets.
    pub fn faults(&self) -> &[Fault] {
        &self.run.outcome.faults
    }

    /// Notices a reader must know to trust the answer: limits that were reached, parts of rules that are not honoured, names that no event has.
    pub fn notices(&self) -> &[Notice] {
        &self.run.notices
    }

    /// How many records were mapped, filtered, duplicates, unreadable and so on; the sum is the number of records.
    pub fn stats(&self) -> &Stats {
        &self.run.outcome.stats
    }

    /// The files that were read. [`Event::origin`] names a file by its position in them.
    pub fn inputs(&self) -> &[Input] {
        &self.run.outcome.inputs
    }

    /// How many alerts exceptions took away.
    pub fn suppressed(&self) -> usize {
        self.run.outcome.set_aside.values().sum()
    }

    /// How many alerts were left out because their rule had more than [`ScannerBuilder::max_signals`] allows.
    pub fn left_out(&self) -> usize {
        self.run.outcome.left_out.values().sum()
    }

    /// Looks up what an analyst would look up first about the alerts: the starts of their processes, what these did, and where else their files and
    /// destinations were seen. Reads the evidence again; exporters write what was found.
    pub fn enrich(&mut self) -> Result<(), ScannerError> {
        Ok(self.run.look_up(&Silent)?)
    }

    /// The incidents that the alerts make, the most important first; `None` before [`enrich`](Self::enrich).
    pub fn incidents(&self) -> Option<&Incidents> {
        self.run.incidents.as_ref()
    }

    /// Shows every event that counted to observers, one for each thread that `new` makes, and gives them back in no certain order.
    ///
    /// Events come in no certain order either, and have only the fields that the observer asked for.
    ///
    /// ```
    /// use evql::Scanner;
    /// use evql::ecs::{self, FieldId};
    /// use evql::process::{Observer, ObservedEvent};
    ///
    /// /// Counts queries for names.
    /// #[derive(Default)]
    /// struct Queries {
    ///     pending: u64,
    ///     kept: u64,
    /// }
    ///
    /// impl Observer for Queries {
    ///     fn fields(&self, id: u32) -> &'static [FieldId] {
    ///         if id == 22 { &[ecs::DNS_QUESTION_NAME] } else { &[] }
    ///     }
    ///     fn see(&mut self, event: &ObservedEvent<'_>) {
    ///         let names = event.fields.values(&ecs::DNS_QUESTION_NAME.into());
    ///         self.pending += u64::from(!names.is_empty());
    ///     }
    ///     fn keep(&mut self) {
    ///         self.kept += std::mem::take(&mut self.pending);
    ///     }
    ///     fn forget(&mut self) {
    ///         self.pending = 0;
    ///     }
    /// }
    ///
    /// let mut results = Scanner::builder().build()?.scan(["samples/dns.evtx"])?;
    /// let queries: u64 = results.observe(&Queries::default).iter().map(|observer| observer.kept).sum();
    /// assert_eq!(queries, results.stats().by_id[&22]);
    /// # Ok::<(), evql::ScannerError>(())
    /// ```
    pub fn observe<O: Observer>(&mut self, new: &(dyn Fn() -> O + Sync)) -> Vec<O> {
        let observers = self.run.outcome.again.observe(&Silent, new);
        self.run.outcome.compare_files();
        observers
    }

    /// Writes the alerts in a format.
    ///
    /// ```
    /// use evql::{Scanner, report::AlertsCsv};
    ///
    /// let results = Scanner::builder().build()?.scan(["samples/regsvr32.evtx"])?;
    /// let mut csv = Vec::new();
    /// results.write(&AlertsCsv, &mut csv)?;
    /// # assert!(csv.iter().filter(|&&byte| byte == b'\n').count() > results.alerts().len());
    /// # Ok::<(), evql::ScannerError>(())
    /// ```
    pub fn write(&self, exporter: &dyn Exporter, out: &mut dyn Write) -> Result<(), ScannerError> {
        Ok(exporter.export(&self.for_exporters(), out)?)
    }

    /// The view that exporters take.
    pub fn for_exporters(&self) -> Results<'_> {
        self.run.results()
    }
}

/// One alert of a scan, with its rule.
#[derive(Clone, Copy, Debug)]
pub struct AlertView<'r> {
    results: &'r ScanResults,
    position: usize,
}

impl<'r> AlertView<'r> {
    /// The alert: its join keys, and its events stage by stage.
    pub fn alert(self) -> &'r Alert {
        &self.results.run.outcome.alerts.held()[self.position]
    }

    /// The rule that found it.
    pub fn rule(self) -> &'r Rule {
        &self.results.run.detector.rules()[self.alert().rule]
    }

    /// Its events, in the order of the stages.
    pub fn events(self) -> impl DoubleEndedIterator<Item = &'r Arc<Event>> {
        self.alert().present()
    }

    /// The computer of its last event.
    pub fn host(self) -> Option<&'r str> {
        self.alert().last()?.document.text(ecs::HOST_NAME)
    }

    /// The alert as an ECS document, as JSON outputs have it; `docs/outputs.md` is its contract.
    pub fn to_json(self) -> serde_json::Value {
        alert_document(&self.results.for_exporters(), self.position, self.alert(), false)
    }
}
