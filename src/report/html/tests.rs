use super::*;
use crate::base::Ticks;
use crate::event::Clock;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

fn case() -> CaseFacts {
    CaseFacts {
        title: "T <1>".into(),
        command: "evql scan '<x>'".into(),
        made: Some(Ticks::parse_rfc3339("2024-04-01T00:00:00Z").unwrap()),
        ..CaseFacts::default()
    }
}

fn page(documents: &[Value], limits: ReportLimits) -> String {
    let mut report = HtmlReport::new(limits, Clock::Logged);
    for document in documents {
        report.add(document).unwrap();
    }
    written(report)
}

fn written(report: HtmlReport) -> String {
    let mut out = Vec::new();
    report.write(&case(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn alert(number: u64, severity: &str) -> Value {
    json!({
        "@timestamp": format!("2024-03-05T09:{:02}:{:02}.000Z", number / 60 % 60, number % 60),
        "rule": { "id": severity, "name": format!("Rule {severity}") }, "host": { "name": "h" }, "evql": { "alert": number, "severity": severity },
        "events": [{ "process": { "command_line": "c", "executable": "C:\\x" }, "winlog": { "record_id": number.to_string() } }],
    })
}

/// Every element of the page is opened and closed, and only by the page itself.
fn check_nesting(page: &str) {
    let void = ["meta", "input", "br", "hr", "!DOCTYPE", "circle", "rect", "line"];
    let body = page.split_once("</style>").unwrap().1.rsplit_once("<script>").unwrap().0;
    let mut open: Vec<&str> = vec!["html", "head"];
    for (at, _) in body.match_indices('<') {
        let rest = &body[at + 1..];
        let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '/' && c != '!').next().unwrap();
        match name.strip_prefix('/') {
            Some("circle" | "rect" | "line") => {}
            Some(name) => assert_eq!(open.pop(), Some(name), "…{}", &body[at.saturating_sub(300)..at]),
            None if void.contains(&name) => {}
            None => open.push(name),
        }
    }
    assert_eq!(open, ["html", "body"]);
}

#[test]
fn an_empty_report_is_a_page() {
    let shown = page(&[], ReportLimits::default());
    check_nesting(&shown);
    assert!(
        shown.contains("No alerts")
            && shown.contains("<title>T &lt;1&gt;</title>")
            && shown.contains("evql scan &#39;&lt;x&gt;&#39;")
    );
    assert!(shown.contains("2024-04-01 00:00:00"));
}

#[test]
fn everything_is_linked_to_something() {
    let shown = page(&[alert(1, "high"), alert(2, "low"), alert(3, "high")], ReportLimits::default());
    check_nesting(&shown);
    for (at, _) in shown.match_indices("href=\"#") {
        let target = shown[at + 7..].split('"').next().unwrap();
        assert!(target.is_empty() || shown.contains(&format!("id=\"{target}\"")), "{target}");
    }
    let ids: Vec<&str> = shown.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let distinct: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "{ids:?}");
}

#[test]
fn the_same_alerts_give_the_same_page() {
    let alerts = [alert(1, "high"), alert(2, "low")];
    assert!(page(&alerts, ReportLimits::default()) == page(&alerts, ReportLimits::default()));
}

#[test]
fn numbers_and_anchors_are_given_once() {
    let twice = [alert(2, "low"), alert(2, "low"), json!({ "rule": { "name": "x" } }), alert(1, "low")];
    let shown = page(&twice, ReportLimits::default());
    check_nesting(&shown);
    for number in 1..=4 {
        assert_eq!(shown.matches(&format!("id=\"alert-{number}\"")).count(), 1, "{number}");
    }
    assert_eq!(shown.matches("\" class=\"anchor\"").count() + shown.matches("class=\"anchor\" id=\"a-").count(), 4);
}

#[test]
fn a_size_is_kept_and_what_is_left_out_is_said() {
    let alerts: Vec<Value> =
        (1..=300).map(|number| alert(number, if number % 3 == 0 { "high" } else { "low" })).collect();
    let whole = page(&alerts, ReportLimits::default());
    for bytes in [350_000, 250_000, 150_000] {
        let small = page(&alerts, ReportLimits { bytes, cards: 10_000 });
        check_nesting(&small);
        assert!(small.len() as u64 <= bytes && small.len() < whole.len(), "{} of {bytes}", small.len());
        assert!(small.contains("300 alerts (100 high, 200 low)"), "the tables count all");
        assert!(small.contains("to stay within"));
    }
    let few = page(&alerts, ReportLimits { cards: 120, ..ReportLimits::default() });
    assert!(few.contains("no card for some alerts (180 low)") && few.matches("class=\"card high\"").count() == 100);
    assert!(
        few.contains("id=\"alert-28\"") && !few.contains("id=\"alert-200\""),
        "of the less severe the earliest stay"
    );
    assert!(!whole.contains("to stay within"));
}

#[test]
fn hostile_values_stay_text() {
    let markup = "\"'><script>alert(1)</script><img src=x onerror=alert(1)></style></title><!--\u{202e}\0\u{1b}[2J";
    let long = "<u>".repeat(350_000);
    for evil in [markup, "javascript:alert(1)", &long, "]]>", "&lt;u&gt;&#60;u>"] {
        let list = json!([evil, evil]);
        let process = json!({ "executable": evil, "command_line": evil, "pid": evil, "entity_id": evil, "user": evil, "links": list, "hashes": { "sha256": evil }, "started": evil });
        let document = json!({
            "@timestamp": evil, "rule": { "id": evil, "name": evil, "description": evil, "reference": list }, "host": { "name": evil }, "join_keys": list,
            "threat": { "tactic": { "id": list, "name": list, "reference": list }, "technique": { "id": list, "name": list, "reference": list } },
            "evql": {
                "alert": evil, "severity": evil, "rule": { "query": evil, "note": evil, "setup": evil, "false_positives": list },
                "process_start": { "process": process },
                "triage": { "processes": [{ "process": process, "ancestors": [process], "children": [process], "dns": [{ "name": evil, "answers": list }], "files": [{ "path": evil, "first": evil }],
                    "destinations": [{ "ip": evil, "domain": evil }] }], "elsewhere": [{ "kind": evil, "value": evil, "host_names": list }] },
            },
            "events": [{ "event": { "action": evil }, "process": process, "file": { "path": evil }, "registry": { "path": evil }, "log": { "file": { "path": evil } }, "user": { "name": evil },
                "destination": { "ip": evil, "domain": evil }, "dns": { "question": { "name": evil } }, evil: evil }],
        });
        let shown = page(&[document], ReportLimits::default());
        check_nesting(&shown);
        let content = shown.split_once("</style>").unwrap().1.rsplit_once("<script>").unwrap().0;
        for markup in [
            "<script",
            "<img",
            "<u>",
            "<!--",
            "</title><!",
            "href=\"javascript",
            "\u{202e}",
            "\0",
            "\u{1b}",
            "onerror=alert(1)>",
        ] {
            let found = content.find(markup).map(|at| &content[at.saturating_sub(80)..at]);
            assert!(found.is_none(), "{markup:?} after {found:?}");
        }
        assert!(shown.len() < 3_000_000, "{}", shown.len());
    }
}

/// Names that the page looks for, and one that it does not.
const NAMES: &[&str] = &[
    "rule",
    "name",
    "id",
    "reference",
    "threat",
    "tactic",
    "technique",
    "events",
    "host",
    "evql",
    "triage",
    "processes",
    "process",
    "ancestors",
    "children",
    "destinations",
    "dns",
    "files",
    "elsewhere",
    "omitted",
    "alert",
    "severity",
    "@timestamp",
    "event",
    "created",
    "code",
    "risk_score",
    "parent",
    "executable",
    "command_line",
    "hash",
    "sha256",
    "kibana.alert.rule.threat",
    "process_start",
    "query",
    "note",
    "false_positives",
    "join_keys",
    "first",
    "count",
    "x<y>",
];

fn any_json() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec![
        "",
        "<b>",
        "\u{202e}",
        "2024-03-05T09:14:04.609Z",
        "9999-12-31T23:59:59.9999999Z",
        "1601-01-01T00:00:00Z",
        "https://a.example/",
        "# h\n> q",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 96, 8, |inner| {
        let members = prop::collection::vec((prop::sample::select(NAMES), inner.clone()), 0..8);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_documents_give_a_whole_page(documents in prop::collection::vec(any_json(), 1..4)) {
        let mut report = HtmlReport::new(ReportLimits::default(), Clock::Logged);
        for mut document in documents {
            if let Some(object) = document.as_object_mut() {
                object.entry("rule").or_insert(json!({ "name": "R" }));
            }
            let _ = report.add(&document); // whether it is an alert is for the page to say
        }
        check_nesting(&written(report));
    }
}
