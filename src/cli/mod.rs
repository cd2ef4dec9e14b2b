//! The command line: what was typed becomes what the program runs on, and results become something to look at.
//!
//! One file per subcommand; `terminal` is the look. Nothing here knows how events are read or rules are evaluated.

mod args;
mod case;
mod chosen_processes;
mod device;
mod except;
mod exit;
mod explain;
mod extract;
mod faults;
mod fleet;
mod forge;
mod indicator_lists;
mod info;
mod interrupt;
mod ioc;
mod matches;
mod merge;
mod output;
mod part;
mod patterns;
mod plain_writer;
mod profiles;
mod progress;
mod query;
mod report;
mod rule_findings;
mod rule_tables;
mod rules;
mod rules_split;
mod rules_stats;
mod run_clock;
mod scan;
mod search;
mod session;
mod shell;
mod stack;
mod stdout;
mod story;
mod summary_json;
mod sysmon_config;
mod system_limits;
mod tally;
mod terminal;
mod test;
mod timeline;
mod tree;
mod typed_command;

use anyhow::Result;
use args::{Cli, Command};
use clap::Parser;
use exit::Exit;
use std::io::Write;

/// Runs the program on the process's own arguments.
pub fn run() -> Exit {
    let mut cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    // Before anything is printed: `anstream` asks for the choice at each stream that it makes.
    cli.look.color.into_choice().write_global();
    interrupt::install();
    system_limits::install();
    // No command prints its own error: a closed pipe, wrong rules and all others are told apart in one place.
    let done = patterns::expand(&mut cli.command).and_then(|()| dispatch(&cli));
    done.unwrap_or_else(|error| fail(&error))
}

fn dispatch(cli: &Cli) -> Result<Exit> {
    match &cli.command {
        Command::Scan(args) => scan::run(args, &cli.look),
        Command::Ioc(args) => ioc::run(args, &cli.look),
        Command::Query(args) => query::run(args, &cli.look),
        Command::Search(args) => search::run(args, &cli.look),
        Command::Stack(args) => stack::run(args, &cli.look),
        Command::Timeline(args) => timeline::run(args, &cli.look),
        Command::Info(args) => info::run(args, &cli.look),
        Command::Tree(args) => tree::run(args, &cli.look),
        Command::Story(args) => story::run(args, &cli.look),
        Command::Except(args) => except::run(args, &cli.look),
        Command::Extract(args) => extract::run(args, &cli.look),
        Command::Report(args) => report::run(args, &cli.look),
        Command::Merge(args) => merge::run(args, &cli.look),
        Command::Fleet(command) => fleet::run(command, &cli.look),
        Command::Rules(command) => rules::run(command, &cli.look),
        Command::Test(args) => test::run(args, &cli.look),
        Command::Forge(args) => forge::run(args, &cli.look),
        Command::Completions(args) => shell::completions(args),
        Command::Man(args) => shell::man(args),
    }
}

/// Help and version go to stdout and are a success; everything else is a wrong call.
fn usage(error: &clap::Error) -> Exit {
    // Nobody is left to be told if the terminal is gone.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

fn fail(error: &anyhow::Error) -> Exit {
    if output::is_closed_pipe(error) {
        return Exit::Done;
    }
    if let Some(wrong) = error.downcast_ref::<session::WrongRules>() {
        let mut err = anstream::stderr().lock();
        let _ = rule_findings::print_full(&mut err, &wrong.files, true);
        let _ = writeln!(err, "evql: {wrong}");
        return Exit::Rules;
    }
    let _ = writeln!(anstream::stderr(), "evql: {}", evql::base::escape::terminal(&format!("{error:#}")));
    Exit::Usage
}
