//! The techniques of alerts as a layer for MITRE's ATT&CK Navigator: how many alerts each technique has, scored by the worst of them.

use super::format::Exporter;
use super::results::Results;
use crate::base::number::counted;
use crate::rules::Rule;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// `navigator` of `scan`.
#[derive(Clone, Copy, Debug)]
pub struct NavigatorLayer;

/// Most rules that the comment of a technique names.
const MOST_NAMED: usize = 20;

/// The alerts of a technique.
#[derive(Debug, Default)]
struct TechniqueHits {
    alerts: u64,
    /// The severity of the worst, on the scale of `event.severity`.
    severity: i64,
    by_rule: BTreeMap<usize, u64>,
}

impl Exporter for NavigatorLayer {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut by_rule: BTreeMap<usize, u64> = BTreeMap::new();
        results.alerts.for_each_outline(&mut |outline| *by_rule.entry(outline.rule).or_default() += 1)?;
        let rules = results.detector.rules();
        let layer = layer(by_rule.into_iter().map(|(rule, alerts)| (rule, &rules[rule], alerts)));
        writeln!(out, "{layer:#}")
    }
}

/// A layer of rules that found something, each with its position and the number of its alerts.
fn layer<'r>(found: impl Iterator<Item = (usize, &'r Rule, u64)>) -> Value {
    let mut techniques: BTreeMap<(&str, String), TechniqueHits> = BTreeMap::new();
    let mut names: BTreeMap<usize, &str> = BTreeMap::new();
    let (mut alerts, mut without) = (0, 0);
    for (number, rule, count) in found {
        names.insert(number, &rule.meta.name);
        alerts += count;
        let mut any = false;
        for attack in &rule.meta.threat {
            // The Navigator names tactics so.
            let tactic = attack.tactic.name.to_lowercase().replace(' ', "-");
            for technique in &attack.techniques {
                any = true;
                let hits = techniques.entry((&technique.id, tactic.clone())).or_default();
                // A rule may name a technique twice.
                if hits.by_rule.insert(number, count).is_none() {
                    hits.alerts += count;
                    hits.severity = hits.severity.max(rule.meta.level.severity());
                }
            }
        }
        without += if any { 0 } else { count };
    }
    let described = match without {
        0 => String::new(),
        count => format!(" {} without a technique are not shown.", counted(count, "alert")),
    };
    let techniques: Vec<Value> = techniques
        .into_iter()
        .map(|((id, tactic), hits)| {
            let mut lines = vec![counted(hits.alerts, "alert")];
            let first = hits.by_rule.iter().take(MOST_NAMED);
            lines.extend(first.map(|(rule, count)| format!("{count} x {}", names.get(rule).unwrap_or(&""))));
            let more = hits.by_rule.len().saturating_sub(MOST_NAMED);
            lines.extend((more > 0).then(|| format!("and {}", counted(more as u64, "more rule"))));
            let mut technique = json!({
                "techniqueID": id,
                "score": hits.severity,
                "comment": lines.join("\n"),
                "enabled": true,
                "metadata": [{ "name": "alerts", "value": hits.alerts.to_string() }],
                "showSubtechniques": true,
            });
            // Rules of Sigma may name a technique without a tactic: it is marked under all of its own then.
            if !tactic.is_empty() {
                technique["tactic"] = tactic.into();
            }
            technique
        })
        .collect();
    json!({
        "name": "evql: alerts",
        "versions": { "layer": "4.5", "navigator": "5.1.0" },
        "domain": "enterprise-attack",
        "description": format!("{}; the score of a technique is the severity of its worst alert (low 21, medium 47, high 73, critical 99).{described}", counted(alerts, "alert")),
        "sorting": 3,
        "gradient": { "colors": ["#8ec843", "#ffe766", "#ff6666"], "minValue": 21, "maxValue": 99 },
        "legendItems": [
            { "label": "low", "color": "#8ec843" },
            { "label": "medium to high", "color": "#ffe766" },
            { "label": "critical", "color": "#ff6666" },
        ],
        "techniques": techniques,
    })
}
