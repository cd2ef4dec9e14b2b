use super::*;

#[test]
fn only_fields_that_elastic_maps_so_have_multi_fields() {
    for (name, base, sub) in [
        ("process.executable.caseless", "process.executable", SubField::Caseless),
        ("process.parent.name.caseless", "process.parent.name", SubField::Caseless),
        ("Target.process.command_line.text", "Target.process.command_line", SubField::Text),
        ("file.path.caseless", "file.path", SubField::Caseless),
        ("user.name.text", "user.name", SubField::Text),
        ("user.target.full_name.text", "user.target.full_name", SubField::Text),
        ("vendor.thing.keyword", "vendor.thing", SubField::Keyword),
        ("process.name.keyword", "process.name", SubField::Keyword),
    ] {
        assert_eq!(mapped(name), (Field::named(base), Some(sub)), "{name}");
    }
    for name in [
        "process.pid.caseless",
        "process.pid.keyword",
        "destination.ip.text",
        "process.name.lower",
        "event.code.caseless",
        "registry.path.text",
        "powershell.file.script_block_text",
        "caseless",
    ] {
        assert_eq!(mapped(name), (Field::named(name), None), "{name}");
    }
}
