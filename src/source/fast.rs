//! The fast way through a chunk: records straight from their binary form, without XML in between.
//!
//! A record is a template and the values that fill it. A template is read once and known again by its content in every later chunk ([`template`]); what a
//! record with it says is found by place ([`layout`]), and the caller decides on that [`RecordRef`] whether the record is built at all ([`build`]).
//! Whatever is not exactly understood, damage of any kind included, makes the whole chunk go the slow way: this module never guesses, and it raises no
//! faults. A test holds that both ways give the same records for the same bytes.

mod build;
mod byte_view;
mod definitions;
mod layout;
mod loose;
mod system_cache;
mod table;
mod template;
mod value;

pub use layout::{ProviderFilter, Raw, RecordRef, Stored};
pub(super) use loose::{KnownTemplates, LooseReader, LooseRecord, ReadAlone, Unreadable};

use super::chunk_place::ChunkPlace;
use super::format::{CHUNK_HEADER, CHUNK_LENGTH, CHUNK_MAGIC, RECORD_HEADER, RECORD_MAGIC};
use super::hidden::may_hide;
use super::record::Record;
use crate::base::Locator;
use crate::base::interner::Interner;
use crate::base::time::YEAR_10000;
use build::gap;
use byte_view::ByteView;
use definitions::Definitions;
use hashbrown::HashMap;
use layout::{Provider, RecordLayout, RecordParts, SystemPlaces};
use system_cache::{CachedSystem, SystemCache};
use table::{Noticed, ValueTable};

/// Limit for crafted evidence: templates and pairs of templates are forgotten when there are more of either.
const MOST_TEMPLATES: usize = 4096;

/// A visitor's answer to a [`RecordRef`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// The reference was enough: the record is not built.
    Skip,
    /// The record is built in full and handed over.
    NeedRecord,
}

/// Receives the records of a chunk.
pub(super) trait ChunkListener {
    /// Whether it wants to hear of every record of the chunk.
    fn wants_all(&self) -> bool;
    /// Whether it wants to hear of the record at this many bytes from the start of the file; asked unless it wants all.
    fn wants_record(&self, offset: u64) -> bool;
    /// A record of a provider that is not wanted.
    fn pass_over(&mut self);
    /// A record as it stands in its chunk.
    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit;
    /// A whole record.
    fn record(&mut self, record: Record);
}

/// Summary of a chunk that was read the fast way.
pub(super) struct ReadChunk {
    pub records: u64,
    /// Where its records end.
    pub end: usize,
    /// The first and the last number of a record.
    pub numbers: (u64, u64),
}

/// Reads chunks one after another; holds what can be used again.
#[derive(Default)]
pub(super) struct FastReader {
    strings: Interner,
    definitions: Definitions,
    shapes: TemplatePairs,
    envelope: SystemCache,
    text: String,
}

/// Pairs of templates.
#[derive(Default)]
struct TemplatePairs {
    all: Vec<TemplatePair>,
    /// The number of the first of them: numbers are not used again.
    first: usize,
    /// Index into `all` by the templates of the record and of its data.
    by_pair: HashMap<(usize, Option<usize>), usize>,
}

/// A pair of templates.
struct TemplatePair {
    /// Where a [`RecordRef`] finds its values; `None` if records of these templates must be built in full.
    layout: Option<RecordLayout>,
    provider: Provider,
}

/// One record of a chunk, as far as its header tells.
#[derive(Clone, Copy)]
struct RecordSpan {
    from: usize,
    to: usize,
    header_id: u64,
    origin: Locator,
}

/// The outer template instance of a record, which has the `System` part and a gap for the data.
struct Around<'c> {
    template: usize,
    outer: ValueTable<'c>,
    noticed: Noticed,
    /// If they are known already.
    places: Option<SystemPlaces>,
    /// The value that the data is.
    gap: Option<usize>,
}

/// The inner template instance of a record, which is its data, or none.
#[derive(Clone, Copy)]
struct Filling<'c> {
    template: Option<usize>,
    table: ValueTable<'c>,
    noticed: Noticed,
    /// The number of the record's shape among all shapes that there are.
    shape: usize,
}

