//! The end of a run: what was read, what became of it, and what was found.

use super::{BOLD, DIM, FEW_ALERTS, TerminalPage, counted, grouped, instant, level_style, seconds, shown};
use crate::cli::session::Session;
use crate::cli::tally;
use evql::ScanRun;
use evql::detect::Unanswered;
use evql::pipeline::{ComputerEvents, Stats};
use evql::rules::{Level, compares_user_id};
use evql::source::{Fault, FaultSeverity};
use evql::sysmon;
use indicatif::BinaryBytes;
use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Where there are more rules than the built-in ones, said wherever these run alone.
const MORE_RULES: &str = "Elastic's about 390 rules for Windows (https://github.com/elastic/detection-rules) and Sigma's about 2,200 \
    (https://github.com/SigmaHQ/sigma) find more: clone them, then -r FOLDER --with-builtin";
/// Most event IDs that the summary names; of the others it gives the counts.
const MOST_IDS: usize = 6;

/// Most rules and hosts that are named.
const MOST_NAMED: usize = 8;
/// Most hosts that are named beside a rule.
const MOST_NAMED_BESIDE: usize = 3;

/// Prints the summary.
pub fn print(out: &mut TerminalPage<'_>, session: &Session) -> io::Result<()> {
    let stats = &session.run.outcome.stats;
    writeln!(out.out, "{BOLD}Summary{BOLD:#}")?;
    line(out, "evidence", &evidence(session))?;
    line(out, "Sysmon", &sysmon_events(stats))?;
    line(out, "records", &records(session))?;
    recovered(out, stats)?;
    computers(out, stats)?;
    geoip(out, session)?;
    line(out, "rules", &rules(session))?;
    if session.run.chosen.builtin && session.run.chosen.left_out.by_choice == 0 {
        line(out, "", MORE_RULES)?;
    }
    line(out, "alerts", &alerts(session))?;
    if session.run.outcome.alerts.len() > FEW_ALERTS {
        overview(out, session)?;
    }
    line(out, "faults", &faults(session))?;
    notices(out, session)?;
    line(out, "time", &elapsed(session.elapsed, stats.bytes))
}

/// Names the rules that compare `user.id`, of which Sysmon records the writer's.
pub fn print_users(out: &mut TerminalPage<'_>, session: &Session) -> io::Result<()> {
    let rules = session.run.detector.rules().iter().filter(|rule| compares_user_id(&rule.query));
    for (at, rule) in rules.enumerate() {
        line(out, if at == 0 { "user.id" } else { "" }, &shown(&rule.meta.name, None))?;
    }
    Ok(())
}

/// Prints only what was read and what became of it, for commands whose findings speak for themselves.
pub fn print_evidence(out: &mut TerminalPage<'_>, session: &Session) -> io::Result<()> {
    let stats = &session.run.outcome.stats;
    line(out, "evidence", &evidence(session))?;
    if stats.is_without_events() {
        line(out, "Sysmon", &sysmon_events(stats))?;
    }
    line(out, "records", &records(session))?;
    recovered(out, stats)?;
    line(out, "faults", &faults(session))?;
    notices(out, session)?;
    line(out, "time", &elapsed(session.elapsed, stats.bytes))
}

/// The computers whose events were read, those with the most events first.
fn computers(out: &mut TerminalPage<'_>, stats: &Stats) -> io::Result<()> {
    let mut computers: Vec<&ComputerEvents> = stats.computers.iter().collect();
    computers.sort_by_key(|computer| Reverse(computer.events));
    for (at, ComputerEvents { name, events, first, last }) in computers.iter().take(MOST_NAMED).enumerate() {
        let name = if name.is_empty() { "without a name".to_owned() } else { shown(name, None) };
        let span = format!("{} to {}", seconds(*first), seconds(*last));
        let text = format!("{name}  {}, {span}", counted(*events, "event"));
        line(out, if at == 0 { "computers" } else { "" }, &text)?;
    }
    match computers.len().saturating_sub(MOST_NAMED) {
        0 => Ok(()),
        more => line(out, "", &format!("and {} more; --summary-json lists all", grouped(more as u64))),
    }
}

/// Prints the notices.
fn notices(out: &mut TerminalPage<'_>, session: &Session) -> io::Result<()> {
    session.run.notices.iter().try_for_each(|notice| line(out, "note", &shown(&notice.text, None)))
}

