use super::*;
use crate::base::{Locator, Ticks};
use crate::detect::Alert;
use crate::detect::Detector;
use crate::ecs;
use crate::event::Clock;
use crate::event::{Document, Event, IpValue, Value};
use crate::process::HostAddresses;
use crate::rules;
use crate::timeline::TimelineEntry;
use crate::timeline::{AlertParts, RowWriter, TimelineRow};
use std::sync::Arc;

/// An event of regsvr32.exe.
fn event(code: &str, record: u64, seconds: i64) -> Event {
    let logged = Ticks(132_021_597_051_559_493 + seconds * Ticks::PER_SECOND);
    let timestamp = Ticks(logged.0 - logged.0 % Ticks::PER_MILLISECOND);
    let mut document = Document::new();
    document.set(ecs::TIMESTAMP, timestamp);
    document.set(ecs::EVENT_CREATED, logged);
    document.set(ecs::EVENT_CODE, code);
    document.set(ecs::HOST_NAME, "WS01");
    document.set(ecs::PROCESS_ENTITY_ID, "{1}");
    document.set(ecs::PROCESS_EXECUTABLE, "C:\\Windows\\regsvr32.exe");
    document.set(ecs::WINLOG_RECORD_ID, record.to_string());
    document.set(ecs::LOG_FILE_PATH, "host, one.evtx");
    Event {
        document,
        timestamp,
        logged,
        is_logged_known: true,
        is_recovered: false,
        tiebreaker: Some(record),
        origin: Locator { input: 0, offset: record },
        original: None,
    }
}

/// A start of regsvr32.exe with a hostile command line, and its connection.
fn events() -> (Arc<Event>, Arc<Event>) {
    let mut start = event("1", 10, 0);
    start.document.set(ecs::PROCESS_COMMAND_LINE, "=cmd|' /C calc'!A0");
    start.document.set_all(ecs::PROCESS_ARGS, ["a", "b"].map(Value::from));
    let mut connection = event("3", 12, 2);
    connection.document.set(ecs::DESTINATION_IP, IpValue::parse("2606:4700:0:0:0:0:6810:84e5").unwrap());
    connection.document.set(ecs::DESTINATION_PORT, 443);
    (Arc::new(start), Arc::new(connection))
}

fn alerts() -> Vec<Alert> {
    let (start, connection) = events();
    let events = vec![Some(start), None, Some(connection)];
    vec![Alert {
        rule: 0,
        join_keys: vec![Some(Value::from("{1}"))],
        events,
        tally: None,
        repeated: None,
        start: None,
        context: Vec::new(),
    }]
}

fn export(exporter: &dyn Exporter) -> String {
    let detector = Detector::new(rules::mission());
    let mut out = Vec::new();
    exporter
        .export(
            &Results {
                detector: &detector,
                alerts: &alerts(),
                clock: Clock::Logged,
                triage: None,
                incidents: None,
                addresses: &HostAddresses::default(),
                inputs: &[],
            },
            &mut out,
        )
        .unwrap();
    String::from_utf8(out).unwrap()
}

fn empty(exporter: &dyn Exporter) -> String {
    let detector = Detector::new(rules::mission());
    let mut out = Vec::new();
    exporter
        .export(
            &Results {
                detector: &detector,
                alerts: &Vec::new(),
                clock: Clock::Logged,
                triage: None,
                incidents: None,
                addresses: &HostAddresses::default(),
                inputs: &[],
            },
            &mut out,
        )
        .unwrap();
    String::from_utf8(out).unwrap()
}

/// The rows of the fixture in a format: the start, and the connection with the start's facts.
fn timeline(format: &dyn TimelineFormat) -> String {
    let detector = Detector::new(rules::mission());
    let alerts = alerts();
    let results = Results {
        detector: &detector,
        alerts: &alerts,
        clock: Clock::Logged,
        triage: None,
        incidents: None,
        addresses: &HostAddresses::default(),
        inputs: &[],
    };
    let (start, connection) = events();
    let bytes = [&start, &connection].map(|event| {
        let mut writer = RowWriter::default();
        writer.event(event, event.order(Clock::Logged), &format.contents());
        writer.take()
    });
    let [start_row, connection_row] = bytes.each_ref().map(|bytes| TimelineRow::read(bytes).unwrap());
    let parts = AlertParts::new(&alerts).unwrap();
    let entries = [
        TimelineEntry { row: start_row, start: None, parts: parts.of(start.origin) },
        TimelineEntry { row: connection_row, start: Some(start_row), parts: parts.of(connection.origin) },
    ];
    let mut out = format.head().unwrap();
    for (number, entry) in entries.iter().enumerate() {
        out.extend(format.separator().bytes().skip(usize::from(number == 0)));
        format.row(&results, entry, &mut out);
    }
    out.extend(format.tail(true).bytes());
    String::from_utf8(out).unwrap()
}

fn empty_timeline(format: &dyn TimelineFormat) -> String {
    String::from_utf8([format.head().unwrap(), format.tail(false).into()].concat()).unwrap()
}

fn bulk(ids: bool) -> TimelineBulk {
    TimelineBulk::new(TimelineBulk::INDEX, ids, Ticks::from_unix_millis(0)).unwrap()
}

