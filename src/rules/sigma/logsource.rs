//! Log sources: which Sysmon events a category of Sigma stands for.
//!
//! The categories are those of the specification's taxonomy. This file does not know the rest of a rule.

use super::eql_text::{FieldTest, SigmaCondition, TestKind};
use super::text::SigmaText;
use super::yaml::YamlNode;
use crate::base::Span;
use crate::ecs;

/// The categories that Sysmon logs, with their event IDs.
const CATEGORIES: &[(&str, &[u32])] = &[
    ("clipboard_capture", &[24]),
    ("clipboard_change", &[24]),
    ("create_remote_thread", &[8]),
    ("create_stream_hash", &[15]),
    ("dns_query", &[22]),
    ("driver_load", &[6]),
    ("file_block", &[27]),
    ("file_block_executable", &[27]),
    ("file_block_shredding", &[28]),
    ("file_change", &[2]),
    ("file_delete", &[23, 26]),
    ("file_event", &[11]),
    ("file_executable_detected", &[29]),
    ("image_load", &[7]),
    ("network_connection", &[3]),
    ("pipe_created", &[17, 18]),
    ("process_access", &[10]),
    ("process_creation", &[1]),
    ("process_tampering", &[25]),
    ("process_termination", &[5]),
    ("raw_access_thread", &[9]),
    ("registry_add", &[12]),
    ("registry_delete", &[12]),
    ("registry_event", &[12, 13, 14]),
    ("registry_rename", &[14]),
    ("registry_set", &[13]),
    ("sysmon_error", &[255]),
    ("sysmon_status", &[4, 16]),
    ("wmi_event", &[19, 20, 21]),
];

/// Where the events of a rule come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// Sysmon: the event IDs, none for all; and the system, if one is named.
    Sysmon { ids: &'static [u32], system: Option<&'static str> },
    /// Another log, which evql does not read.
    Elsewhere,
}

/// The source that the `logsource` of a rule names.
pub fn read(node: &YamlNode) -> LogSource {
    let part = |name: &str| {
        node.get(name).and_then(YamlNode::text).map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty())
    };
    let system = match part("product").as_deref() {
        None => None,
        Some("windows" | "sysmon") => Some("windows"),
        Some("linux") => Some("linux"),
        Some(_) => return LogSource::Elsewhere,
    };
    let service = part("service");
    if service.as_deref().is_some_and(|service| service != "sysmon") {
        return LogSource::Elsewhere;
    }
    match part("category") {
        Some(category) => match CATEGORIES.iter().find(|(name, _)| *name == category) {
            Some((_, ids)) => LogSource::Sysmon { ids, system },
            None => LogSource::Elsewhere,
        },
        None => LogSource::Sysmon { ids: &[], system },
    }
}

/// The condition that an event comes from a source.
pub fn condition(ids: &[u32], system: Option<&str>, span: Span) -> SigmaCondition {
    let test = |field: &str, kind| SigmaCondition::Test(FieldTest { field: field.to_owned(), kind, span });
    let plain = |text: &str| (SigmaText::plain(text), span);
    let field = ecs::ENTRY_EVENT_ID.name();
    let id = match ids {
        [] => test(field, TestKind::Present),
        ids => {
            let texts = ids.iter().map(|id| plain(&id.to_string())).collect();
            test(field, TestKind::Texts { texts, cased: true })
        }
    };
    let system = system.map(|system| {
        let linux = TestKind::Texts { texts: vec![plain("linux")], cased: true };
        let linux = test(ecs::HOST_OS_TYPE.name(), linux);
        // Documents of Windows need not say so.
        if system == "linux" { linux } else { SigmaCondition::Not(Box::new(linux)) }
    });
    SigmaCondition::All([Some(id), system].into_iter().flatten().collect())
}

/// The condition that an event does not come from a source, or else fulfils another condition.
pub fn unless(ids: &[u32], system: Option<&str>, span: Span, condition_of_source: SigmaCondition) -> SigmaCondition {
    let elsewhere = SigmaCondition::Not(Box::new(condition(ids, system, span)));
    SigmaCondition::Any(vec![elsewhere, condition_of_source])
}
