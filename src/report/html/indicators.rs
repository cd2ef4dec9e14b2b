//! Indicators to search for elsewhere: hashes, addresses, names, URLs and paths out of the alerts, each once, in lists to copy.

use super::super::results::Results;
use super::super::triage_json::MOST_ENTRIES;
use super::doc::{at, list, text, texts};
use super::finding::events;
use super::steps::{known_addresses, of_event};
use super::text::{cut, grouped};
use crate::base::escape;
use crate::detect::Alert;
use crate::ecs::{Field, FieldId};
use crate::enrichment::decode;
use crate::process::details::List;
use crate::process::triage::{AlertProcess, MOST_ANCESTORS, MOST_CHILDREN};
use crate::process::{Connection, Hashes, HostAddresses, HostTree, NodeIndex};
use hashbrown::HashSet;
use maud::{Markup, PreEscaped, html};
use regex::Regex;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Most entries of one list.
const MOST: usize = 2_000;

/// Most URLs of one text.
const MOST_URLS: usize = 64;

/// Longest text that is searched for URLs, in bytes.
const SEARCHED: usize = 64 << 10;

/// Longest indicator, in characters.
const LONGEST: usize = 1_024;

/// The lists, by their titles, in the order of the page.
const KINDS: [(&str, &str); 9] = [
    ("sha256", "SHA-256"),
    ("sha1", "SHA-1"),
    ("md5", "MD5"),
    ("imphash", "Import hashes"),
    ("public", "Addresses"),
    ("private", "Addresses, private or reserved"),
    ("domain", "Names"),
    ("url", "URLs"),
    ("path", "Paths"),
];

/// The fields with hashes, each with its list.
const HASHES: [(&str, &str); 12] = [
    ("sha256", "process.hash.sha256"),
    ("sha1", "process.hash.sha1"),
    ("md5", "process.hash.md5"),
    ("sha256", "file.hash.sha256"),
    ("sha1", "file.hash.sha1"),
    ("md5", "file.hash.md5"),
    ("sha256", "dll.hash.sha256"),
    ("sha1", "dll.hash.sha1"),
    ("md5", "dll.hash.md5"),
    ("imphash", "process.pe.imphash"),
    ("imphash", "file.pe.imphash"),
    ("imphash", "dll.pe.imphash"),
];

/// Indicators of all alerts.
#[derive(Debug, Default)]
pub struct Indicators {
    lists: [BTreeSet<String>; KINDS.len()],
    /// How many did not fit into each list, or were not looked for any more in a long text; the same one may count more than once.
    over: [u64; KINDS.len()],
}

/// A URL up to the first character that ends one in a command line.
#[expect(clippy::unwrap_used, reason = "the pattern is a constant, and a test uses it")]
static URL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"(?i)\b(?:https?|ftp)://[^\s"'<>|^`,;)\]}]+"#).unwrap());

impl Indicators {
    /// Adds what an alert names.
    pub fn add(&mut self, document: &Value) {
        let start = at(document, "evql.process_start");
        let known = known_addresses(document);
        for event in start.into_iter().chain(events(document)).filter(|event| event.is_object()) {
            self.add_event(of_event(event), &known, |name| texts(event, name));
        }
        for process in list(document, "evql.triage.processes") {
            self.add_process(process);
        }
    }

    /// Adds what an alert of a run names. The processes of `seen` are in the lists already.
    pub fn add_alert(&mut self, results: &Results<'_>, alert: &Alert, seen: &mut HashSet<(usize, NodeIndex)>) {
        for event in alert.start.iter().chain(alert.present()) {
            let text =
                |field: FieldId| event.document.first(field).map(|value| cut(&value.to_string(), 300).0.to_owned());
            let values = |name: &str| {
                let values = event.document.values(&Field::named(name)).iter();
                values.map(|value| value.as_text().map_or_else(|| value.to_string().into(), Cow::Borrowed))
            };
            self.add_event(Connection::read(text), results.addresses, values);
        }
        let Some(triage) = results.triage else { return };
        for member in triage.members(alert) {
            if seen.insert((member.host, member.node)) {
                self.add_member(&triage.forest.hosts[member.host], member);
            }
        }
    }

    /// Adds what was looked up about a process, as far as alert documents have it.
    fn add_member(&mut self, host: &HostTree, member: AlertProcess<'_>) {
        let children = host.node(member.node).children.iter().copied().take(MOST_CHILDREN);
        let nodes =
            std::iter::once(member.node).chain(host.ancestors(member.node).take(MOST_ANCESTORS)).chain(children);
        for facts in nodes.map(|node| &host.node(node).facts) {
            if let Some(Hashes { md5, sha1, sha256, imphash }) = facts.hashes.as_deref() {
                for (kind, hash) in [("sha256", sha256), ("sha1", sha1), ("md5", md5), ("imphash", imphash)] {
                    self.hash(kind, hash.as_deref());
                }
            }
            self.path(facts.image.as_deref());
            self.urls(facts.command_line.as_ref().map_or("", |command| &command.text));
        }
        for list in [List::Destinations, List::Dns, List::Files] {
            for (entry, _) in member.did.list(list).0.into_iter().take(MOST_ENTRIES) {
                match list {
                    List::Destinations => {
                        self.address(entry.parts[0].as_deref());
                        self.name(entry.parts[3].as_deref());
                    }
                    List::Dns => self.name(entry.parts[0].as_deref()),
                    _ => self.path(entry.parts[0].as_deref()),
                }
            }
        }
    }

