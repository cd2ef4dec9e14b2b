//! Tests of what texts have in them.

use super::*;

#[test]
fn hosts_are_whole_names() {
    let hosts = |text: &str| {
        let mut all = Vec::new();
        each_host(text, |piece| {
            all.push(match piece {
                HostPiece::Address(address) => address.to_string(),
                HostPiece::Name(name) => name.to_owned(),
            });
        });
        all
    };
    assert_eq!(hosts("curl http://a.example:80/b.html"), ["a.example"]);
    assert_eq!(hosts(r"net use \\evil.example\share"), ["evil.example"]);
    assert_eq!(hosts("ping 192.0.2.7, then [2001:db8::7]:80"), ["192.0.2.7", "2001:db8::7"]);
    assert_eq!(hosts(r"C:\folder\more.com"), [""; 0]);
    assert_eq!(hosts("a@evil.example. End"), ["evil.example"]);
}

#[test]
fn paths_may_have_blanks_between_quotes() {
    let paths = |text: &str| {
        let mut all = Vec::new();
        each_path(text, |piece| all.push(piece.to_owned()));
        all
    };
    assert!(paths(r#"rundll32 "C:\a b\c.dll",Start"#).contains(&r"C:\a b\c.dll".to_owned()));
    assert!(paths(r"regsvr32 /i:C:\a\b.sct scrobj.dll").contains(&r"C:\a\b.sct".to_owned()));
    assert!(paths(r"C:\Program Files\a.exe -k run").contains(&r"C:\Program Files\a.exe".to_owned()));
    assert!(paths("x y=evil.exe").contains(&"evil.exe".to_owned()));
}

#[test]
fn a_long_text_costs_few_pieces() {
    let text = "C:\\ a=b;".repeat(100_000);
    let mut count = 0;
    each_path(&text, |_| count += 1);
    each_url(&text, |_| count += 1);
    each_host(&text, |_| count += 1);
    assert!(count < text.len());
}
