//! An alert reduced to the facts that tables, filters and marks need, read from its document. A card needs more, and reads it there itself.
//!
//! Documents may be evql's own or others': what is missing has a plain substitute, and alerts of Kibana are understood as far as their names go.

use super::doc::{at, list, scalar, text, texts};
use super::incident_facts::IncidentFacts;
use super::steps::time;
use crate::base::Ticks;
use crate::event::Clock;
use crate::report::alert_id::{EVENT_FIELDS, alert_id};
use serde_json::Value;

/// How much a finding matters; ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertSeverity {
    /// The document does not say.
    Unknown,
    /// Worth knowing.
    Low,
    /// Worth a look.
    Medium,
    /// Worth a look now.
    High,
    /// Worth an immediate response, at any hour.
    Critical,
}

impl AlertSeverity {
    /// All, the most severe first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Unknown];

    /// The name in lower case, which is also its class on the page.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Unknown => "unknown",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }

    fn of(document: &Value) -> Self {
        let named = ["evql.severity", "kibana.alert.severity", "rule.severity"];
        let by_name = named.iter().find_map(|name| Self::named(&text(document, name)?));
        // Elastic's scale is 21, 47, 73 and 99, and other programs write their own numbers on it: each step reaches up to the next.
        by_name.unwrap_or_else(|| match at(document, "event.severity").and_then(Value::as_f64) {
            Some(99.0..) => Self::Critical,
            Some(73.0..) => Self::High,
            Some(47.0..) => Self::Medium,
            Some(_) => Self::Low,
            None => Self::Unknown,
        })
    }
}

/// One tactic or technique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttackLink {
    /// The id, such as `T1218.010`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its page; empty if none is given.
    pub reference: String,
}

/// The facts of an alert.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The alert's number as its document has it.
    pub number: Option<u64>,
    /// Made from the rule, the host and the records, so that it is the same in the next report.
    pub stable: String,
    /// When its last event was, by the clock that orders the page.
    pub at: Option<Ticks>,
    /// The time of the alert as its document has it, which is shown where it cannot be read.
    pub when: String,
    /// Severity.
    pub severity: AlertSeverity,
    /// The rule's name, or its id.
    pub rule: String,
    /// The rule's id; may be empty.
    pub rule_id: String,
    /// The host's name, or a substitute.
    pub host: String,
    /// Tactics.
    pub tactics: Vec<AttackLink>,
    /// Techniques, and sub-techniques after them.
    pub techniques: Vec<AttackLink>,
    /// Whether it is an alert of a building-block rule.
    pub building_block: bool,
    /// What it says of its incident.
    pub incident: Option<IncidentFacts>,
}

/// The name shown for the host of an alert that names none.
pub const NO_HOST: &str = "(no host name)";

/// Most tactics or techniques of an alert that are looked at.
const MOST_ATTACKS: usize = 32;

impl Finding {
    /// The facts of a document, or why it is no alert.
    ///
    /// Its time is that of its last event, by the clock that orders the page.
    pub fn of(document: &Value, clock: Clock) -> Result<Self, &'static str> {
        if !document.is_object() {
            return Err("it is no object");
        }
        let first =
            |names: &[&str]| names.iter().find_map(|name| text(document, name)).map(std::borrow::Cow::into_owned);
        let rule_id = first(&["rule.id", "kibana.alert.rule.rule_id", "kibana.alert.rule.uuid", "signal.rule.id"]);
        let rule = first(&["rule.name", "kibana.alert.rule.name", "signal.rule.name"]).or_else(|| rule_id.clone());
        let Some(rule) = rule else { return Err("it is no alert: it names no rule") };
        let last = events(document).rfind(|event| event.is_object());
        let host = text(document, "host.name").or_else(|| text(last?, "host.name"));
        let when = text(document, "@timestamp").or_else(|| text(last?, "@timestamp")).unwrap_or_default().into_owned();
        // The `@timestamp` of a Kibana alert is when it was raised, and it has no list of events.
        let of_last = last.filter(|_| at(document, "events").is_some()).and_then(|event| time(event, clock));
        let mut finding = Self {
            number: at(document, "evql.alert").and_then(Value::as_u64).filter(|number| *number > 0),
            stable: String::new(),
            at: of_last.or_else(|| Ticks::parse_rfc3339(&when)),
            when,
            severity: AlertSeverity::of(document),
            rule: head(&rule),
            rule_id: head(&rule_id.unwrap_or_default()),
            host: host.map_or_else(|| NO_HOST.to_owned(), |host| head(&host)),
            tactics: attacks(document, "threat.tactic"),
            techniques: attacks(document, "threat.technique"),
            building_block: super::doc::flag(document, "evql.building_block"),
            incident: IncidentFacts::of(document),
        };
        finding.techniques.extend(attacks(document, "threat.technique.subtechnique"));
        finding.stable = finding.fingerprint(document);
        Ok(finding)
    }

    /// Its anchor on the page, unless an alert before has it already.
    pub fn anchor(&self) -> String {
        format!("a-{}", self.stable)
    }

    /// The id that the document gives, if evql made it; otherwise the one that it would have given.
    fn fingerprint(&self, document: &Value) -> String {
        let is_own = at(document, "evql.alert").is_some();
        if let Some(id) = text(document, "event.id").filter(|id| is_own && !id.is_empty()) {
            return head(&id);
        }
        let rule = if self.rule_id.is_empty() { &self.rule } else { &self.rule_id };
        let of_event = |event| EVENT_FIELDS.map(|name| text(event, name).unwrap_or_default());
        alert_id(rule, &self.host, events(document).map(of_event))
    }
}

