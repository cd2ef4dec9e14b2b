//! The indicators of one rule: the condition that an event has one of them, and which ones an event has.

use super::fields::FIELDS;
use super::indicator::{Indicator, IndicatorKind, Observable};
use super::tables::{FieldReading, IndicatorTables};
use super::url::host_of_key;
use crate::ecs::Field;
use crate::eql::{KnownValues, Predicate, ValueTest};
use crate::event::{Document, Value};
use hashbrown::HashMap;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

/// The indicators of a run, in tables that all rules share: a value that is none costs one look-up for all of them.
#[derive(Debug)]
pub struct IndicatorSet {
    all: Arc<[Indicator]>,
    tables: IndicatorTables,
    /// What each entry of the tables stands for.
    entries: Vec<IndicatorEntry>,
}

/// What an entry of the tables stands for.
#[derive(Clone, Copy, Debug)]
struct IndicatorEntry {
    rule: usize,
    number: u32,
    role: EntryRole,
}

/// Whether what is found is an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryRole {
    /// It is one by itself.
    Alone,
    /// It is the most telling part of one that needs several parts in one event.
    FirstPart,
}

/// The indicators of one rule.
#[derive(Clone, Debug)]
pub struct IndicatorMatch {
    kind: IndicatorKind,
    /// The number of the rule in the set.
    rule: usize,
    set: Arc<IndicatorSet>,
    /// The parts of each indicator that needs several in one event.
    parts: HashMap<u32, Vec<(IndicatorKind, Arc<IndicatorTables>)>>,
}

/// An indicator that an event has, and where.
#[derive(Clone, Debug)]
pub struct IndicatorSighting<'i> {
    /// Its number.
    pub number: u32,
    /// The indicator.
    pub indicator: &'i Indicator,
    /// The field that has it.
    pub field: Field,
    /// The value of the field.
    pub value: Value,
}

/// A field that is read in one way, held against tables of indicators.
#[derive(Debug)]
struct ReadTable {
    tables: LookedUpTables,
    reading: FieldReading,
}

/// Tables in which a field is looked up, and what counts as found.
#[derive(Clone, Debug)]
enum LookedUpTables {
    /// Anything in a set.
    AnyRule(Arc<IndicatorSet>),
    /// What one rule looks for.
    OneRule(Arc<IndicatorSet>, usize, EntryRole),
    /// One part of an indicator.
    Part(Arc<IndicatorTables>),
}

impl LookedUpTables {
    fn know(&self, look_up: impl FnOnce(&IndicatorTables, &mut dyn FnMut(u32))) -> bool {
        let mut known = false;
        match self {
            Self::AnyRule(set) => look_up(&set.tables, &mut |_| known = true),
            Self::Part(tables) => look_up(tables, &mut |_| known = true),
            Self::OneRule(set, rule, wanted) => look_up(&set.tables, &mut |entry| {
                let entry = &set.entries[entry as usize];
                known |= entry.rule == *rule && entry.role == *wanted;
            }),
        }
        known
    }
}

impl KnownValues for ReadTable {
    fn knows_text(&self, text: &str) -> bool {
        self.tables.know(|tables, found| tables.find(self.reading, text, found))
    }

    fn knows_address(&self, address: IpAddr) -> bool {
        self.tables.know(|tables, found| tables.find_address(address, found))
    }
}

/// The fields that can hold an indicator of a kind.
fn fields(kind: IndicatorKind) -> impl Iterator<Item = (Field, FieldReading)> {
    FIELDS.iter().filter(move |(_, reading)| kind.is_in(*reading)).map(|(name, reading)| (Field::named(name), *reading))
}

/// The condition that some of these fields has something of these tables.
fn in_some_field(fields: impl Iterator<Item = (Field, FieldReading)>, tables: &LookedUpTables) -> Predicate {
    let on = |(field, reading): (Field, FieldReading)| {
        let quote = format!("{} is an indicator", field.name()).into();
        let table = Arc::new(ReadTable { tables: tables.clone(), reading });
        // Only a regular expression can be refused.
        Predicate::on(field, ValueTest::Known(table), &quote).unwrap_or_else(|_| Predicate::always(false))
    };
    Predicate::any(fields.map(on).collect())
}

/// What is looked for of an indicator by a rule about a kind: of a URL its host, if the rule is about hosts.
fn looked_for(kind: IndicatorKind, indicator: &Indicator) -> Cow<'_, [Observable]> {
    if kind != IndicatorKind::Host {
        return Cow::Borrowed(&indicator.observables);
    }
    let [Observable::Url(key)] = indicator.observables.as_slice() else { return Cow::Borrowed(&[]) };
    Cow::Owned(super::told::host(host_of_key(key)).into_iter().collect())
}

/// The most telling of several parts.
fn most_telling(parts: &[Observable]) -> Option<&Observable> {
    parts.iter().min_by_key(|part| IndicatorKind::ALL.iter().position(|kind| *kind == part.kind()))
}

