//! Rule files become a rule set: metadata for people, and a query compiled by [`crate::eql`].
//!
//! A rule with a mistake is returned with its diagnostics, whose lines and columns are those of the rule file; one bad rule does not hide the others.
//! This module does not know evidence.

mod alert_suppression;
mod builtin;
pub mod codes;
mod condition;
mod correlations;
mod counted;
mod discover;
mod elastic;
mod exception_lists;
mod exception_text;
mod exceptions;
mod file;
mod filters;
mod indicators;
mod ioc;
mod kibana;
pub mod kql;
mod level;
mod list_use;
mod load;
pub mod lucene;
mod parsed;
mod place;
mod raw;
mod raw_parts;
mod rule;
mod rule_archive;
mod select;
mod sigma;
mod suppression;
mod threat;
mod threat_match;
mod written;

pub use alert_suppression::AlertSuppression;
#[cfg(test)]
pub use builtin::mission;
pub use builtin::{builtin, builtin_files, builtin_with};
pub use elastic::parse_elastic;
pub use exception_text::exception_text;
pub use exceptions::Exception;
pub use file::parse_toml;
pub use indicators::{GivenIndicators, load_indicators};
pub use ioc::{
    HashAlgorithm, IOC_TAG, Indicator, IndicatorFormat, IndicatorKind, IndicatorLists, IndicatorMatch,
    IndicatorSighting, ListOptions, Observable, defanged, load_lists, load_lists_with, looks_like_list,
    rules as ioc_rules,
};
pub use kibana::parse_export;
pub use load::{FileReport, LoadOptions, Loaded, load, load_with};
pub use parsed::{ParsedRule, compares_user_id};
pub use place::QueryPlace;
pub use raw_parts::MappingEntry;
pub use rule::{Level, Metadata, NotRun, QueryOrigin, Rule, RuleForm, RuleLanguage, RuleSet, RuleStatus};
pub use select::{LeftOut, RuleSelection};
pub use sigma::Placeholders;
pub use suppression::{AlertException, AlertExceptions, LoadedExceptions, load_exceptions};
pub use threat::{Attack, Tactic, Technique, to_ecs as threat_to_ecs};
pub use threat_match::{IndicatorHit, ThreatMatch};
