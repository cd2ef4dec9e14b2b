//! Events that other tools have written as JSON give what the log gives that they were made of: the same alerts, and the same documents where the tool kept the fields.
//!
//! Each layout is made here of the records of the project's own samples, as the tool's documentation and its output show it.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::event::Clock;
use evql::pipeline::{self, Outcome, RunOptions, Silent, SurveyOptions, TimelineOptions};
use evql::report::{TimelineEcs, TimelineFormat};
use evql::rules;
use evql::source::{self, Item, Record, Scratch, Search};
use random::Random;
use results::results;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[path = "support/mission.rs"]
mod mission;
#[path = "support/results.rs"]
mod results;

#[path = "support/random.rs"]
mod random;

#[path = "support/hostile.rs"]
mod hostile;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// Samples with alerts, with every event ID, and with letters that are not ASCII.
const SAMPLES: [&str; 5] = ["regsvr32", "all-ids", "non-ascii", "reused-pid", "dns"];

fn log(sample: &str) -> PathBuf {
    samples().join(sample).with_extension("evtx")
}

fn records(path: &Path) -> Vec<Record> {
    let inputs = source::discover(&[path.to_owned()], &Search::default()).inputs;
    let mut records = Vec::new();
    for unit in source::units(&inputs, 16) {
        source::read_unit(&inputs, &unit, &mut Scratch::default(), &mut |item| match item {
            Item::Record(record) => records.push(record),
            other => panic!("{other:?}"),
        });
    }
    records
}

fn run(paths: &[PathBuf]) -> Outcome {
    let timeline = TimelineOptions { contents: TimelineEcs.contents() };
    let options = RunOptions { timeline: Some(timeline), inventory: true, ..RunOptions::default() };
    pipeline::run(paths, &Detector::new(mission::rules()), &options, &Silent).unwrap()
}

/// What a tool loses, by the path in the document.
type Lost = &'static [&'static str];

/// The documents of the timeline without what is lost, and where they were read.
fn documents(outcome: &mut Outcome, lost: Lost) -> Vec<Value> {
    let detector = Detector::new(mission::rules());
    let timeline = outcome.timeline.take().unwrap();
    let none = Vec::new();
    let results = results(&detector, &none, Clock::Logged);
    let mut out = Vec::new();
    timeline.write(&results, &TimelineEcs, &mut out).unwrap();
    let line = |line: &[u8]| {
        let mut document: Value = serde_json::from_slice(line).unwrap();
        for path in ["evql", "event.created", "log.file", "log.file.path"].iter().chain(lost) {
            remove(&mut document, path);
        }
        document
    };
    let mut all: Vec<Value> = out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(line).collect();
    all.sort_by_cached_key(Value::to_string);
    all
}

fn remove(value: &mut Value, path: &str) {
    let Some(object) = value.as_object_mut() else { return };
    match path.split_once('.') {
        Some((head, rest)) => {
            if let Some(inner) = object.get_mut(head) {
                remove(inner, rest);
                if inner.as_object().is_some_and(Map::is_empty) {
                    object.shift_remove(head);
                }
            }
        }
        None => {
            object.shift_remove(path);
        }
    }
}

/// Alerts by rule, host, and numbers of their records.
fn alerts(outcome: &Outcome) -> Vec<String> {
    let event = |event: &std::sync::Arc<evql::event::Event>| format!("{:?}", event.tiebreaker);
    let alert = |alert: &evql::detect::Alert| alert.present().map(event).collect::<Vec<_>>().join(" ");
    outcome.alerts.hold().unwrap().iter().map(alert).collect()
}

/// A tool that writes JSON.
struct Tool {
    name: &'static str,
    write: fn(&Record) -> Value,
    lost: Lost,
}

const TOOLS: &[Tool] = &[
    Tool { name: "evtx_dump -o jsonl", write: evtx_dump, lost: &[] },
    Tool { name: "evtx_dump --separate-json-attributes, Chainsaw", write: evtx_dump_separate, lost: &[] },
    Tool { name: "xmltodict", write: xmltodict, lost: &[] },
    Tool { name: "Velociraptor parse_evtx", write: velociraptor, lost: &[] },
    Tool { name: "Chainsaw hunt", write: chainsaw_hunt, lost: &[] },
    Tool { name: "NXLog", write: nxlog, lost: &[] },
    Tool { name: "NXLog without message", write: nxlog_without_message, lost: &["winlog.version"] },
    Tool { name: "Splunk XML", write: splunk_xml, lost: &[] },
    Tool { name: "Splunk fields", write: splunk_fields, lost: LOST_BY_SPLUNK },
    Tool { name: "Splunk text", write: splunk_text, lost: LOST_BY_SPLUNK },
    Tool { name: "EvtxECmd", write: evtxecmd, lost: &["winlog.provider_guid", "winlog.version", "winlog.opcode"] },
    Tool { name: "Hayabusa all-field-info", write: hayabusa, lost: LOST_BY_HAYABUSA },
    Tool { name: "Get-WinEvent", write: get_winevent, lost: &[] },
    Tool { name: "Winlogbeat 8", write: winlogbeat, lost: &[] },
    Tool { name: "Winlogbeat 8, fields of a search", write: winlogbeat_fields, lost: &[] },
    Tool { name: "Wazuh", write: wazuh, lost: &["winlog.user", "user.id"] },
    Tool { name: "Winlogbeat 6", write: winlogbeat_6, lost: &[] },
    Tool { name: "Graylog", write: graylog, lost: &[] },
    Tool { name: "Winlogbeat in GELF", write: gelf, lost: &[] },
    Tool { name: "NXLog in GELF", write: nxlog_gelf, lost: &[] },
    Tool { name: "Sentinel WindowsEvent", write: windows_event, lost: &["winlog.provider_guid"] },
];

const LOST_BY_SPLUNK: Lost = &["winlog.provider_guid", "winlog.version", "winlog.opcode", "winlog.process"];
const LOST_BY_HAYABUSA: Lost = &[
    "log.level",
    "winlog.provider_guid",
    "winlog.version",
    "winlog.opcode",
    "winlog.process",
    "winlog.user",
    "user.id",
];

