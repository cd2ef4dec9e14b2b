use super::*;
use crate::eql::{Query, compile};
use crate::event::Document;

/// Events as their kinds and key; matches as the numbers of their events.
fn run(source: &str, steps: &[(&str, &str)]) -> Vec<Vec<usize>> {
    let compiled = compile(source);
    let Some(Query::Sample(sample)) = compiled.query else { panic!("{source}: {:?}", compiled.diagnostics) };
    let mut machine = SampleMachine::new(&sample);
    for (number, (kinds, key)) in steps.iter().enumerate() {
        let mut document = Document::new();
        for kind in kinds.chars() {
            document.push(Field::named("kind"), kind.to_string());
        }
        document.set(Field::named("key"), *key);
        if let Some(candidate) = sample.candidate(&document) {
            machine.push(&candidate, &number);
        }
    }
    machine.finish().into_iter().map(|found| found.events.into_iter().flatten().collect()).collect()
}

const AB: &str = r#"sample by key [any where kind == "A"] [any where kind == "B"]"#;

#[test]
fn order_does_not_count_and_each_key_gives_one_result() {
    assert_eq!(run(AB, &[("B", "1"), ("A", "2"), ("A", "1"), ("B", "1"), ("B", "2")]), [[2, 0], [1, 4]]);
    assert_eq!(run(AB, &[("A", "1"), ("B", "2")]), [[0; 0]; 0]);
}

#[test]
fn events_of_a_result_are_different() {
    assert_eq!(run(AB, &[("AB", "1")]), [[0; 0]; 0]);
    assert_eq!(run(AB, &[("AB", "1"), ("A", "1")]), [[1, 0]], "the first choice is taken back");
    let same = r#"sample by key [any where kind == "A"] [any where kind == "A"] [any where kind == "A"]"#;
    assert_eq!(run(same, &[("A", "1"), ("A", "1")]), [[0; 0]; 0]);
    assert_eq!(run(same, &[("A", "1"), ("A", "1"), ("A", "1"), ("A", "1")]), [[0, 1, 2]]);
}

#[test]
fn pipes_cut_the_results() {
    let steps = [("A", "1"), ("B", "1"), ("A", "2"), ("B", "2")];
    assert_eq!(run(&format!("{AB} | tail 1"), &steps), [[2, 3]]);
}

#[test]
fn what_a_sample_cannot_have_is_refused() {
    let term = "[any where true]";
    let cases = [
        (format!("sample {term} {term}"), "missing-key missing-key"),
        (format!("sample by a {term}"), "too-few-stages"),
        (format!("sample by a {term} {term} {term} {term} {term} {term}"), "too-many-stages"),
        (format!("sample by a {term} !{term}"), "missing-in-sample"),
        (format!("sample by a {term} with runs=2 {term}"), "unsupported"),
        (format!("sample {term} by a {term} by a, b"), "key-count"),
        (format!("sample {term} by a {term} by b"), ""),
    ];
    for (source, slugs) in cases {
        let found: Vec<_> =
            compile(&source.replace("by a", "by host.id").replace(", b", ", user.id").replace("by b", "by user.id"))
                .diagnostics
                .iter()
                .map(|finding| finding.code.0)
                .collect();
        assert_eq!(found.join(" "), slugs, "{source}");
    }
}
