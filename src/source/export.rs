//! Events exported as XML: finds each event in a stream of text and has it converted on its own.
//!
//! A whole-file parser would give up at the first damage. Here the text between `<Event` and its `</Event>` is cut out first, in a window that never holds
//! more than one event of at most [`LARGEST`] bytes; what is inside is the converter's business. When an event has no end, reading takes up again
//! at the next `<Event` that goes on with `<System`, which every event of Windows does, so that an element of that name inside of
//! an event's own data does not count. Every byte is searched a fixed number of times, whatever the text tries.
//!
//! Between events stand the lists that they are in (`Events`, several of them if exports were put together), and whatever tools write there: see [`between`].
//! A list that is begun and not ended means that the rest was not there to be read. Text that should not be there is a fault, and is read past.
//!
//! Offsets are bytes in the file for UTF-8, and bytes of the text decoded to UTF-8 otherwise. What an encoding does not allow is read as U+FFFD. Encodings are not told here but by `discover`.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

use encoding_rs::{Encoding, UTF_8};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::fault::{Fault, FaultKind};
use super::input::Input;
use super::normal;
use super::scratch::Scratch;
use super::visitor::{Item, UnitStats};
use super::xml::Converter;
use crate::base::Locator;
use between::{Between, Stray};
use window::{BLOCK, Find, TextWindow};

pub(super) mod between;
pub(super) mod relay;
mod window;

/// Stretches of text between events that are told of one by one in a file; the others are counted.
const MOST_STRAYS: u64 = 16;

/// Bytes of the largest event that is read.
const LARGEST: u64 = 16 << 20;

/// How far from its `<` the end of a start tag is searched.
const LONGEST_TAG: u64 = 8192;

/// Reads a whole file of exported events.
pub(super) fn read(
    source: &mut dyn Read,
    encoding: &'static Encoding,
    input: &Input,
    number: u32,
    scratch: &mut Scratch,
    sink: &mut dyn FnMut(Item),
) -> UnitStats {
    let mut records = 0;
    let mut target = ExportTarget { input, number, converter: &mut scratch.converter, records: &mut records, sink };
    if encoding == UTF_8 {
        // As it is, so that offsets are those of the file and invalid bytes are seen.
        EventCutter::new(source).run(&mut target);
    } else {
        let decoded = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(source);
        EventCutter::new(decoded).run(&mut target);
    }
    UnitStats { bytes: input.size, records, ..UnitStats::default() }
}

/// Where events and faults go.
struct ExportTarget<'a> {
    input: &'a Input,
    number: u32,
    converter: &'a mut Converter,
    records: &'a mut u64,
    sink: &'a mut dyn FnMut(Item),
}

impl ExportTarget<'_> {
    /// One event, from its `<` to its last `>`; `is_relayed` says whether it stands in a line of a system log.
    fn event(&mut self, bytes: &[u8], offset: u64, is_relayed: bool) {
        *self.records += 1;
        let bytes = if is_relayed { relay::unescape(bytes) } else { Cow::Borrowed(bytes) };
        let text = String::from_utf8_lossy(&bytes);
        let origin = Locator { input: self.number, offset };
        let item = match self.converter.convert(&text, origin, None) {
            Ok(mut record) => {
                normal::export(&mut record);
                if matches!(text, Cow::Owned(_)) {
                    let reason = "the event has bytes that are not UTF-8; they were read as U+FFFD";
                    let fault = Fault::suspect(&self.input.display, FaultKind::Xml, reason);
                    (self.sink)(Item::Fault(fault.at(offset).of_record(record.record_id)));
                }
                Item::Record(record)
            }
            Err(refusal) => Item::Fault(
                Fault::lost(&self.input.display, refusal.kind, refusal.reason).at(offset).of_record(refusal.record_id),
            ),
        };
        (self.sink)(item);
    }

    /// An event that was met but has no start or no end.
    fn broken(&mut self, offset: u64, reason: &str) {
        *self.records += 1;
        (self.sink)(Item::Fault(Fault::lost(&self.input.display, FaultKind::Xml, reason).at(offset)));
    }

    /// The rest of a list of events is not there.
    fn cut(&mut self, offset: u64, reason: &str) {
        (self.sink)(Item::Fault(Fault::lost(&self.input.display, FaultKind::Truncated, reason).at(offset)));
    }

    /// Something that is no evidence and costs none.
    fn pass_over(&mut self, offset: u64, reason: String) {
        (self.sink)(Item::Fault(Fault::passed_over(&self.input.display, FaultKind::Foreign, reason).at(offset)));
    }

    fn doubt(&mut self, offset: u64, reason: &str) {
        (self.sink)(Item::Fault(Fault::suspect(&self.input.display, FaultKind::Xml, reason).at(offset)));
    }
}

