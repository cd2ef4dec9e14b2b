//! No query, rule file or document may panic, hang or take much memory, however broken or deep. The fuzz targets of `tests/fuzz` do the same without end;
//! here the seeds are fixed.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

#[path = "support/hostile.rs"]
mod hostile;

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// A small generator of numbers; good enough to mix tokens, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next().to_le_bytes()[3]).collect()
    }

    /// A text with some of its bytes changed, removed or doubled.
    fn mutated(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(3) {
                0 => bytes[at] = self.next().to_le_bytes()[3],
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[at]),
            }
        }
        bytes
    }
}

const QUERY: &str = r#"sequence by process.entity_id, ?user.name with maxspan=5m
  [process where event.type == "start" and process.name : ("a*", "b.exe") and not length(process.args) > 2] with runs=2
  ![network where cidrMatch(source.ip, "10.0.0.0/8", "::1")] [any where process.pid in (1, 2) or `a-b`.c regex~ "x(y|z)+"]
  until [process where add(process.pid, 1) / 2 >= -3.5e1] | head 5 | tail 2 // end"#;

const ELASTIC: &str = "[metadata]\nx = 1\n[rule]\nrule_id = '1'\nname = \"n\"\nlanguage = 'eql'\ntype = 'eql'\nrisk_score = 21\nseverity = 'low'\n\
    query = \"\"\"\nprocess where process.name == \"a\\\\b\" \\\n and true\n\"\"\"\n[[rule.threat]]\nframework = 'x'\n[rule.threat.tactic]\nid = 'T'\n";

const EXPORT: &str = r#"{"rule_id":"1","name":"n","type":"eql","query":"any where \"\u0041\\\" == \"b\"","exceptions_list":[{"list_id":"l"}]}
{"list_id":"l","entries":[{"field":"a","type":"wildcard","operator":"excluded","value":"*\\*x"},{"field":"p","type":"nested","entries":[]}]}
"#;

/// An export with what tools of all kinds write around events.
const EXPORTED: &str = "Record 1\n<?xml version='1.0'?>\n<Events><e:Event xmlns:e='x'><System><Provider Name='P'/><EventID>1</EventID>\
    <TimeCreated SystemTime='2020-01-01T00:00:00Z'/></System><EventData><Data Name='a'>&#x1;&amp;&#xD83D;&#xDE00;<![CDATA[<]]></Data></EventData>\
    </e:Event></Events>\n\0\0<14>Mar  5 09:14:03 host sysmon: <Event><System><EventID>3</EventID><TimeCreated SystemTime='2020-01-01 00:00:00'/>\
    </System><EventData><Data>C:\\134a#012#303#251</Data></EventData></Event>\nMar  5 09:14:03 host cron: x\n<Events><!-- --><Event/></Events>";

#[test]
fn exports_of_any_bytes_are_read_or_refused() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.xml");
    hostile::exports(EXPORTED.as_bytes(), &path);
    for round in 0..1500 {
        let mut bytes = random.mutated(EXPORTED);
        if round % 3 == 0 {
            bytes.truncate(random.below(bytes.len()));
        }
        if round % 5 == 0 {
            bytes = String::from_utf8_lossy(&bytes).encode_utf16().flat_map(u16::to_le_bytes).collect();
        }
        hostile::exports(&bytes, &path);
    }
}

#[test]
fn images_of_any_bytes_are_searched_to_an_end() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.evtx");
    let log = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/several-chunks.evtx")).unwrap();
    for round in 0..60 {
        let mut bytes = log.clone();
        for _ in 0..random.below(60) {
            // Most of the damage where it hurts: in headers, and at the beginnings of records.
            let start = match random.below(3) {
                0 => 4096 + 65_536 * random.below(3) + random.below(512),
                1 => 4096 + random.below(bytes.len() - 4096),
                _ => random.below(4096),
            };
            let to = (start + 1 + random.below(40)).min(bytes.len());
            bytes[start..to].iter_mut().for_each(|byte| *byte = random.next().to_le_bytes()[3]);
        }
        let cut = random.below(bytes.len());
        match round % 4 {
            0 => bytes[..4096].fill(0),
            1 => bytes.rotate_left(cut),
            2 => bytes.copy_within(cut.., 0),
            _ => bytes.truncate(cut + 1),
        }
        hostile::image(&bytes, &path);
    }
}

