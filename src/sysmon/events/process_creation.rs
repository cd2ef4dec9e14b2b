//! Event ID 1: a process was created.

use super::EventMap;
use super::Step::{Copy, Derive, Long, Move};
use crate::ecs;
use crate::sysmon::derive;

pub static MAP: EventMap = EventMap {
    id: 1,
    category: &["process"],
    kind: &["start"],
    action: &["Process creation"],
    steps: &[
        Move("RuleName", ecs::RULE_NAME),
        Derive(derive::process_hashes),
        Move("ProcessGuid", ecs::PROCESS_ENTITY_ID),
        Long("ProcessId", ecs::PROCESS_PID),
        Move("Image", ecs::PROCESS_EXECUTABLE),
        Move("CommandLine", ecs::PROCESS_COMMAND_LINE),
        Move("CurrentDirectory", ecs::PROCESS_WORKING_DIRECTORY),
        Move("ParentProcessGuid", ecs::PROCESS_PARENT_ENTITY_ID),
        Move("ParentImage", ecs::PROCESS_PARENT_EXECUTABLE),
        Move("ParentCommandLine", ecs::PROCESS_PARENT_COMMAND_LINE),
        Long("ParentProcessId", ecs::PROCESS_PARENT_PID),
        Move("OriginalFileName", ecs::PROCESS_PE_ORIGINAL_FILE_NAME),
        Copy("Company", ecs::PROCESS_PE_COMPANY),
        Copy("Description", ecs::PROCESS_PE_DESCRIPTION),
        Copy("FileVersion", ecs::PROCESS_PE_FILE_VERSION),
        Copy("Product", ecs::PROCESS_PE_PRODUCT),
        Derive(derive::process_args),
        Derive(derive::parent_args),
        Derive(derive::process_name),
        Derive(derive::parent_name),
        Derive(derive::user),
    ],
};
