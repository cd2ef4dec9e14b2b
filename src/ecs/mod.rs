//! The catalogue of fields: every dotted name that evql knows, with its type in Elastic's index mappings.
//!
//! A field is a number inside the catalogue ([`FieldId`]), or, for names that no catalogue can know, the name itself ([`Field`]).
//! This module does not know where values come from.

mod catalogue;
mod definition;
mod field;
mod names;
mod sub_field;

pub use catalogue::*;
pub use definition::{Cardinality, FieldDefinition, FieldId, FieldType};
pub use field::{Field, OBJECT_LISTS, all, entries};
pub use names::{categories, is_known, to_compare};
pub use sub_field::{SubField, mapped};

#[cfg(test)]
mod tests;
