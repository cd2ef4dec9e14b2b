//! The fields themselves: one line a field, by field set.
//!
//! Types are those of ECS 8.17 and of Elastic's Windows integration. `Single` or `List` is ECS's normalisation.

use super::definition::define_fields;

define_fields! {
    TIMESTAMP = "@timestamp": Date Single;
    MESSAGE = "message": Text Single;
    TAGS = "tags": Keyword List;
    ECS_VERSION = "ecs.version": Keyword Single;

    DATA_STREAM_DATASET = "data_stream.dataset": Keyword Single;
    DATA_STREAM_NAMESPACE = "data_stream.namespace": Keyword Single;
    DATA_STREAM_TYPE = "data_stream.type": Keyword Single;

    EVENT_ACTION = "event.action": Keyword Single;
    EVENT_CATEGORY = "event.category": Keyword List;
    EVENT_CODE = "event.code": Keyword Single;
    EVENT_CREATED = "event.created": DateNanos Single;
    EVENT_DATASET = "event.dataset": Keyword Single;
    EVENT_INGESTED = "event.ingested": Date Single;
    EVENT_KIND = "event.kind": Keyword Single;
    EVENT_MODULE = "event.module": Keyword Single;
    EVENT_OUTCOME = "event.outcome": Keyword List;
    EVENT_PROVIDER = "event.provider": Keyword Single;
    EVENT_RISK_SCORE = "event.risk_score": Double Single;
    EVENT_SEVERITY = "event.severity": Long Single;
    EVENT_TYPE = "event.type": Keyword List;

    HOST_ID = "host.id": Keyword Single;
    HOST_IP = "host.ip": Ip List;
    HOST_NAME = "host.name": Keyword Single;
    HOST_OS_FAMILY = "host.os.family": Keyword Single;
    HOST_OS_TYPE = "host.os.type": Keyword Single;

    EVQL_RECOVERED = "evql.recovered": Boolean Single;

    LOG_FILE_PATH = "log.file.path": Keyword Single;
    LOG_LEVEL = "log.level": Keyword Single;

    ERROR_CODE = "error.code": Keyword Single;
    ERROR_MESSAGE = "error.message": Text Single;

    PROCESS_ARGS = "process.args": Keyword List;
    PROCESS_ARGS_COUNT = "process.args_count": Long Single;
    PROCESS_COMMAND_LINE = "process.command_line": Wildcard Single;
    PROCESS_ENTITY_ID = "process.entity_id": Keyword Single;
    PROCESS_EXECUTABLE = "process.executable": Keyword Single;
    PROCESS_HASH_MD5 = "process.hash.md5": Keyword Single;
    PROCESS_HASH_SHA1 = "process.hash.sha1": Keyword Single;
    PROCESS_HASH_SHA256 = "process.hash.sha256": Keyword Single;
    PROCESS_HASH_SHA512 = "process.hash.sha512": Keyword Single;
    PROCESS_INTEGRITY_LEVEL = "process.Ext.token.integrity_level_name": Keyword Single;
    PROCESS_NAME = "process.name": Keyword Single;
    PROCESS_PARENT_ARGS = "process.parent.args": Keyword List;
    PROCESS_PARENT_ARGS_COUNT = "process.parent.args_count": Long Single;
    PROCESS_PARENT_COMMAND_LINE = "process.parent.command_line": Wildcard Single;
    PROCESS_PARENT_ENTITY_ID = "process.parent.entity_id": Keyword Single;
    PROCESS_PARENT_EXECUTABLE = "process.parent.executable": Keyword Single;
    PROCESS_PARENT_NAME = "process.parent.name": Keyword Single;
    PROCESS_PARENT_PID = "process.parent.pid": Long Single;
    PROCESS_PE_COMPANY = "process.pe.company": Keyword Single;
    PROCESS_PE_DESCRIPTION = "process.pe.description": Keyword Single;
    PROCESS_PE_FILE_VERSION = "process.pe.file_version": Keyword Single;
    PROCESS_PE_IMPHASH = "process.pe.imphash": Keyword Single;
    PROCESS_PE_ORIGINAL_FILE_NAME = "process.pe.original_file_name": Keyword Single;
    PROCESS_PE_PRODUCT = "process.pe.product": Keyword Single;
    PROCESS_PID = "process.pid": Long Single;
    PROCESS_THREAD_ID = "process.thread.id": Long Single;
    PROCESS_WORKING_DIRECTORY = "process.working_directory": Keyword Single;

    PROCESS_EXT_ANCESTRY = "process.Ext.ancestry": Keyword List;
    PROCESS_EXT_API_NAME = "process.Ext.api.name": Keyword Single;
    PROCESS_EXT_DEVICE_BUS_TYPE = "process.Ext.device.bus_type": Keyword Single;
    PROCESS_EXT_DEVICE_PRODUCT_ID = "process.Ext.device.product_id": Keyword Single;
    PROCESS_EXT_EFFECTIVE_PARENT_ENTITY_ID = "process.Ext.effective_parent.entity_id": Keyword Single;
    PROCESS_EXT_EFFECTIVE_PARENT_EXECUTABLE = "process.Ext.effective_parent.executable": Keyword Single;
    PROCESS_EXT_EFFECTIVE_PARENT_NAME = "process.Ext.effective_parent.name": Keyword Single;
    PROCESS_EXT_RELATIVE_FILE_CREATION_TIME = "process.Ext.relative_file_creation_time": Double Single;
    PROCESS_EXT_RELATIVE_FILE_NAME_MODIFY_TIME = "process.Ext.relative_file_name_modify_time": Double Single;
    PROCESS_EXT_TOKEN_ELEVATION_LEVEL = "process.Ext.token.elevation_level": Keyword Single;
    PROCESS_CODE_SIGNATURE_EXISTS = "process.code_signature.exists": Boolean Single;
    PROCESS_CODE_SIGNATURE_STATUS = "process.code_signature.status": Keyword Single;
    PROCESS_CODE_SIGNATURE_SUBJECT_NAME = "process.code_signature.subject_name": Keyword Single;
    PROCESS_CODE_SIGNATURE_TRUSTED = "process.code_signature.trusted": Boolean Single;
    PROCESS_CODE_SIGNATURE_VALID = "process.code_signature.valid": Boolean Single;
    PROCESS_END = "process.end": Date Single;
    PROCESS_EXIT_CODE = "process.exit_code": Long Single;
    PROCESS_START = "process.start": Date Single;
    PROCESS_UPTIME = "process.uptime": Long Single;
    PROCESS_TITLE = "process.title": Keyword Single;
    PROCESS_THREAD_NAME = "process.thread.name": Keyword Single;
    PROCESS_PARENT_EXT_REAL_PID = "process.parent.Ext.real.pid": Long Single;
    PROCESS_PARENT_CODE_SIGNATURE_EXISTS = "process.parent.code_signature.exists": Boolean Single;
    PROCESS_PARENT_CODE_SIGNATURE_STATUS = "process.parent.code_signature.status": Keyword Single;
    PROCESS_PARENT_CODE_SIGNATURE_SUBJECT_NAME = "process.parent.code_signature.subject_name": Keyword Single;
    PROCESS_PARENT_CODE_SIGNATURE_TRUSTED = "process.parent.code_signature.trusted": Boolean Single;
    PROCESS_PARENT_WORKING_DIRECTORY = "process.parent.working_directory": Keyword Single;
    PROCESS_GROUP_LEADER_ENTITY_ID = "process.group_leader.entity_id": Keyword Single;
    PROCESS_SESSION_LEADER_ENTITY_ID = "process.session_leader.entity_id": Keyword Single;
    EFFECTIVE_PROCESS_ENTITY_ID = "Effective_process.entity_id": Keyword Single;
    EFFECTIVE_PROCESS_EXECUTABLE = "Effective_process.executable": Keyword Single;
    EFFECTIVE_PROCESS_NAME = "Effective_process.name": Keyword Single;
    EFFECTIVE_PROCESS_PID = "Effective_process.pid": Long Single;
    TARGET_PROCESS_EXECUTABLE = "Target.process.executable": Keyword Single;
    TARGET_PROCESS_NAME = "Target.process.name": Keyword Single;
    TARGET_PROCESS_PID = "Target.process.pid": Long Single;

    FILE_CODE_SIGNATURE_STATUS = "file.code_signature.status": Keyword Single;
    FILE_CODE_SIGNATURE_SUBJECT_NAME = "file.code_signature.subject_name": Keyword Single;
    FILE_CODE_SIGNATURE_TRUSTED = "file.code_signature.trusted": Boolean Single;
    FILE_CODE_SIGNATURE_VALID = "file.code_signature.valid": Boolean Single;
    FILE_DIRECTORY = "file.directory": Keyword Single;
    FILE_EXTENSION = "file.extension": Keyword Single;
    FILE_HASH_MD5 = "file.hash.md5": Keyword Single;
    FILE_HASH_SHA1 = "file.hash.sha1": Keyword Single;
    FILE_HASH_SHA256 = "file.hash.sha256": Keyword Single;
    FILE_HASH_SHA512 = "file.hash.sha512": Keyword Single;
    FILE_NAME = "file.name": Keyword Single;
    FILE_PATH = "file.path": Keyword Single;
    FILE_PE_COMPANY = "file.pe.company": Keyword Single;
    FILE_PE_DESCRIPTION = "file.pe.description": Keyword Single;
    FILE_PE_FILE_VERSION = "file.pe.file_version": Keyword Single;
    FILE_PE_IMPHASH = "file.pe.imphash": Keyword Single;
    FILE_PE_ORIGINAL_FILE_NAME = "file.pe.original_file_name": Keyword Single;
    FILE_PE_PRODUCT = "file.pe.product": Keyword Single;

    FILE_EXT_ENTROPY = "file.Ext.entropy": Double Single;
    FILE_EXT_HEADER_BYTES = "file.Ext.header_bytes": Keyword Single;
    FILE_EXT_ORIGINAL_NAME = "file.Ext.original.name": Keyword Single;
    FILE_EXT_ORIGINAL_PATH = "file.Ext.original.path": Keyword Single;
    FILE_EXT_WINDOWS_ZONE_IDENTIFIER = "file.Ext.windows.zone_identifier": Long Single;
    FILE_ATTRIBUTES = "file.attributes": Keyword List;
    FILE_CODE_SIGNATURE_EXISTS = "file.code_signature.exists": Boolean Single;
    FILE_CREATED = "file.created": Date Single;
    FILE_MIME_TYPE = "file.mime_type": Keyword Single;
    FILE_MTIME = "file.mtime": Date Single;
    FILE_ORIGIN_REFERRER_URL = "file.origin_referrer_url": Keyword Single;
    FILE_ORIGIN_URL = "file.origin_url": Keyword Single;
    FILE_OWNER = "file.owner": Keyword Single;
    FILE_SIZE = "file.size": Long Single;
    FILE_TARGET_PATH = "file.target_path": Keyword Single;
    FILE_TYPE = "file.type": Keyword Single;

    DLL_CODE_SIGNATURE_STATUS = "dll.code_signature.status": Keyword Single;
    DLL_CODE_SIGNATURE_SUBJECT_NAME = "dll.code_signature.subject_name": Keyword Single;
    DLL_CODE_SIGNATURE_TRUSTED = "dll.code_signature.trusted": Boolean Single;
    DLL_HASH_MD5 = "dll.hash.md5": Keyword Single;
    DLL_HASH_SHA1 = "dll.hash.sha1": Keyword Single;
    DLL_HASH_SHA256 = "dll.hash.sha256": Keyword Single;
    DLL_HASH_SHA512 = "dll.hash.sha512": Keyword Single;
    DLL_NAME = "dll.name": Keyword Single;
    DLL_PATH = "dll.path": Keyword Single;
    DLL_PE_IMPHASH = "dll.pe.imphash": Keyword Single;
    DLL_PE_ORIGINAL_FILE_NAME = "dll.pe.original_file_name": Keyword Single;

    DLL_EXT_RELATIVE_FILE_CREATION_TIME = "dll.Ext.relative_file_creation_time": Double Single;
    DLL_EXT_RELATIVE_FILE_NAME_MODIFY_TIME = "dll.Ext.relative_file_name_modify_time": Double Single;
    DLL_CODE_SIGNATURE_EXISTS = "dll.code_signature.exists": Boolean Single;
    DLL_CODE_SIGNATURE_VALID = "dll.code_signature.valid": Boolean Single;

    USER_DOMAIN = "user.domain": Keyword Single;
    USER_ID = "user.id": Keyword Single;
    USER_NAME = "user.name": Keyword Single;

    USER_EMAIL = "user.email": Keyword Single;
    USER_EFFECTIVE_ID = "user.effective.id": Keyword Single;
    USER_EFFECTIVE_NAME = "user.effective.name": Keyword Single;
    USER_FULL_NAME = "user.full_name": Keyword Single;
    USER_TARGET_ID = "user.target.id": Keyword Single;
    USER_TARGET_NAME = "user.target.name": Keyword Single;
    GROUP_DOMAIN = "group.domain": Keyword Single;
    GROUP_ID = "group.id": Keyword Single;
    GROUP_NAME = "group.name": Keyword Single;
    CLIENT_IP = "client.ip": Ip Single;
    DESTINATION_ADDRESS = "destination.address": Keyword Single;
    SOURCE_ADDRESS = "source.address": Keyword Single;

    SOURCE_DOMAIN = "source.domain": Keyword Single;
    SOURCE_IP = "source.ip": Ip Single;
    SOURCE_PORT = "source.port": Long Single;
    DESTINATION_DOMAIN = "destination.domain": Keyword Single;
    DESTINATION_IP = "destination.ip": Ip Single;
    DESTINATION_PORT = "destination.port": Long Single;

    NETWORK_COMMUNITY_ID = "network.community_id": Keyword Single;
    NETWORK_DIRECTION = "network.direction": Keyword Single;
    NETWORK_PROTOCOL = "network.protocol": Keyword Single;
    NETWORK_TRANSPORT = "network.transport": Keyword Single;
    NETWORK_TYPE = "network.type": Keyword Single;

    DNS_ANSWERS_DATA = "dns.answers.data": Keyword List;
    DNS_ANSWERS_TYPE = "dns.answers.type": Keyword List;
    DNS_QUESTION_NAME = "dns.question.name": Keyword Single;
    DNS_QUESTION_REGISTERED_DOMAIN = "dns.question.registered_domain": Keyword Single;
    DNS_QUESTION_SUBDOMAIN = "dns.question.subdomain": Keyword Single;
    DNS_QUESTION_TOP_LEVEL_DOMAIN = "dns.question.top_level_domain": Keyword Single;
    DNS_QUESTION_TYPE = "dns.question.type": Keyword Single;
    DNS_RESOLVED_IP = "dns.resolved_ip": Ip List;
    DNS_RESPONSE_CODE = "dns.response_code": Keyword Single;
    HTTP_REQUEST_METHOD = "http.request.method": Keyword Single;
    NETWORK_BYTES = "network.bytes": Long Single;
    NETWORK_IANA_NUMBER = "network.iana_number": Keyword Single;
    URL_DOMAIN = "url.domain": Keyword Single;
    URL_FULL = "url.full": Wildcard Single;
    REGISTRY_DATA_BYTES = "registry.data.bytes": Keyword Single;
    REGISTRY_DATA_STRINGS = "registry.data.strings": Wildcard List;
    REGISTRY_DATA_TYPE = "registry.data.type": Keyword Single;
    REGISTRY_HIVE = "registry.hive": Keyword Single;
    REGISTRY_KEY = "registry.key": Keyword Single;
    REGISTRY_PATH = "registry.path": Keyword Single;
    REGISTRY_VALUE = "registry.value": Keyword Single;
    SERVICE_NAME = "service.name": Keyword Single;
    SERVICE_TYPE = "service.type": Keyword Single;

    RELATED_HASH = "related.hash": Keyword List;
    RELATED_HOSTS = "related.hosts": Keyword List;
    RELATED_IP = "related.ip": Ip List;
    RELATED_USER = "related.user": Keyword List;

    RULE_ID = "rule.id": Keyword Single;
    RULE_NAME = "rule.name": Keyword Single;

    POWERSHELL_FILE_SCRIPT_BLOCK_TEXT = "powershell.file.script_block_text": Text Single;
    SYSMON_DNS_STATUS = "sysmon.dns.status": Keyword Single;
    SYSMON_FILE_ARCHIVED = "sysmon.file.archived": Boolean Single;
    SYSMON_FILE_IS_EXECUTABLE = "sysmon.file.is_executable": Boolean Single;

    WINLOG_ACTIVITY_ID = "winlog.activity_id": Keyword Single;
    WINLOG_CHANNEL = "winlog.channel": Keyword Single;
    WINLOG_COMPUTER_NAME = "winlog.computer_name": Keyword Single;
    WINLOG_EVENT_ID = "winlog.event_id": Keyword Single;
    WINLOG_KEYWORDS = "winlog.keywords": Keyword List;
    WINLOG_OPCODE = "winlog.opcode": Keyword Single;
    WINLOG_PROCESS_PID = "winlog.process.pid": Long Single;
    WINLOG_PROCESS_THREAD_ID = "winlog.process.thread.id": Long Single;
    WINLOG_PROVIDER_GUID = "winlog.provider_guid": Keyword Single;
    WINLOG_PROVIDER_NAME = "winlog.provider_name": Keyword Single;
    WINLOG_RECORD_ID = "winlog.record_id": Keyword Single;
    WINLOG_RELATED_ACTIVITY_ID = "winlog.related_activity_id": Keyword Single;
    WINLOG_TASK = "winlog.task": Keyword Single;
    WINLOG_USER_IDENTIFIER = "winlog.user.identifier": Keyword Single;
    WINLOG_VERSION = "winlog.version": Long Single;

    WINLOG_LOGON_ID = "winlog.logon.id": Keyword Single;
    WINLOG_LOGON_TYPE = "winlog.logon.type": Keyword Single;

    DATA_COMPANY = "winlog.event_data.Company": Keyword Single;
    DATA_DESCRIPTION = "winlog.event_data.Description": Keyword Single;
    DATA_FILE_VERSION = "winlog.event_data.FileVersion": Keyword Single;
    DATA_INTEGRITY_LEVEL = "winlog.event_data.IntegrityLevel": Keyword Single;
    DATA_LOGON_GUID = "winlog.event_data.LogonGuid": Keyword Single;
    DATA_LOGON_ID = "winlog.event_data.LogonId": Keyword Single;
    DATA_PARENT_USER = "winlog.event_data.ParentUser": Keyword Single;
    DATA_PRODUCT = "winlog.event_data.Product": Keyword Single;
    DATA_SIGNATURE = "winlog.event_data.Signature": Keyword Single;
    DATA_SIGNATURE_STATUS = "winlog.event_data.SignatureStatus": Keyword Single;
    DATA_SIGNED = "winlog.event_data.Signed": Keyword Single;
    DATA_TARGET_IMAGE = "winlog.event_data.TargetImage": Keyword Single;
    DATA_GRANTED_ACCESS = "winlog.event_data.GrantedAccess": Keyword Single;
    DATA_EVENT_TYPE = "winlog.event_data.EventType": Keyword Single;
    DATA_TERMINAL_SESSION_ID = "winlog.event_data.TerminalSessionId": Keyword Single;
}
