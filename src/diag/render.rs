//! The faces of a diagnostic: one line for a build log, or an excerpt of the source for a person.

use super::diagnostic::{Diagnostic, Severity};
use crate::base::LineIndex;
use crate::base::escape::terminal;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// `file:line:column: error[slug]: message`, one line.
pub fn concise(diagnostic: &Diagnostic, file: &str, text: &str) -> String {
    let at = LineIndex::new(text).locate(diagnostic.span.start);
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    // Messages quote rules, and rules come from anywhere.
    let message = terminal(&diagnostic.message);
    format!("{}:{}:{}: {level}[{}]: {message}", terminal(file), at.line, at.column, diagnostic.code.0)
}

/// The finding with the lines of the source that it is about, without colour.
pub fn full(diagnostic: &Diagnostic, file: &str, text: &str) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let length = text.len();
    let range = diagnostic.span.range();
    // The renderer panics on a range outside of its source, and on one that ends within a character. A finding about the end of a text, about one byte of it,
    // or one that was moved from another text, must not.
    let is_between = |at: &usize| text.is_char_boundary(*at);
    let start = (0..=range.start.min(length)).rev().find(is_between).unwrap_or_default();
    let end = (range.end.max(start)..length).find(is_between).unwrap_or(length);
    let range = start..end;
    let annotation = AnnotationKind::Primary.span(range);
    let annotation = if diagnostic.label.is_empty() { annotation } else { annotation.label(diagnostic.label.as_str()) };
    let group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.0)
        .element(Snippet::source(text).path(file).annotation(annotation));
    let mut report = vec![group];
    if let Some(help) = &diagnostic.help {
        report.push(annotate_snippets::Group::with_title(Level::HELP.secondary_title(help.as_str())));
    }
    Renderer::plain().render(&report)
}

#[cfg(test)]
mod tests;
