//! What a value is an indicator of: told by a type that a list names, or by the value itself.
//!
//! This file does not know where values are written.

use super::hosts::{is_host_name, without_port};
use super::indicator::{HashAlgorithm, Observable};
use super::paths;
use super::url;
use crate::base::public_suffix::known_suffix;
use crate::eql::parse_block;
use ipnet::{IpNet, IpSubnets, Ipv4Subnets, Ipv6Subnets};
use std::net::IpAddr;

/// The type that a list gives for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// None: the value tells.
    Unsaid,
    /// A hash, of this algorithm if it is said.
    Hash(Option<HashAlgorithm>),
    /// An address or network, with or without a port.
    Address,
    /// A domain or host name.
    Domain,
    /// A URL.
    Url,
    /// The name of a file.
    FileName,
    /// The path of a file.
    Path,
    /// The path of a folder.
    Folder,
}

impl ValueType {
    /// The type of a name that lists, feeds and platforms have for it; `None` for what no event of Sysmon has.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        if let Some(algorithm) = HashAlgorithm::named(&plain).or_else(|| HashAlgorithm::named(last_part(&name))) {
            return Some(Self::Hash(Some(algorithm)));
        }
        Some(match &*plain {
            "" => Self::Unsaid,
            "hash" | "filehash" => Self::Hash(None),
            "ip" | "ipv4" | "ipv6" | "ipv4addr" | "ipv6addr" | "ipaddr" | "address" | "ipaddress" | "cidr"
            | "ipport" | "ipsrc" | "ipdst" | "ipsrcport" | "ipdstport" | "network" | "netblock" | "iprange" => {
                Self::Address
            }
            "domain" | "hostname" | "host" | "fqdn" | "domainname" | "hostnameport" | "dns" => Self::Domain,
            "url" | "uri" | "link" => Self::Url,
            "filename" | "name" | "malwaresample" => Self::FileName,
            "path" | "filepath" | "fullpath" => Self::Path,
            "folder" | "directory" | "dir" => Self::Folder,
            _ => return None,
        })
    }
}

/// The last word of a name.
fn last_part(name: &str) -> &str {
    name.rsplit(['.', ':', '-', '_', ' ']).next().unwrap_or(name)
}

/// What a value is looked for as: any of these. The error says why it cannot be looked for.
pub fn observables(value_type: ValueType, text: &str) -> Result<Vec<Observable>, String> {
    let only = |observable: Option<Observable>, what: &str| {
        observable.map(|one| vec![one]).ok_or_else(|| format!("this is no {what}"))
    };
    match value_type {
        ValueType::Unsaid => by_value(text),
        ValueType::Hash(algorithm) => {
            let what = algorithm.map_or("hash", HashAlgorithm::name);
            only(hash(text, algorithm), what)
        }
        ValueType::Address => only(networks(text).map(Observable::Networks), "address or network"),
        // Some feeds write addresses where a host is asked for.
        ValueType::Domain => match networks(text) {
            Some(blocks) => Ok(vec![Observable::Networks(blocks)]),
            None => only(domain(without_port(text)), "domain"),
        },
        ValueType::Url => only(url::key(text).map(Observable::Url), "URL"),
        ValueType::FileName if text.contains(['\\', '/']) => only(paths::observable(text), "file name"),
        ValueType::FileName => only(paths::name(text), "file name"),
        ValueType::Path => only(paths::observable(text), "path"),
        ValueType::Folder => only(paths::folder(text), "folder"),
    }
}

/// A hash of so many digits, with its algorithm before it or not.
pub fn hash(text: &str, algorithm: Option<HashAlgorithm>) -> Option<Observable> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (algorithm, digits) = match text.split_once([':', '=']) {
        Some((name, digits)) => (Some(HashAlgorithm::named(name)?), digits.trim()),
        None => (algorithm, text),
    };
    let fits = |one: &HashAlgorithm| one.digits() == digits.len() && algorithm.is_none_or(|given| given == *one);
    let is_one = is_digits(digits) && HashAlgorithm::ALL.iter().any(fits);
    // Zeros stand for no hash.
    (is_one && digits.bytes().any(|byte| byte != b'0'))
        .then(|| Observable::Hash(algorithm, digits.to_ascii_lowercase()))
}

/// An address, with or without a port, a network or a range of addresses, as networks.
pub fn networks(text: &str) -> Option<Vec<IpNet>> {
    if let Some(block) = parse_block(text) {
        return Some(vec![block.trunc()]);
    }
    if let Some((first, last)) = text.split_once('-') {
        return range(first.trim().parse().ok()?, last.trim().parse().ok()?);
    }
    let host = without_port(text);
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    (host != text).then(|| parse_block(host).map(|block| vec![block.trunc()])).flatten()
}

