use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_tuple_comes_back_from_disk_as_it_was(
        key in any::<[u64; 2]>(), place in any::<(i64, Option<u64>, u32, u64)>(), numbers in any::<(u32, u32, u16, u64)>(),
        flags in any::<[bool; 3]>(),
    ) {
        let (time, tiebreaker, input, offset) = place;
        let order = OrderKey::new(Ticks(time), tiebreaker, Locator { input, offset });
        let tuple = CandidateTuple::new(key, order, HostNumber(numbers.0), PatternNumber(numbers.1));
        let mut tuple = tuple.of_one_host(flags[0]).of_process(flags[1]);
        tuple.ordinal = numbers.2;
        tuple.value = numbers.3;
        if flags[2] {
            tuple.cap();
        }
        let mut bytes = Vec::new();
        tuple.write(&mut bytes);
        let read = CandidateTuple::read(&mut bytes.as_slice()).unwrap();
        prop_assert_eq!(read, tuple);
        prop_assert_eq!((read.order(), read.origin()), (order, order.origin()));
        prop_assert_eq!((read.scope().is_some(), read.is_of_process(), read.is_capped()), (flags[0], flags[1], flags[2]));
    }
}

#[test]
fn a_tuple_is_small() {
    assert_eq!(size_of::<CandidateTuple>(), 64);
}
