use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_range_has_what_a_list_has_after_all_cuts(
        count in 0_usize..20, cuts in prop::collection::vec((any::<bool>(), 0_usize..20), 0..4),
    ) {
        let pipes: Vec<ResultCut> =
            cuts.iter().map(|&(head, most)| if head { ResultCut::Head(most) } else { ResultCut::Tail(most) }).collect();
        let mut list: Vec<usize> = (0..count).collect();
        for pipe in &pipes {
            pipe.apply(&mut list);
        }
        prop_assert_eq!(within(&pipes, count).collect::<Vec<_>>(), list);
    }
}
