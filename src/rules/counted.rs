//! Rules of Elastic's that count events or look back (threshold, new terms): what stands beside their query, and the query that becomes of both.
//!
//! This file does not know how a rule is written in its file.

use super::raw::SavedRule;
use super::raw_parts::{SavedThreshold, USUAL_INTERVAL, duration};
use crate::base::{Span, Ticks};
use crate::eql::{
    CompiledNewTerms, CompiledThreshold, CountedFields, KeyField, MOST_IN_WINDOW, Measure, MeasureBound, Predicate,
    Query, TermFilter,
};

/// Most fields that a threshold groups by, and most that make a new term.
const MOST_GROUPS: usize = 5;
const MOST_TERMS: usize = 3;

/// The threshold of a rule over events that fulfil a condition, which is written at a place of the query; or why there is none.
pub fn threshold(rule: &SavedRule, condition: Predicate, span: Span) -> Result<Query, String> {
    let SavedThreshold { field, value, cardinality } =
        rule.threshold.as_ref().ok_or("a threshold rule needs `threshold`")?;
    if field.len() > MOST_GROUPS {
        return Err(format!("a threshold may group by {MOST_GROUPS} fields at most"));
    }
    let most = MOST_IN_WINDOW as u64;
    let mut bounds = Vec::new();
    let mut bound = |measure, name: &str, least: u64| {
        if !(1..=most).contains(&least) {
            return Err(format!("`{name}` must be 1 to {most}, not {least}"));
        }
        bounds.push(MeasureBound::at_least(measure, least));
        Ok(())
    };
    bound(Measure::Events, "threshold.value", *value)?;
    let counted = match cardinality.as_slice() {
        [] => None,
        [one] => {
            bound(Measure::Values, "threshold.cardinality.value", one.value)?;
            Some(CountedFields::distinct(&[&one.field]))
        }
        _ => return Err("a threshold may count the values of one field only".to_owned()),
    };
    let keys = field.iter().map(|name| KeyField::named(name, false)).collect();
    let filter = TermFilter::counting(condition, keys, counted, span);
    Ok(Query::Threshold(CompiledThreshold::new(vec![filter], looks_back(rule)?, bounds)))
}

/// The new terms of a rule among events that fulfil a condition, which is written at a place of the query; or why there are none.
pub fn new_terms(rule: &SavedRule, condition: Predicate, span: Span) -> Result<Query, String> {
    let (fields, start) = match &rule.new_terms {
        Some(written) => (&written.value, written.history_window_start.first().map(|start| start.value.as_str())),
        None => (&rule.new_terms_fields, rule.history_window_start.as_deref()),
    };
    if fields.is_empty() || fields.len() > MOST_TERMS {
        return Err(format!("a rule for new terms needs 1 to {MOST_TERMS} `new_terms_fields`"));
    }
    let start = start.ok_or("a rule for new terms needs `history_window_start`")?;
    let history =
        before_now(start).ok_or_else(|| format!("`history_window_start` of '{start}' is not `now-7d` or its like"))?;
    let keys = fields.iter().map(|name| KeyField::named(name, false)).collect();
    Ok(Query::NewTerms(CompiledNewTerms::new(TermFilter::counting(condition, keys, None, span), history)))
}

/// How far a rule looks back in one run: from `from` to `to`, or its interval.
fn looks_back(rule: &SavedRule) -> Result<Ticks, String> {
    let interval = || rule.interval.as_deref().unwrap_or(USUAL_INTERVAL);
    let from = rule.from.as_deref().map_or_else(|| format!("now-{}", interval()), str::to_owned);
    let to = rule.to.as_deref().unwrap_or("now");
    let wrong = |name: &str, text: &str| format!("`{name}` of '{text}' is not `now-9m` or its like");
    let first = before_now(&from).ok_or_else(|| wrong("from", &from))?;
    let last = before_now(to).ok_or_else(|| wrong("to", to))?;
    if first.0 < last.0 { Err(format!("`to` ({to}) is before `from` ({from})")) } else { Ok(Ticks(first.0 - last.0)) }
}

/// How long before the time of a run a date of Elastic's lies: `now-9m`. Rounding (`now-1d/d`) widens it by less than a unit, and is left out.
fn before_now(text: &str) -> Option<Ticks> {
    let rest = text.trim().strip_prefix("now")?;
    let rest = rest.split_once('/').map_or(rest, |(rest, _)| rest);
    if rest.is_empty() {
        return Some(Ticks(0));
    }
    let rest = rest.strip_prefix('-')?;
    duration(rest)
}

#[cfg(test)]
mod tests;
