//! An event in one line of words: what happened, by which process, to what.
//!
//! There is a sentence for each of Sysmon's event IDs, and a general one for whatever else was read. All values pass through `base::escape`, so that a
//! line stays a line, and long ones are cut: the whole values stand in columns of their own. This module does not know formats.

use crate::base::escape::terminal;
use crate::ecs::{Field, FieldId};
use crate::event::{Document, Event};
use crate::process::{Connection, HostAddresses};
use crate::sysmon::{EventId, EventIdRow, event_id_row};
use crate::timeline::{DETAILS, EntryColumns, FIELDS, TimelineRow};
use hashbrown::HashMap;
use std::fmt::{Display, Write as _};
use std::sync::LazyLock;

/// Longest value in a message, in characters.
const MOST: usize = 1000;

/// Where the fields of a message stand: in [`FIELDS`], or behind them in [`DETAILS`].
static POSITIONS: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let details = DETAILS.iter().map(Field::name);
    // One numbering for both lists: a position below the length of `FIELDS` is a column, one above it a detail.
    let names = FIELDS.iter().map(|field| field.name()).chain(details);
    names.enumerate().map(|(at, name)| (name, at)).collect()
});

/// The fields that a message is made of.
pub struct MessageFacts<'r> {
    source: FactSource<'r>,
}

