//! Alerts that repeat others of their rule: of those that share values within a time, as the rule says, the first stays and stands for the rest.
//!
//! This file does not know where alerts are kept.

use super::alert::Alert;
use super::hit::RuleIndex;
use crate::base::Ticks;
use crate::ecs::{self, Field};
use crate::rules::{AlertSuppression, IndicatorMatch};
use hashbrown::HashMap;

/// Values that alerts share: for each field a list, sorted.
type SharedValues = Vec<Vec<String>>;

/// What alerts of a group share: the rule, values, and indicators of compromise with the fields that have them.
type RepeatGroup = (RuleIndex, SharedValues, Vec<(u32, Field)>);

/// Takes alerts in their order, and knows which of them repeat one before.
#[derive(Debug, Default)]
pub struct RepeatFilter {
    /// The alert that stays in each group: its position, and until when it stands for others.
    standing: HashMap<RepeatGroup, (usize, Ticks)>,
}

impl RepeatFilter {
    /// The position of the alert that this one, of another position, repeats.
    ///
    /// Alerts of a rule about indicators of compromise share those too, and the fields that have them.
    pub fn repeats(
        &mut self,
        position: usize,
        alert: &Alert,
        (suppression, ioc): (&AlertSuppression, Option<&IndicatorMatch>),
    ) -> Option<usize> {
        let at = alert.timestamp()?;
        let indicators = ioc.zip(alert.last()).map_or_else(Vec::new, |(ioc, event)| ioc.places(&event.document));
        let group = (alert.rule, shared_values(alert, suppression)?, indicators);
        let stands = self.standing.get(&group).filter(|(_, until)| at <= *until);
        if let Some((first, _)) = stands {
            return Some(*first);
        }
        self.standing.insert(group, (position, Ticks(at.0.saturating_add(suppression.duration.0))));
        None
    }
}

/// The values by which an alert belongs to a group; `None` if it belongs to none, since a field is missing and the rule says that this matters.
fn shared_values(alert: &Alert, suppression: &AlertSuppression) -> Option<SharedValues> {
    // A threshold is grouped already.
    if alert.tally.is_some() && suppression.group_by.is_empty() {
        return Some(alert.join_keys.iter().map(|key| key.iter().map(ToString::to_string).collect()).collect());
    }
    let of_field = |name: &String| {
        let field: Field = ecs::mapped(name).0;
        let values = alert.present().flat_map(|event| event.document.values(&field));
        let mut values: Vec<String> = values.map(ToString::to_string).collect();
        values.sort_unstable();
        values.dedup();
        (!values.is_empty() || suppression.groups_missing).then_some(values)
    };
    suppression.group_by.iter().map(of_field).collect()
}

#[cfg(test)]
mod tests;
