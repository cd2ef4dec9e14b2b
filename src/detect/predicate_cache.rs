//! Many conditions asked of records of one shape, by the entries that they depend on.
//!
//! A condition is cut into the parts that must all hold, and the parts are put together by the entries of the record that decide them: a column.
//! Entries say the same again and again (the same programs, libraries, users), so what all parts of a column say of a value is worked out once and
//! remembered as a bit for each condition, and bits are put together by `and`. What all columns together say of entries that hardly ever say anything new is
//! remembered too: a record then costs one look-up for each of these entries, and one for all of them together.
//!
//! Entries that rarely repeat themselves are found out as they are read. What is remembered of the other entries of a column then is what is left of its
//! parts; and that is asked last, for the conditions that are left.
//! What is remembered changes how soon an answer is there, never the answer. This module does not know what conditions are for.

use super::hit_template::HitTemplate;
use super::index::Index;
use super::literals::{self, LiteralHits, Needles, RequiredLiterals};
use crate::base::bits;
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

/// Most entries that a column depends on; parts that depend on more are asked of each record.
const MOST_INPUTS: usize = 12;
/// Bytes that are remembered of the records of a shape before all is forgotten.
const MOST_BYTES: usize = 16 << 20;
/// So many look-ups tell whether an entry repeats itself.
const TRIAL: u32 = 4096;
/// So many times more tell whether values are met together again: it takes longer until most have been met.
const TRIALS_TOGETHER: u32 = 4;
/// About how many bytes a part takes.
const BYTES_OF_PART: usize = 150;
/// Stands for no number.
const NONE: u32 = u32::MAX;
/// Stands for an answer that was not worked out yet to what was met before.
const MET: u32 = u32::MAX - 1;

/// Conditions, cut into columns.
#[derive(Debug)]
pub struct PredicateCache {
    /// Bits of the conditions that are asked at all.
    asked: Box<[u64]>,
    /// Positions of the entries that some column depends on.
    entries: Vec<usize>,
    all: Vec<ConditionGroup>,
    needles: Needles,
}

/// Parts of conditions that the same entries decide.
#[derive(Debug)]
struct ConditionGroup {
    /// Positions in [`PredicateCache::entries`], ascending; none if more than a few entries decide.
    inputs: Vec<usize>,
    /// Bits of the conditions that have a part here.
    members: Box<[u64]>,
    /// The parts with the bit of each, ascending.
    parts: Vec<ConditionPart>,
    index: Index,
    /// The fields of the parts, with the positions in `inputs` that decide each.
    fields: Vec<(Field, Vec<usize>)>,
}

/// What must hold for the condition of a bit.
#[derive(Debug)]
struct ConditionPart {
    bit: usize,
    predicate: Predicate,
    /// Texts that it cannot do without.
    wanted: Option<RequiredLiterals>,
}

/// What one thread remembers of the records of one shape.
#[derive(Debug)]
pub struct Memo {
    /// Bytes above which all is forgotten.
    limit: usize,
    trial: u32,
    hasher: RandomState,
    entries: Vec<ValueDictionary>,
    answers: Vec<Answers>,
    bytes: usize,
    /// Bits of the conditions that are left.
    left: Vec<u64>,
    found: Vec<usize>,
    /// Columns that are not decided yet, each with the number of its answer so far.
    undecided: Vec<(usize, u32)>,
    /// What all columns together say, unless that was met before.
    new: RowResult,
    sightings: LiteralHits,
    /// What was made of conditions that hold together.
    outlines: HashMap<Box<[u64]>, Arc<HitTemplate>>,
    /// The one that was asked for last: many records are alike to the rules.
    last_outline: Option<(Box<[u64]>, Arc<HitTemplate>)>,
    epoch: usize,
    wholes: Wholes,
}

/// The values of an entry that were met, each with a number.
#[derive(Debug)]
struct ValueDictionary {
    numbers: HashTable<u32>,
    values: Vec<(u8, Box<[u8]>)>,
    looked_up: u32,
    missed: u32,
    /// It rarely repeats itself.
    wild: bool,
    /// The number of the value that was met last with each value of the first entry: a program has one description.
    beside: Vec<u32>,
}

