//! Names that every Windows has and that identify nobody, and words that are names of somebody only in some places.

/// Domains that Windows itself has, in the languages that it is sold in most.
const DOMAINS: &[&str] = &[
    "nt authority",
    "nt-autorität",
    "nt-autoritaet",
    "autorite nt",
    "autorité nt",
    "autoridad nt",
    "autoridade nt",
    "nt instans",
    "nt service",
    "builtin",
    "vordefiniert",
    "window manager",
    "font driver host",
    "iis apppool",
    "nt virtual machine",
    "application package authority",
    "workgroup",
    "azuread",
];

/// Accounts that Windows itself has.
const USERS: &[&str] = &[
    "system",
    "système",
    "sistema",
    "local service",
    "lokaler dienst",
    "service local",
    "network service",
    "netzwerkdienst",
    "service réseau",
    "anonymous logon",
    "anonymous-anmeldung",
    "everyone",
    "jeder",
    "iusr",
    "trustedinstaller",
    "defaultappool",
    "defaultapppool",
    "public",
    "default",
    "default user",
    "all users",
    "defaultuser0",
    "systemprofile",
    "localservice",
    "networkservice",
    "root",
    "nobody",
    "n/a",
    "-",
];

/// Hosts that are the same everywhere.
const HOSTS: &[&str] = &[
    "localhost",
    "wpad",
    "isatap",
    "tsclient",
    "wsl$",
    "wsl.localhost",
    "localdomain",
    ".",
    "?",
    "-",
    "globalroot",
    "device",
];

/// Labels of DNS names that say what a host is for, or are part of how services are found.
const LABELS: &[&str] = &[
    "www",
    "ftp",
    "mail",
    "smtp",
    "imap",
    "pop",
    "api",
    "cdn",
    "ns",
    "ns1",
    "ns2",
    "dc",
    "gc",
    "pdc",
    "sites",
    "domains",
    "in-addr",
    "ip6",
    "arpa",
    "local",
    "localdomain",
    "lan",
    "home",
    "internal",
    "intranet",
    "com",
    "net",
    "org",
    "edu",
    "gov",
    "mil",
    "int",
    "co",
    "ac",
    "uk",
    "de",
    "fr",
    "io",
    "default-first-site-name",
    "forestdnszones",
    "domaindnszones",
    "test",
    "example",
    "invalid",
    "localhost",
    "workgroup",
];

/// Words that are accounts or hosts somewhere and stand in paths, commands and rules everywhere.
const ORDINARY: &[&str] = &[
    "admin",
    "administrator",
    "administrators",
    "administrateur",
    "administrador",
    "user",
    "users",
    "guest",
    "test",
    "tester",
    "testing",
    "public",
    "service",
    "services",
    "server",
    "client",
    "desktop",
    "laptop",
    "office",
    "domain",
    "local",
    "remote",
    "network",
    "backup",
    "update",
    "default",
    "windows",
    "microsoft",
    "google",
    "chrome",
    "python",
    "oracle",
    "docker",
    "ansible",
    "vagrant",
    "jenkins",
    "support",
    "helpdesk",
    "security",
    "system",
    "operator",
    "power",
    "program",
    "programs",
    "files",
    "temp",
    "tools",
    "share",
    "shared",
    "data",
    "home",
    "root",
    "master",
    "student",
    "teacher",
    "owner",
    "manager",
    "developer",
    "account",
    "accounts",
    "explorer",
    "command",
    "script",
    "scripts",
    "internet",
    "process",
    "parent",
    "source",
    "target",
    "image",
    "object",
    "policy",
    "driver",
    "drivers",
    "registry",
    "software",
    "hardware",
    "victim",
    "attacker",
    "malware",
    "sample",
    "samples",
];

/// Whether a domain is Windows' own; in the letters of `fold`.
pub fn is_known_domain(folded: &str) -> bool {
    DOMAINS.contains(&folded.trim())
}

/// Whether an account is Windows' own.
pub fn is_known_user(folded: &str) -> bool {
    // DWM-1 and UMFD-0 are numbered by session.
    let session = folded.strip_prefix("dwm-").or_else(|| folded.strip_prefix("umfd-"));
    USERS.contains(&folded.trim()) || session.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a host is the same everywhere.
pub fn is_known_host(folded: &str) -> bool {
    HOSTS.contains(&folded.trim())
}

/// Whether a label of a DNS name names nobody.
pub fn is_known_label(folded: &str) -> bool {
    LABELS.contains(&folded) || folded.starts_with('_')
}

/// Whether a word is an ordinary one.
pub fn is_ordinary(folded: &str) -> bool {
    ORDINARY.contains(&folded)
}
