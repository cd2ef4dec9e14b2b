//! One run of rules over evidence with every notice that belongs to the answer: what the facade and the command line have in common.
//!
//! [`pipeline::run`] finds alerts. What a reader must know to trust them is put together here, whoever asked: names that nobody has, rules that could find
//! nothing, hosts with too many addresses. Later passes (triage, addresses) replace the notices of which they know better.

use super::asked_names::AskedNames;
use super::chosen_rules::ChosenRules;
use crate::base::CaseKey;
use crate::base::number::{counted, grouped};
use crate::detect::{Detector, NameWatch, crosses_hosts};
use crate::diag::{Notice, NoticeKind};
use crate::ecs::Field;
use crate::enrichment::GeoDatabases;
use crate::incident::Incidents;
use crate::pipeline::{self, HitContext, InputLookup, JoinedParts, Outcome, Progress, RunError, RunOptions};
use crate::process::triage::Triage;
use crate::process::{Forest, HostAddresses, MOST_ADDRESSES, TriagePart, has_undecided_connection};
use crate::report::Results;
use crate::rules::{Rule, RuleSet};
use crate::source::InputFormat;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::LazyLock;

/// A finished run.
#[derive(Debug)]
pub struct ScanRun {
    /// The rules that ran.
    pub detector: Detector,
    /// Findings about rules and their files; the set itself is the detector's.
    pub chosen: ChosenRules,
    /// Alerts, faults and counts.
    pub outcome: Outcome,
    /// The options that it ran with; the window is the one that applied.
    pub options: RunOptions,
    /// Notices about the rules, the run and its options; sorted, each once.
    pub notices: Vec<Notice>,
    /// Every name that was asked for.
    pub asked: AskedNames,
    /// The triage of the alerts, once [`look_up`](Self::look_up) has run.
    pub triage: Option<Triage>,
    /// The incidents that the alerts make, once [`look_up`](Self::look_up) has run.
    pub incidents: Option<Incidents>,
    /// The addresses that hosts have shown as their own, if anything asked for them.
    addresses: Option<HostAddresses>,
}

/// The detector of rules, as they are chosen.
fn detector(chosen: &ChosenRules, set: RuleSet, options: &RunOptions) -> Detector {
    Detector::for_mapping(set, options.mapping)
        .with_max_signals(chosen.max_signals)
        .with_assumed_new(chosen.assumes_new)
        .with_suppression(chosen.suppresses)
        .with_exceptions(chosen.exceptions.clone())
}

/// The notice that documents of ECS were not asked for what was logged, if a rule asks for it and there may be such documents.
fn unlogged(detector: &Detector, outcome: &Outcome) -> Option<Notice> {
    let of_entries = |rule: &&Rule| rule.origin.ioc.is_none() && rule.query.fields().any(Field::is_entry);
    let asking = detector.rules().iter().filter(of_entries).count();
    let has_documents = outcome.inputs.iter().any(|input| input.format == InputFormat::Json);
    let text = format!(
        "{} that ask for entries as they were logged, as Sigma rules do, find nothing in documents of ECS, which have no such entries; in records of logs, and in JSON that \
        was made of records, they do",
        counted(asking as u64, "rule")
    );
    (asking > 0 && has_documents).then(|| Notice::new(NoticeKind::RulePart, text))
}

/// What went wrong when addresses were looked up.
fn failed_look_ups(databases: &GeoDatabases) -> impl Iterator<Item = Notice> {
    databases.failures().into_iter().map(|text| Notice::new(NoticeKind::Limit, text))
}

/// Most events of a part that may come to be of alerts, and are read for their processes.
const MOST_CANDIDATES: usize = 100_000;

/// Where no address is known.
static NO_ADDRESSES: LazyLock<HostAddresses> = LazyLock::new(HostAddresses::default);

impl ScanRun {
    /// Runs rules over everything under these files and folders.
    pub fn new(
        mut chosen: ChosenRules,
        paths: &[PathBuf],
        mut options: RunOptions,
        progress: &dyn Progress,
    ) -> Result<Self, RunError> {
        let set = std::mem::take(&mut chosen.loaded.set);
        let mut asked = AskedNames::new(&set, &chosen.exceptions, &options.roles, chosen.builtin);
        asked.add_named(&chosen.named);
        // A watch remembers what it has seen, so that each run has a detector of its own: no run may change what the next one says.
        let mut detector = detector(&chosen, set, &options).with_watch(NameWatch::new(asked.sought()));
        if let Some(key) = &options.case_key {
            detector = detector.with_case_key(key.bytes());
        }
        let outcome = pipeline::run(paths, &detector, &options, progress)?;
        options.window = outcome.window;
        let mut notices = Vec::new();
        if chosen.builtin && outcome.alerts.is_empty() && !outcome.inputs.is_empty() {
            notices.extend(nothing_found(&detector, &outcome));
        }
        notices.extend(asked.notices(&detector, &outcome));
        notices.extend(unlogged(&detector, &outcome));
        let mut run = Self::of_outcome(chosen, detector, (outcome, options), asked);
        run.add_notices(notices);
        Ok(run)
    }

