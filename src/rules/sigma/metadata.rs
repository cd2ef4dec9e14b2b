//! What a Sigma rule says of itself: title, level, status, tags.
//!
//! This file does not know what a rule looks for.

use super::super::codes;
use super::super::rule::{Level, Metadata, RuleStatus};
use super::super::threat::{Attack, Tactic, Technique};
use super::yaml::YamlNode;
use crate::diag::Diagnostic;
use crate::eql::similar;

/// The tactics of ATT&CK as tags name them, with their ids. Both the names before and after version 19 are known.
const TACTICS: &[(&str, &str, &str)] = &[
    ("reconnaissance", "TA0043", "Reconnaissance"),
    ("resource-development", "TA0042", "Resource Development"),
    ("initial-access", "TA0001", "Initial Access"),
    ("execution", "TA0002", "Execution"),
    ("persistence", "TA0003", "Persistence"),
    ("privilege-escalation", "TA0004", "Privilege Escalation"),
    ("defense-evasion", "TA0005", "Defense Evasion"),
    ("stealth", "TA0005", "Stealth"),
    ("defense-impairment", "TA0112", "Defense Impairment"),
    ("credential-access", "TA0006", "Credential Access"),
    ("discovery", "TA0007", "Discovery"),
    ("lateral-movement", "TA0008", "Lateral Movement"),
    ("collection", "TA0009", "Collection"),
    ("command-and-control", "TA0011", "Command and Control"),
    ("exfiltration", "TA0010", "Exfiltration"),
    ("impact", "TA0040", "Impact"),
];

/// The levels with what they are in Elastic's four steps, and the score that Elastic gives to rules of that severity. What is informational is not worth a look
/// by itself.
const LEVELS: [(&str, (Level, f64)); 5] = [
    ("informational", (Level::Low, 0.0)),
    ("low", (Level::Low, 21.0)),
    ("medium", (Level::Medium, 47.0)),
    ("high", (Level::High, 73.0)),
    ("critical", (Level::Critical, 99.0)),
];

/// The metadata of a rule; what is wrong with it is added to the findings.
pub fn read(document: &YamlNode, id: &str, name: &str, found: &mut Vec<Diagnostic>) -> Metadata {
    let text = |key: &str| {
        document.get(key).and_then(YamlNode::text).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let texts = |key: &str| -> Vec<String> {
        let members = document.get(key).map(YamlNode::members).unwrap_or_default();
        let texts = members.into_iter().filter_map(YamlNode::text).map(|text| text.trim().to_owned());
        texts.filter(|text| !text.is_empty()).collect()
    };
    let (level, risk_score) = chosen(document, "level", LEVELS, found).unwrap_or_default();
    let status = chosen(document, "status", RuleStatus::ALL.map(|status| (status.name(), status)), found);
    let tags = texts("tags");
    let authors = text("author").map(|authors| authors.split(',').map(|author| author.trim().to_owned()).collect());
    Metadata {
        id: id.to_owned(),
        name: name.to_owned(),
        description: text("description").unwrap_or_default(),
        level,
        risk_score,
        threat: threat(&tags),
        references: texts("references"),
        false_positives: texts("falsepositives"),
        setup: document
            .get("logsource")
            .and_then(|source| source.get("definition"))
            .and_then(YamlNode::text)
            .map(str::to_owned),
        tags,
        authors: authors.unwrap_or_default(),
        license: text("license"),
        status,
        version: text("modified").or_else(|| text("date")),
        deprecated: status.is_some_and(RuleStatus::is_out_of_use),
        ..Metadata::default()
    }
}

/// The value of a key that has one of a few names.
fn chosen<T, const N: usize>(
    document: &YamlNode,
    key: &str,
    names: [(&'static str, T); N],
    found: &mut Vec<Diagnostic>,
) -> Option<T> {
    let node = document.get(key)?;
    let written = node.text().unwrap_or_default().trim().to_lowercase();
    let all: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let near = similar(&written, all.iter().copied());
    let value = names.into_iter().find(|(name, _)| *name == written).map(|(_, value)| value);
    if value.is_none() && !written.is_empty() {
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is one of {}", all.join(", ")),
        };
        let message = format!("`{written}` is no {key}");
        found.push(Diagnostic::warning(codes::BAD_KEY, node.span, message).help(help));
    }
    value
}

/// Tactics and techniques of tags such as `attack.execution` and `attack.t1059.001`.
fn threat(tags: &[String]) -> Vec<Attack> {
    let mut tactics = Vec::new();
    let mut techniques: Vec<Technique> = Vec::new();
    for tag in tags {
        let lower = tag.to_lowercase().replace('_', "-");
        let Some(name) = lower.strip_prefix("attack.") else { continue };
        if let Some((_, id, name)) = TACTICS.iter().find(|(known, ..)| *known == name) {
            let reference = format!("https://attack.mitre.org/tactics/{id}/");
            tactics.push(Tactic { id: (*id).to_owned(), name: (*name).to_owned(), reference });
        } else if let Some(number) =
            name.strip_prefix('t').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            let id = format!("T{number}");
            let reference = format!("https://attack.mitre.org/techniques/{}/", id.replace('.', "/"));
            techniques.push(Technique { name: id.clone(), id, reference });
        }
    }
    if tactics.is_empty() && !techniques.is_empty() {
        tactics.push(Tactic::default());
    }
    // Tags do not say which tactic a technique serves: all stand under the first, and are counted once.
    let under = |(at, tactic)| {
        let techniques = if at == 0 { std::mem::take(&mut techniques) } else { Vec::new() };
        Attack { framework: "MITRE ATT&CK".to_owned(), tactic, techniques }
    };
    tactics.into_iter().enumerate().map(under).collect()
}
