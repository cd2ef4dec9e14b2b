//! Indicators of compromise: lists of hashes, addresses, domains, URLs, names and paths of files, as rules.
//!
//! A list is read by its format (`plain`, `table`, `stix`, `misp`) into [`Indicator`]s, with a finding for each line that cannot be used. Indicators of one
//! kind and severity become one rule (`ioc_rules`), whose condition asks tables of all of them at once (`tables`), field by field
//! (`fields`). From there on a hit is an alert like any other.
//!
//! This module does not know evidence.

mod broad;
mod defang;
mod fields;
mod hosts;
mod indicator;
pub mod indicator_match;
mod ioc_rules;
mod list_reader;
mod lists;
mod misp;
mod paths;
mod plain;
mod stix;
mod stix_meaning;
mod stix_pattern;
mod table;
mod tables;
mod texts;
mod told;
mod url;

pub use defang::defanged;
pub use indicator::{HashAlgorithm, Indicator, IndicatorKind, Observable};
pub use indicator_match::{IndicatorMatch, IndicatorSighting};
pub use ioc_rules::{IOC_TAG, rules};
pub use lists::{IndicatorFormat, IndicatorLists, ListOptions, load_lists, load_lists_with, looks_like_list};

#[cfg(test)]
mod tests;
