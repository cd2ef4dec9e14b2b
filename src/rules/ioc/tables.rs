//! Tables in which a value of an event is looked up: all indicators at once, so that a hundred thousand cost no more than a hundred.
//!
//! A hash, a name or a path is one look-up in a table of texts. A domain is looked up with each of its parents: `a.b.evil.example`, `b.evil.example`,
//! `evil.example`, `example`. An address is looked up once for each length of prefix that some network has. A URL is hashed from left to right, and looked up
//! at each border of its parts. Patterns with wildcards are tried only where the longest ordinary part of them is in the value, which one search tells for all
//! of them; a path whose last part has no wildcard is found by that part.

use super::indicator::{HashAlgorithm, Observable};
use super::paths::{last_part, without_stream};
use super::texts::{HostPiece, each_host, each_path, each_url};
use super::url;
use crate::base::folded::{Folded, FoldedText};
use crate::base::parts::PartFinder;
use crate::base::wildcard::{CaseSensitivity, Wildcard, is_wild};
use hashbrown::HashMap;
use ipnet::IpNet;
use std::net::IpAddr;

const NO_CASE: CaseSensitivity = CaseSensitivity::Insensitive;

/// How the values of a field are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldReading {
    /// A hash.
    Hash(HashAlgorithm),
    /// An address.
    Address,
    /// A name of a host.
    Domain,
    /// The path of a file.
    Path,
    /// The name of a file.
    FileName,
    /// A folder.
    Folder,
    /// A text that may have hosts, URLs and paths in it.
    Text,
}

/// The numbers of the indicators that have a value.
#[derive(Clone, Debug)]
enum Owners {
    One(u32),
    Several(Vec<u32>),
}

impl Owners {
    fn add(&mut self, owner: u32) {
        match self {
            Self::One(one) if *one == owner => {}
            Self::One(one) => *self = Self::Several(vec![*one, owner]),
            Self::Several(all) if all.contains(&owner) => {}
            Self::Several(all) => all.push(owner),
        }
    }

    fn each(&self, found: &mut dyn FnMut(u32)) {
        match self {
            Self::One(one) => found(*one),
            Self::Several(all) => all.iter().for_each(|one| found(*one)),
        }
    }
}

type Table<K> = HashMap<K, Owners, foldhash::fast::FixedState>;

fn insert<K: std::hash::Hash + Eq>(table: &mut Table<K>, key: K, owner: u32) {
    table.entry(key).and_modify(|owners| owners.add(owner)).or_insert(Owners::One(owner));
}

/// Texts without regard to case.
#[derive(Clone, Debug, Default)]
struct FoldedTable {
    owners: Table<FoldedText>,
    /// Bits for the texts of ASCII that may be in the table: a small filter that stays in the processor's caches, where the table does not.
    filter: Vec<u64>,
}

/// Bits of the filter for each text.
const FILTER_BITS: usize = 16;

impl FoldedTable {
    fn insert(&mut self, text: &str, owner: u32) {
        insert(&mut self.owners, FoldedText::new(text, NO_CASE), owner);
    }

    /// The table with the filter of its texts.
    fn filtered(mut self) -> Self {
        let words = (self.owners.len() * FILTER_BITS).div_ceil(64).next_power_of_two();
        self.filter = vec![0; words];
        for text in self.owners.keys() {
            let (word, bit) = filter_bit(text.as_str().as_bytes(), words);
            self.filter[word] |= bit;
        }
        self
    }

    fn may_have(&self, text: &str) -> bool {
        let (word, bit) = filter_bit(text.as_bytes(), self.filter.len());
        // What is beyond ASCII folds in other ways.
        self.filter[word] & bit != 0 || !text.is_ascii()
    }

    fn find(&self, text: &str, found: &mut dyn FnMut(u32)) {
        if !self.owners.is_empty()
            && self.may_have(text)
            && let Some(owners) = self.owners.get(&Folded(text, NO_CASE))
        {
            owners.each(found);
        }
    }
}

/// The word and the bit of a text in a filter of so many words, by its length and its first and last eight bytes without regard to case.
fn filter_bit(text: &[u8], words: usize) -> (usize, u64) {
    const CASE: u64 = 0x2020_2020_2020_2020;
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (first, last) = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => (text.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
    };
    let mixed = ((first | CASE).wrapping_mul(SPREAD) ^ (last | CASE)).wrapping_add(text.len() as u64);
    let hash = mixed.wrapping_mul(SPREAD);
    // The upper bits are the best mixed.
    ((hash >> 32) as usize & (words - 1), 1 << (hash >> 58))
}

/// Patterns with wildcards.
#[derive(Clone, Debug, Default)]
struct PatternTable {
    patterns: Vec<(Wildcard, u32)>,
    parts: PartFinder,
}