    /// A run that has come to an outcome, with the notices that every run has.
    fn of_outcome(
        chosen: ChosenRules,
        detector: Detector,
        (mut outcome, options): (Outcome, RunOptions),
        asked: AskedNames,
    ) -> Self {
        let mut notices = chosen.loaded.notices.clone();
        notices.append(&mut outcome.notices);
        let addresses = outcome.addresses.take();
        notices.extend(addresses.as_ref().and_then(full_addresses));
        notices.extend(options.mapping.geo.iter().flat_map(|geo| failed_look_ups(geo.0)));
        let mut run = Self {
            detector,
            chosen,
            outcome,
            options,
            notices: Vec::new(),
            asked,
            triage: None,
            incidents: None,
            addresses,
        };
        run.add_notices(notices);
        run
    }

    /// The run over all evidence of which parts were scanned with these rules, options and key; see [`JoinedParts::finish`].
    pub fn join(
        mut chosen: ChosenRules,
        parts: JoinedParts,
        key: &CaseKey,
        options: RunOptions,
        (look_up, progress): (InputLookup<'_>, &dyn Progress),
    ) -> Result<Self, RunError> {
        let set = std::mem::take(&mut chosen.loaded.set);
        let asked = AskedNames::new(&set, &chosen.exceptions, &options.roles, chosen.builtin);
        let detector = detector(&chosen, set, &options).with_case_key(key.bytes());
        let outcome = parts.finish(&detector, &options, look_up, progress)?;
        Ok(Self::of_outcome(chosen, detector, (outcome, options), asked))
    }

    /// The files from which [`Self::join`] reads events, each once.
    pub fn needed_inputs(
        mut chosen: ChosenRules,
        parts: JoinedParts,
        key: &CaseKey,
        options: &RunOptions,
    ) -> Result<BTreeSet<PathBuf>, RunError> {
        let set = std::mem::take(&mut chosen.loaded.set);
        let detector = detector(&chosen, set, options).with_case_key(key.bytes());
        Ok(parts.needed(&detector, options)?.into_iter().map(|input| input.path).collect())
    }

    /// Adds the starts of their processes to alerts of rules that did not need them.
    pub fn complete_alerts(&mut self, progress: &dyn Progress) -> Result<(), RunError> {
        self.outcome.again.complete(&mut self.outcome.alerts, progress)?;
        self.outcome.compare_files();
        Ok(())
    }

    /// Looks up what the processes of alerts did, and where else their files and destinations were seen, and adds their starts to alerts; nothing if there is
    /// no alert.
    pub fn look_up(&mut self, progress: &dyn Progress) -> Result<(), RunError> {
        if self.outcome.alerts.is_empty() {
            return Ok(());
        }
        let triage = self.outcome.again.triage(&mut self.outcome.alerts, progress)?;
        let addresses = (*triage.addresses).clone();
        self.replace_host_notices(triage.notices().into_iter().chain(full_addresses(&addresses)));
        self.addresses = Some(addresses);
        Ok(self.take_triage(triage)?)
    }

    /// Takes what parts of the evidence have looked up about the alerts.
    pub fn take_triage_of_parts(&mut self, triage: Triage) -> io::Result<()> {
        self.add_notices(triage.notices());
        self.take_triage(triage)
    }

    fn take_triage(&mut self, triage: Triage) -> io::Result<()> {
        self.incidents = Some(Incidents::new(&self.detector, &self.outcome.alerts, &triage, self.options.clock)?);
        self.triage = Some(triage);
        Ok(())
    }

    /// Looks up what alerts of all parts of the evidence may ask of this one, and adds their starts to alerts. The run has the case key among its options.
    pub fn triage_of_part(&mut self, key: &CaseKey, progress: &dyn Progress) -> Result<TriagePart, RunError> {
        let outcome = &mut self.outcome;
        let candidates = outcome
            .part
            .as_ref()
            .map(|part| part.places(self.detector.rules(), |rule| crosses_hosts(&rule.query), MOST_CANDIDATES));
        let (places, others) = candidates.transpose()?.unwrap_or_default();
        let (part, straddling) = outcome.again.triage_of_part(&mut outcome.alerts, (&places, others), key, progress)?;
        let addresses = part.addresses.clone();
        self.replace_host_notices(straddling.into_iter().chain(full_addresses(&addresses)));
        self.addresses = Some(addresses);
        Ok(part)
    }

    /// Looks up what stands around the events that alerts are, as a search has them: the events before and after each. Returns, by alert, whether what is
    /// shown of it goes on where the alert before it ends.
    pub fn load_context(&mut self, context: HitContext, progress: &dyn Progress) -> Result<Vec<bool>, RunError> {
        let continues = pipeline::load_context(&self.outcome.again, &mut self.outcome.alerts, context, progress)?;
        self.outcome.compare_files();
        Ok(continues)
    }

    /// Takes what a pass over the processes of all events tells of hosts.
    pub fn note_processes(&mut self, forest: &Forest) {
        self.replace_host_notices(forest.several_hosts());
    }

    /// Makes sure that the addresses are known that tell the ends of the alerts' connections apart. That takes a pass of its own if nothing has asked for
    /// addresses yet, and an alert has a connection whose record does not say it itself.
    pub fn learn_addresses(&mut self, progress: &dyn Progress) -> Result<(), RunError> {
        if self.addresses.is_some() {
            return Ok(());
        }
        if self.outcome.alerts.any(has_undecided_connection)? {
            let addresses = self.outcome.again.addresses(progress);
            self.add_notices(full_addresses(&addresses));
            self.addresses = Some(addresses);
            self.outcome.compare_files();
        }
        Ok(())
    }

    /// The view that exporters take.
    pub fn results(&self) -> Results<'_> {
        Results {
            detector: &self.detector,
            alerts: &self.outcome.alerts,
            clock: self.options.clock,
            triage: self.triage.as_ref(),
            incidents: self.incidents.as_ref(),
            addresses: self.addresses.as_ref().unwrap_or(&NO_ADDRESSES),
            inputs: &self.outcome.inputs,
        }
    }

