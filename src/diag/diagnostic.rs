//! The facts of one finding about a source text.
//!
//! Spans count bytes of the text. This file does not know how a finding is shown.

use crate::base::Span;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The rule cannot run.
    Error,
    /// The rule runs, but perhaps not as meant.
    Warning,
}

/// A stable slug such as `unknown-field`: what documents, tests and filters refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

/// Makes one constant per slug, and `ALL`: a list beside the constants would be one that a new slug can be missing from.
macro_rules! define_codes {
    ($($(#[$doc:meta])* $name:ident = $slug:literal;)*) => {
        $($(#[$doc])* pub const $name: Code = Code($slug);)*

        /// Every slug of this file.
        pub const ALL: &[Code] = &[$($name),*];
    };
}
pub(crate) use define_codes;

/// One finding about a source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The kind of finding, as a stable slug.
    pub code: Code,
    /// The problem as one sentence, without a full stop.
    pub message: String,
    /// The place in the source text, in bytes.
    pub span: Span,
    /// A few words at the marked text; may be empty.
    pub label: String,
    /// Advice on how to correct the text.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without label and help.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), span, label: String::new(), help: None }
    }

    /// A warning without label and help.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Sets the label at the marked text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets the advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether it keeps the rule from running.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
