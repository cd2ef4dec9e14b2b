//! A document: fields and their values, sorted by field.

use super::value::{FieldValues, Value};
use crate::base::guid::Guid;
use crate::ecs::{self, Cardinality, Field, FieldId, FieldType};
use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use std::hash::BuildHasher;

/// Whatever has values under fields: a document, or something that works its values out when they are asked for.
pub trait Fields {
    /// All values of a field; none if it is missing.
    fn values(&self, field: &Field) -> &[Value];

    /// Every field that has a value; none if fields can only be asked for by name.
    fn fields(&self) -> Vec<&Field> {
        Vec::new()
    }

    /// Adds the only value of a field to `out` if it is a text that is easier to write than to hold.
    fn write_text(&self, _field: &Field, _out: &mut String) -> WrittenText {
        WrittenText::NotText
    }

    /// The only value of a field if it is an integer that is easier to read than to hold.
    fn long(&self, _field: &Field) -> Option<i64> {
        None
    }

    /// The only value of a field if it is a GUID that is easier to compare than its text, which is what [`crate::base::guid::text`] makes of it.
    fn guid(&self, _field: &Field) -> Option<&Guid> {
        None
    }
}

/// The outcome of [`Fields::write_text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenText {
    /// It added the only value.
    Text,
    /// The field has no value.
    Nothing,
    /// The values must be asked for.
    NotText,
}

impl Fields for Document {
    fn values(&self, field: &Field) -> &[Value] {
        Self::values(self, field)
    }

    fn fields(&self) -> Vec<&Field> {
        self.iter().map(|(field, _)| field).collect()
    }
}

/// A flat map from field to its values.
///
/// Beside its fields it may hold the entries of the record that it was made from, as they were logged ([`Field::is_entry`]). These have values for whoever asks
/// for them by name, but are no part of the document: it is written, listed and compared without.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Document {
    fields: Vec<(Field, FieldValues)>,
    /// Entries that were set one by one, sorted by field.
    entries: Vec<(Field, FieldValues)>,
    /// All entries of the record in its order.
    logged: LoggedEntries,
    /// Which of the answers of a DNS query have a type and no data, by position: the lists of types and data are not equally long then.
    bare_answers: Box<[usize]>,
}

/// Entries of a record: the field of each, and its text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct LoggedEntries {
    fields: Vec<Field>,
    texts: Vec<Value>,
}

impl LoggedEntries {
    fn values(&self, field: &Field) -> &[Value] {
        if *field == Field::Known(ecs::ENTRY_ALL) {
            return &self.texts;
        }
        // A record has some twenty. Of several with one name the first counts, as in the mapping.
        let at = self.fields.iter().position(|have| have == field);
        at.and_then(|at| self.texts.get(at..=at)).unwrap_or_default()
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.fields == other.fields && self.bare_answers == other.bare_answers
    }
}

impl Document {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// A document of fields and values in any order; several values of one field keep theirs.
    pub fn from_pairs(mut pairs: Vec<(Field, Value)>) -> Self {
        // Stable, so that several values of a field keep their order. Sorting once is far cheaper than inserting each field at its place.
        pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
        let mut fields: Vec<(Field, FieldValues)> = Vec::with_capacity(pairs.len());
        for (field, value) in pairs {
            match fields.last_mut() {
                Some((last, values)) if *last == field => values.push(value),
                _ => fields.push((field, FieldValues::One(value))),
            }
        }
        Self { fields, ..Self::default() }
    }

    /// Of each field the first value, unless that is a text of more than so many bytes: what tells which process, host or file the document is about, and
    /// nothing of what a long command line or a list of its arguments takes.
    #[must_use]
    pub fn outline(&self, longest: usize) -> Self {
        let is_short = |value: &&Value| value.as_text().is_none_or(|text| text.len() <= longest);
        let short =
            |(field, values): (&Field, &[Value])| Some((field.clone(), values.first().filter(is_short)?.clone()));
        Self::from_pairs(self.iter().filter_map(short).collect())
    }

