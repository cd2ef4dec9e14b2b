//! Conformance cases of other projects, run where they lie. They need `EVQL_SHARED`, and are ignored unless they are asked for: `cargo test -- --include-ignored`.

// Test code: a failed `unwrap` is a failed test, and what is printed is for whoever runs it by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

use evql::base::Ticks;
use evql::ecs::Field;
use evql::eql::{self, Machine, Query, QueryOptions};
use evql::event::{Document, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The folder of shared material.
fn shared() -> PathBuf {
    let shared = std::env::var_os("EVQL_SHARED").expect("EVQL_SHARED names the folder of reference material");
    PathBuf::from(shared)
}

fn options() -> QueryOptions {
    QueryOptions { category_field: Field::named("event_type"), ..QueryOptions::default() }
}

fn compile(source: &str) -> Query {
    let compiled = eql::compile_with(source, &options());
    compiled.query.unwrap_or_else(|| panic!("{source}\n{:#?}", compiled.diagnostics))
}

/// Flattens a JSON object into dotted fields.
fn fill(document: &mut Document, prefix: &str, value: &serde_json::Value) {
    let field = || Field::named(prefix);
    match value {
        serde_json::Value::Null => {}
        serde_json::Value::Bool(flag) => document.push(field(), *flag),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(integer) => document.push(field(), integer),
            None => document.push(field(), number.as_f64().unwrap()),
        },
        serde_json::Value::String(text) => document.push(field(), text.as_str()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| fill(document, prefix, item)),
        serde_json::Value::Object(map) => {
            for (name, value) in map {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                fill(document, &name, value);
            }
        }
    }
}

fn integer(document: &Document, name: &str) -> i64 {
    match document.values(&Field::named(name)) {
        [Value::Long(number)] => *number,
        other => panic!("{name}: {other:?}"),
    }
}

/// Numbers of the events a query finds, match after match.
fn run(query: &Query, documents: &[Document]) -> Vec<i64> {
    let id = |document: &Document| integer(document, "serial_event_id");
    match query {
        Query::Event(event) => {
            let mut found: Vec<i64> = documents.iter().filter(|document| event.matches(*document)).map(id).collect();
            query.pipes().iter().for_each(|pipe| pipe.apply(&mut found));
            found
        }
        Query::Sequence(sequence) => {
            let mut machine = Machine::new(sequence);
            for document in documents {
                if let Some(candidate) = sequence.candidate(document) {
                    machine.push(Ticks(integer(document, "timestamp")), &candidate, id(document));
                }
            }
            machine.finish().into_iter().flat_map(|found| found.events).flatten().collect()
        }
        Query::Sample(_) | Query::Threshold(_) | Query::NewTerms(_) | Query::Correlation(_) => {
            panic!("no case has a {query:?}")
        }
    }
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn queries_over_the_test_data() {
    let folder = shared();
    let folder = folder.join("oracle/eql");
    let data: Vec<serde_json::Value> =
        serde_json::from_str(&fs::read_to_string(folder.join("test_data.json")).unwrap()).unwrap();
    let mut documents: Vec<Document> = data
        .iter()
        .map(|value| {
            let mut document = Document::new();
            fill(&mut document, "", value);
            document
        })
        .collect();
    documents.sort_by_key(|document| (integer(document, "timestamp"), integer(document, "serial_event_id")));
    let text = fs::read_to_string(folder.join("additional_test_queries.toml")).unwrap();
    let cases: toml::Table = text.parse().unwrap();
    let mut wrong = Vec::new();
    let cases = cases["queries"].as_array().unwrap();
    for case in cases {
        let expected: Vec<i64> =
            case["expected_event_ids"].as_array().unwrap().iter().map(|id| id.as_integer().unwrap()).collect();
        let found = run(&compile(case["query"].as_str().unwrap()), &documents);
        if found != expected {
            wrong.push(format!("{}: expected {expected:?}, found {found:?}", case["name"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    println!("{} queries agree", cases.len());
}

/// One case of the specification: events by time, and the matches expected.
struct Series {
    name: String,
    stages: i64,
    keyed: bool,
    events: BTreeMap<i64, (i64, Option<String>, char)>,
    expected: Vec<String>,
}

fn token(text: &str) -> (Option<String>, char, i64) {
    let (key, event) = text.split_once('|').map_or((None, text), |(key, event)| (Some(key.to_owned()), event));
    (key, event.chars().next().unwrap(), event[1..].parse().unwrap())
}

fn series(text: &str) -> Vec<Series> {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or("").trim_end());
    let mut lines = lines.filter(|line| !line.trim().is_empty());
    let mut all = Vec::new();
    while let Some(name) = lines.next() {
        let mut case = Series {
            name: name.trim().to_owned(),
            stages: 0,
            keyed: false,
            events: BTreeMap::new(),
            expected: Vec::new(),
        };
        for line in lines.by_ref().take_while(|line| line.trim() != ";") {
            for (key, letter, at) in line.split_whitespace().map(token) {
                case.keyed |= key.is_some();
                case.events.insert(at, (case.stages, key, letter));
            }
            case.stages += 1;
        }
        case.expected.extend(lines.by_ref().take_while(|line| line.trim() != ";").map(|line| {
            let events = line.split_whitespace().map(token).map(|(_, letter, at)| format!("{letter}{at}"));
            events.collect::<Vec<_>>().join(" ")
        }));
        all.push(case);
    }
    all
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn series_of_the_state_machine() {
    let folder = shared();
    let text = fs::read_to_string(folder.join("oracle/eql/sequences.series-spec")).unwrap();
    let cases = series(&text);
    assert_eq!(cases.len(), 25);
    for case in cases {
        // Each line of a case is a stage; the letters of its events are names and nothing more.
        let by = if case.keyed { " by key" } else { "" };
        let terms: Vec<_> = (0..case.stages).map(|stage| format!("[any where stage == {stage}]")).collect();
        let terms = terms.join(" ");
        let query = compile(&format!("sequence{by} {terms}"));
        let Query::Sequence(sequence) = &query else { panic!("{}", case.name) };
        let mut machine = Machine::new(sequence);
        for (at, (stage, key, letter)) in &case.events {
            let mut document = Document::new();
            document.set(Field::named("stage"), *stage);
            if let Some(key) = key {
                document.set(Field::named("key"), key.as_str());
            }
            if let Some(candidate) = sequence.candidate(&document) {
                machine.push(Ticks(*at), &candidate, format!("{letter}{at}"));
            }
        }
        let found: Vec<String> = machine
            .finish()
            .into_iter()
            .map(|found| found.events.into_iter().flatten().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(found, case.expected, "{}", case.name);
    }
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn production_rules_compile() {
    let folder = shared();
    let mut rules = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder.join("rules/elastic-windows")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let table: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        let rule = &table["rule"];
        if rule.get("language").and_then(toml::Value::as_str) != Some("eql") {
            continue;
        }
        rules += 1;
        let source = rule["query"].as_str().unwrap();
        let compiled = eql::compile(source);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if compiled.query.is_none() {
            wrong.push(format!("{name}: {:#?}", compiled.diagnostics));
        }
        for finding in &compiled.diagnostics {
            println!("{name}: {}: {} {:?}", finding.code.0, finding.message, finding.help);
        }
        let (tree, _) = eql::parse(source);
        let (again, findings) = eql::parse(&tree.to_string());
        assert!(findings.is_empty(), "{name}: {findings:?}");
        assert_eq!(tree, again, "{name}");
    }
    assert!(wrong.is_empty(), "{} of {rules} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rules > 300, "only {rules} rules were found");
    println!("{rules} rules compile");
}
