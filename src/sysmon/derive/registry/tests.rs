use super::*;

fn written(details: &str) -> (&'static str, String) {
    (data_type(details), number(details).map_or_else(|| details.to_owned(), |number| number.to_string()))
}

#[test]
fn data_is_told_by_its_form() {
    assert_eq!(written("DWORD (0x0000000a)"), ("SZ_DWORD", "10".to_owned()));
    assert_eq!(written("DWORD (0xFFFFFFFF)"), ("SZ_DWORD", "4294967295".to_owned()));
    assert_eq!(written("QWORD (0x00000001-0x00000002)"), ("SZ_QWORD", "258".to_owned()), "8 bits, not 32");
    assert_eq!(written("Binary Data"), ("REG_BINARY", "Binary Data".to_owned()));
    for text in ["(Empty)", "DWORD (0x)", "DWORD (ten)", "DWORD (0x1", "QWORD (0x1)", "binary data", "x"] {
        assert_eq!(written(text), ("REG_SZ", text.to_owned()));
    }
}

#[test]
fn hive_and_key_need_a_known_root() {
    let parts = |path: &str| [hive(path), key(path), value(path)].map(|part| part.map(str::to_owned));
    let some = |texts: [&str; 3]| texts.map(|text| Some(text.to_owned()));
    assert_eq!(parts("HKLM\\SOFTWARE\\Run\\x"), some(["HKLM", "SOFTWARE\\Run\\x", "x"]));
    assert_eq!(parts("HKEY_USERS\\S-1\\Run\\"), some(["HKU", "S-1\\Run", "Run"]));
    assert_eq!(parts("\\REGISTRY\\A\\x"), [None, None, Some("x".to_owned())]);
    assert_eq!(parts("hklm\\x"), [None, None, Some("x".to_owned())], "case counts");
    assert_eq!(parts("HKLM"), [Some("HKLM".to_owned()), None, Some("HKLM".to_owned())]);
    assert_eq!(parts("\\"), [None, None, None]);
}
