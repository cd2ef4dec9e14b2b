use super::*;

fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    let units = mark.encode_utf16().chain(text.encode_utf16()).collect::<Vec<_>>();
    units.iter().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

fn xml(encoding: &'static Encoding) -> FileVerdict {
    FileVerdict::Evidence(InputFormat::Xml { encoding }, None)
}

#[test]
fn exported_xml_is_told_in_every_encoding() {
    for text in [
        "<Event/>",
        "<Events>",
        " \r\n<e:Event a='b'>",
        "<?xml version='1.0'?><!-- <x> --><!DOCTYPE a [<!ENTITY b ''>]><Events >",
    ] {
        assert_eq!(tell(text.as_bytes(), false), xml(UTF_8), "{text}");
        assert_eq!(tell(format!("\u{feff}{text}").as_bytes(), false), xml(UTF_8), "{text}");
        for mark in [false, true] {
            assert_eq!(tell(&utf16(text, false, mark), false), xml(UTF_16LE), "{text}");
            assert_eq!(tell(&utf16(text, true, mark), false), xml(UTF_16BE), "{text}");
        }
    }
    assert_eq!(tell(b"<?xml version='1.0' encoding=\"windows-1251\"?><Event>", false), xml(encoding_rs::WINDOWS_1251));
    assert_eq!(tell(b"<?xml version='1.0' encoding='utf-16'?><Event>", false), xml(UTF_8), "the bytes are no UTF-16");
}

#[test]
fn other_text_is_foreign() {
    for (text, looks) in [
        ("<Eventful/>", "XML or HTML whose first element is not Event or Events"),
        ("<!-- <Event>", "XML or HTML whose first element is not Event or Events"),
        ("{\"time\": 1}", "JSON text, but not documents with a time"),
        ("[\n  {\"a\": 1}]", "JSON text, but not documents with a time"),
        ("[section]\nkey = 1", "text, not events exported as XML"),
        ("hello", "text, not events exported as XML"),
        ("hel\u{1}lo", "binary data of an unknown format"),
    ] {
        assert_eq!(tell(text.as_bytes(), false), FileVerdict::Foreign(looks), "{text}");
    }
}

#[test]
fn well_known_formats_are_named() {
    for (at, magic, name) in KNOWN {
        let mut head = vec![1; *at];
        head.extend_from_slice(magic);
        assert_eq!(tell(&head, false), FileVerdict::Foreign(name));
    }
    assert_eq!(tell(&[0; 100], false), FileVerdict::Foreign("nothing but zeros at its start"));
    assert_eq!(tell(&[0, 7, 1, 200], false), FileVerdict::Foreign("binary data of an unknown format"));
}

/// A header block that Windows could have written.
fn header(flags: u32) -> Vec<u8> {
    let mut block = vec![0; 4096];
    block[..8].copy_from_slice(b"ElfFile\0");
    block[120..124].copy_from_slice(&flags.to_le_bytes());
    let sum = EvtxFileHeader::from_bytes(&block).expect("a header").computed_checksum;
    block[124..128].copy_from_slice(&sum.to_le_bytes());
    block
}

#[test]
fn a_log_is_told_by_its_header_and_its_checksum_is_checked() {
    let told = |mut block: Vec<u8>, change: bool| {
        block[24] ^= u8::from(change);
        block.push(0);
        tell(&block, false)
    };
    let evidence = |doubt| FileVerdict::Evidence(InputFormat::Evtx, doubt);
    assert_eq!(told(header(0), false), evidence(None));
    assert_eq!(told(header(0), true), evidence(Some(HeaderDoubt::Checksum)));
    assert_eq!(told(header(1), true), evidence(None), "a log that was not closed is behind its header");
    assert_eq!(told(header(4), true), evidence(Some(HeaderDoubt::NoChecksum)), "a log that claims to have no checksum");
    assert_eq!(tell(&header(0), false), FileVerdict::HeaderOnly);
    assert_eq!(tell(b"ElfFile\0", false), FileVerdict::HeaderOnly);
}

#[test]
fn a_log_with_a_damaged_header_is_told_by_its_first_chunk() {
    let mut head = vec![9; 4096];
    assert_eq!(tell(&head, false), FileVerdict::Foreign("text, not events exported as XML"));
    head.extend_from_slice(b"ElfChnk\0");
    assert_eq!(tell(&head, false), FileVerdict::Evidence(InputFormat::Evtx, Some(HeaderDoubt::Damaged)));
}

#[test]
fn a_json_file_that_was_named_needs_no_time_but_must_not_be_our_own_output() {
    let is_json =
        |text: &str, named: bool| tell(text.as_bytes(), named) == FileVerdict::Evidence(InputFormat::Json, None);
    assert!(is_json("{\"time\": 1}", true) && !is_json("{\"time\": 1}", false));
    assert!(is_json("{\"@timestamp\": 1}", false) && is_json("[ {\"timestamp\": 1} ]", false));
    assert!(!is_json("{\"@timestamp\":\"x\",\"evql\":{\"alert\":1}}", true), "an alert that evql wrote");
}

#[test]
fn what_tools_write_before_events_does_not_hide_them() {
    for text in [
        "Record 1\n<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Event xmlns='x'>",
        "evtxexport 20240504\n\n<Event>",
        "Mar  5 09:14:03 host sysmon: <Event><System>",
        "Mar  5 09:14:02 host cron: x\n2024-03-05T09:14:03Z host sysmon: <Event><System>",
        "\0\0\0<Events>\r\n<Event>",
        "<Events><Event>\0\0\0\0</Event>",
    ] {
        assert_eq!(tell(text.as_bytes(), false), xml(UTF_8), "{text}");
    }
    let failed = b"WARNING: no access\n<Event xmlns='x'>\n <System>";
    assert_eq!(tell(failed, true), xml(UTF_8));
    assert!(matches!(tell(failed, false), FileVerdict::Foreign(_)));
    assert_eq!(
        tell(b"Mar  5 09:14:03 host a: <Eventful>", false),
        FileVerdict::Foreign("text, not events exported as XML")
    );
    assert!(matches!(tell(b"Recording\n<Event>", false), FileVerdict::Foreign(_)));
}
