//! Every field name that ECS and Elastic's integrations for Windows have, beside those of the catalogue: enough to tell a slip of the pen from a field of
//! another sensor.
//!
//! ECS is made of sets that are used again inside others (`user` in `client.user`, `process` in `process.parent`); so it is written here. What a namespace
//! such as `process.Ext` holds differs from version to version, and is not listed: any name in it may be one.

use super::definition::FieldId;
use super::field;

/// A field set: its name, the fields in it, and the sets that are used in it again (where, and which).
type FieldSet = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const SIGNED: &[(&str, &str)] = &[("code_signature", "code_signature"), ("hash", "hash"), ("pe", "pe")];

/// The fields of ECS 8.17 and 9, without those that are an object's name only.
const SETS: &[FieldSet] = &[
    ("", "@timestamp message tags labels", &[]),
    ("agent", "build.original ephemeral_id id name type version", &[]),
    ("as", "number organization.name", &[]),
    ("client", "", &[("", "endpoint")]),
    ("server", "", &[("", "endpoint")]),
    ("source", "", &[("", "endpoint")]),
    ("destination", "", &[("", "endpoint")]),
    (
        "endpoint",
        "address bytes domain ip mac nat.ip nat.port packets port registered_domain subdomain top_level_domain",
        &[("as", "as"), ("geo", "geo"), ("user", "user")],
    ),
    (
        "cloud",
        "account.id account.name availability_zone instance.id instance.name machine.type project.id project.name provider region service.name",
        &[("origin", "cloud"), ("target", "cloud")],
    ),
    (
        "code_signature",
        "digest_algorithm exists flags signing_id status subject_name team_id thumbprint_sha256 timestamp trusted valid",
        &[],
    ),
    (
        "container",
        "cpu.usage disk.read.bytes disk.write.bytes id image.hash.all image.name image.tag labels memory.usage name network.egress.bytes network.ingress.bytes runtime security_context.privileged",
        &[],
    ),
    ("data_stream", "dataset namespace type", &[]),
    ("device", "id manufacturer model.identifier model.name serial_number", &[]),
    ("dll", "name path", SIGNED),
    (
        "dns",
        "answers.class answers.data answers.name answers.ttl answers.type header_flags id op_code question.class question.name question.registered_domain question.subdomain question.top_level_domain question.type resolved_ip response_code type",
        &[],
    ),
    ("ecs", "version", &[]),
    (
        "email",
        "attachments.file.extension attachments.file.mime_type attachments.file.name attachments.file.size bcc.address cc.address content_type delivery_timestamp direction from.address local_id message_id origination_timestamp reply_to.address sender.address subject to.address x_mailer",
        &[("attachments.file.hash", "hash")],
    ),
    ("error", "code id message stack_trace type", &[]),
    (
        "event",
        "action agent_id_status category code created dataset duration end hash id ingested kind module original outcome provider reason reference risk_score risk_score_norm sequence severity start timezone type url",
        &[],
    ),
    ("faas", "coldstart execution id name trigger.request_id trigger.type version", &[]),
    (
        "file",
        "accessed attributes created ctime device directory drive_letter extension fork_name gid group inode mime_type mode mtime name origin_referrer_url origin_url owner path size target_path type uid",
        &[("code_signature", "code_signature"), ("hash", "hash"), ("pe", "pe"), ("x509", "x509")],
    ),
    (
        "geo",
        "city_name continent_code continent_name country_iso_code country_name location name postal_code region_iso_code region_name timezone",
        &[],
    ),
    ("group", "domain id name", &[]),
    ("hash", "cdhash md5 sha1 sha256 sha384 sha512 ssdeep tlsh", &[]),
    (
        "host",
        "architecture boot.id cpu.usage disk.read.bytes disk.write.bytes domain hostname id ip mac name network.egress.bytes network.egress.packets network.ingress.bytes network.ingress.packets pid_ns_ino type uptime",
        &[("geo", "geo"), ("os", "os"), ("risk", "risk"), ("user", "user")],
    ),
    (
        "http",
        "request.body.bytes request.body.content request.bytes request.id request.method request.mime_type request.referrer response.body.bytes response.body.content response.bytes response.mime_type response.status_code version",
        &[],
    ),
    ("interface", "alias id name", &[]),
    (
        "log",
        "file.path level logger offset origin.file.line origin.file.name origin.function original source.address syslog.appname syslog.facility.code syslog.facility.name syslog.hostname syslog.msgid syslog.priority syslog.procid syslog.severity.code syslog.severity.name syslog.structured_data syslog.version",
        &[],
    ),
    (
        "network",
        "application bytes community_id direction forwarded_ip iana_number name packets protocol transport type",
        &[("inner.vlan", "vlan"), ("vlan", "vlan")],
    ),
    (
        "observer",
        "hostname ip mac name product serial_number type vendor version egress.zone ingress.zone",
        &[
            ("egress.interface", "interface"),
            ("egress.vlan", "vlan"),
            ("geo", "geo"),
            ("ingress.interface", "interface"),
            ("ingress.vlan", "vlan"),
            ("os", "os"),
        ],
    ),
    (
        "orchestrator",
        "api_version cluster.id cluster.name cluster.url cluster.version namespace organization resource.annotation resource.id resource.ip resource.label resource.name resource.parent.type resource.type type",
        &[],
    ),
    ("organization", "id name", &[]),
    ("os", "family full kernel name platform type version", &[]),
    (
        "package",
        "architecture build_version checksum description install_scope installed license name path reference size type version",
        &[],
    ),
    (
        "pe",
        "architecture company description file_version go_import_hash go_imports go_imports_names_entropy go_imports_names_var_entropy go_stripped imphash import_hash imports imports_names_entropy imports_names_var_entropy original_file_name pehash product sections.entropy sections.name sections.physical_size sections.var_entropy sections.virtual_size",
        &[],
    ),
    (
        "process",
        "args args_count command_line end entity_id env_vars executable exit_code interactive io.bytes_skipped io.bytes_skipped.length io.bytes_skipped.offset io.max_bytes_per_process_exceeded io.text io.total_bytes_captured io.total_bytes_skipped io.type name origin_referrer_url origin_url pgid pid ppid same_as_process start thread.capabilities.effective thread.capabilities.permitted thread.id thread.name title tty.char_device.major tty.char_device.minor tty.columns tty.rows uptime vpid working_directory entry_meta.type supplemental_groups.id supplemental_groups.name supplemental_groups.domain",
        &[
            ("attested_groups", "group"),
            ("attested_user", "user"),
            ("code_signature", "code_signature"),
            ("entry_leader", "process"),
            ("entry_meta.source", "endpoint"),
            ("group", "group"),
            ("group_leader", "process"),
            ("hash", "hash"),
            ("parent", "process"),
            ("pe", "pe"),
            ("previous", "process"),
            ("real_group", "group"),
            ("real_user", "user"),
            ("responsible", "process"),
            ("saved_group", "group"),
            ("saved_user", "user"),
            ("session_leader", "process"),
            ("user", "user"),
        ],
    ),
    ("registry", "data.bytes data.strings data.type hive key path value", &[]),
    ("related", "hash hosts ip user", &[]),
    (
        "risk",
        "calculated_level calculated_score calculated_score_norm static_level static_score static_score_norm",
        &[],
    ),
    ("rule", "author category description id license name reference ruleset uuid version", &[]),
    (
        "service",
        "address environment ephemeral_id id name node.name node.role node.roles state type version",
        &[("origin", "service"), ("target", "service")],
    ),
    ("span", "id", &[]),
    ("trace", "id", &[]),
    ("transaction", "id", &[]),
    (
        "threat",
        "feed.dashboard_id feed.description feed.name feed.reference framework group.alias group.id group.name group.reference software.alias software.id software.name software.platforms software.reference software.type tactic.id tactic.name tactic.reference technique.id technique.name technique.reference technique.subtechnique.id technique.subtechnique.name technique.subtechnique.reference enrichments.matched.atomic enrichments.matched.field enrichments.matched.id enrichments.matched.index enrichments.matched.occurred enrichments.matched.type",
        &[("enrichments.indicator", "indicator"), ("indicator", "indicator")],
    ),
    (
        "indicator",
        "confidence description email.address first_seen id ip last_seen marking.tlp marking.tlp_version modified_at name port provider reference scanner_stats sightings type",
        &[("as", "as"), ("file", "file"), ("geo", "geo"), ("registry", "registry"), ("url", "url"), ("x509", "x509")],
    ),
    (
        "tls",
        "cipher client.certificate client.certificate_chain client.hash.md5 client.hash.sha1 client.hash.sha256 client.issuer client.ja3 client.not_after client.not_before client.server_name client.subject client.supported_ciphers curve established next_protocol resumed server.certificate server.certificate_chain server.hash.md5 server.hash.sha1 server.hash.sha256 server.issuer server.ja3s server.not_after server.not_before server.subject version version_protocol",
        &[("client.x509", "x509"), ("server.x509", "x509")],
    ),
    (
        "url",
        "domain extension fragment full original password path port query registered_domain scheme subdomain top_level_domain username",
        &[],
    ),
    (
        "user",
        "domain email full_name hash id name roles",
        &[("changes", "user"), ("effective", "user"), ("group", "group"), ("risk", "risk"), ("target", "user")],
    ),
    ("user_agent", "device.name name original version", &[("os", "os")]),
    ("vlan", "id name", &[]),
    (
        "volume",
        "bus_type default_access device_name device_type dos_name file_system_type mount_name nt_name product_id product_name removable serial_number size vendor_id vendor_name writable",
        &[],
    ),
    (
        "vulnerability",
        "category classification description enumeration id reference report_id scanner.vendor score.base score.environmental score.temporal score.version severity",
        &[],
    ),
    (
        "x509",
        "alternative_names issuer.common_name issuer.country issuer.distinguished_name issuer.locality issuer.organization issuer.organizational_unit issuer.state_or_province not_after not_before public_key_algorithm public_key_curve public_key_exponent public_key_size serial_number signature_algorithm subject.common_name subject.country subject.distinguished_name subject.locality subject.organization subject.organizational_unit subject.state_or_province version_number",
        &[],
    ),
    // Beats and the integrations for Windows.
    ("input", "type", &[]),
    (
        "winlog",
        "activity_id api channel computer_name computerObject.domain computerObject.id computerObject.name event_id keywords level logon.failure.reason logon.failure.status logon.failure.sub_status logon.id logon.type opcode outcome process.pid process.thread.id provider_guid provider_name record_id related_activity_id symbolic_id task task_category time_created trustAttribute trustDirection trustType user.domain user.identifier user.name user.type user_data version",
        &[("event_data", "event_data")],
    ),
    ("sysmon", "dns.status file.archived file.is_executable", &[]),
    // Entries of Sysmon's own events, and of the other logs that the integrations for Windows map.
    (
        "event_data",
        "Archived CallTrace ClientInfo CommandLine Company Configuration ConfigurationFileHash Consumer Contents CreationUtcTime CurrentDirectory Description Destination DestinationHostname DestinationIp DestinationIsIpv6 DestinationPort DestinationPortName Details Device EventNamespace EventType FileVersion Filter GrantedAccess Hash Hashes ID Image ImageLoaded Initiated IntegrityLevel IsExecutable LogonGuid LogonId Name NewName NewThreadId Operation OriginalFileName ParentCommandLine ParentImage ParentProcessGuid ParentProcessId ParentUser PipeName PreviousCreationUtcTime ProcessGuid ProcessId Product Protocol Query QueryName QueryResults QueryStatus RuleName SchemaVersion Session Signature SignatureStatus Signed SourceHostname SourceImage SourceIp SourceIsIpv6 SourcePort SourcePortName SourceProcessGUID SourceProcessGuid SourceProcessId SourceThreadId SourceUser StartAddress StartFunction StartModule State TargetFilename TargetImage TargetObject TargetProcessGUID TargetProcessGuid TargetProcessId TargetUser TerminalSessionId Type User UtcTime Version \
         AccessGranted AccessList AccessListDescription AccessMask AccessMaskDescription AccessReason AccessRemoved AccountDomain AccountExpires AccountName Address AddressLength AdditionalInfo AdditionalInfo2 AllowedToDelegateTo Application AttributeLDAPDisplayName AttributeSyntaxOID AttributeValue AuditPolicyChanges AuditPolicyChangesDescription AuditSourceName AuthenticationPackage AuthenticationPackageName Binary BitlockerUserInputTime BootMode BootType BuildVersion CallerProcessId CallerProcessImageName CallerProcessName Category CategoryId ClientAddress ClientCreationTime ClientName ClientProcessId ClientProcessStartKey CommandName CommandPath CommandType ComputerName CorruptionActionState CreationTime CrashOnAuditFailValue DSName DSType Data DestAddress DestPort DetailSequence DetailTotal DeviceName DeviceNameLength DeviceTime DeviceVersionMajor DeviceVersionMinor DisplayName DnsHostName DomainBehaviorVersion DomainName DomainPolicyChanged DomainSid DriveName DriverName DriverNameLength Dummy DwordVal ElevatedToken EngineVersion EntryCount EventSourceId ExtraInfo FailureName FailureNameLength FailureReason FileName FileVersion FilterRTID FinalStatus Flags Group GroupTypeChange GroupMembership HandleId HasRemoteDynamicKeywordAddress HomeDirectory HomePath HostApplication HostId HostName HostVersion IdleImplementation IdleStateCount ImagePath ImpersonationLevel Ipaddress IpAddress IpPort KeyFilePath KeyLength KeyName KeyType KerberosPolicyChange LastBootGood LastShutdownGood LayerName LayerRTID LmPackageName LogonHours LogonID LogonProcessName LogonType MajorVersion MandatoryLabel MasterKeyId MaximumPerformancePercent MemberName MemberSid MessageNumber MessageTotal MinimumPasswordLength MinimumPerformancePercent MinimumThrottlePercent MinorVersion MixedDomainMode NewProcessId NewProcessName NewSchemeGuid NewSd NewSdDacl0 NewSigningState NewState NewTargetUserName NewThreadId NewTime NewUacList NewUACList NewUacValue NewValue NewValueType NominalFrequency Number ObjectClass ObjectDN ObjectGUID ObjectName ObjectServer ObjectType ObjectValueName OldSchemeGuid OldSd OldSdDacl0 OldTargetUserName OldTime OldUacValue OldValue OldValueType OemInformation OpCorrelationID OpenState OperationType OriginalFileName PackageName PasswordHistoryLength PasswordLastSet Path ParameterBinding Param1 Param2 ParentProcessName Payload PerformanceImplementation PipelineId PolicyName Port PowerStateAfter PreAuthType PreviousCreationUtcTime PreviousEngineState PreviousProviderState PreviousTime PrimaryGroupId PrivilegeList ProcessCreationTime ProcessName ProcessPath ProcessPid ProfilePath PropertyIndex ProviderName PuaCount PuaPolicyId QfeVersion Reason RelativeTargetName RemoteMachineID RemoteUserID ReplicaNumber RequestingProcessId RestrictedSidCount ResourceAttributes RunspaceId RPCCallClientLocality SamAccountName SchemaFriendlyName ScriptBlockId ScriptBlockText ScriptName ScriptPath SequenceNumber Service ServerName ServiceAccount ServiceFileName ServiceName ServicePrincipalNames ServiceSid ServiceStartType ServiceType ServiceVersion SessionID SessionId SessionName SettingType SettingValue ShareLocalPath ShareName ShutdownActionType ShutdownEventCode ShutdownReason SidFilteringEnabled SidHistory SidHistory SourceAddress SourceSid SpnName StackTrace StandardPassword StartTime StartType Status StatusDescription StopTime SubCategory SubCategoryGuid SubCategoryId SubStatus SubcategoryGuid SubjectDomainName SubjectLogonId SubjectUserDomainName SubjectUserName SubjectUserSid TSId TargetDomainName TargetInfo TargetLinkedLogonId TargetLogonGuid TargetLogonId TargetName TargetOutboundDomainName TargetOutboundUserName TargetProcessName TargetServerName TargetSid TargetUserName TargetUserSid TaskContent TaskContentNew TaskName TdoAttributes TdoDirection TdoType TicketEncryptionType TicketEncryptionTypeDescription TicketOptions TicketOptionsDescription TokenElevationType TransmittedServices UserAccountControl UserData UserName UserParameters UserPrincipalName UserSid UserWorkstations VirtualAccount VsmLaunchTypeDescription Workstation WorkstationName param1 param2 param3 param4 param5 param6 param7 param8 EnabledPrivilegeList Properties Resource RpcCallClientLocality updateGuid updateRevisionNumber updateTitle",
        &[],
    ),
];

