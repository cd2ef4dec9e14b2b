//! Tests of the language of patterns.

use super::*;

fn test(path: &str, operator: &str, values: &[&str]) -> PatternNode {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    PatternNode::Test(PropertyTest {
        path: path.to_owned(),
        operator: operator.to_owned(),
        negated: false,
        values,
        place: 0..0,
    })
}

/// A tree without its places.
fn without_places(node: PatternNode) -> PatternNode {
    match node {
        PatternNode::And(nodes) => PatternNode::And(nodes.into_iter().map(without_places).collect()),
        PatternNode::Or(nodes) => PatternNode::Or(nodes.into_iter().map(without_places).collect()),
        PatternNode::Observation(inner) => PatternNode::Observation(Box::new(without_places(*inner))),
        PatternNode::Test(test) => PatternNode::Test(PropertyTest { place: 0..0, ..test }),
        PatternNode::FollowedBy(_) => PatternNode::FollowedBy(0..0),
        PatternNode::Qualified(_) => PatternNode::Qualified(0..0),
    }
}

fn read(pattern: &str) -> PatternNode {
    without_places(parse(pattern).unwrap_or_else(|fault| panic!("{pattern}: {fault:?}")))
}

#[test]
fn patterns_are_read() {
    let one = |node| PatternNode::Observation(Box::new(node));
    assert_eq!(read("[file:name = 'a.exe']"), one(test("file:name", "=", &["a.exe"])));
    assert_eq!(read("[ file:hashes.'SHA-256'='x' ]"), one(test("file:hashes.SHA-256", "=", &["x"])));
    assert_eq!(read(r"[file:name = 'a\'b\\c']"), one(test("file:name", "=", &[r"a'b\c"])));
    assert_eq!(read("[ipv4-addr:value IN ('a', 'b')]"), one(test("ipv4-addr:value", "IN", &["a", "b"])));
    let (a, b, c) = (test("a:b", "=", &["1"]), test("c:d", "LIKE", &["%x"]), test("e:f", "!=", &["2"]));
    assert_eq!(
        read("[a:b = 1 AND (c:d LIKE '%x' OR e:f != 2)]"),
        one(PatternNode::And(vec![a.clone(), PatternNode::Or(vec![b.clone(), c])]))
    );
    assert_eq!(read("[a:b = 1] OR ([c:d LIKE '%x'])"), PatternNode::Or(vec![one(a), one(b)]));
    assert_eq!(read("[a:b = 1] FOLLOWEDBY [a:b = 1]"), PatternNode::FollowedBy(0..0));
    assert_eq!(read("[a:b = 1] WITHIN 5 SECONDS"), PatternNode::Qualified(0..0));
    assert_eq!(read("[a:b = 1] START t'2020' STOP t'2021'"), PatternNode::Qualified(0..0));
}

#[test]
fn what_is_wrong_has_its_place() {
    for (pattern, at) in [
        ("[file:name = 'a", 13),
        ("[file:name 'a']", 11),
        ("[name = 'a']", 1),
        ("file:name = 'a'", 0),
        ("[file:name = 'a'] x", 18),
        ("[file:name IN 'a']", 14),
        ("", 0),
    ] {
        assert_eq!(parse(pattern).unwrap_err().place.start, at, "{pattern}");
    }
    let deep = format!("{}a:b = 1{}", "(".repeat(1000), ")".repeat(1000));
    assert!(parse(&format!("[{deep}]")).is_err());
}
