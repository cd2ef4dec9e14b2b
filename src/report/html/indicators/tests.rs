use super::*;
use serde_json::json;

fn listed(documents: &[Value]) -> Vec<(&'static str, Vec<String>)> {
    let mut indicators = Indicators::default();
    for document in documents {
        indicators.add(document);
    }
    let lists = KINDS.iter().zip(indicators.lists);
    lists.filter(|(_, list)| !list.is_empty()).map(|((kind, _), list)| (*kind, list.into_iter().collect())).collect()
}

#[test]
fn every_kind_is_found_once() {
    let event = json!({
        "process": { "executable": "C:\\a.exe", "command_line": "a 'HTTPS://x.example/p?q=1', (http://y.example). ftp://z", "hash": { "sha256": "A".repeat(64), "md5": "0".repeat(32) } },
        "destination": { "ip": "104.21.36.77", "domain": "CDN.example." }, "source": { "ip": "10.0.0.1" }, "dns": { "question": { "name": "cdn.example" }, "resolved_ip": ["::1", "10.1.1.1"] },
    });
    let found = listed(&[json!({ "events": [null, event, event] })]);
    assert_eq!(
        found,
        [
            ("sha256", vec!["a".repeat(64)]),
            ("public", vec!["104.21.36.77".into()]),
            ("private", vec!["10.1.1.1".into()]),
            ("domain", vec!["cdn.example".into()]),
            ("url", vec!["HTTPS://x.example/p?q=1".into(), "ftp://z".into(), "http://y.example".into()]),
            ("path", vec!["C:\\a.exe".into()]),
        ]
    );
}

#[test]
fn an_accepted_connection_names_who_came() {
    let event = json!({ "network": { "direction": "ingress" }, "source": { "ip": "8.8.8.8" }, "destination": { "ip": "9.9.9.9" } });
    assert_eq!(listed(&[json!({ "events": [event] })]), [("public", vec!["8.8.8.8".to_owned()])]);
}

#[test]
fn triage_adds_to_the_lists() {
    let process = json!({ "process": { "hashes": { "imphash": "b".repeat(32) } }, "destinations": [{ "ip": "1.1.1.1", "domain": "d.example" }], "files": [{ "path": "C:\\f" }] });
    let found = listed(&[json!({ "evql": { "triage": { "processes": [process] } } })]);
    assert_eq!(found.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), ["imphash", "public", "domain", "path"]);
}

#[test]
fn lists_have_an_end_and_are_text() {
    let mut indicators = Indicators::default();
    for n in 0..MOST + 10 {
        indicators.add(&json!({ "events": [{ "file": { "path": format!("C:\\<{n}>\u{202e}") } }] }));
    }
    let shown = indicators.part().into_string();
    assert!(shown.contains("10 more mentions did not fit") && shown.contains("C:\\&lt;0&gt;\\u{202e}\n"));
    let nonsense = json!({ "events": [{ "process": { "hash": { "sha256": "xyz" } }, "destination": { "ip": "<b>", "domain": "-" } }] });
    assert_eq!(listed(&[nonsense]), []);
}

#[test]
fn reserved_addresses_are_told_apart() {
    for public in ["1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "100.128.0.1"] {
        assert!(is_public(public.parse().unwrap()), "{public}");
    }
    for private in [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
    ] {
        assert!(!is_public(private.parse().unwrap()), "{private}");
    }
}

#[test]
fn urls_that_are_not_looked_for_any_more_are_counted() {
    let urls: Vec<String> = (0..70).map(|at| format!("http://{at}.example/")).collect();
    let far = format!("{}http://far.example/", " ".repeat(SEARCHED));
    let mut indicators = Indicators::default();
    for text in [urls.join(" "), far] {
        indicators.add(&serde_json::json!({ "events": [{ "process": { "command_line": text } }] }));
    }
    let page = indicators.part().into_string();
    assert!(page.contains("http://63.example/") && !page.contains("http://64.example/"));
    assert!(page.contains("… 7 more mentions"), "six of the first text, one of the second");
}
