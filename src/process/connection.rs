//! Which end of a connection is this host's, and which is the other one: the one place that decides it, for every output.
//!
//! Sysmon names the ends `source` and `destination`, and ECS keeps these names. For a connection that the host opened the source is its own end. For one that
//! it accepted this changed: since about version 10.4x the source is the other side, before that the own end stood first, and no record says which version
//! wrote it. So each record is asked, most certain first:
//!
//! 1. An address that both ends have, or one of loopback: the connection does not leave the host.
//! 2. Names: an end that bears the name of the computer is its own. Names come from the resolver: short or with a domain, in any case.
//! 3. `Initiated` is true: the source is the own end, in all versions.
//! 4. Addresses that the same host shows as its own elsewhere in the evidence, in connections that 1 to 3 decide ([`HostAddresses`]). They are learnt in
//!    passes over the evidence that are made anyway; a pass for their sake is made only if an alert has a connection that nothing before decides.
//! 5. The same first label of a name in another domain: a laptop at home bears the router's domain.
//! 6. Nothing: the ends are told as they were recorded, and every output says so.
//!
//! A name comes before an address, and a single name is enough, because addresses are leased: what was this host's yesterday can be the other end today.

use crate::base::host::folded;
use crate::base::wildcard::fold;
use crate::ecs::{self, FieldId};
use crate::sysmon;
use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::net::IpAddr;

/// Most addresses of hosts that are remembered. Which ones are left out depends on nothing but themselves.
pub const MOST_ADDRESSES: usize = 1 << 16;

/// The fields that a connection is read from.
pub const CONNECTION_FIELDS: &[FieldId] = &[
    ecs::HOST_NAME,
    ecs::SOURCE_IP,
    ecs::SOURCE_PORT,
    ecs::SOURCE_DOMAIN,
    ecs::DESTINATION_IP,
    ecs::DESTINATION_PORT,
    ecs::DESTINATION_DOMAIN,
    ecs::NETWORK_DIRECTION,
];

/// The fields of a connection, and others: `N` in all.
pub const fn with_connection<const M: usize, const N: usize>(others: [FieldId; M]) -> [FieldId; N] {
    // Put together by the compiler, so that observers that need more than a connection do not repeat its fields.
    let mut all = [ecs::HOST_NAME; N];
    let (connection, rest) = all.split_at_mut(CONNECTION_FIELDS.len());
    connection.copy_from_slice(CONNECTION_FIELDS);
    rest.copy_from_slice(&others);
    all
}

/// Longest name that Windows registers of a computer: longer ones are cut to it.
const NETBIOS_LENGTH: usize = 15;

/// One end of a connection, as it was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConnectionEnd {
    /// The address.
    pub ip: Option<String>,
    /// The port.
    pub port: Option<String>,
    /// The name.
    pub domain: Option<String>,
}

impl ConnectionEnd {
    fn new(text: &mut impl FnMut(FieldId) -> Option<String>, [ip, port, domain]: [FieldId; 3]) -> Self {
        // Sysmon writes a dash for a name that it does not know.
        let mut known = |field| text(field).filter(|text| !text.is_empty() && text != "-");
        Self { ip: known(ip), port: known(port), domain: known(domain) }
    }

    fn is_empty(&self) -> bool {
        self.ip.is_none() && self.port.is_none() && self.domain.is_none()
    }

    fn address(&self) -> Option<IpAddr> {
        Some(self.ip.as_deref()?.parse::<IpAddr>().ok()?.to_canonical())
    }

    /// The address and port, or the name, in one text: `[::1]:445 (ws01)`.
    pub fn text(&self) -> String {
        let ip = self.ip.as_deref().unwrap_or_default();
        let ip = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
        let port = self.port.as_deref().map_or_else(String::new, |port| format!(":{port}"));
        match self.domain.as_deref() {
            Some(domain) if ip.is_empty() => format!("{domain}{port}"),
            Some(domain) => format!("{ip}{port} ({domain})"),
            None => format!("{ip}{port}"),
        }
    }
}

