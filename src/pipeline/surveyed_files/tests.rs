use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn parts_in_any_order_are_the_whole_file(order in Just((0..12_u64).collect::<Vec<_>>()).prop_shuffle()) {
        let part = |number: u64| {
            let contents = FileContents { records: 1 << number, ..FileContents::default() };
            SurveyPart { contents, passed_over: number, ..SurveyPart::default() }
        };
        let mut parts = FileParts::default();
        for &number in &order {
            parts.add(number * 16, 16, part(number));
        }
        prop_assert_eq!(parts.parts.len(), 1, "neighbours are put together as they come");
        let (contents, passed_over) = parts.whole();
        prop_assert_eq!((contents.records, passed_over), ((1 << 12) - 1, 66));
    }
}

#[test]
fn a_part_that_was_not_read_leaves_a_gap() {
    let mut parts = FileParts::default();
    parts.add(32, 16, SurveyPart { passed_over: 2, ..SurveyPart::default() });
    parts.add(0, 16, SurveyPart { passed_over: 1, ..SurveyPart::default() });
    assert_eq!(parts.parts.len(), 2);
    assert_eq!(parts.whole().1, 3);
}
