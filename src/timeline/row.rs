//! One event as bytes: what it is sorted by, its process, and its contents.
//!
//! Rows are written once, moved about, spilled to disk perhaps, and read back in place, without copying. They never leave the process that wrote them, so
//! that the form is nobody's contract. Reading is total nevertheless: bytes that are no row give nothing.
//!
//! A row is a head of fixed length, a table, and texts. The table says for each value, in the order of the columns, which column it is of and what it is;
//! a text is there by its length only. All texts stand together behind the table, the host and the entity id first, so that they are checked at once.

use super::{ENTITY_ID_COLUMN, FIELDS, HOST_COLUMN};
use crate::base::{Origin, Ticks};
use crate::ecs::{self, Field};
use crate::event::{Event, Fields, OrderKey, Value, Written};
use std::sync::LazyLock;

/// What rows hold of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contents {
    /// The values of [`FIELDS`].
    #[default]
    Columns,
    /// The whole document, as JSON.
    Document,
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
    table: &'r [u8],
    /// The texts of the table one after another, or the document.
    texts: &'r str,
}

/// Writes rows one after another.
#[derive(Debug, Default)]
pub struct RowWriter {
    bytes: Vec<u8>,
    table: Vec<u8>,
    texts: String,
}

/// Which columns events of a kind have at all, with the cells that are the same for all of them.
#[derive(Debug)]
pub struct Outline {
    parts: Vec<OutlinePart>,
}

/// One or more cells of an outline.
#[derive(Clone, Debug)]
enum OutlinePart {
    /// The cells of a column must be asked for.
    Column(u8, Field),
    /// Cells that are known: their entries in the table, and their texts.
    Known(Vec<u8>, String),
}

impl Outline {
    /// Every column, nothing known.
    fn all() -> &'static Self {
        static ALL: LazyLock<Outline> = LazyLock::new(|| Outline {
            parts: (0..).zip(FIELDS).map(|(column, field)| OutlinePart::Column(column, (*field).into())).collect(),
        });
        &ALL
    }

    /// The outline of events of which some fields are the same for all, or never there: those that `is_constant` names, with their values in `constants`.
    pub fn new(is_constant: impl Fn(&Field) -> bool, constants: &dyn Fields) -> Self {
        let known = |part: &OutlinePart| match part {
            OutlinePart::Column(column, field) if is_constant(field) => {
                let mut writer = RowWriter::default();
                constants.values(field).iter().for_each(|value| writer.value(*column, value));
                OutlinePart::Known(writer.table, writer.texts)
            }
            part => part.clone(),
        };
        let mut parts: Vec<OutlinePart> = Vec::new();
        for part in Self::all().parts.iter().map(known) {
            match (parts.last_mut(), part) {
                (Some(OutlinePart::Known(table, texts)), OutlinePart::Known(more, more_texts)) => {
                    table.extend(more);
                    texts.push_str(&more_texts);
                }
                (_, part) => parts.push(part),
            }
        }
        parts.retain(|part| !matches!(part, OutlinePart::Known(table, _) if table.is_empty()));
        Self { parts }
    }
}

/// What the head of a row says beside its order.
struct Names {
    /// Bytes of the host among the texts.
    host: usize,
    /// Bytes of the entity id, if there is one.
    entity_id: Option<usize>,
    /// Whether these are all values of their fields, so that the table can refer to them.
    only: (bool, bool),
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

    /// Makes room for that many bytes.
    pub fn reserve(&mut self, length: usize) {
        self.bytes.reserve(length);
    }

    /// Writes an event.
    pub fn event(&mut self, event: &Event, order: OrderKey, contents: Contents) {
        let is_creation = event.document.is_process_creation();
        match contents {
            Contents::Columns => self.fields(&event.document, Outline::all(), order, is_creation),
            Contents::Document => {
                let names = self.names(&event.document);
                self.head(order, is_creation, &names);
                // A document that was read is written as it was; no other cannot be written, and writing to a Vec does not fail.
                let _ = serde_json::to_writer(&mut self.bytes, &event.to_json());
            }
        }
    }

