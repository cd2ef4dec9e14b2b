//! The case on the page: what was run over which evidence, and what could not be seen.

use super::case::{CaseFacts, FaultFacts, GapFacts, InputFacts, NotableFacts, SilentRules};
use super::finding::AlertSeverity;
use super::tables::AlertCounts;
use super::text::{bytes, counted, grouped, instant, line, short};
use crate::base::Ticks;
use maud::{Markup, html};

/// Most rows of a list.
const MOST: usize = 2_000;

/// The facts of the case.
pub fn facts(case: &CaseFacts, counts: &AlertCounts, alerts: Option<(Ticks, Ticks)>) -> Markup {
    let hosts = counts.hosts.order();
    html! {
        dl.case {
            @if !case.command.is_empty() { dt { "Command" } dd { code { (line(&case.command)) } } }
            dt { "Program" } dd { "evql " (env!("CARGO_PKG_VERSION")) }
            @if let Some(made) = case.made { dt { "Report made" } dd { (seconds(made)) " UTC" } }
            @for (name, value) in &case.facts { dt { (*name) } dd { (line(value)) } }
            @if let Some((first, last)) = case.range { dt { "Evidence from, to" } dd { (span(first, last)) } }
            @if let Some((first, last)) = alerts { dt { "Alerts from, to" } dd { (span(first, last)) } }
            @if !hosts.is_empty() {
                dt { "Hosts with alerts" }
                dd {
                    @for (at, &host) in hosts.iter().take(50).enumerate() { @if at > 0 { ", " } (short(&counts.hosts.all[host].name)) }
                    @if hosts.len() > 50 { " and " (grouped((hosts.len() - 50) as u64)) " more" }
                }
            }
        }
    }
}

/// An instant to the second, where more would only be noise.
pub fn seconds(at: Ticks) -> String {
    let text = instant(at);
    text.get(..19).unwrap_or(&text).to_owned()
}

fn span(first: Ticks, last: Ticks) -> Markup {
    html! { time { (seconds(first)) } " to " time { (seconds(last)) } " UTC" }
}

/// One sentence on what a reader must know before believing the findings; nothing if everything could be seen.
pub fn warning(case: &CaseFacts, left_out: &[String]) -> Option<String> {
    let lost = case.faults.iter().filter(|fault| fault.lost).count();
    let notes = case.limits.len() + left_out.len();
    let silent: usize = case.silent.iter().map(|silent| silent.rules.len()).sum();
    let parts = [
        (lost, "part of the evidence", "was not read", "were not read"),
        (case.faults.len() - lost, "part", "is in doubt", "are in doubt"),
        (case.gaps.len(), "gap", "stands in the logs", "stand in the logs"),
        (silent, "rule", "could find nothing", "could find nothing"),
        (notes, "limit or note", "applies", "apply"),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, one, many)| {
            let noun = if count == 1 { noun.to_owned() } else { noun.replacen("part", "parts", 1) };
            let noun = match (count, noun.as_str()) {
                (1, _) | (_, "parts of the evidence" | "parts") => noun,
                (_, "limit or note") => "limits or notes".to_owned(),
                (_, other) => format!("{other}s"),
            };
            format!("{} {noun} {}", grouped(count as u64), if count == 1 { one } else { many })
        })
        .collect();
    (!told.is_empty()).then(|| format!("What could not be seen: {}.", told.join(", ")))
}

/// The section on everything that could not be seen.
pub fn unseen(case: &CaseFacts, left_out: &[String]) -> Markup {
    // Lost evidence and doubtful evidence are two lists: the first may hide alerts, the second may at most have made some.
    let (lost, doubted): (Vec<_>, Vec<_>) = case.faults.iter().partition(|fault| fault.lost);
    let lists = [case.faults.len(), case.silent.len(), case.limits.len(), case.gaps.len(), left_out.len()];
    let nothing = lists == [0; 5];
    html! {
        @if nothing {
            @if case.complete { p.good { "Everything that was given could be read, and every rule could have answered." } }
            @else { p { "This report was made from saved alerts. What the run could not read or answer, it said itself; the alerts do not carry it." } }
        }
        @if !left_out.is_empty() || !case.limits.is_empty() {
            ul.limits {
                @for text in left_out.iter().chain(&case.limits) { li { (line(text)) } }
            }
        }
        (faults("Not read", AlertSeverity::High, &lost))
        (faults("In doubt, but read", AlertSeverity::Medium, &doubted))
        (gaps(&case.gaps))
        (notable(&case.notable))
        @for silent in &case.silent { (silent_rules(silent)) }
    }
}