/// Changes some bytes, most of them where it hurts: in headers, and at the beginnings of records.
fn damaged(log: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = log.to_vec();
    for _ in 0..=random.below(8) {
        let start = match random.below(3) {
            0 => random.below(128),
            1 => 4096 + random.below(4096),
            _ => random.below(bytes.len()),
        };
        let damaged = bytes.iter_mut().skip(start).take(1 + random.below(6));
        damaged.for_each(|byte| *byte = random.next().to_le_bytes()[3]);
    }
    if random.below(10) == 0 {
        let cut = random.below(bytes.len());
        bytes.truncate(cut + 1);
    }
    bytes
}

#[test]
fn logs_of_any_bytes_are_the_same_to_both_readers() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.evtx");
    for sample in ["regsvr32", "all-ids"] {
        let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(sample).with_extension("evtx");
        let log = std::fs::read(log).unwrap();
        hostile::chunk(&log, &path);
        for _ in 0..100 {
            let bytes = damaged(&log, &mut random);
            hostile::evtx(&bytes, &path);
            hostile::chunk(&bytes, &path);
        }
    }
}

#[test]
fn archives_of_any_bytes_are_read_or_refused() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive");
    let log = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/regsvr32.evtx")).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("logs/a.evtx", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&log).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(log.len() as u64);
    tar.append_data(&mut header, "logs/a.evtx", &*log).unwrap();
    let tar = tar.into_inner().unwrap();
    for archive in [zip, tar] {
        hostile::exports(&archive, &path);
        for _ in 0..100 {
            hostile::exports(&damaged(&archive, &mut random), &path);
        }
    }
}

const SIGMA: &str = "title: t\nid: 929a690e-bef0-4204-a928-ef5e620d6fcc\nstatus: test\nlogsource:\n  category: process_creation\n  product: windows\n\
    detection:\n  one:\n    - Image|endswith: ['\\a.exe', \"*b?\"]\n      CommandLine|re|i: 'x(y|z)+'\n    - keyword\n  two:\n    Hashes|contains|all:\n      - 'MD5=1'\n  \
    condition: 1 of one* and not (two or all of them)\nlevel: high\n---\ntitle: c\ncorrelation:\n  type: event_count\n  rules: [t]\n  group-by: [User]\n  timespan: 5m\n  condition:\n    gte: 3\n";

const LIST: &str = "# x\nhxxp://a[.]example/p?q=1\n10.0.0.0/8\n44d88612fea8a8f36de82e1278abb02f evil.exe\n\"C:\\\\Users\\\\*\\\\a.exe\",x\n";

const STIX: &str = "{\"type\":\"bundle\",\"objects\":[{\"type\":\"indicator\",\"id\":\"indicator--1\",\"pattern_type\":\"stix\",\"pattern\":\
    \"[file:hashes.'SHA-256' = 'ab' OR ipv4-addr:value ISSUBSET '10.0.0.0/8'] FOLLOWEDBY [domain-name:value LIKE '%.example'] WITHIN 5 SECONDS\"}]}";

const EXCEPTIONS: &str =
    "[[exception]]\nname = \"a\"\nrules = [\"*\"]\ncondition = 'process.name : \"a*\"'\nuntil = 2030-01-01\n";

/// Kinds of files that a fuzz target tells by its first byte.
fn with_kind(kind: usize, text: &[u8]) -> Vec<u8> {
    [&[u8::try_from(kind % 256).unwrap()][..], text].concat()
}

#[test]
fn rules_and_lists_of_every_kind_are_taken_or_refused() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let folder = tempfile::tempdir().unwrap();
    for round in 0..120 {
        for text in [QUERY, ELASTIC, EXPORT, SIGMA] {
            hostile::languages(&with_kind(round, &random.mutated(text)), folder.path());
        }
        // Sigma's texts are the longest way to a query.
        hostile::languages(&with_kind(1, &random.mutated(SIGMA)), folder.path());
        for text in [LIST, STIX, EXCEPTIONS, EXPORT, ROWS] {
            hostile::lists(&with_kind(round, &random.mutated(text)), folder.path());
        }
    }
}

