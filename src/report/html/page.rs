//! The page around the cards: head, sections, and the policy that lets nothing in but the page's own style and script.

use super::case::CaseFacts;
use super::html_report::HtmlReport;
use super::text::{Attribute, counted, short};
use super::{head, lanes};
use base64::Engine as _;
use hashbrown::HashSet;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Bytes that the frame of the page takes at most, beside the parts that are measured.
pub const FRAME: usize = STYLE.len() + SCRIPT.len() + (32 << 10);

/// The parts of a page whose size follows the alerts.
pub struct PageParts {
    tables: String,
    evidence: String,
    unseen: String,
    filters: String,
    rules: String,
    indicators: String,
}

impl PageParts {
    /// The parts of a report.
    pub fn new(report: &HtmlReport, case: &CaseFacts) -> Self {
        let counts = &report.counts;
        let order = counts.rules.order();
        let rules =
            html! { @for rule in order { @if let Some(fired) = report.fired.get(rule) { (fired.part(rule)) } } };
        let tables = html! { (counts.tiles()) @if counts.all.total() > 0 { h3 { "Rules by host" } (counts.pivot()) } };
        Self {
            tables: tables.into_string(),
            evidence: if case.inputs.is_empty() { String::new() } else { head::inputs(&case.inputs).into_string() },
            unseen: head::unseen(case, &[]).into_string(),
            filters: filters(report).into_string(),
            rules: rules.into_string(),
            indicators: if report.indicators.is_empty() {
                String::new()
            } else {
                report.indicators.part().into_string()
            },
        }
    }

    /// Their size in bytes.
    pub fn len(&self) -> usize {
        let Self { tables, evidence, unseen, filters, rules, indicators } = self;
        [tables, evidence, unseen, filters, rules, indicators].iter().map(|part| part.len()).sum()
    }

    /// Everything before the cards. `shown` are the numbers of the alerts that have one.
    pub fn head(&self, report: &HtmlReport, case: &CaseFacts, left_out: &[String], shown: &HashSet<u64>) -> String {
        let title = if case.title.is_empty() { "evql report" } else { &case.title };
        let counts = &report.counts;
        let page = html! {
            (DOCTYPE)
            // Tags that the tail of the page closes are written by hand: a macro closes what it opens.
            (PreEscaped("<html lang=\"en\">"))
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "evql " (env!("CARGO_PKG_VERSION")) };
                title { (Attribute(title)) }
                style { (PreEscaped(STYLE)) }
            }
            (PreEscaped("<body>"))
            a.skip href="#alerts" { "Skip to the alerts" }
            (self.navigation(!report.marks.is_empty()))
            (PreEscaped("<main>"))
            header.case-head {
                h1 { (short(title)) }
                p.lead {
                    (counts.sentence())
                    @if report.incidents.len() > 0 { ", in " (counted(report.incidents.len() as u64, "incident")) }
                    @if let Some((first, last)) = report.range { ", " (head::seconds(first)) " to " (head::seconds(last)) " UTC" } "."
                }
                @if let Some(warning) = head::warning(case, left_out) { p.warning { a href="#unseen" { (warning) } } }
            }
            section #summary { h2 { "Summary" } (PreEscaped(&self.tables)) }
            (timeline(report, shown))
            (PreEscaped("<section id=\"alerts\">"))
            h2 { @if report.incidents.len() > 0 { "Incidents and their alerts" } @else { "Alerts" } }
            @if shown.is_empty() { p { "There is no alert to show." } } @else { (PreEscaped(&self.filters)) }
            (PreEscaped("<div id=\"cards\">\n"))
        };
        page.into_string()
    }

    /// Everything after the cards.
    pub fn tail(&self, report: &HtmlReport, case: &CaseFacts, left_out: &[String]) -> String {
        // Made once more for the page itself, since only now it is known what did not fit.
        let unseen = head::unseen(case, left_out);
        let page = html! {
            (PreEscaped("</div>"))
            p #nothing hidden { "No alert fits the filter." }
            (PreEscaped("</section>"))
            section #unseen { h2 { "What could not be seen" } (unseen) }
            section #case { h2 { "The case" } (head::facts(case, &report.counts, report.range)) }
            @if !self.rules.is_empty() { section #rules { h2 { "Rules" } (PreEscaped(&self.rules)) } }
            @if !self.indicators.is_empty() {
                section #indicators {
                    h2 { "Indicators" }
                    p.lead { "Everything the alerts name, harmless or not, to search for elsewhere." }
                    label.js-only { input type="checkbox" id="defang"; " defanged: hxxp, [.]" }
                    (PreEscaped(&self.indicators))
                }
            }
            @if !self.evidence.is_empty() { section #evidence { h2 { "Evidence" } (PreEscaped(&self.evidence)) } }
            footer { "Times are UTC. Made by evql " (env!("CARGO_PKG_VERSION")) "; this page loads nothing and sends nothing." }
            (PreEscaped("</main>"))
            script { (PreEscaped(SCRIPT)) }
            (PreEscaped("</body></html>\n"))
        };
        page.into_string()
    }

    fn navigation(&self, timeline: bool) -> Markup {
        html! {
            nav aria-label="Sections" {
                a.brand href="#" { "evql" }
                a href="#summary" { "Summary" }
                @if timeline { a href="#timeline" { "Timeline" } }
                a href="#alerts" { "Alerts" }
                a href="#unseen" { "Not seen" }
                a href="#case" { "Case" }
                @if !self.rules.is_empty() { a href="#rules" { "Rules" } }
                @if !self.indicators.is_empty() { a href="#indicators" { "Indicators" } }
                @if !self.evidence.is_empty() { a href="#evidence" { "Evidence" } }
                button.js-only type="button" id="theme" aria-label="Light or dark" { "◐" }
            }
        }
    }
}

