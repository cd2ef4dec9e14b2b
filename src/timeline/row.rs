//! One event as bytes: what it is sorted by, its process, and its contents.
//!
//! Rows are written once, moved about, spilled to disk perhaps, and read back in place, without copying. They never leave the process that wrote them, so
//! that the form is nobody's contract. Reading is total nevertheless: bytes that are no row give nothing.

use super::{FIELDS, RecordView, fields_of, record};
use crate::base::{Origin, Ticks};
use crate::ecs::{self, Field};
use crate::event::{Event, Fields, OrderKey, Value, Written};
use crate::source::Record;
use std::sync::OnceLock;

/// What rows hold of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contents {
    /// The values of [`FIELDS`].
    #[default]
    Columns,
    /// The values of [`FIELDS`] and of [`super::DETAILS`].
    Details,
    /// The whole document, as JSON.
    Document,
    /// The record itself, before it was mapped.
    Record,
}

/// One value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'r> {
    /// A text or an address.
    Text(&'r str),
    /// An integer.
    Long(i64),
    /// A number that is none.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// An instant.
    Date(Ticks),
}

/// A row in its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    /// Its place in the order of events.
    pub order: OrderKey,
    /// Whether it tells of the creation of its process.
    pub is_creation: bool,
    /// Computer name; empty if the record names none.
    pub host: &'r str,
    /// ProcessGuid as the record has it.
    pub entity_id: Option<&'r str>,
    contents: &'r [u8],
}

/// What a row is sorted and grouped by.
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
        let (mut host, mut entity_id) = (String::new(), String::new());
        read_text(fields, ecs::HOST_NAME, &mut host);
        let has_entity_id = read_text(fields, ecs::PROCESS_ENTITY_ID, &mut entity_id);
        Self { order, is_creation, host, entity_id: has_entity_id.then_some(entity_id) }
    }
}

/// Writes rows one after another.
#[derive(Debug, Default)]
pub struct RowWriter {
    bytes: Vec<u8>,
    text: String,
    host: String,
    entity_id: String,
}

/// Which columns events of a kind have at all, with the cells that are the same for all of them.
#[derive(Debug)]
pub struct Outline {
    constants: Vec<u8>,
    columns: Vec<(u8, Field)>,
}

