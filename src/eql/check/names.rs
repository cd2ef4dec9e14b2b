//! Fields by name, with a warning for names that look misspelled.
//!
//! An unknown field is not an error: providers have fields of their own, and every field counts as mapped.

use super::{Checker, codes};
use crate::base::Span;
use crate::ecs::{self, Field, SubField};

impl Checker<'_> {
    /// The field of a name, and as which of its multi-fields; warns once if it looks like a slip.
    pub(super) fn resolve(&mut self, name: &str, span: Span) -> (Field, Option<SubField>) {
        let (field, sub) = ecs::mapped(name);
        if matches!(field, Field::Other(_)) && !self.warned.contains(&field) {
            self.warned.push(field.clone());
            if let Some(known) = misspelled(name) {
                let message = format!("no field `{name}` is known");
                self.warn(codes::UNKNOWN_FIELD, span, message, &format!("did you mean `{known}`?"));
            }
        }
        (field, sub)
    }
}

/// A known field of the same namespace that differs by a slip of the hand.
///
/// The catalogue is not complete, so only near misses count: other letter case, one letter off, or two letters of a long last part swapped.
fn misspelled(name: &str) -> Option<&'static str> {
    let namespace = name.split('.').next()?;
    let last = name.rsplit('.').next()?;
    let limit = usize::from(last.len() > 3);
    // Known names are of ASCII, so that lengths in bytes tell early.
    let is_near = |known: &&str| !name.is_ascii() || known.len().abs_diff(name.len()) <= limit;
    let known = ecs::all().map(ecs::FieldId::name).filter(is_near);
    known
        .filter(|known| known.split('.').next() == Some(namespace))
        .map(|known| (distance(&name.to_ascii_lowercase(), &known.to_ascii_lowercase(), limit), known))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// How many insertions, deletions, replacements and swaps of neighbours lead from one text to the other, or more than `limit`.
pub(super) fn distance(left: &str, right: &str, limit: usize) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len().abs_diff(right.len()) > limit || left.len().min(right.len()) > 200 {
        return limit + 1;
    }
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
