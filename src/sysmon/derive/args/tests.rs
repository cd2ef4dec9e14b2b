use super::{count, split};
use proptest::prelude::*;

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

/// The rules of the C runtime, one character after another.
fn slowly(line: &str) -> Vec<String> {
    let (mut args, mut arg, mut quoted, mut backslashes) = (Vec::new(), None::<String>, false, 0);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            backslashes += 1;
            arg.get_or_insert_default();
            continue;
        }
        let kept = if c == '"' { backslashes / 2 } else { backslashes };
        if let Some(arg) = &mut arg {
            arg.extend(std::iter::repeat_n('\\', kept));
        }
        let literal = c == '"' && backslashes % 2 == 1;
        backslashes = 0;
        match c {
            '"' if literal => arg.get_or_insert_default().push('"'),
            '"' => {
                let arg = arg.get_or_insert_default();
                if quoted && chars.next_if_eq(&'"').is_some() {
                    arg.push('"');
                }
                quoted = !quoted;
            }
            ' ' | '\t' if !quoted => args.extend(arg.take()),
            c => arg.get_or_insert_default().push(c),
        }
    }
    if let Some(arg) = &mut arg {
        arg.extend(std::iter::repeat_n('\\', backslashes));
    }
    args.extend(arg);
    args
}

proptest! {
    #[test]
    fn whole_runs_of_characters_are_what_single_ones_are(line in "[ab \t\"\\\\é]{0,20}") {
        prop_assert_eq!(split(&line), slowly(&line));
        prop_assert_eq!(count(&line), slowly(&line).len());
    }
}
