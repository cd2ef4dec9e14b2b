//! A set of texts and wildcard patterns that a value is looked up in: the right side of `:`, `like` and `in`.
//!
//! Rules list dozens of names. Those without wildcards are one hash lookup, without copying the value. Of patterns only those are tried whose longest
//! ordinary part is in the value, which one pass over it tells for all of them.
//! Does not know which operator it serves: whether `*` is special is the caller's choice of constructor.

use crate::base::wildcard::{Case, Wildcard, fold, is_wild};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use hashbrown::{Equivalent, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

/// Texts, case-folded or not, and patterns.
#[derive(Clone, Debug)]
pub struct TextSet {
    case: Case,
    exact: HashSet<Entry, foldhash::fast::FixedState>,
    wild: Option<Box<Wild>>,
}

/// Patterns.
#[derive(Clone, Debug, Default)]
struct Wild {
    patterns: Vec<Wildcard>,
    case: Option<Case>,
    /// What is made of them when it is first needed: most rules never meet a text.
    parts: OnceLock<Option<Parts>>,
}

/// The longest ordinary parts of patterns.
#[derive(Clone, Debug)]
struct Parts {
    /// Finds them in a text.
    all: AhoCorasick,
    /// The pattern of each part.
    of_part: Vec<usize>,
    /// Patterns without an ordinary part.
    others: Vec<usize>,
}

/// So many patterns are tried one by one.
const FEW: usize = 3;

impl Wild {
    /// The parts; `None` for few patterns, which are as well tried one by one.
    fn parts(&self) -> Option<&Parts> {
        let make = || {
            let (mut parts, mut of_part, mut others) = (Vec::new(), Vec::new(), Vec::new());
            for (at, pattern) in self.patterns.iter().enumerate() {
                let part = pattern.literal();
                if part.is_empty() {
                    others.push(at);
                } else {
                    parts.push(part);
                    of_part.push(at);
                }
            }
            let mut builder = AhoCorasick::builder();
            builder.ascii_case_insensitive(self.case == Some(Case::Insensitive)).kind(Some(AhoCorasickKind::DFA));
            builder.build(&parts).ok().map(|all| Parts { all, of_part, others })
        };
        if self.patterns.len() <= FEW { None } else { self.parts.get_or_init(make).as_ref() }
    }

    fn matches(&self, text: &str) -> bool {
        // Characters beyond ASCII can fold to ASCII, which a part would not see.
        let Some(parts) = self.parts().filter(|_| text.is_ascii()) else {
            return self.patterns.iter().any(|pattern| pattern.matches(text));
        };
        let fits = |at: usize| self.patterns[at].matches(text);
        parts.others.iter().any(|&at| fits(at))
            || parts.all.find_overlapping_iter(text).any(|found| fits(parts.of_part[found.pattern().as_usize()]))
    }
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
        let mut set = Self { case, exact: HashSet::default(), wild: None };
        texts.into_iter().for_each(|text| set.insert(text));
        set
    }

    /// A set in which a text with `*` or `?` is a pattern.
    pub fn patterns<'t>(texts: impl IntoIterator<Item = &'t str>, case: Case) -> Self {
        let mut set = Self::exact([], case);
        let mut patterns = Vec::new();
        for text in texts {
            if is_wild(text) {
                patterns.push(Wildcard::new(text, case));
            } else {
                set.insert(text);
            }
        }
        set.wild =
            (!patterns.is_empty()).then(|| Box::new(Wild { patterns, case: Some(case), parts: OnceLock::new() }));
        set
    }

    fn insert(&mut self, text: &str) {
        let entry = Entry(Lookup(text, self.case).chars().collect());
        self.exact.insert(entry);
    }

    /// The members that are no patterns, case-folded or not.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.exact.iter().map(|entry| &*entry.0)
    }

    /// For each pattern the longest part that a text of ASCII must have in it to fit, perhaps empty.
    pub fn parts(&self) -> Vec<String> {
        self.wild.iter().flat_map(|wild| &wild.patterns).map(Wildcard::literal).collect()
    }

    /// Whether `text` is a member or fits a pattern.
    pub fn contains(&self, text: &str) -> bool {
        (!self.exact.is_empty() && self.exact.contains(&Lookup(text, self.case)))
            || self.wild.as_ref().is_some_and(|wild| wild.matches(text))
    }
}

#[cfg(test)]
mod tests;
