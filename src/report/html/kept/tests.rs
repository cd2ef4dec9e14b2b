use super::*;

fn kept(most_bytes: u64, most_parts: usize) -> Kept {
    let mut kept = Kept::new(most_bytes, most_parts, 1);
    let severities = [
        AlertSeverity::Low,
        AlertSeverity::High,
        AlertSeverity::Medium,
        AlertSeverity::Low,
        AlertSeverity::High,
        AlertSeverity::Critical,
    ];
    for (position, severity) in (1..).zip(severities) {
        let importance = Importance::new(severity, position, position);
        if kept.has_room_for(importance) {
            kept.add(importance, "123456789".to_owned());
        }
    }
    kept
}

fn positions(kept: Kept, bytes: u64) -> Vec<u64> {
    kept.fit(bytes).into_iter().map(|(importance, _)| importance.position).collect()
}

#[test]
fn the_most_severe_and_earliest_stay_in_their_order() {
    assert_eq!(positions(kept(1_000, 100), 1_000), [1, 2, 3, 4, 5, 6]);
    assert_eq!(positions(kept(1_000, 4), 1_000), [2, 3, 5, 6]);
    assert_eq!(positions(kept(35, 100), 1_000), [2, 5, 6]);
    assert_eq!(positions(kept(1_000, 100), 20), [2, 6]);
    assert_eq!(positions(kept(1_000, 100), 0), [] as [u64; 0]);
}

#[test]
fn nothing_less_important_than_what_was_let_go_is_kept() {
    let mut kept = Kept::new(10, 10, 0);
    kept.add(Importance::new(AlertSeverity::High, 1, 1), "12345".to_owned());
    kept.add(Importance::new(AlertSeverity::Medium, 2, 2), "1234567".to_owned());
    assert!(!kept.has_room_for(Importance::new(AlertSeverity::Medium, 3, 3)), "though it might be small");
    assert!(kept.has_room_for(Importance::new(AlertSeverity::Critical, 4, 4)));
}
