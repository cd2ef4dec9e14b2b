//! The fast way through a chunk: records straight from their binary form, without XML in between.
//!
//! A record is a template and the values that fill it. A template is read once and known again by its content in every later chunk ([`template`]); what a
//! record with it says at a glance is found by place ([`layout`]), and the caller decides on that glance whether the record is built at all ([`draft`]).
//! Whatever is not exactly understood, damage of any kind included, makes the whole chunk go the slow way: this module never guesses, and it raises no
//! faults. A test holds that both ways give the same records for the same bytes.

mod draft;
mod layout;
mod template;
mod value;

pub use layout::{Glance, Raw, Stored};

use super::evtx::Place;
use super::record::{Draft, Interner, Record};
use crate::base::{Origin, Ticks};
use draft::{Writer, is_data, left_out};
use hashbrown::HashMap;
use layout::{Layout, Parts, Provider};
use template::{Bytes, Element, Node, Template};
use value::{BINXML, Noticed, Slot};

/// Bytes of a chunk.
const CHUNK: usize = 65_536;
/// Bytes of a chunk before its first record.
const CHUNK_HEADER: usize = 512;
/// Bytes of a record before its content.
const RECORD_HEADER: usize = 24;
/// The first FILETIME that no calendar of four digits has.
const YEAR_10000: u64 = 2_650_467_744_000_000_000;
/// Above this many templates or pairs of them the evidence is playing games: start anew rather than grow.
const MOST_TEMPLATES: usize = 4096;

/// Asks of a record, by its provider's name and GUID, whether anybody wants it.
pub type Wanted = fn(&str, Option<&str>) -> bool;

/// What a caller makes of a record that it was given a glance of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has seen enough.
    Seen,
    /// It wants all of it.
    Wanted,
}

/// What hears of the records of a chunk.
pub(super) trait Reading {
    /// A record of a provider that nobody wants.
    fn pass_over(&mut self);
    /// A record at a glance.
    fn glance(&mut self, glance: &Glance<'_>) -> Verdict;
    /// A whole record.
    fn record(&mut self, record: Record);
}

/// What there was in a chunk.
pub(super) struct ReadChunk {
    pub records: u64,
    /// Where its records end.
    pub end: usize,
}

/// Reads chunks one after another; holds what can be used again.
#[derive(Default)]
pub(super) struct FastReader {
    strings: Interner,
    /// Every template that was ever read.
    templates: Vec<Template>,
    /// The same by what tells most of them apart.
    by_key: HashMap<[u8; 20], Vec<usize>>,
    /// The templates of the chunk at hand, by the place of their definition.
    here: HashMap<usize, usize>,
    shapes: Vec<Shape>,
    /// The number of the first of them: numbers are not used again.
    first_shape: usize,
    /// Shapes by the templates of the record and of its data.
    by_pair: HashMap<(usize, Option<usize>), usize>,
    outer: Vec<Slot>,
    inner: Vec<Slot>,
    text: String,
}

/// A pair of templates.
struct Shape {
    /// What it can show at a glance; `None` if nothing.
    layout: Option<Layout>,
    provider: Provider,
}

/// A template instance whose values have been read.
#[derive(Clone, Copy)]
struct Instance {
    template: usize,
    noticed: Noticed,
}

/// One record of a chunk, as far as its header tells.
#[derive(Clone, Copy)]
struct Whole {
    from: usize,
    to: usize,
    header_id: u64,
    origin: Origin,
}

impl FastReader {
    /// Reads a chunk, or gives `None` if it must go the slow way: then what `reading` has heard of it does not count.
    pub fn read(
        &mut self,
        chunk: &[u8],
        place: Place<'_>,
        wanted: Wanted,
        reading: &mut dyn Reading,
    ) -> Option<ReadChunk> {
        let bytes = Bytes::new(chunk);
        let end = live_end(bytes)?;
        if self.templates.len().max(self.shapes.len()) > MOST_TEMPLATES {
            let first_shape = self.first_shape + self.shapes.len();
            *self = Self { first_shape, ..Self::default() };
        }
        self.here.clear();
        let mut at = CHUNK_HEADER;
        let last_id = bytes.u64(32)?;
        let mut records = 0;
        while at < end {
            let size = usize::try_from(bytes.u32(at + 4)?).ok()?;
            let after = at.checked_add(size)?;
            let whole = bytes.slice(at, 4)? == b"\x2a\x2a\0\0"
                && size >= RECORD_HEADER + 8
                && after <= end
                && usize::try_from(bytes.u32(after - 4)?).ok()? == size;
            let (header_id, written) = (bytes.u64(at + 8)?, bytes.u64(at + 16)?);
            // The slow way stops at the record of which the header says that it is the last.
            if !whole || written >= YEAR_10000 || (header_id == last_id) != (after == end) {
                return None;
            }
            let origin = Origin { input: place.number, offset: place.offset + at as u64 };
            let whole = Whole { from: at + RECORD_HEADER, to: after - 4, header_id, origin };
            self.record(bytes, whole, wanted, reading)?;
            records += 1;
            at = after;
        }
        (at == end && records > 0).then_some(ReadChunk { records, end })
    }

