//! The fast way of reading gives what the slow, complete way gives: the same records and the same faults, for the same bytes.
//!
//! The samples are the project's own; with `EVQL_SHARED` every file of a real corpus is read too. Both are also read with bytes changed and the checksums
//! put right again, so that the fast way cannot tell by them that something is wrong.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and says so when it passes itself over.

use evql::detect::{
    CandidateEvent, CandidateTables, CandidateTuple, CandidateWriter, Detector, FoundAlert, MatchState, PatternHit,
    ShapePlan, ValueCache,
};
use evql::ecs::{self, Field};
use evql::event::{Clock, Fields, OrderKey, Value, WrittenText};
use evql::forge::Scenario;
use evql::source::{Item, RecordRef, Scratch, Search, Visit, Visitor, discover, read_unit, units, visit_unit};
use evql::sysmon::{self, ExtractCache, Extracted, Extractors, LazyEvent, Mapping, SourcePart};

use random::Random;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[path = "support/mission.rs"]
mod mission;
#[path = "support/random.rs"]
mod random;

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;
/// Changed copies of each file.
const ROUNDS: usize = 12;

/// Everything in a file, read one way.
fn items(path: &Path, slow: bool) -> Vec<Item> {
    let inputs = discover(&[path.to_owned()], &Search::default()).inputs;
    let mut scratch = Scratch::default().slow(slow);
    let mut items = Vec::new();
    for unit in units(&inputs, 16) {
        read_unit(&inputs, &unit, &mut scratch, &mut |item| items.push(item));
    }
    items
}

/// Compares both readers; says how many items there were.
fn compare(path: &Path, what: &str) -> usize {
    let (fast, slow) = (items(path, false), items(path, true));
    for (at, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
        assert_eq!(fast, slow, "item {at} of {what}");
    }
    assert_eq!(fast.len(), slow.len(), "{what}");
    fast.len()
}

fn logs(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            logs(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "evtx") {
            out.push(path);
        }
    }
}

fn all_logs() -> Vec<PathBuf> {
    let mut all = Vec::new();
    logs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("samples"), &mut all);
    match std::env::var_os("EVQL_SHARED") {
        Some(shared) => logs(&Path::new(&shared).join("corpus"), &mut all),
        None => eprintln!("only the samples: EVQL_SHARED is not set"),
    }
    all.sort();
    all
}

#[test]
fn both_ways_give_the_same_for_every_file() {
    let all = all_logs();
    let items: usize = all.iter().map(|path| compare(path, &path.display().to_string())).sum();
    assert!(items > 500, "only {items} items");
}

/// Only what somebody wants is handed over, and the rest is counted.
#[test]
fn what_nobody_wants_is_counted() {
    let mut others = 0;
    for path in all_logs() {
        let inputs = discover(std::slice::from_ref(&path), &Search::default()).inputs;
        let is_wanted = |item: &Item| match item {
            Item::Record(record) => sysmon::is_sysmon(record),
            _ => true,
        };
        let all: Vec<Item> = items(&path, true);
        let mut scratch = Scratch::default().wanting(sysmon::is_provider);
        let mut found = Vec::new();
        for unit in units(&inputs, 16) {
            read_unit(&inputs, &unit, &mut scratch, &mut |item| found.push(item));
        }
        assert_eq!(found.len(), all.len(), "{}", path.display());
        for (found, one) in found.iter().zip(&all) {
            match found {
                Item::Skipped => {
                    assert!(!is_wanted(one), "{}: {one:?}", path.display());
                    others += 1;
                }
                found => assert_eq!(found, one, "{}", path.display()),
            }
        }
    }
    assert!(others > 0, "nothing was passed over");
}

/// Fields that can be worked out, their values, and the time.
type ExtractedFields = (BTreeSet<Field>, BTreeMap<Field, Vec<Value>>, evql::base::Ticks);

