//! evql's own rule format: a TOML file with one `[rule]` table, whose `query` is EQL.

use super::parsed::{ParsedRule, compile, toml_error};
use super::place::{QueryPlace, StringForm};
use super::rule::{Level, Metadata};
use super::threat::{Attack, Tactic, Technique};
use crate::eql::QueryOptions;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    rule: RawRule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    name: String,
    description: String,
    severity: Level,
    risk_score: f64,
    query: Spanned<String>,
    #[serde(default)]
    threat: Vec<RawAttack>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    false_positives: Vec<String>,
    note: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    authors: Vec<String>,
    license: Option<String>,
    max_signals: Option<u32>,
    #[serde(default)]
    hunting: bool,
    #[serde(default)]
    event_ids: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttack {
    framework: String,
    tactic: Tactic,
    #[serde(default)]
    technique: Vec<RawTechnique>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTechnique {
    id: String,
    name: String,
    reference: String,
    #[serde(default)]
    subtechnique: Vec<RawTechnique>,
}

/// Reads a rule file of evql's own format.
pub fn parse_toml(text: &str) -> ParsedRule {
    let raw = match toml::from_str::<RawFile>(text) {
        Ok(RawFile { rule }) => rule,
        Err(error) => return ParsedRule::failed(toml_error(&error)),
    };
    let place = QueryPlace::of(text, raw.query.span(), raw.query.get_ref(), StringForm::Toml);
    let query = raw.query.get_ref().clone();
    compile(&query, &place, &QueryOptions::default(), || raw.into_metadata())
}

impl RawRule {
    fn into_metadata(self) -> Metadata {
        Metadata {
            id: self.id,
            name: self.name,
            description: self.description.trim().to_owned(),
            level: self.severity,
            risk_score: self.risk_score,
            threat: self.threat.into_iter().map(RawAttack::into_attack).collect(),
            references: self.references,
            false_positives: self.false_positives,
            note: self.note,
            max_signals: self.max_signals,
            tags: self.tags,
            authors: self.authors,
            license: self.license,
            hunting: self.hunting,
            event_ids: self.event_ids,
            ..Metadata::default()
        }
    }
}

impl RawAttack {
    fn into_attack(self) -> Attack {
        let mut techniques = Vec::new();
        for technique in self.technique {
            technique.flatten_into(&mut techniques);
        }
        Attack { framework: self.framework, tactic: self.tactic, techniques }
    }
}

impl RawTechnique {
    fn flatten_into(self, all: &mut Vec<Technique>) {
        all.push(Technique { id: self.id, name: self.name, reference: self.reference });
        for sub in self.subtechnique {
            all.push(Technique { id: sub.id, name: sub.name, reference: sub.reference });
        }
    }
}

#[cfg(test)]
mod tests;
