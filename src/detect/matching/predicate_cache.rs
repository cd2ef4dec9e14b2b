//! Many conditions asked of records of one shape, by the entries that they depend on.
//!
//! A condition is cut into the parts that must all hold, and parts that the same entries of a record decide form a group.
//! Entries repeat their values (the same programs, libraries, users), so each value gets a number in a dictionary, and what all parts of a group say of a
//! combination of values is worked out once and cached as a bit for each condition; a record's answer is the `and` of its groups' bits. What all groups together say of entries that hardly ever say anything new is
//! remembered too: a record then costs one look-up for each of these entries, and one for all of them together.
//!
//! Entries of high cardinality, whose values rarely repeat, are recognised as they are read. A group with such an entry caches the residual of its parts for
//! the values of its other entries; residuals are evaluated last, for the conditions that no group has ruled out.
//! What is remembered changes how soon an answer is there, never the answer. This module does not know what conditions are for.

use crate::base::bits;
use crate::base::same_bytes::same_bytes;
use crate::detect::correlate::HitTemplate;
use crate::detect::prefilter::{LiteralHits, Literals, RequiredLiterals};
use crate::ecs::Field;
use crate::eql::Predicate;
use crate::event::{Document, Fields};
use crate::source::{Raw, RecordRef};
use crate::sysmon::{self, Extractors, LazyEvent};
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};
use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Most entries that a group depends on; parts that depend on more are asked of each record.
const MOST_INPUTS: usize = 12;
/// Bytes that are remembered of the records of a shape before all is forgotten.
const MOST_BYTES: usize = 16 << 20;
/// Sample size, in look-ups, for classifying an entry as high-cardinality.
const TRIAL: u32 = 4096;
/// Factor on [`TRIAL`] for classifying whole rows: combinations of values take longer to repeat than single values.
const ROW_TRIALS: u32 = 4;
/// About how many bytes a part takes.
const BYTES_OF_PART: usize = 150;
/// Stands for no number.
const NONE: u32 = u32::MAX;
/// Marks values that were met once and whose answer was not worked out yet.
const SEEN_ONCE: u32 = u32::MAX - 1;

/// The conditions of one shape, cut into groups. Immutable and shared by all threads; answers are cached in a [`ValueCache`].
#[derive(Debug)]
pub struct PredicateCache {
    /// Bits of the conditions that are asked at all.
    asked: Box<[u64]>,
    /// Positions of the entries that some group depends on.
    entries: Vec<usize>,
    all: Vec<ConditionGroup>,
    literals: Literals,
}

/// The parts of conditions that one set of entries decides.
#[derive(Debug)]
struct ConditionGroup {
    /// Positions in [`PredicateCache::entries`], ascending; none if more than a few entries decide.
    inputs: Vec<usize>,
    /// Bits of the conditions that have a part here.
    members: Box<[u64]>,
    /// The parts with the bit of each, ascending.
    parts: Vec<ConditionPart>,
    /// The fields of the parts, with the positions in `inputs` that decide each.
    fields: Vec<(Field, Vec<usize>)>,
}

/// A conjunct of the condition of a bit.
#[derive(Debug)]
struct ConditionPart {
    bit: usize,
    predicate: Predicate,
    /// Literals of which a record must have some.
    wanted: Option<RequiredLiterals>,
}

/// The answers that one thread has cached for the records of one shape.
#[derive(Debug)]
pub struct ValueCache {
    /// Bytes above which the cache is cleared.
    limit: usize,
    trial: u32,
    hasher: RandomState,
    entries: Vec<ValueDictionary>,
    answers: Vec<Answers>,
    bytes: usize,
    /// Bits of the conditions that are left.
    left: Vec<u64>,
    /// The answer of all groups to this record, unless it is cached.
    new: RowResult,
    literal_hits: LiteralHits,
    /// Hit templates by the set of conditions that hold.
    templates: HashMap<Box<[u64]>, Arc<HitTemplate>>,
    /// The template that was asked for last: most records are followed by one with the same hits.
    last_template: Option<(Box<[u64]>, Arc<HitTemplate>)>,
    rows: RowCache,
}

/// The values of an entry that were met, each with a number.
#[derive(Debug)]
struct ValueDictionary {
    numbers: HashTable<u32>,
    values: Vec<(u8, Box<[u8]>)>,
    looked_up: u32,
    missed: u32,
    /// Whether its values rarely repeat; they are not numbered then.
    high_cardinality: bool,
    /// For each value of the record's first numbered entry, the number of the value that stood with it last: a program has one description.
    last_paired: Vec<u32>,
}