fn entries(record: &Record) -> Map<String, Value> {
    record.data.iter().map(|(name, value)| (name.to_string(), (&**value).into())).collect()
}

/// Numbers and truth values as JSON has them, GUIDs without braces and in capitals, as older versions write them.
fn typed(name: &str, value: &str) -> Value {
    match value {
        "true" => true.into(),
        "false" => false.into(),
        _ if name.to_lowercase().ends_with("guid") => value.trim_matches(['{', '}']).to_uppercase().into(),
        _ if name.ends_with("Id") || name.ends_with("Port") => {
            value.parse::<u64>().map_or_else(|_| value.into(), Value::from)
        }
        _ => value.into(),
    }
}

fn typed_entries(record: &Record) -> Map<String, Value> {
    record.data.iter().map(|(name, value)| (name.to_string(), typed(name, value))).collect()
}

fn micros(record: &Record) -> String {
    record.time_created.rfc3339_micros().replace("+00:00", "Z")
}

fn evtx_dump(record: &Record) -> Value {
    json!({"Event": {
        "#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
        "System": {
            "Provider": {"#attributes": {"Name": &*record.provider, "Guid": record.provider_guid.as_deref().map(|guid| guid.trim_matches(['{', '}']).to_uppercase())}},
            "EventID": record.event_id,
            "Version": record.version,
            "Level": record.level,
            "Task": record.task,
            "Opcode": record.opcode,
            "Keywords": record.keywords.as_deref(),
            "TimeCreated": {"#attributes": {"SystemTime": micros(record)}},
            "EventRecordID": record.record_id,
            "Correlation": null,
            "Execution": {"#attributes": {"ProcessID": record.process_id, "ThreadID": record.thread_id}},
            "Channel": &*record.channel,
            "Computer": &*record.computer,
            "Security": {"#attributes": {"UserID": record.user_sid.as_deref()}},
        },
        "EventData": typed_entries(record),
    }})
}

