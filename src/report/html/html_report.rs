//! The report in the making: takes alert documents one after the other, and keeps what the page has room for.
//!
//! This module does not know where documents come from.

use super::card;
use super::finding::Finding;
use super::incident_list::IncidentList;
use super::incident_story::{IncidentStories, story_lines};
use super::indicators::Indicators;
use super::kept::{Importance, Kept};
use super::lanes::LaneMark;
use super::rule_part::{Fired, RuleText};
use super::tables::{AlertCounts, Placed};
use crate::base::Ticks;
use crate::event::Clock;
use hashbrown::{HashMap, HashSet};
use serde_json::Value;

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
    pub(super) limits: ReportLimits,
    pub(super) clock: Clock,
    pub(super) counts: AlertCounts,
    pub(super) fired: Vec<Fired>,
    pub(super) indicators: Indicators,
    pub(super) incidents: IncidentList,
    pub(super) stories: IncidentStories,
    pub(super) marks: Vec<LaneMark>,
    pub(super) range: Option<(Ticks, Ticks)>,
    pub(super) cards: Kept,
    pub(super) records: Kept,
    pub(super) numbers: HashSet<u64>,
    pub(super) next_number: u64,
    pub(super) anchors: HashMap<String, u32>,
    pub(super) position: u64,
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
            incidents: IncidentList::default(),
            stories: IncidentStories::new(limits.bytes),
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
        let placed = self.count(&finding);
        self.note_rule(document, &finding, &placed);
        self.indicators.add(document);
        let number = self.number(finding.number);
        self.mark(&finding, &placed, number);
        let importance = Importance::new(finding.severity, self.position, number);
        let anchor = self.anchor(&finding);
        // A card costs more than everything else here. Once the page is full, it is made only for alerts that are more important than one that was let
        // go.
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
            if let Some(incident) = &finding.incident {
                self.stories.add(&incident.id, story_lines(document, &finding, number));
            }
            if self.records.has_room_for(importance) {
                self.records.add(importance, card::record(document));
            }
        }
        Ok(())
    }

    /// Counts an alert in the tables.
    pub(super) fn count(&mut self, finding: &Finding) -> Placed {
        self.position += 1;
        let placed = self.counts.add(finding);
        self.incidents.add(finding, &placed);
        if let Some(fired) = self.fired.get_mut(placed.rule) {
            fired.alerts += 1;
        }
        placed
    }

    /// Takes from a document what it says of its rule.
    pub(super) fn note_rule(&mut self, document: &Value, finding: &Finding, placed: &Placed) {
        // Tables number rules in the order in which they are met, and `fired` grows with them: one number more than there are means a new rule.
        if placed.rule == self.fired.len() {
            self.fired.push(Fired { alerts: 1, ..Fired::new(document, finding) });
        }
        let fired = &mut self.fired[placed.rule];
        if fired.texts.query.is_empty() {
            fired.texts.complete(&RuleText::of_document(document));
        }
    }

    /// Marks an alert on the timeline.
    pub(super) fn mark(&mut self, finding: &Finding, placed: &Placed, number: u64) {
        let Some(at) = finding.at else { return };
        self.marks.push(LaneMark { at, severity: finding.severity, host: placed.host, rule: placed.rule, number });
        let (first, last) = self.range.unwrap_or((at, at));
        self.range = Some((first.min(at), last.max(at)));
    }

    /// The number that the document asks for, if no other alert has it.
    pub(super) fn number(&mut self, wanted: Option<u64>) -> u64 {
        // Several files of alerts may each have an alert 1: the first keeps it, and links in the page stay unambiguous.
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
    pub(super) fn anchor(&mut self, finding: &Finding) -> String {
        let seen = self.anchors.entry(finding.stable.clone()).or_default();
        *seen += 1;
        if *seen == 1 { finding.anchor() } else { format!("{}-{seen}", finding.anchor()) }
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
}
