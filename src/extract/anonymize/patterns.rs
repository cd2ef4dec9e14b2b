//! Where names stand in texts: in paths, URLs, commands, and on their own by their form.

use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

macro_rules! patterns {
    ($($name:ident = $pattern:literal;)*) => {
        $(static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());)*
        /// Every pattern, so that a test can tell whether each is one.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &LazyLock<Option<Regex>>)] = &[$((stringify!($name), &$name)),*];
    };
}

patterns! {
    PROFILE = r#"(?i)[\\/](?:users|documents and settings)[\\/]+([^\\/:*?"'<>|\r\n\t;,=&]+)([\\/]?)"#;
    HOME = r"(?i)(?:^|[^a-z0-9])/home/([a-z0-9._-]+)";
    SHARE = r"(?:^|[^\\A-Za-z0-9:.?])\\\\([A-Za-z0-9][A-Za-z0-9._-]{0,62})\\";
    URL = r#"(?i)\b[a-z][a-z0-9+.-]{1,15}://(?:[^/\s@"']*@)?([a-z0-9][a-z0-9._-]*)"#;
    MAIL = r"(?i)[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+";
    SID = r"(?i)\bS-1-(?:5-21|12-1|11-96)(?:-\d{1,10})+";
    MACHINE_NAME = r"\b(?:DESKTOP-[A-Z0-9]{7}|LAPTOP-[A-Z0-9]{8}|WIN-[A-Z0-9]{11})\b";
    ACCOUNT = r#"(?i)(?:/user:|/ru\s+|/u:|-username\s+|-user\s+)"?(?:([\w.-]+)\\)?([\w.$-]+)"#;
    NET_USER = r#"(?i)\bnet1?(?:\.exe)?"?\s+user\s+"?([^\s/"]+)"#;
    GUID = r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b";
    DOTTED = r"(?i)[a-z0-9_-]+(?:\.[a-z0-9_-]+)+";
}

/// The first group of a pattern wherever it is found.
fn groups<'t>(pattern: &'static LazyLock<Option<Regex>>, text: &'t str) -> impl Iterator<Item = &'t str> {
    let found = pattern.iter().flat_map(move |pattern| pattern.captures_iter(text));
    found.filter_map(|found| found.get(1).map(|group| group.as_str()))
}

fn wholes<'t>(
    pattern: &'static LazyLock<Option<Regex>>,
    text: &'t str,
) -> impl Iterator<Item = (Range<usize>, &'t str)> {
    pattern.iter().flat_map(move |pattern| pattern.find_iter(text)).map(|found| (found.range(), found.as_str()))
}

/// Names of folders of users.
pub fn profiles(text: &str) -> Vec<&str> {
    let found = PROFILE.iter().flat_map(|pattern| pattern.captures_iter(text));
    let profiles = found.filter_map(|found| {
        let name = found.get(1)?.as_str();
        // In a path that ends here the rest of the line is not part of it; in the middle of one a name can have spaces.
        let is_inside = found.get(2).is_some_and(|slash| !slash.is_empty());
        let name = if is_inside { name } else { name.split_whitespace().next()? };
        Some(name.trim()).filter(|name| !name.is_empty() && !name.contains(['%', '$', '{', '(']))
    });
    let homes = groups(&HOME, text);
    profiles.chain(homes).collect()
}

/// Hosts of shares and URLs, and names that Windows gives to computers when nobody chooses one.
pub fn hosts(text: &str) -> Vec<&str> {
    let shares = if text.contains("\\\\") { groups(&SHARE, text).collect() } else { Vec::new() };
    let urls = if text.contains("://") { groups(&URL, text).collect() } else { Vec::new() };
    let names = wholes(&MACHINE_NAME, text).map(|(_, name)| name);
    shares.into_iter().chain(urls).chain(names).map(|name| name.trim_end_matches('.')).collect()
}

/// E-mail addresses.
pub fn mails(text: &str) -> impl Iterator<Item = &str> {
    let text = if text.contains('@') { text } else { "" };
    wholes(&MAIL, text).map(|(_, mail)| mail)
}

/// Security identifiers of domains and machines, and where they stand.
pub fn sids(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    wholes(&SID, text)
}

/// GUIDs, and where they stand.
pub fn guids(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    wholes(&GUID, text)
}

/// Names with dots in them, which may be those of hosts, and of files just as well.
pub fn dotted(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    wholes(&DOTTED, text)
}

/// Accounts that commands name, each with its domain if it has one.
pub fn accounts(text: &str) -> Vec<(Option<&str>, &str)> {
    let named = ACCOUNT.iter().flat_map(|pattern| pattern.captures_iter(text));
    let named = named.filter_map(|found| Some((found.get(1).map(|group| group.as_str()), found.get(2)?.as_str())));
    named.chain(groups(&NET_USER, text).map(|name| (None, name))).collect()
}

/// The part of a security identifier that belongs to its domain or machine: all but the number of the account.
pub fn sid_domain(sid: &str) -> &str {
    let parts: Vec<usize> = sid.match_indices('-').map(|(at, _)| at).collect();
    // S-1-5-21-a-b-c-account: three numbers behind 21 are the domain. Of others, all but the last number is.
    let is_nt = sid.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("S-1-5-21"));
    let end = if is_nt { parts.get(6).copied() } else { parts.last().copied() };
    end.map_or(sid, |end| &sid[..end])
}

#[cfg(test)]
mod tests;
