//! A rule set meets records of one shape: those of an event ID whose entries have certain names.
//!
//! What is true of a whole shape is worked out once: which rules are left, and how the fields that they ask for are found in a record without mapping it.
//! So most records cost a few comparisons. This module does not know how records are read.

use super::candidates::{KeyBuffer, Pattern};
use super::detector::Detector;
use super::hit::{RuleHit, RuleIndex};
use super::hit_template::HitTemplate;
use super::plan::{self, RulePlan, Try};
use super::predicate_cache::{PredicateCache, ValueCache};
use super::rule_activity::{DormantRules, RuleActivity};
use crate::ecs::{self, Field};
use crate::eql::{KeyValues, Predicate};
use crate::event::{Document, Fields};
use crate::rules::Rule;
use crate::source::{Raw, RecordRef};
use crate::sysmon::{ExtractCache, Extractors, LazyEvent};
use hashbrown::HashSet;
use std::cell::LazyCell;
use std::sync::Arc;

/// A rule set specialised to the records of a shape.
#[derive(Debug)]
pub enum ShapePlan {
    /// No record of it matters to any rule.
    Nothing,
    /// Its records must be mapped whole before rules can look at them, unless the name of the process rules them out.
    Whole(Option<Names>),
    /// Rules look at fields, one by one.
    Fields(Box<FieldPlan>),
}

/// Rules, and the extractors to the fields that they ask for.
#[derive(Debug)]
pub struct FieldPlan {
    plan: RulePlan,
    predicates: PredicateCache,
    /// The try of each bit of the predicates.
    tries: Vec<usize>,
    extractors: Extractors,
    names: Option<Names>,
}

/// The outcome of matching a record against all rules.
#[derive(Debug)]
pub enum MatchResult {
    /// Nothing.
    Nothing,
    /// It can be part of sequences and samples.
    Candidate(Arc<Pattern>),
    /// Perhaps more than that: what each rule makes of it.
    Close(Vec<(RuleIndex, RuleHit)>),
}

/// The names of processes that matter.
#[derive(Debug)]
pub struct Names {
    /// The entry that has the path.
    entry: usize,
    /// Names in lower case, all of ASCII.
    all: HashSet<Box<[u8]>>,
    /// For each of the last characters of a path, counted from its end, which ones some name has there.
    tails: [u64; TAIL],
}

/// How many characters at the end of a path are compared with all names at once.
const TAIL: usize = 8;

/// The longest name of a process that is compared in place.
const LONGEST_NAME: usize = 64;

impl Detector {
    /// Specialises the rules to records of the shape of this one, written by Sysmon on Windows.
    pub fn shape(&self, record: &RecordRef<'_>) -> ShapePlan {
        let Some(known) = self.plan_of(record.event_id()) else { return ShapePlan::Whole(None) };
        if known.tries.is_empty() {
            return ShapePlan::Nothing;
        }
        let mut extractors = Extractors::new(record.event_id(), self.mapping, record.names());
        let all: HashSet<&Field> = known.fields().collect();
        if !all.into_iter().all(|field| extractors.learn(field)) {
            return ShapePlan::Whole(Names::new(known, &mut extractors));
        }
        // A field that no record of this shape has is known to be empty. With that put in, a condition on it folds to false and its `not` to true, and
        // many rules are gone before a record is seen.
        let nothing = Document::new();
        let specialise = |condition: &Predicate| {
            let left = condition.specialise(&nothing, &|field: &Field| extractors.is_never(field));
            left.cheapest_first(&|field| extractors.cost(field))
        };
        let plan = known.narrowed(&specialise);
        if plan.tries.is_empty() {
            return ShapePlan::Nothing;
        }
        let others = plan.tries.iter().flat_map(|tried| fields_beside_conditions(&self.rules()[tried.rule]));
        let of_candidates = [ecs::HOST_NAME, ecs::PROCESS_ENTITY_ID].map(Field::from);
        if !others.chain(of_candidates).all(|field| extractors.learn(&field)) {
            return ShapePlan::Whole(Names::new(&plan, &mut extractors));
        }
        // A filter takes no event without the keys that its rule joins by.
        let plan = plan.without(&|rule, filter| {
            let filter = self.rules()[rule].query.filters().get(filter);
            let keys = filter.map_or(&[][..], |filter| filter.keys());
            keys.iter().any(|key| !key.optional && extractors.is_never(&key.field))
        });
        if plan.tries.is_empty() {
            return ShapePlan::Nothing;
        }
        let names = Names::new(&plan, &mut extractors);
        let of_try = |(at, tried): (usize, &Try)| std::iter::repeat_n(at, tried.filters.len());
        let tries: Vec<usize> = plan.tries.iter().enumerate().flat_map(of_try).collect();
        let conditions = plan.tries.iter().flat_map(|tried| &tried.filters).enumerate();
        let predicates = PredicateCache::new(
            conditions.filter_map(|(bit, condition)| Some((bit, condition.as_ref()?))),
            &extractors,
        );
        ShapePlan::Fields(Box::new(FieldPlan { plan, predicates, tries, extractors, names }))
    }
}

