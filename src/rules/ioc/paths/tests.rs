//! Tests of how lists write paths.

use super::*;

#[test]
fn paths_are_understood_as_people_write_them() {
    let cases = [
        (r"C:\Temp\a.exe", r"C:\Temp\a.exe"),
        ("C:/Temp/a.exe", r"C:\Temp\a.exe"),
        (r"C:\\Temp\\a.exe", r"C:\Temp\a.exe"),
        (r"\\server\share\a.exe", r"\\server\share\a.exe"),
        (r"\Temp\a.exe", r"*\Temp\a.exe"),
        (r"Temp\a.exe", r"*\Temp\a.exe"),
        (r"%TEMP%\a.exe", r"*\Temp\a.exe"),
        (r"%WinDir%\a.exe", r"?:\Windows\a.exe"),
        (r"%OTHER%\a.exe", r"*\a.exe"),
        (r"C:\evil\", r"C:\evil\*"),
        ("/tmp/a", "/tmp/a"),
        ("/tmp/evil/", "/tmp/evil/*"),
        (r"*\a.exe", r"*\a.exe"),
        ("é\\a.exe", "*\\é\\a.exe"),
    ];
    for (text, wanted) in cases {
        assert_eq!(observable(text), Some(Observable::Path(wanted.to_owned())), "{text}");
    }
    assert_eq!(observable(r"\\"), None);
    assert_eq!(folder(r"C:\evil"), Some(Observable::Path(r"C:\evil\*".to_owned())));
    assert_eq!(folder("/tmp/evil"), Some(Observable::Path("/tmp/evil/*".to_owned())));
}
