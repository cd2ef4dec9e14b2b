use super::*;
use crate::detect::{CandidateEvent, RuleHit};
use crate::eql::Digester;
use crate::event::OrderKey;
use crate::source::FaultKind;

/// Candidates that were read at these offsets, and faults for these reasons.
fn found(offsets: &[u64], reasons: &[&'static str]) -> PartialResults {
    let mut found = PartialResults::default();
    for &offset in offsets {
        let order = OrderKey::new(Ticks(0), None, Locator { input: 0, offset });
        let hits = vec![(0, RuleHit::Event)];
        let candidate =
            CandidateEvent { order, host: "".into(), entity_id: None, is_creation: false, hits, event: None };
        found.candidates.add(candidate, &[], &Digester::default());
    }
    let input = "log.evtx".into();
    for &reason in reasons {
        found.note(Fault::lost(&input, FaultKind::Unreadable, reason));
    }
    found
}

#[test]
fn what_was_read_again_replaces_what_was_read_before() {
    let mut all = found(&[1, 2, 3], &["it was damaged"]);
    all.replace(found(&[2, 4], &["it was damaged", "it is gone"]));
    let mut offsets: Vec<u64> = all.candidates.iter().map(|seen| seen.record.order.origin().offset).collect();
    offsets.sort_unstable();
    assert_eq!(offsets, [1, 2, 3, 4], "each once, and nothing is lost that cannot be read again");
    let reasons: Vec<&str> = all.faults.iter().map(|fault| &*fault.reason).collect();
    assert_eq!(reasons, ["it was damaged", "it is gone"]);
}
