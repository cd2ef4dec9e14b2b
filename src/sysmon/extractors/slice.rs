//! Which steps of the pipeline a field depends on, in records of one event ID with entries of certain names: a backward slice, as a compiler makes of a
//! program.
//!
//! From the last step to the first, a step is kept if it can set something that is needed so far, and what it reads for that is then needed too. Of the whole
//! table two steps are left for `file.extension` of an event 11 with the entry `TargetFilename`:
//!
//! ```text
//! Move("TargetFilename", FILE_PATH)                      needed, since the next one reads `file.path`
//! Make(… fill(Field(FILE_PATH), FILE_EXTENSION, …) …)    sets `file.extension`; reads `file.path`
//! ```

use crate::ecs::{Field, FieldId};
use crate::sysmon::constants::is_constant;
use crate::sysmon::mapping::EventMapping;
use crate::sysmon::step::{Action, MappingStep, StepInput};
use crate::sysmon::step_context::StepContext;
use crate::sysmon::steps::STEPS;
use std::sync::Arc;

/// The start of the names of fields that no step sets: the entry keeps its name behind it.
const REST: &str = "winlog.event_data.";

/// The records of an event ID with entries of certain names, for which slices are made.
#[derive(Debug)]
pub struct StepSlicer {
    pub context: StepContext,
    pub names: Vec<Arc<str>>,
}

/// A slice: the steps, by position in the table, and all that they read or set.
pub struct Slice<'f> {
    pub steps: Vec<usize>,
    pub entries: Vec<&'f str>,
    fields: Vec<&'f str>,
}

/// The entry that a field is what is left of, if it is such a field.
pub fn rest_of(field: &str) -> Option<&str> {
    field.strip_prefix(REST)
}

impl StepSlicer {
    /// The position of an entry of this very name.
    pub fn entry(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|have| &**have == name)
    }

    /// Whether the record has an entry that can become this one: of that name, or renamed to it.
    pub fn may_exist(&self, entry: &str) -> bool {
        let renamed = |step: &MappingStep| matches!(step.action, Action::Rename(from, to) if to == entry && self.entry(from).is_some());
        self.entry(entry).is_some() || STEPS.iter().any(renamed)
    }

    /// The steps that a field depends on, and `needed` with all that it depends on.
    pub fn slice<'f>(&self, field: &'f str, needed: Option<usize>) -> Slice<'f> {
        let mut slice = Slice { steps: Vec::new(), entries: rest_of(field).into_iter().collect(), fields: vec![field] };
        for (at, step) in STEPS.iter().enumerate().rev() {
            if needed == Some(at) || (slice.is_touched_by(&step.action) && self.may_act(at)) {
                slice.add(at, &step.action, needed == Some(at));
            }
        }
        // Back into the pipeline's order, in which they are run.
        slice.steps.reverse();
        slice
    }

    /// Whether a step, by position, can do anything to records with these entries.
    pub fn may_act(&self, at: usize) -> bool {
        let step = &STEPS[at];
        let may_be = |input: StepInput| match input {
            StepInput::Entry(name) => self.may_exist(name),
            StepInput::Field(field) => self.may_be_set(field, at),
        };
        step.scope.includes(self.context)
            && match &step.action {
                Action::Move(entry, _) | Action::Rename(entry, _) => self.may_exist(entry),
                Action::Constant(..) | Action::Remove(_) => true,
                Action::Join(join) => join.fields.iter().all(|field| self.may_be_set(*field, at)),
                // No step makes something of nothing.
                action => action.reads(|_| true).into_iter().any(may_be),
            }
    }

    /// Whether some step before another can set a field.
    // Steps before it are asked the same in turn: the table is short, and a shape is worked out once for all of its records.
    fn may_be_set(&self, field: FieldId, before: usize) -> bool {
        (0..before).any(|at| STEPS[at].action.may_set(field.name()) && self.may_act(at))
    }
}

impl Slice<'_> {
    fn is_touched_by(&self, action: &Action) -> bool {
        let wants = |entry: &str| self.entries.contains(&entry);
        self.fields.iter().any(|field| action.may_set(field))
            || match action {
                Action::Move(entry, _) => wants(entry),
                Action::Rename(from, to) => wants(from) || wants(to),
                Action::Remove(names) => names.iter().any(|name| wants(name)),
                _ => false,
            }
    }

    fn add(&mut self, at: usize, action: &Action, all: bool) {
        self.steps.push(at);
        for input in action.reads(|field| all || self.fields.contains(&field)) {
            let (list, name) = match input {
                StepInput::Entry(name) => (&mut self.entries, name),
                StepInput::Field(field) => (&mut self.fields, field.name()),
            };
            if !list.contains(&name) {
                list.push(name);
            }
        }
    }
}

/// The entries of EventData that a field of the events of an ID comes from, perhaps through other fields; none for what comes with the record itself.
pub fn entries_of(id: u32, field: &Field, mapping: EventMapping) -> Vec<String> {
    if is_constant(field) {
        return Vec::new();
    }
    if field.is_entry() {
        return field.entry_name().into_iter().map(str::to_owned).collect();
    }
    // A record with every entry that any step reads: what can come from where is asked, and no record has been seen.
    let inputs = STEPS.iter().flat_map(|step| step.action.reads(|_| true));
    let entry = |input| match input {
        StepInput::Entry(name) => Some(Arc::from(name)),
        StepInput::Field(_) => None,
    };
    let names = inputs.filter_map(entry).chain(rest_of(field.name()).map(Arc::from)).collect();
    let slicer = StepSlicer { context: StepContext::new(id, mapping, '\\'), names };
    let mut entries: Vec<String> = slicer.slice(field.name(), None).entries.into_iter().map(str::to_owned).collect();
    entries.sort();
    entries
}
