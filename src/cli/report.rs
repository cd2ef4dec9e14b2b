//! `evql report`: the HTML report from alerts that were saved, by evql or another program.
//!
//! A line that is no alert costs that line, and is named with its number.

use super::args::{Look, ReportArgs as Args};
use super::case;
use super::exit::Exit;
use super::output::OutputFiles;
use super::session::{every_rule, load_rules};
use super::stdout::is_stdout;
use super::terminal::{self, MARK, counted, grouped};
use anyhow::{Context, Result, bail};
use evql::base::escape;
use evql::base::number::hex;
use evql::event::Clock;
use evql::report::html::{CaseFacts, FaultFacts, HtmlReport, InputFacts, RefusedAlert, RuleText};
use evql::source::{FaultSeverity, is_log_or_archive};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// Most lines that are named one by one; the others are counted.
const MOST_NAMED: usize = 1_000;

/// Most of them that are named on the terminal, unless everything is wanted.
const MOST_TOLD: usize = 10;

/// Runs the command.
pub fn run(args: &Args, look: &Look) -> Result<Exit> {
    let path = args.target.output.clone().unwrap_or_else(|| PathBuf::from("-"));
    // A report has megabytes of HTML.
    if is_stdout(&path) && std::io::stdout().is_terminal() {
        bail!("a page is nothing for a terminal; name a file for it with -o");
    }
    let texts = rule_texts(&args.rules, look)?;
    // A file that is not there is told before an empty page is left behind.
    let sources = args.alerts.iter().map(|path| AlertFile::open(path)).collect::<Result<Vec<_>>>()?;
    let faults = super::faults::read(&args.faults)?;
    let inputs = [args.alerts.as_slice(), &args.rules, &args.faults].concat();
    let sink = OutputFiles::new(args.target.clobber, inputs, [&*path])?.open(&path)?;
    let mut report = HtmlReport::new(args.page.limits(), Clock::Logged);
    let mut read = Saved::default();
    for source in sources {
        read.file(source, &mut report);
    }
    report.add_rules(&texts);
    let alerts = report.alerts();
    let lost = read.lost + faults.iter().filter(|fault| fault.severity == FaultSeverity::Lost).count() as u64;
    read.tell(look)?;
    terminal::faults::print(&mut anstream::stderr().lock(), &faults, look.verbose)?;
    let mut case = read.into_case(args);
    case.faults.extend(faults.iter().filter(|fault| fault.severity != FaultSeverity::PassedOver).map(case::fault));
    let mut cards = 0;
    sink.write_with(|out| {
        cards = report.write(&case, out)?;
        Ok(())
    })?;
    if !look.quiet {
        let shown = if cards as u64 == alerts {
            String::new()
        } else {
            format!(", {} of them with a card", grouped(cards as u64))
        };
        let name = if is_stdout(&path) { "stdout".to_owned() } else { path.display().to_string() };
        writeln!(anstream::stderr(), "{}{shown}: {}", counted(alerts, "alert"), escape::terminal(&name))?;
    }
    Ok(if lost > 0 && !args.allow_partial { Exit::Partial } else { Exit::Done })
}

/// The rules to take texts from: those that were named, and after them the built-in ones. A wrong one is told, and does no harm here.
fn rule_texts(paths: &[PathBuf], look: &Look) -> Result<Vec<RuleText>> {
    let mut texts = Vec::new();
    if !paths.is_empty() {
        let loaded = load_rules(paths, every_rule(None)?, 0);
        super::rule_findings::print_full(&mut anstream::stderr().lock(), &loaded.files, !look.verbose)?;
        texts.extend(loaded.set.rules.iter().map(RuleText::of_rule));
    }
    texts.extend(evql::rules::builtin().rules.iter().map(RuleText::of_rule));
    Ok(texts)
}

/// A file of alerts that was opened.
struct AlertFile {
    name: String,
    bytes: Box<dyn Read>,
}

impl AlertFile {
    fn open(path: &Path) -> Result<Self> {
        if is_stdout(path) {
            return Ok(Self { name: "(standard input)".to_owned(), bytes: Box::new(std::io::stdin()) });
        }
        let name = path.display().to_string();
        if is_log_or_archive(path) {
            bail!(
                "{name} is an event log, not findings; `evql scan {name} -H report.html` makes a page of what rules find in it"
            );
        }
        let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
        Ok(Self { name, bytes: Box::new(file) })
    }
}

/// The outcome of reading the files of alerts.
#[derive(Default)]
struct Saved {
    inputs: Vec<InputFacts>,
    faults: Vec<FaultFacts>,
    lost: u64,
}

impl Saved {
    fn file(&mut self, AlertFile { name, mut bytes }: AlertFile, report: &mut HtmlReport) {
        // The digest is taken of the bytes as they are read: a second reading could meet another file, and standard input has none.
        let mut digest = DigestingReader { source: &mut *bytes, hash: Sha256::new(), bytes: 0 };
        let before = report.alerts();
        let (faults, lost) = (&mut self.faults, &mut self.lost);
        let mut tell = |place: String, reason: String, kind: &str| {
            *lost += 1;
            if faults.len() < MOST_NAMED {
                faults.push(FaultFacts {
                    file: name.clone(),
                    place,
                    record: None,
                    kind: kind.to_owned(),
                    reason,
                    lost: true,
                });
            }
        };
        let read = report.add_saved(&mut digest, &mut |RefusedAlert { place, reason }| tell(place, reason, "json"));
        // What was not read of a file that broke off belongs to its digest all the same.
        let read = read.and_then(|()| std::io::copy(&mut digest, &mut std::io::sink()).map(drop));
        if let Err(error) = read {
            tell(String::new(), format!("cannot be read further: {error}"), "unreadable");
        }
        let sha256 = hex(&digest.hash.finalize());
        let records = Some(report.alerts() - before);
        let size = digest.bytes;
        self.inputs.push(InputFacts { path: name, kind: "alerts", size, records, range: None, sha256: Some(sha256) });
    }

    /// Tells on stderr what could not be read.
    fn tell(&self, look: &Look) -> std::io::Result<()> {
        let most = if look.verbose { MOST_NAMED } else { MOST_TOLD };
        let mut err = anstream::stderr().lock();
        for FaultFacts { file, place, reason, kind, .. } in self.faults.iter().take(most) {
            let comma = if place.is_empty() { "" } else { ", " };
            writeln!(
                err,
                "{MARK}not read:{MARK:#} {}{comma}{place}: {} [{kind}]",
                escape::terminal(file),
                escape::terminal(reason)
            )?;
        }
        let more = self.lost.saturating_sub(most as u64);
        if more > 0 {
            let hint = if look.verbose { "" } else { " (-v names them)" };
            writeln!(err, "{MARK}not read:{MARK:#} {} more{hint}", grouped(more))?;
        }
        Ok(())
    }

    fn into_case(self, args: &Args) -> CaseFacts {
        let mut limits = Vec::new();
        let more = self.lost.saturating_sub(self.faults.len() as u64);
        if more > 0 {
            limits.push(format!("{} more lines are no alerts and are not named here.", grouped(more)));
        }
        CaseFacts { inputs: self.inputs, faults: self.faults, limits, ..case::plain(&args.page) }
    }
}

/// A source whose bytes are counted and digested on the way.
struct DigestingReader<'s> {
    source: &'s mut dyn Read,
    hash: Sha256,
    bytes: u64,
}

impl Read for DigestingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}