fn evtx_dump_separate(record: &Record) -> Value {
    json!({"Event": {
        "System": {
            "Provider_attributes": {"Name": &*record.provider, "Guid": record.provider_guid.as_deref()},
            "EventID": record.event_id,
            "EventID_attributes": {"Qualifiers": ""},
            "Version": record.version,
            "Level": record.level,
            "Opcode": record.opcode,
            "TimeCreated_attributes": {"SystemTime": micros(record)},
            "EventRecordID": record.record_id,
            "Execution_attributes": {"ProcessID": record.process_id, "ThreadID": record.thread_id},
            "Channel": &*record.channel,
            "Computer": &*record.computer,
            "Security_attributes": {"UserID": record.user_sid.as_deref()},
        },
        "EventData": typed_entries(record),
        "EventData_attributes": {"Name": ""},
    }, "Event_attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}})
}

fn chainsaw_hunt(record: &Record) -> Value {
    json!({
        "group": "Sigma", "kind": "individual", "name": "A rule", "timestamp": micros(record),
        "document": {"kind": "evtx", "path": "a.evtx", "data": evtx_dump_separate(record)},
    })
}

fn xmltodict(record: &Record) -> Value {
    let entry = |(name, value): &(std::sync::Arc<str>, Box<str>)| {
        let mut entry = json!({"@Name": &**name});
        if !value.is_empty() {
            entry["#text"] = (&**value).into();
        }
        entry
    };
    json!({"Event": {
        "@xmlns": "http://schemas.microsoft.com/win/2004/08/events/event",
        "System": {
            "Provider": {"@Name": &*record.provider, "@Guid": record.provider_guid.as_deref()},
            "EventID": {"@Qualifiers": "", "#text": record.event_id.to_string()},
            "Version": record.version.map(|number| number.to_string()),
            "Level": record.level.map(|number| number.to_string()),
            "Opcode": record.opcode.map(|number| number.to_string()),
            "TimeCreated": {"@SystemTime": micros(record).replace('T', " ").replace('Z', "")},
            "EventRecordID": record.record_id.map(|number| number.to_string()),
            "Execution": {"@ProcessID": record.process_id.map(|number| number.to_string()), "@ThreadID": record.thread_id.map(|number| number.to_string())},
            "Channel": &*record.channel,
            "Computer": &*record.computer,
            "Security": {"@UserID": record.user_sid.as_deref()},
        },
        "EventData": {"Data": record.data.iter().map(entry).collect::<Vec<_>>()},
    }})
}

fn seconds(record: &Record) -> Value {
    #[allow(clippy::cast_precision_loss)] // As the tool does.
    let seconds = record.time_created.unix_micros() as f64 / 1e6;
    seconds.into()
}

fn velociraptor(record: &Record) -> Value {
    let mut entries = typed_entries(record);
    // Its numbers are plain, whatever Windows shows.
    for name in ["LogonId", "GrantedAccess"] {
        if let Some(number) = entries.get(name).and_then(Value::as_str).and_then(|hex| hex.strip_prefix("0x")) {
            let number = u64::from_str_radix(number, 16).unwrap();
            entries.insert(name.to_owned(), number.into());
        }
    }
    json!({
        "System": {
            "Provider": {"Name": &*record.provider, "Guid": record.provider_guid.as_deref()},
            "EventID": {"Value": record.event_id},
            "Version": record.version,
            "Level": record.level,
            "Task": record.task,
            "Opcode": record.opcode,
            "Keywords": 9_223_372_036_854_775_808_u64,
            "TimeCreated": {"SystemTime": seconds(record)},
            "EventRecordID": record.record_id,
            "Correlation": {},
            "Execution": {"ProcessID": record.process_id, "ThreadID": record.thread_id},
            "Channel": &*record.channel,
            "Computer": &*record.computer,
            "Security": {"UserID": record.user_sid.as_deref()},
        },
        "EventData": entries,
        "Message": message(record),
    })
}

fn message(record: &Record) -> String {
    let mut text = "Some event:".to_owned();
    for (name, value) in &record.data {
        write!(text, "\r\n{name}: {value}").unwrap();
    }
    text
}

fn nxlog_without_message(record: &Record) -> Value {
    let mut line = json!({
        "EventTime": "2001-01-01 02:03:04", "Hostname": &*record.computer, "Keywords": i64::MIN, "EventType": "INFO",
        "SeverityValue": 2, "Severity": if record.level == Some(2) { "ERROR" } else { "INFO" }, "EventID": record.event_id,
        "SourceName": &*record.provider, "ProviderGuid": record.provider_guid.as_deref().map(str::to_uppercase),
        "Version": record.version, "Task": record.task, "OpcodeValue": record.opcode, "RecordNumber": record.record_id,
        "ExecutionProcessID": record.process_id, "ThreadID": record.thread_id, "Channel": &*record.channel,
        "Domain": "NT AUTHORITY", "AccountName": "SYSTEM", "UserID": record.user_sid.as_deref(), "AccountType": "User",
        "Category": "A category", "Opcode": "Info", "EventReceivedTime": "2001-01-01 02:03:05",
        "SourceModuleName": "eventlog", "SourceModuleType": "im_msvistalog", "@timestamp": "2001-01-01T00:03:05.123Z",
        "@version": "1", "host": "wec.example", "port": 60_000, "tags": ["dataset"],
    });
    // What an event says itself takes the place of what the collector says.
    line.as_object_mut().unwrap().extend(entries(record));
    line
}

fn nxlog(record: &Record) -> Value {
    let mut line = nxlog_without_message(record);
    let object = line.as_object_mut().unwrap();
    object.insert("Message".to_owned(), message(record).into());
    // Here it is the other way round: only the message has the entry.
    object.insert("EventType".to_owned(), "INFO".into());
    object.insert("Version".to_owned(), record.version.into());
    if record.value("SourceProcessId").is_some() && record.value("ProcessId").is_none() {
        object.insert("ProcessId".to_owned(), "1".into());
    }
    line
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&apos;")
}

fn xml(record: &Record) -> String {
    let number = |number: Option<u32>| number.unwrap_or_default();
    let mut text = format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{}' Guid='{}'/><EventID>{}</EventID><Version>{}</Version><Level>{}</Level><Task>{}</Task><Opcode>{}</Opcode><Keywords>{}</Keywords><TimeCreated SystemTime='{}'/><EventRecordID>{}</EventRecordID><Correlation/><Execution ProcessID='{}' ThreadID='{}'/><Channel>{}</Channel><Computer>{}</Computer><Security UserID='{}'/></System><EventData>",
        record.provider,
        record.provider_guid.as_deref().unwrap_or_default(),
        record.event_id,
        number(record.version),
        number(record.level),
        number(record.task),
        number(record.opcode),
        record.keywords.as_deref().unwrap_or_default(),
        record.time_created.rfc3339_full(),
        record.record_id.unwrap(),
        number(record.process_id),
        number(record.thread_id),
        record.channel,
        record.computer,
        record.user_sid.as_deref().unwrap_or_default(),
    );
    for (name, value) in &record.data {
        write!(text, "<Data Name='{}'>{}</Data>", escaped(name), escaped(value)).unwrap();
    }
    text + "</EventData></Event>"
}

fn splunk_xml(record: &Record) -> Value {
    json!({"preview": false, "offset": 0, "result": {
        "_raw": xml(record), "_time": "2001-01-01T00:00:00.000+00:00", "EventCode": record.event_id.to_string(),
        "host": "indexer", "source": format!("XmlWinEventLog:{}", record.channel), "sourcetype": "xmlwineventlog",
    }})
}

fn splunk_fields(record: &Record) -> Value {
    let mut row = entries(record);
    let of_system = json!({
        "EventCode": record.event_id.to_string(), "EventChannel": &*record.channel, "Computer": &*record.computer,
        "SourceName": &*record.provider, "RecordNumber": record.record_id.map(|id| id.to_string()),
        "UserID": record.user_sid.as_deref(), "Level": record.level.map(|level| level.to_string()),
        "SystemTime": format!("'{}'", record.time_created.rfc3339_full()), "process_guid": "x", "MD5": "1",
        "source": format!("XmlWinEventLog:{}", record.channel), "_time": "2001-01-01 00:00:00.000 UTC",
    });
    row.extend(of_system.as_object().unwrap().clone());
    json!({"preview": false, "lastrow": true, "result": row})
}

fn splunk_text(record: &Record) -> Value {
    let kind = if record.level == Some(2) { "Error" } else { "Information" };
    let raw = format!(
        "05/12/2019 06:35:05 PM\nLogName={}\nSourceName={}\nEventCode={}\nEventType=4\nType={kind}\nComputerName={}\nUser=NOT_TRANSLATED\nSid={}\nSidType=0\nTaskCategory=A category\nOpCode=Info\nRecordNumber={}\nKeywords=None\nMessage={}",
        record.channel,
        record.provider,
        record.event_id,
        record.computer,
        record.user_sid.as_deref().unwrap_or_default(),
        record.record_id.unwrap(),
        message(record).replace("\r\n", "\n"),
    );
    json!({"preview": false, "result": {"_raw": raw, "_time": "2001-01-01T00:00:00.000+0000"}})
}

fn evtxecmd(record: &Record) -> Value {
    let payload = xmltodict(record)["Event"]["EventData"].clone();
    let level = if record.level == Some(2) { "Error" } else { "Info" };
    json!({
        "PayloadData1": "ProcessID: 1", "UserName": "CORP\\someone", "MapDescription": "Something", "ChunkNumber": 0,
        "Computer": &*record.computer, "Payload": json!({"EventData": payload}).to_string(), "UserId": record.user_sid.as_deref(),
        "Channel": &*record.channel, "Provider": &*record.provider, "EventId": record.event_id,
        "EventRecordId": record.record_id.unwrap().to_string(), "ProcessId": record.process_id, "ThreadId": record.thread_id,
        "Level": level, "Keywords": "Classic", "SourceFile": "a.evtx", "ExtraDataOffset": 0, "HiddenRecord": false,
        "TimeCreated": record.time_created.rfc3339_full().replace('Z', "+00:00"), "RecordNumber": 7,
    })
}

fn hayabusa(record: &Record) -> Value {
    json!({
        "Timestamp": record.time_created.spaced_full() + " +00:00", "RuleTitle": "Proc Exec", "Level": "info", "Computer": &*record.computer,
        "Channel": "Sysmon", "EventID": record.event_id, "RecordID": record.record_id, "AllFieldInfo": typed_entries(record),
        "RuleFile": "a.yml", "EvtxFile": "a.evtx",
    })
}

fn get_winevent(record: &Record) -> Value {
    json!({
        "Id": record.event_id, "Version": record.version, "Qualifiers": null, "Level": record.level, "Task": record.task,
        "Opcode": record.opcode, "Keywords": i64::MIN, "RecordId": record.record_id, "ProviderName": &*record.provider,
        "ProviderId": record.provider_guid.as_deref().map(|guid| guid.trim_matches(['{', '}'])), "LogName": &*record.channel,
        "ProcessId": record.process_id, "ThreadId": record.thread_id, "MachineName": &*record.computer,
        "UserId": {"BinaryLength": 12, "AccountDomainSid": null, "Value": record.user_sid.as_deref()},
        "TimeCreated": format!("/Date({})/", record.time_created.unix_micros() / 1000), "ActivityId": null, "Bookmark": {},
        "Properties": record.data.iter().map(|(_, value)| json!({"Value": &**value})).collect::<Vec<_>>(), "Message": message(record),
    })
}

fn winlogbeat(record: &Record) -> Value {
    let mut said = entries(record);
    said.retain(|_, value| value != "");
    json!({
        "@timestamp": record.time_created.rfc3339()[..23].to_owned() + "Z", "agent": {"type": "winlogbeat", "version": "8.13.2"},
        "ecs": {"version": "8.0.0"}, "host": {"name": &*record.computer}, "message": message(record),
        "log": {"level": if record.level == Some(2) { "error" } else { "information" }},
        "event": {"kind": "event", "code": record.event_id.to_string(), "provider": &*record.provider, "created": "2030-01-01T00:00:00.000Z", "action": "x"},
        "winlog": {
            "channel": &*record.channel, "event_id": record.event_id.to_string(), "record_id": record.record_id, "computer_name": &*record.computer,
            "provider_name": &*record.provider, "provider_guid": record.provider_guid.as_deref(), "version": record.version, "opcode": "Info",
            "process": {"pid": record.process_id, "thread": {"id": record.thread_id}}, "api": "wineventlog", "task": "x",
            "user": {"identifier": record.user_sid.as_deref(), "name": "SYSTEM", "domain": "NT AUTHORITY", "type": "User"}, "event_data": said,
        },
    })
}

fn flattened(prefix: &str, value: &Value, out: &mut Map<String, Value>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            flattened(&path, value, out);
        }),
        Value::Null => {}
        value => {
            out.insert(prefix.to_owned(), json!([value]));
        }
    }
}

