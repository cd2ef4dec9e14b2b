//! `docs/diagnostics.md` names every slug, and each of its cases triggers the slug that it stands under.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::diag::Diagnostic;
use evql::testing::{SuiteError, SuiteOptions, TestSuite};
use evql::{eql, rules, testing};
use std::collections::BTreeSet;
use std::path::Path;

#[path = "support/mission.rs"]
mod mission;

/// One section: its slug, and the language and text of its case.
fn sections(page: &str) -> Vec<(String, Option<(String, String)>)> {
    let mut sections: Vec<(String, Option<(String, String)>)> = Vec::new();
    let mut block: Option<(String, String)> = None;
    for line in page.lines() {
        if let Some((language, text)) = &mut block {
            if line == "```" {
                sections.last_mut().unwrap().1 = Some((language.clone(), text.clone()));
                block = None;
            } else {
                text.push_str(line);
                text.push('\n');
            }
        } else if let Some(slug) = line.strip_prefix("### `") {
            sections.push((slug.trim_end_matches('`').to_owned(), None));
        } else if let Some(language) = line.strip_prefix("```") {
            block = Some((language.to_owned(), String::new()));
        }
    }
    sections
}

/// What is found in a rule file of this ending and text.
fn in_file(ending: &str, text: &str) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("rule.{ending}"));
    std::fs::write(&path, text).unwrap();
    rules::load(&[path]).files.into_iter().flat_map(|file| file.diagnostics).collect()
}

/// What is found in a file of exceptions.
fn in_exceptions(text: &str) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exceptions.toml");
    std::fs::write(&path, text).unwrap();
    rules::load_exceptions(&[path], &mission::rules()).files.into_iter().flat_map(|file| file.diagnostics).collect()
}

/// What is found in a list of indicators.
fn in_list(text: &str) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iocs.txt");
    std::fs::write(&path, text).unwrap();
    rules::load_lists(&[path], &rules::ListOptions::default())
        .files
        .into_iter()
        .flat_map(|file| file.diagnostics)
        .collect()
}

/// What is found in a test file.
fn in_tests(text: &str) -> Vec<Diagnostic> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.test.toml");
    std::fs::write(&path, text).unwrap();
    match TestSuite::load([path], &SuiteOptions::default()) {
        Err(SuiteError::Wrong { files }) => files.into_iter().flat_map(|file| file.diagnostics).collect(),
        other => panic!("nothing is wrong with {text}: {other:?}"),
    }
}

#[test]
fn every_slug_is_explained_and_every_case_triggers_its_slug() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnostics.md")).unwrap();
    let sections = sections(&page);
    let explained: BTreeSet<&str> = sections.iter().map(|(slug, _)| slug.as_str()).collect();
    let known: BTreeSet<&str> =
        eql::codes::ALL.iter().chain(rules::codes::ALL).chain(testing::codes::ALL).map(|code| code.0).collect();
    assert_eq!(explained, known);
    assert_eq!(explained.len(), sections.len(), "a slug has two sections");
    for (slug, case) in &sections {
        let (language, text) = case.as_ref().unwrap_or_else(|| panic!("{slug} has no case"));
        let number = || text.trim().parse::<usize>().unwrap();
        let found = match language.as_str() {
            "eql" => eql::compile(text).diagnostics,
            // Too long to be printed: so many blanks, so many parentheses.
            "eql-of-bytes" => eql::compile(&" ".repeat(number())).diagnostics,
            "eql-nested" => {
                let (open, close) = ("(".repeat(number()), ")".repeat(number()));
                eql::compile(&format!("any where {open}true{close}")).diagnostics
            }
            "path" => rules::load(&[text.trim().into()]).files.into_iter().flat_map(|file| file.diagnostics).collect(),
            "exceptions" => in_exceptions(text),
            "tests" => in_tests(text),
            "ioc" => in_list(text),
            ending => in_file(ending, text),
        };
        let slugs: Vec<&str> = found.iter().map(|found| found.code.0).collect();
        assert!(slugs.contains(&slug.as_str()), "{slug}: {slugs:?}");
        for finding in &found {
            let what = &finding.message;
            assert!(
                !what.is_empty() && !what.ends_with('.'),
                "{slug}: a message is a sentence without its full stop: {what}"
            );
        }
    }
}
