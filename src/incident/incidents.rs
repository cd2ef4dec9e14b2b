//! The incidents of a run, the most important first.

use super::deed::deed;
use super::grouping::{AlertGrouping, is_launcher, root_of};
use super::score::{rarity, score};
use super::title::{MOST_DEEDS, ProcessDeed, chain, title};
use crate::base::Ticks;
use crate::base::host::folded;
use crate::base::number::hex;
use crate::detect::{Alert, AlertSource, Detector, RuleIndex};
use crate::ecs;
use crate::event::{Clock, Event};
use crate::process::EntityKey;
use crate::process::prevalence::ValueKind;
use crate::process::triage::{AlertProcess, Triage};
use crate::rules::Level;
use crate::sysmon::event_id_row;
use hashbrown::{HashMap, HashSet};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::hash::BuildHasher as _;
use std::io;
use std::sync::Arc;

/// Bytes of an incident's id: it is typed by people, and there are few incidents.
const ID_LENGTH: usize = 6;
/// Most hosts that an incident names.
const MOST_HOSTS: usize = 16;

/// Alerts that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its id, the same in every run over the same evidence: made of the host and the process at the root of its first alert.
    pub id: String,
    /// The score by which incidents are ordered, 0 to some hundreds.
    pub score: f64,
    /// The highest severity of its alerts.
    pub level: Level,
    /// How many alerts it has.
    pub alerts: u32,
    /// The position of its first alert.
    pub first_alert: u32,
    /// The rules that found them, in the order of the rule set.
    pub rules: BTreeSet<RuleIndex>,
    /// The hosts of its alerts, as many as are named.
    pub hosts: Vec<Arc<str>>,
    /// The names of the tactics of its alerts, in the order of their first alerts.
    pub tactics: Vec<Arc<str>>,
    /// The time of the first event of its alerts.
    pub first: Ticks,
    /// The time of their last event.
    pub last: Ticks,
    /// What happened, in one line. A text out of evidence.
    pub title: String,
}

/// All incidents of a run.
#[derive(Clone, Debug, Default)]
pub struct Incidents {
    /// By rank, the most important first.
    pub by_rank: Vec<Incident>,
    /// For each alert the position of its incident in `by_rank`.
    of_alert: Vec<u32>,
}

impl Incidents {
    /// The incidents of alerts, as far as triage tells of their processes.
    pub fn new(detector: &Detector, alerts: &dyn AlertSource, triage: &Triage, clock: Clock) -> io::Result<Self> {
        let mut grouping = AlertGrouping::default();
        alerts.for_each(|_, alert| {
            grouping.add(alert, time_of(alert, clock), triage);
            Ok(())
        })?;
        let mut of_alert = grouping.finish();
        let count = of_alert.iter().max().map_or(0, |last| *last as usize + 1);
        let mut drafts: Vec<Option<IncidentDraft>> = Vec::new();
        drafts.resize_with(count, || None);
        alerts.for_each(|position, alert| {
            let facts = AlertFacts { detector, triage, clock, alert, position };
            drafts[of_alert[position] as usize].get_or_insert_with(|| IncidentDraft::new(&facts)).add(&facts);
            Ok(())
        })?;
        let mut ids: HashMap<String, u32> = HashMap::new();
        let finished = drafts.into_iter().flatten().map(|draft| draft.finish(detector, &mut ids));
        let mut ranked: Vec<(usize, Incident)> = finished.enumerate().collect();
        ranked.sort_by(|(_, left), (_, right)| {
            right.score.total_cmp(&left.score).then_with(|| (left.first, &left.id).cmp(&(right.first, &right.id)))
        });
        let mut ranks = vec![0; ranked.len()];
        for (rank, (number, _)) in (0..).zip(&ranked) {
            ranks[*number] = rank;
        }
        for number in &mut of_alert {
            *number = ranks[*number as usize];
        }
        Ok(Self { by_rank: ranked.into_iter().map(|(_, incident)| incident).collect(), of_alert })
    }

    /// The incident of the alert at a position, and its position by rank.
    pub fn of_alert(&self, position: usize) -> Option<(usize, &Incident)> {
        let at = *self.of_alert.get(position)? as usize;
        Some((at, self.by_rank.get(at)?))
    }

