//! Chooses a replacement for every name, all of them before the first one is written, so that none is the name of somebody else.

use super::address::AddressChooser;
use super::hints::RuleHints;
use super::known::{is_known_domain, is_known_host, is_known_label, is_known_user, is_ordinary};
use super::name_map::NameMap;
use super::originals::{NameKind, OriginalNames, folded};
use super::random::PseudonymStream;
use crate::base::public_suffix::{PublicSuffix, public_suffix};
use hashbrown::{HashMap, HashSet};
use std::net::IpAddr;

/// Where a word is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Only where a name stands: in entries of users and hosts, in paths of users, behind a domain. It is an ordinary word.
    InPlace,
    /// Wherever no letter or digit touches it.
    Apart,
    /// Wherever it stands, inside of other words too.
    Everywhere,
}

/// A name with its replacement.
#[derive(Clone, Debug)]
pub struct NameEntry {
    /// The kind of the name.
    pub kind: NameKind,
    /// The original, as it was first written.
    pub original: String,
    /// In lower case where the letters' case is that of each place.
    pub replacement: String,
    /// Where it is replaced.
    pub reach: Reach,
}

/// All names with their replacements.
#[derive(Clone, Debug, Default)]
pub struct NameBook {
    /// Words, DNS names and mail addresses.
    pub entries: Vec<NameEntry>,
    /// Addresses.
    pub addresses: HashMap<IpAddr, IpAddr>,
    /// Domain parts of security identifiers, in capitals.
    pub sids: HashMap<String, String>,
    /// First groups of GUIDs.
    pub machines: HashMap<u32, u32>,
    /// Names that stay because rules look at them, or because they are the same everywhere.
    pub kept: Vec<String>,
}

/// Why there is no replacement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// Every address of a range is taken.
    #[error("there is no address left to stand for {0} in its range")]
    NoAddress(IpAddr),
    /// The map does not say what it should.
    #[error("the map has {0:?} under {1:?}, which is no {2}")]
    WrongMap(String, String, &'static str),
}

/// Words that records are known by, beside the names of their elements.
const STRUCTURE: &[&str] = &[
    "microsoft",
    "windows",
    "sysmon",
    "operational",
    "event",
    "eventdata",
    "system",
    "provider",
    "guid",
    "eventid",
    "version",
    "level",
    "task",
    "opcode",
    "keywords",
    "timecreated",
    "systemtime",
    "eventrecordid",
    "correlation",
    "activityid",
    "relatedactivityid",
    "execution",
    "processid",
    "threadid",
    "channel",
    "computer",
    "security",
    "userid",
    "xmlns",
    "http",
    "schemas",
    "com",
    "win",
    "events",
    "data",
    "name",
    "linux",
    "qualifiers",
];

/// A name shorter than this stands inside of too many other words.
const SHORT: usize = 6;
/// Tries before a name gets one more letter.
const TRIES: usize = 200;

struct Chooser<'c> {
    random: PseudonymStream,
    hints: &'c RuleHints,
    /// Every original and every replacement, folded.
    taken: HashSet<String>,
    /// Originals that no replacement may have inside.
    words: Vec<String>,
    labels: HashMap<String, String>,
}

impl NameBook {
    /// Chooses replacements for names that the map does not have yet, and adds them to it.
    pub fn new(names: &OriginalNames, hints: &RuleHints, map: &mut NameMap) -> Result<Self, BookError> {
        let mut chooser = Chooser::new(names, hints, map);
        let mut book = Self::default();
        for (kind, word) in &names.words {
            let known = [NameKind::Host, NameKind::Domain, NameKind::User].into_iter().any(|kind| has(map, kind, word));
            if !known {
                let replacement = chooser.word(word);
                map.kind_mut(*kind).insert(word.clone(), replacement);
            }
        }
        for kind in [NameKind::Host, NameKind::Domain, NameKind::User] {
            for (original, replacement) in map.kind(kind) {
                chooser.labels.insert(folded(original), replacement.clone());
                let reach = reach(&folded(original), names);
                book.entries.push(NameEntry {
                    kind,
                    original: original.clone(),
                    replacement: replacement.clone(),
                    reach,
                });
            }
        }
        book.add_sites(names, map, &mut chooser);
        book.add_mails(names, map, &mut chooser);
        book.add_addresses(names, hints, map, &mut chooser)?;
        book.add_identifiers(names, map, &mut chooser)?;
        Ok(book)
    }

