//! Fields of a Sysmon event worked out one at a time, straight from a glance at its record, when somebody asks for them.
//!
//! For each field the steps that it depends on are known beforehand ([`Ways`]), because it is known which entries a record has: of the whole pipeline a
//! handful of steps is left, and for most fields none but to take the text of an entry. The steps are the very ones that [`super::map`] takes, in
//! the same order, so that a field has the same values either way; a test holds that over every event. This module does not know who asks, nor why.

use super::common;
use super::derive::{self, Context};
use super::raw::{EventData, REMOVED, is_nothing};
use super::steps::{Action, STEPS, Step};
use super::{Mapping, System};
use crate::base::Ticks;
use crate::ecs::{self, Field, FieldId};
use crate::event::{Document, Fields, Value, Values, Written};
use crate::source::{Glance, Raw};
use hashbrown::HashMap;
use std::cell::OnceCell;
use std::sync::Arc;

/// The event ID whose pipeline can fail half-way, which makes every later field depend on that step.
const FALLIBLE: u32 = 22;

/// Fields that steps cut out of a path.
const CUT: &[&str] = &[
    "file.path",
    "file.name",
    "file.directory",
    "file.extension",
    "dll.path",
    "dll.name",
    "registry.path",
    "registry.key",
    "registry.value",
];
/// The entries with such paths.
const PATHS: &[&str] = &["TargetFilename", "Device", "ImageLoaded", "PipeName", "TargetObject"];

/// The step at which it can fail, by position.
fn fallible_step() -> usize {
    let fails =
        |step: &Step| matches!(&step.action, Action::Derive(derive) if derive.writes.contains(&"dns.answers.type"));
    STEPS.iter().position(fails).unwrap_or_default()
}

/// How the values of a field are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// There are never any.
    Never,
    /// They are the same for every event of the ID.
    Constant,
    /// The text of the entry at this position.
    Text(usize),
    /// The entry at this position as an integer.
    Long(usize),
    /// What follows the last separator in the entry at this position.
    BaseName(usize),
    /// The arguments of the command line in the entry at this position.
    Args(usize),
    /// Their number.
    ArgsCount(usize),
    /// By the steps of a group.
    Steps(usize),
    /// A text of the record itself.
    Record(OfRecord),
}

/// What a record says outside of its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OfRecord {
    Provider,
    ProviderGuid,
    Channel,
    Computer,
    HostId,
    User,
    RecordId,
    Logged,
    Kind,
    Timestamp,
    Path,
}

/// Steps that several fields depend on, with the entries that they read.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    /// Positions in the table of steps.
    steps: Vec<usize>,
    /// Positions among the names of the record's entries.
    entries: Vec<usize>,
    /// Whether what is left of the entries counts too.
    rest: bool,
}

/// How some fields of the events of an ID are found, whose records have entries of certain names.
#[derive(Debug)]
pub struct Ways {
    context: Context,
    names: Vec<Arc<str>>,
    learned: Vec<Way>,
    /// The place of a field of the catalogue among the ways; `u16::MAX` for none.
    by_id: Vec<u16>,
    others: HashMap<Arc<str>, u16>,
    groups: Vec<Group>,
    constants: Document,
}

impl Ways {
    /// Ways to nothing yet.
    pub fn new(id: u32, mapping: Mapping, names: &[Arc<str>]) -> Self {
        let context = Context { id, mapping, separator: '\\' };
        let mut constants = Document::new();
        common::constants(&mut constants, System::Windows, mapping);
        common::event_id(&mut constants, id, mapping);
        Self {
            context,
            names: names.to_vec(),
            learned: Vec::new(),
            by_id: vec![u16::MAX; ecs::all().count()],
            others: HashMap::new(),
            groups: Vec::new(),
            constants,
        }
    }

    /// Learns the way to a field. False if there is none but to map the whole event.
    pub fn learn(&mut self, field: &Field) -> bool {
        if self.position(field).is_some() {
            return true;
        }
        let Some(way) = self.find(field) else { return false };
        let Ok(at) = u16::try_from(self.learned.len()) else { return false };
        self.learned.push(way);
        match field {
            Field::Known(id) => self.by_id[id.position()] = at,
            Field::Other(name) => {
                self.others.insert(name.clone(), at);
            }
        }
        true
    }

