//! Triage of the alerts of all parts: what parts know of their processes, and on how many hosts their values were met.

use super::error::FleetError;
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

/// Gives the numbers that the inputs of a part have in the run over all parts.
pub type PartNumbers<'n> = &'n (dyn Fn(&PartFolder) -> Vec<u32> + Sync);

/// One going through the pieces of a part.
type TakeRecords = fn(&TriageJoin, &mut dyn Iterator<Item = io::Result<TriageRecord>>) -> io::Result<()>;

impl PartSet {
    /// The triage of the alerts of all parts.
    pub fn triage(
        &self,
        alerts: &dyn AlertSource,
        (key, options): (&CaseKey, &RunOptions),
        addresses: HostAddresses,
        numbers: PartNumbers<'_>,
    ) -> Result<Triage, FleetError> {
        let space = SpoolSpace::from(options.limits.clone());
        let mut plan = TriagePlan::keyed(key.bytes());
        alerts.for_each(|_, alert| {
            plan.add(alert);
            Ok(())
        })?;
        let mut join = TriageJoin::new(plan, &space);
        let is_bounded = AtomicBool::new(false);
        self.for_each(options, |folder| {
            let left_out = read_part(folder, &join, &numbers(folder), TriageJoin::read_first)?;
            is_bounded.fetch_or(left_out > 0, Ordering::Relaxed);
            Ok(())
        })?;
        join.choose_relatives()?;
        let second = |folder: &PartFolder| read_part(folder, &join, &numbers(folder), TriageJoin::read_second);
        self.for_each(options, |folder| second(folder).map(drop))?;
        let mut triage = join.finish(addresses, is_bounded.into_inner());
        triage.seek(alerts)?;
        let values = SortSpool::new(space.share(VALUE_SHARE));
        self.for_each(options, |folder| add_values(folder, &triage, &values))?;
        triage.count_sighted(&values)?;
        self.restore_command_lines(&mut triage, options, numbers)?;
        Ok(triage)
    }

    /// Puts whole command lines in place of those that were cut.
    fn restore_command_lines(
        &self,
        triage: &mut Triage,
        options: &RunOptions,
        numbers: PartNumbers<'_>,
    ) -> Result<(), FleetError> {
        let cut = triage.cut();
        if cut.is_empty() {
            return Ok(());
        }
        let lines: Mutex<Vec<WholeCommandLine>> = Mutex::default();
        self.for_each(options, |folder| {
            let broken = || folder.broken(TRIAGE);
            let numbers = numbers(folder);
            let input = |number: u32| numbers.get(number as usize).copied().unwrap_or(u32::MAX);
            let (_, records) = read_triage(folder.read_file(TRIAGE)?).map_err(broken())?;
            for record in records {
                let record = record.map_err(broken())?.renumbered(input, |host| host);
                if let TriageRecord::CommandLine(place, line) = record
                    && cut.binary_search(&place).is_ok()
                {
                    lines.lock().unwrap_or_else(PoisonError::into_inner).push(*line);
                }
            }
            Ok(())
        })?;
        triage.restore_command_lines(lines.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }
}

impl PartSet {
    /// The values of all hosts, each with the number of hosts that have it, by kind, and of each kind the rarest first.
    pub fn values(&self, options: &RunOptions) -> Result<SortedSpool<ValueTotal>, FleetError> {
        let totals = ValueTotals::new(&SpoolSpace::from(options.limits.clone()));
        self.for_each(options, |folder| {
            for_each_value(folder, &|name| totals.hosts.number(name), &mut |values| totals.add(values))
        })?;
        Ok(totals.finish()?)
    }
}

/// Goes through the pieces of a part. Returns how many events the part has not looked at the processes of.
fn read_part(folder: &PartFolder, join: &TriageJoin, numbers: &[u32], take: TakeRecords) -> Result<u64, FleetError> {
    let file = folder.read_file(TRIAGE)?;
    let read = || -> io::Result<u64> {
        let (head, records) = read_triage(file)?;
        let hosts: Vec<HostNumber> = head.hosts.iter().map(|name| join.hosts().number(name)).collect();
        let input = |number: u32| numbers.get(number as usize).copied().unwrap_or(u32::MAX);
        let host = |number: HostNumber| hosts.get(number.0 as usize).copied().unwrap_or_default();
        take(join, &mut records.map(|record| Ok(record?.renumbered(input, host))))?;
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
    Err(FleetError::WithoutParquet("values that are counted for triage (leave it out by --no-triage) are".to_owned()))
}
