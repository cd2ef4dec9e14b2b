//! Which records are Sysmon's, and on which system they were written.

use crate::ecs;
use crate::event::Document;
use crate::source::Record;

/// The provider that writes Sysmon's records on Windows.
pub const PROVIDER: &str = "Microsoft-Windows-Sysmon";

/// The GUID of that provider, for records whose provider has no name.
pub const PROVIDER_GUID: &str = "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}";

/// The provider that writes Sysmon's records on Linux.
pub const LINUX_PROVIDER: &str = "Linux-Sysmon";

/// The GUID of Sysmon's provider on Linux.
pub const LINUX_PROVIDER_GUID: &str = "{ff032593-a8d3-4f13-b0d6-01fc615a0f97}";

/// The system that a Sysmon record was written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SysmonPlatform {
    /// Sysmon of Sysinternals.
    Windows,
    /// Sysmon for Linux.
    Linux,
}

/// The system that a record was written on; `None` if Sysmon did not write it.
///
/// Told by provider, never by channel or file name, so that forwarded and renamed logs count.
pub fn system(record: &Record) -> Option<SysmonPlatform> {
    system_of(&record.provider, record.provider_guid.as_deref())
}

fn system_of(provider: &str, provider_guid: Option<&str>) -> Option<SysmonPlatform> {
    let known = [
        (PROVIDER, PROVIDER_GUID, SysmonPlatform::Windows),
        (LINUX_PROVIDER, LINUX_PROVIDER_GUID, SysmonPlatform::Linux),
    ];
    let is = |name: &str, guid: &str| {
        if provider.is_empty() {
            provider_guid.is_some_and(|have| have.eq_ignore_ascii_case(guid))
        } else {
            provider.eq_ignore_ascii_case(name)
        }
    };
    known.into_iter().find(|(name, guid, _)| is(name, guid)).map(|(_, _, system)| system)
}

/// Whether a provider is Sysmon, by its name, or by its GUID if it has no name.
pub fn is_provider(name: &str, guid: Option<&str>) -> bool {
    system_of(name, guid).is_some()
}

/// Whether Sysmon wrote the record on Windows.
pub fn is_windows(record: &Record) -> bool {
    system(record) == Some(SysmonPlatform::Windows)
}

/// Whether Sysmon wrote the record.
pub fn is_sysmon(record: &Record) -> bool {
    system(record).is_some()
}

/// Whether a document tells of a record that Sysmon wrote.
pub fn is_sysmon_document(document: &Document) -> bool {
    let text = |field| document.text(field);
    let provider = text(ecs::WINLOG_PROVIDER_NAME).or_else(|| text(ecs::EVENT_PROVIDER)).unwrap_or_default();
    system_of(provider, text(ecs::WINLOG_PROVIDER_GUID)).is_some()
}
