use super::*;

#[test]
fn names_are_unique_and_lead_back_to_their_ids() {
    let mut seen = std::collections::HashSet::new();
    for id in all() {
        assert!(seen.insert(id.name()), "{} stands twice in the catalogue", id.name());
        assert_eq!(FieldId::find(id.name()), Some(id));
        assert_eq!(Field::named(id.name()), Field::Known(id));
    }
    assert_eq!(PROCESS_NAME.name(), "process.name");
}

#[test]
fn unknown_names_are_kept_as_they_are() {
    let field = Field::named("winlog.event_data.Foo");
    assert_eq!(field.name(), "winlog.event_data.Foo");
    assert_eq!(field.kind(), Some(FieldType::Keyword), "all of event_data are keywords in Elastic's templates");
    assert_eq!(Field::named("vendor.Foo").kind(), None);
    assert_eq!(Field::named("process.pid").kind(), Some(FieldType::Long));
    assert_eq!(Field::named("event.type").shape(), Cardinality::List);
}
