//! Maps records to ECS documents, as Elastic's Windows integration does, and prints one JSON document a line.
//!
//! ```console
//! $ cargo run --example map_to_ecs -- samples/dns.evtx
//! ```
//!
//! This reads one record after another with the parts of the library, in the order of the files. Where duplicates are to be removed, all cores are to be used
//! and events are to be put in order, `Scanner::scan_timeline` with `report::TimelineEcs` does it.

#![allow(clippy::print_stdout, clippy::print_stderr)] // It is what an example is for.

use evql::base::escape::terminal;
use evql::source::{self, DiscoveredInputs, Item, Scratch, Search};
use evql::sysmon::{self, Mapping};
use std::path::PathBuf;

/// Chunks of 64 KiB that are read at a time.
const CHUNKS_PER_UNIT: u32 = 16;

fn main() {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let DiscoveredInputs { inputs, faults } = source::discover(&paths, &Search::default());
    for fault in faults {
        eprintln!("{}: {}", terminal(&fault.input), terminal(&fault.reason));
    }
    let mut scratch = Scratch::default();
    for unit in source::units(&inputs, CHUNKS_PER_UNIT) {
        source::read_unit(&inputs, &unit, &mut scratch, &mut |item| match item {
            Item::Record(record) if sysmon::is_sysmon(&record) => {
                let path = &inputs[record.origin.input as usize].display;
                println!("{}", sysmon::map(&record, path, Mapping::Integration).document.to_json());
            }
            Item::Fault(fault) => eprintln!("{}: {}", terminal(&fault.input), terminal(&fault.reason)),
            // Records of other providers, and documents, which are ECS already.
            _ => {}
        });
    }
}