impl FastReader {
    /// Reads a chunk, or gives `None` if it must go the slow way: then what `reading` has heard of it does not count.
    pub fn read<R: ChunkListener>(
        &mut self,
        chunk: &[u8],
        place: ChunkPlace<'_>,
        wanted: ProviderFilter,
        reading: &mut R,
    ) -> Option<ReadChunk> {
        let bytes = ByteView::new(chunk);
        let end = live_end(bytes)?;
        if self.definitions.templates.len().max(self.shapes.all.len()) > MOST_TEMPLATES {
            let shapes = TemplatePairs { first: self.shapes.first + self.shapes.all.len(), ..TemplatePairs::default() };
            *self = Self { shapes, envelope: self.envelope.anew(), ..Self::default() };
        }
        self.definitions.begin();
        self.envelope.begin();
        let all = reading.wants_all();
        //   0        4        8         16         24 …              size - 4
        //   ├ magic ─┼ size ──┼ number ─┼ FILETIME ┼ binary XML ─────┼ size ┤
        let mut at = CHUNK_HEADER;
        let mut sum = Sum { bytes: chunk.get(..end)?, done: CHUNK_HEADER, hasher: crc32fast::Hasher::new() };
        let numbers = (bytes.u64(24)?, bytes.u64(32)?);
        let (mut records, mut last_start) = (0_u64, at);
        while at < end {
            let header = ByteView::new(bytes.slice(at, RECORD_HEADER)?);
            let size = usize::try_from(header.u32(4)?).ok()?;
            let after = at.checked_add(size)?;
            let whole = header.u32(0)? == u32::from_le_bytes(*RECORD_MAGIC)
                && size >= RECORD_HEADER + 8
                && after <= end
                && usize::try_from(bytes.u32(after - 4)?).ok()? == size;
            let (header_id, written) = (header.u64(8)?, header.u64(16)?);
            // The slow way stops at the record of which the header says that it is the last.
            if !whole
                || written >= YEAR_10000
                || (header_id == numbers.1) != (after == end)
                // Windows numbers records without gaps: where one is missing, another may have been grown over it.
                || header_id != numbers.0.wrapping_add(records)
            {
                return None;
            }
            // The checksum is known only at the end of the chunk. Until then the visitor has heard of records that may have to be taken back: a
            // pass of its own over all bytes first would cost their way through memory twice.
            sum.reach(after);
            let origin = Locator { input: place.number, offset: place.offset + at as u64 };
            if all || reading.wants_record(origin.offset) {
                let whole = RecordSpan { from: at + RECORD_HEADER, to: after - 4, header_id, origin };
                self.record(bytes, whole, wanted, reading)?;
            }
            records += 1;
            (last_start, at) = (at, after);
        }
        // Checksums can be computed by whoever hides records, so that they prove nothing of that.
        if may_hide(chunk, last_start, end, numbers.1) {
            return None;
        }
        (at == end && records > 0 && sum.is(bytes.u32(52)?)).then_some(ReadChunk { records, end, numbers })
    }

    fn record<R: ChunkListener>(
        &mut self,
        bytes: ByteView<'_>,
        whole: RecordSpan,
        wanted: ProviderFilter,
        reading: &mut R,
    ) -> Option<()> {
        let Self { strings, definitions, shapes, envelope, .. } = self;
        // Nearly every record takes the first arm: its `System` part is compared, as bytes, with that of the record before.
        let around = match envelope.at(bytes, whole.from, whole.to) {
            Some((known, outer)) => Around::known(known, outer),
            None => Around::read(definitions, envelope, strings, bytes, whole)?,
        };
        let Around { template, outer, noticed, places, gap } = around;
        let filling = match gap {
            Some(index) => {
                let start =
                    places.map_or_else(|| outer.span(index).map(|(start, _)| start), |places| Some(places.data()))?;
                let from = outer.place_in(bytes) + start;
                Filling::read(definitions, shapes, strings, bytes, (from, from + outer.length(index)?), template)?
            }
            None => Filling {
                template: None,
                table: ValueTable::EMPTY,
                noticed: Noticed::default(),
                shape: shapes.of(definitions, template, None),
            },
        };
        let first_shape = shapes.first;
        let TemplatePair { layout, provider } = &mut shapes.all[filling.shape];
        if places.is_none()
            && let (Some(index), Some(layout)) = (gap, layout.as_ref())
        {
            envelope.learn(bytes, template, outer, noticed, index, layout);
        }
        let parts = RecordParts {
            outer: &outer,
            inner: &filling.table,
            noticed: noticed + filling.noticed,
            places,
            shape: u32::try_from(first_shape + filling.shape).ok()?,
            sender: envelope.sender(),
            header_id: whole.header_id,
            bytes: bytes.slice(whole.from, whole.to - whole.from)?,
            origin: whole.origin,
        };
        if let Some(record) = layout.as_ref().and_then(|layout| RecordRef::new(parts, layout, provider, wanted)) {
            if !record.is_wanted() {
                reading.pass_over();
                return Some(());
            }
            if reading.record_ref(&record) == Visit::Skip {
                return Some(());
            }
        }
        // The slow way reads a fragment that nothing refers to as well, and may find fault with it.
        if noticed.fragments != u32::from(filling.template.is_some()) {
            return None;
        }
        self.build(template, outer, filling, whole, wanted, reading)
    }

    /// Builds a record in full.
    #[inline(never)]
    fn build<R: ChunkListener>(
        &mut self,
        around: usize,
        outer: ValueTable<'_>,
        filling: Filling<'_>,
        whole: RecordSpan,
        wanted: ProviderFilter,
        reading: &mut R,
    ) -> Option<()> {
        let templates = &self.definitions.templates;
        let filling = filling.template.map(|template| (&templates[template].root, filling.table));
        let (mut draft, time) =
            build::draft((&templates[around].root, outer), filling, &mut self.strings, &mut self.text)?;
        let is_wanted = wanted(draft.provider.as_deref().unwrap_or_default(), draft.provider_guid.as_deref());
        draft.record_id = draft.record_id.or(Some(whole.header_id));
        let record = draft.finish(time, whole.origin, &mut self.strings)?;
        if is_wanted {
            reading.record(record);
        } else {
            reading.pass_over();
        }
        Some(())
    }
}

