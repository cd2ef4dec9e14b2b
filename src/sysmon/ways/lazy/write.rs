//! Fields that have one value, written where they are to stand: for most of them no value need be made.

use super::super::{OfRecord, Way};
use super::Lazy;
use crate::base::{Ticks, json};
use crate::sysmon::direct::{Made, Piece};
use crate::sysmon::raw::is_nothing;
use std::ops::Range;

/// What [`Lazy::write_at`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
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

impl Lazy<'_> {
    /// The only value of the field at a [`super::Ways::position`], where that is easier to write than to hold. A text is added to `out` as UTF-8.
    pub fn write_at(&self, at: usize, out: &mut Vec<u8>) -> Found {
        let text_if = |says| if says { Found::Text } else { Found::Nothing };
        match self.ways.learned[at] {
            Way::Never => Found::Nothing,
            Way::Text(entry) => text_if(self.write_entry(entry, out)),
            Way::Either(first, second) => text_if(self.write_entry(first, out) || self.write_entry(second, out)),
            Way::MadeAfterAnswers(..) if self.answers_fail() => Found::Nothing,
            Way::Made(entry, made) | Way::MadeAfterAnswers(entry, made) => self.write_made(entry, made, out),
            Way::Long(entry) => self.long(entry).map_or(Found::Nothing, Found::Long),
            Way::Fixed(text) => {
                out.extend_from_slice(text.as_bytes());
                Found::Text
            }
            Way::Record(what) => self.write_of_record(what, out),
            Way::Flow(flow) => {
                let id = self.community_id(flow, out);
                out.extend_from_slice(id.as_deref().unwrap_or_default().as_bytes());
                text_if(id.is_some())
            }
            Way::Constant | Way::Steps(_) | Way::Args(_) | Way::ArgsCount(_) => Found::NotOne,
        }
    }

    /// Adds the text of an entry. False, and nothing is added, if it says nothing.
    pub(super) fn write_entry(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let begin = out.len();
        self.glance.entry(at).push(out);
        let says = !is_nothing(&out[begin..]);
        if !says {
            out.truncate(begin);
        }
        says
    }

    /// Adds what is made of the text of an entry.
    fn write_made(&self, entry: usize, made: Made, out: &mut Vec<u8>) -> Found {
        let begin = out.len();
        if !self.write_entry(entry, out) {
            return Found::Nothing;
        }
        let piece = made.of(str::from_utf8(&out[begin..]).unwrap_or_default(), self.ways.context.separator);
        match piece {
            Piece::Part(range) => keep(out, begin, range),
            Piece::Lower(range) => {
                keep(out, begin, range);
                if out[begin..].is_ascii() {
                    out[begin..].make_ascii_lowercase();
                } else {
                    let lower = str::from_utf8(&out[begin..]).unwrap_or_default().to_lowercase();
                    out.truncate(begin);
                    out.extend_from_slice(lower.as_bytes());
                }
            }
            Piece::Other(text) => {
                out.truncate(begin);
                out.extend_from_slice(text.as_bytes());
            }
            Piece::Flag(flag) => {
                out.truncate(begin);
                return Found::Boolean(flag);
            }
            Piece::Nothing => {
                out.truncate(begin);
                return Found::Nothing;
            }
        }
        Found::Text
    }

    fn write_of_record(&self, what: OfRecord, out: &mut Vec<u8>) -> Found {
        let begin = out.len();
        let mut push = |text: &str| out.extend_from_slice(text.as_bytes());
        match what {
            OfRecord::Provider => push(self.glance.provider()),
            OfRecord::ProviderGuid => push(self.glance.provider_guid().unwrap_or_default()),
            OfRecord::Computer => push(self.cells.computer.borrow_mut().of(self.glance.computer())),
            OfRecord::Channel => push(self.cells.channel.borrow_mut().of(self.glance.channel())),
            OfRecord::HostId => push(&self.host_id()),
            OfRecord::Path => push(self.path),
            OfRecord::Kind => push("event"),
            OfRecord::User => self.glance.user().push(out),
            OfRecord::RecordId => match i64::try_from(self.glance.record_id()) {
                Ok(number) => json::push_long(out, number),
                Err(_) => push(&self.glance.record_id().to_string()),
            },
            OfRecord::Logged => return Found::Date(self.glance.time_created()),
            OfRecord::Timestamp => return Found::Date(self.timestamp_with(out)),
        }
        if out.len() > begin { Found::Text } else { Found::Nothing }
    }
}

/// Leaves of what was added a part only.
fn keep(out: &mut Vec<u8>, begin: usize, range: Range<usize>) {
    out.truncate(begin + range.end);
    out.copy_within(begin + range.start.., begin);
    out.truncate(begin + range.end - range.start);
}
