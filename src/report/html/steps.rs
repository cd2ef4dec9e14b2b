//! The steps of an alert: its events in stage order, what each adds to those before it, and the time between them.

use super::doc::{list, number, text, texts};
use super::enrichment::enriched;
use super::text::{counted, cut, instant, line};
use crate::base::Ticks;
use crate::base::time::seconds_text;
use crate::event::Clock;
use crate::process::{Connection, HostAddresses};
use crate::report::enriched::locations;
use maud::{Markup, html};
use serde_json::Value;
use std::borrow::Cow;

/// Most steps that are shown; a rule has a few.
const MOST_STEPS: usize = 64;

/// Most entries of what was worked out of fields that are looked at; an alert has a few for each step.
const MOST_ENRICHED: usize = 4 * MOST_STEPS;

/// Longest name of a place or of who runs a network, in characters.
const MOST_OF_PLACE: usize = 120;

/// Most values of one field.
const MOST_VALUES: usize = 40;

/// The steps, and how many of them there are.
pub fn steps<'v>(
    events: impl Iterator<Item = &'v Value>,
    start: Option<&Value>,
    enrichment: &[Value],
    clock: Clock,
    known: &HostAddresses,
) -> Markup {
    let all: Vec<&Value> = events.collect();
    let mut previous: Option<&Value> = None;
    let mut out = Vec::with_capacity(all.len());
    for (stage, event) in all.iter().take(MOST_STEPS).enumerate() {
        if event.is_null() {
            out.push(
                html! { li.absent { span.mark { (stage + 1) } p.what { "nothing that would fit here was logged" } } },
            );
            continue;
        }
        // The creation of the process fills the first step only: later steps show what they add.
        let facts = step(stage, event, previous, start.filter(|_| previous.is_none()), clock, known);
        let here = |entry: &&Value| match number(entry, "stage") {
            Some(of) => of == stage as u64 + 1,
            None => previous.is_none(),
        };
        out.push(html! { li { (facts) (enriched(enrichment.iter().take(MOST_ENRICHED).filter(here))) } });
        previous = Some(event);
    }
    html! {
        ol.steps {
            @for step in &out { (step) }
            @if all.len() > MOST_STEPS { li.absent { p.what { "… and " (all.len() - MOST_STEPS) " more events" } } }
        }
    }
}

fn step(
    stage: usize,
    event: &Value,
    previous: Option<&Value>,
    start: Option<&Value>,
    clock: Clock,
    known: &HostAddresses,
) -> Markup {
    let delta = previous.and_then(|before| Some(time(event, clock)?.0 - time(before, clock)?.0));
    let action = text(event, "event.action").or_else(|| text(event, "message"));
    html! {
            span.mark { (stage + 1) }
            @if let Some(delta) = delta { p.delta { "Δt " (if delta < 0 { "" } else { "+" }) (seconds_text(delta)) " s" } }
            p.what {
                strong { @if let Some(action) = &action { (line(action)) } @else { "Event" } }
                " " time { (when(event, clock)) }
                @if let Some((name, at)) = other_clock(event, clock) { " " span.hint { (name) " " (instant(at)) } }
            }
            (facts(event, previous, start, clock, known))
            @if let Some(gap) = backwards(event, previous) {
                p.note { "By its own @timestamp this event comes " (gap) " s before the one above; the order here is that of logging." }
            }
    }
}

/// The time that ordered the event.
pub fn time(event: &Value, clock: Clock) -> Option<Ticks> {
    let at = |name| Ticks::parse_rfc3339(&text(event, name)?);
    match clock {
        // Only evql says when a record was logged; `event.created` of other programs is when they read it.
        Clock::Logged => at("evql.logged").or_else(|| at("@timestamp")),
        Clock::Utc => at("@timestamp"),
    }
}

fn when(event: &Value, clock: Clock) -> Markup {
    html! {
        @if let Some(at) = time(event, clock) { (instant(at)) }
        @else if let Some(text) = text(event, "@timestamp") { (line(&text)) }
    }
}

/// The event's time by the clock that does not order the page, with a name for it; `None` if both clocks agree.
fn other_clock(event: &Value, clock: Clock) -> Option<(&'static str, Ticks)> {
    let (name, other) = match clock {
        Clock::Logged => ("by its own @timestamp", Clock::Utc),
        Clock::Utc => ("logged", Clock::Logged),
    };
    let at = time(event, other)?;
    (time(event, clock) != Some(at)).then_some((name, at))
}

/// How many seconds the event's own time lies before that of the one above it.
fn backwards(event: &Value, previous: Option<&Value>) -> Option<String> {
    let own = |event| Ticks::parse_rfc3339(&text(event, "@timestamp")?);
    let (before, at) = (own(previous?)?, own(event)?);
    (before > at).then(|| seconds_text(before.0 - at.0))
}

/// A fact: its label, its value, and whether it is as a program has it, for a fixed-width face.
type Fact<'v> = (&'static str, Cow<'v, str>);

/// The facts that an event adds to those of the event before it.
fn facts(
    event: &Value,
    previous: Option<&Value>,
    start: Option<&Value>,
    clock: Clock,
    known: &HostAddresses,
) -> Markup {
    let entity = |event| text(event, "process.entity_id");
    let same = previous.is_some_and(|before| entity(before).is_some() && entity(before) == entity(event));
    let mut facts: Vec<Fact<'_>> = Vec::new();
    if !same {
        of_process(event, start, clock, &mut facts);
    }
    of_object(event, &mut facts);
    facts.extend(connection(event, known).map(|text| ("connection", Cow::Owned(text))));
    let places = locations(|field| text(event, field.name()).map(|text| cut(&text, MOST_OF_PLACE).0.to_owned()));
    facts.extend(places.map(|(_, place)| ("where", Cow::Owned(place))));
    html! {
        @if !facts.is_empty() {
            dl.facts { @for (name, value) in &facts { dt { (name) } dd { (line(value)) } } }
        }
    }
}

