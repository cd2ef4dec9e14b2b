//! How each field is found: from the table of steps, for records of one event ID with entries of certain names.

use crate::ecs::{self, Field, FieldId};
use crate::event::Document;
use crate::source::{Raw, RecordRef};
use crate::sysmon::common;
use crate::sysmon::direct::{self, Made};
use crate::sysmon::event_id;
use crate::sysmon::mapping::Mapping;
use crate::sysmon::platform::SysmonPlatform;
use crate::sysmon::raw::REMOVED;
use crate::sysmon::step_context::StepContext;
use crate::sysmon::steps::{Action, MappingStep, STEPS};
use hashbrown::HashMap;
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
    let fails = |step: &MappingStep| matches!(&step.action, Action::Derive(derive) if derive.writes.contains(&"dns.answers.type"));
    STEPS.iter().position(fails).unwrap_or_default()
}

/// How the values of a field are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extractor {
    /// There are never any.
    Never,
    /// They are the same for every event of the ID.
    Constant,
    /// The text of the entry at this position.
    Text(usize),
    /// The entry at this position as an integer.
    Long(usize),
    /// The first of the entries at these positions that says something.
    Either(usize, usize),
    /// A transformation of the text of the entry at this position.
    Made(usize, Made),
    /// A transformation of the text of the entry at this position, but nothing where the pipeline fails over the answers of a DNS query.
    MadeAfterAnswers(usize, Made),
    /// A text that is the same wherever the field is set.
    Fixed(&'static str),
    /// The hash of a flow, whose parts are found in the entries of these positions.
    Flow(Flow),
    /// The arguments of the command line in the entry at this position.
    Args(usize),
    /// Their number.
    ArgsCount(usize),
    /// By the steps of a group.
    Steps(usize),
    /// A text of the record itself.
    Record(OfRecord),
}

/// The entries of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    pub transport: usize,
    /// Address and port of the source, then of the destination.
    pub ends: [(usize, usize); 2],
}

/// The parts of a record outside of its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfRecord {
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
pub struct StepGroup {
    /// Positions in the table of steps.
    pub steps: Vec<usize>,
    /// Positions among the names of the record's entries.
    pub entries: Vec<usize>,
    /// Whether what is left of the entries counts too.
    pub rest: bool,
}

/// How some fields of the events of an ID are found, whose records have entries of certain names.
#[derive(Debug)]
pub struct Extractors {
    pub(super) context: StepContext,
    pub(super) names: Vec<Arc<str>>,
    /// The fields that were learned, and in `learned` the extractor of each.
    pub(super) fields: Vec<Field>,
    pub(super) learned: Vec<Extractor>,
    /// Positions in `learned` of the fields of the catalogue; `u16::MAX` for none. An array, because fields are looked up for every record.
    by_id: Vec<u16>,
    others: HashMap<Arc<str>, u16>,
    pub(super) groups: Vec<StepGroup>,
    pub(super) constants: Document,
    /// The position of the entry that tells the time.
    pub(super) utc_time: Option<usize>,
    /// The positions of the entries that tell what was asked for, and what came back.
    pub(super) question: Option<usize>,
    pub(super) answers: Option<usize>,
}

impl Extractors {
    /// Extractors for records of an event ID with entries of these names; fields are to be [learned](Self::learn).
    pub fn new(id: u32, mapping: Mapping, names: &[Arc<str>]) -> Self {
        let context = StepContext { id, mapping, separator: '\\' };
        let mut constants = Document::new();
        common::constants(&mut constants, SysmonPlatform::Windows, mapping);
        common::event_id(&mut constants, id, mapping);
        let entry = |wanted: &str| names.iter().position(|name| &**name == wanted);
        Self {
            context,
            names: names.to_vec(),
            fields: Vec::new(),
            learned: Vec::new(),
            by_id: vec![u16::MAX; ecs::all().count()],
            others: HashMap::new(),
            groups: Vec::new(),
            constants,
            utc_time: entry("UtcTime"),
            question: entry("QueryName"),
            answers: entry("QueryResults"),
        }
    }

