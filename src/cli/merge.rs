//! `evql merge`: parts of scans of many hosts become the findings of one scan.

use super::args::{Look, MergeArgs};
use super::case::{self, CaseArgs};
use super::exit::Exit;
use super::faults;
use super::output::{self, OutputFiles, OutputSink};
use super::progress::Bar;
use super::scan::{self, ShownFindings};
use super::session::{self, Session};
use super::stdout::is_stdout;
use super::summary_json;
use super::terminal::counted;
use anyhow::{Result, bail};
use evql::ChosenRules;
use evql::base::{CaseKey, Ticks};
use evql::fleet::{PartFolder, PartInput, PartSet};
use evql::pipeline::RunOptions;
use evql::report::html::{AlertsHtml, CaseFacts};
use evql::report::{JsonLayout, write_values_csv, write_values_json};
use evql::survey::EvidenceSurvey;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Runs the command.
pub fn run(args: &MergeArgs, look: &Look) -> Result<Exit> {
    let findings = &args.findings;
    let outputs = [&findings.target.output, &findings.html_report, &args.summary_json, &args.values, &args.needs];
    let outputs: Vec<&Path> = outputs.into_iter().flatten().map(PathBuf::as_path).collect();
    let to_stdout = outputs.iter().filter(|path| is_stdout(path)).count();
    if to_stdout > 1 {
        bail!("only one of findings, report, values and summary can go to stdout");
    }
    session::check_temp_folder(&args.memory)?;
    let format = output::findings_format(findings)?.map(|(_, format)| format);
    let values_as = args.values.as_deref().map(values_format).transpose()?;
    let start = Instant::now();
    let parts = PartSet::open(&args.parts)?;
    if args.values.is_some() && !parts.options().triage {
        bail!("the parts were scanned with --no-triage, and have no values for --values");
    }
    // What parts are made of is no place for outputs either.
    let read = args.rules.with_files(&[args.parts.as_slice(), &args.faults].concat());
    let files = OutputFiles::new(findings.target.clobber, read, outputs.iter().copied())?;
    let open = |path: &Option<PathBuf>| path.as_ref().map(|path| files.open(path)).transpose();
    let (alerts, page) = (open(&findings.target.output)?, open(&findings.html_report)?);
    let (summary, values) = (open(&args.summary_json)?, open(&args.values)?);
    let threads = args.threads.map_or(0, usize::from);
    let chosen = session::rules_of(&args.rules, threads, look)?;
    if args.rules.assume_new && !parts.options().assume_new {
        bail!("--assume-new must be given to `evql scan --part`: parts have left out what is not known to be new");
    }
    let mut options =
        RunOptions { threads, limits: (&args.memory).into(), search: args.passwords.search(), ..RunOptions::default() };
    options.mapping.geo = session::geo_databases(args.geoip.as_deref())?;
    // The command line sees to it that there is one.
    let Some(key) = args.case_key.as_ref().or(args.case_key_file.as_ref()) else { bail!("a merge needs --case-key") };
    if let Some(path) = &args.needs {
        return needs(&parts, (chosen, key, options), files.open(path)?);
    }
    let lost = faults::read(&args.faults)?;
    let run = parts.merge(chosen, key, options, (lost, !args.triage.no_triage), &Bar::new(look))?;
    if let Some((sink, format)) = values.zip(values_as) {
        let values = parts.values(&run.options)?;
        sink.write_with(|out| match format {
            ValuesFormat::Csv => write_values_csv(&values, out),
            ValuesFormat::Json(layout) => write_values_json(&values, layout, out),
        })?;
    }
    let session = Session { run, elapsed: start.elapsed() };
    let results = session.run.results();
    let of = CaseArgs { page: &args.page, rules: &args.rules, building_blocks: args.building_blocks };
    let case = case_of(of, &session, &parts);
    let html = AlertsHtml { case: &case, limits: args.page.limits() };
    if let Some((sink, format)) = alerts.zip(format) {
        let summary = case::markdown_of(of, &session);
        let exporter = output::alert_exporter(format, html, summary, findings.defang);
        sink.all_or_nothing(format.is_useless_in_part()).write(&*exporter, &results)?;
    }
    if let Some(sink) = page {
        sink.write(&html, &results)?;
    }
    if let Some(sink) = summary {
        let mut summary = summary_json::summary(&session);
        summary["parts"] = parts.folders().iter().map(part_json).collect();
        sink.write_json(&summary)?;
    }
    let shown =
        ShownFindings { building_blocks: args.building_blocks, triage: args.triage.triage, incidents: args.incidents };
    scan::show(shown, look, &session, to_stdout > 0)?;
    Ok(session.end(args.allow_partial, args.fail_on_detection))
}

