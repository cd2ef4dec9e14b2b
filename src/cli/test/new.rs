//! `evql test --new`: a first test file from what a scan finds now.

use super::super::args::TestArgs;
use super::super::exit::Exit;
use super::super::output::OutputFiles;
use super::super::session::WrongRules;
use anyhow::{Context, Result, bail};
use evql::base::text_file;
use evql::forge::Scenario;
use evql::testing::{NewTest, RecordedAlert, RecordedFault, relative_path};
use evql::{Scanner, ScannerError};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Scans the evidence, and writes the test file.
pub fn run(args: &TestArgs) -> Result<Exit> {
    if let Some(missing) = args.new.iter().find(|path| !path.exists()) {
        bail!("there is no evidence {}", missing.display());
    }
    let target = args.target.output.clone().unwrap_or_else(|| PathBuf::from("-"));
    let folder = args.target.output.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    let (evidence, _forged) = evidence(&args.new)?;
    let mut builder = Scanner::builder()
        .deprecated(args.deprecated)
        .clock(args.clock.into())
        .mapping(args.mapping.into())
        .exceptions_from(&args.exceptions)
        .threads(args.threads.map_or(0, usize::from));
    if !args.rules.is_empty() {
        builder = builder.rules_from(&args.rules);
    }
    let scanner = match builder.build() {
        Ok(scanner) => scanner,
        Err(ScannerError::WrongRules { files }) => return Err(WrongRules::of(files).into()),
        Err(error) => return Err(error.into()),
    };
    let results = scanner.scan(&evidence)?;
    if results.inputs().is_empty() {
        bail!("there is no event log to read in {}", args.new[0].display());
    }
    let relative = |paths: &[PathBuf]| paths.iter().map(|path| relative_path(path, &folder)).collect::<Vec<_>>();
    let name = args.name.clone().unwrap_or_else(|| {
        let stem = args.new[0].file_stem().map_or_else(|| "first test".into(), |stem| stem.to_string_lossy());
        format!("{stem} as it is found now")
    });
    let test = NewTest {
        name,
        rules: if args.rules.is_empty() { vec!["builtin".to_owned()] } else { relative(&args.rules) },
        evidence: relative(&args.new),
        exceptions: relative(&args.exceptions),
        clock: args.clock.into(),
        mapping: args.mapping.into(),
        alerts: results.alerts().map(|found| RecordedAlert::new(found.rule(), found.alert())).collect(),
        suppressed: results.suppressed(),
        faults: results.faults().iter().map(RecordedFault::new).collect(),
    };
    let inputs = [&args.new[..], &args.rules, &args.exceptions].concat();
    let sink = OutputFiles::new(args.target.clobber, inputs, [&*target])?.open(&target)?;
    sink.write_with(|out| out.write_all(test.to_toml().as_bytes()))?;
    Ok(Exit::Done)
}

/// The evidence, with scenarios among it forged into a folder that goes away.
fn evidence(named: &[PathBuf]) -> Result<(Vec<PathBuf>, Option<TempDir>)> {
    let is_scenario = |path: &PathBuf| path.is_file() && path.extension().is_some_and(|ending| ending == "toml");
    let mut paths: Vec<PathBuf> = named.iter().filter(|path| !is_scenario(path)).cloned().collect();
    let mut forged = None;
    for path in named.iter().filter(|path| is_scenario(path)) {
        let folder = match forged.take() {
            Some(folder) => folder,
            None => tempfile::tempdir()?,
        };
        let text = text_file::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        for file in Scenario::parse(&text, &path.to_string_lossy())?.build()? {
            let target = folder.path().join(Path::new(&file.name).file_name().unwrap_or_default());
            std::fs::write(&target, &file.bytes)?;
            paths.push(target);
        }
        forged = Some(folder);
    }
    Ok((paths, forged))
}
