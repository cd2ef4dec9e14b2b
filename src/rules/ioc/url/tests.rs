//! Tests of how URLs are compared.

use super::*;

#[test]
fn urls_have_one_form() {
    let cases = [
        ("http://Evil.example/A", Some("evil.example/a")),
        ("https://evil.example:443/", Some("evil.example")),
        ("https://user:pass@evil.example:8443/a#b", Some("evil.example:8443/a")),
        ("evil.example/a?b=c", Some("evil.example/a?b=c")),
        ("http://[2001:DB8::1]/a", Some("[2001:db8::1]/a")),
        ("http:///a", None),
        ("http://ev il/a", None),
        ("/i:http://evil.example/x.sct", Some("evil.example/x.sct")),
    ];
    for (text, wanted) in cases {
        assert_eq!(key(text).as_deref(), wanted, "{text}");
    }
}

#[test]
fn the_host_of_a_key_has_no_port_and_no_brackets() {
    assert_eq!(host_of_key("evil.example:8443/a"), "evil.example");
    assert_eq!(host_of_key("[2001:db8::1]/a"), "2001:db8::1");
    assert_eq!(host_of_key("evil.example?x"), "evil.example");
}
