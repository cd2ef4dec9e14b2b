//! The `evql` command: arguments in, exit code out. Everything else is in `cli` and in the library.

mod cli;

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Alerts, reports and triage are made of millions of short texts and small objects: to allocate and free them is a third of the time with the system's
/// allocator, and more with that of musl.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::run().into()
}
