//! Looks for names in the bytes of a log that was written: in UTF-16 and UTF-8, and in the binary form of security identifiers.
//!
//! It does not read records, so that nothing that a record can hide, and nothing that stands between records, is passed over.

use super::originals::NameKind;
use super::replacer::NameFinder;
use hashbrown::HashSet;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::IpAddr;

/// No text of a log reaches over the end of a chunk.
const CHUNK: usize = 0x1_0000;
const FILE_HEADER: usize = 0x1000;
/// Names of this many letters and fewer stand in any bytes by chance, if each byte is taken for a letter.
const BY_CHANCE: usize = 4;

/// The names that are left in a log, with how often each is.
pub fn leftovers(mut log: impl Read, finder: &NameFinder) -> io::Result<BTreeMap<(NameKind, String), u64>> {
    let mut left = BTreeMap::new();
    let search = LeftoverSearch::new(finder);
    let mut piece = Vec::new();
    log.by_ref().take(FILE_HEADER as u64).read_to_end(&mut piece)?;
    loop {
        search.piece(&piece, &mut left);
        piece.clear();
        log.by_ref().take(CHUNK as u64).read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Ok(left);
        }
    }
}

struct LeftoverSearch<'f> {
    finder: &'f NameFinder,
    /// Replacements that are also originals: an old map may have given one name to another.
    given: HashSet<String>,
    /// Security identifiers, as they are stored.
    sids: Vec<(Vec<u8>, String)>,
}

impl<'f> LeftoverSearch<'f> {
    fn new(finder: &'f NameFinder) -> Self {
        let book = finder.book();
        let words = book.entries.iter().map(|entry| entry.replacement.clone());
        let addresses = book.addresses.values().map(IpAddr::to_string);
        let sids = book.sids.values().map(|sid| sid.to_lowercase());
        let machines = book.machines.values().map(|part| format!("{part:08x}"));
        let stored = |sid: &String| {
            let numbers = sid.split('-').skip(3).filter_map(|part| part.parse::<u32>().ok());
            (numbers.flat_map(u32::to_le_bytes).collect(), sid.clone())
        };
        Self {
            finder,
            given: words.chain(addresses).chain(sids).chain(machines).collect(),
            sids: book.sids.keys().map(stored).filter(|(bytes, _): &(Vec<u8>, _)| bytes.len() > 8).collect(),
        }
    }

    fn piece(&self, bytes: &[u8], left: &mut BTreeMap<(NameKind, String), u64>) {
        for start in [0, 1] {
            let units =
                bytes.get(start..).unwrap_or_default().as_chunks().0.iter().map(|unit| u16::from_le_bytes(*unit));
            let text: String = char::decode_utf16(units).map(|c| c.unwrap_or('\0')).collect();
            self.text(&text, 1, left);
        }
        self.text(&String::from_utf8_lossy(bytes), BY_CHANCE, left);
        for (sid, name) in &self.sids {
            let count = memchr::memmem::find_iter(bytes, sid).count() as u64;
            if count > 0 && !self.given.contains(&name.to_lowercase()) {
                *left.entry((NameKind::Sid, name.clone())).or_default() += count;
            }
        }
    }

    fn text(&self, text: &str, shortest: usize, left: &mut BTreeMap<(NameKind, String), u64>) {
        // Values stand side by side in a chunk: what follows on a text may be taken for its continuation, which hides nothing.
        for found in self.finder.find("", text) {
            let is_given = self.given.contains(&found.original.to_lowercase());
            if !is_given && found.original.chars().count() >= shortest {
                *left.entry((found.kind, found.original)).or_default() += 1;
            }
        }
    }
}
