//! Records of which only the texts are known: they were exported as XML or JSON, or left outside of any chunk.
//!
//! They are written with the templates that scenarios have, and each entry with the type that Sysmon gives to entries of its name, as long as a reader
//! shows such a value in the very same letters.

use super::binxml::{ForgedInstance, Slot, data_template, system_template};
use super::copied::LogRecord;
use super::schema::kind_of;
use super::value::{BinXmlType, ForgedValue};
use crate::base::Ticks;

/// A record as a reader gives it. Texts are as Windows renders them; `None` is what the record does not have.
#[derive(Clone, Debug, Default)]
pub struct RecordTexts<'r> {
    /// System/EventRecordID.
    pub record_id: Option<u64>,
    /// System/TimeCreated.
    pub time: Ticks,
    /// System/Provider/@Name.
    pub provider: &'r str,
    /// System/Provider/@Guid.
    pub provider_guid: Option<&'r str>,
    /// System/EventID.
    pub event_id: u32,
    /// System/Version.
    pub version: Option<u32>,
    /// System/Level.
    pub level: Option<u32>,
    /// System/Task.
    pub task: Option<u32>,
    /// System/Opcode.
    pub opcode: Option<u32>,
    /// System/Keywords.
    pub keywords: Option<&'r str>,
    /// System/Correlation/@ActivityID.
    pub activity_id: Option<&'r str>,
    /// System/Correlation/@RelatedActivityID.
    pub related_activity_id: Option<&'r str>,
    /// System/Execution/@ProcessID.
    pub process_id: Option<u32>,
    /// System/Execution/@ThreadID.
    pub thread_id: Option<u32>,
    /// System/Channel.
    pub channel: &'r str,
    /// System/Computer.
    pub computer: &'r str,
    /// System/Security/@UserID.
    pub user_sid: Option<&'r str>,
    /// Names and values of `EventData`, in order.
    pub data: Vec<(&'r str, &'r str)>,
}

impl RecordTexts<'_> {
    /// The record; `None` if a part of its `System` is nothing that a log can hold, such as an event ID beyond 65535.
    pub fn record(&self) -> Option<LogRecord> {
        let number = |kind, value: Option<u32>| part(kind, value.map(|value| value.to_string()).as_deref());
        // In the order of the indices that `system_template` has.
        let values = [
            number(BinXmlType::UInt8, self.level)?,
            number(BinXmlType::UInt8, self.opcode)?,
            number(BinXmlType::UInt16, self.task)?,
            number(BinXmlType::UInt16, Some(self.event_id))?,
            ForgedValue::null(),
            part(BinXmlType::HexInt64, self.keywords)?,
            ForgedValue::file_time(self.time),
            part(BinXmlType::Guid, self.activity_id)?,
            number(BinXmlType::UInt32, self.process_id)?,
            number(BinXmlType::UInt32, self.thread_id)?,
            part(BinXmlType::UInt64, self.record_id.map(|id| id.to_string()).as_deref())?,
            number(BinXmlType::UInt8, self.version)?,
            part(BinXmlType::Sid, self.user_sid)?,
            part(BinXmlType::Guid, self.related_activity_id)?,
            ForgedValue::text(self.provider),
            part(BinXmlType::Guid, self.provider_guid)?,
            ForgedValue::text(self.channel),
        ];
        let mut slots: Vec<Slot> = values.into_iter().map(Slot::Value).collect();
        if !self.data.is_empty() {
            let fields: Vec<(&str, ForgedValue)> =
                self.data.iter().map(|(name, text)| (*name, entry(name, text))).collect();
            // A template has one type for each value: that of the value at hand, or the entry's own where there is none.
            let kind = |(name, value): &(&str, ForgedValue)| match value.kind {
                BinXmlType::Null => kind_of(name),
                kind => kind,
            };
            let template = data_template(fields.iter().map(|field| (field.0, kind(field))));
            let values = fields.into_iter().map(|(_, value)| Slot::Value(value)).collect();
            slots.push(Slot::Fragment(Box::new(ForgedInstance { template, slots: values })));
        }
        let template = system_template(self.computer, !self.data.is_empty());
        Some(LogRecord { written: self.time, instance: ForgedInstance { template, slots } })
    }
}

/// A part of `System`: nothing, or a value of its type; `None` if it cannot be one.
fn part(kind: BinXmlType, text: Option<&str>) -> Option<ForgedValue> {
    text.map_or_else(|| Some(ForgedValue::null()), |text| ForgedValue::of(kind, text))
}

/// The value of an entry: of the type that its name has, if a reader then shows the same text.
fn entry(name: &str, text: &str) -> ForgedValue {
    let typed = ForgedValue::of(kind_of(name), text).filter(|value| value.text == text);
    typed.unwrap_or_else(|| ForgedValue::text(text))
}

#[cfg(test)]
mod tests;
