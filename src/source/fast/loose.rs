//! Single records that were found outside of a chunk that can be believed: in the rest of a broken one, in unused space, in an image of memory.
//!
//! A record is nothing without its template, and that is defined elsewhere in its chunk, by a place that counts from the chunk's beginning. Where that beginning
//! is may not be known, and what stands at the place may have been overwritten. So a definition is taken only if it has the identifier that the record names
//! and every name in it has its hash; else one with that identifier that a sound chunk of the same file defines. Nothing is guessed beyond that: what does not
//! fit to the last byte is no record.

use super::build::{draft, gap};
use super::byte_view::ByteView;
use super::table::ValueTable;
use super::template::{CachedTemplate, instance_head};
use crate::base::Locator;
use crate::base::interner::Interner;
use crate::source::format::{CHUNK_LENGTH, RECORD_HEADER};
use crate::source::record::Record;
use hashbrown::HashMap;
use std::fmt;
use std::sync::Arc;

/// Where the chunk header keeps the places of its templates.
const TEMPLATE_PLACES: usize = 384;
/// How many places those are; each begins a chain.
const TEMPLATE_CHAINS: usize = 32;
/// Most places that a chunk may begin at; those that were shown last count.
const MOST_HOMES: usize = 16;
/// Most bytes of definitions that are read of what is searched at a time: a few times as many as sound chunks can have.
const MOST_DEFINITION_BYTES: usize = 16 * CHUNK_LENGTH;
/// Most templates of one file that are known.
pub(in crate::source) const MOST_KNOWN_TEMPLATES: usize = 4096;

/// The templates that the sound chunks of a file define, by the first bytes of their identifiers. Of those alike the first in the file counts.
#[derive(Default)]
pub(in crate::source) struct KnownTemplates {
    by_id: HashMap<u32, Arc<CachedTemplate>>,
    strings: Interner,
}

impl fmt::Debug for KnownTemplates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} templates", self.by_id.len())
    }
}

impl KnownTemplates {
    /// The template whose identifier begins with these bytes.
    pub fn get(&self, id: u32) -> Option<&Arc<CachedTemplate>> {
        self.by_id.get(&id)
    }

    /// Learns the templates of a chunk whose header is sound.
    pub fn learn(&mut self, chunk: &[u8]) {
        let bytes = ByteView::new(chunk);
        // Sound definitions do not overlap, so that they are no longer than the chunk all together.
        let mut left = chunk.len();
        for chain in 0..TEMPLATE_CHAINS {
            let mut next = bytes.u32(TEMPLATE_PLACES + chain * 4);
            while let Some(at) = next.and_then(|at| usize::try_from(at).ok()).filter(|at| *at != 0) {
                // A definition: 0 next u32 | 4 identifier | 20 size u32. A chain that leads in a circle ends when `left` is used up.
                let (Some(id), Some(size)) = (bytes.u32(at.saturating_add(4)), bytes.u32(at.saturating_add(20))) else {
                    break;
                };
                let Some(rest) = left.checked_sub(RECORD_HEADER.saturating_add(size as usize)) else { return };
                left = rest;
                if !self.by_id.contains_key(&id)
                    && self.by_id.len() < MOST_KNOWN_TEMPLATES
                    && let Some(template) = CachedTemplate::read_remains(bytes, at, &mut self.strings)
                {
                    self.by_id.insert(id, Arc::new(template));
                }
                next = bytes.u32(at);
            }
        }
    }
}

/// A record as it was found, without a chunk around it.
#[derive(Clone, Copy)]
pub(in crate::source) struct LooseRecord {
    /// Where it begins in the bytes that were searched.
    pub at: usize,
    /// Its size in bytes.
    pub size: usize,
    /// The number in its header.
    pub id: u64,
    /// Where it begins in the file.
    pub origin: Locator,
}

/// A record that was read on its own.
pub(in crate::source) struct ReadAlone {
    pub record: Record,
    /// Whether a template that it was read with is that of another chunk.
    pub is_borrowed: bool,
}

/// Why a record could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::source) enum Unreadable {
    /// Its template is nowhere.
    NoTemplate,
    /// It does not fit its template, or is of a kind that the templates of Windows do not have.
    Misfit,
}

/// A template instance whose template was found.
struct Filled {
    template: Arc<CachedTemplate>,
    /// Where its values begin in the bytes that were searched.
    values: usize,
    /// Whether the template is not the one that the record refers to, but one of the same identifier.
    is_borrowed: bool,
}

/// Reads records that stand alone; holds what can be used again.
#[derive(Default)]
pub(in crate::source) struct LooseReader {
    strings: Interner,
    text: String,
    /// Definitions in the bytes that are searched, by the beginning of their chunk and their place in it; `None` for what is none.
    here: HashMap<(usize, usize), Option<Arc<CachedTemplate>>>,
    /// Bytes of definitions that were read there.
    definition_bytes: usize,
}

impl LooseReader {
    /// Begins to read from other bytes.
    pub fn begin(&mut self) {
        self.here.clear();
        self.definition_bytes = 0;
    }

