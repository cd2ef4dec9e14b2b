//! What a text such as a command line has in it that may be an indicator: hosts, URLs and paths.
//!
//! A text is cut in one pass; what is looked up is a whole piece, so that `evil.example` is found in `ping evil.example` and not in `not-evil.example`.
//! Each piece is told once, and there are never more pieces than a small multiple of the text's length.

use super::hosts::is_host_name;
use memchr::{memchr, memchr_iter};
use std::net::{IpAddr, Ipv6Addr};

/// Longest piece that may be a path, in bytes.
const LONGEST_PATH: usize = 2_048;

/// How many beginnings of a text that end at a blank are taken for a path.
const MOST_STARTS: usize = 16;

/// Characters between the pieces of a text. Those of ASCII are looked up in a table, since most texts have no others.
struct Separators {
    ascii: [bool; 128],
    beyond_ascii: fn(char) -> bool,
}

impl Separators {
    /// The characters of ASCII that are among `signs`, or those that are not.
    const fn new(signs: &[u8], are_separators: bool, beyond_ascii: fn(char) -> bool) -> Self {
        let mut ascii = [!are_separators; 128];
        let mut at = 0;
        while at < signs.len() {
            ascii[signs[at] as usize] = are_separators;
            at += 1;
        }
        Self { ascii, beyond_ascii }
    }

    /// The place of the next separator and of what stands behind it.
    fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let mut at = from;
        while let Some(&byte) = text.as_bytes().get(at) {
            if byte.is_ascii() {
                if self.ascii[usize::from(byte)] {
                    return Some((at, at + 1));
                }
                at += 1;
            } else {
                let c = text[at..].chars().next()?;
                if (self.beyond_ascii)(c) {
                    return Some((at, at + c.len_utf8()));
                }
                at += c.len_utf8();
            }
        }
        None
    }

    /// The pieces of a text that are not empty, with the place of each.
    fn pieces<'t>(&self, text: &'t str) -> impl Iterator<Item = (usize, &'t str)> {
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let start = next?;
            let found = self.find(text, start);
            next = found.map(|(_, behind)| behind);
            Some((start, &text[start..found.map_or(text.len(), |(end, _)| end)]))
        })
        .filter(|(_, piece)| !piece.is_empty())
    }
}

/// What stands around names and addresses of IPv4.
const AROUND_HOSTS: Separators =
    Separators::new(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_", false, |c| {
        !c.is_alphanumeric()
    });

/// What stands around addresses of IPv6.
const AROUND_IPV6: Separators = Separators::new(b"0123456789ABCDEFabcdef:.", false, |_| true);

/// Signs that end a URL or a path on a command line.
const AROUND_PATHS: Separators = Separators::new(b"\t\n\x0b\x0c\r \"'<>|^`", true, char::is_whitespace);

/// Signs between the parts of a parameter.
const AROUND_PARTS: Separators = Separators::new(b",;=()&", true, |_| false);

/// Tells the hosts that a text names: addresses and names with a dot.
pub fn each_host<'t>(text: &'t str, mut found: impl FnMut(HostPiece<'t>)) {
    for (at, piece) in AROUND_HOSTS.pieces(text) {
        let piece = piece.trim_matches(['.', '-']);
        if piece.len() < 3 || memchr(b'.', piece.as_bytes()).is_none() {
            continue;
        }
        let is_number = piece.as_bytes()[0].is_ascii_digit();
        if let Some(address) = is_number.then(|| piece.parse::<IpAddr>().ok()).flatten() {
            found(HostPiece::Address(address));
        } else if !is_in_path(&text.as_bytes()[..at]) && is_host_name(piece) {
            found(HostPiece::Name(piece));
        }
    }
    if may_have_ipv6(text) {
        for (_, piece) in AROUND_IPV6.pieces(text) {
            // Shorter than `::1` there is none, and longer than 45 characters neither.
            if (3..=45).contains(&piece.len())
                && piece.bytes().filter(|byte| *byte == b':').count() > 1
                && let Ok(address) = piece.parse::<Ipv6Addr>()
            {
                found(HostPiece::Address(IpAddr::V6(address).to_canonical()));
            }
        }
    }
}

/// Whether two colons stand as close as in an address of IPv6, with at most four digits between them. Those behind drives do not.
fn may_have_ipv6(text: &str) -> bool {
    let mut last = None;
    memchr_iter(b':', text.as_bytes()).any(|at| last.replace(at).is_some_and(|last| at - last <= 5))
}

/// A host that a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostPiece<'t> {
    /// By its address.
    Address(IpAddr),
    /// By its name.
    Name(&'t str),
}

/// Whether what comes next is part of a path and no host: it stands behind a separator, and not behind the two that begin a URL or a share.
fn is_in_path(before: &[u8]) -> bool {
    match before {
        [.., previous, separator @ (b'\\' | b'/')] => previous != separator,
        [b'\\' | b'/'] => true,
        _ => false,
    }
}

/// Tells the pieces of a text that may be URLs.
pub fn each_url<'t>(text: &'t str, mut found: impl FnMut(&'t str)) {
    for (_, piece) in AROUND_PATHS.pieces(text) {
        if memchr(b'/', piece.as_bytes()).is_none() {
            continue;
        }
        if let Some(at) = piece.find("://") {
            // A piece may have several, such as the parts of a redirection.
            let mut rest = &piece[at..];
            while let Some(next) = rest[3..].find("://").map(|next| next + 3) {
                found(rest);
                rest = &rest[next..];
            }
            found(rest);
        } else if piece.contains('.') && !piece.starts_with('/') {
            found(piece);
        }
    }
}

/// Tells the pieces of a text that may be names or paths of files.
pub fn each_path<'t>(text: &'t str, mut found: impl FnMut(&'t str)) {
    let mut told = |piece: &'t str| {
        if (3..=LONGEST_PATH).contains(&piece.len()) {
            found(piece);
        }
    };
    // A value of the registry may be a path with blanks and no quotes, and words behind it.
    if text.as_bytes().get(1) == Some(&b':') {
        for (at, _) in text.match_indices(' ').take(MOST_STARTS) {
            told(&text[..at]);
        }
    }
    told(text);
    // Between quotes blanks are part of a name.
    for quoted in text.split('"').skip(1).step_by(2).chain(text.split('\'').skip(1).step_by(2)) {
        if quoted.contains(' ') {
            told(quoted);
        }
    }
    for (_, piece) in AROUND_PATHS.pieces(text) {
        told(piece);
        for (_, part) in AROUND_PARTS.pieces(piece) {
            if part.len() < piece.len() {
                told(part);
            }
            // `/i:C:\folder\file.sct`
            if part.starts_with(['/', '-'])
                && let Some((_, value)) = part.split_once(':')
            {
                told(value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
