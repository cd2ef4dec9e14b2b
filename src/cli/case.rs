//! The case header of the HTML report, from a finished run: what was typed, what was read, and what could not be seen.

use super::args::{PageArgs, RuleArgs, Scan};
use super::run_clock;
use super::session::Session;
use super::tally;
use super::terminal::survey::rough;
use super::terminal::{counted, grouped};
use super::typed_command::typed_words;
use evql::detect::Unanswered;
use evql::event::Clock;
use evql::report::SummaryMarkdown;
use evql::report::html::{CaseFacts, FaultFacts, GapFacts, InputFacts, NotableFacts, SilentRules};
use evql::source::{Fault, FaultSeverity, Input};
use evql::survey::{EvidenceSurvey, Notable, NotableKind, SurveyedFile, SurveyedHost, hosts};
use evql::sysmon;
use std::collections::HashMap;
use std::fmt::Write as _;

/// The arguments of a command that a case tells of.
#[derive(Clone, Copy)]
pub struct CaseArgs<'a> {
    pub page: &'a PageArgs,
    pub rules: &'a RuleArgs,
    pub building_blocks: bool,
}

impl<'a> From<&'a Scan> for CaseArgs<'a> {
    fn from(args: &'a Scan) -> Self {
        Self { page: &args.outputs.page, rules: &args.rules, building_blocks: args.building_blocks }
    }
}

/// The case of a scan, and of what a survey of the same evidence found.
pub fn of_scan(args: CaseArgs<'_>, session: &Session, survey: &EvidenceSurvey) -> CaseFacts {
    let hosts = hosts(&survey.files);
    let mut facts = vec![
        ("Rules", rules(args, session)),
        ("Events", events(session)),
        ("Order of events", clock(session.run.options.clock)),
    ];
    facts.extend(mapping(session).map(|mapping| ("Mapping", mapping)));
    facts.extend(geoip(session));
    CaseFacts {
        facts,
        clock: session.run.options.clock,
        range: hosts.iter().filter_map(SurveyedHost::span).reduce(|all, span| (all.0.min(span.0), all.1.max(span.1))),
        inputs: inputs(session, survey),
        gaps: hosts.iter().flat_map(gaps).collect(),
        notable: hosts.iter().flat_map(notable).collect(),
        complete: true,
        faults: session.run.outcome.faults.iter().map(fault).collect(),
        silent: silent(session),
        limits: limits(args, session),
        ..plain(args.page)
    }
}

/// The summary of a scan for a ticket.
pub fn markdown_of(args: CaseArgs<'_>, session: &Session) -> SummaryMarkdown {
    let outcome = &session.run.outcome;
    let mut facts = plain(args.page);
    let mut told = vec![("Command", facts.command), ("Version", format!("evql {}", env!("CARGO_PKG_VERSION")))];
    told.extend(facts.made.take().map(|made| ("Made", made.rfc3339())));
    let bytes: u64 = outcome.inputs.iter().map(|input| input.size).sum();
    let files = counted(outcome.inputs.len() as u64, "file");
    told.push(("Evidence", format!("{files}, {} bytes: {}", grouped(bytes), names(&outcome.inputs))));
    told.push(("Rules", rules(args, session)));
    told.push(("Events", events(session)));
    told.extend(geoip(session));
    if let Some((first, last)) = outcome.stats.logged {
        told.push(("From, to", format!("{} to {}", first.rfc3339(), last.rfc3339())));
    }
    let fault = |fault: &Fault| {
        let place = fault.offset.map_or_else(String::new, |offset| format!(" at offset {offset}"));
        format!("{}{place}: {}", fault.input, fault.reason)
    };
    let faults = outcome.faults.iter().map(fault).chain(limits(args, session)).collect();
    SummaryMarkdown { facts: told, faults }
}

/// Most files that are named.
const MOST_FILES: usize = 20;

fn names(inputs: &[Input]) -> String {
    let mut names: Vec<String> = inputs.iter().take(MOST_FILES).map(|input| input.display.to_string()).collect();
    let more = inputs.len().saturating_sub(MOST_FILES);
    names.extend((more > 0).then(|| format!("and {} more", grouped(more as u64))));
    names.join(", ")
}

/// The facts that every report has: title, command line and time.
pub fn plain(page: &PageArgs) -> CaseFacts {
    CaseFacts {
        title: page.report_title.clone().unwrap_or_default(),
        command: command(),
        made: run_clock::now(),
        ..CaseFacts::default()
    }
}

/// The command line as it can be typed again.
fn command() -> String {
    let typed = typed_words(quoted);
    [&["evql".to_owned()], typed.get(1..).unwrap_or_default()].concat().join(" ")
}

