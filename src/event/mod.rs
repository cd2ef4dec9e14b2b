//! The value model: a document is a flat map from field to a list of values, and an event is a document with a place in time.
//!
//! There are no nested objects and no nulls: a field that would be null or empty is absent, as in Elasticsearch's index.
//! This module does not know files or rules.

mod document;
mod json;
mod order;
mod text;
mod value;

pub use document::{Document, Fields, WrittenText};
pub use json::{Object, instant};
pub use order::{Clock, Event, OrderKey};
pub use value::{FieldValues, IpValue, Value};

#[cfg(test)]
mod tests;
