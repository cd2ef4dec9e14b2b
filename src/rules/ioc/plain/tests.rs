//! Tests of plain lists.

use super::*;

#[test]
fn a_line_is_an_indicator() {
    let text = "# head\n\nhxxp://evil[.]example/a  # C2\n\"192.0.2.7\",\r\n- evil.exe\n; other\n// other\ndomain: evil.example\nname: mimikatz\nC:\\a b\\c.exe\nno\n";
    let mut reader = ListReader::new(text, "list", false);
    read(text, &mut reader, &|count, job| (0..count).for_each(job));
    let found: Vec<_> = reader.indicators.iter().map(|one| (&*one.text, one.line, one.note.as_deref())).collect();
    assert_eq!(
        found,
        [
            ("http://evil.example/a", 3, Some("C2")),
            ("192.0.2.7", 4, None),
            ("evil.exe", 5, None),
            ("evil.example", 8, None),
            ("mimikatz", 9, None),
            ("C:\\a b\\c.exe", 10, None),
        ]
    );
    let finding = &reader.findings[0];
    assert_eq!(reader.findings.len(), 1);
    assert_eq!(&text[finding.span.range()], "no");
}

#[test]
fn a_long_list_is_read_in_parts_as_if_it_were_one() {
    let line = |at: usize| match at % 5 {
        0 => format!("host-{at}.example # of case {at}\n"),
        1 => format!("10.{}.{}.{}\r\n", at >> 16 & 255, at >> 8 & 255, at & 255),
        2 => format!("name-{at}.exe\n"),
        3 => "é no indicator\n".to_owned(),
        _ => format!("https://host-{at}.example/{at}\n"),
    };
    let text: String = (0..40_000).map(line).collect();
    assert!(text.len() > 4 * PART);
    let mut whole = ListReader::new(&text, "list", false);
    read_part(0, &text, &mut whole);
    let mut in_parts = ListReader::new(&text, "list", false);
    // In another order than that of the text.
    read(&text, &mut in_parts, &|count, job| (0..count).rev().for_each(job));
    let told = |reader: &ListReader| {
        let indicators: Vec<_> = reader
            .indicators
            .iter()
            .map(|one| (one.text.clone(), one.line, one.note.clone(), one.observables.clone()))
            .collect();
        let findings: Vec<_> = reader.findings.iter().map(|finding| (finding.span, finding.message.clone())).collect();
        (indicators, findings, reader.unusable, reader.broad, reader.more_findings)
    };
    assert_eq!(told(&in_parts), told(&whole));
    assert_eq!(in_parts.unusable, 8_000);
}