/// A connection, as it was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Connection {
    /// The computer that recorded it.
    pub host: String,
    /// The end that is called the source.
    pub source: ConnectionEnd,
    /// The end that is called the destination.
    pub destination: ConnectionEnd,
    /// Whether the host opened it; `false` if it accepted it.
    pub initiated: Option<bool>,
}

/// The name of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndName {
    /// `source`.
    Source,
    /// `destination`.
    Destination,
}

impl EndName {
    /// The value of `network.direction`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Source => Self::Destination,
            Self::Destination => Self::Source,
        }
    }
}

/// Where a connection leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// To the end of this name, which is another host's.
    Remote(EndName),
    /// To the host itself.
    Itself,
    /// Nothing tells which end is whose. By what newer versions of Sysmon write this end is the other one.
    AsRecorded(EndName),
}

impl Peer {
    /// Which end is not this host's, as far as is known.
    pub fn remote(self) -> Option<EndName> {
        match self {
            Self::Remote(end) | Self::AsRecorded(end) => Some(end),
            Self::Itself => None,
        }
    }
}

impl Connection {
    /// The connection that an event tells of, whose first values `text` gives; `None` if it names no end.
    pub fn read(mut text: impl FnMut(FieldId) -> Option<String>) -> Option<Self> {
        // Most events tell of no connection: these two are asked for first.
        let source = ConnectionEnd::new(&mut text, [ecs::SOURCE_IP, ecs::SOURCE_PORT, ecs::SOURCE_DOMAIN]);
        let destination =
            ConnectionEnd::new(&mut text, [ecs::DESTINATION_IP, ecs::DESTINATION_PORT, ecs::DESTINATION_DOMAIN]);
        if source.is_empty() && destination.is_empty() {
            return None;
        }
        let initiated = match text(ecs::NETWORK_DIRECTION).as_deref() {
            Some("egress" | "outbound") => Some(true),
            Some("ingress" | "inbound") => Some(false),
            _ => None,
        };
        Some(Self { host: text(ecs::HOST_NAME).unwrap_or_default(), source, destination, initiated })
    }

