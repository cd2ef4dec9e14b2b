use super::*;
use crate::eql;
use crate::sysmon::Mapping;

fn rule(query: &str) -> Rule {
    Rule::bare(query, eql::compile(query).query.unwrap())
}

fn judged(query: &str, events: &[(u32, &str)]) -> Coverage {
    let mut inventory = Inventory::default();
    for (id, field) in events {
        let mut document = sysmon::constants(*id, Mapping::Integration);
        document.set(Field::named(field), "x");
        inventory.add(Some(*id), &document);
    }
    coverage(&[rule(query)], Mapping::Integration, &inventory).remove(0)
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn a_rule_is_answered_by_events_that_have_what_it_asks_for() {
    let query = "process where event.type == \"start\" and process.name : \"a.exe\"";
    assert_eq!(judged(query, &[(1, "process.name")]), Coverage::Answered);
    assert_eq!(judged(query, &[(5, "process.name")]), Coverage::NoEvents { ids: [1, 7].into() });
    assert_eq!(judged(query, &[(1, "process.pid")]), Coverage::NoFields { fields: names(&["process.name"]) });
    assert_eq!(judged(query, &[]), Coverage::NoEvents { ids: [1, 7].into() });
}

#[test]
fn fields_of_other_sensors_are_in_no_sysmon_event() {
    let query = "process where process.Ext.api.name == \"x\"";
    let fields = names(&["process.Ext.api.name"]);
    assert_eq!(judged(query, &[(1, "process.name")]), Coverage::NotInSysmon { fields });
    // What is only excluded is not needed.
    let query = "process where process.name : \"a\" and not process.code_signature.trusted == true";
    assert_eq!(judged(query, &[(1, "process.name")]), Coverage::Answered);
}

#[test]
fn every_stage_must_be_answered_but_absence_needs_no_events() {
    let query = "sequence by process.entity_id with maxspan=1m [process where true] [network where true]";
    assert_eq!(judged(query, &[(1, "process.name")]), Coverage::NoEvents { ids: [3, 22].into() });
    let query = "sequence by process.entity_id with maxspan=1m [process where true] ![network where true]";
    assert_eq!(judged(query, &[(1, "process.name")]), Coverage::Answered);
}
