//! Arguments of `evql test`.

use super::shared::{ClockArg, MappingArg};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 all tests passed; 1 a test failed; 2 a test file or a rule is wrong; 3 wrong call, or no test at all.
docs/testing.md shows the way from an incident to a tested rule.")]
pub struct TestArgs {
    /// Test files (*.test.toml), scenarios with [[expect.alert]], and folders with all below them
    #[arg(value_name = "PATH", required_unless_present = "new")]
    pub paths: Vec<PathBuf>,
    /// Rules for tests that name none, and where rules are looked for by id or name; the built-in rules if none are given
    #[arg(short, long, value_name = "PATH", help_heading = "Rules")]
    pub rules: Vec<PathBuf>,
    /// Run rules too that their authors have taken back
    #[arg(long, help_heading = "Rules")]
    pub deprecated: bool,
    /// Run only tests whose file and name contain this text; letters' case does not count
    #[arg(short = 'k', long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Begin no test after one has failed
    #[arg(long)]
    pub fail_fast: bool,
    /// Threads to use; one per core if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Write what was found into the test files that expect something else; comments and order stay. Read the difference before you commit it
    #[arg(long, conflicts_with_all = ["new", "mutate", "coverage"])]
    pub update: bool,
    /// Write a first test file from what a scan of this evidence finds now, to -o or stdout
    #[arg(long, value_name = "EVIDENCE", num_args = 1.., conflicts_with_all = ["paths", "coverage", "mutate"], help_heading = "New test")]
    pub new: Vec<PathBuf>,
    /// The name of the new test; made of that of the evidence if not given
    #[arg(long, value_name = "TEXT", requires = "new", help_heading = "New test")]
    pub name: Option<String>,
    /// Exceptions that the new test names
    #[arg(long, value_name = "FILE", requires = "new", help_heading = "New test")]
    pub exceptions: Vec<PathBuf>,
    /// Which time orders events in the new test
    #[arg(long, value_enum, default_value_t = ClockArg::Logged, requires = "new", help_heading = "New test")]
    pub clock: ClockArg,
    /// Whose ECS documents events become in the new test
    #[arg(long, value_enum, default_value_t = MappingArg::Integration, requires = "new", help_heading = "New test")]
    pub mapping: MappingArg,
    #[command(flatten)]
    pub quality: QualityArgs,
    #[command(flatten)]
    pub target: TestTarget,
}

/// Whether it is asked how good the tests are.
#[derive(Debug, Args)]
pub struct QualityArgs {
    /// Also list rules without a test that fires or without one that must not, and stages and exceptions that no event of any test ever took
    #[arg(long, help_heading = "How good the tests are")]
    pub coverage: bool,
    /// Also change each rule in small ways, and list the changes that no test notices
    #[arg(long, help_heading = "How good the tests are")]
    pub mutate: bool,
    /// With --mutate: exit with 1 if tests notice less than this share of the changes
    #[arg(long, value_name = "PERCENT", requires = "mutate", value_parser = clap::value_parser!(u8).range(0..=100), help_heading = "How good the tests are")]
    pub min_score: Option<u8>,
}

/// Where results go.
#[derive(Debug, Args)]
pub struct TestTarget {
    /// Write the results to this file; `-` means stdout, and everything for people then goes to stderr
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Replace an output file that exists
    #[arg(short = 'C', long, help_heading = "Output")]
    pub clobber: bool,
    /// Format of the results; told by the ending of the file if not given, else text
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<TestFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// A line a test, then the failures, for people
    Text,
    /// `JUnit` XML, which CI systems read
    Junit,
    /// The Test Anything Protocol, version 14
    Tap,
    /// One JSON object a test, and one for the whole
    Jsonl,
    /// Annotations of GitHub Actions: each failure at its place in the test file
    Github,
}
