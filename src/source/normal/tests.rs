use super::*;
use std::collections::BTreeMap;

fn normal(name: &str, value: &str) -> String {
    EntryType::of(name).map_or(value.to_owned(), |kind| kind.normal(value).into_owned())
}

#[test]
fn values_of_other_tools_are_written_as_windows_writes_them() {
    let guid = "{3fe15d12-e25b-65e6-2301-000000001f00}";
    for (name, value, wanted) in [
        ("ProcessGuid", "3FE15D12-E25B-65E6-2301-000000001F00", guid),
        ("SourceProcessGUID", "{3FE15D12-E25B-65E6-2301-000000001F00}", guid),
        ("LogonGuid", "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}"),
        ("ProcessGuid", "none", "none"),
        ("ProcessGuid", "-", "-"),
        ("ProcessGuid", "", ""),
        ("Initiated", "True", "true"),
        ("SourceIsIpv6", "0", "false"),
        ("Signed", "failed: 1", "failed: 1"),
        ("ProcessId", "0x1cec", "7404"),
        ("ProcessId", "7,404", "7404"),
        ("DestinationPort", " 80 ", "80"),
        ("DestinationPort", "-", "-"),
        ("LogonId", "0x0000000000029C41", "0x29c41"),
        ("GrantedAccess", "0x00001410", "0x1410"),
        ("GrantedAccess", "5136", "0x1410"),
        ("UtcTime", "2024-03-05T09:14:03.5434567Z", "2024-03-05 09:14:03.543"),
        ("UtcTime", "2024-03-05 09:14:03.543", "2024-03-05 09:14:03.543"),
        ("UtcTime", "yesterday", "yesterday"),
        ("SourceIp", " 10.20.4.17", "10.20.4.17"),
        ("CommandLine", " True ", " True "),
        ("Details", "0x1", "0x1"),
    ] {
        assert_eq!(normal(name, value), wanted, "{name}");
    }
}

#[test]
fn each_entry_has_one_type() {
    let mut seen = BTreeMap::new();
    for (kind, names) in TYPES {
        for name in *names {
            assert_eq!(seen.insert(name, kind), None, "{name}");
        }
    }
}

#[test]
fn only_records_of_sysmon_have_these_types() {
    assert!(is_typed("Microsoft-Windows-Sysmon", None));
    assert!(is_typed("linux-sysmon", None));
    assert!(is_typed("", Some("5770385F-C22A-43E0-BF4C-06F5698FFBD9")));
    assert!(!is_typed("Microsoft-Windows-Security-Auditing", Some("{5770385f-c22a-43e0-bf4c-06f5698ffbd9}")));
    assert!(!is_typed("", None));
}

#[test]
fn identifiers_of_users_are_in_capitals() {
    assert_eq!(normal_sid("s-1-5-18").as_deref(), Some("S-1-5-18"));
    assert_eq!(normal_sid(" S-1-5-18").as_deref(), Some("S-1-5-18"));
    assert_eq!(normal_sid("S-1-5-18"), None);
    assert_eq!(normal_sid("-"), None);
}
