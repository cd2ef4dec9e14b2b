use super::*;
use crate::ecs;
use crate::eql::{Query, QueryOptions, compile, compile_with};
use crate::event::Value;

/// Compiles a condition over any event.
fn predicate(condition: &str) -> Predicate {
    let compiled = compile(&format!("any where {condition}"));
    match compiled.query {
        Some(Query::Event(query)) => query.predicate().clone(),
        _ => panic!("{condition}: {:?}", compiled.diagnostics),
    }
}

fn document() -> Document {
    let mut document = Document::new();
    document.set(ecs::PROCESS_NAME, "RegSvr32.exe");
    document.set_all(ecs::PROCESS_ARGS, ["a".into(), "bc".into(), "D*".into()]);
    document.set(ecs::PROCESS_PID, 42);
    document.set(ecs::SOURCE_IP, "0:0:0:0:0:0:0:1");
    document.set(ecs::DESTINATION_IP, "10.6.48.157");
    document.set(ecs::TIMESTAMP, crate::base::Ticks::parse_rfc3339("2024-01-31T12:00:00.1239Z").unwrap());
    document.set(ecs::WINLOG_EVENT_ID, "7");
    document.push(ecs::EVENT_CATEGORY, "network");
    document.push(ecs::EVENT_CATEGORY, "process");
    document.set(Field::named("flag"), true);
    document.set(Field::named("off"), false);
    document.set(Field::named("half"), 0.5);
    document.set(Field::named("seven"), 7);
    document.set(Field::named("path"), "C:\\Windows\\a.exe");
    document.set_all(Field::named("numbers"), [Value::Long(1), Value::Long(5)]);
    document
}

