use super::super::hints::RuleHints;
use super::super::{NameLearner, NameMap, leftovers};
use super::*;
use proptest::prelude::*;

/// The replacer's finder for what is learnt of some entries.
fn finder(entries: &[(&str, &str)], map: &mut NameMap) -> NameFinder {
    finder_with(entries, map, &RuleHints::default())
}

fn finder_with(entries: &[(&str, &str)], map: &mut NameMap, hints: &RuleHints) -> NameFinder {
    let mut learner = NameLearner::default();
    for (name, text) in entries {
        assert_eq!(learner.text(name, text), None);
    }
    let (names, _) = learner.finish();
    NameFinder::new(NameBook::new(&names, hints, map).unwrap())
}

fn replaced(finder: &NameFinder, entry: &str, text: &str) -> String {
    finder.replaced(entry, text, &mut |_| {}).unwrap_or_else(|| text.to_owned())
}

#[test]
fn a_name_is_replaced_wherever_it_stands_in_the_letters_of_each_place() {
    let mut map = NameMap::default();
    let finder = finder(&[("Computer", "WS-0417.corp.example"), ("User", r"CORP\jo.hale")], &mut map);
    let user = &map.users["jo.hale"];
    let host = &map.hosts["WS-0417"];
    let domain = &map.domains["corp"];
    assert_eq!((user.len(), host.len(), domain.len()), (7, 7, 4));
    let command = replaced(&finder, "CommandLine", r"c:\users\JO.HALE\x \\ws-0417\c$ /d:corp.example");
    assert_eq!(command, format!(r"c:\users\{}\x \\{host}\c$ /d:{domain}.example", user.to_uppercase()));
    assert_eq!(replaced(&finder, "User", r"CORP\jo.hale"), format!(r"{}\{user}", domain.to_uppercase()));
}

#[test]
fn names_that_windows_has_everywhere_stay() {
    let entries = [
        ("User", r"NT AUTHORITY\SYSTEM"),
        ("User", r"Window Manager\DWM-1"),
        ("User", r"IIS APPPOOL\Shop"),
        ("ParentUser", r"NT AUTHORITY\LOCAL SERVICE"),
        ("Image", r"C:\Users\Public\x.exe"),
        ("UserID", "S-1-5-18"),
        ("SourceIp", "127.0.0.1"),
        ("QueryName", "localhost"),
    ];
    let mut map = NameMap::default();
    let finder = finder(&entries, &mut map);
    assert!(map.is_empty(), "{map:?}");
    for (name, text) in entries {
        assert_eq!(replaced(&finder, name, text), text);
    }
}

#[test]
fn an_ordinary_word_is_replaced_where_it_is_a_name() {
    let mut map = NameMap::default();
    // There is an entry of that name, so that it cannot be replaced everywhere.
    let finder = finder(&[("User", r"PC-7\image"), ("Image", r"C:\x.exe")], &mut map);
    let new = &map.users["image"];
    assert_eq!(
        replaced(&finder, "CommandLine", r"show image C:\Users\image\x"),
        format!(r"show image C:\Users\{new}\x")
    );
    assert_eq!(replaced(&finder, "User", r"PC-7\image"), format!(r"{}\{new}", map.domains["PC-7"].to_uppercase()));
}

#[test]
fn identifiers_keep_their_form() {
    let mut map = NameMap::default();
    let entries = [
        ("TargetObject", r"HKU\S-1-5-21-1004336348-1177238915-682003330-1103\Software"),
        ("ProcessGuid", "{cd2e1bdd-ffd6-6667-2301-000000001f00}"),
    ];
    let finder = finder(&entries, &mut map);
    let key = replaced(&finder, "TargetObject", entries[0].1);
    assert!(
        key.starts_with(r"HKU\S-1-5-21-") && key.ends_with(r"-1103\Software") && key.len() == entries[0].1.len(),
        "{key}"
    );
    let guid = replaced(&finder, "ProcessGuid", entries[1].1);
    assert!(guid.ends_with("-ffd6-6667-2301-000000001f00}") && !guid.contains("cd2e1bdd"), "{guid}");
    let class = "{cd2e1bde-ffd6-6667-2301-000000001f00}";
    assert_eq!(replaced(&finder, "TargetObject", class), class, "a GUID of no machine stays");
}

