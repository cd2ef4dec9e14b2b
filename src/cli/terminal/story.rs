//! A story on a terminal and as Markdown: one line for each event, with the alerts in their places.

use super::{BOLD, DIM, MARK, counted, grouped, instant, level_style, shown};
use evql::base::Locator;
use evql::base::escape::markdown_code;
use evql::extract::{StoryEvent, StoryEvents, StoryNote, StoryPart};
use evql::incident::Incident;
use evql::report::{Results, shown_score};
use evql::rules::{Level, Metadata};
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};

/// Longest sentence on a terminal, in characters.
const MOST: usize = 2000;

/// Whose story it is.
#[derive(Clone, Debug)]
pub struct StoryHead {
    /// `Incident 1`, `Alert 12`.
    what: String,
    level: Option<Level>,
    /// A text out of evidence or of a rule.
    title: String,
    /// Facts in a few words each.
    facts: Vec<String>,
}

impl StoryHead {
    /// The story of the incident at a position by rank.
    pub fn of_incident(rank: usize, incident: &Incident) -> Self {
        let tactics = incident.tactics.iter().map(|tactic| shown(tactic, None)).collect::<Vec<_>>().join(", ");
        let hosts = incident.hosts.iter().map(|host| shown(host, None)).collect::<Vec<_>>().join(", ");
        let score = format!("score {}", shown_score(incident.score));
        let alerts = counted(u64::from(incident.alerts), "alert");
        let rules = counted(incident.rules.len() as u64, "rule");
        let facts = [hosts, format!("{alerts} of {rules}"), score, format!("id {}", incident.id), tactics];
        Self {
            what: format!("Incident {}", grouped(rank as u64 + 1)),
            level: Some(incident.level),
            title: incident.title.clone(),
            facts: facts.into_iter().filter(|fact| !fact.is_empty()).collect(),
        }
    }

    /// The story of an alert.
    pub fn of_alert(number: u64, meta: Option<&Metadata>, incident: Option<(usize, &Incident)>) -> Self {
        let incident = incident.map(|(rank, incident)| format!("of incident {} ({})", rank + 1, incident.id));
        Self {
            what: format!("Alert {}", grouped(number)),
            level: meta.map(|meta| meta.level),
            title: meta.map(|meta| meta.name.clone()).unwrap_or_default(),
            facts: incident.into_iter().collect(),
        }
    }

    /// The story of a process.
    pub fn of_process(guid: &str, name: &str, host: &str) -> Self {
        let host = if host.is_empty() { "(no computer name)".to_owned() } else { shown(host, None) };
        Self { what: format!("Process {}", shown(guid, None)), level: None, title: name.to_owned(), facts: vec![host] }
    }
}

/// An alert that an event is part of.
#[derive(Clone, Debug)]
struct StoryMark {
    number: usize,
    level: Level,
    rule: String,
    /// Whether the event is the one that completed the alert.
    is_last: bool,
}

/// The alerts that events of a story are part of.
#[derive(Debug, Default)]
pub struct StoryMarks {
    by_place: HashMap<Locator, Vec<StoryMark>>,
}

impl StoryMarks {
    /// The alerts of events at some places, given in order.
    pub fn new(results: &Results<'_>, places: &[Locator]) -> io::Result<Self> {
        let (mut marks, mut number) = (Self::default(), 0);
        results.alerts.for_each_outline(&mut |outline| {
            number += 1;
            let meta = &results.detector.rules()[outline.rule].meta;
            let last = outline.places.iter().rposition(Option::is_some);
            for (stage, place) in outline.places.iter().enumerate() {
                let Some(place) = place.filter(|place| places.binary_search(place).is_ok()) else { continue };
                let mark =
                    StoryMark { number, level: meta.level, rule: meta.name.clone(), is_last: last == Some(stage) };
                marks.by_place.entry(place).or_default().push(mark);
            }
        })?;
        Ok(marks)
    }

    fn of(&self, place: &Locator) -> &[StoryMark] {
        self.by_place.get(place).map_or(&[], Vec::as_slice)
    }

    fn has(&self, place: &Locator) -> bool {
        self.by_place.contains_key(place)
    }
}