#[test]
fn each_format_of_one_fixture() {
    insta::assert_snapshot!("alerts_csv", export(&AlertsCsv));
    insta::assert_snapshot!("alerts_json", export(&AlertsJson(JsonLayout::Array)));
    insta::assert_snapshot!("alerts_jsonl", export(&AlertsJson(JsonLayout::Lines)));
    insta::assert_snapshot!("timeline_csv", timeline(&TimelineCsv));
    insta::assert_snapshot!("timeline_json", timeline(&TimelineJson(JsonLayout::Array)));
    insta::assert_snapshot!("timeline_jsonl", timeline(&TimelineJson(JsonLayout::Lines)));
    insta::assert_snapshot!("timeline_ecs", timeline(&TimelineEcs));
    insta::assert_snapshot!("timeline_timesketch", timeline(&Timesketch(TimesketchForm::Csv)));
    insta::assert_snapshot!("timeline_timesketch_jsonl", timeline(&Timesketch(TimesketchForm::Jsonl)));
    insta::assert_snapshot!("timeline_tle", timeline(&TimelineExplorer));
    insta::assert_snapshot!("timeline_bulk", timeline(&bulk(false)));
    insta::assert_snapshot!("timeline_bulk_ids", timeline(&bulk(true)));
}

#[test]
fn no_results_are_still_a_valid_file() {
    assert_eq!(empty(&AlertsJson(JsonLayout::Array)), "[]\n");
    assert_eq!(empty(&AlertsJson(JsonLayout::Lines)), "");
    assert_eq!(empty(&AlertsCsv).lines().count(), 1);
    assert_eq!(empty_timeline(&TimelineCsv).lines().count(), 1);
    assert_eq!(empty_timeline(&TimelineEcs), "");
    assert_eq!(empty_timeline(&Timesketch(TimesketchForm::Csv)).lines().count(), 1);
    assert_eq!(empty_timeline(&Timesketch(TimesketchForm::Jsonl)), "");
    assert_eq!(empty_timeline(&TimelineExplorer).lines().count(), 1);
    assert_eq!(empty_timeline(&bulk(true)), "");
}

/// A command line may be a formula, and no spreadsheet must run it.
#[test]
fn no_cell_of_any_csv_is_a_formula() {
    for format in [&TimelineCsv as &dyn TimelineFormat, &Timesketch(TimesketchForm::Csv), &TimelineExplorer] {
        let text = timeline(format);
        assert!(text.contains("'=cmd|'"), "{text}");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for cell in reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
    }
}

#[test]
fn a_bulk_request_has_two_lines_a_document_and_ends_with_a_line() {
    let text = timeline(&bulk(true));
    assert!(text.ends_with('\n'));
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for pair in lines.chunks(2) {
        assert_eq!(pair[0]["create"]["_index"], TimelineBulk::INDEX);
        assert_eq!(pair[0]["create"]["_id"].as_str().unwrap().len(), 40);
        assert!(pair[1]["@timestamp"].is_string());
    }
    assert_eq!(lines.len(), 4);
}

