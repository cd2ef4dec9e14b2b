//! The fields themselves: one line a field, by field set.
//!
//! Types are those of ECS 8.17 and of Elastic's Windows integration. `Single` or `List` is ECS's normalisation.

use super::define_fields;

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
    EVENT_OUTCOME = "event.outcome": Keyword Single;
    EVENT_PROVIDER = "event.provider": Keyword Single;
    EVENT_RISK_SCORE = "event.risk_score": Double Single;
    EVENT_SEVERITY = "event.severity": Long Single;
    EVENT_TYPE = "event.type": Keyword List;

    HOST_ID = "host.id": Keyword Single;
    HOST_IP = "host.ip": Ip List;
    HOST_NAME = "host.name": Keyword Single;
    HOST_OS_FAMILY = "host.os.family": Keyword Single;
    HOST_OS_TYPE = "host.os.type": Keyword Single;

    LOG_FILE_PATH = "log.file.path": Keyword Single;
    LOG_LEVEL = "log.level": Keyword Single;

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

    USER_DOMAIN = "user.domain": Keyword Single;
    USER_ID = "user.id": Keyword Single;
    USER_NAME = "user.name": Keyword Single;

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

    RELATED_HASH = "related.hash": Keyword List;
    RELATED_HOSTS = "related.hosts": Keyword List;
    RELATED_IP = "related.ip": Ip List;
    RELATED_USER = "related.user": Keyword List;

    RULE_ID = "rule.id": Keyword Single;
    RULE_NAME = "rule.name": Keyword Single;

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
    DATA_TERMINAL_SESSION_ID = "winlog.event_data.TerminalSessionId": Keyword Single;
}
