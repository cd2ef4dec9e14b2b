//! From the tables of a scenario to events with every field filled in.
//!
//! Fields that the scenario leaves out are filled in as Sysmon does: from the process, from its parent, then `-`, zero or `false`.

use super::super::chunk::RecordPlace;
use super::super::damage::Damage;
use super::super::error::Problem;
use super::super::file::{ForgedEvent, ForgedField};
use super::super::schema::{CHANNEL, LINUX_PROVIDER, LINUX_PROVIDER_GUID, PROVIDER, PROVIDER_GUID, Schema, kind_of};
use super::super::value::{BinXmlType, ForgedValue};
use super::process::{FirstSeen, ScenarioProcess, ScenarioProcesses, instant, not_of_kind, scalar};
use super::text::{DamageEntry, DamageKind, EventEntry, FileEntry, ScenarioDocument, Version, span};
use crate::base::{Span, Ticks, guid};
use hashbrown::HashMap;
use toml::Spanned;

type ResolveResult<T> = Result<T, (Problem, Span)>;

/// Fields that every event of a process has; the others stand only in its start.
const IDENTITY: [&str; 4] = ["ProcessGuid", "ProcessId", "Image", "User"];

/// One file to be written.
#[derive(Clone, Debug)]
pub(super) struct FilePlan {
    pub(super) name: String,
    pub(super) minor: u16,
    pub(super) events: Vec<(ForgedEvent, Span)>,
    pub(super) damage: Vec<(Damage, Span)>,
}

/// The files of a scenario with their events and damage.
pub(super) fn files(document: &ScenarioDocument) -> ResolveResult<Vec<FilePlan>> {
    let mut plans = Vec::with_capacity(document.files.len());
    for file in &document.files {
        if plans.iter().any(|plan: &FilePlan| plan.name == *file.name.get_ref()) {
            let twice = Problem::Twice { table: "file", name: file.name.get_ref().clone() };
            return Err((twice, span(file.name.span())));
        }
        let minor = match file.version {
            Version::V31 => 1,
            Version::V32 => 2,
        };
        plans.push(FilePlan { name: file.name.get_ref().clone(), minor, events: Vec::new(), damage: Vec::new() });
    }
    let timed = times(document)?;
    // Times of all events first: where a process starts, and so its GUID, may follow from an event that comes last.
    let earliest = timed.iter().map(|event| event.at).min().unwrap_or_default();
    let processes = ScenarioProcesses::new(document, &sightings(&timed), earliest)?;
    for event in &timed {
        let mut context = EventContext { event, processes: &processes, plan: &mut plans[event.file_index] };
        context.push_all()?;
    }
    for entry in &document.damage {
        let at = span(entry.span());
        let index = file_index(document, entry.get_ref().file.as_ref(), at)?;
        plans[index].damage.push((damage(entry.get_ref()).map_err(|problem| (problem, at))?, at));
    }
    Ok(plans)
}

/// An event whose file and times are settled.
struct Timed<'d> {
    entry: &'d EventEntry,
    place: Span,
    file: &'d FileEntry,
    file_index: usize,
    at: Ticks,
    utc: Ticks,
}

impl Timed<'_> {
    fn host(&self) -> &str {
        self.entry.host.as_deref().unwrap_or(&self.file.host)
    }
}

fn file_index(document: &ScenarioDocument, name: Option<&Spanned<String>>, at: Span) -> ResolveResult<usize> {
    match name {
        None if document.files.len() == 1 => Ok(0),
        None => Err((Problem::WhichFile, at)),
        Some(name) => document
            .files
            .iter()
            .position(|file| file.name.get_ref() == name.get_ref())
            .ok_or_else(|| (Problem::NoSuch { table: "file", name: name.get_ref().clone() }, span(name.span()))),
    }
}

