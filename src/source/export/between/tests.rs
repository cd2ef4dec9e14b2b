use super::*;

fn all_at_once(text: &str) -> Between {
    let mut between = Between::default();
    between.add(text.as_bytes(), 0);
    between
}

#[test]
fn lines_of_tools_and_white_space_say_nothing() {
    let mut between = all_at_once("\r\nevtxexport 20240504\n\nRecord 12\r\n\u{feff}  \t");
    assert!(!between.end_at_event());
    assert_eq!((between.stray, between.zeros, between.log_lines), (None, None, None));
}

#[test]
fn other_text_is_told_with_its_place_and_how_much_there_is() {
    let mut between = all_at_once("\n  Traceback (most recent call last):\n  File x\nRecord 3\n");
    between.end_line();
    let start = "'Traceback (most recent call last):'".to_owned();
    assert_eq!(between.stray, Some(Stray { offset: 3, lines: 2, start }));
}

#[test]
fn a_line_of_a_system_log_may_carry_an_event_or_none() {
    let mut between = all_at_once("Mar  5 09:14:02 host cron[1]: job\n<14>Mar  5 09:14:03 host sysmon: ");
    assert!(between.end_at_event());
    assert_eq!((between.stray, between.log_lines), (None, Some((0, 1))));
}

#[test]
fn pieces_of_any_size_give_the_same() {
    let text = "ab\0\0\nRecord 1\nfailed: x\0\n\0\0\0\n<14>Mar  5 09:14:03 h s: ";
    let mut pieces = Between::default();
    for (at, byte) in text.bytes().enumerate() {
        pieces.add(&[byte], at as u64);
    }
    let mut whole = all_at_once(text);
    assert!(pieces.end_at_event() && whole.end_at_event());
    assert_eq!((pieces.stray, pieces.zeros), (whole.stray, whole.zeros));
}

#[test]
fn a_line_of_any_length_takes_little_memory() {
    let mut between = Between::default();
    for at in 0..1000 {
        between.add(&[b'x'; 4096], at * 4096);
    }
    assert!(between.line.len() <= KEPT);
}
