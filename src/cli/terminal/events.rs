//! Events as lines: when, where, and what happened, in words; or where in an event something was found.

use super::{BOLD, DIM, HIT, TerminalPage, shown};
use evql::base::time::seconds_text;
use evql::ecs::{self, Field, FieldId};
use evql::event::{Clock, Event};
use evql::process::HostAddresses;
use evql::report::{joined_values, message_of};
use evql::search::FieldHit;
use std::fmt::Write as _;
use std::io;

/// Longest value on a line, in characters, unless everything is wanted.
pub const MOST: usize = 160;
/// Longest sentence, in characters, unless everything is wanted.
const MOST_SENTENCE: usize = 400;
/// Characters that are shown before the first hit in a value, unless everything is wanted.
const BEFORE: usize = 60;
/// Most other fields that are named which have hits too.
const MOST_FIELDS: usize = 3;
/// Spaces before all lines of an event but its first.
const INDENT: usize = 4;

/// How events are shown.
pub struct EventLines<'l> {
    pub clock: Clock,
    /// Whose address is whose, for the sentences about connections.
    pub addresses: &'l HostAddresses,
    pub verbose: bool,
    /// Fields that are shown behind each event.
    pub columns: &'l [Field],
}

impl EventLines<'_> {
    fn most(&self, most: usize) -> Option<usize> {
        (!self.verbose).then_some(most)
    }

    /// An event in words. `front` stands before it, `previous` is the event that it comes after, `asked` are fields that are shown where the sentence does not
    /// have their values.
    pub fn sentence(
        &self,
        page: &mut TerminalPage<'_>,
        front: &str,
        (event, previous): (&Event, Option<&Event>),
        asked: &[Field],
    ) -> io::Result<()> {
        let message = message_of(event, self.addresses);
        let mut line = format!("{front}{}  {}", self.head(event, previous), shown(&message, self.most(MOST_SENTENCE)));
        line.push_str(recovered(event));
        for field in asked {
            let values = joined_values(event, field);
            if !message.contains(&shown(&values, None)) {
                self.push_value(field, &values, &mut line);
            }
        }
        self.end(page, event, line)
    }

    /// An event in which something was found: the first field that has it, and the names of others.
    pub fn hit(&self, page: &mut TerminalPage<'_>, front: &str, event: &Event, hits: &[FieldHit]) -> io::Result<()> {
        let mut line = format!("{front}{}", self.head(event, None));
        let text = |field: FieldId| event.document.first(field).map(|value| shown(&value.to_string(), self.most(MOST)));
        for field in [ecs::EVENT_ACTION, ecs::PROCESS_NAME] {
            line.extend(text(field).map(|value| format!("  {value}")));
        }
        if let Some(pid) = text(ecs::PROCESS_PID) {
            let _ = write!(line, " {DIM}({pid}){DIM:#}"); // writing to a String cannot fail
        }
        line.push_str(recovered(event));
        let mut hits: Vec<&FieldHit> = hits.iter().collect();
        // Fields that repeat parts of others come last.
        hits.sort_by_key(|hit| is_repetition(hit.field.name()));
        let shown_hits = if self.verbose { hits.len() } else { 1 };
        for hit in hits.iter().take(shown_hits) {
            let _ = write!(line, "  {DIM}{}={DIM:#}{}", shown(hit.field.name(), None), self.marked(hit));
        }
        let mut others: Vec<&str> = hits.iter().skip(shown_hits).map(|hit| hit.field.name()).collect();
        others.dedup();
        if let [_, ..] = others[..] {
            let more = others.len().saturating_sub(MOST_FIELDS);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let names: Vec<String> = others.iter().take(MOST_FIELDS).map(|name| shown(name, None)).collect();
            let _ = write!(line, "  {DIM}(also in {}{more}){DIM:#}", names.join(", "));
        }
        self.end(page, event, line)
    }

    /// When, and on which host.
    fn head(&self, event: &Event, previous: Option<&Event>) -> String {
        let at = event.time(self.clock);
        let delta = previous.map(|previous| format!(" (+{} s)", seconds_text(at.0 - previous.time(self.clock).0)));
        // By the clock that orders events a later stage is never earlier, but a sample's events stand in the order of its terms.
        let delta = delta.unwrap_or_default().replace("+-", "-");
        let host = event.document.first(ecs::HOST_NAME).map(|host| shown(&host.to_string(), self.most(MOST)));
        format!("{BOLD}{at}{BOLD:#}{delta}  {}", host.unwrap_or_else(|| "(no computer name)".to_owned()))
    }

    fn push_value(&self, field: &Field, values: &str, line: &mut String) {
        if !values.is_empty() {
            let values = shown(values, self.most(MOST));
            let _ = write!(line, "  {DIM}{}={DIM:#}{values}", shown(field.name(), None));
        }
    }

    /// Ends a line: adds the columns, and breaks it where it does not fit.
    fn end(&self, page: &mut TerminalPage<'_>, event: &Event, mut line: String) -> io::Result<()> {
        for field in self.columns {
            self.push_value(field, &joined_values(event, field), &mut line);
        }
        let line = page.wrapped(&line, INDENT);
        writeln!(page.out, "{line}")
    }

    /// A value with what was found in it marked; only the part around the first place, unless everything is wanted.
    fn marked(&self, hit: &FieldHit) -> String {
        let text = &*hit.text;
        let first = hit.places.first().map_or(0, |place| place.start);
        let from = if self.verbose { 0 } else { characters_before(text, first, BEFORE) };
        let end =
            text[from..].char_indices().nth(MOST).filter(|_| !self.verbose).map_or(text.len(), |(at, _)| from + at);
        let mut out = if from > 0 { "…".to_owned() } else { String::new() };
        let mut at = from;
        for place in hit.places.iter().filter(|place| !place.is_empty()) {
            let (start, stop) = (place.start.clamp(at, end), place.end.clamp(at, end));
            if start < stop {
                let (before, found) = (shown(&text[at..start], None), shown(&text[start..stop], None));
                let _ = write!(out, "{before}{HIT}{found}{HIT:#}");
                at = stop;
            }
        }
        out.push_str(&shown(&text[at..end], None));
        if end < text.len() {
            out.push('…');
        }
        out
    }
}

/// What is said of an event that no ordinary reader of its log shows.
const fn recovered(event: &Event) -> &'static str {
    if event.is_recovered { "  (recovered)" } else { "" }
}

/// Whether a field repeats what others have.
fn is_repetition(name: &str) -> bool {
    name.starts_with("related.")
        || name.starts_with("dll.")
        || name.split('.').next_back() == Some("args")
        || name == "event.created"
}

/// The place so many characters before another one, or the start of the text.
fn characters_before(text: &str, at: usize, count: usize) -> usize {
    text[..at].char_indices().rev().take(count).last().map_or(at, |(before, _)| before)
}
