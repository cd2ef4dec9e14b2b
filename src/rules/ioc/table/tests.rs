//! Tests of lists as CSV.

use super::*;

fn found(text: &str) -> (Vec<(String, &'static str, usize)>, Vec<String>) {
    let mut reader = ListReader::new(text, "list", false);
    read(text, &mut reader).unwrap();
    let all = reader.indicators.iter().map(|one| (one.text.clone(), one.label(), one.line)).collect();
    (all, reader.findings.iter().map(|found| found.message.clone()).collect())
}

#[test]
fn columns_are_told_by_their_names() {
    let text = "type,value,comment,severity\nsha256,E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B856,dropper,critical\nip-dst|port,192.0.2.7|443,,\nmutex,abc,,\n";
    let mut reader = ListReader::new(text, "list", false);
    read(text, &mut reader).unwrap();
    let first = &reader.indicators[0];
    assert_eq!(
        (first.label(), first.line, first.level, first.note.as_deref()),
        ("SHA-256", 2, Some(Level::Critical), Some("dropper"))
    );
    assert_eq!((reader.indicators[1].label(), &*reader.indicators[1].text), ("address", "192.0.2.7"));
    assert_eq!(reader.findings.len(), 1, "{:?}", reader.findings);
    assert!(reader.findings[0].message.contains("mutex"));
    assert_eq!(&text[reader.findings[0].span.range()], "m");
}

#[test]
fn typed_columns_may_be_several() {
    let text =
        "name;md5;threat.indicator.ip;link\nEmotet;d41d8cd98f00b204e9800998ecf8427f;192.0.2.7;https://feed.example/1\n";
    let (found, findings) = found(text);
    assert_eq!(found.iter().map(|one| one.1).collect::<Vec<_>>(), ["MD5", "address"]);
    assert!(findings.is_empty());
}

#[test]
fn the_names_of_columns_may_stand_in_the_last_comment() {
    let text = "# feed\n# id,dateadded,url,url_status,urlhaus_link\n\"1\",\"2024-01-01\",\"http://evil.example/a\",\"online\",\"https://urlhaus.example/url/1/\"\n";
    assert_eq!(found(text).0, [("http://evil.example/a".to_owned(), "URL", 3)]);
}

#[test]
fn without_names_the_values_tell() {
    let text = "2024-01-01,evil.example,high\n2024-01-02,other.example,low\n\n2024-01-03,nothing here,low\n";
    let (found, findings) = found(text);
    assert_eq!(found, [("evil.example".to_owned(), "domain", 1), ("other.example".to_owned(), "domain", 2)]);
    assert_eq!(findings.len(), 1);
}

#[test]
fn what_is_no_list_is_refused() {
    for text in ["@timestamp,process.hash.md5\n2024,d41d8cd98f00b204e9800998ecf8427f\n", "a,b\nc,d\n"] {
        let mut reader = ListReader::new(text, "list", false);
        assert!(read(text, &mut reader).is_err(), "{text}");
    }
    assert!(looks_like_table("# c\nevil.example,1\n") && !looks_like_table("evil.example\na,b\n"));
}