/// The networks that make up a range of addresses.
fn range(first: IpAddr, last: IpAddr) -> Option<Vec<IpNet>> {
    let subnets = match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => IpSubnets::from(Ipv4Subnets::new(first, last, 0)),
        (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => IpSubnets::from(Ipv6Subnets::new(first, last, 0)),
        _ => return None,
    };
    Some(subnets.collect())
}

/// A domain with all below it. `*.evil.example` and `.evil.example` are ways to write one.
pub fn domain(text: &str) -> Option<Observable> {
    let name = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')).unwrap_or(text);
    let name = name.strip_suffix('.').unwrap_or(name);
    is_host_name(name).then(|| Observable::Domain(name.to_lowercase()))
}

/// A host by its address or its name.
pub fn host(text: &str) -> Option<Observable> {
    networks(text).map(Observable::Networks).or_else(|| domain(text))
}

/// Endings of files that malware has, and that are no top-level domains.
const FILE_ENDINGS: &[&str] = &[
    "exe", "dll", "sys", "bat", "cmd", "ps1", "psm1", "psd1", "vbs", "vbe", "js", "jse", "wsf", "wsh", "hta", "scr",
    "cpl", "lnk", "rar", "7z", "iso", "img", "vhd", "vhdx", "doc", "docx", "docm", "dot", "dotm", "xls", "xlsx",
    "xlsm", "xlsb", "xlam", "xll", "ppt", "pptx", "pptm", "rtf", "pdf", "msi", "msp", "mst", "msix", "appx", "jar",
    "class", "tmp", "dat", "bin", "ini", "inf", "log", "txt", "xml", "json", "csv", "html", "htm", "mht", "chm", "reg",
    "sct", "xsl", "ocx", "drv", "efi", "cab", "gz", "tar", "tgz", "url", "pif", "gadget", "job", "one", "wll", "aspx",
    "asp", "php", "jsp", "ashx", "sqlite", "db",
];

/// Endings of files that are top-level domains too: such a name may be either.
const EITHER: &[&str] = &["zip", "sh", "py", "pl", "rs", "ps", "md", "mov", "app", "so"];

/// What a value is by itself.
fn by_value(text: &str) -> Result<Vec<Observable>, String> {
    if let Some(hash) = hash(text, None) {
        return Ok(vec![hash]);
    }
    if text.contains("://") {
        return url::key(text).map(|key| vec![Observable::Url(key)]).ok_or_else(|| "this URL has no host".to_owned());
    }
    if let Some(blocks) = networks(text) {
        return Ok(vec![Observable::Networks(blocks)]);
    }
    if text.contains('\\') || paths::is_rooted(text) {
        return paths::observable(text).map(|path| vec![path]).ok_or_else(|| "this path has no parts".to_owned());
    }
    if let Some((host, _)) = text.split_once('/') {
        let is_url = is_host_name(without_port(host)) && host.contains('.') || networks(host).is_some();
        return match url::key(text).filter(|_| is_url) {
            Some(key) => Ok(vec![Observable::Url(key)]),
            None => Err("this is neither a URL nor a path: paths of Windows have `\\` between their parts".to_owned()),
        };
    }
    if text.contains('@') && !text.contains(' ') {
        return Err("mail addresses are in no event of Sysmon".to_owned());
    }
    let ending = text.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let is_file = ending.as_deref().is_some_and(|ending| FILE_ENDINGS.contains(&ending));
    let name = || paths::name(text).into_iter().collect::<Vec<_>>();
    // Blanks and other signs are in names of files, not in those of hosts.
    // Whoever lists `com` has cut a name too short, and is told so.
    if known_suffix(text) == Some(text) {
        return Ok(domain(text).into_iter().collect());
    }
    match domain(without_port(text)).filter(|_| text.contains('.') && !is_file) {
        Some(domain)
            if ending.as_deref().is_some_and(|ending| EITHER.contains(&ending)) && without_port(text) == text =>
        {
            Ok([vec![domain], name()].concat())
        }
        Some(domain) if has_known_ending(text) => Ok(vec![domain]),
        _ if ending.is_some_and(|ending| (1..=10).contains(&ending.len()) && is_plain_ending(&ending)) => Ok(name()),
        _ => Err("this is no hash, address, network, domain, URL, path or name of a file".to_owned()),
    }
}

/// Whether letters and digits, or what stands for them, make up an ending.
fn is_plain_ending(ending: &str) -> bool {
    ending.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '*' | '?'))
        && ending.chars().any(|c| !c.is_ascii_digit())
}

/// Whether a name ends in a public suffix, or in one that private networks use.
fn has_known_ending(text: &str) -> bool {
    let name = without_port(text).trim_end_matches('.').to_lowercase();
    let ending = name.rsplit('.').next().unwrap_or_default();
    known_suffix(&name).is_some()
        || [
            "local",
            "lan",
            "internal",
            "onion",
            "test",
            "example",
            "invalid",
            "corp",
            "home",
            "localdomain",
            "intranet",
        ]
        .contains(&ending)
}

#[cfg(test)]
mod tests;
