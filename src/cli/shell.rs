//! `evql completions` and `evql man`: what a shell and `man` need to know of the command line, made of the same arguments that are parsed.

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::exit::Exit;
use super::output::write_file;
use anyhow::{Context, Result};
use clap::{Command, CommandFactory};
use std::io::{self, Write};

/// Prints the completions of a shell.
pub fn completions(args: &CompletionsArgs) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "evql", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Exit::Done)
}

/// Prints the manual page, or writes all pages into a folder.
pub fn man(args: &ManArgs) -> Result<Exit> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &args.out_dir else {
        io::stdout().write_all(&page(&command)?)?;
        return Ok(Exit::Done);
    };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut pages = Vec::new();
    collect(&command, &mut pages);
    for page_of in pages {
        let path = folder.join(format!("{}.1", title(page_of)));
        write_file(&path, args.clobber, &page(page_of)?)?;
    }
    Ok(Exit::Done)
}

/// A command and all below it that can be called.
fn collect<'c>(command: &'c Command, pages: &mut Vec<&'c Command>) {
    pages.push(command);
    command.get_subcommands().filter(|below| below.get_name() != "help").for_each(|below| collect(below, pages));
}

/// The name of a command's manual page: `evql-rules-list`.
fn title(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).source(concat!("evql ", env!("CARGO_PKG_VERSION"))).render(&mut page)?;
    Ok(page)
}
