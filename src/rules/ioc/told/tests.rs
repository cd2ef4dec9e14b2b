//! Tests of what values are indicators of.

use super::*;

#[test]
fn values_tell_what_they_are() {
    let label = |text: &str| match observables(ValueType::Unsaid, text) {
        Ok(found) => found.iter().map(Observable::label).collect::<Vec<_>>().join("+"),
        Err(_) => "nothing".to_owned(),
    };
    let cases = [
        ("d41d8cd98f00b204e9800998ecf8427f", "MD5 or IMPHASH"),
        ("md5:d41d8cd98f00b204e9800998ecf8427f", "MD5"),
        ("IMPHASH=d41d8cd98f00b204e9800998ecf8427f", "IMPHASH"),
        ("sha1:d41d8cd98f00b204e9800998ecf8427f", "nothing"),
        ("da39a3ee5e6b4b0d3255bfef95601890afd80700", "SHA-1"),
        ("00000000000000000000000000000000", "nothing"),
        ("192.0.2.1", "address"),
        ("192.0.2.1:443", "address"),
        ("[2001:db8::1]:443", "address"),
        ("2001:db8::1", "address"),
        ("192.0.2.0/24", "network"),
        ("192.0.2.1-192.0.2.9", "network"),
        ("192.0.2.9-192.0.2.1", "nothing"),
        ("192.0.2.256", "nothing"),
        ("evil.com", "domain"),
        ("*.evil.com", "domain"),
        ("evil.com.", "domain"),
        ("evil.com:443", "domain"),
        ("bücher.example", "domain"),
        ("evil.exe", "file name"),
        ("e v i l.docx", "file name"),
        ("evil*.exe", "file name"),
        ("evil.zip", "domain+file name"),
        ("evil.qqqq", "file name"),
        ("https://evil.com/a", "URL"),
        ("evil.com/a", "URL"),
        ("192.0.2.1/a", "URL"),
        ("http://", "nothing"),
        (r"C:\a.exe", "path"),
        (r"%TEMP%\a.exe", "path"),
        ("/tmp/a", "path"),
        ("a/b", "nothing"),
        ("a@evil.com", "nothing"),
        ("mimikatz", "nothing"),
        ("", "nothing"),
        ("CVE-2024-1234", "nothing"),
    ];
    for (text, wanted) in cases {
        assert_eq!(label(text), wanted, "{text}");
    }
}

#[test]
fn types_have_the_names_that_platforms_give_them() {
    let cases = [
        ("sha256", Some(ValueType::Hash(Some(HashAlgorithm::Sha256)))),
        ("FileHash-SHA256", Some(ValueType::Hash(Some(HashAlgorithm::Sha256)))),
        ("sha256_hash", Some(ValueType::Hash(Some(HashAlgorithm::Sha256)))),
        ("threat.indicator.file.hash.md5", Some(ValueType::Hash(Some(HashAlgorithm::Md5)))),
        ("imphash", Some(ValueType::Hash(Some(HashAlgorithm::Imphash)))),
        ("ip:port", Some(ValueType::Address)),
        ("ip-dst", Some(ValueType::Address)),
        ("IPv4", Some(ValueType::Address)),
        ("hostname", Some(ValueType::Domain)),
        ("regkey", None),
    ];
    for (name, wanted) in cases {
        assert_eq!(ValueType::named(name), wanted, "{name}");
    }
}