    /// Reads a record of `bytes`. `homes` are the places where its chunk may begin; the record can add one. `known` gives the template of a sound chunk by the first bytes
    /// of its identifier.
    pub fn read<'k>(
        &mut self,
        bytes: &[u8],
        found: LooseRecord,
        homes: &mut Vec<usize>,
        known: &mut dyn FnMut(u32) -> Option<&'k Arc<CachedTemplate>>,
    ) -> Result<ReadAlone, Unreadable> {
        let bytes = ByteView::new(bytes);
        let (from, to) = (found.at + RECORD_HEADER, found.at + found.size - 4);
        let around = self.filled(bytes, (from, to), homes, known)?;
        let (table, room) = ValueTable::at(bytes, around.values, to).ok_or(Unreadable::Misfit)?;
        let envelope = &around.template.root;
        let noticed = table.noticed(room).ok_or(Unreadable::Misfit)?;
        let gap = gap(envelope, table).map_err(|_| Unreadable::Misfit)?;
        let filling = match gap {
            Some(index) => {
                let (start, length) = table.span(index).ok_or(Unreadable::Misfit)?;
                let from = table.place_in(bytes) + start;
                let filling = self.filled(bytes, (from, from + length), homes, known)?;
                let (table, room) = ValueTable::at(bytes, filling.values, from + length).ok_or(Unreadable::Misfit)?;
                table.noticed(room).ok_or(Unreadable::Misfit)?;
                Some((filling, table))
            }
            None => None,
        };
        if noticed.fragments != u32::from(filling.is_some()) {
            return Err(Unreadable::Misfit);
        }
        let is_borrowed = around.is_borrowed || filling.as_ref().is_some_and(|(filling, _)| filling.is_borrowed);
        let inner = filling.as_ref().map(|(filling, table)| (&filling.template.root, *table));
        let drafted = draft((envelope, table), inner, &mut self.strings, &mut self.text);
        let (mut draft, time) = drafted.ok_or(Unreadable::Misfit)?;
        draft.record_id = draft.record_id.or(Some(found.id));
        let record = draft.finish(time, found.origin, &mut self.strings).ok_or(Unreadable::Misfit)?;
        Ok(ReadAlone { record: Record { is_recovered: true, ..record }, is_borrowed })
    }

    /// Finds the template of an instance.
    fn filled<'k>(
        &mut self,
        bytes: ByteView<'_>,
        (from, to): (usize, usize),
        homes: &mut Vec<usize>,
        known: &mut dyn FnMut(u32) -> Option<&'k Arc<CachedTemplate>>,
    ) -> Result<Filled, Unreadable> {
        let head = instance_head(bytes, from, to).ok_or(Unreadable::Misfit)?;
        // The record that used a template first carries its definition, which says where it stands in the chunk, and so where the chunk begins.
        if bytes.u32(head.after + 4) == Some(head.id)
            && let Some(home) = head.after.checked_sub(head.definition)
            && let Some(template) = self.definition(bytes, home, head.definition)
        {
            // Most recent last: records of one chunk stand together, so that the next record asks for the same home.
            if homes.last() != Some(&home) {
                homes.retain(|other| *other != home);
                homes.push(home);
                let surplus = homes.len().saturating_sub(MOST_HOMES);
                homes.drain(..surplus);
            }
            let values = head.after + template.length();
            return Ok(Filled { template, values, is_borrowed: false });
        }
        for &home in homes.iter().rev() {
            if bytes.u32(home.saturating_add(head.definition).saturating_add(4)) == Some(head.id)
                && let Some(template) = self.definition(bytes, home, head.definition)
            {
                return Ok(Filled { template, values: head.after, is_borrowed: false });
            }
        }
        let template = known(head.id).cloned().ok_or(Unreadable::NoTemplate)?;
        // The definition that the record carries may be damaged only in names that stand elsewhere: then its values are behind it.
        let carries_own = bytes.u32(head.after + 4) == Some(head.id);
        let values = if carries_own { head.after + template.length() } else { head.after };
        Ok(Filled { template, values, is_borrowed: true })
    }

    /// The definition at a place of the chunk that begins at `home`.
    fn definition(&mut self, bytes: ByteView<'_>, home: usize, at: usize) -> Option<Arc<CachedTemplate>> {
        let Self { here, strings, definition_bytes, .. } = self;
        let read = || {
            let chunk = bytes.from(home);
            let chunk = ByteView::new(chunk.slice(0, chunk.length().min(CHUNK_LENGTH))?);
            // Crafted bytes could name a new place for a large definition in each of many records; sound ones share a few.
            *definition_bytes += chunk.u32(at.checked_add(20)?)? as usize;
            (*definition_bytes <= MOST_DEFINITION_BYTES)
                .then(|| CachedTemplate::read_remains(chunk, at, strings))?
                .map(Arc::new)
        };
        here.entry((home, at)).or_insert_with(read).clone()
    }
}
