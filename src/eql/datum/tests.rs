use super::*;

#[test]
fn floats_are_written_as_java_writes_them() {
    let cases = [
        (1.0, "1.0"),
        (0.001, "0.001"),
        (-0.5, "-0.5"),
        (9_999_999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (1.5e-4, "1.5E-4"),
        (1.234_567_8e20, "1.2345678E20"),
        (0.0, "0.0"),
        (f64::INFINITY, "Infinity"),
    ];
    for (number, text) in cases {
        assert_eq!(java_double(number), text);
    }
}

#[test]
fn numbers_are_read_as_mappings_read_them() {
    assert_eq!(parse_number(" 42 "), Some(Datum::Long(42)));
    assert_eq!(parse_number("-1.5e3"), Some(Datum::Double(-1500.0)));
    for text in ["", "nan", "inf", "0x10", "a", "-"] {
        assert_eq!(parse_number(text), None, "{text}");
    }
    assert_eq!(truncate(-1.9), Some(-1));
    assert_eq!(truncate(1e300), None);
    assert_eq!(truncate(f64::NAN), None);
}

#[test]
fn constants_compare_by_the_type_of_the_value() {
    let constant = Constant::new(Datum::Text("10".into()));
    assert_eq!(constant.equals(&Datum::Long(10)), Some(true));
    assert_eq!(constant.equals(&Datum::Double(10.0)), Some(true));
    assert_eq!(constant.equals(&Datum::Text("10.0".into())), Some(false));
    assert_eq!(constant.equals(&Datum::Null), None);
    assert_eq!(constant.order(&Datum::Boolean(true)), None);
    assert_eq!(Constant::new(Datum::Null).equals(&Datum::Text("".into())), None);
}

#[test]
fn texts_are_ordered_by_utf_16() {
    // U+FF61 is one unit above the surrogates that begin U+10000.
    let constant = Constant::new(Datum::Text("\u{ff61}".into()));
    assert_eq!(constant.order(&Datum::Text("\u{10000}".into())), Some(Ordering::Less));
}