/// The cached answers of a group.
#[derive(Debug, Default)]
struct Answers {
    /// The number of the answer to a value, by the value's number, for groups of one entry.
    by_value: Vec<u32>,
    /// The number of the answer to values, for groups of several entries; [`NONE`] stands for any value of an entry that rarely repeats itself.
    by_values: HashMap<Numbers, u32, foldhash::fast::FixedState>,
    /// For each answer the bits that may hold.
    bits: Vec<u64>,
    /// For each answer the residual parts that its bits still depend on.
    residuals: Vec<Box<[ConditionPart]>>,
}

/// The cached answers of all groups together, by the numbers of a record's values.
#[derive(Debug, Default)]
struct RowCache {
    /// The numbers of the values of this record, one for each entry.
    numbers: Vec<u32>,
    /// Positions of answers by the numbers that they are for.
    table: HashTable<u32>,
    /// The numbers that each answer is for, one after the other.
    keys: Vec<u32>,
    answers: Vec<RowResult>,
    looked_up: u32,
    missed: u32,
    /// Whether combinations of values rarely repeat; nothing is cached then.
    high_cardinality: bool,
}

/// The answer of all groups for one combination of values.
#[derive(Clone, Debug, Default)]
struct RowResult {
    /// Bits of the conditions that may hold.
    left: Vec<u64>,
    /// The groups that these conditions still depend on, each with the number of its answer so far; [`NONE`] if it has none.
    undecided: Vec<(u32, u32)>,
}

/// The number of the value of each entry of a group.
type Numbers = [u32; MOST_INPUTS];

impl Default for ValueCache {
    fn default() -> Self {
        Self::new(MOST_BYTES, TRIAL)
    }
}

impl ValueCache {
    /// A cache that is cleared above `limit` bytes, and that classifies an entry as high-cardinality if more than every sixteenth of `trial` look-ups met a
    /// new value.
    pub fn new(limit: usize, trial: u32) -> Self {
        Self {
            limit,
            trial,
            hasher: RandomState::default(),
            entries: Vec::new(),
            answers: Vec::new(),
            bytes: 0,
            left: Vec::new(),
            new: RowResult::default(),
            literal_hits: LiteralHits::default(),
            templates: HashMap::new(),
            last_template: None,
            rows: RowCache::default(),
        }
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        for entry in &mut self.entries {
            // The classification stays: it is a property of the entry, not of the values that are dropped.
            *entry = ValueDictionary { high_cardinality: entry.high_cardinality, ..ValueDictionary::new() };
        }
        self.answers.iter_mut().for_each(|answers| *answers = Answers::default());
        self.templates.clear();
        self.rows.clear();
        self.bytes = 0;
    }

    /// The hit template of the conditions that hold, built by `make` unless it is cached.
    pub fn template(&mut self, make: impl FnOnce(&Self) -> HitTemplate) -> Arc<HitTemplate> {
        if let Some((left, template)) = &self.last_template
            && **left == *self.left
        {
            return template.clone();
        }
        let template = self.template_of_set(make);
        self.last_template = Some((self.left.as_slice().into(), template.clone()));
        template
    }

    fn template_of_set(&mut self, make: impl FnOnce(&Self) -> HitTemplate) -> Arc<HitTemplate> {
        if let Some(known) = self.templates.get(self.left.as_slice()) {
            return known.clone();
        }
        let template = Arc::new(make(self));
        self.bytes += template.bytes() + self.left.len() * 8 + 32;
        self.templates.insert(self.left.as_slice().into(), template.clone());
        template
    }

    /// Whether the condition of a bit was found to hold.
    pub fn holds(&self, bit: usize) -> bool {
        bits::has(&self.left, bit)
    }

    /// The bits of the conditions that hold, ascending.
    pub fn bits(&self) -> impl Iterator<Item = usize> {
        bits::all(&self.left)
    }

    fn begin(&mut self, groups: &PredicateCache) {
        // All at once, not by age: to keep track of use would cost every look-up, and frequent values are back after a few records.
        if self.bytes > self.limit {
            self.clear();
        }
        self.entries.resize_with(groups.entries.len(), ValueDictionary::new);
        self.answers.resize_with(groups.all.len(), Answers::default);
        self.rows.numbers.clear();
        groups.literals.begin(&mut self.literal_hits);
    }

