use super::*;
use proptest::prelude::*;

fn entry(provider: &Arc<str>, number: u64, time: i64) -> SurveyEntry<'_> {
    SurveyEntry { provider, event_id: 1, record_id: Some(number), time: Ticks(time) }
}

#[test]
fn time_runs_backwards_only_between_neighbours_by_number() {
    let provider: Arc<str> = "p".into();
    let mut stream = Stream::default();
    // A circular log: the newest records stand before the oldest. That is no step back.
    for (number, time) in [(10, 100), (11, 90), (12, 95), (3, 10), (4, 20)] {
        stream.add(entry(&provider, number, time));
    }
    assert_eq!((stream.backwards, stream.most_backwards), (1, 10));
    assert_eq!(stream.span, Some((Ticks(10), Ticks(100))));
}

#[test]
fn too_many_names_are_counted_together() {
    let mut stream = Stream::default();
    for number in 0..MOST_NAMES + 10 {
        let provider: Arc<str> = format!("provider {number}").into();
        stream.add(entry(&provider, number as u64, 0));
    }
    assert_eq!(stream.events[&(OTHERS.into(), 0)], 10);
    assert_eq!(stream.events.values().sum::<u64>(), stream.records);
    let mut contents = FileContents::default();
    for number in 0..=MOST_NAMES {
        contents.stream(&StreamKey { computer: number.to_string().into(), channel: "c".into() }).records += 1;
    }
    assert_eq!(contents.readable(), MOST_NAMES as u64 + 1);
}

proptest! {
    #[test]
    fn it_does_not_matter_where_a_file_is_cut(
        records in prop::collection::vec((0_u64..40, 0_i64..1000, 0_u8..3), 0..60),
        cuts in prop::collection::vec(0_usize..60, 0..5),
    ) {
        let provider: Arc<str> = "p".into();
        let of = |part: &[(u64, i64, u8)]| {
            let mut contents = FileContents::default();
            for &(number, time, channel) in part {
                let key = StreamKey { computer: "c".into(), channel: channel.to_string().into() };
                contents.stream(&key).add(entry(&provider, number, time));
            }
            contents
        };
        let mut ends: Vec<usize> = cuts.into_iter().map(|cut| cut.min(records.len())).chain([0, records.len()]).collect();
        ends.sort_unstable();
        let mut parts = FileContents::default();
        ends.windows(2).for_each(|pair| parts.merge(of(&records[pair[0]..pair[1]])));
        let mut whole = of(&records);
        parts.settle();
        whole.settle();
        prop_assert_eq!(format!("{:?}", strip(&parts)), format!("{:?}", strip(&whole)));
    }
}

/// What a stream says, without how it came to it.
fn strip(contents: &FileContents) -> Vec<impl std::fmt::Debug> {
    let say = |(key, stream): (&StreamKey, &Stream)| {
        let Stream { records, span, numbers, events, backwards, most_backwards, .. } = stream;
        let numbers: Vec<_> = numbers.gaps().chain(numbers.range()).collect();
        (key.clone(), *records, *span, numbers, events.clone(), *backwards, *most_backwards)
    };
    contents.streams.iter().map(say).collect()
}
