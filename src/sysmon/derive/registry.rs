//! Fields of registry events: where in the registry, and what was written there.

use crate::ecs;
use crate::event::{Document, Value};
use crate::sysmon::raw::EventData;
use crate::sysmon::step_context::{Done, StepContext};

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

/// `registry.*` from `TargetObject` and `Details`.
pub fn registry(data: &mut EventData<'_>, document: &mut Document, _: StepContext) -> Done {
    if let Some(path) = data.get("TargetObject") {
        place(path, document);
    }
    if let Some(details) = data.get("Details") {
        let (kind, text) = written(details);
        document.set(ecs::REGISTRY_DATA_TYPE, kind);
        document.set_all(ecs::REGISTRY_DATA_STRINGS, [Value::from(text)]);
    }
    Ok(())
}

/// Path, hive, key and value. The key includes the name of the value, and a created key has itself for a value, as in Elastic.
fn place(path: &str, document: &mut Document) {
    document.set(ecs::REGISTRY_PATH, path);
    let parts = path.trim_end_matches('\\');
    let Some(value) = parts.rsplit('\\').next().filter(|value| !value.is_empty()) else { return };
    document.set(ecs::REGISTRY_VALUE, value);
    let (root, key) = parts.split_once('\\').unwrap_or((parts, ""));
    let hive = HIVES.iter().find(|&&(long, short)| root == long || root == short);
    if let Some(&(_, short)) = hive {
        document.set(ecs::REGISTRY_HIVE, short);
        if !key.is_empty() {
            document.set(ecs::REGISTRY_KEY, key);
        }
    }
}

/// The number that was written, in decimal digits; `None` if it was no number.
pub fn data(details: &str) -> Option<String> {
    dword(details).map(u64::from).or_else(|| qword(details)).map(|number| number.to_string())
}

/// Type and text of what was written.
fn written(details: &str) -> (&'static str, String) {
    if let Some(number) = data(details) {
        (if details.starts_with('D') { "SZ_DWORD" } else { "SZ_QWORD" }, number)
    } else if details == "Binary Data" {
        ("REG_BINARY", details.to_owned())
    } else {
        ("REG_SZ", details.to_owned())
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