    /// Makes the extractor of a field. False if the field cannot be had without mapping the whole event.
    pub fn learn(&mut self, field: &Field) -> bool {
        if self.position(field).is_some() {
            return true;
        }
        let Some(extractor) = self.find(field) else { return false };
        let Ok(at) = u16::try_from(self.learned.len()) else { return false };
        self.learned.push(extractor);
        self.fields.push(field.clone());
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
        self.position(field).is_some_and(|at| {
            !matches!(self.learned[at], Extractor::Steps(_) | Extractor::Flow(_) | Extractor::MadeAfterAnswers(..))
        })
    }

    /// The relative cost of extracting a field that was learned.
    pub fn cost(&self, field: &Field) -> usize {
        match self.position(field).map(|at| self.learned[at]) {
            Some(Extractor::Steps(_) | Extractor::Flow(_) | Extractor::MadeAfterAnswers(..)) | None => 10,
            Some(Extractor::Args(_)) => 3,
            Some(Extractor::ArgsCount(_)) => 1,
            Some(_) => 0,
        }
    }

    /// Whether a field that was learned has the same values in every event.
    pub fn is_constant(&self, field: &Field) -> bool {
        self.position(field).is_some_and(|at| matches!(self.learned[at], Extractor::Constant | Extractor::Never))
    }

    /// Whether a field that was learned never has a value.
    pub fn is_never(&self, field: &Field) -> bool {
        self.position(field).is_some_and(|at| self.learned[at] == Extractor::Never)
    }

    /// The position of the entry whose base name a field is, if it is one.
    pub fn base_name(&self, field: &Field) -> Option<usize> {
        match self.learned[self.position(field)?] {
            Extractor::Made(entry, Made::BaseName) => Some(entry),
            _ => None,
        }
    }

    /// The positions of the entries that alone decide the values of a field that was learned, ascending; `None` if more than entries does. Positions
    /// behind the names of the entries stand for texts of the record itself; [`raw_at`] knows them all.
    pub fn entries(&self, field: &Field) -> Option<Vec<usize>> {
        match self.learned[self.position(field)?] {
            Extractor::Never | Extractor::Constant | Extractor::Fixed(_) => Some(Vec::new()),
            Extractor::Text(at)
            | Extractor::Long(at)
            | Extractor::Made(at, _)
            | Extractor::Args(at)
            | Extractor::ArgsCount(at) => Some(vec![at]),
            Extractor::Either(first, second) => Some(sorted(&[first, second])),
            Extractor::MadeAfterAnswers(at, _) => Some(sorted(&[at, self.question?, self.answers?])),
            Extractor::Flow(Flow { transport, ends: [source, destination] }) => {
                Some(sorted(&[transport, source.0, source.1, destination.0, destination.1]))
            }
            Extractor::Steps(group) => Some(self.groups[group].entries.clone()),
            Extractor::Record(OfRecord::User) => Some(vec![self.names.len()]),
            Extractor::Record(OfRecord::Computer | OfRecord::HostId) => Some(vec![self.names.len() + 1]),
            Extractor::Record(_) => None,
        }
    }

    /// The position of the entry that the texts of a field that was learned are cut out of, if there is one: but for quotes and backslashes, which may
    /// be missing from either, each of them is a part of the entry's text.
    pub fn cut_from(&self, field: &Field) -> Option<usize> {
        match self.learned[self.position(field)?] {
            Extractor::Text(at) | Extractor::Made(at, Made::BaseName) | Extractor::Args(at) => Some(at),
            Extractor::Steps(group) if CUT.contains(&field.name()) => {
                let StepGroup { steps, entries, .. } = &self.groups[group];
                let renames = steps.iter().any(|&step| matches!(STEPS[step].action, Action::Rename(..)));
                let mut paths = entries.iter().filter(|&&at| PATHS.contains(&&*self.names[at]));
                let only = paths.next().filter(|_| !renames)?;
                paths.next().is_none().then_some(*only)
            }
            _ => None,
        }
    }

