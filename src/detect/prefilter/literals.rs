//! Texts that conditions cannot do without, looked for in the entries of a record as they are stored, before any field is worked out.
//!
//! The texts of many fields are cut out of one entry: a name out of a path, arguments out of a command line. So what such a text must have in it must be in
//! the entry, but for quotes and backslashes, which take part in the cutting; these are left out on both sides. One pass over an entry, in the form in which
//! it is stored, tells for all conditions. Each text leads to the conditions that need it, so that those of which no text is there cost nothing, however
//! many they are:
//!
//! ```text
//! condition 0   process.args : ("*-enc*", "*-ec *") and process.name : "powershell.exe"
//! condition 1   process.command_line : "*mimikatz*"
//! CommandLine   -enc -> {0}   -ec  -> {0}   mimikatz -> {1}
//! Image         powershell.exe -> {0}
//! ```
//!
//! Of what is left of a condition once some values are known, other texts may be needed than of the whole: [`Literals::wanted`] tells which, for each by
//! itself. What all this finds is a superset. This module does not know what conditions are for.

use crate::base::bits;
use crate::base::ngram::Grams;
use crate::base::wildcard::KELVIN;
use crate::ecs::Field;
use crate::eql::{Need, Predicate};
use crate::source::{Raw, RecordRef};
use crate::sysmon::{self, Extractors};
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// All texts that some conditions cannot do without.
#[derive(Debug, Default)]
pub struct Literals {
    groups: Vec<EntryLiterals>,
    /// The fields that are cut out of entries, with the entry of each.
    fields: HashMap<Field, usize>,
}

/// The texts that are looked for in one entry: the long ones, or the short ones, which are rarely asked for and found everywhere.
#[derive(Debug)]
struct EntryLiterals {
    /// The entry, as [`sysmon::raw_at`] counts.
    entry: usize,
    is_short: bool,
    literals: HashMap<String, u32>,
    /// Bits of the conditions that need one of the texts.
    members: Vec<u64>,
    /// Bits of those for which any character beyond ASCII may be enough.
    beyond: Vec<u64>,
    /// For each text the bits of the conditions that need it: the words that have any, with their positions.
    owners: Vec<Vec<(usize, u64)>>,
    /// Made when it is first needed.
    finder: OnceLock<Grams>,
}

/// Lists of texts: a record must have one of each.
pub type RequiredLiterals = Box<[OneOf]>;

/// Texts of which a record must have one: for each group of [`Literals`] their numbers, [`BEYOND_ASCII`] for any character beyond ASCII.
type OneOf = Box<[(u32, Box<[u32]>)]>;

/// The number of no text: that of what only an entry with characters beyond ASCII can have in it.
const BEYOND_ASCII: u32 = u32::MAX;

/// Limit of the lists that are looked at: those after the most selective ones hardly rule out more.
const MOST_LISTS: usize = 3;

/// The literals that were found in the entries of one record.
#[derive(Debug, Default)]
pub struct LiteralHits {
    states: Vec<EntryState>,
    /// The text of an entry, as it is searched; which entry it is of, and of what it consists.
    text: Vec<u8>,
    text_of: Option<(usize, Letters)>,
}

/// Of what the text of an entry consists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letters {
    /// Ordinary characters of ASCII.
    Ascii,
    /// Others too, none of which stands for one of ASCII.
    Beyond,
    /// Some that are replaced, or fold to ASCII: a search cannot tell.
    Odd,
}

/// The state of the search of one group's entry in the record at hand.
#[derive(Debug, Default)]
struct EntryState {
    looked: Looked,
    /// Whether it has characters beyond ASCII.
    is_beyond: bool,
    /// Bits of the texts that are in it.
    found: Vec<u64>,
    /// Bits of the conditions that are not ruled out.
    possible: Vec<u64>,
}

/// Whether an entry was searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Looked {
    #[default]
    NotYet,
    /// Nothing can be said of it.
    InVain,
    /// None of the texts is in it.
    Nothing,
    /// Some are.
    Found,
}

