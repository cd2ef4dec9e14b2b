//! Names that neither ECS nor the mapping has, with the known names that come nearest.
//!
//! This file does not know queries.

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ecs;
use crate::eql::codes;

/// Most names that are offered for one that is not known.
const MOST_OFFERED: usize = 3;

/// A name that neither ECS nor the mapping has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// The name as it is written.
    pub name: String,
    /// Where it was first written in the query.
    pub span: Span,
    /// Whether it is a category and not a field.
    pub is_category: bool,
    /// Known names that come near, the nearest first.
    pub nearest: Vec<String>,
}

impl UnknownName {
    /// The unknown field of this name; `None` if it is known.
    pub fn field(name: &str, span: Span) -> Option<Self> {
        let (field, sub) = ecs::mapped(name);
        let is_known = ecs::is_known(name) || (sub.is_some() && ecs::is_known(field.name()));
        (!is_known).then(|| Self {
            name: name.to_owned(),
            span,
            is_category: false,
            nearest: nearest(name, ecs::to_compare()),
        })
    }

    /// The unknown category of this name; `None` if ECS has it.
    pub fn category(name: &str, span: Span) -> Option<Self> {
        let known = ecs::categories();
        let nearest = || similar(&name.to_lowercase(), known.iter().map(String::as_str)).map(str::to_owned);
        let unknown =
            || Self { name: name.to_owned(), span, is_category: true, nearest: nearest().into_iter().collect() };
        (!known.contains(name)).then(unknown)
    }

    /// A short description for messages.
    pub fn describe(&self) -> String {
        if self.is_category { format!("the category `{}`", self.name) } else { format!("`{}`", self.name) }
    }

    /// The suggestion for messages; `None` if no known name comes near.
    pub fn offer(&self) -> Option<String> {
        let names: Vec<String> = self.nearest.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
    }

    /// Adds names of fields that documents have of their own to those that may have been meant.
    #[must_use]
    pub fn among<'n>(mut self, given: impl IntoIterator<Item = &'n str>) -> Self {
        if !self.is_category {
            self.nearest = nearest(&self.name, ecs::to_compare().chain(given.into_iter().map(str::to_owned)));
        }
        self
    }

    /// The finding about it, as a warning.
    pub fn finding(&self) -> Diagnostic {
        let (code, message, help) = if self.is_category {
            let message = format!("no event has the category `{}`", self.name);
            (codes::UNKNOWN_CATEGORY, message, "categories are those of ECS, such as `process`; `any` stands for all")
        } else {
            let message = format!("`{}` is a field neither of ECS nor of the mapping", self.name);
            (codes::UNKNOWN_FIELD, message, "only documents with such a field of their own can answer")
        };
        Diagnostic::warning(code, self.span, message).help(self.offer().unwrap_or_else(|| help.to_owned()))
    }
}

/// Fields that a name may be a slip of, the nearest first: a few letters off, or else of the same last part.
fn nearest(name: &str, fields: impl Iterator<Item = String>) -> Vec<String> {
    let lower = name.to_lowercase();
    let last = lower.rsplit('.').next().unwrap_or_default();
    let limit = if last.len() < 4 { 1 } else { 2 };
    let mut near: Vec<(usize, String)> = Vec::new();
    for known in fields {
        let folded = known.to_lowercase();
        // Of names in ASCII lengths in bytes tell early.
        let is_near = !name.is_ascii() || !known.is_ascii() || folded.len().abs_diff(lower.len()) <= limit;
        let by_letters = if is_near { distance(&lower, &folded, limit) } else { limit + 1 };
        if by_letters <= limit {
            near.push((by_letters, known));
        } else if last.len() > 2 && folded.rsplit('.').next() == Some(last) {
            // The shortest first: an object of its own rather than one inside another.
            near.push((limit + 1 + known.len(), known));
        }
    }
    near.sort();
    near.dedup();
    let best = near.first().map_or(0, |(distance, _)| *distance);
    // What only ends alike is offered where nothing is spelled alike.
    let offered = near.into_iter().filter(|(distance, _)| best > limit || *distance <= limit);
    offered.take(MOST_OFFERED).map(|(_, name)| name).collect()
}

/// How many insertions, deletions, replacements and swaps of neighbours lead from one text to the other, or more than `limit`.
pub fn distance(left: &str, right: &str, limit: usize) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len().abs_diff(right.len()) > limit || left.len().min(right.len()) > 200 {
        return limit + 1;
    }
    // The restricted edit distance of Damerau and Levenshtein, by rows: `above` is the row before, `before` the one before that, which a swap of two
    // neighbours needs.
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, &l) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &r) in right.iter().enumerate() {
            let replaced = above[column] + usize::from(l != r);
            let mut best = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && l == right[column - 1] && left[row - 1] == r {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or(0)
}

/// The most similar of several names, if one is similar enough to be a slip.
pub fn similar<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = if name.len() < 5 { 1 } else { 2 };
    candidates
        .map(|candidate| (distance(name, candidate, limit), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