fn winlogbeat_fields(record: &Record) -> Value {
    let mut fields = Map::new();
    flattened("", &winlogbeat(record), &mut fields);
    json!({"_index": "winlogbeat", "_id": "x", "fields": fields})
}

fn graylog(record: &Record) -> Value {
    let mut fields = Map::new();
    flattened("", &winlogbeat(record), &mut fields);
    let flat = |(name, value): (String, Value)| (format!("winlogbeat_{}", name.replace('.', "_")), value[0].clone());
    let mut message: Map<String, Value> = fields.into_iter().map(flat).collect();
    message.insert("timestamp".to_owned(), message["winlogbeat_@timestamp"].clone());
    message.extend([("source".to_owned(), "x".into()), ("message".to_owned(), "Process Create".into())]);
    message.into()
}

/// A message in GELF: its own fields, and those of whoever has sent it behind a `_`.
fn in_gelf(mut fields: Map<String, Value>) -> Value {
    let mut message = Map::from_iter([("version".to_owned(), "1.1".into()), ("short_message".to_owned(), "x".into())]);
    message.insert("host".to_owned(), fields.shift_remove("Hostname").unwrap_or("x".into()));
    message.insert("timestamp".to_owned(), json!(1_893_456_000.5));
    message.extend(fields.shift_remove("Message").map(|text| ("full_message".to_owned(), text)));
    message.extend(fields.into_iter().map(|(name, value)| (format!("_{name}"), value)));
    message.into()
}

fn gelf(record: &Record) -> Value {
    in_gelf(graylog(record).as_object().unwrap().clone())
}

fn nxlog_gelf(record: &Record) -> Value {
    in_gelf(nxlog(record).as_object().unwrap().clone())
}

fn windows_event(record: &Record) -> Value {
    json!({
        "TenantId": "x", "TimeGenerated": record.time_created.rfc3339_full(), "Provider": &*record.provider, "Channel": &*record.channel,
        "Computer": &*record.computer, "EventID": record.event_id, "EventLevel": record.level, "EventLevelName": "Information",
        "Version": record.version, "Task": record.task, "Opcode": record.opcode.unwrap_or_default().to_string(), "Keywords": "0x8000000000000000",
        "EventRecordId": record.record_id.unwrap().to_string(), "SystemProcessId": record.process_id, "SystemThreadId": record.thread_id,
        "SystemUserId": record.user_sid.as_deref(), "EventData": Value::from(entries(record)).to_string(), "Type": "WindowsEvent",
    })
}

/// A row of the table `Event`, with what the older agent puts around the entries.
fn azure_event(record: &Record) -> Value {
    let event = xml(record);
    let data = &event[event.find("<EventData>").unwrap()..event.rfind("</Event>").unwrap()];
    json!({
        "TenantId": "x", "SourceSystem": "OpsManager", "TimeGenerated": record.time_created.rfc3339_full(), "Source": &*record.provider,
        "EventLog": &*record.channel, "Computer": &*record.computer, "EventLevel": record.level, "EventLevelName": "Information",
        "ParameterXml": "<Param>-</Param>", "EventID": record.event_id, "RenderedDescription": message(record), "EventCategory": 1,
        "EventData": format!("<DataItem type=\"System.XmlData\" time=\"2030-01-01T00:00:00Z\">{data}</DataItem>"), "UserName": "N/A", "Type": "Event",
    })
}