#[test]
fn json_and_csv_rows_are_read_back_with_the_same_content() {
    let text = timeline(&TimelineCsv);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let json: serde_json::Value = serde_json::from_str(&timeline(&TimelineJson(JsonLayout::Array))).unwrap();
    assert_eq!(rows.len(), json.as_array().unwrap().len());
    for (row, json) in rows.iter().zip(json.as_array().unwrap()) {
        for (name, cell) in header.iter().zip(row).filter(|(name, _)| *name != "alerts") {
            let value = match &json[name] {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(cell.strip_prefix('\'').unwrap_or(cell), value, "{name}");
        }
    }
}

/// A document may write its names with dots (`"host.name": …`); it stays as it is among the events, and the alert has objects nevertheless.
#[test]
fn an_alert_of_a_document_with_dotted_names_has_its_host_and_objects() {
    let given = serde_json::json!({
        "@timestamp": "2019-05-12T22:15:05Z",
        "host.name": "WS01",
        "destination.ip": "10.0.0.9",
        "process.entity_id": "{1}",
    });
    let mut connection = event("3", 12, 2);
    connection.document = Document::from_json(given.as_object().unwrap());
    connection.original = given.as_object().cloned().map(Arc::new);
    let alert = Alert {
        rule: 0,
        join_keys: vec![],
        events: vec![Some(Arc::new(connection))],
        tally: None,
        repeated: None,
        start: None,
        context: Vec::new(),
    };
    let detector = Detector::new(rules::mission());
    let results = Results {
        detector: &detector,
        alerts: &Vec::new(),
        clock: Clock::Logged,
        triage: None,
        incidents: None,
        addresses: &HostAddresses::default(),
        inputs: &[],
    };
    let document = alert_document(&results, 0, &alert, false);
    assert_eq!(document["host"], serde_json::json!({ "name": "WS01" }));
    assert_eq!(document["destination"], serde_json::json!({ "ip": "10.0.0.9" }));
    assert_eq!(document["process"], serde_json::json!({ "entity_id": "{1}" }));
    assert_eq!(document["events"][0]["host.name"], "WS01");
}

/// An alert whose event has indicators of several kinds, and hostile texts.
fn export_indicators(exporter: &dyn Exporter) -> String {
    let detector = Detector::new(rules::mission());
    let mut own = event("1", 20, 5);
    own.document.set(ecs::PROCESS_EXECUTABLE, r"C:\Users\a\it's.exe");
    own.document.set(ecs::PROCESS_COMMAND_LINE, "it's.exe <b>|`x`| http://evil.example:81/a?b=c;");
    own.document.set(ecs::PROCESS_HASH_SHA256, "AB".repeat(32));
    own.document.set(ecs::PROCESS_PE_IMPHASH, "0".repeat(32));
    own.document.set(ecs::DNS_QUESTION_NAME, "Evil.example.");
    own.document.set(ecs::DNS_RESOLVED_IP, IpValue::parse("192.0.2.7").unwrap());
    let mut system = event("1", 21, 6);
    system.document.set(ecs::PROCESS_EXECUTABLE, r"C:\Windows\System32\cmd.exe");
    system.document.set(ecs::Field::named("process.pe.company"), "Microsoft Corporation");
    system.document.set(ecs::PROCESS_HASH_SHA256, "CD".repeat(32));
    let alert = |event: Event| Alert {
        rule: 0,
        join_keys: Vec::new(),
        events: vec![Some(Arc::new(event))],
        tally: None,
        repeated: None,
        start: None,
        context: Vec::new(),
    };
    let mut again = own.clone();
    again.origin.offset = 22;
    let alerts = vec![alert(own), alert(system), alert(again)];
    let results = Results {
        detector: &detector,
        alerts: &alerts,
        clock: Clock::Logged,
        triage: None,
        incidents: None,
        addresses: &HostAddresses::default(),
        inputs: &[],
    };
    let mut out = Vec::new();
    exporter.export(&results, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn indicators_csv() {
    insta::assert_snapshot!(export_indicators(&IndicatorsCsv { defang: false }));
    let defanged = export_indicators(&IndicatorsCsv { defang: true });
    assert!(defanged.contains("hxxp://evil[.]example:81/a?b=c") && defanged.contains("192[.]0[.]2[.]7"), "{defanged}");
    assert!(!defanged.contains("http://evil"), "{defanged}");
}

#[test]
fn indicators_stix() {
    let text = export_indicators(&IndicatorsStix);
    insta::assert_snapshot!(text);
    let bundle: serde_json::Value = serde_json::from_str(&text).unwrap();
    let id =
        regex::Regex::new("^(bundle|indicator)--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
            .unwrap();
    let objects = bundle["objects"].as_array().unwrap();
    for object in objects.iter().chain([&bundle]) {
        assert!(id.is_match(object["id"].as_str().unwrap()), "{object}");
    }
    for object in objects {
        for name in ["type", "spec_version", "id", "created", "modified", "pattern", "pattern_type", "valid_from"] {
            assert!(object[name].is_string(), "{name} of {object}");
        }
        assert!(object["created"].as_str() <= object["modified"].as_str());
    }
    let none: serde_json::Value = serde_json::from_str(&empty(&IndicatorsStix)).unwrap();
    assert!(none.get("objects").is_none() && none["type"] == "bundle");
}

#[test]
fn indicators_misp() {
    insta::assert_snapshot!(export_indicators(&IndicatorsMisp));
}

/// What is written is read again, each indicator as the same.
#[test]
fn indicators_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let lists = rules::load_lists(&[path], &rules::ListOptions::default());
        assert!(lists.files[0].diagnostics.is_empty(), "{:?}", lists.files[0].diagnostics);
        let mut all: Vec<_> = lists.indicators.into_iter().map(|one| format!("{:?}", one.observables)).collect();
        all.sort();
        all
    };
    let csv = read("indicators.csv", export_indicators(&IndicatorsCsv { defang: false }));
    assert_eq!(csv.len(), 7, "{csv:#?}");
    assert_eq!(read("defanged.csv", export_indicators(&IndicatorsCsv { defang: true })), csv);
    assert_eq!(read("stix.json", export_indicators(&IndicatorsStix)), csv);
    // What every host has is not marked for detection.
    let misp = read("misp.json", export_indicators(&IndicatorsMisp));
    assert_eq!(csv.iter().filter(|one| !misp.contains(one)).count(), 2);
    assert_eq!(misp.len(), 5);
}

#[test]
fn navigator_layer() {
    insta::assert_snapshot!(export_indicators(&NavigatorLayer));
    let none: serde_json::Value = serde_json::from_str(&empty(&NavigatorLayer)).unwrap();
    assert_eq!(none["techniques"], serde_json::json!([]));
}

#[test]
fn summary_markdown() {
    let summary = SummaryMarkdown {
        facts: vec![("Command", "evql scan <x> -o *.md".to_owned())],
        faults: vec!["a|b.evtx: [broken](http://evil.example)".to_owned()],
    };
    insta::assert_snapshot!(export_indicators(&summary));
    insta::assert_snapshot!(empty(&SummaryMarkdown::default()));
}
