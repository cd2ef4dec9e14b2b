use super::*;
use proptest::prelude::*;

fn units(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn names() -> ProcessNames {
    ProcessNames::of(0, ["regsvr32.exe", "a.exe", "x", "no-ending"].map(str::to_owned).to_vec())
}

#[test]
fn names_are_told_whatever_their_case_and_length() {
    let names = names();
    let may = |path: &str| names.may_have(Raw::Value(1, &units(path)));
    for path in [
        r"C:\Windows\System32\regsvr32.exe",
        r"C:\REGSVR32.EXE",
        "C:\\a.exe\0",
        r"\a.exe",
        r"\x",
        r"C:\no-Ending",
        // These could be anything.
        "C:\\b.exe\0\\a.exe",
        "C:\\Pr\u{f6}gramme\\b.exe",
        "C:\\b\u{1}.exe",
    ] {
        assert!(may(path), "{path}");
    }
    for path in [
        "",
        "x",
        "a.exe",
        r"C:\",
        r"C:\aa.exe",
        r"C:\Windows\System32\regsvr64.exe",
        r"C:\regsvr32.exe\b.exe",
        r"C:\regsvr32.exe ",
    ] {
        assert!(!may(path), "{path}");
    }
    assert!(!names.may_have(Raw::Nothing));
    assert!(names.may_have(Raw::Text("a.exe")));
}

proptest! {
    /// What is ruled out has another name, as the text says it.
    #[test]
    fn nothing_is_ruled_out_that_has_a_name(path in r"(C:)?(\\\\[ -~\u{0}\u{1}\u{130}\u{212a}]{0,9}){0,3}(\\\\(A.exe|a.EXE|X|no-ending|b.exe))?\u{0}?") {
        let raw = units(&path);
        let text = Raw::Value(1, &raw).text();
        let name = text.rsplit_once('\\').map(|(_, name)| name.to_lowercase()).unwrap_or_default();
        let names = names();
        if names.all.contains(name.as_bytes()) {
            prop_assert!(names.may_have(Raw::Value(1, &raw)), "{:?}", path);
        }
    }

    #[test]
    fn plain_units_are_told_in_blocks_as_one_by_one(units in prop::collection::vec(prop_oneof![0x20..0x7f_u16, any::<u16>()], 0..150), odd in any::<prop::sample::Index>(), all in any::<bool>()) {
        let odd = odd.index(units.len().max(1));
        // One odd unit at most, anywhere: it must be found wherever it is.
        let plain = |at: usize, unit: u16| if all || at != odd { 0x20 + unit % 0x60 } else { unit };
        let units: Vec<u16> = units.into_iter().enumerate().map(|(at, unit)| plain(at, unit)).collect();
        let raw: Vec<u8> = units.iter().copied().flat_map(u16::to_le_bytes).collect();
        prop_assert_eq!(is_plain(&raw), units.iter().all(|unit| (0x20..0x80).contains(unit)));
    }
}
