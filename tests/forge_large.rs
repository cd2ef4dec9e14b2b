//! Large logs hold as many attacks as they say: a scan with the built-in rule finds each, and nothing else.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use evql::detect::Detector;
use evql::event::Clock;
use evql::forge::{Large, LargeError};
use evql::pipeline::{self, Options, Silent};
use evql::rules;
use std::fs::File;

#[test]
fn a_scan_finds_exactly_the_planted_attacks() {
    for (size, seed, attacks) in [(6 << 20, 7, 60), (3 << 20, 8, 1), (2 << 20, 9, 0), (4 << 20, 10, 128)] {
        let folder = tempfile::tempdir().unwrap();
        let large = Large::new(size, seed, Some(attacks)).unwrap();
        let mut records = 0;
        let create = |name: &str| {
            let source = File::create_new(folder.path().join(name));
            source.map_err(|source| LargeError::Write { name: name.to_owned(), source })
        };
        large
            .write(create, |file| {
                records += file.records;
                Ok(())
            })
            .unwrap();
        for clock in [Clock::Logged, Clock::Utc] {
            let detector = Detector::new(rules::builtin());
            let options = Options { clock, ..Options::default() };
            let outcome = pipeline::run(&[folder.path().to_owned()], &detector, &options, &Silent).unwrap();
            assert_eq!(outcome.alerts.len() as u64, attacks, "seed {seed}, {clock:?}");
            assert_eq!(outcome.stats.tally.records, records);
            assert!(outcome.faults.is_empty(), "{:?}", outcome.faults);
        }
    }
}
