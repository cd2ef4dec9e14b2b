use super::*;
use crate::event::Clock;
use serde_json::json;

fn document() -> Value {
    json!({
        "@timestamp": "2024-03-05T09:00:03Z", "rule": { "name": "Rule <b>" }, "host": { "name": "h" }, "evql": {
            "severity": "high",
            "triage": { "processes": [{
                "process": { "name": "a.exe", "pid": 4, "started": "2024-03-05T09:00:01Z", "command_line": "a.exe <script>" },
                "ancestors": [
                    { "name": "near.exe", "started": "2024-03-05T08:00:00Z" },
                    { "name": "explorer.exe", "started": "2024-03-01T08:00:00Z" },
                ],
                "children": [{ "name": "c.exe", "started": "2024-03-05T09:00:05Z" }],
                "destinations": [{ "ip": "192.0.2.1", "port": 443, "count": 3, "first": "2024-03-05T09:00:02Z", "last": "2024-03-05T09:00:09Z" }],
                "images": [
                    { "path": "signed.dll", "trusted": true, "count": 1, "first": "2024-03-05T09:00:02Z", "last": "2024-03-05T09:00:02Z" },
                    { "path": "evil.dll", "count": 1, "first": "2024-03-05T09:00:02Z", "last": "2024-03-05T09:00:02Z" },
                ],
            }] },
        },
    })
}

fn shown(limit: u64, times: usize) -> String {
    let finding = Finding::of(&document(), Clock::Logged).unwrap();
    let mut stories = IncidentStories::new(limit);
    for _ in 0..times {
        stories.add("id", story_lines(&document(), &finding, 7));
    }
    stories.part("id").into_string()
}

#[test]
fn lines_are_in_order_once_each_and_nothing_but_text() {
    let page = shown(1 << 20, 2);
    let wanted = [
        "near.exe started",
        "a.exe (pid 4) started: a.exe &lt;script&gt;",
        "a.exe (pid 4) connected to 192.0.2.1:443 (3 times, until 2024-03-05 09:00:09.000)",
        "a.exe (pid 4) loaded evil.dll, which is not signed",
        "<a href=\"#alert-7\"><b>#7 Rule &lt;b&gt;</b></a>",
        "c.exe started",
    ];
    let places: Vec<usize> =
        wanted.iter().map(|text| page.find(text).unwrap_or_else(|| panic!("{text} in {page}"))).collect();
    assert!(places.is_sorted(), "{page}");
    assert_eq!(page.matches("<li>").count(), wanted.len(), "{page}");
}

#[test]
fn what_does_not_fit_is_counted() {
    let page = shown(8 * 400, 1);
    assert!(page.matches("<li>").count() < 6 && page.contains("more, left out to keep the report small"), "{page}");
}
