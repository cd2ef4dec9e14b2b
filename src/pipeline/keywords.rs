//! Values that are too long to be keywords, in fields that rules ask for.
//!
//! Elasticsearch does not index a keyword of more than 1,024 characters (`ignore_above`), so that a condition on it fails there, and here too: an argument
//! with a long Base64 text in it is not found by `process.args`, where it is found in `process.command_line`. Nobody sees that in a list of findings,
//! so that the events are counted. Which values a condition has met depends on what threads remember; so the values themselves are looked at.

use super::duplicates::Duplicates;
use crate::base::Locator;
use crate::base::number::{counted, grouped};
use crate::detect::Detector;
use crate::diag::{Notice, NoticeKind};
use crate::ecs::{Field, FieldType};
use crate::eql::{KEYWORD_LIMIT, is_too_long};
use crate::event::{Document, Fields, Value};
use crate::source::RecordRef;
use crate::sysmon::{EventMapping, ExtractCache, Extractors, LazyEvent};
use std::collections::BTreeSet;

/// Most fields that are named.
const MOST_NAMED: usize = 8;

/// The keywords that rules and exceptions ask for.
#[derive(Debug)]
pub struct AskedKeywords {
    fields: Vec<Field>,
    /// Whether rules run too that compare entries as they were logged.
    beside_entries: bool,
}

/// An event with a value that is too long, and the position of its field among the keywords.
pub type LongKeyword = (Locator, u16);

/// The keywords that records of a shape can have, and the positions of the entries that they are made of.
#[derive(Debug)]
pub struct ShapeKeywords {
    extractors: Extractors,
    entries: Vec<usize>,
    /// Positions of keywords.
    keywords: Vec<u16>,
}

impl AskedKeywords {
    /// The keyword fields that the rules of a detector ask for.
    pub fn new(detector: &Detector) -> Self {
        let exceptions = detector.rules().iter().flat_map(|rule| &*rule.exceptions);
        let mut fields: Vec<Field> = detector.rules().iter().flat_map(|rule| rule.query.fields()).cloned().collect();
        fields.extend(exceptions.flat_map(|exception| exception.predicate.fields()).cloned());
        fields.retain(|field| field.kind() == Some(FieldType::Keyword));
        fields.sort();
        fields.dedup();
        let beside_entries = detector.rules().iter().any(|rule| rule.query.fields().any(Field::is_entry));
        Self { fields, beside_entries }
    }

    fn numbered(&self) -> impl Iterator<Item = (u16, &Field)> {
        (0..).zip(&self.fields)
    }

    /// The keyword fields that records of the shape of this one can have; `None` if there are none.
    pub fn shape(&self, record: &RecordRef<'_>, mapping: EventMapping) -> Option<ShapeKeywords> {
        let mut extractors = Extractors::new(record.event_id(), mapping, record.names());
        let (mut entries, mut keywords) = (BTreeSet::new(), Vec::new());
        for (number, field) in self.numbered() {
            let of_field =
                if extractors.learn(field) { extractors.entries(field).unwrap_or_default() } else { Vec::new() };
            // What stands behind the entries is short.
            let of_data: Vec<usize> = of_field.into_iter().filter(|&at| at < record.names().len()).collect();
            if !of_data.is_empty() {
                entries.extend(of_data);
                keywords.push(number);
            }
        }
        let entries: Vec<usize> = entries.into_iter().collect();
        (!entries.is_empty()).then_some(ShapeKeywords { extractors, entries, keywords })
    }

    /// Notes the keywords of a record that are too long.
    pub fn note(
        &self,
        shape: &ShapeKeywords,
        record: &RecordRef<'_>,
        (cache, path): (&mut ExtractCache, &str),
        found: &mut Vec<LongKeyword>,
    ) {
        // Lengths first: nearly no record is that long in all, and no entry is decoded to learn it.
        if !record.may_exceed(KEYWORD_LIMIT)
            || !shape.entries.iter().any(|&at| record.entry(at).may_exceed(KEYWORD_LIMIT))
        {
            return;
        }
        let event = LazyEvent::new(&shape.extractors, record, cache, path);
        let keywords =
            shape.keywords.iter().filter_map(|&number| Some((number, self.fields.get(usize::from(number))?)));
        note(keywords, &event, record.origin(), found);
    }

    /// Notes the keywords of a document that are too long.
    pub fn note_document(&self, document: &Document, origin: Locator, found: &mut Vec<LongKeyword>) {
        if !self.fields.is_empty() && document.iter().any(|(_, values)| values.iter().any(is_long)) {
            note(self.numbered(), document, origin, found);
        }
    }

    /// Tells how many events have such values.
    pub fn notice(&self, found: &[LongKeyword], duplicates: &Duplicates) -> Option<Notice> {
        let counting: Vec<&LongKeyword> = found.iter().filter(|(origin, _)| !duplicates.contains(*origin)).collect();
        let events: BTreeSet<Locator> = counting.iter().map(|(origin, _)| *origin).collect();
        let fields: BTreeSet<u16> = counting.iter().map(|(_, number)| *number).collect();
        let names = fields.iter().filter_map(|&number| self.fields.get(usize::from(number)));
        let names: Vec<String> = names.take(MOST_NAMED).map(|field| format!("`{field}`")).collect();
        let more = match fields.len() - names.len() {
            0 => String::new(),
            more => format!(" and {}", counted(more as u64, "more field")),
        };
        let not_blind =
            if self.beside_entries { "; rules of Sigma compare what was logged, however long it is" } else { "" };
        let text = format!(
            "{} with values of more than {} characters in fields that rules ask for ({}{more}): these count as missing, as in Elasticsearch (ignore_above){not_blind}",
            counted(events.len() as u64, "event"),
            grouped(KEYWORD_LIMIT as u64),
            names.join(", ")
        );
        (!events.is_empty()).then(|| Notice::new(NoticeKind::Limit, text))
    }
}

fn is_long(value: &Value) -> bool {
    value.as_text().is_some_and(is_too_long)
}

fn note<'k>(
    keywords: impl Iterator<Item = (u16, &'k Field)>,
    event: &dyn Fields,
    origin: Locator,
    found: &mut Vec<LongKeyword>,
) {
    let long = keywords.filter(|(_, field)| event.values(field).iter().any(is_long));
    found.extend(long.map(|(number, _)| (origin, number)));
}
