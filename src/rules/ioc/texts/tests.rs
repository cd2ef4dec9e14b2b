//! Tests of what texts have in them.

use super::*;
use proptest::prelude::*;

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

/// Hosts found by splitting a text by characters, without tables and without looking ahead.
fn naive_hosts(text: &str) -> Vec<String> {
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') || (!c.is_ascii() && c.is_alphanumeric());
    let mut all = Vec::new();
    let mut next = 0;
    for piece in text.split(|c| !is_part(c)) {
        let before = &text[..next];
        next += piece.len() + text[next + piece.len()..].chars().next().map_or(0, char::len_utf8);
        let piece = piece.trim_matches(['.', '-']);
        if piece.len() < 3 || !piece.contains('.') {
            continue;
        }
        let mut back = before.chars().rev();
        let (last, previous) = (back.next(), back.next());
        let is_in_path = matches!(last, Some('\\' | '/')) && last != previous;
        if let Ok(address) = piece.parse::<IpAddr>() {
            all.push(address.to_string());
        } else if !is_in_path && is_host_name(piece) {
            all.push(piece.to_owned());
        }
    }
    for piece in text.split(|c: char| !c.is_ascii_hexdigit() && c != ':' && c != '.') {
        if (3..=45).contains(&piece.len())
            && piece.matches(':').count() > 1
            && let Ok(address) = piece.parse::<Ipv6Addr>()
        {
            all.push(IpAddr::V6(address).to_canonical().to_string());
        }
    }
    all
}

proptest! {
    #[test]
    fn hosts_are_those_of_a_plain_split(parts in proptest::collection::vec(
        prop_oneof![
            "[a-z0-9.:é\u{212a}\u{a0}\\\\/_-]{0,6}",
            Just("10.1.2.3".to_owned()),
            Just("a.example".to_owned()),
            "(([0-9a-f]{1,4}:){7}|::ffff:)[0-9a-f]{1,4}",
            Just("::ffff:192.0.2.7".to_owned()),
            "[ \"',;=(|\u{3000}]",
        ],
        0..12,
    )) {
        let text = parts.concat();
        let mut found = Vec::new();
        each_host(&text, |piece| found.push(match piece {
            HostPiece::Address(address) => address.to_string(),
            HostPiece::Name(name) => name.to_owned(),
        }));
        prop_assert_eq!(found, naive_hosts(&text));
    }

    #[test]
    fn urls_and_paths_are_pieces_of_a_plain_split(text in "[ab:/.\\\\ \"',;=(&|<^`\t\u{a0}\u{3000}é-]{0,40}") {
        let ends = |c: char| c.is_whitespace() || "\"'<>|^`".contains(c);
        let mut urls = Vec::new();
        each_url(&text, |piece| urls.push(piece.to_owned()));
        let mut paths = Vec::new();
        each_path(&text, |piece| paths.push(piece.to_owned()));
        let mut expected = Vec::new();
        for piece in text.split(ends) {
            expected.extend(piece.match_indices("://").map(|(at, _)| piece[at..].to_owned()));
            if !piece.contains("://") && piece.contains('/') && piece.contains('.') && !piece.starts_with('/') {
                expected.push(piece.to_owned());
            }
            prop_assert!(piece.len() < 3 || paths.iter().any(|path| path == piece), "{}", piece);
            for part in piece.split([',', ';', '=', '(', ')', '&']) {
                prop_assert!(part.len() < 3 || paths.iter().any(|path| path == part), "{}", part);
            }
        }
        prop_assert_eq!(urls, expected);
    }
}
