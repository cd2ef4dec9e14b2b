//! The instance around the data of a record: its `System` part, with a gap that the data fills.
//!
//! Nearly every record has the envelope of the one before: the same template, the same types and sizes, the same provider, channel and user. Then nothing of
//! it has to be worked out again, only compared. This module does not know what a value means.

use super::byte_view::ByteView;
use super::layout::{RecordLayout, SystemPlaces};
use super::table::{Noticed, TableShape, ValueTable};
use super::template::LONGEST_HEAD;
use super::value::{BINXML, SID, TEXT};
use crate::base::same_bytes::same_bytes;

/// The envelope that was read last.
#[derive(Default)]
pub struct SystemCache {
    /// The envelope that the next one is compared with.
    known: Option<CachedSystem>,
    /// The number of its sender.
    sender: u64,
}

/// The bytes by which an envelope is recognised, and what follows from them.
pub struct CachedSystem {
    pub template: usize,
    pub noticed: Noticed,
    /// The instance up to the descriptor of the last value.
    front: Vec<u8>,
    /// How much of that stands before the table of values. It says where the template is defined, and that may change from chunk to chunk.
    before_table: usize,
    /// Whether it was met in the chunk at hand, and is right about the template.
    is_here: bool,
    /// Where the values begin that must be the same, in bytes from the first value.
    same_from: usize,
    /// Bytes of the values from there on that must be the same: all texts and identifiers, so that none of them has to be looked at again.
    same: Vec<u8>,
    /// Which value the data is: the last.
    pub data: usize,
    pub places: SystemPlaces,
}

impl SystemCache {
    /// Begins a chunk.
    pub fn begin(&mut self) {
        if let Some(known) = &mut self.known {
            known.is_here = false;
        }
    }

    /// The envelope that is known, and its table, if the instance between two places of the chunk is that one with other data.
    #[inline]
    pub fn at<'c>(&self, bytes: ByteView<'c>, from: usize, to: usize) -> Option<(&CachedSystem, ValueTable<'c>)> {
        let known = self.known.as_ref().filter(|known| known.is_here)?;
        // front: from the start of the instance to the size of the data, which changes with each record
        //
        //   0f 01 01 00 0c 01 id definition | count | descriptors of System | size | 21 00 | values of System | data
        //   └──────────── compared as one run of bytes ─────────────────────┘             └ `same` of those ─┘
        let is_front = same_bytes(bytes.slice(from, known.front.len())?, &known.front);
        let (table, room) = ValueTable::of(bytes, from + known.before_table + 4, known.data + 1, to)?;
        (is_front && known.is_around(table, room)).then_some((known, table))
    }

    /// Recognises the envelope whose table is at `at`, in an instance whose definition has been looked up.
    #[inline(never)]
    pub fn known(
        &mut self,
        bytes: ByteView<'_>,
        (from, at): (usize, usize),
        template: usize,
        table: ValueTable<'_>,
        room: usize,
    ) -> Option<&CachedSystem> {
        let known = self.known.as_mut().filter(|known| known.template == template)?;
        let head = &known.front[known.before_table..];
        if !same_bytes(bytes.slice(at, head.len())?, head) || !known.is_around(table, room) {
            return None;
        }
        // A definition that stands before the table would be compared too.
        if at - from <= LONGEST_HEAD
            && let Some(front) = bytes.slice(from, at - from + head.len())
        {
            known.front = front.to_vec();
            known.before_table = at - from;
            known.is_here = true;
        }
        Some(known)
    }

    /// Reads a table that is not known.
    #[cold]
    pub fn read(&mut self, table: ValueTable<'_>, room: usize, form: &mut TableShape) -> Option<Noticed> {
        self.known = None;
        self.sender += 1;
        form.read(table, room)
    }

    /// A number that envelopes share only if they say the same of who sent them.
    pub fn sender(&self) -> u64 {
        self.sender
    }

    /// Makes a table known, if it can be. The data is the value `data`.
    pub fn learn(
        &mut self,
        bytes: ByteView<'_>,
        template: usize,
        table: ValueTable<'_>,
        noticed: Noticed,
        data: usize,
        layout: &RecordLayout,
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
        let head = table.head(bytes);
        let same = table.bytes().slice(same_from, last + length - same_from);
        if let (Some(head), Some(same), Some(places)) = (head, same, layout.places(table)) {
            let (front, same) = (head.to_vec(), same.to_vec());
            let (before_table, is_here) = (0, false);
            self.known =
                Some(CachedSystem { template, noticed, front, before_table, is_here, same_from, same, data, places });
        }
    }

    /// An empty cache that goes on with the numbers of senders, so that none is used again.
    pub fn anew(&self) -> Self {
        Self { sender: self.sender, ..Self::default() }
    }
}

impl CachedSystem {
    /// Whether a table, of which all descriptors but the last are as they should be, has the same texts and identifiers, and data that ends in time.
    #[inline]
    fn is_around(&self, table: ValueTable<'_>, room: usize) -> bool {
        let same = table.bytes().slice(self.same_from, self.same.len());
        same.is_some_and(|same| same_bytes(same, &self.same))
            && table.kind(self.data) == Some(BINXML)
            && table.fills(self.data, self.places.data(), room)
    }
}
