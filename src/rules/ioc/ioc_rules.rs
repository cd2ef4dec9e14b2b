//! Rules out of indicators: one for each kind and severity, so that hits are alerts like any others.

use super::super::alert_suppression::AlertSuppression;
use super::super::rule::{Level, Metadata, Rule};
use super::indicator::{Indicator, IndicatorKind, Observable};
use super::indicator_match::{IndicatorMatch, IndicatorSet};
use crate::base::Ticks;
use crate::base::number::counted;
use crate::eql::{self, Predicate};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The label of all rules about indicators.
pub const IOC_TAG: &str = "Indicator";

/// How a kind is told.
struct KindText {
    id: &'static str,
    name: &'static str,
    level: Level,
    about: &'static str,
}

const fn text_of(kind: IndicatorKind) -> KindText {
    match kind {
        IndicatorKind::Hash => KindText {
            id: "hash",
            name: "Indicator: file hash",
            level: Level::High,
            about: "A file of the event has a hash that is an indicator of compromise.",
        },
        IndicatorKind::Address => KindText {
            id: "address",
            name: "Indicator: network address",
            level: Level::Medium,
            about: "An address of the event is an indicator of compromise, or lies in a network that is one. Addresses change hands: compare when the \
                    indicator was seen with when the event was.",
        },
        IndicatorKind::Domain => KindText {
            id: "domain",
            name: "Indicator: domain",
            level: Level::High,
            about: "A name of the event is an indicator of compromise, or lies below one.",
        },
        IndicatorKind::Url => KindText {
            id: "url",
            name: "Indicator: URL",
            level: Level::High,
            about: "A text of the event has a URL that is an indicator of compromise, or one that goes on behind it.",
        },
        IndicatorKind::Host => KindText {
            id: "url-host",
            name: "Indicator: host of a URL",
            level: Level::Low,
            about: "The event names the host of a URL that is an indicator of compromise; what was asked of it is not logged. Hosts that serve many, such as \
                    those of code and files, are met without harm too.",
        },
        IndicatorKind::Path => KindText {
            id: "path",
            name: "Indicator: path",
            level: Level::Medium,
            about: "A path of the event is an indicator of compromise.",
        },
        IndicatorKind::FileName => KindText {
            id: "file-name",
            name: "Indicator: file name",
            level: Level::Low,
            about: "A file of the event has a name that is an indicator of compromise. A name alone says little: compare hash, signature and place.",
        },
    }
}

const GUIDE: &str = "Read what the list says of the indicator, and how old it is.
Compare what else the process did (triage), and on how many hosts the value is seen: what stands on most of them is rarely the attacker's.
`evql query` with the field and value of the card shows every event that has it.";

const fn risk(level: Level) -> f64 {
    match level {
        Level::Low => 21.0,
        Level::Medium => 47.0,
        Level::High => 73.0,
        Level::Critical => 99.0,
    }
}

/// The rules for some indicators. Of the alerts of one process with the same indicators the first stands for the rest, unless there is to be one for each event.
pub fn rules(indicators: Vec<Indicator>, every_event: bool) -> Vec<Rule> {
    let all: Arc<[Indicator]> = indicators.into();
    let mut by_rule: BTreeMap<(IndicatorKind, Level), Vec<u32>> = BTreeMap::new();
    for (number, indicator) in (0u32..).zip(&*all) {
        let mut add = |kind: IndicatorKind| {
            let level = indicator.level.unwrap_or(text_of(kind).level);
            by_rule.entry((kind, level)).or_default().push(number);
        };
        add(indicator.kind());
        if matches!(indicator.observables.as_slice(), [Observable::Url(_)]) {
            // A host is less than its URL, whatever the list says of that.
            by_rule.entry((IndicatorKind::Host, text_of(IndicatorKind::Host).level)).or_default().push(number);
        }
    }
    let (set, matches) = IndicatorSet::new(all, by_rule.iter().map(|((kind, _), numbers)| (*kind, &**numbers)));
    // One rule needs no condition before its own.
    let in_common = (matches.len() > 1).then(|| set.condition());
    let mut rules: Vec<Rule> = by_rule
        .iter()
        .zip(matches)
        .filter_map(|(((kind, level), numbers), of_rule)| {
            rule(*kind, *level, numbers.len(), of_rule, in_common.as_ref())
        })
        .collect();
    if every_event {
        for rule in &mut rules {
            rule.meta.suppression = None;
        }
    }
    rules
}

fn rule(
    kind: IndicatorKind,
    level: Level,
    count: usize,
    indicators: IndicatorMatch,
    in_common: Option<&Predicate>,
) -> Option<Rule> {
    let text = text_of(kind);
    let id = if level == text.level { format!("ioc-{}", text.id) } else { format!("ioc-{}-{}", text.id, level.name()) };
    // The condition is no text: the query says what it stands for.
    let source = format!("any where true // and the event has one of {}", counted(count as u64, "indicator"));
    let query = eql::compile(&source).query?;
    let meta = Metadata {
        id,
        name: text.name.to_owned(),
        description: text.about.split_whitespace().collect::<Vec<_>>().join(" "),
        level,
        risk_score: risk(level),
        note: Some(GUIDE.to_owned()),
        tags: vec![IOC_TAG.to_owned()],
        suppression: Some(AlertSuppression {
            group_by: vec!["host.name".to_owned(), "process.entity_id".to_owned()],
            duration: Ticks(i64::MAX),
            groups_missing: true,
        }),
        ..Metadata::bare("", "")
    };
    let mut rule = Rule { meta, ..Rule::bare(&source, query) };
    rule.restrict(&Predicate::all(in_common.cloned().into_iter().chain([indicators.condition()]).collect()));
    rule.origin.ioc = Some(Arc::new(indicators));
    Some(rule)
}
