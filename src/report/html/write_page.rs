//! The page of a report, piece by piece: what did not fit is told on it.

use super::super::format::Exporter;
use super::super::results::Results;
use super::case::CaseFacts;
use super::finding::AlertSeverity;
use super::html_report::{HtmlReport, ReportLimits};
use super::kept::Importance;
use super::live::LiveReport;
use super::{card, incident_list, lanes, page, text};
use hashbrown::{HashMap, HashSet};
use std::io::{self, Write};

impl HtmlReport {
    /// Writes the page, and tells how many alerts have a card on it.
    pub fn write(mut self, case: &CaseFacts, out: &mut dyn Write) -> io::Result<usize> {
        let parts = page::PageParts::new(&self, case);
        let rest = parts.len()
            + page::FRAME
            + page::timeline(&self, &HashSet::new()).into_string().len()
            + self.marks.len().min(lanes::MOST_MARKS) * 48;
        let ranks = self.incidents.ranks();
        let opening = |(at, rank): (usize, &u32)| self.incidents.opening(at, (*rank, ranks.len() == 1), &self.stories);
        let openings: Vec<String> = ranks.iter().enumerate().map(opening).collect();
        let rest = rest + self.most_bytes(&openings);
        let left = self.limits.bytes.saturating_sub(rest as u64);
        let mut cards = std::mem::take(&mut self.cards).fit(left);
        let used: usize = cards.iter().map(|(_, card)| card.len() + card::END.len() + card::NO_RECORD.len()).sum();
        let records = std::mem::take(&mut self.records).fit(left.saturating_sub(used as u64));
        let records: HashMap<u64, String> = records.into_iter().map(|(place, text)| (place.position, text)).collect();
        let shown: HashSet<u64> = cards.iter().map(|(place, _)| place.number).collect();
        let left_out = self.left_out(&cards, &records);
        // Alerts are counted from 1.
        let incident = |place: &Importance| self.incidents.of_alert(usize::try_from(place.position - 1).ok()?);
        cards.sort_by_key(|(place, _)| (incident(place).map_or(u32::MAX, |at| ranks[at]), place.position));
        out.write_all(parts.head(&self, case, &left_out, &shown).as_bytes())?;
        let mut last = None;
        for (place, card) in &cards {
            let of = incident(place);
            if of != last {
                out.write_all(if last.is_some() { incident_list::END } else { "" }.as_bytes())?;
                out.write_all(of.map_or("", |at| openings[at].as_str()).as_bytes())?;
                last = of;
            }
            out.write_all(card.as_bytes())?;
            out.write_all(records.get(&place.position).map_or(card::NO_RECORD, String::as_str).as_bytes())?;
            out.write_all(card::END.as_bytes())?;
        }
        out.write_all(if last.is_some() { incident_list::END } else { "" }.as_bytes())?;
        out.write_all(parts.tail(&self, case, &left_out).as_bytes())?;
        Ok(cards.len())
    }

    /// The most bytes that the heads of incidents can take: there are no more of them on the page than cards.
    fn most_bytes(&self, openings: &[String]) -> usize {
        let mut lengths: Vec<usize> = openings.iter().map(|opening| opening.len() + incident_list::END.len()).collect();
        lengths.sort_unstable_by(|left, right| right.cmp(left));
        lengths.iter().take(self.cards.len()).sum()
    }

    /// Sentences about the parts that did not fit.
    fn left_out(&self, cards: &[(Importance, String)], records: &HashMap<u64, String>) -> Vec<String> {
        let limit = format!("{} and {} cards", text::bytes(self.limits.bytes), text::grouped(self.limits.cards as u64));
        // What is missing is said by severity: "no card for 12 low" is an answer to whether something important may be among them.
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
    /// The case that the report is for.
    pub case: &'c CaseFacts,
    /// How large the page may be.
    pub limits: ReportLimits,
}

impl Exporter for AlertsHtml<'_> {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut report = HtmlReport::new(self.limits, results.clock);
        LiveReport::new(&mut report, results).fill()?;
        report.write(self.case, out)?;
        Ok(())
    }
}
