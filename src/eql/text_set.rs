//! A set of texts and wildcard patterns that a value is looked up in: the right side of `:`, `like` and `in`.
//!
//! Rules list dozens of names. Those without wildcards are one hash lookup, without copying the value; only patterns are tried one by one.
//! Does not know which operator it serves: whether `*` is special is the caller's choice of constructor.

use crate::base::wildcard::{Case, Wildcard, fold, is_wild};
use hashbrown::{Equivalent, HashSet};
use std::hash::{Hash, Hasher};

/// Texts, case-folded or not, and patterns.
#[derive(Clone, Debug)]
pub struct TextSet {
    case: Case,
    exact: HashSet<Entry, foldhash::fast::FixedState>,
    wild: Vec<Wildcard>,
}

/// A member; folded if case does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry(Box<str>);

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_chars(self.0.chars(), state);
    }
}

fn hash_chars<H: Hasher>(chars: impl Iterator<Item = char>, state: &mut H) {
    chars.for_each(|c| state.write_u32(c.into()));
}

/// A value to look up, folded as it is read.
struct Lookup<'a>(&'a str, Case);

impl Lookup<'_> {
    fn chars(&self) -> impl Iterator<Item = char> {
        let insensitive = self.1 == Case::Insensitive;
        self.0.chars().map(move |c| if insensitive { fold(c) } else { c })
    }
}

impl Hash for Lookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_chars(self.chars(), state);
    }
}

impl Equivalent<Entry> for Lookup<'_> {
    fn equivalent(&self, entry: &Entry) -> bool {
        self.chars().eq(entry.0.chars())
    }
}

impl TextSet {
    /// A set in which `*` and `?` are ordinary.
    pub fn exact<'t>(texts: impl IntoIterator<Item = &'t str>, case: Case) -> Self {
        let mut set = Self { case, exact: HashSet::default(), wild: Vec::new() };
        texts.into_iter().for_each(|text| set.insert(text));
        set
    }

    /// A set in which a text with `*` or `?` is a pattern.
    pub fn patterns<'t>(texts: impl IntoIterator<Item = &'t str>, case: Case) -> Self {
        let mut set = Self::exact([], case);
        for text in texts {
            if is_wild(text) {
                set.wild.push(Wildcard::new(text, case));
            } else {
                set.insert(text);
            }
        }
        set
    }

    fn insert(&mut self, text: &str) {
        let entry = Entry(Lookup(text, self.case).chars().collect());
        self.exact.insert(entry);
    }

    /// The members, case-folded or not if there are no patterns among them.
    pub fn members(&self) -> Option<impl Iterator<Item = &str>> {
        self.wild.is_empty().then(|| self.exact.iter().map(|entry| &*entry.0))
    }

    /// Whether `text` is a member or fits a pattern.
    pub fn contains(&self, text: &str) -> bool {
        (!self.exact.is_empty() && self.exact.contains(&Lookup(text, self.case)))
            || self.wild.iter().any(|pattern| pattern.matches(text))
    }
}

#[cfg(test)]
mod tests;
