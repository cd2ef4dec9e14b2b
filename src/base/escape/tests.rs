use super::*;

#[test]
fn terminals_see_control_and_bidi_characters_as_text() {
    assert_eq!(terminal("cmd.exe /c \"ä\""), "cmd.exe /c \"ä\"");
    assert_eq!(terminal("a\x1b[2Jb"), "a\\x1b[2Jb");
    assert_eq!(terminal("one\r\ntwo\t3"), "one\\r\\ntwo\\t3");
    assert_eq!(terminal("gpj.\u{202e}exe"), "gpj.\\u{202e}exe");
    assert_eq!(terminal("\u{9b}1m\u{7f}"), "\\x9b1m\\x7f");
}

#[test]
fn cells_do_not_calculate() {
    for formula in ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
        assert_eq!(cell(formula), format!("'{formula}"));
    }
    assert_eq!(cell("C:\\a=b"), "C:\\a=b");
    assert_eq!(cell("a\0b"), "a\\0b");
}

#[test]
fn cells_are_cut_at_the_limit_between_characters() {
    let fits = "𝄞".repeat(CELL_LIMIT / 2);
    assert_eq!(cell(&fits), fits);
    let long = "𝄞".repeat(20_000);
    let cut = cell(&long);
    assert!(cut.ends_with(CUT));
    assert!(cut.encode_utf16().count() <= CELL_LIMIT);
    assert!(cut.encode_utf16().count() > CELL_LIMIT - 3);
}
