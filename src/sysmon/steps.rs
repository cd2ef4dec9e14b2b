//! The pipeline: every step that the fields of a Sysmon event go through, in Elastic's order.
//!
//! This is the only place that knows how an entry becomes a field: the mapping runs these rows, extractors are made of them, and `docs/fields.md` is these
//! rows told to people. Steps apply to every event ID unless they name some. What becomes of `User: CORP\ann` of any event:
//!
//! ```text
//! Make("`DOMAIN\\name`, exactly two parts", &[
//!     set(Entry("User"), ecs::USER_DOMAIN, Domain),       user.domain:  CORP
//!     set(Entry("User"), ecs::USER_NAME, UserName),       user.name:    ann
//!     add(Entry("User"), ecs::RELATED_USER, UserName),    related.user: ann
//! ])
//! …
//! Remove(&[…, "User", …])                                 no winlog.event_data.User
//! ```
//!
//! This module does not know how an event ID is categorised.

use super::derive::{community_id, dll, dns, geo, hashes};
use super::event_id::event_id_row;
use super::mapping::Mapping;
use super::step::{Action, Derive, Join, MappingStep, Pick, Scope, StepFunction, StepInput, add, fill, set};
use super::step_context::StepContext;
use super::transform::TextTransform::{
    self, Address, ArgumentCount, Arguments, BaseName, Boolean, Choice, Directory, Domain, Extension, Hash, IsTrue,
    IsValid, Long, RegisteredDomain, RegistryData, RegistryHive, RegistryKey, RegistryType, RegistryValue, StatusName,
    Subdomain, Text, TopLevelDomain, UserName,
};
use crate::ecs::{self, FieldId};

use Action::{Constant, Make, Move, Remove, Rename};
use StepInput::{Entry, Field};

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

const fn copy(entry: &'static str, to: FieldId) -> Action {
    Action::Convert(fill(Entry(entry), to, Text))
}

