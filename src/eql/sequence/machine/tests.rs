use super::*;
use crate::ecs::Field;
use crate::eql::{Query, compile};
use crate::event::Document;
use proptest::prelude::*;

/// An event of the tests: what it is, its key, its time in milliseconds.
type Step = (&'static str, &'static str, i64);

fn document(kind: &str, key: &str) -> Document {
    let mut document = Document::new();
    for letter in kind.chars() {
        document.push(Field::named("kind"), letter.to_string());
    }
    document.set(Field::named("key"), key);
    document
}

fn sequence(source: &str) -> CompiledSequence {
    let compiled = compile(source);
    match compiled.query {
        Some(Query::Sequence(sequence)) => sequence,
        _ => panic!("{source}: {:?}", compiled.diagnostics),
    }
}

/// Matches as `AB` with `-` for a hole; events are named by their number.
fn run(source: &str, steps: &[Step]) -> Vec<String> {
    let sequence = sequence(source);
    let mut machine = Machine::new(&sequence);
    for (number, (kind, key, millis)) in steps.iter().enumerate() {
        if let Some(candidate) = sequence.candidate(&document(kind, key)) {
            machine.push(Ticks(millis * Ticks::PER_MILLISECOND), &candidate, number);
        }
    }
    let name = |event: Option<usize>| event.map_or("-".to_owned(), |number| number.to_string());
    machine.finish().into_iter().map(|found| found.events.into_iter().map(name).collect()).collect()
}

const AB: &str = r#"[any where kind == "A"] [any where kind == "B"]"#;

#[test]
fn pairs_by_key() {
    let source = format!("sequence by key {AB}");
    assert_eq!(
        run(&source, &[("A", "1", 0), ("A", "2", 1), ("B", "2", 2), ("B", "1", 3), ("B", "1", 4)]),
        ["12", "03"]
    );
}

#[test]
fn maxspan_is_inclusive_and_a_late_event_ends_the_wait() {
    let source = format!("sequence with maxspan=10ms {AB}");
    assert_eq!(run(&source, &[("A", "", 0), ("B", "", 10)]), ["01"]);
    assert_eq!(run(&source, &[("A", "", 0), ("B", "", 11), ("B", "", 5)]), [""; 0]);
    assert_eq!(run(&source, &[("A", "", 0), ("AB", "", 11), ("B", "", 12)]), ["12"]);
}

#[test]
fn one_event_may_end_one_sequence_and_begin_another() {
    let source = "sequence [any where true] [any where true] [any where true]";
    let steps = [("A", "", 0), ("A", "", 1), ("A", "", 2), ("A", "", 3), ("A", "", 4)];
    assert_eq!(run(source, &steps), ["012", "123", "234"]);
}

#[test]
fn until_ends_what_waits_but_not_what_completes() {
    let source = format!(r#"sequence by key {AB} until [any where kind == "U"]"#);
    assert_eq!(run(&source, &[("A", "1", 0), ("U", "1", 1), ("B", "1", 2)]), [""; 0]);
    assert_eq!(run(&source, &[("A", "1", 0), ("U", "2", 1), ("B", "1", 2)]), ["02"]);
    assert_eq!(run(&source, &[("A", "1", 0), ("BU", "1", 1)]), ["01"]);
    assert_eq!(run(&source, &[("AU", "1", 0), ("B", "1", 1)]), [""; 0]);
}

#[test]
fn optional_keys_join_null_with_null() {
    let sequence = sequence(r#"sequence by ?other [any where kind == "A"] [any where kind == "B"]"#);
    let mut machine = Machine::new(&sequence);
    for (number, kind) in ["A", "B"].into_iter().enumerate() {
        let candidate = sequence.candidate(&document(kind, "")).unwrap();
        machine.push(Ticks(0), &candidate, number);
    }
    let found = machine.finish();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].keys(), [None]);
}

