use super::*;
use serde_json::json;

#[test]
fn instants_are_read_in_every_writing() {
    let exact = Ticks::parse_rfc3339("2019-05-12T18:35:05.1559493Z").unwrap();
    let time = |value: Value| read(&value).unwrap();
    for text in [
        "2019-05-12T18:35:05.1559493Z",
        "2019-05-12 18:35:05.1559493 UTC",
        "2019-05-12T20:35:05.1559493+02:00",
        "2019-05-12T20:35:05.155949300+0200",
        "2019-05-12 16:35:05,1559493 -02",
    ] {
        assert_eq!(time(json!(text)), StatedTime { at: exact, has_zone: true, is_fine: true }, "{text}");
    }
    let local = time(json!("2019-05-12 18:35:05"));
    assert_eq!((local.has_zone, local.is_fine), (false, false));
    assert_eq!(local.at, Ticks::parse_rfc3339("2019-05-12T18:35:05Z").unwrap());
}

#[test]
fn counts_are_told_by_their_size() {
    let text = |value: Value| read(&value).unwrap().at.rfc3339_full();
    assert_eq!(text(json!(1_557_686_105)), "2019-05-12T18:35:05.0000000Z");
    assert_eq!(text(json!(1_557_686_105.155_949_4)), "2019-05-12T18:35:05.1559490Z");
    assert_eq!(text(json!("1557686105.1559493")), "2019-05-12T18:35:05.1559493Z");
    assert_eq!(text(json!(1_557_686_105_155_u64)), "2019-05-12T18:35:05.1550000Z");
    assert_eq!(text(json!(1_557_686_105_155_949_u64)), "2019-05-12T18:35:05.1559490Z");
    assert_eq!(text(json!(1_557_686_105_155_949_300_u64)), "2019-05-12T18:35:05.1559493Z");
    assert_eq!(text(json!(132_021_597_051_559_493_u64)), "2019-05-12T18:35:05.1559493Z");
    assert_eq!(text(json!("/Date(1557686105155)/")), "2019-05-12T18:35:05.1550000Z");
    assert_eq!(text(json!("/Date(1557686105155+0200)/")), "2019-05-12T18:35:05.1550000Z");
    assert_eq!(text(json!({"value": "/Date(1557686105155)/", "DateTime": "x"})), "2019-05-12T18:35:05.1550000Z");
    assert_eq!(text(json!({"SystemTime": 1_557_686_105})), "2019-05-12T18:35:05.0000000Z");
}

#[test]
fn what_is_no_instant_is_none() {
    for value in [
        json!(null),
        json!(true),
        json!(""),
        json!("soon"),
        json!("2019-13-12T18:35:05Z"),
        json!("2019-05-12T18:35:05 CEST"),
        json!("2019-05-12"),
        json!("99999999999999999999999"),
        json!(-1),
        json!(1e300),
        json!("/Date()/"),
        json!("/Date(é)/"),
        json!("2019-05-1éT18:35:05Z"),
        json!([1, 2]),
        json!([[[[[[[1]]]]]]]),
        json!({"SystemTime": {}}),
    ] {
        assert_eq!(read(&value), None, "{value}");
    }
}