/// What a column says of values that were met.
#[derive(Debug, Default)]
struct Answers {
    /// The number of the answer to a value, by the value's number, for columns of one entry.
    by_value: Vec<u32>,
    /// The same for columns of more; [`NONE`] stands for any value of an entry that rarely repeats itself.
    by_values: HashMap<Numbers, u32, foldhash::fast::FixedState>,
    /// For each answer the bits that may hold.
    bits: Vec<u64>,
    /// For each answer what they depend on.
    rests: Vec<Box<[ConditionPart]>>,
}

/// What all columns together say of values that were met together.
#[derive(Debug, Default)]
struct Wholes {
    /// The numbers of the values of this record, one for each entry.
    numbers: Vec<u32>,
    /// Positions of answers by the numbers that they are for.
    table: HashTable<u32>,
    /// The numbers that each answer is for, one after the other.
    keys: Vec<u32>,
    answers: Vec<RowResult>,
    looked_up: u32,
    missed: u32,
    /// Values are rarely met together again.
    wild: bool,
}

/// A part that a condition still depends on.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// The bit of the condition.
    bit: u32,
    column: u32,
    /// The answer of the column whose rest it is in; [`NONE`] if it is a part of the column itself.
    answer: u32,
    /// Its position there.
    position: u32,
}

impl Open {
    fn part<'p>(&self, columns: &'p [ConditionGroup], answers: &'p [Answers]) -> &'p ConditionPart {
        let column = self.column as usize;
        let rest = answers[column].rests.get(self.answer as usize);
        &rest.map_or(&*columns[column].parts, |rest| rest)[self.position as usize]
    }
}

/// What all columns together say.
#[derive(Clone, Debug, Default)]
struct RowResult {
    /// Bits of the conditions that may hold.
    left: Vec<u64>,
    /// The parts that these conditions still depend on.
    open: Vec<Open>,
    /// For some haystacks of [`Needles`], those of long texts, the bits of the conditions that cannot do without a text in it.
    needy: Vec<(u32, Vec<u64>)>,
}

/// The number of the value of each entry of a column.
type Numbers = [u32; MOST_INPUTS];

impl Default for Memo {
    fn default() -> Self {
        Self::new(MOST_BYTES, TRIAL)
    }
}

