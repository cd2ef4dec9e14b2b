use super::*;

#[test]
fn rfc3339_goes_in_and_out() {
    let at = Ticks::parse_rfc3339("2019-05-12T18:35:05.1559493Z").unwrap();
    assert_eq!(at, Ticks(132_021_597_051_559_493));
    assert_eq!(at.rfc3339_full(), "2019-05-12T18:35:05.1559493Z");
    assert_eq!(at.rfc3339(), "2019-05-12T18:35:05.1559493Z");
    assert_eq!(at.to_string(), at.rfc3339());
    assert_eq!(Ticks(132_021_597_051_550_000).rfc3339(), "2019-05-12T18:35:05.155Z");
    assert_eq!(Ticks(132_021_597_051_550_000).rfc3339_full(), "2019-05-12T18:35:05.1550000Z");
}

#[test]
fn offsets_are_applied_and_missing_ones_refused() {
    let at = |text| Ticks::parse_rfc3339(text);
    assert_eq!(at("2019-05-12T20:35:05+02:00"), at("2019-05-12T18:35:05Z"));
    assert_eq!(at("2019-05-12T18:35:05"), None);
    assert_eq!(at("1600-12-31T23:59:59Z"), None);
    assert_eq!(at("1601-01-01T00:00:00Z"), Some(Ticks(0)));
    assert_eq!(at("nonsense"), None);
}

#[test]
fn sysmon_time_has_exactly_one_form() {
    assert_eq!(Ticks::parse_sysmon_utc("2019-05-12 18:35:04.463"), Ticks::parse_rfc3339("2019-05-12T18:35:04.463Z"));
    for other in [
        "",
        "-",
        "2019-05-12 18:35:04",
        "2019-05-12T18:35:04.463",
        "2019-05-12 18:35:04.4630",
        "2019-13-12 18:35:04.463",
        "2019-05-12 18:35:60.463",
        " 2019-05-12 18:35:04.463",
        "2019-05-12 18:35:04,463",
    ] {
        assert_eq!(Ticks::parse_sysmon_utc(other), None, "{other:?}");
    }
}

#[test]
fn the_ends_of_the_range_do_not_panic() {
    assert_eq!(Ticks(i64::MAX).rfc3339(), "FILETIME 9223372036854775807");
    assert_eq!(Ticks(i64::MIN).rfc3339_full(), "FILETIME -9223372036854775808");
    assert_eq!(Ticks::from_unix_millis(i64::MAX), None);
    assert_eq!(Ticks::from_unix_millis(0).unwrap().rfc3339(), "1970-01-01T00:00:00.000Z");
    assert_eq!(Ticks(-1).whole_millis(), -1);
}

#[test]
fn spans_of_time_are_written_in_seconds() {
    let written = [14_062_498, -6_770_000, 0, 600_000_000, 1].map(seconds_text);
    assert_eq!(written, ["1.4062498", "-0.677", "0", "60", "0.0000001"]);
}
