//! The page of a run, made of its alerts and not of their documents.
//!
//! Tables, timeline and indicators need a few facts of every alert, which are taken from it as it is. Cards are made in the order of their importance until the
//! page is full, so that none is made for nothing; only for them documents are written and read again, as `evql report` does with saved ones. A test holds that
//! both ways give one page.

use super::super::alert::{AlertDocuments, alert_document, id_of};
use super::super::incident_json::shown_score;
use super::super::results::Results;
use super::card;
use super::finding::{AlertSeverity, Finding, NO_HOST, head};
use super::html_report::HtmlReport;
use super::incident_facts::IncidentFacts;
use super::incident_story::{IncidentStories, StoryLine, story_lines};
use super::kept::Importance;
use super::tables::Placed;
use crate::base::Ticks;
use crate::base::host::folded;
use crate::detect::{Alert, RuleIndex};
use crate::ecs;
use crate::event::Clock;
use crate::process::NodeIndex;
use hashbrown::{HashMap, HashSet};
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// The report of a run in the making.
pub struct LiveReport<'r> {
    report: &'r mut HtmlReport,
    results: Results<'r>,
    /// Of each rule that found something the facts of its first alert, and its places in the tables.
    rules: HashMap<RuleIndex, (Finding, Placed)>,
    /// Alerts whose anchor is not the first of its kind, by position.
    repeated: HashMap<usize, String>,
    /// Processes whose indicators are in the lists already.
    seen: HashSet<(usize, NodeIndex)>,
}

/// Stands between a card and its record. No text of a page has this character.
const BETWEEN: u8 = 0;

impl<'r> LiveReport<'r> {
    /// Nothing yet.
    pub fn new(report: &'r mut HtmlReport, results: &Results<'r>) -> Self {
        Self { report, results: *results, rules: HashMap::new(), repeated: HashMap::new(), seen: HashSet::new() }
    }

    /// Takes all alerts of the run.
    pub fn fill(mut self) -> io::Result<()> {
        let alerts = self.results.alerts;
        alerts.for_each(|position, alert| self.add(position, alert).map_err(io::Error::other))?;
        let documents = AlertDocuments::new(&self.results)?;
        for severity in AlertSeverity::ALL {
            if self.rules.values().any(|(finding, _)| finding.severity == severity) {
                self.add_cards(severity, &documents)?;
            }
        }
        Ok(())
    }

