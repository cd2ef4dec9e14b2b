//! Rules that hold events against indicators of threats: an event is an alert if one indicator fits all entries of one of the rule's groups.
//!
//! In Elastic the indicators are documents of an index; here they are given in files. This module does not know how files are read.

use super::filters;
use super::raw_parts::{MappingEntry, SavedMapping};
use super::{kql, lucene};
use crate::diag::Diagnostic;
use crate::ecs::Field;
use crate::eql::{Compiled, Predicate, Query, parse_block};
use crate::event::{Document, Value};
use hashbrown::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The parts of a rule that tell what it wants, as they are written.
#[derive(Clone, Copy, Debug)]
pub struct WrittenThreat<'r> {
    /// `threat_query`
    pub query: Option<&'r str>,
    /// `threat_language`
    pub language: Option<&'r str>,
    /// `threat_filters`
    pub filters: &'r [serde_json::Value],
    /// `threat_mapping`
    pub mapping: &'r [SavedMapping],
}

/// What a rule wants of indicators.
#[derive(Clone, Debug)]
pub struct ThreatMatch {
    /// Which indicators count.
    query: Predicate,
    /// Groups of entries: one group must fit, and in it all entries.
    groups: Vec<Vec<MappingEntry>>,
}

/// An indicator that fits an event, and by what.
#[derive(Clone, Debug)]
pub struct IndicatorHit<'i> {
    /// The entries that fit.
    pub entries: &'i [MappingEntry],
    /// The indicator.
    pub indicator: &'i Document,
}

impl ThreatMatch {
    /// What the rule wants, or why that cannot be told.
    pub fn new(written: WrittenThreat<'_>) -> Result<Self, String> {
        let text = written.query.unwrap_or("*:*");
        let compiled = match written.language {
            None | Some("kuery") => kql::compile(text),
            Some("lucene") => lucene::compile(text).map_err(|reason| format!("`threat_query`: {reason}"))?,
            Some(other) => return Err(format!("`threat_language` of '{other}' is not known")),
        };
        let Compiled { query, diagnostics, .. } = compiled;
        let Some(Query::Event(query)) = query else {
            let reason = diagnostics.iter().find(|found| found.is_error()).map_or("", |found| &found.message);
            return Err(format!("`threat_query` is wrong: {reason}"));
        };
        let (filter, findings) = filters::compile(written.filters, &|_| crate::base::Span::default());
        if let Some(wrong) = findings.iter().find(|found| Diagnostic::is_error(found)) {
            return Err(format!("`threat_filters`: {}", wrong.message));
        }
        let groups: Vec<Vec<MappingEntry>> = written.mapping.iter().map(|group| group.entries.clone()).collect();
        if groups.is_empty() || groups.iter().any(Vec::is_empty) {
            return Err("a rule that holds events against indicators needs `threat_mapping`".to_owned());
        }
        let query = Predicate::all([query.predicate().clone()].into_iter().chain(filter).collect());
        Ok(Self { query, groups })
    }

    /// Those of some indicators that count for the rule.
    pub fn among(&self, indicators: &[Document]) -> Arc<[Document]> {
        indicators.iter().filter(|indicator| self.query.matches(*indicator)).cloned().collect()
    }

    /// The condition that an event fits one of these indicators.
    pub fn condition(&self, indicators: &[Document]) -> Predicate {
        Predicate::any(self.groups.iter().map(|group| of_group(group, indicators)).collect())
    }

    /// The indicators that an event fits, of each the first group by which it does, up to so many.
    pub fn hits<'i>(&'i self, event: &Document, indicators: &'i [Document], most: usize) -> Vec<IndicatorHit<'i>> {
        let hit = |indicator: &'i Document| {
            let fits = |entry: &MappingEntry| {
                values(indicator, &entry.value).any(|value| equals(event, &entry.field, &value)) != entry.negate
            };
            let has_all =
                |group: &[MappingEntry]| group.iter().all(|entry| values(indicator, &entry.value).next().is_some());
            let group = self.groups.iter().find(|group| has_all(group) && group.iter().all(fits))?;
            Some(IndicatorHit { entries: group, indicator })
        };
        indicators.iter().filter_map(hit).take(most).collect()
    }
}

/// The values of a field of an indicator.
fn values<'i>(indicator: &'i Document, field: &str) -> impl Iterator<Item = String> + use<'i> {
    indicator.values(&Field::named(field)).iter().map(ToString::to_string)
}

/// The condition that an event fits one of these indicators in all entries of a group.
fn of_group(group: &[MappingEntry], indicators: &[Document]) -> Predicate {
    let quote =
        |entry: &MappingEntry| format!("{} is {}{}", entry.field, if entry.negate { "not " } else { "" }, entry.value);
    // An indicator that lacks a field of the group says nothing about it.
    let has_all =
        |indicator: &&Document| group.iter().all(|entry| !indicator.values(&Field::named(&entry.value)).is_empty());
    let meant: Vec<&Document> = indicators.iter().filter(has_all).collect();
    if let [entry] = group
        && !entry.negate
    {
        // Most rules ask for one field: all indicators together are one look-up.
        let all = meant.iter().flat_map(|indicator| values(indicator, &entry.value)).collect();
        return kql::equals_any(&entry.field, all, &quote(entry).into());
    }
    let mut seen = HashSet::new();
    let mut each = Vec::new();
    for indicator in &meant {
        let of_entries: Vec<Vec<String>> =
            group.iter().map(|entry| values(indicator, &entry.value).collect()).collect();
        // Feeds repeat themselves.
        if !seen.insert(of_entries.clone()) {
            continue;
        }
        let entries = group.iter().zip(of_entries).map(|(entry, values)| {
            let condition = kql::equals_any(&entry.field, values, &quote(entry).into());
            if entry.negate { condition.negated() } else { condition }
        });
        each.push(Predicate::all(entries.collect()));
    }
    // What one entry has in none of the indicators need not be held against each of them.
    let mut all: Vec<Predicate> = Vec::new();
    for entry in group.iter().filter(|entry| !entry.negate) {
        let any = meant.iter().flat_map(|indicator| values(indicator, &entry.value)).collect();
        all.push(kql::equals_any(&entry.field, any, &quote(entry).into()));
    }
    all.push(Predicate::any(each));
    Predicate::all(all)
}

/// Whether an event has a value of an indicator.
fn equals(event: &Document, field: &str, wanted: &str) -> bool {
    let have = event.values(&crate::ecs::mapped(field).0);
    let is_it = |value: &Value| match value {
        Value::Ip(ip) => {
            let address: IpAddr = ip.address;
            parse_block(wanted).is_some_and(|block| block.contains(&address))
        }
        Value::Text(text) => {
            **text == *wanted
                || (text.parse::<IpAddr>().is_ok()
                    && parse_block(wanted)
                        .zip(text.parse().ok())
                        .is_some_and(|(block, address): (_, IpAddr)| block.contains(&address)))
        }
        other => other.to_string() == wanted,
    };
    have.iter().any(is_it) || kql::equals_any(field, vec![wanted.to_owned()], &"".into()).matches(event)
}