/// The events of an alert, `null` where one is absent. An alert without a list of events is its own event, as in Kibana.
pub fn events(document: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    let own: &[Value] = if at(document, "events").is_some() { &[] } else { std::slice::from_ref(document) };
    list(document, "events").iter().chain(own)
}

/// Names are kept for every alert, so that they have to end somewhere.
pub fn head(text: &str) -> String {
    super::text::cut(text, super::text::SHORT).0.to_owned()
}

/// The entries under a name: ECS has lists of ids, names and references side by side, Kibana a list of objects.
fn attacks(document: &Value, name: &str) -> Vec<AttackLink> {
    let ids = texts(document, &format!("{name}.id"));
    let side =
        |what: &str| -> Vec<String> { texts(document, &format!("{name}.{what}")).map(|text| head(&text)).collect() };
    // The lists correspond by position; where one is shorter, the rest has no name rather than a wrong one.
    let (names, references) = (side("name"), side("reference"));
    let nth = |list: &[String], at: usize| list.get(at).cloned().unwrap_or_default();
    let attack = |(at, id): (usize, std::borrow::Cow<'_, str>)| AttackLink {
        id: head(&id),
        name: nth(&names, at),
        reference: nth(&references, at),
    };
    let found: Vec<AttackLink> = ids.take(MOST_ATTACKS).enumerate().map(attack).collect();
    if !found.is_empty() {
        return found;
    }
    of_kibana(document, name).unwrap_or_default()
}

/// Kibana's `kibana.alert.rule.threat`: a list of tactics, each with its techniques.
fn of_kibana(document: &Value, name: &str) -> Option<Vec<AttackLink>> {
    let entries = at(document, "kibana.alert.rule.threat")
        .or_else(|| at(document, "kibana.alert.rule.parameters.threat"))?
        .as_array()?;
    let one = |value: &Value| {
        let part = |what| text(value, what).map(|text| head(&text)).unwrap_or_default();
        AttackLink { id: part("id"), name: part("name"), reference: part("reference") }
    };
    let techniques = || entries.iter().flat_map(|entry| list(entry, "technique"));
    let found: Vec<AttackLink> = match name {
        "threat.tactic" => entries.iter().filter_map(|entry| at(entry, "tactic")).map(one).collect(),
        "threat.technique" => techniques().map(one).collect(),
        _ => techniques().flat_map(|technique| list(technique, "subtechnique")).map(one).collect(),
    };
    Some(found.into_iter().filter(|attack| !attack.id.is_empty()).take(MOST_ATTACKS).collect())
}

/// The values of the rule's join keys; `null` is a key that may be missing.
pub fn join_keys(document: &Value) -> impl Iterator<Item = String> {
    let shown = |value: &Value| scalar(value).map_or_else(|| value.to_string(), std::borrow::Cow::into_owned);
    list(document, "join_keys").iter().map(shown)
}

#[cfg(test)]
mod tests;
