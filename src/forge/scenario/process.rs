//! The processes of a scenario: what Sysmon would write about each of them.
//!
//! Identities are invented but look right: a Sysmon GUID holds the machine, the second of the start, and a serial number.

use super::super::error::Problem;
use super::super::value::{BinXmlType, ForgedValue};
use super::text::{ProcessEntry, ScenarioDocument, span};
use crate::base::{Span, Ticks};
use hashbrown::HashMap;

type ProcessResult<T> = Result<T, (Problem, Span)>;

/// Where and when a process first shows itself in the scenario.
pub(super) struct FirstSeen {
    pub(super) host: String,
    pub(super) at: Ticks,
    pub(super) is_start: bool,
}

/// A process with its identity.
pub(super) struct ScenarioProcess {
    fields: HashMap<&'static str, String>,
    given: HashMap<String, (String, Span)>,
    parent: Option<String>,
}

impl ScenarioProcess {
    /// The text of this process for a field of this name, if the scenario says or implies it.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(|(text, _)| text.as_str()).or_else(|| self.fields.get(name).map(String::as_str))
    }
}

/// All processes by label.
pub(super) struct ScenarioProcesses(HashMap<String, ScenarioProcess>);

impl ScenarioProcesses {
    pub(super) fn new(
        document: &ScenarioDocument,
        seen: &HashMap<String, FirstSeen>,
        earliest: Ticks,
    ) -> ProcessResult<Self> {
        let mut all = HashMap::new();
        for (serial, entry) in (0x1f_u32..).zip(&document.processes) {
            let first_host = document.files.first().map(|file| file.host.as_str()).unwrap_or_default();
            let process = identify(entry, serial, seen.get(entry.label.get_ref()), first_host, earliest)?;
            if all.insert(entry.label.get_ref().clone(), process).is_some() {
                let twice = Problem::Twice { table: "process", name: entry.label.get_ref().clone() };
                return Err((twice, span(entry.label.span())));
            }
        }
        let processes = Self(all);
        for entry in &document.processes {
            processes.check_parents(entry)?;
        }
        Ok(processes)
    }

    /// The process with this label.
    pub(super) fn get(&self, label: &toml::Spanned<String>) -> ProcessResult<&ScenarioProcess> {
        self.0
            .get(label.get_ref())
            .ok_or_else(|| (Problem::NoSuch { table: "process", name: label.get_ref().clone() }, span(label.span())))
    }

    /// The parent of a process, if the scenario names one.
    pub(super) fn parent(&self, process: &ScenarioProcess) -> Option<&ScenarioProcess> {
        self.0.get(process.parent.as_ref()?)
    }

    fn check_parents(&self, entry: &ProcessEntry) -> ProcessResult<()> {
        let Some(parent) = &entry.parent else { return Ok(()) };
        let mut ancestor = Some(self.get(parent)?);
        // More steps than processes: some process is its own ancestor.
        for _ in 0..=self.0.len() {
            match ancestor {
                None => return Ok(()),
                Some(process) => ancestor = self.parent(process),
            }
        }
        Err((Problem::ParentLoop(entry.label.get_ref().clone()), span(parent.span())))
    }
}

