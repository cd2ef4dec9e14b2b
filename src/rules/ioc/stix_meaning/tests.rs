//! Tests of what patterns mean.

use super::super::stix_pattern::parse;
use super::*;

fn texts(pattern: &str) -> (Vec<String>, Vec<String>) {
    let found = meant(&parse(pattern).unwrap(), pattern);
    let all = found.indicators.iter().map(|(parts, text)| format!("{} x{}", text, parts.len())).collect();
    (all, found.refused.iter().map(|one| pattern[one.place.clone()].to_owned()).collect())
}

#[test]
fn alternatives_are_indicators_of_their_own() {
    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427f";
    assert_eq!(
        texts("[domain-name:value = 'evil.example' OR ipv4-addr:value = '192.0.2.0/24']").0,
        ["evil.example x1", "192.0.2.0/24 x1"]
    );
    assert_eq!(texts("[url:value LIKE '%/evil.php']").0, ["%/evil.php x1"]);
    assert_eq!(texts("[file:name = 'a.exe' AND directory:path = 'C:\\\\evil']").0, [r"C:\evil\a.exe x1"]);
    assert_eq!(texts(&format!("[file:hashes.MD5 = '{MD5}' AND file:hashes.IMPHASH = '{MD5}']")).0.len(), 2);
    assert_eq!(
        texts(&format!("[file:hashes.MD5 = '{MD5}' AND file:name IN ('a.exe', 'b.exe')]")).0,
        [format!("{MD5} and a.exe x2"), format!("{MD5} and b.exe x2")]
    );
}

#[test]
fn what_cannot_be_honoured_is_told() {
    for (pattern, at, left) in [
        ("[file:name != 'a.exe']", "file:name != 'a.exe'", 0),
        ("[file:name = 'a.exe' AND NOT file:size > 5]", "NOT file:size > 5", 0),
        ("[file:name = 'a.exe' OR mutex:name = 'x']", "mutex:name = 'x'", 1),
        ("[file:name MATCHES 'a.*']", "file:name MATCHES 'a.*'", 0),
        ("[file:hashes.SSDEEP = 'x']", "file:hashes.SSDEEP = 'x'", 0),
        ("[ipv4-addr:value = 'x']", "ipv4-addr:value = 'x'", 0),
        ("[file:name = 'a.exe'] AND [file:name = 'b.exe']", "[file:name = 'a.exe'] AND [file:name = 'b.exe']", 0),
        ("[file:name = 'a.exe'] OR [file:name = 'b.exe'] REPEATS 5 TIMES", "REPEATS", 1),
    ] {
        let (found, refused) = texts(pattern);
        assert_eq!((found.len(), refused.as_slice()), (left, [at.to_owned()].as_slice()), "{pattern}");
    }
}