fn times(document: &ScenarioDocument) -> ResolveResult<Vec<Timed<'_>>> {
    let mut last: HashMap<usize, Ticks> = HashMap::new();
    let mut timed = Vec::with_capacity(document.events.len());
    for spanned in &document.events {
        let (entry, place) = (spanned.get_ref(), span(spanned.span()));
        let file_index = file_index(document, entry.file.as_ref(), place)?;
        let at = match (&entry.time, &entry.after_ms) {
            (Some(time), None) => instant("time", time)?,
            (None, Some(after)) => {
                let before = last.get(&file_index).ok_or((Problem::NoTime, span(after.span())))?;
                Ticks(before.0 + i64::from(*after.get_ref()) * Ticks::PER_MILLISECOND)
            }
            (Some(_), Some(after)) => return Err((Problem::TwoTimes, span(after.span()))),
            (None, None) => return Err((Problem::NoTime, place)),
        };
        let utc = entry.utc.as_ref().map_or(Ok(at), |utc| instant("utc", utc))?;
        last.insert(file_index, repeated(at, entry, entry.repeat.saturating_sub(1)));
        timed.push(Timed { entry, place, file: &document.files[file_index], file_index, at, utc });
    }
    Ok(timed)
}

fn repeated(at: Ticks, entry: &EventEntry, times: u32) -> Ticks {
    Ticks(at.0 + i64::from(times) * i64::from(entry.every_ms) * Ticks::PER_MILLISECOND)
}

