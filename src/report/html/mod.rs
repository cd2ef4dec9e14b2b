//! The report: one page for the case file that needs no network, no server and no script to be read.
//!
//! It is fed alert documents, one at a time, as `scan -t jsonl` writes them, whether they come from a run or out of a file; what it knows of the run beside
//! them is a [`CaseFacts`]. What is in those documents is evidence, and can be anything: it reaches the page only through `text` and `markdown`, which
//! make text of it, and everything has a limit. The page's own script and style are the only ones that its content security policy allows.
//!
//! Cards are kept in memory up to the size that the page may have. Of more alerts the least severe lose first their records, then their cards; the
//! tables count all of them. This module does not know where documents come from.

mod card;
mod case;
mod doc;
mod finding;
mod head;
mod indicators;
mod kept;
mod lanes;
mod markdown;
mod page;
mod rule_part;
mod saved;
mod steps;
mod tables;
mod text;
mod triage;

pub use case::{CaseFacts, FaultFacts, GapFacts, InputFacts, NotableFacts, SilentRules};
pub use rule_part::RuleText;
pub use saved::RefusedAlert;

use super::{AlertDocuments, Exporter, Results};
use crate::base::Ticks;
use crate::event::Clock;
use finding::{AlertSeverity, Finding};
use hashbrown::{HashMap, HashSet};
use indicators::Indicators;
use kept::{Importance, Kept};
use lanes::LaneMark;
use rule_part::Fired;
use serde_json::Value;
use std::io::{self, Write};
use tables::AlertCounts;

/// How large a report may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportLimits {
    /// Bytes of the page.
    pub bytes: u64,
    /// Alerts with a card.
    pub cards: usize,
}

impl Default for ReportLimits {
    fn default() -> Self {
        Self { bytes: 32 << 20, cards: 10_000 }
    }
}

/// A report in the making.
#[derive(Debug)]
pub struct HtmlReport {
    limits: ReportLimits,
    clock: Clock,
    counts: AlertCounts,
    fired: Vec<Fired>,
    indicators: Indicators,
    marks: Vec<LaneMark>,
    range: Option<(Ticks, Ticks)>,
    cards: Kept,
    records: Kept,
    numbers: HashSet<u64>,
    next_number: u64,
    anchors: HashMap<String, u32>,
    position: u64,
}

impl HtmlReport {
    /// An empty report over alerts whose events were ordered by this clock.
    pub fn new(limits: ReportLimits, clock: Clock) -> Self {
        Self {
            limits,
            clock,
            counts: AlertCounts::default(),
            fired: Vec::new(),
            indicators: Indicators::default(),
            marks: Vec::new(),
            range: None,
            cards: Kept::new(limits.bytes, limits.cards, card::END.len() + card::NO_RECORD.len()),
            records: Kept::new(limits.bytes, limits.cards, 0),
            numbers: HashSet::new(),
            next_number: 1,
            anchors: HashMap::new(),
            position: 0,
        }
    }

