//! Triage of the alerts of all parts: what parts know of their processes, and on how many hosts their values were met.

use super::error::FleetError;
use super::input_numbers::InputNumbers;
use super::merge::PartSet;
use super::part_folder::{PartFolder, TRIAGE};
use super::triage_file::read_triage;
use crate::base::CaseKey;
use crate::base::spool::{SortSpool, SortedSpool, SpoolSpace};
use crate::detect::{AlertSource, HostNumber};
use crate::pipeline::RunOptions;
use crate::process::triage::{Triage, TriagePlan, WholeCommandLine};
use crate::process::{HostAddresses, SightedText, SightedValue, TriageJoin, TriageRecord, ValueTotal, ValueTotals};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The share of memory that values take before they are spilled.
const VALUE_SHARE: u64 = 8;

impl PartSet {
    /// The triage of the alerts of all parts.
    pub fn triage(
        &self,
        alerts: &dyn AlertSource,
        (key, options): (&CaseKey, &RunOptions),
        addresses: HostAddresses,
        numbering: &InputNumbers,
    ) -> Result<Triage, FleetError> {
        let space = SpoolSpace::from(options.limits.clone());
        let mut plan = TriagePlan::keyed(key.bytes());
        alerts.for_each(|_, alert| {
            plan.add(alert);
            Ok(())
        })?;
        let mut join = TriageJoin::new(plan, &space);
        let is_bounded = AtomicBool::new(false);
        let number = |name: &str| join.hosts().number(name);
        self.for_each(options, |folder| {
            let left_out = read_part(folder, numbering, number, |records| join.read_first(records))?;
            is_bounded.fetch_or(left_out > 0, Ordering::Relaxed);
            Ok(())
        })?;
        join.choose_relatives()?;
        let number = |name: &str| join.hosts().number(name);
        self.for_each(options, |folder| {
            read_part(folder, numbering, number, |records| join.read_second(records)).map(drop)
        })?;
        let mut triage = join.finish(addresses, is_bounded.into_inner());
        triage.seek(alerts)?;
        let values = SortSpool::new(space.share(VALUE_SHARE));
        self.for_each(options, |folder| add_values(folder, &triage, &values))?;
        triage.count_sighted(&values.take_sorted())?;
        self.restore_command_lines(&mut triage, options, numbering)?;
        Ok(triage)
    }

    /// Puts whole command lines in place of those that were cut.
    fn restore_command_lines(
        &self,
        triage: &mut Triage,
        options: &RunOptions,
        numbering: &InputNumbers,
    ) -> Result<(), FleetError> {
        let cut = triage.cut();
        if cut.is_empty() {
            return Ok(());
        }
        let lines: Mutex<Vec<WholeCommandLine>> = Mutex::default();
        let number = |name: &str| triage.host_number(name);
        self.for_each(options, |folder| {
            let take = |records: &mut dyn Iterator<Item = io::Result<TriageRecord>>| {
                for record in records {
                    if let TriageRecord::CommandLine(place, line) = record?
                        && cut.binary_search(&place).is_ok()
                    {
                        lines.lock().unwrap_or_else(PoisonError::into_inner).push(*line);
                    }
                }
                Ok(())
            };
            read_part(folder, numbering, number, take).map(drop)
        })?;
        triage.restore_command_lines(lines.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    /// The values of all hosts, each with the number of hosts that have it, by kind, and of each kind the rarest first.
    pub fn values(&self, options: &RunOptions) -> Result<SortedSpool<ValueTotal>, FleetError> {
        let totals = ValueTotals::new(&SpoolSpace::from(options.limits.clone()));
        self.for_each(options, |folder| {
            for_each_value(folder, &|name| totals.hosts.number(name), &mut |values| totals.add(values))
        })?;
        Ok(totals.finish()?)
    }
}

/// Goes through the pieces of a part, with the numbers that inputs and hosts have in the run over all parts. Returns how many events the part has not looked
/// at the processes of.
fn read_part(
    folder: &PartFolder,
    numbering: &InputNumbers,
    number: impl Fn(&str) -> HostNumber,
    take: impl Fn(&mut dyn Iterator<Item = io::Result<TriageRecord>>) -> io::Result<()>,
) -> Result<u64, FleetError> {
    let file = folder.read_file(TRIAGE)?;
    let read = || -> io::Result<u64> {
        let (head, records) = read_triage(file)?;
        let numbers = numbering.of_part(folder, &head.hosts, number);
        let renumbered =
            |record: TriageRecord| record.renumbered(|input| numbers.input(input), |host| numbers.host(host));
        take(&mut records.map(|record| record.map(renumbered)))?;
        Ok(head.left_out)
    };
    read().map_err(folder.broken(TRIAGE))
}

/// Adds the values of a part that are sought.
fn add_values(folder: &PartFolder, triage: &Triage, values: &SortSpool<SightedValue>) -> Result<(), FleetError> {
    let sought = |rows: Vec<SightedText>| rows.iter().filter_map(|value| triage.sighted(value)).collect();
    for_each_value(folder, &|name| triage.host_number(name), &mut |rows| values.add(sought(rows)))
}

/// Shows the values of a part, many at a time.
#[cfg(feature = "parquet")]
fn for_each_value(
    folder: &PartFolder,
    host: &dyn Fn(&str) -> HostNumber,
    each: &mut dyn FnMut(Vec<SightedText>),
) -> Result<(), FleetError> {
    use super::part_folder::VALUES;
    super::values_parquet::read_values(folder.open_file(VALUES)?, host, each).map_err(folder.broken(VALUES))
}

/// There are none that could be read.
#[cfg(not(feature = "parquet"))]
fn for_each_value(
    _: &PartFolder,
    _: &dyn Fn(&str) -> HostNumber,
    _: &mut dyn FnMut(Vec<SightedText>),
) -> Result<(), FleetError> {
    Err(FleetError::ValuesWithoutParquet)
}
