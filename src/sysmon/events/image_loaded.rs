//! Event ID 7: a process loaded an image.
//!
//! Elastic maps it to `process` too, with type `start`: a condition that looks for the start of a process holds for every image load.

use super::EventMap;
use super::Step::{Copy, Derive, Long, Move};
use crate::ecs;
use crate::sysmon::derive;

pub static MAP: EventMap = EventMap {
    id: 7,
    category: &["process", "library"],
    kind: &["change", "start"],
    action: &["Image loaded", "load"],
    steps: &[
        Move("RuleName", ecs::RULE_NAME),
        Derive(derive::file_hashes),
        Move("ProcessGuid", ecs::PROCESS_ENTITY_ID),
        Long("ProcessId", ecs::PROCESS_PID),
        Move("Image", ecs::PROCESS_EXECUTABLE),
        Move("OriginalFileName", ecs::FILE_PE_ORIGINAL_FILE_NAME),
        Copy("Company", ecs::FILE_PE_COMPANY),
        Copy("Description", ecs::FILE_PE_DESCRIPTION),
        Copy("FileVersion", ecs::FILE_PE_FILE_VERSION),
        Copy("Product", ecs::FILE_PE_PRODUCT),
        Derive(derive::process_name),
        Move("ImageLoaded", ecs::FILE_PATH),
        Copy("Signature", ecs::FILE_CODE_SIGNATURE_SUBJECT_NAME),
        Copy("SignatureStatus", ecs::FILE_CODE_SIGNATURE_STATUS),
        Derive(derive::file_signature),
        Derive(derive::file_parts),
        Derive(derive::dll),
        Derive(derive::dll_signature),
        Derive(derive::user),
    ],
};