impl Memo {
    /// A memory that forgets all above so many bytes, and that gives up on an entry if in so many look-ups every sixteenth value was new.
    pub fn new(limit: usize, trial: u32) -> Self {
        Self {
            limit,
            trial,
            hasher: RandomState::default(),
            entries: Vec::new(),
            answers: Vec::new(),
            bytes: 0,
            left: Vec::new(),
            found: Vec::new(),
            undecided: Vec::new(),
            new: RowResult::default(),
            sightings: LiteralHits::default(),
            outlines: HashMap::new(),
            last_outline: None,
            epoch: 0,
            wholes: Wholes::default(),
        }
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets all values.
    pub fn clear(&mut self) {
        for entry in &mut self.entries {
            *entry = ValueDictionary { wild: entry.wild, ..ValueDictionary::new() };
        }
        self.answers.iter_mut().for_each(|answers| *answers = Answers::default());
        self.outlines.clear();
        self.wholes.clear();
        self.bytes = 0;
    }

    /// Forgets what was made of conditions if it was made in another epoch.
    pub fn enter(&mut self, epoch: usize) {
        if self.epoch != epoch {
            self.outlines.clear();
            self.last_outline = None;
            self.epoch = epoch;
        }
    }

    /// What was made of the conditions that hold before, or is made of them now.
    pub fn outline(&mut self, make: impl FnOnce(&Self) -> HitTemplate) -> Arc<HitTemplate> {
        if let Some((left, outline)) = &self.last_outline
            && **left == *self.left
        {
            return outline.clone();
        }
        let outline = self.any_outline(make);
        self.last_outline = Some((self.left.as_slice().into(), outline.clone()));
        outline
    }

    fn any_outline(&mut self, make: impl FnOnce(&Self) -> HitTemplate) -> Arc<HitTemplate> {
        if let Some(known) = self.outlines.get(self.left.as_slice()) {
            return known.clone();
        }
        let outline = Arc::new(make(self));
        self.bytes += outline.bytes() + self.left.len() * 8 + 32;
        self.outlines.insert(self.left.as_slice().into(), outline.clone());
        outline
    }

    /// Whether the condition of a bit was found to hold.
    pub fn holds(&self, bit: usize) -> bool {
        bits::has(&self.left, bit)
    }

    /// The bits of the conditions that hold, ascending.
    pub fn bits(&self) -> impl Iterator<Item = usize> {
        bits::all(&self.left)
    }

    fn begin(&mut self, columns: &PredicateCache) {
        if self.bytes > self.limit {
            self.clear();
        }
        self.entries.resize_with(columns.entries.len(), ValueDictionary::new);
        self.answers.resize_with(columns.all.len(), Answers::default);
        self.undecided.clear();
        self.wholes.numbers.clear();
        columns.needles.begin(&mut self.sightings);
    }

    /// Recalls what all columns said of the same values before, by its position.
    fn recall(&mut self) -> Option<usize> {
        let Wholes { numbers, table, keys, looked_up, missed, wild, .. } = &mut self.wholes;
        *looked_up += 1;
        if *looked_up >= self.trial.saturating_mul(TRIALS_TOGETHER) {
            *wild |= *missed > *looked_up / 2;
            (*looked_up, *missed) = (0, 0);
        }
        if *wild {
            return None;
        }
        let is_it = |at: &u32| keys[*at as usize * numbers.len()..].starts_with(numbers);
        let found = table.find(self.hasher.hash_one(&*numbers), is_it);
        *missed += u32::from(found.is_none());
        found.map(|at| *at as usize)
    }

    /// Remembers what all columns said of this record's values.
    fn remember(&mut self) {
        let Wholes { numbers, table, keys, answers, wild, .. } = &mut self.wholes;
        if *wild {
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
        let of_needy = |(_, bits): &(u32, Vec<u64>)| bits.len() * 8 + 32;
        self.left.len() * 8 + size_of_val(&*self.open) + self.needy.iter().map(of_needy).sum::<usize>() + 72
    }
}

impl Wholes {
    fn clear(&mut self) {
        *self = Self { numbers: std::mem::take(&mut self.numbers), wild: self.wild, ..Self::default() };
    }
}

impl PredicateCache {
    /// Columns for conditions, each with its bit, asked of records with these ways to their fields.
    pub fn new<'p>(conditions: impl Iterator<Item = (usize, &'p Predicate)>, ways: &Extractors) -> Self {
        let mut asked = Vec::new();
        let mut by_entries: BTreeMap<Vec<usize>, BTreeMap<usize, Vec<Predicate>>> = BTreeMap::new();
        for (bit, condition) in conditions {
            bits::grow(&mut asked, bit);
            for part in condition.conjuncts().filter(|part| part.constant() != Some(true)) {
                let inputs = inputs(&part, ways);
                by_entries.entry(inputs).or_default().entry(bit).or_default().push(part);
            }
        }
        let mut entries: Vec<usize> = by_entries.keys().flatten().copied().collect();
        entries.sort_unstable();
        entries.dedup();
        let parts = by_entries.values().flat_map(BTreeMap::values).flatten();
        let needles = Needles::new(parts, ways);
        let column = |(inputs, parts): (Vec<usize>, BTreeMap<usize, Vec<Predicate>>)| {
            let inputs = inputs.iter().filter_map(|entry| entries.binary_search(entry).ok()).collect();
            let part = |(bit, parts)| ConditionPart::new(bit, Predicate::all(parts), &needles);
            ConditionGroup::new(inputs, parts.into_iter().map(part).collect(), asked.len(), &entries, ways)
        };
        let mut columns: Vec<ConditionGroup> = by_entries.into_iter().map(column).collect();
        // Those that can rule out most come first.
        columns.sort_by_key(|column| std::cmp::Reverse(column.parts.len()));
        Self { asked: asked.into(), entries, all: columns, needles }
    }