    fn add_sites(&mut self, names: &OriginalNames, map: &mut NameMap, chooser: &mut Chooser<'_>) {
        for site in &names.sites {
            if !has(map, NameKind::Site, site) {
                let replacement = chooser.site(site, names);
                if replacement == folded(site) {
                    self.kept.push(site.clone());
                    continue;
                }
                map.dns_names.insert(site.clone(), replacement);
            }
        }
        // The name that was registered, and not only the hosts below it, may stand elsewhere.
        let mut registered: Vec<(String, String)> = Vec::new();
        for (site, replacement) in &map.dns_names {
            // One label more than the ending has, if there is one.
            let labels = public_suffix(&folded(site)).map(|suffix| suffix.labels() + 1);
            let labels = labels.filter(|labels| site.split('.').count() >= *labels);
            let end = |name: &str, labels: usize| {
                let parts: Vec<&str> = name.split('.').collect();
                parts[parts.len().saturating_sub(labels)..].join(".")
            };
            if let Some(labels) = labels {
                registered.push((end(site, labels), end(replacement, labels)));
            }
        }
        for (site, replacement) in registered {
            if !has(map, NameKind::Site, &site) && folded(&site) != replacement {
                map.dns_names.insert(site, replacement);
            }
        }
        self.add_all(NameKind::Site, map);
    }

    fn add_mails(&mut self, names: &OriginalNames, map: &mut NameMap, chooser: &mut Chooser<'_>) {
        for mail in &names.mails {
            if !has(map, NameKind::Mail, mail) {
                let (local, domain) = mail.split_once('@').unwrap_or((mail, ""));
                let local = chooser.label(local);
                let domain = chooser.site(domain, names);
                map.mails.insert(mail.clone(), format!("{local}@{domain}"));
            }
        }
        self.add_all(NameKind::Mail, map);
    }

    fn add_all(&mut self, kind: NameKind, map: &NameMap) {
        let entries = map.kind(kind).iter().map(|(original, replacement)| NameEntry {
            kind,
            original: original.clone(),
            replacement: replacement.clone(),
            reach: Reach::Apart,
        });
        self.entries.extend(entries);
    }

    fn add_addresses(
        &mut self,
        names: &OriginalNames,
        hints: &RuleHints,
        map: &mut NameMap,
        chooser: &mut Chooser<'_>,
    ) -> Result<(), BookError> {
        let addresses = AddressChooser::new(hints);
        for (old, new) in &map.addresses {
            let parse = |text: &String| text.parse::<IpAddr>();
            let (Ok(from), Ok(to)) = (parse(old), parse(new)) else {
                return Err(BookError::WrongMap(new.clone(), old.clone(), "address"));
            };
            self.addresses.insert(from, to);
        }
        let mut taken: HashSet<IpAddr> =
            self.addresses.values().copied().chain(names.addresses.iter().copied()).collect();
        let texts: Vec<String> = names.addresses.iter().map(ToString::to_string).collect();
        for &old in &names.addresses {
            if self.addresses.contains_key(&old) {
                continue;
            }
            if addresses.stays(old) {
                self.kept.push(old.to_string());
                continue;
            }
            // `10.0.0.5` must not be found inside of `110.0.0.5` either.
            let has_other = |new: IpAddr| {
                let new = new.to_string();
                texts.len() <= MOST_COMPARED && texts.iter().any(|old| new.contains(old))
            };
            let new = addresses.choose(old, &mut chooser.random, &|new| taken.contains(&new) || has_other(new));
            let new = new.ok_or(BookError::NoAddress(old))?;
            taken.insert(new);
            self.addresses.insert(old, new);
            map.addresses.insert(old.to_string(), new.to_string());
        }
        Ok(())
    }

    fn add_identifiers(
        &mut self,
        names: &OriginalNames,
        map: &mut NameMap,
        chooser: &mut Chooser<'_>,
    ) -> Result<(), BookError> {
        for sid in &names.sids {
            if !map.sids.contains_key(sid) {
                let new = chooser.sid(sid);
                map.sids.insert(sid.clone(), new);
            }
        }
        self.sids = map.sids.iter().map(|(old, new)| (old.to_uppercase(), new.clone())).collect();
        for machine in &names.machines {
            let text = format!("{machine:08x}");
            let new = || format!("{:08x}", chooser.machine(&names.machines));
            map.machines.entry(text).or_insert_with(new);
        }
        for (old, new) in &map.machines {
            let parse = |text: &String| u32::from_str_radix(text, 16);
            let (Ok(from), Ok(to)) = (parse(old), parse(new)) else {
                return Err(BookError::WrongMap(new.clone(), old.clone(), "number of eight hexadecimal digits"));
            };
            self.machines.insert(from, to);
        }
        Ok(())
    }

    /// Replaces in fewer places the words that rules have in their texts; says whether there are any.
    pub fn loosen(&mut self, hints: &RuleHints) -> bool {
        let mut is_loosened = false;
        for entry in &mut self.entries {
            if entry.reach > Reach::InPlace && hints.contain(&folded(&entry.original)) {
                entry.reach = if entry.reach == Reach::Everywhere { Reach::Apart } else { Reach::InPlace };
                is_loosened = true;
            }
        }
        is_loosened
    }
}

/// Among more addresses than this, new ones are compared with old ones as a whole only.
const MOST_COMPARED: usize = 2000;

fn has(map: &NameMap, kind: NameKind, name: &str) -> bool {
    map.kind(kind).contains_key(name) || {
        let name = folded(name);
        map.kind(kind).keys().any(|known| folded(known) == name)
    }
}

