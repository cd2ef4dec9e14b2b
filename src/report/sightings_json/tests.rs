//! Tests of indicators as ECS has them.

use super::*;
use crate::rules::{ListOptions, load_lists};

#[test]
fn indicators_have_the_fields_of_ecs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iocs.txt");
    std::fs::write(&path, "d41d8cd98f00b204e9800998ecf8427f\nimphash:d41d8cd98f00b204e9800998ecf8427f\n192.0.2.7\n192.0.2.0/24\n2001:db8::7\nevil.example # C2\nhttp://evil.example/a\na.exe\nC:\\a.exe\n").unwrap();
    let lists = load_lists(&[path], &ListOptions { keep_broad: true, level: None });
    let told: Vec<String> = lists
        .indicators
        .iter()
        .map(|one| {
            let json = indicator_json(one);
            let of = |pointer: &str| json.pointer(pointer).is_some();
            let at = [
                "/file/hash/md5",
                "/file/pe/imphash",
                "/ip",
                "/url/domain",
                "/url/original",
                "/file/name",
                "/file/path",
            ];
            let at: Vec<&str> = at.into_iter().filter(|pointer| of(pointer)).collect();
            format!("{} {}", json["type"].as_str().unwrap(), at.join(" "))
        })
        .collect();
    assert_eq!(
        told,
        [
            "file /file/hash/md5",
            "file /file/pe/imphash",
            "ipv4-addr /ip",
            "ipv4-addr ",
            "ipv6-addr /ip",
            "domain-name /url/domain",
            "url /url/original",
            "file /file/name",
            "file /file/path",
        ]
    );
    assert_eq!(indicator_json(&lists.indicators[5])["description"], "C2");
}