/// Markup that a `<` starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Markup {
    /// Something that goes on to a fixed end, whatever is inside.
    Opaque(Opaque),
    /// `<Event`
    Event,
    /// `</Event`
    EventEnd,
    /// `<Events`
    List,
    /// `</Events`
    ListEnd,
    Other,
}

/// Markup whose inside is not looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opaque {
    Comment,
    CData,
    Instruction,
    Doctype,
    DoctypeWithSubset,
}

impl Opaque {
    /// Bytes of what it starts with.
    const fn start(self) -> u64 {
        match self {
            Self::Comment => 4,
            Self::CData | Self::Doctype | Self::DoctypeWithSubset => 9,
            Self::Instruction => 2,
        }
    }

    const fn end(self) -> &'static [u8] {
        match self {
            Self::Comment => b"-->",
            Self::CData => b"]]>",
            Self::Instruction => b"?>",
            Self::Doctype => b">",
            Self::DoctypeWithSubset => b"]>",
        }
    }
}

/// How an event that starts somewhere goes on.
enum Extent {
    /// Up to here.
    To(u64),
    /// It has no end; take up again here.
    Broken { resume: u64, reason: &'static str },
}

/// Cuts the text of an export into its events.
struct EventCutter<R> {
    window: TextWindow<R>,
    /// For each [`Opaque`]: its end is known not to be in this range.
    missing: [Range<u64>; 5],
    /// After an event that was too large: its end is still to come, and is no event of its own.
    in_tail: bool,
    outside: Outside,
}

/// State of the text outside of events.
#[derive(Default)]
struct Outside {
    between: Between,
    /// The text belongs to an event that was given up, and has its fault.
    is_of_broken: bool,
    /// Where the list began that has not ended.
    list: Option<u64>,
    events: u64,
    strays: u64,
    log_lines: Option<(u64, u64)>,
}

impl Outside {
    /// Tells what was between the last event and this place.
    fn tell(&mut self, is_last: bool, target: &mut ExportTarget<'_>) {
        let Between { stray, zeros, log_lines, .. } = std::mem::take(&mut self.between);
        let is_first = self.events == 0;
        if std::mem::take(&mut self.is_of_broken) {
            return;
        }
        if let Some((first, count)) = log_lines {
            self.log_lines.get_or_insert((first, 0)).1 += count;
        }
        if let Some((offset, count)) = zeros.filter(|_| !is_first && !is_last) {
            target.doubt(offset, &format!("zero bytes ({count}) stand between events: something may have been there"));
        }
        if let Some(Stray { offset, lines, start }) = stray {
            self.strays += 1;
            if self.strays <= MOST_STRAYS {
                target.doubt(offset, &format!("text that is no event was passed over ({lines} lines): {start}"));
            }
        }
    }

    /// Tells what is known when all has been read.
    fn end(&mut self, at: u64, was_cut: bool, target: &mut ExportTarget<'_>) {
        self.between.end_line();
        self.tell(true, target);
        if let Some(more) = self.strays.checked_sub(MOST_STRAYS).filter(|&more| more > 0) {
            target.doubt(at, &format!("{more} more stretches of text between events were passed over"));
        }
        if let Some((first, count)) = self.log_lines {
            target.pass_over(first, format!("lines of a system log without an event ({count}) were passed over"));
        }
        if self.list.is_some() && !was_cut {
            target.cut(at, "the text ends before the end of its list of events (</Events>): the rest is missing");
        }
    }
}

impl<R: Read> EventCutter<R> {
    fn new(source: R) -> Self {
        Self {
            window: TextWindow::new(source),
            missing: [0..0, 0..0, 0..0, 0..0, 0..0],
            in_tail: false,
            outside: Outside::default(),
        }
    }

