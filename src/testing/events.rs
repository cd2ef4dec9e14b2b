//! All events of a run, mapped and in order: what explanations, expectations about events, coverage and mutants are asked of.
//!
//! A run keeps only what rules need. So its evidence is read again, by its own means, which leave out duplicates and what was not asked for.

use crate::base::Locator;
use crate::ecs::{self, FieldId};
use crate::event::{Clock, Event};
use crate::pipeline::{Outcome, Silent};
use crate::process::{ObservedEvent, Observer};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Notes where events stand.
#[derive(Default)]
struct Places {
    pending: Vec<Locator>,
    kept: BTreeSet<Locator>,
}

impl Observer for Places {
    fn fields(&self, _: u32) -> &'static [FieldId] {
        // Events are shown to those only who ask for something.
        &[ecs::EVENT_CODE]
    }

    fn see(&mut self, event: &ObservedEvent<'_>) {
        self.pending.push(event.order.origin());
    }

    fn keep(&mut self) {
        self.kept.extend(self.pending.drain(..));
    }

    fn forget(&mut self) {
        self.pending.clear();
    }
}

/// Every event of a run, in the order of the clock.
pub fn all_events(outcome: &Outcome, clock: Clock) -> Vec<Arc<Event>> {
    let places: BTreeSet<Locator> =
        outcome.again.observe(&Silent, &Places::default).into_iter().flat_map(|places| places.kept).collect();
    let mut events = outcome.again.events(&places);
    events.sort_by_key(|event| event.order(clock));
    events
}
