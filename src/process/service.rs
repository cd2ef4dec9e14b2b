//! Services in the registry.

/// The name of a service and what was written of it, from the path of a value.
pub fn service_of(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.split('\\');
    let hive = parts.next()?;
    let hives = ["HKLM", "HKEY_LOCAL_MACHINE"];
    let below = hives.iter().any(|name| hive.eq_ignore_ascii_case(name));
    let system = parts.next()?.eq_ignore_ascii_case("System");
    let set = parts.next()?;
    let is_set = set.eq_ignore_ascii_case("CurrentControlSet") || set.to_ascii_lowercase().starts_with("controlset");
    let services = parts.next()?.eq_ignore_ascii_case("Services");
    let name = parts.next().filter(|name| !name.is_empty())?;
    (below && system && is_set && services).then(|| (name, parts.next().unwrap_or_default()))
}
