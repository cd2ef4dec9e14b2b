//! What is said of evidence, held against another reader: the `evtx` crate's own parser, file by file.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.

use evql::pipeline::{EventFilter, Silent, SurveyOptions, survey};
use evql::report::survey_document;
use evql::survey::{EvidenceSurvey, NotableKind, hosts};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn corpus() -> PathBuf {
    let shared = std::env::var_os("EVQL_SHARED").expect("EVQL_SHARED names the folder of reference material");
    PathBuf::from(shared).join("corpus")
}

fn look(path: &Path, options: &SurveyOptions) -> EvidenceSurvey {
    survey(&[path.to_owned()], options, &Silent).unwrap()
}

type Counts = BTreeMap<(String, String, String, u32), u64>;

/// Records by computer, channel, provider and event ID, as the crate's JSON has them; `None` if it finds damage.
fn counts_of(path: &Path) -> Option<Counts> {
    let mut counts = Counts::new();
    let mut parser = evtx::EvtxParser::from_path(path).ok()?;
    for record in parser.records_json_value() {
        let system = record.ok()?.data["Event"]["System"].take();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().trim().to_owned();
        let id = &system["EventID"];
        let number = |value: &serde_json::Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        let id = number(id).or_else(|| number(&id["#text"])).unwrap();
        let provider = text(&system["Provider"]["#attributes"]["Name"]);
        let key =
            (text(&system["Computer"]).to_lowercase(), text(&system["Channel"]), provider, u32::try_from(id).unwrap());
        *counts.entry(key).or_default() += 1;
    }
    Some(counts)
}

/// How many files both readers agree on.
fn agree(folder: &Path) -> usize {
    let found = look(folder, &SurveyOptions::default());
    let mut agreed = 0;
    for file in &found.files {
        let is_damaged = found.faults.iter().any(|fault| fault.input == file.input.display);
        let Some(theirs) = counts_of(&file.input.path).filter(|_| !is_damaged) else { continue };
        let mut ours = Counts::new();
        for (key, stream) in &file.contents.streams {
            for ((provider, id), count) in &stream.events {
                let name = |text: &str| text.trim().to_owned();
                *ours.entry((name(&key.computer), name(&key.channel), name(provider), *id)).or_default() += count;
            }
        }
        assert_eq!(ours, theirs, "{}", file.input.display);
        assert_eq!(file.contents.records, theirs.values().sum::<u64>());
        agreed += 1;
    }
    agreed
}

#[test]
fn another_reader_counts_the_same_in_the_samples() {
    assert!(agree(&samples()) >= 20);
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn another_reader_counts_the_same_in_the_corpus() {
    assert!(agree(&corpus()) >= 170);
}

#[test]
fn threads_and_readers_do_not_matter() {
    the_same_for_all_threads_and_readers(&samples());
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn threads_and_readers_do_not_matter_in_the_corpus() {
    the_same_for_all_threads_and_readers(&corpus());
}

fn the_same_for_all_threads_and_readers(folder: &Path) {
    let document = |threads, slow_reader| {
        let options = SurveyOptions { threads, slow_reader, ..SurveyOptions::default() };
        survey_document(&look(folder, &options)).to_string()
    };
    let one = document(1, false);
    assert!(one.contains("Microsoft-Windows-Sysmon"));
    assert_eq!(one, document(5, false));
    assert_eq!(one, document(2, true));
}

#[test]
fn every_record_that_was_met_is_accounted_for() {
    accounted_for(&samples());
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn every_record_that_was_met_is_accounted_for_in_the_corpus() {
    accounted_for(&corpus());
}

fn accounted_for(folder: &Path) {
    let filter = EventFilter { include_ids: vec![1..=3], ..EventFilter::default() };
    for filter in [EventFilter::default(), filter] {
        let options = SurveyOptions { filter, ..SurveyOptions::default() };
        for file in look(folder, &options).files {
            let contents = &file.contents;
            let sum = contents.readable() + contents.unreadable + file.passed_over;
            assert_eq!(contents.records, sum, "{}", file.input.display);
        }
    }
}

#[test]
fn gaps_configurations_and_hashes_are_found() {
    let found = look(&samples(), &SurveyOptions { hash: true, ..SurveyOptions::default() });
    let hosts = hosts(&found.files);
    let host = hosts.iter().find(|host| &*host.name == "ws-0500.corp.example").unwrap();
    let kinds: Vec<NotableKind> = host.notable.iter().map(|notable| notable.kind).collect();
    assert_eq!(kinds, [NotableKind::SysmonState, NotableKind::SysmonConfiguration, NotableKind::SysmonError]);
    assert!(host.notable[0].facts.contains(&("version", "15.0".to_owned())));
    let damaged = found.files.iter().find(|file| file.input.display.ends_with("damaged-chunk.evtx")).unwrap();
    let stream = damaged.contents.streams.values().next().unwrap();
    // The chunk in the middle is lost, and nothing else.
    assert_eq!(stream.numbers.gaps().len(), 1);
    assert_eq!(damaged.contents.chunks, 3);
    for file in &found.files {
        let hash = file.sha256.as_ref().unwrap();
        assert_eq!(hash.len(), 64, "{hash}");
    }
    // Known from outside: the SHA-256 of no bytes.
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    let hash = evql::source::sha256(&empty).unwrap();
    assert_eq!(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn a_log_that_was_cleared_is_named_with_who_did_it() {
    let corpus = corpus();
    let found = look(&corpus, &SurveyOptions::default());
    let cleared: Vec<_> = hosts(&found.files).into_iter().flat_map(|host| host.notable).collect();
    let is = |name: &str, value: &str| {
        cleared.iter().any(|one| {
            one.kind == NotableKind::LogCleared && one.facts.iter().any(|(fact, text)| *fact == name && text == value)
        })
    };
    assert!(is("channel", "Security"));
    assert!(is("channel", "System"));
    assert!(cleared.iter().any(|one| one.facts.iter().any(|(fact, text)| *fact == "user" && text.contains('\\'))));
}
