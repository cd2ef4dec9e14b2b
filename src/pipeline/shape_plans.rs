//! How each thread finds what is worked out once per shape of records.
//!
//! A shape is an event ID with the names of a record's entries. Rules specialised to it, the extractors of a timeline's columns, and so on
//! ([`ShapePlans`]) are made once per run and shared; what a predicate has said of a value before ([`ValueCache`]) belongs to one thread, so that no lock is
//! taken for a record. This module does not know what a plan is made from.

use super::keywords::ShapeKeywords;
use crate::detect::{ShapePlan, ShapeWatch, ValueCache};
use crate::search::ShapeSearch;
use crate::source::RecordRef;
use crate::sysmon::{self, Extractors};
use crate::timeline::RowTemplate;
use hashbrown::HashMap;
use std::sync::Arc;

/// Limit for crafted evidence: plans are forgotten when there are more shapes than this.
pub const MOST_SHAPES: usize = 4096;

/// The number of plans in the direct-mapped cache in front of the hash table.
const RECENT_PLANS: usize = 64;

/// Most bytes that the value caches of one thread take together.
const MOST_CACHED_BYTES: usize = 32 << 20;

/// Everything worked out for the records of one shape.
pub struct ShapePlans {
    /// The rules that such records can match.
    pub rules: ShapePlan,
    /// The extractors of a timeline's columns, if a timeline is wanted and all columns can be extracted from the record in its chunk.
    pub columns: Option<(Extractors, RowTemplate)>,
    /// Names that rules look for, if such a record can have one.
    pub watch: Option<ShapeWatch>,
    /// Fields that rules ask for whose values can be too long to be keywords, if such a record can have some.
    pub keywords: Option<ShapeKeywords>,
    /// The text that is looked for, if one is, and how such records are asked for it.
    pub text: Option<ShapeSearch>,
    /// Whether such a record tells of the creation of a process.
    pub is_creation: bool,
}

/// The reader's number of a shape, and the event ID.
type ShapeNumber = (u32, u32);

/// The plans that one thread uses.
#[derive(Default)]
pub struct Plans {
    /// Positions of plans in `all`, by shape.
    positions: HashMap<ShapeNumber, usize>,
    /// The plans, each with the value cache of its predicates. Shapes of the same event ID and entry names share one: each host can have templates of
    /// its own, which the reader numbers apart.
    all: Vec<(Arc<ShapePlans>, ValueCache)>,
    /// A direct-mapped cache of `positions`, slot by slot.
    recent: Vec<Option<(ShapeNumber, usize)>>,
    /// About how many bytes all value caches take, without what the last used plan's has grown by.
    bytes: usize,
    /// The plan that was used last, and the size of its value cache before.
    last: Option<(usize, usize)>,
    /// The sender that was last asked for, and whether it is Sysmon on Windows.
    sender: Option<(u64, bool)>,
}

impl Plans {
    /// The plan for the shape of a record, and its value cache. `make` is called for a shape that this thread has not met.
    pub fn of(
        &mut self,
        record: &RecordRef<'_>,
        make: impl FnOnce() -> Arc<ShapePlans>,
    ) -> (&ShapePlans, &mut ValueCache) {
        let key = (record.shape(), record.event_id());
        // Neighbouring shapes and event IDs fall into different slots, which is all that is asked of this hash: it is computed for every record, and is much
        // cheaper than a look-up in the table.
        let slot = (key.0 as usize).wrapping_mul(5).wrapping_add(key.1 as usize) % RECENT_PLANS;
        let position = match self.recent.get(slot) {
            Some(Some((known, position))) if *known == key => *position,
            _ => self.look_up(key, slot, make),
        };
        self.bound(position);
        let (shape, memo) = &mut self.all[position];
        (shape, memo)
    }

    /// Clears the value caches if they have grown too large; `position` is the plan that is used next.
    fn bound(&mut self, position: usize) {
        // A value cache only grows while it is in use, so that to measure the last used one is enough; to sum up all of them would be paid per record.
        if let Some((last, before)) = self.last {
            self.bytes = (self.bytes + self.all[last].1.bytes()).saturating_sub(before);
        }
        if self.bytes > MOST_CACHED_BYTES {
            // To drop everything costs less than to order values by last use on every hit, and is as good: what is common is back at once.
            self.all.iter_mut().for_each(|(_, memo)| memo.clear());
            self.bytes = 0;
        }
        self.last = Some((position, self.all[position].1.bytes()));
    }

    /// The position of a plan that is not in its slot; puts it there.
    fn look_up(&mut self, key: ShapeNumber, slot: usize, make: impl FnOnce() -> Arc<ShapePlans>) -> usize {
        if self.positions.len() > MOST_SHAPES || self.recent.is_empty() {
            self.positions.clear();
            self.all.clear();
            (self.bytes, self.last) = (0, None);
            self.recent = vec![None; RECENT_PLANS];
        }
        let position = *self.positions.entry(key).or_insert_with(|| {
            let plan = make();
            let known = self.all.iter().position(|(known, _)| Arc::ptr_eq(known, &plan));
            known.unwrap_or_else(|| {
                self.all.push((plan, ValueCache::default()));
                self.all.len() - 1
            })
        });
        self.recent[slot] = Some((key, position));
        position
    }

    /// Whether Sysmon wrote a record on Windows.
    pub fn is_on_windows(&mut self, record: &RecordRef<'_>) -> bool {
        match self.sender {
            // The reader gives records of one provider and computer the same number: mostly no text is compared.
            Some((sender, known)) if sender == record.sender() => known,
            _ => {
                let is_on_windows = record.provider().eq_ignore_ascii_case(sysmon::PROVIDER);
                self.sender = Some((record.sender(), is_on_windows));
                is_on_windows
            }
        }
    }
}
