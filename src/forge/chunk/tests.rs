use super::super::binxml::{data_template, system_template};
use super::super::value::{BinXmlType, ForgedValue};
use super::*;

fn event(computer: &str, text: &str) -> ForgedInstance {
    let data = ForgedInstance {
        template: data_template([("Image", BinXmlType::Text)].into_iter()),
        slots: vec![Slot::Value(ForgedValue::text(text))],
    };
    let mut slots = vec![Slot::Value(ForgedValue::null()); 17];
    slots.push(Slot::Fragment(Box::new(data)));
    ForgedInstance { template: system_template(computer, true), slots }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

#[test]
fn names_hash_as_in_windows() {
    // Read from real files: the stored half of the hash.
    for (name, hash) in [("Event", 0x0cba), ("xmlns", 0x0fbc), ("System", 0x546f), ("Qualifiers", 0xda29)] {
        assert_eq!(hash_units(name.encode_utf16()) & 0xffff, hash, "{name}");
    }
}

#[test]
fn a_template_is_defined_once_and_then_referred_to() {
    let mut chunk = ChunkWriter::new();
    let first = chunk.push(1, Ticks(0), &event("host", "a")).unwrap();
    let second = chunk.push(2, Ticks(0), &event("host", "a")).unwrap();
    assert!(second.size < first.size);
    assert_eq!(second.offset, first.offset + first.size);
    assert_eq!(chunk.templates.entries.len(), 2);
}

#[test]
fn a_refused_record_leaves_no_trace() {
    let mut chunk = ChunkWriter::new();
    chunk.push(1, Ticks(0), &event("host", "a")).unwrap();
    let (length, heads) = (chunk.bytes.len(), (chunk.names.heads, chunk.templates.heads));
    let long = "x".repeat(31_500);
    assert_eq!(chunk.push(2, Ticks(0), &event("other", &long)), Err(RefusedWrite::Full));
    assert_eq!(chunk.push(2, Ticks(0), &event("other", &"x".repeat(40_000))), Err(RefusedWrite::TooLong));
    assert_eq!(chunk.bytes.len(), length);
    assert_eq!((chunk.names.heads, chunk.templates.heads), heads);
    assert_eq!(chunk.templates.offsets.len(), 2);
}

#[test]
fn every_chain_reaches_every_name_of_its_bucket() {
    let mut chunk = ChunkWriter::new();
    chunk.push(1, Ticks(0), &event("host", "a")).unwrap();
    let names = chunk.names.entries.len();
    let bytes = chunk.finish();
    let mut found = 0;
    for bucket in 0..64 {
        let mut at = u32_at(&bytes, STRING_TABLE + bucket * 4) as usize;
        while at != 0 {
            let stored = usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]));
            assert_eq!(stored % 64, bucket);
            found += 1;
            at = u32_at(&bytes, at) as usize;
        }
    }
    assert_eq!(found, names);
}

#[test]
fn records_carry_their_size_at_both_ends() {
    let mut chunk = ChunkWriter::new();
    let place = chunk.push(7, Ticks(0), &event("host", "a")).unwrap();
    let bytes = chunk.finish();
    assert_eq!(bytes.len(), CHUNK_SIZE);
    assert_eq!(place.size % 8, 0);
    assert_eq!(u32_at(&bytes, place.offset + 4) as usize, place.size);
    assert_eq!(u32_at(&bytes, place.offset + place.size - 4) as usize, place.size);
    assert_eq!(u32_at(&bytes, 48) as usize, place.offset + place.size);
}
