//! The built-in rules hold what docs/detections.md promises of them: metadata that is complete and true, tests on both sides, and quiet on ordinary logs.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::{Detector, Explanation, explain};
use evql::eql;
use evql::forge::{Large, LargeError};
use evql::pipeline::{self, RunOptions, Silent};
use evql::rules::{self, Level, Rule};
use evql::sysmon::Mapping;
use evql::testing::{RunSettings, SuiteOptions, TestSuite, Verdict};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The rule that is older than the pack; its samples are scenarios with logs of their own.
const FIRST: &str = "Network Connection via Registration Utility";
/// Least share of mutants that the tests of each rule notice.
const LEAST_SCORE: usize = 80;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Tactic, id and name of each technique that a rule names.
fn techniques(rule: &Rule) -> impl Iterator<Item = (&str, &str, &str)> {
    rule.meta.threat.iter().flat_map(|attack| {
        let tactic = attack.tactic.id.as_str();
        attack.techniques.iter().map(move |technique| (tactic, technique.id.as_str(), technique.name.as_str()))
    })
}

#[test]
fn every_rule_says_all_that_a_reader_needs() {
    let rules = rules::builtin().rules;
    assert!((80..=120).contains(&rules.len()), "{}", rules.len());
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for rule in &rules {
        let meta = &rule.meta;
        let name = &meta.name;
        assert!(ids.insert(&meta.id) && names.insert(name), "{name} is there twice");
        assert!(
            meta.description.len() > 60 && !meta.false_positives.is_empty() && !meta.references.is_empty(),
            "{name}"
        );
        assert!(meta.note.as_deref().is_some_and(|note| note.contains("## What to look at")), "{name}");
        assert!(!meta.threat.is_empty() && !meta.event_ids.is_empty(), "{name}");
        // The scale of docs/detections.md.
        let scale = match meta.level {
            Level::Low => 1.0..=21.0,
            Level::Medium => 22.0..=47.0,
            Level::High => 48.0..=73.0,
            Level::Critical => 74.0..=99.0,
        };
        assert!(scale.contains(&meta.risk_score), "{name}: risk {}", meta.risk_score);
    }
}

#[test]
fn tactics_and_techniques_are_those_of_attack() {
    let table = include_str!("support/attack.tsv");
    let known: BTreeMap<&str, (&str, Vec<&str>)> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut columns = line.split('\t');
            let mut next = || columns.next().unwrap();
            (next(), (next(), next().split(',').collect()))
        })
        .collect();
    let mut used = BTreeSet::new();
    let rules = rules::builtin().rules;
    for rule in &rules {
        for (tactic, id, name) in techniques(rule) {
            let Some((known_name, tactics)) = known.get(id) else { panic!("{}: no technique {id}", rule.meta.name) };
            assert_eq!(*known_name, name, "{}: {id}", rule.meta.name);
            assert!(tactics.contains(&tactic), "{}: {id} does not belong to {tactic}", rule.meta.name);
            used.insert(id);
        }
    }
    assert_eq!(used.into_iter().collect::<Vec<_>>(), known.keys().copied().collect::<Vec<_>>());
}

#[test]
fn event_ids_are_those_that_the_query_can_match() {
    for rule in &rules::builtin().rules {
        let mut ids = BTreeSet::new();
        for condition in explain(rule, Mapping::Integration) {
            let possible = condition.outcomes.iter().filter(|(outcome, _)| matches!(outcome, Explanation::Left { .. }));
            ids.extend(possible.flat_map(|(_, ids)| ids.iter().copied()));
        }
        assert_eq!(rule.meta.event_ids, ids.into_iter().collect::<Vec<_>>(), "{}", rule.meta.name);
        assert!(rule.unknown.is_empty(), "{}: {:?}", rule.meta.name, rule.unknown);
    }
}

#[test]
fn the_commands_of_the_guides_can_be_run() {
    let mut queries = 0;
    for rule in &rules::builtin().rules {
        let note = rule.meta.note.as_deref().unwrap();
        for command in note.lines().filter_map(|line| line.strip_prefix("$ evql ")) {
            let Some(query) = command.strip_prefix("query '") else {
                assert!(
                    ["tree evidence/ --alert 1", "info evidence/"].contains(&command),
                    "{}: {command}",
                    rule.meta.name
                );
                continue;
            };
            let (query, rest) = query.rsplit_once('\'').unwrap();
            assert_eq!(rest, " evidence/", "{}", rule.meta.name);
            let compiled = eql::compile(query);
            assert!(
                compiled.query.is_some() && compiled.unknown.is_empty(),
                "{}: {query}: {:?}",
                rule.meta.name,
                compiled.diagnostics
            );
            queries += 1;
        }
    }
    assert!(queries > 60, "{queries}");
}

fn suite() -> TestSuite {
    TestSuite::load([root().join("samples")], &SuiteOptions::default()).unwrap()
}

#[test]
fn every_rule_has_tests_that_fire_and_near_misses() {
    let suite = suite();
    for rule in rules::builtin().rules.iter().filter(|rule| rule.meta.name != FIRST) {
        let name = &rule.meta.name;
        let of_rule = || suite.cases.iter().filter(|case| case.name.starts_with(&format!("{name}: ")));
        let firing = of_rule().filter(|case| case.expected.counts.iter().any(|of_rule| of_rule.count > 0)).count();
        assert!(firing >= 2 && of_rule().count() - firing >= 2, "{name}: {firing} of {}", of_rule().count());
    }
}

