//! One event as bytes: what it is sorted by, its process, and its contents.
//!
//! Rows are written once, moved about, spilled to disk perhaps, and read back in place, without copying. They never leave the process that wrote them, so
//! that the form is nobody's contract. Reading is total nevertheless: bytes that are no row give nothing.
//!
//! A row is a head of fixed length, a table, and texts; a document or a record comes behind. The table says for each value, in the order of the columns,
//! which column it is of and what it is; a text is there by its length only. All texts stand together behind the table, so that they are checked at once; in
//! front of them those that are asked for by themselves: host, entity id, record id; then those that several columns have parts of, as a path and the name
//! in it, which the table refers to by place.

use super::bytes::{take, take_length};
use super::fields::{ACTION_COLUMN, ENTITY_ID_COLUMN, FIELDS, HOST_COLUMN, RECORD_ID_COLUMN, RowContents, fields_of};
use super::record::{self, RecordView};
use crate::base::{Locator, Ticks};
use crate::ecs::{self, Field};
use crate::event::{Document, Event, Fields, OrderKey, Value};
use crate::source::Record;
use crate::sysmon::{Extracted, Extractors, LazyEvent, SourcePart, TextSource};
use std::fmt;
use std::ops::Range;

/// One value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'r> {
    /// A text or an address.
    Text(&'r str),
    /// An integer.
    Long(i64),
    /// A number that is no integer.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// An instant.
    Date(Ticks),
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Long(number) => number.fmt(f),
            Self::Double(number) => number.fmt(f),
            Self::Boolean(flag) => flag.fmt(f),
            Self::Date(at) => at.fmt(f),
        }
    }
}

/// A row in its bytes.
#[derive(Clone, Copy, Debug)]
pub struct TimelineRow<'r> {
    /// Its place in the order of events.
    pub order: OrderKey,
    /// Whether it tells of the creation of its process.
    pub is_creation: bool,
    /// Computer name; empty if the record names none.
    pub host: &'r str,
    /// ProcessGuid as the record has it.
    pub entity_id: Option<&'r str>,
    /// The record id, if it is a text.
    pub record_id: Option<&'r str>,
    table: &'r [u8],
    /// All texts.
    texts: &'r str,
    /// Where the texts that the table has by length begin among them.
    own_texts: usize,
    /// The document, or the record.
    rest: &'r [u8],
}

/// The sort key of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    order: OrderKey,
    is_creation: bool,
    host: String,
    entity_id: Option<String>,
}

impl Subject {
    /// The subject of whatever has fields.
    pub fn new(fields: &dyn Fields, order: OrderKey, is_creation: bool) -> Self {
        let text =
            |field: ecs::FieldId| fields.values(&field.into()).first().and_then(Value::as_text).map(str::to_owned);
        let (host, entity_id) = (text(ecs::HOST_NAME), text(ecs::PROCESS_ENTITY_ID));
        Self { order, is_creation, host: host.unwrap_or_default(), entity_id }
    }
}

/// Writes rows one after another.
#[derive(Debug, Default)]
pub struct RowWriter {
    bytes: Vec<u8>,
    table: Vec<u8>,
    texts: Vec<u8>,
    /// The parts that columns have of the texts that they share.
    parts: Vec<SourcePart>,
    /// Where the texts begin that no columns share.
    own_texts: usize,
}

/// The row of all events of one shape: where each column is found, with the cells that are the same for all of them already encoded.
#[derive(Debug)]
pub struct RowTemplate {
    parts: Vec<TemplatePart>,
    /// Entries that several columns are made of.
    sources: Vec<TextSource>,
    host: usize,
    entity_id: usize,
    record_id: usize,
}

/// One or more cells of a template.
#[derive(Clone, Debug)]
enum TemplatePart {
    /// The cells of a column must be asked for at this place.
    Column(u8, usize),
    /// The cell of a column is the part of a source with this number.
    Shared(u8, usize),
    /// Cells that are known: their entries in the table, and their texts.
    Known(Vec<u8>, Vec<u8>),
}