    /// The position of the cached answer for the values of this record.
    fn recall(&mut self) -> Option<usize> {
        let RowCache { numbers, table, keys, looked_up, missed, high_cardinality, .. } = &mut self.rows;
        *looked_up += 1;
        if *looked_up >= self.trial.saturating_mul(ROW_TRIALS) {
            *high_cardinality |= *missed > *looked_up / 2;
            (*looked_up, *missed) = (0, 0);
        }
        if *high_cardinality {
            return None;
        }
        let is_it = |at: &u32| keys[*at as usize * numbers.len()..].starts_with(numbers);
        let found = table.find(self.hasher.hash_one(&*numbers), is_it);
        *missed += u32::from(found.is_none());
        found.map(|at| *at as usize)
    }

    /// Caches the answer of all groups for this record's values.
    fn remember(&mut self) {
        let RowCache { numbers, table, keys, answers, high_cardinality, .. } = &mut self.rows;
        if *high_cardinality {
            return;
        }
        let number = u32::try_from(answers.len()).unwrap_or(NONE);
        keys.extend_from_slice(numbers);
        answers.push(self.new.clone());
        self.bytes += numbers.len() * 4 + self.new.bytes() + 16;
        let hash = |of: &[u32]| self.hasher.hash_one(of);
        let length = numbers.len();
        table.insert_unique(hash(numbers), number, |&at| hash(&keys[at as usize * length..][..length]));
    }
}

impl RowResult {
    /// About how many bytes it takes.
    fn bytes(&self) -> usize {
        size_of_val(&*self.left) + size_of_val(&*self.undecided) + size_of::<Self>()
    }
}

impl RowCache {
    fn clear(&mut self) {
        *self = Self {
            numbers: std::mem::take(&mut self.numbers),
            high_cardinality: self.high_cardinality,
            ..Self::default()
        };
    }
}

impl PredicateCache {
    /// Groups for conditions, each with its bit, asked of records with these extractors to their fields.
    pub fn new(conditions: &[(usize, &Predicate)], extractors: &Extractors) -> Self {
        let mut asked = Vec::new();
        let mut by_entries: BTreeMap<Vec<usize>, BTreeMap<usize, Vec<Predicate>>> = BTreeMap::new();
        for &(bit, condition) in conditions {
            bits::grow(&mut asked, bit);
            // `process.name : "cmd.exe" and user.name : "bob"` becomes two parts, decided by Image and by User. Each is cached under its own entry;
            // a cache of whole conditions would need all entries that they read to repeat together.
            for part in condition.conjuncts().filter(|part| part.constant() != Some(true)) {
                let inputs = inputs(&part, extractors);
                by_entries.entry(inputs).or_default().entry(bit).or_default().push(part);
            }
        }
        let mut entries: Vec<usize> = by_entries.keys().flatten().copied().collect();
        entries.sort_unstable();
        entries.dedup();
        let literals = Literals::new(conditions, asked.len(), extractors);
        let group = |(inputs, parts): (Vec<usize>, BTreeMap<usize, Vec<Predicate>>)| {
            let inputs = inputs.iter().filter_map(|entry| entries.binary_search(entry).ok()).collect();
            let part = |(bit, parts)| ConditionPart::new(bit, Predicate::all(parts), &literals);
            ConditionGroup::new(inputs, parts.into_iter().map(part).collect(), asked.len(), &entries, extractors)
        };
        let mut groups: Vec<ConditionGroup> = by_entries.into_iter().map(group).collect();
        // Those that can rule out most come first.
        groups.sort_by_key(|group| std::cmp::Reverse(group.parts.len()));
        Self { asked: asked.into(), entries, all: groups, literals }
    }