/// A word as it can be typed again, in most shells.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./\\:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn rules(args: CaseArgs<'_>, session: &Session) -> String {
    let count = grouped(session.run.detector.rules().len() as u64);
    if session.run.chosen.builtin {
        return format!("{count} built in");
    }
    let paths = args.rules.rules.iter().chain(&args.rules.lists.ioc);
    let paths: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    format!("{count} from {}", paths.join(", "))
}

fn events(session: &Session) -> String {
    let stats = &session.run.outcome.stats;
    let by_id: Vec<String> = stats
        .by_id
        .iter()
        .map(|(&id, &count)| format!("{id} {} ({})", sysmon::event_name(id).unwrap_or("unknown"), grouped(count)))
        .collect();
    let mut text = format!("{} of {} records", grouped(stats.mapped), grouped(stats.tally.records));
    if !by_id.is_empty() {
        let _ = write!(text, "; by event ID: {}", by_id.join(", ")); // writing to a String cannot fail
    }
    text
}

fn clock(clock: Clock) -> String {
    match clock {
        Clock::Logged => "when Windows logged them (--clock logged)".to_owned(),
        Clock::Utc => "what Sysmon says, as Elastic orders (--clock utc)".to_owned(),
    }
}

/// Where addresses were looked up, if they were.
fn geoip(session: &Session) -> Option<(&'static str, String)> {
    let databases = session.databases();
    (!databases.is_empty()).then(|| ("Addresses looked up in", databases.join(", ")))
}

fn mapping(session: &Session) -> Option<String> {
    match session.run.options.mapping.documents {
        sysmon::Mapping::Winlogbeat => Some("Winlogbeat".to_owned()),
        sysmon::Mapping::Integration => None,
    }
}

fn inputs(session: &Session, survey: &EvidenceSurvey) -> Vec<InputFacts> {
    // The scan lists every input, the survey only those that it could open: a file that could not be read has its row without counts.
    let mut surveyed: HashMap<&str, &SurveyedFile> = HashMap::new();
    for file in &survey.files {
        surveyed.insert(&file.input.display, file);
    }
    let facts = |input: &Input| {
        let file = surveyed.get(&*input.display);
        InputFacts {
            path: input.display.to_string(),
            kind: input.format.describe(),
            size: input.size,
            records: file.map(|file| file.contents.records),
            range: file.and_then(|file| file.contents.span()),
            sha256: file.and_then(|file| file.sha256.clone()),
        }
    };
    session.run.outcome.inputs.iter().map(facts).collect()
}

/// Most gaps that are named; the others are counted.
const MOST_GAPS: usize = 8;

/// The gaps in the channels of a host.
fn gaps(host: &SurveyedHost) -> Vec<GapFacts> {
    let mut found = Vec::new();
    for (channel, stream) in &host.channels {
        let numbers = &stream.numbers;
        let count = numbers.gaps().len();
        let mut sentences = Vec::new();
        if count > 0 {
            // An en dash, as in print; the terminal's survey has a hyphen, which can be typed into a filter.
            let name =
                |(first, last): (u64, u64)| if first == last { first.to_string() } else { format!("{first}–{last}") };
            let named: Vec<String> = numbers.gaps().take(MOST_GAPS).map(name).collect();
            let more = if count > named.len() {
                format!(" and {} more gaps", grouped((count - named.len()) as u64))
            } else {
                String::new()
            };
            let at_least = if numbers.is_partial() { "at least " } else { "" };
            let missing = counted(numbers.missing(), "record number");
            sentences.push(format!("{at_least}{missing} missing: {}{more}", named.join(", ")));
        }
        if stream.backwards > 0 {
            // A clock that runs backwards is named beside the gaps: both make the order of events doubtful.
            let most = rough(stream.most_backwards);
            sentences.push(format!("the clock ran backwards {}, by up to {most}", counted(stream.backwards, "time")));
        }
        if !sentences.is_empty() {
            found.push(GapFacts {
                host: host.name.to_string(),
                channel: channel.to_string(),
                text: sentences.join("; "),
            });
        }
    }
    found
}

/// Notable records of a host: logs cleared, clocks set, services stopped.
fn notable(host: &SurveyedHost) -> Vec<NotableFacts> {
    let told = |record: &Notable| {
        // Logging starts with every boot.
        if record.kind == NotableKind::LoggingStarted {
            return None;
        }
        let (what, grave) = (record.kind.describe(), record.kind.is_grave());
        let id = record.record_id.map_or_else(String::new, |id| format!(", record {id}"));
        let facts: Vec<String> = record.facts.iter().map(|(name, text)| format!("{name} {text}")).collect();
        let facts = format!("ID {}{id}. {}", record.event_id, facts.join(", "));
        Some(NotableFacts { time: record.time, host: host.name.to_string(), what: what.to_owned(), grave, facts })
    };
    host.notable.iter().filter_map(told).collect()
}

