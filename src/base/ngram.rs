//! Many short texts looked for in one at once, by some of their letters.
//!
//! Each text is known by four letters in a row that are rarely met elsewhere. A table of bits, small enough for the processor's nearest cache, tells of every
//! four letters of the other text whether they can be such; only then is anything compared. An automaton for thousands of texts takes megabytes, and a
//! search then waits for memory at every letter. This module compares bytes and does not know letter case, nor whose the texts are.

use super::bits;
use super::same_bytes::same_bytes;
use hashbrown::{HashMap, HashSet};
use std::sync::OnceLock;

/// Letters by which a text is known; shorter ones are known by their first two.
const GRAM: usize = 4;
/// Letters by which a short text is known.
const PAIR: usize = 2;
/// Bits of the table for some letters, as a power of two.
const TABLE_BITS: u32 = 15;
/// Words of such a table.
const TABLE: usize = 1 << (TABLE_BITS - 6);

/// Frequent parts of paths and command lines: no text is known by these letters if it can be known by others.
const COMMON: &[u8] = b"c:windowssystem32syswow64.exe c:programdata c:program files (x86)microsoft common files c:usersdefaultpublicappdatalocaltemp\
    appdataroamingmicrosoftwindows.dll.exe -hkey_local_machine hkey_users hklmsoftwaremicrosoftwindowscurrentversion hklmsystemcurrentcontrolset\
    services powershell.exe cmd.exe rundll32.exe svchost.exe --type= http://www. https://www. .com/ --config --file --path /c start ";

static COMMON_GRAMS: OnceLock<HashSet<u32>> = OnceLock::new();

/// Texts that are looked for.
#[derive(Clone, Debug, Default)]
pub struct Grams {
    texts: Vec<Box<[u8]>>,
    long: KnownTexts,
    short: KnownTexts,
}

/// Texts by the letters that they are known by.
#[derive(Clone, Debug, Default)]
struct KnownTexts {
    /// For the hash of some letters, whether any text is known by such; none if there are no texts.
    bits: Option<Box<[u64; TABLE]>>,
    /// The numbers of the texts that are known by some letters, each with the place of these letters in it.
    owners: HashMap<u32, Vec<(u32, u32)>, foldhash::fast::FixedState>,
}

impl Grams {
    /// Texts, numbered in their order. Those shorter than [`Grams::SHORTEST`] are never found.
    pub fn new<'t>(texts: impl Iterator<Item = &'t [u8]>) -> Self {
        let mut all = Self { texts: texts.map(Into::into).collect(), ..Self::default() };
        let mut met: HashMap<u32, usize> = HashMap::new();
        all.texts.iter().flat_map(|text| text.windows(GRAM)).for_each(|gram| *met.entry(four(gram)).or_default() += 1);
        let common = COMMON_GRAMS.get_or_init(|| COMMON.windows(GRAM).map(four).collect());
        for (number, text) in (0..).zip(&all.texts) {
            // Letters that logs are not full of, and of these the ones that the fewest texts share: the rarer they are met, the less is compared.
            // Among equals the first wins, so that the choice is the same in every run.
            let rarest = text.windows(GRAM).zip(0..).min_by_key(|(gram, _)| {
                let gram = four(gram);
                (common.contains(&gram), met.get(&gram))
            });
            if let Some((gram, at)) = rarest {
                all.long.add(four(gram), (number, at));
            } else if let Some(pair) = text.first_chunk::<PAIR>() {
                all.short.add(two(pair), (number, 0));
            }
        }
        all
    }

    /// The shortest text that is known by letters that are rarely met.
    pub const LONG: usize = GRAM;

    /// The shortest text that can be found.
    pub const SHORTEST: usize = PAIR;

    /// Tells which of the texts are in this one, by number, as often as they are met.
    pub fn find(&self, text: &[u8], mut found: impl FnMut(usize)) {
        if let Some(bits) = &self.long.bits {
            for (at, gram) in text.windows(GRAM).enumerate() {
                let gram = four(gram);
                // 4 KiB of bits answer for nearly all letters; the map, which costs a miss of the cache, is asked for the few that are left.
                if has(bits, gram) {
                    self.compare(self.long.owners.get(&gram), text, at, &mut found);
                }
            }
        }
        if let Some(bits) = &self.short.bits {
            for (at, pair) in text.windows(PAIR).enumerate() {
                let pair = two(pair);
                if has(bits, pair) {
                    self.compare(self.short.owners.get(&pair), text, at, &mut found);
                }
            }
        }
    }

    /// Tells which of the texts that are known by the letters at a place are there.
    #[inline(never)]
    fn compare(&self, owners: Option<&Vec<(u32, u32)>>, text: &[u8], at: usize, found: &mut impl FnMut(usize)) {
        for &(number, before) in owners.into_iter().flatten() {
            let wanted = &self.texts[number as usize];
            let is_there =
                |start: usize| text[start..].get(..wanted.len()).is_some_and(|found| same_bytes(found, wanted));
            if at.checked_sub(before as usize).is_some_and(is_there) {
                found(number as usize);
            }
        }
    }
}

impl KnownTexts {
    fn add(&mut self, letters: u32, owner: (u32, u32)) {
        let at = usize::from(hash(letters));
        bits::set(&mut self.bits.get_or_insert_with(|| Box::new([0; TABLE]))[..], at);
        self.owners.entry(letters).or_default().push(owner);
    }
}

const fn has(bits: &[u64; TABLE], letters: u32) -> bool {
    let hash = hash(letters);
    bits[hash as usize / 64 % TABLE] >> (hash % 64) & 1 == 1
}

fn four(gram: &[u8]) -> u32 {
    gram.first_chunk().map_or(0, |gram| u32::from_le_bytes(*gram))
}

fn two(pair: &[u8]) -> u32 {
    pair.first_chunk().map_or(0, |pair| u16::from_le_bytes(*pair).into())
}

/// The upper bits of a product, which depend on all letters.
const fn hash(letters: u32) -> u16 {
    (letters.wrapping_mul(0x9e37_79b1) >> (u32::BITS - TABLE_BITS)) as u16
}

#[cfg(test)]
mod tests;
