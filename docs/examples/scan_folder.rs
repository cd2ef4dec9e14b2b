//! Scans evidence with the built-in rules, and prints the alerts.
//!
//! ```console
//! $ cargo run --example scan_folder -- samples
//! ```
//!
//! Alerts go to stdout, what could not be read goes to stderr. With rules of your own: `Scanner::builder().rules_from(["rules"])`.

#![allow(clippy::print_stdout, clippy::print_stderr)] // It is what an example is for.

use evql::base::escape::terminal;
use evql::source::FaultSeverity;
use evql::{Scanner, ecs};

fn main() -> anyhow::Result<()> {
    let scanner = Scanner::builder().build()?;
    let results = scanner.scan(std::env::args_os().skip(1))?;
    for (number, found) in (1..).zip(results.alerts()) {
        let meta = &found.rule().meta;
        // Names and command lines are evidence: an attacker may have chosen them, so they are escaped for the terminal.
        println!("{number}. {} [{}] on {}", meta.name, meta.level.name(), terminal(found.host().unwrap_or("-")));
        for event in found.events() {
            let text = |field| terminal(event.document.text(field).unwrap_or("-")).into_owned();
            println!(
                "   {} {:17} {}",
                event.timestamp.rfc3339(),
                text(ecs::EVENT_ACTION),
                text(ecs::PROCESS_EXECUTABLE)
            );
        }
    }
    // Files of other kinds are faults too, and nothing is missing for them.
    for fault in results.faults().iter().filter(|fault| fault.severity != FaultSeverity::PassedOver) {
        eprintln!("{}: {}", terminal(&fault.input), terminal(&fault.reason));
    }
    for notice in results.notices() {
        eprintln!("{}", terminal(&notice.text));
    }
    Ok(())
}