/// The fields that a rule asks for if its conditions hold: join keys and exceptions.
fn fields_beside_conditions(rule: &Rule) -> Vec<Field> {
    let filters = rule.query.filters();
    let keys = filters.iter().flat_map(|filter| filter.keys()).map(|key| key.field.clone());
    let exceptions = rule.exceptions.iter().flat_map(|exception| exception.predicate.fields()).cloned();
    keys.chain(exceptions).collect()
}

impl ShapePlan {
    /// Whether a record of the shape could matter; asks only for what can be compared in place.
    pub fn may_matter(&self, record: &RecordRef<'_>) -> bool {
        let names = match self {
            Self::Nothing => return false,
            Self::Whole(names) => names.as_ref(),
            Self::Fields(plan) => plan.names.as_ref(),
        };
        names.is_none_or(|names| names.may_have(record.entry(names.entry)))
    }
}

impl FieldPlan {
    /// The event of a record, of which rules ask what they need.
    pub fn event<'a>(
        &'a self,
        record: &'a RecordRef<'a>,
        extracted: &'a mut ExtractCache,
        path: &'a str,
    ) -> LazyEvent<'a> {
        LazyEvent::new(&self.extractors, record, extracted, path)
    }

    /// The hits of all rules on a record of this shape, by ascending rule; `event` is its event.
    pub fn hits<'e, F: FnOnce() -> LazyEvent<'e>>(
        &self,
        rules: &[Rule],
        record: &RecordRef<'_>,
        event: &LazyCell<LazyEvent<'e>, F>,
        keys: &mut KeyValues,
        cache: &mut ValueCache,
    ) -> Vec<(RuleIndex, RuleHit)> {
        if self.predicates.ask(record, event, cache) { self.hits_of(rules, &**event, keys, cache) } else { Vec::new() }
    }

    /// The hits on an event, given which conditions hold.
    fn hits_of(
        &self,
        rules: &[Rule],
        event: &dyn Fields,
        keys: &mut KeyValues,
        cache: &ValueCache,
    ) -> Vec<(RuleIndex, RuleHit)> {
        let mut hits = Vec::new();
        keys.clear();
        for (tried, start) in self.tries_of(cache) {
            let hit = plan::hit(&rules[tried.rule], event, keys, |filter| cache.holds(start + filter));
            hits.extend(hit.map(|hit| (tried.rule, hit)));
        }
        hits
    }

    /// The tries of which some condition holds, each with its first bit.
    fn tries_of(&self, cache: &ValueCache) -> impl Iterator<Item = (&Try, usize)> {
        let mut next = 0;
        cache.bits().filter_map(move |bit| {
            if bit < next {
                return None;
            }
            let at = self.tries[bit];
            let tried = &self.plan.tries[at];
            let start = self.tries.partition_point(|&before| before < at);
            next = start + tried.filters.len();
            Some((tried, start))
        })
    }

    /// Matches a record like [`hits`](Self::hits), with a result that records with the same hits share. The keys of a candidate go to `buffer`. Hits of
    /// dormant rules are left out, and the rules added to `dormant`.
    pub fn match_record<'e, F: FnOnce() -> LazyEvent<'e>>(
        &self,
        detector: &Detector,
        record: &RecordRef<'_>,
        event: &LazyCell<LazyEvent<'e>, F>,
        (keys, buffer): (&mut KeyValues, &mut KeyBuffer),
        cache: &mut ValueCache,
        (activity, dormant): (&RuleActivity, &mut DormantRules),
    ) -> MatchResult {
        if !self.predicates.ask(record, event, cache) {
            return MatchResult::Nothing;
        }
        let rules = detector.rules();
        cache.enter(activity.epoch());
        let template = cache.template(|cache| {
            let filter = |bit: usize| {
                let start = self.tries.partition_point(|&before| before < self.tries[bit]);
                (self.plan.tries[self.tries[bit]].rule, bit - start)
            };
            cache.bits().map(filter).for_each(|(rule, filter)| activity.note(rule, filter));
            HitTemplate::new(cache.bits().map(filter), rules, activity)
        });
        if template.is_close() {
            let hits = self.hits_of(rules, &**event, keys, cache);
            return if hits.is_empty() { MatchResult::Nothing } else { MatchResult::Close(hits) };
        }
        dormant.add_all(template.dormant());
        template.pattern(&**event, detector.digester(), buffer).map_or(MatchResult::Nothing, MatchResult::Candidate)
    }
}

