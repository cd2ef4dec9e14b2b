//! Tests of tables; `super::super::tests` compares them with plain comparisons.

use super::*;
use std::time::{Duration, Instant};

#[test]
fn a_hundred_thousand_indicators_cost_a_look_up() {
    let domains: Vec<Observable> = (0..100_000).map(|at| Observable::Domain(format!("host-{at}.example"))).collect();
    let tables = IndicatorTables::new(domains.iter().zip(0..));
    let start = Instant::now();
    let mut found = Vec::new();
    for at in 0..10_000 {
        tables.find(FieldReading::Domain, &format!("a.b.host-{at}.example"), &mut |owner| found.push(owner));
    }
    assert!(found.into_iter().eq(0..10_000));
    // A list of them would take minutes, without optimisation more than that.
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn the_same_value_may_be_of_several_indicators() {
    let name = Observable::FileName("a.exe".to_owned());
    let tables = IndicatorTables::new([(&name, 1), (&name, 2), (&name, 1)]);
    let mut found = Vec::new();
    tables.find(FieldReading::Path, r"C:\A.exe", &mut |owner| found.push(owner));
    assert_eq!(found, [1, 2]);
}
