//! Tests of dates with parts that are missing.

use super::bounds;

#[test]
fn a_date_stands_for_what_it_leaves_open() {
    let of = |text: &str| bounds(text).map(|(first, last)| format!("{first} {last}"));
    let expected = |text: &str| Some(text.to_owned());
    assert_eq!(of("2024-05-01"), expected("2024-05-01T00:00:00.000Z 2024-05-01T23:59:59.999Z"));
    assert_eq!(of("2024"), expected("2024-01-01T00:00:00.000Z 2024-01-01T23:59:59.999Z"));
    assert_eq!(of("2024-05-01T12:30"), expected("2024-05-01T12:30:00.000Z 2024-05-01T12:30:59.999Z"));
    assert_eq!(
        of("2024-05-01T12:30:05+02:00"),
        expected("2024-05-01T12:30:05.000+02:00 2024-05-01T12:30:05.999+02:00")
    );
    assert_eq!(of("1714608000000"), expected("1714608000000 1714608000000"));
    for wrong in ["", "soon", "2024-13-01", "2024-5-1", "2024-05-01T25:00", "2024-05-01-01", "24"] {
        assert_eq!(of(wrong), None, "{wrong}");
    }
}