    /// Whether the values of a field that was learned stand in an entry as they are, or nearly so.
    pub fn is_direct(&self, field: &Field) -> bool {
        self.position(field).is_some_and(|at| !matches!(self.learned[at], Way::Steps(_)))
    }

    /// How dear it is to work out the values of a field that was learned, compared with others.
    pub fn cost(&self, field: &Field) -> usize {
        match self.position(field).map(|at| self.learned[at]) {
            Some(Way::Steps(_)) | None => 10,
            Some(Way::Args(_)) => 3,
            Some(Way::ArgsCount(_)) => 1,
            Some(_) => 0,
        }
    }

    /// Whether a field that was learned has the same values in every event.
    pub fn is_constant(&self, field: &Field) -> bool {
        self.position(field).is_some_and(|at| matches!(self.learned[at], Way::Constant | Way::Never))
    }

    /// Whether a field that was learned never has a value.
    pub fn is_never(&self, field: &Field) -> bool {
        self.position(field).is_some_and(|at| self.learned[at] == Way::Never)
    }

    /// The position of the entry whose base name a field is, if it is one.
    pub fn base_name(&self, field: &Field) -> Option<usize> {
        match self.learned[self.position(field)?] {
            Way::BaseName(entry) => Some(entry),
            _ => None,
        }
    }

    /// The positions of the entries that alone decide the values of a field that was learned, ascending; `None` if more than entries does. Positions
    /// behind the names of the entries stand for texts of the record itself; [`raw_at`] knows them all.
    pub fn entries(&self, field: &Field) -> Option<Vec<usize>> {
        match self.learned[self.position(field)?] {
            Way::Never | Way::Constant => Some(Vec::new()),
            Way::Text(at) | Way::Long(at) | Way::BaseName(at) | Way::Args(at) | Way::ArgsCount(at) => Some(vec![at]),
            Way::Steps(group) => Some(self.groups[group].entries.clone()),
            Way::Record(OfRecord::User) => Some(vec![self.names.len()]),
            Way::Record(OfRecord::Computer | OfRecord::HostId) => Some(vec![self.names.len() + 1]),
            Way::Record(_) => None,
        }
    }

    /// The position of the entry that the texts of a field that was learned are cut out of, if there is one: but for quotes and backslashes, which may
    /// be missing from either, each of them is a part of the entry's text.
    pub fn cut_from(&self, field: &Field) -> Option<usize> {
        match self.learned[self.position(field)?] {
            Way::Text(at) | Way::BaseName(at) | Way::Args(at) => Some(at),
            Way::Steps(group) if CUT.contains(&field.name()) => {
                let Group { steps, entries, .. } = &self.groups[group];
                let renames = steps.iter().any(|&step| matches!(STEPS[step].action, Action::Rename(..)));
                let mut paths = entries.iter().filter(|&&at| PATHS.contains(&&*self.names[at]));
                let only = paths.next().filter(|_| !renames)?;
                paths.next().is_none().then_some(*only)
            }
            _ => None,
        }
    }

    fn position(&self, field: &Field) -> Option<usize> {
        let at = match field {
            Field::Known(id) => self.by_id[id.position()],
            Field::Other(name) => *self.others.get(name)?,
        };
        (at != u16::MAX).then_some(usize::from(at))
    }