/// Conversions of Elastic's `convert` processor, which replaces what the field had.
const fn convert(entry: &'static str, to: FieldId, made: TextTransform) -> Action {
    Action::Convert(set(Entry(entry), to, made))
}

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
        outputs: &[],
        own: Vec::new,
        lowers: true,
        pick: Some(pick_hash),
        run: StepFunction::Sure(hashes::hashes),
    })),
    all(Move("ProcessGuid", ecs::PROCESS_ENTITY_ID)),
    all(convert("ProcessId", ecs::PROCESS_PID, Long)),
    all(Move("Image", ecs::PROCESS_EXECUTABLE)),
    // Events about two processes (8, 10) name the acting one `Source…`: it becomes `process`, as the others' `Image` does. Event 8 spells it `Guid`, event 10 `GUID`.
    all(Move("SourceProcessGuid", ecs::PROCESS_ENTITY_ID)),
    all(Move("SourceProcessGUID", ecs::PROCESS_ENTITY_ID)),
    all(convert("SourceProcessId", ecs::PROCESS_PID, Long)),
    all(convert("SourceThreadId", ecs::PROCESS_THREAD_ID, Long)),
    all(Move("SourceImage", ecs::PROCESS_EXECUTABLE)),
    only(&[20], Move("Destination", ecs::PROCESS_EXECUTABLE)),
    all(Move("CommandLine", ecs::PROCESS_COMMAND_LINE)),
    all(Move("CurrentDirectory", ecs::PROCESS_WORKING_DIRECTORY)),
    all(Move("ParentProcessGuid", ecs::PROCESS_PARENT_ENTITY_ID)),
    all(Move("ParentImage", ecs::PROCESS_PARENT_EXECUTABLE)),
    all(Move("ParentCommandLine", ecs::PROCESS_PARENT_COMMAND_LINE)),
    all(convert("ParentProcessId", ecs::PROCESS_PARENT_PID, Long)),
    // Event 7 describes the image that was loaded; all others with these entries describe the process.
    except(&[7], Move("OriginalFileName", ecs::PROCESS_PE_ORIGINAL_FILE_NAME)),
    except(&[7], copy("Company", ecs::PROCESS_PE_COMPANY)),
    except(&[7], copy("Description", ecs::PROCESS_PE_DESCRIPTION)),
    except(&[7], copy("FileVersion", ecs::PROCESS_PE_FILE_VERSION)),
    except(&[7], copy("Product", ecs::PROCESS_PE_PRODUCT)),
    only(&[7], Move("OriginalFileName", ecs::FILE_PE_ORIGINAL_FILE_NAME)),
    only(&[7], copy("Company", ecs::FILE_PE_COMPANY)),
    only(&[7], copy("Description", ecs::FILE_PE_DESCRIPTION)),
    only(&[7], copy("FileVersion", ecs::FILE_PE_FILE_VERSION)),
    only(&[7], copy("Product", ecs::FILE_PE_PRODUCT)),
    all(Make(
        "split as Windows splits command lines, and counted",
        &[
            set(Field(ecs::PROCESS_COMMAND_LINE), ecs::PROCESS_ARGS, Arguments),
            set(Field(ecs::PROCESS_COMMAND_LINE), ecs::PROCESS_ARGS_COUNT, ArgumentCount),
            set(Field(ecs::PROCESS_PARENT_COMMAND_LINE), ecs::PROCESS_PARENT_ARGS, Arguments),
            set(Field(ecs::PROCESS_PARENT_COMMAND_LINE), ecs::PROCESS_PARENT_ARGS_COUNT, ArgumentCount),
        ],
    )),
    all(Make(
        "text after the last `\\`",
        &[
            fill(Field(ecs::PROCESS_EXECUTABLE), ecs::PROCESS_NAME, BaseName),
            fill(Field(ecs::PROCESS_PARENT_EXECUTABLE), ecs::PROCESS_PARENT_NAME, BaseName),
        ],
    )),
    all(Move("TargetFilename", ecs::FILE_PATH)),
    only(&[9], Move("Device", ecs::FILE_PATH)),
    only(&[17, 18], Move("PipeName", ecs::FILE_NAME)),
    only(&[6, 7], Move("ImageLoaded", ecs::FILE_PATH)),
    all(copy("Signature", ecs::FILE_CODE_SIGNATURE_SUBJECT_NAME)),
    all(copy("SignatureStatus", ecs::FILE_CODE_SIGNATURE_STATUS)),
    MappingStep {
        scope: Scope::In(Mapping::Integration),
        action: Make(
            "`true` is true, any other text is false",
            &[set(Entry("Signed"), ecs::FILE_CODE_SIGNATURE_TRUSTED, IsTrue)],
        ),
    },
    all(Make(
        "true if the status is `Valid`; never false",
        &[set(Entry("SignatureStatus"), ecs::FILE_CODE_SIGNATURE_VALID, IsValid)],
    )),
    all(Make(
        "after the last `\\`, before it, and after the last `.` of the whole path",
        &[
            fill(Field(ecs::FILE_PATH), ecs::FILE_NAME, BaseName),
            fill(Field(ecs::FILE_PATH), ecs::FILE_DIRECTORY, Directory),
            fill(Field(ecs::FILE_PATH), ecs::FILE_EXTENSION, Extension),
        ],
    )),
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
            outputs: &[
                set(Field(ecs::FILE_NAME), ecs::DLL_NAME, Text),
                set(Field(ecs::FILE_PATH), ecs::DLL_PATH, Text),
                set(Field(ecs::FILE_PE_IMPHASH), ecs::DLL_PE_IMPHASH, Text),
                set(Field(ecs::FILE_PE_ORIGINAL_FILE_NAME), ecs::DLL_PE_ORIGINAL_FILE_NAME, Text),
                set(Field(ecs::FILE_CODE_SIGNATURE_SUBJECT_NAME), ecs::DLL_CODE_SIGNATURE_SUBJECT_NAME, Text),
                set(Field(ecs::FILE_HASH_MD5), ecs::DLL_HASH_MD5, Text),
                set(Field(ecs::FILE_HASH_SHA1), ecs::DLL_HASH_SHA1, Text),
                set(Field(ecs::FILE_HASH_SHA256), ecs::DLL_HASH_SHA256, Text),
                set(Field(ecs::FILE_HASH_SHA512), ecs::DLL_HASH_SHA512, Text),
                set(Entry("Signed"), ecs::DLL_CODE_SIGNATURE_TRUSTED, Boolean),
            ],
            own: || dll::STATUSES.to_vec(),
            lowers: false,
            pick: None,
            run: StepFunction::Sure(dll::dll),
        }),
    ),
    all(Move("Protocol", ecs::NETWORK_TRANSPORT)),
    except(
        &[22],
        Make(
            "the name of the destination port, else that of the source port",
            &[
                fill(Entry("DestinationPortName"), ecs::NETWORK_PROTOCOL, Text),
                fill(Entry("SourcePortName"), ecs::NETWORK_PROTOCOL, Text),
            ],
        ),
    ),
    only(&[22], Constant(ecs::NETWORK_PROTOCOL, "dns")),
    all(convert("SourceIp", ecs::SOURCE_IP, Address)),
    all(Move("SourceHostname", ecs::SOURCE_DOMAIN)),
    all(convert("SourcePort", ecs::SOURCE_PORT, Long)),
    all(convert("DestinationIp", ecs::DESTINATION_IP, Address)),
    all(Move("DestinationHostname", ecs::DESTINATION_DOMAIN)),
    all(convert("DestinationPort", ecs::DESTINATION_PORT, Long)),
    all(Move("QueryName", ecs::DNS_QUESTION_NAME)),
    all(Make(
        "`true` is `egress`, `false` is `ingress`",
        &[set(Entry("Initiated"), ecs::NETWORK_DIRECTION, Choice("egress", "ingress"))],
    )),
    all(Make(
        "`true` is `ipv6`, `false` is `ipv4`",
        &[set(Entry("SourceIsIpv6"), ecs::NETWORK_TYPE, Choice("ipv6", "ipv4"))],
    )),
    only(
        &[22],
        Action::Derive(Derive {
            how: "parts between `;`: `type: N DATA` is a record of type N, anything else an address",
            entries: &["QueryResults"],
            fields: &[ecs::DNS_QUESTION_NAME],
            writes: &["dns.answers.type", "dns.answers.data", "dns.resolved_ip", "related.hosts", "related.ip"],
            outputs: &[],
            own: dns::own_texts,
            lowers: false,
            pick: None,
            run: StepFunction::Fallible { run: dns::answers, fails: dns::fails },
        }),
    ),
    all(Make(
        "by the public suffix list; the whole name goes to `related.hosts`",
        &[
            set(Field(ecs::DNS_QUESTION_NAME), ecs::DNS_QUESTION_REGISTERED_DOMAIN, RegisteredDomain),
            set(Field(ecs::DNS_QUESTION_NAME), ecs::DNS_QUESTION_SUBDOMAIN, Subdomain),
            set(Field(ecs::DNS_QUESTION_NAME), ecs::DNS_QUESTION_TOP_LEVEL_DOMAIN, TopLevelDomain),
            add(Field(ecs::DNS_QUESTION_NAME), ecs::RELATED_HOSTS, Text),
        ],
    )),
    all(Action::Join(Join {
        how: "Community ID 1, seed 0",
        fields: &[ecs::SOURCE_IP, ecs::SOURCE_PORT, ecs::DESTINATION_IP, ecs::DESTINATION_PORT, ecs::NETWORK_TRANSPORT],
        to: ecs::NETWORK_COMMUNITY_ID,
        of: community_id::of_texts,
    })),
    all(Make(
        "`DOMAIN\\name`, exactly two parts",
        &[
            set(Entry("User"), ecs::USER_DOMAIN, Domain),
            set(Entry("User"), ecs::USER_NAME, UserName),
            add(Entry("User"), ecs::RELATED_USER, UserName),
        ],
    )),
    all(Make(
        "the number's name in Windows; unknown numbers stay",
        &[set(Entry("QueryStatus"), ecs::SYSMON_DNS_STATUS, StatusName)],
    )),
    all(convert("Archived", ecs::SYSMON_FILE_ARCHIVED, Boolean)),
    all(convert("IsExecutable", ecs::SYSMON_FILE_IS_EXECUTABLE, Boolean)),
    all(Make(
        "each once",
        &[add(Field(ecs::SOURCE_IP), ecs::RELATED_IP, Text), add(Field(ecs::DESTINATION_IP), ecs::RELATED_IP, Text)],
    )),
    // Beside Elastic's pipeline for Sysmon, which leaves it to a pipeline of its user's.
    MappingStep {
        scope: Scope::Located,
        action: Action::Derive(Derive {
            how: "what the databases say of the address",
            entries: &[],
            fields: &[ecs::SOURCE_IP, ecs::DESTINATION_IP],
            writes: &["source.geo.*", "source.as.*", "destination.geo.*", "destination.as.*"],
            outputs: &[],
            own: Vec::new,
            lowers: false,
            pick: None,
            run: StepFunction::Sure(geo::locate_ends),
        }),
    },
    only(
        &[12, 13, 14],
        Make(
            "path, hive, key and value of the object; type and text of the data",
            &[
                set(Entry("TargetObject"), ecs::REGISTRY_PATH, Text),
                set(Entry("TargetObject"), ecs::REGISTRY_HIVE, RegistryHive),
                set(Entry("TargetObject"), ecs::REGISTRY_KEY, RegistryKey),
                set(Entry("TargetObject"), ecs::REGISTRY_VALUE, RegistryValue),
                set(Entry("Details"), ecs::REGISTRY_DATA_TYPE, RegistryType),
                set(Entry("Details"), ecs::REGISTRY_DATA_STRINGS, RegistryData),
            ],
        ),
    ),
    all(Rename("TargetProcessGuid", "TargetProcessGUID")),
    // Last, so that a pipeline that fails does not come to it.
    all(Remove(&[
        "ProcessId",
        "ParentProcessId",
        "SourceProcessId",
        "SourceThreadId",
        "SourceIp",
        "SourcePort",
        "SourcePortName",
        "DestinationIp",
        "DestinationPort",
        "DestinationPortName",
        "RuleName",
        "User",
        "Initiated",
        "SourceIsIpv6",
        "DestinationIsIpv6",
        "QueryStatus",
        "Archived",
        "IsExecutable",
        "QueryResults",
        "UtcTime",
        "Hash",
        "Hashes",
        "TargetObject",
        "Details",
    ])),
];

/// The entry that a field is made of, by the first step that makes it of one.
pub fn entry_of(field: FieldId) -> Option<&'static str> {
    let mut outputs = STEPS.iter().flat_map(|step| step.action.outputs());
    outputs.find_map(|output| match output.from {
        Entry(name) if output.to == field => Some(name),
        _ => None,
    })
}

/// How a hash is made of the list. The name of the field says it: `file.hash.sha256` is the SHA-256 of the file; and there is none where events of the ID have
/// the hashes of another object.
fn pick_hash(field: FieldId, context: StepContext) -> Pick {
    let object = event_id_row(context.id).and_then(|row| row.hashed_object(context.mapping));
    let parts = field.name().split_once('.').and_then(|(of, rest)| Some((of, rest.rsplit_once('.')?.1)));
    match parts {
        Some((of, algorithm)) if object == Some(of) => Pick::Made(Hash(algorithm)),
        Some(_) => Pick::Never,
        // `related.hash` has the values of all algorithms.
        None => Pick::Run,
    }
}
