//! How each field is found in records of one shape: an extractor for each, made from the table of steps.
//!
//! Most extractors fall out of a row of the table: an entry, and a transformation of its text. In records of event 1 with the entries `Image` and
//! `CommandLine`,
//!
//! ```text
//! process.executable   Entry(Image, Text)              by Move("Image", PROCESS_EXECUTABLE)
//! process.name         Entry(Image, BaseName)          by fill(Field(PROCESS_EXECUTABLE), PROCESS_NAME, BaseName): the field is an entry as it stands,
//!                                                      and the move in between need not be made
//! process.args         Entry(CommandLine, Arguments)
//! dns.answers.data     Never                           no step that sets it can act on such records
//! event.category       Constant
//! ```
//!
//! Only what several steps decide together is found by running their slice of the pipeline ([`Extractor::Steps`]). Nothing here knows a field by name, but
//! for the two that tell of a pipeline that has failed.

use super::slice::{StepSlicer, rest_of};
use crate::ecs::{self, Field, FieldId};
use crate::event::Document;
use crate::source::{Raw, RecordRef};
use crate::sysmon::constants::{constants, is_constant};
use crate::sysmon::mapping::EventMapping;
use crate::sysmon::record_fields::{RECORD_FIELDS, RecordPart};
use crate::sysmon::step::{Action, Derive, Join, Pick, StepFunction, StepInput};
use crate::sysmon::step_context::StepContext;
use crate::sysmon::steps::STEPS;
use crate::sysmon::transform::TextTransform;
use hashbrown::HashMap;
use std::sync::Arc;

/// How the values of a field are found. Entries are named by their positions.
#[derive(Clone, Copy, Debug)]
pub enum Extractor {
    /// There are never any.
    Never,
    /// They are the same for every event of the ID.
    Constant,
    /// A text that is the same wherever the field is set.
    Fixed(&'static str),
    /// Made of the text of an entry.
    Entry(usize, TextTransform),
    /// Made of the text of an entry, but nothing where the pipeline fails before it comes to that.
    Guarded(usize, TextTransform),
    /// The text of the first of two entries that says something.
    Either(usize, usize),
    /// Made of several entries, by position in the joins.
    Join(usize),
    /// By the steps of a group, by its position.
    Steps(usize),
    /// A part of the record outside of its data.
    Record(RecordPart),
    /// The text of an entry as it was logged, whatever it says.
    Logged(usize),
    /// The texts of all entries as they were logged.
    AllLogged,
}

/// A field made of several entries.
#[derive(Debug)]
pub struct EntryJoin {
    pub entries: Vec<usize>,
    pub of: fn(&[&str]) -> Option<String>,
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

/// Tells whether the pipeline fails, where two entries decide it.
#[derive(Debug)]
pub struct FailureGuard {
    pub fails: fn(&str, bool) -> bool,
    /// The entry over which it can fail.
    pub entry: usize,
    /// The entry that it must not lack.
    pub needed: Option<usize>,
}

/// How some fields of the events of an ID are found, whose records have entries of certain names.
#[derive(Debug)]
pub struct Extractors {
    pub(super) shape: StepSlicer,
    /// The fields that were learned, and in `learned` the extractor of each.
    pub(super) fields: Vec<Field>,
    pub(super) learned: Vec<Extractor>,
    /// Positions in `learned` of the fields of the catalogue; `u16::MAX` for none. An array, because fields are looked up for every record.
    by_id: Vec<u16>,
    others: HashMap<Arc<str>, u16>,
    pub(super) groups: Vec<StepGroup>,
    pub(super) joins: Vec<EntryJoin>,
    pub(super) constants: Document,
    /// The position of the entry that tells the time.
    pub(super) utc_time: Option<usize>,
    /// The step, by position, over which the pipeline can fail for such records, and how to tell without running it.
    fallible: Option<usize>,
    pub(super) guard: Option<FailureGuard>,
}

impl Extractors {
    /// Extractors for records of an event ID with entries of these names; fields are to be [learned](Self::learn).
    pub fn new(id: u32, mapping: impl Into<EventMapping>, names: &[Arc<str>]) -> Self {
        let mapping = mapping.into();
        let shape = StepSlicer { context: StepContext::new(id, mapping, '\\'), names: names.to_vec() };
        let mut new = Self {
            utc_time: shape.entry("UtcTime"),
            shape,
            fields: Vec::new(),
            learned: Vec::new(),
            by_id: vec![u16::MAX; FieldId::count()],
            others: HashMap::new(),
            groups: Vec::new(),
            joins: Vec::new(),
            constants: constants(id, mapping),
            fallible: None,
            guard: None,
        };
        new.find_failure();
        new
    }