/// Where each process starts, or first shows itself.
fn sightings(events: &[Timed<'_>]) -> HashMap<String, FirstSeen> {
    let mut seen: HashMap<String, FirstSeen> = HashMap::new();
    for event in events {
        let is_start = *event.entry.id.get_ref() == 1;
        for label in [&event.entry.process, &event.entry.target].into_iter().flatten() {
            let earlier = seen.get(label.get_ref());
            // A start decides, even behind other events of the process: scenarios put events out of order on purpose.
            if earlier.is_none_or(|earlier| is_start && !earlier.is_start) {
                let host = event.host().to_owned();
                seen.insert(label.get_ref().clone(), FirstSeen { host, at: event.utc, is_start });
            }
        }
    }
    seen
}

/// One `[[event]]` on its way into its file.
struct EventContext<'a, 'd> {
    event: &'a Timed<'d>,
    processes: &'a ScenarioProcesses,
    plan: &'a mut FilePlan,
}

impl EventContext<'_, '_> {
    fn push_all(&mut self) -> ResolveResult<()> {
        for n in 0..self.event.entry.repeat {
            let record = self.forge(n)?;
            self.plan.events.push((record, self.event.place));
        }
        Ok(())
    }

    fn forge(&self, n: u32) -> ResolveResult<ForgedEvent> {
        let (timed, entry) = (self.event, self.event.entry);
        let id = *entry.id.get_ref();
        let (provider, known_guid, linux) = match entry.provider.as_deref() {
            None | Some(PROVIDER) => (PROVIDER, PROVIDER_GUID, false),
            Some(LINUX_PROVIDER) => (LINUX_PROVIDER, LINUX_PROVIDER_GUID, true),
            Some(other) => (other, "", false),
        };
        let schema = if known_guid.is_empty() {
            None
        } else {
            Some(Schema::of(id).ok_or((Problem::UnknownEvent(id), span(entry.id.span())))?)
        };
        let channel = if linux { "Linux-Sysmon/Operational" } else { CHANNEL };
        let record_id = self.record_id(n)?;
        Ok(ForgedEvent {
            record_id,
            number: if timed.file.renumber { self.plan.events.len() as u64 + 1 } else { record_id },
            time: repeated(timed.at, entry, n),
            provider: provider.to_owned(),
            provider_guid: value_of("provider_guid", BinXmlType::Guid, entry.provider_guid.as_ref(), known_guid)?,
            event_id: id,
            qualifiers: entry.qualifiers,
            version: entry.version.unwrap_or_else(|| schema.map_or(0, |schema| schema.version)),
            level: entry.level.unwrap_or(if id == 255 && schema.is_some() { 2 } else { 4 }),
            task: entry.task.unwrap_or(if schema.is_some() { id } else { 0 }),
            opcode: entry.opcode.unwrap_or(0),
            keywords: self.keywords()?,
            process_id: entry.logger_pid.unwrap_or(2868),
            thread_id: entry.logger_thread.unwrap_or(4012),
            channel: entry.channel.as_deref().unwrap_or(channel).to_owned(),
            computer: timed.host().to_owned(),
            user_id: value_of("user_id", BinXmlType::Sid, entry.user_id.as_ref(), "S-1-5-18")?,
            fields: match schema {
                Some(schema) => self.sysmon_fields(schema, n)?,
                None => self.given_fields(n)?,
            },
            chunk: 0,
            place: RecordPlace { offset: 0, size: 0 },
        })
    }

    fn record_id(&self, n: u32) -> ResolveResult<u64> {
        let last = self.plan.events.last().map(|(event, _)| event.record_id);
        let next = last.map_or(Some(self.event.file.first_record), |last| last.checked_add(1));
        let at = self.event.entry.record.as_ref().map_or(self.event.place, |record| span(record.span()));
        let next = match (&self.event.entry.record, n) {
            (Some(record), 0) => Some(*record.get_ref()),
            _ => next,
        };
        let given = next.ok_or((Problem::OutOfRange("record"), at))?;
        match last {
            // Forwarded records of several hosts keep their own numbers; only the numbers of the file itself must rise.
            Some(last) if given <= last && !self.event.file.renumber => Err((Problem::RecordOrder { given, last }, at)),
            _ => Ok(given),
        }
    }

    fn keywords(&self) -> ResolveResult<u64> {
        // 0x8000000000000000 is what Sysmon's manifest gives its events.
        let Some(text) = &self.event.entry.keywords else { return Ok(1 << 63) };
        let value = ForgedValue::of(BinXmlType::HexInt64, text.get_ref());
        let bytes: Option<[u8; 8]> = value.and_then(|value| value.bytes.try_into().ok());
        bytes
            .map(u64::from_le_bytes)
            .ok_or_else(|| not_of_kind("keywords", BinXmlType::HexInt64, text.get_ref(), span(text.span())))
    }

    fn sysmon_fields(&self, schema: Schema, n: u32) -> ResolveResult<Vec<ForgedField>> {
        let entry = self.event.entry;
        let named = entry.fields.keys().chain(&entry.absent);
        if let Some(unknown) = named.into_iter().find(|name| !schema.has(name.get_ref())) {
            let (id, name) = (*entry.id.get_ref(), unknown.get_ref().clone());
            let known = schema.fields().collect();
            return Err((Problem::UnknownField { id, name, known }, span(unknown.span())));
        }
        let present = schema.fields().filter(|name| !entry.absent.iter().any(|absent| absent.get_ref() == name));
        present.map(|name| self.sysmon_field(schema, name, n)).collect()
    }

    fn sysmon_field(&self, schema: Schema, name: &str, n: u32) -> ResolveResult<ForgedField> {
        if let Some(value) = entry_field(self.event.entry, name) {
            return self.given_field(name, value, n);
        }
        let kind = self.kind(name, kind_of(name))?;
        let text = match self.implied(schema, name, n)? {
            Some(text) => text,
            None => default(kind).to_owned(),
        };
        let value = ForgedValue::of(kind, &text).ok_or_else(|| not_of_kind(name, kind, &text, self.event.place))?;
        Ok(ForgedField { name: name.to_owned(), kind, value })
    }

    /// All fields as the scenario has them, in its order.
    fn given_fields(&self, n: u32) -> ResolveResult<Vec<ForgedField>> {
        let mut fields: Vec<_> = self.event.entry.fields.iter().collect();
        // The table is sorted by name; the places in the text give the order back.
        fields.sort_by_key(|(name, _)| name.span().start);
        fields.into_iter().map(|(name, value)| self.given_field(name.get_ref(), value, n)).collect()
    }

    fn given_field(&self, name: &str, value: &Spanned<toml::Value>, n: u32) -> ResolveResult<ForgedField> {
        let sysmon = matches!(self.event.entry.provider.as_deref(), None | Some(PROVIDER | LINUX_PROVIDER));
        let kind = self.kind(name, if sysmon { kind_of(name) } else { BinXmlType::Text })?;
        let text = scalar(name, value)?.replace("{n}", &(n + 1).to_string());
        let value = ForgedValue::of(kind, &text).ok_or_else(|| not_of_kind(name, kind, &text, span(value.span())))?;
        Ok(ForgedField { name: name.to_owned(), kind, value })
    }

    fn kind(&self, name: &str, otherwise: BinXmlType) -> ResolveResult<BinXmlType> {
        match self.event.entry.types.get(name) {
            None => Ok(otherwise),
            Some(wanted) => BinXmlType::named(wanted.get_ref())
                .ok_or_else(|| (Problem::UnknownKind(wanted.get_ref().clone()), span(wanted.span()))),
        }
    }

    /// The value that follows from the process, its parent, the target, the times and the other fields.
    fn implied(&self, schema: Schema, name: &str, n: u32) -> ResolveResult<Option<String>> {
        let entry = self.event.entry;
        let process = entry.process.as_ref().map(|label| self.processes.get(label)).transpose()?;
        let target = entry.target.as_ref().map(|label| self.processes.get(label)).transpose()?;
        let text = match name {
            "UtcTime" | "CreationUtcTime" | "PreviousCreationUtcTime" => {
                Some(sysmon_utc(repeated(self.event.utc, entry, n)))
            }
            "SourceIp" => self.event.file.ip.clone(),
            "SourceIsIpv6" => Some(self.address(schema, "SourceIp", n)?.contains(':').to_string()),
            "DestinationIsIpv6" => Some(self.address(schema, "DestinationIp", n)?.contains(':').to_string()),
            "Protocol" => Some("tcp".to_owned()),
            "Initiated" => Some("true".to_owned()),
            "QueryStatus" => Some("0".to_owned()),
            "EventType" => event_type(*entry.id.get_ref()).map(str::to_owned),
            _ => None,
        };
        Ok(text.or_else(|| self.of_process(process, target, name)))
    }

    fn of_process(
        &self,
        process: Option<&ScenarioProcess>,
        target: Option<&ScenarioProcess>,
        name: &str,
    ) -> Option<String> {
        // `ParentProcessGuid` is `ProcessGuid` of the parent, `TargetProcessGUID` and `SourceProcessGUID` (events 8 and 10) that of two others. A prefix
        // alone, as in `ParentImage`, leaves the name of the field: nothing is listed twice.
        let part = |prefix: &str| name.strip_prefix(prefix).map(|rest| rest.replace("GUID", "Guid"));
        let (of, field) = if let Some(field) = part("Parent").filter(|_| self.event.entry.id.get_ref() == &1) {
            let process = process?;
            // A field given for the process itself wins: the scenario may lie about the parent on purpose.
            if let Some(given) = process.field(name) {
                return Some(given.to_owned());
            }
            (self.processes.parent(process)?, field)
        } else if let Some(field) = part("Target") {
            (target?, field)
        } else if let Some(field) = part("Source") {
            (process?, field)
        } else if self.event.entry.id.get_ref() == &1 || IDENTITY.contains(&name) {
            (process?, name.to_owned())
        } else {
            return None;
        };
        of.field(if field.is_empty() { name } else { &field }).map(str::to_owned)
    }

    fn address(&self, schema: Schema, name: &str, n: u32) -> ResolveResult<String> {
        Ok(self.sysmon_field(schema, name, n)?.value.text)
    }
}

fn entry_field<'e>(entry: &'e EventEntry, name: &str) -> Option<&'e Spanned<toml::Value>> {
    entry.fields.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value)
}