    /// Works out which conditions hold for a record, for [`Memo::bits`]; says whether any does.
    pub fn ask<'e, F: FnOnce() -> LazyEvent<'e>>(
        &self,
        glance: &RecordRef<'_>,
        event: &LazyCell<LazyEvent<'e>, F>,
        memo: &mut Memo,
    ) -> bool {
        memo.begin(self);
        self.look_up(glance, memo);
        let known = memo.recall();
        if known.is_none() {
            self.ask_columns(event, memo);
        }
        let Memo { wholes, new, left, answers, sightings, .. } = memo;
        let RowResult { left: may_hold, open, needy } = known.map_or(&*new, |at| &wholes.answers[at]);
        left.clone_from(may_hold);
        // Most lack a text that they need.
        for (haystack, bits) in needy {
            if bits::overlap(left, bits) && self.needles.has_none(*haystack, glance, sightings) {
                left.iter_mut().zip(bits).for_each(|(left, bits)| *left &= !bits);
            }
        }
        for part in open {
            if bits::has(left, part.bit as usize)
                && let Some(wanted) = &part.part(&self.all, answers).wanted
                && !self.needles.may_have(wanted, glance, sightings)
            {
                bits::clear(left, part.bit as usize);
            }
        }
        for part in open {
            if bits::has(left, part.bit as usize) && !part.part(&self.all, answers).predicate.matches(&**event) {
                bits::clear(left, part.bit as usize);
            }
        }
        left.iter().any(|word| *word != 0)
    }

    /// Works out which conditions may hold, and which columns do not say for certain, from the values of entries that repeat themselves.
    fn ask_columns<'e, F: FnOnce() -> LazyEvent<'e>>(&self, event: &LazyCell<LazyEvent<'e>, F>, memo: &mut Memo) {
        memo.left.clear();
        memo.left.extend(&self.asked);
        let mut lasts = true;
        for (at, column) in self.all.iter().enumerate() {
            if !bits::overlap(&memo.left, &column.members) {
                continue;
            }
            let Some(numbers) = column.numbers(&memo.wholes.numbers) else {
                memo.undecided.push((at, NONE));
                continue;
            };
            let Some(answer) = self.answer(at, &numbers, event, memo) else {
                lasts = false;
                memo.undecided.push((at, NONE));
                continue;
            };
            let Answers { bits, rests, .. } = &memo.answers[at];
            let words = self.asked.len();
            memo.left.iter_mut().zip(&bits[answer as usize * words..]).for_each(|(left, holds)| *left &= holds);
            if !rests[answer as usize].is_empty() {
                memo.undecided.push((at, answer));
            }
        }
        self.open(memo);
        if lasts {
            memo.remember();
        }
    }

    /// Notes which conditions are left, and the parts of undecided columns that these depend on.
    fn open(&self, memo: &mut Memo) {
        let Memo { undecided, new: RowResult { left, open, needy }, answers, .. } = memo;
        left.clone_from(&memo.left);
        open.clear();
        needy.clear();
        for &(at, answer) in &*undecided {
            let parts = answers[at].rests.get(answer as usize).map_or(&*self.all[at].parts, |rest| rest);
            for (position, part) in parts.iter().enumerate().filter(|(_, part)| bits::has(left, part.bit)) {
                // There are far fewer conditions, columns and parts.
                let small = |number: usize| u32::try_from(number).unwrap_or(NONE);
                open.push(Open { bit: small(part.bit), column: small(at), answer, position: small(position) });
                // Short texts are only looked for where nothing else has ruled a condition out.
                let haystacks = part.wanted.iter().flat_map(literals::haystacks);
                for haystack in haystacks.filter(|haystack| !self.needles.is_short(*haystack)) {
                    let known = needy.iter().position(|(known, _)| *known == haystack);
                    let at = known.unwrap_or_else(|| {
                        needy.push((haystack, vec![0; left.len()]));
                        needy.len() - 1
                    });
                    bits::set(&mut needy[at].1, part.bit);
                }
            }
        }
    }

