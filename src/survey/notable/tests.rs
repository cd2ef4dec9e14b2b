use super::*;

#[test]
fn a_kind_needs_its_own_provider() {
    for (provider, id, kind) in [
        ("Microsoft-Windows-Eventlog", 1102, Some(NotableKind::LogCleared)),
        ("microsoft-windows-eventlog", 104, Some(NotableKind::LogCleared)),
        ("EventLog", 104, None),
        ("EventLog", 6008, Some(NotableKind::UnexpectedShutdown)),
        ("Microsoft-Windows-Sysmon", 16, Some(NotableKind::SysmonConfiguration)),
        ("Microsoft-Windows-Sysmon", 1, None),
        ("Microsoft-Windows-Kernel-General", 1, Some(NotableKind::ClockChanged)),
        ("Microsoft-Windows-Security-Auditing", 16, None),
    ] {
        assert_eq!(NotableKind::of(provider, None, id), kind, "{provider} {id}");
    }
    // A provider without a name is known by its GUID.
    assert_eq!(NotableKind::of("", Some(sysmon::PROVIDER_GUID), 255), Some(NotableKind::SysmonError));
}

#[test]
fn names_of_kinds_are_all_different() {
    let names: std::collections::BTreeSet<&str> = NotableKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), NotableKind::ALL.len());
}
