//! Runs tests of detections from Rust, and prints what fails and which changes of the rules no test notices.
//!
//! ```console
//! $ cargo run --example test_rules -- samples
//! ```
//!
//! A `#[test]` of your own can do the same, so that `cargo test` holds your rules too: `docs/testing.md` has the files.

#![allow(clippy::print_stdout)] // It is what an example is for.

use evql::testing::{RunSettings, SuiteOptions, TestSuite};

fn main() -> anyhow::Result<()> {
    let suite = TestSuite::load(std::env::args_os().skip(1), &SuiteOptions::default())?;
    let results = suite.run(RunSettings::default(), &|_, _| ())?;
    for (case, result) in suite.cases.iter().zip(&results) {
        println!("{:?} {}", result.verdict, case.name);
        for failure in &result.failures {
            println!("  {}\n    {}", failure.message, failure.details.join("\n    "));
        }
    }
    let mutation = suite.mutate(&results, 0)?;
    for rule in &mutation.rules {
        println!("{}: {} of {} changes are noticed", rule.name, rule.noticed, rule.all());
        for mutant in &rule.unnoticed {
            println!("  {}:{}: {}", mutant.place.line, mutant.place.column, mutant.description);
        }
    }
    Ok(())
}
