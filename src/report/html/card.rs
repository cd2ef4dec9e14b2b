//! The card of an alert: a line to find it by, and folded behind it its steps, the process tree, what was looked up, and the record.

use super::doc::{at, list, text};
use super::finding::{AttackLink, Finding, events, join_keys};
use super::steps::{known_addresses, steps};
use super::text::{Attribute, instant, line, link, short};
use super::triage::triage;
use crate::base::escape;
use crate::ecs::FieldId;
use crate::event::Clock;
use crate::incident::deed_of;
use crate::report::tally::tally_lines;
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

/// A finding with what the report gave it.
#[derive(Clone, Copy, Debug)]
pub struct NumberedFinding<'a> {
    /// The facts of the alert.
    pub finding: &'a Finding,
    /// Its number on the page; no two are the same.
    pub number: u64,
    /// Its stable anchor; no two are the same.
    pub anchor: &'a str,
    /// Positions of its host, its rule and its tactics in the lists of the page.
    pub host: usize,
    /// See `host`.
    pub rule: usize,
    /// See `host`.
    pub tactics: &'a [usize],
}

/// The card up to the record, which [`record`] gives, and [`END`].
pub fn card(document: &Value, alert: NumberedFinding<'_>, clock: Clock) -> String {
    let NumberedFinding { finding, number, anchor, .. } = alert;
    let tactics = alert.tactics.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let body = html! {
        (head(document, alert))
        (PreEscaped(BODY))
        (about(document, finding))
        (attack(finding))
        (tally(document))
        section.part {
            h4 { "Steps" }
            (steps(
                events(document),
                at(document, "evql.process_start"),
                list(document, "evql.enrichment"),
                clock,
                &known_addresses(document),
            ))
        }
        (triage(document))
        (keys(document))
        p.anchors {
            "Rule: " a href={ "#rule-" (alert.rule) } { (short(&finding.rule)) }
            " · Permalink: " a href={ "#" (anchor) } { "#" (anchor) }
            span.js-only {
                " · Within 48 hours: " button.link type="button" data-around="h" { "alerts of this host" }
                " " button.link type="button" data-around="u" { "alerts of this user" }
            }
        }
        details.guide data-rule=(alert.rule) {
            summary { "Query, investigation guide and false positives" }
            p { a href={ "#rule-" (alert.rule) } { "They stand with the rule, once for all of its alerts." } }
        }
    };
    let (severity, host, rule) = (finding.severity.name(), alert.host, alert.rule);
    let at = finding.at.map_or_else(String::new, |at| format!(" data-m=\"{}\"", at.unix_millis()));
    let body = body.into_string();
    let attribute = |name: &str, value: Option<String>| {
        let value = value.map(|value| html! { (Attribute(&value)) }.into_string());
        value.map_or_else(String::new, |value| format!(" data-{name}=\"{value}\""))
    };
    let user = attribute("u", user(document));
    let process = attribute("p", first(document, "process.executable").map(std::borrow::Cow::into_owned));
    // Open tags are written by hand: the record, and with it the end of the card, may be left out later.
    format!(
        "<details class=\"card {severity}\" id=\"alert-{number}\" data-s=\"{severity}\" data-h=\"{host}\" data-r=\"{rule}\" data-a=\"{tactics}\"{at}{user}{process}>{body}"
    )
}

/// Between the line of a card and what is folded behind it.
///
/// To a browser that runs scripts, a `noscript` is one text, which the script of the page makes elements of when the card is opened: thousands of cards
/// would be a million elements otherwise, and take ten seconds to open. To one that does not, it is not there. No value can end it, since each `<` is
/// escaped.
const BODY: &str = "<noscript><div class=\"body\">";

/// The foot of a card.
pub const END: &str = "</div></noscript></details>\n";

fn head(document: &Value, alert: NumberedFinding<'_>) -> Markup {
    let NumberedFinding { finding, number, anchor, .. } = alert;
    let command = first(document, "process.command_line").or_else(|| first(document, "process.executable"));
    let risk =
        at(document, "event.risk_score").or_else(|| at(document, "kibana.alert.risk_score")).and_then(Value::as_f64);
    html! {
        summary {
            span.anchor id=(anchor) {}
            span.no { "#" (number) }
            span.pill { (finding.severity.name()) }
            span.title { (short(&finding.rule)) }
            @if finding.building_block { span.hint { "building block" } }
            @if let Some(risk) = risk { span.risk { "risk " (risk) } }
            time.when { (when(finding)) }
            span.who {
                b { (short(&finding.host)) }
                @if let Some(user) = user(document) { " · " (short(&user)) }
            }
            @if let Some(object) = object(document) { span.object { (Attribute(&object)) } }
            @if let Some(command) = &command { code.oneline { (Attribute(command)) } }
        }
    }
}

/// What the alert is about beside its process: what its last event with an object did.
fn object(document: &Value) -> Option<String> {
    let known = known_addresses(document);
    let value = |event| move |field: FieldId| text(event, field.name()).map(std::borrow::Cow::into_owned);
    events(document).rev().find_map(|event| deed_of(&value(event), &known))
}