    fn find(&mut self, field: &Field) -> Option<Way> {
        let known = |id: FieldId| *field == Field::Known(id);
        let of_record = [
            (ecs::EVENT_PROVIDER, OfRecord::Provider),
            (ecs::WINLOG_PROVIDER_NAME, OfRecord::Provider),
            (ecs::WINLOG_PROVIDER_GUID, OfRecord::ProviderGuid),
            (ecs::WINLOG_CHANNEL, OfRecord::Channel),
            (ecs::WINLOG_COMPUTER_NAME, OfRecord::Computer),
            (ecs::HOST_NAME, OfRecord::Computer),
            (ecs::HOST_ID, OfRecord::HostId),
            (ecs::USER_ID, OfRecord::User),
            (ecs::WINLOG_USER_IDENTIFIER, OfRecord::User),
            (ecs::WINLOG_RECORD_ID, OfRecord::RecordId),
            (ecs::EVENT_CREATED, OfRecord::Logged),
            (ecs::EVENT_KIND, OfRecord::Kind),
            (ecs::TIMESTAMP, OfRecord::Timestamp),
            (ecs::LOG_FILE_PATH, OfRecord::Path),
        ];
        if let Some((_, way)) = of_record.into_iter().find(|(id, _)| known(*id)) {
            // An event says so itself where its pipeline has failed.
            let sure = way != OfRecord::Kind || self.context.id != FALLIBLE;
            return sure.then_some(Way::Record(way));
        }
        if super::is_constant(field) {
            return Some(Way::Constant);
        }
        let name = field.name();
        let rest = name.strip_prefix("winlog.event_data.");
        let of_data = rest.is_some() || STEPS.iter().any(|step| step.action.may_set(name));
        let from_elsewhere =
            ["@timestamp", "ecs.", "event.", "data_stream.", "host.", "log.", "winlog.", "user.id", "error."];
        if !of_data && from_elsewhere.iter().any(|start| name.starts_with(start)) {
            return None;
        }
        let names = [
            (ecs::PROCESS_NAME, ecs::PROCESS_EXECUTABLE, Way::BaseName as fn(usize) -> Way),
            (ecs::PROCESS_PARENT_NAME, ecs::PROCESS_PARENT_EXECUTABLE, Way::BaseName),
            (ecs::PROCESS_ARGS, ecs::PROCESS_COMMAND_LINE, Way::Args),
            (ecs::PROCESS_ARGS_COUNT, ecs::PROCESS_COMMAND_LINE, Way::ArgsCount),
            (ecs::PROCESS_PARENT_ARGS, ecs::PROCESS_PARENT_COMMAND_LINE, Way::Args),
            (ecs::PROCESS_PARENT_ARGS_COUNT, ecs::PROCESS_PARENT_COMMAND_LINE, Way::ArgsCount),
        ];
        if let Some((_, from, way)) = names.into_iter().find(|(id, ..)| known(*id)) {
            match self.find(&from.into())? {
                Way::Text(entry) => return Some(way(entry)),
                Way::Never => return Some(Way::Never),
                _ => {}
            }
        }
        Some(self.by_steps(name, rest))
    }

    /// Whether the record has an entry that can become this one: of that name, or renamed to it.
    fn may_exist(&self, entry: &str) -> bool {
        let renamed = |step: &Step| matches!(step.action, Action::Rename(from, to) if to == entry && self.has(from));
        self.has(entry) || STEPS.iter().any(renamed)
    }

    fn has(&self, entry: &str) -> bool {
        self.names.iter().any(|name| &**name == entry)
    }

    fn by_steps(&mut self, field: &str, rest: Option<&str>) -> Way {
        let left = rest.filter(|entry| !REMOVED.contains(entry) && self.may_exist(entry));
        let (mut steps, mut slice) = self.slice(field, rest, None);
        let sets = steps.iter().any(|step| STEPS[*step].action.may_set(field));
        if !sets && left.is_none() {
            return Way::Never;
        }
        // What comes after a step that can fail depends on its success.
        let fallible = fallible_step();
        let can_fail = self.context.id == FALLIBLE && self.may_act(&STEPS[fallible]);
        if can_fail && (left.is_some() || steps.iter().any(|step| *step > fallible)) {
            (steps, slice) = self.slice(field, rest, Some(fallible));
        }
        if let [only] = steps.as_slice()
            && let Action::Move(entry, to) | Action::Copy(entry, to) | Action::Long(entry, to) = STEPS[*only].action
            && to.name() == field
            && let Some(at) = self.names.iter().position(|name| &**name == entry)
        {
            let is_long = matches!(STEPS[*only].action, Action::Long(..));
            return if is_long { Way::Long(at) } else { Way::Text(at) };
        }
        if let (true, false, Some(entry)) = (steps.is_empty(), sets, left)
            && let Some(at) = self.names.iter().position(|name| &**name == entry)
        {
            return Way::Text(at);
        }
        let positions = self.names.iter().enumerate().filter(|(_, name)| slice.entries.iter().any(|e| **e == ***name));
        let entries = positions.map(|(at, _)| at).collect();
        let group = Group { steps, entries, rest: left.is_some() };
        let at = self.groups.iter().position(|have| *have == group).unwrap_or_else(|| {
            self.groups.push(group);
            self.groups.len() - 1
        });
        Way::Steps(at)
    }