impl Literals {
    /// The texts that conditions, each with its bit in so many words, or what is left of them, may be unable to do without.
    pub fn new(conditions: &[(usize, &Predicate)], words: usize, extractors: &Extractors) -> Self {
        let mut all = Self::default();
        for (_, condition) in conditions {
            for need in condition.all_required() {
                // `process.name : "powershell.exe" and process.args : "*-enc*"` cannot hold unless Image has `powershell.exe` in it and CommandLine `-enc`, as the
                // fields are cut out of these entries. Quotes and backslashes are dropped on both sides: `C:\Temp\"a b"` is looked for as `c:tempa b`.
                let (Some(entry), Some(text)) = (extractors.cut_from(need.field), plain(&need.text)) else { continue };
                let at = all.position(entry, &text).unwrap_or_else(|| {
                    all.groups.push(EntryLiterals::new(entry, is_short(&text), words));
                    all.groups.len() - 1
                });
                let EntryLiterals { literals, owners, .. } = &mut all.groups[at];
                // Rules hold far fewer texts.
                let number = u32::try_from(literals.len()).unwrap_or(u32::MAX);
                literals.entry(text).or_insert(number);
                owners.resize_with(literals.len(), Vec::new);
                all.fields.insert(need.field.clone(), entry);
            }
        }
        for (bit, condition) in conditions {
            for at in 0..all.groups.len() {
                let (entry, is_short) = (all.groups[at].entry, all.groups[at].is_short);
                // Short texts are found nearly everywhere, and are only looked for where nothing else has ruled a condition out.
                let needs =
                    if is_short { Vec::new() } else { condition.needs(&|field| all.fields.get(field) == Some(&entry)) };
                // Of several lists of an entry the one of the longest texts says most, and is enough.
                let list = needs.iter().filter_map(|list| all.one_of(list)).find_map(|list| match &*list {
                    [(of, numbers)] if *of as usize == at => Some(numbers.clone()),
                    _ => None,
                });
                if let Some(numbers) = &list {
                    all.groups[at].add(*bit, numbers);
                }
            }
        }
        all
    }

    /// The group that a text belongs to.
    fn position(&self, entry: usize, text: &str) -> Option<usize> {
        let is_it = |group: &EntryLiterals| group.entry == entry && group.is_short == is_short(text);
        self.groups.iter().position(is_it)
    }

    /// Texts that a record must have for a condition to hold; `None` if nothing can be said of them.
    pub fn wanted(&self, condition: &Predicate) -> Option<RequiredLiterals> {
        let needs = condition.needs(&|field| self.fields.contains_key(field));
        let lists: RequiredLiterals =
            needs.into_iter().filter_map(|list| self.one_of(&list)).take(MOST_LISTS).collect();
        (!lists.is_empty()).then_some(lists)
    }