impl RowTemplate {
    /// The template of events with these extractors, which learn the columns; `constants` has the values that are the same for all events.
    /// `None` if some column cannot be extracted without mapping the whole event.
    pub fn new(extractors: &mut Extractors, contents: &RowContents, constants: &Document) -> Option<Self> {
        let place = |extractors: &mut Extractors, field: &Field| {
            extractors.learn(field);
            extractors.position(field)
        };
        let host = place(extractors, &ecs::HOST_NAME.into())?;
        let entity_id = place(extractors, &ecs::PROCESS_ENTITY_ID.into())?;
        let record_id = place(extractors, &ecs::WINLOG_RECORD_ID.into())?;
        let places: Vec<usize> = fields_of(contents).map(|field| place(extractors, &field)).collect::<Option<_>>()?;
        let (sources, shared): (Vec<TextSource>, Vec<Vec<usize>>) = extractors.sources(&places).into_iter().unzip();
        let shared: Vec<usize> = shared.into_iter().flatten().collect();
        let mut parts: Vec<TemplatePart> = Vec::new();
        for ((column, field), at) in (0..).zip(fields_of(contents)).zip(places) {
            // Cells that are the same in every row of the shape are encoded here once, and copied as bytes by each row.
            if !extractors.is_constant(&field) {
                parts.push(match shared.iter().position(|have| *have == at) {
                    Some(part) => TemplatePart::Shared(column, part),
                    None => TemplatePart::Column(column, at),
                });
                continue;
            }
            let mut writer = RowWriter::default();
            writer.values(column, constants.values(&field));
            match parts.last_mut() {
                _ if writer.table.is_empty() => {}
                Some(TemplatePart::Known(table, texts)) => {
                    table.append(&mut writer.table);
                    texts.append(&mut writer.texts);
                }
                _ => parts.push(TemplatePart::Known(writer.table, writer.texts)),
            }
        }
        Some(Self { parts, sources, host, entity_id, record_id })
    }
}

/// A text in front of the others, if the row has one: its length, and whether it is the only value of its field, so that the table can refer to it.
type FrontText = Option<(usize, bool)>;

/// The texts in front: host, entity id, record id.
type Fronts = [FrontText; 3];

impl RowWriter {
    /// Everything written so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes everything written so far.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Forgets what was written after that many bytes.
    pub fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    /// Makes room for that many bytes.
    pub fn reserve(&mut self, length: usize) {
        self.bytes.reserve(length);
    }

    /// Writes an event.
    pub fn event(&mut self, event: &Event, order: OrderKey, contents: &RowContents) {
        let fronts = self.begin_event(event);
        if !matches!(contents, RowContents::Document | RowContents::Record) {
            for (column, field) in (0..).zip(fields_of(contents)) {
                // Beats and agents write there when they read a record.
                let is_time_of_reading = !event.is_logged_known && field == Field::Known(ecs::EVENT_CREATED);
                if !is_time_of_reading && !self.refer(column, &fronts) {
                    self.values(column, event.document.values(&field));
                }
            }
        }
        self.end(order, event.document.is_process_creation(), &fronts);
        match contents {
            RowContents::Columns | RowContents::Details | RowContents::Chosen(_) => {}
            RowContents::Document => event.push_json(&mut self.bytes),
            RowContents::Record => {
                self.bytes.push(record::DOCUMENT);
                event.push_json(&mut self.bytes);
            }
        }
    }

    /// Writes an event as the record that it was mapped from. `chunk` counts the chunks of the file from 0, `path` is the file.
    pub fn record(&mut self, subject: &Subject, record: &Record, chunk: Option<u64>, path: &str) {
        self.begin();
        let mut front = |text: &str| {
            self.texts.extend_from_slice(text.as_bytes());
            Some((text.len(), true))
        };
        let fronts = [front(&subject.host), subject.entity_id.as_deref().and_then(&mut front), None];
        self.own_texts = self.texts.len();
        self.end(subject.order, subject.is_creation, &fronts);
        self.bytes.push(record::RECORD);
        record::write(&mut self.bytes, record, chunk, path);
    }

