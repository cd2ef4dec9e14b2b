//! Searching: every record that a naive search over mapped documents finds is found, and no other.
//!
//! The second reader is plain: it takes the JSON of every event, and looks into each of its texts.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.

#[path = "support/random.rs"]
mod random;

use evql::base::Locator;
use evql::detect::{Alert, Detector};
use evql::eql;
use evql::pipeline::{self, RunOptions, Silent};
use evql::rules::{Rule, RuleSet};
use evql::search::{EventSearch, SearchPattern, SearchState, ShapeSearch};
use evql::source::{self, Item, RecordRef, Scratch, Search, Visit, Visitor};
use evql::sysmon::{self, Mapping};
use random::Random;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Texts that are easily lost: constants, names of numbers, numbers and times in another form, digests, parts of arguments without their quotes, the texts of
/// errors, letters of which Unicode knows more cases than two.
const HARD: &[&str] = &[
    "event",
    "windows",
    "critical",
    "information",
    "Info",
    "egress",
    "INGRESS",
    "ipv4",
    "true",
    "alse",
    "SZ_DWORD",
    "reg_sz",
    "HKLM",
    "HKU",
    "CNAME",
    "AAAA",
    "SUCCESS",
    "NXRR",
    "trusted",
    "dns",
    "1:",
    "=",
    "+",
    "4100",
    "41",
    "0",
    "9",
    "-",
    "S-1-5-18",
    "s-1-5",
    "T09:",
    "2024-05-02T",
    ".000Z",
    "000000Z",
    "{3fe15d12",
    "5770385f-c22a",
    "e25b-65e6-2301",
    "3FE15D12-E25B-65E6-2301-000000001F00}",
    "k",
    "S",
    "\u{212a}",
    "\u{17f}",
    "ß",
    "ä",
    "É",
    "pipeline_error",
    "unexpected QueryResults",
    "results: '",
    "'",
    "operational",
    "sysmon",
    "corp.example",
    "10.0.",
    "::",
    "\"",
    "\\",
    "\\\\",
    " ",
    "  ",
    "a b",
    "%",
    "\u{fffd}",
    "\n",
    "8.17.0",
    "process",
    "start",
    "File created",
    "png",
    "1029",
    "4012",
    "2868",
    "0x",
    "DWORD (",
    "regsvr32.exe /s",
    "/i:http",
    "scrobj",
    "chrome.exe\" --",
];

/// Regular expressions, whose necessary texts are of all kinds.
const EXPRESSIONS: &[&str] = &[
    r"regsvr32\.exe",
    r"(chrome|cmd|REGSVR32)\.exe",
    r"\d+\.\d+\.\d+\.77",
    r"^HKLM$",
    r"hk(lm|u|cr)\\",
    r"(?i)Scr(obj)?\.dll",
    r"[a-f0-9]{64}",
    r"^[0-9]+$",
    r"\.example$",
    r"^S-1-5-\d+$",
    r"T0[89]:1\d",
    r"(?-i)CMD",
    r"\bcmd\b",
    r"^regsvr32",
    r"e{2,}",
    r"p(o|0)wer.*",
    r"(a|e|i)xe",
    r"^true$",
    r"^1:[a-z0-9+/]+=$",
    r"(?s)a.*\.exe",
    r"\s",
    r"[^\x00-\x7f]",
    r"K",
    r"[kK]",
    r"(\w+)-\1?x",
    r"\p{Greek}",
];

/// A text as one of these lists has it; an expression that is none is passed over.
fn patterns() -> Vec<SearchPattern> {
    let texts = HARD.iter().map(|text| SearchPattern::literal(text).unwrap());
    texts.chain(EXPRESSIONS.iter().filter_map(|text| SearchPattern::expression(text).ok())).collect()
}

