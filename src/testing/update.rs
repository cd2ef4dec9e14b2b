//! Brings test files up to date with what runs have found, so that to accept a change is to read a difference.
//!
//! Only what is wrong is written anew: comments, order and everything else stay as a person has written them.

use super::compare::{Mismatch, closest, merged};
use super::expectation::{AlertListing, Expectations};
use super::fields::FieldExpectation;
use super::file::{TestCase, TestFileKind};
use super::new_test::{alert_table, fault_table, from_json, integer, numbers};
use super::recorded::RecordedAlert;
use super::run::{TestResult, Verdict};
use crate::base::pending_file::PendingFile;
use crate::event::{Clock, Document, Value};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, value};

/// A file that was brought up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdatedFile {
    /// The file.
    pub path: PathBuf,
    /// How many of its tests expect something else now.
    pub tests: usize,
    /// Tests that are written in a way that cannot be brought up to date.
    pub left: Vec<String>,
}

/// Writes what was found into the files of tests that failed.
pub fn update(cases: &[TestCase], results: &[TestResult]) -> io::Result<Vec<UpdatedFile>> {
    let mut updated: Vec<UpdatedFile> = Vec::new();
    let all: Vec<(&TestCase, &TestResult)> = cases.iter().zip(results).collect();
    for of_file in all.chunk_by(|(left, _), (right, _)| left.file.path == right.file.path) {
        let failed = || of_file.iter().filter(|(_, result)| result.verdict == Verdict::Failed);
        if failed().next().is_none() {
            continue;
        }
        let file = &of_file[0].0.file;
        let mut document: DocumentMut = file.text.parse().map_err(io::Error::other)?;
        let mut of = UpdatedFile { path: file.path.clone(), tests: 0, left: Vec::new() };
        for (case, result) in failed() {
            match expect_table(&mut document, case) {
                Some(expect) => {
                    bring_up_to_date(expect, case, result);
                    of.tests += 1;
                }
                None => of.left.push(case.name.clone()),
            }
        }
        replace(&file.path, document.to_string().as_bytes())?;
        updated.push(of);
    }
    Ok(updated)
}

/// Puts other contents in the place of a file, all at once: people have written it, and a full disk must not take it from them.
fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let file = PendingFile::new(path, true).map_err(io::Error::other)?.all_or_nothing();
    file.begin()?;
    file.file().write_all(contents)?;
    file.finish()
}

/// The table of expectations of a test.
fn expect_table<'d>(document: &'d mut DocumentMut, case: &TestCase) -> Option<&'d mut Table> {
    let parent = match case.file.kind {
        TestFileKind::Tests => document.get_mut("test")?.as_array_of_tables_mut()?.get_mut(case.position)?,
        TestFileKind::Scenario => document.as_table_mut(),
    };
    let expect = parent.entry("expect").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    if expect.is_inline_table() {
        let owned = std::mem::take(expect);
        *expect = owned.into_table().map_or_else(|other| other, Item::Table);
    }
    expect.as_table_mut()
}

fn bring_up_to_date(expect: &mut Table, case: &TestCase, result: &TestResult) {
    let expected = &case.expected;
    if expected.listing != AlertListing::Unstated {
        alerts(expect, case, result);
    }
    // Numbers are those of the first clock: where clocks differ, only a list can say so.
    let Some(run) = result.runs.first() else { return };
    if expected.count.is_some() {
        set(expect, "count", integer(run.found.alerts.len()).into());
    }
    for of in &expected.counts {
        let count = run.found.alerts.iter().filter(|alert| of.rules.contains(&alert.rule)).count();
        if let Some(counts) = expect.get_mut("counts").and_then(Item::as_table_like_mut) {
            set(counts, &of.rule, integer(count).into());
        }
    }
    if expected.suppressed.is_some() {
        set(expect, "suppressed", integer(run.found.suppressed).into());
    }
    faults(expect, expected, result);
    for mismatch in &run.mismatches {
        if let Mismatch::Event { position, .. } = mismatch {
            event(expect, expected, *position, &run.events);
        }
    }
}

/// Sets a value, and keeps what stands around it.
fn set(table: &mut dyn TableLike, key: &str, new: toml_edit::Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = new;
            *old.decor_mut() = decor;
        }
        None => {
            table.insert(key, value(new));
        }
    }
}

/// The tables of an array, which need not be there yet.
fn array<'t>(expect: &'t mut Table, key: &str) -> Option<&'t mut ArrayOfTables> {
    let item = expect.entry(key).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if item.is_value() {
        let owned = std::mem::take(item);
        *item = owned.into_array_of_tables().map_or_else(|other| other, Item::ArrayOfTables);
    }
    item.as_array_of_tables_mut()
}

