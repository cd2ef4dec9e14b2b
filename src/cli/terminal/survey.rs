//! The survey of evidence, for people: hosts with their channels first, then the files.

use super::{BOLD, DIM, MARK, counted, grouped, seconds, shown};
use comfy_table::{ContentArrangement, Table, presets};
use evql::base::Ticks;
use evql::base::escape::cell;
use evql::base::time::seconds_text;
use evql::source::{Fault, FaultSeverity, LogHeader};
use evql::survey::{EvidenceSurvey, Notable, NotableKind, Stream, SurveyedFile, SurveyedHost, hosts};
use indicatif::BinaryBytes;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Most gaps, event IDs and notable records of a kind that are shown, unless everything is wanted.
const MOST: usize = 5;
/// Most characters of a value.
const LONGEST: usize = 200;

/// Prints everything.
pub fn print(out: &mut dyn Write, survey: &EvidenceSurvey, verbose: bool) -> io::Result<()> {
    let most = if verbose { usize::MAX } else { MOST };
    let hosts = hosts(&survey.files);
    for host in &hosts {
        print_host(out, host, most)?;
    }
    if hosts.is_empty() && !survey.files.is_empty() {
        writeln!(out, "no record could be read")?;
    }
    if !survey.files.is_empty() {
        print_files(out, survey)?;
    }
    for notice in &survey.notices {
        line(out, "note", &shown(&notice.text, None))?;
    }
    Ok(())
}

fn line(out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "  {DIM}{name:<11}{DIM:#} {value}")
}

fn print_host(out: &mut dyn Write, host: &SurveyedHost, most: usize) -> io::Result<()> {
    let name = if host.name.is_empty() { "(no computer name)".to_owned() } else { shown(&host.name, Some(LONGEST)) };
    let (records, files) = (counted(host.records(), "record"), counted(host.inputs.len() as u64, "file"));
    writeln!(out, "{BOLD}{name}{BOLD:#}  {records} in {files}, {}", range(host.span()))?;
    for (channel, stream) in &host.channels {
        let name = if channel.is_empty() { "(no channel)" } else { channel };
        line(out, "channel", &shown(name, Some(LONGEST)))?;
        line(out, "", &format!("{}, {}", counted(stream.records, "record"), range(stream.span)))?;
        for text in numbers(stream, most) {
            line(out, "", &text)?;
        }
        for text in events(stream, most) {
            line(out, "", &text)?;
        }
        if stream.backwards > 0 {
            let (times, most) = (counted(stream.backwards, "time"), rough(stream.most_backwards));
            line(out, "", &format!("{MARK}the clock ran backwards{MARK:#} {times}, by up to {most}"))?;
        }
    }
    for kind in NotableKind::ALL {
        let of_kind: Vec<&Notable> = host.notable.iter().filter(|notable| notable.kind == kind).collect();
        print_notable(out, kind, &of_kind, most)?;
    }
    writeln!(out)
}

/// Which record numbers there are, and which are missing.
fn numbers(stream: &Stream, most: usize) -> Vec<String> {
    let numbers = &stream.numbers;
    let Some((first, last)) = numbers.range() else { return Vec::new() };
    let ids = if first == last { format!("record ID {first}") } else { format!("record IDs {first} to {last}") };
    let mut lines = vec![ids];
    if stream.repeated() > 0 {
        let _ = write!(lines[0], "; {} there more than once", counted(stream.repeated(), "record")); // writing to a String cannot fail
    }
    let gaps = numbers.gaps().len();
    if gaps == 0 {
        lines[0].push_str(if first == last { "" } else { ", none missing" });
        return lines;
    }
    let shown: Vec<String> = numbers
        .gaps()
        .take(most)
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    let more = gaps - shown.len();
    let rest =
        if more > 0 { format!(" and {} more (-v lists them)", counted(more as u64, "gap")) } else { String::new() };
    let at_least = if numbers.is_partial() { "at least " } else { "" };
    let missing = grouped(numbers.missing());
    lines.push(format!(
        "{MARK}{at_least}{missing} missing{MARK:#} in {}: {}{rest}",
        counted(gaps as u64, "gap"),
        shown.join(", ")
    ));
    lines
}

/// How many records of which event IDs, provider by provider.
fn events(stream: &Stream, most: usize) -> Vec<String> {
    let mut providers: BTreeMap<&str, Vec<(u32, u64)>> = BTreeMap::new();
    for ((provider, id), &count) in &stream.events {
        providers.entry(provider).or_default().push((*id, count));
    }
    let mut providers: Vec<(&str, Vec<(u32, u64)>)> = providers.into_iter().collect();
    // The provider with the most records first, then by name: maps and counts alone would give another order in each run.
    let total = |ids: &[(u32, u64)]| ids.iter().map(|&(_, count)| count).sum::<u64>();
    providers.sort_by_key(|(name, ids)| (std::cmp::Reverse(total(ids)), *name));
    let mut lines = Vec::new();
    for (name, mut ids) in providers.iter().take(most.max(1)).cloned() {
        ids.sort_by_key(|&(id, count)| (std::cmp::Reverse(count), id));
        let texts: Vec<String> =
            ids.iter().take(most.saturating_mul(2)).map(|(id, count)| format!("{id} ({})", grouped(*count))).collect();
        let more = ids.len() - texts.len();
        let rest = if more > 0 { format!(", and {more} more IDs") } else { String::new() };
        let name = if name.is_empty() { "(no provider)".to_owned() } else { shown(name, Some(LONGEST)) };
        lines.push(format!("{name}: ID {}{rest}", texts.join(", ")));
    }
    let more = providers.len().saturating_sub(lines.len());
    if more > 0 {
        lines.push(format!("and {} (-v lists them)", counted(more as u64, "more provider")));
    }
    lines
}