    /// The place of a field among those that were learned, for [`LazyEvent::write_at`](super::LazyEvent::write_at).
    pub fn position(&self, field: &Field) -> Option<usize> {
        let at = match field {
            Field::Known(id) => self.by_id[id.position()],
            Field::Other(name) => *self.others.get(name)?,
        };
        (at != u16::MAX).then_some(usize::from(at))
    }

    fn find(&mut self, field: &Field) -> Option<Extractor> {
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
        if let Some((_, extractor)) = of_record.into_iter().find(|(id, _)| known(*id)) {
            // An event says so itself where its pipeline has failed.
            let sure = extractor != OfRecord::Kind || self.context.id != FALLIBLE;
            return sure.then_some(Extractor::Record(extractor));
        }
        if event_id::is_constant(field) {
            return Some(Extractor::Constant);
        }
        let name = field.name();
        let rest = name.strip_prefix("winlog.event_data.");
        let of_data = rest.is_some() || STEPS.iter().any(|step| step.action.may_set(name));
        let from_elsewhere =
            ["@timestamp", "ecs.", "event.", "data_stream.", "host.", "log.", "winlog.", "user.id", "error."];
        // Fields that come with the record and are in no table (`log.level`, `winlog.opcode`) are asked for too rarely to have extractors of their own: the
        // whole event is mapped for them.
        if !of_data && from_elsewhere.iter().any(|start| name.starts_with(start)) {
            return None;
        }
        let base_name = |entry| Extractor::Made(entry, Made::BaseName);
        let names = [
            (ecs::PROCESS_NAME, ecs::PROCESS_EXECUTABLE, base_name as fn(usize) -> Extractor),
            (ecs::PROCESS_PARENT_NAME, ecs::PROCESS_PARENT_EXECUTABLE, base_name),
            (ecs::FILE_NAME, ecs::FILE_PATH, base_name),
            (ecs::PROCESS_ARGS, ecs::PROCESS_COMMAND_LINE, Extractor::Args),
            (ecs::PROCESS_ARGS_COUNT, ecs::PROCESS_COMMAND_LINE, Extractor::ArgsCount),
            (ecs::PROCESS_PARENT_ARGS, ecs::PROCESS_PARENT_COMMAND_LINE, Extractor::Args),
            (ecs::PROCESS_PARENT_ARGS_COUNT, ecs::PROCESS_PARENT_COMMAND_LINE, Extractor::ArgsCount),
        ];
        // These depend on the text of one other field alone. If that is an entry as it stands, so are they by way of it, and the move in between need not be
        // made.
        if let Some((_, from, extractor)) = names.into_iter().find(|(id, ..)| known(*id))
            && self.is_computed(name)
        {
            match self.find(&from.into())? {
                Extractor::Text(entry) => return Some(extractor(entry)),
                Extractor::Never => return Some(Extractor::Never),
                _ => {}
            }
        }
        if known(ecs::NETWORK_COMMUNITY_ID)
            && let Some(flow) = self.flow()
        {
            return Some(Extractor::Flow(flow));
        }
        Some(self.by_steps(name, rest))
    }

    /// Whether a field is computed by a step, and no other can set it.
    fn is_computed(&self, field: &str) -> bool {
        let mut setting = (0..STEPS.len()).filter(|at| STEPS[*at].action.may_set(field) && self.may_act(*at));
        let first = setting.next();
        first.is_some_and(|at| matches!(STEPS[at].action, Action::Derive(_))) && setting.next().is_none()
    }