impl PatternTable {
    fn new(patterns: Vec<(Wildcard, u32)>) -> Self {
        let parts = PartFinder::new(patterns.iter().map(|(pattern, _)| pattern.literal()).zip(0..));
        Self { patterns, parts }
    }

    fn find(&self, text: &str, found: &mut dyn FnMut(u32)) {
        if self.patterns.is_empty() {
            return;
        }
        self.parts.find(text, |at| {
            let (pattern, owner) = &self.patterns[at];
            if pattern.matches(text) {
                found(*owner);
            }
        });
    }
}

/// Networks, by the lengths of their prefixes.
#[derive(Clone, Debug, Default)]
struct NetworkTable {
    v4: Vec<(u8, Table<u32>)>,
    v6: Vec<(u8, Table<u128>)>,
}

impl NetworkTable {
    fn insert(&mut self, block: IpNet, owner: u32) {
        fn of_length<K>(tables: &mut Vec<(u8, Table<K>)>, length: u8) -> &mut Table<K> {
            let at = tables.iter().position(|(have, _)| *have == length).unwrap_or_else(|| {
                tables.push((length, Table::default()));
                tables.len() - 1
            });
            &mut tables[at].1
        }
        let length = block.prefix_len();
        match block.network() {
            IpAddr::V4(address) => insert(of_length(&mut self.v4, length), address.to_bits(), owner),
            IpAddr::V6(address) => insert(of_length(&mut self.v6, length), address.to_bits(), owner),
        }
    }

    fn find(&self, address: IpAddr, found: &mut dyn FnMut(u32)) {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                for (length, table) in &self.v4 {
                    let network = address.to_bits() & u32::MAX.checked_shl(32 - u32::from(*length)).unwrap_or(0);
                    table.get(&network).into_iter().for_each(|owners| owners.each(found));
                }
            }
            IpAddr::V6(address) => {
                for (length, table) in &self.v6 {
                    let network = address.to_bits() & u128::MAX.checked_shl(128 - u32::from(*length)).unwrap_or(0);
                    table.get(&network).into_iter().for_each(|owners| owners.each(found));
                }
            }
        }
    }
}

/// URLs by the hash of their key.
#[derive(Clone, Debug, Default)]
struct UrlTable {
    by_hash: HashMap<u64, Vec<(Box<str>, u32)>, foldhash::fast::FixedState>,
}

/// Hashes the beginnings of a text one after the other (FNV-1a): each byte costs one step, however many beginnings there are.
fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

impl UrlTable {
    fn insert(&mut self, key: &str, owner: u32) {
        let hash = key.bytes().fold(START, step);
        self.by_hash.entry(hash).or_default().push((key.into(), owner));
    }

    fn find(&self, key: &str, found: &mut dyn FnMut(u32)) {
        let (mut hash, mut at) = (START, 0);
        for end in url::ends(key) {
            hash = key.as_bytes()[at..end].iter().copied().fold(hash, step);
            at = end;
            let same = self.by_hash.get(&hash).into_iter().flatten();
            same.filter(|(indicator, _)| **indicator == key[..end]).for_each(|(_, owner)| found(*owner));
        }
    }
}

/// Everything that is looked for, by the way it is looked up.
#[derive(Clone, Debug, Default)]
pub struct IndicatorTables {
    hashes: [FoldedTable; HashAlgorithm::ALL.len()],
    networks: NetworkTable,
    domains: FoldedTable,
    domain_patterns: PatternTable,
    urls: UrlTable,
    url_patterns: PatternTable,
    names: FoldedTable,
    name_patterns: PatternTable,
    paths: FoldedTable,
    /// Patterns of paths by their last part, which has no wildcard.
    by_last_part: HashMap<FoldedText, Vec<(Wildcard, u32)>, foldhash::fast::FixedState>,
    path_patterns: PatternTable,
    has_hosts: bool,
    has_urls: bool,
    has_files: bool,
}

