//! The indicators of one rule: the condition that an event has one of them, and which ones an event has.

use super::fields::FIELDS;
use super::indicator::{Indicator, IndicatorKind, Observable};
use super::tables::{FieldReading, IndicatorTables};
use super::url::host_of_key;
use crate::ecs::Field;
use crate::eql::{KnownValues, Predicate, ValueTest};
use crate::event::{Document, Value};
use hashbrown::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The indicators of one rule.
#[derive(Clone, Debug)]
pub struct IndicatorMatch {
    kind: IndicatorKind,
    /// All indicators of the run; those of the rule are in the tables, by their numbers.
    all: Arc<[Indicator]>,
    /// What is enough by itself.
    single: Arc<IndicatorTables>,
    /// The most telling part of what needs several parts in one event.
    first_of_several: Arc<IndicatorTables>,
    /// The parts of each of these.
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

/// A table of indicators, for a field that is read in one way.
#[derive(Debug)]
struct ReadTable {
    tables: Arc<IndicatorTables>,
    reading: FieldReading,
}

impl KnownValues for ReadTable {
    fn knows_text(&self, text: &str) -> bool {
        let mut known = false;
        self.tables.find(self.reading, text, &mut |_| known = true);
        known
    }

    fn knows_address(&self, address: IpAddr) -> bool {
        let mut known = false;
        self.tables.find_address(address, &mut |_| known = true);
        known
    }
}

/// The fields that can hold an indicator of a kind.
fn fields(kind: IndicatorKind) -> impl Iterator<Item = (Field, FieldReading)> {
    FIELDS.iter().filter(move |(_, reading)| kind.is_in(*reading)).map(|(name, reading)| (Field::named(name), *reading))
}

/// The condition that some field has something of a table.
fn in_some_field(kind: IndicatorKind, tables: &Arc<IndicatorTables>) -> Predicate {
    let on = |(field, reading): (Field, FieldReading)| {
        let quote = format!("{} is an indicator", field.name()).into();
        let table = Arc::new(ReadTable { tables: tables.clone(), reading });
        // Only a regular expression can be refused.
        Predicate::on(field, ValueTest::Known(table), &quote).unwrap_or_else(|_| Predicate::always(false))
    };
    Predicate::any(fields(kind).map(on).collect())
}

/// What is looked for of an indicator by a rule about a kind: of a URL its host, if the rule is about hosts.
fn looked_for(kind: IndicatorKind, indicator: &Indicator) -> Vec<Observable> {
    if kind != IndicatorKind::Host {
        return indicator.observables.clone();
    }
    let [Observable::Url(key)] = indicator.observables.as_slice() else { return Vec::new() };
    super::told::host(host_of_key(key)).into_iter().collect()
}

impl IndicatorMatch {
    /// Those of all indicators that are of these numbers.
    pub fn new(kind: IndicatorKind, all: Arc<[Indicator]>, numbers: &[u32]) -> Self {
        let of = |number: &u32| (*number, looked_for(kind, &all[*number as usize]));
        let (several, one): (Vec<_>, Vec<_>) = numbers.iter().map(of).partition(|(_, parts)| parts.len() > 1);
        let most_telling = |parts: &[Observable]| {
            let rank = |part: &&Observable| IndicatorKind::ALL.iter().position(|kind| *kind == part.kind());
            parts.iter().min_by_key(rank).cloned()
        };
        let firsts: Vec<(Observable, u32)> =
            several.iter().filter_map(|(number, parts)| Some((most_telling(parts)?, *number))).collect();
        let tables_of = |(number, parts): &(u32, Vec<Observable>)| {
            let table = |part: &Observable| (part.kind(), Arc::new(IndicatorTables::new([(part, *number)])));
            (*number, parts.iter().map(table).collect())
        };
        Self {
            kind,
            single: Arc::new(IndicatorTables::new(
                one.iter().flat_map(|(number, parts)| parts.iter().map(|part| (part, *number))),
            )),
            first_of_several: Arc::new(IndicatorTables::new(firsts.iter().map(|(part, number)| (part, *number)))),
            parts: several.iter().map(tables_of).collect(),
            all,
        }
    }

    /// The condition that an event has one of them.
    pub fn condition(&self) -> Predicate {
        let single = in_some_field(self.kind, &self.single);
        if self.parts.is_empty() {
            return single;
        }
        // What most events have no part of need not be held against each.
        let any_first = in_some_field(self.kind, &self.first_of_several);
        let mut numbers: Vec<&u32> = self.parts.keys().collect();
        numbers.sort_unstable();
        let all_parts = |number: &u32| {
            Predicate::all(self.parts[number].iter().map(|(kind, tables)| in_some_field(*kind, tables)).collect())
        };
        let each = Predicate::any(numbers.into_iter().map(all_parts).collect());
        Predicate::any(vec![single, Predicate::all(vec![any_first, each])])
    }

    /// The indicators that an event has, by their numbers, each where it is met first.
    pub fn sightings(&self, event: &Document) -> Vec<IndicatorSighting<'_>> {
        let mut found: Vec<IndicatorSighting<'_>> = Vec::new();
        each_value(self.kind, event, |field, reading, value| {
            let mut take = |number: u32| {
                if !found.iter().any(|sighting| sighting.number == number) && self.has_all_parts(number, event) {
                    let indicator = &self.all[number as usize];
                    found.push(IndicatorSighting { number, indicator, field: field.clone(), value: value.clone() });
                }
            };
            for tables in [&self.single, &self.first_of_several] {
                find(tables, reading, value, &mut take);
            }
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
