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

/// What `jiff` says of an instant.
fn by_jiff(at: Ticks, digits: usize) -> Option<String> {
    let second = at.0.div_euclid(Ticks::PER_SECOND) - UNIX_EPOCH_SECONDS;
    let nanos = i32::try_from(at.0.rem_euclid(Ticks::PER_SECOND)).unwrap() * 100;
    jiff::Timestamp::new(second, nanos).ok().map(|at| format!("{at:.digits$}"))
}

#[test]
fn every_day_is_written_and_read_as_jiff_does() {
    let day = 86_400 * Ticks::PER_SECOND;
    // All days of the first 800 years, and some of each later one, at a time of day that moves.
    let days = (0..292_194).chain((292_194..3_067_000).step_by(97));
    for at in days.map(|number| Ticks(number * day + number * 7_919 % day)) {
        assert_eq!(Some(at.rfc3339_full()), by_jiff(at, 7), "{at:?}");
        let millis = Ticks(at.whole_millis() * Ticks::PER_MILLISECOND);
        let text = millis.rfc3339();
        assert_eq!(Some(text.clone()), by_jiff(millis, 3), "{at:?}");
        assert_eq!(Ticks::parse_sysmon_utc(text.replace('T', " ").replace('Z', "")), Some(millis), "{text}");
    }
}

#[test]
fn days_that_are_none_are_refused() {
    for text in ["2023-02-29", "2100-02-29", "2024-02-30", "2024-04-31", "2024-00-10", "2024-01-00", "1600-12-31"] {
        assert_eq!(Ticks::parse_sysmon_utc(format!("{text} 00:00:00.000")), None, "{text}");
        assert_eq!(Ticks::parse_rfc3339(&format!("{text}T00:00:00.000Z")), None, "{text}");
    }
    assert!(Ticks::parse_sysmon_utc("2024-02-29 23:59:59.999").is_some());
    assert_eq!(Ticks::parse_sysmon_utc("2024-02-29 24:00:00.000"), None);
    assert_eq!(Ticks::parse_sysmon_utc("2024-02-29 23:60:00.000"), None);
}

#[test]
fn instants_before_1601_are_written_too() {
    for ticks in [-1, -86_400 * Ticks::PER_SECOND, -400_000 * 86_400 * Ticks::PER_SECOND] {
        assert_eq!(Some(Ticks(ticks).rfc3339_full()), by_jiff(Ticks(ticks), 7));
    }
}

#[test]
fn instants_of_other_tools_are_read_as_windows_wrote_them() {
    let at = Ticks::parse_rfc3339("2024-03-05T09:14:03.5434560Z");
    assert!(at.is_some());
    for text in [
        "2024-03-05T09:14:03.543456Z",
        "2024-03-05 09:14:03.543456",
        "2024-03-05 09:14:03.543456 UTC",
        "2024-03-05T09:14:03.543456",
        "2024-03-05 09:14:03.543456Z",
        "2024-03-05 09:14:03.543456+00:00",
        "2024-03-05 09:14:03.543456 +00:00",
        "2024-03-05T11:14:03.543456000+02:00",
        " 2024-03-05 09:14:03.5434560 ",
    ] {
        assert_eq!(Ticks::parse_of_tool(text), at, "{text}");
    }
    assert_eq!(Ticks::parse_of_tool("2024-03-05 09:14:03"), Ticks::parse_rfc3339("2024-03-05T09:14:03Z"));
    for text in [
        "",
        "UTC",
        "yesterday",
        "2024-03-05",
        "05.03.2024 09:14:03",
        "2024-03-05 09:14:61",
        "2024-13-05 09:14:03",
        "äöü-äöü-ä ä",
    ] {
        assert_eq!(Ticks::parse_of_tool(text), None, "{text}");
    }
}

#[test]
fn every_writing_that_names_an_instant_is_read() {
    let at = Ticks::parse_rfc3339("2024-03-05T09:14:03.5434567Z");
    for writing in [
        "2024-03-05T09:14:03.5434567Z",
        "2024-03-05T09:14:03.543456700Z",
        "2024-03-05 09:14:03.5434567",
        "2024-03-05 09:14:03.543456700 UTC",
        "2024-03-05 09:14:03.5434567 Z",
        "2024-03-05T09:14:03.5434567",
        "2024/03/05 09:14:03,5434567",
        "2024-03-05T11:14:03.5434567+02:00",
        "2024-03-05 11:14:03.5434567 +0200",
        "2024-03-05 04:14:03.5434567 -05",
        " 2024-03-05  09:14:03.54345670000000 GMT ",
    ] {
        assert_eq!(Ticks::parse_of_tool(writing), at, "{writing}");
    }
    assert_eq!(Ticks::parse_of_tool("2024-03-05 09:14"), Ticks::parse_rfc3339("2024-03-05T09:14:00Z"));
    for other in [
        "",
        "-",
        "2024-03-05",
        "05/03/2024 09:14:03",
        "2024-03-05 25:14:03",
        "2024-03-05 09:14:03 CET",
        "2024-03-05 09:14:03 AM",
    ] {
        assert_eq!(Ticks::parse_of_tool(other), None, "{other}");
    }
}

#[test]
fn an_instant_is_written_as_sysmon_does() {
    let at = Ticks::parse_of_tool("2024-03-05 09:14:03.543456").unwrap();
    assert_eq!(at.sysmon_utc(), "2024-03-05 09:14:03.543");
    assert_eq!(Ticks::parse_sysmon_utc(at.sysmon_utc()), Some(Ticks(at.0 - 4560)));
}