/// Extracts fields from the record in its chunk, to compare them with those of the whole event, which is the next item.
#[derive(Default)]
struct Comparer {
    mapping: Mapping,
    extracted: Option<ExtractedFields>,
    cells: ExtractCache,
    /// The fields that were extracted from any record.
    met: BTreeSet<Field>,
    compared: usize,
    unextracted: usize,
}

/// Fields that share an entry have the same values as one by one.
fn compare_sources(extractors: &Extractors, lazy: &LazyEvent<'_>, fields: &[Field]) {
    let places: Vec<usize> = fields.iter().map(|field| extractors.position(field).unwrap()).collect();
    for (source, places) in extractors.sources(&places) {
        let (mut text, mut parts) = (b"before ".to_vec(), vec![SourcePart::Flag(true)]);
        lazy.write_source(&source, &mut text, &mut parts);
        assert_eq!(parts.len(), places.len() + 1);
        for (part, at) in parts[1..].iter().zip(places) {
            let mut alone = Vec::new();
            let found = lazy.write_at(at, &mut alone);
            let found = if found == Extracted::Address { Extracted::Text } else { found };
            let shared = match part {
                SourcePart::Nothing => (Extracted::Nothing, &[][..]),
                SourcePart::Text(range) => (Extracted::Text, &text[range.clone()]),
                SourcePart::Other(text) => (Extracted::Text, text.as_bytes()),
                SourcePart::Flag(flag) => (Extracted::Boolean(*flag), &[][..]),
            };
            assert_eq!((found, alone.as_slice()), shared, "{source:?}");
        }
    }
}

impl Visitor for Comparer {
    fn begin_chunk(&mut self, _: u64) {}

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        let mut extractors = Extractors::new(record.event_id(), self.mapping, record.names());
        // Two entries get another name on their way.
        let names = record.names().iter().map(|name| &**name).chain(["TargetProcessGUID", "Hashes"]);
        let entries = names.map(|name| Field::named(&format!("winlog.event_data.{name}")));
        let all: Vec<Field> =
            ecs::all().map(Field::from).chain(entries).filter(|field| extractors.learn(field)).collect();
        let lazy = LazyEvent::new(&extractors, record, &mut self.cells, "a.evtx");
        let has_values =
            |field: &Field| Some((field.clone(), lazy.values(field).to_vec())).filter(|(_, v)| !v.is_empty());
        let found = all.iter().filter_map(has_values).collect();
        for field in &all {
            let mut text = "before ".to_owned();
            match (lazy.write_text(field, &mut text), lazy.values(field)) {
                (WrittenText::Text, [one]) => assert_eq!(one.as_text(), text.strip_prefix("before "), "{field}"),
                (WrittenText::Nothing, []) | (WrittenText::NotText, _) => assert_eq!(text, "before ", "{field}"),
                other => panic!("{field}: {other:?}"),
            }
            let mut text = b"before ".to_vec();
            let values = lazy.values(field);
            let written = lazy.write_at(extractors.position(field).unwrap(), &mut text);
            let text = String::from_utf8(text).unwrap();
            let one = match written {
                Extracted::Text | Extracted::Address => {
                    let is_address = matches!(values, [Value::Ip(_)]);
                    assert!(is_address || matches!(values, [Value::Text(_)]), "{field}: {values:?}");
                    assert_eq!(written == Extracted::Address, is_address, "{field}");
                    assert_eq!(Some(values[0].to_string().as_str()), text.strip_prefix("before "), "{field}");
                    continue;
                }
                Extracted::Long(number) => Value::Long(number),
                Extracted::Boolean(flag) => Value::Boolean(flag),
                Extracted::Date(at) => Value::Date(at),
                Extracted::Nothing => {
                    assert!(values.is_empty() && text == "before ", "{field}: {values:?}");
                    continue;
                }
                Extracted::Several => {
                    assert_eq!(text, "before ", "{field}");
                    continue;
                }
            };
            assert_eq!((values, text.as_str()), ([one].as_slice(), "before "), "{field}");
        }
        compare_sources(&extractors, &lazy, &all);
        // Hashes in lower case are shared only where nothing else is made of their entry.
        let of_timeline = |field: &&Field| evql::timeline::FIELDS.iter().any(|id| **field == Field::Known(*id));
        compare_sources(&extractors, &lazy, &all.iter().filter(of_timeline).cloned().collect::<Vec<_>>());
        for field in all.iter().filter(|field| extractors.is_never(field)) {
            assert!(lazy.values(field).is_empty(), "{field}");
        }
        self.extracted = Some((all.iter().cloned().collect(), found, lazy.timestamp()));
        Visit::NeedRecord
    }

    fn item(&mut self, item: Item) {
        let Item::Record(record) = item else { return };
        let Some((learned, found, timestamp)) = self.extracted.take() else {
            self.unextracted += usize::from(sysmon::is_windows(&record));
            return;
        };
        let whole = sysmon::map(&record, "a.evtx", self.mapping);
        for (field, values) in whole.document.iter() {
            // Fields that cannot be worked out one by one are no part of this.
            if learned.contains(field) {
                assert_eq!(found.get(field).map(Vec::as_slice), Some(values), "{field} of {record:?}");
            }
        }
        for (field, values) in &found {
            assert_eq!(whole.document.values(field), values, "{field} of {record:?}");
        }
        assert_eq!(whole.timestamp, timestamp);
        self.met.extend(found.into_keys());
        self.compared += 1;
    }

    fn restart_chunk(&mut self) {
        self.extracted = None;
    }

    fn end_chunk(&mut self, _: &[u8]) {}
}

