//! Tests of public suffixes.

use super::*;

#[test]
fn endings_are_those_of_the_list() {
    assert_eq!(known_suffix("www.example.co.uk"), Some("co.uk"));
    assert_eq!(known_suffix("co.uk"), Some("co.uk"));
    assert_eq!(known_suffix("server.corp"), None);
    assert_eq!(public_suffix("server.corp"), Some(PublicSuffix { text: "corp", is_known: false }));
    assert_eq!(public_suffix("a.github.io").map(PublicSuffix::labels), Some(2));
    assert_eq!(public_suffix(""), None);
}

/// The second reader is the list's own function for registered names.
#[test]
fn a_registered_name_has_one_label_more() {
    for name in ["www.example.co.uk", "a.b.c.example", "x.kawasaki.jp", "city.kawasaki.jp", "a.ck", "www.ck", "com"] {
        let registered =
            psl::domain(name.as_bytes()).map(|domain| domain.as_bytes().split(|byte| *byte == b'.').count());
        let expected = public_suffix(name).map(PublicSuffix::labels).map(|labels| labels + 1);
        assert_eq!(registered, expected.filter(|labels| name.split('.').count() >= *labels), "{name}");
    }
}
