//! What was worked out of evidence, on a card: decoded texts, each marked as decoded and how, and what is odd about an image. Read from `evql.enrichment`, and
//! from the processes of triage.

use super::doc::{flag, list, number, text, texts};
use super::text::{cut, grouped, lines, short};
use maud::{Markup, html};
use serde_json::Value;

/// Most flags, or decoded texts, of one field.
const MOST: usize = 16;
/// Longest decoded text, in characters; the record has more.
const LONGEST: usize = 4_000;
/// Most encodings around a text that are named; evql itself follows no more.
const DEEPEST: usize = 8;

/// The facts of some entries; nothing if they say nothing.
pub fn enriched<'v>(entries: impl Iterator<Item = &'v Value>) -> Markup {
    let shown: Vec<&Value> = entries.filter(|entry| says_something(entry)).collect();
    html! {
        @if !shown.is_empty() {
            dl.facts.enriched { @for entry in &shown { (facts(entry)) } }
        }
    }
}

fn says_something(entry: &Value) -> bool {
    !list(entry, "flags").is_empty() || !list(entry, "decoded").is_empty() || number(entry, "not_decoded").is_some()
}

fn facts(entry: &Value) -> Markup {
    let place = place(entry);
    let decoded = list(entry, "decoded");
    let beyond = number(entry, "not_decoded").unwrap_or_default() + decoded.len().saturating_sub(MOST) as u64;
    html! {
        @for flag in list(entry, "flags").iter().take(MOST) {
            @if let Some(text) = text(flag, "text") {
                dt.flag { "flag" } dd { (short(&text)) @if !place.is_empty() { " " span.hint { (short(&place)) } } }
            }
        }
        @for (at, one) in decoded.iter().enumerate().take(MOST) {
            dt.decoded { "decoded" }
            dd {
                span.hint { (short(&path(decoded, at))) @if !place.is_empty() { ", " (short(&place)) } }
                @if let Some(text) = text(one, "text") { pre.decoded { (lines(&text, LONGEST)) } }
                (missing(one))
            }
        }
        @if beyond > 0 {
            dt.decoded { "decoded" }
            dd.cut { (grouped(beyond)) " more encoded " (if beyond == 1 { "text" } else { "texts" }) " not shown, being too many, nested too deeply or too large" }
        }
    }
}

/// How a text was encoded, with all that it stands in, the outermost first.
fn path(decoded: &[Value], at: usize) -> String {
    let within = |at: &usize| {
        let outer = number(&decoded[*at], "within").and_then(|outer| usize::try_from(outer).ok());
        // An outer text stands before what is in it; whatever else a document says is no way up.
        outer.filter(|outer| outer < at)
    };
    let names = |at: usize| texts(&decoded[at], "encodings").take(DEEPEST).collect::<Vec<_>>().join(", ");
    let mut parts: Vec<String> = std::iter::successors(Some(at), within).take(DEEPEST).map(names).collect();
    parts.reverse();
    parts.join(" > ")
}

/// Where a text or image stands, if it is not what the process itself is and does.
fn place(entry: &Value) -> String {
    match text(entry, "field").as_deref() {
        None | Some("process.executable" | "process.command_line") => String::new(),
        Some(name) if name.starts_with("process.parent.") => "of the parent".to_owned(),
        Some(name) => format!("in {}", cut(name, 80).0),
    }
}

fn missing(decoded: &Value) -> Markup {
    html! {
        @if let Some(cut) = number(decoded, "cut") { span.cut { "… " (grouped(cut)) " more characters were decoded" } }
        @if flag(decoded, "partly_unpacked") { span.cut { " … and there is more that was not unpacked" } }
    }
}

#[cfg(test)]
mod tests;