impl IndicatorTables {
    /// Tables of what is looked for, each with the number of its indicator.
    pub fn new<'o>(observables: impl IntoIterator<Item = (&'o Observable, u32)>) -> Self {
        let mut tables = Self::default();
        let (mut domains, mut urls, mut names, mut paths) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let wild = |pattern: &str, owner| (Wildcard::new(pattern, NO_CASE), owner);
        for (observable, owner) in observables {
            match observable {
                Observable::Hash(_, digits) => {
                    for algorithm in observable.algorithms() {
                        tables.hashes[algorithm as usize].insert(digits, owner);
                    }
                }
                Observable::Networks(blocks) => blocks.iter().for_each(|block| tables.networks.insert(*block, owner)),
                Observable::Domain(name) => tables.domains.insert(name, owner),
                Observable::DomainPattern(pattern) => domains.push(wild(pattern, owner)),
                Observable::Url(key) => tables.urls.insert(key, owner),
                Observable::UrlPattern(pattern) => urls.push(wild(pattern, owner)),
                Observable::FileName(name) if is_wild(name) => names.push(wild(name, owner)),
                Observable::FileName(name) => tables.names.insert(name, owner),
                Observable::Path(path) if !is_wild(path) => tables.paths.insert(path, owner),
                Observable::Path(path) if is_wild(last_part(path)) || last_part(path).is_empty() => {
                    paths.push(wild(path, owner));
                }
                Observable::Path(path) => {
                    let last = FoldedText::new(last_part(path), NO_CASE);
                    tables.by_last_part.entry(last).or_default().push(wild(path, owner));
                }
            }
            match observable {
                Observable::Networks(_) | Observable::Domain(_) | Observable::DomainPattern(_) => {
                    tables.has_hosts = true;
                }
                Observable::Url(_) | Observable::UrlPattern(_) => tables.has_urls = true,
                Observable::FileName(_) | Observable::Path(_) => tables.has_files = true,
                Observable::Hash(..) => {}
            }
        }
        Self {
            hashes: tables.hashes.map(FoldedTable::filtered),
            domains: tables.domains.filtered(),
            names: tables.names.filtered(),
            paths: tables.paths.filtered(),
            domain_patterns: PatternTable::new(domains),
            url_patterns: PatternTable::new(urls),
            name_patterns: PatternTable::new(names),
            path_patterns: PatternTable::new(paths),
            ..tables
        }
    }

    /// Tells of the indicators that an address fits.
    pub fn find_address(&self, address: IpAddr, found: &mut dyn FnMut(u32)) {
        self.networks.find(address, found);
    }

    /// Tells of the indicators that a value fits, perhaps more than once.
    pub fn find(&self, reading: FieldReading, text: &str, found: &mut dyn FnMut(u32)) {
        match reading {
            FieldReading::Hash(algorithm) => self.hashes[algorithm as usize].find(text, found),
            FieldReading::Address => {
                if let Ok(address) = text.parse() {
                    self.networks.find(address, found);
                }
            }
            FieldReading::Domain => self.find_domain(text, found),
            FieldReading::Path => {
                self.find_file(text, found);
                if let Some(file) = without_stream(text) {
                    self.find_file(file, found);
                }
            }
            FieldReading::FileName => {
                self.find_name(last_part(text), found);
                if let Some(file) = without_stream(text) {
                    self.find_name(last_part(file), found);
                }
            }
            FieldReading::Folder => self.find_path(text, last_part(text), found),
            FieldReading::Text => self.find_in_text(text, found),
        }
    }

    fn find_domain(&self, name: &str, found: &mut dyn FnMut(u32)) {
        let name = name.trim_end_matches('.');
        self.domain_patterns.find(name, found);
        let mut rest = Some(name);
        while let Some(parent) = rest {
            self.domains.find(parent, found);
            rest = parent.split_once('.').map(|(_, parent)| parent);
        }
    }

    fn find_file(&self, path: &str, found: &mut dyn FnMut(u32)) {
        let last = last_part(path);
        self.find_path(path, last, found);
        self.find_name(last, found);
    }

    fn find_name(&self, name: &str, found: &mut dyn FnMut(u32)) {
        self.names.find(name, found);
        self.name_patterns.find(name, found);
    }

    fn find_path(&self, path: &str, last: &str, found: &mut dyn FnMut(u32)) {
        self.paths.find(path, found);
        if !self.by_last_part.is_empty()
            && let Some(patterns) = self.by_last_part.get(&Folded(last, NO_CASE))
        {
            patterns.iter().filter(|(pattern, _)| pattern.matches(path)).for_each(|(_, owner)| found(*owner));
        }
        self.path_patterns.find(path, found);
    }

    fn find_in_text(&self, text: &str, found: &mut dyn FnMut(u32)) {
        if self.has_hosts && text.contains(['.', ':']) {
            each_host(text, |piece| match piece {
                HostPiece::Address(address) => self.networks.find(address, found),
                HostPiece::Name(name) => self.find_domain(name, found),
            });
        }
        if self.has_urls && text.contains('/') {
            each_url(text, |piece| {
                if let Some(key) = url::key(piece) {
                    self.urls.find(&key, found);
                    self.url_patterns.find(&key, found);
                }
            });
        }
        if self.has_files {
            each_path(text, |piece| self.find_file(piece, found));
        }
    }
}

#[cfg(test)]
mod tests;
