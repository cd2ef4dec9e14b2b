use super::*;

fn wide(text: &[u16]) -> Vec<u8> {
    text.iter().flat_map(|unit| unit.to_le_bytes()).collect()
}

/// A chunk with one record: a template that has no definition here, and values with these types.
fn chunk(values: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut content = vec![0x0f, 1, 1, 0, 0x0c, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    content.extend(u32::try_from(values.len()).unwrap().to_le_bytes());
    for (kind, bytes) in values {
        content.extend(u16::try_from(bytes.len()).unwrap().to_le_bytes());
        content.extend([*kind, 0]);
    }
    content.extend(values.iter().flat_map(|(_, bytes)| bytes.iter().copied()));
    content.push(0);
    let size = u32::try_from(RECORD_HEADER + content.len() + 4).unwrap();
    let mut chunk = vec![0; CHUNK_HEADER];
    chunk.extend(RECORD_MAGIC);
    chunk.extend(size.to_le_bytes());
    chunk.extend([0; 16]);
    chunk.extend(content);
    chunk.extend(size.to_le_bytes());
    chunk
}

#[test]
fn each_forbidden_character_gets_a_stand_in_of_its_own_and_comes_back() {
    let text: Vec<u16> = (1..0x20).chain([0xfffe, 0xffff, 0xe000, 0x41]).collect();
    let before = chunk(&[(0x01, wide(&text)), (0x0e, vec![1, 0, 2, 0])]);
    let mut after = before.clone();
    let stand_ins = StandIns::put(&mut after);
    let at = before.windows(4).position(|bytes| bytes == [1, 0, 2, 0]).unwrap();
    let units: Vec<u16> =
        after[at..at + text.len() * 2].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    assert!(units.iter().all(|unit| !is_forbidden(*unit)), "{units:x?}");
    assert_eq!(after[after.len() - 9..after.len() - 5], [1, 0, 2, 0], "binary values stay");
    let rendered = String::from_utf16(&units).unwrap();
    assert_eq!(stand_ins.resolve(rendered), String::from_utf16(&text).unwrap());
    assert!(!stand_ins.is_short());
    stand_ins.take_back(&mut after);
    assert_eq!(after, before);
}

#[test]
fn half_a_pair_becomes_the_replacement_character_and_a_pair_stays() {
    let text = [0xd83d, 0xde00, 0xd83d, 0x41, 0xde00, 0xd83d];
    let mut after = chunk(&[(0x01, wide(&text))]);
    let stand_ins = StandIns::put(&mut after);
    let wanted = wide(&[0xd83d, 0xde00, REPLACEMENT, 0x41, REPLACEMENT, REPLACEMENT]);
    assert!(after.windows(wanted.len()).any(|bytes| bytes == wanted));
    assert_eq!(stand_ins.resolve("\u{fffd}".to_owned()), "\u{fffd}");
}

#[test]
fn texts_of_single_bytes_get_stand_ins_too() {
    let before = chunk(&[(0x02, b"a\x1bb\x80".to_vec()), (0x01, wide(&[0x1b]))]);
    let mut after = before.clone();
    let stand_ins = StandIns::put(&mut after);
    let at = before.windows(3).position(|bytes| bytes == b"a\x1bb").unwrap();
    let text = WINDOWS_1252.decode_without_bom_handling(&after[at..at + 4]).0.into_owned();
    assert!(!text.contains('\x1b'));
    assert_eq!(stand_ins.resolve(text), "a\x1bb€");
    stand_ins.take_back(&mut after);
    assert_eq!(after, before);
}

#[test]
fn any_bytes_are_walked_without_harm_and_come_back() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % end as u64).unwrap()
    };
    let whole = chunk(&[
        (0x01, wide(&[1, 2, 0xd800])),
        (0x21, chunk(&[(0x81, wide(&[3]))])[CHUNK_HEADER + RECORD_HEADER..].to_vec()),
    ]);
    for _ in 0..5_000 {
        let mut bytes = whole.clone();
        for _ in 0..4 {
            let at = CHUNK_HEADER + below(bytes.len() - CHUNK_HEADER);
            bytes[at] = u8::try_from(below(256)).unwrap();
        }
        let before = bytes.clone();
        StandIns::put(&mut bytes).take_back(&mut bytes);
        assert_eq!(bytes, before);
    }
}

#[test]
fn the_rest_of_an_older_record_does_not_hide_the_next_one() {
    let mut first = chunk(&[(0x01, wide(&[1]))]);
    // Eight bytes of slack behind the content, which are the start of a record that was here before.
    let slack = [RECORD_MAGIC.as_slice(), &200_u32.to_le_bytes()].concat();
    let at = first.len() - 4;
    first.splice(at..at, slack);
    let size = u32::try_from(first.len() - CHUNK_HEADER).unwrap().to_le_bytes();
    first[CHUNK_HEADER + 4..CHUNK_HEADER + 8].copy_from_slice(&size);
    first.extend(&chunk(&[(0x01, wide(&[2, 0x42]))])[CHUNK_HEADER..]);
    let second = first.windows(4).rposition(|bytes| bytes == [2, 0, 0x42, 0]).unwrap();
    StandIns::put(&mut first);
    assert!(!is_forbidden(u16::from_le_bytes([first[second], first[second + 1]])));
}