/// A rule that somebody changes a little, and no test notices, is a rule that can be broken.
#[test]
fn the_tests_notice_most_changes_of_each_rule() {
    let suite = suite();
    let results = suite.run(RunSettings::default(), &|_, _| ()).unwrap();
    assert!(results.iter().all(|result| result.verdict == Verdict::Passed));
    let report = suite.mutate(&results, 0).unwrap();
    assert!(report.rules.len() >= rules::builtin().rules.len());
    for rule in &report.rules {
        let score = rule.noticed * 100 / rule.all().max(1);
        assert!(score >= LEAST_SCORE, "{}: {score} %: {:#?}", rule.name, rule.unnoticed);
    }
}

/// A day of ordinary work: one alert of medium or higher a host at most.
#[test]
fn ordinary_logs_are_quiet() {
    let folder = tempfile::tempdir().unwrap();
    let create = |name: &str| {
        let source = File::create_new(folder.path().join(name));
        source.map_err(|source| LargeError::Write { name: name.to_owned(), source })
    };
    let mut files = 0;
    Large::new(24 << 20, 11, Some(0))
        .unwrap()
        .write(create, |_| {
            files += 1;
            Ok::<(), LargeError>(())
        })
        .unwrap();
    let mut set = rules::builtin();
    set.rules.retain(|rule| !rule.meta.hunting);
    let detector = Detector::new(set);
    let outcome = pipeline::run(&[folder.path().to_owned()], &detector, &RunOptions::default(), &Silent).unwrap();
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for alert in outcome.alerts.hold().unwrap().iter().filter(|alert| detector.meta(alert).level >= Level::Medium) {
        *by_rule.entry(&detector.meta(alert).name).or_default() += 1;
    }
    let all: usize = by_rule.values().sum();
    assert!(all <= files, "{all} alerts on {files} hosts: {by_rule:?}");
}

/// Compares a page or writes it anew.
fn held(path: &Path, text: &str) {
    if std::env::var_os("EVQL_BLESS").is_some() {
        fs::write(path, text).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    assert!(written == text, "{} is behind the rules: EVQL_BLESS=1 cargo test --test pack", path.display());
}

#[test]
fn the_page_of_detections_is_what_the_rules_say() {
    let mut page = include_str!("support/detections.md").to_owned();
    let rules = rules::builtin().rules;
    let mut by_tactic: BTreeMap<String, Vec<&Rule>> = BTreeMap::new();
    for rule in &rules {
        let folder = PathBuf::from(&*rule.origin.file);
        let tactic = folder.parent().unwrap().file_name().unwrap().to_str().unwrap().replace('_', " ");
        by_tactic.entry(tactic).or_default().push(rule);
    }
    let count = |level: Level| rules.iter().filter(|rule| rule.meta.level == level && !rule.meta.hunting).count();
    let _ = writeln!(
        page,
        "\n{} rules: {} critical, {} high, {} medium, {} low, {} for hunting.",
        rules.len(),
        count(Level::Critical),
        count(Level::High),
        count(Level::Medium),
        count(Level::Low),
        rules.iter().filter(|rule| rule.meta.hunting).count()
    );
    for (tactic, rules) in by_tactic {
        let (first, rest) = tactic.split_at(1);
        let _ = writeln!(
            page,
            "\n## {}{rest}\n\n| rule | severity | techniques | event IDs |\n|---|---|---|---|",
            first.to_uppercase()
        );
        for rule in rules {
            let meta = &rule.meta;
            let mut ids: Vec<&str> = techniques(rule).map(|(_, id, _)| id).collect();
            // A technique is told by its sub-techniques.
            let whole = ids.clone();
            ids.retain(|id| !whole.iter().any(|other| other.starts_with(&format!("{id}."))));
            ids.sort_unstable();
            ids.dedup();
            let events: Vec<String> = meta.event_ids.iter().map(ToString::to_string).collect();
            let file = rule.origin.file.strip_prefix("builtin/").unwrap();
            let level = if meta.hunting { "hunting" } else { meta.level.name() };
            let _ = writeln!(
                page,
                "| [{}](../src/rules/builtin/{file}) | {level} | {} | {} |",
                meta.name,
                ids.join(", "),
                events.join(", ")
            );
        }
    }
    held(&root().join("docs/detections.md"), &page);
}

#[test]
fn the_navigator_layer_is_what_the_rules_say() {
    let mut names: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for rule in &rules::builtin().rules {
        for attack in &rule.meta.threat {
            for technique in &attack.techniques {
                let tactic = attack.tactic.name.to_lowercase().replace(' ', "-");
                names.entry((technique.id.clone(), tactic)).or_default().push(rule.meta.name.clone());
            }
        }
    }
    let techniques: Vec<_> = names
        .into_iter()
        .map(|((id, tactic), names)| json!({ "techniqueID": id, "tactic": tactic, "score": names.len(), "comment": names.join("\n"), "enabled": true }))
        .collect();
    let layer = json!({
        "name": "evql: built-in rules",
        "versions": { "layer": "4.5", "navigator": "5.1.0" },
        "domain": "enterprise-attack",
        "description": "How many of evql's built-in rules there are for each technique.",
        "gradient": { "colors": ["#ffffff", "#66b1ff"], "minValue": 0, "maxValue": 8 },
        "techniques": techniques,
    });
    held(&root().join("docs/detections.layer.json"), &format!("{layer:#}\n"));
}