    /// Works out which conditions hold for a record, for [`ValueCache::bits`]; says whether any does.
    pub fn ask<'e, F: FnOnce() -> LazyEvent<'e>>(
        &self,
        record: &RecordRef<'_>,
        event: &LazyCell<LazyEvent<'e>, F>,
        cache: &mut ValueCache,
    ) -> bool {
        // From cheap to costly: one look-up of the whole row, the caches of groups, literals for all conditions at once, literals of single parts, and last
        // the residual predicates. Each step only clears bits of conditions that cannot hold, so the order changes the cost and not the answer.
        cache.begin(self);
        self.look_up(record, cache);
        let known = cache.recall();
        if known.is_none() {
            self.ask_groups(record, event, cache);
        }
        let ValueCache { rows, new, left, answers, literal_hits, .. } = cache;
        let RowResult { left: may_hold, undecided } = known.map_or(&*new, |at| &rows.answers[at]);
        left.clone_from(may_hold);
        if undecided.is_empty() {
            return left.iter().any(|word| *word != 0);
        }
        // What values that repeat themselves say is in the answers already.
        let is_new = |entry| self.entries.binary_search(&entry).is_ok_and(|at| rows.numbers[at] == NONE);
        self.literals.sift(record, is_new, left, literal_hits);
        let parts = |(at, answer): (u32, u32)| {
            let group = &self.all[at as usize];
            let residual = answers[at as usize].residuals.get(answer as usize);
            (residual.map_or(&*group.parts, |residual| residual), &*group.members)
        };
        for (parts, members) in undecided.iter().copied().map(parts) {
            decide(parts, members, left, |part| part.may_have(&self.literals, record, literal_hits));
        }
        for (parts, members) in undecided.iter().copied().map(parts) {
            // Conditions may have a part in common, which is asked for the first of them.
            let mut last: Option<(&Predicate, bool)> = None;
            decide(parts, members, left, |part| match last {
                Some((asked, answer)) if asked.is_shared_with(&part.predicate) => answer,
                _ => last.insert((&part.predicate, part.predicate.matches(&**event))).1,
            });
        }
        left.iter().any(|word| *word != 0)
    }

    /// Works out which conditions may hold, and which groups do not say for certain, from the values of entries that repeat themselves.
    fn ask_groups<'e, F: FnOnce() -> LazyEvent<'e>>(
        &self,
        record: &RecordRef<'_>,
        event: &LazyCell<LazyEvent<'e>, F>,
        cache: &mut ValueCache,
    ) {
        let mut new = std::mem::take(&mut cache.new);
        new.left.clear();
        new.left.extend(&self.asked);
        new.undecided.clear();
        let mut is_cacheable = true;
        for (at, group) in self.all.iter().enumerate() {
            if !bits::overlap(&new.left, &group.members) {
                continue;
            }
            // There are far fewer groups.
            let number = u32::try_from(at).unwrap_or(NONE);
            let Some(numbers) = group.numbers(&cache.rows.numbers) else {
                new.undecided.push((number, NONE));
                continue;
            };
            // Exact, not a guess: equal numbers stand for byte-equal stored values, and the parts of a group read nothing but its entries. Entries
            // without a number are left to the residual.
            let Some(answer) = self.answer(at, &numbers, (record, event), cache) else {
                is_cacheable = false;
                new.undecided.push((number, NONE));
                continue;
            };
            let Answers { bits, residuals, .. } = &cache.answers[at];
            let words = self.asked.len();
            new.left.iter_mut().zip(&bits[answer as usize * words..]).for_each(|(left, holds)| *left &= holds);
            if !residuals[answer as usize].is_empty() {
                new.undecided.push((number, answer));
            }
        }
        // What came later may have ruled out all that a group is asked for.
        new.undecided.retain(|(at, _)| bits::overlap(&new.left, &self.all[*at as usize].members));
        cache.new = new;
        // A group whose values were new has no answer yet. A row that lacks it would be cached as undecided until the cache is cleared.
        if is_cacheable {
            cache.remember();
        }
    }

    /// Looks up the numbers of the values of the entries that repeat themselves.
    fn look_up(&self, record: &RecordRef<'_>, cache: &mut ValueCache) {
        let ValueCache { entries, rows, hasher, bytes, trial, .. } = cache;
        let mut lead = NONE;
        for (entry, &at) in entries.iter_mut().zip(&self.entries) {
            let mut number = NONE;
            if !entry.high_cardinality {
                let more;
                (number, more) = entry.look_up(sysmon::raw_at(record, at), lead, hasher, *trial);
                *bytes += more;
            }
            rows.numbers.push(number);
            if lead == NONE {
                lead = number;
            }
        }
    }

