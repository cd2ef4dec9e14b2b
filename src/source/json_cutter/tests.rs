use super::*;
use proptest::prelude::*;

/// A cut that outlives its text.
#[derive(Clone, Debug, PartialEq)]
enum Found {
    Document(String),
    TooLong,
    Scalar,
    Broken(String),
    Unclosed,
    PassedOver(u64),
    Text(String),
    Incomplete(Shortfall),
}

impl From<JsonCut<'_>> for Found {
    fn from(cut: JsonCut<'_>) -> Self {
        match cut {
            JsonCut::Document(bytes) => Self::Document(String::from_utf8_lossy(bytes).into_owned()),
            JsonCut::TooLong => Self::TooLong,
            JsonCut::Scalar => Self::Scalar,
            JsonCut::Broken(reason) => Self::Broken(reason),
            JsonCut::Unclosed => Self::Unclosed,
            JsonCut::PassedOver(count) => Self::PassedOver(count),
            JsonCut::Text(bytes) => Self::Text(String::from_utf8_lossy(bytes).into_owned()),
            JsonCut::Incomplete(shortfall) => Self::Incomplete(shortfall),
        }
    }
}

type Cuts = Vec<(u64, Found)>;

fn cut_in(text: &[u8], size: usize) -> Cuts {
    let mut cuts = Vec::new();
    let mut cutter = JsonCutter::default();
    let mut sink = |offset: u64, cut: JsonCut<'_>| cuts.push((offset, cut.into()));
    text.chunks(size).for_each(|piece| cutter.feed(piece, &mut sink));
    assert_eq!(cutter.offset(), text.len() as u64);
    cutter.finish(&mut sink);
    cuts
}

fn cut(text: &str) -> Cuts {
    cut_in(text.as_bytes(), 1 << 16)
}

/// The documents of a text that has nothing else.
fn documents(text: &str) -> Vec<String> {
    let cuts = cut(text);
    for (offset, cut) in &cuts {
        let Found::Document(bytes) = cut else { panic!("{offset}: {cut:?}") };
        assert!(
            text.as_bytes()[usize::try_from(*offset).unwrap()..].starts_with(bytes.as_bytes()),
            "the offset is its place"
        );
    }
    let text = |(_, cut)| match cut {
        Found::Document(bytes) => serde_json::from_str::<serde_json::Value>(&bytes).unwrap().to_string(),
        _ => String::new(),
    };
    cuts.into_iter().map(text).collect()
}

/// Documents and faults of a text that has both, as a few words each.
fn outline(text: &str) -> Vec<String> {
    let word = |(offset, cut)| match cut {
        Found::Document(text) => text,
        Found::Broken(reason) => format!("{offset}: {reason}"),
        other => format!("{offset}: {other:?}"),
    };
    cut(text).into_iter().map(word).collect()
}

const A: &str = r#"{"a":1}"#;
const B: &str = r#"{"b":{"c":["}]","\\\"{",null]}}"#;

