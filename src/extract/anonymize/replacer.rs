//! Replaces names in records, wherever they stand.

use super::address::{addresses_in, written_as};
use super::book::{NameBook, NameEntry, Reach};
use super::learner::{HOST_ENTRIES, USER_ENTRIES};
use super::originals::{NameKind, folded};
use super::patterns;
use crate::base::wildcard::fold;
use crate::forge::RecordEditor;
use aho_corasick::AhoCorasick;
use hashbrown::HashMap;
use std::net::IpAddr;
use std::ops::Range;

/// Entries of hashes.
const HASH_ENTRIES: &[&str] = &["Hashes", "Hash", "ConfigurationFileHash"];

/// Before a name of an account or a host, in the letters of `fold`.
const CONTEXTS: &[&str] = &[
    "\\users\\",
    "/users/",
    "\\documents and settings\\",
    "/home/",
    "\\\\",
    "/user:",
    "/u:",
    "@",
    "-user ",
    "-username ",
    "user=",
];

/// A name in a text.
#[derive(Clone, Debug)]
pub struct NameMatch {
    /// Where it stands.
    pub span: Range<usize>,
    /// The kind of the name.
    pub kind: NameKind,
    /// The original, as the report has it.
    pub original: String,
    replacement: String,
}

/// Finds the names of a book in texts.
#[derive(Debug)]
pub struct NameFinder {
    book: NameBook,
    automaton: Option<AhoCorasick>,
    words: HashMap<String, usize>,
}

impl NameFinder {
    /// A finder of these names.
    pub fn new(book: NameBook) -> Self {
        // Names are searched for in the letters of `fold`, and so are texts: no second automaton for other letters is needed.
        let patterns: Vec<String> = book.entries.iter().map(|entry| folded(&entry.original)).collect();
        let words = patterns.iter().cloned().zip(0..).collect();
        // An empty or a huge set makes no automaton; the first finds nothing anyway, and the second is told by the check of what was written.
        let automaton = AhoCorasick::new(&patterns).ok().filter(|_| !patterns.is_empty());
        Self { book, automaton, words }
    }

    /// The book.
    pub fn book(&self) -> &NameBook {
        &self.book
    }

    /// The names in a text, in order; none overlaps another. `entry` is the name of the entry that the text stands in.
    pub fn find(&self, entry: &str, text: &str) -> Vec<NameMatch> {
        let mut found = self.words(entry, text);
        for sid in patterns::sids(text) {
            let domain = patterns::sid_domain(sid.1);
            if let Some(new) = self.book.sids.get(&domain.to_uppercase()) {
                let span = sid.0.start..sid.0.start + domain.len();
                found.push(NameMatch {
                    span,
                    kind: NameKind::Sid,
                    original: domain.to_uppercase(),
                    replacement: new.clone(),
                });
            }
        }
        for (span, guid) in patterns::guids(text) {
            // The first group of a process's GUID is the same for all processes of a machine, and tells it from others as well as its name does.
            let machine =
                u32::from_str_radix(&guid[..8], 16).ok().and_then(|part| Some((part, self.book.machines.get(&part)?)));
            if let Some((part, new)) = machine {
                let span = span.start..span.start + 8;
                let new = format!("{new:08x}");
                let replacement =
                    if guid.bytes().any(|byte| byte.is_ascii_uppercase()) { new.to_uppercase() } else { new };
                found.push(NameMatch { span, kind: NameKind::Machine, original: format!("{part:08x}"), replacement });
            }
        }
        for address in addresses_in(text) {
            if let Some(new) = self.book.addresses.get(&address.address) {
                let replacement = written_as(&text[address.span.clone()], *new);
                let original = address.address.to_string();
                found.push(NameMatch { span: address.span, kind: NameKind::Address, original, replacement });
            }
        }
        // Of matches that overlap the longest counts, and then the first.
        // The longest first: in `ws-01.corp.example` the host's full name must win over the domain inside of it.
        found.sort_by_key(|found| (std::cmp::Reverse(found.span.len()), found.span.start));
        let mut chosen: Vec<NameMatch> = Vec::with_capacity(found.len());
        for found in found {
            if !chosen.iter().any(|other| other.span.start < found.span.end && found.span.start < other.span.end) {
                chosen.push(found);
            }
        }
        chosen.sort_by_key(|found| found.span.start);
        chosen
    }

