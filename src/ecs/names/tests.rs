use super::*;

#[test]
fn fields_of_ecs_and_of_windows_are_known() {
    for name in [
        "process.parent.parent.name",
        "process.parent.code_signature.trusted",
        "process.entry_leader.user.name",
        "source.geo.country_name",
        "destination.nat.ip",
        "user.target.group.name",
        "threat.indicator.file.hash.sha256",
        "file.pe.sections.name",
        "dll.Ext.relative_file_creation_time",
        "process.Ext.api.parameters.address",
        "powershell.file.script_block_text",
        "winlog.event_data.SubjectUserSid",
        "winlog.event_data.ImageLoaded",
        "labels.anything",
        "event.duration",
        "@timestamp",
    ] {
        assert!(is_known(name), "{name}");
    }
    for name in [
        "process.nam",
        "destination.ipp",
        "winlog.event_data.Imge",
        "foo.bar",
        "process",
        "hash.md5",
        "geo.name",
        "endpoint.ip",
        "powershell.",
        "Process.name",
        "",
    ] {
        assert!(!is_known(name), "{name}");
    }
}

#[test]
fn what_is_compared_is_known() {
    for name in to_compare() {
        assert!(is_known(&name), "{name}");
    }
}
