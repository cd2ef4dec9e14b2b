//! The instance around the data of a record: its `System` part, with a gap that the data fills.
//!
//! Nearly every record has the envelope of the one before: the same template, the same types and sizes, the same provider, channel and user. Then nothing of
//! it has to be worked out again, only compared. This module does not know what a value means.

use super::layout::{Layout, Places};
use super::table::{Form, Noticed, Table};
use super::template::Bytes;
use super::value::{BINXML, SID, TEXT};

/// The envelope that was read last.
#[derive(Default)]
pub struct Envelope {
    /// What to compare the next one with.
    known: Option<Known>,
    /// The number of its sender.
    sender: u64,
}

/// What an envelope is known again by.
pub struct Known {
    template: usize,
    pub noticed: Noticed,
    /// How many values there are, and the descriptors of all but the last.
    head: Vec<u8>,
    /// Where the values begin that must be the same, in bytes from the first value.
    same_from: usize,
    /// Those values: all texts and identifiers, so that none of them has to be looked at again.
    same: Vec<u8>,
    /// Which value the data is: the last.
    pub data: usize,
    pub places: Places,
}

impl Envelope {
    /// The envelope that is known, if the table at `at` of an instance of a template is that one with other data.
    #[inline]
    pub fn known(&self, bytes: Bytes<'_>, at: usize, template: usize, table: Table<'_>, room: usize) -> Option<&Known> {
        let known = self.known.as_ref()?;
        let Known { head, same_from, same, data, places, .. } = known;
        let is_known = known.template == template
            && bytes.slice(at, head.len())? == head
            && table.bytes().slice(*same_from, same.len())? == same
            // The head has the count, so the data is there.
            && table.kind(*data) == Some(BINXML)
            && table.fills(*data, places.data(), room);
        is_known.then_some(known)
    }

    /// Reads a table that is not known.
    #[cold]
    pub fn read(&mut self, table: Table<'_>, room: usize, form: &mut Form) -> Option<Noticed> {
        self.known = None;
        self.sender += 1;
        form.read(table, room)
    }

    /// A number that envelopes share only if they say the same of who sent them.
    pub fn sender(&self) -> u64 {
        self.sender
    }

    /// Makes the table at `at` known, if it can be. The data is the value `data`.
    #[expect(clippy::too_many_arguments, reason = "all of it is what was found out about one record")]
    pub fn learn(
        &mut self,
        bytes: Bytes<'_>,
        at: usize,
        template: usize,
        table: Table<'_>,
        noticed: Noticed,
        data: usize,
        layout: &Layout,
    ) {
        let is_plain = table.count() == data + 1 && table.kinds().filter(|kind| *kind == BINXML).count() == 1;
        if noticed.doubtful || !is_plain {
            return;
        }
        let senders = layout.senders();
        let is_told = |(index, kind): (usize, u8)| {
            let is_sender = senders.iter().any(|sender| usize::from(*sender) == index);
            (matches!(kind, TEXT | SID) || is_sender).then_some(index)
        };
        let mut told = table.kinds().enumerate().take(data).filter_map(is_told);
        let first = told.next();
        let last = told.last().or(first);
        let span = |index: Option<usize>| index.and_then(|index| table.span(index)).unwrap_or_default();
        let (same_from, (last, length)) = (span(first).0, span(last));
        let head = bytes.slice(at, 4 + data * 4);
        let same = table.bytes().slice(same_from, last + length - same_from);
        if let (Some(head), Some(same), Some(places)) = (head, same, layout.places(table)) {
            let (head, same) = (head.to_vec(), same.to_vec());
            self.known = Some(Known { template, noticed, head, same_from, same, data, places });
        }
    }

    /// The same, forgetting all but that numbers are not used again.
    pub fn anew(&self) -> Self {
        Self { sender: self.sender, ..Self::default() }
    }
}
