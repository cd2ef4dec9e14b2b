//! The steps of the mapping that compute something, one function each, in the pipeline's terms.

use super::args;
use super::community_id::community_id;
use super::raw::EventData;
use crate::ecs::{self, Field, FieldId};
use crate::event::{Document, IpValue, Value};
use std::net::IpAddr;

/// An integer as Elasticsearch's `convert` processor reads it: decimal, or hexadecimal behind `0x`.
pub fn long(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) if hex.starts_with(['+', '-']) => None,
        Some(hex) => i64::from_str_radix(&format!("{sign}{hex}"), 16).ok(),
        None => text.parse().ok(),
    }
}

/// `Hashes` of an executable that became a process: `process.hash.*`, `process.pe.imphash` and `related.hash`.
pub fn process_hashes(data: &EventData<'_>, document: &mut Document) {
    set_hashes(data, document, "process");
}

/// `Hashes` of a file: `file.hash.*`, `file.pe.imphash` and `related.hash`.
pub fn file_hashes(data: &EventData<'_>, document: &mut Document) {
    set_hashes(data, document, "file");
}

fn set_hashes(data: &EventData<'_>, document: &mut Document, object: &str) {
    for (algorithm, value) in data.get("Hashes").and_then(hashes).unwrap_or_default() {
        document.push_distinct(ecs::RELATED_HASH, value.as_str());
        let name = match algorithm.as_str() {
            "imphash" => format!("{object}.pe.imphash"),
            other => format!("{object}.hash.{other}"),
        };
        document.set_if_missing(Field::named(&name), value);
    }
}

/// The parts of a hash list such as `SHA1=…,IMPHASH=…`, lower-cased, without empty and all-zero values; `None` if any part has no `=`.
fn hashes(text: &str) -> Option<Vec<(String, String)>> {
    let parts: Option<Vec<(&str, &str)>> = text.split(',').map(|part| part.split_once('=')).collect();
    let says_something = |&(algorithm, value): &(&str, &str)| !algorithm.is_empty() && value.bytes().any(|b| b != b'0');
    let lower = |(algorithm, value): (&str, &str)| (algorithm.to_lowercase(), value.to_lowercase());
    Some(parts?.into_iter().filter(says_something).map(lower).collect())
}

/// `process.args` from `process.command_line`.
pub fn process_args(_: &EventData<'_>, document: &mut Document) {
    split_args(document, ecs::PROCESS_COMMAND_LINE, ecs::PROCESS_ARGS, ecs::PROCESS_ARGS_COUNT);
}

/// `process.parent.args` from `process.parent.command_line`.
pub fn parent_args(_: &EventData<'_>, document: &mut Document) {
    split_args(document, ecs::PROCESS_PARENT_COMMAND_LINE, ecs::PROCESS_PARENT_ARGS, ecs::PROCESS_PARENT_ARGS_COUNT);
}

fn split_args(document: &mut Document, command_line: FieldId, args: FieldId, count: FieldId) {
    let Some(line) = document.text(command_line) else { return };
    let split = args::split(line);
    document.set(count, i64::try_from(split.len()).unwrap_or(i64::MAX));
    document.set_all(args, split.into_iter().map(Value::from));
}

/// `process.name` from `process.executable`.
pub fn process_name(_: &EventData<'_>, document: &mut Document) {
    set_base_name(document, ecs::PROCESS_EXECUTABLE, ecs::PROCESS_NAME);
}

/// `process.parent.name` from `process.parent.executable`.
pub fn parent_name(_: &EventData<'_>, document: &mut Document) {
    set_base_name(document, ecs::PROCESS_PARENT_EXECUTABLE, ecs::PROCESS_PARENT_NAME);
}

/// The text after the last backslash. A path without one (`System`) has no name.
fn set_base_name(document: &mut Document, path: FieldId, name: FieldId) {
    let base = document.text(path).and_then(|path| path.rsplit_once('\\')).map(|(_, base)| base.to_owned());
    if let Some(base) = base
        && document.text(path).is_some_and(|path| path.len() > 1)
    {
        document.set_if_missing(name, base);
    }
}

/// `file.name`, `file.directory` and `file.extension` from `file.path`. The extension is what follows the last dot of the whole path.
pub fn file_parts(_: &EventData<'_>, document: &mut Document) {
    let Some(path) = document.text(ecs::FILE_PATH).filter(|path| path.len() > 1).map(str::to_owned) else { return };
    let Some((directory, name)) = path.rsplit_once('\\') else { return };
    document.set_if_missing(ecs::FILE_NAME, name);
    document.set_if_missing(ecs::FILE_DIRECTORY, directory);
    if let Some((_, extension)) = path.rsplit_once('.') {
        document.set_if_missing(ecs::FILE_EXTENSION, extension);
    }
}

/// `file.code_signature.trusted` from `Signed`, and `valid`, which is never false.
pub fn file_signature(data: &EventData<'_>, document: &mut Document) {
    if let Some(signed) = data.get("Signed") {
        document.set(ecs::FILE_CODE_SIGNATURE_TRUSTED, signed == "true");
    }
    if data.get("SignatureStatus") == Some("Valid") {
        document.set(ecs::FILE_CODE_SIGNATURE_VALID, true);
    }
}

