//! The words of a text, as the standard analyser of Elasticsearch cuts it: at Unicode's word boundaries, in lower case.
//!
//! `C:\Tools\Run_Me.exe -x don't` has the words `c`, `tools`, `run_me.exe`, `x`, `don't`. Signs are no words.

use unicode_segmentation::UnicodeSegmentation;

/// Calls `each` with the words of a text, in order and in lower case, until it says that it wants no more.
pub fn each_word(text: &str, mut each: impl FnMut(&str) -> bool) {
    let mut pieces = text.split_word_bounds().peekable();
    let mut word = String::new();
    while let Some(piece) = pieces.next() {
        if !piece.contains(char::is_alphanumeric) {
            continue;
        }
        word.clear();
        word.push_str(piece);
        // Lucene's tables keep a colon between two letters inside a word, as Unicode did before version 15.1; later ones cut there.
        while word.ends_with(char::is_alphabetic) && pieces.peek() == Some(&":") {
            let mut ahead = pieces.clone();
            ahead.next();
            let Some(next) = ahead.next().filter(|next| next.starts_with(char::is_alphabetic)) else { break };
            word.push(':');
            word.push_str(next);
            pieces = ahead;
        }
        if !each(&word.to_lowercase()) {
            return;
        }
    }
}

/// The words of a text, in order and in lower case.
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each_word(text, |word| {
        found.push(word.to_owned());
        true
    });
    found
}

#[cfg(test)]
mod tests;
