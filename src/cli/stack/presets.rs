//! What responders stack first, ready-made: fields, and the events that they are taken of.

use crate::cli::args::StackBy;

/// Fields, and a condition.
pub type StackPreset = (&'static [&'static str], &'static str);

/// The fields and the condition of a ready-made stack.
pub const fn preset(by: StackBy) -> StackPreset {
    // Elastic's integration gives an image that was loaded the type of a start too.
    const START: &str = r#"process where event.type == "start" and not event.category == "library""#;
    match by {
        StackBy::ParentChild => (&["process.parent.name", "process.name"], START),
        StackBy::Image => (&["process.executable"], START),
        StackBy::CommandLine => (&["process.command_line"], START),
        StackBy::Dns => (&["dns.question.name"], "any where dns.question.name != null"),
        StackBy::Destination => (
            &["destination.ip", "destination.port"],
            // Of a connection that was accepted the destination is the host itself.
            r#"network where destination.ip != null and network.direction == "egress""#,
        ),
        StackBy::Hash => (&["process.hash.sha256", "process.name"], START),
        StackBy::Service => (
            &["registry.path", "registry.data.strings"],
            r#"registry where registry.path : "*\\Services\\*\\ImagePath" and registry.data.strings != null"#,
        ),
        StackBy::RunKey => (
            &["registry.path", "registry.data.strings"],
            r#"registry where registry.path : ("*\\CurrentVersion\\Run\\*", "*\\CurrentVersion\\RunOnce*\\*", "*\\CurrentVersion\\RunServices*\\*",
               "*\\CurrentVersion\\Policies\\Explorer\\Run\\*") and registry.data.strings != null"#,
        ),
        StackBy::Signer => (
            &["file.code_signature.subject_name", "file.code_signature.status"],
            r#"any where event.code in ("6", "7")"#,
        ),
    }
}
