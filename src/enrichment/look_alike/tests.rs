use super::*;
use proptest::prelude::*;

/// The distance of Damerau and Levenshtein (each letter is changed once at most), by the table that textbooks have.
fn distance(one: &[char], other: &[char]) -> usize {
    let start = |i| (0..=other.len()).map(|j| i + j).collect::<Vec<usize>>();
    let mut table: Vec<Vec<usize>> = (0..=one.len()).map(start).collect();
    for i in 1..=one.len() {
        for j in 1..=other.len() {
            let wrong = usize::from(one[i - 1] != other[j - 1]);
            let mut least = (table[i - 1][j] + 1).min(table[i][j - 1] + 1).min(table[i - 1][j - 1] + wrong);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(table[i - 2][j - 2] + 1);
            }
            table[i][j] = least;
        }
    }
    table[one.len()][other.len()]
}

#[test]
fn names_that_are_made_to_look_like_others_are_told() {
    for (name, program) in [
        ("scvhost.exe", "svchost.exe"),
        ("svch0st.exe", "svchost.exe"),
        ("SVCHOSTS.EXE", "svchost.exe"),
        ("svhost.exe", "svchost.exe"),
        ("svchost .exe", "svchost.exe"),
        ("svchost.scr", "svchost.exe"),
        ("lsasss.exe", "lsass.exe"),
        ("Isass.exe", "lsass.exe"),
        ("1sass.exe", "lsass.exe"),
        ("lssas.exe", "lsass.exe"),
        ("rundII32.exe", "rundll32.exe"),
        ("rundl132.exe", "rundll32.exe"),
        ("cssrs.exe", "csrss.exe"),
        ("сsrss.exe", "csrss.exe"), // The first letter is Cyrillic.
        ("smsss.exe", "smss.exe"),
        ("iexplorer.exe", "explorer.exe"),
        ("ｅｘｐｌｏｒｅｒ.exe", "explorer.exe"),
        ("expl\u{200b}orer.exe", "explorer.exe"),
        ("winlogin.exe", "winlogon.exe"),
        ("vvinlogon.exe", "winlogon.exe"),
        ("rnsiexec.exe", "msiexec.exe"),
        ("wíninit.exe", "wininit.exe"),
        ("powershe11.exe", "powershell.exe"),
    ] {
        assert_eq!(look_alike(name), Some(program), "{name}");
    }
}

#[test]
fn names_of_real_programs_are_not() {
    for name in [
        "svchost.exe",
        "LSASS.EXE",
        "lsm.exe",
        "services.exe",
        "service.exe",
        "taskhost.exe",
        "taskhostw.exe",
        "taskhostex.exe",
        "iexplore.exe",
        "powershell_ise.exe",
        "pwsh.exe",
        "conhost.exe",
        "dllhst3g.exe",
        "sihost.exe",
        "wmiapsrv.exe",
        "chrome.exe",
        "sms.exe",
        "smms.exe",
        "wermgr.exe",
        "msedge.exe",
        "searchui.exe",
        "searchapp.exe",
        "dllhost.dll",
        "svch0st.txt",
        "a.exe",
        ".exe",
        "",
        "winrm.cmd",
    ] {
        assert_eq!(look_alike(name), None, "{name}");
    }
}

proptest! {
    #[test]
    fn a_slip_is_a_distance_of_one(name in "[a-c]{0,7}", target in "[a-c]{5,7}") {
        let (name, target): (Vec<char>, Vec<char>) = (name.chars().collect(), target.chars().collect());
        prop_assert_eq!(is_one_slip(&name, &target), distance(&name, &target) == 1);
    }

    #[test]
    fn every_name_has_an_answer(name in "\\PC{0,60}") {
        let _ = look_alike(&name);
        let _ = look_alike(&format!("{name}.exe"));
    }
}