/// Shows all Sysmon records of a log to a visitor.
fn visit(path: &Path, visitor: &mut Comparer) {
    let inputs = discover(&[path.to_owned()], &Search::default()).inputs;
    let mut scratch =
        Scratch::default().wanting(|name, guid| name != "Linux-Sysmon" && sysmon::is_provider(name, guid));
    for unit in units(&inputs, 16) {
        visit_unit(&inputs, &unit, &mut scratch, visitor);
    }
}

/// Where Elastic's pipeline fails over the answers of a DNS query, the raw text of its entries stays in the event.
#[test]
fn raw_entries_stay_where_the_pipeline_fails() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/scenarios/all-ids.toml");
    let text = fs::read_to_string(scenario).unwrap();
    let broken = text.replace("QueryResults = \"type:  5 edge.example.net;", "QueryResults = \"type:;");
    assert_ne!(text, broken, "the sample has another answer now");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.evtx");
    fs::write(&path, &Scenario::parse(&broken, "broken").unwrap().build().unwrap()[0].bytes).unwrap();
    let mut comparer = Comparer::default();
    visit(&path, &mut comparer);
    let raw = Field::named("winlog.event_data.QueryResults");
    assert!(comparer.met.contains(&raw), "such an event has no raw answers");
}

/// A field extracted from a record in its chunk has the values that it has in the mapped event.
#[test]
fn extracted_fields_are_those_of_the_whole_event() {
    for mapping in [Mapping::Integration, Mapping::Winlogbeat] {
        let mut comparer = Comparer { mapping, ..Comparer::default() };
        for path in all_logs() {
            visit(&path, &mut comparer);
        }
        let Comparer { compared, unextracted, .. } = comparer;
        assert!(compared > 5 * unextracted && compared > 100, "{compared} compared, {unextracted} not");
    }
}

/// A stage that takes an event under a join key, and whether the key is one of a single host.
type Taken = ([u64; 2], bool, PatternHit);

/// What a writer has written: the stages that take an event, and the rules that it alone satisfies.
fn taken(writer: &mut CandidateWriter, tables: &CandidateTables) -> (BTreeSet<Taken>, Vec<usize>) {
    let patterns = tables.patterns();
    let of_tuple = |tuple: &CandidateTuple| -> Vec<Taken> {
        let hits = patterns[tuple.pattern.0 as usize].iter();
        hits.map(|hit| (tuple.key(), tuple.scope().is_some(), *hit)).collect()
    };
    let stages = writer.tuples.iter().flat_map(of_tuple).collect();
    let alone = writer.alerts.iter().map(FoundAlert::rule).collect();
    writer.tuples.clear();
    writer.alerts.clear();
    (stages, alone)
}

