//! `docs/fields.md` is what the mapping's tables say, the index template is what the catalogue of fields says, and a sample with one event of every ID
//! becomes what it became before, in both mappings. `EVQL_BLESS=1` writes all of them anew.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::event::Event;
use evql::source::{self, Item, Scratch, Search};
use evql::sysmon::Mapping;
use index_template::index_template;
use std::path::Path;

#[path = "support/index_template.rs"]
mod index_template;

#[test]
fn the_page_of_fields_is_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fields.md");
    let page = evql::sysmon::reference();
    if std::env::var_os("EVQL_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert!(
        written == page,
        "docs/fields.md is behind the tables in src/sysmon: EVQL_BLESS=1 cargo test --test fields"
    );
    for id in evql::sysmon::event_ids() {
        assert!(page.contains(&format!("\n| {id} | ")), "ID {id} has no row");
    }
}

#[test]
fn the_index_template_is_what_the_catalogue_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/elasticsearch/index-template.json");
    let template = index_template();
    let text = format!("{template:#}\n");
    if std::env::var_os("EVQL_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert!(written == text, "docs/elasticsearch is behind the catalogue: EVQL_BLESS=1 cargo test --test fields");
    for field in evql::ecs::all() {
        let path = format!("/properties/{}", field.name().replace('.', "/properties/"));
        // A point of the map is one field to Elasticsearch.
        let path =
            path.replace("/location/properties/lat", "/location").replace("/location/properties/lon", "/location");
        let mapped = template["template"]["mappings"].pointer(&path).and_then(|mapping| mapping.get("type"));
        assert!(mapped.is_some(), "{} has no type", field.name());
    }
}

#[test]
fn one_event_of_every_id_becomes_what_it_became_before() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sample = root.join("samples/all-ids.evtx");
    for (mapping, name) in [(Mapping::Integration, "integration"), (Mapping::Winlogbeat, "winlogbeat")] {
        let inputs = source::discover(std::slice::from_ref(&sample), &Search::default()).inputs;
        let mut events = Vec::new();
        for unit in source::units(&inputs, 16) {
            source::read_unit(&inputs, &unit, &mut Scratch::default(), &mut |item| match item {
                Item::Record(record) => events.push(evql::sysmon::map(&record, "", mapping)),
                other => panic!("{other:?}"),
            });
        }
        events.sort_by_key(|event| event.tiebreaker);
        let id = |event: &Event| event.document.text(evql::ecs::EVENT_CODE).unwrap().parse().unwrap();
        let ids: Vec<u32> = events.iter().map(id).collect();
        assert_eq!(ids, evql::sysmon::event_ids().collect::<Vec<_>>());
        let mut lines = String::new();
        for event in events {
            let mut document = event.document;
            document.remove(&evql::ecs::LOG_FILE_PATH.into());
            lines.extend([document.to_json().to_string(), "\n".to_owned()]);
        }
        let path = root.join(format!("tests/mapping/all-ids.{name}.ndjson"));
        if std::env::var_os("EVQL_BLESS").is_some() {
            std::fs::write(&path, &lines).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        assert!(lines == expected, "{name}: EVQL_BLESS=1 cargo test --test fields shows the difference");
    }
}