    /// The connection that a record of Sysmon tells of, whose entries `data` gives; `None` if it names no end.
    pub fn of_record<'d>(host: &str, data: impl Fn(&str) -> Option<&'d str>) -> Option<Self> {
        let initiated = data("Initiated").and_then(crate::base::flag::read);
        let direction = initiated.map(|initiated| if initiated { "egress" } else { "ingress" });
        Self::read(|field| match field {
            ecs::HOST_NAME => Some(host.to_owned()),
            ecs::NETWORK_DIRECTION => direction.map(str::to_owned),
            // The mapping's table knows the entries: `SourceIp` for `source.ip`.
            field => data(sysmon::entry_of(field)?).map(str::to_owned),
        })
    }

    /// The end of a name.
    pub fn end(&self, name: EndName) -> &ConnectionEnd {
        match name {
            EndName::Source => &self.source,
            EndName::Destination => &self.destination,
        }
    }

    /// The own end, given the other one.
    pub fn local(&self, remote: EndName) -> &ConnectionEnd {
        self.end(remote.other())
    }

    /// Where the connection leads.
    pub fn peer(&self, known: &HostAddresses) -> Peer {
        if let Some(peer) = self.peer_by_itself() {
            return peer;
        }
        let is_own =
            |end: &ConnectionEnd| end.address().is_some_and(|ip| ip.is_unspecified() || known.has(&self.host, ip));
        let weak = |end: &ConnectionEnd| end.domain.as_deref().map(|name| likeness(&self.host, name));
        // If both are known as the host's, or neither is, addresses decide nothing: a host that was given another's address by DHCP has both.
        match (is_own(&self.source), is_own(&self.destination)) {
            (true, false) => return Peer::Remote(EndName::Destination),
            (false, true) => return Peer::Remote(EndName::Source),
            _ => {}
        }
        match weak(&self.source).cmp(&weak(&self.destination)) {
            _ if weak(&self.source).max(weak(&self.destination)) < Some(Likeness::FirstLabel) => {}
            std::cmp::Ordering::Greater => return Peer::Remote(EndName::Destination),
            std::cmp::Ordering::Less => return Peer::Remote(EndName::Source),
            std::cmp::Ordering::Equal => {}
        }
        // Who opened it is called the source: if this host accepted it, that is somebody else.
        Peer::AsRecorded(if self.initiated == Some(false) { EndName::Source } else { EndName::Destination })
    }

    /// Where the connection leads, if what was recorded of it is enough to tell.
    pub fn peer_by_itself(&self) -> Option<Peer> {
        let (source, destination) = (self.source.address(), self.destination.address());
        let is_loopback = |ip: Option<IpAddr>| ip.is_some_and(|ip| ip.is_loopback());
        if is_loopback(source) || is_loopback(destination) || (source.is_some() && source == destination) {
            return Some(Peer::Itself);
        }
        let is_named = |end: &ConnectionEnd| {
            end.domain.as_deref().is_some_and(|name| likeness(&self.host, name) == Likeness::Same)
        };
        match (is_named(&self.source), is_named(&self.destination)) {
            (true, true) => Some(Peer::Itself),
            (true, false) => Some(Peer::Remote(EndName::Destination)),
            (false, true) => Some(Peer::Remote(EndName::Source)),
            (false, false) => (self.initiated == Some(true)).then_some(Peer::Remote(EndName::Destination)),
        }
    }

    /// How many bytes its texts take.
    pub fn text_bytes(&self) -> usize {
        let of_end = |ConnectionEnd { ip, port, domain }: &ConnectionEnd| {
            [ip, port, domain].into_iter().flatten().map(String::len).sum::<usize>()
        };
        self.host.len() + of_end(&self.source) + of_end(&self.destination)
    }

    /// Whether what was recorded of it shows an address to be the host's own.
    pub fn shows_own_address(&self) -> bool {
        self.own_addresses().next().is_some()
    }

    /// The addresses that it names and the host is known to have.
    pub fn known_own<'c>(&'c self, known: &'c HostAddresses) -> impl Iterator<Item = IpAddr> + 'c {
        let addresses = [self.source.address(), self.destination.address()];
        addresses.into_iter().flatten().filter(|ip| known.has(&self.host, *ip))
    }

    /// The addresses that it shows to be the host's own.
    fn own_addresses(&self) -> impl Iterator<Item = IpAddr> {
        let (source, destination) = match self.peer_by_itself() {
            Some(Peer::Itself) => (true, true),
            Some(Peer::Remote(remote)) => (remote == EndName::Destination, remote == EndName::Source),
            Some(Peer::AsRecorded(_)) | None => (false, false),
        };
        let source = self.source.address().filter(|_| source);
        source.into_iter().chain(self.destination.address().filter(|_| destination))
    }
}

/// A connection as a person reads it: from whom to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRoute<'c> {
    /// The end that opened it, as far as is known.
    pub from: &'c ConnectionEnd,
    /// The end that accepted it, as far as is known.
    pub to: &'c ConnectionEnd,
    /// The end on another host; `None` if the connection stays in the host.
    pub remote: Option<&'c ConnectionEnd>,
    /// Whether this host accepted it.
    pub is_accepted: bool,
    /// A note for the reader about the ends; empty if there is no doubt about them.
    pub note: &'static str,
}

impl Connection {
    /// The connection as a person reads it.
    pub fn route(&self, known: &HostAddresses) -> ConnectionRoute<'_> {
        let is_accepted = self.initiated == Some(false);
        let as_recorded =
            |remote, note| ConnectionRoute { from: &self.source, to: &self.destination, remote, is_accepted, note };
        match self.peer(known) {
            Peer::Remote(remote) => {
                let (local, remote) = (self.local(remote), self.end(remote));
                let (from, to) = if is_accepted { (remote, local) } else { (local, remote) };
                ConnectionRoute { from, to, remote: Some(remote), is_accepted, note: "" }
            }
            Peer::Itself => as_recorded(None, ""),
            Peer::AsRecorded(remote) => {
                // A document may name one end only, and then nothing is in doubt.
                let is_doubtful = !self.source.is_empty() && !self.destination.is_empty();
                let note = if is_doubtful { "ends as recorded: which one is this host's is not known" } else { "" };
                as_recorded(Some(self.end(remote)), note)
            }
        }
    }
}