    fn run(&mut self, target: &mut ExportTarget<'_>) {
        let mut at = 0;
        loop {
            self.window.forget(at);
            let (end, next) = match self.next_markup(at, at.saturating_add(BLOCK as u64)) {
                Find::At(open) => (open, Some(open)),
                Find::Limit => (at + BLOCK as u64, None),
                Find::End => (self.window.end(), None),
            };
            self.outside.between.add(self.window.slice(at, end), at);
            at = match next {
                Some(open) => self.outside(open, target),
                None if end == self.window.end() && self.window.is_over() => break,
                None => end,
            };
        }
        let was_cut = self.outside.is_of_broken;
        self.outside.end(self.window.end(), was_cut, target);
        if let Some(error) = self.window.take_failure() {
            let reason = format!("the file cannot be read further: {error}");
            let fault = Fault::lost(&target.input.display, FaultKind::Unreadable, reason).at(self.window.end());
            (target.sink)(Item::Fault(fault));
        }
    }

    /// Deals with the `<` at `open`, which is not inside an event, and says where to go on.
    fn outside(&mut self, open: u64, target: &mut ExportTarget<'_>) -> u64 {
        match self.markup(open) {
            Markup::Opaque(opaque) => {
                let known = self.missing[opaque as usize].contains(&open);
                self.skip(opaque, open, open.saturating_add(LARGEST)).unwrap_or_else(|| {
                    if !known {
                        target.doubt(
                            open,
                            "a comment, CDATA section, instruction or DOCTYPE has no end; read as if it were not there",
                        );
                    }
                    open + opaque.start()
                })
            }
            Markup::Event => {
                self.in_tail = false;
                let is_relayed = self.outside.between.end_at_event();
                self.outside.tell(false, target);
                self.outside.events += 1;
                match self.extent(open) {
                    Extent::To(end) => {
                        target.event(self.window.slice(open, end), open, is_relayed);
                        end
                    }
                    Extent::Broken { resume, reason } => {
                        target.broken(open, reason);
                        self.outside.is_of_broken = true;
                        resume
                    }
                }
            }
            Markup::EventEnd => {
                if !std::mem::take(&mut self.in_tail) {
                    target.broken(open, "an event has an end but no start");
                }
                // What stood before is the rest of that event.
                self.outside.between = Between::default();
                self.outside.is_of_broken = false;
                self.tag_end(open).unwrap_or(open + 1)
            }
            list @ (Markup::List | Markup::ListEnd) => self.list(list, open, target),
            Markup::Other => {
                self.outside.between.add(b"<", open);
                open + 1
            }
        }
    }

    /// Notes the start or the end of a list of events, and says where to go on.
    fn list(&mut self, list: Markup, open: u64, target: &mut ExportTarget<'_>) -> u64 {
        let Some(end) = self.tag_end(open) else {
            self.outside.between.add(b"<", open);
            return open + 1;
        };
        self.outside.between.end_line();
        let is_empty = self.window.slice(end - 2, end) == b"/>";
        if list == Markup::List {
            if self.outside.list.is_some() {
                target.cut(
                    open,
                    "a list of events begins before the one before it has ended: the rest of that one is missing",
                );
            }
            self.outside.list = (!is_empty).then_some(open);
        } else if self.outside.list.take().is_none() {
            target.cut(open, "a list of events has an end but no start: what was before is missing");
        }
        end
    }

    /// How far the event goes that starts at `open`.
    fn extent(&mut self, open: u64) -> Extent {
        let limit = open.saturating_add(LARGEST);
        if let Some(end) = self.empty_tag(open) {
            return Extent::To(end);
        }
        // By depth, not by the first `</Event`: data may hold an element of that name. An element that goes on with `System` begins an event, though, and
        // shows that the one before has no end.
        let mut depth = 1_u32;
        let mut at = open + 1;
        loop {
            at = match self.next_markup(at, limit) {
                Find::At(next) => next,
                Find::Limit => {
                    self.in_tail = true;
                    return Extent::Broken { resume: limit, reason: "the event is larger than 16 MiB, or has no end" };
                }
                Find::End => {
                    return Extent::Broken { resume: self.window.end(), reason: "the text ends inside the event" };
                }
            };
            match self.markup(at) {
                Markup::Opaque(opaque) => at = self.skip(opaque, at, limit).unwrap_or(at + 1),
                Markup::Event if self.is_start_of_event(at) => {
                    return Extent::Broken { resume: at, reason: "the event has no end before the next one starts" };
                }
                Markup::Event => {
                    if let Some(end) = self.empty_tag(at) {
                        at = end;
                    } else {
                        depth = depth.saturating_add(1);
                        at += 1;
                    }
                }
                Markup::EventEnd => {
                    depth -= 1;
                    at = match self.tag_end(at) {
                        Some(end) if depth == 0 => return Extent::To(end),
                        None if depth == 0 => {
                            return Extent::Broken { resume: at + 1, reason: "the end tag of the event is damaged" };
                        }
                        _ => at + 1,
                    };
                }
                Markup::List | Markup::ListEnd | Markup::Other => at += 1,
            }
        }
    }