#[test]
fn every_layout_gives_the_same_documents() {
    let pretty =
        |text: &str| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
    let hits = format!(r#"{{"took":1,"hits":{{"total":{{"value":2}},"hits":[{A},{B}]}}}}"#);
    let texts = [
        format!("{A}\n{B}\n"),
        format!("\u{feff}{A}\r\n\r\n{B}"),
        format!("{A}{B}"),
        format!("{A},\n{B},\n"),
        format!("[{A},{B}]"),
        format!("[[{A}],[{B}]]"),
        format!("[\n{A},\n{B}\n]\n"),
        format!("{}\n{}", pretty(A), pretty(B)),
        pretty(&format!("[{A},{B}]")),
        format!("\0\0\0{A}\n{B}\0\0"),
        format!("Record 1\n{}\nRecord 2\n{}\n", pretty(A), pretty(B)),
        hits.clone(),
        pretty(&hits),
        format!(r#"{{"responses":[{hits}],"took":5}}"#),
        format!(r#"{{"id":"x","is_running":false,"response":{hits}}}"#),
        format!(r#"{{"isPartial":false,"rawResponse":{hits}}}"#),
        format!(r#"{{"hits":{{"events":[{A},{B}]}}}}"#),
        format!(r#"{{"hits":{{"sequences":[{{"join_keys":[{{}}],"events":[{A}]}},{{"events":[{B}]}}]}}}}"#),
        format!("# GET /logs/_search 200 OK\n{}\n# GET /_search 200 OK\n{{\"hits\":{{\"hits\":[]}}}}\n", pretty(&hits)),
        format!("GET /logs/_search\n{{\"query\":{{\"match_all\":{{}}}}}}\n# 200 OK\n{}\n", pretty(&hits)),
    ];
    for text in texts {
        assert_eq!(documents(&text), [A, B], "{text}");
    }
    assert_eq!(documents("[]"), Vec::<String>::new());
    assert_eq!(documents(""), Vec::<String>::new());
}

#[test]
fn a_document_may_have_the_names_of_wrappers() {
    for text in
        [r#"{"hits":5}"#, r#"{"hits":{"count":1}}"#, r#"{"response":{"code":1}}"#, r#"{"a":{"hits":{"hits":[{}]}}}"#]
    {
        assert_eq!(documents(text), [text]);
    }
}

#[test]
fn damage_costs_the_document_that_it_is_in() {
    let cases = [
        (
            format!("{{\"a\":\n{A}\n"),
            vec!["0: not JSON: the document has no end (byte 7 of the document)".to_owned(), A.into()],
        ),
        (
            format!("{{\"x\": \"y\n{A}\n"),
            vec!["0: not JSON: a text has no end on its line (byte 9 of the document)".into(), A.into()],
        ),
        (
            format!("{{\"x\":1 \"y\":2}}\n{A}\n"),
            vec!["0: not JSON: unexpected `\"` (byte 8 of the document)".into(), A.into()],
        ),
        (format!("x\":1}}}}\n{A}\n"), vec!["0: not JSON: 'x\":1}}'".into(), A.into()]),
        (
            format!("{A}\nError: the log is full\n{A}"),
            vec![A.into(), "8: not JSON: 'Error: the log is full'".into(), A.into()],
        ),
        (
            format!("[{A},{{\"b\":,\"c\":{{\"d\":1}}}},{A}]"),
            vec![A.into(), "9: not JSON: unexpected `,` (byte 6 of the document)".into(), A.into()],
        ),
        (format!("[{A},{A}"), vec![A.into(), A.into(), "0: Unclosed".into()]),
        (format!("[{A},{{\"a\":"), vec![A.into(), "9: the text ends inside of a document".into()]),
        (format!("[{A},7,null,{A}]"), vec![A.into(), "9: Scalar".into(), "11: Scalar".into(), A.into()]),
        (format!("{{\"hits\":{{\"hits\":[{A},{A}"), vec![A.into(), A.into(), "0: Unclosed".into()]),
        (format!("7\n{A}"), vec!["0: Scalar".into(), A.into()]),
        (format!("{{\"a\":[1}}\n{A}"), vec!["0: not JSON: unexpected `}` (byte 8 of the document)".into(), A.into()]),
        (format!("\u{1}{A}\n{A}"), vec!["0: not JSON: '\u{1}'".into(), A.into(), A.into()]),
    ];
    for (text, expected) in cases {
        assert_eq!(outline(&text), expected, "{text}");
    }
}

#[test]
fn nothing_is_held_of_what_is_too_long() {
    let long = format!("{{\"a\":\"{}\"}}\n{A}", "x".repeat(LARGEST));
    let cuts = cut(&long);
    assert_eq!((cuts[0].clone(), cuts.len()), ((0, Found::TooLong), 2));
    // A response may be as long as it likes.
    let member = format!("{{\"a\":\"{}\"}}", "x".repeat(LARGEST / 4));
    let response = format!("{{\"hits\":{{\"hits\":[{}]}}}}", vec![member; 5].join(","));
    assert_eq!(cut(&response).iter().filter(|(_, cut)| matches!(cut, Found::Document(_))).count(), 5);
    let deep = format!("{}{}\n{A}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert_eq!(cut(&deep).len(), 2, "nesting has a limit");
}

/// A document as agents write them, with whatever may confuse: braces in texts, lists of objects, a name that stands first further inside too.
fn event(number: usize) -> String {
    format!(
        r#"{{"@timestamp":"2024-01-01T00:00:{number:02}Z","message":"a {{\"x\"}} }},{{ [","process":{{"pid":{number},"args":["[",{{"z":[{{"y":1}}]}}],"parent":{{"pid":4}}}},"tags":["a","b"]}}"#
    )
}

/// Whole documents that are found where the one in the middle is cut at every place and the next one follows.
fn found_behind_every_cut(make: impl Fn(&str) -> String, whole: usize) {
    let middle = event(1);
    for length in 1..middle.len() {
        let text = make(&middle[..length]);
        let cuts = cut(&text);
        let is_whole = |found: &Found| matches!(found, Found::Document(bytes) if bytes.starts_with("{\"@timestamp\"") && serde_json::from_str::<serde_json::Value>(bytes).is_ok_and(|document| document.get("tags").is_some()));
        let count = cuts.iter().filter(|(_, found)| is_whole(found)).count();
        assert_eq!(count, whole, "{text}\n{cuts:?}");
        let other = cuts.iter().filter(|(_, found)| !is_whole(found)).count();
        assert!((1..=3).contains(&other), "the loss is told, and not at length: {text}\n{cuts:?}");
    }
}

#[test]
fn half_a_document_costs_none_of_those_around_it() {
    let pretty =
        |text: &str| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
    let [a, b, c] = [0, 2, 3].map(event);
    found_behind_every_cut(|half| format!("{a}\n{half}\n{b}\n{c}\n"), 3);
    found_behind_every_cut(|half| format!("{a}\n{half}{b}\n{c}\n"), 3);
    found_behind_every_cut(|half| format!("{a}\n{half}\nError: connection reset\n{b}\n{c}\n"), 3);
    found_behind_every_cut(|half| format!("[{a},{half},{b},{c}]"), 3);
    found_behind_every_cut(|half| format!("[{a},\n{half},\n{b},\n{c}]"), 3);
    found_behind_every_cut(|half| format!(r#"{{"hits":{{"hits":[{a},{half}{{"hits":{{"hits":[{b},{c}]}}}}"#), 3);
    found_behind_every_cut(
        |half| format!("{{\"hits\":{{\"hits\":[{a},{half}\n{{\"hits\":{{\"hits\":[{b},{c}]}}}}\n"),
        3,
    );
    let middle = pretty(&event(1));
    for length in 1..middle.len() - 1 {
        let text = format!("{}\n{}\n{}\n{}\n", pretty(&a), &middle[..length], pretty(&b), pretty(&c));
        let cuts = cut(&text);
        let whole = cuts.iter().filter(|(_, found)| matches!(found, Found::Document(bytes) if bytes.ends_with("\n}")));
        assert_eq!(whole.count(), 3, "{text}\n{cuts:?}");
    }
}

#[test]
fn one_wrong_byte_in_a_pretty_document_costs_that_document_and_no_more() {
    let pretty =
        |text: &str| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
    let [a, b, c] = [0, 1, 2].map(|number| pretty(&event(number)));
    for at in 1..b.len() {
        let mut wrong = b.clone().into_bytes();
        wrong[at] = b';';
        let text = format!("{a}\n{}\n{c}\n", String::from_utf8(wrong).unwrap());
        let cuts = cut(&text);
        for whole in [&a, &c] {
            assert!(cuts.iter().any(|(_, found)| *found == Found::Document(whole.clone())), "{text}\n{cuts:?}");
        }
        assert!(cuts.len() <= 8, "{text}\n{cuts:?}");
    }
}

#[test]
fn lists_of_exports_are_lists_of_documents_but_lists_of_documents_are_none() {
    for name in ["results", "docs", "hits", "events", "records", "responses", "value"] {
        assert_eq!(documents(&format!(r#"{{"took":1,"{name}":[{A},{B}],"more":[{{}}]}}"#)), [A, B], "{name}");
        let document = format!(r#"{{"@timestamp":1,"{name}":[{A}]}}"#);
        assert_eq!(documents(&document), std::slice::from_ref(&document));
    }
    assert_eq!(documents(&format!(r#"{{"Events":{{"Event":[{A},{B}]}}}}"#)), [A, B]);
    let plain = r#"{"results":[1,2]}"#;
    assert_eq!(documents(plain), [plain]);
}

#[test]
fn documents_in_aggregations_are_counted() {
    let text = format!(
        r#"{{"hits":{{"hits":[{A}]}},"aggregations":{{"h":{{"buckets":[{{"top":{{"hits":{{"hits":[{{"_source":{B}}},{{"_source":{A}}}]}}}}}}]}}}}}}"#
    );
    assert_eq!(cut(&text), [(17, Found::Document(A.into())), (0, Found::PassedOver(2))]);
}

#[test]
fn words_before_an_object_cost_no_object() {
    assert_eq!(
        outline(&format!("warning: slow{A}\n{A}\n<13>Jan 1 h app: {B}\n")),
        ["0: not JSON: 'warning: slow'", A, A, "29: not JSON: '<13>Jan 1 h app:'", B]
    );
    assert_eq!(documents(&format!("GET /a/_search?source={{\"q\":1}}\n{{\"q\":2}}\n# 200 OK\n{A}")), [A]);
}

#[test]
fn commas_and_blanks_between_documents_may_be_anything() {
    assert_eq!(documents(&format!("[{A}{B}]")), [A, B]);
    assert_eq!(documents(&format!("[{A},,{B},]")), [A, B]);
    assert_eq!(documents(&format!("[{A},\0\0\u{feff}{B}]")), [A, B]);
    let flat = "{\n\"a\": [\n{\n\"b\": 1\n},\n{\n\"b\": 2\n}\n]\n}";
    assert_eq!(documents(flat).len(), 1, "an indent of nothing");
}

#[test]
fn hostile_text_is_cut_in_time_that_grows_with_its_length() {
    let patterns = [
        "{",
        "[",
        "{\"a\":",
        "{\"a\":{\"a\":1;",
        "{\"a\":\"x{",
        "{\"",
        "[{\"a\":1},{\"a\":;",
        "\"{\"",
        "\n{",
        "{\n\"a\"",
        "}{",
        "],[",
        "},{\"",
        "{\"a\":1 ",
        "x{\"",
        "{\"hits\":{\"hits\":[",
        "{\"a\":[\n  {\"a\":[\n",
    ];
    for pattern in patterns {
        let text = pattern.repeat((1 << 19) / pattern.len());
        let start = std::time::Instant::now();
        let mut count = 0_u64;
        let mut cutter = JsonCutter::default();
        text.as_bytes().chunks(1 << 16).for_each(|piece| cutter.feed(piece, &mut |_, _| count += 1));
        cutter.finish(&mut |_, _| count += 1);
        assert!(start.elapsed().as_secs() < 20, "{pattern:?} took {:?}", start.elapsed());
        assert!(count > 0, "{pattern:?}");
    }
}

/// Values of JSON, a few levels deep.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[\\PC\"\\\\\n{}]{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into), object(inner),]
    })
}

fn object(inner: impl Strategy<Value = serde_json::Value>) -> impl Strategy<Value = serde_json::Value> {
    // Names that mean nothing to the cutter: what wraps documents has tests of its own.
    let fields = prop::collection::vec(("[a-g\"{\\\\]{1,3}", inner), 0..4);
    fields.prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect()))
}

proptest! {
    #[test]
    fn what_serde_json_reads_is_cut_the_same(values in prop::collection::vec(object(value()), 0..5), pretty: bool, list: bool, size in 1_usize..40) {
        let write = |value: &serde_json::Value| if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
        let texts: Vec<String> = values.iter().map(|value| write(value).unwrap()).collect();
        let text = if list { format!("[{}]", texts.join(",")) } else { texts.join("\n") };
        let expected: Vec<serde_json::Value> = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>()
            .flat_map(|value| match value.unwrap() {
                serde_json::Value::Array(members) => members,
                value => vec![value],
            })
            .collect();
        let found: Vec<serde_json::Value> = cut_in(text.as_bytes(), size).into_iter().map(|(_, cut)| match cut {
            Found::Document(bytes) => serde_json::from_str(&bytes).unwrap(),
            other => panic!("{other:?}"),
        }).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_bytes_are_cut_the_same_in_pieces_of_any_size(
        text in prop::collection::vec(prop_oneof![Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b','), Just(b':'), Just(b'\n'), Just(b'\\'), Just(b'1'), Just(b' '), any::<u8>()], 0..200),
        size in 1_usize..20,
    ) {
        let whole = cut_in(&text, text.len().max(1));
        prop_assert_eq!(cut_in(&text, size), whole.clone());
        let mut last = None;
        // Only an end that is missing is told at its beginning.
        for (offset, _) in whole.into_iter().filter(|(_, cut)| *cut != Found::Unclosed) {
            prop_assert!(offset <= text.len() as u64 && last <= Some(offset), "in the order of the text");
            last = Some(offset);
        }
    }
}

/// What is said of responses that lack something, without their documents.
fn shortfalls(text: &str) -> Vec<(u64, Shortfall)> {
    let all = cut(text);
    assert_eq!(all, cut_in(text.as_bytes(), 1), "byte by byte too");
    let shortfall = |(offset, found)| match found {
        Found::Incomplete(shortfall) => Some((offset, shortfall)),
        _ => None,
    };
    all.into_iter().filter_map(shortfall).collect()
}

fn response(total: &str, hits: usize) -> String {
    let hits = vec![r#"{"_id":"1","_source":{"timed_out":true,"total":9}}"#; hits].join(",");
    format!(
        r#"{{"took":1,"timed_out":false,"_shards":{{"total":3,"failed":0}},"hits":{{"total":{total},"hits":[{hits}]}}}}"#
    )
}

#[test]
fn a_response_that_is_a_page_of_a_larger_result_is_told_with_its_numbers() {
    let page = |count, of, is_at_least| Shortfall::Page { count, of, is_at_least };
    assert_eq!(shortfalls(&response(r#"{"value":2,"relation":"eq"}"#, 2)), []);
    assert_eq!(shortfalls(&response(r#"{"value":7,"relation":"eq"}"#, 2)), [(0, page(2, 7, false))]);
    assert_eq!(shortfalls(&response(r#"{"relation":"gte","value":7}"#, 2)), [(0, page(2, 7, true))]);
    assert_eq!(shortfalls(&response("5", 1)), [(0, page(1, 5, false))], "as Elasticsearch 6 writes it");
    assert_eq!(shortfalls(&response(r#"{"value":2,"relation":"gte"}"#, 2)), [(0, Shortfall::Uncounted { count: 2 })]);
    let behind = r#"{"hits":{"hits":[{"_id":"1","_source":{}}],"total":{"value":3}}}"#;
    assert_eq!(shortfalls(behind), [(0, page(1, 3, false))], "keys in the order of letters");
    let sequences =
        r#"{"timed_out":false,"hits":{"total":{"value":3},"sequences":[{"events":[{"_id":"1"},{"_id":"2"}]}]}}"#;
    assert_eq!(shortfalls(sequences), [(0, page(1, 3, false))], "sequences are counted, not their events");
}

#[test]
fn pages_of_one_search_in_one_file_are_held_against_the_total_together() {
    let (five, six) = (r#"{"value":5,"relation":"eq"}"#, r#"{"value":6,"relation":"eq"}"#);
    let pages = |sizes: &[usize]| sizes.iter().map(|size| response(five, *size) + "\n").collect::<String>();
    assert_eq!(shortfalls(&pages(&[2, 2, 1])), []);
    assert_eq!(shortfalls(&pages(&[2, 2])), [(0, Shortfall::Page { count: 4, of: 5, is_at_least: false })]);
    assert_eq!(shortfalls(&(pages(&[5]) + &response(six, 6))), []);
    // Searches of `_msearch` are each their own.
    let several = format!(r#"{{"took":1,"responses":[{},{}]}}"#, response(five, 2), response(five, 3));
    assert_eq!(shortfalls(&several).len(), 2);
}

#[test]
fn a_response_whose_search_was_cut_short_says_so() {
    let timed_out = response("1", 1).replacen("false", "true", 1);
    assert_eq!(shortfalls(&timed_out), [(0, Shortfall::TimedOut)]);
    let failed = response("1", 1).replacen(r#""failed":0"#, r#""failed":1,"failures":[{"reason":{"type":"x"}}]"#, 1);
    assert_eq!(shortfalls(&failed), [(0, Shortfall::FailedShards { failed: 1, of: 3 })]);
    let partial = format!(r#"{{"id":"x","is_partial":true,"is_running":true,"response":{timed_out}}}"#);
    assert_eq!(shortfalls(&partial), [(0, Shortfall::TimedOut), (0, Shortfall::Partial)]);
    let one_of_two = format!(r#"{{"responses":[{},{timed_out}]}}"#, response("1", 1));
    assert!(matches!(shortfalls(&one_of_two)[..], [(place, Shortfall::TimedOut)] if place > 0));
    assert_eq!(shortfalls(r#"{"@timestamp":"x","timed_out":true}"#), [], "a document, not a response");
}

#[test]
fn rows_that_splunk_wraps_are_cut_out_one_by_one() {
    let wrapped = r#"{"preview":false,"messages":[],"fields":[{"name":"_raw"}],"results":[{"_raw":"a"},{"_raw":"b"}],"highlighted":{}}"#;
    assert_eq!(documents(wrapped), [r#"{"_raw":"a"}"#, r#"{"_raw":"b"}"#]);
    let hit = r#"{"_id":"1","fields":{"a":[1]},"results":[{"a":1}]}"#;
    assert_eq!(documents(hit), [hit], "a document may have such a list too");
}

#[test]
fn texts_in_a_list_are_cut_out_and_a_cut_one_costs_no_other() {
    let texts = "[\n  \"a\",\n  \"b {\\\"\",\n  \"c\n  \"d\",\n  {\"e\":1}\n]";
    for size in [1, 3, 100] {
        let found: Vec<String> = cut_in(texts.as_bytes(), size)
            .into_iter()
            .map(|(_, found)| match found {
                Found::Text(text) | Found::Document(text) => text,
                Found::Broken(_) => "broken".to_owned(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(found, ["\"a\"", "\"b {\\\"\"", "broken", "\"d\"", "{\"e\":1}"]);
    }
}
