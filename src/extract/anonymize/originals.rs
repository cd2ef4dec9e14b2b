//! The names, addresses and identifiers that evidence has, by kind and in the order in which they were met.

use crate::base::wildcard::fold;
use hashbrown::HashSet;
use std::net::IpAddr;

/// Kinds of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameKind {
    /// The name of a computer, without its domain.
    Host,
    /// A label of an own domain, or the short name of one.
    Domain,
    /// An account.
    User,
    /// A DNS name of somebody else.
    Site,
    /// An e-mail address, or an account that is written as one.
    Mail,
    /// An IP address.
    Address,
    /// The part of a security identifier that belongs to a domain or machine.
    Sid,
    /// The part of process and logon GUIDs that belongs to a machine.
    Machine,
}

impl NameKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Self; 8] =
        [Self::Host, Self::Domain, Self::User, Self::Site, Self::Mail, Self::Address, Self::Sid, Self::Machine];

    /// The noun for several things of this kind.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Host => "hosts",
            Self::Domain => "domains",
            Self::User => "users",
            Self::Site => "DNS names",
            Self::Mail => "e-mail addresses",
            Self::Address => "addresses",
            Self::Sid => "SIDs",
            Self::Machine => "machine parts of GUIDs",
        }
    }

    /// The noun for one thing of this kind.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Domain => "domain",
            Self::User => "user",
            Self::Site => "DNS name",
            Self::Mail => "e-mail address",
            Self::Address => "address",
            Self::Sid => "SID",
            Self::Machine => "machine part of GUIDs",
        }
    }
}

/// A text in the letters that names are compared in.
pub fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// Names without their replacements.
#[derive(Clone, Debug, Default)]
pub struct OriginalNames {
    /// Hosts, labels of domains and accounts, as they were first written. One word is of one kind only: that in which it was met first.
    pub words: Vec<(NameKind, String)>,
    /// DNS names.
    pub sites: Vec<String>,
    /// E-mail addresses.
    pub mails: Vec<String>,
    /// Addresses; those of IPv4 only as such.
    pub addresses: Vec<IpAddr>,
    /// `S-1-5-21-…`, without the number of the account.
    pub sids: Vec<String>,
    /// The first group of a GUID, as a number.
    pub machines: Vec<u32>,
    /// Domains of computers, without their first label.
    pub own_domains: HashSet<String>,
    /// Names of elements and entries, and what records are known by: none of these words can be replaced everywhere.
    pub structure: HashSet<String>,
    seen: HashSet<(NameKind, String)>,
}

impl OriginalNames {
    /// Adds a word.
    pub fn add_word(&mut self, kind: NameKind, word: &str) {
        let word = word.trim();
        if word.chars().any(char::is_alphanumeric) && self.seen.insert((NameKind::Host, folded(word))) {
            self.words.push((kind, word.to_owned()));
        }
    }

    /// Adds a name of another kind, as text.
    pub fn add(&mut self, kind: NameKind, text: &str) {
        if !self.seen.insert((kind, folded(text))) {
            return;
        }
        match kind {
            NameKind::Site => self.sites.push(text.to_owned()),
            NameKind::Mail => self.mails.push(text.to_owned()),
            NameKind::Address => self.addresses.extend(text.parse::<IpAddr>()),
            NameKind::Sid => self.sids.push(text.to_uppercase()),
            NameKind::Machine => self.machines.extend(u32::from_str_radix(text, 16)),
            NameKind::Host | NameKind::Domain | NameKind::User => {}
        }
    }

    /// Whether a word was met.
    pub fn has_word(&self, word: &str) -> bool {
        self.seen.contains(&(NameKind::Host, folded(word)))
    }
}
