//! Event ID 3: a process opened or accepted a TCP or UDP connection.

use super::EventMap;
use super::Step::{Derive, Long, Move};
use crate::ecs;
use crate::sysmon::derive;

pub static MAP: EventMap = EventMap {
    id: 3,
    category: &["network"],
    kind: &["start", "connection", "protocol"],
    action: &["Network connection"],
    steps: &[
        Move("RuleName", ecs::RULE_NAME),
        Move("ProcessGuid", ecs::PROCESS_ENTITY_ID),
        Long("ProcessId", ecs::PROCESS_PID),
        Move("Image", ecs::PROCESS_EXECUTABLE),
        Derive(derive::process_name),
        Move("Protocol", ecs::NETWORK_TRANSPORT),
        Derive(derive::network_protocol),
        Derive(derive::source_ip),
        Move("SourceHostname", ecs::SOURCE_DOMAIN),
        Long("SourcePort", ecs::SOURCE_PORT),
        Derive(derive::destination_ip),
        Move("DestinationHostname", ecs::DESTINATION_DOMAIN),
        Long("DestinationPort", ecs::DESTINATION_PORT),
        Derive(derive::network_direction),
        Derive(derive::network_type),
        Derive(derive::network_community_id),
        Derive(derive::user),
        Derive(derive::related_ips),
    ],
};
