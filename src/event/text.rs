//! The JSON of a document written at once, without the objects in between.
//!
//! The text is that of [`Document::to_json`], byte for byte; a test holds that. Sorted by name, the fields below one object stand together, so that an
//! object is opened when its first field comes and closed when another one's does. What does not nest as plainly as that is written by way of the objects.

use super::document::Document;
use super::order::Event;
use super::value::Value;
use crate::base::json;
use crate::ecs::{self, Cardinality, Field, FieldType};
use std::cmp::Ordering;
use std::sync::LazyLock;

/// Where the entries of a record stand that are no fields of their own.
const ENTRIES: &str = "winlog.event_data.";

impl Event {
    /// Adds what [`Self::to_json`] gives, as text.
    pub fn push_json(&self, out: &mut Vec<u8>) {
        if self.is_recovered {
            // These are few; what is said of them stands in the document too.
            return drop(serde_json::to_writer(out, &self.to_json()));
        }
        match &self.original {
            // Writing to a Vec does not fail, and every object that was read can be written.
            Some(given) => drop(serde_json::to_writer(&mut *out, &**given)),
            None => self.document.push_json(out),
        }
        if self.is_logged_known && out.pop() == Some(b'}') {
            let comma = if out.last() == Some(&b'{') { "" } else { "," };
            out.extend_from_slice(comma.as_bytes());
            out.extend_from_slice(br#""evql":{"logged":""#);
            self.logged.push_rfc3339(true, out);
            out.extend_from_slice(br#""}}"#);
        }
    }
}

impl Document {
    /// Adds what [`Self::to_json`] gives, as text.
    pub fn push_json(&self, out: &mut Vec<u8>) {
        if !self.iter().all(|(field, _)| nests_plainly(field)) {
            return drop(serde_json::to_writer(out, &self.to_json()));
        }
        let mut fields: Vec<(&Field, &[Value])> = self.iter().collect();
        fields.sort_unstable_by(|(left, _), (right, _)| by_name(left, right));
        push_object(&fields, 0, out);
    }

    /// Adds the objects with these names that [`Self::to_json`] has at its top, each as a member with a comma before it. Returns whether it has some.
    pub fn push_objects(&self, names: &[&str], out: &mut Vec<u8>) -> bool {
        let before = out.len();
        if !self.iter().all(|(field, _)| nests_plainly(field)) {
            let document = self.to_json();
            for (name, value) in names.iter().filter_map(|name| Some((name, document.get(name)?))) {
                push_key(name, out);
                drop(serde_json::to_writer(&mut *out, value));
            }
            return out.len() > before;
        }
        let mut fields: Vec<(&Field, &[Value])> = self.iter().collect();
        fields.sort_unstable_by(|(left, _), (right, _)| by_name(left, right));
        for name in names {
            let is_below = |field: &Field| field.name().strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
            // Sorted by name, the fields below one object stand together.
            let Some(from) = fields.iter().position(|(field, _)| is_below(field)) else { continue };
            let length = fields[from..].iter().take_while(|(field, _)| is_below(field)).count();
            push_key(name, out);
            push_object(&fields[from..from + length], name.len() + 1, out);
        }
        out.len() > before
    }
}

fn push_key(name: &str, out: &mut Vec<u8>) {
    out.push(b',');
    json::push_text(out, name);
    out.push(b':');
}

/// Adds an object with fields, sorted by name, whose names without their first `base` bytes are the names in it.
fn push_object(fields: &[(&Field, &[Value])], base: usize, out: &mut Vec<u8>) {
    out.push(b'{');
    // The names of the objects that are open, a dot behind each.
    let mut open = "";
    for (field, values) in fields {
        let name = &field.name()[base..];
        let (objects, key) = name.split_at(name.rfind('.').map_or(0, |dot| dot + 1));
        let common = common_objects(open, objects);
        out.extend(open[common..].matches('.').map(|_| b'}'));
        // What was just opened needs no comma.
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        for object in objects[common..].split_terminator('.') {
            json::push_text(out, object);
            out.extend_from_slice(b":{");
        }
        open = objects;
        json::push_text(out, key);
        out.push(b':');
        push_values(field, values, out);
    }
    out.extend(open.matches('.').map(|_| b'}'));
    out.push(b'}');
}

/// Whether a field has its place among the objects whatever other fields there are: no name of the catalogue is the start of another one.
fn nests_plainly(field: &Field) -> bool {
    match field {
        Field::Known(id) => !is_in_list(id.name()),
        Field::Other(name) => name.strip_prefix(ENTRIES).is_some_and(|entry| !entry.is_empty() && !entry.contains('.')),
    }
}

/// Whether a name is that of a field of objects that come in lists.
fn is_in_list(name: &str) -> bool {
    ecs::OBJECT_LISTS.iter().any(|path| {
        let mut rest = name.split('.');
        path.iter().all(|object| rest.next() == Some(object))
    })
}

/// The order of names; that of the catalogue is known beforehand.
fn by_name(left: &Field, right: &Field) -> Ordering {
    static RANKS: LazyLock<Vec<usize>> = LazyLock::new(|| {
        let mut sorted: Vec<ecs::FieldId> = ecs::all().collect();
        sorted.sort_unstable_by_key(|id| id.name());
        let mut ranks = vec![0; sorted.len()];
        for (rank, id) in sorted.into_iter().enumerate() {
            ranks[id.position()] = rank;
        }
        ranks
    });
    match (left, right) {
        (Field::Known(left), Field::Known(right)) => RANKS[left.position()].cmp(&RANKS[right.position()]),
        (left, right) => left.name().cmp(right.name()),
    }
}

/// How much of the names of open objects begins other names too, in whole objects.
fn common_objects(open: &str, objects: &str) -> usize {
    let same = open.bytes().zip(objects.bytes()).take_while(|(left, right)| left == right).count();
    open.as_bytes()[..same].iter().rposition(|byte| *byte == b'.').map_or(0, |dot| dot + 1)
}

fn push_values(field: &Field, values: &[Value], out: &mut Vec<u8>) {
    match values {
        [one] if field.shape() == Cardinality::Single => push_value(field, one, out),
        all => {
            for (number, value) in all.iter().enumerate() {
                out.push(if number == 0 { b'[' } else { b',' });
                push_value(field, value, out);
            }
            out.push(b']');
        }
    }
}

fn push_value(field: &Field, value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => json::push_text(out, text),
        Value::Ip(ip) => json::push_text(out, &ip.text),
        Value::Long(number) => json::push_long(out, *number),
        // Writing to a Vec does not fail; what has no form in JSON becomes null.
        Value::Double(number) => drop(serde_json::to_writer(out, number)),
        Value::Boolean(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Date(at) => {
            out.push(b'"');
            at.push_rfc3339(field.kind() == Some(FieldType::DateNanos), out);
            out.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests;
