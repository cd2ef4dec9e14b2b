//! The rules that fired: what each says of itself, its query, its guide and what is harmless, once for all of its alerts.

use super::card::attack_link;
use super::doc::{at, text, texts};
use super::finding::{AlertSeverity, AttackLink, Finding};
use super::markdown::{code, guide};
use super::text::{counted, line, link, short};
use crate::rules::Rule;
use maud::{Markup, html};
use serde_json::Value;

/// The texts of a rule that the page shows.
#[derive(Clone, Debug, Default)]
pub struct RuleText {
    /// Its stable identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The description: the behaviour that the rule finds, and why it matters.
    pub description: String,
    /// The query as it was written.
    pub query: String,
    /// The investigation guide, in Markdown.
    pub note: String,
    /// The setup guide, in Markdown.
    pub setup: String,
    /// Known harmless causes.
    pub false_positives: Vec<String>,
    /// Pages to read.
    pub references: Vec<String>,
}

/// Most entries of a list of a rule.
const MOST: usize = 100;

impl RuleText {
    /// The texts of a rule that was loaded.
    pub fn of_rule(rule: &Rule) -> Self {
        let meta = &rule.meta;
        Self {
            id: meta.id.clone(),
            name: meta.name.clone(),
            description: meta.description.clone(),
            query: rule.source.clone(),
            note: meta.note.clone().unwrap_or_default(),
            setup: meta.setup.clone().unwrap_or_default(),
            false_positives: meta.false_positives.clone(),
            references: meta.references.clone(),
        }
    }

    /// Reads the texts from an alert document.
    pub fn of_document(document: &Value) -> Self {
        let first =
            |names: [&str; 2]| names.iter().find_map(|name| text(document, name)).unwrap_or_default().into_owned();
        let all = |names: [&str; 2]| -> Vec<String> {
            // Of evql's and Kibana's names the first that has something: a document has one or the other.
            let found = names.iter().find(|name| texts(document, name).next().is_some());
            found
                .map(|name| texts(document, name).take(MOST).map(std::borrow::Cow::into_owned).collect())
                .unwrap_or_default()
        };
        Self {
            id: first(["rule.id", "kibana.alert.rule.rule_id"]),
            name: first(["rule.name", "kibana.alert.rule.name"]),
            description: first(["rule.description", "kibana.alert.rule.description"]),
            query: first(["evql.rule.query", "kibana.alert.rule.parameters.query"]),
            note: first(["evql.rule.note", "kibana.alert.rule.note"]),
            setup: first(["evql.rule.setup", "kibana.alert.rule.parameters.setup"]),
            false_positives: all(["evql.rule.false_positives", "kibana.alert.rule.false_positives"]),
            references: all(["rule.reference", "kibana.alert.rule.references"]),
        }
    }

    /// Takes from another what is missing here.
    pub fn complete(&mut self, other: &Self) {
        let take = |own: &mut String, other: &String| {
            if own.is_empty() {
                own.clone_from(other);
            }
        };
        take(&mut self.id, &other.id);
        take(&mut self.name, &other.name);
        take(&mut self.description, &other.description);
        take(&mut self.query, &other.query);
        take(&mut self.note, &other.note);
        take(&mut self.setup, &other.setup);
        for (own, other) in
            [(&mut self.false_positives, &other.false_positives), (&mut self.references, &other.references)]
        {
            if own.is_empty() {
                own.clone_from(other);
            }
        }
    }
}

/// A rule that fired.
#[derive(Debug)]
pub struct Fired {
    /// Its texts.
    pub texts: RuleText,
    /// The severity of its first alert.
    pub severity: AlertSeverity,
    /// Its risk score.
    pub risk: Option<f64>,
    /// Tactics and techniques of its first alert.
    pub attack: Vec<AttackLink>,
    /// How many alerts it has.
    pub alerts: u64,
}

impl Fired {
    /// A rule by its first alert.
    pub fn new(document: &Value, finding: &Finding) -> Self {
        let risk = at(document, "event.risk_score")
            .or_else(|| at(document, "kibana.alert.risk_score"))
            .and_then(Value::as_f64);
        let attack = finding.tactics.iter().chain(&finding.techniques).cloned().collect();
        let mut texts = RuleText::of_document(document);
        if texts.name.is_empty() {
            texts.name.clone_from(&finding.rule);
        }
        Self { texts, severity: finding.severity, risk, attack, alerts: 0 }
    }

    /// The rule as it stands on the page.
    pub fn part(&self, number: usize) -> Markup {
        let RuleText { id, name, description, query, note, setup, false_positives, references } = &self.texts;
        html! {
            details.rule id={ "rule-" (number) } {
                summary {
                    span class={ "pill " (self.severity.name()) } { (self.severity.name()) }
                    span.title { (short(name)) }
                    @if let Some(risk) = self.risk { span.risk { "risk " (risk) } }
                    span.count { (counted(self.alerts, "alert")) }
                }
                div.body {
                    @if !description.is_empty() { p.about { (line(&description.split_whitespace().collect::<Vec<_>>().join(" "))) } }
                    @if !self.attack.is_empty() { ul.chips aria-label="ATT&CK" { @for attack in &self.attack { li { (attack_link(attack)) } } } }
                    @if !query.trim().is_empty() { h4 { "Query" } (code(query.trim())) }
                    @if !note.trim().is_empty() { h4 { "Investigation guide" } div.markdown { (guide(note.trim())) } }
                    @if !false_positives.is_empty() { h4 { "False positives" } ul { @for text in false_positives { li { (line(text)) } } } }
                    @if !setup.trim().is_empty() { details { summary { "Setup" } div.markdown { (guide(setup.trim())) } } }
                    @if !references.is_empty() { h4 { "References" } ul.links { @for address in references { li { (link(address, &line(address))) } } } }
                    @if query.is_empty() && note.is_empty() { p.note { "The alerts do not carry the query and the guide of this rule; `evql report -r` takes them from the rule files." } }
                    @if !id.is_empty() { p.anchors { "Rule id: " code { (short(id)) } } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
