use super::*;

/// A name that is no field, or a text that is no number, would be an event that no Sysmon writes.
#[test]
fn rows_say_what_the_events_have() {
    for routine in ROUTINES.iter() {
        let schema = Schema::of(routine.id).unwrap();
        assert!(routine.weight > 0 && routine.id != 1, "{routine:?}");
        for (name, text) in &routine.fields {
            assert!(schema.has(name), "ID {} has no {name}", routine.id);
            let text = text.replace("{byte}", "7");
            assert!(ForgedValue::of(kind_of(name), &text).is_some(), "{name} = {text}");
        }
    }
    let ids: std::collections::BTreeSet<u16> = ROUTINES.iter().map(|routine| routine.id).collect();
    assert!(ids.len() > 18, "{ids:?}");
}
