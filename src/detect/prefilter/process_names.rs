//! Names of processes that a record must have one of to matter, compared in its chunk.
//!
//! The built-in rule, as many another, asks for a few programs by name. So the end of a path, as UTF-16 in its entry, is held against all of them before
//! anything else is looked at:
//!
//! ```text
//! names   regsvr32.exe  regasm.exe  regsvcs.exe
//! tails   what can be the last letter: {e}, the one before: {x}, … the fifth: {2 m s}
//! path    …\\svchost.exe      the fifth letter from the end is a `t`: not one of these
//! ```
//!
//! Only a path that passes for its last eight letters is looked up among the names. This module does not know what the names are asked for.

use crate::ecs::{self, Field};
use crate::source::{Raw, RecordRef};
use crate::sysmon::Extractors;
use hashbrown::HashSet;

/// The names of processes that matter.
#[derive(Debug)]
pub struct ProcessNames {
    /// The entry that has the path.
    entry: usize,
    /// Names in lower case, all of ASCII.
    all: HashSet<Box<[u8]>>,
    /// For each of the last characters of a path, counted from its end, which ones some name has there.
    tails: [u64; TAIL],
}

/// How many characters at the end of a path are compared with all names at once.
const TAIL: usize = 8;

/// The longest name of a process that is compared in place.
const LONGEST_NAME: usize = 64;

impl ProcessNames {
    /// The names that some conditions cannot do without, given what those require of a field; `None` if they can, or if it cannot be told in place.
    pub fn new(required: impl FnOnce(&Field) -> Option<Vec<String>>, extractors: &mut Extractors) -> Option<Self> {
        let field = Field::from(ecs::PROCESS_NAME);
        extractors.learn(&field);
        let names = required(&field)?;
        let entry = extractors.base_name(&field)?;
        // A name of other characters could be another spelling of one of ASCII; and then every path needs a closer look.
        let comparable = names.iter().all(|name| name.is_ascii() && name.len() <= LONGEST_NAME);
        comparable.then(|| Self::of(entry, names))
    }

    fn of(entry: usize, names: Vec<String>) -> Self {
        let mut tails = [0; TAIL];
        for name in &names {
            // Before the name there is a separator, and before that there can be anything.
            let from_end = name.bytes().rev().map(bit).chain([bit(b'\\')]).chain(std::iter::repeat(u64::MAX));
            tails.iter_mut().zip(from_end).for_each(|(tail, bit)| *tail |= bit);
        }
        let all = names.into_iter().map(|name| name.into_bytes().into()).collect();
        Self { entry, all, tails }
    }

    /// Whether the name of the process of a record could be one of these.
    pub fn may_match(&self, record: &RecordRef<'_>) -> bool {
        self.may_have(record.entry(self.entry))
    }

    /// Whether the name at the end of a path is one of these, or cannot be told.
    fn may_have(&self, path: Raw<'_>) -> bool {
        let Some(units) = path.utf16() else { return !matches!(path, Raw::Nothing) };
        let units = units.strip_suffix(&[0, 0]).filter(|rest| rest.len().is_multiple_of(2)).unwrap_or(units);
        if !is_plain(units) {
            return true;
        }
        let (units, _) = units.as_chunks::<2>();
        self.may_end(units) && self.ends(units)
    }

    /// Whether the last characters could be those of a name. All are looked at, which is quicker than to guess which one tells.
    fn may_end(&self, units: &[[u8; 2]]) -> bool {
        let Some(last) = units.last_chunk::<TAIL>() else { return true };
        let tails = self.tails.iter().zip(last.iter().rev());
        tails.fold(1, |may, (tail, unit)| may & (tail >> place(unit[0]))) == 1
    }

    /// Whether a path of ASCII ends in one of these names.
    fn ends(&self, units: &[[u8; 2]]) -> bool {
        let mut name = [0_u8; LONGEST_NAME];
        let mut start = LONGEST_NAME;
        for unit in units.iter().rev() {
            if unit[0] == b'\\' {
                return self.all.contains(&name[start..]);
            }
            if start == 0 {
                // Longer than any of the names.
                return false;
            }
            start -= 1;
            name[start] = unit[0].to_ascii_lowercase();
        }
        // A path of one part has no name.
        false
    }
}

/// The place of the bit of a character of ASCII, the same in both cases.
const fn place(character: u8) -> u8 {
    (character | 0x20) & 0x3f
}

/// A bit for a character of ASCII.
const fn bit(character: u8) -> u64 {
    1 << place(character)
}

/// Whether all units are characters of ASCII that stand for themselves: none ends a text, and none is forbidden in XML.
fn is_plain(units: &[u8]) -> bool {
    // Pieces that overlap: texts of about the same length are looked at in the same steps, whatever is left over.
    let plain = UnitLanes::default();
    if let (Some(first), Some(last)) = (units.first_chunk::<64>(), units.last_chunk::<64>()) {
        return units.as_chunks().0.iter().skip(1).fold(plain.and(first).and(last), UnitLanes::and::<64>).is_so();
    }
    if let (Some(first), Some(last)) = (units.first_chunk::<32>(), units.last_chunk::<32>()) {
        return plain.and(first).and(last).is_so();
    }
    if let (Some(first), Some(last)) = (units.first_chunk::<16>(), units.last_chunk::<16>()) {
        return plain.and(first).and(last).is_so();
    }
    units.as_chunks::<2>().0.iter().all(|unit| (0x20..0x80).contains(&u16::from_le_bytes(*unit)))
}

/// The least and the greatest of the units that each of eight lanes has met.
struct UnitLanes {
    least: [i16; LANES],
    greatest: [i16; LANES],
}

/// Units of UTF-16 that a processor takes in one step.
const LANES: usize = 8;

impl Default for UnitLanes {
    fn default() -> Self {
        Self { least: [i16::MAX; LANES], greatest: [i16::MIN; LANES] }
    }
}

impl UnitLanes {
    /// Adds more units.
    #[inline]
    fn and<const N: usize>(mut self, units: &[u8; N]) -> Self {
        let (units, _) = units.as_chunks::<2>();
        for units in units.as_chunks::<LANES>().0 {
            for (lane, unit) in units.iter().enumerate() {
                // Those beyond the half are less than none, and so not plain either.
                let unit = i16::from_le_bytes(*unit);
                self.least[lane] = self.least[lane].min(unit);
                self.greatest[lane] = self.greatest[lane].max(unit);
            }
        }
        self
    }

    #[inline]
    fn is_so(&self) -> bool {
        let within = |lane: usize| i16::from(self.least[lane] < 0x20) | i16::from(self.greatest[lane] >= 0x80);
        (0..LANES).fold(0, |beyond, lane| beyond | within(lane)) == 0
    }
}
#[cfg(test)]
mod tests;
