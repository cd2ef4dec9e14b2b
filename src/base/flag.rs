//! True and false as tools write them.
//!
//! This module does not know what is true or false.

/// Reads `true`, `false`, `1` or `0`, in any case of letters and with blanks around; `None` for any other text.
///
/// Python's tools write `True`, .NET's too, and databases a digit, where Windows writes `true`.
pub fn read(text: &str) -> Option<bool> {
    let text = text.trim();
    let is = |words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match text {
        _ if is(["true", "1"]) => Some(true),
        _ if is(["false", "0"]) => Some(false),
        _ => None,
    }
}

/// The text that Windows has for it.
pub const fn text(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

#[cfg(test)]
mod tests;
