//! A set of texts and wildcard patterns that a value is looked up in: the right side of `:`, `like` and `in`.
//!
//! Rules list dozens of names. Those without wildcards are one hash lookup, without copying the value. Of patterns only those are tried whose longest
//! ordinary part is in the value, which one pass over it tells for all of them.
//! Does not know which operator it serves: whether `*` is special is the caller's choice of constructor.

use crate::base::folded::{Folded, FoldedText};
use crate::base::parts::PartFinder;
use crate::base::wildcard::{CaseSensitivity, Wildcard, fold, is_wild};
use hashbrown::{HashMap, HashSet};
use std::sync::OnceLock;

/// Texts, case-folded or not, and patterns.
#[derive(Clone, Debug)]
pub struct TextSet {
    case: CaseSensitivity,
    exact: HashSet<FoldedText, foldhash::fast::FixedState>,
    patterns: Option<Box<PatternSet>>,
}

/// Patterns.
#[derive(Clone, Debug, Default)]
struct PatternSet {
    /// Those that texts of ASCII may fit.
    patterns: Vec<Wildcard>,
    /// Finds their ordinary parts. Made when it is first needed: most rules never meet a text.
    parts: OnceLock<PartFinder>,
    /// The others, by a character that only texts beyond ASCII have: a rule may list thousands of signs that no command line has.
    beyond: HashMap<char, Vec<Wildcard>, foldhash::fast::FixedState>,
}

/// Up to so many patterns are tried one by one, which costs less than a search for their literals.
const FEW: usize = 3;

impl PatternSet {
    fn new(patterns: Vec<Wildcard>) -> Self {
        let mut set = Self::default();
        for pattern in patterns {
            match pattern.beyond_ascii() {
                Some(c) => set.beyond.entry(c).or_default().push(pattern),
                None => set.patterns.push(pattern),
            }
        }
        set
    }

    fn matches(&self, text: &str, case: CaseSensitivity) -> bool {
        self.matches_within(text) || (!self.beyond.is_empty() && !text.is_ascii() && self.matches_beyond(text, case))
    }

    fn matches_within(&self, text: &str) -> bool {
        if self.patterns.len() <= FEW {
            return self.patterns.iter().any(|pattern| pattern.matches(text));
        }
        // Whatever the stars of `*\temp\*.exe` stand for, `\temp\` must be in the value. One search for the literals of all patterns tells which few to try.
        let parts = || PartFinder::new(self.patterns.iter().map(Wildcard::literal).zip(0..));
        let mut fits = false;
        self.parts.get_or_init(parts).find(text, |at| fits = fits || self.patterns[at].matches(text));
        fits
    }

    fn matches_beyond(&self, text: &str, case: CaseSensitivity) -> bool {
        let others: HashSet<char> = text.chars().filter(|c| !c.is_ascii()).collect();
        others.into_iter().any(|c| {
            let c = if case == CaseSensitivity::Insensitive { fold(c) } else { c };
            self.beyond.get(&c).is_some_and(|patterns| patterns.iter().any(|pattern| pattern.matches(text)))
        })
    }
}

impl TextSet {
    /// A set in which `*` and `?` are ordinary.
    pub fn exact<'t>(texts: impl IntoIterator<Item = &'t str>, case: CaseSensitivity) -> Self {
        let mut set = Self { case, exact: HashSet::default(), patterns: None };
        texts.into_iter().for_each(|text| set.insert(text));
        set
    }

    /// A set in which a text with `*` or `?` is a pattern.
    pub fn patterns<'t>(texts: impl IntoIterator<Item = &'t str>, case: CaseSensitivity) -> Self {
        let mut set = Self::exact([], case);
        let mut patterns = Vec::new();
        for text in texts {
            if is_wild(text) {
                patterns.push(Wildcard::new(text, case));
            } else {
                set.insert(text);
            }
        }
        set.patterns = (!patterns.is_empty()).then(|| Box::new(PatternSet::new(patterns)));
        set
    }

    /// A set of texts, in which nothing is wild, and of patterns that know their letters' case.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>, patterns: Vec<Wildcard>, case: CaseSensitivity) -> Self {
        let patterns = (!patterns.is_empty()).then(|| Box::new(PatternSet::new(patterns)));
        Self { patterns, ..Self::exact(texts, case) }
    }

    fn insert(&mut self, text: &str) {
        self.exact.insert(FoldedText::new(text, self.case));
    }

    /// The members that are no patterns, case-folded or not.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.exact.iter().map(FoldedText::as_str)
    }

    /// How many patterns there are.
    pub fn patterns_count(&self) -> usize {
        let count =
            |patterns: &PatternSet| patterns.patterns.len() + patterns.beyond.values().map(Vec::len).sum::<usize>();
        self.patterns.as_deref().map_or(0, count)
    }

    /// For each pattern that a text of ASCII may fit the longest part that such a text must have in it, perhaps empty.
    pub fn parts(&self) -> Vec<String> {
        self.patterns.iter().flat_map(|patterns| &patterns.patterns).map(Wildcard::literal).collect()
    }

    /// A character beyond ASCII that some pattern has, if there are patterns that no text of ASCII fits.
    pub fn beyond_ascii(&self) -> Option<char> {
        self.patterns.as_ref()?.beyond.keys().min().copied()
    }

    /// Whether `text` is a member or fits a pattern.
    pub fn contains(&self, text: &str) -> bool {
        (!self.exact.is_empty() && self.exact.contains(&Folded(text, self.case)))
            || self.patterns.as_ref().is_some_and(|patterns| patterns.matches(text, self.case))
    }
}

#[cfg(test)]
mod tests;
