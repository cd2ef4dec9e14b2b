use super::*;
use proptest::prelude::*;

#[test]
fn the_first_groups_have_their_low_bytes_first() {
    let guid = [0x4f, 0x38, 0x70, 0x57, 0x28, 0xc2, 0xd9, 0x43, 0x83, 0xf4, 0x5e, 0x0e, 0xdd, 0xf4, 0xa0, 0x1b];
    assert_eq!(&text(&guid), b"{5770384f-c228-43d9-83f4-5e0eddf4a01b}");
}

#[test]
fn other_spellings_are_not_its_text() {
    for other in [
        "{5770384F-C228-43D9-83F4-5E0EDDF4A01B}",
        "5770384f-c228-43d9-83f4-5e0eddf4a01b",
        "(5770384f-c228-43d9-83f4-5e0eddf4a01b)",
        "{5770384fac228-43d9-83f4-5e0eddf4a01b}",
        "{5770384f-c228-43d9-83f4-5e0eddf4a01g}",
        "",
    ] {
        assert_eq!(parse(other), None, "{other}");
    }
}

proptest! {
    #[test]
    fn text_can_be_read_back(guid in any::<Guid>()) {
        prop_assert_eq!(parse(str::from_utf8(&text(&guid)).unwrap()), Some(guid));
    }
}

#[test]
fn every_usual_writing_has_the_same_normal_form() {
    let normal = "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}";
    for writing in [
        normal,
        "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}",
        "5770385f-c22a-43e0-bf4c-06f5698ffbd9",
        "(5770385F-c22a-43e0-bf4c-06f5698ffbd9)",
        " {5770385f-c22a-43e0-bf4c-06f5698ffbd9} ",
        "5770385FC22A43E0BF4C06F5698FFBD9",
    ] {
        assert_eq!(normal_form(writing).as_ref().map(|text| &text[..]), Some(normal.as_bytes()), "{writing}");
    }
    assert_eq!(
        normal_form("00000000-0000-0000-0000-000000000000").as_ref().map(|text| &text[..]),
        Some(ZERO.as_bytes())
    );
}

#[test]
fn what_is_no_guid_has_no_normal_form() {
    for text in [
        "",
        "{",
        "{}",
        "-",
        "AP5\u{20ac}",
        "5770385f-c22a-43e0-bf4c-06f5698ffbd",
        "5770385f-c22a-43e0-bf4c-06f5698ffbdg",
        "5770385f-c22a-43e0-bf4c-06f5698ff-d9",
        "{5770385f-c22a-43e0-bf4c-06f5698ffbd9",
        "5770385fc-22a-43e0-bf4c-06f5698ffbd9",
    ] {
        assert_eq!(normal_form(text), None, "{text}");
    }
}