/// How alike the names of two computers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Different,
    /// The first label is the same, in another domain.
    FirstLabel,
    Same,
}

fn likeness(host: &str, name: &str) -> Likeness {
    if name.parse::<IpAddr>().is_ok() {
        return Likeness::Different;
    }
    let labels = |name: &str| -> Vec<String> {
        let labels = name.trim().split('.').filter(|label| !label.is_empty());
        labels.map(|label| label.chars().map(fold).collect()).collect()
    };
    let (host, name) = (labels(host), labels(name));
    let ([host_label, host_domain @ ..], [label, domain @ ..]) = (&*host, &*name) else { return Likeness::Different };
    // A name that stands alone can be one that was cut.
    let is_cut = |long: &str, short: &str, alone: bool| {
        alone && short.chars().count() == NETBIOS_LENGTH && long.starts_with(short)
    };
    let same = host_label == label
        || is_cut(host_label, label, domain.is_empty())
        || is_cut(label, host_label, host_domain.is_empty());
    match (same, host_domain == domain || host_domain.is_empty() || domain.is_empty()) {
        (false, _) => Likeness::Different,
        (true, false) => Likeness::FirstLabel,
        (true, true) => Likeness::Same,
    }
}

/// Addresses that hosts have shown as their own.
///
/// No more than `MOST_ADDRESSES` are held, those with the lowest hashes: the same ones whatever the order of events and the number of threads.
#[derive(Clone, Debug, Default)]
pub struct HostAddresses {
    held: BTreeSet<(u64, String, IpAddr)>,
    is_full: bool,
    /// The address that was added last: neighbouring records mostly show the same one.
    last: Option<(String, IpAddr)>,
}

impl HostAddresses {
    /// Learns from a connection.
    pub fn learn(&mut self, connection: &Connection) {
        connection.own_addresses().for_each(|ip| self.add(&connection.host, ip));
    }

    /// Learns an address of a host.
    pub fn add(&mut self, host: &str, ip: IpAddr) {
        let ip = ip.to_canonical();
        if host.is_empty() || ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() {
            return;
        }
        if self.last.as_ref().is_some_and(|(last_host, last_ip)| *last_ip == ip && last_host == host) {
            return;
        }
        self.last = Some((host.to_owned(), ip));
        self.hold(entry(host, ip));
    }

    fn hold(&mut self, entry: (u64, String, IpAddr)) {
        // The lowest hashes stay, so that the same addresses are held for any number of threads: see `details::Entries`, which does the same.
        self.held.insert(entry);
        if self.held.len() > MOST_ADDRESSES {
            self.is_full = true;
            self.held.pop_last();
        }
    }

    /// Takes what others have learnt, in any order.
    pub fn merge(&mut self, other: Self) {
        self.is_full |= other.is_full;
        other.held.into_iter().for_each(|entry| self.hold(entry));
    }

    /// Every host, in the letters that names are compared in, with each of its addresses.
    pub fn iter(&self) -> impl Iterator<Item = (&str, IpAddr)> {
        self.held.iter().map(|(_, host, ip)| (&**host, *ip))
    }

    /// Whether a host has shown an address as its own.
    fn has(&self, host: &str, ip: IpAddr) -> bool {
        !self.held.is_empty() && self.held.contains(&entry(host, ip))
    }

    /// Whether there were more addresses than are held.
    pub fn is_full(&self) -> bool {
        self.is_full
    }
}

/// Hosts are told apart without regard to case.
fn entry(host: &str, ip: IpAddr) -> (u64, String, IpAddr) {
    let host = folded(host).into_owned();
    (FixedState::default().hash_one((&host, ip)), host, ip)
}

#[cfg(test)]
mod tests;