/// Every line is a condition, with whether it holds for the document.
const CASES: &[(&str, bool)] = &[
    // Exact comparison.
    ("process.name == \"RegSvr32.exe\"", true),
    ("process.name == \"regsvr32.exe\"", false),
    ("process.name == \"*\"", false),
    ("process.name != \"x\"", true),
    ("\"RegSvr32.exe\" == process.name", true),
    ("process.pid == 42", true),
    ("process.pid == 42.0", true),
    ("process.pid == \"42\"", true),
    ("0 <= process.pid", true),
    ("42 < process.pid", false),
    ("process.pid > 41.5 and process.pid <= 42 and process.pid < 1e3", true),
    ("process.pid == 99999999999999999999", false),
    ("winlog.event_id == 7", true),
    ("winlog.event_id == 7.0", false),
    ("process.name > \"Reg\" and process.name < \"a\"", true),
    ("half == 0.5 and -half == -0.5", true),
    ("@timestamp == \"2024-01-31T12:00:00.123Z\"", true),
    ("@timestamp > \"2024-01-31\" and @timestamp < \"2024-02-01T00:00:00\"", true),
    // Addresses.
    ("source.ip == \"::1\"", true),
    ("source.ip != \"::1\"", false),
    ("source.ip in (\"127.0.0.1\", \"::1\")", true),
    ("destination.ip == \"::ffff:10.6.48.157\"", true),
    ("destination.ip > \"10.0.0.0\" and destination.ip < \"11.0.0.0\"", true),
    ("string(source.ip) == \"::1\"", true),
    ("cidrMatch(destination.ip, \"10.6.48.157/8\")", true),
    ("CIDRMATCH(source.ip, \"10.0.0.0/8\", \"::1\")", true),
    ("cidrmatch(source.ip, \"0.0.0.0/0\")", false),
    ("cidrMatch(gone, \"10.0.0.0/8\")", false),
    ("not cidrMatch(gone, \"10.0.0.0/8\")", true),
    ("cidrMatch(gone, \"10.0.0.0/8\") == false", true),
    ("false == cidrMatch(destination.ip, \"10.0.0.0/8\")", false),
    ("cidrMatch(destination.ip, \"10.0.0.0/8\") != false", true),
    // Patterns and lists.
    ("process.name : \"REG*.EXE\"", true),
    ("process.name : (\"cmd.exe\", \"regsvr32.exe\")", true),
    ("process.name : (\"cmd.exe\", \"reg*2.exe\")", true),
    ("process.name like \"Reg*\" and not process.name like \"reg*\"", true),
    ("process.name like~ \"reg*\"", true),
    ("path : \"?:\\\\Windows\\\\*\"", true),
    ("path : \"\"\"?:\\windows\\?.exe\"\"\"", true),
    ("process.name in (\"regsvr32.exe\")", false),
    ("process.name in~ (\"regsvr32.exe\")", true),
    ("process.name in~ (\"reg*\")", false),
    ("process.args in~ (\"d*\")", true),
    ("process.name not in (\"a\", \"b\")", true),
    ("process.pid in (1, 42)", true),
    ("process.pid in (1, \"42\")", true),
    ("seven in (\"7\", \"8\") and seven : \"7\"", true),
    ("process.name regex \"Reg[A-Z]vr[0-9]+.exe\"", true),
    ("process.name regex \"Reg\"", false),
    ("process.name regex~ (\"cmd.*\", \"reg.*\")", true),
    // Booleans.
    ("flag", true),
    ("flag == true and not off", true),
    ("off == false", true),
    ("gone == false", false),
    ("not gone", true),
    ("true", true),
    ("null", false),
    ("flag == \"true\"", true),
    // Missing fields: a leaf is false, its negation true.
    ("gone == \"x\"", false),
    ("gone != \"x\"", true),
    ("not gone : \"x\"", true),
    ("?gone : \"x\"", false),
    ("not ?gone : \"x\"", true),
    ("gone not in (\"x\")", true),
    ("gone > 1", false),
    ("not (gone > 1)", true),
    ("gone == null", true),
    ("gone != null", false),
    ("null == gone", true),
    ("process.name == null", false),
    ("process.name != null", true),
    ("not (process.pid == 42 and gone == \"b\")", true),
    ("length(gone) == 0", false),
    ("length(gone) > 0", false),
    ("length(gone) != 0", true),
    ("not length(gone) > 0", true),
    ("startsWith(gone, \"x\")", false),
    ("concat(gone, \"x\") == null", true),
    ("concat(process.name, gone) == null", true),
    ("concat(process.name, null) == null", true),
    ("indexOf(process.name, \"x\") != null", true),
    ("indexOf(process.name, \"q\") == null", true),
    // Constant nulls fold with three values.
    ("null == null", true),
    ("null != null", false),
    ("1 == null", false),
    ("null == 1 or flag", true),
    ("not (null > 1)", false),
    ("flag and not (gone > null)", false),
    // Several values: any of them, a leaf at a time.
    ("process.args == \"bc\"", true),
    ("process.args != \"bc\"", false),
    ("process.args : \"b*\" and process.args == \"a\"", true),
    ("process.args == null", false),
    ("length(process.args) == 2", true),
    ("length(process.args) == 3", false),
    ("length(process.args) != 2", false),
    ("numbers + numbers == 6", false),
    ("numbers + numbers == 10", true),
    ("numbers + seven == 12", true),
    ("numbers * 2 > 9", true),
    ("startsWith~(process.name, process.args)", false),
    ("stringContains~(path, process.args)", true),
    // Arithmetic.
    ("7 / 2 == 3 and -7 / 2 == -3 and -7 % 2 == -1 and 7.0 / 2 == 3.5", true),
    ("seven / 2 == 3", true),
    ("1 + 2 * 3 == 7 and (1 + 2) * 3 == 9", true),
    ("divide(seven, 0.0) > 1e300", true),
    ("seven - process.pid == -35", true),
    ("process.pid / (seven - 7) == null", true),
    ("9223372036854775807 + seven == null", true),
    // Conditions inside values.
    ("string(process.pid == 42) == \"true\"", true),
    ("string(process.pid == 41 or flag) : \"TRUE\"", true),
    ("(process.pid == 42 and flag) == true", true),
    ("string(not (gone == 1)) == null", true),
];

#[test]
fn conditions_over_a_document() {
    let document = document();
    for (condition, expected) in CASES {
        assert_eq!(predicate(condition).matches(&document), *expected, "{condition}");
    }
}

#[test]
fn specialising_changes_no_answer() {
    let document = document();
    let fields = [ecs::PROCESS_NAME, ecs::PROCESS_ARGS, ecs::PROCESS_PID].map(Field::from);
    for (condition, expected) in CASES {
        let predicate = predicate(condition);
        let special = predicate.specialise(&document, &|field| fields.contains(field));
        assert_eq!(special.matches(&document), *expected, "{condition}");
        assert!(special.fields().iter().all(|field| predicate.fields().contains(field)));
        assert_eq!(predicate.specialise(&document, &|_| true).constant(), Some(*expected), "{condition}");
    }
}

