//! `evql rules`: what would run, and what is wrong with it.

use super::args::{CheckFormat, ListFormat, Look, RulesCheck, RulesCommand, RulesCoverage, RulesList};
use super::exit::Exit;
use super::rule_findings::{findings, print_full};
use super::rule_tables::{kind, new_table, print_table};
use super::session::{Session, every_rule, load_listed, load_rules};
use super::terminal::{BOLD, counted, grouped, shown};
use anyhow::Result;
use evql::base::escape::cell;
use evql::base::{LineIndex, Span};
use evql::detect::{self, Coverage};
use evql::diag::{self, Diagnostic, Severity};
use evql::rules::{self, FileReport, Loaded, NotRun, Rule, RuleStatus};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// Runs the command.
pub fn run(command: &RulesCommand, look: &Look) -> Result<Exit> {
    match command {
        RulesCommand::List(args) => list(args, look),
        RulesCommand::Coverage(args) => coverage(args, look),
        RulesCommand::Check(args) => check(args, look),
        RulesCommand::SysmonConfig(args) => super::sysmon_config::run(args, look),
        RulesCommand::Explain(args) => super::explain::run(args),
        RulesCommand::Convert(args) => super::explain::convert(args),
        RulesCommand::Split(args) => super::rules_split::run(args, look),
        RulesCommand::Stats(args) => super::rules_stats::run(args, look),
    }
}

fn list(args: &RulesList, look: &Look) -> Result<Exit> {
    let mut loaded = load_listed(&args.paths, args.deprecated, &args.reading)?;
    if args.builtin {
        loaded.set.add_missing(rules::builtin());
    }
    let mut out = anstream::stdout().lock();
    match args.output_type {
        ListFormat::Table => tables(&mut out, &loaded)?,
        ListFormat::Csv => csv(&mut out, &loaded)?,
        ListFormat::Json => writeln!(out, "{:#}", Value::from(rows(&loaded)))?,
        ListFormat::Jsonl => rows(&loaded).iter().try_for_each(|row| writeln!(out, "{row}"))?,
    }
    out.flush()?;
    let mut err = anstream::stderr().lock();
    print_full(&mut err, &loaded.files, true)?;
    if !look.quiet && args.output_type == ListFormat::Table {
        writeln!(err, "{}", totals(&loaded))?;
    }
    Ok(if loaded.has_error() { Exit::Rules } else { Exit::Done })
}

/// One line for each rule: whether this evidence could have answered it.
fn coverage(args: &RulesCoverage, look: &Look) -> Result<Exit> {
    let session = Session::run_inventory(&args.evidence, &args.rules, look)?;
    let rules = session.run.detector.rules();
    // The evidence is read once, for what it holds; each rule is then judged by that alone, without being run.
    let judged = detect::coverage(rules, session.run.options.mapping, &session.run.outcome.inventory);
    let mut out = anstream::stdout().lock();
    let why = |coverage: &Coverage| match coverage {
        Coverage::Answered => String::new(),
        Coverage::NotInSysmon { fields } if fields.is_empty() => "no Sysmon event can match".to_owned(),
        Coverage::NotInSysmon { fields } => format!("Sysmon does not record {}", joined(fields)),
        Coverage::NoEvents { ids } => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            format!("no events of ID {}", ids.join(", "))
        }
        Coverage::NoFields { fields } => format!("never set: {}", joined(fields)),
    };
    let rows = rules.iter().zip(&judged).map(|(rule, coverage)| {
        let (fields, ids) = match coverage {
            Coverage::NotInSysmon { fields } | Coverage::NoFields { fields } => (json!(fields), Value::Null),
            Coverage::NoEvents { ids } => (Value::Null, json!(ids)),
            Coverage::Answered => (Value::Null, Value::Null),
        };
        json!({ "id": rule.meta.id, "name": rule.meta.name, "coverage": coverage.name(), "fields": fields, "event_ids": ids })
    });
    match args.output_type {
        ListFormat::Json => writeln!(out, "{:#}", rows.collect::<Value>())?,
        ListFormat::Jsonl => rows.into_iter().try_for_each(|row| writeln!(out, "{row}"))?,
        ListFormat::Csv => {
            let mut writer = csv::Writer::from_writer(&mut out);
            writer.write_record(["id", "name", "coverage", "reason"])?;
            for (rule, coverage) in rules.iter().zip(&judged) {
                let why = why(coverage);
                let row = [rule.meta.id.as_str(), &rule.meta.name, coverage.name(), &why];
                writer.write_record(row.map(|text| cell(text).into_owned()))?;
            }
            writer.flush()?;
        }
        ListFormat::Table => {
            let mut table = new_table(&["coverage", "name", "why"]);
            for (rule, coverage) in rules.iter().zip(&judged) {
                let why = why(coverage);
                table.add_row([coverage.name(), &rule.meta.name, &why].map(|text| shown(text, None)));
            }
            print_table(&mut out, &table)?;
        }
    }
    out.flush()?;
    session.report_faults(look)?;
    session.report_window(look)?;
    if !look.quiet {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for coverage in &judged {
            *counts.entry(coverage.name()).or_default() += 1;
        }
        let each: Vec<String> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
        writeln!(anstream::stderr().lock(), "{}: {}", counted(rules.len() as u64, "rule"), each.join(", "))?;
    }
    Ok(session.leave(&args.evidence, false))
}

