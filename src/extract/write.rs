//! Writes the events at some places into a new log.

use super::reading::{Fidelity, TakenEvent, read_again};
use crate::base::{Locator, host};
use crate::forge::{LogWriter, RecordEditor};
use crate::source::Input;
use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::io::{self, Seek, Write};
use std::sync::Arc;

/// Counts of what was written to a log.
#[derive(Clone, Debug, Default)]
pub struct ExtractSummary {
    /// Records that were written.
    pub records: u64,
    /// Of these, records that were written anew from their texts: templates are those of evql then, and types those of Sysmon.
    pub rewritten: u64,
    /// Documents that never were records: a log cannot hold them.
    pub not_records: u64,
    /// Records that no chunk can hold any more.
    pub too_large: u64,
    /// Events that were not there any more when they were read again.
    pub lost: u64,
    /// The files that records were read from.
    pub inputs: BTreeSet<u32>,
    /// The computers that wrote them, with how many each.
    pub computers: HashMap<Arc<str>, u64>,
    /// Bytes of the log.
    pub size: u64,
}

/// Writes the events at `places`, which are in order; an editor changes what they say.
pub fn write_log<W: Write + Seek>(
    inputs: &[Input],
    places: &[Locator],
    slow: bool,
    mut editor: Option<&mut dyn RecordEditor>,
    out: W,
) -> io::Result<ExtractSummary> {
    let mut log = LogWriter::new(out)?;
    let mut summary = ExtractSummary::default();
    read_again(inputs, places, slow, &mut |event| {
        let TakenEvent::Record { mut record, fidelity, place, computer } = event else {
            summary.not_records += 1;
            return Ok(());
        };
        if let Some(editor) = &mut editor {
            record.edit(&mut **editor);
        }
        match log.push(&record) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                summary.too_large += 1;
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        summary.records += 1;
        summary.rewritten += u64::from(fidelity == Fidelity::Rewritten);
        summary.inputs.insert(place.input);
        *summary.computers.entry(computer).or_default() += 1;
        Ok(())
    })?;
    summary.size = log.size();
    log.finish()?;
    let met = summary.records + summary.not_records + summary.too_large;
    summary.lost = (places.len() as u64).saturating_sub(met);
    Ok(summary)
}

/// The places of records by the computers that wrote them, in the order of their names; what is no record is left out.
pub fn by_computer(inputs: &[Input], places: &[Locator], slow: bool) -> Vec<(Arc<str>, Vec<Locator>)> {
    let mut computers: BTreeMap<String, (Arc<str>, Vec<Locator>)> = BTreeMap::new();
    let noted: Result<(), Infallible> = read_again(inputs, places, slow, &mut |event| {
        if let TakenEvent::Record { place, computer, .. } = event {
            let folded = host::folded(&computer).into_owned();
            computers.entry(folded).or_insert_with(|| (computer, Vec::new())).1.push(place);
        }
        Ok(())
    });
    noted.unwrap_or_else(|never| match never {});
    computers.into_values().collect()
}
