//! Tests of the command line as reports have it.

use super::*;

#[test]
fn a_secret_is_not_written_down() {
    let typed = [
        "evql",
        "scan",
        "a.zip",
        "--archive-password",
        "infected",
        "-q",
        "--archive-password=geheim",
        "--archive-passwords",
        "--case-key",
        "00ff",
        "--case-key=00ff",
    ];
    let kept = without_secrets(typed.map(str::to_owned).into_iter(), str::to_owned);
    let expected = [
        "evql",
        "scan",
        "a.zip",
        "--archive-password",
        "***",
        "-q",
        "--archive-password=***",
        "--archive-passwords",
        "--case-key",
        "***",
        "--case-key=***",
    ];
    assert_eq!(kept, expected);
}