/// The value that Sysmon writes for an unknown field.
const fn default(kind: BinXmlType) -> &'static str {
    match kind {
        BinXmlType::Guid => guid::ZERO,
        BinXmlType::Boolean => "false",
        BinXmlType::UInt16 | BinXmlType::UInt32 | BinXmlType::HexInt32 | BinXmlType::HexInt64 => "0",
        _ => "-",
    }
}

const fn event_type(id: u16) -> Option<&'static str> {
    match id {
        12 => Some("CreateKey"),
        13 => Some("SetValue"),
        14 => Some("RenameKey"),
        17 => Some("CreatePipe"),
        18 => Some("ConnectPipe"),
        19 => Some("WmiFilterEvent"),
        20 => Some("WmiConsumerEvent"),
        21 => Some("WmiBindingEvent"),
        _ => None,
    }
}

/// `yyyy-MM-dd HH:mm:ss.SSS`, rounded down.
fn sysmon_utc(at: Ticks) -> String {
    Ticks(at.whole_millis() * Ticks::PER_MILLISECOND).rfc3339().replace('T', " ").replace('Z', "")
}

fn value_of(
    name: &str,
    kind: BinXmlType,
    given: Option<&Spanned<String>>,
    otherwise: &str,
) -> ResolveResult<ForgedValue> {
    let (text, at) = given.map_or((otherwise, Span::default()), |text| (text.get_ref(), span(text.span())));
    ForgedValue::of(kind, text).ok_or_else(|| not_of_kind(name, kind, text, at))
}