    /// Looks up the numbers of the values of the entries that repeat themselves.
    fn look_up(&self, glance: &RecordRef<'_>, memo: &mut Memo) {
        let Memo { entries, wholes, hasher, bytes, trial, .. } = memo;
        let mut lead = NONE;
        for (entry, &at) in entries.iter_mut().zip(&self.entries) {
            let mut number = NONE;
            if !entry.wild {
                let more;
                (number, more) = entry.look_up(sysmon::raw_at(glance, at), lead, hasher, *trial);
                *bytes += more;
            }
            wholes.numbers.push(number);
            if lead == NONE {
                lead = number;
            }
        }
    }

    /// The number of what a column says of some values. Most values are met once or often: `None` when they are met for the first time.
    fn answer<'e, F: FnOnce() -> LazyEvent<'e>>(
        &self,
        at: usize,
        numbers: &Numbers,
        event: &LazyCell<LazyEvent<'e>, F>,
        memo: &mut Memo,
    ) -> Option<u32> {
        let Memo { answers, bytes, found, .. } = memo;
        let Answers { by_value, by_values, bits, rests } = &mut answers[at];
        let column = &self.all[at];
        let place = if column.inputs.len() > 1 {
            by_values.entry(*numbers).or_insert(NONE)
        } else {
            let number = numbers[0] as usize;
            if by_value.len() <= number {
                by_value.resize(number + 1, NONE);
            }
            &mut by_value[number]
        };
        if *place == NONE {
            *place = MET;
            *bytes += size_of::<Numbers>() + 8;
            return None;
        }
        if *place == MET {
            let known: Vec<bool> = column.inputs.iter().zip(numbers).map(|(_, number)| *number != NONE).collect();
            let start = bits.len();
            bits.extend(column.members.iter().map(|word| !word));
            let rest = if known.iter().all(|known| *known) {
                column.work_out(&**event, &mut bits[start..], found);
                Box::default()
            } else {
                column.rest(&**event, &known, &mut bits[start..], &self.needles)
            };
            *bytes += self.asked.len() * 8 + 24 + rest.len() * BYTES_OF_PART;
            // There are far fewer: what is remembered has a limit.
            *place = u32::try_from(rests.len()).unwrap_or_default();
            rests.push(rest);
        }
        Some(*place)
    }
}

/// The entries that decide a condition; none if they are too many, or if more than entries does.
fn inputs(part: &Predicate, ways: &Extractors) -> Vec<usize> {
    let each: Option<Vec<Vec<usize>>> = part.fields().into_iter().map(|field| ways.entries(field)).collect();
    let mut inputs = each.unwrap_or_default().concat();
    inputs.sort_unstable();
    inputs.dedup();
    if inputs.len() > MOST_INPUTS { Vec::new() } else { inputs }
}

impl ConditionPart {
    fn new(bit: usize, predicate: Predicate, needles: &Needles) -> Self {
        Self { bit, wanted: needles.wanted(&predicate), predicate }
    }
}

impl ConditionGroup {
    /// A column of parts that some entries decide, given by their positions among `entries`.
    fn new(inputs: Vec<usize>, parts: Vec<ConditionPart>, words: usize, entries: &[usize], ways: &Extractors) -> Self {
        let mut members = vec![0; words];
        for part in &parts {
            bits::grow(&mut members, part.bit);
        }
        let index = Index::new(parts.iter().map(|part| vec![&part.predicate]), &|field| ways.is_direct(field));
        let mut all: Vec<&Field> = parts.iter().flat_map(|part| part.predicate.fields()).collect();
        all.sort_unstable();
        all.dedup();
        let place = |entry: usize| inputs.iter().position(|&input| entries[input] == entry);
        let of_field = |field: &Field| {
            let places = ways.entries(field)?.into_iter().map(place).collect::<Option<Vec<usize>>>()?;
            Some((field.clone(), places))
        };
        let fields = all.into_iter().filter_map(of_field).collect();
        Self { inputs, members: members.into(), parts, index, fields }
    }