fn alerts(expect: &mut Table, case: &TestCase, result: &TestResult) {
    let expected = &case.expected;
    let found: Vec<(RecordedAlert, Vec<Clock>)> =
        merged(&result.runs.iter().map(|run| (run.clock, &*run.found.alerts)).collect::<Vec<_>>());
    let pairs = closest(expected, &found);
    let is_exact = expected.listing == AlertListing::Exact;
    let Some(tables) = array(expect, "alert") else { return };
    for (position, found_at) in pairs.iter().enumerate() {
        if let (Some(at), Some(table)) = (found_at, tables.get_mut(position)) {
            let (alert, clocks) = &found[*at];
            rewrite(table, expected, position, alert);
            set_clock(table, clocks, case);
        }
    }
    for position in (0..pairs.len()).rev().filter(|&position| pairs[position].is_none()) {
        tables.remove(position);
    }
    let left = (0..found.len()).filter(|at| !pairs.contains(&Some(*at)));
    // "At least" with nothing left would assert nothing: then everything that is found is stated.
    let states_all = is_exact || tables.is_empty();
    for at in left.filter(|_| states_all) {
        let (alert, clocks) = &found[at];
        let mut table = alert_table(alert);
        set_clock(&mut table, clocks, case);
        tables.push(table);
    }
    let is_empty = tables.is_empty();
    if is_empty {
        expect.remove("alert");
        expect.remove("at_least");
        set(expect, "none", true.into());
    } else {
        expect.remove("none");
    }
}

/// Says under which clock an alert is found, if the test runs under several.
fn set_clock(table: &mut Table, clocks: &[Clock], case: &TestCase) {
    if case.clocks.iter().all(|clock| clocks.contains(clock)) {
        table.remove("clock");
    } else if let Some(clock) = clocks.first() {
        set(table, "clock", super::failure::clock_name(*clock).into());
    }
}

/// Writes the facts of an alert that the test states and that are others now.
fn rewrite(table: &mut Table, expected: &Expectations, position: usize, alert: &RecordedAlert) {
    let of = &expected.alerts[position];
    if of.host.is_some()
        && let Some(host) = &alert.host
        && !of.host.as_ref().is_some_and(|have| have.eq_ignore_ascii_case(host))
    {
        set(table, "host", host.as_str().into());
    }
    if let (Some(have), Some(records)) = (&of.records, alert.all_records())
        && *have != records
    {
        set(table, "records", numbers(&records).into());
    }
    if let Some(have) = &of.keys
        && *have != alert.keys
    {
        set(table, "keys", alert.keys.iter().map(from_json).collect::<toml_edit::Array>().into());
    }
    for field in &of.fields {
        if alert.events.iter().any(|event| field.holds(&event.document)) {
            continue;
        }
        let event = alert.events.iter().find(|event| !event.document.values(&field.field).is_empty());
        let event = event.or(alert.events.first());
        if let (Some(fields), Some(event)) = (table.get_mut("fields"), event) {
            set_field(fields, field, &event.document);
        }
    }
}

/// Sets a field to what a document has, whether its name is written with dots or as tables in tables.
fn set_field(fields: &mut Item, field: &FieldExpectation, document: &Document) {
    let values: Vec<toml_edit::Value> =
        document.values(&field.field).iter().map(|value| from_json(&Value::to_json(value))).collect();
    let new = match <[toml_edit::Value; 1]>::try_from(values) {
        Ok([one]) => one,
        Err(all) => toml_edit::Value::Array(all.into_iter().collect()),
    };
    let mut name = field.field.name();
    let mut table = fields.as_table_like_mut();
    while let Some(inner) = table {
        if inner.contains_key(name) {
            return set(inner, name, new);
        }
        let Some((head, rest)) = name.split_once('.') else { return };
        name = rest;
        table = inner.get_mut(head).and_then(Item::as_table_like_mut);
    }
}

fn faults(expect: &mut Table, expected: &Expectations, result: &TestResult) {
    let Some(run) = result.runs.first() else { return };
    let missing: Vec<usize> = run
        .mismatches
        .iter()
        .filter_map(|wrong| match wrong {
            Mismatch::MissingFault(at) => Some(*at),
            _ => None,
        })
        .collect();
    let new: Vec<Table> = run
        .mismatches
        .iter()
        .filter_map(|wrong| match wrong {
            Mismatch::UnexpectedFault(at) => Some(fault_table(&run.found.faults[*at])),
            _ => None,
        })
        .collect();
    if missing.is_empty() && new.is_empty() {
        return;
    }
    let Some(tables) = array(expect, "fault") else { return };
    for at in (0..expected.faults.len()).rev().filter(|at| missing.contains(at)) {
        tables.remove(at);
    }
    tables.extend(new);
    if tables.is_empty() {
        expect.remove("fault");
    }
}

fn event(expect: &mut Table, expected: &Expectations, position: usize, events: &[std::sync::Arc<crate::event::Event>]) {
    let of = &expected.events[position];
    let meant: Vec<_> = events.iter().filter(|event| of.means(event)).collect();
    let Some(table) = array(expect, "event").and_then(|tables| tables.get_mut(position)) else { return };
    if of.count.is_some() {
        set(table, "count", integer(meant.len()).into());
    }
    let Some(first) = meant.first() else { return };
    if let Some(fields) = table.get_mut("fields") {
        for field in of.fields.iter().filter(|field| !field.holds(&first.document)) {
            set_field(fields, field, &first.document);
        }
    }
    if of.exact {
        let known = |name: &str| of.fields.iter().any(|field| field.field.name() == name);
        let others: Vec<_> = first.document.iter().filter(|(field, _)| !known(field.name())).collect();
        let fields = table.entry("fields").or_insert_with(|| Item::Table(Table::new()));
        for (field, values) in others {
            let values: toml_edit::Array = values.iter().map(|value| from_json(&value.to_json())).collect();
            if let Some(fields) = fields.as_table_like_mut() {
                fields.insert(field.name(), value(values));
            }
        }
    }
}

#[cfg(test)]
mod tests;
