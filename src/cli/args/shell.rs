//! `evql completions` and `evql man`.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write one page for evql and one for each subcommand into this folder, instead of the page of evql to stdout
    #[arg(short, long, value_name = "DIR")]
    pub out_dir: Option<PathBuf>,
    /// Replace pages that exist
    #[arg(short = 'C', long, requires = "out_dir")]
    pub clobber: bool,
}