    fn words(&self, entry: &str, text: &str) -> Vec<NameMatch> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let (folded, offsets) = folded_with_offsets(text);
        let place = |at: usize| offsets.as_ref().map_or(at, |offsets| offsets[at]);
        let mut found = Vec::new();
        for one in automaton.find_overlapping_iter(&folded) {
            let name = &self.book.entries[one.pattern().as_usize()];
            if !self.counts(name, entry, &folded, one.start()..one.end()) {
                continue;
            }
            let span = place(one.start())..place(one.end());
            let replacement = in_letters_of(&text[span.clone()], &name.replacement);
            found.push(NameMatch { span, kind: name.kind, original: name.original.clone(), replacement });
        }
        found
    }

    /// Whether a name counts at a place.
    fn counts(&self, name: &NameEntry, entry: &str, text: &str, span: Range<usize>) -> bool {
        let before = text[..span.start].chars().next_back();
        let after = text[span.end..].chars().next();
        let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_apart = !touches(before) && !touches(after);
        match name.reach {
            Reach::Everywhere => true,
            Reach::Apart if matches!(name.kind, NameKind::Site | NameKind::Mail) => {
                let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
                !joins(before) && !joins(after)
            }
            Reach::Apart => is_apart,
            Reach::InPlace => is_apart && self.is_in_place(entry, text, &span),
        }
    }

    /// Whether an ordinary word stands where a name does.
    fn is_in_place(&self, entry: &str, text: &str, span: &Range<usize>) -> bool {
        let before = &text[..span.start];
        let after = &text[span.end..];
        let domain = || {
            let before = before.strip_suffix('\\')?;
            let start =
                before.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).map_or(0, |at| at + 1);
            // The domain of a path's part would be one of its folders.
            let is_path = before[..start].ends_with(['\\', ':']);
            before.get(start..).filter(|_| !is_path)
        };
        USER_ENTRIES.contains(&entry)
            || HOST_ENTRIES.contains(&entry)
            || CONTEXTS.iter().any(|context| before.ends_with(context))
            || domain().is_some_and(|domain| self.words.contains_key(domain))
            || after.starts_with('@')
    }

    /// The text with its names replaced, each told to `told`; `None` if it has none.
    pub fn replaced(&self, entry: &str, text: &str, told: &mut dyn FnMut(&NameMatch)) -> Option<String> {
        let found = self.find(entry, text);
        if found.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for name in &found {
            out.push_str(&text[at..name.span.start]);
            out.push_str(&name.replacement);
            at = name.span.end;
            told(name);
        }
        out.push_str(&text[at..]);
        Some(out)
    }

    /// The replacement of an address.
    pub fn address(&self, address: IpAddr) -> Option<IpAddr> {
        self.book.addresses.get(&address.to_canonical()).copied()
    }
}

/// A text in the letters of `fold`, and for each of its bytes the byte of the text; `None` if these are the same.
fn folded_with_offsets(text: &str) -> (String, Option<Vec<usize>>) {
    let mut out = String::with_capacity(text.len());
    let mut is_moved = false;
    for c in text.chars() {
        let lower = fold(c);
        is_moved |= lower.len_utf8() != c.len_utf8();
        out.push(lower);
    }
    if !is_moved {
        return (out, None);
    }
    let mut offsets = Vec::with_capacity(out.len() + 1);
    for (at, c) in text.char_indices() {
        offsets.extend(std::iter::repeat_n(at, fold(c).len_utf8()));
    }
    offsets.push(text.len());
    (out, Some(offsets))
}

/// A name in the case of the letters that stood in its place.
fn in_letters_of(old: &str, new: &str) -> String {
    let old: Vec<char> = old.chars().collect();
    let all_upper = old.iter().any(|c| c.is_alphabetic()) && !old.iter().any(|c| c.is_lowercase());
    let letters = new.chars().enumerate().map(|(at, c)| {
        let is_upper = old.get(at).map_or(all_upper, |old| old.is_uppercase());
        if is_upper { c.to_ascii_uppercase() } else { c }
    });
    letters.collect()
}

/// Replaces names in records, and counts them.
#[derive(Debug)]
pub struct NameReplacer<'f> {
    finder: &'f NameFinder,
    drops_hashes: bool,
    /// How often each name was replaced.
    pub counts: HashMap<(NameKind, String), u64>,
    /// How many hashes were dropped.
    pub dropped_hashes: u64,
}

impl<'f> NameReplacer<'f> {
    /// A replacer that has met nothing yet.
    pub fn new(finder: &'f NameFinder, drops_hashes: bool) -> Self {
        Self { finder, drops_hashes, counts: HashMap::new(), dropped_hashes: 0 }
    }
}

impl RecordEditor for NameReplacer<'_> {
    fn text(&mut self, name: &str, text: &str) -> Option<String> {
        if self.drops_hashes && HASH_ENTRIES.contains(&name) && !text.is_empty() {
            self.dropped_hashes += 1;
            return Some(String::new());
        }
        let counts = &mut self.counts;
        self.finder
            .replaced(name, text, &mut |found| *counts.entry((found.kind, found.original.clone())).or_default() += 1)
    }

    fn sid(&mut self, name: &str, sid: &str) -> Option<String> {
        self.text(name, sid)
    }

    fn guid(&mut self, _: &str, mut guid: [u8; 16]) -> Option<[u8; 16]> {
        let part = u32::from_le_bytes([guid[0], guid[1], guid[2], guid[3]]);
        let new = self.finder.book.machines.get(&part)?;
        guid[..4].copy_from_slice(&new.to_le_bytes());
        *self.counts.entry((NameKind::Machine, format!("{part:08x}"))).or_default() += 1;
        Some(guid)
    }
}

#[cfg(test)]
mod tests;