    /// The positions of the alerts of the incident at a rank, in order.
    pub fn alerts_of(&self, rank: usize) -> impl Iterator<Item = usize> {
        self.of_alert.iter().enumerate().filter(move |(_, of)| **of as usize == rank).map(|(position, _)| position)
    }
}

fn time_of(alert: &Alert, clock: Clock) -> Ticks {
    alert.last().map_or(Ticks::default(), |event| event.time(clock))
}

/// An alert in its surroundings.
struct AlertFacts<'a> {
    detector: &'a Detector,
    triage: &'a Triage,
    clock: Clock,
    alert: &'a Alert,
    position: usize,
}

impl AlertFacts<'_> {
    /// The text that the id of an incident is made of whose first alert this is.
    fn identity(&self) -> String {
        let host = |name: &str| folded(name).into_owned();
        let Some(AlertProcess { host: at, node, .. }) = self.triage.members(self.alert).into_iter().next() else {
            let name = self.alert.last().and_then(|event| event.document.text(ecs::HOST_NAME)).unwrap_or_default();
            return format!("{}\0{}", host(name), self.detector.meta(self.alert).id);
        };
        let tree = &self.triage.forest.hosts[at];
        let root = if is_launcher(tree.node(node)) { node } else { root_of(tree, node) };
        let key = match &tree.node(root).key {
            EntityKey::Entity(id) => id.to_string(),
            EntityKey::Loose { pid, image } => {
                format!("{}\0{}", pid.unwrap_or_default(), image.as_deref().unwrap_or_default())
            }
        };
        format!("{}\0{key}", host(&tree.name))
    }

    /// The process of an event as a person calls it; empty for an event that is of none, such as a WMI consumer, which names the program that it will run.
    fn name(event: &Event) -> String {
        let id = event.document.first(ecs::EVENT_CODE).and_then(|code| code.to_string().parse().ok());
        if id.and_then(event_id_row).is_some_and(|row| row.life.is_none()) {
            return String::new();
        }
        let text = event.document.text(ecs::PROCESS_NAME).or_else(|| event.document.text(ecs::PROCESS_EXECUTABLE));
        text.unwrap_or_default().to_owned()
    }

    fn deeds(&self) -> impl Iterator<Item = ProcessDeed> {
        self.alert.present().filter_map(|event| {
            Some(ProcessDeed { process: Self::name(event), deed: deed(event, &self.triage.addresses)? })
        })
    }

    /// How many ancestors its last process has below the launcher that all came from.
    fn depth(&self) -> usize {
        self.triage.members(self.alert).last().map_or(0, |AlertProcess { host, node, .. }| {
            let tree = &self.triage.forest.hosts[*host];
            tree.ancestors(*node).take_while(|at| !is_launcher(tree.node(*at))).count()
        })
    }

    /// The chain of processes that leads to it, and the name of the last one.
    fn chain(&self) -> (String, String) {
        if let Some(AlertProcess { host, node, .. }) = self.triage.members(self.alert).last() {
            let tree = &self.triage.forest.hosts[*host];
            return (chain(tree, *node), tree.node(*node).name().unwrap_or_default().to_owned());
        }
        let name = self.alert.last().map_or_else(String::new, |event| Self::name(event));
        (name.clone(), name)
    }

    /// The factor for how rare its files and destinations are.
    fn rarity(&self) -> f64 {
        let is_telling = |kind: ValueKind| matches!(kind, ValueKind::Sha256 | ValueKind::Destination | ValueKind::Dns);
        let elsewhere = self.triage.elsewhere(self.alert);
        let hosts: Vec<u64> =
            elsewhere.iter().filter(|((kind, _), _)| is_telling(*kind)).map(|(_, seen)| seen.hosts).collect();
        rarity(&hosts, self.triage.host_count() as u64)
    }
}

/// An incident in the making.
#[derive(Debug)]
struct IncidentDraft {
    identity: String,
    alerts: u32,
    first_alert: u32,
    level: Level,
    rules: BTreeSet<RuleIndex>,
    hosts: Vec<Arc<str>>,
    tactics: Vec<Arc<str>>,
    range: Option<(Ticks, Ticks)>,
    lead: Option<LeadAlert>,
    /// The first deeds of all alerts.
    deeds: Vec<ProcessDeed>,
    /// All deeds, by their words.
    seen: HashSet<u64>,
}