    /// The steps that a field depends on, and `needed` with all that it depends on; and what they read.
    fn slice(&self, field: &str, rest: Option<&str>, needed: Option<usize>) -> (Vec<usize>, Slice) {
        let mut slice = Slice { fields: vec![field.to_owned()], entries: Vec::new() };
        slice.entries.extend(rest.map(str::to_owned));
        let mut steps = Vec::new();
        for (at, step) in STEPS.iter().enumerate().rev() {
            let acts = step.scope.includes(self.context.id, self.context.mapping) && self.may_act(step);
            if needed == Some(at) || (acts && slice.is_touched_by(&step.action)) {
                slice.add(&step.action);
                steps.push(at);
            }
        }
        steps.reverse();
        (steps, slice)
    }

    /// Whether a step can do anything to records with these entries.
    fn may_act(&self, step: &Step) -> bool {
        match &step.action {
            Action::Move(entry, _)
            | Action::Copy(entry, _)
            | Action::Long(entry, _)
            | Action::Boolean(entry, _)
            | Action::Address(entry, _)
            | Action::Rename(entry, _) => self.may_exist(entry),
            Action::Constant(..) => true,
            Action::Derive(derive) => {
                !derive.fields.is_empty() || derive.entries.iter().any(|entry| self.may_exist(entry))
            }
        }
    }
}

/// What stands at one of the positions that [`Ways::entries`] gives.
pub fn raw_at<'c>(glance: &Glance<'c>, at: usize) -> Raw<'c> {
    match at.checked_sub(glance.names().len()) {
        None => glance.entry(at),
        Some(0) => glance.user(),
        Some(_) => glance.computer(),
    }
}

/// The entries of EventData that a field of the events of an ID comes from, perhaps by way of others; none for what comes with the record itself.
pub fn entries_of(id: u32, field: &Field, mapping: Mapping) -> Vec<String> {
    let mut names: Vec<Arc<str>> = Vec::new();
    for step in STEPS {
        match &step.action {
            Action::Move(entry, _)
            | Action::Copy(entry, _)
            | Action::Long(entry, _)
            | Action::Boolean(entry, _)
            | Action::Address(entry, _)
            | Action::Rename(entry, _) => names.push((*entry).into()),
            Action::Constant(..) => {}
            Action::Derive(derive) => names.extend(derive.entries.iter().map(|entry| Arc::from(*entry))),
        }
    }
    // One step makes the names of process and parent, and one the arguments of both.
    let made_of = [
        (ecs::PROCESS_NAME, ecs::PROCESS_EXECUTABLE),
        (ecs::PROCESS_ARGS, ecs::PROCESS_COMMAND_LINE),
        (ecs::PROCESS_ARGS_COUNT, ecs::PROCESS_COMMAND_LINE),
        (ecs::PROCESS_PARENT_NAME, ecs::PROCESS_PARENT_EXECUTABLE),
        (ecs::PROCESS_PARENT_ARGS, ecs::PROCESS_PARENT_COMMAND_LINE),
        (ecs::PROCESS_PARENT_ARGS_COUNT, ecs::PROCESS_PARENT_COMMAND_LINE),
    ];
    let from = made_of.into_iter().find(|(made, _)| *field == Field::Known(*made));
    let field = &from.map_or_else(|| field.clone(), |(_, from)| from.into());
    let rest = field.name().strip_prefix("winlog.event_data.");
    names.extend(rest.map(Arc::from));
    let ways = Ways::new(id, mapping, &names);
    if super::is_constant(field) {
        return Vec::new();
    }
    let (_, slice) = ways.slice(field.name(), rest, None);
    let mut entries = slice.entries;
    entries.sort();
    entries
}

/// What the steps that follow depend on.
struct Slice {
    /// Fields, or the starts of some with `*` behind.
    fields: Vec<String>,
    entries: Vec<String>,
}

impl Slice {
    fn wants_entry(&self, entry: &str) -> bool {
        self.entries.iter().any(|wanted| wanted == entry)
    }

    fn is_touched_by(&self, action: &Action) -> bool {
        let sets = self.fields.iter().any(|field| action.may_set(field));
        sets || match action {
            Action::Move(entry, _) => self.wants_entry(entry),
            Action::Rename(from, to) => self.wants_entry(from) || self.wants_entry(to),
            _ => false,
        }
    }

