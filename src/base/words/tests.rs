//! Tests of words.

use super::words;

#[test]
fn words_are_cut_at_unicode_boundaries_in_lower_case() {
    for (text, expected) in [
        (r"C:\Tools\Run_Me.exe -x don't", "c|tools|run_me.exe|x|don't"),
        ("a. exe", "a|exe"),
        ("v1.2 v1.a 1,000;2", "v1.2|v1|a|1,000;2"),
        ("user:name 10:30 a:1", "user:name|10|30|a|1"),
        ("a:b:c: d", "a:b:c|d"),
        ("[CVE-2020-0601]", "cve|2020|0601"),
        ("Größe ÄX", "größe|äx"),
        ("-- \\ ::", ""),
        ("", ""),
    ] {
        assert_eq!(words(text).join("|"), expected, "{text}");
    }
}
