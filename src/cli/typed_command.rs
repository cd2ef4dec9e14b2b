//! The command line as it was typed, without what is secret: it goes into reports and case files, and further.

/// The options whose values are secrets.
const SECRETS: [&str; 2] = ["--archive-password", "--case-key"];
/// Stands for a secret.
const HIDDEN: &str = "***";

/// The words that were typed, the program's name first; `shown` says how each that is no secret is shown.
pub fn typed_words(shown: impl Fn(&str) -> String) -> Vec<String> {
    without_secrets(std::env::args_os().map(|word| word.to_string_lossy().into_owned()), shown)
}

fn without_secrets(words: impl Iterator<Item = String>, shown: impl Fn(&str) -> String) -> Vec<String> {
    let mut is_secret = false;
    // Both ways in which an option takes its value; an abbreviation of a long option is refused by `clap`.
    let hide = |word: String| {
        if std::mem::take(&mut is_secret) {
            return HIDDEN.to_owned();
        }
        is_secret = SECRETS.contains(&&*word);
        match word.split_once('=') {
            Some((option, _)) if SECRETS.contains(&option) => format!("{option}={HIDDEN}"),
            _ => shown(&word),
        }
    };
    words.map(hide).collect()
}

#[cfg(test)]
mod tests;