    /// Adds an alert, or tells why the document is none.
    pub fn add(&mut self, document: &Value) -> Result<(), &'static str> {
        let finding = Finding::of(document, self.clock)?;
        self.position += 1;
        let placed = self.counts.add(&finding);
        if placed.rule == self.fired.len() {
            self.fired.push(Fired::new(document, &finding));
        }
        let fired = &mut self.fired[placed.rule];
        fired.alerts += 1;
        if fired.texts.query.is_empty() {
            fired.texts.complete(&RuleText::of_document(document));
        }
        self.indicators.add(document);
        let number = self.number(finding.number);
        if let Some(at) = finding.at {
            let Finding { severity, .. } = finding;
            self.marks.push(LaneMark { at, severity, host: placed.host, rule: placed.rule, number });
            let (first, last) = self.range.unwrap_or((at, at));
            self.range = Some((first.min(at), last.max(at)));
        }
        let importance = Importance::new(finding.severity, self.position, number);
        let anchor = self.anchor(&finding);
        if self.cards.has_room_for(importance) {
            let alert = card::NumberedFinding {
                finding: &finding,
                number,
                anchor: &anchor,
                host: placed.host,
                rule: placed.rule,
                tactics: &placed.tactics,
            };
            self.cards.add(importance, card::card(document, alert, self.clock));
            if self.records.has_room_for(importance) {
                self.records.add(importance, card::record(document));
            }
        }
        Ok(())
    }

    /// The number that the document asks for, if no other alert has it.
    fn number(&mut self, wanted: Option<u64>) -> u64 {
        let free = wanted.filter(|number| !self.numbers.contains(number));
        let number = free.unwrap_or_else(|| {
            while self.numbers.contains(&self.next_number) {
                self.next_number += 1;
            }
            self.next_number
        });
        self.numbers.insert(number);
        number
    }

    /// An anchor that no other alert of the page has.
    fn anchor(&mut self, finding: &Finding) -> String {
        let seen = self.anchors.entry(finding.stable.clone()).or_default();
        *seen += 1;
        if *seen == 1 { format!("a-{}", finding.stable) } else { format!("a-{}-{seen}", finding.stable) }
    }

    /// Takes texts of rules that the alerts do not carry, by the rule's id or else its name.
    pub fn add_rules(&mut self, rules: &[RuleText]) {
        for fired in &mut self.fired {
            let own = &fired.texts;
            let by_id = rules.iter().find(|rule| !rule.id.is_empty() && rule.id == own.id);
            let found = by_id.or_else(|| rules.iter().find(|rule| rule.name == own.name));
            if let Some(found) = found {
                fired.texts.complete(found);
            }
        }
    }

    /// How many alerts were added.
    pub fn alerts(&self) -> u64 {
        self.position
    }

    /// Writes the page, and tells how many alerts have a card on it.
    pub fn write(mut self, case: &CaseFacts, out: &mut dyn Write) -> io::Result<usize> {
        let parts = page::PageParts::new(&self, case);
        let rest = parts.len()
            + page::FRAME
            + page::timeline(&self, &HashSet::new()).into_string().len()
            + self.marks.len().min(lanes::MOST_MARKS) * 48;
        let left = self.limits.bytes.saturating_sub(rest as u64);
        let cards = std::mem::take(&mut self.cards).fit(left);
        let used: usize = cards.iter().map(|(_, card)| card.len() + card::END.len() + card::NO_RECORD.len()).sum();
        let records = std::mem::take(&mut self.records).fit(left.saturating_sub(used as u64));
        let records: HashMap<u64, String> = records.into_iter().map(|(place, text)| (place.position, text)).collect();
        let shown: HashSet<u64> = cards.iter().map(|(place, _)| place.number).collect();
        let left_out = self.left_out(&cards, &records);
        out.write_all(parts.head(&self, case, &left_out, &shown).as_bytes())?;
        for (place, card) in &cards {
            out.write_all(card.as_bytes())?;
            out.write_all(records.get(&place.position).map_or(card::NO_RECORD, String::as_str).as_bytes())?;
            out.write_all(card::END.as_bytes())?;
        }
        out.write_all(parts.tail().as_bytes())?;
        Ok(cards.len())
    }

    /// What did not fit, in sentences.
    fn left_out(&self, cards: &[(Importance, String)], records: &HashMap<u64, String>) -> Vec<String> {
        let limit = format!("{} and {} cards", text::bytes(self.limits.bytes), text::grouped(self.limits.cards as u64));
        let mut told = Vec::new();
        let missing: Vec<String> = AlertSeverity::ALL
            .into_iter()
            .zip(self.counts.all.counts)
            .map(|(severity, all)| {
                (severity, all - cards.iter().filter(|(place, _)| place.severity == severity).count() as u64)
            })
            .filter(|(_, left)| *left > 0)
            .map(|(severity, left)| format!("{} {}", text::grouped(left), severity.name()))
            .collect();
        if !missing.is_empty() {
            told.push(format!(
                "This page has no card for some alerts ({}), the least severe and among them the latest, to stay within {limit}. Tables, timeline and indicators count all alerts.",
                missing.join(", ")
            ));
        }
        let without = cards.len() - records.len();
        if without > 0 {
            let count = text::counted(without as u64, "card");
            told.push(format!("{count} on this page have no record as JSON, to stay within {limit}. The JSON outputs of `evql scan` have it."));
        }
        told
    }
}

/// `html` of `scan`.
#[derive(Clone, Copy, Debug)]
pub struct AlertsHtml<'c> {
    /// What was run.
    pub case: &'c CaseFacts,
    /// How large the page may be.
    pub limits: ReportLimits,
}

impl Exporter for AlertsHtml<'_> {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut report = HtmlReport::new(self.limits, results.clock);
        for document in AlertDocuments::new(results) {
            report.add(&document).map_err(io::Error::other)?;
        }
        report.write(self.case, out)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
