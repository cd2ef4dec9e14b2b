use super::*;

#[test]
fn a_password_is_not_written_down() {
    let typed = [
        "evql",
        "scan",
        "a.zip",
        "--archive-password",
        "infected",
        "-q",
        "--archive-password=geheim",
        "--archive-passwords",
    ];
    let kept = without_passwords(typed.map(str::to_owned).into_iter());
    let expected =
        ["evql", "scan", "a.zip", "--archive-password", "***", "-q", "--archive-password=***", "--archive-passwords"];
    assert_eq!(kept, expected);
}