    /// Where the parts of a flow are, if each is an entry.
    fn flow(&mut self) -> Option<Flow> {
        let mut part = |field: FieldId| match self.find(&field.into())? {
            Extractor::Text(at) | Extractor::Long(at) | Extractor::Made(at, Made::Address) => Some(at),
            _ => None,
        };
        let transport = part(ecs::NETWORK_TRANSPORT)?;
        let source = (part(ecs::SOURCE_IP)?, part(ecs::SOURCE_PORT)?);
        let destination = (part(ecs::DESTINATION_IP)?, part(ecs::DESTINATION_PORT)?);
        let sure = self.context.id != FALLIBLE && self.is_computed(ecs::NETWORK_COMMUNITY_ID.name());
        sure.then_some(Flow { transport, ends: [source, destination] })
    }

    /// Whether the record has an entry that can become this one: of that name, or renamed to it.
    fn may_exist(&self, entry: &str) -> bool {
        let renamed =
            |step: &MappingStep| matches!(step.action, Action::Rename(from, to) if to == entry && self.has(from));
        self.has(entry) || STEPS.iter().any(renamed)
    }

    fn has(&self, entry: &str) -> bool {
        self.names.iter().any(|name| &**name == entry)
    }

    fn by_steps(&mut self, field: &str, rest: Option<&str>) -> Extractor {
        let left = rest.filter(|entry| !REMOVED.contains(entry) && self.may_exist(entry));
        // A slice of one step needs no document to run in: it becomes an extractor of its own kind (`by_step`). Only what is left is run as a group of
        // steps, over a small document that all fields of the same group share.
        let (mut steps, mut slice) = self.slice(field, rest, None);
        let sets = steps.iter().any(|step| STEPS[*step].action.may_set(field));
        if !sets && left.is_none() {
            return Extractor::Never;
        }
        // What comes after a step that can fail depends on its success.
        let fallible = fallible_step();
        let can_fail = self.context.id == FALLIBLE && self.may_act(fallible);
        if can_fail && (left.is_some() || steps.iter().any(|step| *step > fallible)) {
            if let [only] = steps.as_slice()
                && let Some(Extractor::Made(entry, made)) = self.by_step(field, &STEPS[*only].action)
                && self.has_answers()
            {
                return Extractor::MadeAfterAnswers(entry, made);
            }
            // Every later field depends on whether the pipeline got that far, so that the fallible step joins the slice although it sets nothing that is
            // asked for.
            (steps, slice) = self.slice(field, rest, Some(fallible));
        }
        if let [only] = steps.as_slice()
            && let Some(extractor) = self.by_step(field, &STEPS[*only].action)
        {
            return extractor;
        }
        if let (true, false, Some(entry)) = (steps.is_empty(), sets, left)
            && let Some(at) = self.names.iter().position(|name| &**name == entry)
        {
            return Extractor::Text(at);
        }
        let positions = self.names.iter().enumerate().filter(|(_, name)| slice.entries.iter().any(|e| **e == ***name));
        let entries = positions.map(|(at, _)| at).collect();
        let group = StepGroup { steps, entries, rest: left.is_some() };
        // Fields with the same slice share a group: its steps run once for all of them.
        let at = self.groups.iter().position(|have| *have == group).unwrap_or_else(|| {
            self.groups.push(group);
            self.groups.len() - 1
        });
        Extractor::Steps(at)
    }

    /// Whether question and answers of a query are entries.
    fn has_answers(&mut self) -> bool {
        let question = self.question.map(Extractor::Text);
        question.is_some() && self.find(&ecs::DNS_QUESTION_NAME.into()) == question && self.answers.is_some()
    }

