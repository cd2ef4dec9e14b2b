//! Names of files, keys and servers of the invented hosts: tables, as they stand in logs of ordinary Windows hosts.
//!
//! Texts have gaps such as `{user}` and `{n}`, which [`filled`] fills. How often something happens is not decided here.

use super::random::Random;
use std::fmt::Write as _;

/// A library that processes load.
#[derive(Debug)]
pub(super) struct Library {
    pub(super) path: &'static str,
    pub(super) description: &'static str,
    pub(super) original: &'static str,
}

const fn library(path: &'static str, description: &'static str, original: &'static str) -> Library {
    Library { path, description, original }
}

/// Libraries, all of Windows itself.
pub(super) static LIBRARIES: &[Library] = &[
    library(r"C:\Windows\System32\ntdll.dll", "NT Layer DLL", "ntdll.dll"),
    library(r"C:\Windows\System32\kernel32.dll", "Windows NT BASE API Client DLL", "kernel32"),
    library(r"C:\Windows\System32\KernelBase.dll", "Windows NT BASE API Client DLL", "Kernelbase"),
    library(r"C:\Windows\System32\user32.dll", "Multi-User Windows USER API Client DLL", "user32"),
    library(r"C:\Windows\System32\combase.dll", "Microsoft COM for Windows", "COMBASE.DLL"),
    library(r"C:\Windows\System32\ws2_32.dll", "Windows Socket 2.0 32-Bit DLL", "ws2_32.dll"),
    library(r"C:\Windows\System32\dnsapi.dll", "DNS Client API DLL", "dnsapi"),
    library(r"C:\Windows\System32\winhttp.dll", "Windows HTTP Services", "winhttp.dll"),
    library(r"C:\Windows\System32\crypt32.dll", "Crypto API32", "CRYPT32.DLL"),
    library(
        r"C:\Windows\System32\bcryptprimitives.dll",
        "Windows Cryptographic Primitives Library",
        "bcryptprimitives.dll",
    ),
    library(r"C:\Windows\System32\amsi.dll", "Anti-Malware Scan Interface", "amsi.dll"),
    library(r"C:\Windows\System32\taskschd.dll", "Task Scheduler COM API", "taskschd.dll"),
    library(r"C:\Windows\System32\wbem\wbemprox.dll", "WMI", "wbemprox.dll"),
    library(r"C:\Windows\System32\uxtheme.dll", "Microsoft UxTheme Library", "UxTheme.dll"),
    library(r"C:\Windows\System32\propsys.dll", "Microsoft Property System", "propsys.dll"),
    library(
        r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll",
        "Microsoft .NET Runtime Common Language Runtime - WorkStation",
        "clr.dll",
    ),
];

/// Files that are written.
pub(super) static FILES: &[&str] = &[
    r"C:\Users\{user}\AppData\Local\Temp\{guid}.tmp",
    r"C:\Users\{user}\AppData\Local\Google\Chrome\User Data\Default\Cache\Cache_Data\f_{hex}",
    r"C:\Users\{user}\Downloads\{doc}.pdf",
    r"C:\Users\{user}\Documents\{doc}.docx",
    r"C:\Users\{user}\AppData\Roaming\Microsoft\Windows\Recent\{doc}.lnk",
    r"C:\ProgramData\Microsoft\Windows\WER\Temp\WER{hex}.tmp.xml",
    r"C:\Windows\Prefetch\{word}.EXE-{hex}.pf",
    r"C:\Windows\Temp\{word}{n}.log",
    r"C:\Users\{user}\AppData\Local\Microsoft\Outlook\~{word}{n}.ost.tmp",
    r"C:\Users\{user}\source\{word}\obj\Debug\{word}{n}.dll",
];

/// Registry keys that are made and deleted.
pub(super) static KEYS: &[&str] = &[
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UserData\S-1-5-18\Components\{hex}{hex}",
    r"HKU\S-1-5-21-{n}{n}-{n}{n}-{n}{n}-1104\Software\Microsoft\Windows\CurrentVersion\Explorer\RecentDocs\.{word}",
    r"HKLM\System\CurrentControlSet\Services\{word}",
    r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\{word}",
];

