use super::*;
use proptest::prelude::*;

type Cuts = Vec<(u64, JsonCut)>;

fn cut_in(text: &[u8], size: usize) -> Cuts {
    let mut cuts = Vec::new();
    let mut cutter = JsonCutter::default();
    let mut sink = |offset, cut| cuts.push((offset, cut));
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
        let JsonCut::Document(bytes) = cut else { panic!("{offset}: {cut:?}") };
        assert!(text.as_bytes()[usize::try_from(*offset).unwrap()..].starts_with(bytes), "the offset is its place");
    }
    let text = |(_, cut)| match cut {
        JsonCut::Document(bytes) => serde_json::from_slice::<serde_json::Value>(&bytes).unwrap().to_string(),
        _ => String::new(),
    };
    cuts.into_iter().map(text).collect()
}

/// Documents and faults of a text that has both, as a few words each.
fn outline(text: &str) -> Vec<String> {
    let word = |(offset, cut)| match cut {
        JsonCut::Document(bytes) => String::from_utf8(bytes).unwrap(),
        JsonCut::Broken(reason) => format!("{offset}: {reason}"),
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
        (format!("\u{1}{A}\n{A}"), vec!["0: not JSON: '\u{1}{\"a\":1}'".into(), A.into()]),
    ];
    for (text, expected) in cases {
        assert_eq!(outline(&text), expected, "{text}");
    }
}

#[test]
fn nothing_is_held_of_what_is_too_long() {
    let long = format!("{{\"a\":\"{}\"}}\n{A}", "x".repeat(LARGEST));
    let cuts = cut(&long);
    assert_eq!((cuts[0].clone(), cuts.len()), ((0, JsonCut::TooLong), 2));
    // A response may be as long as it likes.
    let member = format!("{{\"a\":\"{}\"}}", "x".repeat(LARGEST / 4));
    let response = format!("{{\"hits\":{{\"hits\":[{}]}}}}", vec![member; 5].join(","));
    assert_eq!(cut(&response).iter().filter(|(_, cut)| matches!(cut, JsonCut::Document(_))).count(), 5);
    let deep = format!("{}{}\n{A}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert_eq!(cut(&deep).len(), 2, "nesting has a limit");
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
            JsonCut::Document(bytes) => serde_json::from_slice(&bytes).unwrap(),
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
        for (offset, _) in whole.into_iter().filter(|(_, cut)| *cut != JsonCut::Unclosed) {
            prop_assert!(offset <= text.len() as u64 && last <= Some(offset), "in the order of the text");
            last = Some(offset);
        }
    }
}
