//! `evql rules stats`: how many rules there are of each kind, and how many of them some evidence could answer.

use super::args::{ListFormat, Look, RulesStats};
use super::exit::Exit;
use super::progress::Bar;
use super::rule_findings::print_full;
use super::rule_tables::{kind, new_table, print_table};
use super::session::{NOTHING_TO_READ, load_listed, may_be_evidence};
use super::terminal::{faults, shown};
use anyhow::Result;
use evql::base::escape::cell;
use evql::detect::{self, Coverage, Detector};
use evql::pipeline::{self, AlertContents, RunOptions};
use evql::rules::{Loaded, Rule, RuleStatus};
use evql::source::FaultSeverity;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;

/// Something that rules are counted by, and its value for a rule.
type RuleMeasure = (&'static str, fn(&Rule) -> String);

/// What rules are counted by, each with the names that it has for a rule.
const MEASURES: &[RuleMeasure] = &[
    ("source", |rule| rule.origin.form.name().to_owned()),
    ("language", |rule| rule.origin.language.name().to_owned()),
    ("kind", |rule| kind(rule).to_owned()),
    ("severity", |rule| rule.meta.level.name().to_owned()),
    ("status", |rule| rule.meta.status.map_or("(none)", RuleStatus::name).to_owned()),
];

/// A row: what is counted, its value, and how many rules have it; how many of these the evidence could answer.
struct StatsRow {
    measure: &'static str,
    value: String,
    rules: usize,
    answered: Option<usize>,
}

/// Runs the command.
pub fn run(args: &RulesStats, look: &Look) -> Result<Exit> {
    let loaded = load_listed(&args.paths, args.deprecated, &args.reading)?;
    let (coverage, exit) = if args.evidence.is_empty() {
        (None, Exit::Done)
    } else {
        let (coverage, exit) = coverage(&loaded, args, look)?;
        (Some(coverage), exit)
    };
    let rows = rows(&loaded, coverage.as_deref());
    let mut out = anstream::stdout().lock();
    let texts = |row: &StatsRow| {
        let answered = row.answered.map_or_else(String::new, |answered| answered.to_string());
        [row.measure.to_owned(), row.value.clone(), row.rules.to_string(), answered]
    };
    match args.output_type {
        ListFormat::Table => {
            let columns = if coverage.is_some() { 4 } else { 3 };
            let mut table = new_table(&["by", "value", "rules", "answered"][..columns]);
            for row in &rows {
                table.add_row(texts(row)[..columns].iter().map(|text| shown(text, None)));
            }
            print_table(&mut out, &table)?;
        }
        ListFormat::Csv => {
            let mut writer = csv::Writer::from_writer(&mut out);
            writer.write_record(["by", "value", "rules", "answered"])?;
            for row in &rows {
                writer.write_record(texts(row).iter().map(|text| cell(text).into_owned()))?;
            }
            writer.flush()?;
        }
        ListFormat::Json => writeln!(out, "{:#}", rows.iter().map(as_json).collect::<Value>())?,
        ListFormat::Jsonl => rows.iter().map(as_json).try_for_each(|row| writeln!(out, "{row}"))?,
    }
    out.flush()?;
    print_full(&mut anstream::stderr().lock(), &loaded.files, true)?;
    Ok(if loaded.has_error() { Exit::Rules } else { exit })
}

fn as_json(row: &StatsRow) -> Value {
    json!({ "by": row.measure, "value": row.value, "rules": row.rules, "answered": row.answered })
}

/// Whether the evidence could answer each rule, and whether it could be read.
fn coverage(loaded: &Loaded, args: &RulesStats, look: &Look) -> Result<(Vec<Coverage>, Exit)> {
    let options = RunOptions { inventory: true, alerts: AlertContents::Places, ..RunOptions::default() };
    // What the evidence holds does not depend on rules, so that none need run.
    let outcome =
        pipeline::run(&args.evidence, &Detector::new(evql::rules::RuleSet::default()), &options, &Bar::new(look))?;
    let mut err = anstream::stderr().lock();
    faults::print(&mut err, &outcome.faults, look.verbose)?;
    if outcome.inputs.is_empty() {
        writeln!(err, "evql: {NOTHING_TO_READ}")?;
    }
    let exit = if outcome.inputs.is_empty() && !outcome.faults.iter().any(may_be_evidence) {
        Exit::Usage
    } else if outcome.faults.iter().any(|fault| fault.severity == FaultSeverity::Lost) {
        Exit::Partial
    } else {
        Exit::Done
    };
    Ok((detect::coverage(&loaded.set.rules, options.mapping, &outcome.inventory), exit))
}

fn rows(loaded: &Loaded, coverage: Option<&[Coverage]>) -> Vec<StatsRow> {
    let mut rows = Vec::new();
    for (measure, of) in MEASURES {
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for (at, rule) in loaded.set.rules.iter().enumerate() {
            let (rules, answered) = counts.entry(of(rule)).or_default();
            *rules += 1;
            *answered += usize::from(coverage.is_some_and(|coverage| coverage[at] == Coverage::Answered));
        }
        let row = |(value, (rules, answered))| StatsRow { measure, value, rules, answered: coverage.map(|_| answered) };
        rows.extend(counts.into_iter().map(row));
    }
    let mut add = |measure, counts: BTreeMap<&str, usize>| {
        let row = |(value, rules): (&str, usize)| StatsRow { measure, value: value.to_owned(), rules, answered: None };
        rows.extend(counts.into_iter().map(row));
    };
    let mut by_coverage: BTreeMap<&str, usize> = BTreeMap::new();
    for coverage in coverage.into_iter().flatten() {
        *by_coverage.entry(coverage.name()).or_default() += 1;
    }
    add("coverage", by_coverage);
    let mut not_run: BTreeMap<&str, usize> = BTreeMap::new();
    for (rule, _) in &loaded.not_run {
        *not_run.entry(&rule.language).or_default() += 1;
    }
    not_run.extend((!loaded.deprecated.is_empty()).then_some(("deprecated", loaded.deprecated.len())));
    not_run.extend((!loaded.elsewhere.is_empty()).then_some(("about other logs", loaded.elsewhere.len())));
    not_run.extend((!loaded.parts.is_empty()).then_some(("parts of correlations", loaded.parts.len())));
    add("not run", not_run);
    rows
}