impl IndicatorSet {
    /// The indicators of rules, each with what it is about and the numbers of its indicators among `all`.
    pub fn new<'n>(
        all: Arc<[Indicator]>,
        rules: impl IntoIterator<Item = (IndicatorKind, &'n [u32])>,
    ) -> (Arc<Self>, Vec<IndicatorMatch>) {
        let rules: Vec<(IndicatorKind, &[u32])> = rules.into_iter().collect();
        let (mut entries, mut parts_of_entries) = (Vec::new(), Vec::new());
        let mut matches: Vec<_> = rules.iter().map(|(kind, _)| (*kind, HashMap::new())).collect();
        for (rule, &(kind, numbers)) in rules.iter().enumerate() {
            for &number in numbers {
                let parts = looked_for(kind, &all[number as usize]);
                if parts.is_empty() {
                    continue;
                }
                let role = if parts.len() > 1 { EntryRole::FirstPart } else { EntryRole::Alone };
                if role == EntryRole::FirstPart {
                    let table = |part: &Observable| (part.kind(), Arc::new(IndicatorTables::new([(part, number)])));
                    matches[rule].1.insert(number, parts.iter().map(table).collect());
                }
                entries.push(IndicatorEntry { rule, number, role });
                parts_of_entries.push(parts);
            }
        }
        let observables = parts_of_entries.iter().filter_map(|parts| most_telling(parts));
        let tables = IndicatorTables::new(observables.zip(0..));
        drop(parts_of_entries);
        let set = Arc::new(Self { all, tables, entries });
        let of_rule = |(rule, (kind, parts))| IndicatorMatch { kind, rule, set: set.clone(), parts };
        let matches = matches.into_iter().enumerate().map(of_rule).collect();
        (set, matches)
    }

    /// The condition that an event may have an indicator of some rule. Each rule's condition has a copy of it, so that it is asked once for all.
    pub fn condition(self: &Arc<Self>) -> Predicate {
        let every_field = FIELDS.iter().map(|(name, reading)| (Field::named(name), *reading));
        in_some_field(every_field, &LookedUpTables::AnyRule(self.clone()))
    }
}

impl IndicatorMatch {
    /// What kind of indicators they are, and all indicators of the run.
    pub fn indicators(&self) -> (IndicatorKind, &[Indicator]) {
        (self.kind, &self.set.all)
    }

    /// The condition that an event has one of them.
    pub fn condition(&self) -> Predicate {
        let of_role =
            |role| in_some_field(fields(self.kind), &LookedUpTables::OneRule(self.set.clone(), self.rule, role));
        if self.parts.is_empty() {
            return of_role(EntryRole::Alone);
        }
        let mut numbers: Vec<&u32> = self.parts.keys().collect();
        numbers.sort_unstable();
        let has_part = |(kind, tables): &(IndicatorKind, Arc<IndicatorTables>)| {
            in_some_field(fields(*kind), &LookedUpTables::Part(tables.clone()))
        };
        let all_parts = |number: &u32| Predicate::all(self.parts[number].iter().map(has_part).collect());
        let each = Predicate::any(numbers.into_iter().map(all_parts).collect());
        // What most events have no part of need not be held against each.
        Predicate::any(vec![of_role(EntryRole::Alone), Predicate::all(vec![of_role(EntryRole::FirstPart), each])])
    }

    /// The indicators that an event has, by their numbers, each where it is met first.
    pub fn sightings(&self, event: &Document) -> Vec<IndicatorSighting<'_>> {
        let mut found: Vec<IndicatorSighting<'_>> = Vec::new();
        each_value(self.kind, event, |field, reading, value| {
            find(&self.set.tables, reading, value, &mut |entry| {
                let IndicatorEntry { rule, number, .. } = self.set.entries[entry as usize];
                if rule == self.rule
                    && !found.iter().any(|sighting| sighting.number == number)
                    && self.has_all_parts(number, event)
                {
                    let indicator = &self.set.all[number as usize];
                    found.push(IndicatorSighting { number, indicator, field: field.clone(), value: value.clone() });
                }
            });
        });
        found.sort_by_key(|sighting| sighting.number);
        found
    }

    /// The numbers of the indicators that an event has, ascending, each with the field that has it.
    pub fn places(&self, event: &Document) -> Vec<(u32, Field)> {
        self.sightings(event).into_iter().map(|sighting| (sighting.number, sighting.field)).collect()
    }

    fn has_all_parts(&self, number: u32, event: &Document) -> bool {
        let has = |(kind, tables): &(IndicatorKind, Arc<IndicatorTables>)| {
            let mut has = false;
            each_value(*kind, event, |_, reading, value| find(tables, reading, value, &mut |_| has = true));
            has
        };
        self.parts.get(&number).is_none_or(|parts| parts.iter().all(has))
    }
}

/// Shows every value of an event that may be an indicator of a kind.
fn each_value<'d>(kind: IndicatorKind, event: &'d Document, mut each: impl FnMut(&Field, FieldReading, &'d Value)) {
    for (field, reading) in fields(kind) {
        event.values(&field).iter().for_each(|value| each(&field, reading, value));
    }
}

fn find(tables: &IndicatorTables, reading: FieldReading, value: &Value, found: &mut dyn FnMut(u32)) {
    match value {
        Value::Ip(ip) => tables.find_address(ip.address, found),
        value => tables.find(reading, &value.to_string(), found),
    }
}
