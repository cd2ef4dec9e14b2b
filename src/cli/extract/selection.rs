//! From what a person asks for to the places of events.

use crate::cli::args::{ExtractArgs as Args, Look, ProcessArgs, SplitBy};
use crate::cli::chosen_processes::named_processes;
use crate::cli::session::Session;
use anyhow::{Result, bail};
use evql::base::Locator;
use evql::base::wildcard::{CaseSensitivity, Wildcard};
use evql::extract::{ContextDepth, WantedEvents};
use std::collections::BTreeSet;

/// The places of the events that are asked for: all together or, if they are to be split by alerts, alert by alert, each with its number.
pub fn select(args: &Args, session: &mut Session, look: &Look) -> Result<Vec<(Option<usize>, Vec<Locator>)>> {
    let named = named(args);
    let alerts = alerts(args, &named, session)?;
    let depth = match args.context {
        0 => ContextDepth::None,
        1 => ContextDepth::Processes,
        _ => ContextDepth::Descendants,
    };
    if depth != ContextDepth::None && alerts.is_empty() && !named.is_given() {
        bail!("--context is what is around alerts, and none is asked for");
    }
    let needs_forest = depth != ContextDepth::None || named.is_given();
    let forest = needs_forest.then(|| session.go_on(look, |run, bar| run.outcome.again.processes(bar)));
    let add = |wanted: &mut WantedEvents, number: usize| {
        let alert = &session.run.outcome.alerts.held()[number - 1];
        wanted.add_alert(alert);
        if let Some(forest) = &forest {
            wanted.add_context(alert, forest, depth);
        }
    };
    let mut parts = Vec::new();
    if args.split_by == Some(SplitBy::Alert) {
        let others = args.guid.len() + args.pid.len() + args.record.len() + usize::from(args.all);
        if others > 0 || alerts.is_empty() {
            bail!("--split-by alert writes a file for each alert: name alerts by --alert or --rule, and nothing else");
        }
        for number in alerts {
            let mut wanted = WantedEvents::default();
            add(&mut wanted, number);
            parts.push((Some(number), wanted));
        }
    } else {
        let mut wanted = WantedEvents::default();
        wanted.all = args.all;
        wanted.numbers.clone_from(&args.record);
        for number in alerts {
            add(&mut wanted, number);
        }
        if let Some(forest) = &forest {
            for (host, node) in named_processes(&named, forest)? {
                wanted.add_process(forest, host, node, ContextDepth::Descendants);
            }
        }
        parts.push((None, wanted));
    }
    let places = |(number, wanted): (Option<usize>, WantedEvents)| {
        let places = session.go_on(look, |run, bar| wanted.places(&run.outcome.again, bar));
        (number, places)
    };
    let parts: Vec<_> = parts.into_iter().map(places).collect();
    if parts.iter().all(|(_, places)| places.is_empty()) {
        bail!("nothing to take: no event is asked for that the evidence has");
    }
    Ok(parts)
}

/// The numbers of the alerts that are asked for, from 1: all of them if nothing else is.
fn alerts(args: &Args, named: &ProcessArgs, session: &Session) -> Result<BTreeSet<usize>> {
    let found = session.run.outcome.alerts.len();
    let mut numbers = BTreeSet::new();
    for range in &args.alert {
        let last = usize::try_from(*range.end()).unwrap_or(usize::MAX);
        let first = usize::try_from(*range.start()).unwrap_or(usize::MAX);
        if first == 0 || last > found {
            let wrong = if first == 0 { first } else { last };
            bail!(
                "there is no alert {wrong}: {} found {found}",
                if args.query.is_some() { "the query" } else { "the rules" }
            );
        }
        numbers.extend(first..=last);
    }
    for name in &args.rule {
        let pattern = Wildcard::new(name, CaseSensitivity::Insensitive);
        let is_wanted = |rule: &evql::rules::Rule| pattern.matches(&rule.meta.id) || pattern.matches(&rule.meta.name);
        if !session.run.detector.rules().iter().any(is_wanted) {
            bail!("no rule that runs is called {name}");
        }
        let alerts = (1..).zip(session.run.outcome.alerts.held());
        let of_rule = alerts.filter(|(_, alert)| is_wanted(&session.run.detector.rules()[alert.rule]));
        let before = numbers.len();
        numbers.extend(of_rule.map(|(number, _)| number));
        if numbers.len() == before {
            bail!("the rule {name} found nothing in this evidence");
        }
    }
    let is_asked =
        args.all || named.is_given() || !(args.alert.is_empty() && args.rule.is_empty() && args.record.is_empty());
    if !is_asked {
        if found == 0 {
            bail!(
                "{} found nothing in this evidence, and nothing else is asked for: see `evql extract --help` for --record, --guid, --pid and --all",
                if args.query.is_some() { "the query" } else { "the rules" }
            );
        }
        numbers.extend(1..=found);
    }
    Ok(numbers)
}

/// The processes that are asked for by entity id or number.
fn named(args: &Args) -> ProcessArgs {
    ProcessArgs { guid: args.guid.clone(), pid: args.pid.clone(), at: args.at, ..ProcessArgs::default() }
}
