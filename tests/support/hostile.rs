//! What the fuzz targets and the test with fixed seeds both do with hostile input. Nothing here may panic, hang or take much memory.

#![allow(dead_code)] // Each fuzz target uses one of these.

use evql::base::Ticks;
use evql::diag;
use evql::ecs;
use evql::eql::{self, Machine, Query, SampleMachine};
use evql::event::{Clock, Document, Object};
use evql::report::html::{CaseFacts, HtmlReport, ReportLimits};
use evql::rules;
use evql::source::{self, Item, JsonCut, JsonCutter, Scratch, Search};
use evql::sysmon::{self, Mapping};
use std::path::Path;

/// Any bytes as a query.
pub fn bytes(data: &[u8]) {
    query(&String::from_utf8_lossy(data));
}

/// Bytes as a row of tokens: most of such queries parse further than random letters do.
pub fn tokens(data: &[u8]) {
    let words: Vec<&str> = data.iter().map(|&byte| TOKENS[usize::from(byte) % TOKENS.len()]).collect();
    query(&words.join(" "));
}

/// Any bytes as a rule file, in each format.
pub fn rules(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = rules::parse_toml(&text);
    let _ = rules::parse_elastic(&text);
    let _ = rules::parse_export(&text);
}

/// Any bytes as a file of exported events, which is written to `path`: the numbers add up, and reading them again gives the same.
pub fn exports(data: &[u8], path: &Path) {
    std::fs::write(path, data).unwrap();
    let read = || {
        let inputs = source::discover(&[path.to_owned()], &Search::default()).inputs;
        let (mut items, mut met) = (Vec::new(), 0);
        for unit in source::units(&inputs, 16) {
            met += source::read_unit(&inputs, &unit, &mut Scratch::default(), &mut |item| items.push(item)).records;
        }
        (items, met)
    };
    let (items, met) = read();
    let is_record = |item: &&Item| match item {
        Item::Fault(fault) => fault.is_record(),
        _ => true,
    };
    assert_eq!(items.iter().filter(is_record).count() as u64, met);
    assert_eq!(read().0, items);
}

/// Any bytes as an image in which logs may be, which is written to `path`: the numbers add up, however it is cut and by whichever reader, and what was
/// recovered is marked.
pub fn image(data: &[u8], path: &Path) {
    std::fs::write(path, data).unwrap();
    let inputs = source::discover(&[path.to_owned()], &Search { carve: true, ..Search::default() }).inputs;
    let read = |chunks_per_unit, slow| {
        let (mut items, mut met, mut scratch) = (Vec::new(), 0, Scratch::default().slow(slow));
        for unit in source::units(&inputs, chunks_per_unit) {
            met += source::read_unit(&inputs, &unit, &mut scratch, &mut |item| items.push(item)).records;
        }
        (items, met)
    };
    let (items, met) = read(16, false);
    let is_record = |item: &&Item| match item {
        Item::Fault(fault) => fault.is_record(),
        _ => true,
    };
    assert_eq!(items.iter().filter(is_record).count() as u64, met);
    assert_eq!(read(1, false).0, items);
    let records =
        |items: Vec<Item>| items.into_iter().filter(|item| matches!(item, Item::Record(_))).collect::<Vec<_>>();
    assert_eq!(records(read(3, true).0), records(items));
}

/// Any bytes as an event log, which is written to `path`: the fast reader and the slow one read the same records out of it, and the numbers add up.
pub fn evtx(data: &[u8], path: &Path) {
    std::fs::write(path, data).unwrap();
    let inputs = source::discover(&[path.to_owned()], &Search::default()).inputs;
    let read = |slow| {
        let (mut items, mut met, mut scratch) = (Vec::new(), 0, Scratch::default().slow(slow));
        for unit in source::units(&inputs, 16) {
            met += source::read_unit(&inputs, &unit, &mut scratch, &mut |item| items.push(item)).records;
        }
        (items, met)
    };
    let (fast, met) = read(false);
    let is_record = |item: &&Item| match item {
        Item::Fault(fault) => fault.is_record(),
        _ => true,
    };
    assert_eq!(fast.iter().filter(is_record).count() as u64, met, "what was met is accounted for");
    let records =
        |items: Vec<Item>| items.into_iter().filter(|item| matches!(item, Item::Record(_))).collect::<Vec<_>>();
    assert_eq!(records(fast), records(read(true).0));
}

/// Bytes of a header of a log, and of each chunk behind it.
const LOG_HEADER: usize = 4096;
const CHUNK: usize = 65_536;

