//! The pipeline: every step that the fields of a Sysmon event go through, in Elastic's order.
//!
//! A step is data where it can be ([`Action`]); only what is more than a move, a copy or a conversion names a function. Each step says what it reads and
//! writes, so that the mapping can be written down as a table, and so that one can tell which entries of a record a field may come from.
//! Steps apply to every event ID unless they name some. This module does not know how an event ID is categorised.

use super::derive;
use super::mapping::Mapping;
use super::raw::EventData;
use super::step_context::{Failure, StepContext};
use crate::ecs::{self, FieldId};
use crate::event::{Document, IpValue};

/// One step.
#[derive(Debug)]
pub struct MappingStep {
    /// Which events go through it.
    pub scope: Scope,
    /// Its effect.
    pub action: Action,
}

/// Which events a step is for.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    /// All.
    All,
    /// Those of some event IDs.
    Only(&'static [u32]),
    /// Those of all other event IDs.
    Except(&'static [u32]),
    /// Those of some event IDs, in one mapping only.
    OnlyIn(Mapping, &'static [u32]),
    /// All, in one mapping only.
    In(Mapping),
}

impl Scope {
    /// Whether events of an ID go through the step.
    pub fn includes(self, id: u32, mapping: Mapping) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&id),
            Self::Except(ids) => !ids.contains(&id),
            Self::OnlyIn(wanted, ids) => wanted == mapping && ids.contains(&id),
            Self::In(wanted) => wanted == mapping,
        }
    }
}

impl Scope {
    /// Whether events of an ID go through the step in some mapping.
    pub fn may_include(self, id: u32) -> bool {
        self.includes(id, Mapping::Integration) || self.includes(id, Mapping::Winlogbeat)
    }
}

