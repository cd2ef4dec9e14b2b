//! Objects of PowerShell's `Get-WinEvent`, written by `ConvertTo-Json`.
//!
//! They have the values of the entries without their names. Sysmon's message has both, if it was rendered where its manifest is known.

use super::envelope::{EnvelopeNames, RawEnvelope, TimeTrust};
use super::message;
use super::object::{self, RawObject};
use super::told::EventRead;
use crate::base::Locator;
use crate::base::interner::Interner;

const NAMES: EnvelopeNames = EnvelopeNames {
    provider: &["ProviderName"],
    provider_guid: &["ProviderId"],
    event_id: &["Id"],
    version: &["Version"],
    level: &["Level"],
    task: &["Task"],
    opcode: &["Opcode"],
    keywords: &["Keywords"],
    record_id: &["RecordId"],
    activity_id: &["ActivityId"],
    related_activity_id: &["RelatedActivityId"],
    process_id: &["ProcessId"],
    thread_id: &["ThreadId"],
    channel: &["LogName"],
    computer: &["MachineName"],
    user_sid: &["UserId", "UserId.Value"],
    time: &["TimeCreated"],
    collected: &[],
};

/// Whether an object is an event of `Get-WinEvent`.
pub fn is_event(object: &RawObject) -> bool {
    let has = |name: &str| object.contains_key(name);
    has("ProviderName") && has("Id") && (has("LogName") || has("RecordId") || has("MachineName"))
}

/// Reads an event.
pub fn read(object: &RawObject, origin: Locator, strings: &mut Interner) -> EventRead {
    let mut envelope = RawEnvelope::new(strings, TimeTrust::Exact);
    envelope.read(object, &NAMES);
    let message = object::first_text(object, &["Message"]).map(|text| message::read(&text)).unwrap_or_default();
    if envelope.is_sysmon() && message.entries.is_empty() {
        return EventRead::refused(
            "a Sysmon event of Get-WinEvent without its message, which alone has the names of its entries: export the log itself, or `ToXml()`",
        );
    }
    if envelope.is_sysmon() {
        message.entries.iter().for_each(|(name, value)| envelope.entry_text(name, value));
    }
    envelope.finish(origin, message.repeated)
}