/// Registry values that are set, with what is written there.
pub(super) static ENTRIES: &[(&str, &str)] = &[
    (r"HKLM\System\CurrentControlSet\Services\Tcpip\Parameters\Interfaces\{guid}\LeaseObtainedTime", "DWORD (0x{hex})"),
    (
        r"HKLM\System\CurrentControlSet\Services\bam\State\UserSettings\S-1-5-18\\Device\HarddiskVolume3\Windows\{word}.exe",
        "Binary Data",
    ),
    (r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tasks\{guid}\DynamicInfo", "Binary Data"),
    (r"HKU\.DEFAULT\Software\Microsoft\{word}\LastRun", "QWORD (0x{hex}-0x{hex})"),
    (r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\{word}", r"C:\Program Files\{word}\{word}.exe --background"),
    (r"HKLM\System\CurrentControlSet\Services\{word}\Start", "DWORD (0x00000003)"),
];

/// Ports of other hosts, with the name that Windows has for each; `-` where it has none.
pub(super) static PUBLIC_PORTS: &[(u16, &str)] = &[
    (443, "https"),
    (443, "https"),
    (443, "https"),
    (443, "https"),
    (80, "http"),
    (8080, "-"),
    (5228, "-"),
    (993, "imaps"),
];

/// Ports in the own network, with the names that Sysmon gives them.
pub(super) static PRIVATE_PORTS: &[(u16, &str)] = &[
    (445, "microsoft-ds"),
    (389, "ldap"),
    (88, "kerberos"),
    (135, "epmap"),
    (53, "domain"),
    (443, "https"),
    (8080, "-"),
    (49_667, "-"),
    (9100, "-"),
];

/// First two parts of public addresses, outside of all special ranges.
pub(super) static PUBLIC_BLOCKS: &[(u8, u8)] = &[
    (13, 107),
    (20, 190),
    (23, 45),
    (34, 117),
    (40, 126),
    (52, 96),
    (93, 184),
    (104, 18),
    (104, 21),
    (140, 82),
    (142, 250),
    (151, 101),
    (172, 217),
    (185, 199),
    (204, 79),
    (8, 251),
];

/// First 32 bits of public IPv6 addresses.
pub(super) static PUBLIC_BLOCKS_6: &[(u16, u16)] =
    &[(0x2a00, 0x1450), (0x2606, 0x4700), (0x2620, 0x01ec), (0x2603, 0x1046), (0x2a04, 0x4e42)];

static SITES: &[&str] = &[
    "www.example.com",
    "cdn.example.net",
    "login.example.org",
    "api.shop.example",
    "static.news.example",
    "intranet.corp.example",
    "files.corp.example",
    "dc01.corp.example",
    "updates.vendor.example",
    "mail.partner.example",
    "img{n}.cdn.example.net",
    "{word}.cloud.example",
];

static WORDS: &[&str] = &[
    "backup",
    "build",
    "catalog",
    "cleanup",
    "deploy",
    "export",
    "import",
    "index",
    "inventory",
    "invoice",
    "ledger",
    "lint",
    "metrics",
    "monitor",
    "orders",
    "payroll",
    "planner",
    "report",
    "search",
    "sensor",
    "sync",
    "telemetry",
    "test",
    "upload",
    "vault",
    "watch",
];

static DOCUMENTS: &[&str] = &[
    "Quarterly report",
    "Prüfbericht {n}",
    "Minutes 2024-{n}",
    "Invoice {n}",
    "Résumé",
    "Roadmap v{n}",
    "offer_{n}",
    "見積書 {n}",
    "Travel expenses {n}",
    "Draft {n} (final)",
];

/// People who use the hosts.
pub(super) static USERS: &[&str] = &[
    "mara.lind",
    "jonas.berg",
    "ana.sousa",
    "t.nakamura",
    "p.okafor",
    "lea.huber",
    "i.novak",
    "s.rossi",
    "d.cohen",
    "eva.koch",
    "r.singh",
    "m.dubois",
];

/// A text with its gaps filled. A name in braces that is none of ours stays as it is.
pub(super) fn filled(text: &str, user: &str, random: &mut Random) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((gap, after)) = after.split_once('}') else {
            rest = after;
            continue;
        };
        fill(&mut out, gap, user, random);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Writing to a String cannot fail.
fn fill(out: &mut String, gap: &str, user: &str, random: &mut Random) {
    let _ = match gap {
        "user" => write!(out, "{user}"),
        "n" => write!(out, "{}", random.between(1, 10_000)),
        "byte" => write!(out, "{}", random.between(1, 255)),
        "hex" => write!(out, "{:08x}", random.below(1 << 32)),
        "guid" => {
            let (high, low) = (random.next(), random.next());
            write!(
                out,
                "{{{:08x}-{:04x}-{:04x}-{:04x}-{:012x}}}",
                high >> 32,
                (high >> 16) & 0xffff,
                high & 0xffff,
                low >> 48,
                low & 0xffff_ffff_ffff
            )
        }
        "word" => write!(out, "{}", random.pick(WORDS)),
        "doc" => {
            let document = *random.pick(DOCUMENTS);
            let document = filled(document, user, random);
            write!(out, "{document}")
        }
        "site" => {
            let site = site(random);
            write!(out, "{site}")
        }
        other => write!(out, "{{{other}}}"),
    };
}

/// The name of a host on the network.
pub(super) fn site(random: &mut Random) -> String {
    let site = *random.pick(SITES);
    filled(site, "", random)
}