/// The effect of a step.
#[derive(Debug)]
pub enum Action {
    /// The entry's text becomes the field and leaves EventData, unless the field has a value already.
    Move(&'static str, FieldId),
    /// The entry's text becomes the field too.
    Copy(&'static str, FieldId),
    /// The entry's text, read as an integer, becomes the field. The entry is removed at the end, readable or not.
    Long(&'static str, FieldId),
    /// The entry's text, read as `true` or `false`, becomes the field. The entry is removed at the end, readable or not.
    Boolean(&'static str, FieldId),
    /// The entry's text becomes the field if it is an IPv4 or IPv6 address. The entry is removed at the end in any case.
    Address(&'static str, FieldId),
    /// The entry gets another name, unless there is an entry of that name.
    Rename(&'static str, &'static str),
    /// The field gets a constant.
    Constant(FieldId, &'static str),
    /// Anything else.
    Derive(Derive),
}

impl Action {
    /// Whether the step can give a field a value.
    pub fn may_set(&self, name: &str) -> bool {
        match self {
            Move(_, field) | Copy(_, field) | Long(_, field) | Boolean(_, field) | Address(_, field) => {
                field.name() == name
            }
            Constant(field, _) => field.name() == name,
            Rename(..) => false,
            Self::Derive(derive) => derive.writes.iter().any(|written| match written.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => *written == name,
            }),
        }
    }
}

/// A step with a function of its own.
#[derive(Debug)]
pub struct Derive {
    /// A description for `docs/fields.md`.
    pub how: &'static str,
    /// Entries of EventData that it reads.
    pub entries: &'static [&'static str],
    /// Fields that earlier steps have set and that it reads.
    pub fields: &'static [FieldId],
    /// Fields that it may set; a name with `.*` at its end stands for all below it.
    pub writes: &'static [&'static str],
    /// The function.
    pub run: fn(&mut EventData<'_>, &mut Document, StepContext) -> Result<(), Failure>,
}

impl MappingStep {
    /// Does the step.
    pub fn apply(
        &self,
        data: &mut EventData<'_>,
        document: &mut Document,
        context: StepContext,
    ) -> Result<(), Failure> {
        match self.action {
            Move(name, field) => {
                // As in Elastic's `rename` with `ignore_failure`: where the field is set the entry stays, and ends in `winlog.event_data`.
                if let Some(value) = data.get(name)
                    && !document.has(field)
                {
                    document.set(field, value);
                    data.remove(name);
                }
            }
            Copy(name, field) => {
                if let Some(value) = data.get(name) {
                    document.set_if_missing(field, value);
                }
            }
            Long(name, field) => {
                if let Some(number) = data.get(name).and_then(derive::long) {
                    document.set(field, number);
                }
            }
            Boolean(name, field) => match data.get(name) {
                Some("true") => document.set(field, true),
                Some("false") => document.set(field, false),
                _ => {}
            },
            Address(name, field) => {
                if let Some(address) = data.get(name).and_then(IpValue::parse) {
                    document.set(field, address);
                }
            }
            Rename(from, to) => data.rename(from, to),
            Constant(field, text) => document.set(field, text),
            Action::Derive(ref derive) => return (derive.run)(data, document, context),
        }
        Ok(())
    }
}

const fn all(action: Action) -> MappingStep {
    MappingStep { scope: Scope::All, action }
}

const fn only(ids: &'static [u32], action: Action) -> MappingStep {
    MappingStep { scope: Scope::Only(ids), action }
}

const fn except(ids: &'static [u32], action: Action) -> MappingStep {
    MappingStep { scope: Scope::Except(ids), action }
}

const fn integration(ids: &'static [u32], action: Action) -> MappingStep {
    MappingStep { scope: Scope::OnlyIn(Mapping::Integration, ids), action }
}

use Action::{Address, Boolean, Constant, Copy, Long, Move, Rename};

/// Every step, in order.
pub static STEPS: &[MappingStep] = &[
    only(&[255], Move("ID", ecs::ERROR_CODE)),
    all(Move("RuleName", ecs::RULE_NAME)),
    // Winlogbeat's events have a rendered message already, so that the entry stays where it is.
    integration(&[25], Move("Type", ecs::MESSAGE)),
    all(Rename("Hash", "Hashes")),
    all(Action::Derive(Derive {
        how: "hash list: `ALGORITHM=VALUE`, comma between; lower-cased, without empty and all-zero values",
        entries: &["Hashes"],
        fields: &[],
        writes: &["related.hash", "process.hash.*", "process.pe.imphash", "file.hash.*", "file.pe.imphash"],
        run: derive::hashes,
    })),
    all(Move("ProcessGuid", ecs::PROCESS_ENTITY_ID)),
    all(Long("ProcessId", ecs::PROCESS_PID)),
    all(Move("Image", ecs::PROCESS_EXECUTABLE)),
    // Events about two processes (8, 10) name the acting one `Source…`: it becomes `process`, as the others' `Image` does. Event 8 spells it `Guid`, event 10 `GUID`.
    all(Move("SourceProcessGuid", ecs::PROCESS_ENTITY_ID)),
    all(Move("SourceProcessGUID", ecs::PROCESS_ENTITY_ID)),
    all(Long("SourceProcessId", ecs::PROCESS_PID)),
    all(Long("SourceThreadId", ecs::PROCESS_THREAD_ID)),
    all(Move("SourceImage", ecs::PROCESS_EXECUTABLE)),
    only(&[20], Move("Destination", ecs::PROCESS_EXECUTABLE)),
    all(Move("CommandLine", ecs::PROCESS_COMMAND_LINE)),
    all(Move("CurrentDirectory", ecs::PROCESS_WORKING_DIRECTORY)),
    all(Move("ParentProcessGuid", ecs::PROCESS_PARENT_ENTITY_ID)),
    all(Move("ParentImage", ecs::PROCESS_PARENT_EXECUTABLE)),
    all(Move("ParentCommandLine", ecs::PROCESS_PARENT_COMMAND_LINE)),
    all(Long("ParentProcessId", ecs::PROCESS_PARENT_PID)),
    // Event 7 describes the image that was loaded; all others with these entries describe the process.
    except(&[7], Move("OriginalFileName", ecs::PROCESS_PE_ORIGINAL_FILE_NAME)),
    except(&[7], Copy("Company", ecs::PROCESS_PE_COMPANY)),
    except(&[7], Copy("Description", ecs::PROCESS_PE_DESCRIPTION)),
    except(&[7], Copy("FileVersion", ecs::PROCESS_PE_FILE_VERSION)),
    except(&[7], Copy("Product", ecs::PROCESS_PE_PRODUCT)),
    only(&[7], Move("OriginalFileName", ecs::FILE_PE_ORIGINAL_FILE_NAME)),
    only(&[7], Copy("Company", ecs::FILE_PE_COMPANY)),
    only(&[7], Copy("Description", ecs::FILE_PE_DESCRIPTION)),
    only(&[7], Copy("FileVersion", ecs::FILE_PE_FILE_VERSION)),
    only(&[7], Copy("Product", ecs::FILE_PE_PRODUCT)),
    all(Action::Derive(Derive {
        how: "split as Windows splits command lines, and counted",
        entries: &[],
        fields: &[ecs::PROCESS_COMMAND_LINE, ecs::PROCESS_PARENT_COMMAND_LINE],
        writes: &["process.args", "process.args_count", "process.parent.args", "process.parent.args_count"],
        run: derive::args,
    })),
    all(Action::Derive(Derive {
        how: "text after the last `\\`",
        entries: &[],
        fields: &[ecs::PROCESS_EXECUTABLE, ecs::PROCESS_PARENT_EXECUTABLE],
        writes: &["process.name", "process.parent.name"],
        run: derive::process_names,
    })),
    all(Move("TargetFilename", ecs::FILE_PATH)),
    only(&[9], Move("Device", ecs::FILE_PATH)),
    only(&[17, 18], Move("PipeName", ecs::FILE_NAME)),
    only(&[6, 7], Move("ImageLoaded", ecs::FILE_PATH)),
    all(Copy("Signature", ecs::FILE_CODE_SIGNATURE_SUBJECT_NAME)),
    all(Copy("SignatureStatus", ecs::FILE_CODE_SIGNATURE_STATUS)),
    MappingStep {
        scope: Scope::In(Mapping::Integration),
        action: Action::Derive(Derive {
            how: "`true` is true, any other text is false",
            entries: &["Signed"],
            fields: &[],
            writes: &["file.code_signature.trusted"],
            run: derive::file_signature_trusted,
        }),
    },
    all(Action::Derive(Derive {
        how: "true if the status is `Valid`; never false",
        entries: &["SignatureStatus"],
        fields: &[],
        writes: &["file.code_signature.valid"],
        run: derive::file_signature_valid,
    })),
    all(Action::Derive(Derive {
        how: "after the last `\\`, before it, and after the last `.` of the whole path",
        entries: &[],
        fields: &[ecs::FILE_PATH],
        writes: &["file.name", "file.directory", "file.extension"],
        run: derive::file_parts,
    })),
    // Late in the table, because it copies what the steps before have set.
    integration(
        &[7],
        Action::Derive(Derive {
            how: "the values of `file.*` and of the signature again",
            entries: &["Signed", "SignatureStatus"],
            fields: &[
                ecs::FILE_NAME,
                ecs::FILE_PATH,
                ecs::FILE_PE_ORIGINAL_FILE_NAME,
                ecs::FILE_PE_IMPHASH,
                ecs::FILE_CODE_SIGNATURE_SUBJECT_NAME,
                ecs::FILE_HASH_MD5,
                ecs::FILE_HASH_SHA1,
                ecs::FILE_HASH_SHA256,
                ecs::FILE_HASH_SHA512,
            ],
            writes: &[
                "dll.name",
                "dll.path",
                "dll.hash.*",
                "dll.pe.imphash",
                "dll.pe.original_file_name",
                "dll.code_signature.subject_name",
                "dll.code_signature.trusted",
                "dll.code_signature.status",
            ],
            run: derive::dll,
        }),
    ),
    all(Move("Protocol", ecs::NETWORK_TRANSPORT)),
    except(
        &[22],
        Action::Derive(Derive {
            how: "the name of the destination port, else that of the source port",
            entries: &["DestinationPortName", "SourcePortName"],
            fields: &[],
            writes: &["network.protocol"],
            run: derive::network_protocol,
        }),
    ),
    only(&[22], Constant(ecs::NETWORK_PROTOCOL, "dns")),
    all(Address("SourceIp", ecs::SOURCE_IP)),
    all(Move("SourceHostname", ecs::SOURCE_DOMAIN)),
    all(Long("SourcePort", ecs::SOURCE_PORT)),
    all(Address("DestinationIp", ecs::DESTINATION_IP)),
    all(Move("DestinationHostname", ecs::DESTINATION_DOMAIN)),
    all(Long("DestinationPort", ecs::DESTINATION_PORT)),
    all(Move("QueryName", ecs::DNS_QUESTION_NAME)),
    all(Action::Derive(Derive {
        how: "`true` is `egress`, `false` is `ingress`",
        entries: &["Initiated"],
        fields: &[],
        writes: &["network.direction"],
        run: derive::network_direction,
    })),
    all(Action::Derive(Derive {
        how: "`true` is `ipv6`, `false` is `ipv4`",
        entries: &["SourceIsIpv6"],
        fields: &[],
        writes: &["network.type"],
        run: derive::network_type,
    })),
    only(
        &[22],
        Action::Derive(Derive {
            how: "parts between `;`: `type: N DATA` is a record of type N, anything else an address",
            entries: &["QueryResults"],
            fields: &[ecs::DNS_QUESTION_NAME],
            writes: &["dns.answers.type", "dns.answers.data", "dns.resolved_ip", "related.hosts", "related.ip"],
            run: derive::dns_answers,
        }),
    ),
    all(Action::Derive(Derive {
        how: "by the public suffix list; the whole name goes to `related.hosts`",
        entries: &[],
        fields: &[ecs::DNS_QUESTION_NAME],
        writes: &[
            "dns.question.registered_domain",
            "dns.question.subdomain",
            "dns.question.top_level_domain",
            "related.hosts",
        ],
        run: derive::dns_question,
    })),
    all(Action::Derive(Derive {
        how: "Community ID 1, seed 0",
        entries: &[],
        fields: &[ecs::SOURCE_IP, ecs::SOURCE_PORT, ecs::DESTINATION_IP, ecs::DESTINATION_PORT, ecs::NETWORK_TRANSPORT],
        writes: &["network.community_id"],
        run: derive::network_community_id,
    })),
    all(Action::Derive(Derive {
        how: "`DOMAIN\\name`, exactly two parts",
        entries: &["User"],
        fields: &[],
        writes: &["user.domain", "user.name", "related.user"],
        run: derive::user,
    })),
    all(Action::Derive(Derive {
        how: "the number's name in Windows; unknown numbers stay",
        entries: &["QueryStatus"],
        fields: &[],
        writes: &["sysmon.dns.status"],
        run: derive::dns_status,
    })),
    all(Boolean("Archived", ecs::SYSMON_FILE_ARCHIVED)),
    all(Boolean("IsExecutable", ecs::SYSMON_FILE_IS_EXECUTABLE)),
    all(Action::Derive(Derive {
        how: "each once",
        entries: &[],
        fields: &[ecs::SOURCE_IP, ecs::DESTINATION_IP],
        writes: &["related.ip"],
        run: derive::related_ips,
    })),
    only(
        &[12, 13, 14],
        Action::Derive(Derive {
            how: "path, hive, key and value of the object; type and text of the data",
            entries: &["TargetObject", "Details"],
            fields: &[],
            writes: &[
                "registry.path",
                "registry.hive",
                "registry.key",
                "registry.value",
                "registry.data.type",
                "registry.data.strings",
            ],
            run: derive::registry,
        }),
    ),
    all(Rename("TargetProcessGuid", "TargetProcessGUID")),
];
