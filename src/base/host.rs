//! Names of computers, which are compared without regard to the case of their letters.
//!
//! Windows changes it: one record has `WS-0417`, the next one `ws-0417.corp.example` in the letters that somebody typed. Whoever keeps hosts apart does so by
//! [`folded`], and of several writings shows the one that [`show`] keeps, so that it does not depend on which was read first.

use std::borrow::Cow;
use std::sync::Arc;

/// A name in the letters that it is compared in; the same text if it has them already.
pub fn folded(name: &str) -> Cow<'_, str> {
    // Nearly every name is folded already, or is ASCII: nothing is allocated for the first, and no table of Unicode asked for the second.
    if name.is_ascii() {
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) { name.to_ascii_lowercase().into() } else { name.into() }
    } else {
        name.to_lowercase().into()
    }
}

/// Folds a name given as UTF-8; other bytes are left as they are.
pub fn folded_bytes(name: &[u8]) -> Cow<'_, [u8]> {
    if !name.iter().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
        return name.into();
    }
    str::from_utf8(name).map_or(Cow::Borrowed(name), |name| folded(name).into_owned().into_bytes().into())
}

/// Keeps of two writings of a name the one that comes first by its letters.
pub fn show(shown: &mut Arc<str>, other: &Arc<str>) {
    // The smallest writing of all is the same whatever order they come in; the first one met would depend on threads.
    if !Arc::ptr_eq(shown, other) && (shown.is_empty() || **other < **shown) {
        *shown = Arc::clone(other);
    }
}

/// A name with what it is compared by.
#[derive(Clone, Debug)]
pub struct HostName {
    /// The name in the letters that it is compared in.
    pub folded: Arc<str>,
    /// The name as it was written.
    pub written: Arc<str>,
}

impl From<&str> for HostName {
    fn from(name: &str) -> Self {
        let written: Arc<str> = name.into();
        let folded = match folded(name) {
            Cow::Borrowed(_) => Arc::clone(&written),
            Cow::Owned(folded) => folded.into(),
        };
        Self { folded, written }
    }
}

#[cfg(test)]
mod tests;
