//! The map of names and their replacements, as a file that is kept for further extracts.
//!
//! It is the key to everything that was replaced: whoever has it can undo it.

use super::originals::NameKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names and replacements by kind, each name as it was first written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameMap {
    /// The version of this file, 1.
    pub evql_name_map: u32,
    /// Computers.
    #[serde(default)]
    pub hosts: BTreeMap<String, String>,
    /// Labels and short names of own domains.
    #[serde(default)]
    pub domains: BTreeMap<String, String>,
    /// Accounts.
    #[serde(default)]
    pub users: BTreeMap<String, String>,
    /// DNS names of others.
    #[serde(default)]
    pub dns_names: BTreeMap<String, String>,
    /// E-mail addresses.
    #[serde(default)]
    pub mails: BTreeMap<String, String>,
    /// IP addresses.
    #[serde(default)]
    pub addresses: BTreeMap<String, String>,
    /// Domain parts of security identifiers.
    #[serde(default)]
    pub sids: BTreeMap<String, String>,
    /// First groups of process and logon GUIDs.
    #[serde(default)]
    pub machines: BTreeMap<String, String>,
}

impl NameMap {
    /// Reads a map; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let map: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if map.evql_name_map != 1 {
            return Err(format!("it is of version {}, and this evql reads version 1", map.evql_name_map));
        }
        Ok(map)
    }

    /// The text of the file.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The names of a kind.
    pub fn kind(&self, kind: NameKind) -> &BTreeMap<String, String> {
        match kind {
            NameKind::Host => &self.hosts,
            NameKind::Domain => &self.domains,
            NameKind::User => &self.users,
            NameKind::Site => &self.dns_names,
            NameKind::Mail => &self.mails,
            NameKind::Address => &self.addresses,
            NameKind::Sid => &self.sids,
            NameKind::Machine => &self.machines,
        }
    }

    /// The names of a kind, to add some.
    pub fn kind_mut(&mut self, kind: NameKind) -> &mut BTreeMap<String, String> {
        match kind {
            NameKind::Host => &mut self.hosts,
            NameKind::Domain => &mut self.domains,
            NameKind::User => &mut self.users,
            NameKind::Site => &mut self.dns_names,
            NameKind::Mail => &mut self.mails,
            NameKind::Address => &mut self.addresses,
            NameKind::Sid => &mut self.sids,
            NameKind::Machine => &mut self.machines,
        }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        NameKind::ALL.iter().map(|kind| self.kind(*kind).len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
