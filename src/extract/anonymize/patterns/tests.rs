use super::*;

#[test]
fn every_pattern_is_one() {
    for (name, pattern) in ALL {
        assert!(pattern.is_some(), "{name} does not compile");
    }
}

#[test]
fn folders_of_users_are_told_by_where_they_stand() {
    let found = |text| profiles(text);
    assert_eq!(found(r"C:\Users\jo.hale\AppData"), ["jo.hale"]);
    assert_eq!(found(r#""C:\Users\Åsa Öström\x.dll" /s"#), ["Åsa Öström"]);
    assert_eq!(found(r"dir C:\Users\bob /s"), ["bob"]);
    assert_eq!(found(r"C:\\Users\\bob\\x"), ["bob"]);
    assert_eq!(found(r"C:\Documents and Settings\bob\x"), ["bob"]);
    assert_eq!(found("cat /home/bob/.ssh/id"), ["bob"]);
    assert_eq!(found(r"C:\Users\%USERNAME%\x").len(), 0);
}

#[test]
fn hosts_stand_in_shares_and_urls_and_not_in_paths() {
    assert_eq!(hosts(r"copy x \\PC04\c$\x"), ["PC04"]);
    assert_eq!(hosts("http://user:pass@evil.test:8080/x"), ["evil.test"]);
    assert_eq!(hosts(r"C:\\Windows\\System32\\x.dll"), [""; 0]);
    assert_eq!(hosts(r"\\.\pipe\x \\?\C:\x \\.\\ROOT\cimv2"), [""; 0]);
    assert_eq!(hosts("on DESKTOP-2KGM189."), ["DESKTOP-2KGM189"]);
}

#[test]
fn accounts_stand_in_commands() {
    assert_eq!(accounts(r"wmic /user:CORP\bob process"), [(Some("CORP"), "bob")]);
    assert_eq!(accounts("net user bob P4ss /add"), [(None, "bob")]);
    assert_eq!(accounts("net user /domain"), []);
}

#[test]
fn the_domain_of_an_identifier_is_all_but_the_account() {
    assert_eq!(sid_domain("S-1-5-21-1-2-3-1001"), "S-1-5-21-1-2-3");
    assert_eq!(sid_domain("S-1-5-21-1-2-3"), "S-1-5-21-1-2-3");
    assert_eq!(sid_domain("S-1-12-1-11-12-13-14"), "S-1-12-1-11-12-13");
}