    fn next_markup(&mut self, from: u64, limit: u64) -> Find {
        self.window.find(from, limit, 1, |bytes| memchr::memchr(b'<', bytes))
    }

    /// Markup that the `<` at `open` starts.
    fn markup(&mut self, open: u64) -> Markup {
        let bytes = self.window.look(open, 128);
        let opaque = if bytes.starts_with(b"<!--") {
            Opaque::Comment
        } else if bytes.starts_with(b"<![CDATA[") {
            Opaque::CData
        } else if bytes.starts_with(b"<?") {
            Opaque::Instruction
        } else if bytes.starts_with(b"<!DOCTYPE") {
            // `<!DOCTYPE x [ … ]>`: declarations inside the brackets have `>` of their own.
            let bracket = memchr::memchr2(b'[', b'>', bytes).and_then(|at| bytes.get(at));
            if bracket == Some(&b'[') { Opaque::DoctypeWithSubset } else { Opaque::Doctype }
        } else {
            return match bytes {
                [b'<', b'/', name @ ..] if is_named(name, b"Event") => Markup::EventEnd,
                [b'<', name @ ..] if is_named(name, b"Event") => Markup::Event,
                [b'<', b'/', name @ ..] if is_named(name, b"Events") => Markup::ListEnd,
                [b'<', name @ ..] if is_named(name, b"Events") => Markup::List,
                _ => Markup::Other,
            };
        };
        Markup::Opaque(opaque)
    }

    /// Offset just past the end of opaque markup, if it ends before `limit`. No byte is searched twice for the same end.
    fn skip(&mut self, opaque: Opaque, open: u64, limit: u64) -> Option<u64> {
        let end = opaque.end();
        let width = end.len() as u64;
        // `<!--` a million times without one `-->` would search all the rest for each; what has been searched for an end is remembered.
        let missing = self.missing[opaque as usize].clone();
        let (known_from, from) = if missing.contains(&open) { (missing.start, missing.end) } else { (open, open) };
        if from >= limit {
            return None;
        }
        if let Find::At(hit) = self.window.find(from, limit, width, |bytes| memchr::memmem::find(bytes, end)) {
            return Some(hit + width);
        }
        let searched = self.window.end().min(limit);
        self.missing[opaque as usize] = known_from..(searched + 1).saturating_sub(width).max(from);
        None
    }

    /// Offset just past the `>` of the tag that starts at `open`, unless another tag starts before.
    fn tag_end(&mut self, open: u64) -> Option<u64> {
        let limit = open.saturating_add(LONGEST_TAG);
        match self.window.find(open + 1, limit, 1, |bytes| memchr::memchr2(b'<', b'>', bytes)) {
            Find::At(at) if self.window.slice(at, at + 1) == b">" => Some(at + 1),
            _ => None,
        }
    }

    /// Offset just past the tag that starts at `open`, if it is `<.../>`.
    fn empty_tag(&mut self, open: u64) -> Option<u64> {
        let end = self.tag_end(open)?;
        (self.window.slice(end - 2, end) == b"/>").then_some(end)
    }

    /// Whether the element that starts at `open` goes on as all events do: with `System`.
    fn is_start_of_event(&mut self, open: u64) -> bool {
        let Some(end) = self.tag_end(open) else {
            return false;
        };
        let limit = end.saturating_add(LONGEST_TAG);
        let next = self.window.find(end, limit, 1, |bytes| bytes.iter().position(|byte| !byte.is_ascii_whitespace()));
        match next {
            Find::At(at) => match self.window.look(at, 128) {
                [b'<', name @ ..] => is_named(name, b"System"),
                _ => false,
            },
            _ => false,
        }
    }
}

/// Whether the name at the start of `bytes`, without its prefix, is `wanted`.
fn is_named(bytes: &[u8], wanted: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'<'));
    let name = &bytes[..end.unwrap_or(bytes.len())];
    let local = memchr::memrchr(b':', name).map_or(name, |colon| &name[colon + 1..]);
    local == wanted
}

#[cfg(test)]
mod tests;
