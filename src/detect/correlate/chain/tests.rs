use super::*;
use crate::base::Span;
use crate::eql::{
    CompiledThreshold, CorrelationTest, CountedFields, LeafUse, Measure, MeasureBound, Predicate, TermFilter,
};

/// Two events of one value within the window below, and one finding of that above.
fn correlation(window: i64) -> CompiledCorrelation {
    let filter = |counted| TermFilter::counting(Predicate::always(true), Vec::new(), counted, Span::default());
    let threshold = |least| {
        CompiledThreshold::new(vec![filter(None)], Ticks(window), vec![MeasureBound::at_least(Measure::Events, least)])
    };
    let leaf = |key| LeafUse { leaf: 0, key, value: None };
    let below = CorrelationNode {
        inputs: vec![CorrelationInput::Leaf(0)],
        test: CorrelationTest::Threshold(threshold(2)),
        leaves: vec![leaf(Some(1))],
    };
    let root = CorrelationNode {
        inputs: vec![CorrelationInput::Node(below)],
        test: CorrelationTest::Threshold(threshold(1)),
        leaves: vec![leaf(None)],
    };
    CompiledCorrelation::new(vec![filter(None), filter(Some(CountedFields::number("n")))], 1, root)
}

/// Whether anything is found among events of these keys, one a tick, and how many keys were let go.
fn run(correlation: &CompiledCorrelation, keys: impl Iterator<Item = u64>) -> (bool, u64) {
    let mut machine = ChainMachine::new(correlation);
    for (at, key) in (0..).zip(keys) {
        machine.push(Ticks(at), &vec![(0, Vec::new()), (1, vec![key + 1])], &at);
    }
    let (found, forgotten) = machine.finish();
    (!found.is_empty(), forgotten)
}

#[test]
fn keys_that_are_let_go_within_their_windows_are_counted() {
    let many = MOST_CHAINED_KEYS as u64 + 10;
    let long = correlation(i64::MAX / 4);
    assert_eq!(run(&long, (0..10).chain(0..10)), (true, 0));
    assert_eq!(run(&long, 0..many), (false, MOST_CHAINED_KEYS as u64));
    // The first ten keys come again, and nothing is known of them any more.
    assert_eq!(run(&long, (0..many).chain(0..10)), (false, MOST_CHAINED_KEYS as u64));
    // Those whose window has passed can lead to nothing, and are no loss.
    assert_eq!(run(&correlation(100), (0..many).chain(many - 5..many)), (true, 0));
}
