//! Sigma rules: YAML becomes a query of EQL over the entries of Sysmon's records as they were logged.
//!
//! The way of a rule, each step in a file of its own:
//!
//! ```text
//! yaml         the text as nodes with places
//! logsource    category: process_creation              the event ID 1
//! detection    CommandLine|contains: '\Run'            tests of fields, after the modifiers
//! expression   selection and not 1 of filter_*         and how they are joined
//! eql_text     any where sysmon.entry.EventID like "1" and sysmon.entry.CommandLine : "*\\Run*"
//! ```
//!
//! So all that works for EQL works for Sigma: rules are specialised to shapes of records, explained, covered by tests and changed by mutants. Nothing is lost on
//! the way: what EQL in Elasticsearch cannot say has a field (`sysmon.entry.*`) or a function (`regexSearch`) of its own. The query knows which part of it comes
//! from where, so that findings stand at their line and column of the YAML.

mod correlated;
mod correlation;
mod detection;
mod eql_text;
mod expression;
mod filter;
mod logsource;
mod metadata;
mod modifier;
mod placeholders;
mod rule_document;
mod text;
mod yaml;

pub use correlated::{CorrelatedRule, CorrelationTree, compile as compile_correlation};
pub use correlation::{ParsedCorrelation, SigmaCorrelation};
pub use filter::SigmaFilter;
pub use placeholders::Placeholders;

use super::codes;
use super::parsed::ParsedRule;
use crate::diag::Diagnostic;
use std::sync::Arc;
use yaml::{YamlKind, YamlNode, documents};

/// What stands in a file of Sigma rules.
#[derive(Debug, Default)]
pub struct SigmaFile {
    pub rules: Vec<ParsedRule>,
    pub filters: Vec<SigmaFilter>,
    pub correlations: Vec<ParsedCorrelation>,
    pub diagnostics: Vec<Diagnostic>,
}

impl SigmaFile {
    /// Whether it is a file of rules at all.
    pub fn is_ours(&self) -> bool {
        !self.rules.is_empty()
            || !self.filters.is_empty()
            || !self.correlations.is_empty()
            || self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Whether a text has the words without which there is no rule in it.
pub fn looks_like_sigma(head: &[u8]) -> bool {
    let has = |text: &str| memchr::memmem::find(head, text.as_bytes()).is_some();
    has("detection") && has("condition") || has("correlation") || has("filter") && has("logsource")
}

/// Reads a file. `fallback_id` is the id of a rule that has none.
pub fn parse_sigma(text: &str, fallback_id: &str, named: bool, placeholders: &Placeholders) -> SigmaFile {
    let (documents, error) = documents(text);
    let mut file = SigmaFile::default();
    // A text that is no YAML is a broken rule only if it looks like one.
    file.diagnostics.extend(error.filter(|_| named || text.contains("detection:") || text.contains("correlation:")));
    let mut template: Option<Arc<YamlNode>> = None;
    for document in documents {
        match document.get("action").and_then(YamlNode::text) {
            // Collections: what stands in a document of this kind belongs to all that follow.
            Some("global") => {
                template = Some(joined(template.as_ref(), &document));
                continue;
            }
            Some("reset") => template = None,
            _ => {}
        }
        let document = match &template {
            Some(template) => joined(Some(template), &document),
            None => document,
        };
        let number = file.rules.len() + file.correlations.len();
        let id = if number == 0 { fallback_id.to_owned() } else { format!("{fallback_id}#{}", number + 1) };
        if document.get("detection").is_some() {
            file.rules.push(rule_document::read(&document, &id, placeholders));
        } else if document.get("correlation").is_some_and(YamlNode::is_map) {
            file.correlations.push(correlation::read(&document, &id));
        } else if document.get("filter").is_some_and(YamlNode::is_map) {
            match filter::read(&document, placeholders) {
                Ok(filter) => file.filters.push(filter),
                Err(found) => file.diagnostics.extend(found),
            }
        } else if named && document.is_map() {
            let message = "this is no Sigma rule: it has neither `detection` nor `correlation` nor `filter`";
            file.diagnostics.push(Diagnostic::error(codes::BAD_KEY, document.first_key(), message));
        }
    }
    file
}

/// Two documents in one: maps are joined key by key, of anything else the later one stands.
fn joined(template: Option<&Arc<YamlNode>>, document: &Arc<YamlNode>) -> Arc<YamlNode> {
    let Some(template) = template else { return document.clone() };
    let (YamlKind::Map(old), YamlKind::Map(new)) = (&template.kind, &document.kind) else { return document.clone() };
    let mut pairs = old.clone();
    for (key, value) in new {
        match pairs.iter_mut().find(|(known, _)| known.text() == key.text()) {
            Some((_, known)) => *known = joined(Some(known), value),
            None => pairs.push((key.clone(), value.clone())),
        }
    }
    Arc::new(document.with(YamlKind::Map(pairs)))
}

#[cfg(test)]
mod tests;
