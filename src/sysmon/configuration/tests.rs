use super::*;

fn recording(xml: &str, id: u32) -> Recording {
    SysmonConfiguration::parse(xml).unwrap().recording(id)
}

#[test]
fn an_element_without_conditions_is_all_or_nothing() {
    for (xml, id, expected) in [
        ("<NetworkConnect onmatch='exclude'/>", 3, Recording::Everything),
        ("<NetworkConnect onmatch='include'/>", 3, Recording::Nothing),
        ("<NetworkConnect onmatch='include'></NetworkConnect>", 3, Recording::Nothing),
        (
            "<RuleGroup name='' groupRelation='or'><networkconnect OnMatch='Exclude'/></RuleGroup>",
            3,
            Recording::Everything,
        ),
        ("<NetworkConnect onmatch='include'><Image condition='is'>a</Image></NetworkConnect>", 3, Recording::Part),
        (
            "<NetworkConnect onmatch='exclude'><Rule groupRelation='and'><Image>a</Image></Rule></NetworkConnect>",
            3,
            Recording::Part,
        ),
        (
            "<NetworkConnect onmatch='include'/><NetworkConnect onmatch='exclude'><Image>a</Image></NetworkConnect>",
            3,
            Recording::Nothing,
        ),
        ("<RegistryEvent onmatch='exclude'/>", 14, Recording::Everything),
        ("", 1, Recording::Everything),
        ("", 3, Recording::Nothing),
        ("", 16, Recording::Everything),
        ("<!-- <NetworkConnect onmatch='exclude'/> -->", 3, Recording::Nothing),
    ] {
        let xml = format!("<Sysmon schemaversion='4.90'><EventFiltering>{xml}</EventFiltering></Sysmon>");
        assert_eq!(recording(&xml, id), expected, "{xml}");
    }
    assert_eq!(recording("<Sysmon schemaversion='4.90'/>", 7), Recording::Nothing);
    // Outside of the filters an element says nothing.
    assert_eq!(recording("<Sysmon><NetworkConnect onmatch='exclude'/></Sysmon>", 3), Recording::Nothing);
}

#[test]
fn what_is_no_configuration_is_told_with_its_place() {
    let error = |xml: &str| SysmonConfiguration::parse(xml).unwrap_err();
    assert_eq!(error("<Events/>").reason, "there is no element <Sysmon>");
    assert!(error("<Sysmon><a></b></Sysmon>").reason.starts_with("this is no XML"));
    let wrong = error("<Sysmon><EventFiltering><DnsQuery onmatch='no'/></EventFiltering></Sysmon>");
    assert_eq!(
        (wrong.reason.as_str(), wrong.offset),
        ("onmatch of <DnsQuery> is 'no', and can be include or exclude", 24)
    );
    assert_eq!(error(&"<Sysmon>".repeat(40)).reason, "elements are nested too deeply");
    let known = SysmonConfiguration::parse("<Sysmon><EventFiltering><Foo/></EventFiltering></Sysmon>").unwrap();
    assert_eq!(known.unknown(), [("Foo".to_owned(), 24)]);
}

#[test]
fn what_is_written_records_what_was_wanted_and_nothing_else() {
    let wanted = BTreeMap::from([(1, "starts -- all".to_owned()), (13, "values".to_owned())]);
    let written = write_configuration(&wanted);
    let configuration = SysmonConfiguration::parse(&written).unwrap();
    for id in crate::sysmon::event_ids() {
        let expected = match id {
            // Registry events have one element, and three of Sysmon's own are always there.
            1 | 4 | 12 | 13 | 14 | 16 | 255 => Recording::Everything,
            _ => Recording::Nothing,
        };
        assert_eq!(configuration.recording(id), expected, "{id}");
    }
    assert!(configuration.unknown().is_empty());
}