    fn one_of(&self, needs: &[Need<'_>]) -> Option<OneOf> {
        let mut wanted: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for need in needs {
            let entry = *self.fields.get(need.field)?;
            if !need.text.is_ascii() {
                let at = self.groups.iter().position(|group| group.entry == entry)?;
                wanted.entry(u32::try_from(at).ok()?).or_default().push(BEYOND_ASCII);
                continue;
            }
            // All or nothing: a list with one text that cannot be looked for rules nothing out, as that text alone may fulfil it.
            let text = plain(&need.text)?;
            let at = self.position(entry, &text)?;
            let number = *self.groups[at].literals.get(&text)?;
            wanted.entry(u32::try_from(at).ok()?).or_default().push(number);
        }
        Some(wanted.into_iter().map(|(at, numbers)| (at, numbers.into())).collect())
    }

    /// Begins the next record.
    pub fn begin(&self, literal_hits: &mut LiteralHits) {
        literal_hits.states.resize_with(self.groups.len(), EntryState::default);
        literal_hits.states.iter_mut().for_each(|state| state.looked = Looked::NotYet);
        literal_hits.text_of = None;
    }

    /// Takes the bits of conditions away of which a record has no text, as far as the entries that `is_meant` tell.
    pub fn sift(
        &self,
        record: &RecordRef<'_>,
        is_meant: impl Fn(usize) -> bool,
        left: &mut [u64],
        literal_hits: &mut LiteralHits,
    ) {
        for (at, group) in self.groups.iter().enumerate() {
            if bits::overlap(left, &group.members)
                && is_meant(group.entry)
                && self.look(at, record, literal_hits) != Looked::InVain
            {
                let possible = &literal_hits.states[at].possible;
                left.iter_mut().zip(possible).for_each(|(left, possible)| *left &= possible);
            }
        }
    }

    /// Whether a record may have the texts that are wanted.
    pub fn may_have(&self, wanted: &RequiredLiterals, record: &RecordRef<'_>, literal_hits: &mut LiteralHits) -> bool {
        wanted.iter().all(|list| self.may_have_one(list, record, literal_hits))
    }

    fn may_have_one(&self, list: &OneOf, record: &RecordRef<'_>, literal_hits: &mut LiteralHits) -> bool {
        list.iter().any(|(at, numbers)| {
            let at = *at as usize;
            match self.look(at, record, literal_hits) {
                // Unknown is not absent: the predicate has to decide.
                Looked::NotYet | Looked::InVain => true,
                Looked::Nothing => literal_hits.states[at].is_beyond && numbers.contains(&BEYOND_ASCII),
                Looked::Found => {
                    let EntryState { found, is_beyond, .. } = &literal_hits.states[at];
                    numbers.iter().any(|&number| match number {
                        BEYOND_ASCII => *is_beyond,
                        number => bits::has(found, number as usize),
                    })
                }
            }
        })
    }
}

impl Literals {
    /// Searches an entry for the texts of a group, once a record, and says what is known.
    fn look(&self, at: usize, record: &RecordRef<'_>, literal_hits: &mut LiteralHits) -> Looked {
        if literal_hits.states[at].looked == Looked::NotYet {
            self.search(at, record, literal_hits);
        }
        literal_hits.states[at].looked
    }

    #[inline(never)]
    fn search(&self, at: usize, record: &RecordRef<'_>, literal_hits: &mut LiteralHits) {
        let EntryLiterals { entry, literals, members, beyond, owners, finder, .. } = &self.groups[at];
        let LiteralHits { states, text, text_of } = literal_hits;
        let EntryState { looked, is_beyond, found, possible } = &mut states[at];
        // Long and short literals of an entry are two groups: the text that was prepared for the first serves the second.
        let letters = match *text_of {
            Some((of, letters)) if of == *entry => letters,
            _ => plain_of(sysmon::raw_at(record, *entry), text),
        };
        *text_of = Some((*entry, letters));
        *is_beyond = letters != Letters::Ascii;
        if letters == Letters::Odd {
            *looked = Looked::InVain;
            return;
        }
        *looked = Looked::Nothing;
        possible.clear();
        possible.extend(members.iter().map(|word| !word));
        if *is_beyond {
            possible.iter_mut().zip(beyond).for_each(|(possible, beyond)| *possible |= beyond);
        }
        let finder = finder.get_or_init(|| {
            let mut literals: Vec<(&String, &u32)> = literals.iter().collect();
            literals.sort_unstable_by_key(|(_, number)| **number);
            Grams::new(literals.into_iter().map(|(literal, _)| literal.as_bytes()))
        });
        finder.find(text, |number| {
            if *looked == Looked::Nothing {
                *looked = Looked::Found;
                found.clear();
                found.resize(literals.len().div_ceil(64), 0);
            }
            bits::set(found, number);
            owners[number].iter().for_each(|(word, owners)| possible[*word] |= owners);
        });
    }
}

impl EntryLiterals {
    /// No texts yet, for conditions with bits in so many words.
    fn new(entry: usize, is_short: bool, words: usize) -> Self {
        Self {
            entry,
            is_short,
            literals: HashMap::new(),
            members: vec![0; words],
            beyond: vec![0; words],
            owners: Vec::new(),
            finder: OnceLock::new(),
        }
    }

