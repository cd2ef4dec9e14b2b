//! `evql rules explain`: what a rule comes down to, by event ID.

use super::args::RulesExplain;
use super::exit::Exit;
use super::session::load_rules;
use super::terminal::{BOLD, shown};
use anyhow::{Result, bail};
use evql::detect::{Explained, Explanation, explain};
use evql::rules::Rule;
use evql::sysmon;
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Runs the command.
pub fn run(args: &RulesExplain) -> Result<Exit> {
    let is_file = Path::new(&args.rule).is_file();
    // A path wins over a name: who gives the path of a file means that file, even if some rule has that name.
    let loaded =
        if is_file { load_rules(&[args.rule.clone().into()], true, 0) } else { load_rules(&args.rules, true, 0) };
    let meant = |rule: &&Rule| is_file || rule.meta.id == args.rule || rule.meta.name.eq_ignore_ascii_case(&args.rule);
    let rules: Vec<&Rule> = loaded.set.rules.iter().filter(meant).collect();
    if rules.is_empty() && loaded.has_error() {
        super::rule_findings::print_full(&mut anstream::stderr().lock(), &loaded.files, true)?;
        return Ok(Exit::Rules);
    }
    if rules.is_empty() {
        bail!(
            "there is no rule '{}': name a rule file, or the id or name of a rule, and -r where it is; `evql rules list` shows them",
            args.rule
        );
    }
    let mut out = anstream::stdout().lock();
    for rule in rules {
        let explained = explain(rule, args.mapping.into());
        if args.json {
            writeln!(out, "{}", as_json(rule, &explained))?;
        } else {
            text(&mut out, rule, &explained)?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn as_json(rule: &Rule, explained: &[Explained]) -> serde_json::Value {
    let outcome = |(outcome, ids): &(Explanation, Vec<u32>)| match outcome {
        Explanation::Left { condition, fields } => {
            let field = |(name, entries): &(String, Vec<String>)| (name.clone(), json!(entries));
            let fields: serde_json::Map<_, _> = fields.iter().map(field).collect();
            json!({ "event_ids": ids, "condition": condition, "fields": fields })
        }
        Explanation::Never { why } => json!({ "event_ids": ids, "never": why }),
    };
    let one = |one: &Explained| {
        let outcomes: Vec<_> = one.outcomes.iter().map(outcome).collect();
        json!({ "title": one.title, "written": one.written, "outcomes": outcomes })
    };
    let conditions: Vec<_> = explained.iter().map(one).collect();
    json!({ "id": rule.meta.id, "name": rule.meta.name, "conditions": conditions })
}

fn text(out: &mut impl Write, rule: &Rule, explained: &[Explained]) -> Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}", shown(&rule.meta.name, None))?;
    for one in explained {
        writeln!(out, "\n{BOLD}{}{BOLD:#}  {}", one.title, shown(&one.written, None))?;
        // Event IDs with the same outcome share an entry, so that this is one line for the usual "never".
        let possible = one.outcomes.iter().any(|(outcome, _)| matches!(outcome, Explanation::Left { .. }));
        if !possible {
            writeln!(out, "  no Sysmon event can match, and so the rule can find nothing among them")?;
        }
        for (outcome, ids) in &one.outcomes {
            match outcome {
                Explanation::Left { condition, fields } => {
                    writeln!(out, "  {}", names(ids).join(", "))?;
                    writeln!(out, "    {}", shown(condition, None))?;
                    for (field, entries) in fields {
                        let from =
                            if entries.is_empty() { "no entry of EventData".to_owned() } else { entries.join(", ") };
                        writeln!(out, "    {} from {}", shown(field, None), shown(&from, None))?;
                    }
                }
                Explanation::Never { why } => {
                    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                    writeln!(out, "  never {}: {}", ids.join(", "), shown(why, None))?;
                }
            }
        }
    }
    writeln!(out)?;
    Ok(())
}

fn names(ids: &[u32]) -> Vec<String> {
    ids.iter().map(|id| format!("{id} ({})", sysmon::event_name(*id).unwrap_or("no name"))).collect()
}
