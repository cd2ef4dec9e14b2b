use super::*;
use crate::event::OrderKey;
use crate::timeline::RowHead;
use proptest::prelude::*;

/// Rows of some processes, in the order in which they are met.
fn met(told: &[(u8, bool, i64)]) -> (Vec<RowPlace>, ProcessNumbers) {
    let mut processes = ProcessNumbers::default();
    let places = told.iter().zip(0..).map(|(&(entity_id, is_creation, time), number)| {
        let origin = Locator { input: 0, offset: number };
        let order = OrderKey::new(Ticks(time), None, origin);
        let entity_id = [entity_id];
        let row = RowHead { order, is_creation, host: b"a", entity_id: Some(&entity_id) };
        let process = processes.number(&row, None);
        RowPlace { order, start: 0, length: 0, process, block: 0, is_creation }
    });
    (places.collect(), processes)
}

fn is_wanted(origin: Locator) -> bool {
    !origin.offset.is_multiple_of(7)
}

proptest! {
    #[test]
    fn rows_are_sorted_by_the_first_of_their_process_and_by_time(
        told in prop::collection::vec((0..5_u8, any::<bool>(), 0..9_i64), 0..60),
    ) {
        let (places, processes) = met(&told);
        let sorted = Sorted::new(&places, &processes, is_wanted);
        let wanted = || places.iter().filter(|place| is_wanted(place.order.origin()));
        let first = |process: u32| wanted().filter(|place| place.process == process).map(|place| place.order).min();
        let mut expected: Vec<&RowPlace> = wanted().collect();
        expected.sort_by_key(|place| (first(place.process), place.order));
        let orders: Vec<OrderKey> = sorted.rows.iter().map(|row| places[*row as usize].order).collect();
        prop_assert_eq!(orders, expected.iter().map(|place| place.order).collect::<Vec<_>>());
    }

    /// Processes of one row, of a few, and of more than a piece has.
    #[test]
    fn pieces_know_what_stands_before_them(
        told in prop::collection::vec((0..5_u8, prop::bool::weighted(0.01), 0..9_i64, 1..400_usize), 0..9),
    ) {
        let each = |&(id, is_creation, time, times): &(u8, bool, i64, usize)| vec![(id, is_creation, time); times];
        let (places, processes) = met(&told.iter().flat_map(each).collect::<Vec<_>>());
        let sorted = Sorted::new(&places, &processes, is_wanted);
        let place = |at: usize| &places[sorted.rows[at] as usize];
        let mut next = 0;
        for piece in sorted.pieces(&places) {
            let RowRun { rows, start, inside, finished } = piece;
            prop_assert_eq!(rows.start, next);
            prop_assert!(!rows.is_empty() && rows.len() <= ROWS_AT_A_TIME);
            next = rows.end;
            let process = place(rows.start).process;
            prop_assert_eq!(inside, rows.start > 0 && place(rows.start - 1).process == process);
            let of_process = || (0..sorted.rows.len()).filter(|at| place(*at).process == process && place(*at).is_creation);
            let expected = of_process().rfind(|at| *at < rows.start).or(of_process().next());
            prop_assert_eq!(start, expected.filter(|_| inside).map(|at| sorted.rows[at]));
            let ends_here = |at: &usize| *at == sorted.rows.len() || place(*at - 1).process != place(*at).process;
            prop_assert_eq!(finished, (1..=rows.end).rev().find(ends_here).unwrap_or_default());
        }
        prop_assert_eq!(next, sorted.rows.len());
    }
}
