use super::*;

fn at(text: &str) -> Ticks {
    Ticks::parse_rfc3339(text).unwrap()
}

fn tallies(names: &[&str]) -> Vec<SeverityCounts> {
    names.iter().map(|name| SeverityCounts { name: (*name).to_owned(), counts: [1, 0, 0, 0, 0] }).collect()
}

fn mark(time: Ticks, host: usize, number: u64) -> LaneMark {
    LaneMark { at: time, severity: AlertSeverity::High, host, rule: 0, number }
}

#[test]
fn marks_stand_where_their_time_is() {
    let start = at("2024-03-05T00:00:00Z");
    let marks: Vec<LaneMark> =
        (0..5).map(|n| mark(Ticks(start.0 + n * 3600 * Ticks::PER_SECOND), 0, n.unsigned_abs() + 1)).collect();
    let shown: HashSet<u64> = [1, 2].into();
    let page = lanes(&marks, &[0], (&tallies(&["h<1>"]), &tallies(&["R<&>"])), &shown).into_string();
    assert!(page.contains("cx=\"50.000%\""), "{page}");
    assert_eq!(
        (page.matches("<circle").count(), page.matches("<a href=\"#alert-").count()),
        (5, 2),
        "marks without a card lead nowhere"
    );
    assert!(
        page.contains("<title>#1 high: R&lt;&amp;&gt;, 2024-03-05 00:00:00.000</title>") && page.contains("h&lt;1&gt;")
    );
    assert!(page.contains("03-05 02:00") && page.contains("data-span=\"15120000\""), "{page}");
}

#[test]
fn what_falls_together_shares_a_mark() {
    let start = at("2024-03-05T00:00:00Z");
    let same = [mark(start, 0, 1), mark(start, 0, 2), mark(start, 1, 3)];
    let page = lanes(&same, &[0, 1], (&tallies(&["a", "b"]), &tallies(&["R"])), &HashSet::new()).into_string();
    assert_eq!(page.matches("<circle").count(), 2);
    assert!(page.contains("2 high alerts"), "{page}");
    let many: Vec<LaneMark> = (0..50_000_u64)
        .map(|n| mark(Ticks(start.0 + i64::try_from(n).unwrap() * 12_345_678), usize::try_from(n % 3).unwrap(), n + 1))
        .collect();
    let page = lanes(&many, &[0, 1, 2], (&tallies(&["a", "b", "c"]), &tallies(&["R"])), &HashSet::new()).into_string();
    let drawn = page.matches("<circle").count();
    assert!((1_000..=MOST_MARKS).contains(&drawn), "{drawn}");
}

#[test]
fn lanes_have_an_end() {
    let names: Vec<String> = (0..100).map(|n| format!("h{n}")).collect();
    let hosts = tallies(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let marks: Vec<LaneMark> = (0..100).map(|host| mark(at("2024-03-05T00:00:00Z"), host, host as u64 + 1)).collect();
    let page = lanes(&marks, &(0..100).collect::<Vec<_>>(), (&hosts, &tallies(&["R"])), &HashSet::new()).into_string();
    assert_eq!(page.matches("<rect class=\"lane\"").count(), MOST_LANES + 1);
    assert!(page.contains("60 more hosts"));
    assert_eq!(lanes(&[], &[], (&[], &[]), &HashSet::new()).into_string(), "", "no times, no picture");
}

#[test]
fn the_axis_has_even_steps_at_any_length() {
    for (first, last, some) in [
        ("2024-03-05T09:00:00.000Z", "2024-03-05T09:00:00.004Z", "09:00:00"),
        ("2024-03-05T09:00:00Z", "2024-03-05T10:00:00Z", "03-05 09:30"),
        ("2024-03-05T09:00:00Z", "2024-03-12T09:00:00Z", "2024-03-"),
        ("2017-12-26T13:18:12Z", "2021-12-07T17:33:01Z", "2019-01"),
        ("1601-01-01T00:00:00Z", "9999-12-30T00:00:00Z", "4000-01"),
    ] {
        let span = LaneSpan::around(&[mark(at(first), 0, 1), mark(at(last), 0, 2)]).unwrap();
        let (times, step) = lines(span);
        assert!((2..=16).contains(&times.len()), "{first}: {}", times.len());
        assert!(times.is_sorted() && times.iter().any(|time| label(*time, step).contains(some)), "{first}: {times:?}");
    }
    let extreme = LaneSpan::around(&[mark(Ticks(0), 0, 1), mark(Ticks(i64::MAX), 0, 2)]).unwrap();
    assert!(extreme.place(0).ends_with('%') && lines(extreme).0.len() < 20);
}