fn winlogbeat_6(record: &Record) -> Value {
    let document = winlogbeat(record);
    let winlog = &document["winlog"];
    json!({
        "@timestamp": document["@timestamp"], "type": "wineventlog", "beat": {"name": "x", "version": "6.7.0"}, "host": {"name": "x"},
        "log_name": winlog["channel"], "event_id": record.event_id, "record_number": record.record_id.unwrap().to_string(),
        "computer_name": winlog["computer_name"], "source_name": winlog["provider_name"], "provider_guid": winlog["provider_guid"],
        "level": if record.level == Some(2) { "Error" } else { "Information" }, "version": record.version, "opcode": "Info", "task": "x",
        "process_id": record.process_id, "thread_id": record.thread_id,
        "user": {"identifier": record.user_sid.as_deref(), "name": "SYSTEM"}, "event_data": winlog["event_data"], "message": document["message"],
    })
}

fn wazuh(record: &Record) -> Value {
    let name = |name: &str| name[..1].to_lowercase() + &name[1..];
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
    let said = record.data.iter().filter(|(_, value)| !value.is_empty());
    let data: Map<String, Value> = said.map(|(entry, value)| (name(entry), escaped(value).into())).collect();
    let text = |number: Option<u32>| number.map(|number| number.to_string());
    json!({
        "timestamp": "2030-01-01T00:00:00.000+0000", "@timestamp": "2030-01-01T00:00:00.000Z", "agent": {"name": "x"}, "rule": {"id": "1"},
        "data": {"win": {
            "system": {
                "providerName": &*record.provider, "providerGuid": record.provider_guid.as_deref(), "eventID": record.event_id.to_string(),
                "version": text(record.version), "level": text(record.level), "task": text(record.task), "opcode": text(record.opcode),
                "keywords": "0x8000000000000000", "systemTime": record.time_created.rfc3339_full(), "eventRecordID": record.record_id.map(|id| id.to_string()),
                "processID": text(record.process_id), "threadID": text(record.thread_id), "channel": &*record.channel,
                "computer": &*record.computer, "severityValue": "INFORMATION", "message": message(record),
            },
            "eventdata": data,
        }},
    })
}

/// A file of what a tool writes of records.
fn file(folder: &Path, name: &str, records: &[Record], write: fn(&Record) -> Value) -> PathBuf {
    let path = folder.join(name);
    let lines: Vec<String> = records.iter().map(|record| write(record).to_string() + "\n").collect();
    std::fs::write(&path, lines.concat()).unwrap();
    path
}

/// Records of Sysmon on Windows: the tools here run there.
fn sysmon_records(sample: &str) -> Vec<Record> {
    let mut records = records(&log(sample));
    records.retain(evql::sysmon::is_windows);
    records
}

#[test]
fn every_tool_gives_the_alerts_and_documents_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    for sample in SAMPLES {
        let records = sysmon_records(sample);
        for tool in TOOLS {
            let path = file(folder.path(), "events.json", &records, tool.write);
            let mut from_json = run(&[path]);
            assert_eq!(from_json.faults, [], "{} of {sample}", tool.name);
            assert!(from_json.stats.adds_up(), "{}", tool.name);
            assert_eq!(from_json.stats.documents, 0, "{}", tool.name);
            let mut from_log = run(&[log(sample)]);
            assert_eq!(alerts(&from_json), alerts(&from_log), "{} of {sample}", tool.name);
            assert_eq!(from_json.stats.by_id, from_log.stats.by_id, "{} of {sample}", tool.name);
            let (left, right) = (documents(&mut from_json, tool.lost), documents(&mut from_log, tool.lost));
            for (left, right) in left.iter().zip(&right) {
                assert_eq!(left, right, "{} of {sample}", tool.name);
            }
            assert_eq!(left.len(), right.len());
        }
    }
}

/// What a run finds by every rule that is there: alerts, and counts by event ID.
fn findings(path: &Path, detector: &Detector) -> (Vec<String>, std::collections::BTreeMap<u32, u64>) {
    let outcome = pipeline::run(&[path.to_owned()], detector, &RunOptions::default(), &Silent).unwrap();
    assert!(outcome.stats.adds_up(), "{}", path.display());
    (alerts(&outcome), outcome.stats.by_id)
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn tools_give_the_alerts_of_the_logs_of_a_real_corpus() {
    let shared = PathBuf::from(std::env::var_os("EVQL_SHARED").unwrap());
    let detector = Detector::new(rules::load(&[shared.join("rules/elastic-windows")]).set);
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut found) = (0, 0);
    for input in source::discover(&[shared.join("corpus")], &Search::default()).inputs {
        let (path, json) = (input.path.clone(), folder.path().join("events.json"));
        let mut records = Vec::new();
        let inputs = [input];
        let mut is_clean = true;
        for unit in source::units(&inputs, 16) {
            source::read_unit(&inputs, &unit, &mut Scratch::default(), &mut |item| match item {
                Item::Record(record) => records.push(record),
                _ => is_clean = false,
            });
        }
        records.retain(evql::sysmon::is_windows);
        if records.is_empty() || !is_clean {
            continue;
        }
        let from_log = findings(&path, &detector);
        // As `evtx_dump` itself writes it.
        let settings = evtx::ParserSettings::new().separate_json_attributes(files % 2 == 1).indent(false);
        let mut parser = evtx::EvtxParser::from_path(&path).unwrap().with_configuration(settings);
        let lines: Vec<String> = parser.records_json().map(|record| record.unwrap().data + "\n").collect();
        std::fs::write(&json, lines.concat()).unwrap();
        assert!(findings(&json, &detector) == from_log, "evtx_dump of {}", path.display());
        // One tool a log, in turn. Without the user of the record, rules that pass over the system's own events find them.
        let tools: Vec<&Tool> = TOOLS.iter().filter(|tool| !tool.lost.contains(&"user.id")).collect();
        let tool = tools[files % tools.len()];
        let json = file(folder.path(), "events.json", &records, tool.write);
        assert!(findings(&json, &detector) == from_log, "{} of {}", tool.name, path.display());
        files += 1;
        found += from_log.0.len();
    }
    assert!(files > 50 && found > 100, "{files} files with {found} alerts");
}

