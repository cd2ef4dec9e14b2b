//! What a text such as a command line has in it that may be an indicator: hosts, URLs and paths.
//!
//! A text is cut in one pass; what is looked up is a whole piece, so that `evil.example` is found in `ping evil.example` and not in `not-evil.example`.
//! Each piece is told once, and there are never more pieces than a small multiple of the text's length.

use super::hosts::is_host_name;
use std::net::{IpAddr, Ipv6Addr};

/// Longest piece that may be a path, in bytes.
const LONGEST_PATH: usize = 2_048;

/// How many beginnings of a text that end at a blank are taken for a path.
const MOST_STARTS: usize = 16;

/// Tells the hosts that a text names: addresses and names with a dot.
pub fn each_host<'t>(text: &'t str, mut found: impl FnMut(HostPiece<'t>)) {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') || (!c.is_ascii() && c.is_alphanumeric());
    let mut next = 0;
    for piece in text.split_inclusive(|c| !is_part(c)) {
        let at = next;
        next += piece.len();
        let piece = piece.trim_end_matches(|c| !is_part(c));
        let piece = piece.trim_matches(['.', '-']);
        if piece.len() < 3 || !piece.contains('.') {
            continue;
        }
        if let Ok(address) = piece.parse::<IpAddr>() {
            found(HostPiece::Address(address));
        } else if !is_in_path(&text[..at]) && is_host_name(piece) {
            found(HostPiece::Name(piece));
        }
    }
    if text.contains(':') {
        let is_address = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
        for piece in text.split(|c| !is_address(c)) {
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

/// A host that a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostPiece<'t> {
    /// By its address.
    Address(IpAddr),
    /// By its name.
    Name(&'t str),
}

/// Whether what comes next is part of a path and no host: it stands behind a separator, and not behind the two that begin a URL or a share.
fn is_in_path(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        Some(separator @ ('\\' | '/')) => back.next() != Some(separator),
        _ => false,
    }
}

/// Signs that end a URL or a path on a command line.
fn ends_piece(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '|' | '^' | '`')
}

/// Tells the pieces of a text that may be URLs.
pub fn each_url<'t>(text: &'t str, mut found: impl FnMut(&'t str)) {
    for piece in text.split(ends_piece) {
        if let Some(at) = piece.find("://") {
            // A piece may have several, such as the parts of a redirection.
            let mut rest = &piece[at..];
            while let Some(next) = rest[3..].find("://").map(|next| next + 3) {
                found(rest);
                rest = &rest[next..];
            }
            found(rest);
        } else if piece.contains('/') && piece.contains('.') && !piece.starts_with('/') {
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
    for piece in text.split(ends_piece) {
        told(piece);
        let is_cut = |c: char| matches!(c, ',' | ';' | '=' | '(' | ')' | '&');
        for part in piece.split(is_cut) {
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