    /// The extractor of a field that one step alone sets.
    fn by_step(&self, field: &str, action: &Action) -> Option<Extractor> {
        let at = |entry: &str| self.names.iter().position(|name| &**name == entry);
        match *action {
            Action::Move(entry, to) | Action::Copy(entry, to) if to.name() == field => at(entry).map(Extractor::Text),
            Action::Long(entry, to) if to.name() == field => at(entry).map(Extractor::Long),
            Action::Boolean(entry, to) if to.name() == field => at(entry).map(|at| Extractor::Made(at, Made::Boolean)),
            Action::Address(entry, to) if to.name() == field => at(entry).map(|at| Extractor::Made(at, Made::Address)),
            Action::Constant(to, text) if to.name() == field => Some(Extractor::Fixed(text)),
            Action::Derive(_) if field == ecs::NETWORK_PROTOCOL.name() => {
                match (at("DestinationPortName"), at("SourcePortName")) {
                    (Some(first), Some(second)) => Some(Extractor::Either(first, second)),
                    (one, other) => one.or(other).map(Extractor::Text),
                }
            }
            Action::Derive(_) if field == ecs::REGISTRY_PATH.name() => at("TargetObject").map(Extractor::Text),
            Action::Derive(_) => {
                let (entry, made) = direct::made_of(field)?;
                let of_another = matches!(made, Made::Hash(_)) && !direct::hashes_it(field, self.context);
                if of_another { Some(Extractor::Never) } else { at(entry).map(|at| Extractor::Made(at, made)) }
            }
            _ => None,
        }
    }

    /// The steps that a field depends on, and `needed` with all that it depends on; and what they read.
    fn slice(&self, field: &str, rest: Option<&str>, needed: Option<usize>) -> (Vec<usize>, Slice) {
        let mut slice = Slice { fields: vec![field.to_owned()], entries: Vec::new() };
        slice.entries.extend(rest.map(str::to_owned));
        let mut steps = Vec::new();
        // A backward slice of the pipeline, as a compiler makes of a program: from the last step to the first, a step is kept if it can set something that
        // is needed so far, and what it reads is then needed too. For `file.extension` of an event 11, two of all the steps are left:
        //
        //     Move("TargetFilename", file.path)   needed, since the next one reads `file.path`
        //     Derive(file_parts)                  sets `file.extension`; reads `file.path`
        for (at, step) in STEPS.iter().enumerate().rev() {
            if needed == Some(at) || (slice.is_touched_by(&step.action) && self.may_act(at)) {
                slice.add(&step.action);
                steps.push(at);
            }
        }
        steps.reverse();
        (steps, slice)
    }

    /// Whether a step, by position, can do anything to records with these entries.
    fn may_act(&self, at: usize) -> bool {
        let step = &STEPS[at];
        let may_have =
            |field: &FieldId| (0..at).any(|before| STEPS[before].action.may_set(field.name()) && self.may_act(before));
        step.scope.includes(self.context.id, self.context.mapping)
            && match &step.action {
                Action::Move(entry, _)
                | Action::Copy(entry, _)
                | Action::Long(entry, _)
                | Action::Boolean(entry, _)
                | Action::Address(entry, _)
                | Action::Rename(entry, _) => self.may_exist(entry),
                Action::Constant(..) => true,
                // No step makes something of nothing.
                Action::Derive(derive) => {
                    derive.entries.iter().any(|entry| self.may_exist(entry)) || derive.fields.iter().any(may_have)
                }
            }
    }
}

/// The value at one of the positions that [`Extractors::entries`] gives.
pub fn raw_at<'c>(record: &RecordRef<'c>, at: usize) -> Raw<'c> {
    match at.checked_sub(record.names().len()) {
        None => record.entry(at),
        Some(0) => record.user(),
        Some(_) => record.computer(),
    }
}

/// The entries of EventData that a field of the events of an ID comes from, perhaps through other fields; none for what comes with the record itself.
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
    let extractors = Extractors::new(id, mapping, &names);
    if event_id::is_constant(field) {
        return Vec::new();
    }
    let (_, slice) = extractors.slice(field.name(), rest, None);
    let mut entries = slice.entries;
    entries.sort();
    entries
}

/// The fields and entries that the steps looked at so far depend on: the criterion of a backward slice.
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

fn sorted(entries: &[usize]) -> Vec<usize> {
    let mut entries = entries.to_vec();
    entries.sort_unstable();
    entries.dedup();
    entries
}
