//! Diagnostics for people who write rules: what is wrong, where, and what to do about it.
//!
//! A [`Diagnostic`] is a bundle of facts; wording of the whole report is the renderer's. This module knows neither EQL nor files:
//! spans count bytes of a text that the caller has.

mod diagnostic;
mod notice;
mod render;

pub(crate) use diagnostic::define_codes;
pub use diagnostic::{Code, Diagnostic, Severity};
pub use notice::{Notice, NoticeKind};
pub use render::{concise, full};
