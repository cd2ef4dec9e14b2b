use super::decode;

fn utf16(text: &str, unit: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(unit).collect()
}

#[test]
fn a_text_is_the_same_in_every_encoding_that_a_mark_tells() {
    let text = "name = \"büro-07\"\r\n# 🦀\n";
    let marked = format!("\u{feff}{text}");
    for bytes in
        [text.as_bytes().to_vec(), marked.into_bytes(), utf16(text, u16::to_le_bytes), utf16(text, u16::to_be_bytes)]
    {
        assert_eq!(decode(bytes).as_deref(), Ok(text));
    }
    assert_eq!(decode(Vec::new()).as_deref(), Ok(""));
}

#[test]
fn what_is_no_text_is_refused_and_not_replaced() {
    // Windows-1252, in which "büro" has the byte 0xFC.
    assert_eq!(decode(b"b\xfcro".to_vec()), Err("it is not UTF-8 text (byte 1)".to_owned()));
    let half_a_pair = utf16("a", u16::to_le_bytes).into_iter().chain([0x00, 0xd8]).collect();
    assert_eq!(decode(half_a_pair), Err("it is not UTF-16LE text".to_owned()));
    let half_a_unit = utf16("a", u16::to_be_bytes).into_iter().chain([0]).collect();
    assert_eq!(decode(half_a_unit), Err("it is not UTF-16BE text".to_owned()));
}
