use super::*;
use proptest::prelude::*;

fn keys(image: &str, original: Option<&str>) -> Vec<&'static str> {
    image_flags(image, original).iter().map(ImageFlag::key).collect()
}

#[test]
fn programs_of_windows_are_known_by_their_folders() {
    for image in [
        r"C:\Windows\System32\svchost.exe",
        r"c:\windows\SYSTEM32\SVCHOST.EXE",
        r"C:\Windows\SysWOW64\svchost.exe",
        r"D:\WINNT\system32\svchost.exe",
        r"\??\C:\Windows\system32\winlogon.exe",
        r"\\?\C:\Windows\system32\conhost.exe",
        r"\SystemRoot\System32\smss.exe",
        r"%SystemRoot%\System32\smss.exe",
        r"\Device\HarddiskVolume3\Windows\System32\lsass.exe",
        r"C:\Windows\explorer.exe",
        r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
        r"C:\Windows\WinSxS\amd64_microsoft-windows-cmd_31bf3856ad364e35_10.0\cmd.exe",
        r"C:\Windows.old\Windows\System32\cmd.exe",
        r"C:\ProgramData\Microsoft\Windows\Containers\BaseImages\1-2\BaseLayer\Files\Windows\System32\svchost.exe",
        r"C:/Windows/System32/cmd.exe",
        "svchost.exe",
        r"System32\svchost.exe",
        "/usr/local/bin/cmd.exe",
        r"C:\Program Files\App\app.exe",
        "",
        r"\",
    ] {
        assert_eq!(keys(image, None), [""; 0], "{image}");
    }
    for image in [
        r"C:\Users\Public\svchost.exe",
        r"C:\svchost.exe",
        r"C:\Windows\svchost.exe",
        r"C:\Windows\Temp\lsass.exe",
        r"C:\Windows\SysWOW64\lsass.exe",
        r"C:\Users\a\Windows\System32\cmd.exe",
        r"C:\Windows \System32\cmd.exe",
        r"C:\Windows\System32\explorer.exe",
        r"\\10.0.0.5\share\rundll32.exe",
        r"\\10.0.0.5\c$\Windows\System32\rundll32.exe",
        r"\Device\Mup\10.0.0.5\share\rundll32.exe",
    ] {
        assert_eq!(keys(image, None), ["unusual_folder"], "{image}");
    }
    let flags = image_flags(r"C:\Temp\svchost.exe", None);
    assert_eq!(flags[0].text(), r"unusual folder: Windows keeps svchost.exe in \Windows\System32 or \Windows\SysWOW64");
}

#[test]
fn another_name_than_the_original_is_told() {
    let program = |image: &str, original: &str| match image_flags(image, Some(original)).first() {
        Some(ImageFlag::Renamed { program, .. }) => Some(*program),
        _ => None,
    };
    for (image, original) in [
        (r"C:\Windows\System32\cmd.exe", "Cmd.Exe"),
        (r"C:\Windows\explorer.exe", "EXPLORER.EXE.MUI"),
        (r"C:\Windows\explorer.exe", "explorer"),
        (r"C:\app\app.exe", "-"),
        (r"C:\app\app.exe", "?"),
        (r"C:\app\app.exe", ""),
        (r"C:\app\app.exe", " \0"),
        (r"C:\app\app.exe", r"D:\build\out\app.exe"),
        (r"C:\tools\procexp64.exe", "Procexp.exe"),
        (r"C:\tools\PsExec64.exe", "psexec.c"),
        (r"C:\tools\Sysmon64.exe", "Sysmon.exe"),
        (r"C:\Users\a\Downloads\App-1.2.3-setup.exe", "App.exe"),
        (r"C:\Users\a\Downloads\anything.exe", "WEXTRACT.EXE            .MUI"),
        (r"C:\Users\a\Downloads\anything.exe", "7zS.sfx.exe"),
        (r"C:\Users\a\slack.exe", "electron.exe"),
    ] {
        assert_eq!(program(image, original), None, "{image} {original}");
    }
    for (image, original, of_windows) in [
        (r"C:\Users\Public\update.exe", "Cmd.Exe", Some("cmd.exe")),
        (r"C:\Windows\System32\sethc.exe", "Cmd.Exe", Some("cmd.exe")),
        (r"C:\Temp\cmd2.exe", "Cmd.Exe", Some("cmd.exe")),
        (r"C:\Temp\notepad.exe", "PowerShell.EXE", Some("powershell.exe")),
        (r"C:\Temp\x.exe", "RUNDLL32.EXE.MUI", Some("rundll32.exe")),
        (r"C:\Temp\svhost.exe", "nc.exe", None),
        (r"C:\Temp\a.exe", "mimikatz.exe", None),
    ] {
        assert_eq!(program(image, original), Some(of_windows), "{image} {original}");
    }
    let flags = image_flags(r"C:\Temp\a.exe", Some(&"x".repeat(10_000)));
    assert_eq!(
        flags.iter().map(|flag| flag.text().len()).max(),
        Some(260 + "renamed: its original file name is ".len())
    );
}

#[test]
fn names_that_deceive_are_told() {
    assert_eq!(keys(r"C:\Temp\svch0st.exe", None), ["look_alike"]);
    assert_eq!(keys(r"C:\Temp\invoice.pdf.exe", None), ["double_ending"]);
    assert_eq!(keys("C:\\Temp\\invoice.pdf                .exe", None), ["double_ending"]);
    assert_eq!(keys("C:\\Temp\\invoice\u{202e}fdp.exe", None), ["hidden_characters"]);
    assert_eq!(keys(r"C:\Temp\svchost.exe.exe", None), ["double_ending"]);
    assert_eq!(keys(r"C:\Temp\app.v2.exe", None), [""; 0]);
    assert_eq!(keys(r"C:\Temp\Svch0st.exe", Some("nc.exe")), ["renamed", "look_alike"]);
}

proptest! {
    #[test]
    fn any_image_has_an_answer(image in "\\PC{0,80}", original in proptest::option::of("\\PC{0,40}")) {
        for flag in image_flags(&image, original.as_deref()) {
            prop_assert!(!flag.text().is_empty());
        }
    }

    #[test]
    fn a_program_of_windows_lies_at_home_or_is_told(name in "(svchost|lsass|cmd|csrss)\\.exe", folder in "[A-Za-z]{1,8}") {
        prop_assume!(!folder.eq_ignore_ascii_case("windows") && !folder.eq_ignore_ascii_case("winnt"));
        let image = format!("C:\\{folder}\\System32\\{name}");
        prop_assert_eq!(keys(&image, None), ["unusual_folder"]);
    }
}
