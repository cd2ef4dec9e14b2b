use super::*;

fn span(text: &str) -> (String, String) {
    let from = TimeWindow::parse_from(text).unwrap();
    let to = TimeWindow::parse_to(text).unwrap();
    (from.rfc3339_full(), to.rfc3339_full())
}

#[test]
fn a_time_stands_for_all_of_the_span_that_it_names() {
    let cases = [
        ("2019-05-12", "2019-05-12T00:00:00.0000000Z", "2019-05-12T23:59:59.9999999Z"),
        ("2019-05-12T18:35", "2019-05-12T18:35:00.0000000Z", "2019-05-12T18:35:59.9999999Z"),
        ("2019-05-12 18:35:05", "2019-05-12T18:35:05.0000000Z", "2019-05-12T18:35:05.9999999Z"),
        ("2019-05-12T18:35:05.5Z", "2019-05-12T18:35:05.5000000Z", "2019-05-12T18:35:05.5000000Z"),
        ("2019-05-12T20:35:05+02:00", "2019-05-12T18:35:05.0000000Z", "2019-05-12T18:35:05.9999999Z"),
    ];
    for (text, from, to) in cases {
        assert_eq!(span(text), (from.to_owned(), to.to_owned()), "{text}");
    }
}

#[test]
fn other_texts_are_refused_with_help() {
    for text in ["", "yesterday", "2019-05", "12.05.2019", "2019-02-30"] {
        let error = TimeWindow::parse_from(text).unwrap_err().to_string();
        assert!(error.contains("2019-05-12"), "{error}");
    }
}

#[test]
fn both_ends_belong_to_the_window() {
    let window = TimeWindow { from: Some(Ticks(5)), to: Some(Ticks(7)) };
    assert_eq!([4, 5, 7, 8].map(|at| window.contains(Ticks(at))), [false, true, true, false]);
    assert!(TimeWindow::default().contains(Ticks(0)));
}

#[test]
fn a_number_with_a_unit_is_so_long_ago() {
    let hour = 60 * 60 * Ticks::PER_SECOND;
    let now = Ticks(1000 * hour);
    for (text, hours) in [("1h", 1), ("36H", 36), ("2d", 48), (" 1w ", 168), ("120m", 2), ("7200s", 2), ("0d", 0)] {
        assert_eq!(ago(text, now), Some(Ticks(now.0 - hours * hour)), "{text}");
    }
    for text in ["d", "-2d", "+2d", "2", "2y", "1.5h", "99999999999d", "2019-05-12"] {
        assert_eq!(ago(text, now), None, "{text}");
    }
    let (from, to) = (TimeWindow::parse_from("2d").unwrap(), TimeWindow::parse_to("1d").unwrap());
    assert!((to.0 - from.0 - 24 * hour).abs() < 60 * Ticks::PER_SECOND);
}
