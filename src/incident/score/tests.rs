use super::*;

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-9
}

#[test]
fn one_alert_has_the_risk_of_its_rule() {
    assert!(near(score(vec![47.0], 1, 1.0), 47.0));
    assert!(near(score(vec![47.0], 0, 1.0), 47.0));
}

#[test]
fn further_rules_count_less_and_further_tactics_a_tenth() {
    let by_hand = 73.0 + 47.0 / 2.0_f64.powf(1.5) + 21.0 / 3.0_f64.powf(1.5);
    assert!(near(score(vec![21.0, 73.0, 47.0], 1, 1.0), by_hand));
    assert!(near(score(vec![21.0, 73.0, 47.0], 3, 1.0), by_hand * 1.2));
    // However many rules of little weight: they never reach 2.62 times the first (the zeta function at 1.5).
    assert!(score(vec![21.0; 10_000], 1, 1.0) < 21.0 * 2.62);
}

#[test]
fn rarity_needs_hosts_to_compare() {
    assert!(near(rarity(&[1], 2), 1.0));
    assert!(near(rarity(&[], 100), 1.0));
    assert!(near(rarity(&[1, 1], 100), 1.25));
    assert!(near(rarity(&[100], 100), 0.75));
    assert!(near(rarity(&[1, 100], 100), 1.0));
}
