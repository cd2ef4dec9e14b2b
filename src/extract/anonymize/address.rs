//! Addresses in texts, and other addresses in their place: of the same range, and of the same length in writing where that can be.

use super::hints::RuleHints;
use super::random::PseudonymStream;
use ipnet::IpNet;
use regex::Regex;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

static V4: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\d{1,3}(?:\.\d{1,3}){3}").ok());
static V6: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:(?:\.\d{1,3}){3})?").ok());

/// Ranges that have a meaning of their own (IANA's registries of special-purpose addresses): an address stays in those that it lies in.
const SPECIAL: &[&str] = &[
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "0.0.0.0/8",
    "::/8",
    "64:ff9b::/96",
    "100::/64",
    "2001::/32",
    "2001:db8::/32",
    "2002::/16",
    "2000::/3",
    "fc00::/8",
    "fd00::/8",
    "fe80::/10",
    "ff00::/8",
];

/// Number of tries for an address that is written as long as the old one.
const TRIES_OF_LENGTH: usize = 2000;
const TRIES: usize = 20_000;

/// An address in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressText {
    /// Where it stands.
    pub span: Range<usize>,
    /// The address; one of IPv4 that is written as one of IPv6 is one of IPv4.
    pub address: IpAddr,
}

/// The addresses in a text, in order. Four numbers among more of them are no address, nor are those that a letter or digit touches.
pub fn addresses_in(text: &str) -> Vec<AddressText> {
    let mut found: Vec<AddressText> = Vec::new();
    if !text.contains([':', '.']) {
        return found;
    }
    for six in V6.iter().flat_map(|pattern| pattern.find_iter(text)) {
        if let Ok(address) = six.as_str().parse::<Ipv6Addr>()
            && is_apart(text, &six.range())
        {
            found.push(AddressText { span: six.range(), address: IpAddr::V6(address).to_canonical() });
        }
    }
    let sixes = found.len();
    for four in V4.iter().flat_map(|pattern| pattern.find_iter(text)) {
        let span = four.range();
        let is_inside = found[..sixes].iter().any(|six| six.span.start < span.end && span.start < six.span.end);
        if let Ok(address) = four.as_str().parse::<Ipv4Addr>()
            && !is_inside
            && is_apart(text, &span)
        {
            found.push(AddressText { span, address: address.into() });
        }
    }
    found.sort_by_key(|found| found.span.start);
    found
}

fn is_apart(text: &str, span: &Range<usize>) -> bool {
    let before = text[..span.start].chars().next_back();
    let mut after = text[span.end..].chars();
    let (next, second) = (after.next(), after.next());
    let touches = |c: char| c.is_alphanumeric() || c == '_';
    let goes_on = matches!(next, Some('.')) && second.is_some_and(|c| c.is_ascii_digit());
    !before.is_some_and(|c| touches(c) || c == '.') && !next.is_some_and(touches) && !goes_on
}

/// An address in the writing of another one.
pub fn written_as(old: &str, new: IpAddr) -> String {
    let IpAddr::V4(four) = new else {
        let IpAddr::V6(six) = new else { return new.to_string() };
        return in_groups(old, six);
    };
    match old.rfind(':') {
        None => four.to_string(),
        Some(at) if old[at..].contains('.') => format!("{}{four}", &old[..=at]),
        Some(_) => in_groups(old, four.to_ipv6_mapped()),
    }
}

/// The groups of an address, each with as many digits and in the letters that the old one has at its place.
fn in_groups(old: &str, new: Ipv6Addr) -> String {
    let (head, tail) = old.split_once("::").unwrap_or((old, ""));
    let groups = new.segments();
    let part = |text: &str, first: usize| {
        let groups = text.split(':').filter(|group| !group.is_empty()).zip(&groups[first..]).map(|(group, value)| {
            let written = format!("{value:0width$x}", width = group.len());
            if group.chars().any(|c| c.is_ascii_uppercase()) { written.to_uppercase() } else { written }
        });
        groups.collect::<Vec<_>>().join(":")
    };
    let behind = tail.split(':').filter(|group| !group.is_empty()).count();
    let head = part(head, 0);
    if old.contains("::") { format!("{head}::{}", part(tail, 8 - behind.min(8))) } else { head }
}

