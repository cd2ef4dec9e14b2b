//! Reads records again by their places, each with the bytes of the chunk that it stands in.

use crate::base::Locator;
use crate::forge::{LogRecord, RecordCopier, RecordEditor, RecordTexts};
use crate::source::{self, Input, Item, PlacesInUnit, Record, RecordRef, Scratch, Visit, Visitor};
use crate::sysmon;
use std::convert::Infallible;
use std::sync::Arc;

/// An event that is to be taken.
pub enum TakenEvent {
    /// A record, as it can be written to a log.
    Record {
        /// The record that is written.
        record: LogRecord,
        /// How well it is kept.
        fidelity: Fidelity,
        /// Where it was read.
        place: Locator,
        /// The computer that wrote it.
        computer: Arc<str>,
    },
    /// A document that never was a record, or one whose `System` no log can hold.
    NotARecord,
}

/// How well a record is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fidelity {
    /// With its own templates, types and header.
    Copied,
    /// Written anew from its texts: it came as XML or JSON, or from outside of any chunk that is sound.
    Rewritten,
}

/// Reads what stands at `places`, which are in order, and hands it on in that order. Nothing is held but the records of one chunk.
///
/// Stops at the first error of `take`.
pub fn read_again<E>(
    inputs: &[Input],
    places: &[Locator],
    slow: bool,
    take: &mut dyn FnMut(TakenEvent) -> Result<(), E>,
) -> Result<(), E> {
    let mut scratch = Scratch::default().wanting(sysmon::is_provider).slow(slow);
    let mut copier = RecordCopier::default();
    for (unit, places) in source::units_again(inputs, places) {
        let mut reader = PlaceReader {
            places: PlacesInUnit(places),
            chunk: None,
            pending: Vec::new(),
            copier: &mut copier,
            take,
            failed: None,
        };
        source::visit_unit(inputs, &unit, &mut scratch, &mut reader);
        if let Some(error) = reader.failed {
            return Err(error);
        }
    }
    Ok(())
}

/// Shows the records at `places`, which are in order, to an editor, and changes nothing.
pub fn show_records(inputs: &[Input], places: &[Locator], slow: bool, editor: &mut dyn RecordEditor) {
    let shown: Result<(), Infallible> = read_again(inputs, places, slow, &mut |event| {
        if let TakenEvent::Record { mut record, .. } = event {
            record.edit(editor);
        }
        Ok(())
    });
    shown.unwrap_or_else(|never| match never {});
}

/// Visits a unit for the records at some places.
struct PlaceReader<'r, E> {
    places: PlacesInUnit<'r>,
    /// Where the chunk at hand begins in its file.
    chunk: Option<u64>,
    /// Its records, until its bytes are known.
    pending: Vec<Record>,
    copier: &'r mut RecordCopier,
    take: &'r mut dyn FnMut(TakenEvent) -> Result<(), E>,
    failed: Option<E>,
}

impl<E> PlaceReader<'_, E> {
    fn hand_on(&mut self, event: TakenEvent) {
        if self.failed.is_none() {
            self.failed = (self.take)(event).err();
        }
    }

    fn record(&mut self, record: &Record, copied: Option<LogRecord>) {
        let fidelity = if copied.is_some() { Fidelity::Copied } else { Fidelity::Rewritten };
        let event = copied.or_else(|| rewritten(record)).map_or(TakenEvent::NotARecord, |written| TakenEvent::Record {
            record: written,
            fidelity,
            place: record.origin,
            computer: record.computer.clone(),
        });
        self.hand_on(event);
    }
}

impl<E> Visitor for PlaceReader<'_, E> {
    fn wants_chunk(&mut self, offset: u64) -> bool {
        self.places.has_some_in_chunk(offset)
    }

    fn wants_all_records(&self) -> bool {
        false
    }

    fn wants_record(&self, offset: u64) -> bool {
        self.places.has_offset(offset)
    }

    fn begin_chunk(&mut self, offset: u64) {
        self.chunk = Some(offset);
        self.pending.clear();
    }

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        if self.places.contains(record.origin()) { Visit::NeedRecord } else { Visit::Skip }
    }

    fn item(&mut self, item: Item) {
        match item {
            Item::Record(record) if self.places.contains(record.origin) => {
                if self.chunk.is_some() {
                    self.pending.push(record);
                } else {
                    self.record(&record, None);
                }
            }
            Item::Document(document) if self.places.contains(document.origin) => self.hand_on(TakenEvent::NotARecord),
            _ => {}
        }
    }

    fn restart_chunk(&mut self) {
        self.pending.clear();
    }

    fn end_chunk(&mut self, bytes: &[u8]) {
        let start = self.chunk.take().unwrap_or_default();
        for record in std::mem::take(&mut self.pending) {
            let offset = record.origin.offset.checked_sub(start).and_then(|offset| usize::try_from(offset).ok());
            let copied = offset.and_then(|offset| self.copier.read(bytes, offset));
            self.record(&record, copied);
        }
    }
}

/// A record written anew from its texts.
fn rewritten(record: &Record) -> Option<LogRecord> {
    let texts = RecordTexts {
        record_id: record.record_id,
        time: record.time_created,
        provider: &record.provider,
        provider_guid: record.provider_guid.as_deref(),
        event_id: record.event_id,
        version: record.version,
        level: record.level,
        task: record.task,
        opcode: record.opcode,
        keywords: record.keywords.as_deref(),
        activity_id: record.activity_id.as_deref(),
        related_activity_id: record.related_activity_id.as_deref(),
        process_id: record.process_id,
        thread_id: record.thread_id,
        channel: &record.channel,
        computer: &record.computer,
        user_sid: record.user_sid.as_deref(),
        data: record.data.iter().map(|(name, value)| (&**name, &**value)).collect(),
    };
    texts.record()
}
