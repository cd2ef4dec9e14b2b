//! Tables about rules, and the words in them.

use comfy_table::{ContentArrangement, Table, presets};
use evql::eql::{Measure, Query};
use evql::rules::Rule;
use std::io::Write;

/// What the query of a rule finds: an event, a sequence, and so on.
pub fn kind(rule: &Rule) -> &'static str {
    match rule.query {
        Query::Event(_) if rule.origin.threat_match.is_some() => "threat match",
        Query::Event(_) => "event",
        Query::Sequence(_) => "sequence",
        Query::Sample(_) => "sample",
        Query::Threshold(ref threshold) if threshold.measure() == Some(Measure::Filters) => "temporal",
        Query::Threshold(_) => "threshold",
        Query::NewTerms(_) => "new terms",
        Query::Correlation(_) => "correlation",
    }
}

/// A table with these columns.
pub fn new_table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    // Outside of a terminal tables have no width to go by. Shells know it, and tests set it to be the same everywhere.
    if let Some(width) = std::env::var("COLUMNS").ok().and_then(|width| width.parse().ok()) {
        table.set_width(width);
    }
    table.set_header(head);
    table
}

/// Prints a table, without blanks at the ends of lines.
pub fn print_table(out: &mut dyn Write, table: &Table) -> std::io::Result<()> {
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}
