//! Indicators out of alerts: the hashes, addresses, names, URLs and paths that their events have, each once, with the process and the alert that it belongs to.
//!
//! What a system ships and most hosts have is marked, and comes last: whoever searches for the hash of `cmd.exe` elsewhere finds it everywhere.

use super::results::Results;
use crate::base::Ticks;
use crate::base::number::{counted, grouped};
use crate::detect::Alert;
use crate::ecs::{self, Field, FieldId};
use crate::enrichment::decode;
use crate::event::Document;
use crate::process::Connection;
use crate::rules::Level;
use hashbrown::HashMap;
use regex::Regex;
use std::io;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Most indicators of one kind. A run with more alerts than that has other worries, and what is left out is counted.
const MOST: usize = 100_000;

/// Longest text that is searched for URLs, in bytes, and longest value.
const SEARCHED: usize = 64 << 10;
const LONGEST: usize = 2_048;

/// The kinds of indicators, by the names that STIX and most feeds have for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FoundKind {
    /// A hash.
    Sha256,
    /// A hash.
    Sha1,
    /// A hash.
    Md5,
    /// A hash of imports.
    Imphash,
    /// An address.
    Ipv4,
    /// An address.
    Ipv6,
    /// A name that was asked for.
    Domain,
    /// A URL in a text.
    Url,
    /// The path of a program, file or library.
    Path,
}

impl FoundKind {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
            Self::Imphash => "imphash",
            Self::Ipv4 => "ipv4-addr",
            Self::Ipv6 => "ipv6-addr",
            Self::Domain => "domain-name",
            Self::Url => "url",
            Self::Path => "path",
        }
    }
}

/// An indicator, and where it was met first.
#[derive(Clone, Debug)]
pub struct FoundIndicator {
    /// Its kind.
    pub kind: FoundKind,
    /// Its value.
    pub value: String,
    /// The field that has it.
    pub field: &'static str,
    /// The name of the file that it is the hash of.
    pub file: String,
    /// How many alerts have it.
    pub alerts: u64,
    /// The first alert that has it, from 1.
    pub alert: usize,
    /// The last alert that has it.
    pub last_alert: usize,
    /// The name of the first alert's rule.
    pub rule: String,
    /// The worst severity of its alerts.
    pub level: Level,
    /// The host of the first alert.
    pub host: String,
    /// The process of the first alert.
    pub process: String,
    /// Its entity id.
    pub entity_id: String,
    /// The times of the first and the last alert that have it.
    pub span: Option<(Ticks, Ticks)>,
    /// On how many hosts of the evidence it is, if that was looked up.
    pub hosts: Option<usize>,
    /// Whether its file seems to come with the system, by its place and what it says of its maker; `None` if no event tells.
    shipped: Option<bool>,
    /// Whether it is of a file that comes with the system and is on most hosts.
    pub common: bool,
}

/// The indicators of a run.
#[derive(Debug, Default)]
pub struct FoundIndicators {
    /// Each once: those of files of the system last, the worst first.
    pub all: Vec<FoundIndicator>,
    /// How many mentions did not fit.
    pub left_out: u64,
}

/// Where hashes are: fields, and who made the file.
const HASHES: [(FoundKind, &str); 12] = [
    (FoundKind::Sha256, "process.hash.sha256"),
    (FoundKind::Sha1, "process.hash.sha1"),
    (FoundKind::Md5, "process.hash.md5"),
    (FoundKind::Imphash, "process.pe.imphash"),
    (FoundKind::Sha256, "file.hash.sha256"),
    (FoundKind::Sha1, "file.hash.sha1"),
    (FoundKind::Md5, "file.hash.md5"),
    (FoundKind::Imphash, "file.pe.imphash"),
    (FoundKind::Sha256, "dll.hash.sha256"),
    (FoundKind::Sha1, "dll.hash.sha1"),
    (FoundKind::Md5, "dll.hash.md5"),
    (FoundKind::Imphash, "dll.pe.imphash"),
];

const PATHS: [&str; 3] = ["process.executable", "file.path", "dll.path"];

const TEXTS: [&str; 3] = ["process.command_line", "registry.data.strings", "winlog.event_data.Contents"];

/// A URL up to the first character that ends one in a command line.
#[expect(clippy::unwrap_used, reason = "the pattern is a constant, and a test uses it")]
static URL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"(?i)\b(?:https?|ftp)://[^\s"'<>|^`,;)\]}]+"#).unwrap());