/// Any bytes as an event log whose checksums are put right, so that nothing but the content can tell the fast reader to step back.
pub fn chunk(data: &[u8], path: &Path) {
    let mut log = data.to_vec();
    log.resize(log.len().max(LOG_HEADER + CHUNK), 0);
    let header = crc32fast::hash(&log[..120]);
    log[124..128].copy_from_slice(&header.to_le_bytes());
    for chunk in log[LOG_HEADER..].chunks_exact_mut(CHUNK) {
        let end = u32::from_le_bytes([chunk[48], chunk[49], chunk[50], chunk[51]]);
        let end = usize::try_from(end).unwrap_or(CHUNK).clamp(512, CHUNK);
        let records = crc32fast::hash(&chunk[512..end]);
        chunk[52..56].copy_from_slice(&records.to_le_bytes());
        let header = crc32fast::hash(&[&chunk[..120], &chunk[128..512]].concat());
        chunk[124..128].copy_from_slice(&header.to_le_bytes());
    }
    evtx(&log, path);
}

/// Any bytes as a file of rules of each kind, told by the first byte, which is written below `folder`. Rules that load are asked.
pub fn languages(data: &[u8], folder: &Path) {
    let Some((kind, text)) = data.split_first() else { return };
    let endings = ["toml", "yml", "yaml", "eql", "json", "ndjson"];
    let path = folder.join("rule").with_extension(endings[usize::from(*kind) % endings.len()]);
    std::fs::write(&path, text).unwrap();
    let loaded = rules::load(std::slice::from_ref(&path));
    show(&loaded.files);
    let mut document = Document::new();
    document.push(ecs::EVENT_CATEGORY, "process");
    document.set(ecs::PROCESS_NAME, "cmd.exe");
    for rule in &loaded.set.rules {
        if let Query::Event(query) = &rule.query {
            query.matches(&document);
        }
    }
    let text = String::from_utf8_lossy(text);
    let _ = rules::kql::compile(&text);
    let _ = rules::lucene::compile(&text);
}

/// What is wrong with files can be shown, also at the end of a text or within a letter.
fn show(files: &[rules::FileReport]) {
    for file in files {
        for found in &file.diagnostics {
            assert!(found.span.start <= found.span.end, "{found:?}");
            assert!(!diag::full(found, &file.path, &file.text).is_empty());
            assert!(!diag::concise(found, &file.path, &file.text).is_empty());
        }
    }
}

/// Any bytes as what is given beside rules, told by the first byte: exceptions, lists of indicators, documents of indicators, placeholders.
pub fn lists(data: &[u8], folder: &Path) {
    let Some((kind, text)) = data.split_first() else { return };
    let endings = ["toml", "ndjson", "json", "csv", "txt", "yml"];
    let path = folder.join("list").with_extension(endings[usize::from(*kind) % endings.len()]);
    std::fs::write(&path, text).unwrap();
    let paths = [path];
    show(&rules::load_exceptions(&paths, &rules::RuleSet::default()).files);
    for keep_broad in [false, true] {
        let lists = rules::load_lists(&paths, &rules::ListOptions { keep_broad, ..rules::ListOptions::default() });
        show(&lists.files);
        let _ = rules::ioc_rules(lists.indicators, true);
    }
    show(&rules::load_indicators(&paths).files);
    let _ = rules::Placeholders::read(&String::from_utf8_lossy(text));
}

/// Any bytes as saved alerts: a page is made of them that has no more scripts than one of none, whatever they say.
pub fn report(data: &[u8]) {
    let page = |saved: &[u8]| {
        let mut report = HtmlReport::new(ReportLimits::default(), Clock::Logged);
        let (mut source, mut refused) = (saved, 0_u64);
        // What is packed and breaks off cannot be read to its end.
        let _ = report.add_saved(&mut source, &mut |_| refused += 1);
        let mut page = Vec::new();
        report.write(&CaseFacts::default(), &mut page).unwrap();
        String::from_utf8(page).unwrap()
    };
    let scripts = |page: &str| page.to_ascii_lowercase().matches("<script").count();
    assert_eq!(scripts(&page(data)), scripts(&page(b"")));
}

/// Any bytes as a JSON document that queries look at.
pub fn documents(data: &[u8]) {
    let Ok(object) = serde_json::from_slice::<Object>(data) else { return };
    let document = Document::from_json(&object);
    let _ = document.to_json();
    for text in QUERIES {
        run(text, &[document.clone(), document.clone()]);
    }
}

/// Any bytes as JSON in which other tools have kept events: each is a document, a record that can be mapped, or a fault with its place.
pub fn raw_events(data: &[u8]) {
    let mut found = 0;
    let stats = source::read_json(data, "fuzz", &mut |item| match item {
        Item::Record(record) => {
            found += 1;
            sysmon::map(&record, "fuzz", Mapping::Integration);
        }
        Item::Fault(fault) => {
            assert!(fault.offset.is_some(), "{fault:?}");
            found += u64::from(fault.is_record());
        }
        Item::Document(_) | Item::Skipped => found += 1,
    });
    assert_eq!(stats.records, found, "what was met is accounted for");
}