    fn add(&mut self, action: &Action) {
        let mut entry = |name: &str| {
            if !self.entries.iter().any(|have| have == name) {
                self.entries.push(name.to_owned());
            }
        };
        let mut fields: Vec<FieldId> = Vec::new();
        match action {
            Action::Move(name, field) => {
                entry(name);
                fields.push(*field);
            }
            Action::Copy(name, _) | Action::Long(name, _) | Action::Boolean(name, _) | Action::Address(name, _) => {
                entry(name);
            }
            Action::Rename(from, to) => {
                entry(from);
                entry(to);
            }
            Action::Constant(..) => {}
            Action::Derive(derive) => {
                derive.entries.iter().for_each(|name| entry(name));
                fields.extend(derive.fields);
            }
        }
        for field in fields {
            if !self.fields.iter().any(|have| have == field.name()) {
                self.fields.push(field.name().to_owned());
            }
        }
    }
}

/// Places for the values of one event after another.
#[derive(Debug, Default)]
pub struct Cells {
    values: Vec<OnceCell<Option<Values>>>,
    groups: Vec<OnceCell<Document>>,
    /// The computer that `host.id` was last made for.
    host: Option<(String, String)>,
}

impl Cells {
    fn clear(&mut self, ways: &Ways) {
        self.values.iter_mut().for_each(|cell| drop(cell.take()));
        self.groups.iter_mut().for_each(|cell| drop(cell.take()));
        if self.values.len() < ways.learned.len() {
            self.values.resize_with(ways.learned.len(), OnceCell::new);
        }
        if self.groups.len() < ways.groups.len() {
            self.groups.resize_with(ways.groups.len(), OnceCell::new);
        }
    }
}

/// An event of which only those fields are worked out that are asked for. Fields that its ways do not know have no values.
#[derive(Debug)]
pub struct Lazy<'a> {
    ways: &'a Ways,
    glance: &'a Glance<'a>,
    cells: &'a Cells,
    path: &'a str,
}

impl<'a> Lazy<'a> {
    /// The event of a record whose shape has these ways. `path` becomes `log.file.path`.
    pub fn new(ways: &'a Ways, glance: &'a Glance<'a>, cells: &'a mut Cells, path: &'a str) -> Self {
        cells.clear(ways);
        if let Some(at) = ways.position(&ecs::HOST_ID.into())
            && ways.learned[at] == Way::Record(OfRecord::HostId)
        {
            let computer = trimmed(glance.computer());
            if cells.host.as_ref().is_none_or(|(known, _)| *known != computer) {
                let id = common::synthetic_host_id(&computer);
                cells.host = Some((computer, id));
            }
        }
        Self { ways, glance, cells, path }
    }

    fn entry(&self, at: usize) -> Option<String> {
        let mut text = String::new();
        self.glance.entry(at).write(&mut text);
        (!is_nothing(&text)).then_some(text)
    }

    fn work_out(&self, way: Way) -> Option<Values> {
        match way {
            Way::Never | Way::Constant | Way::Steps(_) => None,
            Way::Text(entry) => Some(one(self.entry(entry)?)),
            Way::Long(entry) => {
                let number = match self.glance.entry(entry).number() {
                    Some(number) => i64::try_from(number).ok(),
                    None => derive::long(&self.entry(entry)?),
                };
                number.map(|number| Values::One(Value::Long(number)))
            }
            Way::BaseName(entry) => {
                let path = self.entry(entry).filter(|path| path.len() > 1)?;
                let (_, name) = path.rsplit_once(self.ways.context.separator)?;
                Some(one(name.to_owned()))
            }
            Way::Args(entry) => {
                let mut all = derive::split_command_line(&self.entry(entry)?);
                match all.len() {
                    0 => None,
                    1 => all.pop().map(one),
                    _ => Some(Values::Many(all.into_iter().map(Value::from).collect())),
                }
            }
            Way::ArgsCount(entry) => {
                let count = derive::count_arguments(&self.entry(entry)?);
                Some(Values::One(Value::Long(i64::try_from(count).unwrap_or(i64::MAX))))
            }
            Way::Record(what) => self.of_record(what),
        }
    }

