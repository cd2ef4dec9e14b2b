//! Learns names from records, before any of them is replaced: a name that the last record tells to be one stands in the first one too.

use super::address::addresses_in;
use super::known::{is_known_domain, is_known_host, is_known_label, is_known_user};
use super::originals::{NameKind, OriginalNames, folded};
use super::patterns;
use crate::base::guid;
use crate::base::public_suffix::known_suffix;
use crate::forge::RecordEditor;
use crate::source::is_guid_entry;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Entries that hold an account.
pub const USER_ENTRIES: &[&str] = &["User", "ParentUser", "SourceUser", "TargetUser"];
/// Entries that hold the name of a host.
pub const HOST_ENTRIES: &[&str] = &["Computer", "SourceHostname", "DestinationHostname"];
/// Entries that hold an address.
const ADDRESS_ENTRIES: &[&str] = &["SourceIp", "DestinationIp"];

/// Longest name that is taken for one.
const LONGEST: usize = 128;

/// Is shown records, and changes nothing.
#[derive(Debug, Default)]
pub struct NameLearner {
    /// The names that were learnt.
    pub names: OriginalNames,
    /// Addresses that may be versions, with how often they were met.
    doubtful: BTreeMap<IpAddr, u64>,
    certain: std::collections::BTreeSet<IpAddr>,
    /// Names with dots that nothing tells to be hosts.
    dotted: BTreeMap<String, u64>,
}

/// Most names with dots that are remembered, to tell of them.
const MOST_DOTTED: usize = 4096;

impl NameLearner {
    /// Ends learning and gives the names. Addresses that only ever stood where versions stand are none.
    pub fn finish(mut self) -> (OriginalNames, Vec<(String, u64)>) {
        for address in &self.certain {
            self.names.add(NameKind::Address, &address.to_string());
            self.doubtful.remove(address);
        }
        let doubtful = self.doubtful.into_iter().map(|(address, count)| (address.to_string(), count));
        let mut left: Vec<(String, u64)> = doubtful.collect();
        left.extend(self.dotted);
        (self.names, left)
    }

    /// A host by its name, short or with a domain.
    fn host(&mut self, name: &str) {
        let name = name.trim().trim_end_matches('.');
        if name.is_empty() || name.len() > LONGEST || is_known_host(&folded(name)) || name.parse::<IpAddr>().is_ok() {
            return;
        }
        if name.contains('.') {
            self.names.add(NameKind::Site, name);
        } else {
            self.names.add_word(NameKind::Host, name);
        }
    }

    fn computer(&mut self, name: &str) {
        let name = name.trim().trim_end_matches('.');
        if name.is_empty() || name.len() > LONGEST || is_known_host(&folded(name)) {
            return;
        }
        let mut labels = name.split('.');
        self.names.add_word(NameKind::Host, labels.next().unwrap_or_default());
        if let Some((_, domain)) = name.split_once('.') {
            self.names.own_domains.insert(folded(domain));
            self.own_domain(domain);
        }
    }

    /// The labels of an own domain, but for the last one: nobody is known by it.
    fn own_domain(&mut self, domain: &str) {
        let Some((labels, _)) = domain.rsplit_once('.') else { return };
        for label in labels.split('.').filter(|label| !is_known_label(&folded(label))) {
            self.names.add_word(NameKind::Domain, label);
        }
    }

    fn account(&mut self, domain: Option<&str>, name: &str) {
        let name = name.trim();
        if let Some(domain) = domain {
            if is_known_domain(&folded(domain)) {
                return;
            }
            if domain.contains('.') { self.host(domain) } else { self.names.add_word(NameKind::Domain, domain) }
        }
        if name.is_empty()
            || name.len() > LONGEST
            || is_known_user(&folded(name))
            || name.contains(['*', '%', '<', '>'])
        {
            return;
        }
        match name.strip_suffix('$') {
            // The account of a computer.
            Some(host) => self.names.add_word(NameKind::Host, host),
            None if name.contains('@') => {}
            None => self.names.add_word(NameKind::User, name),
        }
    }

    fn dns_results(&mut self, text: &str) {
        for part in text.split(';') {
            // `type: 5 name`, or an address.
            let name = part.trim().rsplit(' ').next().unwrap_or_default();
            if name.contains('.') && addresses_in(name).is_empty() && !name.contains(['\\', '/', ':']) {
                self.host(name);
            }
        }
    }

