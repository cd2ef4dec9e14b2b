//! The report: one page for the case file that needs no network, no server and no script to be read.
//!
//! It is fed the alerts of a run ([`AlertsHtml`]), or alert documents, one at a time, as `scan -t jsonl` writes them; what it knows of the run beside
//! them is a [`CaseFacts`]. What is in those documents is evidence, and can be anything: it reaches the page only through `text` and `markdown`, which
//! make text of it, and everything has a limit. The page's own script and style are the only ones that its content security policy allows.
//!
//! Cards are kept in memory up to the size that the page may have. Of more alerts the least severe lose first their records, then their cards; the
//! tables count all of them. This module does not know where documents come from.

mod card;
mod case;
mod doc;
mod enrichment;
mod finding;
mod head;
mod html_report;
mod incident_facts;
mod incident_list;
mod incident_story;
mod indicators;
mod kept;
mod lanes;
mod live;
mod markdown;
mod page;
mod rule_part;
mod saved;
mod steps;
mod tables;
mod text;
mod triage;
mod write_page;

pub use case::{CaseFacts, FaultFacts, GapFacts, InputFacts, NotableFacts, SilentRules};
pub use html_report::{HtmlReport, ReportLimits};
pub use rule_part::RuleText;
pub use saved::RefusedAlert;
pub use write_page::AlertsHtml;

#[cfg(test)]
mod tests;
