//! Placeholders: `%Servers%` in a value with the modifier `expand`, and what a site puts in its place.
//!
//! A file of them is YAML: names, each with a value or a list of values.

use super::text::{MOST_TEXTS, SigmaText, TextPart};
use super::yaml::{YamlNode, documents};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::rules::codes;
use std::collections::BTreeMap;

/// Values by the name of their placeholder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placeholders(BTreeMap<String, Vec<String>>);

/// Texts of one value that are made at most: one more than any item may have, so that nothing is cut off unseen.
const MOST_EXPANDED: usize = MOST_TEXTS + 1;

impl Placeholders {
    /// Reads a file of placeholders.
    pub fn read(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let (documents, error) = documents(text);
        let mut found: Vec<Diagnostic> = error.into_iter().collect();
        let mut all = BTreeMap::new();
        for document in &documents {
            if !document.is_map() {
                let message = "a file of placeholders is a map of names to values";
                found.push(Diagnostic::error(codes::BAD_FILE, document.span, message));
            }
            for (name, values) in document.pairs() {
                let texts: Option<Vec<&str>> = values.members().into_iter().map(YamlNode::text).collect();
                match (name.text(), texts) {
                    (Some(name), Some(texts)) => {
                        let texts = texts.into_iter().map(str::to_owned).collect();
                        all.insert(name.trim_matches('%').to_owned(), texts);
                    }
                    _ => found.push(Diagnostic::error(
                        codes::BAD_FILE,
                        Span::new(name.span.start, values.span.end),
                        "a placeholder has a value or a list of values",
                    )),
                }
            }
        }
        if found.is_empty() { Ok(Self(all)) } else { Err(found) }
    }

    /// A text with each of its placeholders replaced by each of its values; `Err` with the name of one that has none.
    pub fn expand(&self, text: &SigmaText) -> Result<Vec<SigmaText>, String> {
        let mut all = vec![SigmaText::default()];
        let parts = &text.0;
        let mut at = 0;
        while let Some(part) = parts.get(at) {
            if let Some((name, end)) = name_at(parts, at) {
                let values = self.0.get(&name).filter(|values| !values.is_empty());
                let values: Vec<SigmaText> = values.ok_or(name)?.iter().map(|value| SigmaText::read(value)).collect();
                let longer = |text: &SigmaText, value: &SigmaText| SigmaText([&*text.0, &*value.0].concat());
                all = all.iter().flat_map(|text| values.iter().map(move |value| longer(text, value))).collect();
                all.truncate(MOST_EXPANDED);
                at = end;
                continue;
            }
            // `\%` is an ordinary sign.
            let is_escaped = *part == TextPart::Char('\\') && parts.get(at + 1) == Some(&TextPart::Char('%'));
            let part = if is_escaped { TextPart::Char('%') } else { *part };
            for text in &mut all {
                text.0.push(part);
            }
            at += 1 + usize::from(is_escaped);
        }
        Ok(all)
    }
}

/// The placeholder that begins at a place, and where it ends.
fn name_at(parts: &[TextPart], at: usize) -> Option<(String, usize)> {
    if parts[at] != TextPart::Char('%') {
        return None;
    }
    let mut name = String::new();
    for (end, part) in parts.iter().enumerate().skip(at + 1) {
        match part {
            TextPart::Char('%') if !name.is_empty() => return Some((name, end + 1)),
            TextPart::Char(c) if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') => name.push(*c),
            _ => return None,
        }
    }
    None
}