impl<'c> Around<'c> {
    #[inline]
    fn known(known: &CachedSystem, outer: ValueTable<'c>) -> Self {
        let CachedSystem { template, noticed, data, places, .. } = *known;
        Self { template, outer, noticed, places: Some(places), gap: Some(data) }
    }

    /// Reads the envelope of a record that is not like the one before in all that could tell them apart.
    #[inline(never)]
    fn read(
        definitions: &mut Definitions,
        envelope: &mut SystemCache,
        strings: &mut Interner,
        bytes: ByteView<'c>,
        whole: RecordSpan,
    ) -> Option<Self> {
        let head = template::instance(bytes, whole.from, whole.to)?;
        let template = definitions.at(bytes, head.definition, strings)?.template;
        let around = &mut definitions.templates[template];
        let at = around.values_of(&head);
        let (outer, room) = ValueTable::at(bytes, at, whole.to)?;
        if let Some(known) = envelope.known(bytes, (whole.from, at), template, outer, room) {
            return Some(Self::known(known, outer));
        }
        let noticed = envelope.read(outer, room, &mut around.form)?;
        let gap = gap(&around.root, outer).ok()?;
        Some(Self { template, outer, noticed, places: None, gap })
    }
}

impl<'c> Filling<'c> {
    /// Reads what stands between two places and fills a record of the template `around`.
    fn read(
        definitions: &mut Definitions,
        shapes: &mut TemplatePairs,
        strings: &mut Interner,
        bytes: ByteView<'c>,
        (from, to): (usize, usize),
        around: usize,
    ) -> Option<Self> {
        let head = template::instance(bytes, from, to)?;
        let template = definitions.at(bytes, head.definition, strings)?.template;
        // A data template is nearly always met in the same one around it: one comparison spares the lookup of the pair.
        let shape = match definitions.templates[template].shape {
            Some((known, shape)) if known == around => shape,
            _ => {
                let shape = shapes.of(definitions, around, Some(template));
                definitions.templates[template].shape = Some((around, shape));
                shape
            }
        };
        let filling = &mut definitions.templates[template];
        let (table, room) = ValueTable::at(bytes, filling.values_of(&head), to)?;
        let noticed = filling.form.read(table, room)?;
        Some(Self { template: Some(template), table, noticed, shape })
    }
}

/// The checksum of the records of a chunk, taken piece by piece: just before records are read, so that they are in the processor's nearest cache then.
struct Sum<'c> {
    /// The chunk up to the end of its records.
    bytes: &'c [u8],
    done: usize,
    hasher: crc32fast::Hasher,
}

impl Sum<'_> {
    /// Bytes of a piece.
    const PIECE: usize = 16_384;

    /// Takes it at least up to a place before the end.
    fn reach(&mut self, to: usize) {
        while self.done < to {
            let next = (self.done + Self::PIECE).min(self.bytes.len());
            // One piece ahead of the reader: its records are still in the nearest cache when they are read.
            self.hasher.update(&self.bytes[self.done..next]);
            self.done = next;
        }
    }

    /// Whether it is this one.
    fn is(self, wanted: u32) -> bool {
        self.done == self.bytes.len() && self.hasher.finalize() == wanted
    }
}

impl TemplatePairs {
    /// The shape of records of a template that another one fills, or none.
    fn of(&mut self, definitions: &Definitions, outer: usize, inner: Option<usize>) -> usize {
        *self.by_pair.entry((outer, inner)).or_insert_with(|| {
            let templates = &definitions.templates;
            let layout = RecordLayout::new(&templates[outer], inner.map(|inner| &templates[inner]));
            self.all.push(TemplatePair { layout, provider: Provider::default() });
            self.all.len() - 1
        })
    }
}

/// Where the records of a chunk end whose header is undamaged; `None` if there is any doubt about it.
fn live_end(bytes: ByteView<'_>) -> Option<usize> {
    let chunk = bytes.slice(0, CHUNK_LENGTH)?;
    let end = usize::try_from(bytes.u32(48)?).ok()?;
    let mut header = crc32fast::Hasher::new();
    header.update(&chunk[..120]);
    header.update(&chunk[128..CHUNK_HEADER]);
    // Offsets as drawn in `evtx.rs`: 40 header size, 48 free space, 52 and 124 checksums, 120 flags.
    let sound = bytes.length() == CHUNK_LENGTH
        && chunk.starts_with(CHUNK_MAGIC)
        && bytes.u32(40)? == 128
        && (CHUNK_HEADER..=CHUNK_LENGTH).contains(&end)
        && bytes.u32(124)? == header.finalize()
        // Bit 1 says that there are no checksums, bit 0 that the log was not closed.
        && bytes.u32(120)? & !1 == 0
        && template::names_are_sound(bytes);
    sound.then_some(end)
}
