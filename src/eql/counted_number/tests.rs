use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn a_number_is_the_float_of_its_digits(units in -(1_i64 << 53)..(1 << 53)) {
        let number = CountedNumber(i128::from(units));
        let read: f64 = format!("{units}e-6").parse().unwrap();
        prop_assert_eq!(number.to_f64().to_bits(), read.to_bits());
        // From 2^33 on, floats are further apart than millionths.
        if units.abs() < UNITS << 33 {
            prop_assert_eq!(CountedNumber::from_bits(number.to_bits()), number);
        }
    }

    #[test]
    fn an_integer_comes_back(number in -(1_i64 << 53)..(1 << 53)) {
        let counted = CountedNumber::of_integer(number).unwrap();
        prop_assert_eq!(counted, CountedNumber(i128::from(number) * i128::from(UNITS)));
        let read: f64 = number.to_string().parse().unwrap();
        prop_assert_eq!(counted.to_f64().to_bits(), read.to_bits());
    }
}
