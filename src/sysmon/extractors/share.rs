//! Several fields that are made of one entry, written once: a path and its name, or four hashes of one list.
//!
//! A row of a timeline of event 1 has the entry `Image` as a text, and `process.executable` and `process.name` as parts of it:
//!
//! ```text
//! C:\Windows\System32\cmd.exe      process.executable: Text(0..27)
//!                     ^^^^^^^      process.name:       Text(20..27)
//! ```

use super::lazy::LazyEvent;
use super::plan::{Extractor, Extractors};
use crate::sysmon::derive::hashes;
use crate::sysmon::transform::{TextTransform, Transformed};
use std::borrow::Cow;
use std::ops::Range;

/// An entry that several fields are made of, each by a transformation of its own.
#[derive(Debug)]
pub struct TextSource {
    entry: usize,
    uses: Vec<TextTransform>,
}

/// The value of one field among those that share a [`TextSource`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourcePart {
    /// No value.
    Nothing,
    /// The bytes from here to there of all that was written.
    Text(Range<usize>),
    /// Another text.
    Other(Cow<'static, str>),
    /// True or false.
    Flag(bool),
}

impl Extractors {
    /// Groups the fields at some positions by the entry that they are made of, if it is the same for several: a source, and the positions in the order of its
    /// parts.
    pub fn sources(&self, positions: &[usize]) -> Vec<(TextSource, Vec<usize>)> {
        let mut groups: Vec<(TextSource, Vec<usize>)> = Vec::new();
        for &at in positions {
            let Extractor::Entry(entry, made) = self.learned[at] else { continue };
            match groups.iter_mut().find(|(source, _)| source.entry == entry) {
                _ if !made.can_share() => {}
                Some((source, places)) => {
                    source.uses.push(made);
                    places.push(at);
                }
                None => groups.push((TextSource { entry, uses: vec![made] }, vec![at])),
            }
        }
        // Hashes are put in lower case where they stand, which fields of other kinds would see.
        let may_share = |source: &TextSource| source.is_of_hashes() || source.hashes().next().is_none();
        groups.retain(|(source, places)| places.len() > 1 && may_share(source));
        groups
    }
}

impl TextSource {
    /// The algorithms of those that are values of a list of hashes.
    fn hashes(&self) -> impl Iterator<Item = &'static str> {
        self.uses.iter().filter_map(|made| match made {
            TextTransform::Hash(algorithm) => Some(*algorithm),
            _ => None,
        })
    }

    fn is_of_hashes(&self) -> bool {
        matches!(self.uses[0], TextTransform::Hash(_)) && self.hashes().count() == self.uses.len()
    }
}

impl LazyEvent<'_> {
    /// Adds the text of an entry once, and to `parts` what fields have of it: the same as [`Self::write_at`] would find for each of them.
    pub fn write_source(&self, source: &TextSource, out: &mut Vec<u8>, parts: &mut Vec<SourcePart>) {
        let (begin, first) = (out.len(), parts.len());
        let nothing = || (0..source.uses.len()).map(|_| SourcePart::Nothing);
        if !self.write_entry(source.entry, out) {
            return parts.extend(nothing());
        }
        let text = str::from_utf8(&out[begin..]).unwrap_or_default();
        let part = |range: Range<usize>| SourcePart::Text(begin + range.start..begin + range.end);
        if !matches!(source.uses[0], TextTransform::Hash(_)) {
            return parts.extend(source.uses.iter().map(|made| {
                match made.of(text, self.extractors.shape.context.separator) {
                    Transformed::Part(range) => part(range),
                    Transformed::Address => part(0..text.len()),
                    Transformed::Lower(range) => SourcePart::Other(text[range].to_lowercase().into()),
                    Transformed::Other(text) => SourcePart::Other(text),
                    Transformed::Flag(flag) => SourcePart::Flag(flag),
                    // The last two do not share: see `TextTransform::can_share`.
                    Transformed::Nothing | Transformed::Long(_) | Transformed::Several(_) => SourcePart::Nothing,
                }
            }));
        }
        parts.extend(nothing());
        // One pass over `SHA1=…,MD5=…,SHA256=…,IMPHASH=…` for all fields.
        let is_list = hashes::each_hash(text, |name, value| {
            for (have, algorithm) in parts[first..].iter_mut().zip(source.hashes()) {
                if *have == SourcePart::Nothing && hashes::is_named(name, algorithm) {
                    let lower = || SourcePart::Other(text[value.clone()].to_lowercase().into());
                    *have = if text[value.clone()].is_ascii() { part(value.clone()) } else { lower() };
                }
            }
        });
        for have in &mut parts[first..] {
            match have {
                _ if !is_list => *have = SourcePart::Nothing,
                SourcePart::Text(range) => out[range.clone()].make_ascii_lowercase(),
                _ => {}
            }
        }
    }
}