#[test]
fn a_missing_event_between_two() {
    let source = r#"sequence by key with maxspan=1s
        [any where kind == "A"] ![any where kind == "M"] [any where kind == "B"]"#;
    assert_eq!(run(source, &[("A", "1", 0), ("B", "1", 5)]), ["0-1"]);
    assert_eq!(run(source, &[("A", "1", 0), ("M", "1", 3), ("B", "1", 5)]), [""; 0]);
    assert_eq!(run(source, &[("A", "1", 0), ("M", "2", 3), ("B", "1", 5)]), ["0-2"], "another key");
    assert_eq!(run(source, &[("A", "1", 0), ("M", "1", 0), ("B", "1", 5)]), ["0-2"], "the same time is not between");
    assert_eq!(run(source, &[("A", "1", 0), ("M", "1", 5), ("B", "1", 5)]), ["0-2"]);
    let rejected = [("A", "1", 0), ("M", "1", 3), ("B", "1", 5), ("B", "1", 6)];
    assert_eq!(run(source, &rejected), [""; 0], "a rejected sequence is not tried again");
}

#[test]
fn missing_events_compare_whole_milliseconds() {
    let sequence = sequence(
        r#"sequence with maxspan=1s [any where kind == "A"] ![any where kind == "M"] [any where kind == "B"]"#,
    );
    let mut machine = Machine::new(&sequence);
    for (ticks, kind) in [(10_000, "A"), (10_500, "M"), (50_000, "B")] {
        machine.push(Ticks(ticks), &sequence.candidate(&document(kind, "")).unwrap(), kind);
    }
    assert_eq!(machine.finish().len(), 1);
}

#[test]
fn a_leading_missing_event_counts_to_the_last_event() {
    let source = r#"sequence with maxspan=10ms
        ![any where kind == "M"] [any where kind == "A"] [any where kind == "B"]"#;
    assert_eq!(run(source, &[("A", "", 5), ("B", "", 8)]), ["-01"]);
    assert_eq!(run(source, &[("M", "", 0), ("A", "", 5), ("B", "", 10)]), [""; 0]);
    assert_eq!(run(source, &[("M", "", 0), ("A", "", 5), ("B", "", 11)]), ["-12"]);
    assert_eq!(run(source, &[("M", "", 5), ("A", "", 5), ("B", "", 6)]), ["-12"], "not before the first");
}

#[test]
fn a_trailing_missing_event_counts_from_the_first_event() {
    let source = r#"sequence with maxspan=10ms
        [any where kind == "A"] [any where kind == "B"] ![any where kind == "M"]"#;
    assert_eq!(run(source, &[("A", "", 0), ("B", "", 3)]), ["01-"], "the end of input counts as nothing");
    assert_eq!(run(source, &[("A", "", 0), ("B", "", 3), ("M", "", 10)]), [""; 0]);
    assert_eq!(run(source, &[("A", "", 0), ("B", "", 3), ("M", "", 11)]), ["01-"]);
    assert_eq!(run(source, &[("A", "", 0), ("M", "", 1), ("B", "", 3)]), ["02-"], "not after the last");
}

#[test]
fn leading_and_trailing_missing_events_count_from_one_to_the_other() {
    let source = r#"sequence with maxspan=10ms
        ![any where kind == "M"] [any where kind == "A"] ![any where kind == "N"]"#;
    assert_eq!(run(source, &[("M", "", 0), ("A", "", 5), ("N", "", 10)]), [""; 0]);
    assert_eq!(run(source, &[("M", "", 0), ("A", "", 5), ("N", "", 11)]), ["-1-"]);
    assert_eq!(run(source, &[("M", "", 0), ("A", "", 5)]), ["-1-"]);
}

#[test]
fn runs_repeat_a_stage() {
    let source = r#"sequence by key [any where kind == "A"] with runs=3"#;
    assert_eq!(run(source, &[("A", "1", 0), ("A", "1", 1), ("A", "2", 2), ("A", "1", 3)]), ["013"]);
    let missing = r#"sequence with maxspan=1s [any where kind == "A"] ![any where kind == "M"] with runs=2"#;
    assert_eq!(run(missing, &[("A", "", 0)]), ["0--"]);
}