/// Where addresses were looked up, if they were.
fn geoip(out: &mut TerminalPage<'_>, session: &Session) -> io::Result<()> {
    let databases = session.databases();
    databases
        .iter()
        .enumerate()
        .try_for_each(|(at, text)| line(out, if at == 0 { "geoip" } else { "" }, &shown(text, None)))
}

fn rules(session: &Session) -> String {
    let ScanRun { chosen, detector, outcome, .. } = &session.run;
    let count = detector.rules().len() as u64;
    let first = if chosen.builtin { format!("{} built in", grouped(count)) } else { counted(count, "rule") };
    let mut parts = vec![first];
    let tell = |parts: &mut Vec<String>, count: usize, text: &str| {
        parts.extend((count > 0).then(|| format!("{} {text}", grouped(count as u64))));
    };
    tell(&mut parts, chosen.loaded.not_run.len(), "not run, being in other languages");
    tell(&mut parts, chosen.loaded.elsewhere.len(), "about other logs than Sysmon's");
    tell(&mut parts, chosen.loaded.parts.len(), "in correlations only");
    tell(&mut parts, chosen.builtin_beside, "of them built in");
    tell(&mut parts, chosen.left_out.by_choice, "not chosen by severity or tag");
    tell(&mut parts, chosen.left_out.hunting, "for hunting and not run (--hunting runs them)");
    tell(&mut parts, chosen.loaded.deprecated.len(), "deprecated and not run (--deprecated runs them)");
    let wrong_files = session.wrong_files().len() as u64;
    if wrong_files > 0 {
        let (rules, files) = (counted(chosen.loaded.wrong_rules as u64, "rule"), counted(wrong_files, "file"));
        parts.push(format!("{rules} of {files} left out, being wrong"));
    }
    // Documents have fields of their own, so that no rule can be said to have had no chance among them.
    if outcome.stats.documents == 0 {
        let Unanswered { not_in_sysmon, no_events } = detector.unanswered(|id| outcome.stats.by_id.contains_key(&id));
        tell(&mut parts, not_in_sysmon.len(), "asking for what Sysmon does not record");
        tell(&mut parts, no_events.len(), "in need of event IDs that are not here");
    }
    if !chosen.builtin {
        let users = detector.rules().iter().filter(|rule| compares_user_id(&rule.query)).count();
        let text = "comparing `user.id`, which for Sysmon is the account that wrote the record (-v names them)";
        tell(&mut parts, users, text);
    }
    parts.join("; ")
}

fn evidence(session: &Session) -> String {
    let stats = &session.run.outcome.stats;
    let records = counted(stats.tally.records, "record");
    // What was passed over inside of a file has a place.
    let is_file = |fault: &&Fault| fault.severity == FaultSeverity::PassedOver && fault.offset.is_none();
    let passed_over = session.run.outcome.faults.iter().filter(is_file).count() as u64;
    let others = match passed_over {
        0 => String::new(),
        count => format!("; {} of other kinds passed over", counted(count, "file")),
    };
    format!("{}, {}, {records}{others}", counted(stats.files, "file"), BinaryBytes(stats.bytes))
}

fn sysmon_events(stats: &Stats) -> String {
    if stats.by_id.is_empty() && stats.documents > 0 {
        return format!("no events; {} of other kinds", counted(stats.documents, "document"));
    }
    if stats.by_id.is_empty() && stats.filtered + stats.outside_window > 0 {
        return "no events left: those that there are lie outside of what --from, --to and the filters take".to_owned();
    }
    if stats.by_id.is_empty() {
        return "no events: rules and queries look at Sysmon's log (Microsoft-Windows-Sysmon/Operational), and these files hold none of it"
            .to_owned();
    }
    let mut by_id: Vec<(u32, u64)> = stats.by_id.iter().map(|(&id, &count)| (id, count)).collect();
    by_id.sort_by_key(|&(id, count)| (Reverse(count), id));
    let shown = by_id.iter().take(MOST_IDS).map(|&(id, count)| match sysmon::event_name(id) {
        Some(name) => format!("{} of ID {id} ({name})", grouped(count)),
        None => format!("{} of ID {id} (unknown)", grouped(count)),
    });
    let rest: Vec<String> =
        by_id.iter().skip(MOST_IDS).map(|(id, count)| format!("{id} ({})", grouped(*count))).collect();
    let rest = (!rest.is_empty()).then(|| format!("and of IDs {}", rest.join(", ")));
    let documents = (stats.documents > 0).then(|| format!("{} of other kinds", counted(stats.documents, "document")));
    shown.chain(rest).chain(documents).collect::<Vec<_>>().join(", ")
}

