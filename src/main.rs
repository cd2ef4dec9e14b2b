//! The `evql` command: arguments in, exit code out. Everything else is in `cli` and in the library.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run().into()
}