    fn add_event<'v, V: Iterator<Item = Cow<'v, str>>>(
        &mut self,
        connection: Option<Connection>,
        known: &HostAddresses,
        texts: impl Fn(&str) -> V,
    ) {
        let text = |name: &str| texts(name).find(|text| !text.is_empty());
        for (kind, name) in HASHES {
            self.hash(kind, text(name).as_deref());
        }
        if let Some(connection) = connection
            && let Some(remote) = connection.route(known).remote
        {
            self.address(remote.ip.as_deref());
            self.name(remote.domain.as_deref());
        }
        self.name(text("dns.question.name").as_deref());
        for address in texts("dns.resolved_ip") {
            self.address(Some(&address));
        }
        for name in ["process.executable", "process.parent.executable", "file.path", "dll.path"] {
            self.path(text(name).as_deref());
        }
        for name in [
            "process.command_line",
            "process.parent.command_line",
            "registry.data.strings",
            "powershell.file.script_block_text",
        ] {
            texts(name).for_each(|text| self.urls(&text));
        }
    }

    fn add_process(&mut self, process: &Value) {
        let nodes =
            at(process, "process").into_iter().chain(list(process, "ancestors")).chain(list(process, "children"));
        for node in nodes {
            for hash in ["sha256", "sha1", "md5", "imphash"] {
                self.hash(hash, text(node, &format!("hashes.{hash}")).as_deref());
            }
            self.path(text(node, "executable").as_deref());
            self.urls(&text(node, "command_line").unwrap_or_default());
        }
        for destination in list(process, "destinations") {
            self.address(text(destination, "ip").as_deref());
            self.name(text(destination, "domain").as_deref());
        }
        for query in list(process, "dns") {
            self.name(text(query, "name").as_deref());
        }
        for file in list(process, "files") {
            self.path(text(file, "path").as_deref());
        }
    }

    fn hash(&mut self, kind: &str, hash: Option<&str>) {
        let is_hash =
            |hash: &&str| (32..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        // Sysmon writes zeros where it has no hash.
        let is_one = |hash: &&str| hash.bytes().any(|byte| byte != b'0');
        if let Some(hash) = hash.filter(is_hash).filter(is_one) {
            self.put(kind, hash.to_ascii_lowercase());
        }
    }

    fn address(&mut self, address: Option<&str>) {
        let Some(address) = address.and_then(|address| address.parse::<IpAddr>().ok()) else { return };
        // Nothing can be searched for by these.
        if address.is_loopback() || address.is_unspecified() {
            return;
        }
        self.put(if is_public(address) { "public" } else { "private" }, address.to_string());
    }

    fn name(&mut self, name: Option<&str>) {
        let is_name = |name: &&str| !name.is_empty() && *name != "-" && name.parse::<IpAddr>().is_err();
        if let Some(name) = name.filter(is_name) {
            self.put("domain", name.trim_end_matches('.').to_lowercase());
        }
    }

    fn path(&mut self, path: Option<&str>) {
        if let Some(path) = path.filter(|path| path.contains(['\\', '/'])) {
            self.put("path", path.to_owned());
        }
    }

    /// Adds the URLs of a text, and of what is encoded in it.
    fn urls(&mut self, text: &str) {
        self.urls_of(text);
        decode(text).texts.iter().for_each(|decoded| self.urls_of(&decoded.text));
    }

    fn urls_of(&mut self, text: &str) {
        let end = (0..=SEARCHED.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
        for (number, url) in URL.find_iter(&text[..end]).enumerate() {
            if number < MOST_URLS {
                // A full stop behind a URL in a sentence is not part of it.
                self.put("url", url.as_str().trim_end_matches(['.', ':']).to_owned());
            } else {
                self.leave_out("url");
            }
        }
        if end < text.len() && URL.is_match(&text[end..]) {
            self.leave_out("url");
        }
    }

    fn put(&mut self, kind: &str, text: String) {
        let Some(at) = KINDS.iter().position(|(name, _)| *name == kind) else { return };
        let list = &mut self.lists[at];
        // Asked first: an indicator that is in the list does not count as left out, however full it is.
        if list.contains(&text) {
            return;
        }
        if list.len() >= MOST {
            self.over[at] += 1;
            return;
        }
        let (shown, left) = cut(&text, LONGEST);
        list.insert(if left == 0 { text } else { format!("{shown}… (+{left} characters)") });
    }

    /// Counts one that does not come into its list.
    fn leave_out(&mut self, kind: &str) {
        if let Some(at) = KINDS.iter().position(|(name, _)| *name == kind) {
            self.over[at] += 1;
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lists.iter().all(BTreeSet::is_empty)
    }

    /// The lists as they stand on the page.
    pub fn part(&self) -> Markup {
        html! {
            div.indicators {
                @for ((kind, title), (list, over)) in KINDS.iter().zip(self.lists.iter().zip(&self.over)) {
                    @if !list.is_empty() {
                        section.indicator {
                            h3 id={ "indicators-" (kind) } { (title) " " span.count { (grouped(list.len() as u64)) } }
                            button.copy.js-only type="button" data-copy={ "list-" (kind) } aria-label={ "Copy " (title) } { "Copy" }
                            pre id={ "list-" (kind) } tabindex="0" aria-labelledby={ "indicators-" (kind) } data-kind=(kind) {
                                @for entry in list { (PreEscaped(escape::html(entry))) "\n" }
                            }
                            @if *over > 0 { p.cut { "… " (grouped(*over)) " more mentions did not fit into this list" } }
                        }
                    }
                }
            }
        }
    }
}

/// Whether an address can be met in public networks. What is reserved for documentation counts as public here: nobody's own network has it.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            !(v4.is_private()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_multicast()
                || shared
                || first == 0
                || first >= 240)
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public(IpAddr::V4(v4)),
            None => !(v6.is_multicast() || v6.is_unique_local() || v6.is_unicast_link_local()),
        },
    }
}

#[cfg(test)]
mod tests;
