//! JSON objects written member by member, without a tree of values in between.
//!
//! What is written is what `serde_json` writes of the same members, byte for byte.

use super::json;
use super::number::push_decimal;
use serde::Serialize;

/// Writes one JSON object: members in the order in which they are named.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

impl<'o> ObjectWriter<'o> {
    /// Begins an object.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    /// Begins a member; its value is to be added to what this returns.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        json::push_text(self.out, key);
        self.out.push(b':');
        self.out
    }

    /// The place for members that bring the comma before each with them; there must be a member already.
    pub fn members(&mut self) -> &mut Vec<u8> {
        debug_assert!(!self.is_empty, "the first member has no comma before it");
        self.out
    }

    /// Adds a text.
    pub fn text(&mut self, key: &str, text: &str) {
        json::push_text(self.key(key), text);
    }

    /// Adds a text, if there is one.
    pub fn optional(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// Adds a number.
    pub fn number(&mut self, key: &str, number: u64) {
        push_decimal(number, self.key(key));
    }

    /// Adds `true`.
    pub fn flag(&mut self, key: &str) {
        self.key(key).extend_from_slice(b"true");
    }

    /// Adds whatever can be written as JSON.
    pub fn value(&mut self, key: &str, value: &impl Serialize) {
        // Writing to a Vec does not fail, and keys of maps are texts.
        drop(serde_json::to_writer(self.key(key), value));
    }

    /// Adds an object.
    pub fn object(&mut self, key: &str, write: impl FnOnce(&mut ObjectWriter<'_>)) {
        push_object(self.key(key), write);
    }

    /// Adds a list.
    pub fn list<T>(&mut self, key: &str, items: impl IntoIterator<Item = T>, write: impl FnMut(T, &mut Vec<u8>)) {
        push_list(self.key(key), items, write);
    }

    /// Ends the object.
    pub fn end(self) {
        self.out.push(b'}');
    }
}

/// Adds an object.
pub fn push_object(out: &mut Vec<u8>, write: impl FnOnce(&mut ObjectWriter<'_>)) {
    let mut object = ObjectWriter::new(out);
    write(&mut object);
    object.end();
}

/// Adds a list.
pub fn push_list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut write: impl FnMut(T, &mut Vec<u8>)) {
    out.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_written_as_serde_json_writes_them() {
        let mut out = Vec::new();
        push_object(&mut out, |object| {
            object.text("text", "a \"b\"\\ \u{1}");
            object.optional("nothing", None);
            object.number("number", 18_446_744_073_709_551_615);
            object.flag("flag");
            object.value("value", &["x", "y"]);
            object.object("object", |_| {});
            object.list("list", [1_u64, 2], push_decimal);
        });
        let value = serde_json::json!({
            "text": "a \"b\"\\ \u{1}", "number": u64::MAX, "flag": true, "value": ["x", "y"], "object": {}, "list": [1, 2],
        });
        assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
    }
}