impl Outline {
    /// Every column of some contents, nothing known.
    fn all(contents: Contents) -> &'static Self {
        static COLUMNS: OnceLock<Outline> = OnceLock::new();
        static DETAILS: OnceLock<Outline> = OnceLock::new();
        let whole = |contents| Outline { constants: Vec::new(), columns: (0..).zip(fields_of(contents)).collect() };
        let known = if contents == Contents::Details { &DETAILS } else { &COLUMNS };
        known.get_or_init(|| whole(contents))
    }

    /// The outline of events of which some fields are the same for all, or never there: those that `is_constant` names, with their values in `constants`.
    pub fn new(contents: Contents, is_constant: impl Fn(&Field) -> bool, constants: &dyn Fields) -> Self {
        let (known, columns): (Vec<_>, Vec<_>) =
            Self::all(contents).columns.iter().cloned().partition(|(_, field)| is_constant(field));
        let mut writer = RowWriter::default();
        writer.columns(constants, &known);
        Self { constants: writer.take(), columns }
    }
}

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

    /// Writes an event.
    pub fn event(&mut self, event: &Event, order: OrderKey, contents: Contents) {
        let text = |field| event.document.text(field);
        let host = text(ecs::HOST_NAME).unwrap_or_default();
        self.head(order, event.document.is_process_creation(), host, text(ecs::PROCESS_ENTITY_ID));
        match contents {
            Contents::Columns | Contents::Details => self.columns(&event.document, &Outline::all(contents).columns),
            Contents::Record => {
                self.bytes.push(record::DOCUMENT);
                let _ = serde_json::to_writer(&mut self.bytes, &event.to_json());
            }
            Contents::Document => {
                // A document that was read is written as it was; no other cannot be written, and writing to a Vec does not fail.
                let _ = serde_json::to_writer(&mut self.bytes, &event.to_json());
            }
        }
    }

    /// Writes an event as the record that it was mapped from. `chunk` counts the chunks of the file from 0, `path` is the file.
    pub fn record(&mut self, subject: &Subject, record: &Record, chunk: Option<u64>, path: &str) {
        self.head(subject.order, subject.is_creation, &subject.host, subject.entity_id.as_deref());
        self.bytes.push(record::RECORD);
        record::write(&mut self.bytes, record, chunk, path);
    }

    /// Writes the columns of whatever has fields.
    pub fn fields(&mut self, fields: &dyn Fields, outline: &Outline, order: OrderKey, is_creation: bool) {
        let (mut host, mut entity_id) = (std::mem::take(&mut self.host), std::mem::take(&mut self.entity_id));
        read_text(fields, ecs::HOST_NAME, &mut host);
        let has_entity_id = read_text(fields, ecs::PROCESS_ENTITY_ID, &mut entity_id);
        self.head(order, is_creation, &host, has_entity_id.then_some(&entity_id));
        (self.host, self.entity_id) = (host, entity_id);
        self.bytes.extend_from_slice(&outline.constants);
        self.columns(fields, &outline.columns);
    }

    fn head(&mut self, order: OrderKey, is_creation: bool, host: &str, entity_id: Option<&str>) {
        let (time, tiebreaker, origin) = (order.time, order.tiebreaker(), order.origin());
        self.bytes.extend(time.0.to_le_bytes());
        self.bytes
            .push(u8::from(tiebreaker.is_some()) | (u8::from(is_creation) << 1) | (u8::from(entity_id.is_some()) << 2));
        self.bytes.extend(tiebreaker.unwrap_or_default().to_le_bytes());
        self.bytes.extend(origin.input.to_le_bytes());
        self.bytes.extend(origin.offset.to_le_bytes());
        push_text(&mut self.bytes, host);
        push_text(&mut self.bytes, entity_id.unwrap_or_default());
    }

    fn columns(&mut self, fields: &dyn Fields, columns: &[(u8, Field)]) {
        for (number, field) in columns {
            let begin = self.bytes.len();
            self.bytes.extend([*number, 0, 0, 0, 0]);
            self.text.clear();
            match fields.write_text(field, &mut self.text) {
                Written::Text => {
                    self.bytes.push(TEXT);
                    push_text(&mut self.bytes, &self.text);
                }
                Written::Nothing => {}
                Written::NotText => fields.values(field).iter().for_each(|value| push_value(&mut self.bytes, value)),
            }
            let length = self.bytes.len() - begin - CELL_HEAD;
            if length == 0 {
                self.bytes.truncate(begin);
            } else {
                let length = u32::try_from(length).unwrap_or_default();
                self.bytes[begin + 1..begin + CELL_HEAD].copy_from_slice(&length.to_le_bytes());
            }
        }
    }
}

/// Reads the first text of a field, and says whether there is one.
fn read_text(fields: &dyn Fields, field: ecs::FieldId, out: &mut String) -> bool {
    out.clear();
    let field = field.into();
    match fields.write_text(&field, out) {
        Written::Text => true,
        Written::Nothing => false,
        Written::NotText => {
            let text = fields.values(&field).first().and_then(Value::as_text);
            out.push_str(text.unwrap_or_default());
            text.is_some()
        }
    }
}

/// Bytes of a cell before its values: the field, and their length.
const CELL_HEAD: usize = 5;

const TEXT: u8 = 0;
const LONG: u8 = 1;
const DOUBLE: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
const DATE: u8 = 5;

