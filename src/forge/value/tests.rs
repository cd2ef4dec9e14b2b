use super::*;

fn bytes(kind: BinXmlType, text: &str) -> Vec<u8> {
    ForgedValue::of(kind, text).unwrap().bytes
}

#[test]
fn guid_groups_are_little_endian_then_big_endian() {
    let value = ForgedValue::of(BinXmlType::Guid, "{365ABB72-6759-5CD8-0000-0010E2D50F00}").unwrap();
    assert_eq!(value.bytes, [0x72, 0xbb, 0x5a, 0x36, 0x59, 0x67, 0xd8, 0x5c, 0, 0, 0, 0x10, 0xe2, 0xd5, 0x0f, 0]);
    assert_eq!(value.text, "{365abb72-6759-5cd8-0000-0010e2d50f00}");
}

#[test]
fn local_system_has_twelve_bytes() {
    assert_eq!(bytes(BinXmlType::Sid, "S-1-5-18"), [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
}

#[test]
fn numbers_are_read_in_both_notations_and_shown_by_kind() {
    assert_eq!(ForgedValue::of(BinXmlType::HexInt64, "0x13EEE").unwrap().text, "0x13eee");
    assert_eq!(ForgedValue::of(BinXmlType::UInt32, "0x10").unwrap().text, "16");
    assert_eq!(bytes(BinXmlType::UInt16, "443"), [0xbb, 1]);
    assert_eq!(bytes(BinXmlType::Boolean, "True"), [1, 0, 0, 0]);
    assert_eq!(ForgedValue::of(BinXmlType::Int32, "-2").unwrap().bytes, (-2_i32).to_le_bytes());
}

#[test]
fn text_that_is_not_of_the_kind_is_refused() {
    for (kind, text) in [
        (BinXmlType::UInt8, "256"),
        (BinXmlType::UInt16, "65536"),
        (BinXmlType::UInt32, "-1"),
        (BinXmlType::Guid, "{365ABB72-6759-5CD8-0000-0010E2D50F0}"),
        (BinXmlType::Guid, "{365ABB72-6759-5CD8-0000-+010E2D50F00}"),
        (BinXmlType::Guid, "{365ABB72-6759-5CD8-0000-0010E2D50F00"),
        (BinXmlType::Sid, "S-2-5-18"),
        (BinXmlType::Sid, "S-1-5-x"),
        (BinXmlType::Boolean, "1"),
        (BinXmlType::FileTime, "yesterday"),
    ] {
        assert_eq!(ForgedValue::of(kind, text), None, "{kind:?} {text}");
    }
}

#[test]
fn empty_text_is_an_absent_value_unless_the_kind_is_text() {
    assert_eq!(ForgedValue::of(BinXmlType::Guid, "").unwrap(), ForgedValue::null());
    assert_eq!(ForgedValue::of(BinXmlType::Text, "").unwrap().kind, BinXmlType::Text);
}

#[test]
fn text_beyond_the_basic_plane_takes_two_units() {
    assert_eq!(bytes(BinXmlType::Text, "ß🦀"), [0xdf, 0, 0x3e, 0xd8, 0x80, 0xdd]);
}
