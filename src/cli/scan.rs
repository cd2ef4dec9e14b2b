//! `evql scan`: findings for a person on the terminal, and for a program in a file.

use super::args::{AlertFormat, IncidentArgs, Look, Scan};
use super::case;
use super::exit::Exit;
use super::interrupt::LineWriter;
use super::output::{self, OutputFiles, OutputSink, TimelineOutput};
use super::session::{self, Session, WantedOutputs};
use super::stdout::is_stdout;
use super::summary_json;
use super::terminal::{self, TerminalPage};
use anyhow::{Result, bail};
use evql::base::spool::SpoolSpace;
use evql::pipeline::{AlertContents, TimelineOptions};
use evql::report::html::{AlertsHtml, CaseFacts};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Runs the command.
pub fn run(args: &Scan, look: &Look) -> Result<Exit> {
    if let Some(folder) = &args.part.part {
        return super::part::run(args, folder, look);
    }
    let evidence = session::files_read(&args.evidence)?;
    let outputs = [
        &args.outputs.findings.target.output,
        &args.outputs.timeline,
        &args.outputs.findings.html_report,
        &args.outputs.formats.summary_json,
    ];
    let outputs: Vec<PathBuf> = outputs.into_iter().flatten().cloned().collect();
    let to_stdout = outputs.iter().filter(|path| is_stdout(path)).count();
    if to_stdout > 1 {
        bail!("only one of findings, timeline, report and summary can go to stdout");
    }
    // Opened before the run: hours of reading must not end in "file exists".
    let Outputs { alerts, page, timeline, summary } = open(args, &evidence)?;
    let alerts_as = alerts.as_ref().map(|(_, format)| *format);
    let rows = timeline.as_ref().map(|(_, format)| TimelineOptions { contents: format.contents() });
    // Rows and layers hold nothing of what is looked up.
    let is_plain = |format| matches!(format, AlertFormat::Csv | AlertFormat::Navigator);
    let writes_documents = page.is_some() || alerts_as.is_some_and(|format| !is_plain(format));
    let has_triage = writes_documents && !args.outputs.triage.no_triage;
    // A person sees incidents, which are made of what triage tells of processes.
    let look_up = has_triage || (!look.quiet && !args.outputs.triage.no_triage);
    // Those who only count need not know more.
    let counts_only = look.quiet && page.is_none() && alerts_as.is_none();
    let alerts_wanted = if counts_only { AlertContents::Places } else { AlertContents::Events };
    // A report says what the evidence lacks, which alerts alone do not show.
    let survey = page.is_some() || alerts_as == Some(AlertFormat::Html);
    let wanted = WantedOutputs { timeline: rows, alerts: alerts_wanted, survey, ..WantedOutputs::default() };
    let mut session = Session::run_wanted(&args.evidence, &args.rules, look, &outputs, wanted)?;
    // Taken out first: the rows may be gigabytes on disk, and what follows holds the session for a while.
    let rows = session.run.outcome.timeline.take();
    let shows_alerts = !look.quiet || page.is_some() || alerts_as.is_some();
    if look_up {
        // The same pass finds the starts of processes.
        session.go_on(look, |run, bar| run.look_up(bar))?;
    } else if shows_alerts {
        session.go_on(look, |run, bar| run.complete_alerts(bar))?;
    }
    if shows_alerts {
        session.go_on(look, |run, bar| run.learn_addresses(bar))?;
    }
    if args.outputs.hash_inputs {
        session.run.outcome.hash_files();
    }
    let surveyed = session.run.outcome.survey.take();
    let results = session.run.results();
    let case = surveyed.map_or_else(CaseFacts::default, |surveyed| case::of_scan(args.into(), &session, &surveyed));
    let html = AlertsHtml { case: &case, limits: args.outputs.page.limits() };
    if let Some((sink, format)) = alerts {
        let summary = case::markdown_of(args.into(), &session);
        let exporter = output::alert_exporter(format, html, summary, args.outputs.findings.defang);
        session.marked(sink.all_or_nothing(format.is_useless_in_part())).write(&*exporter, &results)?;
    }
    if let Some(sink) = page {
        session.marked(sink).write(&html, &results)?;
    }
    if let (Some((sink, format)), Some(rows)) = (timeline, rows) {
        session.marked(sink).write_timeline(rows, &format, &results)?;
    }
    if let Some(sink) = summary {
        sink.write_json(&summary_json::summary(&session))?;
    }
    let shown = ShownFindings {
        building_blocks: args.building_blocks,
        triage: args.outputs.triage.triage,
        incidents: args.outputs.incidents,
    };
    show(shown, look, &session, to_stdout > 0)?;
    Ok(session.leave(&args.evidence, args.outputs.fail_on_detection))
}