    /// Finds the step over which the pipeline can fail. There is one at most.
    fn find_failure(&mut self) {
        for (at, step) in STEPS.iter().enumerate() {
            if let Action::Derive(Derive {
                entries: [entry],
                fields: [needed],
                run: StepFunction::Fallible { fails, .. },
                ..
            }) = &step.action
                && step.scope.includes(self.shape.context)
                && self.shape.may_exist(entry)
            {
                let needed = match self.find(&(*needed).into()) {
                    Some(Extractor::Entry(at, TextTransform::Text)) => Some(Some(at)),
                    Some(Extractor::Never) => Some(None),
                    _ => None,
                };
                let entry = self.shape.entry(entry);
                self.guard = entry.zip(needed).map(|(entry, needed)| FailureGuard { fails: *fails, entry, needed });
                self.fallible = Some(at);
            }
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

    /// The place of a field among those that were learned, for [`LazyEvent::write_at`](super::LazyEvent::write_at).
    pub fn position(&self, field: &Field) -> Option<usize> {
        let at = match field {
            Field::Known(id) => self.by_id[id.position()],
            Field::Other(name) => *self.others.get(name)?,
        };
        (at != u16::MAX).then_some(usize::from(at))
    }

    pub(super) fn extractor(&self, field: &Field) -> Option<Extractor> {
        self.position(field).map(|at| self.learned[at])
    }

    /// The relative cost of extracting a field that was learned.
    pub fn cost(&self, field: &Field) -> usize {
        match self.extractor(field) {
            Some(Extractor::Steps(_) | Extractor::Join(_) | Extractor::Guarded(..) | Extractor::AllLogged) | None => 10,
            Some(Extractor::Entry(_, made)) => made.cost(),
            Some(_) => 0,
        }
    }

    /// Whether a field that was learned has the same values in every event.
    pub fn is_constant(&self, field: &Field) -> bool {
        matches!(self.extractor(field), Some(Extractor::Constant | Extractor::Never))
    }

    /// Whether a field that was learned never has a value.
    pub fn is_never(&self, field: &Field) -> bool {
        matches!(self.extractor(field), Some(Extractor::Never))
    }

    /// The position of the entry whose base name a field is, if it is one.
    pub fn base_name(&self, field: &Field) -> Option<usize> {
        match self.extractor(field)? {
            Extractor::Entry(entry, TextTransform::BaseName) => Some(entry),
            _ => None,
        }
    }

    /// The positions of the entries that alone decide the values of a field that was learned, ascending; `None` if more than entries does. Positions
    /// behind the names of the entries stand for texts of the record itself; [`raw_at`] knows them all.
    pub fn entries(&self, field: &Field) -> Option<Vec<usize>> {
        let names = self.shape.names.len();
        let mut entries = match self.extractor(field)? {
            Extractor::Never | Extractor::Constant | Extractor::Fixed(_) => Vec::new(),
            Extractor::Entry(at, _) | Extractor::Logged(at) => vec![at],
            Extractor::AllLogged => (0..names).collect(),
            Extractor::Either(first, second) => vec![first, second],
            Extractor::Guarded(at, _) => {
                let guard = self.guard.as_ref()?;
                [at, guard.entry].into_iter().chain(guard.needed).collect()
            }
            Extractor::Join(join) => self.joins[join].entries.clone(),
            Extractor::Steps(group) => self.groups[group].entries.clone(),
            Extractor::Record(RecordPart::User) => vec![names],
            Extractor::Record(RecordPart::Computer | RecordPart::HostId) => vec![names + 1],
            Extractor::Record(_) => return None,
        };
        entries.sort_unstable();
        entries.dedup();
        Some(entries)
    }

    /// The position of the entry that the texts of a field that was learned are cut out of, if there is one: but for quotes and backslashes, which may
    /// be missing from either, each of them is a part of the entry's text.
    pub fn cut_from(&self, field: &Field) -> Option<usize> {
        match self.extractor(field)? {
            Extractor::Entry(at, made) if made.is_cut() => Some(at),
            Extractor::Logged(at) => Some(at),
            _ => None,
        }
    }

    /// Makes the extractor of a field; `None` if only the whole event tells.
    fn find(&mut self, field: &Field) -> Option<Extractor> {
        if let Field::Known(id) = *field {
            let mut of_record = RECORD_FIELDS.iter().filter(|(of, _)| *of == id);
            match (of_record.next().map(|(_, part)| *part), id, self.fallible) {
                // The second ones tell whether the pipeline has failed, and an event says so itself.
                (Some(RecordPart::Owned(_)), ..) | (None, ecs::EVENT_KIND | ecs::ERROR_MESSAGE, Some(_)) => {
                    return None;
                }
                // Recovered records are never seen in place.
                (Some(RecordPart::Recovered), ..) => return Some(Extractor::Never),
                (Some(part), ..) => return Some(Extractor::Record(part)),
                (None, ecs::EVENT_KIND, None) => return Some(Extractor::Fixed("event")),
                _ => {}
            }
        }
        if is_constant(field) {
            return Some(Extractor::Constant);
        }
        if field.is_entry() {
            // As it stands in the record: no step of the mapping has a say.
            let logged = |name| self.shape.entry(name).map_or(Extractor::Never, Extractor::Logged);
            return Some(field.entry_name().map_or(Extractor::AllLogged, logged));
        }
        let name = field.name();
        let slice = self.shape.slice(name, None);
        let depends = self.fallible.is_some_and(|fallible| slice.steps.iter().any(|step| *step > fallible));
        let found = match rest_of(name) {
            Some(entry) => self.what_stays(entry, &slice.steps, depends),
            None => self.by_one_step(field, &slice.steps),
        };
        match found {
            Some(Extractor::Entry(at, made)) if depends && self.guard.is_some() => Some(Extractor::Guarded(at, made)),
            Some(found) if !depends || matches!(found, Extractor::Never) => Some(found),
            // Every field behind a step that can fail depends on whether the pipeline got that far, so that the step joins the slice although it sets
            // nothing that is asked for.
            _ => Some(self.group(name, self.fallible.filter(|_| depends))),
        }
    }

    /// The extractor of an entry that keeps its name in the event, if no step has to be run to know what becomes of it.
    fn what_stays(&self, entry: &str, steps: &[usize], depends: bool) -> Option<Extractor> {
        let is_removed = steps.iter().any(|step| matches!(STEPS[*step].action, Action::Remove(_)));
        match self.shape.entry(entry) {
            Some(at) if steps.is_empty() => Some(Extractor::Entry(at, TextTransform::Text)),
            // Where the pipeline fails, entries are not removed.
            _ if !self.shape.may_exist(entry) || (is_removed && !depends) => Some(Extractor::Never),
            _ => None,
        }
    }

    /// The extractor of a field, given the steps that it depends on, if one of them alone sets it and makes it of one text, or of several that are entries.
    fn by_one_step(&mut self, field: &Field, steps: &[usize]) -> Option<Extractor> {
        let setters: Vec<usize> = steps.iter().copied().filter(|at| STEPS[*at].action.may_set(field.name())).collect();
        match (&*setters, field) {
            ([], _) => Some(Extractor::Never),
            ([setter], Field::Known(id)) => self.direct(*id, *setter, steps.len() == 1),
            // Several steps: which of them counts is known when they have been run.
            _ => None,
        }
    }

    /// The extractor of a field that a step sets. `is_alone`: no other step has to do with it.
    fn direct(&mut self, field: FieldId, setter: usize, is_alone: bool) -> Option<Extractor> {
        let action = &STEPS[setter].action;
        let mut found: Vec<Extractor> = Vec::new();
        for output in action.outputs().filter(|output| output.to == field) {
            found.push(self.made_of(output.from, output.made, is_alone)?);
        }
        if found.is_empty() {
            return match action {
                Action::Constant(_, text) if is_alone => Some(Extractor::Fixed(text)),
                Action::Join(join) => self.join(join),
                Action::Derive(derive) => match derive.pick?(field, self.shape.context) {
                    Pick::Never => Some(Extractor::Never),
                    Pick::Made(made) => self.made_of(StepInput::Entry(derive.entries[0]), made, is_alone),
                    Pick::Run => None,
                },
                _ => None,
            };
        }
        // An output without its entry sets nothing in such records: what is left decides.
        found.retain(|extractor| !matches!(extractor, Extractor::Never));
        match *found {
            [] => Some(Extractor::Never),
            [one] => Some(one),
            [Extractor::Entry(one, TextTransform::Text), Extractor::Entry(other, TextTransform::Text)] => {
                Some(Extractor::Either(one, other))
            }
            _ => None,
        }
    }

    /// The extractor of what is made of one text.
    fn made_of(&mut self, from: StepInput, made: TextTransform, is_alone: bool) -> Option<Extractor> {
        let field = match from {
            // Another step might rename the entry or take it away.
            StepInput::Entry(name) => {
                return is_alone
                    .then(|| self.shape.entry(name).map_or(Extractor::Never, |at| Extractor::Entry(at, made)));
            }
            StepInput::Field(field) => field,
        };
        match self.find(&field.into())? {
            Extractor::Never => Some(Extractor::Never),
            // The field is the entry as it stands: its text is read there, and the field is never made.
            Extractor::Entry(at, TextTransform::Text) => Some(Extractor::Entry(at, made)),
            // A copy of a field is made as that field is.
            Extractor::Entry(at, other) if made == TextTransform::Text && other.can_share() => {
                Some(Extractor::Entry(at, other))
            }
            _ => None,
        }
    }

    /// The extractor of what is made of several fields, if each is an entry.
    fn join(&mut self, join: &Join) -> Option<Extractor> {
        let mut entries = Vec::new();
        for field in join.fields {
            // The function of the join reads texts as they were written, so that any of these transformations may be left out.
            let Extractor::Entry(at, TextTransform::Text | TextTransform::Long | TextTransform::Address) =
                self.find(&(*field).into())?
            else {
                return None;
            };
            entries.push(at);
        }
        self.joins.push(EntryJoin { entries, of: join.of });
        Some(Extractor::Join(self.joins.len() - 1))
    }

    fn group(&mut self, field: &str, needed: Option<usize>) -> Extractor {
        let slice = self.shape.slice(field, needed);
        let is_read = |name: &Arc<str>| slice.entries.iter().any(|entry| *entry == &**name);
        let entries = (0..).zip(&self.shape.names).filter(|(_, name)| is_read(name)).map(|(at, _)| at).collect();
        let group = StepGroup { steps: slice.steps, entries, rest: rest_of(field).is_some() };
        // Fields with the same slice share a group: its steps run once for all of them.
        let at = self.groups.iter().position(|have| *have == group).unwrap_or_else(|| {
            self.groups.push(group);
            self.groups.len() - 1
        });
        Extractor::Steps(at)
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
