//! Tests of making indicators harmless, and back.

use super::*;

#[test]
fn what_was_made_harmless_is_as_it_was() {
    let cases = [
        ("hxxp://evil[.]example/a", "http://evil.example/a"),
        ("hXXps[:]//evil[dot]example", "https://evil.example"),
        ("evil(.)example", "evil.example"),
        ("evil(DOT)example", "evil.example"),
        ("192.0.2[.]7", "192.0.2.7"),
        ("192[.0[.2[.7", "192.0.2.7"),
        ("hxxp[://]evil.example", "http://evil.example"),
        ("a[at]evil[.]example", "a@evil.example"),
        ("http://[2001:db8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("fxp://evil.example", "ftp://evil.example"),
        ("hxxp.exe", "hxxp.exe"),
        ("C:\\é[x].exe", "C:\\é[x].exe"),
    ];
    for (written, meant) in cases {
        assert_eq!(refanged(written), meant, "{written}");
    }
}

#[test]
fn what_is_made_harmless_comes_back() {
    for text in
        ["https://evil.example/a.b?c=d.e", "evil.example", "192.0.2.7", "ftp://a.example/x", "http://192.0.2.7:81/a"]
    {
        assert!(!defanged(text).contains("://evil.") && defanged(text).contains("[.]"), "{}", defanged(text));
        assert_eq!(refanged(&defanged(text)), text);
    }
}
