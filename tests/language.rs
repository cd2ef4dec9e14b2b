//! The language reference is a test: every example of `docs/language` runs, and finds what the page says. The format is explained in its README.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::base::{Locator, Ticks};
use evql::detect::{Alert, CandidateEvent, Detector};
use evql::ecs;
use evql::eql;
use evql::event::{Clock, Document, Event, Object, OrderKey, Value};
use evql::rules::{Rule, RuleSet, kql, lucene};
use std::path::Path;
use std::sync::Arc;

fn events(text: &str) -> Vec<Arc<Event>> {
    let event = |(line, text): (usize, &str)| {
        let object: Object = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let document = Document::from_json(&object);
        let seconds = i64::try_from(line).unwrap();
        let timestamp = match document.first(ecs::TIMESTAMP) {
            Some(Value::Date(at)) => *at,
            _ => Ticks(seconds * Ticks::PER_SECOND),
        };
        let origin = Locator { input: 0, offset: line as u64 };
        let event = Event::at(OrderKey::new(timestamp, None, origin), document);
        Arc::new(Event { original: Some(Arc::new(object)), ..event })
    };
    text.lines().enumerate().map(event).collect()
}

fn id(event: &Event) -> String {
    event.original.as_ref().unwrap()["id"].to_string()
}

/// What a query in the language of a block finds, in the notation of the pages.
fn found(language: &str, query: &str, events: &[Arc<Event>]) -> String {
    let compiled = match language {
        "cases" => eql::compile(query),
        "kql" => kql::compile(query),
        "lucene" => match lucene::compile(query) {
            Ok(compiled) => compiled,
            Err(_) => return "not run".to_owned(),
        },
        other => panic!("no block is in {other}"),
    };
    let Some(query_compiled) = compiled.query else {
        let first = compiled.diagnostics.iter().find(|found| found.is_error()).unwrap();
        return format!("error {}", first.code.0);
    };
    let single = matches!(query_compiled, eql::Query::Event(_));
    let detector = Detector::new(RuleSet { rules: vec![Rule::bare(query, query_compiled)] });
    let candidate = |event: &Arc<Event>| {
        let hits = detector.hits(&event.document);
        (!hits.is_empty()).then(|| CandidateEvent::whole(event.clone(), Clock::Logged, hits))
    };
    let candidates: Vec<CandidateEvent> = events.iter().filter_map(candidate).collect();
    let findings = detector.findings(&candidates);
    let one = |alert: &Alert| {
        let names = alert.events.iter().map(|event| event.as_deref().map_or_else(|| "_".to_owned(), id));
        names.collect::<Vec<_>>().join(if single { " " } else { "+" })
    };
    let all: Vec<String> = findings.alerts.iter().map(one).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(" ") }
}

/// Runs a page; says what differs, and how many cases there were.
fn run(name: &str, page: &str, wrong: &mut Vec<String>) -> usize {
    let mut documents = Vec::new();
    let mut cases = 0;
    let mut block: Option<(&str, String)> = None;
    for (number, line) in page.lines().enumerate() {
        match &mut block {
            None => block = line.strip_prefix("```").map(|kind| (kind, String::new())),
            Some((kind, text)) if line == "```" => {
                if *kind == "ndjson" {
                    documents = events(text);
                }
                block = None;
            }
            Some((language @ ("cases" | "kql" | "lucene"), _)) => {
                let (query, expected) =
                    line.rsplit_once("=>").unwrap_or_else(|| panic!("{name}:{}: no =>", number + 1));
                let found = found(language, query.trim(), &documents);
                if found != expected.trim() {
                    wrong.push(format!(
                        "{name}:{}: {} gives {found}, not {}",
                        number + 1,
                        query.trim(),
                        expected.trim()
                    ));
                }
                cases += 1;
            }
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    assert!(block.is_none(), "{name}: a block has no end");
    cases
}

#[test]
fn every_example_finds_what_the_page_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language");
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    let mut wrong = Vec::new();
    let mut total = 0;
    for page in pages {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        let cases = run(&name, &std::fs::read_to_string(&page).unwrap().replace("\r\n", "\n"), &mut wrong);
        // The examples of Sigma are rules, which `tests/sigma.rs` and `tests/sigma_correlations.rs` run.
        let has_others = matches!(name.as_str(), "README.md" | "sigma.md" | "sigma-correlations.md");
        assert!(cases > 0 || has_others, "{name} has no examples");
        total += cases;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(total >= 200, "only {total} examples");
}
