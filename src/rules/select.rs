//! Which rules of a set run: by severity, and by what they are labelled with.
//!
//! This module does not know the command line.

use super::rule::{Level, Rule, RuleSet, RuleStatus};

/// A choice among rules.
#[derive(Clone, Debug, Default)]
pub struct RuleSelection {
    /// Only rules of this severity and above.
    pub min_level: Option<Level>,
    /// Of rules that say how mature they are, only those that have come this far.
    pub min_status: Option<RuleStatus>,
    /// Only rules with one of these labels, if there are any.
    pub include: Vec<String>,
    /// No rules with one of these.
    pub exclude: Vec<String>,
    /// Rules for hunting too.
    pub hunting: bool,
}

/// How many rules a selection took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// By severity or label.
    pub by_choice: usize,
    /// Because they are for hunting, of those that were chosen.
    pub hunting: usize,
}

impl RuleSelection {
    /// Takes away the rules that are not chosen; how many that were.
    pub fn apply(&self, set: &mut RuleSet) -> LeftOut {
        let before = set.rules.len();
        set.rules.retain(|rule| self.chooses(rule));
        let chosen = set.rules.len();
        set.rules.retain(|rule| self.hunting || !rule.meta.hunting);
        LeftOut { by_choice: before - chosen, hunting: chosen - set.rules.len() }
    }

    fn chooses(&self, rule: &Rule) -> bool {
        // Labels and maturity choose among rules that were written; indicators were given.
        if rule.origin.ioc.is_some() {
            return self.min_level.is_none_or(|level| rule.meta.level >= level);
        }
        let among = |labels: &[String]| labels.iter().any(|label| has(rule, label));
        let is_mature = |least| rule.meta.status.is_none_or(|status| status >= least);
        self.min_level.is_none_or(|level| rule.meta.level >= level)
            && self.min_status.is_none_or(is_mature)
            && (self.include.is_empty() || among(&self.include))
            && !among(&self.exclude)
    }
}

/// Whether a rule has a label: one of its tags, or a tactic or technique of ATT&CK by id or name. A technique stands for its sub-techniques too.
///
/// Case does not count, nor do the signs between words, and `attack.` may stand before it, as in Sigma.
fn has(rule: &Rule, label: &str) -> bool {
    let lower = label.trim().to_lowercase();
    let wanted = words(lower.strip_prefix("attack.").unwrap_or(&lower));
    let is = |text: &str| words(text) == wanted;
    rule.meta.tags.iter().any(|tag| is(tag) || tag.split_once(':').is_some_and(|(_, value)| is(value)))
        || rule.meta.threat.iter().any(|attack| {
            let technique = |id: &str| {
                let id = words(id);
                // `T1218` stands for `T1218.010` too, but `T121` does not stand for `T1218`.
                id == wanted || id.strip_prefix(wanted.as_str()).is_some_and(|sub| sub.starts_with('.'))
            };
            is(&attack.tactic.id)
                || is(&attack.tactic.name)
                || attack.techniques.iter().any(|found| technique(&found.id) || is(&found.name))
        })
}

/// A text in lower case with one blank between words.
fn words(text: &str) -> String {
    let separated = text.to_lowercase().replace(['-', '_'], " ");
    separated.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
