//! The two mappings of Elastic that there are.

/// Whose documents are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mapping {
    /// Elastic's Windows integration, data stream `windows.sysmon_operational`, 3.3.0 and later.
    #[default]
    Integration,
    /// The sysmon module of Winlogbeat 8.17 and 9.
    Winlogbeat,
}
