//! Parts of paths and of names of users.

/// A path in front of its last separator, and behind it.
///
/// A path without one (`System`) has no name, and neither has one of a single character: Elastic's pipeline asks for more.
pub fn split(path: &str, separator: char) -> Option<(&str, &str)> {
    path.rsplit_once(separator).filter(|_| path.len() > 1)
}

/// The text behind the last dot of a whole path.
pub fn extension(path: &str, separator: char) -> Option<&str> {
    split(path, separator)?;
    // Of `C:\a.b\c` the extension is `b\c`: wrong, but so it is in Elastic's index, which rules were written against.
    path.rsplit_once('.').map(|(_, extension)| extension)
}

/// Domain and name of `DOMAIN\name`, if it has exactly these two parts.
pub fn user(user: &str) -> Option<(&str, &str)> {
    user.split_once('\\').filter(|(_, name)| !name.is_empty() && !name.contains('\\'))
}
