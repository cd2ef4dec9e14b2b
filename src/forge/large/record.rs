//! Records of large logs: the values of one event, in Sysmon's order, put into templates that are made once.
//!
//! Knows which types Sysmon's fields have, but not what they say.

use super::super::binxml::{ForgedInstance, ForgedTemplate, Slot, data_template, system_template};
use super::super::schema::{CHANNEL, PROVIDER, PROVIDER_GUID, Schema, kind_of};
use super::super::value::{BinXmlType, ForgedValue};
use crate::base::{Ticks, utf16};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The kinds of events that large logs hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ForgedKind {
    Start,
    Connection,
    End,
    Load,
    File,
    Key,
    Entry,
    Query,
}

/// Their event IDs, in the same order.
const IDS: [u16; 8] = [1, 3, 5, 7, 11, 12, 13, 22];

impl ForgedKind {
    /// Its event ID.
    pub(super) const fn id(self) -> u16 {
        IDS[self as usize]
    }
}

/// An event's data, value after value in the order of its schema.
#[derive(Debug)]
pub(super) struct SchemaValues(Vec<Slot>);

impl SchemaValues {
    /// Begins with `RuleName`, which is empty in logs of an ordinary configuration.
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(24)).text("-")
    }

    fn slot(mut self, kind: BinXmlType, bytes: Vec<u8>) -> Self {
        self.0.push(Slot::Value(value(kind, bytes)));
        self
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.slot(BinXmlType::Text, utf16::bytes(text))
    }

    /// Values that are typed already.
    pub(super) fn of(values: Vec<ForgedValue>) -> Self {
        Self(values.into_iter().map(Slot::Value).collect())
    }

    /// `UtcTime`, and other times that are written the same way.
    pub(super) fn time(self, at: Ticks) -> Self {
        let text = at.rfc3339_full().replacen('T', " ", 1);
        self.text(text.get(..23).unwrap_or_default())
    }

    pub(super) fn guid(self, guid: [u8; 16]) -> Self {
        self.slot(BinXmlType::Guid, guid.to_vec())
    }

    pub(super) fn number(self, number: u32) -> Self {
        self.slot(BinXmlType::UInt32, number.to_le_bytes().to_vec())
    }

    pub(super) fn port(self, port: u16) -> Self {
        self.slot(BinXmlType::UInt16, port.to_le_bytes().to_vec())
    }

    pub(super) fn flag(self, flag: bool) -> Self {
        self.slot(BinXmlType::Boolean, u32::from(flag).to_le_bytes().to_vec())
    }

    pub(super) fn hex(self, number: u64) -> Self {
        self.slot(BinXmlType::HexInt64, number.to_le_bytes().to_vec())
    }
}

/// A value without a text: nobody compares large logs with what is read of them.
fn value(kind: BinXmlType, bytes: Vec<u8>) -> ForgedValue {
    ForgedValue { kind, bytes, text: String::new() }
}

/// Makes the records of one host.
pub(super) struct Recorder {
    system: Rc<ForgedTemplate>,
    data: BTreeMap<u16, (u8, Rc<ForgedTemplate>)>,
    user: ForgedValue,
    provider: ForgedValue,
    provider_guid: ForgedValue,
    channel: ForgedValue,
    process: u32,
}

impl Recorder {
    /// `process` is the id of the Sysmon service; `ids` are event IDs that are wanted beside the usual ones.
    pub(super) fn new(computer: &str, process: u32, ids: impl Iterator<Item = u16>) -> Self {
        let of = |kind, text| ForgedValue::of(kind, text).unwrap_or_else(ForgedValue::null);
        // Once per host: making a template hashes all of it for its GUID.
        let mut data = BTreeMap::new();
        for id in IDS.into_iter().chain(ids) {
            data.entry(id).or_insert_with(|| {
                let schema = Schema::of(id);
                let fields = schema.into_iter().flat_map(Schema::fields).map(|name| (name, kind_of(name)));
                (schema.map_or(0, |schema| schema.version), data_template(fields))
            });
        }
        Self {
            system: system_template(computer, true),
            data,
            user: of(BinXmlType::Sid, "S-1-5-18"),
            provider: ForgedValue::text(PROVIDER),
            provider_guid: of(BinXmlType::Guid, PROVIDER_GUID),
            channel: ForgedValue::text(CHANNEL),
            process,
        }
    }

    /// The record of an event.
    pub(super) fn record(&self, id: u16, number: u64, at: Ticks, thread: u32, fields: SchemaValues) -> ForgedInstance {
        let (version, template) = &self.data[&id];
        // In the order of the indices that `system_template` has: level, opcode, task, event ID, qualifiers, keywords, time, activity, process,
        // thread, record ID, version, user, related activity, provider, its GUID, channel. The data comes last, as value 17.
        let values = [
            value(BinXmlType::UInt8, vec![4]),
            value(BinXmlType::UInt8, vec![0]),
            value(BinXmlType::UInt16, id.to_le_bytes().to_vec()),
            value(BinXmlType::UInt16, id.to_le_bytes().to_vec()),
            ForgedValue::null(),
            value(BinXmlType::HexInt64, (1_u64 << 63).to_le_bytes().to_vec()),
            value(BinXmlType::FileTime, at.0.to_le_bytes().to_vec()),
            ForgedValue::null(),
            value(BinXmlType::UInt32, self.process.to_le_bytes().to_vec()),
            value(BinXmlType::UInt32, thread.to_le_bytes().to_vec()),
            value(BinXmlType::UInt64, number.to_le_bytes().to_vec()),
            value(BinXmlType::UInt8, vec![*version]),
            self.user.clone(),
            ForgedValue::null(),
            self.provider.clone(),
            self.provider_guid.clone(),
            self.channel.clone(),
        ];
        let mut slots: Vec<Slot> = Vec::with_capacity(values.len() + 1);
        slots.extend(values.into_iter().map(Slot::Value));
        slots.push(Slot::Fragment(Box::new(ForgedInstance { template: Rc::clone(template), slots: fields.0 })));
        ForgedInstance { template: Rc::clone(&self.system), slots }
    }
}