/// Where the fields stand.
enum FactSource<'r> {
    /// In a row with [`crate::timeline::RowContents::Details`].
    Row(TimelineRow<'r>, &'r EntryColumns<'r>),
    /// In a mapped document.
    Document(&'r Document),
}

impl<'r> MessageFacts<'r> {
    /// The facts of a row with [`crate::timeline::RowContents::Details`], and its columns.
    pub fn new(row: TimelineRow<'r>, columns: &'r EntryColumns<'r>) -> Self {
        Self { source: FactSource::Row(row, columns) }
    }

    /// The facts of an event that is in no timeline: its own, without those of its process's start.
    pub fn of_document(document: &'r Document) -> Self {
        Self { source: FactSource::Document(document) }
    }

    /// All values of a field as they are, `; ` between; empty for none.
    pub fn raw(&self, name: &str) -> String {
        match &self.source {
            FactSource::Row(row, columns) => match POSITIONS.get(name) {
                Some(&at) if at < FIELDS.len() => joined(columns.values(at)),
                Some(&at) => joined(row.detail(at - FIELDS.len())),
                None => String::new(),
            },
            FactSource::Document(document) => joined(document.values(&Field::named(name)).iter()),
        }
    }

    /// The values of a field, fit for a line.
    fn get(&self, name: &str) -> String {
        let raw = self.raw(name);
        match raw.char_indices().nth(MOST) {
            None => terminal(&raw).into_owned(),
            Some((at, _)) => format!("{}… (+{} characters)", terminal(&raw[..at]), raw[at..].chars().count()),
        }
    }

    fn data(&self, name: &str) -> String {
        self.get(&format!("winlog.event_data.{name}"))
    }

    /// The value of the first field that has one.
    fn first(&self, names: &[&str]) -> String {
        names.iter().map(|name| self.get(name)).find(|value| !value.is_empty()).unwrap_or_default()
    }

    /// The process that the event is of: `C:\x.exe (pid 4)`.
    fn process(&self) -> String {
        let path = self.first(&["process.executable", "process.name"]);
        named(&path, &self.get("process.pid"), "a process that is not named")
    }

    fn user(&self) -> String {
        let (domain, name) = (self.get("user.domain"), self.get("user.name"));
        if domain.is_empty() { name } else { format!("{domain}\\{name}") }
    }
}

/// Values with `; ` between.
fn joined(values: impl Iterator<Item = impl Display>) -> String {
    let mut out = String::new();
    for value in values {
        let separator = if out.is_empty() { "" } else { "; " };
        let _ = write!(out, "{separator}{value}"); // writing to a String cannot fail
    }
    out
}

/// A path and a process id.
fn named(path: &str, pid: &str, nobody: &str) -> String {
    match (path.is_empty(), pid.is_empty()) {
        (false, false) => format!("{path} (pid {pid})"),
        (false, true) => path.to_owned(),
        (true, false) => format!("pid {pid}"),
        (true, true) => nobody.to_owned(),
    }
}

/// `text` with `value` in the place of `{}`, or nothing if there is no value.
fn with(text: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { text.replacen("{}", value, 1) }
}

/// The message of an event that is in no timeline.
pub fn message_of(event: &Event, known: &HostAddresses) -> String {
    message(&MessageFacts::of_document(&event.document), known)
}

/// The entry of the table of event IDs for an event of Sysmon; `None` for another provider's event, to which the same number means something else.
fn event_id_of(facts: &MessageFacts<'_>) -> Option<&'static EventIdRow> {
    let is_sysmon = matches!(&*facts.raw("event.provider"), "Microsoft-Windows-Sysmon" | "Linux-Sysmon" | "");
    // Rows hold the code as text, as documents do.
    facts.raw("event.code").parse().ok().filter(|_| is_sysmon).and_then(event_id_row)
}

/// The message of an event. `known` tells which end of a connection is whose, where the event itself does not.
pub fn message(facts: &MessageFacts<'_>, known: &HostAddresses) -> String {
    let process = facts.process();
    let file = facts.first(&["file.path", "file.name"]);
    let Some(row) = event_id_of(facts) else { return general(facts) };
    match row.id {
        EventId::ProcessCreate => started(facts, &process),
        EventId::Connection => connection(facts, &process, known),
        EventId::ServiceState => format!(
            "Sysmon's service changed{}{}",
            with(": {}", &facts.data("State")),
            with(" (version {})", &facts.data("Version"))
        ),
        EventId::ProcessEnd => format!("Process ended: {process}"),
        EventId::RemoteThread => remote_thread(facts, &process),
        EventId::ProcessAccess => {
            format!(
                "Process opened: {} by {process}{}",
                target(facts),
                with(", access {}", &facts.data("GrantedAccess"))
            )
        }
        EventId::DriverLoad => format!("Driver loaded: {file}{}", signature(facts)),
        EventId::ImageLoad => format!("Image loaded: {file} by {process}{}", signature(facts)),
        EventId::FileTimeChange => format!(
            "File's time of creation changed: {file}{}{} by {process}",
            with(" from {}", &facts.data("PreviousCreationUtcTime")),
            with(" to {}", &facts.data("CreationUtcTime"))
        ),
        EventId::FileStream => {
            format!("File stream created: {file} by {process}{}", with(": {}", &facts.data("Contents")))
        }
        EventId::RawAccess => format!("Disk read past the file system: {file} by {process}"),
        EventId::FileCreate => format!("File created: {file} by {process}"),
        EventId::PipeCreate => format!("Pipe created: {file} by {process}"),
        EventId::PipeConnect => format!("Pipe connected: {file} by {process}"),
        EventId::FileDeleteArchived => format!("File deleted (archived): {file} by {process}"),
        EventId::FileDelete => format!("File deleted: {file} by {process}"),
        EventId::FileBlockExecutable => format!("Executable file blocked: {file} by {process}"),
        EventId::FileBlockShredding => format!("Shredding of a file blocked: {file} by {process}"),
        EventId::FileExecutable => format!("Executable file created: {file} by {process}"),
        EventId::RegistryObject => registry(facts, &process, &registry_change(&facts.data("EventType"))),
        EventId::RegistryValue => registry(facts, &process, "Registry value set"),
        EventId::RegistryRename => registry(facts, &process, "Registry object renamed"),
        EventId::Configuration => {
            format!("Sysmon's configuration changed{}", with(": {}", &facts.data("Configuration")))
        }
        EventId::WmiFilter => wmi_object(facts, "filter", &with(": {}", &facts.data("Query"))),
        EventId::WmiConsumer => {
            let what = with(" ({})", &facts.data("Type")) + &with(": {}", &facts.get("process.executable"));
            wmi_object(facts, "consumer", &what)
        }
        EventId::WmiBinding => format!(
            "WMI binding of a consumer to a filter{}: {}{}{}",
            wmi_operation(facts),
            facts.data("Consumer"),
            with(" to {}", &facts.data("Filter")),
            with(", by {}", &facts.user())
        ),
        EventId::DnsQuery => dns(facts, &process),
        EventId::Clipboard => format!("Clipboard changed by {process}{}", with(" ({})", &facts.data("ClientInfo"))),
        EventId::Tampering => format!("Process tampered with: {process}{}", with(": {}", &facts.get("message"))),
        EventId::Error => {
            format!(
                "Sysmon's own error{}{}",
                with(" {}", &facts.get("error.code")),
                with(": {}", &facts.data("Description"))
            )
        }
    }
}

fn started(facts: &MessageFacts<'_>, process: &str) -> String {
    let parent = facts.first(&["process.parent.executable", "process.parent.name"]);
    // Windows has no process 0 that starts others: Sysmon writes it for a parent that it does not know.
    let parent = named(&parent, &facts.get("process.parent.pid"), "");
    let parent = if parent == "pid 0" { String::new() } else { parent };
    format!(
        "Process started: {process}{}{}{}{}",
        with(", command line: {}", &facts.get("process.command_line")),
        with(", by {}", &parent),
        with(", as {}", &facts.user()),
        with(", integrity {}", &facts.data("IntegrityLevel"))
    )
}

fn connection(facts: &MessageFacts<'_>, process: &str, known: &HostAddresses) -> String {
    let text = |field: FieldId| Some(facts.get(field.name())).filter(|text| !text.is_empty());
    let over = with(" over {}", &facts.get("network.transport")) + &with(" ({})", &facts.get("network.protocol"));
    let Some(connection) = Connection::read(text) else { return format!("Network connection: {process}{over}") };
    let route = connection.route(known);
    let (from, to, note) = (with(" from {}", &route.from.text()), route.to.text(), with("; {}", route.note));
    if route.is_accepted {
        format!("Network connection accepted: {process}{from}{over}{}{note}", with(" at {}", &to))
    } else {
        format!("Network connection: {process}{}{over}{from}{note}", with(" to {}", &to))
    }
}

/// The process that another one has opened or started a thread in.
fn target(facts: &MessageFacts<'_>) -> String {
    named(&facts.data("TargetImage"), &facts.data("TargetProcessId"), "a process that is not named")
}

fn remote_thread(facts: &MessageFacts<'_>, process: &str) -> String {
    let start = match (facts.data("StartModule"), facts.data("StartFunction")) {
        (module, function) if module.is_empty() && function.is_empty() => facts.data("StartAddress"),
        (module, function) => format!("{module}!{function}"),
    };
    format!("Thread started in another process: {} by {process}{}", target(facts), with(", at {}", &start))
}

fn signature(facts: &MessageFacts<'_>) -> String {
    let signer = facts.get("file.code_signature.subject_name");
    let status = with(" ({})", &facts.data("SignatureStatus"));
    match (&*facts.raw("file.code_signature.trusted"), signer.is_empty()) {
        ("false", _) => format!(", not signed{status}"),
        (_, false) => format!(", signed by {signer}{status}"),
        (_, true) => String::new(),
    }
}

fn registry_change(kind: &str) -> String {
    match kind {
        "CreateKey" => "Registry key created".to_owned(),
        "DeleteKey" => "Registry key deleted".to_owned(),
        "CreateValue" => "Registry value created".to_owned(),
        "DeleteValue" => "Registry value deleted".to_owned(),
        _ => format!("Registry object changed{}", with(" ({})", kind)),
    }
}

fn registry(facts: &MessageFacts<'_>, process: &str, what: &str) -> String {
    let (path, value) = (facts.get("registry.path"), with(" = {}", &facts.get("registry.data.strings")));
    format!("{what}: {path}{value}{} by {process}", with(" to {}", &facts.data("NewName")))
}

fn wmi_operation(facts: &MessageFacts<'_>) -> String {
    with(" {}", &facts.data("Operation").to_lowercase())
}

fn wmi_object(facts: &MessageFacts<'_>, object: &str, what: &str) -> String {
    let (operation, name, by) = (wmi_operation(facts), facts.data("Name"), with(", by {}", &facts.user()));
    format!("WMI event {object}{operation}: {name}{what}{by}")
}

fn dns(facts: &MessageFacts<'_>, process: &str) -> String {
    let (answer, status) = (facts.get("dns.resolved_ip"), facts.get("sysmon.dns.status"));
    // An answer says as much; a status is worth a word only if it is an error.
    let status = if status == "SUCCESS" { String::new() } else { status };
    format!(
        "DNS query: {} by {process}{}{}",
        facts.get("dns.question.name"),
        with(", answer: {}", &answer),
        with(", status: {}", &status)
    )
}

/// The event's own `message` or else its action, process and object, for events that have no sentence of their own.
fn general(facts: &MessageFacts<'_>) -> String {
    let given = facts.get("message");
    if !given.is_empty() {
        return given;
    }
    let action = facts.get("event.action");
    let action = match facts.get("event.code") {
        code if action.is_empty() && code.is_empty() => "Event".to_owned(),
        code if action.is_empty() => format!("Event {code}"),
        _ => action,
    };
    let has_process =
        ["process.executable", "process.name", "process.pid"].iter().any(|name| !facts.raw(name).is_empty());
    // Events of documents need not be of a process, and "by a process that is not named" would say that one is missing.
    let by = if has_process { with(": {}", &facts.process()) } else { String::new() };
    let object = facts.first(&["file.path", "registry.path", "dns.question.name", "destination.ip"]);
    format!("{action}{by}{}", with(", {}", &object))
}
