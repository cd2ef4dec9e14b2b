//! Runs one EQL query over evidence, and prints the events that match.
//!
//! ```console
//! $ cargo run --example run_query -- 'process where process.name : "regsvr32.exe"' samples
//! ```
//!
//! `docs/language` has the language. A query that is wrong is an error that shows where.

#![allow(clippy::print_stdout)] // It is what an example is for.

use anyhow::Context;
use evql::base::escape::terminal;
use evql::{Scanner, ecs};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args_os().skip(1);
    let query = args.next().context("give a query and some paths")?;
    let scanner = Scanner::builder().query(query.to_string_lossy()).build()?;
    let results = scanner.scan(args)?;
    // An event query has one event in each match, a sequence has one for each stage.
    for (number, found) in (1..).zip(results.alerts()) {
        for event in found.events() {
            let text = |field| terminal(event.document.text(field).unwrap_or("-")).into_owned();
            let record = event.tiebreaker.map_or_else(|| "-".to_owned(), |number| number.to_string());
            println!(
                "{number} {} {} record {record}: {}",
                text(ecs::HOST_NAME),
                text(ecs::EVENT_CODE),
                text(ecs::PROCESS_COMMAND_LINE)
            );
        }
    }
    Ok(())
}
