use super::*;
use crate::base::Locator;
use crate::base::interner::Interner;
use crate::source::record::{Draft, SystemField};

fn record(number: u64, seconds: i64) -> Record {
    let (mut draft, mut strings) = (Draft::default(), Interner::default());
    let fields = [
        (SystemField::EventId, "1"),
        (SystemField::RecordId, &number.to_string()),
        (SystemField::Computer, if number.is_multiple_of(2) { "WS" } else { "ws" }),
    ];
    for (field, text) in fields {
        draft.set(field, text, &mut strings).unwrap();
    }
    draft.finish(Ticks(seconds * Ticks::PER_SECOND), Locator::default(), &mut strings).unwrap()
}

#[test]
fn a_record_was_logged_no_earlier_than_those_before_it() {
    let mut order = LoggedOrder::default();
    let mut raised = |number, seconds| {
        let mut record = record(number, seconds);
        order.raise(&mut record);
        record.time_created.0 / Ticks::PER_SECOND
    };
    assert_eq!(raised(1, 100), 100);
    assert_eq!(raised(2, 90), 100, "a step back between neighbours");
    assert_eq!(raised(3, 110), 110);
    assert_eq!(raised(2, 90), 90, "a line out of order tells nothing");
    assert_eq!(raised(4, 50), 50, "a clock that was set back");
    assert_eq!(raised(5, 40), 50);
}
