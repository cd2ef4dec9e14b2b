//! `evql rules split`: which rules one host answers, and which may join events of several hosts.

use super::args::{ListFormat, Look, RulesSplit};
use super::exit::Exit;
use super::rule_findings::print_full;
use super::rule_tables::{kind, new_table, print_table};
use super::session::load_listed;
use super::terminal::{counted, grouped, shown};
use anyhow::Result;
use evql::base::escape::cell;
use evql::detect::RuleReach;
use evql::rules::Rule;
use serde_json::{Value, json};
use std::io::Write;

/// Runs the command.
pub fn run(args: &RulesSplit, look: &Look) -> Result<Exit> {
    let loaded = load_listed(&args.paths, args.deprecated, &args.reading)?;
    let rules: Vec<(&Rule, RuleReach)> =
        loaded.set.rules.iter().map(|rule| (rule, RuleReach::of(&rule.query))).collect();
    let hosts = |reach: &RuleReach| if reach.is_across() { "several" } else { "one" };
    let mut out = anstream::stdout().lock();
    let rows = rules.iter().map(|(rule, reach)| {
        json!({ "id": rule.meta.id, "name": rule.meta.name, "kind": kind(rule), "hosts": hosts(reach), "why": reach.to_string() })
    });
    match args.output_type {
        ListFormat::Json => writeln!(out, "{:#}", rows.collect::<Value>())?,
        ListFormat::Jsonl => rows.into_iter().try_for_each(|row| writeln!(out, "{row}"))?,
        ListFormat::Csv => {
            let mut writer = csv::Writer::from_writer(&mut out);
            writer.write_record(["id", "name", "kind", "hosts", "why"])?;
            for (rule, reach) in &rules {
                let why = reach.to_string();
                let row = [rule.meta.id.as_str(), &rule.meta.name, kind(rule), hosts(reach), &why];
                writer.write_record(row.map(|text| cell(text).into_owned()))?;
            }
            writer.flush()?;
        }
        ListFormat::Table => {
            let mut table = new_table(&["hosts", "kind", "name", "why"]);
            for (rule, reach) in &rules {
                let why = reach.to_string();
                table.add_row([hosts(reach), kind(rule), &rule.meta.name, &why].map(|text| shown(text, None)));
            }
            print_table(&mut out, &table)?;
        }
    }
    out.flush()?;
    let mut err = anstream::stderr().lock();
    print_full(&mut err, &loaded.files, true)?;
    if !look.quiet && args.output_type == ListFormat::Table {
        let across = rules.iter().filter(|(_, reach)| reach.is_across()).count() as u64;
        let all = rules.len() as u64;
        writeln!(
            err,
            "{}: one host answers {}, {} may join events of several hosts",
            counted(all, "rule"),
            grouped(all - across),
            grouped(across)
        )?;
    }
    Ok(if loaded.has_error() { Exit::Rules } else { Exit::Done })
}
