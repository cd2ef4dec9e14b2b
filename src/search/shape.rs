//! Whether a record may hold what is looked for, told by its bytes: for each shape of records what is in fields and not in entries, and how that is asked.

use super::event_search::EventSearch;
use super::rendered::folded;
use crate::base::utf16;
use crate::ecs::{self, Field};
use crate::event::Fields;
use crate::source::{Raw, RecordRef};
use crate::sysmon::{self, EventMapping, ExtractCache, Extractors, FieldTexts, LazyEvent};

/// A search, prepared for the records of one shape.
#[derive(Debug)]
pub struct ShapeSearch {
    extractors: Extractors,
    texts: FieldTexts,
    /// Whether every record of the shape must be looked at as a whole.
    is_always: bool,
}

/// What one thread remembers of the records before.
#[derive(Debug, Default)]
pub struct SearchState {
    cache: ExtractCache,
    text: Vec<u8>,
    /// Whether the path of an input may match.
    input: Option<(u32, bool)>,
    /// Whether what a sender is called may match.
    sender: Option<(u64, bool)>,
    /// Whether texts of templates may match, by shape: a direct-mapped cache.
    templates: Vec<Option<(u32, bool)>>,
}

/// Shapes whose templates are remembered.
const KNOWN_TEMPLATES: usize = 64;

impl ShapeSearch {
    /// Prepares a search for records like this one.
    pub fn new(search: &EventSearch, record: &RecordRef<'_>, mapping: impl Into<EventMapping>) -> Self {
        let mut extractors = Extractors::new(record.event_id(), mapping, record.names());
        let texts = extractors.texts();
        let is_own = texts.own.iter().any(|own| search.may_fit(own));
        let is_always = search.stored.is_none() || texts.is_partial || is_own;
        Self { extractors, texts, is_always }
    }

    /// Whether the event of a record may hold what is looked for. `path` is that of its input.
    pub fn may_hold(&self, search: &EventSearch, record: &RecordRef<'_>, path: &str, state: &mut SearchState) -> bool {
        let Some(stored) = search.stored.as_ref().filter(|_| !self.is_always) else { return true };
        stored.is_in(record.bytes())
            || state.is_around(search, record, path)
            || self.may_hold_lowered(record)
            || self.may_hold_unquoted(search, record, path, state)
            || self.may_hold_rendered(search, record, path, state)
    }

    /// Whether an entry that is put in lower case has letters of which that may be anything.
    fn may_hold_lowered(&self, record: &RecordRef<'_>) -> bool {
        let is_plain = |raw: Raw<'_>| match raw {
            Raw::Nothing => true,
            Raw::Text(text) => text.is_ascii(),
            Raw::Value(..) => raw.utf16().is_some_and(|units| utf16::is_printable_ascii(utf16::without_end(units))),
        };
        !self.texts.lowered.iter().all(|&at| is_plain(record.entry(at)))
    }

    /// Whether arguments hold it that are put together of parts of a command line.
    fn may_hold_unquoted(
        &self,
        search: &EventSearch,
        record: &RecordRef<'_>,
        path: &str,
        state: &mut SearchState,
    ) -> bool {
        self.texts.unquoted.iter().any(|unquoted| {
            if is_cut_plainly(record.entry(unquoted.entry)) {
                return false;
            }
            let event = LazyEvent::new(&self.extractors, record, &mut state.cache, path);
            search.is_in_values(&event, &unquoted.field)
        })
    }

    /// Whether a value holds it that is not stored as text.
    fn may_hold_rendered(
        &self,
        search: &EventSearch,
        record: &RecordRef<'_>,
        path: &str,
        state: &mut SearchState,
    ) -> bool {
        let SearchState { cache, text, .. } = state;
        let kinds = search.kinds;
        text.clear();
        if kinds.is_in_value {
            record.push_unwritten(text);
            text.extend_from_slice(record.record_id().to_string().as_bytes());
            text.push(b'\n');
        }
        let event = LazyEvent::new(&self.extractors, record, cache, path);
        if kinds.is_in_time {
            record.time_created().push_rfc3339(true, text);
            text.push(b'\n');
            let time = event.timestamp();
            time.push_rfc3339(false, text);
        }
        text.make_ascii_lowercase();
        let is_there = |required: &String| memchr::memmem::find(text, required.as_bytes()).is_some();
        (!text.is_empty() && search.required.iter().any(is_there))
            || kinds.is_in_value && self.texts.numbers.iter().any(|field| search.is_in_values(&event, field))
            || kinds.is_in_digest && self.texts.digests.iter().any(|field| search.is_in_values(&event, field))
    }
}

