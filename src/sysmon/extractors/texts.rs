//! Where the texts of all fields of a record come from, for whoever looks for a text in every field and makes none of them.
//!
//! Most fields are an entry, or a part of one: a text that none of the stored entries holds is in none of these fields. What is left is little, and
//! [`FieldTexts`] names it: constants, numbers that are written in another form, arguments, which lack their quotes, and digests.

use super::plan::Extractors;
use crate::ecs::Field;
use crate::sysmon::record_fields::NAMES_OF_NUMBERS;
use crate::sysmon::step::{Action, MappingStep, Scope};
use crate::sysmon::steps::STEPS;
use crate::sysmon::transform::TextRelation;

/// A field whose texts are parts of an entry without some of its quotes and backslashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnquotedField {
    /// The field.
    pub field: Field,
    /// The position of the entry.
    pub entry: usize,
}

/// What the fields of the records of a shape hold that is in no entry as it is stored.
#[derive(Clone, Debug, Default)]
pub struct FieldTexts {
    /// Texts that some field may have whatever the entries say; `{}` in one stands for a part of an entry.
    pub own: Vec<String>,
    /// Fields whose texts are parts of an entry without quotes.
    pub unquoted: Vec<UnquotedField>,
    /// Fields that are numbers, which an entry may have in another form.
    pub numbers: Vec<Field>,
    /// Fields that are digests of entries, in Base64.
    pub digests: Vec<Field>,
    /// The positions of entries that fields have in lower case, as Unicode has it: that of a letter beyond ASCII may be another letter.
    pub lowered: Vec<usize>,
    /// Whether there is a field of which nothing can be said but by making it.
    pub is_partial: bool,
}

impl Extractors {
    /// Where the texts of all fields come from. The fields that are named are learned.
    pub fn texts(&mut self) -> FieldTexts {
        let mut texts = FieldTexts { own: self.fixed_texts(), ..FieldTexts::default() };
        let acting: Vec<usize> = (0..STEPS.len()).filter(|at| self.shape.may_act(*at)).collect();
        for MappingStep { scope, action } in acting.into_iter().map(|at| &STEPS[at]) {
            // What databases say of an address is in no entry.
            texts.is_partial |= matches!(scope, Scope::Located);
            for output in action.outputs() {
                let field = Field::from(output.to);
                match output.made.relation() {
                    TextRelation::Part => {}
                    TextRelation::OneOf(own) => texts.own.extend(own.into_iter().map(str::to_owned)),
                    TextRelation::Number => self.add(field, |texts| &mut texts.numbers, &mut texts),
                    TextRelation::Unquoted => self.add_unquoted(field, &mut texts),
                    // No output of the table is one: hashes are picked by the step that reads their list.
                    TextRelation::Lower => texts.is_partial = true,
                }
            }
            match action {
                Action::Constant(_, text) => texts.own.push((*text).to_owned()),
                Action::Join(join) => self.add(join.to.into(), |texts| &mut texts.digests, &mut texts),
                Action::Derive(derive) => {
                    texts.own.extend((derive.own)().into_iter().map(str::to_owned));
                    if derive.lowers {
                        derive.entries.iter().for_each(|name| texts.lowered.extend(self.entries_named(name)));
                    }
                }
                Action::Move(..) | Action::Convert(_) | Action::Make(..) | Action::Rename(..) | Action::Remove(_) => {}
            }
        }
        texts
    }

    /// Texts that are the same in every event of the ID, and those that stand for numbers of the record itself.
    fn fixed_texts(&self) -> Vec<String> {
        let of_field = |(field, values): (&Field, &[crate::event::Value])| {
            values.iter().map(|value| value.text_in(field).into_owned()).collect::<Vec<_>>()
        };
        let constants = self.constants.iter().flat_map(of_field);
        constants.chain(NAMES_OF_NUMBERS.iter().map(|&text| text.to_owned())).collect()
    }

    fn add(&mut self, field: Field, list: impl Fn(&mut FieldTexts) -> &mut Vec<Field>, texts: &mut FieldTexts) {
        texts.is_partial |= !self.learn(&field);
        if !list(texts).contains(&field) {
            list(texts).push(field);
        }
    }

    fn add_unquoted(&mut self, field: Field, texts: &mut FieldTexts) {
        let is_learned = self.learn(&field);
        match self.entries(&field).as_deref() {
            Some(&[]) => {}
            Some(&[entry]) if is_learned => texts.unquoted.push(UnquotedField { field, entry }),
            _ => texts.is_partial = true,
        }
    }

    /// The positions of the entries that have a name, or are given it.
    fn entries_named(&self, name: &str) -> Vec<usize> {
        let renamed = STEPS.iter().filter_map(|step| match step.action {
            Action::Rename(from, to) if to == name => Some(from),
            _ => None,
        });
        renamed.chain([name]).filter_map(|name| self.shape.entry(name)).collect()
    }
}