/// Namespaces whose fields differ from version to version of a sensor or a service.
const OPEN: &[&str] = &[
    "Effective_process.",
    "Endpoint.",
    "Persistence.",
    "Responses.",
    "Target.",
    "auditd.",
    "aws.",
    "azure.",
    "cloudflare.",
    "container.labels.",
    "crowdstrike.",
    "elastic.",
    "fleet.",
    "gcp.",
    "github.",
    "google_workspace.",
    "kibana.",
    "kubernetes.",
    "labels.",
    "m365_defender.",
    "microsoft.",
    "o365.",
    "okta.",
    "osquery.",
    "powershell.",
    "sentinel_one.",
    "sentinel_one_cloud_funnel.",
    "signal.",
    "winlog.user_data.",
];

/// Names of objects below which any sensor has fields of its own.
const OPEN_OBJECTS: &[&str] = &["Ext"];

/// Categories of ECS, and those that Elastic's own sensor writes beside them.
const CATEGORIES: &[&str] = &[
    "api",
    "authentication",
    "configuration",
    "credential_hardening",
    "database",
    "dns",
    "driver",
    "email",
    "file",
    "host",
    "iam",
    "intrusion_detection",
    "library",
    "malware",
    "network",
    "package",
    "process",
    "registry",
    "session",
    "threat",
    "vulnerability",
    "web",
];

