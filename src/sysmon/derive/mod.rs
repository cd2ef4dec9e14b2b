//! The steps of the mapping that compute something, one function each, in the pipeline's terms.
//!
//! This module does not know in which order its functions run, nor for which event IDs.

#![allow(clippy::unnecessary_wraps)] // Every step has the same form, though few can fail.

mod args;
mod community_id;
mod dns;
mod hashes;
mod registry;
mod status;

pub use dns::{answers as dns_answers, fail as dns_answers_fail, question as dns_question};
pub use hashes::{each_hash, hash_of, hashes, is_named as is_hash_named, object as hashed_object};
pub use registry::{data as registry_data, registry};

use super::raw::EventData;
use super::step_context::{Done, StepContext};
use crate::ecs::{self, Field, FieldId};
use crate::event::{Document, Value};
pub use community_id::community_id;
use std::net::IpAddr;

/// An integer as Elasticsearch's `convert` processor reads it: decimal, or hexadecimal behind `0x`.
pub fn long(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        // `from_str_radix` reads a sign, which Java's parser behind Elasticsearch refuses after `0x`.
        Some(hex) if hex.starts_with(['+', '-']) => None,
        Some(hex) => i64::from_str_radix(&format!("{sign}{hex}"), 16).ok(),
        None => text.parse().ok(),
    }
}

/// `process.args` from `process.command_line`, and the same for the parent.
pub fn args(_: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    split_args(document, ecs::PROCESS_COMMAND_LINE, ecs::PROCESS_ARGS, ecs::PROCESS_ARGS_COUNT);
    split_args(document, ecs::PROCESS_PARENT_COMMAND_LINE, ecs::PROCESS_PARENT_ARGS, ecs::PROCESS_PARENT_ARGS_COUNT);
    Ok(())
}

/// The arguments of a command line.
pub fn split_command_line(line: &str) -> Vec<String> {
    args::split(line)
}

/// The number of arguments of a command line.
pub fn count_arguments(line: &str) -> usize {
    args::count(line)
}

fn split_args(document: &mut Document, command_line: FieldId, args: FieldId, count: FieldId) {
    let Some(line) = document.text(command_line) else { return };
    let split = args::split(line);
    document.set(count, i64::try_from(split.len()).unwrap_or(i64::MAX));
    document.set_all(args, split.into_iter().map(Value::from));
}

/// `process.name` from `process.executable`, and the same for the parent.
pub fn process_names(_: &mut EventData<'_>, document: &mut Document, context: StepContext) -> Done {
    set_base_name(document, ecs::PROCESS_EXECUTABLE, ecs::PROCESS_NAME, context);
    set_base_name(document, ecs::PROCESS_PARENT_EXECUTABLE, ecs::PROCESS_PARENT_NAME, context);
    Ok(())
}

/// The text after the last separator. A path without one (`System`) has no name.
fn set_base_name(document: &mut Document, path: FieldId, name: FieldId, context: StepContext) {
    let Some(path) = document.text(path).filter(|path| path.len() > 1) else { return };
    if let Some((_, base)) = path.rsplit_once(context.separator) {
        let base = base.to_owned();
        document.set_if_missing(name, base);
    }
}

/// `file.name`, `file.directory` and `file.extension` from `file.path`. The extension is what follows the last dot of the whole path.
pub fn file_parts(_: &mut EventData<'_>, document: &mut Document, context: StepContext) -> Done {
    let Some(path) = document.text(ecs::FILE_PATH).filter(|path| path.len() > 1).map(str::to_owned) else {
        return Ok(());
    };
    let Some((directory, name)) = path.rsplit_once(context.separator) else { return Ok(()) };
    document.set_if_missing(ecs::FILE_NAME, name);
    document.set_if_missing(ecs::FILE_DIRECTORY, directory);
    // Of `C:\a.b\c` the extension is `b\c`: wrong, but so it is in Elastic's index, which rules were written against.
    if let Some((_, extension)) = path.rsplit_once('.') {
        document.set_if_missing(ecs::FILE_EXTENSION, extension);
    }
    Ok(())
}

