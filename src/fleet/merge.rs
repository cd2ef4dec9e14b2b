//! Parts become one run.

use super::error::FleetError;
use super::input_numbers::InputNumbers;
use super::manifest::{PartComputer, PartInput, PartOptions};
use super::part_folder::{EVENTS, FAULTS, PartFolder};
use super::part_writer::digests;
use super::records::{HeldHead, read_alert, read_faults, read_head};
use super::rules_digest::rules_digest;
use crate::base::number::counted;
use crate::base::{CaseKey, Locator, Ticks, host};
use crate::detect::crosses_hosts;
use crate::diag::{Notice, NoticeKind};
use crate::pipeline::{self, HeldAlert, JoinedParts, Progress, RunOptions, Stats};
use crate::scanner::{ChosenRules, ScanRun};
use crate::source::{self, Fault, FaultKind, Input, Search};
use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Alerts that are handed over at a time.
const BATCH: usize = 1024;

/// Parts that belong together.
#[derive(Debug)]
pub struct PartSet {
    folders: Vec<PartFolder>,
}

/// All that parts hold, with the rules and options of a run over them.
struct JoinedFolders {
    chosen: ChosenRules,
    joined: JoinedParts,
    options: RunOptions,
    numbering: InputNumbers,
}

impl PartSet {
    /// Opens parts, in any order. Those of other rules, options or keys than the first one are refused.
    pub fn open(paths: &[PathBuf]) -> Result<Self, FleetError> {
        let mut folders: Vec<PartFolder> = paths.iter().map(|path| PartFolder::open(path)).collect::<Result<_, _>>()?;
        // The order in which they are named is to decide nothing.
        folders.sort_by(|one, other| one.path.cmp(&other.path));
        folders.dedup_by(|one, other| one.path == other.path);
        if let Some((first, others)) = folders.split_first() {
            for other in others {
                if let Some(reason) = first.manifest.difference(&other.manifest) {
                    return Err(FleetError::Apart { one: first.path.clone(), other: other.path.clone(), reason });
                }
            }
        }
        Ok(Self { folders })
    }

    /// The parts, in the order of their folders.
    pub fn folders(&self) -> &[PartFolder] {
        &self.folders
    }

    /// The options of all of them.
    pub fn options(&self) -> PartOptions {
        self.folders.first().map(|first| first.manifest.options.clone()).unwrap_or_default()
    }

    /// Merges them: the run that has their alerts, and triage of these if all parts have looked it up and it `wants_triage`. The rules and the key must be
    /// those of the parts; of the options those that decide what is found are theirs. `lost` are faults of evidence that has no part.
    pub fn merge(
        &self,
        chosen: ChosenRules,
        key: &CaseKey,
        options: RunOptions,
        (lost, wants_triage): (Vec<Fault>, bool),
        progress: &dyn Progress,
    ) -> Result<ScanRun, FleetError> {
        let JoinedFolders { chosen, mut joined, options, numbering } = self.join(chosen, key, options)?;
        joined.faults.extend(lost);
        joined.knows_addresses = self.options().triage;
        let (search, threads) = (options.search.clone(), options.threads);
        let mut look_up =
            |wanted: &BTreeSet<u32>, inputs: &mut [Input]| self.look_up((&search, threads), wanted, inputs);
        let mut run = ScanRun::join(chosen, joined, key, options, (&mut look_up, progress))?;
        if wants_triage && !self.options().triage && !self.folders.is_empty() {
            let text = "parts were scanned with --no-triage: what processes of alerts did, and on how many hosts their values were met, is not told";
            run.add_notices([Notice::new(NoticeKind::Limit, text.to_owned())]);
        } else if wants_triage && !run.outcome.alerts.is_empty() {
            let addresses = run.results().addresses.clone();
            let triage = self.triage(&run.outcome.alerts, (key, &run.options), addresses, &numbering)?;
            run.take_triage_of_parts(triage)?;
        }
        Ok(run)
    }

    /// The files of the evidence that a merge has to read, each with the first of the parts that have it: those in which alerts of rules that no part could
    /// answer have events. Faults of single events are for the merge itself to tell.
    pub fn needs(
        &self,
        chosen: ChosenRules,
        key: &CaseKey,
        options: RunOptions,
    ) -> Result<Vec<(&Path, PathBuf)>, FleetError> {
        let JoinedFolders { chosen, joined, options, .. } = self.join(chosen, key, options)?;
        let needed = ScanRun::needed_inputs(chosen, joined, key, &options)?;
        let of_path = |path: PathBuf| {
            let has = |folder: &&PartFolder| folder.manifest.inputs.iter().any(|input| Path::new(&input.path) == path);
            self.folders.iter().find(has).map(|folder| (folder.path.as_path(), path.clone()))
        };
        Ok(needed.into_iter().filter_map(of_path).collect())
    }

