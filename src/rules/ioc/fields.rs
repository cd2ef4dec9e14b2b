//! The fields in which indicators are looked for, and how each is read. `docs/ioc.md` has the same table; a test compares them.

use super::indicator::{HashAlgorithm, IndicatorKind};
use super::tables::FieldReading;

use FieldReading::{Address, Domain, FileName, Folder, Hash, Path, Text};
use HashAlgorithm::{Imphash, Md5, Sha1, Sha256, Sha512};

/// Every field that can hold an indicator, with how it is read.
pub const FIELDS: &[(&str, FieldReading)] = &[
    ("process.hash.md5", Hash(Md5)),
    ("process.hash.sha1", Hash(Sha1)),
    ("process.hash.sha256", Hash(Sha256)),
    ("process.hash.sha512", Hash(Sha512)),
    ("process.pe.imphash", Hash(Imphash)),
    ("process.parent.hash.md5", Hash(Md5)),
    ("process.parent.hash.sha1", Hash(Sha1)),
    ("process.parent.hash.sha256", Hash(Sha256)),
    ("file.hash.md5", Hash(Md5)),
    ("file.hash.sha1", Hash(Sha1)),
    ("file.hash.sha256", Hash(Sha256)),
    ("file.hash.sha512", Hash(Sha512)),
    ("file.pe.imphash", Hash(Imphash)),
    ("dll.hash.md5", Hash(Md5)),
    ("dll.hash.sha1", Hash(Sha1)),
    ("dll.hash.sha256", Hash(Sha256)),
    ("dll.hash.sha512", Hash(Sha512)),
    ("dll.pe.imphash", Hash(Imphash)),
    ("source.ip", Address),
    ("destination.ip", Address),
    ("client.ip", Address),
    ("server.ip", Address),
    ("dns.resolved_ip", Address),
    ("source.domain", Domain),
    ("destination.domain", Domain),
    ("dns.question.name", Domain),
    ("dns.answers.data", Domain),
    ("url.domain", Domain),
    ("process.executable", Path),
    ("process.parent.executable", Path),
    ("process.Ext.effective_parent.executable", Path),
    ("Target.process.executable", Path),
    ("Effective_process.executable", Path),
    ("winlog.event_data.TargetImage", Path),
    ("file.path", Path),
    ("file.target_path", Path),
    ("file.Ext.original.path", Path),
    ("dll.path", Path),
    ("process.name", FileName),
    ("process.parent.name", FileName),
    ("process.pe.original_file_name", FileName),
    ("file.name", FileName),
    ("file.pe.original_file_name", FileName),
    ("dll.name", FileName),
    ("dll.pe.original_file_name", FileName),
    ("process.working_directory", Folder),
    ("process.command_line", Text),
    ("process.parent.command_line", Text),
    ("registry.data.strings", Text),
    ("url.full", Text),
    ("url.original", Text),
    ("file.origin_url", Text),
    ("file.origin_referrer_url", Text),
    ("powershell.file.script_block_text", Text),
    ("winlog.event_data.Contents", Text),
    ("winlog.event_data.Query", Text),
    ("winlog.event_data.ScriptBlockText", Text),
    ("sysmon.entry.Destination", Text),
];

impl IndicatorKind {
    /// Whether a field that is read so can hold an indicator of the kind.
    pub const fn is_in(self, reading: FieldReading) -> bool {
        match self {
            Self::Hash => matches!(reading, Hash(_)),
            Self::Address => matches!(reading, Address | Text),
            Self::Domain => matches!(reading, Domain | Text),
            // Where a text has the host, it has the URL too.
            Self::Host => matches!(reading, Address | Domain),
            Self::Url => matches!(reading, Text),
            Self::Path => matches!(reading, Path | Folder | Text),
            Self::FileName => matches!(reading, Path | FileName | Text),
        }
    }
}
