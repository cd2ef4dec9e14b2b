use super::*;

const SYSTEM: &str = "<System><Provider Name='P' Guid='{AB}'/><EventID Qualifiers='1'>7</EventID><Version>3</Version>\
    <Level>4</Level><Task>5</Task><Opcode>6</Opcode><Keywords>0x80</Keywords>\
    <TimeCreated SystemTime='2019-05-12T18:35:05.155949300Z'/><EventRecordID>42</EventRecordID>\
    <Correlation ActivityID='{A}' RelatedActivityID='{R}'/><Execution ProcessID='1' ThreadID='2'/>\
    <Channel>C</Channel><Computer>H</Computer><Security UserID='S-1-5-18'/></System>";

fn convert(xml: &str) -> Result<Record, RecordRefusal> {
    Converter::default().convert(xml, Locator { input: 3, offset: 9 }, None)
}

/// The record of an event with that text after `System`.
fn with(rest: &str) -> Result<Record, RecordRefusal> {
    convert(&format!("<Event xmlns='urn:x'>{SYSTEM}{rest}</Event>"))
}

fn pairs(rest: &str) -> Vec<(String, String)> {
    let record = with(rest).expect("a record");
    record.data.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn every_field_of_system_is_taken() {
    let record = with("").expect("a record");
    assert_eq!(&*record.provider, "P");
    assert_eq!(record.provider_guid.as_deref(), Some("{AB}"));
    assert_eq!((record.event_id, record.version, record.level), (7, Some(3), Some(4)));
    assert_eq!((record.task, record.opcode, record.keywords.as_deref()), (Some(5), Some(6), Some("0x80")));
    assert_eq!(record.time_created.rfc3339_full(), "2019-05-12T18:35:05.1559493Z");
    assert_eq!(record.record_id, Some(42));
    assert_eq!((record.activity_id.as_deref(), record.related_activity_id.as_deref()), (Some("{A}"), Some("{R}")));
    assert_eq!((record.process_id, record.thread_id), (Some(1), Some(2)));
    assert_eq!((&*record.channel, &*record.computer, record.user_sid.as_deref()), ("C", "H", Some("S-1-5-18")));
    assert_eq!(record.origin, Locator { input: 3, offset: 9 });
    assert!(record.data.is_empty());
}

#[test]
fn what_the_exporter_and_the_renderer_write_differently_gives_the_same_record() {
    let exported = format!(
        "<e:Event xmlns:e='urn:x'>{SYSTEM}<EventData><Data Name='A'>x&#13;&#10;&lt;</Data></EventData>\
        <RenderingInfo Culture='en-US'><Message>m</Message><Level>Information</Level></RenderingInfo></e:Event>"
    );
    let rendered = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Event xmlns=\"urn:x\">\n  {}\n  <EventData>\n    <Data Name=\"A\">x\r\n<![CDATA[<]]></Data>\n  </EventData>\n</Event>",
        SYSTEM.replace("05.155949300Z", "05.1559493Z").replace('\'', "\"")
    );
    assert_eq!(convert(&exported), convert(&rendered));
}

#[test]
fn values_keep_their_order_names_and_white_space() {
    let data = "<EventData>\n <Data Name='A'> a\r\n\tb </Data>\n <Data Name=\"A\"/><Data Name='C'></Data></EventData>";
    assert_eq!(pairs(data), [pair("A", " a\r\n\tb "), pair("A", ""), pair("C", "")]);
}

#[test]
fn values_without_a_name_are_called_by_their_place() {
    let data =
        "<EventData><Data>x</Data><Data Name='N'>y</Data><Data Name=''>z</Data><Binary>0AFF</Binary></EventData>";
    assert_eq!(pairs(data), [pair("param1", "x"), pair("N", "y"), pair("param3", "z"), pair("Binary", "0AFF")]);
}

#[test]
fn user_data_is_flattened_to_its_leaves() {
    let data = "<UserData><Log xmlns='urn:y'><User>u</User><More><Event>deep</Event></More> <Mixed>t<B>b</B></Mixed></Log></UserData>";
    assert_eq!(pairs(data), [pair("User", "u"), pair("Event", "deep"), pair("B", "b"), pair("Mixed", "t")]);
}

#[test]
fn references_are_resolved_and_forbidden_characters_kept() {
    let data =
        "<EventData><Data Name='a&amp;b'>&lt;&#65;&#x42;&quot;&apos;&gt;&#1;&#x1;\u{2}\u{ffff}\x1bü</Data></EventData>";
    assert_eq!(pairs(data), [pair("a&b", "<AB\"'>\u{1}\u{1}\u{2}\u{ffff}\x1bü")]);
}

#[test]
fn halves_of_pairs_are_joined_or_are_no_character() {
    let data = "<EventData><Data Name='A'>&#xD83D;&#xDE00;&#55357;x&#xDE00;&#xD83D;</Data>\
        <Data Name='B'>&#xDE00;&#x110000;&#99999999999;</Data></EventData>";
    assert_eq!(pairs(data), [pair("A", "😀\u{fffd}x\u{fffd}\u{fffd}"), pair("B", "\u{fffd}\u{fffd}\u{fffd}")]);
    let split = "<UserData><X>ab&#xD83D;</X><Y>é&#xD83D;</Y><Z>12345&#xDE00;</Z></UserData>";
    assert_eq!(pairs(split)[2], pair("Z", "12345\u{fffd}"));
}

