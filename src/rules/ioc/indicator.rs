//! Indicators of compromise: what is looked for, and where it was written.
//!
//! This file does not know how lists of indicators are written, nor how indicators are found.

use super::super::level::Level;
use ipnet::IpNet;
use std::sync::Arc;

/// The algorithms of hashes that events have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashAlgorithm {
    /// MD5, 32 digits.
    Md5,
    /// SHA-1, 40 digits.
    Sha1,
    /// SHA-256, 64 digits.
    Sha256,
    /// SHA-512, 128 digits.
    Sha512,
    /// The hash of a program's imports, 32 digits.
    Imphash,
}

impl HashAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 5] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512, Self::Imphash];

    /// The name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
            Self::Imphash => "IMPHASH",
        }
    }

    /// How many hexadecimal digits it has.
    pub const fn digits(self) -> usize {
        match self {
            Self::Md5 | Self::Imphash => 32,
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }

    /// The algorithm of a name, however it is written: `sha256`, `SHA-256`, `sha256_hash`.
    pub fn named(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let plain = plain.strip_suffix("hash").filter(|rest| *rest != "imp").unwrap_or(&plain);
        Some(match plain {
            "md5" => Self::Md5,
            "sha1" => Self::Sha1,
            "sha256" => Self::Sha256,
            "sha512" => Self::Sha512,
            "imphash" | "imp" => Self::Imphash,
            _ => return None,
        })
    }
}

/// What is looked for in the fields of an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Observable {
    /// A file by its hash, in lower case. Without an algorithm it may be any that has so many digits.
    Hash(Option<HashAlgorithm>, String),
    /// An address, a network, or a range of addresses as networks.
    Networks(Vec<IpNet>),
    /// A domain with all below it.
    Domain(String),
    /// Host names by a pattern.
    DomainPattern(String),
    /// A URL without its scheme, see `url.rs`.
    Url(String),
    /// URLs by a pattern.
    UrlPattern(String),
    /// The name of a file, or a pattern of names.
    FileName(String),
    /// The whole path of a file, or a pattern of paths.
    Path(String),
}

/// What indicators are about: each has a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IndicatorKind {
    /// A file's hash.
    Hash,
    /// An address or a network.
    Address,
    /// A domain.
    Domain,
    /// A URL as it is written.
    Url,
    /// The host of a URL, whatever was asked of it.
    Host,
    /// The path of a file, or a folder.
    Path,
    /// The name of a file.
    FileName,
}

impl IndicatorKind {
    /// Every kind, the most telling first.
    pub const ALL: [Self; 7] =
        [Self::Hash, Self::Url, Self::Domain, Self::Address, Self::Path, Self::Host, Self::FileName];
}

impl Observable {
    /// What it is about.
    pub const fn kind(&self) -> IndicatorKind {
        match self {
            Self::Hash(..) => IndicatorKind::Hash,
            Self::Networks(_) => IndicatorKind::Address,
            Self::Domain(_) | Self::DomainPattern(_) => IndicatorKind::Domain,
            Self::Url(_) | Self::UrlPattern(_) => IndicatorKind::Url,
            Self::FileName(_) => IndicatorKind::FileName,
            Self::Path(_) => IndicatorKind::Path,
        }
    }

    /// The word for one of its kind, where indicators are counted.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Hash(Some(algorithm), _) => algorithm.name(),
            Self::Hash(None, digits) => match digits.len() {
                32 => "MD5 or IMPHASH",
                40 => "SHA-1",
                64 => "SHA-256",
                _ => "SHA-512",
            },
            Self::Networks(blocks) => match blocks.as_slice() {
                [block] if block.prefix_len() == block.max_prefix_len() => "address",
                _ => "network",
            },
            Self::Domain(_) | Self::DomainPattern(_) => "domain",
            Self::Url(_) | Self::UrlPattern(_) => "URL",
            Self::FileName(_) => "file name",
            Self::Path(_) => "path",
        }
    }

    /// The algorithms that it may be a hash of.
    pub fn algorithms(&self) -> impl Iterator<Item = HashAlgorithm> + use<> {
        let (is_hash, given, length) = match self {
            Self::Hash(algorithm, digits) => (true, *algorithm, digits.len()),
            _ => (false, None, 0),
        };
        HashAlgorithm::ALL
            .into_iter()
            .filter(move |one| is_hash && given.map_or(one.digits() == length, |given| given == *one))
    }
}

/// One indicator of a list.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// What is looked for: if there are several, all of them in one event.
    pub observables: Vec<Observable>,
    /// The value for people, as it was before it was defanged.
    pub text: String,
    /// How severe its hits are, if the list says so.
    pub level: Option<Level>,
    /// What the list says of it.
    pub note: Option<String>,
    /// The list that it stands in.
    pub list: Arc<str>,
    /// The line in that list, from 1.
    pub line: usize,
}

impl Indicator {
    /// What it is about: the most telling of what is looked for.
    pub fn kind(&self) -> IndicatorKind {
        let rank = |kind: &IndicatorKind| IndicatorKind::ALL.iter().position(|other| other == kind);
        self.observables.iter().map(Observable::kind).min_by_key(rank).unwrap_or(IndicatorKind::FileName)
    }

    /// The word for one of its kind, where indicators are counted.
    pub fn label(&self) -> &'static str {
        match self.observables.as_slice() {
            [one] => one.label(),
            _ => "combination",
        }
    }
}