fn joined(fields: &BTreeSet<String>) -> String {
    fields.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn check(args: &RulesCheck, look: &Look) -> Result<Exit> {
    let loaded = load_rules(&args.paths, every_rule(args.placeholders.as_deref())?, 0);
    let mut out = anstream::stdout().lock();
    match args.format {
        CheckFormat::Full => print_full(&mut out, &loaded.files, false)?,
        CheckFormat::Concise => {
            for (file, found) in findings(&loaded.files) {
                writeln!(out, "{}", diag::concise(found, &file.path, &file.text))?;
            }
        }
        CheckFormat::Json => {
            let all: Vec<Value> = findings(&loaded.files).map(|(file, found)| as_json(file, found)).collect();
            writeln!(out, "{:#}", Value::from(all))?;
        }
    }
    out.flush()?;
    if !look.quiet {
        writeln!(anstream::stderr().lock(), "{}", totals(&loaded))?;
    }
    Ok(if loaded.has_error() { Exit::Rules } else { Exit::Done })
}

fn as_json(file: &FileReport, found: &Diagnostic) -> Value {
    let index = LineIndex::new(&file.text);
    let place = |offset| {
        let at = index.locate(offset);
        json!({ "row": at.line, "column": at.column })
    };
    let Span { start, end } = found.span;
    json!({
        "code": found.code.0,
        "severity": match found.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "message": found.message,
        "label": found.label,
        "help": found.help,
        "file": file.path,
        "location": place(start),
        "end_location": place(end),
    })
}

/// One line: how many rules of which kind, and how much was found.
fn totals(loaded: &Loaded) -> String {
    let aside = [&loaded.not_run, &loaded.deprecated, &loaded.elsewhere, &loaded.parts];
    let rules = loaded.set.rules.len() + aside.iter().map(|rules| rules.len()).sum::<usize>();
    let taken_back = loaded.set.rules.iter().filter(|rule| rule.meta.deprecated).count();
    let of = |severity| findings(&loaded.files).filter(|(_, found)| found.severity == severity).count() as u64;
    let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
    for (rule, _) in &loaded.not_run {
        *languages.entry(&rule.language).or_default() += 1;
    }
    let each: Vec<String> =
        languages.iter().map(|(language, count)| format!("{} {count}", shown(language, None))).collect();
    let parts = [
        match loaded.files.len() {
            0 if rules > 0 => format!("{} built in", counted(rules as u64, "rule")),
            files => format!("{} in {}", counted(rules as u64, "rule"), counted(files as u64, "file")),
        },
        format!(": {} ready to run", grouped(loaded.set.rules.len() as u64)),
        if loaded.elsewhere.is_empty() {
            String::new()
        } else {
            format!(", {} about other logs than Sysmon's", grouped(loaded.elsewhere.len() as u64))
        },
        if loaded.parts.is_empty() {
            String::new()
        } else {
            format!(", {} only parts of correlations", grouped(loaded.parts.len() as u64))
        },
        if each.is_empty() {
            String::new()
        } else {
            format!(", {} not run ({})", loaded.not_run.len(), each.join(", "))
        },
        match (loaded.deprecated.len(), taken_back) {
            (0, 0) => String::new(),
            (0, running) => format!(", {running} of them deprecated"),
            (aside, _) => format!(", {aside} deprecated and not run"),
        },
        format!("; {}, {}", counted(of(Severity::Error), "error"), counted(of(Severity::Warning), "warning")),
        if loaded.passed_over > 0 {
            format!("; {} passed over", counted(loaded.passed_over as u64, "other file"))
        } else {
            String::new()
        },
    ];
    parts.concat()
}

fn status(rule: &Rule) -> &'static str {
    rule.meta.status.map_or("", RuleStatus::name)
}

fn tactics(rule: &Rule) -> String {
    let names: Vec<&str> = rule.meta.threat.iter().map(|attack| attack.tactic.name.as_str()).collect();
    names.join(", ")
}

