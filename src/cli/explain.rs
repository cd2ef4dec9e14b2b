//! `evql rules explain`: what a rule comes down to, by event ID.

use super::args::{ConvertTo, RulesConvert, RulesExplain};
use super::exit::Exit;
use super::session::{every_rule, load_strictly};
use super::terminal::{BOLD, shown};
use anyhow::{Result, bail};
use evql::detect::{Explained, Explanation, explain};
use evql::eql::Query;
use evql::rules::Rule;
use evql::sysmon;
use evql::sysmon::Mapping;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The rules of a file, or those of an id or name among others; `None` if rules are wrong, which has been told then.
fn meant_rules(meant: &str, among: &[PathBuf], placeholders: Option<&Path>, strict: bool) -> Result<Option<Vec<Rule>>> {
    let is_file = Path::new(meant).is_file();
    let options = every_rule(placeholders)?;
    // A path wins over a name: who gives the path of a file means that file, even if some rule has that name.
    let own = [PathBuf::from(meant)];
    let loaded = load_strictly(if is_file { &own } else { among }, options, strict)?;
    let has_error = loaded.has_error();
    let is_meant = |rule: &Rule| is_file || rule.meta.id == meant || rule.meta.name.eq_ignore_ascii_case(meant);
    let rules: Vec<Rule> = loaded.set.rules.into_iter().filter(is_meant).collect();
    if rules.is_empty() && has_error {
        super::rule_findings::print_full(&mut anstream::stderr().lock(), &loaded.files, true)?;
        return Ok(None);
    }
    if rules.is_empty() {
        bail!(
            "there is no rule '{meant}' that runs: name a rule file, or the id or name of a rule, and -r where it is; `evql rules list` shows them"
        );
    }
    Ok(Some(rules))
}

/// Prints rules in another language.
pub fn convert(args: &RulesConvert) -> Result<Exit> {
    let Some(rules) = meant_rules(&args.rule, &args.rules, args.placeholders.as_deref(), args.strict)? else {
        return Ok(Exit::Rules);
    };
    let ConvertTo::Eql = args.to;
    let mut out = anstream::stdout().lock();
    for (at, rule) in rules.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        if !rule.has_eql_text() {
            bail!(
                "the rule '{}' cannot be written in EQL: {}; `evql rules explain` shows its conditions",
                rule.meta.name,
                match rule.query {
                    Query::Threshold(_) | Query::Correlation(_) => "it counts events, which EQL has no words for",
                    Query::NewTerms(_) => "it looks for values that are new, which EQL has no words for",
                    _ => "it is written in another language, which evql runs without EQL",
                }
            );
        }
        writeln!(out, "// {} ({})\n{}", shown(&rule.meta.name, None), shown(&rule.meta.id, None), rule.source.trim())?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Runs the command.
pub fn run(args: &RulesExplain) -> Result<Exit> {
    let Some(rules) = meant_rules(&args.rule, &args.rules, args.placeholders.as_deref(), args.strict)? else {
        return Ok(Exit::Rules);
    };
    let mut out = anstream::stdout().lock();
    for rule in &rules {
        let explained = explain(rule, Mapping::from(args.mapping));
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
