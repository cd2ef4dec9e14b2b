//! URLs as they are compared: host, port if it is not the usual one, path and question, in lower case, without scheme, user and fragment.
//!
//! An indicator fits a URL that it is equal to, and one that goes on behind it at the border of a part: `evil.example/a` fits `https://evil.example/a/b` and
//! `http://EVIL.example/a?x=1`, and not `http://evil.example/ab`.

use super::hosts::is_host_name;
use crate::eql::parse_block;

/// Signs at which a URL may go on behind an indicator, or end in a command line.
const BORDERS: &[u8] = b"/?#&,;)]}'|\\";

/// The form in which a URL is compared; `None` if it has no host.
pub fn key(text: &str) -> Option<String> {
    let (host, port, rest) = parts(text)?;
    let mut key = host.to_lowercase();
    if let Some(port) = port {
        key.push(':');
        key.push_str(port);
    }
    let rest = rest.split('#').next().unwrap_or_default();
    key.push_str(&rest.to_lowercase());
    while key.ends_with('/') {
        key.pop();
    }
    Some(key)
}

/// The host of a key.
pub fn host_of_key(key: &str) -> &str {
    let authority = key.split(['/', '?']).next().unwrap_or_default();
    without_brackets(split_port(authority).0)
}

/// An address of IPv6 without the brackets that stand around it in a URL.
pub fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Host, port unless it is the usual one, and what stands behind them, of a text that is a URL or has one behind its first sign: `/i:http://…`.
fn parts(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let after = text.find("://").map_or(text, |at| &text[at + 3..]);
    let end = after.find(['/', '?', '#', '\\']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(end);
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = split_port(authority);
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_host = is_host_name(host) || parse_block(without_brackets(host)).is_some();
    is_host.then_some((host, port.filter(|port| !matches!(*port, "80" | "443")), rest))
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        Some((host, "")) => (host, None),
        _ => (authority, None),
    }
}

/// The ends of all beginnings of a key that an indicator may be: each border behind the host, and the end.
pub fn ends(key: &str) -> impl Iterator<Item = usize> + '_ {
    let is_border = |(_, byte): &(usize, u8)| BORDERS.contains(byte);
    key.bytes().enumerate().filter(is_border).map(|(at, _)| at).chain([key.len()])
}

/// Whether an indicator's key fits a URL's.
#[cfg(test)]
pub fn fits(indicator: &str, key: &str) -> bool {
    key.strip_prefix(indicator).is_some_and(|rest| rest.is_empty() || BORDERS.contains(&rest.as_bytes()[0]))
}

#[cfg(test)]
mod tests;
