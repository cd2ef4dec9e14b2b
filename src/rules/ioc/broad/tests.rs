//! Tests of indicators that say too little.

use super::super::told::{ValueType, observables};
use super::*;

#[test]
fn what_fits_nearly_everything_is_told() {
    let of = |text: &str| observables(ValueType::Unsaid, text).unwrap().iter().any(|one| too_broad(one).is_some());
    for text in [
        "0.0.0.0/0",
        "::/0",
        "10.0.0.0/7",
        "com",
        "co.uk",
        "*.exe",
        r"C:\*",
        r"*\*.dll",
        r"C:\*.exe",
        "d41d8cd98f00b204e9800998ecf8427e",
    ] {
        assert!(of(text), "{text}");
    }
    for text in [
        "10.0.0.0/8",
        "evil.com",
        "evil.co.uk",
        "a*.exe",
        r"C:\evil\*",
        r"*\evil.dll",
        r"C:\Users\*\x.exe",
        "2001:db8::/32",
    ] {
        assert!(!of(text), "{text}");
    }
}

#[test]
fn addresses_of_everybody_are_doubtful() {
    let of = |text: &str| observables(ValueType::Unsaid, text).unwrap().iter().any(|one| doubtful(one).is_some());
    for text in ["10.1.2.3", "192.168.0.0/16", "127.0.0.1", "fe80::1", "fd00::/8", "224.0.0.252"] {
        assert!(of(text), "{text}");
    }
    assert!(!of("192.0.2.7") && !of("2001:db8::1"));
}
