//! Public suffixes: the endings below which names of hosts are registered, such as `com` and `co.uk`, by the list of publicsuffix.org.
//!
//! The list is code that the compiler copies into every part of a program that asks it, so that it is asked here alone: five copies took two megabytes.

/// The ending of a name below which names are registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicSuffix<'n> {
    /// The ending: the last label, where the list has none.
    pub text: &'n str,
    /// Whether the list has it.
    pub is_known: bool,
}

impl PublicSuffix<'_> {
    /// How many labels it has.
    pub fn labels(self) -> usize {
        self.text.split('.').count()
    }
}

/// The ending of a name in lower case; `None` for what is no name.
#[inline(never)]
pub fn public_suffix(name: &str) -> Option<PublicSuffix<'_>> {
    let suffix = psl::suffix(name.as_bytes())?;
    Some(PublicSuffix { text: str::from_utf8(suffix.as_bytes()).ok()?, is_known: suffix.is_known() })
}

/// The ending of a name in lower case, if the list has it.
pub fn known_suffix(name: &str) -> Option<&str> {
    public_suffix(name).filter(|suffix| suffix.is_known).map(|suffix| suffix.text)
}

#[cfg(test)]
mod tests;