/// All texts of a JSON value, but for what evql adds and where the file lies.
fn texts(value: &serde_json::Value, path: &str, out: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (name, inner) in object {
                let path = format!("{path}.{name}");
                if path != ".evql" && path != ".log.file.path" {
                    texts(inner, &path, out);
                }
            }
        }
        serde_json::Value::Array(list) => list.iter().for_each(|inner| texts(inner, path, out)),
        serde_json::Value::String(text) => out.push(text.clone()),
        serde_json::Value::Null => {}
        other => out.push(other.to_string()),
    }
}

/// Every log below a folder.
fn logs(folder: &Path) -> Vec<PathBuf> {
    let found = source::discover(&[folder.to_owned()], &Search::default());
    let paths: BTreeSet<PathBuf> = found.inputs.iter().map(|input| input.path.clone()).collect();
    paths.into_iter().collect()
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// The path that records are said to be from.
const PATH: &str = "C:\\case\\a.evtx";

/// Asks each record for each pattern, as it stands and as a whole.
struct Comparing<'c> {
    searches: &'c [EventSearch],
    mapping: Mapping,
    state: Vec<SearchState>,
    shapes: HashMap<(u32, u32), Vec<ShapeSearch>>,
    /// What was said of the record that comes next in full.
    may: Option<Vec<bool>>,
    records: u64,
    ruled_out: u64,
    lost: Vec<String>,
}

impl Visitor for Comparing<'_> {
    fn begin_chunk(&mut self, _: u64) {}

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        if record.provider() == sysmon::PROVIDER {
            let (searches, mapping) = (self.searches, self.mapping);
            let prepare = || searches.iter().map(|search| ShapeSearch::new(search, record, mapping)).collect();
            let shapes: &Vec<ShapeSearch> =
                self.shapes.entry((record.shape(), record.event_id())).or_insert_with(prepare);
            let each = searches.iter().zip(shapes).zip(&mut self.state);
            let may = each.map(|((search, shape), state)| shape.may_hold(search, record, PATH, state));
            self.may = Some(may.collect());
        }
        Visit::NeedRecord
    }

    fn item(&mut self, item: Item) {
        let Item::Record(record) = item else { return };
        let Some(may) = self.may.take() else { return };
        let event = sysmon::map(&record, PATH, self.mapping);
        self.records += 1;
        for (search, may) in self.searches.iter().zip(may) {
            self.ruled_out += u64::from(!may);
            if !may && search.holds(&event.document) {
                self.lost.push(format!("{:?} in {:?}", search.hits(&event.document), record.data));
            }
        }
    }

    fn restart_chunk(&mut self) {
        self.may = None;
    }

    fn end_chunk(&mut self, _: &[u8]) {}
}

/// Compares what records say of patterns as they stand with what their events say. Returns how many records there were, and how many answers needed no event.
fn compare(paths: &[PathBuf], searches: &[EventSearch], mapping: Mapping) -> (u64, u64) {
    let inputs = source::discover(paths, &Search::default()).inputs;
    let mut comparing = Comparing {
        searches,
        mapping,
        state: searches.iter().map(|_| SearchState::default()).collect(),
        shapes: HashMap::new(),
        may: None,
        records: 0,
        ruled_out: 0,
        lost: Vec::new(),
    };
    let mut scratch = Scratch::default();
    for unit in source::units(&inputs, 16) {
        source::visit_unit(&inputs, &unit, &mut scratch, &mut comparing);
    }
    assert!(comparing.lost.is_empty(), "{} lost, the first: {}", comparing.lost.len(), comparing.lost[0]);
    (comparing.records, comparing.ruled_out)
}

/// Pieces of texts of events, cut at random, in any case.
fn pieces(paths: &[PathBuf], count: usize, random: &mut Random) -> Vec<String> {
    let (events, _) = run(paths, None, 1);
    let mut all = Vec::new();
    for event in &events {
        texts(&event.1, "", &mut all);
    }
    all.sort();
    all.dedup();
    let mut pieces = Vec::new();
    while pieces.len() < count {
        let characters: Vec<char> = all[random.below(all.len())].chars().collect();
        let (from, length) = (random.below(characters.len()), 1 + random.below(12));
        let piece: String = characters.iter().skip(from).take(length).collect();
        let piece = if random.below(2) == 0 { piece.to_uppercase() } else { piece };
        pieces.extend(Some(piece).filter(|piece| !piece.is_empty()));
    }
    pieces
}

