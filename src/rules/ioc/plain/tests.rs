//! Tests of plain lists.

use super::*;

#[test]
fn a_line_is_an_indicator() {
    let text = "# head\n\nhxxp://evil[.]example/a  # C2\n\"192.0.2.7\",\r\n- evil.exe\n; other\n// other\ndomain: evil.example\nname: mimikatz\nC:\\a b\\c.exe\nno\n";
    let mut reader = ListReader::new(text, "list", false);
    read(text, &mut reader);
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
