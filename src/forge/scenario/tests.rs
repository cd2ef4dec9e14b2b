use super::*;

/// A scenario with one file, one process and whatever follows.
fn scenario(rest: &str) -> String {
    format!(
        r#"title = "t"
[[file]]
name = "a.evtx"
host = "ws-0417.corp.example"
ip = "10.20.4.17"
first_record = 500
[[process]]
label = "explorer"
pid = 3120
Image = 'C:\Windows\explorer.exe'
User = 'CORP\mara'
[[process]]
label = "regsvr32"
pid = 4242
parent = "explorer"
Image = 'C:\Windows\System32\regsvr32.exe'
User = 'CORP\mara'
{rest}"#
    )
}

fn build(rest: &str) -> Vec<ForgedEvent> {
    Scenario::parse(&scenario(rest), "t.toml").unwrap().build().unwrap().remove(0).events
}

/// The message, with the line it points to.
fn failure(rest: &str) -> (String, String) {
    let text = scenario(rest);
    let error = match Scenario::parse(&text, "t.toml") {
        Ok(scenario) => scenario.build().unwrap_err(),
        Err(error) => error,
    };
    (error.problem.to_string(), text.lines().nth(error.line - 1).unwrap().to_owned())
}

const START: &str = r#"
[[event]]
id = 1
process = "regsvr32"
time = "2024-03-05T09:14:02.1234567Z"
"#;

