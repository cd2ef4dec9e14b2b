use super::super::Scenario;

const TEXT: &str = r#"title = "t"
[[file]]
name = "a.evtx"
host = "h"
[[event]]
id = 5
time = 2024-03-05T09:14:02Z
repeat = 150
"#;

fn built(damage: &str) -> (Vec<u8>, Vec<u8>) {
    let build = |text: &str| Scenario::parse(text, "t").unwrap().build().unwrap().remove(0);
    let (whole, harmed) = (build(TEXT), build(&format!("{TEXT}{damage}")));
    assert!(harmed.damaged && !whole.damaged);
    (whole.bytes, harmed.bytes)
}

/// Offsets of the bytes that differ.
fn changed(damage: &str) -> Vec<usize> {
    let (whole, harmed) = built(damage);
    assert_eq!(whole.len(), harmed.len());
    (0..whole.len()).filter(|&at| whole[at] != harmed[at]).collect()
}

#[test]
fn damage_touches_what_it_names_and_nothing_else() {
    assert_eq!(changed("[[damage]]\nkind='data-checksum'\nchunk=0"), [0x1034, 0x1035, 0x1036, 0x1037]);
    assert_eq!(changed("[[damage]]\nkind='header-checksum'\nchunk=0"), [0x107c, 0x107d, 0x107e, 0x107f]);
    assert_eq!(changed("[[damage]]\nkind='file-checksum'"), [0x7c, 0x7d, 0x7e, 0x7f]);
    assert_eq!(changed("[[damage]]\nkind='flip'\nrecord=1\noffset=8\nlength=2"), [0x1208, 0x1209]);
    let magic = changed("[[damage]]\nkind='chunk-magic'\nchunk=1");
    assert!(!magic.is_empty() && magic.iter().all(|at| (0x11000..0x11008).contains(at)), "{magic:?}");
    let zeros = changed("[[damage]]\nkind='zero'\nchunk=0\noffset=0x300\nlength=0x40");
    assert!(!zeros.is_empty() && zeros.iter().all(|at| (0x1300..0x1340).contains(at)), "{zeros:?}");
}

#[test]
fn sizes_lie_at_either_end() {
    let first = changed("[[damage]]\nkind='record-size'\nrecord=1\nsize=0xffffffff");
    assert!(first.iter().all(|at| (0x1204..0x1208).contains(at)), "{first:?}");
    let copy = changed("[[damage]]\nkind='record-size-copy'\nrecord=1\nsize=0xffffffff");
    assert!(copy.len() >= 3 && copy[0] > 0x1208, "{copy:?}");
}

#[test]
fn refreshed_checksums_hide_the_damage_before() {
    let harm = "[[damage]]\nkind='flip'\nrecord=1\noffset=8\nlength=1\n";
    assert_eq!(changed(harm), [0x1208]);
    let hidden = changed(&format!("{harm}[[damage]]\nkind='refresh'\nchunk=0"));
    assert!(hidden.iter().any(|at| (0x1034..0x1038).contains(at)), "{hidden:?}");
}

#[test]
fn files_end_early_or_have_no_bytes() {
    assert_eq!(built("[[damage]]\nkind='truncate'\nat=70000").1.len(), 70_000);
    assert!(built("[[damage]]\nkind='empty'").1.is_empty());
}

#[test]
fn a_dirty_header_keeps_a_valid_checksum() {
    let (_, harmed) = built("[[damage]]\nkind='dirty'");
    let header = evtx::EvtxParser::from_buffer(harmed).unwrap();
    assert!(header.header().validate_checksum());
    assert_eq!((header.header().chunk_count, header.header().next_record_id), (1, 1));
}