#[test]
fn a_map_gives_the_same_names_again_and_new_ones_beside() {
    let mut map = NameMap::default();
    finder(&[("User", r"CORP\jo.hale"), ("SourceIp", "10.0.0.5")], &mut map);
    let first = map.clone();
    finder(&[("User", r"CORP\sam.orr"), ("User", r"corp\JO.HALE"), ("DestinationIp", "10.0.0.6")], &mut map);
    assert_eq!(map.users["jo.hale"], first.users["jo.hale"]);
    assert_eq!(map.addresses["10.0.0.5"], first.addresses["10.0.0.5"]);
    assert_eq!((map.users.len(), map.domains.len(), map.addresses.len()), (2, 1, 2));
    finder(&[("QueryName", "a.evil.test")], &mut map);
    finder(&[("QueryName", "b.evil.test")], &mut map);
    let end = |name: &str| map.dns_names[name].split_once('.').unwrap().1.to_owned();
    assert_eq!(end("a.evil.test"), end("b.evil.test"), "a part of a DNS name is replaced the same way in another run");
    assert_eq!(NameMap::parse(&NameMap { evql_name_map: 1, ..map.clone() }.to_json()).unwrap().users, map.users);
}

#[test]
fn dns_names_keep_the_end_that_rules_look_at() {
    let set = crate::rules::Rule::bare(
        r#"dns where dns.question.name : "*.ngrok.test""#,
        crate::eql::compile("any where true").query.unwrap(),
    );
    let hints = RuleHints::new(&[set]);
    let mut map = NameMap::default();
    let finder = finder_with(&[("QueryName", "abc123.ngrok.test"), ("QueryName", "www.evil.test")], &mut map, &hints);
    let tunnel = replaced(&finder, "QueryName", "abc123.ngrok.test");
    assert!(tunnel.ends_with(".ngrok.test") && !tunnel.contains("abc123"), "{tunnel}");
    let site = replaced(&finder, "CommandLine", "curl http://WWW.EVIL.test/x");
    assert!(site.starts_with("curl http://WWW.") && !site.to_lowercase().contains("evil"), "{site}");
}

#[test]
fn hashes_are_kept_unless_they_are_to_be_dropped() {
    let finder = finder(&[("User", r"CORP\bob")], &mut NameMap::default());
    assert_eq!(NameReplacer::new(&finder, false).text("Hashes", "MD5=00"), None);
    assert_eq!(NameReplacer::new(&finder, true).text("Hashes", "MD5=00"), Some(String::new()));
}

#[test]
fn a_name_in_the_bytes_is_told_in_either_encoding() {
    let finder = finder(&[("User", r"CORP\jo.hale"), ("SourceIp", "10.20.4.17")], &mut NameMap::default());
    let utf16 = |text: &str| crate::base::utf16::bytes(text);
    for bytes in [b"x jo.HALE y".to_vec(), utf16("x Jo.hale"), [vec![0], utf16("10.20.4.17 ")].concat()] {
        assert_eq!(leftovers(&*bytes, &finder).unwrap().len(), 1, "{bytes:?}");
    }
    assert!(leftovers(&*utf16("nothing here"), &finder).unwrap().is_empty());
}

proptest! {
    #[test]
    fn nothing_of_a_name_is_left_and_the_same_name_is_replaced_the_same_way(
        user in "[a-zA-Z]{3,12}[0-9]{0,3}", host in "[A-Z]{2,6}-[0-9A-Z]{3,7}", octet in 1..255_u8, noise in r"[ -~]{0,20}",
    ) {
        let address = format!("10.1.{octet}.9");
        let mut map = NameMap::default();
        let account = format!(r"CORPDOM\{user}");
        let finder = finder(&[("Computer", &host), ("User", &account), ("SourceIp", &address)], &mut map);
        let text = format!(r"C:\Users\{user}\{noise} \\{host}\x {address}");
        let new = replaced(&finder, "CommandLine", &text);
        prop_assert!(finder.find("CommandLine", &new).is_empty(), "{}", new);
        prop_assert_eq!(&replaced(&finder, "CommandLine", &text), &new);
        let upper = replaced(&finder, "CommandLine", &text.to_uppercase());
        prop_assert_eq!(upper.to_lowercase(), new.to_lowercase());
    }

    #[test]
    fn no_text_stops_the_replacer(text in "\\PC{0,80}") {
        let finder = finder(&[("User", r"CORP\Åsa"), ("Computer", "PC-77"), ("CommandLine", &text)], &mut NameMap::default());
        let _ = replaced(&finder, "CommandLine", &text); // What becomes of it is tested above.
    }
}