#[test]
fn a_start_has_the_fields_of_the_process_and_its_parent() {
    let event = build(START).remove(0);
    for (field, text) in [
        ("RuleName", "-"),
        ("UtcTime", "2024-03-05 09:14:02.123"),
        ("ProcessGuid", "{3fe15d12-e25a-65e6-2001-000000001f00}"),
        ("ProcessId", "4242"),
        ("Image", r"C:\Windows\System32\regsvr32.exe"),
        ("CommandLine", r#""C:\Windows\System32\regsvr32.exe""#),
        ("IntegrityLevel", "Medium"),
        ("LogonId", "0x29c41"),
        ("ParentProcessId", "3120"),
        ("ParentImage", r"C:\Windows\explorer.exe"),
        ("ParentUser", r"CORP\mara"),
    ] {
        assert_eq!(event.field(field), Some(text), "{field}");
    }
    assert_eq!(event.record_id, 500);
}

#[test]
fn every_event_of_a_process_carries_its_guid() {
    let events = build(&format!(
        "{START}
[[event]]
id = 3
process = \"regsvr32\"
after_ms = 1500
DestinationIp = \"2606:4700:0:0:0:0:6810:84e5\"
DestinationPort = 443
"
    ));
    assert_eq!(events[0].field("ProcessGuid"), events[1].field("ProcessGuid"));
    assert_eq!(events[1].field("DestinationIsIpv6"), Some("true"));
    assert_eq!(events[1].field("SourceIsIpv6"), Some("false"));
    assert_eq!(events[1].field("SourceIp"), Some("10.20.4.17"));
    assert_eq!(events[1].time.0 - events[0].time.0, 15_000_000);
    assert_eq!(events[1].field("UtcTime"), Some("2024-03-05 09:14:03.623"));
}

#[test]
fn empty_and_absent_fields_are_told_apart() {
    let event = build(&format!("{START}RuleName = ''\nProcessGuid = ''\nabsent = [\"Company\"]\n")).remove(0);
    assert_eq!(event.field("RuleName"), Some(""));
    assert_eq!(event.field("ProcessGuid"), Some(""));
    assert_eq!(event.field("Company"), None);
}

#[test]
fn source_and_target_are_two_processes() {
    let event = build(
        "[[event]]\nid = 10\ntime = 2024-03-05T09:14:02Z\nprocess = 'regsvr32'\ntarget = 'explorer'\nGrantedAccess = '0x1410'",
    )
    .remove(0);
    assert_eq!(event.field("SourceProcessId"), Some("4242"));
    assert_eq!(event.field("TargetProcessId"), Some("3120"));
    assert_eq!(event.field("TargetImage"), Some(r"C:\Windows\explorer.exe"));
    assert_eq!(event.field("GrantedAccess"), Some("0x1410"));
    assert_ne!(event.field("SourceProcessGUID"), event.field("TargetProcessGUID"));
}

#[test]
fn repeated_events_count_and_follow_each_other() {
    let events = build(
        "[[event]]\nid = 11\ntime = 2024-03-05T09:14:02Z\nprocess = 'explorer'\nrepeat = 3\nevery_ms = 250\nTargetFilename = 'C:\\t\\{n}.tmp'",
    );
    let names: Vec<_> = events.iter().map(|event| event.field("TargetFilename").unwrap()).collect();
    assert_eq!(names, [r"C:\t\1.tmp", r"C:\t\2.tmp", r"C:\t\3.tmp"]);
    assert_eq!(events[2].field("UtcTime"), Some("2024-03-05 09:14:02.500"));
    assert_eq!(events[2].record_id, 502);
}

#[test]
fn other_providers_have_the_fields_given_in_their_order() {
    let event = build(
        "[[event]]\nid = 4688\ntime = 2024-03-05T09:14:02Z\nprovider = 'Microsoft-Windows-Security-Auditing'\nprovider_guid = '{54849625-5478-4994-a5ba-3e3b0328c30d}'\nchannel = 'Security'\nkeywords = '0x8020000000000000'\nuser_id = ''\ntypes = { NewProcessId = 'hex64' }\nSubjectUserName = 'mara'\nNewProcessId = 4242\nCommandLine = ''",
    )
    .remove(0);
    let fields: Vec<_> = event.fields.iter().map(|f| (f.name.as_str(), f.value.text.as_str())).collect();
    assert_eq!(fields, [("SubjectUserName", "mara"), ("NewProcessId", "0x1092"), ("CommandLine", "")]);
    assert_eq!((event.keywords, event.channel.as_str()), (0x8020_0000_0000_0000, "Security"));
    assert_eq!(event.user_id, super::super::value::ForgedValue::null());
}

#[test]
fn the_same_scenario_gives_the_same_bytes() {
    let text = scenario(START);
    let bytes = || Scenario::parse(&text, "t").unwrap().build().unwrap().remove(0).bytes;
    assert_eq!(bytes(), bytes());
}

#[test]
fn mistakes_are_reported_where_they_stand() {
    for (rest, message, line) in [
        ("CommandLin = 'x'", "Sysmon event 1 has no field `CommandLin`", "CommandLin = 'x'"),
        ("proces = 'x'", "unknown field `proces`", "proces = 'x'"),
        ("ProcessId = 'many'", "`ProcessId` must be a number of at most 32 bits, not `many`", "ProcessId = 'many'"),
        ("target = 'nobody'", "no [[process]] is called `nobody`", "target = 'nobody'"),
        ("after_ms = 3", "exclude each other", "after_ms = 3"),
        ("types = { Image = 'int' }", "unknown type `int`", "types = { Image = 'int' }"),
        ("record = 1\n[[event]]\nid = 5\nafter_ms = 1\nrecord = 1", "record 1 does not follow record 1", "record = 1"),
        ("[[damage]]\nkind = 'zero'\nchunk = 0", "damage `zero` needs `offset`", "[[damage]]"),
        ("[[damage]]\nkind = 'empty'\nchunk = 0", "damage `empty` has no use for `chunk`", "[[damage]]"),
        ("[[damage]]\nkind = 'chunk-magic'\nchunk = 1", "the file has 1 whole chunks", "[[damage]]"),
        ("[[damage]]\nkind = 'flip'\nrecord = 9\noffset = 0\nlength = 1", "the file has no record 9", "[[damage]]"),
        ("[[event]]\nid = 30\ntime = 2024-03-05T09:14:02Z", "Sysmon has no event 30", "id = 30"),
        ("[[event]]\nid = 5", "an event needs `time`", "[[event]]"),
        ("[[file]]\nname = 'a.evtx'\nhost = 'h'", "two [[file]] are called `a.evtx`", "name = 'a.evtx'"),
        ("[[expect.alert]]\nrules = 'x'", "unknown field `rules`", "rules = 'x'"),
        ("x = ", "string values must be quoted", "x ="),
    ] {
        let (problem, found) = failure(&format!("{START}{rest}\n"));
        assert!(problem.contains(message), "{problem}");
        assert_eq!(found.trim(), line, "{problem}");
    }
}

#[test]
fn a_process_cannot_be_its_own_ancestor() {
    let text = scenario(START).replace("label = \"explorer\"", "label = \"explorer\"\nparent = \"regsvr32\"");
    let error = Scenario::parse(&text, "t.toml").unwrap_err();
    assert!(matches!(error.problem, Problem::ParentLoop(_)), "{error}");
    assert_eq!(error.to_string().split(' ').next(), Some("t.toml:9:10:"));
}

#[test]
fn expectations_are_read() {
    let text = scenario(
        "[[expect.alert]]\nrule = 'r'\nhost = 'h'\nrecords = [1, 2]\nclock = 'utc'\n[[expect.fault]]\nfile = 'a.evtx'\nchunk = 1\nlost = [7]",
    );
    let expect = Scenario::parse(&text, "t").unwrap().expect;
    assert_eq!(expect.alerts[0].clock, ExpectedClock::Utc);
    assert_eq!(expect.faults[0].lost, [7]);
}