/// The timeline with its head. `shown` are the numbers of the alerts that have a card.
pub fn timeline(report: &HtmlReport, shown: &HashSet<u64>) -> Markup {
    let counts = &report.counts;
    html! {
        @if !report.marks.is_empty() {
            section #timeline {
                h2 { "Timeline" }
                (lanes::lanes(&report.marks, &counts.hosts.order(), (&counts.hosts.all, &counts.rules.all), shown))
            }
        }
    }
}

fn filters(report: &HtmlReport) -> Markup {
    let counts = &report.counts;
    let options = |tallies: &super::tables::Tallies| {
        html! { @for at in tallies.order() { option value=(at) { (Attribute(&tallies.all[at].name)) " (" (tallies.all[at].total()) ")" } } }
    };
    html! {
        form #filter.js-only role="search" {
            div.row {
                input type="search" id="search" placeholder="Search in everything that the cards hold  ( / )" aria-label="Search" autocomplete="off" spellcheck="false";
                output id="around" hidden {}
                output id="shown" aria-live="polite" { (counted(counts.all.total(), "alert")) }
            }
            div.row {
            select id="f-s" aria-label="Severity" {
                option value="" { "All severities" }
                @for severity in super::finding::AlertSeverity::ALL { option value=(severity.name()) { (severity.name()) } }
            }
            select id="f-h" aria-label="Host" { option value="" { "All hosts" } (options(&counts.hosts)) }
            select id="f-r" aria-label="Rule" { option value="" { "All rules" } (options(&counts.rules)) }
            @if !counts.tactics.all.is_empty() { select id="f-a" aria-label="Tactic" { option value="" { "All tactics" } (options(&counts.tactics)) } }
            select id="group" aria-label="Group" {
                @if report.incidents.len() > 0 {
                    option value="incident" { "Incidents by risk" }
                    option value="incident-time" { "Incidents by time" }
                }
                option value="time" { "Alerts by time" }
                option value="r" { "By rule" }
                option value="h" { "By host" }
                option value="u" { "By user" }
                option value="p" { "By process" }
            }
            button type="reset" { "Clear" }
            span.grow {}
            button type="button" id="open-all" { "Open all" }
            button type="button" id="close-all" { "Close all" }
            }
        }
    }
}

/// Nothing may be loaded, sent, framed or run, but this style and this script, known by their digests.
fn policy() -> String {
    let digest = |text: &str| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types evql",
        digest(STYLE),
        digest(SCRIPT)
    )
}

#[cfg(test)]
mod tests;