    fn of_record(&self, what: OfRecord) -> Option<Values> {
        let text = |text: String| (!text.is_empty()).then(|| one(text));
        let rendered = |raw: Raw<'_>| {
            let mut text = String::new();
            raw.write(&mut text);
            text
        };
        match what {
            OfRecord::Provider => text(self.glance.provider().to_owned()),
            OfRecord::ProviderGuid => self.glance.provider_guid().map(|guid| one(guid.to_owned())),
            OfRecord::Channel => text(trimmed(self.glance.channel())),
            OfRecord::Computer => text(trimmed(self.glance.computer())),
            OfRecord::HostId => {
                let (computer, id) = self.cells.host.as_ref()?;
                (!computer.is_empty()).then(|| one(id.clone()))
            }
            OfRecord::User => text(rendered(self.glance.user())),
            OfRecord::RecordId => text(self.glance.record_id().to_string()),
            OfRecord::Logged => Some(Values::One(Value::Date(self.glance.time_created()))),
            OfRecord::Kind => Some(one("event".to_owned())),
            OfRecord::Timestamp => Some(Values::One(Value::Date(self.timestamp()))),
            OfRecord::Path => text(self.path.to_owned()),
        }
    }

    fn group(&self, at: usize) -> &Document {
        self.cells.groups[at].get_or_init(|| {
            let Group { steps, entries, rest } = &self.ways.groups[at];
            let texts: Vec<(&str, String)> =
                entries.iter().filter_map(|&at| Some((&*self.ways.names[at], self.entry(at)?))).collect();
            let mut data = EventData::new(&texts);
            let mut document = Document::new();
            // Where the pipeline stops, everything that is left stays as it is.
            let failed =
                steps.iter().any(|&step| STEPS[step].apply(&mut data, &mut document, self.ways.context).is_err());
            match (*rest, failed) {
                (true, true) => data.leave_all(&mut document),
                (true, false) => data.leave_rest(&mut document),
                (false, _) => {}
            }
            document
        })
    }

    /// `@timestamp` of the event.
    pub fn timestamp(&self) -> Ticks {
        let at = self.ways.names.iter().position(|name| &**name == "UtcTime");
        let utc = at.and_then(|at| self.entry(at)).and_then(|text| Ticks::parse_sysmon_utc(&text));
        utc.unwrap_or(self.glance.time_created())
    }
}

impl Fields for Lazy<'_> {
    fn values(&self, field: &Field) -> &[Value] {
        let Some(at) = self.ways.position(field) else { return &[] };
        match self.ways.learned[at] {
            Way::Never => &[],
            Way::Constant => self.ways.constants.values(field),
            Way::Steps(group) => self.group(group).values(field),
            way => self.cells.values[at].get_or_init(|| self.work_out(way)).as_ref().map_or(&[], Values::as_slice),
        }
    }

    fn write_text(&self, field: &Field, out: &mut String) -> Written {
        let Some(way) = self.ways.position(field).map(|at| self.ways.learned[at]) else { return Written::Nothing };
        let begin = out.len();
        match way {
            Way::Text(entry) => self.glance.entry(entry).write(out),
            Way::BaseName(entry) => {
                self.glance.entry(entry).write(out);
                let path = &out[begin..];
                match path.rfind(self.ways.context.separator).filter(|_| path.len() > 1 && !is_nothing(path)) {
                    // The separator is one byte long.
                    Some(at) => drop(out.drain(begin..=begin + at)),
                    None => out.truncate(begin),
                }
                // A path that ends in a separator has a name of no characters: the general way says what becomes of that.
                return if out.len() > begin { Written::Text } else { Written::NotText };
            }
            Way::Record(OfRecord::Computer) => trim_into(self.glance.computer(), out),
            Way::Record(OfRecord::Channel) => trim_into(self.glance.channel(), out),
            Way::Record(OfRecord::Path) => out.push_str(self.path),
            Way::Never => return Written::Nothing,
            _ => return Written::NotText,
        }
        let is_entry = matches!(way, Way::Text(_));
        if out.len() == begin || (is_entry && is_nothing(&out[begin..])) {
            out.truncate(begin);
            return Written::Nothing;
        }
        Written::Text
    }
}

/// Writes a part of `System`, which spaces around it do not belong to.
fn trim_into(raw: Raw<'_>, out: &mut String) {
    let begin = out.len();
    raw.write(out);
    if out[begin..].trim().len() != out.len() - begin {
        let trimmed = out[begin..].trim().to_owned();
        out.truncate(begin);
        out.push_str(&trimmed);
    }
}

fn one(text: String) -> Values {
    Values::One(Value::from(text))
}

/// The text of a part of `System`.
fn trimmed(raw: Raw<'_>) -> String {
    let mut text = String::new();
    trim_into(raw, &mut text);
    text
}