    /// All that the parts hold, with the rules and options of a run over them.
    fn join(&self, chosen: ChosenRules, key: &CaseKey, mut options: RunOptions) -> Result<JoinedFolders, FleetError> {
        let own = self.options();
        own.give_to(&mut options);
        self.check(&chosen, key, &options)?;
        let chosen =
            ChosenRules { max_signals: chosen.max_signals || own.max_signals, assumes_new: own.assume_new, ..chosen };
        self.for_each(&options, PartFolder::verify)?;
        let numbering = InputNumbers::of(&self.folders)?;
        let mut joined = JoinedParts::new(numbering.inputs(), &options);
        joined.notices.extend(self.shared_computers());
        // One by one, so that hosts have the same numbers each time. What is large follows on all threads.
        for folder in &self.folders {
            add_manifest(folder, &numbering, chosen.rules().len(), &mut joined)?;
        }
        let crosses = chosen.rules().iter().any(|rule| crosses_hosts(&rule.query));
        self.for_each(&options, |folder| {
            add_alerts(folder, &numbering, chosen.rules().len(), &joined).map_err(folder.broken(EVENTS))?;
            if crosses { add_sightings(&numbering, folder, &chosen, &joined) } else { Ok(()) }
        })?;
        Ok(JoinedFolders { chosen, joined, options, numbering })
    }

    /// Does a job for each part, on all threads; the error is that of the first part that has one.
    pub(super) fn for_each(
        &self,
        options: &RunOptions,
        job: impl Fn(&PartFolder) -> Result<(), FleetError> + Sync,
    ) -> Result<(), FleetError> {
        let done: Vec<OnceLock<Result<(), FleetError>>> = self.folders.iter().map(|_| OnceLock::new()).collect();
        pipeline::spread(options.threads, self.folders.len(), &|at| {
            let _ = done[at].set(job(&self.folders[at])); // each number comes once
        });
        done.into_iter().filter_map(OnceLock::into_inner).collect()
    }

    fn check(&self, chosen: &ChosenRules, key: &CaseKey, options: &RunOptions) -> Result<(), FleetError> {
        let Some(first) = self.folders.first() else { return Ok(()) };
        let manifest = &first.manifest;
        if manifest.case_key != key.id() {
            return Err(FleetError::Unlike("the case key is not that of the parts".to_owned()));
        }
        if manifest.rules != rules_digest(chosen.rules()) {
            return Err(FleetError::Unlike(format!(
                "the rules are not those of the parts ({} here, {} there): give the same options for rules as to `evql scan --part`, from the same files",
                counted(chosen.rules().len() as u64, "rule"),
                manifest.rule_count
            )));
        }
        let databases = PartOptions::of(options, false, false);
        if databases.databases() != manifest.options.databases() {
            let text = "the databases of addresses (--geoip) are not those of the parts".to_owned();
            return Err(FleetError::Unlike(text));
        }
        Ok(())
    }

    /// A notice of each computer that stands in several parts.
    fn shared_computers(&self) -> impl Iterator<Item = Notice> {
        let mut computers: BTreeMap<String, (&str, Vec<&Path>)> = BTreeMap::new();
        for folder in &self.folders {
            for computer in &folder.manifest.computers {
                let folded = host::folded(&computer.name).into_owned();
                computers.entry(folded).or_insert((&computer.name, Vec::new())).1.push(&folder.path);
            }
        }
        computers.into_values().filter(|(_, parts)| parts.len() > 1).map(|(name, parts)| {
            let parts: Vec<String> = parts.iter().map(|path| path.display().to_string()).collect();
            let text = format!(
                "computer {name} stands in {} parts ({}): what its records tell together is not known, and copies of a record in two files are not known for such; \
                 scan all files of a computer in one part",
                parts.len(),
                parts.join(", ")
            );
            Notice::new(NoticeKind::Host, text)
        })
    }

    /// Finds inputs again in the evidence that the parts name.
    fn look_up(&self, (search, threads): (&Search, usize), wanted: &BTreeSet<u32>, inputs: &mut [Input]) -> Vec<Fault> {
        let mut missing: HashMap<Arc<str>, usize> =
            wanted.iter().map(|number| (inputs[*number as usize].display.clone(), *number as usize)).collect();
        let mut faults = Vec::new();
        for folder in &self.folders {
            let of_part: HashMap<&str, &PartInput> =
                folder.manifest.inputs.iter().map(|input| (input.name.as_str(), input)).collect();
            if !missing.keys().any(|name| of_part.contains_key(&**name)) {
                continue;
            }
            let paths: Vec<PathBuf> = folder.manifest.paths.iter().map(PathBuf::from).collect();
            let listed = folder.manifest.listed.iter().map(PathBuf::from).collect();
            let found = source::discover(&paths, &Search { listed, ..search.clone() }).inputs;
            let found: Vec<Input> = found.into_iter().filter(|input| missing.contains_key(&input.display)).collect();
            let digests = digests(&found, threads);
            for input in found {
                let written = of_part.get(&*input.display);
                if written.is_some_and(|written| written.sha256.as_ref() != digests.get(&input.path)) {
                    let reason =
                        "it is not what it was when its part was written; alerts may lack what stands in it now";
                    faults.push(Fault::lost(&input.display, FaultKind::Changed, reason));
                }
                if let Some(number) = missing.remove(&input.display) {
                    inputs[number] = input;
                }
            }
        }
        let lost = missing.into_keys().map(|name| {
            let reason = "events of alerts that cross hosts stand in it, and it is not at its place any more";
            Fault::lost(&name, FaultKind::Missing, reason)
        });
        faults.extend(lost);
        faults
    }
}

