//! Events that services, agents, updaters and applications write in every event ID, out of `routines.toml`: each is a row of data, so that what a real host
//! does can be added without code.
//!
//! A process of a routine was started before the log begins and never ends; its identity follows from host and image. What a row does not say is made up by
//! the name and type of the field.

use super::super::schema::{Schema, kind_of};
use super::super::value::{BinXmlType, ForgedValue};
use super::inventory::Account;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One kind of event that somebody writes again and again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Routine {
    pub(super) id: u16,
    /// The image of the process, with gaps as in `hosts.toml`.
    pub(super) by: String,
    pub(super) account: Account,
    /// How often, against the others.
    pub(super) weight: u64,
    /// Fields of the event, with gaps.
    pub(super) fields: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoutineFile {
    routine: Vec<Routine>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program, and every test of large logs reads it")]
pub(super) static ROUTINES: LazyLock<Vec<Routine>> = LazyLock::new(|| {
    let file: RoutineFile = toml::from_str(include_str!("routines.toml")).expect("routines.toml is as routine.rs says");
    file.routine
});

/// The facts of the process and the moment that fields are made up from.
pub(super) struct RoutineMoment {
    pub(super) utc: String,
    pub(super) image: String,
    pub(super) user: String,
    pub(super) hashes: String,
}

impl Routine {
    /// The values of the event's fields, in Sysmon's order; `filled` fills the gaps of a text, `identity` tells the GUID and the id of the process of an image.
    pub(super) fn values(
        &self,
        moment: &RoutineMoment,
        mut filled: impl FnMut(&str) -> String,
        identity: impl Fn(&str) -> ([u8; 16], u32),
    ) -> Vec<ForgedValue> {
        let said: BTreeMap<&str, String> =
            self.fields.iter().map(|(name, text)| (name.as_str(), filled(text))).collect();
        let target = said.get("TargetImage").cloned().unwrap_or_default();
        let fields = Schema::of(self.id).into_iter().flat_map(Schema::fields);
        fields
            .map(|name| {
                let kind = kind_of(name);
                if let Some(text) = said.get(name) {
                    return typed(kind, text);
                }
                let of_target = name.starts_with("Target");
                let (guid, pid) = identity(if of_target { &target } else { &moment.image });
                match kind {
                    BinXmlType::Guid => ForgedValue { kind, bytes: guid.to_vec(), text: String::new() },
                    BinXmlType::UInt32 if name.ends_with("ProcessId") => typed(kind, &pid.to_string()),
                    BinXmlType::UInt32 | BinXmlType::UInt16 => typed(kind, "0"),
                    BinXmlType::Boolean => typed(kind, "false"),
                    BinXmlType::HexInt32 | BinXmlType::HexInt64 => typed(kind, "0x0"),
                    _ => typed(kind, made_up(name, moment)),
                }
            })
            .collect()
    }
}

/// The text of a field that a row does not say.
fn made_up<'m>(name: &str, moment: &'m RoutineMoment) -> &'m str {
    match name {
        "UtcTime" | "CreationUtcTime" | "PreviousCreationUtcTime" => &moment.utc,
        "Image" | "SourceImage" => &moment.image,
        "User" | "SourceUser" => &moment.user,
        "Hashes" | "Hash" => &moment.hashes,
        _ => "-",
    }
}

fn typed(kind: BinXmlType, text: &str) -> ForgedValue {
    ForgedValue::of(kind, text).unwrap_or_else(ForgedValue::null)
}

#[cfg(test)]
mod tests;
