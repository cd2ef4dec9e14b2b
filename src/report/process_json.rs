//! One process as a JSON object, as trees and triage have it.

use crate::process::{Hashes, HostTree, NodeIndex, ProcessFacts, ProcessNode};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Where a hash can be looked up. The link is written down, and never followed.
const LOOKUP: &str = "https://www.virustotal.com/gui/file/";

/// The object of a process. What is not known is left out.
pub fn node_json(host: &HostTree, at: NodeIndex) -> Map<String, Value> {
    let node = host.node(at);
    let mut object = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    };
    let text = |text: &Option<Arc<str>>| text.as_deref().map(Value::from);
    let ProcessFacts { pid, image, command_line, user, integrity, hashes, is_recovered } = &node.facts;
    put("entity_id", node.key.entity_id().map(|id| id.to_string().into()));
    put("host", (!host.name.is_empty()).then(|| (*host.name).into()));
    put("pid", pid.map(Value::from));
    put("name", node.name().map(Value::from));
    put("executable", text(image));
    put("command_line", command_line.as_ref().map(|command| (*command.text).into()));
    let cut = command_line.as_ref().map_or(0, |command| command.cut);
    put("command_line_cut", (cut > 0).then(|| cut.into()));
    put("user", text(user));
    put("integrity", text(integrity));
    put("started", node.started_at().map(|at| at.rfc3339_full().into()));
    put("evql.recovered", is_recovered.then_some(Value::Bool(true)));
    // More than one start under one entity id is worth a key; one is what every process has.
    put("starts", (node.starts > 1).then(|| node.starts.into()));
    put("ended", node.ended.map(|at| at.rfc3339_full().into()));
    put("synthetic", node.is_synthetic().then_some(Value::Bool(true)));
    if let Some(hashes) = hashes {
        put("hashes", Some(hashes_json(hashes)));
        put("links", hashes.sha256.as_ref().map(|hash| json!([format!("{LOOKUP}{hash}")])));
    }
    put("parent_entity_id", parent_id(host, node));
    put("counts", Some(counts_json(node)));
    object
}

/// The entity id of the parent: of the process that is known as such, or else what the start says.
fn parent_id(host: &HostTree, node: &ProcessNode) -> Option<Value> {
    let known = node.parent.and_then(|parent| host.node(parent).key.entity_id());
    let named = node.named_parent.as_ref().and_then(|parent| parent.entity_id.as_ref());
    known.or(named).map(|id| id.to_string().into())
}

fn hashes_json(hashes: &Hashes) -> Value {
    let Hashes { md5, sha1, sha256, imphash } = hashes;
    let named = [("md5", md5), ("sha1", sha1), ("sha256", sha256), ("imphash", imphash)];
    let known = named.into_iter().filter_map(|(name, hash)| Some((name.to_owned(), Value::from(hash.as_deref()?))));
    Value::Object(known.collect())
}

fn counts_json(node: &ProcessNode) -> Value {
    let counts = node.counts.iter().map(|(kind, count)| (kind.name().to_owned(), count.into()));
    let children = (!node.children.is_empty()).then(|| ("children".to_owned(), node.children.len().into()));
    Value::Object(counts.chain(children).collect())
}