fn gaps(gaps: &[GapFacts]) -> Markup {
    html! {
        @if !gaps.is_empty() {
            details.table open[gaps.len() <= 20] {
                summary { span class={ "dot " (AlertSeverity::Medium.name()) } {} "Gaps in the logs " span.count { (grouped(gaps.len() as u64)) } }
                div.scroll { table {
                    thead { tr { th { "host" } th { "channel" } th { "what is missing" } } }
                    tbody { @for gap in gaps.iter().take(MOST) { tr { td { (short(&gap.host)) } td { (short(&gap.channel)) } td.long { (line(&gap.text)) } } } }
                } }
                (more(gaps.len()))
            }
        }
    }
}

fn notable(notable: &[NotableFacts]) -> Markup {
    // A cleared log opens the list by itself; starts and stops are there to be looked up.
    let grave = notable.iter().any(|record| record.grave);
    let severity = if grave { AlertSeverity::High } else { AlertSeverity::Low };
    html! {
        @if !notable.is_empty() {
            details.table open[grave && notable.len() <= 40] {
                summary { span class={ "dot " (severity.name()) } {} "What the logs say of themselves " span.count { (grouped(notable.len() as u64)) } }
                div.scroll { table {
                    thead { tr { th { "time" } th { "host" } th { "what" } th { "record" } } }
                    tbody { @for record in notable.iter().take(MOST) { tr {
                        td.time { (instant(record.time)) }
                        td { (short(&record.host)) }
                        td { @if record.grave { b { (short(&record.what)) } } @else { (short(&record.what)) } }
                        td.long { (line(&record.facts)) }
                    } } }
                } }
                (more(notable.len()))
            }
        }
    }
}

fn faults(title: &str, severity: AlertSeverity, faults: &[&FaultFacts]) -> Markup {
    html! {
        @if !faults.is_empty() {
            details.table open[faults.len() <= 6] {
                summary { span class={ "dot " (severity.name()) } {} (title) " " span.count { (grouped(faults.len() as u64)) } }
                div.scroll { table {
                    thead { tr { th { "file" } th { "place" } th { "reason" } th { "kind" } } }
                    tbody { @for fault in faults.iter().take(MOST) { tr {
                        td.path { (line(&fault.file)) }
                        td { (short(&fault.place)) @if let Some(record) = fault.record { @if !fault.place.is_empty() { ", " } "record " (record) } }
                        td.long { (line(&fault.reason)) }
                        td.tight { (short(&fault.kind)) }
                    } } }
                } }
                (more(faults.len()))
            }
        }
    }
}

fn silent_rules(silent: &SilentRules) -> Markup {
    let count = silent.rules.len() as u64;
    html! {
        details.table {
            summary { span class={ "dot " (AlertSeverity::Low.name()) } {} (counted(count, "rule")) " " (line(&silent.reason)) }
            ul.names { @for (name, more) in silent.rules.iter().take(MOST) { li { (short(name)) @if !more.is_empty() { " " span.hint { (short(more)) } } } } }
            (more(silent.rules.len()))
        }
    }
}

/// The files of the evidence.
pub fn inputs(inputs: &[InputFacts]) -> Markup {
    let hashed = inputs.iter().any(|input| input.sha256.is_some());
    let counted_records = inputs.iter().any(|input| input.records.is_some());
    let timed = inputs.iter().any(|input| input.range.is_some());
    html! {
        div.scroll { table.inputs {
            thead { tr { th { "file" } th { "kind" } th.number { "size" } @if counted_records { th.number { "records" } } @if timed { th { "first" } th { "last" } } @if hashed { th { "SHA-256" } } } }
            tbody { @for input in inputs.iter().take(MOST) { tr {
                td.path { (line(&input.path)) }
                td { (input.kind) }
                td.number title=(counted(input.size, "byte")) { (bytes(input.size)) }
                @if counted_records { td.number { @if let Some(records) = input.records { (grouped(records)) } } }
                @if timed {
                    td.time { @if let Some((first, _)) = input.range { (seconds(first)) } }
                    td.time { @if let Some((_, last)) = input.range { (seconds(last)) } }
                }
                @if hashed { td { @if let Some(hash) = &input.sha256 { code { (short(hash)) } } } }
            } } }
        } }
        (more(inputs.len()))
    }
}

fn more(all: usize) -> Markup {
    html! { @if all > MOST { p.cut { "… and " (grouped((all - MOST) as u64)) " more, not shown here" } } }
}
