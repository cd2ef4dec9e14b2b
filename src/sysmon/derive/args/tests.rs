use super::split;

#[test]
fn command_lines_split_as_gos_command_line_to_argv_does() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        (" \t ", &[]),
        ("a b\tc", &["a", "b", "c"]),
        (r#""C:\Windows\system32\notepad.exe" "#, &[r"C:\Windows\system32\notepad.exe"]),
        (r#""C:\Program Files\a.exe" /c "x y""#, &[r"C:\Program Files\a.exe", "/c", "x y"]),
        (r#"a "" b"#, &["a", "", "b"]),
        (r#"a\\b c\"d"#, &[r"a\\b", "c\"d"]),
        (r#""a\\" b"#, &[r"a\", "b"]),
        (r#""a\\\" b""#, &["a\\\" b"]),
        (r#""a""b c" d"#, &["a\"b", "c d"]),
        (r#""a """b"#, &["a \"b"]),
        ("a\nb c", &["a\nb", "c"]),
        (r#""open end"#, &["open end"]),
        (r"trailing\", &[r"trailing\"]),
        ("é ü", &["é", "ü"]),
    ];
    for (line, args) in cases {
        assert_eq!(split(line), *args, "{line:?}");
    }
}