    /// Writes the columns of an event from its record in the chunk.
    pub fn lazy_event(&mut self, event: &LazyEvent<'_>, template: &RowTemplate, order: OrderKey, is_creation: bool) {
        self.begin();
        let fronts = [template.host, template.entity_id, template.record_id].map(|at| self.first_text_at(event, at));
        self.parts.clear();
        template.sources.iter().for_each(|source| event.write_source(source, &mut self.texts, &mut self.parts));
        self.own_texts = self.texts.len();
        for part in &template.parts {
            match part {
                TemplatePart::Known(table, texts) => {
                    self.table.extend_from_slice(table);
                    self.texts.extend_from_slice(texts);
                }
                TemplatePart::Column(column, _) | TemplatePart::Shared(column, _) if self.refer(*column, &fronts) => {}
                TemplatePart::Shared(column, part) => self.part(*column, *part),
                TemplatePart::Column(column, at) => self.column(*column, event, *at),
            }
        }
        self.end(order, is_creation, &fronts);
    }

    fn begin_event(&mut self, event: &Event) -> Fronts {
        self.begin();
        let fronts = [ecs::HOST_NAME, ecs::PROCESS_ENTITY_ID, ecs::WINLOG_RECORD_ID]
            .map(|field| self.first_text(event.document.all(field)));
        self.own_texts = self.texts.len();
        fronts
    }

    fn begin(&mut self) {
        self.table.clear();
        self.texts.clear();
    }

    /// Adds the first value of a field if that is a text: its length, and whether it is the only one.
    fn first_text(&mut self, values: &[Value]) -> Option<(usize, bool)> {
        let text = values.first()?.as_text()?;
        self.texts.extend_from_slice(text.as_bytes());
        Some((text.len(), values.len() == 1))
    }

    /// Adds the first value of the field at a position if that is a text: its length, and whether it is the only one.
    fn first_text_at(&mut self, event: &LazyEvent<'_>, at: usize) -> Option<(usize, bool)> {
        let begin = self.texts.len();
        match event.write_at(at, &mut self.texts) {
            Extracted::Text | Extracted::Address => Some((self.texts.len() - begin, true)),
            Extracted::Several => self.first_text(event.values_at(at)),
            _ => None,
        }
    }

    /// Lets the table refer to a text that stands in front already, if it is that of the column.
    fn refer(&mut self, column: u8, fronts: &Fronts) -> bool {
        let at = match column {
            HOST_COLUMN => 0,
            ENTITY_ID_COLUMN => 1,
            RECORD_ID_COLUMN => 2,
            _ => return false,
        };
        // A field with several values is written out in full, because the reference would stand for the first one only.
        let is_only = fronts[usize::from(at)].is_some_and(|(_, only)| only);
        if is_only {
            self.table.extend_from_slice(&[column, FRONT + at]);
        }
        is_only
    }

    /// Ends a row: the head needs to know what follows it.
    fn end(&mut self, order: OrderKey, is_creation: bool, fronts: &Fronts) {
        // A row in bytes; numbers are little-endian, and places count from the start of the row:
        //
        //      0  i64  time of the order                          8  u8   flags: 1 tiebreaker, 2 creation, 4 entity id, 8 record id
        //      9  u64  tiebreaker, or 0                          17  u32  input, and
        //     21  u64  offset where the event was read           29  u32  length of the host's name
        //     33  u32  length of the entity id                   37  u32  length of the record id
        //     41  u32  where the table's own texts begin         45  u32  length of the table
        //     49  u32  length of all texts                       53  table, texts; then a document or record, if there is one
        //
        //     texts:  host │ entity id │ record id │ shared texts │ own texts, in the order of the table
        //
        // The spool reads the head and the first two texts only, millions of times: they stand in front, at places that need no parsing.
        let (tiebreaker, origin) = (order.tiebreaker(), order.origin());
        let flags = u8::from(tiebreaker.is_some())
            | (u8::from(is_creation) << 1)
            | (u8::from(fronts[1].is_some()) << 2)
            | (u8::from(fronts[2].is_some()) << 3);
        let [host, entity_id, record_id] = fronts.map(|front| front.map_or(0, |(length, _)| length));
        let mut head = [0; HEAD];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            head[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&order.time.0.to_le_bytes());
        put(&[flags]);
        put(&tiebreaker.unwrap_or_default().to_le_bytes());
        put(&origin.input.to_le_bytes());
        put(&origin.offset.to_le_bytes());
        // Texts come from records and documents of far less than 4 GiB.
        for length in [host, entity_id, record_id, self.own_texts, self.table.len(), self.texts.len()] {
            put(&u32::try_from(length).unwrap_or_default().to_le_bytes());
        }
        self.bytes.extend_from_slice(&head);
        self.bytes.extend_from_slice(&self.table);
        self.bytes.extend_from_slice(&self.texts);
    }