#[test]
fn zeros_that_end_a_value_do_not_belong_to_it() {
    let data = "<EventData><Data Name='A'>x\0\0</Data><Data Name='B'>a\0b</Data></EventData>";
    assert_eq!(pairs(data), [pair("A", "x"), pair("B", "a\0b")]);
}

#[test]
fn a_definition_of_entities_can_do_nothing() {
    let bomb = "<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>";
    for name in ["b", "f", "nbsp", "#", "#x", "#-1", "#+1", "#xg", "#1f"] {
        let text = format!("{bomb}<Event>{SYSTEM}<EventData><Data>&{name};</Data></EventData></Event>");
        let refusal = convert(&text).expect_err("refused");
        assert_eq!(refusal.kind, FaultKind::Xml, "{name}");
        assert_eq!(refusal.record_id, Some(42), "the record is named");
    }
    assert!(convert(&format!("{bomb}<Event>{SYSTEM}</Event>")).is_ok(), "unused, it is harmless");
}

#[test]
fn broken_text_is_refused_and_says_why() {
    for broken in [
        "",
        "text",
        "<Event>",
        "<Event><System></Event>",
        "<Other/>",
        "<Event/><Event/>",
        "<Event><Data a='&'/></Event",
    ] {
        assert_eq!(convert(broken).expect_err("refused").kind, FaultKind::Xml, "{broken}");
    }
    let deep = format!("<Event>{}", "<a>".repeat(100_000));
    assert_eq!(convert(&deep).expect_err("refused").reason, "elements are nested more than 1024 deep");
    let many = with(&format!("<EventData>{}</EventData>", "<a/>".repeat(70_000))).expect_err("refused");
    assert_eq!(many.reason, "the event has more than 65536 values");
}

#[test]
fn a_record_needs_an_event_id_and_a_time() {
    let without_id = SYSTEM.replace("<EventID Qualifiers='1'>7</EventID>", "");
    let refusal = convert(&format!("<Event>{without_id}</Event>")).expect_err("refused");
    assert_eq!((refusal.kind, refusal.record_id), (FaultKind::Record, Some(42)));
    for id in ["-1", "x", "4294967296", ""] {
        let text = format!("<Event>{}</Event>", SYSTEM.replace(">7<", &format!(">{id}<")));
        assert_eq!(convert(&text).expect_err("refused").kind, FaultKind::Record, "{id}");
    }
    for time in ["", "yesterday", "2019-13-01T00:00:00Z", "1600-01-01T00:00:00Z", "2019-05-12"] {
        let text = format!("<Event>{}</Event>", SYSTEM.replace("2019-05-12T18:35:05.155949300Z", time));
        let refusal = convert(&text).expect_err("refused");
        assert_eq!(refusal.kind, FaultKind::Time, "{time}");
        assert!(refusal.reason.starts_with("invalid time"), "{}", refusal.reason);
    }
}

#[test]
fn the_number_in_the_record_header_is_used_when_the_text_has_none() {
    let text = format!("<Event>{}</Event>", SYSTEM.replace("<EventRecordID>42</EventRecordID>", ""));
    let record = Converter::default().convert(&text, Locator::default(), Some(5)).expect("a record");
    assert_eq!(record.record_id, Some(5));
}

#[test]
fn a_converter_forgets_what_was_in_a_broken_event() {
    let mut converter = Converter::default();
    let broken = format!("<Event>{SYSTEM}<EventData><Data Name='x'>left over");
    assert!(converter.convert(&broken, Locator::default(), None).is_err());
    let good = format!("<Event>{SYSTEM}<EventData><Data>y</Data></EventData></Event>");
    let record = converter.convert(&good, Locator::default(), None).expect("a record");
    assert_eq!(record.value("param1"), Some("y"));
}

#[test]
fn guids_booleans_and_times_of_other_tools_are_those_of_windows() {
    let event = |guid: &str, initiated: &str, time: &str| {
        let system = SYSTEM.replace("2019-05-12T18:35:05.155949300Z", time);
        format!(
            "<Event>{system}<EventData><Data Name='ProcessGuid'>{guid}</Data><Data Name='Initiated'>{initiated}</Data>\
             <Data Name='CommandLine'>True</Data></EventData></Event>"
        )
    };
    let normal =
        convert(&event("{5770385f-c22a-43e0-bf4c-06f5698ffbd9}", "true", "2019-05-12T18:35:05.155949Z")).unwrap();
    let other =
        convert(&event("5770385F-C22A-43E0-BF4C-06F5698FFBD9", "True", "2019-05-12 18:35:05.155949 UTC")).unwrap();
    assert_eq!(normal, other);
    assert_eq!(normal.value("CommandLine"), Some("True"), "what a process was given stays as it is");
    let zero = convert(&event("00000000000000000000000000000000", "false", "2019-05-12 18:35:05")).unwrap();
    assert_eq!(zero.value("ProcessGuid"), Some(crate::base::guid::ZERO));
}
