//! `evql forge`: scenario files become .evtx files.

use super::args::{Forge, Look};
use super::exit::Exit;
use super::output;
use anyhow::{Context, Result};
use evql::base::escape::terminal;
use evql::forge::Scenario;
use std::io::Write;

/// Runs the command.
pub fn run(args: &Forge, look: &Look) -> Result<Exit> {
    let mut people = anstream::stdout().lock();
    for path in &args.scenarios {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let scenario = Scenario::parse(&text, &path.to_string_lossy())?;
        for file in scenario.build()? {
            let target = args.output.join(&file.name);
            output::create(&target, args.clobber)?
                .write_all(&file.bytes)
                .with_context(|| format!("cannot write {}", target.display()))?;
            if !look.quiet {
                let name = target.to_string_lossy();
                writeln!(people, "{}: {} events, {} bytes", terminal(&name), file.events.len(), file.bytes.len())?;
            }
        }
    }
    Ok(Exit::Done)
}