/// The `file.*` fields that a loaded image repeats as `dll.*`.
const DLL_COPIES: &[(FieldId, FieldId)] = &[
    (ecs::FILE_NAME, ecs::DLL_NAME),
    (ecs::FILE_PATH, ecs::DLL_PATH),
    (ecs::FILE_PE_IMPHASH, ecs::DLL_PE_IMPHASH),
    (ecs::FILE_PE_ORIGINAL_FILE_NAME, ecs::DLL_PE_ORIGINAL_FILE_NAME),
    (ecs::FILE_CODE_SIGNATURE_SUBJECT_NAME, ecs::DLL_CODE_SIGNATURE_SUBJECT_NAME),
];

/// `dll.*` of a loaded image.
pub fn dll(_: &EventData<'_>, document: &mut Document) {
    let mut copies: Vec<(Field, Value)> = Vec::new();
    for &(from, to) in DLL_COPIES {
        copies.extend(document.first(from).map(|value| (to.into(), value.clone())));
    }
    for (field, values) in document.iter() {
        if let (Some(algorithm), Some(value)) = (field.name().strip_prefix("file.hash."), values.first()) {
            copies.push((Field::named(&format!("dll.hash.{algorithm}")), value.clone()));
        }
    }
    for (field, value) in copies {
        document.set(field, value);
    }
}

/// `dll.code_signature.trusted` and `status` from `Signed` and `SignatureStatus`.
pub fn dll_signature(data: &EventData<'_>, document: &mut Document) {
    let signed = data.get("Signed");
    match signed {
        Some("true") => document.set(ecs::DLL_CODE_SIGNATURE_TRUSTED, true),
        Some("false") => document.set(ecs::DLL_CODE_SIGNATURE_TRUSTED, false),
        _ => {}
    }
    let status = match (signed, data.get("SignatureStatus")) {
        (Some("true"), _) => Some("trusted"),
        (_, Some("Unavailable")) => Some("Unavailable"),
        (Some(failed), _) if failed.starts_with("failed:") => Some(failed),
        _ => None,
    };
    if let Some(status) = status {
        document.set(ecs::DLL_CODE_SIGNATURE_STATUS, status);
    }
}

/// `user.domain` and `user.name` from `DOMAIN\name`, and `related.user`.
pub fn user(data: &EventData<'_>, document: &mut Document) {
    let Some((domain, name)) = data.get("User").and_then(|user| user.split_once('\\')) else { return };
    if name.contains('\\') {
        return;
    }
    document.set(ecs::USER_DOMAIN, domain);
    document.set(ecs::USER_NAME, name);
    document.push_distinct(ecs::RELATED_USER, name);
}

/// `network.protocol`: the name of the destination port, else that of the source port.
pub fn network_protocol(data: &EventData<'_>, document: &mut Document) {
    if let Some(name) = data.get("DestinationPortName").or_else(|| data.get("SourcePortName")) {
        document.set(ecs::NETWORK_PROTOCOL, name);
    }
}

/// `source.ip`, if it is an address.
pub fn source_ip(data: &EventData<'_>, document: &mut Document) {
    set_ip(data, "SourceIp", document, ecs::SOURCE_IP);
}

/// `destination.ip`, if it is an address.
pub fn destination_ip(data: &EventData<'_>, document: &mut Document) {
    set_ip(data, "DestinationIp", document, ecs::DESTINATION_IP);
}

fn set_ip(data: &EventData<'_>, name: &str, document: &mut Document, field: FieldId) {
    if let Some(ip) = data.get(name).and_then(IpValue::parse) {
        document.set(field, ip);
    }
}

/// `network.direction` as the host sees it: it initiated the connection, or accepted it.
pub fn network_direction(data: &EventData<'_>, document: &mut Document) {
    match data.get("Initiated") {
        Some("true") => document.set(ecs::NETWORK_DIRECTION, "egress"),
        Some("false") => document.set(ecs::NETWORK_DIRECTION, "ingress"),
        _ => {}
    }
}

/// `network.type`, told by the source alone.
pub fn network_type(data: &EventData<'_>, document: &mut Document) {
    match data.get("SourceIsIpv6") {
        Some("true") => document.set(ecs::NETWORK_TYPE, "ipv6"),
        Some("false") => document.set(ecs::NETWORK_TYPE, "ipv4"),
        _ => {}
    }
}

/// `network.community_id`, if both ends and the transport are known.
pub fn network_community_id(_: &EventData<'_>, document: &mut Document) {
    let end = |ip, port| Some((address(document, ip)?, port_number(document, port)?));
    let id = document.text(ecs::NETWORK_TRANSPORT).and_then(|transport| {
        community_id(
            transport,
            end(ecs::SOURCE_IP, ecs::SOURCE_PORT)?,
            end(ecs::DESTINATION_IP, ecs::DESTINATION_PORT)?,
        )
    });
    if let Some(id) = id {
        document.set(ecs::NETWORK_COMMUNITY_ID, id);
    }
}

fn address(document: &Document, field: FieldId) -> Option<IpAddr> {
    match document.first(field) {
        Some(Value::Ip(ip)) => Some(ip.address),
        _ => None,
    }
}

fn port_number(document: &Document, field: FieldId) -> Option<u16> {
    match document.first(field) {
        Some(Value::Long(port)) => u16::try_from(*port).ok(),
        _ => None,
    }
}

/// `related.ip`: source, then destination.
pub fn related_ips(_: &EventData<'_>, document: &mut Document) {
    for field in [ecs::SOURCE_IP, ecs::DESTINATION_IP] {
        if let Some(ip) = document.first(field).cloned() {
            document.push_distinct(ecs::RELATED_IP, ip);
        }
    }
}
