use super::*;
use proptest::prelude::*;

/// A chunk without records whose header is sound.
fn chunk() -> Vec<u8> {
    let mut chunk = vec![0; CHUNK_LENGTH];
    chunk[..8].copy_from_slice(CHUNK_MAGIC);
    chunk[40..44].copy_from_slice(&128_u32.to_le_bytes());
    chunk[48..52].copy_from_slice(&512_u32.to_le_bytes());
    let mut header = crc32fast::Hasher::new();
    header.update(&chunk[..120]);
    header.update(&chunk[128..CHUNK_HEADER]);
    chunk[124..128].copy_from_slice(&header.finalize().to_le_bytes());
    chunk
}

/// A record of this number and size that says nothing.
fn record(id: u64, size: u32) -> Vec<u8> {
    let mut record = RECORD_MAGIC.to_vec();
    record.extend(size.to_le_bytes());
    record.extend(id.to_le_bytes());
    record.extend(7_u64.to_le_bytes());
    record.extend(FRAGMENT);
    record.resize(size as usize - 4, 0x55);
    record.extend(size.to_le_bytes());
    record
}

#[test]
fn a_chunk_is_told_by_its_magic_and_the_checksum_of_its_header() {
    let sound = chunk();
    let bytes = [&[1; 77], &*sound, &[2; 3], &sound[..600]].concat();
    assert_eq!(chunk_starts(&bytes, 0), [77, 77 + CHUNK_LENGTH + 3]);
    assert_eq!(chunk_starts(&bytes, 78), [77 + CHUNK_LENGTH + 3]);
    let mut other = sound.clone();
    other[60] ^= 1;
    assert!(chunk_starts(&other, 0).is_empty());
    assert!(chunk_starts(&sound[..CHUNK_HEADER - 1], 0).is_empty(), "not all of its header is there");
}

#[test]
fn a_magic_is_put_back_only_where_a_checksum_fits_then() {
    let sound = chunk();
    assert_eq!(with_magic(&sound), None, "nothing is wrong with it");
    let mut damaged = sound.clone();
    damaged[..8].copy_from_slice(b"whatever");
    assert_eq!(with_magic(&damaged), Some(sound));
    damaged[60] ^= 1;
    assert_eq!(with_magic(&damaged), None);
}

#[test]
fn records_are_found_where_they_begin_in_the_region_and_are_not_covered() {
    let bytes = [&[0; 10], &*record(1, 64), &[9; 5], &*record(2, 80), &*record(3, 64)].concat();
    let (first, second, third) = (10, 79, 159);
    let at = |region: Range<usize>, covered: &[Range<usize>]| -> Vec<usize> {
        records(&bytes, region, covered).iter().map(|record| record.at).collect()
    };
    assert_eq!(at(0..bytes.len(), &[]), [first, second, third]);
    assert_eq!(at(first + 1..third, &[]), [second], "each begins in one region");
    assert_eq!(at(0..third + 1, &[]), [first, second, third], "with the last byte of the region");
    assert_eq!(at(0..bytes.len(), &[0..30, 79..80]), [third]);
}

#[test]
fn a_record_that_is_not_whole_is_none() {
    for damage in [0, 4, 24, 60] {
        let mut bytes = record(1, 64);
        bytes[damage] ^= 0x10;
        assert_eq!(records(&bytes, 0..64, &[]), [], "{damage}");
    }
    let mut never = record(1, 64);
    never[16..24].fill(0);
    assert_eq!(records(&never, 0..64, &[]), [], "it was written at no time");
}

proptest! {
    #[test]
    fn any_bytes_are_searched_to_an_end(
        parts in proptest::collection::vec((any::<u8>(), 0_usize..200, 0_usize..90), 0..12),
        from in 0_usize..300,
        length in 0_usize..2000,
    ) {
        let mut bytes = Vec::new();
        for (kind, noise, cut) in parts {
            let part = if kind % 3 == 0 { chunk()[..700].to_vec() } else { record(u64::from(kind), 90) };
            bytes.extend(&part[..part.len() - cut.min(part.len())]);
            bytes.extend(std::iter::repeat_n(kind, noise));
        }
        let region = from.min(bytes.len())..(from + length).min(bytes.len()).max(from.min(bytes.len()));
        for found in records(&bytes, region.clone(), &[]) {
            prop_assert!(region.contains(&found.at) && found.at + found.size <= bytes.len());
            prop_assert!(may_have_starts(&bytes[region.clone()]));
        }
        let holds = !chunk_starts(&bytes, 0).is_empty() || !records(&bytes, 0..bytes.len(), &[]).is_empty();
        prop_assert_eq!(holds_log(&mut bytes.as_slice()).unwrap(), holds);
    }
}