/// All events that a search finds, or all if there is none, in order: place and JSON.
fn run(paths: &[PathBuf], text: Option<EventSearch>, threads: usize) -> (Vec<(Locator, serde_json::Value)>, u64) {
    let query = eql::compile("any where true").query.unwrap();
    let detector = Detector::new(RuleSet { rules: vec![Rule::bare("any where true", query)] });
    let options = RunOptions { text: text.map(Arc::new), threads, ..RunOptions::default() };
    let outcome = pipeline::run(paths, &detector, &options, &Silent).unwrap();
    assert!(outcome.stats.adds_up());
    let alerts = outcome.alerts.hold().unwrap();
    let events = alerts.iter().flat_map(Alert::present).map(|event| (event.origin, event.to_json())).collect();
    (events, outcome.stats.mapped)
}

#[test]
fn records_that_are_ruled_out_hold_nothing() {
    let paths = logs(&samples());
    let mut random = Random(22);
    let pieces = pieces(&paths, 60, &mut random);
    let of_pieces = pieces.iter().map(|piece| SearchPattern::literal(piece).unwrap());
    let searches: Vec<EventSearch> =
        patterns().into_iter().chain(of_pieces).map(|pattern| EventSearch::new(pattern, &[])).collect();
    let (records, ruled_out) = compare(&paths, &searches, Mapping::Integration);
    // Were everything let through, nothing would be lost either.
    assert!(records > 300 && ruled_out > records * searches.len() as u64 / 4, "{records} {ruled_out}");
}

#[test]
fn records_that_are_ruled_out_hold_nothing_in_single_fields_and_the_other_mapping() {
    let fields = ["process.args", "log.file.path", "sysmon.entry.Details"];
    for field in fields {
        let searches: Vec<EventSearch> =
            patterns().into_iter().map(|pattern| EventSearch::new(pattern, &[field.to_owned()])).collect();
        compare(&[samples().join("all-ids.evtx"), samples().join("non-ascii.evtx")], &searches, Mapping::Winlogbeat);
    }
}

#[test]
fn a_search_finds_what_a_naive_one_over_documents_finds() {
    let paths = [samples()];
    let (all, mapped) = run(&paths, None, 2);
    for pattern in ["scrobj.DLL", "4100", "T09:14", "egress", "10.0.", "-", "schtasks", "nothing-has-this"] {
        let lower = pattern.to_lowercase();
        let naive: Vec<&(Locator, serde_json::Value)> = all
            .iter()
            .filter(|(_, event)| {
                let mut of_event = Vec::new();
                texts(event, "", &mut of_event);
                of_event.iter().any(|text| text.to_lowercase().contains(&lower))
            })
            .collect();
        for threads in [1, 2] {
            let search = EventSearch::new(SearchPattern::literal(pattern).unwrap(), &[]);
            let (found, same) = run(&paths, Some(search), threads);
            assert_eq!(found.iter().collect::<Vec<_>>(), naive, "{pattern}");
            assert_eq!(same, mapped, "a search counts every event");
        }
    }
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn a_search_of_the_corpus_loses_nothing() {
    let shared = std::env::var_os("EVQL_SHARED").expect("EVQL_SHARED names the folder of the reference material");
    let paths = logs(&PathBuf::from(shared).join("corpus"));
    let mut random = Random(2026);
    let pieces = pieces(&paths, 60, &mut random);
    let of_pieces = pieces.iter().map(|piece| SearchPattern::literal(piece).unwrap());
    let searches: Vec<EventSearch> =
        patterns().into_iter().chain(of_pieces).map(|pattern| EventSearch::new(pattern, &[])).collect();
    let (records, ruled_out) = compare(&paths, &searches, Mapping::Integration);
    assert!(records > 2500 && ruled_out > records * searches.len() as u64 / 4, "{records} {ruled_out}");
}