fn of_process<'v>(event: &'v Value, start: Option<&'v Value>, clock: Clock, facts: &mut Vec<Fact<'v>>) {
    // An alert may begin with another event of the process than its creation, such as the load of an image.
    let find = |name| text(event, name).or_else(|| text(start?, name));
    let executable = find("process.executable").or_else(|| find("process.name"));
    facts.extend(named(executable, find("process.pid")).map(|text| ("process", text)));
    if let Some(start) = start {
        let record = text(start, "winlog.record_id").map_or_else(String::new, |record| format!(" (record {record})"));
        facts.extend(time(start, clock).map(|at| ("created", Cow::Owned(format!("{}{record}", instant(at))))));
    }
    for (label, name) in [
        ("command", "process.command_line"),
        ("folder", "process.working_directory"),
        ("integrity", "winlog.event_data.IntegrityLevel"),
        ("SHA-256", "process.hash.sha256"),
    ] {
        facts.extend(find(name).map(|text| (label, text)));
    }
    let parent = find("process.parent.executable").or_else(|| find("process.parent.name"));
    facts.extend(named(parent, find("process.parent.pid")).map(|text| ("parent", text)));
    facts.extend(find("process.parent.command_line").map(|text| ("its command", text)));
}

/// A file and a process id as `path (pid 4)`.
pub fn named<'v>(path: Option<Cow<'v, str>>, pid: Option<Cow<'v, str>>) -> Option<Cow<'v, str>> {
    match (path, pid) {
        (Some(path), Some(pid)) => Some(Cow::Owned(format!("{path} (pid {pid})"))),
        (Some(path), None) => Some(path),
        (None, pid) => pid.map(|pid| Cow::Owned(format!("(pid {pid})"))),
    }
}

/// Adds the object of the event: a file or image, a registry key, a name that was asked for, another process.
fn of_object<'v>(event: &'v Value, facts: &mut Vec<Fact<'v>>) {
    let all = |name| {
        let (values, more) =
            (texts(event, name).take(MOST_VALUES).collect::<Vec<_>>(), texts(event, name).skip(MOST_VALUES).count());
        let more = if more > 0 { format!(" … and {}", counted(more as u64, "more value")) } else { String::new() };
        (!values.is_empty()).then(|| format!("{}{more}", values.join(", ")))
    };
    let is_library = texts(event, "event.category").any(|category| category == "library");
    let file = text(event, "file.path").or_else(|| text(event, "dll.path")).or_else(|| text(event, "file.name"));
    facts.extend(file.map(|file| (if is_library { "image" } else { "file" }, file)));
    if let Some(signer) = text(event, "file.code_signature.subject_name") {
        let status =
            text(event, "file.code_signature.status").map_or_else(String::new, |status| format!(" ({status})"));
        facts.push(("signed by", Cow::Owned(format!("{signer}{status}"))));
    }
    facts.extend(text(event, "file.hash.sha256").map(|hash| ("SHA-256", hash)));
    if let Some(path) = text(event, "registry.path") {
        let data = all("registry.data.strings").map_or_else(String::new, |data| format!(" = {data}"));
        facts.push(("registry", Cow::Owned(format!("{path}{data}"))));
    }
    if let Some(name) = text(event, "dns.question.name") {
        let answers = all("dns.resolved_ip").map_or_else(String::new, |data| format!(" → {data}"));
        facts.push(("name", Cow::Owned(format!("{name}{answers}"))));
    }
    if let Some(image) = text(event, "winlog.event_data.TargetImage") {
        let access = text(event, "winlog.event_data.GrantedAccess")
            .map_or_else(String::new, |access| format!(" (access {access})"));
        facts.push(("target", Cow::Owned(format!("{image}{access}"))));
    }
    if facts.is_empty() {
        facts.extend(text(event, "message").map(|message| ("message", message)));
    }
}

/// A connection as `tcp 10.0.0.1:49712 → 104.21.36.77:80, http`.
fn connection(event: &Value, known: &HostAddresses) -> Option<String> {
    let connection = of_event(event)?;
    let route = connection.route(known);
    let (from, to) = (route.from.text(), route.to.text());
    let to = if route.is_accepted { format!("{to}, accepted by this host") } else { to };
    let note = if route.note.is_empty() { String::new() } else { format!("; {}", route.note) };
    let transport = text(event, "network.transport").unwrap_or_default();
    let protocol = text(event, "network.protocol").map_or_else(String::new, |name| format!(", {name}"));
    Some(format!("{transport} {from} → {to}{protocol}{note}").trim().to_owned())
}

/// The addresses that an alert says its hosts have.
pub fn known_addresses(document: &Value) -> HostAddresses {
    let mut known = HostAddresses::default();
    for address in list(document, "evql.host_addresses") {
        let ip = text(address, "ip").and_then(|ip| ip.parse().ok());
        if let (Some(host), Some(ip)) = (text(address, "host"), ip) {
            known.add(&host, ip);
        }
    }
    known
}

/// The connection that an event tells of.
pub fn of_event(event: &Value) -> Option<Connection> {
    Connection::read(|field| text(event, field.name()).map(|text| cut(&text, 300).0.to_owned()))
}

#[cfg(test)]
mod tests;
