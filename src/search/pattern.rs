//! What is looked for: a text, or a regular expression between slashes. Letter case does not count in either.

use super::required::required_texts;
use crate::base::Span;
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind};
use std::ops::Range;

/// Why there is nothing that could be looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// There is no text.
    #[error("nothing to look for: the text is empty")]
    Empty,
    /// The expression is none.
    #[error("not a regular expression: {reason}")]
    Wrong {
        /// What is wrong.
        reason: String,
        /// Where, in bytes of the expression without its slashes.
        span: Span,
    },
    /// The expression matches texts of no characters, and so every event.
    #[error(
        "the expression matches a text of no characters, and so every event; `evql query 'any where true'` gives them all"
    )]
    MatchesAll,
    /// The expression is too large.
    #[error("the expression is too large: {0}")]
    TooLarge(String),
}

/// A text or regular expression that is looked for.
#[derive(Clone, Debug)]
pub struct SearchPattern {
    regex: Regex,
    /// Texts of which whatever matches has one, in any case; `None` if nothing is known.
    required: Option<Vec<String>>,
}

impl SearchPattern {
    /// A text, or a regular expression if it stands between slashes.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some(expression) if !expression.is_empty() => Self::expression(expression),
            _ => Self::literal(text),
        }
    }

    /// A text, whatever it looks like.
    pub fn literal(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        Ok(Self { regex: build(&regex::escape(text))?, required: Some(vec![text.to_owned()]) })
    }

    /// A regular expression of the `regex` crate.
    pub fn expression(text: &str) -> Result<Self, PatternError> {
        // Parsed without regard to case it would be classes of letters: what it cannot do without is told by the letters that were typed.
        let hir = regex_syntax::parse(text).map_err(|error| wrong(&error))?;
        let regex = build(text)?;
        if can_be_empty(&hir) {
            return Err(PatternError::MatchesAll);
        }
        Ok(Self { required: required_texts(&hir), regex })
    }

    /// Whether a text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The places in a text that match, in bytes.
    pub fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        self.regex.find_iter(text).map(|found| found.range())
    }

    /// Texts of which whatever matches has one, in any case; `None` if nothing is known.
    pub(super) fn required(&self) -> Option<&[String]> {
        self.required.as_deref()
    }
}

fn build(expression: &str) -> Result<Regex, PatternError> {
    let built = RegexBuilder::new(expression).case_insensitive(true).build();
    built.map_err(|error| match regex_syntax::parse(expression) {
        Err(error) => wrong(&error),
        Ok(_) => PatternError::TooLarge(error.to_string()),
    })
}

/// What is wrong with an expression, and where.
fn wrong(error: &regex_syntax::Error) -> PatternError {
    let (reason, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
        other => return PatternError::TooLarge(other.to_string()),
    };
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    PatternError::Wrong { reason, span: Span { start: offset(span.start.offset), end: offset(span.end.offset) } }
}

/// Whether the expression matches where there is nothing: `a*`, but not `^$`, which asks for an empty text.
fn can_be_empty(hir: &Hir) -> bool {
    let looks = !hir.properties().look_set().is_empty();
    hir.properties().minimum_len() == Some(0) && !looks && !matches!(hir.kind(), HirKind::Look(_))
}
