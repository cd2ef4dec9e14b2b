//! Elastic's own rules load, and a mistake in any of them is found at its line and column.
//!
//! The rules carry Elastic's licence and are read from where they are: `EVQL_SHARED` names the folder. What needs it is ignored unless it is asked for: `cargo test -- --include-ignored`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.

use evql::detect::{Explanation, explain};
use evql::diag;
use evql::rules::{self, Loaded, RuleLanguage, parse_elastic};
use evql::sysmon::Mapping;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn folder() -> PathBuf {
    let shared = std::env::var_os("EVQL_SHARED").expect("EVQL_SHARED names the folder of reference material");
    PathBuf::from(shared).join("rules/elastic-windows")
}

fn texts(folder: &PathBuf) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "toml")).collect();
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn every_rule_loads_or_is_named_as_one_that_does_not_run() {
    let folder = folder();
    let Loaded { set, not_run, files, passed_over, .. } = rules::load(&[folder]);
    let errors: Vec<String> = files
        .iter()
        .flat_map(|file| file.diagnostics.iter().map(move |found| (file, found)))
        .filter(|(_, found)| found.is_error())
        .map(|(file, found)| diag::concise(found, &file.path, &file.text))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!((files.len(), set.rules.len(), passed_over), (390, 366, 1));
    let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
    for (rule, _) in &not_run {
        *languages.entry(&rule.language).or_default() += 1;
    }
    assert_eq!(languages.values().sum::<usize>(), 24, "{languages:?}");
    for rule in &set.rules {
        assert!(
            !rule.meta.id.is_empty() && !rule.meta.name.is_empty() && rule.meta.risk_score > 0.0,
            "{:?}",
            rule.meta
        );
        // The names of languages differ, and so do those of their operators.
        if rule.origin.language != RuleLanguage::Eql {
            continue;
        }
        // What is explained as left of a condition, with its own parentheses, is a condition again.
        for one in explain(rule, Mapping::Integration) {
            for (outcome, ids) in one.outcomes {
                if let Explanation::Left { condition, .. } = outcome {
                    let again = evql::eql::compile(&format!("any where {condition}"));
                    assert!(again.query.is_some(), "{} {} for {ids:?}: {condition}", rule.meta.name, one.title);
                }
            }
        }
    }
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn a_mistake_anywhere_is_found_where_it_is() {
    let folder = folder();
    let mut tried = 0;
    for text in texts(&folder) {
        let Some(rule) = parse_elastic(&text).rule else { continue };
        if rule.origin.language != RuleLanguage::Eql {
            continue;
        }
        // A query with escapes in it stands otherwise in the file than it reads.
        let Some(start) = text.find(rule.source.as_str()) else { continue };
        // The first `where` of the query becomes something that no query can have there.
        let at = start + rule.source.find("where").unwrap();
        let mut broken = text.clone();
        broken.replace_range(at..at + 5, "wher\u{b6}");
        let parsed = parse_elastic(&broken);
        let places: Vec<usize> = parsed.diagnostics.iter().map(|found| found.span.start as usize).collect();
        let mark = at + 4;
        let word = broken[..at].rfind(|c: char| c.is_whitespace() || c == '[').map_or(0, |before| before + 1);
        assert!(places.iter().any(|place| (word..=mark).contains(place)), "{places:?} for {mark}\n{}", &broken[at..]);
        tried += 1;
    }
    assert!(tried > 250, "only {tried} rules tried");
}
