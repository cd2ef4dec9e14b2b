use super::*;

fn fault(input: &str, offset: Option<u64>, kind: FaultKind) -> Fault {
    Fault { offset, ..Fault::lost(&Arc::from(input), kind, "why") }
}

#[test]
fn faults_sort_by_input_then_offset_then_kind() {
    let sorted = [
        fault("a", None, FaultKind::FileHeader),
        fault("a", Some(0), FaultKind::Chunk),
        fault("a", Some(9), FaultKind::Truncated),
        fault("a", Some(9), FaultKind::Record),
        fault("b", None, FaultKind::Missing),
    ];
    let mut shuffled = sorted.clone();
    shuffled.reverse();
    shuffled.sort();
    assert_eq!(shuffled, sorted);
}

#[test]
fn only_a_lost_record_counts_as_a_record() {
    let name: Arc<str> = Arc::from("a");
    assert!(Fault::lost(&name, FaultKind::Record, "").is_record());
    assert!(Fault::lost(&name, FaultKind::Time, "").is_record());
    assert!(Fault::lost(&name, FaultKind::Xml, "").is_record());
    assert!(!Fault::suspect(&name, FaultKind::Xml, "").is_record());
    assert!(!Fault::lost(&name, FaultKind::Chunk, "").is_record());
}

#[test]
fn an_error_becomes_one_line_with_its_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer\nline")]
    struct Outer(#[source] std::io::Error);
    assert_eq!(chain(&Outer(std::io::Error::other("inner"))), "outer line: inner");
    let long = chain(&Outer(std::io::Error::other("é".repeat(100_000))));
    assert_eq!(long.chars().count(), LONGEST_CHAIN + 1, "whatever evidence an error quotes");
}

#[test]
fn quoted_evidence_is_short() {
    assert_eq!(snippet("abc"), "'abc'");
    assert_eq!(snippet(&"é".repeat(100)).chars().count(), 43);
}