    fn column(&mut self, column: u8, event: &LazyEvent<'_>, at: usize) {
        let begin = self.texts.len();
        match event.write_at(at, &mut self.texts) {
            Extracted::Text | Extracted::Address => self.text_entry(column, self.texts.len() - begin),
            Extracted::Long(number) => self.long(column, number),
            Extracted::Boolean(flag) => self.table.extend_from_slice(&[column, if flag { TRUE } else { FALSE }]),
            Extracted::Date(time) => self.entry(column, DATE, time.0.to_le_bytes()),
            Extracted::Nothing => {}
            Extracted::Several => self.values(column, event.values_at(at)),
        }
    }

    /// The cell that is a part of a text which other columns have parts of too.
    fn part(&mut self, column: u8, part: usize) {
        match &self.parts[part] {
            SourcePart::Nothing => {}
            SourcePart::Text(range) => {
                // Two bytes are enough for a place in nearly every row. A part further behind is written out instead: longer, but no other form is needed.
                let range = range.clone();
                if let (Ok(start), Ok(length)) = (u16::try_from(range.start), u16::try_from(range.len())) {
                    let ([start, rest], [low, high]) = (start.to_le_bytes(), length.to_le_bytes());
                    self.table.extend_from_slice(&[column, PART, start, rest, low, high]);
                } else {
                    let length = range.len();
                    self.texts.extend_from_within(range);
                    self.text_entry(column, length);
                }
            }
            SourcePart::Other(text) => {
                self.texts.extend_from_slice(text.as_bytes());
                let length = text.len();
                self.text_entry(column, length);
            }
            SourcePart::Flag(flag) => self.table.extend_from_slice(&[column, if *flag { TRUE } else { FALSE }]),
        }
    }

    /// The values of a column. Elastic gives the load of an image two actions, where ECS has one: a row has the first, which is the name of the event ID.
    fn values(&mut self, column: u8, values: &[Value]) {
        let most = if column == ACTION_COLUMN { 1 } else { values.len() };
        values.iter().take(most).for_each(|value| self.value(column, value));
    }

    fn value(&mut self, column: u8, value: &Value) {
        match value {
            Value::Text(text) => self.text(column, text),
            Value::Ip(ip) => self.text(column, &ip.text),
            Value::Long(number) => self.long(column, *number),
            Value::Double(number) => self.entry(column, DOUBLE, number.to_le_bytes()),
            Value::Boolean(flag) => self.table.extend_from_slice(&[column, if *flag { TRUE } else { FALSE }]),
            Value::Date(at) => self.entry(column, DATE, at.0.to_le_bytes()),
        }
    }

    fn text(&mut self, column: u8, text: &str) {
        self.texts.extend_from_slice(text.as_bytes());
        self.text_entry(column, text.len());
    }

    /// The entry of a text that was added.
    fn text_entry(&mut self, column: u8, length: usize) {
        // Entries of the table, each behind the number of its column:
        //
        //     16+n             a text of n bytes, the next of the own texts        0 u16     a longer one        6 u32    a very long one
        //     7, 8, 9          host, entity id, record id                          10 u16 u16  place and length in the texts before
        //     11 u32, 1 i64    integers                                            2 f64, 3, 4, 5 i64  double, false, true, time
        //
        // Most texts of events are short, so that most entries of texts take two bytes.
        if let Some(kind) = u8::try_from(length).ok().and_then(|length| length.checked_add(SHORT_TEXT)) {
            self.table.extend_from_slice(&[column, kind]);
        } else if let Ok(length) = u16::try_from(length) {
            let [low, high] = length.to_le_bytes();
            self.table.extend_from_slice(&[column, TEXT, low, high]);
        } else {
            self.table.extend([column, LONG_TEXT]);
            self.table.extend(u32::try_from(length).unwrap_or_default().to_le_bytes());
        }
    }

