//! Fields that have one value, written where they are to stand: for most of them no value need be made.

use super::lazy::LazyEvent;
use super::plan::{Extractor, Extractors, OfRecord};
use crate::base::{Ticks, json};
use crate::sysmon::derive;
use crate::sysmon::direct::{Made, Transformed};
use crate::sysmon::raw::is_nothing;
use std::borrow::Cow;
use std::ops::Range;

/// The result of [`LazyEvent::write_at`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundSource {
    /// The only value is a text or an address, which was added.
    Text,
    /// The only value is an integer.
    Long(i64),
    /// The only value is true or false.
    Boolean(bool),
    /// The only value is an instant.
    Date(Ticks),
    /// The field has no value.
    Nothing,
    /// The values must be asked for: there may be several.
    NotOne,
}

/// An entry that several fields are the text of, or made of.
#[derive(Debug)]
pub struct TextSource {
    entry: usize,
    of: Sharers,
}

/// How fields are made of an entry that they share.
#[derive(Debug)]
enum Sharers {
    /// Each by a transformation of its own; `None` for the text itself.
    Made(Vec<Option<Made>>),
    /// Each is the value of an algorithm in a list of hashes, which is read once for all of them.
    Hashes(Vec<&'static str>),
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
        let mut groups: Vec<(usize, Vec<Option<Made>>, Vec<usize>)> = Vec::new();
        // A path and its name, or four hashes of one list, come from the same entry: it is decoded and stored once, and each field refers to its part.
        for &at in positions {
            let (entry, made) = match self.learned[at] {
                Extractor::Text(entry) => (entry, None),
                Extractor::Made(entry, made) => (entry, Some(made)),
                _ => continue,
            };
            match groups.iter_mut().find(|(have, ..)| *have == entry) {
                Some((_, uses, places)) => {
                    uses.push(made);
                    places.push(at);
                }
                None => groups.push((entry, vec![made], vec![at])),
            }
        }
        let shared = groups.into_iter().filter(|(_, uses, _)| uses.len() > 1);
        shared
            .filter_map(|(entry, uses, places)| Some((TextSource { entry, of: Sharers::new(uses)? }, places)))
            .collect()
    }
}

impl Sharers {
    /// `None` if they cannot share it: values of hashes are put in lower case, which other fields would see.
    fn new(uses: Vec<Option<Made>>) -> Option<Self> {
        let hash = |made: &Option<Made>| match made {
            Some(Made::Hash(algorithm)) => Some(*algorithm),
            _ => None,
        };
        let hashes: Vec<&str> = uses.iter().filter_map(hash).collect();
        match hashes.len() {
            0 => Some(Self::Made(uses)),
            all if all == uses.len() => Some(Self::Hashes(hashes)),
            _ => None,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Made(uses) => uses.len(),
            Self::Hashes(algorithms) => algorithms.len(),
        }
    }
}

