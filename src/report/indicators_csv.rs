//! Indicators of alerts as CSV, which `evql ioc` and other programs read.

use super::format::Exporter;
use super::found_indicators::{FoundIndicator, FoundIndicators, FoundKind};
use super::results::Results;
use crate::base::Ticks;
use crate::base::escape::cell;
use crate::rules::defanged;
use std::io::{self, Write};

/// `ioc-csv` of `scan`.
#[derive(Clone, Copy, Debug)]
pub struct IndicatorsCsv {
    /// Whether addresses, names and URLs are written so that no program makes a link of them.
    pub defang: bool,
}

const HEAD: [&str; 15] = [
    "type",
    "value",
    "severity",
    "common",
    "hosts",
    "alerts",
    "alert",
    "rule.name",
    "field",
    "file",
    "host.name",
    "process.executable",
    "process.entity_id",
    "first",
    "last",
];

impl Exporter for IndicatorsCsv {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let found = FoundIndicators::new(results)?;
        let mut writer = csv::Writer::from_writer(&mut *out);
        writer.write_record(HEAD)?;
        for indicator in &found.all {
            writer.write_record(self.row(indicator).iter().map(|text| cell(text).into_owned()))?;
        }
        writer.flush()?;
        drop(writer);
        // A comment for whoever reads the list again.
        found.told_left_out().map_or(Ok(()), |text| writeln!(out, "# {text}"))
    }
}

impl IndicatorsCsv {
    fn row(self, found: &FoundIndicator) -> [String; HEAD.len()] {
        let is_link = matches!(found.kind, FoundKind::Ipv4 | FoundKind::Ipv6 | FoundKind::Domain | FoundKind::Url);
        let value = if self.defang && is_link { defanged(&found.value) } else { found.value.clone() };
        let time = |at: Option<Ticks>| at.map(Ticks::rfc3339).unwrap_or_default();
        [
            found.kind.name().to_owned(),
            value,
            found.level.name().to_owned(),
            if found.common { "yes" } else { "" }.to_owned(),
            found.hosts.map(|hosts| hosts.to_string()).unwrap_or_default(),
            found.alerts.to_string(),
            found.alert.to_string(),
            found.rule.clone(),
            found.field.to_owned(),
            found.file.clone(),
            found.host.clone(),
            found.process.clone(),
            found.entity_id.clone(),
            time(found.span.map(|(first, _)| first)),
            time(found.span.map(|(_, last)| last)),
        ]
    }
}
