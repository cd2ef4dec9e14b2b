//! One unit of work from disk to items: positioned reads into buffers that are used again, then the reader for the input's format.
//!
//! Every unit opens its own file handle, so units of one file can be read at the same time. Nothing is mapped into memory: a file that shrinks
//! or a share that goes away is a fault, not a crash. This module knows neither records nor XML from inside.

use std::fs::File;
use std::io::{self, Read, Seek};

use super::archive::ArchiveMember;
use super::chunks::Chunks;
use super::documents;
use super::export;
use super::fault::{Fault, FaultKind};
use super::input::{Input, InputFormat};
use super::lines;
use super::rows;
use super::scratch::Scratch;
use super::units::WorkUnit;
use super::visitor::{Collector, Item, UnitStats, Visitor};

/// Reads one unit of `inputs` and hands everything in it to `sink`, in the order of the file.
///
/// A unit that does not belong to `inputs` gives nothing. What an item is depends only on the evidence: not on how the file was cut into units,
/// nor on what `scratch` was used for before.
pub fn read_unit(inputs: &[Input], unit: &WorkUnit, scratch: &mut Scratch, sink: &mut dyn FnMut(Item)) -> UnitStats {
    visit_unit(inputs, unit, scratch, &mut Collector::new(sink))
}

/// Reads one unit as [`read_unit`] does, for a visitor, which sees records by reference and chooses those that are built.
pub fn visit_unit(inputs: &[Input], unit: &WorkUnit, scratch: &mut Scratch, visitor: &mut dyn Visitor) -> UnitStats {
    let Some(input) = usize::try_from(unit.input).ok().and_then(|number| inputs.get(number)) else {
        return UnitStats::default();
    };
    if let Some(member) = input.member.as_ref().filter(|member| !member.is_plain()) {
        let read = member.stream(|source| visit_stream(source, (inputs, input), unit, scratch, visitor));
        return read.unwrap_or_else(|reason| {
            visitor.item(Item::Fault(Fault::lost(&input.display, FaultKind::Archive, reason)));
            UnitStats::default()
        });
    }
    if let Some(mut bytes) = input.member.as_ref().and_then(ArchiveMember::plain) {
        return visit_bytes(&mut bytes, (inputs, input), unit, scratch, visitor);
    }
    match open(input, scratch) {
        Ok(mut file) => {
            let stats = visit_bytes(&mut file, (inputs, input), unit, scratch, visitor);
            // Kept for the next unit, which is often of the same file: on a network share, opening is a round trip of its own.
            scratch.open = Some((input.path.clone(), file));
            stats
        }
        Err(error) => {
            let reason = format!("the file cannot be opened: {error}");
            visitor.item(Item::Fault(Fault::lost(&input.display, FaultKind::Unreadable, reason)));
            UnitStats::default()
        }
    }
}

/// Opens a file, unless it is an event log that is still open: parts of those are read from wherever they are.
fn open(input: &Input, scratch: &mut Scratch) -> io::Result<File> {
    match scratch.open.take() {
        Some((path, file)) if matches!(input.format, InputFormat::Evtx | InputFormat::Image) && path == input.path => {
            Ok(file)
        }
        _ => File::open(&input.path),
    }
}

/// Reads a unit of what can be read at any place.
fn visit_bytes<B: Read + Seek>(
    bytes: &mut B,
    (inputs, input): (&[Input], &Input),
    unit: &WorkUnit,
    scratch: &mut Scratch,
    visitor: &mut dyn Visitor,
) -> UnitStats {
    if matches!(input.format, InputFormat::Evtx | InputFormat::Image) {
        return Chunks::new((inputs, input), unit.input, scratch, visitor).read(bytes, unit);
    }
    if input.in_lines {
        return lines::read(bytes, input, unit, &mut |item| visitor.item(item));
    }
    visit_text(bytes, input, unit, scratch, visitor)
}

/// Reads a unit of what is unpacked from its start.
fn visit_stream(
    source: &mut dyn Read,
    (inputs, input): (&[Input], &Input),
    unit: &WorkUnit,
    scratch: &mut Scratch,
    visitor: &mut dyn Visitor,
) -> UnitStats {
    if matches!(input.format, InputFormat::Evtx | InputFormat::Image) {
        return Chunks::new((inputs, input), unit.input, scratch, visitor).stream(source, unit);
    }
    visit_text(source, input, unit, scratch, visitor)
}

/// Reads a whole text.
fn visit_text(
    source: &mut dyn Read,
    input: &Input,
    unit: &WorkUnit,
    scratch: &mut Scratch,
    visitor: &mut dyn Visitor,
) -> UnitStats {
    let mut sink = |item| visitor.item(item);
    match input.format {
        InputFormat::Xml { encoding } => export::read(source, encoding, input, unit.input, scratch, &mut sink),
        InputFormat::Csv => rows::read(source, input, unit.input, &mut sink),
        InputFormat::Json | InputFormat::Evtx | InputFormat::Image => {
            documents::read(source, input, unit.input, &mut sink)
        }
    }
}

#[cfg(test)]
mod tests;
