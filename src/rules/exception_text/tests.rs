use super::*;
use crate::eql::{self, Query};
use crate::event::Document;
use proptest::prelude::*;

#[derive(serde::Deserialize)]
struct Read {
    exception: Vec<ReadException>,
}

#[derive(serde::Deserialize)]
struct ReadException {
    name: String,
    rules: Vec<String>,
    #[serde(rename = "where")]
    condition: String,
}

fn covers(text: &str, document: &Document) -> bool {
    let read: Read = toml::from_str(text).unwrap();
    let compiled = eql::compile(&format!("any where {}", read.exception[0].condition));
    let Some(Query::Event(query)) = compiled.query else { panic!("{text}: {:?}", compiled.diagnostics) };
    query.predicate().matches(document)
}

proptest! {
    #[test]
    fn it_covers_its_values_and_no_others(line in "[ -~\\n\\t]{1,30}|\\PC{1,12}", other in "[ -~]{1,8}", name in "[ -~]{0,20}", port in any::<u16>()) {
        let (value, number) = (Value::from(line.clone()), Value::Long(port.into()));
        let text = exception_text(&name, "A Rule", &[("process.command_line", &value), ("destination.port", &number)]).unwrap();
        let read: Read = toml::from_str(&text).unwrap();
        prop_assert_eq!((&read.exception[0].name, &read.exception[0].rules), (&name, &vec!["A Rule".to_owned()]));
        let document = |line: &str, port: i64| {
            let json = serde_json::json!({ "process": { "command_line": line }, "destination": { "port": port } });
            Document::from_json(json.as_object().unwrap())
        };
        prop_assert!(covers(&text, &document(&line, port.into())), "{}", text);
        prop_assert!(covers(&text, &document(&line.to_ascii_uppercase(), port.into())), "{}", text);
        prop_assert!(!covers(&text, &document(&line, i64::from(port) + 1)));
        let longer = format!("{line}{other}");
        prop_assert!(!covers(&text, &document(&longer, port.into())));
    }
}
