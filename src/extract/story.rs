//! What was selected, told in order: a sentence for each event.
//!
//! Sentences wait in a spool, so that a story may be as long as the evidence. Many events of one kind in a row, such as the images that a process loads when it
//! starts, are told by their first ones and a number.

use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, SpoolSpace, read_item, write_item};
use crate::base::{Locator, Ticks};
use crate::ecs;
use crate::event::{Clock, Event, OrderKey};
use crate::pipeline::EvidencePass;
use crate::process::{HostAddresses, process_of};
use crate::report::message_of;
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher as _;
use std::io::{self, Read};

/// The share of memory that sentences take before they are spilled.
const STORY_SHARE: u64 = 8;

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
}

impl SpoolItem for StoryEvent {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.host.len() + self.action.len() + self.sentence.len()
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
        for event in self.events.iter() {
            let event = event?;
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
            each(StoryPart::Event(event))?;
        }
        more.map_or(Ok(()), each)
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
    }
}

#[cfg(test)]
mod tests;