/// Writes a story for a terminal.
pub fn write_text(
    out: &mut dyn Write,
    head: &StoryHead,
    story: &StoryEvents,
    marks: &StoryMarks,
    most_alike: usize,
) -> io::Result<()> {
    let StoryHead { what, level, title, facts } = head;
    match level {
        Some(level) => writeln!(
            out,
            "{0}{what} {1}{0:#}  {BOLD}{2}{BOLD:#}",
            level_style(*level),
            level.name(),
            shown(title, None)
        )?,
        None => writeln!(out, "{BOLD}{what}{BOLD:#}  {BOLD}{}{BOLD:#}", shown(title, None))?,
    }
    if !facts.is_empty() {
        writeln!(out, "  {DIM}{}{DIM:#}", facts.join(" · "))?;
    }
    writeln!(out)?;
    let mut hosts = BTreeSet::new();
    story.tell(most_alike, &|place| marks.has(place), &mut |part| match part {
        StoryPart::Event(event) => {
            // The host is said where it changes, which in most stories is once.
            if hosts.insert(event.host.clone()) && !event.host.is_empty() {
                writeln!(out, "{DIM}on{DIM:#} {BOLD}{}{BOLD:#}", shown(&event.host, None))?;
            }
            text_event(out, &event, marks)
        }
        StoryPart::More { count, action, last } => {
            let (count, action) = (grouped(count), shown(&action, Some(80)));
            writeln!(out, "  {DIM}… {count} more ({action}) until {}; --all tells them{DIM:#}", instant(last))
        }
    })
}

fn text_event(out: &mut dyn Write, event: &StoryEvent, marks: &StoryMarks) -> io::Result<()> {
    let StoryEvent { order, sentence, notes, .. } = event;
    writeln!(out, "  {DIM}{}{DIM:#}  {}", instant(order.time), shown(sentence, Some(MOST)))?;
    for StoryNote { head, text, .. } in notes {
        writeln!(out, "      {DIM}{}:{DIM:#} {MARK}{}{MARK:#}", shown(head, None), shown(text, Some(MOST)))?;
    }
    for StoryMark { number, level, rule, is_last } in marks.of(&order.origin()) {
        let style = level_style(*level);
        let (number, rule) = (grouped(*number as u64), shown(rule, None));
        if *is_last {
            writeln!(out, "      {style}#{number} {}{style:#}  {BOLD}{rule}{BOLD:#}", level.name())?;
        } else {
            writeln!(out, "      {DIM}leads to #{number} {rule}{DIM:#}")?;
        }
    }
    Ok(())
}

/// Writes a story as Markdown.
pub fn write_markdown(
    out: &mut dyn Write,
    head: &StoryHead,
    story: &StoryEvents,
    marks: &StoryMarks,
    most_alike: usize,
) -> io::Result<()> {
    let StoryHead { what, level, title, facts } = head;
    let level = level.map_or_else(String::new, |level| format!(" ({})", level.name()));
    writeln!(out, "# {}{level}: {}\n", markdown_word(what), markdown_code(title))?;
    for fact in facts {
        writeln!(out, "- {}", markdown_code(fact))?;
    }
    writeln!(out, "\nTimes are UTC.\n")?;
    let mut hosts = BTreeSet::new();
    story.tell(most_alike, &|place| marks.has(place), &mut |part| match part {
        StoryPart::Event(event) => {
            if hosts.insert(event.host.clone()) && !event.host.is_empty() {
                writeln!(out, "\nOn {}:\n", markdown_code(&event.host))?;
            }
            writeln!(out, "- {} {}", instant(event.order.time), markdown_code(&event.sentence))?;
            for StoryNote { head, text, .. } in &event.notes {
                writeln!(out, "  - {head}: {}", markdown_code(text))?;
            }
            for StoryMark { number, level, rule, is_last } in marks.of(&event.order.origin()) {
                let number = grouped(*number as u64);
                let rule = markdown_code(rule);
                if *is_last {
                    writeln!(out, "  - **Alert {number}, {}:** {rule}", level.name())?;
                } else {
                    writeln!(out, "  - leads to alert {number}: {rule}")?;
                }
            }
            Ok(())
        }
        StoryPart::More { count, action, last } => {
            writeln!(out, "- … {} more ({}) until {}", grouped(count), markdown_code(&action), instant(last))
        }
    })
}

/// evql's own words, or the id of a process as a person has typed it.
fn markdown_word(what: &str) -> String {
    match what.split_once(' ') {
        Some((noun, name)) if !name.chars().all(|c| c.is_ascii_digit() || c == ',') => {
            format!("{noun} {}", markdown_code(name))
        }
        _ => what.to_owned(),
    }
}
