//! `evql rules sysmon-config`: a configuration of Sysmon that the chosen rules need, or which of them one leaves without a chance.

use super::args::{Look, RulesSysmonConfig};
use super::exit::Exit;
use super::session::rules_of;
use super::terminal::{counted, shown};
use anyhow::{Context, Result};
use evql::base::text_file;
use evql::detect::{Detector, Explanation, explain};
use evql::forge::Schema;
use evql::rules::Rule;
use evql::sysmon::{self, Mapping, Recording, SysmonConfiguration};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

/// Runs the command.
pub fn run(args: &RulesSysmonConfig, look: &Look) -> Result<Exit> {
    let mut chosen = rules_of(&args.rules, 0, look)?;
    let detector = Detector::new(std::mem::take(&mut chosen.loaded.set));
    match &args.check {
        Some(path) => check(&detector, path, look),
        None => write(&detector),
    }
}

fn write(detector: &Detector) -> Result<Exit> {
    let mut needs: BTreeMap<u32, EventNeed> = BTreeMap::new();
    for (index, rule) in detector.rules().iter().enumerate() {
        for id in detector.needed_ids(index).into_iter().flatten() {
            needs.entry(id).or_default().rules += 1;
        }
        add_entries(rule, &mut needs);
    }
    let comments = needs.into_iter().map(|(id, need)| (id, need.comment(id))).collect();
    let mut out = anstream::stdout().lock();
    write!(out, "{}", sysmon::write_configuration(&comments))?;
    out.flush()?;
    Ok(Exit::Done)
}

/// What the rules want of the events of one ID.
#[derive(Default)]
struct EventNeed {
    rules: u64,
    entries: BTreeSet<String>,
}

impl EventNeed {
    fn comment(self, id: u32) -> String {
        let Self { rules, entries } = self;
        let entries: Vec<String> = entries.into_iter().collect();
        let name = sysmon::event_name(id).unwrap_or("unknown");
        format!("ID {id} ({name}), for {}: {}", counted(rules, "rule"), entries.join(", "))
    }
}

/// Notes the entries of EventData that the conditions of a rule read, event ID by event ID.
fn add_entries(rule: &Rule, needs: &mut BTreeMap<u32, EventNeed>) {
    for condition in explain(rule, Mapping::default()) {
        for (outcome, ids) in condition.outcomes {
            let Explanation::Left { fields, .. } = outcome else { continue };
            for id in ids {
                // An event of a stage that demands absence is not needed to find something.
                let Some(need) = needs.get_mut(&id) else { continue };
                // The mapping takes entries by name, whatever event they stand in; Sysmon's own events have some of them only.
                let Some(schema) = u16::try_from(id).ok().and_then(Schema::of) else { continue };
                let entries = fields.iter().flat_map(|(_, entries)| entries);
                need.entries.extend(entries.filter(|entry| schema.has(entry)).cloned());
            }
        }
    }
}

fn check(detector: &Detector, path: &Path, look: &Look) -> Result<Exit> {
    let text = text_file::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let configuration = SysmonConfiguration::parse(&text);
    let configuration = configuration.with_context(|| format!("{} is no configuration of Sysmon", path.display()))?;
    let mut out = anstream::stdout().lock();
    let (mut never, mut partly) = (0, 0);
    for (index, rule) in detector.rules().iter().enumerate() {
        // A rule finds something if each of its stages can: by the event ID that is recorded best.
        let best = |ids: &BTreeSet<u32>| ids.iter().map(|&id| configuration.recording(id)).max();
        let stages = detector.needed_ids(index);
        match stages.iter().map(|ids| best(ids).unwrap_or(Recording::Nothing)).min() {
            Some(Recording::Nothing) => {
                let missing = stages
                    .iter()
                    .filter(|ids| best(ids) != Some(Recording::Part) && best(ids) != Some(Recording::Everything));
                let missing: Vec<String> = missing.map(named).collect();
                writeln!(out, "never  {}: not recorded: {}", shown(&rule.meta.name, None), missing.join("; "))?;
                never += 1;
            }
            Some(Recording::Part) => partly += 1,
            Some(Recording::Everything) | None => {}
        }
    }
    out.flush()?;
    if !look.quiet {
        let mut err = anstream::stderr().lock();
        for (name, offset) in configuration.unknown() {
            writeln!(
                err,
                "<{}> at byte {offset} of {} is no element that Sysmon knows",
                shown(name, None),
                path.display()
            )?;
        }
        let all = detector.rules().len() as u64;
        let whole = all - never - partly;
        writeln!(
            err,
            "{}: {whole} see all events that they need, {partly} those that conditions of the configuration let through, {never} can never find anything",
            counted(all, "rule")
        )?;
    }
    Ok(if never > 0 { Exit::Findings } else { Exit::Done })
}

/// Event IDs with their names, for one stage.
fn named(ids: &BTreeSet<u32>) -> String {
    if ids.is_empty() {
        return "what it asks for is in no event of Sysmon".to_owned();
    }
    let name = |&id: &u32| format!("ID {id} ({})", sysmon::event_name(id).unwrap_or("unknown"));
    ids.iter().map(name).collect::<Vec<_>>().join(" or ")
}