/// Any bytes as rows of EvtxECmd behind the names of their columns: each is a record, or a fault with its place.
pub fn rows(data: &[u8]) {
    let head = b"RecordNumber,EventRecordId,TimeCreated,EventId,Provider,Channel,Computer,Payload\n";
    let (mut found, mut faults) = (0, 0);
    let stats = source::read_rows(&[head, data].concat(), "fuzz", &mut |item| match item {
        Item::Record(record) => {
            found += 1;
            sysmon::map(&record, "fuzz", Mapping::Integration);
        }
        Item::Fault(fault) => {
            assert!(fault.offset.is_some(), "{fault:?}");
            faults += u64::from(fault.is_record());
        }
        Item::Document(_) | Item::Skipped => panic!("a row is a record"),
    });
    assert_eq!(stats.records, found + faults, "what was met is accounted for");
}

/// Any bytes as a text that documents are cut out of: the same whether it comes at once or in pieces.
pub fn layout(data: &[u8]) {
    let size = data.first().map_or(1, |byte| usize::from(byte % 16) + 1);
    assert_eq!(cuts(data, size), cuts(data, data.len().max(1)));
}

/// What is cut out of a text that comes in pieces: each place, and what was found there.
fn cuts(data: &[u8], size: usize) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    let mut sink = |offset: u64, cut: JsonCut<'_>| {
        if let JsonCut::Document(bytes) = &cut {
            let at = usize::try_from(offset).unwrap_or(usize::MAX);
            assert!(data.get(at..).is_some_and(|rest| rest.starts_with(bytes)), "a document stands at its place");
        }
        found.push((offset, format!("{cut:?}")));
    };
    let mut cutter = JsonCutter::default();
    data.chunks(size).for_each(|piece| cutter.feed(piece, &mut sink));
    cutter.finish(&mut sink);
    found
}

/// Compiles a query and, if it is one, runs it and reads its own print again.
pub fn query(text: &str) {
    let mut document = Document::new();
    document.push(ecs::EVENT_CATEGORY, "process");
    document.push(ecs::EVENT_CATEGORY, "network");
    document.set(ecs::PROCESS_NAME, "cmd.exe");
    document.set(ecs::PROCESS_PID, 4);
    document.push(ecs::PROCESS_ARGS, "a");
    document.push(ecs::PROCESS_ARGS, "b");
    run(text, &[document, Document::new()]);
}

fn run(text: &str, documents: &[Document]) {
    let compiled = eql::compile(text);
    let wrong = compiled.diagnostics.iter().any(diag::Diagnostic::is_error);
    assert_eq!(compiled.query.is_none(), wrong, "a query is refused with an error, and only then: {text}");
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    assert!(
        compiled.diagnostics.iter().all(|found| found.span.start <= found.span.end && found.span.end <= length),
        "{text}"
    );
    let Some(query) = compiled.query else { return };
    match query {
        Query::Event(query) => documents.iter().for_each(|document| {
            query.matches(document);
        }),
        Query::Sequence(sequence) => {
            let mut machine = Machine::new(&sequence);
            for (at, document) in (0..).zip(documents) {
                if let Some(candidate) = sequence.candidate(document) {
                    machine.push(Ticks(at), &candidate, at);
                }
            }
            machine.finish();
        }
        // Neither is written in EQL.
        Query::Threshold(_) | Query::NewTerms(_) | Query::Correlation(_) => {}
        Query::Sample(sample) => {
            let mut machine = SampleMachine::new(&sample);
            for document in documents {
                if let Some(candidate) = sample.candidate(document) {
                    machine.push(&candidate, &0);
                }
            }
            machine.finish();
        }
    }
}

const QUERIES: &[&str] = &[
    "any where process.name : \"*a*\" or length(process.args) > 2 or @timestamp > \"2020-01-01\"",
    "sequence by ?process.entity_id with maxspan=1m [any where true] ![any where process.pid == 1] [any where source.ip == \"::1\"]",
];

const TOKENS: &[&str] = &[
    "process",
    "any",
    "where",
    "sequence",
    "sample",
    "by",
    "with",
    "maxspan",
    "=",
    "1m",
    "until",
    "[",
    "![",
    "]",
    "runs",
    "2",
    "(",
    ")",
    "and",
    "or",
    "not",
    "in",
    "in~",
    "like",
    "like~",
    "regex",
    ":",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    ",",
    "|",
    "head",
    "tail",
    "true",
    "false",
    "null",
    "process.name",
    "process.pid",
    "process.args",
    "source.ip",
    "?user.name",
    "`a b`",
    "\"cmd.exe\"",
    "\"*c?d*\"",
    "\"\"\"raw\"\"\"",
    "\"10.0.0.0/8\"",
    "0",
    "1.5",
    "18446744073709551615",
    "length",
    "cidrMatch",
    "startsWith~",
    "between",
    "substring",
    "indexOf",
    "number",
    "string",
    "concat",
    "add",
    "event.category",
    "@timestamp",
    ".",
    "?",
    "~",
    "'",
    "\"",
    "/*",
    "//",
    "\n",
    "\\",
    "\u{1F600}",
];
