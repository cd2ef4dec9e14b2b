//! A step of the pipeline: data wherever it can be, so that the table of steps is the only place that knows how an entry becomes a field.
//!
//! A row can be done, told and asked:
//!
//! - done, over a whole record ([`MappingStep::apply`]);
//! - told, in `docs/fields.md`;
//! - asked what it reads and sets ([`Action::reads`], [`Action::may_set`]) and of which text it makes a field ([`Action::outputs`]), out of which extractors
//!   are made.
//!
//! For the last the row `Make("…", &[fill(Entry("User"), USER_NAME, UserName), …])` is enough: who wants `user.name` of a record reads its entry `User` and
//! makes [`TextTransform::UserName`] of it, and no other step is run.

use super::mapping::Mapping;
use super::raw::EventData;
use super::step_context::{Failure, StepContext};
use super::transform::TextTransform;
use crate::ecs::FieldId;
use crate::event::{Document, FieldValues, Value};

/// One step.
#[derive(Debug)]
pub struct MappingStep {
    /// Which events go through it.
    pub scope: Scope,
    /// Its effect.
    pub action: Action,
}

/// Which events a step is for.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    /// All.
    All,
    /// Events with one of these IDs.
    Only(&'static [u32]),
    /// Events with any other ID.
    Except(&'static [u32]),
    /// Events with one of these IDs, in one mapping only.
    OnlyIn(Mapping, &'static [u32]),
    /// All, in one mapping only.
    In(Mapping),
    /// All, if addresses are looked up.
    Located,
}

impl Scope {
    /// Whether events of an ID go through the step.
    pub fn includes(self, context: StepContext) -> bool {
        let StepContext { id, mapping, geo, .. } = context;
        match self {
            Self::All => true,
            Self::Located => geo.is_some(),
            Self::Only(ids) => ids.contains(&id),
            Self::Except(ids) => !ids.contains(&id),
            Self::OnlyIn(wanted, ids) => wanted == mapping && ids.contains(&id),
            Self::In(wanted) => wanted == mapping,
        }
    }

    /// Whether events of an ID go through the step in some mapping, if addresses are looked up or not.
    pub fn may_include(self, id: u32, is_located: bool) -> bool {
        match self {
            Self::All | Self::In(_) => true,
            Self::Only(ids) | Self::OnlyIn(_, ids) => ids.contains(&id),
            Self::Except(ids) => !ids.contains(&id),
            Self::Located => is_located,
        }
    }
}

/// The text that a step reads.
#[derive(Clone, Copy, Debug)]
pub enum StepInput {
    /// That of an entry of EventData.
    Entry(&'static str),
    /// That of a field that earlier steps have set.
    Field(FieldId),
}

/// One field that a step makes of one text.
#[derive(Clone, Copy, Debug)]
pub struct StepOutput {
    pub from: StepInput,
    pub to: FieldId,
    pub made: TextTransform,
    mode: SetMode,
}

/// How a step treats the values that a field has already.
#[derive(Clone, Copy, Debug)]
enum SetMode {
    /// They are replaced.
    Set,
    /// They stay, and nothing is set.
    Fill,
    /// The new one is added to them, unless it is among them.
    Add,
}

/// Sets a field.
pub const fn set(from: StepInput, to: FieldId, made: TextTransform) -> StepOutput {
    StepOutput { from, to, made, mode: SetMode::Set }
}

/// Sets a field that has no value yet.
pub const fn fill(from: StepInput, to: FieldId, made: TextTransform) -> StepOutput {
    StepOutput { from, to, made, mode: SetMode::Fill }
}

/// Adds to a list.
pub const fn add(from: StepInput, to: FieldId, made: TextTransform) -> StepOutput {
    StepOutput { from, to, made, mode: SetMode::Add }
}

/// The effect of a step.
#[derive(Debug)]
pub enum Action {
    /// The entry's text becomes the field and leaves EventData, unless the field has a value already.
    Move(&'static str, FieldId),
    /// The text of an entry becomes one field; the entry stays.
    Convert(StepOutput),
    /// Texts become fields, in the way that is described for `docs/fields.md`.
    Make(&'static str, &'static [StepOutput]),
    /// The texts of several fields become one.
    Join(Join),
    /// The entry gets another name, unless there is an entry of that name.
    Rename(&'static str, &'static str),
    /// The field gets a constant.
    Constant(FieldId, &'static str),
    /// Anything else.
    Derive(Derive),
    /// Entries leave EventData, whether or not a step has used them.
    Remove(&'static [&'static str]),
}

/// A field made of the texts of several others, all of which must be there.
#[derive(Debug)]
pub struct Join {
    /// A description for `docs/fields.md`.
    pub how: &'static str,
    /// The fields that it reads.
    pub fields: &'static [FieldId],
    /// The field that it sets.
    pub to: FieldId,
    /// Makes the text of theirs.
    pub of: fn(&[&str]) -> Option<String>,
}

/// A step with a function of its own.
#[derive(Debug)]
pub struct Derive {
    /// A description for `docs/fields.md`.
    pub how: &'static str,
    /// Entries of EventData that it reads.
    pub entries: &'static [&'static str],
    /// Fields that earlier steps have set and that it reads.
    pub fields: &'static [FieldId],
    /// Fields that it may set; a name with `.*` at its end stands for all below it.
    pub writes: &'static [&'static str],
    /// The fields among them that are made of one text each. They are set before the function runs.
    pub outputs: &'static [StepOutput],
    /// Texts that it may write and that are none of those it reads, nor parts of them; `{}` in one stands for such a part.
    pub own: fn() -> Vec<&'static str>,
    /// Whether it writes parts in lower case, as Unicode has it.
    pub lowers: bool,
    /// How one of the others can be had without running the function, if some can.
    pub pick: Option<fn(FieldId, StepContext) -> Pick>,
    /// The function.
    pub run: StepFunction,
}

/// The function of a step.
#[derive(Debug)]
pub enum StepFunction {
    /// One that cannot fail.
    Sure(fn(&EventData<'_>, &mut Document, StepContext)),
    /// One over which Elastic's pipeline may stop.
    Fallible {
        run: fn(&EventData<'_>, &mut Document, StepContext) -> Result<(), Failure>,
        /// Whether it fails, by the text of its entry, and by whether the field that it needs is there.
        fails: fn(&str, bool) -> bool,
    },
}

/// How a field of a step with a function can be had without running it.
#[derive(Clone, Copy, Debug)]
pub enum Pick {
    /// It cannot.
    Run,
    /// In no event of the ID has it a value.
    Never,
    /// It is made of the text of the step's one entry.
    Made(TextTransform),
}

impl Action {
    /// The fields that are made of one text each.
    pub fn outputs(&self) -> impl Iterator<Item = StepOutput> {
        let (one, all): (_, &[StepOutput]) = match self {
            Self::Move(entry, to) => (Some(fill(StepInput::Entry(entry), *to, TextTransform::Text)), &[]),
            Self::Convert(output) => (Some(*output), &[]),
            Self::Make(_, outputs) => (None, outputs),
            Self::Derive(derive) => (None, derive.outputs),
            Self::Join(_) | Self::Rename(..) | Self::Constant(..) | Self::Remove(_) => (None, &[]),
        };
        one.into_iter().chain(all.iter().copied())
    }

    /// Whether the step can give a field a value.
    pub fn may_set(&self, name: &str) -> bool {
        match self {
            // A match on names and not on ids: a field that is in no catalogue, such as `process.hash.xxh3`, can be set too.
            Self::Constant(field, _) => field.name() == name,
            Self::Join(join) => join.to.name() == name,
            Self::Derive(derive) => derive.writes.iter().any(|written| match written.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => *written == name,
            }),
            _ => self.outputs().any(|output| output.to.name() == name),
        }
    }

    /// The texts that the step reads to set those fields that are asked for.
    pub fn reads(&self, wanted: impl Fn(&str) -> bool) -> Vec<StepInput> {
        let entries = |names: &[&'static str]| names.iter().map(|name| StepInput::Entry(name)).collect::<Vec<_>>();
        let fields = |fields: &'static [FieldId]| fields.iter().map(|field| StepInput::Field(*field));
        match self {
            // Whether the entry is moved away depends on the field.
            Self::Move(entry, to) => vec![StepInput::Entry(entry), StepInput::Field(*to)],
            Self::Rename(from, to) => entries(&[from, to]),
            Self::Join(join) => fields(join.fields).collect(),
            Self::Derive(derive) => entries(derive.entries).into_iter().chain(fields(derive.fields)).collect(),
            _ => self.outputs().filter(|output| wanted(output.to.name())).map(|output| output.from).collect(),
        }
    }
}

impl MappingStep {
    /// Does the step.
    pub fn apply(
        &self,
        data: &mut EventData<'_>,
        document: &mut Document,
        context: StepContext,
    ) -> Result<(), Failure> {
        for output in self.action.outputs() {
            output.apply(data, document, context, matches!(self.action, Action::Move(..)));
        }
        match &self.action {
            Action::Rename(from, to) => data.rename(from, to),
            // Over what the field has: `network.protocol` of a DNS query is `dns`, whatever its ports are called.
            Action::Constant(field, text) => document.set(*field, *text),
            Action::Remove(names) => data.remove(names),
            Action::Join(join) => {
                // First values: Sysmon has one of each, and so has whoever asks for one field of a record in place.
                let texts: Vec<String> =
                    join.fields.iter().filter_map(|field| document.first(*field)).map(Value::to_string).collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                if let Some(text) =
                    Some(texts).filter(|texts| texts.len() == join.fields.len()).and_then(|t| (join.of)(&t))
                {
                    document.set(join.to, text);
                }
            }
            Action::Derive(Derive { run: StepFunction::Sure(run), .. }) => run(data, document, context),
            Action::Derive(Derive { run: StepFunction::Fallible { run, .. }, .. }) => run(data, document, context)?,
            Action::Move(..) | Action::Convert(_) | Action::Make(..) => {}
        }
        Ok(())
    }
}

impl StepOutput {
    fn apply(&self, data: &mut EventData<'_>, document: &mut Document, context: StepContext, moves: bool) {
        let make = |text: &str| self.made.of(text, context.separator).into_values(text);
        let values = match (self.from, self.made) {
            (StepInput::Entry(name), _) => data.get(name).and_then(make),
            // A field that is copied keeps its type.
            (StepInput::Field(field), TextTransform::Text) => document.first(field).cloned().map(FieldValues::One),
            (StepInput::Field(field), _) => document.text(field).and_then(make),
        };
        let Some(values) = values else { return };
        match (self.mode, values) {
            // As in Elastic's `rename` with `ignore_failure`: where the field is set the entry stays, and ends in `winlog.event_data`.
            (SetMode::Fill, _) if document.has(self.to) => return,
            (SetMode::Add, FieldValues::One(value)) => document.push_distinct(self.to, value),
            (_, values) => document.set_values(self.to, values),
        }
        if let (true, StepInput::Entry(name)) = (moves, self.from) {
            data.remove(&[name]);
        }
    }
}