/// Where a word can be replaced without changing what records are known by.
fn reach(word: &str, names: &OriginalNames) -> Reach {
    let length = word.chars().count();
    if length < 2 || STRUCTURE.contains(&word) || names.structure.contains(word) {
        return Reach::InPlace;
    }
    let is_part =
        names.structure.iter().any(|name| name.contains(word)) || STRUCTURE.iter().any(|name| name.contains(word));
    let has_digit = word.chars().any(|c| c.is_ascii_digit());
    let is_short = length < 4 || (length < SHORT && !has_digit);
    if is_part || is_short || is_ordinary(word) { Reach::Apart } else { Reach::Everywhere }
}

impl<'c> Chooser<'c> {
    fn new(names: &OriginalNames, hints: &'c RuleHints, map: &NameMap) -> Self {
        let originals =
            names.words.iter().map(|(_, word)| folded(word)).chain(names.sites.iter().map(|site| folded(site)));
        let known = NameKind::ALL.iter().flat_map(|kind| map.kind(*kind));
        let mut taken: HashSet<String> = originals.collect();
        taken.extend(known.flat_map(|(old, new)| [folded(old), folded(new)]));
        let words: Vec<String> = names.words.iter().map(|(_, word)| folded(word)).collect();
        // A label that an earlier extract has replaced is replaced the same way in names that are new.
        let mut labels = HashMap::new();
        for (site, replacement) in &map.dns_names {
            let replaced = replacement.split('.').map(str::to_owned);
            labels.extend(folded(site).split('.').map(str::to_owned).zip(replaced));
        }
        Self { random: PseudonymStream::new(map.len() as u64 + 1), hints, taken, words, labels }
    }

    /// A word that nobody has, of the same length if there is one.
    fn word(&mut self, like: &str) -> String {
        let like = folded(like);
        let mut attempt = 0;
        loop {
            let candidate = self.random.name(&like, attempt / TRIES);
            attempt += 1;
            if self.is_free(&candidate) {
                self.taken.insert(candidate.clone());
                return candidate;
            }
        }
    }

    fn is_free(&self, candidate: &str) -> bool {
        let is_well_known = is_known_domain(candidate)
            || is_known_host(candidate)
            || is_known_user(candidate)
            || is_known_label(candidate)
            || is_ordinary(candidate);
        let has_original =
            self.words.iter().take(MOST_COMPARED).any(|word| word.len() > 2 && candidate.contains(&**word));
        let is_in_rules = candidate.len() > 3 && self.hints.contain(candidate);
        !(self.taken.contains(candidate) || is_well_known || has_original || is_in_rules)
    }

    /// The replacement of a label, the same one wherever the label stands.
    fn label(&mut self, label: &str) -> String {
        let label = folded(label);
        if let Some(known) = self.labels.get(&label) {
            return known.clone();
        }
        let new = if label.chars().any(char::is_alphanumeric) { self.word(&label) } else { label.clone() };
        self.labels.insert(label, new.clone());
        new
    }

    /// A DNS name with other labels, but for those that name nobody and the end that rules look at.
    fn site(&mut self, site: &str, names: &OriginalNames) -> String {
        let site = folded(site);
        let labels: Vec<&str> = site.split('.').collect();
        let end_from = |at: usize| labels[at..].join(".");
        let is_own = (1..labels.len()).any(|at| names.own_domains.contains(&end_from(at)));
        // What everybody shares stays: `co.uk`.
        let suffix = public_suffix(&site).map_or(1, PublicSuffix::labels);
        let mut kept = suffix.min(labels.len().saturating_sub(1)).max(1);
        if is_own {
            kept = 1;
        }
        if let Some(at) = (0..labels.len().saturating_sub(kept)).find(|&at| !is_own && self.hints.name(&end_from(at))) {
            kept = labels.len() - at;
        }
        let changed = labels.len() - kept.min(labels.len());
        let new = labels.iter().enumerate().map(|(at, label)| {
            if at >= changed || is_known_label(label) { (*label).to_owned() } else { self.label(label) }
        });
        new.collect::<Vec<_>>().join(".")
    }

    /// Another domain part of a security identifier, each number as long as before.
    fn sid(&mut self, sid: &str) -> String {
        let keep = if sid.starts_with("S-1-5-21") { 4 } else { 3 };
        loop {
            let parts = sid.split('-').enumerate().map(|(at, part)| {
                if at < keep {
                    return part.to_owned();
                }
                let low = 10_u64.pow(u32::try_from(part.len().saturating_sub(1)).unwrap_or(9).min(9));
                let high = (low * 10 - 1).min(u64::from(u32::MAX));
                self.random.between(low, high).to_string()
            });
            let new = parts.collect::<Vec<_>>().join("-");
            if self.taken.insert(folded(&new)) && new != sid {
                return new;
            }
        }
    }

    fn machine(&mut self, originals: &[u32]) -> u32 {
        loop {
            let new = u32::try_from(self.random.between(0x1000_0000, 0xffff_ffff)).unwrap_or(u32::MAX);
            if !originals.contains(&new) && self.taken.insert(format!("machine {new:08x}")) {
                return new;
            }
        }
    }
}