/// Matches rules against records in their chunks, to compare what takes them with what takes the whole event.
struct Asker<'d> {
    detector: &'d Detector,
    tables: CandidateTables,
    plans: HashMap<(u32, u32), (ShapePlan, [ValueCache; 3])>,
    cells: ExtractCache,
    matching: MatchState,
    /// What the rules said; `None` if they want all of it.
    said: Option<(BTreeSet<Taken>, Vec<usize>)>,
    hits: usize,
    compared: usize,
}

impl Visitor for Asker<'_> {
    fn begin_chunk(&mut self, _: u64) {}

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        let Self { detector, tables, plans, cells, matching, .. } = self;
        // What is remembered of other records must not matter: much, next to nothing, or nothing of what does not repeat itself at once.
        let memos = || [ValueCache::default(), ValueCache::new(2000, 1000), ValueCache::new(20_000, 2)];
        let plan = plans.entry((record.shape(), record.event_id()));
        let (plan, memos) = plan.or_insert_with(|| (detector.shape(record), memos()));
        self.said = match plan {
            plan if !plan.may_matter(record) => Some(Default::default()),
            ShapePlan::Whole(_) => None,
            ShapePlan::Nothing => Some(Default::default()),
            ShapePlan::Fields(plan) => {
                let event = LazyCell::new(|| plan.event(record, cells, ""));
                let order = || OrderKey::new(record.time_created(), Some(record.record_id()), record.origin());
                let each = memos.each_mut().map(|memo| {
                    plan.match_record(detector.context(tables), record, &event, order, matching, memo);
                    taken(&mut matching.writer, tables)
                });
                assert!(each[0] == each[1] && each[0] == each[2], "event {}: {each:?}", record.event_id());
                let [first, ..] = each;
                Some(first)
            }
        };
        Visit::NeedRecord
    }

    fn item(&mut self, item: Item) {
        let Item::Record(record) = item else { return };
        let Some(said) = self.said.take() else { return };
        let event = sysmon::map(&record, "", Mapping::Integration);
        let hits = self.detector.hits_of_sysmon(record.event_id, &event.document);
        self.hits += hits.len();
        let candidate = CandidateEvent::whole(Arc::new(event), Clock::Logged, hits);
        let mut writer = CandidateWriter::default();
        writer.write_event(&candidate, self.detector.rules(), self.detector.digester(), &self.tables);
        assert_eq!(said, taken(&mut writer, &self.tables), "{record:?}");
        self.compared += 1;
    }

    fn restart_chunk(&mut self) {
        self.said = None;
    }

    fn end_chunk(&mut self, _: &[u8]) {}
}

/// A rule has the same hits in a record in its chunk as in the whole event.
#[test]
fn rules_say_the_same_of_extracted_fields() {
    let shared = std::env::var_os("EVQL_SHARED").map(|shared| Path::new(&shared).join("rules/elastic-windows"));
    let sets = [Some(mission::rules()), shared.map(|rules| evql::rules::load(&[rules]).set)];
    for set in sets.into_iter().flatten() {
        let detector = Detector::new(set);
        let (tables, plans, cells) = (CandidateTables::default(), HashMap::new(), ExtractCache::default());
        let matching = MatchState::default();
        let mut asker = Asker { detector: &detector, tables, plans, cells, matching, said: None, hits: 0, compared: 0 };
        for path in all_logs() {
            let inputs = discover(std::slice::from_ref(&path), &Search::default()).inputs;
            let mut scratch =
                Scratch::default().wanting(|name, guid| name != "Linux-Sysmon" && sysmon::is_provider(name, guid));
            asker.plans.clear();
            for unit in units(&inputs, 16) {
                visit_unit(&inputs, &unit, &mut scratch, &mut asker);
            }
        }
        assert!(asker.compared > 100 && asker.hits > 20, "{} compared, {} hits", asker.compared, asker.hits);
    }
}