    /// Adds a condition that needs one of these texts, behind all of lower bits.
    fn add(&mut self, bit: usize, numbers: &[u32]) {
        bits::set(&mut self.members, bit);
        for &number in numbers {
            if number == BEYOND_ASCII {
                bits::set(&mut self.beyond, bit);
                continue;
            }
            let owners = &mut self.owners[number as usize];
            match owners.last_mut() {
                Some((word, owners)) if *word == bit / 64 => *owners |= 1 << (bit % 64),
                _ => owners.push((bit / 64, 1 << (bit % 64))),
            }
        }
    }
}

/// Whether a text is too short to be known by letters that are rarely met.
const fn is_short(text: &str) -> bool {
    text.len() < Grams::LONG
}

/// How each character is searched: in lower case, [`CUT`] if it is left out, [`BEYOND`] if it is not of ASCII, [`ODD`] if it is not an ordinary one.
const PLAIN: [u8; 256] = {
    let mut plain = [BEYOND; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        plain[byte as usize] = match byte {
            byte if !is_ordinary(byte) => ODD,
            byte if cuts(byte) => CUT,
            byte => byte.to_ascii_lowercase(),
        };
        byte += 1;
    }
    plain
};
const CUT: u8 = 0;
/// No text that is looked for has it.
const BEYOND: u8 = 0x80;
const ODD: u8 = 0xc0;

/// Makes `text` the text of an entry as it is searched, with a sign in the place of what is not of ASCII; says of what it consists.
fn plain_of(raw: Raw<'_>, text: &mut Vec<u8>) -> Letters {
    text.clear();
    let plain = |byte: u8| PLAIN[usize::from(byte)];
    let letters = |is_odd: bool, is_beyond: bool| match (is_odd, is_beyond) {
        (true, _) => Letters::Odd,
        (_, true) => Letters::Beyond,
        _ => Letters::Ascii,
    };
    if let Raw::Text(known) = raw {
        text.extend(known.bytes().map(plain).filter(|byte| *byte != CUT));
        return letters(text.contains(&ODD) || known.contains(KELVIN), text.contains(&BEYOND));
    }
    let Some(units) = raw.utf16() else {
        return if matches!(raw, Raw::Nothing) { Letters::Ascii } else { Letters::Odd };
    };
    let units = units.strip_suffix(&[0, 0]).filter(|rest| rest.len().is_multiple_of(2)).unwrap_or(units);
    let (units, _) = units.as_chunks::<2>();
    text.resize(units.len(), 0);
    let (mut length, mut is_odd, mut is_beyond) = (0, false, false);
    // No branch in the loop: every character is written and the length advances only past those that are kept; whether one was not plain is asked
    // once, at the end.
    for unit in units {
        let byte = if unit[1] == 0 { plain(unit[0]) } else { BEYOND };
        is_beyond |= byte == BEYOND;
        is_odd |= byte == ODD || *unit == KELVIN_UNIT;
        text[length] = byte;
        length += usize::from(byte != CUT);
    }
    text.truncate(length);
    letters(is_odd, is_beyond)
}

/// [`KELVIN`] in UTF-16, low byte first.
const KELVIN_UNIT: [u8; 2] = [0x2a, 0x21];

/// Whether a character is an ordinary one of ASCII.
const fn is_ordinary(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~')
}

/// Whether a character takes part in cutting texts out of others.
const fn cuts(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\')
}

/// A text as it is searched for; `None` if it is too short, or not of ASCII.
fn plain(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !matches!(c, '"' | '\\')).map(|c| c.to_ascii_lowercase()).collect();
    (plain.is_ascii() && plain.len() >= Grams::SHORTEST).then_some(plain)
}

#[cfg(test)]
mod tests;
