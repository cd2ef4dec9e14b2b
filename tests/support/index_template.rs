//! The index template for documents of `-t bulk`: every field of the catalogue with the type that ECS gives it.
//!
//! `docs/elasticsearch/index-template.json` is made of this. This module does not know which fields documents have.

use evql::ecs::{self, FieldId, FieldType};
use evql::report::TimelineBulk;
use serde_json::{Map, Value, json};

/// Fields that ECS also indexes word by word, under `.text`.
const ALSO_TEXT: &[FieldId] = &[
    ecs::FILE_PATH,
    ecs::FILE_TARGET_PATH,
    ecs::PROCESS_COMMAND_LINE,
    ecs::PROCESS_EXECUTABLE,
    ecs::PROCESS_NAME,
    ecs::PROCESS_PARENT_COMMAND_LINE,
    ecs::PROCESS_PARENT_EXECUTABLE,
    ecs::PROCESS_PARENT_NAME,
    ecs::PROCESS_PARENT_WORKING_DIRECTORY,
    ecs::PROCESS_TITLE,
    ecs::PROCESS_WORKING_DIRECTORY,
    ecs::URL_FULL,
    ecs::USER_EFFECTIVE_NAME,
    ecs::USER_FULL_NAME,
    ecs::USER_NAME,
    ecs::USER_TARGET_NAME,
    // Not of ECS: an argument that is too long for a keyword, an encoded script for one, can be searched nevertheless.
    ecs::PROCESS_ARGS,
    ecs::PROCESS_PARENT_ARGS,
];

/// Fields whose value is one for the whole of a data stream.
const CONSTANT: &[FieldId] = &[ecs::DATA_STREAM_TYPE, ecs::DATA_STREAM_DATASET, ecs::DATA_STREAM_NAMESPACE];

/// Characters of a keyword that are indexed.
const KEYWORD_LENGTH: u32 = 1024;

/// The index template.
pub fn index_template() -> Value {
    let mut properties = Map::new();
    for field in ecs::all() {
        // Two numbers to evql, and one point to Elasticsearch.
        match field.name().strip_suffix(".location.lat").or_else(|| field.name().strip_suffix(".location.lon")) {
            Some(geo) => insert(&mut properties, &format!("{geo}.location"), json!({ "type": "geo_point" })),
            None => insert(&mut properties, field.name(), mapping(field)),
        }
    }
    let keyword = json!({ "type": "keyword", "ignore_above": KEYWORD_LENGTH });
    for (name, mapping) in [
        ("agent.type", keyword.clone()),
        ("evql.logged", json!({ "type": "date_nanos" })),
        ("evql.alerts.alert", json!({ "type": "long" })),
        ("evql.alerts.rule.id", keyword.clone()),
        ("evql.alerts.rule.name", keyword.clone()),
        ("evql.alerts.stage", json!({ "type": "long" })),
        ("evql.alerts.stages", json!({ "type": "long" })),
    ] {
        insert(&mut properties, name, mapping);
    }
    json!({
        "index_patterns": [format!("{}*", TimelineBulk::INDEX)],
        "data_stream": {},
        "priority": 500,
        "template": {
            "settings": { "index": { "mapping": { "ignore_malformed": true, "total_fields": { "limit": 2000 } } } },
            "mappings": {
                "date_detection": false,
                "dynamic_templates": [{ "texts": { "match_mapping_type": "string", "mapping": keyword } }],
                "properties": properties,
            },
        },
    })
}

fn mapping(field: FieldId) -> Value {
    let mut mapping = match field.definition().kind {
        FieldType::Keyword => json!({ "type": "keyword", "ignore_above": KEYWORD_LENGTH }),
        FieldType::Wildcard => json!({ "type": "wildcard" }),
        FieldType::Text => json!({ "type": "match_only_text" }),
        FieldType::Long => json!({ "type": "long" }),
        FieldType::Double => json!({ "type": "double" }),
        FieldType::Boolean => json!({ "type": "boolean" }),
        FieldType::Ip => json!({ "type": "ip" }),
        // A `date_nanos` begins in 1970, and would refuse what has no time.
        FieldType::Date | FieldType::DateNanos => json!({ "type": "date" }),
        FieldType::Version => json!({ "type": "version" }),
    };
    if field == ecs::TIMESTAMP {
        // A data stream demands it of its time.
        mapping["ignore_malformed"] = false.into();
    }
    if CONSTANT.contains(&field) {
        mapping = json!({ "type": "constant_keyword" });
    }
    if field == ecs::EVENT_RISK_SCORE {
        // The engine computes with doubles; ECS stores a float.
        mapping["type"] = "float".into();
    }
    if ALSO_TEXT.contains(&field) {
        mapping["fields"] = json!({ "text": { "type": "match_only_text" } });
    }
    mapping
}

/// Puts a field under its objects.
fn insert(properties: &mut Map<String, Value>, name: &str, mapping: Value) {
    let Some((object, rest)) = name.split_once('.') else {
        properties.insert(name.to_owned(), mapping);
        return;
    };
    let object = properties.entry(object).or_insert_with(|| json!({ "properties": {} }));
    if let Some(Value::Object(below)) = object.get_mut("properties") {
        insert(below, rest, mapping);
    }
}