impl FoundIndicators {
    /// What is left out, in words; `None` if nothing is.
    pub fn told_left_out(&self) -> Option<String> {
        let (mentions, most) = (counted(self.left_out, "mention"), grouped(MOST as u64));
        let text = format!(
            "{mentions} of further indicators left out: there are more than {most} of a kind, or one is longer than {LONGEST} bytes"
        );
        (self.left_out > 0).then_some(text)
    }

    /// The indicators of the alerts of a run.
    pub fn new(results: &Results<'_>) -> io::Result<Self> {
        let mut gathering = Gathering::default();
        results.alerts.for_each(|position, alert| {
            gathering.alert(results, position, alert);
            Ok(())
        })?;
        let Gathering { mut all, left_out, .. } = gathering;
        for found in &mut all {
            // What only one of several hosts has did not come with the system.
            let most = found.hosts.is_none_or(|hosts| 2 * hosts >= gathering.hosts.len());
            found.common = most && found.shipped == Some(true);
        }
        all.sort_by(|left, right| {
            let key = |one: &FoundIndicator| (one.common, std::cmp::Reverse(one.level), one.kind);
            key(left).cmp(&key(right)).then_with(|| left.value.cmp(&right.value))
        });
        Ok(Self { all, left_out })
    }
}

#[derive(Debug, Default)]
struct Gathering {
    all: Vec<FoundIndicator>,
    known: HashMap<(FoundKind, String), usize>,
    of_kind: HashMap<FoundKind, usize>,
    hosts: std::collections::BTreeSet<String>,
    left_out: u64,
}

/// The facts of an event that all of its indicators share.
struct EventOfAlert<'a> {
    results: &'a Results<'a>,
    position: usize,
    alert: &'a Alert,
    document: &'a Document,
}

impl EventOfAlert<'_> {
    fn text(&self, field: FieldId) -> String {
        self.document.first(field).map(ToString::to_string).unwrap_or_default()
    }

    fn values(&self, name: &str) -> impl Iterator<Item = String> + use<'_> {
        self.document.values(&Field::named(name)).iter().map(ToString::to_string)
    }

    fn first(&self, name: &str) -> String {
        self.values(name).next().unwrap_or_default()
    }

    /// The path of the file that a field is about.
    fn file_of(&self, field: &str) -> String {
        match field.split('.').next() {
            Some("process") => self.text(ecs::PROCESS_EXECUTABLE),
            Some("file" | "dll") => self.text(ecs::FILE_PATH),
            _ => String::new(),
        }
    }

    /// Whether the file that a field is about seems to come with the system; `None` if the event does not tell who made it.
    fn is_of_system(&self, field: &str) -> Option<bool> {
        let maker = match field.split('.').next()? {
            "process" => self.first("process.pe.company"),
            "file" | "dll" => {
                let signer = self.first("file.code_signature.subject_name");
                if signer.is_empty() { self.first("file.pe.company") } else { signer }
            }
            _ => return None,
        };
        let path = self.file_of(field).to_lowercase();
        let folder = path.split_once(":\\windows\\").filter(|(drive, _)| drive.len() == 1).map(|(_, rest)| rest);
        // Everybody may write there.
        let is_in_system = folder.is_some_and(|rest| !["temp\\", "tasks\\"].iter().any(|open| rest.starts_with(open)));
        (!maker.is_empty()).then(|| is_in_system && maker.starts_with("Microsoft"))
    }
}

impl Gathering {
    fn alert(&mut self, results: &Results<'_>, position: usize, alert: &Alert) {
        let before = self.all.len();
        for event in alert.start.iter().chain(alert.present()) {
            let facts = EventOfAlert { results, position, alert, document: &event.document };
            self.hosts.insert(facts.text(ecs::HOST_NAME).to_lowercase());
            self.event(&facts);
        }
        let Some(triage) = results.triage else { return };
        if self.all.len() == before {
            return;
        }
        for ((_, value), seen) in triage.elsewhere(alert) {
            for found in self.all[before..].iter_mut().filter(|found| found.value.eq_ignore_ascii_case(&value.text)) {
                let hosts = usize::try_from(seen.hosts).unwrap_or(usize::MAX);
                found.hosts = Some(hosts.max(found.hosts.unwrap_or_default()));
            }
        }
    }