    fn anywhere(&mut self, name: &str, text: &str) {
        for profile in patterns::profiles(text) {
            self.account(None, profile);
        }
        for host in patterns::hosts(text) {
            self.host(host);
        }
        for (domain, account) in patterns::accounts(text) {
            self.account(domain, account);
        }
        for mail in patterns::mails(text) {
            self.names.add(NameKind::Mail, mail);
            if let Some((_, domain)) = mail.split_once('@') {
                self.host(domain);
            }
        }
        for (_, sid) in patterns::sids(text) {
            self.names.add(NameKind::Sid, patterns::sid_domain(sid));
        }
        for found in addresses_in(text) {
            // `Version=4.0.0.0`, a file's version, and whatever begins with zero may be no address.
            let before = folded(&text[..found.span.start]);
            let is_version = name.ends_with("Version")
                || before.trim_end_matches([' ', '=', ':', '"', '/']).ends_with("version")
                || before.ends_with('v')
                || matches!(found.address, IpAddr::V4(four) if four.octets()[0] == 0);
            if is_version {
                *self.doubtful.entry(found.address).or_default() += 1;
            } else {
                self.certain.insert(found.address);
            }
        }
        if self.dotted.len() < MOST_DOTTED && text.contains('.') {
            self.dotted_names(text);
        }
    }

    /// Notes names that a domain name could be, to tell of them if they stay.
    fn dotted_names(&mut self, text: &str) {
        for (span, name) in patterns::dotted(text) {
            let before = text[..span.start].chars().next_back();
            let is_path = before.is_some_and(|c| matches!(c, '\\' | '.' | '-') || c.is_alphanumeric());
            let known_ending = known_suffix(&folded(name)).is_some();
            let last = name.rsplit('.').next().unwrap_or_default();
            // What files end in can be a domain as well (`.com`, `.zip`), but is rarely one.
            let is_file = last.len() <= 2 || FILE_ENDINGS.contains(&&*folded(last));
            if !is_path && known_ending && !is_file && last.chars().all(char::is_alphabetic) {
                *self.dotted.entry(folded(name)).or_default() += 1;
            }
        }
    }
}

/// Endings of files that are top-level domains too, and names in programs that look like domains.
const FILE_ENDINGS: &[&str] = &[
    "com",
    "zip",
    "mov",
    "app",
    "data",
    "name",
    "link",
    "management",
    "security",
    "services",
    "tools",
    "prof",
    "bin",
    "dev",
    "map",
    "new",
    "now",
    "run",
    "page",
    "media",
    "build",
    "store",
];

impl RecordEditor for NameLearner {
    fn text(&mut self, name: &str, text: &str) -> Option<String> {
        if self.names.structure.len() < MOST_DOTTED {
            self.names.structure.insert(folded(name));
        }
        if text.is_empty() || text == "-" {
            return None;
        }
        if name == "Computer" {
            self.computer(text);
        } else if USER_ENTRIES.contains(&name) {
            match text.split_once('\\') {
                Some((domain, user)) => self.account(Some(domain), user),
                None => self.account(None, text),
            }
        } else if HOST_ENTRIES.contains(&name) || name == "QueryName" {
            self.host(text);
        } else if name == "QueryResults" {
            self.dns_results(text);
        }
        if ADDRESS_ENTRIES.contains(&name) {
            self.certain.extend(text.parse::<IpAddr>().map(|address| address.to_canonical()));
        } else if is_guid_entry(name)
            && let Some(bytes) = guid::read(text)
        {
            self.machine(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        }
        self.anywhere(name, text);
        None
    }

    fn sid(&mut self, _: &str, sid: &str) -> Option<String> {
        for (_, sid) in patterns::sids(sid) {
            self.names.add(NameKind::Sid, patterns::sid_domain(sid));
        }
        None
    }

    fn guid(&mut self, name: &str, guid: [u8; 16]) -> Option<[u8; 16]> {
        if self.names.structure.len() < MOST_DOTTED {
            self.names.structure.insert(folded(name));
        }
        if is_guid_entry(name) {
            self.machine(u32::from_le_bytes([guid[0], guid[1], guid[2], guid[3]]));
        }
        None
    }
}

impl NameLearner {
    fn machine(&mut self, part: u32) {
        if part != 0 {
            self.names.add(NameKind::Machine, &format!("{part:08x}"));
        }
    }
}