    /// Notes which of the DNS answers, by position, have no data.
    #[must_use]
    pub(super) fn with_bare_answers(self, bare_answers: Box<[usize]>) -> Self {
        Self { bare_answers, ..self }
    }

    /// Sets the answers of a DNS query: of each its type, and its data if it has some.
    pub fn set_answers(&mut self, answers: impl IntoIterator<Item = (Value, Option<Value>)>) {
        let (types, data): (Vec<Value>, Vec<Option<Value>>) = answers.into_iter().unzip();
        self.bare_answers = data.iter().enumerate().filter(|(_, data)| data.is_none()).map(|(at, _)| at).collect();
        self.set_all(ecs::DNS_ANSWERS_TYPE, types);
        self.set_all(ecs::DNS_ANSWERS_DATA, data.into_iter().flatten());
    }

    /// All values of a field; none if it is missing.
    pub fn values(&self, field: &Field) -> &[Value] {
        if field.is_entry() {
            let set = search(&self.entries, field).map(|at| self.entries[at].1.as_slice());
            return set.unwrap_or_else(|_| self.logged.values(field));
        }
        search(&self.fields, field).map_or(&[], |at| self.fields[at].1.as_slice())
    }

    /// All values of a field of the catalogue.
    pub fn all(&self, id: FieldId) -> &[Value] {
        self.values(&Field::Known(id))
    }

    /// The first value of a field of the catalogue.
    pub fn first(&self, id: FieldId) -> Option<&Value> {
        self.all(id).first()
    }

    /// The first value of a field of the catalogue, if it is text.
    pub fn text(&self, id: FieldId) -> Option<&str> {
        self.first(id).and_then(Value::as_text)
    }

    /// Whether the field has a value.
    pub fn has(&self, id: FieldId) -> bool {
        !self.all(id).is_empty()
    }

    /// Whether the document tells of the creation of a process: category `process` and type `start`, but not the load of an image,
    /// which Elastic gives the same category and type beside its own.
    pub fn is_process_creation(&self) -> bool {
        let has = |field, text: &str| self.all(field).iter().any(|value| value.as_text() == Some(text));
        has(ecs::EVENT_CATEGORY, "process") && has(ecs::EVENT_TYPE, "start") && !has(ecs::EVENT_CATEGORY, "library")
    }

    /// Sets a field to one value, in place of those it had.
    pub fn set(&mut self, field: impl Into<Field>, value: impl Into<Value>) {
        self.replace(field.into(), FieldValues::One(value.into()));
    }

    /// Sets a field to one value unless it has one already.
    pub fn set_if_missing(&mut self, field: impl Into<Field>, value: impl Into<Value>) {
        let field = field.into();
        let among = self.among_mut(&field);
        if let Err(at) = search(among, &field) {
            among.insert(at, (field, FieldValues::One(value.into())));
        }
    }

    /// Sets a field to a list of values, in place of those it had; an empty list removes the field.
    pub fn set_all(&mut self, field: impl Into<Field>, values: impl IntoIterator<Item = Value>) {
        let field = field.into();
        let mut values: Vec<Value> = values.into_iter().collect();
        match values.len() {
            0 => self.remove(&field),
            1 => self.replace(field, FieldValues::One(values.remove(0))),
            _ => self.replace(field, FieldValues::Many(values)),
        }
    }

    /// Sets a field to values, in place of those it had.
    pub fn set_values(&mut self, field: impl Into<Field>, values: FieldValues) {
        self.replace(field.into(), values);
    }

    /// Adds a value to a field.
    pub fn push(&mut self, field: impl Into<Field>, value: impl Into<Value>) {
        let field = field.into();
        let among = self.among_mut(&field);
        match search(among, &field) {
            Ok(at) => among[at].1.push(value.into()),
            Err(at) => among.insert(at, (field, FieldValues::One(value.into()))),
        }
    }