    /// Writes the columns of whatever has fields.
    pub fn fields<F: Fields>(&mut self, fields: &F, outline: &Outline, order: OrderKey, is_creation: bool) {
        let names = self.names(fields);
        for part in &outline.parts {
            match part {
                OutlinePart::Known(table, texts) => {
                    self.table.extend_from_slice(table);
                    self.texts.push_str(texts);
                }
                OutlinePart::Column(HOST_COLUMN, _) if names.only.0 => self.table.extend([HOST_COLUMN, HOST]),
                OutlinePart::Column(ENTITY_ID_COLUMN, _) if names.only.1 => {
                    self.table.extend([ENTITY_ID_COLUMN, ENTITY_ID]);
                }
                OutlinePart::Column(column, field) => self.column(*column, field, fields),
            }
        }
        self.head(order, is_creation, &names);
    }

    /// Begins a row with its host and entity id.
    fn names<F: Fields>(&mut self, fields: &F) -> Names {
        self.table.clear();
        self.texts.clear();
        let host = first_text(fields, ecs::HOST_NAME, &mut self.texts);
        let entity_id = first_text(fields, ecs::PROCESS_ENTITY_ID, &mut self.texts);
        Names {
            host: host.map_or(0, |(length, _)| length),
            entity_id: entity_id.map(|(length, _)| length),
            only: (host.is_some_and(|(_, only)| only), entity_id.is_some_and(|(_, only)| only)),
        }
    }

    /// Ends a row: the head needs to know what follows it.
    fn head(&mut self, order: OrderKey, is_creation: bool, names: &Names) {
        let (tiebreaker, origin) = (order.tiebreaker(), order.origin());
        let flags = u8::from(tiebreaker.is_some())
            | (u8::from(is_creation) << 1)
            | (u8::from(names.entity_id.is_some()) << 2);
        let mut head = [0; HEAD];
        let mut rest = head.as_mut_slice();
        put(&mut rest, order.time.0.to_le_bytes());
        put(&mut rest, [flags]);
        put(&mut rest, tiebreaker.unwrap_or_default().to_le_bytes());
        put(&mut rest, origin.input.to_le_bytes());
        put(&mut rest, origin.offset.to_le_bytes());
        // Texts come from records and documents of far less than 4 GiB.
        for length in [names.host, names.entity_id.unwrap_or_default(), self.table.len()] {
            put(&mut rest, u32::try_from(length).unwrap_or_default().to_le_bytes());
        }
        self.bytes.extend_from_slice(&head);
        self.bytes.extend_from_slice(&self.table);
        self.bytes.extend_from_slice(self.texts.as_bytes());
    }

    fn column<F: Fields>(&mut self, column: u8, field: &Field, fields: &F) {
        let begin = self.texts.len();
        match fields.write(field, &mut self.texts) {
            Written::Text => self.text_entry(column, self.texts.len() - begin),
            Written::Long(number) => self.entry(column, LONG, number.to_le_bytes()),
            Written::Boolean(flag) => self.table.extend([column, if flag { TRUE } else { FALSE }]),
            Written::Date(at) => self.entry(column, DATE, at.0.to_le_bytes()),
            Written::Nothing => {}
            Written::NotOne => fields.values(field).iter().for_each(|value| self.value(column, value)),
        }
    }

    fn value(&mut self, column: u8, value: &Value) {
        match value {
            Value::Text(text) => self.text(column, text),
            Value::Ip(ip) => self.text(column, &ip.text),
            Value::Long(number) => self.entry(column, LONG, number.to_le_bytes()),
            Value::Double(number) => self.entry(column, DOUBLE, number.to_le_bytes()),
            Value::Boolean(flag) => self.table.extend([column, if *flag { TRUE } else { FALSE }]),
            Value::Date(at) => self.entry(column, DATE, at.0.to_le_bytes()),
        }
    }

    fn text(&mut self, column: u8, text: &str) {
        self.texts.push_str(text);
        self.text_entry(column, text.len());
    }

    /// The entry of a text that was added.
    fn text_entry(&mut self, column: u8, length: usize) {
        if let Ok(length) = u16::try_from(length) {
            let [low, high] = length.to_le_bytes();
            self.table.extend([column, TEXT, low, high]);
        } else {
            self.table.extend([column, LONG_TEXT]);
            self.table.extend(u32::try_from(length).unwrap_or_default().to_le_bytes());
        }
    }

    fn entry(&mut self, column: u8, kind: u8, value: [u8; 8]) {
        let mut entry = [column, kind, 0, 0, 0, 0, 0, 0, 0, 0];
        entry[2..].copy_from_slice(&value);
        self.table.extend_from_slice(&entry);
    }
}

