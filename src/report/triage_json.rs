//! The triage of an alert as `evql.triage` of its document. docs/outputs.md has the keys.

use super::process_json::write_node;
use crate::base::Ticks;
use crate::base::json::push_text;
use crate::base::json_object::{ObjectWriter, push_object};
use crate::detect::Alert;
use crate::event::OrderKey;
use crate::process::details::{ActivityEntry, List, Times};
use crate::process::triage::{AlertProcess, MOST_ANCESTORS, MOST_CHILDREN, Triage};
use crate::process::{ProcessNode, service_of};
use hashbrown::HashMap;
use std::sync::Arc;

/// Most entries of one list. The rest is counted.
pub const MOST_ENTRIES: usize = 200;

/// Adds the triage of an alert.
pub fn push_triage(triage: &Triage, alert: &Alert, out: &mut Vec<u8>) {
    push_object(out, |object| {
        object.list("processes", triage.members(alert), |member, out| process(triage, member, out));
        object.list("elsewhere", triage.elsewhere(alert), |((sort, value), seen), out| {
            push_object(out, |object| {
                object.text("kind", sort.name());
                object.text("value", &value.text);
                object.number("hosts", seen.hosts);
                object.list("host_names", seen.host_names(), |host, out| push_text(out, host));
                object.number("count", seen.count);
                if let Some((first, last)) = seen.span {
                    write_span(object, first, last);
                }
            });
        });
    });
}

/// How many entries of each list were left out, in the order in which that was noticed.
type Omitted = Vec<(&'static str, u64)>;

fn process(triage: &Triage, member: AlertProcess<'_>, out: &mut Vec<u8>) {
    let host = &triage.forest.hosts[member.host];
    let node = |at, out: &mut Vec<u8>| push_object(out, |object| write_node(host, at, object));
    let mut omitted = Omitted::new();
    push_object(out, |object| {
        object.object("process", |object| write_node(host, member.node, object));
        let ancestors = capped("ancestors", host.ancestors(member.node).collect(), MOST_ANCESTORS, &mut omitted);
        let ProcessNode { children, child_count, .. } = host.node(member.node);
        let children: Vec<_> = children.iter().copied().take(MOST_CHILDREN).collect();
        let more = u64::from(*child_count).saturating_sub(children.len() as u64);
        omitted.extend((more > 0).then_some(("children", more)));
        object.list("ancestors", ancestors, node);
        object.list("children", children, node);
        for list in List::ALL {
            let (entries, not_held) = member.did.list(list);
            if list == List::Registry {
                let services = capped("services", services(&entries), MOST_ENTRIES, &mut omitted);
                object.list("services", services, Service::push);
            }
            let entries = capped(key(list), entries, MOST_ENTRIES, &mut omitted);
            object.list(key(list), entries, |(entry, times), out| push_entry(entry, times, out));
            if not_held > 0 {
                match omitted.iter_mut().find(|(name, _)| *name == key(list)) {
                    Some((_, count)) => *count += not_held,
                    None => omitted.push((key(list), not_held)),
                }
            }
        }
        if !omitted.is_empty() {
            object.object("omitted", |object| omitted.iter().for_each(|(key, count)| object.number(key, *count)));
        }
    });
}

/// The first of a list, and how many there were more.
fn capped<T>(key: &'static str, mut list: Vec<T>, most: usize, omitted: &mut Omitted) -> Vec<T> {
    if list.len() > most {
        omitted.push((key, (list.len() - most) as u64));
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

fn push_entry(entry: &ActivityEntry, times: &Times, out: &mut Vec<u8>) {
    let names: &[&str] = match entry.list {
        List::Destinations => &["ip", "port", "transport", "domain", "direction"],
        List::Dns => &["name", "status"],
        List::Files | List::Registry => &["path", "action"],
        List::Images => &["path", "signer", "status", "trusted", "sha256"],
        List::Other => &["action", "target"],
    };
    push_object(out, |object| {
        for (name, part) in names.iter().zip(&entry.parts) {
            let Some(part) = part else { continue };
            match (*name, part.parse::<u64>()) {
                ("port", Ok(number)) => object.number(name, number),
                ("trusted", _) => object.value(name, &(**part == *"true")),
                _ => object.text(name, part),
            }
        }
        let values = match entry.list {
            List::Dns => Some("answers"),
            List::Registry => Some("data"),
            _ => None,
        };
        if let Some(name) = values.filter(|_| !times.values.is_empty()) {
            object.list(name, &times.values, |value, out| push_text(out, value));
        }
        object.number("count", times.count);
        write_span(object, times.first.time, times.last.time);
    });
}

fn write_span(object: &mut ObjectWriter<'_>, first: Ticks, last: Ticks) {
    object.text("first", &first.rfc3339_full());
    object.text("last", &last.rfc3339_full());
}

/// The facts of one service, gathered from several registry events.
struct Service {
    name: String,
    image_path: Option<Arc<str>>,
    first: OrderKey,
    last: OrderKey,
}

impl Service {
    fn push(self, out: &mut Vec<u8>) {
        push_object(out, |object| {
            object.text("name", &self.name);
            object.optional("image_path", self.image_path.as_deref());
            write_span(object, self.first.time, self.last.time);
        });
    }
}

/// The services whose keys were written below `...\Services\NAME`, in the order of first events.
fn services(registry: &[(&ActivityEntry, &Times)]) -> Vec<Service> {
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
    found
}