#[test]
fn pipes_cut_the_matches() {
    let steps = [("A", "", 0), ("B", "", 1), ("A", "", 2), ("B", "", 3), ("A", "", 4), ("B", "", 5)];
    assert_eq!(run(&format!("sequence {AB} | head 2 | tail 1"), &steps), ["23"]);
    assert_eq!(run(&format!("sequence {AB} | tail 2"), &steps), ["23", "45"]);
}

#[test]
fn nothing_stays_for_keys_that_wait_for_nothing() {
    let sequence = sequence(&format!("sequence by key {AB}"));
    let mut machine = Machine::new(&sequence);
    for number in 0..1000 {
        for kind in ["A", "B"] {
            let candidate = sequence.candidate(&document(kind, &number.to_string())).unwrap();
            machine.push(Ticks(number), &candidate, ());
        }
    }
    assert!(machine.pending.is_empty());
    assert_eq!(machine.finish().len(), 1000);
}

/// The definition, spelled out: of every event that can be a last one, follow the newest unused predecessors backwards in a replay of whole histories.
///
/// Partials are lists in a flat vector with their stage and key; each rule is applied by searching that vector.
fn naive(stages: &[char], maxspan: Option<i64>, until: Option<char>, steps: &[(String, u8, i64)]) -> Vec<Vec<usize>> {
    struct Waiting {
        stage: usize,
        key: u8,
        events: Vec<usize>,
    }
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut found = Vec::new();
    for (number, (kind, key, time)) in steps.iter().enumerate() {
        let mut moved = Vec::new();
        for (stage, letter) in stages.iter().enumerate().rev() {
            if !kind.contains(*letter) {
                continue;
            }
            let events = if stage == 0 {
                vec![number]
            } else {
                let at = waiting.iter().position(|partial| partial.stage + 1 == stage && partial.key == *key);
                let Some(at) = at else { continue };
                let mut events = waiting.remove(at).events;
                if maxspan.is_some_and(|span| time - steps[events[0]].2 > span) {
                    continue;
                }
                events.push(number);
                events
            };
            if stage + 1 == stages.len() {
                found.push(events);
            } else {
                moved.push(Waiting { stage, key: *key, events });
            }
        }
        for partial in moved {
            waiting.retain(|old| (old.stage, old.key) != (partial.stage, partial.key));
            waiting.push(partial);
        }
        if until.is_some_and(|letter| kind.contains(letter)) {
            waiting.retain(|partial| partial.key != *key);
        }
    }
    found
}

proptest! {
    #[test]
    fn agrees_with_a_naive_replay(
        steps in prop::collection::vec(("[ABCU]{1,2}", 0u8..3, 0i64..4), 0..40),
        stages in prop::sample::select(vec!["AB", "ABC", "AA", "AAB", "ABA"]),
        maxspan in prop::option::of(1i64..12),
        until: bool,
    ) {
        let mut now = 0;
        let steps: Vec<_> = steps.into_iter().map(|(kind, key, later)| { now += later; (kind, key, now) }).collect();
        let stages: Vec<char> = stages.chars().collect();
        let terms: Vec<_> = stages.iter().map(|letter| format!("[any where kind == \"{letter}\"]")).collect();
        let terms = terms.join(" ");
        let span = maxspan.map(|span| format!("with maxspan={span}ms")).unwrap_or_default();
        let end = if until { "until [any where kind == \"U\"]" } else { "" };
        let sequence = sequence(&format!("sequence by key {span} {terms} {end}"));
        let mut machine = Machine::new(&sequence);
        for (number, (kind, key, time)) in steps.iter().enumerate() {
            if let Some(candidate) = sequence.candidate(&document(kind, &key.to_string())) {
                machine.push(Ticks(time * Ticks::PER_MILLISECOND), &candidate, number);
            }
        }
        let found: Vec<Vec<usize>> =
            machine.finish().into_iter().map(|found| found.events.into_iter().flatten().collect()).collect();
        let wanted = naive(&stages, maxspan, until.then_some('U'), &steps);
        prop_assert_eq!(found, wanted);
    }
}