/// Adds what a part tells beside its alerts and candidates.
fn add_manifest(
    folder: &PartFolder,
    numbering: &InputNumbers,
    rules: usize,
    joined: &mut JoinedParts,
) -> Result<(), FleetError> {
    let manifest = &folder.manifest;
    // What part.json does not digest is not taken on trust: a rule or file that is not there would be looked up.
    for (rule, count) in manifest.left_out.iter().filter(|(rule, _)| **rule < rules) {
        *joined.left_out.entry(*rule).or_default() += count;
    }
    let computers = manifest.computers.iter().filter_map(PartComputer::events).collect();
    joined.stats.add(&Stats { computers, ..manifest.stats.clone() });
    for (host, at) in &manifest.begins {
        joined.note_begin(host, Ticks(*at));
    }
    for (host, ip) in &manifest.host_addresses {
        if let Ok(ip) = ip.parse() {
            joined.addresses.add(host, ip);
        }
    }
    for (kind, text) in &manifest.notices {
        let kind = NoticeKind::ALL.into_iter().find(|known| known.as_str() == kind).unwrap_or(NoticeKind::Limit);
        joined.notices.push(Notice::new(kind, format!("part {}: {text}", folder.path.display())));
    }
    let faults = read_faults(folder.read_file(FAULTS)?).map_err(folder.broken(FAULTS))?;
    let none = || folder.broken(FAULTS)(io::Error::other("a line is no fault"));
    joined.faults.extend(faults.ok_or_else(none)?);
    let head = read_head(&mut folder.read_file(EVENTS)?).map_err(folder.broken(EVENTS))?;
    // The hosts get their numbers here.
    let numbers = numbering.of_part(folder, &head.hosts, |name| joined.tables.hosts.number(name));
    let place = |place: Locator| Locator { input: numbers.input(place.input), ..place };
    joined.add_duplicates(head.copied_chunks.into_iter().map(place), head.copied_records.into_iter().map(place));
    Ok(())
}

/// Adds the alerts of a part.
fn add_alerts(folder: &PartFolder, numbering: &InputNumbers, rules: usize, joined: &JoinedParts) -> io::Result<()> {
    let mut file = folder.read_file(EVENTS).map_err(io::Error::other)?;
    let HeldHead { hosts, .. } = read_head(&mut file)?;
    let numbers = numbering.of_part(folder, &hosts, |name| joined.tables.hosts.number(name));
    let mut batch: Vec<HeldAlert> = Vec::new();
    for _ in 0..folder.manifest.alerts {
        let alert = read_alert(&mut file)?.renumbered(|input| numbers.input(input), |host| numbers.host(host));
        let alert = alert.ok_or_else(|| io::Error::other("an event of an alert is none"))?;
        let is_there = |origin: Locator| (origin.input as usize) < joined.inputs.len();
        if alert.found.rule() >= rules || !alert.origins().all(is_there) {
            return Err(io::Error::other("an alert is of a rule or a file that is not there"));
        }
        batch.push(alert);
        if batch.len() >= BATCH {
            joined.add_alerts(std::mem::take(&mut batch));
        }
    }
    joined.add_alerts(batch);
    Ok(())
}

/// Adds the candidates of a part for rules that may join events of several hosts.
#[cfg(feature = "parquet")]
fn add_sightings(
    numbering: &InputNumbers,
    folder: &PartFolder,
    chosen: &ChosenRules,
    joined: &JoinedParts,
) -> Result<(), FleetError> {
    use super::part_folder::SIGHTINGS;
    let tables = joined.tables.clone();
    let filters: Vec<usize> = chosen.rules().iter().map(|rule| rule.query.filters().len()).collect();
    let mut is_known = true;
    super::sightings_parquet::read_sightings(
        folder.open_file(SIGHTINGS)?,
        |path| numbering.of_path(path),
        |name| tables.hosts.number(name),
        |sightings| {
            let knows = |rule: u32, stage: u32| filters.get(rule as usize).is_some_and(|all| (stage as usize) < *all);
            is_known &= sightings.iter().all(|of| knows(of.rule, of.stage));
            if is_known {
                joined.add_candidates(super::sighting::candidates_of(sightings, &tables));
            }
        },
    )
    .map_err(folder.broken(SIGHTINGS))?;
    let unknown = || folder.broken(SIGHTINGS)(io::Error::other("a row is of a stage that no rule has"));
    if is_known { Ok(()) } else { Err(unknown()) }
}

/// They cannot be read.
#[cfg(not(feature = "parquet"))]
fn add_sightings(_: &InputNumbers, _: &PartFolder, chosen: &ChosenRules, _: &JoinedParts) -> Result<(), FleetError> {
    let crossing = chosen.rules().iter().find(|rule| crosses_hosts(&rule.query));
    Err(FleetError::SightingsWithoutParquet(crossing.map(|rule| rule.meta.name.clone()).unwrap_or_default()))
}