    /// The numbers of the values that it depends on, given that of each entry; `None` if none of its entries has one.
    fn numbers(&self, of_entries: &[u32]) -> Option<Numbers> {
        let mut numbers = [NONE; MOST_INPUTS];
        for (number, &input) in numbers.iter_mut().zip(&self.inputs) {
            *number = of_entries[input];
        }
        numbers.iter().any(|number| *number != NONE).then_some(numbers)
    }

    /// The parts that an event may fulfil, by position.
    fn possible(&self, event: &dyn Fields, found: &mut Vec<usize>) {
        found.clear();
        if !self.index.find(event, found) {
            found.clear();
            found.extend(0..self.parts.len());
        }
    }

    /// Sets the bits of the parts that hold.
    fn work_out(&self, event: &dyn Fields, holds: &mut [u64], found: &mut Vec<usize>) {
        self.possible(event, found);
        for &at in &*found {
            let ConditionPart { bit, predicate, .. } = &self.parts[at];
            if !bits::has(holds, *bit) && predicate.matches(event) {
                bits::set(holds, *bit);
            }
        }
    }

    /// Sets the bits of the parts that may hold, given the values of the entries that are known; gives what these depend on.
    fn rest(
        &self,
        event: &dyn Fields,
        known: &[bool],
        may_hold: &mut [u64],
        needles: &Needles,
    ) -> Box<[ConditionPart]> {
        let is_known = |field: &&(Field, Vec<usize>)| field.1.iter().all(|&input| known[input]);
        let mut document = Document::new();
        let fields: Vec<&Field> = self.fields.iter().filter(is_known).map(|(field, _)| field).collect();
        for &field in &fields {
            document.set_all(field.clone(), event.values(field).iter().cloned());
        }
        let mut rest = Vec::new();
        for ConditionPart { bit, predicate, .. } in &self.parts {
            let left = predicate.specialise(&document, &|field| fields.contains(&field));
            if left.constant() == Some(false) {
                continue;
            }
            bits::set(may_hold, *bit);
            if left.constant().is_none() {
                rest.push(ConditionPart::new(*bit, left, needles));
            }
        }
        rest.into()
    }
}

impl ValueDictionary {
    fn new() -> Self {
        Self { numbers: HashTable::new(), values: Vec::new(), looked_up: 0, missed: 0, wild: false, beside: Vec::new() }
    }

    /// The number of a value, which it is given if it has none; and how many bytes that took. `lead` is the number of the value of the first entry.
    fn look_up(&mut self, raw: Raw<'_>, lead: u32, hasher: &RandomState, trial: u32) -> (u32, usize) {
        self.looked_up += 1;
        // To tell early is worth much where nothing repeats itself at all.
        self.wild |= self.looked_up == trial / 8 && self.missed > self.looked_up / 2;
        if self.looked_up >= trial {
            self.wild |= self.missed > self.looked_up / 16;
            (self.looked_up, self.missed) = (0, 0);
        }
        let (kind, bytes) = raw.bytes();
        let guess = self.beside.get(lead as usize).copied().unwrap_or(NONE);
        if is_value(&self.values, guess, kind, bytes) {
            return (guess, 0);
        }
        let (number, mut more) = self.find(kind, bytes, hasher);
        if lead != NONE {
            let length = self.beside.len().max(lead as usize + 1);
            more += (length - self.beside.len()) * 4;
            self.beside.resize(length, NONE);
            self.beside[lead as usize] = number;
        }
        (number, more)
    }

    /// The same by the stored form of the value.
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
    values.get(number as usize).is_some_and(|(known_kind, known)| *known_kind == kind && **known == *bytes)
}