#[test]
fn records_of_sysmon_on_linux_and_of_others_are_told_as_in_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let records = records(&log("forwarded"));
    for tool in TOOLS.iter().filter(|tool| tool.lost.is_empty() && !tool.name.starts_with("Winlogbeat 8")) {
        let path = file(folder.path(), "events.json", &records, tool.write);
        let (from_json, from_log) = (run(&[path]), run(&[log("forwarded")]));
        assert_eq!(alerts(&from_json), alerts(&from_log), "{}", tool.name);
        assert_eq!(from_json.stats.by_id, from_log.stats.by_id, "{}", tool.name);
        assert_eq!(from_json.stats.tally, pipeline::UnitTally { chunks: 0, ..from_log.stats.tally }, "{}", tool.name);
    }
}

#[test]
fn a_record_counts_once_whatever_tool_has_kept_it() {
    let folder = tempfile::tempdir().unwrap();
    let records = sysmon_records("regsvr32");
    let count = records.len() as u64;
    std::fs::copy(log("regsvr32"), folder.path().join("z.evtx")).unwrap();
    for (at, tool) in TOOLS.iter().enumerate() {
        file(folder.path(), &format!("{at:02}.json"), &records, tool.write);
    }
    let outcome = run(&[folder.path().to_owned()]);
    let once = run(&[log("regsvr32")]);
    assert!(outcome.stats.adds_up());
    assert_eq!(outcome.stats.mapped, once.stats.mapped);
    assert_eq!(outcome.stats.tally.duplicates, count * TOOLS.len() as u64);
    assert_eq!(alerts(&outcome), alerts(&once));
    // Of copies the one of the log stays, whatever the files are called.
    let origin = outcome.alerts.hold().unwrap()[0].present().next().unwrap().origin;
    assert!(outcome.inputs[origin.input as usize].display.ends_with("z.evtx"));
}

#[test]
fn lines_of_all_tools_may_stand_in_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let records = sysmon_records("regsvr32");
    let path = folder.path().join("mixed.json");
    let lines: Vec<String> = records
        .iter()
        .enumerate()
        .map(|(at, record)| (TOOLS[at % TOOLS.len()].write)(record).to_string() + "\n")
        .collect();
    std::fs::write(&path, lines.concat()).unwrap();
    let outcome = run(&[path]);
    assert_eq!(outcome.faults, []);
    assert_eq!(alerts(&outcome), alerts(&run(&[log("regsvr32")])));
}

#[test]
fn records_of_other_providers_are_counted_as_such_and_surveyed() {
    let folder = tempfile::tempdir().unwrap();
    let mut records = sysmon_records("regsvr32");
    let count = records.len() as u64;
    let mut other = records[0].clone();
    other.provider = "Microsoft-Windows-Security-Auditing".into();
    other.provider_guid = None;
    other.channel = "Security".into();
    other.event_id = 4624;
    other.record_id = Some(99_999);
    records.push(other);
    for tool in TOOLS.iter().filter(|tool| !tool.name.starts_with("Winlogbeat 8") && !tool.name.starts_with("Hayabusa"))
    {
        let path = file(folder.path(), "events.json", &records, tool.write);
        let outcome = run(std::slice::from_ref(&path));
        assert_eq!((outcome.stats.tally.other_providers, outcome.stats.mapped), (1, count), "{}", tool.name);
        let survey = pipeline::survey(&[path], &SurveyOptions::default(), &Silent).unwrap();
        assert_eq!(survey.files[0].contents.records, count + 1, "{}", tool.name);
        assert_eq!(survey.faults, [], "{}", tool.name);
    }
}

/// The reasons of the faults of a text.
fn faults(text: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.json");
    std::fs::write(&path, text).unwrap();
    let outcome = run(&[path]);
    assert!(outcome.stats.adds_up(), "{text}");
    assert_eq!(outcome.stats.mapped, 0, "{text}");
    outcome.faults.into_iter().map(|fault| fault.reason).collect()
}