impl Names {
    fn new(plan: &RulePlan, extractors: &mut Extractors) -> Option<Self> {
        let field = Field::from(ecs::PROCESS_NAME);
        extractors.learn(&field);
        let names = plan.required(&field)?;
        let entry = extractors.base_name(&field)?;
        // A name of other characters could be another spelling of one of ASCII; and then every path needs a closer look.
        let comparable = names.iter().all(|name| name.is_ascii() && name.len() <= LONGEST_NAME);
        comparable.then(|| Self::of(entry, names))
    }

    fn of(entry: usize, names: Vec<String>) -> Self {
        let mut tails = [0; TAIL];
        for name in &names {
            // Before the name there is a separator, and before that there can be anything.
            let from_end = name.bytes().rev().map(bit).chain([bit(b'\\')]).chain(std::iter::repeat(u64::MAX));
            tails.iter_mut().zip(from_end).for_each(|(tail, bit)| *tail |= bit);
        }
        let all = names.into_iter().map(|name| name.into_bytes().into()).collect();
        Self { entry, all, tails }
    }

    /// Whether the name at the end of a path is one of these, or cannot be told.
    fn may_have(&self, path: Raw<'_>) -> bool {
        let Some(units) = path.utf16() else { return !matches!(path, Raw::Nothing) };
        let units = units.strip_suffix(&[0, 0]).filter(|rest| rest.len().is_multiple_of(2)).unwrap_or(units);
        if !is_plain(units) {
            return true;
        }
        let (units, _) = units.as_chunks::<2>();
        self.may_end(units) && self.ends(units)
    }

    /// Whether the last characters could be those of a name. All are looked at, which is quicker than to guess which one tells.
    fn may_end(&self, units: &[[u8; 2]]) -> bool {
        let Some(last) = units.last_chunk::<TAIL>() else { return true };
        let tails = self.tails.iter().zip(last.iter().rev());
        tails.fold(1, |may, (tail, unit)| may & (tail >> place(unit[0]))) == 1
    }

    /// Whether a path of ASCII ends in one of these names.
    fn ends(&self, units: &[[u8; 2]]) -> bool {
        let mut name = [0_u8; LONGEST_NAME];
        let mut start = LONGEST_NAME;
        for unit in units.iter().rev() {
            if unit[0] == b'\\' {
                return self.all.contains(&name[start..]);
            }
            if start == 0 {
                // Longer than any of the names.
                return false;
            }
            start -= 1;
            name[start] = unit[0].to_ascii_lowercase();
        }
        // A path of one part has no name.
        false
    }
}

/// The place of the bit of a character of ASCII, the same in both cases.
const fn place(character: u8) -> u8 {
    (character | 0x20) & 0x3f
}

/// A bit for a character of ASCII.
const fn bit(character: u8) -> u64 {
    1 << place(character)
}

/// Whether all units are characters of ASCII that stand for themselves: none ends a text, and none is forbidden in XML.
fn is_plain(units: &[u8]) -> bool {
    // Pieces that overlap: texts of about the same length are looked at in the same steps, whatever is left over.
    let plain = UnitLanes::default();
    if let (Some(first), Some(last)) = (units.first_chunk::<64>(), units.last_chunk::<64>()) {
        return units.as_chunks().0.iter().skip(1).fold(plain.and(first).and(last), UnitLanes::and::<64>).is_so();
    }
    if let (Some(first), Some(last)) = (units.first_chunk::<32>(), units.last_chunk::<32>()) {
        return plain.and(first).and(last).is_so();
    }
    if let (Some(first), Some(last)) = (units.first_chunk::<16>(), units.last_chunk::<16>()) {
        return plain.and(first).and(last).is_so();
    }
    units.as_chunks::<2>().0.iter().all(|unit| (0x20..0x80).contains(&u16::from_le_bytes(*unit)))
}

/// The least and the greatest of the units that each of eight lanes has met.
struct UnitLanes {
    least: [i16; LANES],
    greatest: [i16; LANES],
}

/// Units of UTF-16 that a processor takes in one step.
const LANES: usize = 8;

impl Default for UnitLanes {
    fn default() -> Self {
        Self { least: [i16::MAX; LANES], greatest: [i16::MIN; LANES] }
    }
}

impl UnitLanes {
    /// Adds more units.
    #[inline]
    fn and<const N: usize>(mut self, units: &[u8; N]) -> Self {
        let (units, _) = units.as_chunks::<2>();
        for units in units.as_chunks::<LANES>().0 {
            for (lane, unit) in units.iter().enumerate() {
                // Those beyond the half are less than none, and so not plain either.
                let unit = i16::from_le_bytes(*unit);
                self.least[lane] = self.least[lane].min(unit);
                self.greatest[lane] = self.greatest[lane].max(unit);
            }
        }
        self
    }

    #[inline]
    fn is_so(&self) -> bool {
        let within = |lane: usize| i16::from(self.least[lane] < 0x20) | i16::from(self.greatest[lane] >= 0x80);
        (0..LANES).fold(0, |beyond, lane| beyond | within(lane)) == 0
    }
}
#[cfg(test)]
mod tests;
