use super::*;

/// A chunk of records with these numbers, and where each starts.
fn chunk(ids: &[u64]) -> (Vec<u8>, Vec<usize>) {
    let mut data = vec![0; CHUNK_HEADER];
    let mut starts = Vec::new();
    for id in ids {
        starts.push(data.len());
        let size = 64_u32;
        let mut record = RECORD_MAGIC.to_vec();
        record.extend(size.to_le_bytes());
        record.extend(id.to_le_bytes());
        record.extend([7; 8]);
        record.extend(FRAGMENT);
        record.resize(60, 0x55);
        record.extend(size.to_le_bytes());
        data.extend(record);
    }
    data.resize(65_536, 0);
    (data, starts)
}

fn ids(found: Option<HiddenRecords>) -> Vec<u64> {
    found.map(|hidden| hidden.records.iter().map(|(_, id)| *id).collect()).unwrap_or_default()
}

#[test]
fn a_sound_chunk_hides_nothing() {
    let (mut data, _) = chunk(&[10, 11, 12]);
    let before = data.clone();
    assert_eq!(reveal(&mut data, 12, 512 + 3 * 64), None);
    assert_eq!(data, before);
    assert!(!may_hide(&data, 512 + 128, 512 + 192, 12));
}

#[test]
fn records_behind_what_the_header_calls_the_end_are_found() {
    let (mut data, starts) = chunk(&[10, 11, 12]);
    assert_eq!(ids(reveal(&mut data, 10, 512 + 3 * 64)), [11, 12], "the last number was lowered");
    assert_eq!(ids(reveal(&mut data, 12, 512 + 64)), [11, 12], "the end was moved forward");
    assert_eq!(ids(reveal(&mut data, 10, 512 + 64)), [11, 12], "both");
    assert!(may_hide(&data, starts[0], starts[1], 10));
}

#[test]
fn what_remains_of_older_records_is_not_taken_for_hidden() {
    let (mut data, starts) = chunk(&[10, 11, 7, 8, 12, 13]);
    assert_eq!(reveal(&mut data, 11, u32::try_from(starts[2]).unwrap()), None);
    let (mut data, starts) = chunk(&[10, 11, 13, 14]);
    assert_eq!(reveal(&mut data, 11, u32::try_from(starts[2]).unwrap()), None, "a higher number is not the next one");
}

#[test]
fn a_record_that_another_one_was_grown_over_is_found() {
    for (grown, over) in [(0, 1), (0, 2), (1, 1)] {
        let (sound, starts) = chunk(&[10, 11, 12, 13]);
        let mut data = sound.clone();
        let size = u32::try_from((over + 1) * 64).unwrap().to_le_bytes();
        let end = starts[grown] + (over + 1) * 64;
        data[starts[grown] + 4..starts[grown] + 8].copy_from_slice(&size);
        data[end - 4..end].copy_from_slice(&size);
        let found = reveal(&mut data, 13, 512 + 4 * 64).unwrap();
        let expected: Vec<u64> = (1..=over as u64).map(|more| 10 + grown as u64 + more).collect();
        // The record whose end was overwritten is not whole any more where more than one was covered.
        assert_eq!(found.records.first().map(|(_, id)| *id), expected.first().copied(), "{grown} {over}");
        assert!(found.contains(starts[grown + 1]));
    }
}

#[test]
fn any_bytes_are_walked_to_an_end() {
    let mut state = 7_u32;
    for _ in 0..200 {
        let (mut data, _) = chunk(&[1, 2, 3, 4, 5, 6, 7, 8]);
        for _ in 0..8 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = 512 + (state >> 8) as usize % 520;
            data[at] = (state & 0xff) as u8;
        }
        let _ = reveal(&mut data, 8, 512 + 8 * 64);
    }
}
