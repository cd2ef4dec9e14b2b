//! Where an event stands in the evidence, as a person cites it.
//!
//! Records are cited by their number and file. Documents of other programs may have neither; they are cited by the input they were read from and their
//! place in it, so that nothing has to be shown as unknown.

use super::results::Results;
use crate::ecs;
use crate::event::Event;

/// A place in the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// The record number, or `offset N`: bytes from the start of the input's text.
    pub place: String,
    /// The file.
    pub file: String,
}

/// The place of an event.
pub fn citation(results: &Results<'_>, event: &Event) -> Citation {
    let text = |field| event.document.first(field).map(ToString::to_string).filter(|text| !text.is_empty());
    let input = || results.inputs.get(event.origin.input as usize).map(|input| input.display.to_string());
    Citation {
        // As text: documents of other programs have the number in quotes, or a number that is none.
        place: text(ecs::WINLOG_RECORD_ID).unwrap_or_else(|| format!("offset {}", event.origin.offset)),
        file: text(ecs::LOG_FILE_PATH).or_else(input).unwrap_or_default(),
    }
}
