//! The exit codes, which scripts rely on.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: there are findings, and `--fail-on-detection` asked to be told so; or a test or a check failed.
    Findings,
    /// 2: a rule, query or test file is wrong.
    Rules,
    /// 3: the call is wrong, the output cannot be written, or there is no input at all.
    Usage,
    /// 4: done, but some input could not be read.
    Partial,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        // The numbers are a contract (`--help`, README): a new outcome gets a number of its own.
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::Rules => 2,
            Exit::Usage => 3,
            Exit::Partial => 4,
        })
    }
}