/// The identity of one process: GUID, pid and session follow from what is known, fields given in the scenario go first.
fn identify(
    entry: &ProcessEntry,
    serial: u32,
    seen: Option<&FirstSeen>,
    first_host: &str,
    earliest: Ticks,
) -> ProcessResult<ScenarioProcess> {
    let mut given = HashMap::new();
    for (name, value) in &entry.fields {
        let text = scalar(name.get_ref(), value)?;
        given.insert(name.get_ref().clone(), (text, span(value.span())));
    }
    let host = entry.host.as_deref().or(seen.map(|seen| seen.host.as_str())).unwrap_or(first_host);
    // What is never seen to start was there before the log begins.
    let boot = Ticks(earliest.0 - 3600 * Ticks::PER_SECOND);
    let started = match (&entry.started, seen) {
        (Some(at), _) => instant("started", at)?,
        (None, Some(seen)) if seen.is_start => seen.at,
        _ => boot,
    };
    let guid = match &entry.guid {
        Some(guid) => {
            ForgedValue::of(BinXmlType::Guid, guid.get_ref())
                .ok_or_else(|| not_of_kind("guid", BinXmlType::Guid, guid.get_ref(), span(guid.span())))?
                .text
        }
        None => sysmon_guid(host, started, serial << 8 | 1, 0x1f00),
    };
    let text = |name: &str| given.get(name).map(|(text, _): &(String, Span)| text.as_str());
    let user = text("User").unwrap_or(r"NT AUTHORITY\SYSTEM");
    let service = user.starts_with("NT AUTHORITY\\");
    let image = text("Image").unwrap_or("-");
    // 0x3e7 is the logon of SYSTEM on every host.
    let logon = if service { 0x3e7 } else { 0x0002_9c41 };
    let fields = HashMap::from([
        ("ProcessGuid", guid),
        ("ProcessId", entry.pid.to_string()),
        ("User", user.to_owned()),
        ("Image", image.to_owned()),
        ("CommandLine", format!("\"{image}\"")),
        ("CurrentDirectory", r"C:\Windows\system32\".to_owned()),
        ("IntegrityLevel", if service { "System" } else { "Medium" }.to_owned()),
        ("TerminalSessionId", if service { "0" } else { "1" }.to_owned()),
        ("LogonId", format!("{logon:#x}")),
        ("LogonGuid", sysmon_guid(host, boot, u32::from(logon_group(logon)), 0)),
        ("Hashes", hashes(image)),
    ]);
    let parent = entry.parent.as_ref().map(|label| label.get_ref().clone());
    Ok(ScenarioProcess { fields, given, parent })
}

/// The low bytes of a logon id as they stand in the fourth group of a logon GUID.
const fn logon_group(logon: u32) -> u16 {
    let [low, high, ..] = logon.to_le_bytes();
    u16::from_be_bytes([low, high])
}

fn sysmon_guid(host: &str, at: Ticks, group: u32, tail: u32) -> String {
    // Sysmon's layout: {machine-seconds low-seconds high-group-tail}, with the start in seconds since 1970, so that a GUID tells when.
    let seconds = at.unix_seconds();
    let seconds = u32::try_from(seconds).unwrap_or_default();
    let machine = u32::try_from(hash(host) >> 32).unwrap_or_default();
    format!("{{{machine:08x}-{:04x}-{:04x}-{:04x}-{tail:012x}}}", seconds & 0xffff, seconds >> 16, group & 0xffff)
}

/// Hashes that look like Sysmon's and are the same for the same image. They are no hashes of anything.
fn hashes(image: &str) -> String {
    let half = |n: u8| hash(&format!("{n}{}", image.to_lowercase()));
    let hex = |n: u8| format!("{:016X}{:016X}", half(n), half(n + 1));
    format!("MD5={},SHA256={}{},IMPHASH={}", hex(0), hex(2), hex(4), hex(6))
}

/// FNV-1a with a final mix.
fn hash(text: &str) -> u64 {
    let fnv = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 32)
}

/// The text of a field's value: strings, numbers and booleans are meant as they are written.
pub(super) fn scalar(name: &str, value: &toml::Spanned<toml::Value>) -> ProcessResult<String> {
    match value.get_ref() {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(yes) => Ok(yes.to_string()),
        other => {
            let wanted = "text, a whole number, true or false";
            let problem = Problem::NotOfKind { name: name.to_owned(), wanted, text: other.type_str().to_owned() };
            Err((problem, span(value.span())))
        }
    }
}

/// An instant: RFC 3339, or the form of Sysmon's `UtcTime`, or a bare TOML time with an offset.
pub(super) fn instant(name: &str, value: &toml::Spanned<toml::Value>) -> ProcessResult<Ticks> {
    let text = match value.get_ref() {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ticks::parse_rfc3339(&text)
        .or_else(|| Ticks::parse_sysmon_utc(&text))
        .ok_or_else(|| not_of_kind(name, BinXmlType::FileTime, &text, span(value.span())))
}

pub(super) fn not_of_kind(name: &str, kind: BinXmlType, text: &str, at: Span) -> (Problem, Span) {
    (Problem::NotOfKind { name: name.to_owned(), wanted: kind.noun(), text: text.to_owned() }, at)
}