fn print_notable(out: &mut dyn Write, kind: NotableKind, all: &[&Notable], most: usize) -> io::Result<()> {
    // The latest say most about the state in which the evidence was collected.
    let skipped = all.len().saturating_sub(most);
    for (at, notable) in all[skipped..].iter().enumerate() {
        let facts: Vec<String> =
            notable.facts.iter().map(|(name, text)| format!("{name} {}", shown(text, Some(LONGEST)))).collect();
        let record = notable.record_id.map_or_else(String::new, |id| format!(", record {id}"));
        let mark = if kind == NotableKind::LogCleared { MARK } else { anstyle::Style::new() };
        let what = format!("{mark}{}{mark:#} (ID {}{record})", seconds(notable.time), notable.event_id);
        let facts = facts.join(", ");
        line(out, if at == 0 { kind.heading() } else { "" }, format!("{what}  {facts}").trim_end())?;
    }
    if skipped > 0 {
        line(out, "", &format!("and {} before (-v lists them)", grouped(skipped as u64)))?;
    }
    Ok(())
}

fn print_files(out: &mut dyn Write, survey: &EvidenceSurvey) -> io::Result<()> {
    let hashed = survey.files.iter().any(|file| file.sha256.is_some());
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["file", "size", "chunks", "records", "first (UTC)", "last (UTC)", "state"]);
    for file in &survey.files {
        let SurveyedFile { input, contents, .. } = file;
        let span = contents.span();
        let edge = |at: Option<Ticks>| at.map_or_else(|| "-".to_owned(), seconds);
        table.add_row([
            cell(&input.display).into_owned(),
            BinaryBytes(input.size).to_string(),
            if contents.chunks == 0 { "-".to_owned() } else { grouped(contents.chunks) },
            grouped(contents.records),
            edge(span.map(|span| span.0)),
            edge(span.map(|span| span.1)),
            state(file, &survey.faults),
        ]);
    }
    writeln!(out, "{BOLD}{}{BOLD:#}", counted(survey.files.len() as u64, "file"))?;
    writeln!(out, "{}", table.trim_fmt())?;
    if hashed {
        writeln!(out, "\n{BOLD}SHA-256{BOLD:#}")?;
        let mut last = None;
        for file in &survey.files {
            // All members of an archive lie in one file.
            let path = file.input.path.display().to_string();
            // The form of `sha256sum`, so that `sha256sum -c` can check it.
            if let Some(hash) = file.sha256.as_deref().filter(|_| last.as_ref() != Some(&path)) {
                writeln!(out, "{hash}  {}", shown(&path, None))?;
            }
            last = Some(path);
        }
    }
    Ok(())
}

/// In a few words, whether a file is as it should be.
fn state(file: &SurveyedFile, faults: &[Fault]) -> String {
    let mut words = Vec::new();
    match file.header {
        Some(LogHeader { is_dirty: true, .. }) => words.push("not closed".to_owned()),
        Some(LogHeader { is_full: true, .. }) => words.push("full".to_owned()),
        _ => {}
    }
    let count = |severity| {
        faults.iter().filter(|fault| fault.input == file.input.display && fault.severity == severity).count() as u64
    };
    for (count, word) in [(count(FaultSeverity::Lost), "loss"), (count(FaultSeverity::Suspect), "doubt")] {
        match (count, word) {
            (0, _) => {}
            (_, "loss") if count > 1 => words.push(format!("{} losses", grouped(count))),
            _ => words.push(counted(count, word)),
        }
    }
    if file.contents.recovered > 0 {
        words.push(format!("{} recovered", grouped(file.contents.recovered)));
    }
    if words.is_empty() { "sound".to_owned() } else { words.join(", ") }
}

/// A span of ticks in the two greatest units that it has.
pub fn rough(ticks: i64) -> String {
    let seconds = ticks / 10_000_000;
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, _) => format!("{} s", seconds_text(ticks)),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, ..) => format!("{} {hours} h", counted(days.unsigned_abs(), "day")),
    }
}

fn range(span: Option<(Ticks, Ticks)>) -> String {
    span.map_or_else(|| "no time".to_owned(), |(first, last)| format!("{} to {} UTC", seconds(first), seconds(last)))
}
