//! What was selected, told in order: a sentence for each event.
//!
//! Sentences wait in a spool, so that a story may be as long as the evidence. Many events of one kind in a row, such as the images that a process loads when it
//! starts, are told by their first ones and a number.

use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, SpoolSpace, read_item, write_item};
use crate::base::{Locator, Ticks};
use crate::ecs;
use crate::event::{Clock, Document, Event, OrderKey};
use crate::pipeline::EvidencePass;
use crate::process::{CutText, HostAddresses, process_of};
use crate::report::{EnrichedField, EnrichedLine, enriched_event, message_of};
use hashbrown::HashSet;
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher as _;
use std::io::{self, Read};

/// The share of memory that sentences take before they are spilled.
const STORY_SHARE: u64 = 8;

/// Most flags and decoded texts of an event.
const MOST_NOTES: usize = 8;
/// Longest of them, in bytes.
const LONGEST_NOTE: usize = 2000;

/// An event in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoryEvent {
    /// Its place in the order of events.
    pub order: OrderKey,
    /// Its host.
    pub host: String,
    /// What it is, in the words of its provider: `Image loaded`.
    pub action: String,
    /// Stands for its process.
    process: u64,
    /// The sentence, fit for a line of a terminal.
    pub sentence: String,
    /// What was worked out of the event: decoded texts, and what is odd about its image. Each may hold evidence as it is.
    pub notes: Vec<StoryNote>,
}

/// Something that was worked out of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoryNote {
    /// `decoded`, `flag` or `where`, and how it was encoded or where it stands.
    pub head: String,
    /// The text, cut, with a word about what is missing.
    pub text: String,
    /// Whether it is not told again: it is of the process that started this one, or of an address.
    is_told_once: bool,
}

impl SpoolItem for StoryEvent {
    fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.host.len()
            + self.action.len()
            + self.sentence.len()
            + self.notes.iter().map(|note| size_of::<StoryNote>() + note.head.len() + note.text.len()).sum::<usize>()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// A piece of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoryPart {
    /// An event.
    Event(StoryEvent),
    /// Further events like the ones before it, which are not told.
    More {
        /// How many.
        count: u64,
        /// What they are: `Image loaded`.
        action: String,
        /// The time of the last.
        last: Ticks,
    },
}

/// The events of a story, in order.
#[derive(Debug)]
pub struct StoryEvents {
    events: SortedSpool<StoryEvent>,
}

impl StoryEvents {
    /// The events at some places, given in order.
    pub fn new(
        evidence: &EvidencePass,
        places: &[Locator],
        (addresses, clock): (&HostAddresses, Clock),
        space: &SpoolSpace,
    ) -> Self {
        let spool = SortSpool::new(space.share(STORY_SHARE));
        let told = |event: Event| Some(story_event(&event, addresses, clock));
        // An event of a chunk that is read anew comes twice; what is alike is one.
        evidence.for_each_event(places, told, &|events| spool.add(std::mem::take(events)));
        Self { events: spool.take_sorted() }
    }

    /// Tells all of it. Of events of one kind and process in a row, with no alert among them, no more than `most_alike` are told, and the others counted.
    pub fn tell(
        &self,
        most_alike: usize,
        is_part_of_alert: &dyn Fn(&Locator) -> bool,
        each: &mut dyn FnMut(StoryPart) -> io::Result<()>,
    ) -> io::Result<()> {
        let (mut before, mut alike, mut more): (Option<StoryEvent>, usize, Option<StoryPart>) = (None, 0, None);
        let mut told = ToldNotes::default();
        for event in self.events.iter() {
            let mut event = event?;
            if before.as_ref().is_some_and(|before| before.order == event.order) {
                continue;
            }
            let is_like = |before: &StoryEvent| {
                (before.process, &before.action, &before.host) == (event.process, &event.action, &event.host)
            };
            let is_alert = is_part_of_alert(&event.order.origin());
            alike = if before.as_ref().is_some_and(is_like) && !is_alert { alike + 1 } else { 0 };
            before = Some(event.clone());
            if alike >= most_alike {
                let count = match more {
                    Some(StoryPart::More { count, .. }) => count,
                    _ => 0,
                };
                more = Some(StoryPart::More { count: count + 1, action: event.action, last: event.order.time });
                continue;
            }
            if let Some(more) = more.take() {
                each(more)?;
            }
            told.leave_new(&mut event.notes);
            each(StoryPart::Event(event))?;
        }
        more.map_or(Ok(()), each)
    }
}

/// Notes that were told: what every child says of its parent is told where the parent starts, if it is part of the story.
#[derive(Debug, Default)]
struct ToldNotes {
    texts: HashSet<u64>,
}

/// Most notes that are known again. Beyond them some are told again.
const MOST_TOLD: usize = 1 << 16;

impl ToldNotes {
    fn leave_new(&mut self, notes: &mut Vec<StoryNote>) {
        if self.texts.len() >= MOST_TOLD {
            self.texts.clear();
        }
        let digest = |note: &StoryNote| foldhash::fast::FixedState::default().hash_one(&note.text);
        notes.retain(|note| self.texts.insert(digest(note)) || !note.is_told_once);
    }
}

fn story_event(event: &Event, addresses: &HostAddresses, clock: Clock) -> StoryEvent {
    let text = |field| event.document.text(field).unwrap_or_default().to_owned();
    let process = process_of(&event.document);
    StoryEvent {
        order: event.order(clock),
        host: text(ecs::HOST_NAME),
        action: text(ecs::EVENT_ACTION),
        // Not a hash with a seed of its own: what falls together must not depend on the run.
        process: foldhash::fast::FixedState::default().hash_one(process),
        sentence: message_of(event, addresses),
        notes: notes(&event.document),
    }
}

/// What was worked out of an event that is told.
fn notes(document: &Document) -> Vec<StoryNote> {
    let has = |field, text| document.all(field).iter().any(|value| value.as_text() == Some(text));
    // Every event names the image of its process: it is told where the process starts. The load of an image has the type of a start too.
    let is_start = has(ecs::EVENT_TYPE, "start") && !has(ecs::EVENT_CATEGORY, "library");
    // A command where others have an image is that of a WMI consumer.
    let is_command = |found: &EnrichedField| found.field == ecs::PROCESS_EXECUTABLE && !found.decoded.is_empty();
    let is_told = |found: &EnrichedField| is_start || is_command(found) || !found.field.name().starts_with("process.");
    let found = enriched_event(document);
    let of_field = |found: &EnrichedField| {
        let is_told_once = found.location.is_some() || found.field.name().starts_with("process.parent.");
        found.lines().into_iter().map(move |line| (line, is_told_once))
    };
    let lines: Vec<(EnrichedLine, bool)> = found.iter().filter(|found| is_told(found)).flat_map(of_field).collect();
    let note = |(line, is_told_once): &(EnrichedLine, bool)| {
        let is_told_once = *is_told_once;
        let text = CutText::new(&line.text, LONGEST_NOTE).to_string();
        let about = if line.about.is_empty() { String::new() } else { format!(" ({})", line.about) };
        let head = format!("{}{about}", line.label);
        StoryNote { head, text: format!("{text}{}", line.missing), is_told_once }
    };
    let mut notes: Vec<StoryNote> = lines.iter().take(MOST_NOTES).map(note).collect();
    if lines.len() > MOST_NOTES {
        let text = format!("and {} more flags and decoded texts", lines.len() - MOST_NOTES);
        notes.push(StoryNote { head: "note".to_owned(), text, is_told_once: false });
    }
    notes
}

#[cfg(test)]
mod tests;
