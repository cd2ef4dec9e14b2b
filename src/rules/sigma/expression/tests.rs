use super::super::eql_text::{EqlText, FieldTest, TestKind};
use super::*;
use crate::rules::place::QueryPlace;

/// The condition in EQL, with each search identifier as a field; or what is wrong with it.
fn eql(condition: &str) -> Result<String, Vec<(String, String)>> {
    let test = |name: &str| {
        SigmaCondition::Test(FieldTest { field: name.to_owned(), kind: TestKind::Present, span: Span::default() })
    };
    let names = ["selection", "selection_a", "selection_b", "filter_main", "_part"];
    let searches: Searches<'_> = names.iter().map(|name| (*name, Some(test(name)))).collect();
    let mut found = Vec::new();
    let read = read(condition, &|span| span, &searches, &mut found);
    let said = |found: Diagnostic| (condition[found.span.range()].to_owned(), found.message);
    let Some(read) = read else { return Err(found.into_iter().map(said).collect()) };
    assert!(found.is_empty());
    let (query, place) = EqlText::of(&read).unwrap();
    assert!(matches!(place, QueryPlace::Parts(_)));
    Ok(query.strip_prefix("any where ").unwrap().replace(" != null", ""))
}

#[test]
fn or_binds_less_than_and_and_that_less_than_not() {
    assert_eq!(
        eql("selection or selection_a and not selection_b").unwrap(),
        "selection or (selection_a and not selection_b)"
    );
    assert_eq!(eql("not (selection or selection_a)").unwrap(), "not (selection or selection_a)");
    assert_eq!(eql("NOT selection AND (selection_a)").unwrap(), "not selection and selection_a");
}

#[test]
fn quantities_are_of_names_that_fit() {
    assert_eq!(eql("1 of selection_*").unwrap(), "selection_a or selection_b");
    assert_eq!(eql("all of selection*").unwrap(), "selection and selection_a and selection_b");
    assert_eq!(eql("any of them").unwrap(), "selection or selection_a or selection_b or filter_main");
    assert_eq!(eql("1 of _*").unwrap(), "_part");
    assert_eq!(
        eql("2 of selection*").unwrap(),
        "(selection and selection_a) or (selection and selection_b) or (selection_a and selection_b)"
    );
    assert_eq!(eql("selection and not 1 of filter_*").unwrap(), "selection and not filter_main");
}

#[test]
fn mistakes_are_named_with_their_places() {
    let one = |condition: &str| {
        let mut found = eql(condition).unwrap_err();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    };
    assert_eq!(
        one("selecton and selection_a"),
        ("selecton".into(), "no search identifier is called `selecton`".into())
    );
    assert_eq!(one("selection and"), ("d".into(), "the condition ends too early".into()));
    assert_eq!(one("(selection"), ("(".into(), "this parenthesis is not closed".into()));
    assert_eq!(one("selection)"), (")".into(), "`)` is not expected here".into()));
    assert_eq!(one("selection selection_a"), ("selection_a".into(), "`selection_a` is not expected here".into()));
    assert_eq!(one("selection | count() > 5"), ("|".into(), "`|` is not expected here".into()));
    assert_eq!(one("1 of nothing*"), ("nothing*".into(), "no search identifier fits `nothing*`".into()));
    assert_eq!(one("some of them"), ("some".into(), "`some` is no quantity".into()));
    // Both, in one go.
    assert_eq!(eql("a1 or b1").unwrap_err().len(), 2);
    let deep = format!("{}selection{}", "(".repeat(41), ")".repeat(41));
    assert_eq!(one(&deep).1, "the condition is nested deeper than 40");
    assert_eq!(one(&format!("{}selection", "not ".repeat(41))).1, "the condition is nested deeper than 40");
}