/// A fault as a page shows it.
pub fn fault(fault: &Fault) -> FaultFacts {
    FaultFacts {
        file: fault.input.to_string(),
        place: fault.offset.map_or_else(String::new, |offset| format!("offset {offset} (0x{offset:x})")),
        record: fault.record_id,
        kind: fault.kind.as_str().to_owned(),
        reason: fault.reason.clone(),
        lost: fault.severity == FaultSeverity::Lost,
    }
}

/// Rules that could find nothing, by the reason.
fn silent(session: &Session) -> Vec<SilentRules> {
    let mut silent = Vec::new();
    let mut add = |reason: &str, rules: Vec<(String, String)>| {
        if !rules.is_empty() {
            silent.push(SilentRules { reason: reason.to_owned(), rules });
        }
    };
    let other =
        session.run.chosen.loaded.not_run.iter().map(|(rule, _)| (rule.name.clone(), rule.language.clone())).collect();
    add("not run: written in another language than EQL", other);
    add(
        "left out: a file of rules with mistakes",
        session.wrong_files().iter().map(|file| (file.clone(), String::new())).collect(),
    );
    let stats = &session.run.outcome.stats;
    // Documents have fields of their own, so that no rule can be said to have had no chance among them.
    if stats.documents == 0 {
        let names = |rules: Vec<usize>| -> Vec<(String, String)> {
            rules
                .into_iter()
                .map(|rule| (session.run.detector.rules()[rule].meta.name.clone(), String::new()))
                .collect()
        };
        let Unanswered { not_in_sysmon, no_events } =
            session.run.detector.unanswered(|id| stats.by_id.contains_key(&id));
        add("could find nothing: asking for what Sysmon does not record", names(not_in_sysmon));
        add("could find nothing: there are no events of the IDs that they need", names(no_events));
    }
    let users = session.run.detector.rules().iter().filter(|rule| evql::rules::compares_user_id(&rule.query));
    add(
        "in doubt: comparing user.id, which for Sysmon is the account that wrote the record",
        users.map(|rule| (rule.meta.name.clone(), String::new())).collect(),
    );
    silent
}

/// Whatever else keeps findings away, in sentences.
fn limits(args: CaseArgs<'_>, session: &Session) -> Vec<String> {
    let stats = &session.run.outcome.stats;
    let mut told: Vec<String> = session.run.notices.iter().map(|notice| format!("{}.", notice.text)).collect();
    let mut tell = |count: u64, thing: &str, text: &str| {
        if count > 0 {
            told.push(format!("{} {text}", counted(count, thing)));
        }
    };
    let outside = match session.run.options.last {
        Some(_) => "outside of --last, passed over.",
        None => "outside of --from and --to, passed over.",
    };
    tell(stats.outside_window, "event", outside);
    tell(stats.filtered, "event", "not among the event IDs and computers that were asked for.");
    tell(stats.tally.unreadable, "record", "that could not be read.");
    tell(stats.tally.unlisted_faults, "more fault", "not listed: a piece of evidence has too many.");
    let chosen = &session.run.chosen;
    tell(chosen.left_out.by_choice as u64, "rule", "not chosen by --min-level, --include-tag and --exclude-tag.");
    tell(chosen.left_out.hunting as u64, "rule", "for hunting, not run; --hunting runs such rules.");
    tell(chosen.loaded.deprecated.len() as u64, "deprecated rule", "not run; --deprecated runs such rules.");
    let in_parts = "only in correlations, without alerts of their own, which `generate: true` changes.";
    tell(chosen.loaded.parts.len() as u64, "rule", in_parts);
    let sum = |counts: &mut dyn Iterator<Item = &usize>| counts.sum::<usize>() as u64;
    tell(sum(&mut session.run.outcome.left_out.values()), "alert", "left out by --max-signals.");
    tell(sum(&mut session.run.outcome.set_aside.values()), "alert", "set aside by --exceptions.");
    if !stats.adds_up() {
        told.push("The counts of records do not add up. Please report it.".to_owned());
    }
    if stats.by_id.is_empty() && stats.documents == 0 {
        told.push("There is no event of Sysmon in this evidence, and the rules look at those.".to_owned());
    }
    let hidden = tally::of_rules(session, |meta| meta.building_block);
    if hidden > 0 && !args.building_blocks {
        told.push(format!(
            "{} alerts are of building-block rules, which the terminal does not show.",
            grouped(hidden as u64)
        ));
    }
    told
}
