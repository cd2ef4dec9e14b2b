//! What comes of a set of conditions that hold for an event: few such sets are met, again and again.
//!
//! This module does not know how conditions are asked.

use super::candidates::{KeyBuffer, Pattern, is_of_one_host};
use super::hit::RuleIndex;
use super::rule_activity::{DormantRules, RuleActivity};
use crate::eql::{Digester, KeyField, Query};
use crate::event::Fields;
use crate::rules::Rule;
use std::sync::Arc;

/// The filters of rules that take an event, if it has the keys that they ask for.
#[derive(Debug)]
pub struct HitTemplate {
    /// Whether an exception of one of the rules may be for the event, or a rule asks for nothing more: then the event is looked at closely.
    close: bool,
    /// Lists of key fields, each once, and whether such keys mean something on one host only.
    lists: Vec<(Box<[KeyField]>, bool)>,
    /// Rule, filter, and position of its list.
    hits: Vec<(RuleIndex, usize, usize)>,
    /// The pattern of events that have one key for each list.
    usual: Arc<Pattern>,
    /// Rules that take the event too, but are dormant.
    dormant: DormantRules,
}

impl HitTemplate {
    /// The template of filters, ascending, each with its rule.
    pub fn new(filters: impl Iterator<Item = (RuleIndex, usize)>, rules: &[Rule], activity: &RuleActivity) -> Self {
        let mut template = Self {
            close: false,
            lists: Vec::new(),
            hits: Vec::new(),
            usual: Arc::default(),
            dormant: DormantRules::default(),
        };
        for (index, filter) in filters {
            let rule = &rules[index];
            template.close |= matches!(rule.query, Query::Event(_)) || !rule.exceptions.is_empty();
            if !activity.is_active(index) {
                template.dormant.add(index);
                continue;
            }
            let Some(of_filter) = rule.query.filters().get(filter) else { continue };
            let list = (of_filter.keys(), is_of_one_host(rule));
            let at = template.lists.iter().position(|(fields, host)| (&**fields, *host) == list).unwrap_or_else(|| {
                template.lists.push((list.0.into(), list.1));
                template.lists.len() - 1
            });
            template.hits.push((index, filter, at));
        }
        let one_each = template.hits.iter().map(|&(rule, filter, list)| (rule, filter, list..list + 1));
        template.usual = Arc::new(Pattern::new(one_each));
        template
    }

    /// Whether the event must be looked at closely.
    pub fn is_close(&self) -> bool {
        self.close
    }

    /// Rules whose hits are left out, unless the event is looked at closely.
    pub fn dormant(&self) -> &DormantRules {
        &self.dormant
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        128 + self.hits.len() * 48 + self.lists.len() * 96
    }

    /// The pattern of an event, whose keys go to the buffer; `None` if it lacks the keys for every filter.
    pub fn pattern(&self, event: &dyn Fields, digester: &Digester, buffer: &mut KeyBuffer) -> Option<Arc<Pattern>> {
        buffer.clear();
        let host = self.lists.iter().any(|(_, of_host)| *of_host).then(|| buffer.host(event, digester));
        for (fields, of_host) in &self.lists {
            buffer.add(event, fields, host.filter(|_| *of_host), digester);
        }
        if buffer.keys.is_empty() {
            return None;
        }
        let ranges = &buffer.ranges;
        if ranges.iter().enumerate().all(|(at, range)| *range == (at..at + 1)) {
            return Some(self.usual.clone());
        }
        let hits = self.hits.iter().map(|&(rule, filter, list)| (rule, filter, ranges[list].clone()));
        Some(Arc::new(Pattern::new(hits.filter(|(.., keys)| !keys.is_empty()))))
    }
}
