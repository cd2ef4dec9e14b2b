//! Texts looked for in the bytes of records, where texts stand as UTF-16, in any case of their letters.
//!
//! To look for every writing of a text would be to look for thousands; a search that folds case is slow. So a text is known by two or three letters in a row
//! that logs have few of, of which there are a handful of writings. These are looked for all at once, with the instructions that a processor has for it, and
//! only where they are found the whole text is compared:
//!
//! ```text
//! mimikatz      known by `kat`:   k·a·t·  K·a·t·  k·A·t·  … 12 writings, the sign for Kelvin included (· is a zero)
//! record        …E·x·e·\·m·i·m·i·K·a·t·z·.·e·x·e·…
//!                                   ^^^^^^ found; from five letters before it the whole text is compared
//! ```

use super::required::variants;
use aho_corasick::packed::{self, Searcher};
use aho_corasick::{AhoCorasick, Input, MatchKind, Span};
use memchr::memmem::Finder;

/// Letters that a text is known by.
const WINDOW: usize = 3;
/// Most writings of these letters.
const MOST_WRITINGS: usize = 18;
/// Most writings of all texts together.
const MOST_PATTERNS: usize = 1024;

/// Characters by how often logs of Sysmon have them, the most frequent ones first; all others are rarer.
const FREQUENT: &str = "esoitnrac\\dl.mwpu-0f1hg y32:/4kxb5698v7=\"_,jzq";

/// Texts that are looked for.
#[derive(Clone, Debug)]
pub struct StoredTexts {
    finder: WritingFinder,
    texts: Vec<StoredText>,
}

/// Looks for all writings at once.
#[derive(Clone, Debug)]
enum WritingFinder {
    /// There is one: digits and signs have no cases.
    Single(Box<Finder<'static>>),
    /// With the instructions that a processor has for it.
    Packed(Box<Searcher>),
    /// Byte by byte, where the processor has none, or where there are too many writings.
    Automaton(AhoCorasick),
}

impl WritingFinder {
    fn new(writings: &[Vec<u8>]) -> Option<Self> {
        if let [writing] = writings {
            return Some(Self::Single(Box::new(Finder::new(writing).into_owned())));
        }
        let packed =
            packed::Config::new().match_kind(packed::MatchKind::LeftmostFirst).builder().extend(writings).build();
        if let Some(packed) = packed {
            return Some(Self::Packed(Box::new(packed)));
        }
        // Its own choice of a rare byte to look for first would be the zero, which every second byte of a text is.
        let builder = AhoCorasick::builder().prefilter(false).match_kind(MatchKind::LeftmostFirst).build(writings);
        builder.ok().map(Self::Automaton)
    }

    /// Where the first writing begins that stands at a place or behind it.
    fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let found = match self {
            Self::Single(finder) => return finder.find(&bytes[from..]).map(|at| from + at),
            Self::Packed(packed) => packed.find_in(bytes, Span { start: from, end: bytes.len() }),
            Self::Automaton(automaton) => automaton.find(Input::new(bytes).range(from..)),
        };
        found.map(|found| found.start())
    }
}

/// A text, each character in all of its writings, and how many bytes of UTF-16 stand before the letters that it is known by.
#[derive(Clone, Debug)]
struct StoredText {
    characters: Vec<Vec<char>>,
    before: usize,
}

impl StoredTexts {
    /// Texts of which one is wanted; `None` if they cannot be looked for as they are stored.
    pub fn new(texts: &[String]) -> Option<Self> {
        let (mut patterns, mut found) = (Vec::new(), Vec::new());
        for text in texts {
            // Half of a surrogate pair becomes this character, and so there are many forms of it.
            if text.is_empty() || text.contains(char::REPLACEMENT_CHARACTER) {
                return None;
            }
            let characters: Vec<Vec<char>> = text.chars().map(variants).collect();
            // Writings of a character are equally long but for a few, which are beyond the sixteen bits that others have.
            if characters.iter().any(|writings| writings.iter().any(|c| c.len_utf16() != writings[0].len_utf16())) {
                return None;
            }
            let (at, length) = window(&characters);
            let before = characters[..at].iter().map(|writings| 2 * writings[0].len_utf16()).sum();
            patterns.extend(writings(&characters[at..at + length]));
            found.push(StoredText { characters, before });
        }
        patterns.sort_unstable();
        patterns.dedup();
        if patterns.len() > MOST_PATTERNS {
            return None;
        }
        Some(Self { finder: WritingFinder::new(&patterns)?, texts: found })
    }

    /// Whether one of the texts stands in these bytes.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        let mut from = 0;
        while let Some(found) = self.finder.find(bytes, from) {
            if self.texts.iter().any(|text| text.is_at(bytes, found)) {
                return true;
            }
            from = found + 1;
        }
        false
    }
}

impl StoredText {
    /// Whether the text stands where its letters begin at a place.
    fn is_at(&self, bytes: &[u8], at: usize) -> bool {
        let Some(start) = at.checked_sub(self.before) else { return false };
        let units = bytes[start..].as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit));
        let mut there = char::decode_utf16(units);
        self.characters.iter().all(|writings| matches!(there.next(), Some(Ok(c)) if writings.contains(&c)))
    }
}

/// Where the letters begin that a text is known by, and how many they are: those that are rarest, and of which there are not too many writings.
fn window(characters: &[Vec<char>]) -> (usize, usize) {
    let windows = (1..=WINDOW.min(characters.len()))
        .flat_map(|length| (0..=characters.len() - length).map(move |at| (at, length)));
    let fits = |&(at, length): &(usize, usize)| {
        length == 1 || characters[at..at + length].iter().map(Vec::len).product::<usize>() <= MOST_WRITINGS
    };
    // The first two letters are what most places are ruled out by; a longer row of letters is always rarer.
    let cost = |&(at, length): &(usize, usize)| {
        let row = &characters[at..at + length];
        let frequency: u32 = row.iter().take(2).map(|writings| frequency(writings[0])).product();
        (WINDOW - length, frequency)
    };
    windows.filter(fits).min_by_key(cost).unwrap_or((0, 1))
}

/// How often a character is met, in parts of no certain whole.
fn frequency(character: char) -> u32 {
    let lower = character.to_lowercase().next().unwrap_or(character);
    let place = FREQUENT.chars().position(|frequent| frequent == lower);
    place.and_then(|place| u32::try_from(place).ok()).map_or(1, |place| 400 / (place + 8))
}

/// All writings of some letters, as they are stored.
fn writings(characters: &[Vec<char>]) -> Vec<Vec<u8>> {
    characters.iter().fold(vec![Vec::new()], |texts, letter| {
        let with = |text: &Vec<u8>, c: char| {
            let units = c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>();
            [text.as_slice(), &units].concat()
        };
        texts.iter().flat_map(|text| letter.iter().map(move |&c| with(text, c))).collect()
    })
}
