use super::*;

#[test]
fn a_kind_needs_its_own_provider() {
    for (provider, id, kind) in [
        ("Microsoft-Windows-Eventlog", 1102, Some(Kind::LogCleared)),
        ("microsoft-windows-eventlog", 104, Some(Kind::LogCleared)),
        ("EventLog", 104, None),
        ("EventLog", 6008, Some(Kind::UnexpectedShutdown)),
        ("Microsoft-Windows-Sysmon", 16, Some(Kind::SysmonConfiguration)),
        ("Microsoft-Windows-Sysmon", 1, None),
        ("Microsoft-Windows-Kernel-General", 1, Some(Kind::ClockChanged)),
        ("Microsoft-Windows-Security-Auditing", 16, None),
    ] {
        assert_eq!(Kind::of(provider, None, id), kind, "{provider} {id}");
    }
    // A provider without a name is known by its GUID.
    assert_eq!(Kind::of("", Some(sysmon::PROVIDER_GUID), 255), Some(Kind::SysmonError));
}

#[test]
fn names_of_kinds_are_all_different() {
    let names: std::collections::BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
}