    /// The number of what a group says of some values. Most values are met once or often: `None` when they are met for the first time.
    fn answer<'e, F: FnOnce() -> LazyEvent<'e>>(
        &self,
        at: usize,
        numbers: &Numbers,
        (record, event): (&RecordRef<'_>, &LazyCell<LazyEvent<'e>, F>),
        cache: &mut ValueCache,
    ) -> Option<u32> {
        let ValueCache { answers, bytes, literal_hits, .. } = cache;
        let Answers { by_value, by_values, bits, residuals } = &mut answers[at];
        let group = &self.all[at];
        let place = if group.inputs.len() > 1 {
            by_values.entry(*numbers).or_insert(NONE)
        } else {
            let number = numbers[0] as usize;
            if by_value.len() <= number {
                by_value.resize(number + 1, NONE);
            }
            &mut by_value[number]
        };
        // Most values are met once or often. To work out an answer at the first meeting would cost more than it saves, so that only leaves a mark.
        if *place == NONE {
            *place = SEEN_ONCE;
            *bytes += size_of::<Numbers>() + 8;
            return None;
        }
        if *place == SEEN_ONCE {
            let known: Vec<bool> = group.inputs.iter().zip(numbers).map(|(_, number)| *number != NONE).collect();
            let start = bits.len();
            // Conditions without a part in this group pass, or the `and` over all groups would lose them.
            bits.extend(group.members.iter().map(|word| !word));
            // Literals in the values at hand only: the answer is for all records that have them.
            let is_known =
                |entry| group.inputs.iter().zip(&known).any(|(&at, known)| *known && self.entries[at] == entry);
            let mut possible = group.members.to_vec();
            self.literals.sift(record, is_known, &mut possible, literal_hits);
            let parts = group.parts.iter().filter(|part| bits::has(&possible, part.bit));
            let residual = if known.iter().all(|known| *known) {
                let possible = parts.filter(|part| part.may_have(&self.literals, record, literal_hits));
                let holding = possible.filter(|part| part.predicate.matches(&**event));
                holding.for_each(|part| bits::set(&mut bits[start..], part.bit));
                Box::default()
            } else {
                group.residual(parts, (&**event, &known), &mut bits[start..], &self.literals)
            };
            *bytes += self.asked.len() * 8 + 24 + residual.len() * BYTES_OF_PART;
            // There are far fewer: what is remembered has a limit.
            *place = u32::try_from(residuals.len()).unwrap_or_default();
            residuals.push(residual);
        }
        Some(*place)
    }
}

/// The entries that decide a condition; none if they are too many, or if more than entries does.
fn inputs(part: &Predicate, extractors: &Extractors) -> Vec<usize> {
    let each: Option<Vec<Vec<usize>>> = part.fields().into_iter().map(|field| extractors.entries(field)).collect();
    let mut inputs = each.unwrap_or_default().concat();
    inputs.sort_unstable();
    inputs.dedup();
    if inputs.len() > MOST_INPUTS { Vec::new() } else { inputs }
}

impl ConditionPart {
    fn new(bit: usize, predicate: Predicate, literals: &Literals) -> Self {
        Self { bit, wanted: literals.wanted(&predicate), predicate }
    }

    /// Whether a record may have the literals that are wanted.
    fn may_have(&self, literals: &Literals, record: &RecordRef<'_>, literal_hits: &mut LiteralHits) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| literals.may_have(wanted, record, literal_hits))
    }
}

/// Takes the bits away of those parts of a group's members that do not hold.
fn decide<'p>(
    parts: &'p [ConditionPart],
    members: &[u64],
    left: &mut [u64],
    mut holds: impl FnMut(&'p ConditionPart) -> bool,
) {
    for (at, (left, members)) in left.iter_mut().zip(members).enumerate() {
        // Few conditions are left: each is looked for among the parts, which are sorted, so that the others cost nothing.
        for bit in bits::all(&[*left & members]) {
            let part = parts.binary_search_by_key(&(at * 64 + bit), |part| part.bit);
            if part.is_ok_and(|part| !holds(&parts[part])) {
                *left &= !(1 << bit);
            }
        }
    }
}

impl ConditionGroup {
    /// A group of parts that some entries decide, given by their positions among `entries`.
    fn new(
        inputs: Vec<usize>,
        parts: Vec<ConditionPart>,
        words: usize,
        entries: &[usize],
        extractors: &Extractors,
    ) -> Self {
        let mut members = vec![0; words];
        for part in &parts {
            bits::grow(&mut members, part.bit);
        }
        let mut all: Vec<&Field> = parts.iter().flat_map(|part| part.predicate.fields()).collect();
        all.sort_unstable();
        all.dedup();
        let place = |entry: usize| inputs.iter().position(|&input| entries[input] == entry);
        let of_field = |field: &Field| {
            let places = extractors.entries(field)?.into_iter().map(place).collect::<Option<Vec<usize>>>()?;
            Some((field.clone(), places))
        };
        let fields = all.into_iter().filter_map(of_field).collect();
        Self { inputs, members: members.into(), parts, fields }
    }

