use super::*;
use crate::event::Clock;
use serde_json::json;

fn counts(alerts: &[(&str, &str, &str, &[&str])]) -> AlertCounts {
    let mut counts = AlertCounts::default();
    for (rule, host, severity, tactics) in alerts {
        let document = json!({ "rule": { "name": rule }, "host": { "name": host }, "evql": { "severity": severity }, "threat": { "tactic": { "id": tactics, "name": tactics } } });
        counts.add(&Finding::of(&document, Clock::Logged).unwrap());
    }
    counts
}

#[test]
fn sums_add_up_in_both_directions() {
    let counts = counts(&[
        ("A", "h1", "high", &["T1", "T2"]),
        ("A", "h2", "high", &["T1"]),
        ("B", "h1", "low", &[]),
        ("B", "h1", "low", &["T2", "T2"]),
    ]);
    assert_eq!(counts.sentence(), "4 alerts (2 high, 2 low) of 2 rules on 2 hosts");
    let pivot = counts.pivot().into_string();
    assert!(pivot.contains("data-filter=\"r h\" data-value=\"1 0\">2</a>"), "{pivot}");
    let total = |tallies: &Tallies| tallies.all.iter().map(SeverityCounts::total).sum::<u64>();
    assert_eq!((total(&counts.hosts), total(&counts.rules), counts.no_tactic.total()), (4, 4, 1));
    assert_eq!(counts.cells.values().sum::<u64>(), 4);
    assert_eq!(counts.rules.order(), [0, 1], "the most severe first");
}

#[test]
fn rules_are_told_apart_by_their_id() {
    let mut counts = AlertCounts::default();
    for id in ["1", "2"] {
        counts.add(&Finding::of(&json!({ "rule": { "id": id, "name": "same" } }), Clock::Logged).unwrap());
    }
    assert_eq!(counts.rules.all.len(), 2);
}

#[test]
fn a_wide_table_sums_up_the_rest() {
    let names: Vec<String> = (0..30).map(|n| format!("host-{n:02}")).collect();
    let alerts: Vec<_> = names.iter().map(|name| ("R", name.as_str(), "low", &[][..])).collect();
    let pivot = counts(&alerts).pivot().into_string();
    assert!(pivot.contains("6 more hosts") && pivot.contains("<td class=\"number\">6</td>"), "{pivot}");
}

#[test]
fn names_are_text() {
    let counts = counts(&[("<r>", "<h>", "critical", &["<t>"])]);
    let page = counts.tiles().into_string() + &counts.pivot().into_string();
    assert!(!page.contains("<r>") && !page.contains("<h>") && !page.contains("<t>"));
    assert!(page.contains("&lt;r&gt;") && page.contains("&lt;h&gt;") && page.contains("&lt;t&gt;"));
}