/// The keys of a damage, each of which may be needed or must not be there.
struct DamageKeys {
    kind: &'static str,
    chunk: Option<usize>,
    record: Option<u64>,
    offset: Option<usize>,
    length: Option<usize>,
    size: Option<u32>,
    at: Option<usize>,
}

fn need<T>(kind: &'static str, key: &'static str, value: &mut Option<T>) -> Result<T, Problem> {
    value.take().ok_or(Problem::Needs { kind, key })
}

impl DamageKeys {
    fn unused(&self) -> Result<(), Problem> {
        let left = [
            ("chunk", self.chunk.is_some()),
            ("record", self.record.is_some()),
            ("offset", self.offset.is_some()),
            ("length", self.length.is_some()),
            ("size", self.size.is_some()),
            ("at", self.at.is_some()),
        ];
        match left.into_iter().find(|(_, there)| *there) {
            Some((key, _)) => Err(Problem::NoUseFor { kind: self.kind, key }),
            None => Ok(()),
        }
    }
}

fn damage(entry: &DamageEntry) -> Result<Damage, Problem> {
    let kind = damage_name(entry.kind);
    let DamageEntry { chunk, record, offset, length, size, at, .. } = *entry;
    let mut keys = DamageKeys { kind, chunk, record, offset, length, size, at };
    let done = match entry.kind {
        DamageKind::ChunkMagic => Damage::ChunkMagic { chunk: need(kind, "chunk", &mut keys.chunk)? },
        DamageKind::DataChecksum => Damage::DataChecksum { chunk: need(kind, "chunk", &mut keys.chunk)? },
        DamageKind::HeaderChecksum => Damage::HeaderChecksum { chunk: need(kind, "chunk", &mut keys.chunk)? },
        DamageKind::Refresh => Damage::Refresh { chunk: need(kind, "chunk", &mut keys.chunk)? },
        DamageKind::Zero => Damage::Zero {
            chunk: need(kind, "chunk", &mut keys.chunk)?,
            offset: need(kind, "offset", &mut keys.offset)?,
            length: need(kind, "length", &mut keys.length)?,
        },
        DamageKind::Flip => Damage::Flip {
            record: need(kind, "record", &mut keys.record)?,
            offset: need(kind, "offset", &mut keys.offset)?,
            length: need(kind, "length", &mut keys.length)?,
        },
        DamageKind::RecordSize => Damage::RecordSize {
            record: need(kind, "record", &mut keys.record)?,
            size: need(kind, "size", &mut keys.size)?,
        },
        DamageKind::RecordSizeCopy => Damage::RecordSizeCopy {
            record: need(kind, "record", &mut keys.record)?,
            size: need(kind, "size", &mut keys.size)?,
        },
        DamageKind::Truncate => Damage::Truncate { at: need(kind, "at", &mut keys.at)? },
        DamageKind::FileChecksum => Damage::FileChecksum,
        DamageKind::Empty => Damage::Empty,
        DamageKind::Dirty => Damage::Dirty,
    };
    keys.unused()?;
    Ok(done)
}

const fn damage_name(kind: DamageKind) -> &'static str {
    match kind {
        DamageKind::ChunkMagic => "chunk-magic",
        DamageKind::Zero => "zero",
        DamageKind::Flip => "flip",
        DamageKind::DataChecksum => "data-checksum",
        DamageKind::HeaderChecksum => "header-checksum",
        DamageKind::FileChecksum => "file-checksum",
        DamageKind::RecordSize => "record-size",
        DamageKind::RecordSizeCopy => "record-size-copy",
        DamageKind::Truncate => "truncate",
        DamageKind::Empty => "empty",
        DamageKind::Dirty => "dirty",
        DamageKind::Refresh => "refresh",
    }
}
