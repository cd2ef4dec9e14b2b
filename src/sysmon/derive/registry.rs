//! Fields of registry events: where in the registry, and what was written there.

/// Roots with their short names. Others, such as the kernel's `\REGISTRY`, leave hive and key out.
const HIVES: &[(&str, &str)] = &[
    ("HKEY_LOCAL_MACHINE", "HKLM"),
    ("HKEY_USERS", "HKU"),
    ("HKEY_CLASSES_ROOT", "HKCR"),
    ("HKEY_CURRENT_USER", "HKCU"),
    ("HKEY_CURRENT_CONFIG", "HKCC"),
    ("HKEY_DYN_DATA", "HKDD"),
    ("HKEY_PERFORMANCE_DATA", "HKPD"),
];

/// The short names of all roots.
pub fn hives() -> impl Iterator<Item = &'static str> {
    HIVES.iter().map(|(_, short)| *short)
}

/// The types of what can be written.
pub const DATA_TYPES: &[&str] = &["SZ_DWORD", "SZ_QWORD", "REG_BINARY", "REG_SZ"];

/// The parts of a registry path behind its root, which is the first part; and that root. A backslash at the end does not count.
fn root_and_key(path: &str) -> (&str, &str) {
    let parts = path.trim_end_matches('\\');
    parts.split_once('\\').unwrap_or((parts, ""))
}

/// The short name of the root of a path; `None` if it is no hive.
pub fn hive(path: &str) -> Option<&'static str> {
    let (root, _) = root_and_key(path);
    HIVES.iter().find(|&&(long, short)| root == long || root == short).map(|&(_, short)| short)
}

/// The key of a path in a hive. It includes the name of the value, as in Elastic.
pub fn key(path: &str) -> Option<&str> {
    // Without a known root the pipeline cannot tell where the key begins: the kernel's `\REGISTRY\A\…` has none.
    hive(path)?;
    Some(root_and_key(path).1).filter(|key| !key.is_empty())
}

/// The value of a path. A created key has itself for a value, as in Elastic.
pub fn value(path: &str) -> Option<&str> {
    path.trim_end_matches('\\').rsplit('\\').next().filter(|value| !value.is_empty())
}

/// The number that was written; `None` if it was no number.
pub fn number(details: &str) -> Option<u64> {
    dword(details).map(u64::from).or_else(|| qword(details))
}

/// The type of what was written.
pub fn data_type(details: &str) -> &'static str {
    match number(details) {
        Some(_) if details.starts_with('D') => "SZ_DWORD",
        Some(_) => "SZ_QWORD",
        None if details == "Binary Data" => "REG_BINARY",
        None => "REG_SZ",
    }
}

fn hex(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

fn dword(details: &str) -> Option<u32> {
    hex(details.strip_prefix("DWORD (")?.strip_suffix(')')?)
}

/// Elastic's pipeline shifts the high half by 8 bits instead of 32; the value in its index is what rules see.
fn qword(details: &str) -> Option<u64> {
    let (high, low) = details.strip_prefix("QWORD (")?.strip_suffix(')')?.split_once('-')?;
    Some((u64::from(hex(high)?) << 8) + u64::from(hex(low)?))
}

#[cfg(test)]
mod tests;