    fn event(&mut self, event: &EventOfAlert<'_>) {
        for (kind, field) in HASHES {
            for hash in event.values(field) {
                if hash.bytes().all(|byte| byte.is_ascii_hexdigit()) && hash.bytes().any(|byte| byte != b'0') {
                    self.add(event, kind, hash.to_ascii_lowercase(), field);
                }
            }
        }
        let text = |field: FieldId| event.document.first(field).map(ToString::to_string);
        if let Some(connection) = Connection::read(text)
            && let Some(remote) = connection.route(event.results.addresses).remote
        {
            self.address(event, remote.ip.as_deref(), "destination.ip");
            self.domain(event, remote.domain.as_deref(), "destination.domain");
        }
        self.domain(event, event.values("dns.question.name").next().as_deref(), "dns.question.name");
        for address in event.values("dns.resolved_ip") {
            self.address(event, Some(&address), "dns.resolved_ip");
        }
        for field in PATHS {
            for path in event.values(field).filter(|path| path.contains(['\\', '/'])) {
                self.add(event, FoundKind::Path, path, field);
            }
        }
        for field in TEXTS {
            for text in event.values(field) {
                self.urls(event, &text, field);
                // What is written in Base64 so that nobody finds it is what is looked for first.
                for decoded in decode(&text).texts {
                    self.urls(event, &decoded.text, field);
                }
            }
        }
    }

    fn urls(&mut self, event: &EventOfAlert<'_>, text: &str, field: &'static str) {
        let end = (0..=SEARCHED.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
        for url in URL.find_iter(&text[..end.unwrap_or_default()]) {
            self.add(event, FoundKind::Url, url.as_str().trim_end_matches(['.', ':']).to_owned(), field);
        }
    }

    fn address(&mut self, event: &EventOfAlert<'_>, address: Option<&str>, field: &'static str) {
        let Some(address) = address.and_then(|text| text.parse::<IpAddr>().ok()).map(|address| address.to_canonical())
        else {
            return;
        };
        // Nothing can be searched for by these.
        if !address.is_loopback() && !address.is_unspecified() && !address.is_multicast() {
            let kind = if address.is_ipv4() { FoundKind::Ipv4 } else { FoundKind::Ipv6 };
            self.add(event, kind, address.to_string(), field);
        }
    }

    fn domain(&mut self, event: &EventOfAlert<'_>, name: Option<&str>, field: &'static str) {
        let is_name = |name: &&str| name.contains('.') && name.parse::<IpAddr>().is_err();
        if let Some(name) = name.map(|name| name.trim_end_matches('.')).filter(is_name) {
            self.add(event, FoundKind::Domain, name.to_lowercase(), field);
        }
    }

    fn add(&mut self, event: &EventOfAlert<'_>, kind: FoundKind, value: String, field: &'static str) {
        let meta = event.results.detector.meta(event.alert);
        let (at, number) = (event.alert.timestamp(), event.position + 1);
        // A URL in the command line of a program of the system did not come with it.
        let is_of_file = !matches!(kind, FoundKind::Url | FoundKind::Ipv4 | FoundKind::Ipv6 | FoundKind::Domain);
        let shipped = event.is_of_system(field).filter(|_| is_of_file);
        // Windows writes one path in letters of any case.
        let key = (kind, if kind == FoundKind::Path { value.to_lowercase() } else { value.clone() });
        if let Some(&known) = self.known.get(&key) {
            let found = &mut self.all[known];
            // Several events of one alert count once.
            found.alerts += u64::from(found.last_alert != number);
            found.last_alert = number;
            found.level = found.level.max(meta.level);
            found.shipped = match (found.shipped, shipped) {
                (Some(known), Some(is_so)) => Some(known && is_so),
                (known, is_so) => known.or(is_so),
            };
            if let (Some((_, last)), Some(at)) = (&mut found.span, at) {
                *last = at;
            }
            return;
        }
        let of_kind = self.of_kind.entry(kind).or_default();
        if *of_kind >= MOST || value.len() > LONGEST {
            self.left_out += 1;
            return;
        }
        *of_kind += 1;
        self.known.insert(key, self.all.len());
        let file = event.file_of(field);
        self.all.push(FoundIndicator {
            kind,
            value,
            field,
            file,
            alerts: 1,
            alert: number,
            last_alert: number,
            rule: meta.name.clone(),
            level: meta.level,
            host: event.text(ecs::HOST_NAME),
            process: event.text(ecs::PROCESS_EXECUTABLE),
            entity_id: event.text(ecs::PROCESS_ENTITY_ID),
            span: at.map(|at| (at, at)),
            hosts: None,
            shipped,
            common: false,
        });
    }
}