pub(super) fn push_text(bytes: &mut Vec<u8>, text: &str) {
    // Texts come from records and documents of far less than 4 GiB.
    bytes.extend(u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn push_value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(text) => {
            bytes.push(TEXT);
            push_text(bytes, text);
        }
        Value::Ip(ip) => {
            bytes.push(TEXT);
            push_text(bytes, &ip.text);
        }
        Value::Long(number) => {
            bytes.push(LONG);
            bytes.extend(number.to_le_bytes());
        }
        Value::Double(number) => {
            bytes.push(DOUBLE);
            bytes.extend(number.to_le_bytes());
        }
        Value::Boolean(flag) => bytes.push(if *flag { TRUE } else { FALSE }),
        Value::Date(at) => {
            bytes.push(DATE);
            bytes.extend(at.0.to_le_bytes());
        }
    }
}

impl<'r> Row<'r> {
    /// Reads a row that is all of `bytes`.
    pub fn read(bytes: &'r [u8]) -> Option<Self> {
        let mut rest = bytes;
        let time = Ticks(i64::from_le_bytes(take(&mut rest)?));
        let [flags] = take(&mut rest)?;
        let tiebreaker = u64::from_le_bytes(take(&mut rest)?);
        let origin =
            Origin { input: u32::from_le_bytes(take(&mut rest)?), offset: u64::from_le_bytes(take(&mut rest)?) };
        let host = take_text(&mut rest)?;
        let entity_id = take_text(&mut rest)?;
        let order = OrderKey::new(time, (flags & 1 != 0).then_some(tiebreaker), origin);
        let is_creation = flags & 2 != 0;
        Some(Self { order, is_creation, host, entity_id: (flags & 4 != 0).then_some(entity_id), contents: rest })
    }

    /// The document, if rows hold documents: JSON.
    pub fn document(&self) -> &'r [u8] {
        self.contents
    }

    /// The values of a field beside [`FIELDS`], by its position in [`super::DETAILS`].
    pub fn detail(&self, position: usize) -> impl Iterator<Item = Cell<'r>> + use<'r> {
        let wanted = FIELDS.len() + position;
        let mut rest = self.contents;
        let found = std::iter::from_fn(move || take_cell(&mut rest)).find(|(field, _)| *field == wanted);
        values(found.map_or(&[], |(_, values)| values))
    }

    /// The record, or the document that stands for one, if rows hold records.
    pub fn record(&self) -> Option<RecordView<'r>> {
        RecordView::read(self.contents)
    }

    /// The bytes of the values of each field.
    pub(super) fn cells(&self) -> [&'r [u8]; FIELDS.len()] {
        let mut cells: [&[u8]; FIELDS.len()] = [&[]; FIELDS.len()];
        let mut rest = self.contents;
        while let Some((field, values)) = take_cell(&mut rest) {
            if let Some(cell) = cells.get_mut(field) {
                *cell = values;
            }
        }
        cells
    }
}

/// The next cell: the number of its field, and its values.
fn take_cell<'r>(rest: &mut &'r [u8]) -> Option<(usize, &'r [u8])> {
    let [field] = take(rest)?;
    let length = usize::try_from(u32::from_le_bytes(take(rest)?)).ok()?;
    let (values, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some((usize::from(field), values))
}

/// The values in the bytes of a cell.
pub(super) fn values(mut rest: &[u8]) -> impl Iterator<Item = Cell<'_>> {
    std::iter::from_fn(move || {
        let [kind] = take(&mut rest)?;
        Some(match kind {
            TEXT => Cell::Text(take_text(&mut rest)?),
            LONG => Cell::Long(i64::from_le_bytes(take(&mut rest)?)),
            DOUBLE => Cell::Double(f64::from_le_bytes(take(&mut rest)?)),
            FALSE => Cell::Boolean(false),
            TRUE => Cell::Boolean(true),
            DATE => Cell::Date(Ticks(i64::from_le_bytes(take(&mut rest)?))),
            _ => return None,
        })
    })
}

pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

pub(super) fn take_text<'r>(rest: &mut &'r [u8]) -> Option<&'r str> {
    let length = usize::try_from(u32::from_le_bytes(take(rest)?)).ok()?;
    let (text, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    str::from_utf8(text).ok()
}