impl LazyEvent<'_> {
    /// Adds the text of an entry once, and to `parts` what fields have of it: the same as [`Self::write_at`] would find for each of them.
    pub fn write_source(&self, source: &TextSource, out: &mut Vec<u8>, parts: &mut Vec<SourcePart>) {
        let begin = out.len();
        let first = parts.len();
        if !self.write_entry(source.entry, out) {
            return parts.extend((0..source.of.len()).map(|_| SourcePart::Nothing));
        }
        let text = str::from_utf8(&out[begin..]).unwrap_or_default();
        let part = |range: Range<usize>| SourcePart::Text(begin + range.start..begin + range.end);
        match &source.of {
            Sharers::Made(uses) => parts.extend(uses.iter().map(|made| {
                let Some(made) = made else { return part(0..text.len()) };
                match made.of(text, self.extractors.context.separator) {
                    Transformed::Part(range) => part(range),
                    Transformed::Lower(range) => SourcePart::Other(text[range].to_lowercase().into()),
                    Transformed::Other(text) => SourcePart::Other(text),
                    Transformed::Flag(flag) => SourcePart::Flag(flag),
                    Transformed::Nothing => SourcePart::Nothing,
                }
            })),
            Sharers::Hashes(algorithms) => {
                parts.extend(algorithms.iter().map(|_| SourcePart::Nothing));
                // One pass over `SHA1=…,MD5=…,SHA256=…,IMPHASH=…` for all fields. Rows have only the value's place, so that lower case is made where the
                // text stands:
                // that is why hashes do not share their entry with fields of other kinds.
                let is_list = derive::each_hash(text, |name, value| {
                    for (have, algorithm) in parts[first..].iter_mut().zip(algorithms) {
                        if *have == SourcePart::Nothing && derive::is_hash_named(name, algorithm) {
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
    }

    /// The only value of the field at a [`super::Extractors::position`], where that is easier to write than to hold. A text is added to `out` as UTF-8.
    pub fn write_at(&self, at: usize, out: &mut Vec<u8>) -> FoundSource {
        let text_if = |says| if says { FoundSource::Text } else { FoundSource::Nothing };
        match self.extractors.learned[at] {
            Extractor::Never => FoundSource::Nothing,
            Extractor::Text(entry) => text_if(self.write_entry(entry, out)),
            Extractor::Either(first, second) => text_if(self.write_entry(first, out) || self.write_entry(second, out)),
            Extractor::MadeAfterAnswers(..) if self.answers_fail() => FoundSource::Nothing,
            Extractor::Made(entry, made) | Extractor::MadeAfterAnswers(entry, made) => {
                self.write_made(entry, made, out)
            }
            Extractor::Long(entry) => self.long(entry).map_or(FoundSource::Nothing, FoundSource::Long),
            Extractor::Fixed(text) => {
                out.extend_from_slice(text.as_bytes());
                FoundSource::Text
            }
            Extractor::Record(what) => self.write_of_record(what, out),
            Extractor::Flow(flow) => {
                let id = self.community_id(flow, out);
                out.extend_from_slice(id.as_deref().unwrap_or_default().as_bytes());
                text_if(id.is_some())
            }
            Extractor::Constant | Extractor::Steps(_) | Extractor::Args(_) | Extractor::ArgsCount(_) => {
                FoundSource::NotOne
            }
        }
    }

    /// Adds the text of an entry. False, and nothing is added, if it says nothing.
    pub(super) fn write_entry(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let begin = out.len();
        self.record.entry(at).push(out);
        let says = !is_nothing(&out[begin..]);
        if !says {
            out.truncate(begin);
        }
        says
    }

    /// Adds what is made of the text of an entry.
    fn write_made(&self, entry: usize, made: Made, out: &mut Vec<u8>) -> FoundSource {
        let begin = out.len();
        if !self.write_entry(entry, out) {
            return FoundSource::Nothing;
        }
        let piece = made.of(str::from_utf8(&out[begin..]).unwrap_or_default(), self.extractors.context.separator);
        match piece {
            Transformed::Part(range) => keep(out, begin, range),
            Transformed::Lower(range) => {
                keep(out, begin, range);
                if out[begin..].is_ascii() {
                    out[begin..].make_ascii_lowercase();
                } else {
                    let lower = str::from_utf8(&out[begin..]).unwrap_or_default().to_lowercase();
                    out.truncate(begin);
                    out.extend_from_slice(lower.as_bytes());
                }
            }
            Transformed::Other(text) => {
                out.truncate(begin);
                out.extend_from_slice(text.as_bytes());
            }
            Transformed::Flag(flag) => {
                out.truncate(begin);
                return FoundSource::Boolean(flag);
            }
            Transformed::Nothing => {
                out.truncate(begin);
                return FoundSource::Nothing;
            }
        }
        FoundSource::Text
    }

    fn write_of_record(&self, what: OfRecord, out: &mut Vec<u8>) -> FoundSource {
        let begin = out.len();
        let mut push = |text: &str| out.extend_from_slice(text.as_bytes());
        match what {
            OfRecord::Provider => push(self.record.provider()),
            OfRecord::ProviderGuid => push(self.record.provider_guid().unwrap_or_default()),
            OfRecord::Computer => push(self.cache.computer.borrow_mut().of(self.record.computer())),
            OfRecord::Channel => push(self.cache.channel.borrow_mut().of(self.record.channel())),
            OfRecord::HostId => push(&self.host_id()),
            OfRecord::Path => push(self.path),
            OfRecord::Kind => push("event"),
            OfRecord::User => self.record.user().push(out),
            OfRecord::RecordId => match i64::try_from(self.record.record_id()) {
                Ok(number) => json::push_long(out, number),
                Err(_) => push(&self.record.record_id().to_string()),
            },
            OfRecord::Logged => return FoundSource::Date(self.record.time_created()),
            OfRecord::Timestamp => return FoundSource::Date(self.timestamp_with(out)),
        }
        if out.len() > begin { FoundSource::Text } else { FoundSource::Nothing }
    }
}

/// Leaves of what was added a part only.
fn keep(out: &mut Vec<u8>, begin: usize, range: Range<usize>) {
    // The part moves to the front within the buffer: no second one is needed.
    out.truncate(begin + range.end);
    out.copy_within(begin + range.start.., begin);
    out.truncate(begin + range.end - range.start);
}
