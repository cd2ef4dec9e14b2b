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

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        // The numbers are a contract (`--help`, README): a new outcome gets a number of its own.
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Rules => 2,
            Self::Usage => 3,
            Self::Partial => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