/// Puts the checksums of a chunk right.
fn seal(chunk: &mut [u8]) {
    let end = usize::try_from(u32::from_le_bytes(chunk[48..52].try_into().unwrap())).unwrap().clamp(512, CHUNK);
    let records = crc32fast::hash(&chunk[512..end]);
    chunk[52..56].copy_from_slice(&records.to_le_bytes());
    let mut header = crc32fast::Hasher::new();
    header.update(&chunk[..120]);
    header.update(&chunk[128..512]);
    chunk[124..128].copy_from_slice(&header.finalize().to_le_bytes());
}

/// What XML forbids, and halves of pairs, reach the record as they were logged, whichever way they are read.
#[test]
fn characters_that_xml_cannot_hold_are_what_was_logged_in_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("controls.evtx");
    let mut bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/regsvr32.evtx")).unwrap();
    let chunk = &mut bytes[HEADER..HEADER + CHUNK];
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let (from, to) =
        (wide("regsvr32.exe"), [0x72, 1, 0x1b, 0x7f, 0xfffe, 0xd83d, 0xde00, 0xd83d, 0x2e, 0xde00, 0x1f, 0xe000_u16]);
    let to: Vec<u8> = to.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let mut changed = 0;
    while let Some(at) = chunk.windows(from.len()).position(|window| window == from) {
        chunk[at..at + to.len()].copy_from_slice(&to);
        changed += 1;
    }
    seal(chunk);
    fs::write(&path, &bytes).unwrap();
    assert!(changed > 2, "{changed}");
    compare(&path, "characters that XML cannot hold");
    let wanted = "r\u{1}\u{1b}\u{7f}\u{fffe}😀\u{fffd}.\u{fffd}\u{1f}\u{e000}";
    for slow in [false, true] {
        let of_records = items(&path, slow).into_iter().filter_map(|item| match item {
            Item::Record(record) => Some(record.data),
            _ => None,
        });
        let with: Vec<_> = of_records.flatten().filter(|(_, value)| value.contains(wanted)).collect();
        assert!(with.len() >= changed, "{} of {changed}, slow: {slow}", with.len());
    }
}

#[test]
fn both_ways_give_the_same_for_changed_bytes() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.evtx");
    let mut tried = 0;
    for log in all_logs() {
        let whole = fs::read(&log).unwrap();
        let chunks = whole.len().saturating_sub(HEADER) / CHUNK;
        if chunks == 0 {
            continue;
        }
        for round in 0..ROUNDS {
            let start = HEADER + random.below(chunks.min(4)) * CHUNK;
            let mut bytes = whole[..HEADER].to_vec();
            // Before some of them the chunk as it was: what is learned of one must not mislead in another.
            let before = if round % 4 == 0 { CHUNK } else { 0 };
            bytes.extend(&whole[start..start + before]);
            bytes.extend(&whole[start..start + CHUNK]);
            let chunk = &mut bytes[HEADER + before..];
            let end = usize::try_from(u32::from_le_bytes(chunk[48..52].try_into().unwrap())).unwrap();
            if !chunk.starts_with(b"ElfChnk") || !(600..=CHUNK).contains(&end) {
                continue;
            }
            // Most changes in the first records, where the templates are.
            let reach = if round % 2 == 0 { (end - 512).min(6000) } else { end - 512 };
            for _ in 0..=random.below(3) {
                let at = 512 + random.below(reach);
                chunk[at] = match random.below(5) {
                    0 => 0,
                    1 => random.below(32).to_le_bytes()[0],
                    2 if round % 3 == 0 => chunk[at].wrapping_add(1),
                    2 => 0xff,
                    // Half of a pair, if it is in a text.
                    3 => 0xd8 | chunk[at] & 7,
                    _ => random.below(256).to_le_bytes()[0],
                };
            }
            seal(chunk);
            fs::write(&path, &bytes).unwrap();
            compare(&path, &format!("{} at {start}, round {round}", log.display()));
            tried += 1;
        }
    }
    assert!(tried >= 100, "only {tried} changed chunks");
}
