//! One process as a JSON object, as trees and triage have it.

use super::enrichment_json::write_enriched_process;
use crate::base::json_object::ObjectWriter;
use crate::base::{Ticks, json};
use crate::process::{Hashes, HostTree, NodeIndex, ProcessFacts, ProcessNode};

/// Where a hash can be looked up. The link is written down, and never followed.
const LOOKUP: &str = "https://www.virustotal.com/gui/file/";

/// Adds the members of a process to its object. What is not known is left out.
pub fn write_node(host: &HostTree, at: NodeIndex, object: &mut ObjectWriter<'_>) {
    let node = host.node(at);
    let ProcessFacts { pid, image, command_line, user, integrity, hashes, original_name, is_recovered } = &node.facts;
    object.optional("entity_id", node.key.entity_id().map(ToString::to_string).as_deref());
    object.optional("host", Some(&*host.name).filter(|name| !name.is_empty()));
    if let Some(pid) = pid {
        object.value("pid", pid);
    }
    object.optional("name", node.name());
    object.optional("executable", image.as_deref());
    object.optional("command_line", command_line.as_ref().map(|command| &*command.text));
    let cut = command_line.as_ref().map_or(0, |command| command.cut);
    if cut > 0 {
        object.number("command_line_cut", cut.into());
    }
    object.optional("original_file_name", original_name.as_deref());
    write_enriched_process(&node.facts, object);
    object.optional("user", user.as_deref());
    object.optional("integrity", integrity.as_deref());
    object.optional("started", node.started_at().map(Ticks::rfc3339_full).as_deref());
    if *is_recovered {
        object.flag("evql.recovered");
    }
    // More than one start under one entity id is worth a key; one is what every process has.
    if node.starts > 1 {
        object.number("starts", node.starts.into());
    }
    object.optional("ended", node.ended.map(Ticks::rfc3339_full).as_deref());
    if node.is_synthetic() {
        object.flag("synthetic");
    }
    if let Some(hashes) = hashes {
        object.object("hashes", |object| write_hashes(hashes, object));
        if let Some(hash) = &hashes.sha256 {
            object.list("links", [hash], |hash, out| json::push_text(out, &format!("{LOOKUP}{hash}")));
        }
    }
    object.optional("parent_entity_id", parent_id(host, node).as_deref());
    object.object("counts", |object| {
        node.counts.iter().for_each(|(kind, count)| object.number(kind.name(), count.into()));
        if node.child_count > 0 {
            object.number("children", node.child_count.into());
        }
    });
}

/// The entity id of the parent: of the process that is known as such, or else what the start says.
fn parent_id(host: &HostTree, node: &ProcessNode) -> Option<String> {
    let known = node.parent.and_then(|parent| host.node(parent).key.entity_id());
    let named = node.named_parent.as_ref().and_then(|parent| parent.entity_id.as_ref());
    known.or(named).map(ToString::to_string)
}

fn write_hashes(hashes: &Hashes, object: &mut ObjectWriter<'_>) {
    let Hashes { md5, sha1, sha256, imphash } = hashes;
    for (name, hash) in [("md5", md5), ("sha1", sha1), ("sha256", sha256), ("imphash", imphash)] {
        object.optional(name, hash.as_deref());
    }
}
