//! evql's own rule format: a TOML file with one `[rule]` table, whose `query` is EQL.

use super::{Attack, Level, Metadata, Rule, Tactic, Technique};
use crate::base::Span;
use crate::diag::{Code, Diagnostic};
use crate::eql;
use serde::Deserialize;
use toml::Spanned;

/// The file is not TOML, or not of the format.
pub const BAD_FILE: Code = Code("rule-file");

/// What came of one rule file.
#[derive(Debug)]
pub struct ParsedRule {
    /// The rule, if nothing keeps it from running.
    pub rule: Option<Rule>,
    /// Everything found; spans are offsets in the file.
    pub diagnostics: Vec<Diagnostic>,
}

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
        Err(error) => {
            let span = error.span().map_or(Span::default(), span_of);
            let diagnostic = Diagnostic::error(BAD_FILE, span, error.message());
            return ParsedRule { rule: None, diagnostics: vec![diagnostic] };
        }
    };
    let place = QueryPlace::of(text, &raw.query);
    let compiled = eql::compile(raw.query.get_ref());
    let diagnostics = compiled.diagnostics.into_iter().map(|found| place.relocate(found)).collect();
    let rule = compiled.query.map(|query| {
        let source = raw.query.get_ref().clone();
        Rule { meta: raw.into_metadata(), source, query }
    });
    ParsedRule { rule, diagnostics }
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
            tags: self.tags,
            authors: self.authors,
            license: self.license,
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

/// Where the text of a query stands in its file.
enum QueryPlace {
    /// Byte for byte from this offset on.
    Verbatim(u32),
    /// The TOML string has escapes, so that only the whole of it can be pointed at.
    Whole(Span),
}

impl QueryPlace {
    fn of(file: &str, query: &Spanned<String>) -> Self {
        let span = query.span();
        let written = file.get(span.clone()).unwrap_or_default();
        match written.find(query.get_ref().as_str()) {
            Some(at) if !query.get_ref().is_empty() => Self::Verbatim(to_u32(span.start + at)),
            _ => Self::Whole(span_of(span)),
        }
    }

    fn relocate(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.span = match self {
            Self::Verbatim(start) => diagnostic.span.shifted(*start),
            Self::Whole(span) => *span,
        };
        diagnostic
    }
}

fn span_of(range: std::ops::Range<usize>) -> Span {
    Span::new(to_u32(range.start), to_u32(range.end))
}

fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
