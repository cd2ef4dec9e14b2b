//! Whether the events of one host are enough to answer a rule, or what several hosts did may make an alert only together.
//!
//! Evidence of many hosts is scanned in parts, each with all there is of some hosts. A rule that one host answers has the same alerts there as in a scan of
//! everything; of others, candidates are put together before they are correlated. That a name or id is one host's alone is taken for granted here.

use super::hit_template::joins_on_one_host;
use crate::eql::{KeyField, Query};
use std::fmt;

/// How far the events of an alert can be apart, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleReach {
    /// An alert is one event.
    OneEvent,
    /// A join key is the entity id of a process, which means something on its host only.
    Process(Box<str>),
    /// Every filter has a field as the same join key that names the host.
    Host(Box<str>),
    /// The join keys are of no host, and the events of an alert may be of several.
    Across(Box<[KeyField]>),
}

/// The names and ids that a host shares with no other. Those of an observer may be a collector's, and a name without a domain may be met twice.
const OF_ONE_HOST: [&str; 3] = ["host.name", "host.id", "winlog.computer_name"];

impl RuleReach {
    /// The reach of a rule with this query.
    pub fn of(query: &Query) -> Self {
        let filters = query.filters();
        if matches!(query, Query::Event(_)) {
            return Self::OneEvent;
        }
        let keys = filters.first().map_or(&[][..], |filter| filter.keys());
        if joins_on_one_host(query) {
            let mut names = filters.iter().flat_map(|filter| filter.keys()).map(|key| key.field.name());
            return Self::Process(names.find(|name| name.ends_with(".entity_id")).unwrap_or_default().into());
        }
        let is_in_all =
            |(at, key): &(usize, &KeyField)| filters.iter().all(|filter| filter.keys().get(*at) == Some(*key));
        let names_host = |(_, key): &(usize, &KeyField)| !key.optional && OF_ONE_HOST.contains(&key.field.name());
        match keys.iter().enumerate().filter(names_host).find(is_in_all) {
            Some((_, key)) => Self::Host(key.field.name().into()),
            None => Self::Across(keys.into()),
        }
    }

    /// Whether the events of an alert may be of several hosts.
    pub fn is_across(&self) -> bool {
        matches!(self, Self::Across(_))
    }
}

/// Whether the events of an alert of this query may be of several hosts.
pub fn crosses_hosts(query: &Query) -> bool {
    RuleReach::of(query).is_across()
}

impl fmt::Display for RuleReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneEvent => f.write_str("an alert is one event"),
            Self::Process(field) => write!(f, "{field} means something on its host only"),
            Self::Host(field) => write!(f, "all events have the same {field}"),
            Self::Across(keys) if keys.is_empty() => f.write_str("it has no join keys"),
            Self::Across(keys) => {
                let name = |key: &KeyField| format!("{}{}", if key.optional { "?" } else { "" }, key.field.name());
                let names: Vec<String> = keys.iter().map(name).collect();
                write!(f, "{} may be the same on several hosts", names.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests;
