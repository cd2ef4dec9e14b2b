use super::*;
use crate::base::Ticks;
use crate::event::IpValue;
use proptest::prelude::*;

fn text(document: &Document) -> String {
    let mut out = Vec::new();
    document.push_json(&mut out);
    String::from_utf8(out).unwrap()
}

/// A value of whatever type, by a number.
fn value(number: usize) -> Value {
    match number % 7 {
        0 => "a\"b\\c\n\u{e4}".into(),
        1 => i64::MIN.into(),
        2 => 1.5e300.into(),
        3 => f64::NAN.into(),
        4 => true.into(),
        5 => Ticks(132_021_597_051_550_000 + i64::try_from(number % 2).unwrap_or_default()).into(),
        _ => IpValue::parse("0:0:0:0:0:0:0:1").unwrap().into(),
    }
}

#[test]
fn no_field_of_the_catalogue_is_the_start_of_another() {
    for field in ecs::all() {
        let start = format!("{}.", field.name());
        assert_eq!(ecs::all().find(|other| other.name().starts_with(&start)), None, "{start}");
        assert!(!ENTRIES.starts_with(&start), "{start}");
    }
}

#[test]
fn a_document_of_all_fields_is_that_of_the_objects() {
    let mut document = Document::new();
    assert_eq!(text(&document), "{}");
    for (number, field) in ecs::all().enumerate() {
        document.set_all(field, (0..=number % 3).map(|more| value(number + more)));
    }
    document.set(Field::named("winlog.event_data.Of \"this\" log"), "x");
    assert_eq!(text(&document), document.to_json().to_string());
    for field in ecs::all().filter(|field| is_in_list(field.name())) {
        document.remove(&field.into());
    }
    assert!(document.iter().all(|(field, _)| nests_plainly(field)));
    assert_eq!(text(&document), document.to_json().to_string());
}

proptest! {
    /// Some fields of the catalogue, entries of hostile names, and names that are no entries.
    #[test]
    fn any_document_is_that_of_the_objects(
        known in prop::collection::vec((0..ecs::all().count(), 0..14_usize), 0..30),
        others in prop::collection::vec("(winlog\\.event_data\\.)?[a-c.\"\\\\\u{e4}]{0,4}", 0..4),
    ) {
        let mut document = Document::new();
        let all: Vec<_> = ecs::all().collect();
        for (at, number) in known {
            document.push(all[at], value(number));
        }
        for name in others {
            document.push(Field::named(&name), "x");
        }
        prop_assert_eq!(text(&document), document.to_json().to_string());
    }
}