#[test]
fn a_category_is_one_of_the_events_categories() {
    let document = document();
    let matches = |source: &str| match compile(source).query {
        Some(Query::Event(query)) => query.matches(&document),
        other => panic!("{source}: {other:?}"),
    };
    assert!(matches("process where true") && matches("network where true") && matches("\"process\" where true"));
    assert!(!matches("Process where true") && !matches("file where true"));
    let options = QueryOptions { category_field: ecs::PROCESS_NAME.into(), ..QueryOptions::default() };
    let query = compile_with("\"RegSvr32.exe\" where true", &options).query;
    assert!(matches!(query, Some(Query::Event(query)) if query.matches(&document)));
    let Some(Query::Event(any)) = compile("any where true").query else { panic!() };
    assert!(any.matches(&Document::new()));
}

#[test]
fn long_keywords_count_as_missing_but_command_lines_do_not() {
    let mut document = Document::new();
    let long = "x".repeat(1025);
    document.set(ecs::PROCESS_NAME, long.as_str());
    document.set(ecs::PROCESS_COMMAND_LINE, long.as_str());
    assert!(predicate("process.name == null").matches(&document));
    assert!(predicate("process.command_line : \"x*\"").matches(&document));
    document.set(ecs::PROCESS_NAME, &long[1..]);
    assert!(predicate("process.name : \"x*\"").matches(&document));
}

#[test]
fn values_of_the_wrong_type_are_converted_or_missing() {
    let mut document = Document::new();
    document.set(ecs::PROCESS_PID, "43");
    document.set(ecs::SOURCE_PORT, "none");
    document.set(ecs::EVENT_CODE, 11);
    assert!(predicate("process.pid == 43 and process.pid > 5").matches(&document));
    assert!(predicate("source.port == null").matches(&document));
    assert!(predicate("event.code == \"11\" and event.code : \"1?\"").matches(&document));
}

#[test]
fn a_condition_names_the_texts_it_cannot_do_without() {
    let required = |source: &str| {
        let Some(Query::Event(query)) = compile(source).query else { panic!("{source}") };
        let telling = |field: &Field| field.name().starts_with("process.");
        let found = query.predicate().required_among(&telling).map(|texts| {
            let text = |need: Need<'_>| format!("{}{}{}", need.field, if need.whole { "=" } else { "~" }, need.text);
            let mut texts: Vec<String> = texts.into_iter().map(text).collect();
            texts.sort();
            texts
        });
        found.map(|texts| texts.join(" "))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        required(r#"any where process.name : ("A.exe", "b.exe")"#),
        some("process.name=a.exe process.name=b.exe")
    );
    assert_eq!(required(r#"any where process.name == "A.exe" and process.args : "*x*""#), some("process.name=a.exe"));
    assert_eq!(
        required(r#"any where process.name : "a" or process.pe.original_file_name in ("B")"#),
        some("process.name=a process.pe.original_file_name=b")
    );
    assert_eq!(
        required(r#"any where process.name : ("a", "b") and process.executable : "c""#),
        some("process.executable=c")
    );
    assert_eq!(
        required(r#"any where process.executable like ("?:\\Users\\*.EXE", "C:\\x.exe", "*\\Temp\\a?")"#),
        some(r"process.executable=c:\x.exe process.executable~:\users\ process.executable~\temp\a")
    );
    assert_eq!(
        required(r#"any where process.executable : "*\\Users\\*" and process.name : ("a", "b")"#),
        some("process.name=a process.name=b"),
        "whole texts tell more than parts"
    );
    for none in [
        r#"any where process.name : "a*""#,
        r#"any where process.name : ("long*", "*")"#,
        r#"any where process.name != "a""#,
        r#"any where not process.name : "a""#,
        r#"any where process.name : "a" or user.name : "b""#,
        "any where length(process.name) == 1",
        "any where process.pid == 4",
        "any where true",
    ] {
        assert_eq!(required(none), None, "{none}");
    }
}