    fn long(&mut self, column: u8, number: i64) {
        match u32::try_from(number) {
            Ok(number) => {
                let [a, b, c, d] = number.to_le_bytes();
                self.table.extend_from_slice(&[column, SHORT_LONG, a, b, c, d]);
            }
            Err(_) => self.entry(column, LONG, number.to_le_bytes()),
        }
    }

    fn entry(&mut self, column: u8, kind: u8, value: [u8; 8]) {
        let mut entry = [column, kind, 0, 0, 0, 0, 0, 0, 0, 0];
        entry[2..].copy_from_slice(&value);
        self.table.extend_from_slice(&entry);
    }
}

/// Bytes of a row before its table.
const HEAD: usize = 53;

/// A text of less than 64 KiB: its length follows.
const TEXT: u8 = 0;
const LONG: u8 = 1;
const DOUBLE: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
const DATE: u8 = 5;
/// A text of any length.
const LONG_TEXT: u8 = 6;
/// The host, which stands in front of all texts; and after it the entity id, and the record id.
const FRONT: u8 = 7;
const FRONT_RECORD_ID: u8 = 9;
/// A part of a text that other columns have parts of too: its place among all texts and its length follow.
const PART: u8 = 10;
/// An integer of four bytes that is not negative.
const SHORT_LONG: u8 = 11;
/// A text of so many bytes as the kind is above this.
const SHORT_TEXT: u8 = 16;

/// The sort key of a row as it is read by the spool.
#[derive(Clone, Copy, Debug)]
pub struct RowHead<'r> {
    /// Its place in the order of events.
    pub order: OrderKey,
    /// Whether it tells of the creation of its process.
    pub is_creation: bool,
    /// Computer name, in UTF-8; empty if the record names none.
    pub host: &'r [u8],
    /// ProcessGuid as the record has it, in UTF-8.
    pub entity_id: Option<&'r [u8]>,
}

/// The head of a row, and where everything behind it is.
struct Split<'r> {
    order: OrderKey,
    flags: u8,
    /// Bytes of the texts in front.
    fronts: [usize; 3],
    own_texts: usize,
    table: &'r [u8],
    texts: &'r [u8],
    rest: &'r [u8],
}

impl<'r> Split<'r> {
    fn new(bytes: &'r [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let mut head = head.as_slice();
        let time = Ticks(i64::from_le_bytes(take(&mut head)?));
        let [flags] = take(&mut head)?;
        let tiebreaker = u64::from_le_bytes(take(&mut head)?);
        let origin =
            Locator { input: u32::from_le_bytes(take(&mut head)?), offset: u64::from_le_bytes(take(&mut head)?) };
        let fronts = [take_length(&mut head)?, take_length(&mut head)?, take_length(&mut head)?];
        let own_texts = take_length(&mut head)?;
        let (table, rest) = rest.split_at_checked(take_length(&mut head)?)?;
        let (texts, rest) = rest.split_at_checked(take_length(&mut head)?)?;
        let order = OrderKey::new(time, (flags & 1 != 0).then_some(tiebreaker), origin);
        Some(Self { order, flags, fronts, own_texts, table, texts, rest })
    }

    const fn is_creation(&self) -> bool {
        self.flags & 2 != 0
    }
}

impl<'r> RowHead<'r> {
    /// Reads the head of a row that is all of `bytes`.
    pub fn read(bytes: &'r [u8]) -> Option<Self> {
        let split = Split::new(bytes)?;
        let (host, texts) = split.texts.split_at_checked(split.fronts[0])?;
        let (entity_id, _) = texts.split_at_checked(split.fronts[1])?;
        let entity_id = (split.flags & 4 != 0).then_some(entity_id);
        Some(Self { order: split.order, is_creation: split.is_creation(), host, entity_id })
    }
}

impl<'r> TimelineRow<'r> {
    /// Reads a row that is all of `bytes`.
    pub fn read(bytes: &'r [u8]) -> Option<Self> {
        let split = Split::new(bytes)?;
        // All texts stand together so that one check is enough for them; slices of a checked text cost nothing.
        let all = simdutf8::basic::from_utf8(split.texts).ok()?;
        let (host, texts) = all.split_at_checked(split.fronts[0])?;
        let (entity_id, texts) = texts.split_at_checked(split.fronts[1])?;
        let (record_id, _) = texts.split_at_checked(split.fronts[2])?;
        Some(Self {
            order: split.order,
            is_creation: split.is_creation(),
            host,
            entity_id: (split.flags & 4 != 0).then_some(entity_id),
            record_id: (split.flags & 8 != 0).then_some(record_id),
            table: split.table,
            texts: all,
            own_texts: split.own_texts,
            rest: split.rest,
        })
    }