    /// Takes the facts of an alert.
    fn add(&mut self, position: usize, alert: &Alert) -> Result<(), &'static str> {
        let clock = self.results.clock;
        if !self.rules.contains_key(&alert.rule) {
            let document = alert_document(&self.results, position, alert, true);
            let finding = Finding::of(&document, clock)?;
            let placed = self.report.count(&finding);
            self.report.note_rule(&document, &finding, &placed);
            self.finish(position, &finding, &placed);
            self.rules.insert(alert.rule, (finding, placed));
        } else if let Some(finding) = self.finding(position, alert) {
            let placed = self.report.count(&finding);
            self.finish(position, &finding, &placed);
        }
        self.report.indicators.add_alert(&self.results, alert, &mut self.seen);
        Ok(())
    }

    fn finish(&mut self, position: usize, finding: &Finding, placed: &Placed) {
        let number = self.report.number(finding.number);
        self.report.mark(finding, placed, number);
        let anchor = self.report.anchor(finding);
        if anchor != finding.anchor() {
            self.repeated.insert(position, anchor);
        }
    }

    /// The facts of an alert of a rule that has an alert already.
    fn finding(&self, position: usize, alert: &Alert) -> Option<Finding> {
        let (of_rule, _) = self.rules.get(&alert.rule)?;
        let last = alert.last()?;
        // As `evql report` reads them, to the millisecond where documents have no more.
        let shown = last.timestamp.rfc3339();
        let logged = (self.results.clock == Clock::Logged && last.is_logged_known).then_some(last.logged);
        let host = last.document.text(ecs::HOST_NAME).filter(|host| !host.is_empty());
        Some(Finding {
            number: Some(position as u64 + 1),
            stable: head(&id_of(&self.results, alert)),
            at: logged.or_else(|| Ticks::parse_rfc3339(&shown)),
            when: shown,
            host: host.map_or_else(|| NO_HOST.to_owned(), head),
            incident: self.incident(position),
            ..of_rule.clone()
        })
    }

    /// What the document of an alert says of its incident.
    fn incident(&self, position: usize) -> Option<IncidentFacts> {
        let (_, incident) = self.results.incidents?.of_alert(position)?;
        let is_told = incident.first_alert as usize == position;
        let told = is_told.then(|| (shown_score(incident.score), head(&incident.title)));
        Some(IncidentFacts { id: head(&incident.id), told })
    }

    /// Makes the cards of a severity until the page is full.
    fn add_cards(&mut self, severity: AlertSeverity, documents: &AlertDocuments<'_>) -> io::Result<()> {
        let is_wanted =
            |rule: RuleIndex| self.rules.get(&rule).is_some_and(|(finding, _)| finding.severity == severity);
        let importance = |position: usize| Importance::new(severity, position as u64 + 1, position as u64 + 1);
        if !self.report.cards.has_room_for(importance(0)) {
            return Ok(());
        }
        let limits = self.report.limits;
        let has_room = self.report.cards.bytes() + self.report.records.bytes() < limits.bytes;
        let wants_records = AtomicBool::new(has_room && self.report.records.has_room_for(importance(0)));
        let (mut cards, mut records) =
            (std::mem::take(&mut self.report.cards), std::mem::take(&mut self.report.records));
        let mut stories = std::mem::replace(&mut self.report.stories, IncidentStories::new(0));
        let make = |position: usize, alert: &Alert, out: &mut Vec<u8>| {
            documents.push(position, alert, out);
            let Ok(document) = serde_json::from_slice(out) else { return };
            out.clear();
            let Some((card, story)) = self.card(position, alert, &document) else { return };
            out.extend_from_slice(card.as_bytes());
            out.push(BETWEEN);
            // Zeros in texts are escaped by JSON. Writing to memory cannot fail.
            let _ = serde_json::to_writer(&mut *out, &story);
            out.push(BETWEEN);
            if wants_records.load(Ordering::Relaxed) {
                out.extend_from_slice(card::record(&document).as_bytes());
            }
        };
        let done = self.results.alerts.for_each_text(&is_wanted, &make, &mut |position, text| {
            let text = String::from_utf8_lossy(text);
            let mut parts = text.splitn(3, char::from(BETWEEN));
            let (Some(card), Some(story), Some(record)) = (parts.next(), parts.next(), parts.next()) else {
                return Ok(ControlFlow::Continue(()));
            };
            if let Some((_, incident)) = self.results.incidents.and_then(|incidents| incidents.of_alert(position)) {
                stories.add(&head(&incident.id), serde_json::from_str(story)?);
            }
            let importance = importance(position);
            cards.add(importance, card.to_owned());
            if !record.is_empty() && records.has_room_for(importance) {
                records.add(importance, record.to_owned());
            }
            let more = cards.has_room_for(importance);
            // Cards come first: records are made only as long as they will have room beside them.
            let has_room = cards.bytes() + records.bytes() < limits.bytes && records.has_room_for(importance);
            wants_records.store(has_room, Ordering::Relaxed);
            Ok(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        (self.report.cards, self.report.records, self.report.stories) = (cards, records, stories);
        done
    }

    /// The card of an alert, and what it adds to the story of its incident.
    fn card(&self, position: usize, alert: &Alert, document: &serde_json::Value) -> Option<(String, Vec<StoryLine>)> {
        let finding = self.finding(position, alert)?;
        let (_, placed) = self.rules.get(&alert.rule)?;
        let host = self.report.counts.hosts.place_of(&folded(&finding.host))?;
        let anchor = self.repeated.get(&position).cloned().unwrap_or_else(|| finding.anchor());
        let numbered = card::NumberedFinding {
            finding: &finding,
            number: position as u64 + 1,
            anchor: &anchor,
            host,
            rule: placed.rule,
            tactics: &placed.tactics,
        };
        let story = story_lines(document, &finding, numbered.number);
        Some((card::card(document, numbered, self.results.clock), story))
    }
}
