//! Names of hosts.
//!
//! This file does not know what is asked of them.

/// Whether a text can be the name of a host.
pub fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.chars().count())
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || (!c.is_ascii() && c.is_alphanumeric()))
    };
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    (1..=253).contains(&name.len()) && name.split('.').all(is_label) && !name.rsplit('.').next().is_some_and(is_number)
}

/// A text without `:443` or `|443` at its end.
pub fn without_port(text: &str) -> &str {
    let is_port = |port: &str| !port.is_empty() && port.parse::<u16>().is_ok();
    match text.rsplit_once([':', '|']) {
        Some((host, port)) if is_port(port) && (!host.contains(':') || host.ends_with(']')) => host,
        _ => text,
    }
}
