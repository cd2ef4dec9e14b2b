//! The triage of an alert as `evql.triage` of its document. docs/outputs.md has the keys.

use super::process_json::node_json;
use crate::event::OrderKey;
use crate::process::details::{ActivityEntry, List, Times};
use crate::process::triage::{AlertProcess, MOST_ANCESTORS, MOST_CHILDREN, Triage};
use hashbrown::HashMap;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Most entries of one list. The rest is counted.
const MOST_ENTRIES: usize = 200;
/// Most hosts that are named.
const MOST_HOSTS: usize = 20;

/// The triage of the alert at a position.
pub fn triage_json(triage: &Triage, alert: usize) -> Value {
    let processes: Vec<Value> = triage.members(alert).map(|member| process(triage, member)).collect();
    let elsewhere: Vec<Value> = triage
        .elsewhere(alert)
        .map(|((sort, value), seen)| {
            let mut object = Map::new();
            object.insert("kind".to_owned(), sort.name().into());
            object.insert("value".to_owned(), (*value.text).into());
            object.insert("hosts".to_owned(), seen.hosts.len().into());
            object.insert("host_names".to_owned(), seen.hosts.values().take(MOST_HOSTS).map(|host| &**host).collect());
            object.insert("count".to_owned(), seen.count.into());
            if let Some((first, last)) = seen.span {
                put_span(&mut object, first, last);
            }
            Value::Object(object)
        })
        .collect();
    json!({ "processes": processes, "elsewhere": elsewhere })
}

fn process(triage: &Triage, member: AlertProcess<'_>) -> Value {
    let host = &triage.forest.hosts[member.host];
    let node = |at| Value::Object(node_json(host, at));
    let mut omitted = Map::new();
    let ancestors = capped("ancestors", host.ancestors(member.node).collect(), MOST_ANCESTORS, &mut omitted);
    let children = capped("children", host.node(member.node).children.clone(), MOST_CHILDREN, &mut omitted);
    let mut object = Map::new();
    object.insert("process".to_owned(), node(member.node));
    object.insert("ancestors".to_owned(), ancestors.into_iter().map(node).collect());
    object.insert("children".to_owned(), children.into_iter().map(node).collect());
    for list in List::ALL {
        let (entries, not_held) = member.did.list(list);
        if list == List::Registry {
            let services = capped("services", services(&entries), MOST_ENTRIES, &mut omitted);
            object.insert("services".to_owned(), services.into());
        }
        let entries = capped(key(list), entries, MOST_ENTRIES, &mut omitted);
        let written = entries.into_iter().map(|(entry, times)| entry_json(entry, times));
        object.insert(key(list).to_owned(), written.collect());
        if not_held > 0 {
            let before = omitted.get(key(list)).and_then(Value::as_u64).unwrap_or_default();
            omitted.insert(key(list).to_owned(), (before + not_held).into());
        }
    }
    if !omitted.is_empty() {
        object.insert("omitted".to_owned(), omitted.into());
    }
    object.into()
}

/// The first of a list, and how many there were more.
fn capped<T>(key: &str, mut list: Vec<T>, most: usize, omitted: &mut Map<String, Value>) -> Vec<T> {
    if list.len() > most {
        omitted.insert(key.to_owned(), (list.len() - most).into());
        list.truncate(most);
    }
    list
}

fn key(list: List) -> &'static str {
    match list {
        List::Destinations => "destinations",
        List::Dns => "dns",
        List::Files => "files",
        List::Registry => "registry",
        List::Images => "images",
        List::Other => "other",
    }
}

fn entry_json(entry: &ActivityEntry, times: &Times) -> Value {
    let mut object = Map::new();
    let names: &[&str] = match entry.list {
        List::Destinations => &["ip", "port", "transport", "domain", "direction"],
        List::Dns => &["name", "status"],
        List::Files | List::Registry => &["path", "action"],
        List::Images => &["path", "signer", "status", "trusted", "sha256"],
        List::Other => &["action", "target"],
    };
    for (name, part) in names.iter().zip(&entry.parts) {
        let Some(part) = part else { continue };
        let value = match *name {
            "port" => part.parse::<u64>().map_or_else(|_| (**part).into(), Value::from),
            "trusted" => (**part == *"true").into(),
            _ => (**part).into(),
        };
        object.insert((*name).to_owned(), value);
    }
    let values = match entry.list {
        List::Dns => Some("answers"),
        List::Registry => Some("data"),
        _ => None,
    };
    if let Some(name) = values.filter(|_| !times.values.is_empty()) {
        object.insert(name.to_owned(), times.values.iter().map(|value| &**value).collect());
    }
    object.insert("count".to_owned(), times.count.into());
    put_span(&mut object, times.first, times.last);
    Value::Object(object)
}

fn put_span(object: &mut Map<String, Value>, first: OrderKey, last: OrderKey) {
    object.insert("first".to_owned(), first.time.rfc3339_full().into());
    object.insert("last".to_owned(), last.time.rfc3339_full().into());
}

/// The facts of one service, gathered from several registry events.
struct Service {
    name: String,
    image_path: Option<Arc<str>>,
    first: OrderKey,
    last: OrderKey,
}

/// The services whose keys were written below `...\Services\NAME`, in the order of first events.
fn services(registry: &[(&ActivityEntry, &Times)]) -> Vec<Value> {
    let mut found: Vec<Service> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    for (entry, times) in registry {
        let Some((name, value)) = entry.parts[0].as_deref().and_then(service_of) else { continue };
        let at = *by_name.entry(name.to_lowercase()).or_insert_with(|| {
            let (first, last) = (times.first, times.last);
            found.push(Service { name: name.to_owned(), image_path: None, first, last });
            found.len() - 1
        });
        let service = &mut found[at];
        (service.first, service.last) = (service.first.min(times.first), service.last.max(times.last));
        if value.eq_ignore_ascii_case("ImagePath") {
            service.image_path = times.values.last().cloned().or(service.image_path.take());
        }
    }
    let json = |service: Service| {
        let mut object = Map::new();
        object.insert("name".to_owned(), service.name.into());
        if let Some(path) = service.image_path {
            object.insert("image_path".to_owned(), (*path).into());
        }
        put_span(&mut object, service.first, service.last);
        Value::Object(object)
    };
    found.into_iter().map(json).collect()
}

/// The name of a service and what was written of it, from the path of a value.
fn service_of(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.split('\\');
    let hive = parts.next()?;
    let hives = ["HKLM", "HKEY_LOCAL_MACHINE"];
    let below = hives.iter().any(|name| hive.eq_ignore_ascii_case(name));
    let system = parts.next()?.eq_ignore_ascii_case("System");
    let set = parts.next()?;
    let is_set = set.eq_ignore_ascii_case("CurrentControlSet") || set.to_ascii_lowercase().starts_with("controlset");
    let services = parts.next()?.eq_ignore_ascii_case("Services");
    let name = parts.next().filter(|name| !name.is_empty())?;
    (below && system && is_set && services).then(|| (name, parts.next().unwrap_or_default()))
}