#[test]
fn saved_alerts_of_any_bytes_become_a_page_without_scripts() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let saved = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/alerts.jsonl");
    let saved = std::fs::read_to_string(saved).unwrap();
    let saved: String = saved.lines().take(2).flat_map(|line| [line, "\n"]).collect();
    let with_script = saved.replace("cmd", "</script><script>alert(1)</script>");
    for round in 0..60 {
        hostile::report(&random.mutated(if round % 2 == 0 { &saved } else { &with_script }));
    }
}

#[test]
fn random_queries_rules_and_documents_are_taken_or_refused() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..3000 {
        hostile::tokens(&random.bytes(40));
        hostile::bytes(&random.bytes(60));
        hostile::bytes(&random.mutated(QUERY));
        hostile::rules(&random.mutated(ELASTIC));
        hostile::rules(&random.mutated(EXPORT));
        hostile::documents(&random.mutated(
            r#"{"process":{"args":["a",1,null],"pid":"7"},"@timestamp":1e3,"source.ip":"::1","a":{"b":[{"c":1}]}}"#,
        ));
    }
}

const LAYOUTS: &str = "# GET /_search 200 OK\n{\n  \"took\": 1,\n  \"hits\": {\"hits\": [\n    {\"_id\": \"1\", \"_source\": {\"a\": \"x{\\\"\"}},\n    \
    {\"_id\": \"2\"}]}\n}\n{\"a\":[{\"b\":1}]}\n[{\"a\":2},\n{\"a\":3}]\n[\"x\",\n\"<E {\",7]\n{\"timed_out\":true,\"hits\":{\"total\":{\"value\":5,\"relation\":\"gte\"},\"hits\":[{\"_id\":\"1\"}]}}\nError: {\"a\":4}\n";

#[test]
fn random_texts_are_cut_the_same_in_pieces_of_any_size() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for _ in 0..3000 {
        hostile::layout(&random.bytes(80));
        hostile::layout(&random.mutated(LAYOUTS));
    }
}

/// Rows of EvtxECmd, of which one has line breaks in it and one is cut.
const ROWS: &str = "7,7,2024-03-05 09:14:03.54,1,Microsoft-Windows-Sysmon,c,ws,\"{\"\"EventData\"\":{\"\"Data\"\":[{\"\"@Name\"\":\"\"Image\"\",\"\"#text\"\":\"\"a\"\"}]}}\"\r\n\
    8,8,2024-03-05 09:14:03,5,Microsoft-Windows-Sysmon,\"c\nd\",ws,\"{}\"\n9,9,2024,1,p,\"c\n10,10,2024-03-05,1,p,c,ws,\n";

#[test]
fn random_rows_are_read_or_refused() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..3000 {
        hostile::rows(&random.bytes(80));
        hostile::rows(&random.mutated(ROWS));
    }
}

