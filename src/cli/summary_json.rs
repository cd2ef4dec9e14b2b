//! `--summary-json`: the summary of a run as one JSON object, for scripts and for the case file. Its keys are a contract, see `docs/outputs.md`.

use super::session::Session;
use super::tally;
use super::typed_command::typed_words;
use evql::base::Ticks;
use evql::event::Clock;
use evql::pipeline::ComputerEvents;
use evql::report::incident_json;
use evql::rules::Level;
use evql::source::FaultSeverity;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The summary of a finished run.
pub fn summary(session: &Session) -> Value {
    let stats = &session.run.outcome.stats;
    let window = session.run.options.window;
    let clock = match session.run.options.clock {
        Clock::Logged => "logged",
        Clock::Utc => "utc",
    };
    let mut summary = json!({
        "evql": env!("CARGO_PKG_VERSION"),
        "command_line": typed_words(str::to_owned),
        // Whole milliseconds: more digits would be noise that every comparison of two summaries stumbles over.
        "elapsed_seconds": (session.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        "clock": clock,
        "from": window.from.map(Ticks::rfc3339),
        "to": window.to.map(Ticks::rfc3339),
        "rules": rules(session),
        "evidence": { "files": stats.files, "bytes": stats.bytes, "chunks": stats.tally.chunks },
        "records": {
            "total": stats.tally.records,
            "mapped": stats.mapped,
            "other_providers": stats.tally.other_providers,
            "duplicates": stats.tally.duplicates,
            "recovered": stats.tally.recovered,
            "outside_window": stats.outside_window,
            "filtered": stats.filtered,
            "unreadable": stats.tally.unreadable,
            "adds_up": stats.adds_up(),
        },
        "events": {
            "by_id": stats.by_id.iter().map(|(id, count)| (id.to_string(), (*count).into())).collect::<Map<_, _>>(),
            "documents": stats.documents,
            "first": stats.logged.map(|(first, _)| first.rfc3339_full()),
            "last": stats.logged.map(|(_, last)| last.rfc3339_full()),
        },
        "computers": stats.computers.iter().map(computer).collect::<Value>(),
        "alerts": alerts(session),
        "incidents": incidents(session),
        "faults": faults(session),
        "notices": session.run.notices.iter().map(|notice| json!({ "kind": notice.kind.as_str(), "text": notice.text })).collect::<Value>(),
    });
    let databases = session.databases();
    if !databases.is_empty() {
        summary["geoip"] = databases.into();
    }
    summary
}

fn computer(computer: &ComputerEvents) -> Value {
    json!({
        "host.name": computer.name,
        "events": computer.events,
        "first": computer.first.rfc3339_full(),
        "last": computer.last.rfc3339_full(),
    })
}

fn rules(session: &Session) -> Value {
    let stats = &session.run.outcome.stats;
    let unanswered = session.run.detector.unanswered(|id| stats.by_id.contains_key(&id));
    json!({
        "built_in": session.run.chosen.builtin,
        "run": session.run.detector.rules().len(),
        "other_languages": session.run.chosen.loaded.not_run.len(),
        "other_logs": session.run.chosen.loaded.elsewhere.len(),
        "correlated": session.run.chosen.loaded.parts.len(),
        "not_chosen": session.run.chosen.left_out.by_choice,
        "hunting": session.run.chosen.left_out.hunting,
        "wrong_files": session.wrong_files().len(),
        "wrong_rules": session.run.chosen.loaded.wrong_rules,
        "deprecated": session.run.chosen.loaded.deprecated.len(),
        "not_in_sysmon": unanswered.not_in_sysmon.len(),
        "no_events": unanswered.no_events.len(),
    })
}

fn alerts(session: &Session) -> Value {
    let (outcome, detector) = (&session.run.outcome, &session.run.detector);
    let tally = outcome.alerts.summary();
    // All four are keys, counts of zero too: a script need not ask whether one is there.
    let levels = [Level::Critical, Level::High, Level::Medium, Level::Low];
    let by_severity: Map<_, _> =
        levels.map(|level| (level.name().to_owned(), tally::of_level(session, level).into())).into_iter().collect();
    let by_rule = tally::by_rule(session).into_iter().map(|(rule, found)| {
        let meta = &detector.rules()[rule].meta;
        json!({
            "rule.id": meta.id,
            "rule.name": meta.name,
            "severity": meta.level.name(),
            "risk_score": meta.risk_score,
            "alerts": found.alerts,
            "hosts": found.by_host.len(),
            "by_host": by_host(&found.by_host),
        })
    });
    let by_hour = tally.by_hour.iter().map(|(from, count)| json!({ "from": from.rfc3339(), "alerts": count }));
    let range = tally.range;
    let set_aside = outcome.set_aside.iter().map(|(&exception, count)| {
        let name = detector.exceptions().get(exception).map_or("", |exception| &exception.name);
        json!({ "exception": name, "alerts": count })
    });
    json!({
        "total": outcome.alerts.len(),
        "building_blocks": tally::of_rules(session, |meta| meta.building_block),
        "left_out": outcome.left_out.values().sum::<usize>(),
        "set_aside": set_aside.collect::<Value>(),
        "suppressed": outcome.repeated.values().sum::<usize>(),
        "first": range.map(|(first, _)| first.rfc3339()),
        "last": range.map(|(_, last)| last.rfc3339()),
        "by_severity": by_severity,
        "by_rule": by_rule.collect::<Value>(),
        "by_host": by_host(&tally.by_host),
        "by_hour": by_hour.collect::<Value>(),
    })
}

fn by_host(hosts: &[(Arc<str>, usize)]) -> Value {
    hosts.iter().map(|(host, count)| json!({ "host.name": **host, "alerts": count })).collect()
}

/// The incidents by rank; `null` if nothing was looked up.
fn incidents(session: &Session) -> Value {
    let results = session.run.results();
    results.incidents.map_or(Value::Null, |incidents| {
        incidents.by_rank.iter().enumerate().map(|(rank, incident)| incident_json(&results, rank, incident)).collect()
    })
}

fn faults(session: &Session) -> Value {
    let faults = &session.run.outcome.faults;
    let of = |severity| faults.iter().filter(|fault| fault.severity == severity).count();
    let mut by_kind: BTreeMap<&str, usize> = BTreeMap::new();
    for fault in faults {
        *by_kind.entry(fault.kind.as_str()).or_default() += 1;
    }
    json!({
        "lost": of(FaultSeverity::Lost),
        "suspect": of(FaultSeverity::Suspect),
        "passed_over": of(FaultSeverity::PassedOver),
        "unlisted": session.run.outcome.stats.tally.unlisted_faults,
        "by_kind": by_kind,
    })
}
