//! `evql forge`: scenario files become .evtx files, or large logs are made up.

use super::args::{Forge, ForgeLarge, Look};
use super::exit::Exit;
use super::output::{CompleteFile, write_file};
use super::terminal::counted;
use anyhow::{Context, Result};
use evql::base::escape::terminal;
use evql::base::text_file;
use evql::forge::{CROSSING_QUERY, Large, LargeOptions, Scenario};
use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::path::Path;

/// Runs the command.
pub fn run(args: &Forge, look: &Look) -> Result<Exit> {
    match args.large {
        Some(size) => large(args, size, look),
        None => scenarios(args, look),
    }
}

fn scenarios(args: &Forge, look: &Look) -> Result<Exit> {
    let mut people = anstream::stdout().lock();
    for path in &args.scenarios {
        let text = text_file::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let scenario = Scenario::parse(&text, &path.to_string_lossy())?;
        // Built in full before the folder is made: a scenario with a mistake leaves nothing behind.
        let files = scenario.build()?;
        make_folder(&args.output)?;
        for file in files {
            let target = args.output.join(&file.name);
            write_file(&target, args.clobber, &file.bytes)?;
            if !look.quiet {
                let name = target.to_string_lossy();
                writeln!(people, "{}: {} events, {} bytes", terminal(&name), file.events.len(), file.bytes.len())?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Large logs, file by file, and then what a scan of them must find.
fn large(args: &Forge, size: u64, look: &Look) -> Result<Exit> {
    let ForgeLarge { seed, attacks, cross_host, hosts, ref domain, start } = args.options;
    let domain = domain.clone();
    let large = Large::with(&LargeOptions { size, seed, attacks, hosts, domain, start, cross_host })?;
    make_folder(&args.output)?;
    let mut people = anstream::stdout().lock();
    let (mut files, mut records, mut bytes) = (0, 0, 0);
    let current = RefCell::new(None);
    large.write(
        // Files are opened one by one as they are begun: a large log is written in one stream and never held.
        |name| {
            let path = args.output.join(name);
            let file = CompleteFile::new(&path, args.clobber)?;
            let out = file.file().try_clone().with_context(|| format!("cannot write {}", path.display()))?;
            current.replace(Some(file));
            anyhow::Ok(out)
        },
        |file| {
            current.take().map_or(Ok(()), CompleteFile::finish)?;
            files += 1;
            records += file.records;
            bytes += file.bytes;
            if !look.quiet {
                let target = args.output.join(&file.name);
                let name = target.to_string_lossy();
                writeln!(people, "{}: {} events, {} bytes", terminal(&name), file.records, file.bytes)?;
            }
            Ok(())
        },
    )?;
    if !look.quiet {
        let (files, records) = (counted(files, "file"), counted(records, "record"));
        let alerts = counted(large.attacks(), "alert");
        writeln!(people, "{files}, {records}, {bytes} bytes; a scan with --include-tag T1218.009 must give {alerts}")?;
        if large.cross_host() > 0 {
            let found = counted(large.cross_host(), "sequence");
            writeln!(people, "this query must give {found}:\n{CROSSING_QUERY}")?;
        }
    }
    Ok(Exit::Done)
}

fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))
}
