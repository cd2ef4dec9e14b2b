//! The fields of a rule as Elastic writes it, in a detection-rules TOML file and in a Kibana export alike, and what becomes of them.
//!
//! Keys that are not listed here are no mistake: rules carry much that only a server needs. This module does not compile queries.

use super::list_use::single;
use super::raw_parts::{SavedMapping, SavedNewTerms, SavedSuppression, SavedThreshold};
use super::rule::{Level, Metadata, RuleLanguage};
use super::threat::{Attack, Tactic, Technique};
use serde::{Deserialize, Deserializer};

/// One rule.
#[derive(Debug, Deserialize)]
pub struct SavedRule {
    pub rule_id: Option<String>,
    pub name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub description: String,
    pub severity: Option<Level>,
    pub risk_score: Option<f64>,
    pub language: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub event_category_override: Option<String>,
    pub max_signals: Option<u32>,
    pub building_block_type: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub exceptions_list: Vec<ListReference>,
    /// Kibana's filters, as they are.
    #[serde(default, deserialize_with = "null_as_default")]
    pub filters: Vec<serde_json::Value>,
    pub version: Option<u64>,
    pub threshold: Option<SavedThreshold>,
    pub new_terms: Option<SavedNewTerms>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub new_terms_fields: Vec<String>,
    pub history_window_start: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub threat_mapping: Vec<SavedMapping>,
    pub threat_query: Option<String>,
    pub threat_language: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub threat_filters: Vec<serde_json::Value>,
    pub alert_suppression: Option<SavedSuppression>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub interval: Option<String>,
    /// Set in packages of rules that Elastic has taken back.
    #[serde(default, deserialize_with = "null_as_default")]
    pub deprecated: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    threat: Vec<SavedAttack>,
    #[serde(default, deserialize_with = "null_as_default")]
    references: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    false_positives: Vec<String>,
    note: Option<String>,
    setup: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    tags: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    author: Vec<String>,
    license: Option<String>,
}

/// What a rule does with the events that its query finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuleKind {
    /// Each is an alert.
    #[default]
    Query,
    /// They are counted.
    Threshold,
    /// Those with values that none had before are alerts.
    NewTerms,
    /// Those that fit an indicator are alerts.
    ThreatMatch,
}

/// A rule's reference to a list of exceptions.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct ListReference {
    pub list_id: String,
    #[serde(default = "single")]
    pub namespace_type: String,
}

/// Programs write `null` for what is not there.
fn null_as_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[derive(Debug, Deserialize)]
struct SavedAttack {
    #[serde(default)]
    framework: String,
    #[serde(default)]
    tactic: RawTactic,
    #[serde(default)]
    technique: Vec<SavedTechnique>,
}

#[derive(Debug, Default, Deserialize)]
struct RawTactic {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    reference: String,
}

#[derive(Debug, Deserialize)]
struct SavedTechnique {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    subtechnique: Vec<RawSubtechnique>,
}

#[derive(Debug, Deserialize)]
struct RawSubtechnique {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    reference: String,
}

impl SavedRule {
    /// The language of the rule's query, and its type; for a rule that does not run, its language or type as Elastic names it, and the reason.
    pub fn language(&self) -> Result<(RuleLanguage, RuleKind), (String, String)> {
        // `type` says what kind of rule it is, `language` what its query is written in; a threshold rule has a `kuery` query too, and is named by its
        // type.
        let kind = self.kind.as_deref().unwrap_or("eql");
        let usual = if kind == "eql" { "eql" } else { "kuery" };
        let language = self.language.as_deref().unwrap_or(usual);
        let not = |name: &str, reason: &str| Err((name.to_owned(), reason.to_owned()));
        let of_kind = match kind {
            "eql" | "query" | "saved_query" => Some(RuleKind::Query),
            "threshold" => Some(RuleKind::Threshold),
            "new_terms" => Some(RuleKind::NewTerms),
            "threat_match" => Some(RuleKind::ThreatMatch),
            _ => None,
        };
        match (kind, language) {
            ("eql", "eql") => Ok((RuleLanguage::Eql, RuleKind::Query)),
            (_, "kuery" | "lucene") if kind != "eql" && of_kind.is_some() => {
                let language = if language == "kuery" { RuleLanguage::Kuery } else { RuleLanguage::Lucene };
                Ok((language, of_kind.unwrap_or_default()))
            }
            ("esql", _) | (_, "esql") => not("esql", "ES|QL makes tables of all events, which needs Elasticsearch"),
            ("machine_learning", _) => not(kind, "its jobs have learnt on a server what is usual there"),
            ("query" | "saved_query" | "eql", language) => not(language, "evql does not know the language"),
            (kind, _) => not(kind, "evql does not run rules of this type"),
        }
    }

    /// The metadata; `fallback_id` is the id of a rule that has none.
    pub fn into_metadata(self, fallback_id: &str) -> Metadata {
        Metadata {
            id: self.rule_id.unwrap_or_else(|| fallback_id.to_owned()),
            name: self.name,
            description: self.description.trim().to_owned(),
            level: self.severity.unwrap_or(Level::Low),
            risk_score: self.risk_score.unwrap_or_default(),
            threat: self.threat.into_iter().map(SavedAttack::into_attack).collect(),
            references: self.references,
            false_positives: self.false_positives,
            note: self.note,
            setup: self.setup,
            tags: self.tags,
            authors: self.author,
            license: self.license,
            max_signals: self.max_signals,
            version: self.version.map(|version| version.to_string()),
            suppression: self.alert_suppression.as_ref().map(|saved| saved.read(self.interval.as_deref())),
            building_block: self.building_block_type.is_some(),
            deprecated: self.deprecated,
            ..Metadata::default()
        }
    }
}

impl SavedAttack {
    fn into_attack(self) -> Attack {
        let mut techniques = Vec::new();
        for SavedTechnique { id, name, reference, subtechnique } in self.technique {
            techniques.push(Technique { id, name, reference });
            let subs = subtechnique.into_iter();
            techniques.extend(subs.map(|RawSubtechnique { id, name, reference }| Technique { id, name, reference }));
        }
        let RawTactic { id, name, reference } = self.tactic;
        Attack { framework: self.framework, tactic: Tactic { id, name, reference }, techniques }
    }
}
