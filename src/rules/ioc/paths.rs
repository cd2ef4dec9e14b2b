//! Names and paths of files as they are compared: without regard to case, `*` and `?` standing for what they do everywhere.
//!
//! Lists write paths as a person sees them: with variables of the environment, with `/`, with doubled backslashes, or without the folders in front.

use super::indicator::Observable;

/// Variables of the environment, and what stands for them.
const VARIABLES: &[(&str, &str)] = &[
    ("systemroot", "?:\\Windows"),
    ("windir", "?:\\Windows"),
    ("systemdrive", "?:"),
    ("homedrive", "?:"),
    ("programfiles", "?:\\Program Files*"),
    ("programfiles(x86)", "?:\\Program Files (x86)"),
    ("commonprogramfiles", "?:\\Program Files*\\Common Files"),
    ("programdata", "?:\\ProgramData"),
    ("allusersprofile", "?:\\ProgramData"),
    ("public", "?:\\Users\\Public"),
    ("userprofile", "?:\\Users\\*"),
    ("homepath", "?:\\Users\\*"),
    ("appdata", "?:\\Users\\*\\AppData\\Roaming"),
    ("localappdata", "?:\\Users\\*\\AppData\\Local"),
    ("temp", "*\\Temp"),
    ("tmp", "*\\Temp"),
];

/// Whether a path begins at a root, a variable or a wildcard in front of a separator.
pub fn is_rooted(text: &str) -> bool {
    let mut letters = text.chars();
    let drive = matches!((letters.next(), letters.next()), (Some(c), Some(':')) if c.is_ascii_alphabetic() || c == '?');
    drive || text.starts_with(['/', '%', '\\'])
}

/// The name of a file; `None` for what cannot be one.
pub fn name(text: &str) -> Option<Observable> {
    let is_name = !text.trim().is_empty() && !text.contains(['\\', '/', ':', '"', '<', '>', '|']);
    is_name.then(|| Observable::FileName(text.to_owned()))
}

/// The path of a file, or everything in a folder if it ends as one; a name if there is no folder in it.
pub fn observable(text: &str) -> Option<Observable> {
    let pattern = pattern(text)?;
    Some(if pattern.ends_with(['\\', '/']) {
        Observable::Path(format!("{pattern}*"))
    } else {
        Observable::Path(pattern)
    })
}

/// Everything in a folder.
pub fn folder(text: &str) -> Option<Observable> {
    let pattern = pattern(text)?;
    let separator = if pattern.contains('/') && !pattern.contains('\\') { '/' } else { '\\' };
    Some(Observable::Path(format!("{}{separator}*", pattern.trim_end_matches(['\\', '/']))))
}

/// A path with everything that it stands for written as a pattern.
fn pattern(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.chars().any(char::is_alphanumeric) {
        return None;
    }
    let mut text = match text.strip_prefix('%').and_then(|rest| rest.split_once('%')) {
        Some((variable, rest)) => {
            let known = VARIABLES.iter().find(|(name, _)| variable.eq_ignore_ascii_case(name));
            // A folder of a system of its own: wherever it may be.
            format!("{}{rest}", known.map_or("*", |(_, path)| path))
        }
        None => text.to_owned(),
    };
    // A path of Linux begins with its separator, and has no other.
    let is_linux = text.starts_with('/') && !text.contains('\\');
    if !is_linux {
        text = text.replace('/', "\\");
        let (start, rest) = if text.starts_with("\\\\") { text.split_at(2) } else { ("", &*text) };
        let single = rest.split('\\').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\\");
        let lead = if start.is_empty() && rest.starts_with('\\') { "\\" } else { "" };
        let tail = if rest.ends_with('\\') && !single.is_empty() { "\\" } else { "" };
        text = format!("{start}{lead}{single}{tail}");
    }
    let is_whole =
        is_linux || text.starts_with(['*', '?']) || text.starts_with("\\\\") || text.chars().nth(1) == Some(':');
    Some(match text.strip_prefix('\\') {
        _ if is_whole => text,
        Some(rest) => format!("*\\{rest}"),
        None => format!("*\\{text}"),
    })
}

/// What stands behind the last separator of a path.
pub fn last_part(path: &str) -> &str {
    memchr::memrchr2(b'\\', b'/', path.as_bytes()).map_or(path, |at| &path[at + 1..])
}

/// The file that a stream is of: `C:\a.exe` of `C:\a.exe:Zone.Identifier`. `None` if a path is not that of a stream.
pub fn without_stream(path: &str) -> Option<&str> {
    let last = last_part(path);
    let at = last.find(':').filter(|at| *at > 0)?;
    let file = &path[..path.len() - last.len() + at];
    // `C:` by itself is a drive.
    (file.len() > 1).then_some(file)
}

#[cfg(test)]
mod tests;