    /// Adds a value to a field unless the field has it already.
    pub fn push_distinct(&mut self, field: impl Into<Field>, value: impl Into<Value>) {
        let (field, value) = (field.into(), value.into());
        if !self.values(&field).contains(&value) {
            self.push(field, value);
        }
    }

    /// Adds those values to a field that it does not have already, in their order. The cost is linear in the number of values.
    pub fn extend_distinct(&mut self, field: impl Into<Field>, values: impl IntoIterator<Item = Value>) {
        let field = field.into();
        let mut all: Vec<Value> = self.values(&field).to_vec();
        // Evidence is hostile: a list of a hundred thousand addresses in one event is searched by hash, not from its beginning each time.
        let (mut known, hasher) = (HashTable::new(), DefaultHashBuilder::default());
        let hash = |value: &Value| hasher.hash_one(value.to_string());
        for (at, value) in all.iter().enumerate() {
            known.insert_unique(hash(value), at, |&at| hash(&all[at]));
        }
        for value in values {
            let hash_of_value = hash(&value);
            if known.find(hash_of_value, |&at| all[at] == value).is_none() {
                all.push(value);
                known.insert_unique(hash_of_value, all.len() - 1, |&at| hash(&all[at]));
            }
        }
        self.set_all(field, all);
    }

    /// Sets each field to its value, in place of those it had; of several values for one field the last counts. Sorts once, where [`Self::set`] moves
    /// what stands behind each field.
    pub fn set_many(&mut self, pairs: Vec<(Field, Value)>) {
        let pairs = pairs.into_iter().rev().map(|(field, value)| (field, FieldValues::One(value)));
        let old = std::mem::take(&mut self.fields);
        self.fields = first_of_each(pairs.chain(old).collect());
    }

    /// Sets each field to its value unless it has one; of several values for one field the first counts. Sorts once, where [`Self::set_if_missing`] moves
    /// what stands behind each field.
    pub fn set_many_if_missing(&mut self, pairs: Vec<(Field, Value)>) {
        let mut all = std::mem::take(&mut self.fields);
        all.extend(pairs.into_iter().map(|(field, value)| (field, FieldValues::One(value))));
        self.fields = first_of_each(all);
    }

    /// Removes a field.
    pub fn remove(&mut self, field: &Field) {
        let among = self.among_mut(field);
        if let Ok(at) = search(among, field) {
            among.remove(at);
        }
    }

    /// Every field with its values, in the order of [`Field`].
    pub fn iter(&self) -> impl Iterator<Item = (&Field, &[Value])> {
        self.fields.iter().map(|(field, values)| (field, values.as_slice()))
    }

    /// Sets the entries of the record that the document was made from: names and texts as they were logged, in the order of the record.
    pub fn set_entries<N: AsRef<str>, T: AsRef<str>>(&mut self, entries: &[(N, T)]) {
        self.logged = LoggedEntries {
            fields: entries.iter().map(|(name, _)| Field::entry(name.as_ref())).collect(),
            texts: entries.iter().map(|(_, text)| text.as_ref().into()).collect(),
        };
    }

    /// The names of the entries of the record that the document was made from, as fields.
    pub fn entries(&self) -> &[Field] {
        &self.logged.fields
    }

    /// The document as nested JSON objects, keys sorted, dots of the names as levels.
    ///
    /// A field whose name is also the start of another's (`a` and `a.b`) cannot be nested; the longer one then keeps its dotted name.
    pub fn to_json(&self) -> serde_json::Value {
        let mut fields: Vec<(&str, serde_json::Value)> =
            self.fields.iter().map(|(field, values)| (field.name(), values_to_json(field, values))).collect();
        fields.sort_by(|a, b| a.0.cmp(b.0));
        let mut root = Map::new();
        for (name, value) in fields {
            insert_nested(&mut root, name, value);
        }
        for path in ecs::OBJECT_LISTS {
            zip_objects(&mut root, path, &self.bare_answers);
        }
        serde_json::Value::Object(root)
    }

