use super::{WindowsNameError, check, is_null_device};

#[test]
fn devices_are_told_in_every_writing() {
    for name in [
        "NUL",
        "nul",
        "con",
        "Aux.csv",
        "PRN.tar.gz",
        "com1",
        "COM9.jsonl",
        "lpt0",
        "com²",
        "NUL .txt",
        "nul:",
        "CONOUT$",
        "com1:",
    ] {
        assert_eq!(check(name), Err(WindowsNameError::Device), "{name}");
    }
    for name in
        ["alerts.jsonl", "console.csv", "null", "auxiliary", "com", "com10", "lpt.csv", "x.nul", ".aux", "co²", "", "²"]
    {
        assert_eq!(check(name), Ok(()), "{name}");
    }
}

#[test]
fn a_name_with_a_colon_is_a_stream_of_another_file() {
    for name in ["alerts 12:30.jsonl", "a:", "alerts.jsonl::$DATA"] {
        assert_eq!(check(name), Err(WindowsNameError::Stream), "{name}");
    }
}

#[test]
fn only_the_null_device_is_a_place_for_an_output() {
    assert!(["NUL", "nul", "Nul:"].into_iter().all(is_null_device));
    assert!(!["nul.csv", "null", "con", ""].into_iter().any(is_null_device));
}