/// A format of values.
#[derive(Clone, Copy)]
enum ValuesFormat {
    Csv,
    Json(JsonLayout),
}

/// The format that the ending of a file tells.
fn values_format(path: &Path) -> Result<ValuesFormat> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    Ok(match ending.as_str() {
        "csv" => ValuesFormat::Csv,
        "json" => ValuesFormat::Json(JsonLayout::Array),
        "jsonl" | "ndjson" => ValuesFormat::Json(JsonLayout::Lines),
        _ if is_stdout(path) => ValuesFormat::Json(JsonLayout::Lines),
        _ => bail!("{}: values are written as .csv, .json or .jsonl", path.display()),
    })
}

/// Writes which files the merge has to read.
fn needs(
    parts: &PartSet,
    (chosen, key, options): (ChosenRules, &CaseKey, RunOptions),
    sink: OutputSink,
) -> Result<Exit> {
    let needed = parts.needs(chosen, key, options)?;
    sink.write_with(|out| {
        needed.iter().try_for_each(|(part, path)| {
            writeln!(out, "{}", json!({ "part": part.to_string_lossy(), "path": path.to_string_lossy() }))
        })
    })?;
    Ok(Exit::Done)
}

/// The case of a merge: the files are those of all parts.
fn case_of(args: CaseArgs<'_>, session: &Session, parts: &PartSet) -> CaseFacts {
    let mut case = case::of_scan(args, session, &EvidenceSurvey::default());
    let known: HashMap<&str, &PartInput> = parts
        .folders()
        .iter()
        .flat_map(|part| &part.manifest.inputs)
        .map(|input| (input.name.as_str(), input))
        .collect();
    for input in &mut case.inputs {
        if let Some(known) = known.get(input.path.as_str()) {
            (input.kind, input.sha256) = (known.kind(), known.sha256.clone());
        }
    }
    let folders: Vec<String> = parts.folders().iter().map(|part| part.path.display().to_string()).collect();
    let of_parts = [
        ("Parts", format!("{}: {}", counted(folders.len() as u64, "folder"), folders.join(", "))),
        ("Computers", counted(session.run.outcome.stats.computers.len() as u64, "computer")),
    ];
    case.facts.splice(0..0, of_parts);
    case.range = session.run.outcome.stats.logged;
    case.limits.push(
        "Record numbers that are missing, and logs that were cleared, are not told here: `evql info` does, of the evidence of each host.".to_owned(),
    );
    case
}

fn part_json(part: &PartFolder) -> Value {
    let manifest = &part.manifest;
    let logged = manifest.stats.logged;
    json!({
        "folder": part.path.display().to_string(),
        "status": manifest.status,
        "files": manifest.inputs.len(),
        "bytes": manifest.stats.bytes,
        "records": manifest.stats.tally.records,
        "alerts": manifest.alerts,
        "first": logged.map(|(first, _)| first).map(Ticks::rfc3339_full),
        "last": logged.map(|(_, last)| last).map(Ticks::rfc3339_full),
        "computers": manifest.computers,
    })
}