impl EventSearch {
    /// Whether a field of an event has a value that matches.
    fn is_in_values(&self, event: &LazyEvent<'_>, field: &Field) -> bool {
        event.values(field).iter().any(|value| self.matches(&value.text_in(field)))
    }

    /// Whether a value may match that has this form, where `{}` stands for any text.
    fn may_fit(&self, form: &str) -> bool {
        let Some((before, behind)) = form.split_once("{}") else { return self.matches(form) };
        let (before, behind) = (folded(before), folded(behind));
        let begins = |required: &str| ends_of(&before).any(|end| required.starts_with(end));
        let ends = |required: &str| begins_of(&behind).any(|begin| required.ends_with(begin));
        let is_in = |required: &str| before.contains(required) || behind.contains(required);
        self.required.iter().any(|required| is_in(required) || begins(required) || ends(required))
    }
}

/// All ends of a text but the empty one.
fn ends_of(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, _)| &text[at..])
}

/// All beginnings of a text but the empty one.
fn begins_of(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, c)| &text[..at + c.len_utf8()])
}

impl SearchState {
    /// Whether what is around a record may match: its file, who wrote it, its templates. All of these hardly change from record to record.
    fn is_around(&mut self, search: &EventSearch, record: &RecordRef<'_>, path: &str) -> bool {
        let input = record.origin().input;
        let in_path = match self.input {
            Some((known, is_in)) if known == input => is_in,
            _ => self.input.insert((input, search.looks_in(ecs::LOG_FILE_PATH) && search.matches(path))).1,
        };
        let in_sender = match self.sender {
            Some((known, is_in)) if known == record.sender() => is_in,
            _ => {
                let computer = record.computer().text();
                let computer = computer.trim();
                let guid = record.provider_guid().unwrap_or_default();
                let host = sysmon::synthetic_host_id(computer);
                let is_in = [record.provider(), guid, computer, &host].iter().any(|text| search.matches(text));
                self.sender.insert((record.sender(), is_in)).1
            }
        };
        in_path || in_sender || self.is_in_templates(search, record)
    }

    fn is_in_templates(&mut self, search: &EventSearch, record: &RecordRef<'_>) -> bool {
        if self.templates.is_empty() {
            self.templates.resize(KNOWN_TEMPLATES, None);
        }
        let slot = &mut self.templates[record.shape() as usize % KNOWN_TEMPLATES];
        match *slot {
            Some((known, is_in)) if known == record.shape() => is_in,
            _ => {
                let is_in = record.template_texts().iter().any(|text| search.matches(text));
                slot.insert((record.shape(), is_in)).1
            }
        }
    }
}

/// Whether every argument of a command line stands in it as it is: no quote is inside of one. A doubt counts as no.
fn is_cut_plainly(raw: Raw<'_>) -> bool {
    let Some(units) = raw.utf16() else { return matches!(raw, Raw::Nothing) };
    let (units, _) = utf16::without_end(units).as_chunks::<2>();
    let is_blank = |unit: Option<&[u8; 2]>| unit.is_none_or(|unit| matches!(unit, [b' ' | b'\t', 0]));
    let mut is_open = false;
    for (at, unit) in units.iter().enumerate() {
        if *unit != [b'"', 0] {
            continue;
        }
        // Quotes around whole arguments come in pairs: the first one behind a blank, the second one before it.
        let around = if is_open { units.get(at + 1) } else { at.checked_sub(1).and_then(|before| units.get(before)) };
        let is_escaped = at.checked_sub(1).is_some_and(|before| units[before] == [b'\\', 0]);
        if !is_blank(around) || is_escaped {
            return false;
        }
        is_open = !is_open;
    }
    true
}
