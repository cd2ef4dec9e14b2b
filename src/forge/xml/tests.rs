use super::super::Scenario;
use super::*;

const TEXT: &str = r#"title = "t"
[[file]]
name = "a.evtx"
host = "büro-07"
[[process]]
label = "cmd"
pid = 7236
Image = 'C:\Windows\System32\cmd.exe'
CommandLine = """cmd /c "echo <a> & 'b' 🦀\r\n" """
[[event]]
id = 1
process = "cmd"
time = 2024-03-05T09:14:02.1234567Z
repeat = 2
"#;

fn events() -> Vec<ForgedEvent> {
    Scenario::parse(TEXT, "t").unwrap().build().unwrap().remove(0).events
}

/// Texts of all `Data` elements, and of `Computer`, as an XML parser reads them.
fn texts(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut texts = Vec::new();
    let mut open: Option<String> = None;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(tag) if matches!(tag.name().as_ref(), "Data" | "Computer") => {
                open = Some(String::new());
            }
            quick_xml::events::Event::Text(text) => {
                if let Some(open) = &mut open {
                    open.push_str(&text);
                }
            }
            quick_xml::events::Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().unwrap() {
                    Some(c) => c.to_string(),
                    None => quick_xml::escape::resolve_xml_entity(&reference).unwrap().to_owned(),
                };
                if let Some(open) = &mut open {
                    open.push_str(&resolved);
                }
            }
            quick_xml::events::Event::End(_) => texts.extend(open.take()),
            quick_xml::events::Event::Eof => return texts,
            _ => {}
        }
    }
}

fn wanted() -> Vec<String> {
    let of = |event: ForgedEvent| {
        std::iter::once(event.computer).chain(event.fields.into_iter().map(|field| field.value.text))
    };
    events().into_iter().flat_map(of).collect()
}

#[test]
fn a_document_has_every_text_of_every_event() {
    let xml = String::from_utf8(write_xml(&events(), XmlStyle::Document, XmlEncoding::Utf8)).unwrap();
    assert!(
        xml.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events><Event "),
        "{xml}"
    );
    assert!(xml.ends_with("</Event></Events>"), "{xml}");
    assert_eq!(texts(&xml), wanted());
}

#[test]
fn lines_have_one_event_each() {
    let xml = String::from_utf8(write_xml(&events()[..1], XmlStyle::Lines, XmlEncoding::Utf8)).unwrap();
    assert!(xml.starts_with("<Event ") && xml.ends_with("</Event>\r\n"), "{xml}");
    assert!(xml.contains("<TimeCreated SystemTime='2024-03-05T09:14:02.1234567Z'/>"), "{xml}");
    assert!(xml.contains("<Correlation/><Execution ProcessID='2868' ThreadID='4012'/>"), "{xml}");
    assert!(xml.contains("<EventID>1</EventID>"), "{xml}");
}

#[test]
fn utf16_is_the_same_text_with_a_byte_order_mark() {
    let bytes = write_xml(&events(), XmlStyle::Lines, XmlEncoding::Utf16);
    assert_eq!(bytes[..2], [0xff, 0xfe]);
    let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let narrow = write_xml(&events(), XmlStyle::Lines, XmlEncoding::Utf8);
    assert_eq!(String::from_utf16(&units).unwrap().into_bytes(), narrow);
}
