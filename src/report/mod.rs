//! Results become files: one exporter per format behind one trait, all fed from one [`Results`].
//!
//! Columns and keys are a contract, written down in `docs/outputs.md`. This module does not know how events were found,
//! and it opens no files: exporters write to whatever they are given.

mod alert;
mod alert_id;
mod alerts_csv;
mod alerts_json;
mod bulk;
mod citation;
mod columns;
mod enriched;
mod enrichment_json;
mod format;
mod found_indicators;
pub mod html;
mod incident_json;
mod indicators_csv;
mod indicators_json;
mod json_layout;
mod message;
mod navigator;
#[cfg(feature = "parquet")]
mod parquet;
mod process_json;
mod query;
mod results;
mod sightings_json;
mod stack;
mod summary_md;
mod survey_json;
mod tally;
mod timeline_chosen;
mod timeline_csv;
mod timeline_ecs;
mod timeline_json;
mod timesketch;
mod tle;
mod tree;
mod triage_json;
mod value_table;

pub use alert::{AlertDocuments, alert_document};
pub use alerts_csv::AlertsCsv;
pub use alerts_json::{AlertsJson, PartAlertsJson};
pub use bulk::{BadIndex, TimelineBulk};
pub use citation::{Citation, citation};
pub use enriched::{EnrichedField, EnrichedLine, enriched_alert, enriched_event, enriched_lines};
pub use enrichment_json::enriched_process;
pub use format::{Exporter, TimelineFormat};
pub use incident_json::{incident_json, shown_score};
pub use indicators_csv::IndicatorsCsv;
pub use indicators_json::{IndicatorsMisp, IndicatorsStix};
pub use json_layout::JsonLayout;
pub use message::message_of;
pub use navigator::NavigatorLayer;
#[cfg(feature = "parquet")]
pub(crate) use parquet::{GROUP_ROWS as PARQUET_GROUP_ROWS, parquet_io_error, parquet_properties};
#[cfg(feature = "parquet")]
pub use parquet::{ParquetWriter, TimelineParquet};
pub use query::{QueryMatches, joined_values, with_context};
pub use results::Results;
pub use stack::{ExamplePlace, StackTable};
pub use summary_md::SummaryMarkdown;
pub use survey_json::{fault_document, survey_document};
pub use tally::{repeats_json, tally_json, tally_lines};
pub use timeline_chosen::{ChosenForm, TIMELINE_COLUMNS, TimelineChosen};
pub use timeline_csv::TimelineCsv;
pub use timeline_ecs::TimelineEcs;
pub use timeline_json::TimelineJson;
pub use timesketch::{Timesketch, TimesketchForm};
pub use tle::TimelineExplorer;
pub use tree::TreeExport;
pub use value_table::{write_values_csv, write_values_json};

#[cfg(test)]
mod tests;
