use super::*;
use crate::rules::mission;

fn left(selection: &RuleSelection) -> usize {
    let mut set = mission();
    selection.apply(&mut set);
    set.rules.len()
}

#[test]
fn labels_are_tags_tactics_and_techniques() {
    for (label, chosen) in [
        ("T1218", 1),
        ("t1218.010", 1),
        ("attack.t1218.009", 1),
        ("T121", 0),
        ("T1218.0", 0),
        ("TA0005", 1),
        ("defense evasion", 1),
        ("Defense_Evasion", 1),
        ("attack.defense-evasion", 1),
        ("Execution", 0),
        ("Windows", 1),
        ("", 0),
    ] {
        let include = RuleSelection { include: vec![label.to_owned()], ..RuleSelection::default() };
        assert_eq!(left(&include), chosen, "{label}");
        let exclude = RuleSelection { exclude: vec![label.to_owned()], ..RuleSelection::default() };
        assert_eq!(left(&exclude), 1 - chosen, "not {label}");
    }
}

#[test]
fn severity_counts_from_below() {
    for (level, chosen) in [(Level::Low, 1), (Level::Medium, 0), (Level::Critical, 0)] {
        assert_eq!(left(&RuleSelection { min_level: Some(level), ..RuleSelection::default() }), chosen, "{level:?}");
    }
}