/// Whether ECS, or an integration whose events rules are written for, has a field of this name.
pub fn is_known(name: &str) -> bool {
    FieldId::find(name).is_some()
        || OPEN.iter().any(|open| name.strip_prefix(open).is_some_and(|rest| !rest.is_empty()))
        || name.split('.').any(|part| OPEN_OBJECTS.contains(&part))
        || in_set("", name, 0)
        || name.split_once('.').is_some_and(|(set, rest)| is_top_level(set) && in_set(set, rest, 0))
}

/// Sets that are used only inside others.
fn is_top_level(set: &str) -> bool {
    !matches!(
        set,
        "" | "as"
            | "code_signature"
            | "endpoint"
            | "event_data"
            | "geo"
            | "hash"
            | "indicator"
            | "interface"
            | "os"
            | "pe"
            | "risk"
            | "vlan"
            | "x509"
    )
}

fn set(name: &str) -> Option<&'static FieldSet> {
    SETS.iter().find(|(set, ..)| *set == name)
}

/// Whether a set has this field; sets do not nest deeper than a few levels.
fn in_set(name: &str, field: &str, depth: usize) -> bool {
    let Some((_, fields, inner)) = set(name).filter(|_| depth < 6) else { return false };
    fields.split_whitespace().any(|known| known == field)
        || inner.iter().any(|(at, set)| {
            let rest = if at.is_empty() {
                Some(field)
            } else {
                field.strip_prefix(at).and_then(|rest| rest.strip_prefix('.'))
            };
            rest.is_some_and(|rest| in_set(set, rest, depth + 1))
        })
}

/// Names of fields to compare a slip with: the catalogue's, and those of the sets, each set used inside another once.
pub fn to_compare() -> impl Iterator<Item = String> {
    let top = SETS.iter().filter(|(name, ..)| name.is_empty() || is_top_level(name));
    let names = top.flat_map(|(name, fields, inner)| {
        let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
        let own: Vec<String> = fields.split_whitespace().map(|field| format!("{prefix}{field}")).collect();
        let nested = inner.iter().filter_map(|(at, inner)| Some((at, set(inner)?))).flat_map(|(at, (_, fields, _))| {
            let at = if at.is_empty() { prefix.clone() } else { format!("{prefix}{at}.") };
            fields.split_whitespace().map(|field| format!("{at}{field}")).collect::<Vec<_>>()
        });
        own.into_iter().chain(nested.collect::<Vec<_>>())
    });
    field::all().map(|id| id.name().to_owned()).chain(names)
}

/// Every category that events of Elastic's mappings may have.
pub fn categories() -> &'static [&'static str] {
    CATEGORIES
}

#[cfg(test)]
mod tests;