#[test]
fn a_sysmon_event_that_cannot_be_read_back_is_a_fault_that_says_why() {
    let sysmon = r#""ProviderName":"Microsoft-Windows-Sysmon","LogName":"Microsoft-Windows-Sysmon/Operational""#;
    for (text, reason) in [
        (
            r#"{"Timestamp":"2024-01-01 00:00:00.000 +00:00","RuleTitle":"Proc","Channel":"Sysmon","EventID":1,"RecordID":1,"Details":{"Cmdline":"a"}}"#,
            "all-field-info",
        ),
        (&format!(r#"{{"Id":1,"TimeCreated":"/Date(1)/",{sysmon},"Properties":[{{"Value":"a"}}]}}"#), "ToXml()"),
        (
            r#"{"EventId":1,"EventRecordId":"1","Provider":"Microsoft-Windows-Sysmon","PayloadData1":"a","TimeCreated":"2024-01-01T00:00:00Z"}"#,
            "without `Payload`",
        ),
        (
            r#"{"EventId":1,"EventRecordId":"1","Provider":"Microsoft-Windows-Sysmon","Payload":"{","TimeCreated":"2024-01-01T00:00:00Z"}"#,
            "not JSON",
        ),
        (
            r#"{"@timestamp":"2024-01-01T00:00:00Z","event":{"code":"1","provider":"Microsoft-Windows-Sysmon"},"winlog":{"event_data":{}}}"#,
            "neither fields of ECS",
        ),
        (
            r#"{"@timestamp":"2024-01-01T00:00:00Z","winlog.channel":"Microsoft-Windows-Sysmon/Operational","winlog.event_id":"1"}"#,
            "neither fields of ECS",
        ),
        (r#"{"Event":{"System":{"EventID":"one","Provider":"Microsoft-Windows-Sysmon"}}}"#, "is not a number"),
        (
            r##"{"Event":{"System":{"EventID":1,"TimeCreated":{"#attributes":{"SystemTime":"soon"}}}}}"##,
            "invalid time 'soon'",
        ),
        (r#"{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon"}"#, "there is none"),
        (r#"{"result":{"_raw":"<13>Jan 1 host program: text"}}"#, "no event of Windows"),
        (r#"{"_raw":"<Event><System><EventID>1</EventID>"}"#, "the text ends inside an element"),
    ] {
        let found = faults(text);
        assert!(matches!(found.as_slice(), [one] if one.contains(reason)), "{text}\n{found:?}");
    }
}

#[test]
fn a_name_that_stands_twice_is_a_doubt_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.json");
    let line = |image: &str| {
        format!(
            r#"{{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","UtcTime":"2024-01-01 04:00:00.100",{image}}}"#
        )
    };
    let lines = [line(r#""Image":"C:\\a.exe""#), line(r#""Image":"C:\\a.exe","Image":"C:\\b.exe""#)];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let outcome = run(&[path]);
    assert_eq!((outcome.stats.mapped, outcome.faults.len()), (2, 1));
    assert_eq!(outcome.faults[0].offset, Some(lines[0].len() as u64 + 1));
    assert!(outcome.faults[0].reason.contains("'Image'"), "{}", outcome.faults[0].reason);
}

#[test]
fn hostile_objects_are_faults_or_events_and_never_more() {
    let deep = |name: &str| format!("{}1{}", format!("{{\"{name}\":").repeat(120), "}".repeat(120));
    let many = (0..5000).map(|at| format!("\"A{at}\":1,")).collect::<Vec<_>>().concat();
    for text in [
        format!(r#"{{"Event":{{"System":{{"EventID":1}},"EventData":{}}}}}"#, deep("Data")),
        format!(r#"{{"Event":{{"System":{{"EventID":{}}}}}}}"#, deep("#text")),
        format!(r#"{{"System":{{"EventID":1,"TimeCreated":{}}}}}"#, deep("SystemTime")),
        format!(r#"{{"Event":{{"System":{{"EventID":1}},"EventData":{{{many}"B":1}}}}}}"#),
        r#"{"EventID":1e400,"Channel":"x"}"#.to_owned(),
        r#"{"EventID":-1,"Channel":"x"}"#.to_owned(),
        r#"{"EventID":4294967296,"Channel":"x"}"#.to_owned(),
        r#"{"EventID":[[[1]]],"Channel":{"a":1},"SourceName":7}"#.to_owned(),
        r#"{"EventID":1,"EventID":"two","EventID":null,"Channel":"x"}"#.to_owned(),
        r#"{"Event":{"System":{"EventID":1}},"EventData":[{"@Name":{}}]"#.to_owned(),
        r#"{"_raw":"{\"_raw\":\"{\\\"_raw\\\":\\\"{}\\\"}\"}"}"#.to_owned(),
        r#"{"kind":"aggregate","documents":[{"data":{}},{"data":7},{}]}"#.to_owned(),
    ] {
        assert!(!faults(&text).is_empty(), "{text}");
    }
}

#[test]
fn a_damaged_line_of_any_tool_is_read_or_refused() {
    let mut random = Random(0x51_7CC1_B727_220A);
    let records = [sysmon_records("regsvr32"), sysmon_records("all-ids")].concat();
    for _ in 0..40 {
        for tool in TOOLS {
            let record = &records[random.below(records.len())];
            let mut line = (tool.write)(record).to_string().into_bytes();
            for _ in 0..random.below(4) {
                let at = random.below(line.len());
                match random.below(4) {
                    0 => line[at] = b"{}[]\",:0x-\0e"[random.below(12)],
                    1 => line.truncate(at.max(1)),
                    2 => drop(line.remove(at)),
                    _ => line.extend_from_within(at..(at + random.below(60)).min(line.len())),
                }
                if line.is_empty() {
                    line.push(b'{');
                }
            }
            hostile::raw_events(&line);
        }
    }
}

#[test]
fn documents_that_a_pipeline_has_mapped_stay_documents() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mapped.ndjson");
    let mapped = r#"{"@timestamp":"2024-01-01T00:00:00Z","event":{"category":["process"],"code":"1","provider":"Microsoft-Windows-Sysmon"},"process":{"name":"a.exe"},"winlog":{"event_data":{"IntegrityLevel":"High"},"record_id":1}}"#;
    let other = r#"{"@timestamp":"2024-01-01T00:00:00Z","event":{"code":"4624","provider":"Microsoft-Windows-Security-Auditing"},"winlog":{"event_data":{"LogonType":"3"},"record_id":2}}"#;
    std::fs::write(&path, format!("{mapped}\n{other}\n")).unwrap();
    let mut outcome = run(&[path]);
    assert_eq!((outcome.stats.mapped, outcome.stats.documents), (2, 1));
    let all = documents(&mut outcome, &[]);
    assert!(all.iter().any(|document| document["process"]["name"] == "a.exe"), "as it was given");
}

#[test]
fn an_event_of_sysmon_is_known_without_its_provider() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.json");
    let flat =
        r#"{"EventID":"1","Computer":"a","UtcTime":"2024-01-01 04:00:00.100","Image":["C:\\a.exe","C:\\a.exe"]}"#;
    let winlog = r#"{"winlog":{"event_id":1,"event_data":{"UtcTime":"2024-01-01 04:00:00.100","Image":"C:\\a.exe"}}}"#;
    std::fs::write(&path, format!("{flat}\n{winlog}\n")).unwrap();
    let mut outcome = run(&[path]);
    assert_eq!((outcome.stats.mapped, outcome.stats.documents, outcome.faults.len()), (2, 0, 0));
    for document in documents(&mut outcome, &[]) {
        assert_eq!(document["process"]["executable"], "C:\\a.exe");
    }
}

#[test]
fn a_time_that_disagrees_with_sysmons_own_is_one_of_another_zone() {
    let folder = tempfile::tempdir().unwrap();
    let line = |time: &str| {
        format!(
            r#"{{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","Channel":"x","TimeCreated":"{time}","UtcTime":"2024-01-01 04:00:00.100","Image":"C:\\a.exe"}}"#
        )
    };
    for (time, logged) in [
        ("2024-01-01T00:00:00.250Z", "2024-01-01T04:00:00.100Z"),
        ("2024-01-01T04:00:00.250Z", "2024-01-01T04:00:00.250Z"),
        ("2024-01-01 04:00:00", "2024-01-01T04:00:00.100Z"),
        ("2024-01-01T06:00:00.25+02:00", "2024-01-01T04:00:00.250Z"),
    ] {
        let path = folder.path().join("line.json");
        std::fs::write(&path, line(time)).unwrap();
        let outcome = run(&[path]);
        assert_eq!(outcome.stats.logged.unwrap().0.rfc3339(), logged, "{time}");
    }
}

/// What PowerShell writes for `$events | ForEach-Object ToXml | ConvertTo-Json`: version 5 escapes `<`, `>` and `'`, and wraps some lists.
fn powershell_texts(records: &[Record]) -> [String; 3] {
    let texts: Vec<String> = records.iter().map(xml).collect();
    let escaped = |text: String| text.replace('<', "\\u003c").replace('>', "\\u003e").replace('\'', "\\u0027");
    let (compact, pretty) = (json!(texts).to_string(), serde_json::to_string_pretty(&texts).unwrap());
    let wrapped = json!({"value": texts, "Count": texts.len()}).to_string();
    [compact, escaped(pretty), escaped(wrapped)]
}

#[test]
fn lists_of_events_as_xml_in_json_give_what_the_log_gives() {
    let folder = tempfile::tempdir().unwrap();
    for sample in SAMPLES {
        let mut from_log = run(&[log(sample)]);
        let expected = documents(&mut from_log, &[]);
        for text in powershell_texts(&sysmon_records(sample)) {
            let path = folder.path().join("events.json");
            std::fs::write(&path, &text).unwrap();
            // Told by its content in a folder too.
            let mut from_json = run(&[folder.path().to_owned()]);
            assert_eq!(from_json.faults, [], "{sample}");
            assert!(from_json.stats.adds_up());
            assert_eq!(alerts(&from_json), alerts(&from_log), "{sample}");
            assert_eq!(documents(&mut from_json, &[]), expected, "{sample}");
        }
    }
}

#[test]
fn a_text_in_a_list_that_is_no_event_costs_only_itself() {
    let records = sysmon_records("regsvr32");
    let events: Vec<String> = records.iter().take(3).map(|record| json!(xml(record)).to_string()).collect();
    let cut = &events[1][..events[1].len() / 2];
    let text =
        format!("[\n    {},\n    {cut}\n    {},\n    \"Get-WinEvent : No events were found\"\n]", events[0], events[2]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.json");
    std::fs::write(&path, &text).unwrap();
    let outcome = run(&[path]);
    assert!(outcome.stats.adds_up());
    assert_eq!(outcome.stats.mapped, 2);
    let places: Vec<u64> = outcome.faults.iter().filter_map(|fault| fault.offset).collect();
    let place = |part: &str| text.find(part).unwrap() as u64;
    assert_eq!(places, [place(cut), place("\"Get-WinEvent")]);
}

/// What EvtxECmd writes with `--csv`: its JSON, with the names above.
fn evtxecmd_csv(records: &[Record]) -> String {
    const COLUMNS: [&str; 27] = [
        "RecordNumber",
        "EventRecordId",
        "TimeCreated",
        "EventId",
        "Level",
        "Provider",
        "Channel",
        "ProcessId",
        "ThreadId",
        "Computer",
        "ChunkNumber",
        "UserId",
        "MapDescription",
        "UserName",
        "RemoteHost",
        "PayloadData1",
        "PayloadData2",
        "PayloadData3",
        "PayloadData4",
        "PayloadData5",
        "PayloadData6",
        "ExecutableInfo",
        "HiddenRecord",
        "SourceFile",
        "Keywords",
        "ExtraDataOffset",
        "Payload",
    ];
    let mut text = format!("\u{feff}{}\r\n", COLUMNS.join(","));
    for record in records {
        let mut row = evtxecmd(record);
        row["TimeCreated"] = record.time_created.spaced_full().into();
        let quoted = |name: &&str| match &row[*name] {
            Value::Null => String::new(),
            Value::String(field) if field.contains(['"', ',', '\n']) => format!("\"{}\"", field.replace('"', "\"\"")),
            Value::String(field) => field.clone(),
            other => other.to_string(),
        };
        text += &(COLUMNS.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n");
    }
    text
}

#[test]
fn rows_of_evtxecmd_give_what_its_json_and_the_log_give() {
    let folder = tempfile::tempdir().unwrap();
    let lost = TOOLS.iter().find(|tool| tool.name == "EvtxECmd").unwrap().lost;
    for sample in SAMPLES {
        let mut from_log = run(&[log(sample)]);
        std::fs::write(folder.path().join("events.csv"), evtxecmd_csv(&sysmon_records(sample))).unwrap();
        // Told by its content in a folder too.
        let mut from_rows = run(&[folder.path().to_owned()]);
        assert_eq!(from_rows.faults, [], "{sample}");
        assert!(from_rows.stats.adds_up());
        assert_eq!(alerts(&from_rows), alerts(&from_log), "{sample}");
        assert_eq!(documents(&mut from_rows, lost), documents(&mut from_log, lost), "{sample}");
        let both = run(&[folder.path().to_owned(), log(sample)]);
        assert_eq!(both.stats.mapped, from_log.stats.mapped, "a record counts once");
    }
}

#[test]
fn rows_of_azure_monitor_give_the_alerts_of_the_log_and_are_never_copies() {
    let folder = tempfile::tempdir().unwrap();
    for sample in ["regsvr32", "non-ascii", "reused-pid"] {
        let records = sysmon_records(sample);
        let path = file(folder.path(), "events.json", &records, azure_event);
        let from_rows = run(&[path]);
        assert_eq!(from_rows.faults, [], "{sample}");
        assert_eq!(from_rows.stats.mapped, records.len() as u64);
        assert_eq!(from_rows.stats.tally.duplicates, 0, "the table has no number of the record");
        assert_eq!(from_rows.alerts.len(), run(&[log(sample)]).alerts.len(), "{sample}");
    }
    let mut row = azure_event(&sysmon_records("regsvr32")[0]);
    row["EventData"] = "<DataItem><EventData><Data Name='Image'>C:".into();
    row["RenderedDescription"] = "".into();
    let found = faults(&row.to_string());
    assert!(matches!(found.as_slice(), [one] if one.contains("no whole `EventData`")), "{found:?}");
}
