//! Paths with `*` and `?` in them, expanded where the shell did not: those of Windows leave it to programs.
//!
//! On Windows, names are the same in letters of either case, `[` is an ordinary letter of names (`C:\cases\[2024] Acme\*.evtx`), and the `?` of `\\?\` is no
//! wildcard. Elsewhere patterns are what shells make of them. A path that is there is never taken for a pattern.

use super::args::{Command, RulesCommand};
use anyhow::{Context, Result, bail};
use glob::MatchOptions;
use std::borrow::Cow;
use std::path::{Component, Path, PathBuf, Prefix};

/// Whether names and patterns are those of Windows.
const ON_WINDOWS: bool = cfg!(windows);

/// Expands the paths of a command that stand for themselves, as a shell would, but for evidence: `session::given` does that where it is read.
pub fn expand(command: &mut Command) -> Result<()> {
    let lists: [Option<&mut Vec<PathBuf>>; 2] = match command {
        Command::Test(args) => [Some(&mut args.paths), None],
        Command::Report(args) => [Some(&mut args.alerts), None],
        Command::Merge(args) => [Some(&mut args.parts), None],
        Command::Forge(args) => [Some(&mut args.scenarios), None],
        Command::Rules(RulesCommand::List(args)) => [Some(&mut args.paths.paths), None],
        Command::Rules(RulesCommand::Split(args)) => [Some(&mut args.paths.paths), None],
        Command::Rules(RulesCommand::Stats(args)) => [Some(&mut args.paths.paths), Some(&mut args.evidence)],
        Command::Rules(RulesCommand::Check(args)) => [Some(&mut args.paths), None],
        _ => [None, None],
    };
    for paths in lists.into_iter().flatten() {
        *paths = expanded_all(paths)?;
    }
    Ok(())
}

/// Expands each path to itself or, where nothing has that name and it is a pattern, to everything that fits.
pub fn expanded_all(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Ok(paths.iter().map(|path| expanded(path)).collect::<Result<Vec<_>>>()?.concat())
}

fn expanded(path: &Path) -> Result<Vec<PathBuf>> {
    let is_wild = |text: &str| text.contains(if ON_WINDOWS { &['*', '?'][..] } else { &['*', '?', '['] });
    if !behind_prefix(path).to_str().is_some_and(is_wild) || path.symlink_metadata().is_ok() {
        return Ok(vec![path.to_owned()]);
    }
    let plain = without_verbatim_share(path);
    // What is not UTF-8 before the wildcard is a path that is not there, and is told as one.
    let Some(pattern) = plain.to_str() else { return Ok(vec![path.to_owned()]) };
    let pattern = if ON_WINDOWS { pattern.replace('[', "[[]").into() } else { Cow::from(pattern) };
    let matching = MatchOptions { case_sensitive: !ON_WINDOWS, ..MatchOptions::new() };
    let found = glob::glob_with(&pattern, matching);
    let found = found.with_context(|| format!("{} is neither a file nor a pattern", path.display()))?;
    // A folder that cannot be listed is given on as a path, so that the run reports it as a fault instead of passing it over.
    let found: Vec<PathBuf> = found.map(|found| found.unwrap_or_else(|error| error.path().to_owned())).collect();
    if found.is_empty() {
        bail!("nothing fits the pattern {}", path.display());
    }
    Ok(found)
}

/// The path without its drive or share, and without the `\\?\` before it.
fn behind_prefix(path: &Path) -> &Path {
    let mut components = path.components();
    match components.clone().next() {
        Some(Component::Prefix(_)) => {
            components.next();
            components.as_path()
        }
        _ => path,
    }
}

/// The path with `\\server\share` in place of `\\?\UNC\server\share`, of which `glob` finds nothing. Both are the same, and what is too long for the first is
/// turned into the second again where a file is opened.
fn without_verbatim_share(path: &Path) -> Cow<'_, Path> {
    match path.components().next() {
        Some(Component::Prefix(prefix)) => match prefix.kind() {
            Prefix::VerbatimUNC(server, share) => {
                let mut plain = PathBuf::from(format!(r"\\{}\{}\", server.display(), share.display()));
                plain.push(behind_prefix(path).strip_prefix(r"\").unwrap_or(behind_prefix(path)));
                plain.into()
            }
            _ => path.into(),
        },
        _ => path.into(),
    }
}
