//! The two mappings of Elastic that there are, and what may be added to the events of both.

use crate::enrichment::GeoLookup;

/// Whose documents are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mapping {
    /// Elastic's Windows integration, data stream `windows.sysmon_operational`, 3.3.0 and later.
    #[default]
    Integration,
    /// The sysmon module of Winlogbeat 8.17 and 9.
    Winlogbeat,
}

/// How records become events: whose documents they are, and the databases in which their addresses are looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EventMapping {
    /// Whose documents are made.
    pub documents: Mapping,
    /// Where addresses are looked up, if they are: as Elastic's pipelines do with a `geoip` processor.
    pub geo: Option<GeoLookup>,
}

impl From<Mapping> for EventMapping {
    fn from(documents: Mapping) -> Self {
        Self { documents, geo: None }
    }
}