/// Chooses addresses.
#[derive(Clone, Debug)]
pub struct AddressChooser {
    ranges: Vec<IpNet>,
    fixed: Vec<IpAddr>,
}

impl AddressChooser {
    /// Keeps addresses in the ranges that are special, and in those that rules look at.
    pub fn new(hints: &RuleHints) -> Self {
        let special = SPECIAL.iter().filter_map(|range| range.parse().ok());
        let ranges = special.chain(hints.ranges.iter().copied()).collect();
        Self { ranges, fixed: hints.addresses.iter().copied().collect() }
    }

    /// Whether an address stays as it is: it is the same everywhere, or rules look at it.
    pub fn stays(&self, address: IpAddr) -> bool {
        let is_single = |range: &IpNet| range.prefix_len() == range.max_prefix_len() && range.contains(&address);
        let is_everywhere = address.is_loopback() || address.is_unspecified() || address.is_multicast();
        let is_broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
        is_everywhere || is_broadcast || self.fixed.contains(&address) || self.ranges.iter().any(is_single)
    }

    /// Another address that lies in the same ranges and is not taken; `None` if none is left.
    pub fn choose(
        &self,
        old: IpAddr,
        random: &mut PseudonymStream,
        is_taken: &dyn Fn(IpAddr) -> bool,
    ) -> Option<IpAddr> {
        let ranges: Vec<bool> = self.ranges.iter().map(|range| range.contains(&old)).collect();
        let narrowest = self.ranges.iter().filter(|range| range.contains(&old)).max_by_key(|range| range.prefix_len());
        let prefix = narrowest.map_or(0, IpNet::prefix_len);
        let length = old.to_string().len();
        (0..TRIES).find_map(|attempt| {
            let keeps_length = attempt < TRIES_OF_LENGTH;
            let new = match old {
                IpAddr::V4(old) => IpAddr::V4(four_like(old, prefix, keeps_length, random)),
                IpAddr::V6(old) => IpAddr::V6(six_like(old, prefix, keeps_length, random)),
            };
            let in_ranges = self.ranges.iter().map(|range| range.contains(&new)).eq(ranges.iter().copied());
            let fits = !keeps_length || new.to_string().len() == length;
            (fits && in_ranges && new != old && !self.stays(new) && !is_taken(new)).then_some(new)
        })
    }
}

fn four_like(old: Ipv4Addr, prefix: u8, keeps_length: bool, random: &mut PseudonymStream) -> Ipv4Addr {
    let octets = old.octets().map(|octet| {
        let (low, high) = match octet {
            _ if !keeps_length => (0, 255),
            0..=9 => (0, 9),
            10..=99 => (10, 99),
            _ => (100, 255),
        };
        u8::try_from(random.between(low, high)).unwrap_or(octet)
    });
    let mask = u32::MAX.checked_shr(prefix.into()).unwrap_or(0);
    let new = Ipv4Addr::from_bits((old.to_bits() & !mask) | (u32::from_be_bytes(octets) & mask));
    // The first and the last address of a small network mean the network and all of its hosts.
    let last = |address: Ipv4Addr| address.octets()[3];
    let is_host = |address| !matches!(last(address), 0 | 255);
    if prefix < 24 && is_host(old) && !is_host(new) { old } else { new }
}

fn six_like(old: Ipv6Addr, prefix: u8, keeps_length: bool, random: &mut PseudonymStream) -> Ipv6Addr {
    // A group of zeros stays one: how the address is shortened depends on it.
    let groups = old.segments().map(|group| {
        let (low, high) = match group {
            0 => (0, 0),
            _ if !keeps_length => (1, 0xffff),
            1..=0xf => (1, 0xf),
            0x10..=0xff => (0x10, 0xff),
            0x100..=0xfff => (0x100, 0xfff),
            _ => (0x1000, 0xffff),
        };
        u16::try_from(random.between(low, high)).unwrap_or(group)
    });
    let mask = u128::MAX.checked_shr(prefix.into()).unwrap_or(0);
    Ipv6Addr::from_bits((old.to_bits() & !mask) | (Ipv6Addr::from(groups).to_bits() & mask))
}

#[cfg(test)]
mod tests;
