use super::*;

#[test]
fn lines_are_broken_between_words_and_indented() {
    assert_eq!(wrapped_to("one two three four", 4, 24), "one two three four");
    assert_eq!(wrapped_to("aaaa bbbb cccc dddd eeee", 4, 24), "aaaa bbbb cccc dddd\n    eeee");
    let long = "x".repeat(50);
    assert_eq!(wrapped_to(&format!("a {long} b"), 4, 24), format!("a\n    {long}\n    b"), "a word is not broken");
    assert_eq!(wrapped_to("aaaa bbbb cccc dddd eeee", 4, 10), "aaaa bbbb cccc dddd eeee", "there is no room for lines");
}

#[test]
fn colours_take_no_room() {
    let text = format!("{BOLD}aaaa{BOLD:#} bbbb cccc dddd");
    assert_eq!(wrapped_to(&text, 4, 24), text);
}