    /// The numbers of the values that it depends on, given that of each entry; `None` if none of its entries has one.
    fn numbers(&self, of_entries: &[u32]) -> Option<Numbers> {
        let mut numbers = [NONE; MOST_INPUTS];
        for (number, &input) in numbers.iter_mut().zip(&self.inputs) {
            *number = of_entries[input];
        }
        numbers.iter().any(|number| *number != NONE).then_some(numbers)
    }

    /// Sets the bits of those parts that may hold, given the values of the entries that are known; gives what these depend on.
    fn residual<'p>(
        &self,
        parts: impl Iterator<Item = &'p ConditionPart>,
        (event, known): (&dyn Fields, &[bool]),
        may_hold: &mut [u64],
        literals: &Literals,
    ) -> Box<[ConditionPart]> {
        let is_known = |field: &&(Field, Vec<usize>)| field.1.iter().all(|&input| known[input]);
        let mut document = Document::new();
        let fields: Vec<&Field> = self.fields.iter().filter(is_known).map(|(field, _)| field).collect();
        for &field in &fields {
            document.set_all(field.clone(), event.values(field).iter().cloned());
        }
        let mut residual = Vec::new();
        for ConditionPart { bit, predicate, .. } in parts {
            // With the name known to be `cmd.exe`, `process.name : "cmd.exe" or process.args : "/c"` holds; with any other name it is
            // `process.args : "/c"`, which is asked of each record.
            let left = predicate.specialise(&document, &|field| fields.contains(&field));
            if left.constant() == Some(false) {
                continue;
            }
            bits::set(may_hold, *bit);
            if left.constant().is_none() {
                residual.push(ConditionPart::new(*bit, left, literals));
            }
        }
        residual.into()
    }
}

impl ValueDictionary {
    fn new() -> Self {
        Self {
            numbers: HashTable::new(),
            values: Vec::new(),
            looked_up: 0,
            missed: 0,
            high_cardinality: false,
            last_paired: Vec::new(),
        }
    }

    /// The number of a value, which it is given if it has none; and how many bytes that took. `lead` is the number of the value of the first entry.
    fn look_up(&mut self, raw: Raw<'_>, lead: u32, hasher: &RandomState, trial: u32) -> (u32, usize) {
        self.looked_up += 1;
        // To tell early is worth much where nothing repeats itself at all.
        self.high_cardinality |= self.looked_up == trial / 8 && self.missed > self.looked_up / 2;
        if self.looked_up >= trial {
            self.high_cardinality |= self.missed > self.looked_up / 16;
            (self.looked_up, self.missed) = (0, 0);
        }
        let (kind, bytes) = raw.bytes();
        // Entries depend on each other: a program has one description and one hash. To compare bytes with the value that stood with the same first
        // value last time is cheaper than to hash them, and nearly always right.
        let guess = self.last_paired.get(lead as usize).copied().unwrap_or(NONE);
        if is_value(&self.values, guess, kind, bytes) {
            return (guess, 0);
        }
        let (number, mut more) = self.find(kind, bytes, hasher);
        if lead != NONE {
            let length = self.last_paired.len().max(lead as usize + 1);
            more += (length - self.last_paired.len()) * 4;
            self.last_paired.resize(length, NONE);
            self.last_paired[lead as usize] = number;
        }
        (number, more)
    }

    /// The number of a value by its stored form, and how many bytes were added for it.
    fn find(&mut self, kind: u8, bytes: &[u8], hasher: &RandomState) -> (u32, usize) {
        let hash = hasher.hash_one((kind, bytes));
        let values = &self.values;
        if let Some(&number) = self.numbers.find(hash, |&at| is_value(values, at, kind, bytes)) {
            return (number, 0);
        }
        self.missed += 1;
        let number = u32::try_from(values.len()).unwrap_or(NONE);
        self.values.push((kind, bytes.into()));
        let values = &self.values;
        self.numbers.insert_unique(hash, number, |&at| {
            let (kind, bytes) = &values[at as usize];
            hasher.hash_one((*kind, &**bytes))
        });
        (number, bytes.len() + size_of::<(u8, Box<[u8]>)>() + 16)
    }
}

/// Whether the value of a number is this one.
fn is_value(values: &[(u8, Box<[u8]>)], number: u32, kind: u8, bytes: &[u8]) -> bool {
    values.get(number as usize).is_some_and(|(known_kind, known)| *known_kind == kind && same_bytes(known, bytes))
}