/// The alert of the highest risk, of these the one whose process has most ancestors, and of these the first.
#[derive(Debug)]
struct LeadAlert {
    risk: f64,
    depth: usize,
    chain: String,
    actor: String,
    deeds: Vec<ProcessDeed>,
    rarity: f64,
}

impl IncidentDraft {
    /// The incident of a first alert, which is not counted yet.
    fn new(first: &AlertFacts<'_>) -> Self {
        Self {
            identity: first.identity(),
            alerts: 0,
            first_alert: u32::try_from(first.position).unwrap_or(u32::MAX),
            level: Level::Low,
            rules: BTreeSet::new(),
            hosts: Vec::new(),
            tactics: Vec::new(),
            range: None,
            lead: None,
            deeds: Vec::new(),
            seen: HashSet::new(),
        }
    }

    fn add(&mut self, facts: &AlertFacts<'_>) {
        let (alert, meta) = (facts.alert, facts.detector.meta(facts.alert));
        self.alerts += 1;
        self.level = self.level.max(meta.level);
        if self.rules.insert(alert.rule) {
            for attack in &meta.threat {
                if !self.tactics.iter().any(|known| **known == *attack.tactic.name) {
                    self.tactics.push(attack.tactic.name.as_str().into());
                }
            }
        }
        for event in alert.present() {
            let at = event.time(facts.clock);
            self.range = Some(self.range.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
            let host = event.document.text(ecs::HOST_NAME).unwrap_or_default();
            let is_known = self.hosts.iter().any(|known| folded(known) == folded(host));
            if !is_known && !host.is_empty() && self.hosts.len() < MOST_HOSTS {
                self.hosts.push(host.into());
            }
        }
        let (risk, depth) = (meta.risk_score, facts.depth());
        if self.lead.as_ref().is_none_or(|lead| (risk, depth) > (lead.risk, lead.depth)) {
            let (chain, actor) = facts.chain();
            let deeds = facts.deeds().take(MOST_DEEDS).collect();
            self.lead = Some(LeadAlert { risk, depth, chain, actor, deeds, rarity: facts.rarity() });
        }
        for told in facts.deeds() {
            let is_new = self.seen.insert(words_of(&told));
            if is_new && self.deeds.len() < MOST_DEEDS {
                self.deeds.push(told);
            }
        }
    }

    fn finish(self, detector: &Detector, ids: &mut HashMap<String, u32>) -> Incident {
        let risks = self.rules.iter().map(|rule| detector.rules()[*rule].meta.risk_score).collect();
        let LeadAlert { chain, actor, mut deeds, rarity, .. } = self.lead.unwrap_or_else(|| LeadAlert {
            risk: 0.0,
            depth: 0,
            chain: String::new(),
            actor: String::new(),
            deeds: Vec::new(),
            rarity: 1.0,
        });
        deeds.dedup();
        for other in self.deeds {
            if deeds.len() < MOST_DEEDS && !deeds.contains(&other) {
                deeds.push(other);
            }
        }
        let more = self.seen.len().saturating_sub(deeds.len());
        // A tree whose alerts are far apart has several incidents: each after the first counts on.
        let nth = ids.entry(self.identity.clone()).or_default();
        *nth += 1;
        let digest = Sha256::digest(format!("{}\0{nth}", self.identity));
        let (first, last) = self.range.unwrap_or_default();
        Incident {
            id: hex(&digest[..ID_LENGTH]),
            score: score(risks, self.tactics.len(), rarity),
            level: self.level,
            alerts: self.alerts,
            first_alert: self.first_alert,
            rules: self.rules,
            hosts: self.hosts,
            tactics: self.tactics,
            first,
            last,
            title: title(&chain, &actor, &deeds, more),
        }
    }
}

/// Stands for the words of a deed.
fn words_of(told: &ProcessDeed) -> u64 {
    // Not a hash with a seed of its own: what collides must not depend on the run.
    foldhash::fast::FixedState::default().hash_one((&told.process, &told.deed))
}
