//! Indicators that say too little: they would fit what is ordinary, and a list that has them was seldom meant so.

use super::indicator::Observable;
use super::paths::last_part;
use crate::base::public_suffix::known_suffix;
use ipnet::IpNet;
use std::net::IpAddr;

/// Networks with fewer bits than these are too broad.
const SHORTEST_V4: u8 = 8;
const SHORTEST_V6: u8 = 16;

/// Hashes of a file without bytes.
const EMPTY: [&str; 3] = [
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];

/// Why something is too broad to be looked for; `None` if it is not.
pub fn too_broad(observable: &Observable) -> Option<&'static str> {
    match observable {
        Observable::Hash(_, digits) if EMPTY.contains(&&**digits) => Some("it is the hash of a file without bytes"),
        Observable::Networks(blocks) if blocks.iter().any(is_vast) => {
            Some("so large a network holds nearly everything")
        }
        Observable::Domain(name) if is_suffix(name) => Some("it has everything that is registered below it"),
        Observable::DomainPattern(pattern) | Observable::UrlPattern(pattern) if is_bare(pattern) => {
            Some("it fits nearly everything")
        }
        Observable::FileName(pattern) if is_bare(without_ending(pattern)) => Some("it fits nearly everything"),
        // `*\name.exe` has a name, and `C:\folder\*` a folder.
        Observable::Path(pattern) if is_bare(pattern) || is_any_of_drive(pattern) => Some("it fits nearly everything"),
        _ => None,
    }
}

/// Why something may find what is harmless; `None` if nothing speaks against it.
pub fn doubtful(observable: &Observable) -> Option<&'static str> {
    let Observable::Networks(blocks) = observable else { return None };
    let reserved = |block: &IpNet| match block.addr() {
        IpAddr::V4(address) => {
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || address.is_broadcast()
                || address.is_multicast()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
                || address.is_multicast()
        }
    };
    blocks.iter().any(reserved).then_some("it is private or reserved: many networks have such addresses, each its own")
}

fn is_vast(block: &IpNet) -> bool {
    block.prefix_len() < if matches!(block, IpNet::V4(_)) { SHORTEST_V4 } else { SHORTEST_V6 }
}

/// Whether names are registered below a name, or it is no name of a network at all.
fn is_suffix(name: &str) -> bool {
    !name.contains('.') || known_suffix(name) == Some(name)
}

fn without_ending(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Whether nothing but wildcards and separators is left of a pattern.
fn is_bare(pattern: &str) -> bool {
    !pattern.chars().any(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
}

/// Whether a pattern takes every file of a drive, or every file with an ending.
fn is_any_of_drive(pattern: &str) -> bool {
    let folders = pattern.strip_suffix(last_part(pattern)).unwrap_or_default();
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    letters(folders) <= 1 && is_bare(without_ending(last_part(pattern)))
}

#[cfg(test)]
mod tests;