    /// The first pass judges hosts by the processes that some rule may need; a pass over all processes knows better, and its notices stand in their place.
    fn replace_host_notices(&mut self, notices: impl IntoIterator<Item = Notice>) {
        self.notices.retain(|notice| notice.kind != NoticeKind::Host);
        self.add_notices(notices);
        self.outcome.compare_files();
    }

    /// Adds notices.
    pub fn add_notices(&mut self, notices: impl IntoIterator<Item = Notice>) {
        self.notices.extend(notices);
        self.notices.sort();
        self.notices.dedup();
    }
}

/// Says that more addresses are hosts' own than are held.
fn full_addresses(addresses: &HostAddresses) -> Option<Notice> {
    let text = format!(
        "hosts show more than {} addresses as their own: which end of a connection is whose may be told as not known for it",
        grouped(MOST_ADDRESSES as u64)
    );
    addresses.is_full().then(|| Notice::new(NoticeKind::Limit, text))
}

/// Notices for a run of the built-in rules without alerts: which of them could have found nothing, and what else there is to run.
fn nothing_found(detector: &Detector, outcome: &Outcome) -> Vec<Notice> {
    let is_present = |id: &u32| outcome.stats.by_id.contains_key(id);
    let mut notices = Vec::new();
    let silent =
        if outcome.stats.documents == 0 { detector.unanswered(|id| is_present(&id)).no_events } else { Vec::new() };
    let of = |ids: &BTreeSet<u32>| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    if let [rule] = silent[..] {
        let name = &detector.rules()[rule].meta.name;
        let needed = detector.needed_ids(rule);
        let missing: Vec<String> = needed.iter().filter(|ids| !ids.iter().any(is_present)).map(of).collect();
        let needed: Vec<String> = needed.iter().map(of).collect();
        let (needed, missing) = (needed.join(", then of "), missing.join(" and of "));
        let text =
            format!("'{name}' could find nothing: it needs events of ID {needed}, and here are none of {missing}");
        notices.push(Notice::new(NoticeKind::Unanswered, text));
    } else if !silent.is_empty() {
        let missing: BTreeSet<u32> =
            silent.iter().flat_map(|&rule| detector.needed_ids(rule)).flatten().filter(|id| !is_present(id)).collect();
        let text = format!(
            "{} of the {} built-in rules could find nothing, since events that they need are not here: none of ID {}",
            silent.len(),
            detector.rules().len(),
            of(&missing)
        );
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