    fn replace(&mut self, field: Field, values: FieldValues) {
        let among = self.among_mut(&field);
        match search(among, &field) {
            Ok(at) => among[at].1 = values,
            Err(at) => among.insert(at, (field, values)),
        }
    }

    /// The fields, or the entries, where this one belongs.
    fn among_mut(&mut self, field: &Field) -> &mut Vec<(Field, FieldValues)> {
        if field.is_entry() { &mut self.entries } else { &mut self.fields }
    }
}

/// Sorts fields; of several entries of one field the first stays.
fn first_of_each(mut all: Vec<(Field, FieldValues)>) -> Vec<(Field, FieldValues)> {
    all.sort_by(|(left, _), (right, _)| left.cmp(right));
    all.dedup_by(|(field, _), (kept, _)| field == kept);
    all
}

fn search(among: &[(Field, FieldValues)], field: &Field) -> Result<usize, usize> {
    among.binary_search_by(|(have, _)| have.cmp(field))
}

fn values_to_json(field: &Field, values: &FieldValues) -> serde_json::Value {
    match values.as_slice() {
        // Elasticsearch does not tell a list of one from its only value; ECS does, and readers of the JSON rely on fields that are always lists.
        [one] if field.shape() == Cardinality::Single => value_to_json(field, one),
        all => all.iter().map(|value| value_to_json(field, value)).collect(),
    }
}

fn value_to_json(field: &Field, value: &Value) -> serde_json::Value {
    match value {
        Value::Date(at) if field.kind() == Some(FieldType::DateNanos) => at.rfc3339_full().into(),
        value => value.to_json(),
    }
}

/// Turns an object of lists into a list of objects, if its lists belong together: if they are equally long, or lack just the members of the `bare` objects.
fn zip_objects(root: &mut Map<String, serde_json::Value>, path: &[&str], bare: &[usize]) {
    let [outer @ .., last] = path else { return };
    let mut object = root;
    for name in outer {
        match object.get_mut(*name) {
            Some(serde_json::Value::Object(inner)) => object = inner,
            _ => return,
        }
    }
    let Some(serde_json::Value::Object(lists)) = object.get(*last) else { return };
    let lists: Option<Vec<_>> = lists.iter().map(|(name, list)| Some((name, list.as_array()?))).collect();
    let Some(lists) = lists else { return };
    let Some(length) = lists.iter().map(|(_, list)| list.len()).max() else { return };
    // `{"type": ["A", "AAAA"], "data": ["10.0.0.1", "::1"]}` becomes `[{"type": "A", "data": "10.0.0.1"}, …]`. Lists of other lengths belong together in
    // a way that nobody has written down, and stay lists.
    if lists.iter().any(|(_, list)| list.len() != length && list.len() + bare.len() != length) {
        return;
    }
    let mut members: Vec<_> = lists.iter().map(|(name, list)| (*name, list.len() < length, list.iter())).collect();
    let mut nth = |at: usize| {
        let mut object = Map::new();
        for (name, is_short, list) in &mut members {
            if *is_short && bare.binary_search(&at).is_ok() {
                continue;
            }
            object.extend(list.next().map(|value| ((*name).clone(), value.clone())));
        }
        serde_json::Value::Object(object)
    };
    let objects = (0..length).map(&mut nth).collect();
    object.insert((*last).to_owned(), serde_json::Value::Array(objects));
}

fn insert_nested(object: &mut Map<String, serde_json::Value>, name: &str, value: serde_json::Value) {
    let Some((head, rest)) = name.split_once('.') else {
        object.insert(name.to_owned(), value);
        return;
    };
    // Names come sorted, so that `a` is there before `a.b`: the value keeps its place, and the longer name its dots.
    match object.entry(head).or_insert_with(|| serde_json::Value::Object(Map::new())) {
        serde_json::Value::Object(inner) => insert_nested(inner, rest, value),
        _ => {
            object.insert(name.to_owned(), value);
        }
    }
}