/// Every record that was met is in one of the terms.
fn records(session: &Session) -> String {
    let stats = &session.run.outcome.stats;
    let Stats { tally, mapped, outside_window, filtered, .. } = stats;
    let terms = [
        (*mapped, "mapped"),
        (tally.other_providers, "other providers"),
        (tally.duplicates, "duplicates"),
        (*outside_window, "outside --from/--to"),
        (*filtered, "filtered by ID or computer"),
        (tally.unreadable, "unreadable"),
    ];
    // The terms that people look for are there even if they are zero; the others stand only where a filter was given.
    let always = ["mapped", "other providers", "duplicates", "unreadable"];
    let shown = terms.iter().filter(|(count, name)| *count > 0 || always.contains(name));
    let has_last = session.run.options.last.is_some();
    let name = |name: &'static str| if has_last { name.replace("--from/--to", "--last") } else { name.to_owned() };
    let sum: Vec<String> = shown.map(|(count, term)| format!("{} {}", grouped(*count), name(term))).collect();
    let equals = if stats.adds_up() { "=" } else { "(these do not add up; please report it)" };
    format!("{} {equals} {}", grouped(tally.records), sum.join(" + "))
}

/// How many of the events no ordinary reader shows.
fn recovered(out: &mut TerminalPage<'_>, stats: &Stats) -> io::Result<()> {
    match stats.tally.recovered {
        0 => Ok(()),
        count => {
            let text = format!("{} of what is left of logs, marked by evql.recovered", counted(count, "event"));
            line(out, "recovered", &text)
        }
    }
}

/// Prints the rules and hosts that have most of the alerts, and their range of time.
fn overview(out: &mut TerminalPage<'_>, session: &Session) -> io::Result<()> {
    if let Some((first, last)) = session.run.outcome.alerts.summary().range {
        line(out, "from", &format!("{} to {}", instant(first), instant(last)))?;
    }
    let rules = tally::by_rule(session);
    // The largest count comes first and is the widest: the others are aligned to it.
    let most = rules.first().map_or(0, |(_, found)| digits(found.alerts));
    for (at, (rule, found)) in rules.iter().take(MOST_NAMED).enumerate() {
        let meta = &session.run.detector.rules()[*rule].meta;
        let (style, level) = (level_style(meta.level), meta.level.name());
        let hosts = hosts_of(&found.by_host);
        let padding = " ".repeat(LONGEST_LEVEL - level.len());
        let count = format!("{:>most$}", grouped(found.alerts as u64));
        let name = shown(&meta.name, Some(100));
        line(
            out,
            if at == 0 { "by rule" } else { "" },
            &format!("{count}  {style}{level}{style:#}{padding}  {name} ({hosts})"),
        )?;
    }
    rest(out, rules.iter().map(|(_, found)| found.alerts), "rule")?;
    let hosts = &session.run.outcome.alerts.summary().by_host;
    let most = hosts.first().map_or(0, |(_, count)| digits(*count));
    for (at, (host, count)) in hosts.iter().take(MOST_NAMED).enumerate() {
        let host = if host.is_empty() { "(no computer name)".to_owned() } else { shown(host, Some(100)) };
        let count = format!("{:>most$}", grouped(*count as u64));
        line(out, if at == 0 { "by host" } else { "" }, &format!("{count}  {host}"))?;
    }
    rest(out, hosts.iter().map(|(_, count)| *count), "host")
}

/// The number of hosts, and those with most alerts by name.
fn hosts_of(by_host: &[(Arc<str>, usize)]) -> String {
    let named = by_host.iter().take(MOST_NAMED_BESIDE).map(|(host, count)| {
        let host = shown(host, Some(60));
        format!("{host} {}", grouped(*count as u64))
    });
    let more = by_host.len().saturating_sub(MOST_NAMED_BESIDE) as u64;
    let more = (more > 0).then(|| format!("{} more", grouped(more)));
    let named: Vec<String> = named.chain(more).collect();
    match by_host {
        [] => counted(0, "host"),
        [(host, _)] => shown(host, Some(60)),
        all => format!("{}: {}", counted(all.len() as u64, "host"), named.join(", ")),
    }
}

/// Letters of the longest name of a severity.
const LONGEST_LEVEL: usize = 8;

/// Characters of a number as it is shown.
fn digits(number: usize) -> usize {
    grouped(number as u64).len()
}