fn when(finding: &Finding) -> Markup {
    html! { @if let Some(at) = finding.at { (instant(at)) } @else { (Attribute(&finding.when)) } }
}

/// The first value of a field among the events, in stage order, and then in the creation of the process.
fn first<'v>(document: &'v Value, name: &str) -> Option<std::borrow::Cow<'v, str>> {
    events(document).find_map(|event| text(event, name)).or_else(|| text(at(document, "evql.process_start")?, name))
}

fn user(document: &Value) -> Option<String> {
    let name = first(document, "user.name")?;
    Some(first(document, "user.domain").map_or_else(|| name.to_string(), |domain| format!("{domain}\\{name}")))
}

fn about(document: &Value, finding: &Finding) -> Markup {
    let description = text(document, "rule.description").or_else(|| text(document, "kibana.alert.rule.description"));
    html! {
        @if let Some(description) = description { p.about { (line(&description.split_whitespace().collect::<Vec<_>>().join(" "))) } }
        @if finding.building_block { p.note { "This rule is a building block: alone it says little." } }
    }
}

/// What the rule has counted, or looked back to.
fn tally(document: &Value) -> Markup {
    let lines = at(document, "evql").map_or_else(Vec::new, tally_lines);
    html! {
        @if !lines.is_empty() {
            dl.facts { @for (label, text) in &lines { dt { (label) } dd { (line(text)) } } }
        }
    }
}

fn attack(finding: &Finding) -> Markup {
    let prefix = |attack: &AttackLink| format!("{}.", attack.id);
    let is_leaf = |attack: &&AttackLink| !finding.techniques.iter().any(|other| other.id.starts_with(&prefix(attack)));
    html! {
        @if !finding.tactics.is_empty() || !finding.techniques.is_empty() {
            ul.chips aria-label="ATT&CK" {
                @for tactic in &finding.tactics { li.tactic { (attack_link(tactic)) } }
                @for technique in finding.techniques.iter().filter(is_leaf) { li { (attack_link(technique)) } }
            }
        }
    }
}

/// An entry of ATT&CK with its page.
pub fn attack_link(attack: &AttackLink) -> Markup {
    // The tags of a Sigma rule have the number and no name.
    let label = html! { (short(&attack.id)) @if attack.name != attack.id { " " (short(&attack.name)) } };
    link(&attack.reference, &label)
}

fn keys(document: &Value) -> Markup {
    let keys: Vec<String> = join_keys(document).take(32).collect();
    let record = |event| {
        let mark = if text(event, "evql.recovered").is_some() { " (recovered)" } else { "" };
        let number = text(event, "winlog.record_id").map(|number| format!("record {number}{mark}"));
        number.or_else(|| text(event, "evql.offset").map(|offset| format!("offset {offset}")))
    };
    let place = |event| {
        let file = text(event, "log.file.path").or_else(|| text(event, "evql.file"));
        let parts: Vec<String> = [record(event), file.map(Into::into)].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" in "))
    };
    let files: Vec<String> = events(document).take(64).filter_map(place).collect();
    html! {
        @if !keys.is_empty() || !files.is_empty() {
            dl.facts.foot {
                @for key in &keys { dt { "join key" } dd { (line(key)) } }
                @for file in &files { dt { "evidence" } dd { (line(file)) } }
            }
        }
    }
}

/// Longest text in a record, in characters; the JSON outputs have the whole.
const LONGEST_TEXT: usize = 8_192;

/// Longest record, in bytes.
const LONGEST_RECORD: usize = 256 << 10;

/// The document as JSON, folded. Very long texts in it are cut, and say so.
pub fn record(document: &Value) -> String {
    // The copy is made only where something is to be cut, which is in few documents: a script block, a registry value.
    let pruned = has_long_text(document).then(|| prune(document));
    let mut text = serde_json::to_string_pretty(pruned.as_ref().unwrap_or(document)).unwrap_or_default();
    let whole = text.len();
    if whole > LONGEST_RECORD {
        let end = (0..=LONGEST_RECORD).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default();
        text.truncate(end);
    }
    let shown = escape::json(&text);
    let record = html! {
        details.raw {
            summary { "Record as JSON" }
            pre { (PreEscaped(escape::html_lines(&shown))) }
            @if whole > LONGEST_RECORD { p.cut { "… cut here: the record has " (super::text::bytes(whole as u64)) ", and the JSON outputs have all of it" } }
        }
    };
    record.into_string()
}

/// The note in place of a record that did not fit.
pub const NO_RECORD: &str =
    "<p class=\"cut\">The record as JSON was left out to keep the report small; the JSON outputs have it.</p>";

fn has_long_text(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() > LONGEST_TEXT,
        Value::Array(items) => items.iter().any(has_long_text),
        Value::Object(object) => object.values().any(has_long_text),
        _ => false,
    }
}

fn prune(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let (head, left) = super::text::cut(text, LONGEST_TEXT);
            if left == 0 { value.clone() } else { format!("{head}…[cut, {left} more characters]").into() }
        }
        Value::Array(items) => items.iter().map(prune).collect(),
        Value::Object(object) => object.iter().map(|(name, value)| (name.clone(), prune(value))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