#[test]
fn monstrous_queries_are_refused_or_answered_at_once() {
    let start = Instant::now();
    let many = |what: &str, count: usize| what.repeat(count);
    let list = (0..100_000).map(|number| format!("\"name{number}\",")).collect::<Vec<_>>().concat();
    let monsters = [
        format!("any where {}true{}", many("(", 100_000), many(")", 100_000)),
        many("(", 1_000_000),
        many("not ", 250_000),
        format!("any where {} true", many("not ", 100_000)),
        format!("any where {}1 == 1", many("-", 100_000)),
        format!("any where {}a{}", many("length(", 50_000), many(")", 50_000)),
        format!("any where true{}", many(" and true", 100_000)),
        format!("any where process.pid == 1{}", many(" + 1", 100_000)),
        format!("any where process.name : ({list}\"x\")"),
        format!("any where process.name in ({list}\"x\")"),
        format!("any where process.name : \"{}\"", many("*a", 10_000)),
        format!("any where process.name regex \"{}\"", many("(a{1000})", 100)),
        "any where process.name regex \"((a{1000}){1000}){1000}\"".to_owned(),
        format!("any where process.name regex \"{}a{}\"", many("(", 10_000), many(")", 10_000)),
        "any where process.name regex \"[a-z]{999999999}\"".to_owned(),
        format!("sequence {}", many("[any where true] with runs=100 ", 10_000)),
        format!("sequence {}", many("[any where ", 10_000)),
        format!("sequence by {} [any where true] [any where true]", many("a,", 10_000)),
        format!("any where true {}", many("| head 1 ", 100_000)),
        format!("any where a{}", many(".a", 100_000)),
        format!("any where \"{}", many("\\u{41}", 100_000)),
        format!("any where {}", many("\"\"\"", 99_999)),
        many("/*", 500_000),
        many("`", 1_000_001),
        many("\u{0}", 1_000_000),
        many("sequence ", 100_000),
    ];
    for monster in &monsters {
        let begin = Instant::now();
        hostile::query(monster);
        let head: String = monster.chars().take(60).collect();
        assert!(begin.elapsed() < Duration::from_secs(20), "{head}… took {:?}", begin.elapsed());
    }
    assert!(start.elapsed() < Duration::from_secs(90), "all of them took {:?}", start.elapsed());
}

#[test]
fn patterns_that_make_others_slow_are_answered_at_once() {
    let mut document = evql::event::Document::new();
    document.set(evql::ecs::PROCESS_COMMAND_LINE, "a".repeat(20_000));
    let begin = Instant::now();
    for pattern in ["*a*a*a*a*a*a*a*a*a*b", "*?a?*?a?*?a?*b", "a*a*a*a*a*a*a*a*a*a*c"] {
        let query = evql::eql::compile(&format!("any where process.command_line : \"{pattern}\"")).query.unwrap();
        let evql::eql::Query::Event(query) = query else { panic!("an event query") };
        assert!(!query.matches(&document));
    }
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}

/// One event with so many values of one kind, as an XML export.
fn crowded_event(kind: &str, many: usize) -> String {
    let list =
        |value: &dyn Fn(usize) -> String, separator: &str| (0..many).map(value).collect::<Vec<_>>().join(separator);
    let (id, data) = match kind {
        "answers" => {
            let answers = list(&|n| format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255), ";");
            (22, format!("<Data Name='QueryName'>a.example</Data><Data Name='QueryResults'>{answers}</Data>"))
        }
        "names" => {
            let names = list(&|n| format!("type:  5 n{n}.example"), ";");
            (22, format!("<Data Name='QueryName'>a.example</Data><Data Name='QueryResults'>{names}</Data>"))
        }
        "hashes" => (1, format!("<Data Name='Hashes'>{}</Data>", list(&|n| format!("N{n}=AB{n}"), ","))),
        "arguments" => (1, format!("<Data Name='CommandLine'>{}</Data>", list(&|n| format!("a{n}"), " "))),
        _ => (1, list(&|n| format!("<Data Name='D{n}'>v{n}</Data>"), "")),
    };
    format!(
        "<Events><Event><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>{id}</EventID>\
         <TimeCreated SystemTime='2024-03-05T09:14:03.5434567Z'/><EventRecordID>1</EventRecordID>\
         <Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>h</Computer></System>\
         <EventData><Data Name='ProcessGuid'>{{7911e904-5610-6633-1f01-000000001f00}}</Data>{data}</EventData></Event></Events>"
    )
}

/// Evidence is hostile: a list that was searched from its beginning for each of its values took minutes here.
#[test]
fn an_event_of_many_values_costs_no_more_than_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crowded.xml");
    for kind in ["answers", "names", "hashes", "arguments", "entries"] {
        std::fs::write(&path, crowded_event(kind, 60_000)).unwrap();
        let begin = Instant::now();
        for command in [&["scan", "-q"][..], &["timeline", "-q", "-t", "ecs", "-o", "-"]] {
            let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_evql"));
            let output = run.args(command).arg(&path).output().unwrap();
            assert!(output.status.success(), "{kind}: {}", String::from_utf8_lossy(&output.stderr));
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{kind} took {:?}", begin.elapsed());
    }
}
