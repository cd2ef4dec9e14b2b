//! The incidents of a page: alerts under one head, the most important incident first.
//!
//! What a document says of its incident is its id, and in the incident's first alert its score and what happened in words. Everything else is counted from the
//! alerts that are on the page, so that a page of some saved alerts says what is true of them.

use super::finding::{AlertSeverity, Finding};
use super::head::seconds;
use super::incident_facts::IncidentFacts;
use super::incident_story::IncidentStories;
use super::tables::Placed;
use super::text::{Attribute, counted, grouped, line, short};
use crate::base::Ticks;
use hashbrown::HashMap;
use maud::{Markup, PreEscaped, html};
use std::collections::BTreeSet;

/// Most hosts that a head names.
const MOST_HOSTS: usize = 5;

/// An incident in the making.
#[derive(Debug, Default)]
struct ListedIncident {
    id: String,
    score: f64,
    title: String,
    severity: Option<AlertSeverity>,
    alerts: u64,
    rules: BTreeSet<usize>,
    hosts: Vec<String>,
    tactics: Vec<String>,
    range: Option<(Ticks, Ticks)>,
}

/// The incidents of a page.
#[derive(Debug, Default)]
pub struct IncidentList {
    all: Vec<ListedIncident>,
    places: HashMap<String, usize>,
    /// Of each alert the position of its incident in `all`, by the alert's position.
    of_alert: Vec<Option<u32>>,
}

impl IncidentList {
    /// Takes the next alert.
    pub fn add(&mut self, finding: &Finding, placed: &Placed) {
        let Some(IncidentFacts { id, told }) = &finding.incident else { return self.of_alert.push(None) };
        let known = self.places.get(id).copied();
        let at = known.unwrap_or_else(|| {
            self.all.push(ListedIncident { id: id.clone(), ..ListedIncident::default() });
            self.places.insert(id.clone(), self.all.len() - 1);
            self.all.len() - 1
        });
        self.of_alert.push(u32::try_from(at).ok());
        let incident = &mut self.all[at];
        if let Some((score, title)) = told {
            (incident.score, incident.title) = (*score, title.clone());
        }
        incident.alerts += 1;
        incident.severity = incident.severity.max(Some(finding.severity));
        let add = |list: &mut Vec<String>, name: &str| {
            if !list.iter().any(|known| known == name) {
                list.push(name.to_owned());
            }
        };
        if incident.rules.insert(placed.rule) {
            finding.tactics.iter().for_each(|tactic| add(&mut incident.tactics, &tactic.name));
        }
        if incident.hosts.len() <= MOST_HOSTS {
            add(&mut incident.hosts, &finding.host);
        }
        if let Some(at) = finding.at {
            let (first, last) = incident.range.unwrap_or((at, at));
            incident.range = Some((first.min(at), last.max(at)));
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// For each incident its rank, from 0.
    pub fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_by(|&left, &right| {
            let (left, right) = (&self.all[left], &self.all[right]);
            let by_score = right.score.total_cmp(&left.score).then(right.severity.cmp(&left.severity));
            by_score.then_with(|| (left.range, &left.id).cmp(&(right.range, &right.id)))
        });
        let mut ranks = vec![0; order.len()];
        for (rank, at) in (0..).zip(order) {
            ranks[at] = rank;
        }
        ranks
    }

    /// The incident of the alert at a position.
    pub fn of_alert(&self, position: usize) -> Option<usize> {
        self.of_alert.get(position).copied().flatten().map(|at| at as usize)
    }

    /// The opening of an incident, with its story; [`END`] closes it.
    pub fn opening(&self, at: usize, (rank, is_open): (u32, bool), stories: &IncidentStories) -> String {
        let incident = &self.all[at];
        let severity = incident.severity.unwrap_or(AlertSeverity::Unknown).name();
        let title = if incident.title.is_empty() { "Alerts of one tree of processes" } else { &incident.title };
        let summary = html! {
            summary {
                span.no { (grouped(u64::from(rank) + 1)) }
                span.pill { (severity) }
                span.title { (line(title)) }
                span.risk { "score " (incident.score) }
                span.about {
                    (hosts(&incident.hosts)) " · " (counted(incident.alerts, "alert")) " of " (counted(incident.rules.len() as u64, "rule"))
                    @if let Some((first, last)) = incident.range {
                        " · " time { (seconds(first)) } @if seconds(first) != seconds(last) { " to " time { (seconds(last)) } }
                    }
                }
                @if !incident.tactics.is_empty() { span.tactics { (short(&incident.tactics.join(", "))) } }
            }
        };
        let open = if is_open { " open" } else { "" };
        let id = html! { (Attribute(&incident.id)) };
        // The tag is closed behind the last card of the incident.
        format!(
            "<details class=\"incident {severity}\" id=\"incident-{}\"{open}>{}{}",
            id.into_string(),
            summary.into_string(),
            stories.part(&incident.id).into_string()
        )
    }
}

/// The foot of an incident.
pub const END: &str = "</details>\n";

fn hosts(hosts: &[String]) -> Markup {
    html! {
        @for (at, host) in hosts.iter().take(MOST_HOSTS).enumerate() { @if at > 0 { ", " } b { (short(host)) } }
        @if hosts.len() > MOST_HOSTS { (PreEscaped(" and more")) }
    }
}
