use super::*;
use crate::rules;
use crate::sysmon::Mapping;

fn rule(query: &str) -> Rule {
    Rule::bare(query, crate::eql::compile(query).query.unwrap())
}

/// Each condition in lines: title, then what becomes of it.
fn told(query: &str) -> Vec<String> {
    let outcome = |(outcome, ids): &(Explanation, Vec<u32>)| match outcome {
        Explanation::Left { condition, fields } => format!("{ids:?} {condition} {fields:?}"),
        Explanation::Never { why } => format!("{ids:?} never: {why}"),
    };
    let lines =
        |one: Explained| std::iter::once(one.title.clone()).chain(one.outcomes.iter().map(outcome)).collect::<Vec<_>>();
    explain(&rule(query), Mapping::Integration).into_iter().flat_map(lines).collect()
}

#[test]
fn what_is_left_is_told_by_event_id_with_its_entries() {
    let told = told("process where event.type == \"start\" and process.name : \"a.exe\" and process.pid != 4");
    assert_eq!(told[0], "query");
    assert_eq!(
        told[1],
        r#"[1, 7] process.name : "a.exe" and process.pid != 4 [("process.name", ["Image", "SourceImage"]), ("process.pid", ["ProcessId", "SourceProcessId"])]"#
    );
    assert!(told.iter().any(|line| line.starts_with("[3, 22] never: event.category is network")), "{told:#?}");
    assert!(
        told.iter().any(|line| line.contains('5') && line.contains("event.type == \"start\": event.type is end")),
        "{told:#?}"
    );
}

#[test]
fn a_field_of_another_sensor_is_named() {
    let told = told("process where process.Ext.token.integrity_level_name : \"high\"");
    assert!(told[1..].iter().all(|line| line.contains("never")), "{told:#?}");
    assert!(
        told[1].contains("process.Ext.token.integrity_level_name : \"high\": no such event has process.Ext.token.integrity_level_name"),
        "{told:#?}"
    );
}

#[test]
fn a_key_that_no_event_has_joins_nothing() {
    let told = told("sequence by process.Ext.x [process where true] [network where true]");
    assert!(told.iter().all(|line| line.starts_with('s') || line.contains("never")), "{told:#?}");
    assert!(
        told.iter().any(|line| line.ends_with("no such event has process.Ext.x, by which it is joined")),
        "{told:#?}"
    );
}

/// What is told to be impossible is what the detector leaves out.
#[test]
fn never_means_never() {
    for rule in rules::builtin().rules {
        for (one, condition) in explain(&rule, Mapping::Integration).iter().zip(conditions(&rule)) {
            let ids: usize = one.outcomes.iter().map(|(_, ids)| ids.len()).sum();
            assert_eq!(ids, sysmon::event_ids().count(), "every event ID once");
            for (outcome, ids) in &one.outcomes {
                for id in ids {
                    let left = ConstantFields::of_sysmon(*id, Mapping::Integration).specialise(condition);
                    let never = matches!(outcome, Explanation::Never { .. });
                    assert_eq!(left.constant() == Some(false), never, "{} for {id}", one.title);
                }
            }
        }
    }
}