    /// The document, if rows hold documents: JSON.
    pub fn document(&self) -> &'r [u8] {
        self.rest
    }

    /// The values of a field beside [`FIELDS`], by its position in [`super::DETAILS`].
    pub fn detail(&self, position: usize) -> impl Iterator<Item = Cell<'r>> + use<'r> {
        let wanted = FIELDS.len() + position;
        self.cells()
            .skip_while(move |(at, _)| *at < wanted)
            .take_while(move |(at, _)| *at == wanted)
            .map(|(_, cell)| cell)
    }

    /// The record, or the document that stands for one, if rows hold records.
    pub fn record(&self) -> Option<RecordView<'r>> {
        RecordView::read(self.rest)
    }

    /// The values with the positions of their fields in [`FIELDS`], and behind them in [`super::DETAILS`], ascending; several values of one field one after
    /// another.
    pub fn cells(&self) -> RowCells<'r> {
        let fronts = [self.host, self.entity_id.unwrap_or_default(), self.record_id.unwrap_or_default()];
        let own_texts = self.texts.get(self.own_texts..).unwrap_or_default();
        RowCells { table: self.table, own_texts, texts: self.texts, fronts }
    }
}

/// The values of a row, one after another.
#[derive(Clone, Debug, Default)]
pub struct RowCells<'r> {
    table: &'r [u8],
    /// The rest of the texts that the table has by length.
    own_texts: &'r str,
    texts: &'r str,
    fronts: [&'r str; 3],
}

impl<'r> RowCells<'r> {
    /// The position of the field of the next value.
    pub fn column(&self) -> Option<usize> {
        self.table.first().map(|column| usize::from(*column))
    }

    /// All texts of the row.
    pub fn texts(&self) -> &'r str {
        self.texts
    }

    /// Where a text that a cell had is among all texts of the row; `None` if it is that of another row.
    pub fn place_of(&self, text: &str) -> Option<Range<usize>> {
        let start = text.as_ptr().addr().checked_sub(self.texts.as_ptr().addr())?;
        let end = start.checked_add(text.len())?;
        (end <= self.texts.len()).then_some(start..end)
    }

    fn text(&mut self, length: usize) -> Option<&'r str> {
        let (text, rest) = self.own_texts.split_at_checked(length)?;
        self.own_texts = rest;
        Some(text)
    }
}

impl<'r> Iterator for RowCells<'r> {
    type Item = (usize, Cell<'r>);

    fn next(&mut self) -> Option<Self::Item> {
        let [column, kind] = take(&mut self.table)?;
        let cell = match kind {
            SHORT_TEXT.. => Cell::Text(self.text((kind - SHORT_TEXT).into())?),
            PART => {
                let start = usize::from(u16::from_le_bytes(take(&mut self.table)?));
                let length = usize::from(u16::from_le_bytes(take(&mut self.table)?));
                Cell::Text(self.texts.get(start..start + length)?)
            }
            TEXT => {
                let length = u16::from_le_bytes(take(&mut self.table)?);
                Cell::Text(self.text(length.into())?)
            }
            LONG_TEXT => {
                let length = take_length(&mut self.table)?;
                Cell::Text(self.text(length)?)
            }
            FRONT..=FRONT_RECORD_ID => Cell::Text(self.fronts[usize::from(kind - FRONT)]),
            SHORT_LONG => Cell::Long(u32::from_le_bytes(take(&mut self.table)?).into()),
            LONG => Cell::Long(i64::from_le_bytes(take(&mut self.table)?)),
            DOUBLE => Cell::Double(f64::from_le_bytes(take(&mut self.table)?)),
            FALSE => Cell::Boolean(false),
            TRUE => Cell::Boolean(true),
            DATE => Cell::Date(Ticks(i64::from_le_bytes(take(&mut self.table)?))),
            _ => return None,
        };
        Some((column.into(), cell))
    }
}