fn tables(out: &mut dyn Write, loaded: &Loaded) -> Result<()> {
    // Only Sigma's rules say these two; without them, ids stay on one line.
    let tells = loaded.set.rules.iter().any(|rule| rule.meta.status.is_some() || rule.meta.version.is_some());
    let own: &[&str] = if tells { &["status", "version"] } else { &[] };
    let mut table = new_table(&[&["severity", "name", "language", "kind"], own, &["tactics", "id"]].concat());
    for rule in &loaded.set.rules {
        let meta = &rule.meta;
        let tactics = tactics(rule);
        let own = [status(rule), meta.version.as_deref().unwrap_or_default()];
        let first = [meta.level.name(), &meta.name, rule.origin.language.name(), kind(rule)];
        let row = [&first[..], if tells { &own } else { &[] }, &[&tactics, &meta.id]].concat();
        table.add_row(row.into_iter().map(|text| shown(text, None)));
    }
    print_table(out, &table)?;
    if !loaded.not_run.is_empty() {
        let mut table = new_table(&["language", "name", "why", "id"]);
        for (rule, _) in &loaded.not_run {
            table.add_row([&rule.language, &rule.name, &rule.reason, &rule.id].map(|text| shown(text, None)));
        }
        writeln!(out, "\n{BOLD}Not run{BOLD:#}")?;
        print_table(out, &table)?;
    }
    if !loaded.parts.is_empty() {
        let mut table = new_table(&["name", "why", "id"]);
        for (rule, _) in &loaded.parts {
            table.add_row([&rule.name, &rule.reason, &rule.id].map(|text| shown(text, None)));
        }
        writeln!(out, "\n{BOLD}Without alerts of their own (`generate: true` gives them){BOLD:#}")?;
        print_table(out, &table)?;
    }
    if !loaded.deprecated.is_empty() {
        let mut table = new_table(&["language", "name", "id"]);
        for (rule, _) in &loaded.deprecated {
            table.add_row([&rule.language, &rule.name, &rule.id].map(|text| shown(text, None)));
        }
        writeln!(out, "\n{BOLD}Not run: deprecated by their authors (--deprecated runs them){BOLD:#}")?;
        print_table(out, &table)?;
    }
    Ok(())
}

fn rows(loaded: &Loaded) -> Vec<Value> {
    let ready = loaded.set.rules.iter().map(|rule| {
        let meta = &rule.meta;
        json!({
            "id": meta.id, "name": meta.name, "severity": meta.level.name(), "risk_score": meta.risk_score, "language": rule.origin.language.name(),
            "kind": kind(rule), "status": meta.status.map(RuleStatus::name), "version": meta.version, "file": &*rule.origin.file, "runs": true, "deprecated": meta.deprecated, "building_block": meta.building_block, "hunting": meta.hunting, "event_ids": meta.event_ids, "exceptions": rule.exceptions.len(),
            "threat": rules::threat_to_ecs(&meta.threat), "tags": meta.tags, "query": rule.source,
        })
    });
    let other = |deprecated: bool| move |(rule, file): &(NotRun, String)| json!({ "id": rule.id, "name": rule.name, "language": rule.language, "runs": false, "reason": rule.reason, "deprecated": deprecated, "file": file });
    let aside = loaded.not_run.iter().chain(&loaded.elsewhere).chain(&loaded.parts).map(other(false));
    let others = aside.chain(loaded.deprecated.iter().map(other(true)));
    ready.chain(others).collect()
}

fn csv(out: &mut dyn Write, loaded: &Loaded) -> Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record([
        "id",
        "name",
        "severity",
        "risk_score",
        "language",
        "kind",
        "runs",
        "tactics",
        "status",
        "version",
        "file",
    ])?;
    for rule in &loaded.set.rules {
        let (meta, risk, tactics) = (&rule.meta, rule.meta.risk_score.to_string(), tactics(rule));
        let version = meta.version.as_deref().unwrap_or_default();
        let row = [
            &meta.id,
            &meta.name,
            meta.level.name(),
            &risk,
            rule.origin.language.name(),
            kind(rule),
            "true",
            &tactics,
            status(rule),
            version,
            &*rule.origin.file,
        ];
        writer.write_record(row.map(|text| cell(text).into_owned()))?;
    }
    for (rule, file) in loaded.not_run.iter().chain(&loaded.deprecated).chain(&loaded.elsewhere).chain(&loaded.parts) {
        let row = [&rule.id, &rule.name, "", "", &rule.language, "", "false", "", "", "", file];
        writer.write_record(row.map(|text| cell(text).into_owned()))?;
    }
    writer.flush()?;
    Ok(())
}