/// How findings are shown to a person.
#[derive(Clone, Copy)]
pub struct ShownFindings {
    /// Whether alerts of building-block rules are.
    pub building_blocks: bool,
    /// Whether all is that was looked up about alerts.
    pub triage: bool,
    /// How incidents are.
    pub incidents: IncidentArgs,
}

/// Shows a person what was found, what could not be read, and the summary.
pub fn show(args: ShownFindings, look: &Look, session: &Session, uses_stdout: bool) -> Result<()> {
    let results = session.run.results();
    // Where a program reads stdout, people read stderr. Both get the same text.
    let mut people: Box<dyn Write> = match (look.quiet, uses_stdout) {
        (true, _) => Box::new(std::io::sink()),
        (false, false) => Box::new(LineWriter::to_people()),
        (false, true) => Box::new(BufWriter::new(anstream::stderr())),
    };
    let shown = terminal::alerts::AlertDetail {
        verbose: look.verbose,
        building_blocks: args.building_blocks,
        triage: args.triage,
    };
    let is_many = session.run.outcome.alerts.len() > terminal::FEW_ALERTS && !args.incidents.all;
    let incidents = results.incidents.filter(|_| !look.quiet);
    let shown = (shown, args.incidents.sort);
    let guides = |people: &mut dyn Write| {
        if look.verbose { terminal::alerts::guides(people, &results) } else { Ok(()) }
    };
    match incidents {
        // What there is in all comes first where nobody reads to the end.
        Some(_) if is_many => {}
        Some(incidents) => {
            let space = SpoolSpace::from(session.run.options.limits.clone());
            terminal::incidents::print_cards(&mut people, (&results, incidents), shown, &space)?;
            guides(&mut people)?;
        }
        None if !look.quiet => {
            terminal::alerts::print(&mut people, &results, shown.0)?;
            guides(&mut people)?;
        }
        None => {}
    }
    people.flush()?;
    session.report_faults(look)?;
    if !session.run.outcome.inputs.is_empty() && !look.quiet {
        let mut page = if uses_stdout { TerminalPage::stderr(&mut people) } else { TerminalPage::stdout(&mut people) };
        terminal::summary::print(&mut page, session)?;
        if look.verbose {
            terminal::summary::print_users(&mut page, session)?;
            terminal::summary::print_set_aside(&mut page, session)?;
        }
    }
    if let Some(incidents) = incidents.filter(|_| is_many) {
        writeln!(people)?;
        terminal::incidents::print_overview(&mut people, (&results, incidents), shown)?;
        guides(&mut people)?;
    }
    people.flush()?;
    Ok(())
}

/// The open files of a scan, each with its format.
struct Outputs {
    alerts: Option<(OutputSink, AlertFormat)>,
    page: Option<OutputSink>,
    timeline: Option<(OutputSink, TimelineOutput)>,
    summary: Option<OutputSink>,
}

fn open(args: &Scan, evidence: &[PathBuf]) -> Result<Outputs> {
    let bom = args.outputs.formats.bom;
    let findings = &args.outputs.findings;
    let alerts = output::findings_format(findings)?;
    let timeline = match &args.outputs.timeline {
        Some(path) => Some((path, output::timeline_format(args.outputs.timeline_type, path)?)),
        None => None,
    };
    let alerts_csv = alerts.is_some_and(|(_, format)| matches!(format, AlertFormat::Csv | AlertFormat::IocCsv));
    let timeline_csv = timeline.is_some_and(|(_, format)| output::is_spreadsheet(format));
    output::check_bom(bom, alerts_csv || timeline_csv)?;
    // What is wrong with the call is told before a file is made.
    let way = |(path, format): (&PathBuf, _)| output::timeline_output(format, path, &args.outputs.formats);
    let way = timeline.map(way).transpose()?;
    let all =
        [&findings.target.output, &findings.html_report, &args.outputs.timeline, &args.outputs.formats.summary_json];
    let all = all.into_iter().flatten().map(PathBuf::as_path);
    let files = OutputFiles::new(findings.target.clobber, args.rules.with_files(evidence), all)?;
    let sink = |path: &PathBuf, csv| files.open(path).map(|sink| sink.with_bom(bom && csv));
    let alerts = alerts.map(|(path, format)| anyhow::Ok((sink(path, alerts_csv)?, format))).transpose()?;
    let timeline =
        timeline.zip(way).map(|((path, _), way)| anyhow::Ok((sink(path, timeline_csv)?, way))).transpose()?;
    let page = findings.html_report.as_ref().map(|path| sink(path, false)).transpose()?;
    let summary = args.outputs.formats.summary_json.as_ref().map(|path| sink(path, false)).transpose()?;
    Ok(Outputs { alerts, page, timeline, summary })
}
