//! The test file of an extract: it expects the alerts that the rules find in it.

use super::part::WrittenPart;
use crate::cli::args::ExtractArgs as Args;
use crate::cli::output::OutputFiles;
use crate::cli::session::Session;
use anyhow::{Context, Result};
use evql::testing::{NewTest, relative_path};
use std::io::Write;
use std::path::Path;

/// Writes a test file for a log that is about to take its name.
pub fn write(args: &Args, session: &Session, part: &WrittenPart, path: &Path, files: &OutputFiles) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let relative =
        |paths: &[std::path::PathBuf]| paths.iter().map(|path| relative_path(path, folder)).collect::<Vec<_>>();
    let rules = if args.rules.rules.is_empty() { vec!["builtin".to_owned()] } else { relative(&args.rules.rules) };
    let log = part.file.target();
    let stem = log.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let test = NewTest {
        name: stem,
        rules,
        evidence: vec![log.file_name().unwrap_or_default().to_string_lossy().into_owned()],
        exceptions: relative(&args.rules.exceptions),
        clock: session.run.options.clock,
        mapping: session.run.options.mapping.documents,
        alerts: part.again.alerts.clone(),
        ..NewTest::default()
    };
    let file = files.open_complete(path)?;
    file.file().write_all(test.to_toml().as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    file.finish()
}
