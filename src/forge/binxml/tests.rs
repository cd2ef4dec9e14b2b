use super::*;

#[test]
fn templates_that_differ_have_different_guids() {
    let guids = [
        system_template("a", true).guid,
        system_template("b", true).guid,
        system_template("a", false).guid,
        data_template([("Image", BinXmlType::Text)].into_iter()).guid,
        data_template([("Image", BinXmlType::Guid)].into_iter()).guid,
        data_template([("Image", BinXmlType::Text), ("User", BinXmlType::Text)].into_iter()).guid,
    ];
    for (at, guid) in guids.iter().enumerate() {
        assert!(!guids[..at].contains(guid), "{at}");
    }
}

#[test]
fn the_same_template_has_the_same_guid() {
    assert_eq!(system_template("a", true), system_template("a", true));
}
