//! Lists of exceptions, which stand in the file of a rule, in other files beside it, or nowhere.
//!
//! Kibana exports rules and lists into one file; folders of detections as code have `rules/` and `exceptions/`. So lists are gathered from all files first,
//! and rules are given theirs afterwards. This module does not know how lists are written.

use super::codes;
use super::exceptions::{Exception, RawItem};
use super::list_use::ListKey;
use super::parsed::ParsedRule;
use super::place::to_u32;
use super::raw::ListReference;
use crate::base::Span;
use crate::diag::{Diagnostic, Notice, NoticeKind};
use hashbrown::HashMap;
use std::ops::Range;

/// Most names that one notice gives.
const MOST_NAMED: usize = 3;

/// The first of some names, and how many more there are.
pub fn some(names: &[String]) -> String {
    let first: Vec<String> = names.iter().take(MOST_NAMED).map(|name| format!("'{name}'")).collect();
    let more = names.len().saturating_sub(MOST_NAMED);
    first.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// The lists of some files, each with the exceptions that can be applied.
#[derive(Clone, Debug, Default)]
pub struct ExceptionLists {
    lists: HashMap<ListKey, Vec<Exception>>,
    /// Exceptions that cannot be applied: the name of each, and why.
    left_out: Vec<(String, String)>,
}

impl ExceptionLists {
    /// Adds a list, perhaps an empty one.
    pub fn declare(&mut self, list: &ListReference) {
        self.lists.entry(ListKey::new(&list.list_id, &list.namespace_type)).or_default();
    }

    /// Adds an item to its list; findings stand at `place`.
    pub fn add(&mut self, item: &RawItem, place: &Range<usize>) -> Vec<Diagnostic> {
        let span = Span::new(to_u32(place.start), to_u32(place.end.min(place.start + 1)));
        // The list is there, even if this item of it cannot be applied.
        let list = self.lists.entry(ListKey::new(&item.list_id, &item.namespace_type)).or_default();
        match item.compile() {
            Ok((exception, findings)) => {
                list.push(exception);
                findings.into_iter().map(|found| Diagnostic { span, ..found }).collect()
            }
            Err(reason) => {
                let message = format!("the exception '{}' is left out: {reason}", item.name);
                self.left_out.push((item.name.clone(), reason));
                vec![Diagnostic::warning(codes::UNUSABLE_EXCEPTION, span, message)]
            }
        }
    }

    /// Adds the lists of another file.
    pub fn merge(&mut self, other: Self) {
        for (key, exceptions) in other.lists {
            self.lists.entry(key).or_default().extend(exceptions);
        }
        self.left_out.extend(other.left_out);
    }

    /// Every list.
    pub fn keys(&self) -> impl Iterator<Item = &ListKey> {
        self.lists.keys()
    }

    /// Says which exceptions cannot be applied, if there are some.
    pub fn left_out_notice(&self) -> Option<Notice> {
        let mut left_out: Vec<String> = self.left_out.iter().map(|(name, why)| format!("{name}: {why}")).collect();
        left_out.sort();
        let text = format!("exceptions cannot be applied, and rules find what they except: {}", some(&left_out));
        (!left_out.is_empty()).then(|| Notice::new(NoticeKind::RulePart, text))
    }

    /// All exceptions, whichever list they are of, in the order of their lists.
    pub fn into_exceptions(self) -> Vec<Exception> {
        let mut lists: Vec<_> = self.lists.into_iter().collect();
        // The map has no order, and the order of exceptions is that in which they are listed.
        lists.sort_by(|(left, _), (right, _)| left.cmp(right));
        lists.into_iter().flat_map(|(_, exceptions)| exceptions).collect()
    }

    /// Gives a rule the exceptions of its lists. Those that are not here are warned of, and returned.
    pub fn attach(&self, parsed: &mut ParsedRule) -> Vec<ListKey> {
        let mut exceptions = Vec::new();
        let mut missing = Vec::new();
        for list in &parsed.lists {
            if let Some(found) = self.lists.get(&list.key) {
                exceptions.extend(found.iter().cloned());
            } else {
                let message = format!("no file has the exceptions of the list '{}'", list.key.id);
                // Only the first character is marked: the array of references may go over many lines.
                let span = Span::new(list.span.start, list.span.start.saturating_add(1).min(list.span.end));
                parsed.diagnostics.push(Diagnostic::warning(codes::MISSING_EXCEPTIONS, span, message));
                missing.push(list.key.clone());
            }
        }
        if let Some(rule) = &mut parsed.rule {
            rule.exceptions = exceptions.into();
        }
        missing
    }
}
