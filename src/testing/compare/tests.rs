use super::*;

#[test]
fn as_many_as_can_be_are_matched_whatever_the_order() {
    // The first fits both, the second only what the first would take.
    let fits = |one: usize, at: usize| one == 0 || at == 0;
    assert_eq!(matched(2, 2, &fits), [Some(1), Some(0)]);
    assert_eq!(matched(3, 2, &fits).iter().flatten().count(), 2);
    // A chain of moves: each fits its own and the next one.
    let chain = |one: usize, at: usize| (one < 4 && (at == one || at == one + 1)) || (one == 4 && at == 0);
    assert!(matched(5, 5, &chain).iter().all(Option::is_some));
    assert_eq!(matched(0, 3, &fits), []);
}