/// Says how much is not named.
fn rest(out: &mut TerminalPage<'_>, counts: impl ExactSizeIterator<Item = usize>, noun: &str) -> io::Result<()> {
    let more = counts.len().saturating_sub(MOST_NAMED) as u64;
    if more == 0 {
        return Ok(());
    }
    let alerts: usize = counts.skip(MOST_NAMED).sum();
    line(out, "", &format!("and {} with {}", counted(more, &format!("more {noun}")), counted(alerts as u64, "alert")))
}

fn alerts(session: &Session) -> String {
    let text = counted_alerts(session);
    let text = match session.run.outcome.set_aside.values().sum::<usize>() {
        0 => text,
        count => format!("{text}; {} set aside by --exceptions (-v names them)", grouped(count as u64)),
    };
    match session.run.outcome.repeated.values().sum::<usize>() {
        0 => text,
        count => {
            let rules = session.run.detector.rules();
            let of_ioc = session.run.outcome.repeated.keys().any(|rule| rules[*rule].origin.ioc.is_some());
            let how = if of_ioc { "--every-event shows those of indicators" } else { "--suppress" };
            format!("{text}; {} suppressed as repeats ({how})", grouped(count as u64))
        }
    }
}

/// Names the exceptions that took alerts away.
pub fn print_set_aside(out: &mut TerminalPage<'_>, session: &Session) -> io::Result<()> {
    for (at, (&exception, &count)) in session.run.outcome.set_aside.iter().enumerate() {
        let name = session.run.detector.exceptions().get(exception).map_or("", |exception| &exception.name);
        let text = format!("{} by '{}'", grouped(count as u64), shown(name, None));
        line(out, if at == 0 { "set aside" } else { "" }, &text)?;
    }
    Ok(())
}

fn counted_alerts(session: &Session) -> String {
    let alerts = &session.run.outcome.alerts;
    if alerts.is_empty() {
        return "none".to_owned();
    }
    let levels = [Level::Critical, Level::High, Level::Medium, Level::Low];
    let levels = levels.map(|level| (level, tally::of_level(session, level)));
    let levels: Vec<String> = levels
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(level, count)| format!("{}{count} {}{:#}", level_style(*level), level.name(), level_style(*level)))
        .collect();
    let by_host = &alerts.summary().by_host;
    let mut hosts: Vec<&str> = by_host.iter().map(|(host, _)| &**host).filter(|host| !host.is_empty()).collect();
    hosts.sort_unstable();
    let hosts: Vec<String> = hosts.into_iter().map(|host| shown(host, Some(60))).collect();
    let some = hosts.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if hosts.len() > 10 { format!(" and {} more", hosts.len() - 10) } else { String::new() };
    let mut text = format!("{BOLD}{}{BOLD:#} ({}) on {some}{more}", alerts.len(), levels.join(", "));
    let hidden = tally::of_rules(session, |meta| meta.building_block);
    if hidden > 0 {
        let _ = write!(text, "; {hidden} of building-block rules (--building-blocks shows them)"); // writing to a String cannot fail
    }
    let left_out: usize = session.run.outcome.left_out.values().sum();
    if left_out > 0 {
        let rules = counted(session.run.outcome.left_out.len() as u64, "rule");
        let _ = write!(text, "; {} of {rules} left out by --max-signals", grouped(left_out as u64));
    }
    text
}

fn faults(session: &Session) -> String {
    let of = |severity| session.run.outcome.faults.iter().filter(|fault| fault.severity == severity).count();
    match (of(FaultSeverity::Lost), of(FaultSeverity::Suspect)) {
        (0, 0) => "none".to_owned(),
        (lost, suspect) => {
            let unlisted = match session.run.outcome.stats.tally.unlisted_faults {
                0 => String::new(),
                more => format!(", {} more that are not listed", grouped(more)),
            };
            format!("{lost} not read, {suspect} in doubt{unlisted}")
        }
    }
}

fn elapsed(elapsed: Duration, bytes: u64) -> String {
    let seconds = elapsed.as_secs_f64();
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let rate = (bytes as f64 / seconds.max(1e-9)) as u64;
    format!("{seconds:.2} s ({}/s)", BinaryBytes(rate))
}

fn line(out: &mut TerminalPage<'_>, name: &str, value: &str) -> io::Result<()> {
    writeln!(out.out, "  {DIM}{name:<9}{DIM:#} {}", out.wrapped(value, 12))
}
