use super::*;

/// A chunk without records, its checksums right.
fn empty_chunk() -> Vec<u8> {
    let mut bytes = vec![0; 65_536];
    bytes[..8].copy_from_slice(b"ElfChnk\0");
    for at in [8, 16, 24, 32] {
        bytes[at..at + 8].fill(0xff);
    }
    bytes[48..52].copy_from_slice(&512_u32.to_le_bytes());
    seal(&mut bytes);
    bytes
}

/// Sets the checksum of the records, then that of the header, which covers it.
fn seal(bytes: &mut [u8]) {
    let free = u32::from_le_bytes(bytes[48..52].try_into().expect("4 bytes")) as usize;
    let sum = crc32fast::hash(&bytes[512..free]);
    bytes[52..56].copy_from_slice(&sum.to_le_bytes());
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..120]);
    hasher.update(&bytes[128..512]);
    bytes[124..128].copy_from_slice(&hasher.finalize().to_le_bytes());
}

fn faults(bytes: Vec<u8>) -> Vec<(FaultKind, FaultSeverity, Option<u64>)> {
    let input: Arc<str> = Arc::from("x.evtx");
    let place = ChunkPlace { input: &input, number: 0, offset: 4096, chunk: 0 };
    let mut found = Vec::new();
    let (_, read) = ChunkReader::default().read(bytes, place, &mut Converter::default(), &mut |item| match item {
        Item::Record(record) => panic!("there is no record: {record:?}"),
        found @ (Item::Document(_) | Item::Skipped) => panic!("not here: {found:?}"),
        Item::Fault(fault) => found.push(fault),
    });
    assert_eq!(read.records, found.iter().filter(|fault| fault.is_record()).count() as u64);
    found.iter().map(|fault| (fault.kind, fault.severity, fault.offset)).collect()
}

use super::super::fault::FaultSeverity::{self, Lost, Suspect};

#[test]
fn an_unused_chunk_is_nothing_to_complain_about() {
    assert_eq!(faults(empty_chunk()), []);
}

#[test]
fn a_wrong_magic_loses_the_chunk() {
    let mut bytes = empty_chunk();
    bytes[0] = b'X';
    assert_eq!(faults(bytes), [(FaultKind::Chunk, Lost, Some(4096))]);
}

#[test]
fn checksums_that_do_not_fit_are_doubts() {
    let mut bytes = empty_chunk();
    bytes[60] ^= 1;
    assert_eq!(faults(bytes.clone()), [(FaultKind::Checksum, Suspect, Some(4096))]);
    bytes[120] = 1;
    assert_eq!(faults(bytes.clone()).len(), 1, "the dirty flag excuses nothing");
    bytes[120] = 4;
    let mut bytes = empty_chunk();
    bytes[52] ^= 1;
    assert_eq!(faults(bytes).len(), 2, "the checksum of the records is covered by that of the header");
}

#[test]
fn a_chunk_that_claims_to_have_no_checksums_is_in_doubt() {
    let mut bytes = empty_chunk();
    bytes[120] = 4;
    assert_eq!(faults(bytes), [(FaultKind::Checksum, Suspect, Some(4096))]);
}

#[test]
fn records_that_were_wiped_are_missed() {
    let mut bytes = empty_chunk();
    bytes[24..32].copy_from_slice(&1_u64.to_le_bytes());
    bytes[32..40].copy_from_slice(&9_u64.to_le_bytes());
    bytes[44..48].copy_from_slice(&512_u32.to_le_bytes());
    bytes[48..52].copy_from_slice(&4096_u32.to_le_bytes());
    seal(&mut bytes);
    assert_eq!(faults(bytes), [(FaultKind::Chunk, Lost, Some(4096 + 512))]);
}

#[test]
fn a_record_that_is_garbage_is_one_record_lost() {
    let mut bytes = empty_chunk();
    bytes[24..32].copy_from_slice(&1_u64.to_le_bytes());
    bytes[32..40].copy_from_slice(&1_u64.to_le_bytes());
    bytes[44..48].copy_from_slice(&512_u32.to_le_bytes());
    bytes[48..52].copy_from_slice(&612_u32.to_le_bytes());
    bytes[512..516].copy_from_slice(RECORD_MAGIC);
    bytes[516..520].copy_from_slice(&100_u32.to_le_bytes());
    bytes[520] = 1;
    bytes[528..536].copy_from_slice(&132_000_000_000_000_000_u64.to_le_bytes());
    bytes[536..608].fill(0x77);
    seal(&mut bytes);
    assert_eq!(faults(bytes), [(FaultKind::Record, Lost, Some(4096 + 512))]);
}

#[test]
fn a_chunk_that_is_cut_short_is_read_as_far_as_it_goes() {
    let whole = empty_chunk();
    let cut = |length: usize| faults(whole[..length].to_vec());
    assert_eq!(cut(1), [(FaultKind::Truncated, Lost, Some(4096))]);
    assert_eq!(cut(511), [(FaultKind::Truncated, Lost, Some(4096))]);
    assert_eq!(cut(512), [(FaultKind::Truncated, Suspect, Some(4096 + 512))], "all of its records are there: none");
}

#[test]
fn a_damaged_table_of_names_does_not_cost_the_chunk() {
    let mut bytes = empty_chunk();
    bytes[128..132].copy_from_slice(&u32::MAX.to_le_bytes());
    seal(&mut bytes);
    assert_eq!(faults(bytes), [(FaultKind::Chunk, Suspect, Some(4096))]);
}