/// Adds the first value of a field if that is a text: its length, and whether it is the only one.
fn first_text<F: Fields>(fields: &F, field: ecs::FieldId, out: &mut String) -> Option<(usize, bool)> {
    let field = field.into();
    let begin = out.len();
    match fields.write(&field, out) {
        Written::Text => Some((out.len() - begin, true)),
        Written::NotOne => {
            let values = fields.values(&field);
            let text = values.first()?.as_text()?;
            out.push_str(text);
            Some((text.len(), values.len() == 1))
        }
        _ => None,
    }
}

/// Bytes of a row before its table.
const HEAD: usize = 41;

/// A text of less than 64 KiB: its length follows.
const TEXT: u8 = 0;
const LONG: u8 = 1;
const DOUBLE: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
const DATE: u8 = 5;
/// A text of any length.
const LONG_TEXT: u8 = 6;
/// The host of the row, which stands in front of all texts.
const HOST: u8 = 7;
/// The entity id of the row, which stands there too.
const ENTITY_ID: u8 = 8;

fn put<const N: usize>(rest: &mut &mut [u8], bytes: [u8; N]) {
    if let Some((head, tail)) = std::mem::take(rest).split_first_chunk_mut::<N>() {
        *head = bytes;
        *rest = tail;
    }
}

impl<'r> Row<'r> {
    /// Reads a row that is all of `bytes`.
    pub fn read(bytes: &'r [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let mut head = head.as_slice();
        let time = Ticks(i64::from_le_bytes(take(&mut head)?));
        let [flags] = take(&mut head)?;
        let tiebreaker = u64::from_le_bytes(take(&mut head)?);
        let origin =
            Origin { input: u32::from_le_bytes(take(&mut head)?), offset: u64::from_le_bytes(take(&mut head)?) };
        let (host, entity_id, table) = (take_length(&mut head)?, take_length(&mut head)?, take_length(&mut head)?);
        let (table, texts) = rest.split_at_checked(table)?;
        let (host, texts) = str::from_utf8(texts).ok()?.split_at_checked(host)?;
        let (entity_id, texts) = texts.split_at_checked(entity_id)?;
        let order = OrderKey::new(time, (flags & 1 != 0).then_some(tiebreaker), origin);
        let is_creation = flags & 2 != 0;
        Some(Self { order, is_creation, host, entity_id: (flags & 4 != 0).then_some(entity_id), table, texts })
    }

    /// The document, if rows hold documents: JSON.
    pub fn document(&self) -> &'r [u8] {
        self.texts.as_bytes()
    }

    /// The values with the positions of their fields in [`FIELDS`], ascending; several values of one field one after another.
    pub fn cells(&self) -> Cells<'r> {
        Cells { table: self.table, texts: self.texts, host: self.host, entity_id: self.entity_id }
    }
}

/// The values of a row, one after another.
#[derive(Clone, Debug, Default)]
pub struct Cells<'r> {
    table: &'r [u8],
    texts: &'r str,
    host: &'r str,
    entity_id: Option<&'r str>,
}

impl<'r> Cells<'r> {
    /// The position of the field of the next value.
    pub fn column(&self) -> Option<usize> {
        self.table.first().map(|column| usize::from(*column))
    }

    fn text(&mut self, length: usize) -> Option<&'r str> {
        let (text, rest) = self.texts.split_at_checked(length)?;
        self.texts = rest;
        Some(text)
    }
}

impl<'r> Iterator for Cells<'r> {
    type Item = (usize, Cell<'r>);

    fn next(&mut self) -> Option<Self::Item> {
        let [column, kind] = take(&mut self.table)?;
        let cell = match kind {
            TEXT => {
                let length = u16::from_le_bytes(take(&mut self.table)?);
                Cell::Text(self.text(length.into())?)
            }
            LONG_TEXT => {
                let length = take_length(&mut self.table)?;
                Cell::Text(self.text(length)?)
            }
            HOST => Cell::Text(self.host),
            ENTITY_ID => Cell::Text(self.entity_id?),
            LONG => Cell::Long(i64::from_le_bytes(take(&mut self.table)?)),
            DOUBLE => Cell::Double(f64::from_le_bytes(take(&mut self.table)?)),
            FALSE => Cell::Boolean(false),
            TRUE => Cell::Boolean(true),
            DATE => Cell::Date(Ticks(i64::from_le_bytes(take(&mut self.table)?))),
            _ => return None,
        };
        Some((column.into(), cell)).filter(|(column, _)| *column < FIELDS.len())
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn take_length(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(take(rest)?)).ok()
}
