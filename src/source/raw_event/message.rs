//! The text that Windows shows for a record of Sysmon, read back: `Name: value`, a line each, under a line with a title.
//!
//! Sysmon's manifest calls the entries in this text as it calls them in the record, in every language of Windows. A value can have lines of its own,
//! and one that looks like an entry cannot be told from one: a name that stands twice is a reason for doubt.

/// The entries of a message, or that it is none.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MessageEntries {
    /// Names and values, in order.
    pub entries: Vec<(String, String)>,
    /// A name that stands twice.
    pub repeated: Option<String>,
}

/// More entries than this are none of Sysmon's.
const MOST: usize = 256;

/// The longest name that is taken for one.
const LONGEST_NAME: usize = 64;

/// The entries of a message; none if it is not one of Sysmon's.
pub fn read(message: &str) -> MessageEntries {
    let mut found = MessageEntries::default();
    let mut lines = message.trim_start().split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let Some(title) = lines.next() else { return found };
    if !title.trim_end().ends_with(':') {
        return found;
    }
    for line in lines {
        match entry(line) {
            Some((name, value)) if found.entries.len() < MOST => {
                if found.entries.iter().any(|(known, _)| known == name) {
                    found.repeated.get_or_insert_with(|| name.to_owned());
                }
                found.entries.push((name.to_owned(), value.to_owned()));
            }
            // The value before goes on.
            _ => {
                if let Some((_, value)) = found.entries.last_mut() {
                    value.push('\n');
                    value.push_str(line);
                }
            }
        }
    }
    for (_, value) in &mut found.entries {
        value.truncate(value.trim_end_matches(['\r', '\n', ' ']).len());
    }
    found
}

fn entry(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let is_name = name.len() <= LONGEST_NAME
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let value = value.strip_prefix(' ').or_else(|| value.is_empty().then_some(value))?;
    is_name.then_some((name, value))
}

#[cfg(test)]
mod tests;
