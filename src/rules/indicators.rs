//! Files of indicators that a person gives: JSON documents of ECS, one a line, in an array, or as Elasticsearch answers; or CSV whose head names fields.
//!
//! This module does not know which rules want them.

use super::codes;
use super::discover::{FileReport, read_each};
use super::rule::{NotRun, RuleSet};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ecs::Field;
use crate::event::{Document, Value};
use serde_json::Value as Json;
use std::path::PathBuf;

/// The indicators of files, with what is wrong with these.
#[derive(Clone, Debug, Default)]
pub struct GivenIndicators {
    /// The indicators, in the order of their files.
    pub documents: Vec<Document>,
    /// Every file.
    pub files: Vec<FileReport>,
}

impl GivenIndicators {
    /// Whether something keeps a file from being used.
    pub fn has_error(&self) -> bool {
        self.files.iter().any(FileReport::has_error)
    }

    /// Restricts the rules that want indicators to events that fit one of these. Without any such rules cannot run: they leave the set.
    pub fn give_to(&self, set: &mut RuleSet) -> Vec<(NotRun, String)> {
        let mut not_run = Vec::new();
        set.rules.retain_mut(|rule| {
            let Some(wanted) = rule.origin.threat_match.clone() else { return true };
            if self.documents.is_empty() {
                let reason = "no indicators were given (--indicators FILE)".to_owned();
                let (id, name) = (rule.meta.id.clone(), rule.meta.name.clone());
                not_run.push((
                    NotRun { id, name, language: "threat_match".to_owned(), reason },
                    rule.origin.file.to_string(),
                ));
                return false;
            }
            let indicators = wanted.among(&self.documents);
            rule.query = rule.query.among(&wanted.condition(&indicators));
            rule.origin.indicators = indicators;
            true
        });
        not_run
    }
}

/// Loads files of indicators: CSV if they end in `.csv`, else JSON.
pub fn load_indicators(paths: &[PathBuf]) -> GivenIndicators {
    let mut documents = Vec::new();
    let files = read_each(paths, |path, text| {
        let before = documents.len();
        let is_csv = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        let found = if is_csv { of_csv(text, &mut documents) } else { of_json(text, &mut documents) };
        let error = |message: String, at: usize| {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            Diagnostic::error(codes::BAD_FILE, Span::new(at, at.saturating_add(1)), message)
        };
        match found {
            Err((message, at)) => vec![error(message, at)],
            Ok(()) if documents.len() == before => {
                vec![error("there is no indicator in this file".to_owned(), 0)]
            }
            Ok(()) => Vec::new(),
        }
    });
    GivenIndicators { documents, files }
}

/// What is wrong, and where.
type Refused = (String, usize);

fn of_json(text: &str, documents: &mut Vec<Document>) -> Result<(), Refused> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    while let Some(value) = values.next() {
        let at = values.byte_offset();
        match value {
            Ok(value) => add(&value, documents),
            Err(error) => return Err((format!("this is no JSON document: {error}"), at)),
        }
    }
    Ok(())
}

/// Adds the documents in a value: itself, those of a list, or the sources of hits.
fn add(value: &Json, documents: &mut Vec<Document>) {
    match value {
        Json::Array(values) => values.iter().for_each(|value| add(value, documents)),
        Json::Object(object) => {
            if let Some(hits) = object.get("hits") {
                add(hits, documents);
            } else if let Some(source) = object.get("_source") {
                add(source, documents);
            } else {
                documents.push(Document::from_json(object));
            }
        }
        _ => {}
    }
}

fn of_csv(text: &str, documents: &mut Vec<Document>) -> Result<(), Refused> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let wrong = |error: &csv::Error| {
        let at = error.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or_default());
        (format!("this is no CSV: {error}"), at)
    };
    let fields: Vec<Field> =
        reader.headers().map_err(|error| wrong(&error))?.iter().map(|name| Field::named(name.trim())).collect();
    for row in reader.records() {
        let row = row.map_err(|error| wrong(&error))?;
        let filled = fields.iter().zip(&row).filter(|(_, text)| !text.is_empty());
        documents.push(Document::from_pairs(filled.map(|(field, text)| (field.clone(), Value::from(text))).collect()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
