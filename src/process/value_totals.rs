//! Values of all hosts, each with the number of hosts that have it, the rarest first.
//!
//! ```text
//! of hosts    dns Evil.example A 2    dns evil.example B 1    dns update.example A 9    …
//! totals      dns evil.example: 2 hosts, 3 times    …                                      sorted by kind, hosts and times
//! ```
//!
//! The case of letters does not count, but for command lines and the like. Of several writings the first one is shown.

use super::sightings::{SightedText, ValueKind};
use super::stacking::MOST_HOSTS;
use super::text::CutText;
use crate::base::Ticks;
use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, SpoolSpace, read_item, write_item};
use crate::detect::{HostNumber, HostTable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::Arc;

/// The share of memory that values take before they are spilled, and totals too.
const TOTAL_SHARE: u64 = 4;
/// Totals that are given to the spool together.
const BLOCK: usize = 1024;

/// A value on a host, as it is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct FoldedValue {
    kind: ValueKind,
    /// The value as it is compared.
    folded: Arc<str>,
    cut: u32,
    host: HostNumber,
    written: Arc<str>,
    span: (Ticks, Ticks),
    count: u64,
}

impl SpoolItem for FoldedValue {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.folded.len() + self.written.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// A value with the hosts that have it, in the order in which totals are shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ValueTotal {
    /// Its kind.
    pub kind: ValueKind,
    /// On how many hosts it was met.
    pub hosts: u64,
    /// How often.
    pub count: u64,
    /// The value.
    pub value: CutText,
    /// The first time.
    pub first: Ticks,
    /// The last time.
    pub last: Ticks,
    /// The names of hosts that have it, at most [`MOST_HOSTS`].
    pub host_names: BTreeSet<Arc<str>>,
}

impl SpoolItem for ValueTotal {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.value.text.len() + self.host_names.len() * (size_of::<Arc<str>>() + 32)
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// Values of hosts that are added up. Shared by all threads.
#[derive(Debug)]
pub struct ValueTotals {
    /// The hosts by the numbers that values have.
    pub hosts: HostTable,
    values: SortSpool<FoldedValue>,
    totals: SortSpool<ValueTotal>,
}

impl ValueTotals {
    /// Nothing yet.
    pub fn new(space: &SpoolSpace) -> Self {
        let space = space.share(TOTAL_SHARE);
        let (values, totals) = (SortSpool::new(space.clone()), SortSpool::new(space));
        Self { hosts: HostTable::default(), values, totals }
    }

    /// Adds values of hosts.
    pub fn add(&self, values: Vec<SightedText>) {
        let folded = |SightedText { kind, value, host, first, last, count }: SightedText| {
            let written = value.text;
            let lower = (!kind.keeps_case()).then(|| written.to_lowercase()).filter(|lower| **lower != *written);
            let folded = lower.map_or_else(|| written.clone(), Arc::from);
            FoldedValue { kind, folded, cut: value.cut, host, written, span: (first, last), count }
        };
        self.values.add(values.into_iter().map(folded).collect());
    }

    /// The totals, by kind, and of each kind the rarest first.
    pub fn finish(self) -> io::Result<SortedSpool<ValueTotal>> {
        let mut block: Vec<ValueTotal> = Vec::new();
        let mut current: Option<(Arc<str>, HostNumber, ValueTotal)> = None;
        for value in self.values.take_sorted().iter() {
            let FoldedValue { kind, folded, cut, host, written, span: (first, last), count } = value?;
            match &mut current {
                Some((known, last_host, total)) if *known == folded && (total.kind, total.value.cut) == (kind, cut) => {
                    (total.first, total.last) = (total.first.min(first), total.last.max(last));
                    total.count += count;
                    total.value.text = total.value.text.clone().min(written);
                    if std::mem::replace(last_host, host) != host {
                        total.hosts += 1;
                        total.add_name(self.hosts.name(host));
                    }
                }
                other => {
                    let value = CutText { text: written, cut };
                    let mut total =
                        ValueTotal { kind, hosts: 1, count, value, first, last, host_names: BTreeSet::new() };
                    total.add_name(self.hosts.name(host));
                    block.extend(other.replace((folded, host, total)).map(|(.., done)| done));
                    if block.len() >= BLOCK {
                        self.totals.add(std::mem::take(&mut block));
                    }
                }
            }
        }
        block.extend(current.map(|(.., done)| done));
        self.totals.add(block);
        Ok(self.totals.take_sorted())
    }
}

impl ValueTotal {
    fn add_name(&mut self, name: Arc<str>) {
        self.host_names.insert(name);
        if self.host_names.len() > MOST_HOSTS {
            self.host_names.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_added_up_over_hosts_the_rarest_first() {
        let totals = ValueTotals::new(&SpoolSpace::default());
        let of = |kind, text: &str, host: &str, at: i64, count| SightedText {
            kind,
            value: CutText { text: text.into(), cut: 0 },
            host: totals.hosts.number(host),
            first: Ticks(at),
            last: Ticks(at + 1),
            count,
        };
        let (dns, line) = (ValueKind::Dns, ValueKind::CommandLine);
        totals.add(vec![of(dns, "a.example", "ws-1", 5, 2), of(dns, "A.example", "ws-2", 3, 1)]);
        totals.add(vec![of(dns, "b.example", "WS-1", 9, 7), of(dns, "b.example", "ws-1", 1, 1)]);
        totals.add(vec![of(line, "a B", "ws-1", 1, 1), of(line, "a b", "ws-1", 1, 1)]);
        let sorted = totals.finish().unwrap();
        let rows = sorted.iter().map(Result::unwrap).map(|total| {
            let names: Vec<&str> = total.host_names.iter().map(|name| &**name).collect();
            let span = total.last.0 - total.first.0;
            format!("{} {} {} {} {span} {}", total.kind.name(), total.value, total.hosts, total.count, names.join(","))
        });
        let expected = [
            "command_line a B 1 1 1 WS-1",
            "command_line a b 1 1 1 WS-1",
            "dns b.example 1 8 9 WS-1",
            "dns A.example 2 3 3 WS-1,ws-2",
        ];
        assert_eq!(rows.collect::<Vec<_>>(), expected);
    }
}