/// `file.code_signature.trusted` from `Signed`.
pub fn file_signature_trusted(data: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    if let Some(signed) = data.get("Signed") {
        document.set(ecs::FILE_CODE_SIGNATURE_TRUSTED, signed == "true");
    }
    Ok(())
}

/// `file.code_signature.valid`, which is never false.
pub fn file_signature_valid(data: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    if data.get("SignatureStatus") == Some("Valid") {
        document.set(ecs::FILE_CODE_SIGNATURE_VALID, true);
    }
    Ok(())
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
pub fn dll(data: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
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
    dll_signature(data, document);
    Ok(())
}

/// `dll.code_signature.trusted` and `status` from `Signed` and `SignatureStatus`.
fn dll_signature(data: &EventData<'_>, document: &mut Document) {
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

/// `user.domain` and `user.name` from `DOMAIN\\name`, and `related.user`.
pub fn user(data: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    if let Some((domain, name)) = data.get("User").and_then(user_parts) {
        document.set(ecs::USER_DOMAIN, domain);
        document.set(ecs::USER_NAME, name);
        document.push_distinct(ecs::RELATED_USER, name);
    }
    Ok(())
}

/// Domain and name of `DOMAIN\\name`, if it has exactly these two parts.
pub fn user_parts(user: &str) -> Option<(&str, &str)> {
    user.split_once('\\').filter(|(_, name)| !name.is_empty() && !name.contains('\\'))
}

/// `sysmon.dns.status`: the name that Windows has for the number.
pub fn dns_status(data: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    if let Some(status) = data.get("QueryStatus") {
        document.set(ecs::SYSMON_DNS_STATUS, status::name(status).unwrap_or(status));
    }
    Ok(())
}

/// `network.protocol`: the name of the destination port, else that of the source port.
pub fn network_protocol(data: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    if let Some(name) = data.get("DestinationPortName").or_else(|| data.get("SourcePortName")) {
        document.set(ecs::NETWORK_PROTOCOL, name);
    }
    Ok(())
}

/// `network.direction` as the host sees it: it initiated the connection, or accepted it.
pub fn network_direction(data: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    if let Some(direction) = data.get("Initiated").and_then(direction) {
        document.set(ecs::NETWORK_DIRECTION, direction);
    }
    Ok(())
}

/// The direction of a connection by what its entry `Initiated` says.
pub fn direction(initiated: &str) -> Option<&'static str> {
    match initiated {
        "true" => Some("egress"),
        "false" => Some("ingress"),
        _ => None,
    }
}

/// `network.type`, told by the source alone.
pub fn network_type(data: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    match data.get("SourceIsIpv6") {
        Some("true") => document.set(ecs::NETWORK_TYPE, "ipv6"),
        Some("false") => document.set(ecs::NETWORK_TYPE, "ipv4"),
        _ => {}
    }
    Ok(())
}

/// `network.community_id`, if both ends and the transport are known.
pub fn network_community_id(_: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    let end = |ip, port| Some((address(document, ip)?, port_number(document, port)?));
    let id = document.text(ecs::NETWORK_TRANSPORT).and_then(|transport| {
        let source = end(ecs::SOURCE_IP, ecs::SOURCE_PORT)?;
        community_id(transport, source, end(ecs::DESTINATION_IP, ecs::DESTINATION_PORT)?)
    });
    if let Some(id) = id {
        document.set(ecs::NETWORK_COMMUNITY_ID, id);
    }
    Ok(())
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
pub fn related_ips(_: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    for field in [ecs::SOURCE_IP, ecs::DESTINATION_IP] {
        if let Some(ip) = document.first(field).cloned() {
            document.push_distinct(ecs::RELATED_IP, ip);
        }
    }
    Ok(())
}