    fn record(&mut self, bytes: Bytes<'_>, whole: Whole, wanted: Wanted, reading: &mut dyn Reading) -> Option<()> {
        let mut outer = std::mem::take(&mut self.outer);
        let mut inner = std::mem::take(&mut self.inner);
        inner.clear();
        let done = self.record_with(bytes, whole, wanted, reading, &mut outer, &mut inner);
        (self.outer, self.inner) = (outer, inner);
        done
    }

    fn record_with(
        &mut self,
        bytes: Bytes<'_>,
        whole: Whole,
        wanted: Wanted,
        reading: &mut dyn Reading,
        outer: &mut Vec<Slot>,
        inner: &mut Vec<Slot>,
    ) -> Option<()> {
        let Whole { from, to, header_id, origin } = whole;
        let instance = self.instance(bytes, from, to, outer)?;
        let filling = match embedded(&self.templates[instance.template].root, outer) {
            Embedded::One(slot) => Some(self.instance(bytes, slot.start(), slot.start() + slot.length(), inner)?),
            Embedded::None => None,
            Embedded::Odd => return None,
        };
        let noticed = Noticed {
            fragments: instance.noticed.fragments + filling.map_or(0, |filling| filling.noticed.fragments),
            times: instance.noticed.times + filling.map_or(0, |filling| filling.noticed.times),
            doubtful: instance.noticed.doubtful || filling.is_some_and(|filling| filling.noticed.doubtful),
        };
        let number = self.shape(instance.template, filling.map(|filling| filling.template));
        let Shape { layout, provider } = &mut self.shapes[number];
        let shape = u32::try_from(self.first_shape + number).ok()?;
        let parts = Parts { bytes, outer, inner, noticed, shape, header_id, origin };
        let glance = layout.as_ref().and_then(|layout| Glance::new(parts, layout, provider, wanted));
        if let Some(glance) = &glance {
            if !glance.is_wanted() {
                reading.pass_over();
                return Some(());
            }
            if reading.glance(glance) == Verdict::Seen {
                return Some(());
            }
        }
        let outer_root = &self.templates[instance.template].root;
        let mut draft = Draft::default();
        let mut writer = Writer { bytes, slots: outer, strings: &mut self.strings, text: &mut self.text };
        let time = writer.system(outer_root, &mut draft)?;
        let is_wanted = wanted(draft.provider.as_deref().unwrap_or_default(), draft.provider_guid.as_deref());
        writer.inline_data(outer_root, &mut draft)?;
        if let Some(filling) = filling {
            if !draft.data.is_empty() {
                return None;
            }
            let mut writer = Writer { bytes, slots: inner, strings: &mut self.strings, text: &mut self.text };
            writer.filling(&self.templates[filling.template].root, &mut draft)?;
        }
        // The slow way reads a fragment that nothing refers to as well, and may find fault with it.
        if instance.noticed.fragments != usize::from(filling.is_some()) {
            return None;
        }
        draft.record_id = draft.record_id.or(Some(header_id));
        let record = draft.finish(time, origin, &mut self.strings)?;
        if is_wanted {
            reading.record(record);
        } else {
            reading.pass_over();
        }
        Some(())
    }

