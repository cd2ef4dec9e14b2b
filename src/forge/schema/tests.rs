use super::*;

#[test]
fn every_sysmon_id_has_a_field_list_that_begins_with_its_time() {
    for id in (1..=29).chain([255]) {
        let schema = Schema::of(id).unwrap();
        assert!(schema.has("UtcTime"), "{id}");
        let names: Vec<_> = schema.fields().collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{id} {name}");
        }
    }
    assert_eq!(Schema::of(30), None);
}

#[test]
fn types_are_those_of_real_records() {
    for (name, kind) in [
        ("ProcessGuid", BinXmlType::Guid),
        ("ProcessId", BinXmlType::UInt32),
        ("LogonId", BinXmlType::HexInt64),
        ("GrantedAccess", BinXmlType::HexInt32),
        ("Initiated", BinXmlType::Boolean),
        ("DestinationPort", BinXmlType::UInt16),
        ("UtcTime", BinXmlType::Text),
        ("Archived", BinXmlType::Text),
    ] {
        assert_eq!(kind_of(name), kind, "{name}");
    }
}
