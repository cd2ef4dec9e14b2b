use super::*;

fn mended(document: &[u8]) -> Option<(String, usize)> {
    mend(document).map(|mended| (String::from_utf8(mended.bytes).unwrap(), mended.what.len()))
}

#[test]
fn what_json_does_not_allow_is_written_so_that_it_can_be_read() {
    for (document, expected) in [
        (&b"{\"a\":\"x\xff\"}"[..], "{\"a\":\"x\u{fffd}\"}"),
        (br#"{"a":"\ud83d!"}"#, r#"{"a":"\ufffd!"}"#),
        (br#"{"a":"\ude00\\ud800"}"#, r#"{"a":"\ufffd\\ud800"}"#),
        (br#"{"a":"\ud83d\ud83d\ude00"}"#, r#"{"a":"\ufffd\ud83d\ude00"}"#),
        (b"{\"a\":\"x\ty\x01\"}", r#"{"a":"x\u0009y\u0001"}"#),
        (br#"{"a":NaN,"b":[-Infinity,Infinity],"c":"NaN"}"#, r#"{"a":null,"b":[null,null],"c":"NaN"}"#),
    ] {
        let (text, _) = mended(document).expect(expected);
        assert_eq!(text, expected);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
    }
    assert_eq!(mended(br#"{"a":"\ud83d\ude00","b":-1}"#), None);
    assert_eq!(mended(br#"{"a":nope}"#), None);
    assert_eq!(mended(b""), None);
    assert_eq!(mended(b"\"\\"), None);
}