    /// The template of an instance, whose values are put into `slots`.
    fn instance(&mut self, bytes: Bytes<'_>, from: usize, to: usize, slots: &mut Vec<Slot>) -> Option<Instance> {
        let head = template::instance(bytes, from, to)?;
        let template = match self.here.get(&head.definition) {
            Some(&known) => known,
            None => self.template(bytes, head.definition)?,
        };
        // A definition that stands in the record itself lies between its head and its values.
        let values = if head.resident { self.templates[template].end(head.definition) } else { head.after_head };
        let noticed = value::read_slots(bytes, values, to, slots)?;
        Some(Instance { template, noticed })
    }

    /// The template that is defined at a place of the chunk.
    fn template(&mut self, bytes: Bytes<'_>, at: usize) -> Option<usize> {
        let alike = self.by_key.entry(*Template::key(bytes, at)?).or_default();
        let known = alike.iter().copied().find(|&known| self.templates[known].is_at(bytes, at) == Some(true));
        let found = if let Some(known) = known {
            known
        } else {
            let new = Template::read(bytes, at, &mut self.strings)?;
            self.templates.push(new);
            let new = self.templates.len() - 1;
            alike.push(new);
            new
        };
        self.here.insert(at, found);
        Some(found)
    }

    fn shape(&mut self, outer: usize, inner: Option<usize>) -> usize {
        *self.by_pair.entry((outer, inner)).or_insert_with(|| {
            let layout = Layout::new(&self.templates[outer], inner.map(|inner| &self.templates[inner]));
            self.shapes.push(Shape { layout, provider: Provider::default() });
            self.shapes.len() - 1
        })
    }
}

/// The value of a record that holds its data as binary XML.
enum Embedded {
    None,
    One(Slot),
    /// Something that only the slow way understands.
    Odd,
}

fn embedded(root: &Element, slots: &[Slot]) -> Embedded {
    let mut found = Embedded::None;
    for node in &root.children {
        let Node::Slot { index } = node else { continue };
        let Some(slot) = slots.get(usize::from(*index)) else { continue };
        found = match found {
            _ if slot.is_empty() => continue,
            Embedded::None if slot.kind == BINXML => Embedded::One(*slot),
            _ => return Embedded::Odd,
        };
    }
    found
}

impl Writer<'_> {
    /// The values in the template of the record itself.
    fn inline_data(&mut self, root: &Element, draft: &mut Draft) -> Option<()> {
        for node in &root.children {
            match node {
                Node::Element(element) if is_data(&element.name) && !left_out(element, self.slots) => {
                    self.values(element, draft)?;
                }
                Node::Element(element) if &*element.name == "System" || left_out(element, self.slots) => {}
                Node::Slot { .. } => {}
                Node::Element(_) | Node::Text(_) => return None,
            }
        }
        Some(())
    }

    /// The values in the template that fills a record.
    fn filling(&mut self, root: &Element, draft: &mut Draft) -> Option<()> {
        if !is_data(&root.name) || self.slots.iter().any(|slot| slot.kind == BINXML) {
            return None;
        }
        self.values(root, draft)
    }
}

/// A FILETIME as an instant, if its year is one that text can have.
fn ticks_of(filetime: u64) -> Option<Ticks> {
    (filetime < YEAR_10000).then(|| i64::try_from(filetime).ok().map(Ticks)).flatten()
}

/// Where the records of an undamaged chunk end; `None` if there is any doubt about the chunk.
fn live_end(bytes: Bytes<'_>) -> Option<usize> {
    let chunk = bytes.slice(0, CHUNK)?;
    let end = usize::try_from(bytes.u32(48)?).ok()?;
    let mut header = crc32fast::Hasher::new();
    header.update(&chunk[..120]);
    header.update(&chunk[128..CHUNK_HEADER]);
    let sound = bytes.length() == CHUNK
        && chunk.starts_with(b"ElfChnk\0")
        && bytes.u32(40)? == 128
        && (CHUNK_HEADER..=CHUNK).contains(&end)
        && bytes.u32(124)? == header.finalize()
        && bytes.u32(52)? == crc32fast::hash(&chunk[CHUNK_HEADER..end])
        // Bit 1 says that there are no checksums, bit 0 that the log was not closed.
        && bytes.u32(120)? & !1 == 0
        && template::names_are_sound(bytes);
    sound.then_some(end)
}
