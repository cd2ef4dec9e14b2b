use super::*;

#[test]
fn lines_of_system_logs_are_told_by_their_time() {
    for line in [
        "Mar  5 09:14:03 host sysmon: ",
        "Mar 15 09:14:03 host sysmon[123]: ",
        "<14>Mar  5 09:14:03 host sysmon: ",
        "2024-03-05T09:14:03.123456+00:00 host sysmon[1]: ",
        "<13>1 2024-03-05T09:14:03Z host sysmon 77 - - ",
        "2024-03-05 09:14:03 host sysmon: ",
        "Tue 2024-03-05 09:14:03 UTC host sysmon[1]: ",
    ] {
        assert!(is_log_line(line), "{line}");
    }
    for line in [
        "",
        "Mars 5 09:14:03",
        "<Event>",
        "hello world",
        "Record 1",
        "<14>",
        "2024-03-05",
        "12:00:00",
        "Mar x 09:14:03",
    ] {
        assert!(!is_log_line(line), "{line}");
    }
}

#[test]
fn octal_numbers_are_read_only_where_a_daemon_has_written_them() {
    let read = |text: &str| String::from_utf8(unescape(text.as_bytes()).into_owned()).unwrap();
    assert_eq!(read("a#012b#011c#177"), "a\nb\tc\x7f");
    assert_eq!(read("issue #101, #99, &#012; &#065;"), "issue #101, #99, &#012; &#065;");
    assert_eq!(read("caf#303#251"), "café");
    assert_eq!(read("é#303#251"), "é#303#251", "bytes that stand as they are were not escaped");
    assert_eq!(read("part #303"), "part #303", "no UTF-8");
    assert_eq!(read("C:\\134Windows\\012x"), "C:\\Windows\nx");
    assert_eq!(read("C:\\101\\Windows"), "C:\\101\\Windows", "a folder");
    assert_eq!(read("echo \\"), "echo \\");
}
