//! Conditions on the words of an analysed text: one of several phrases, or a word that fits a pattern.
//!
//! This file does not know who asks.

use crate::base::wildcard::{CaseSensitivity, Wildcard};
use crate::base::words::{each_word, words};

/// Phrases and patterns of which a text must have one.
#[derive(Clone, Debug, Default)]
pub struct WordSet {
    /// Words that must follow one another, in lower case; a single word is a phrase of one.
    phrases: Vec<Vec<String>>,
    /// What a single word may fit.
    patterns: Vec<Wildcard>,
}

impl WordSet {
    /// Adds the words of a text, which must follow one another. A text without words adds nothing, and is found nowhere.
    pub fn add_phrase(&mut self, text: &str) {
        let words = words(text);
        if !words.is_empty() {
            self.phrases.push(words);
        }
    }

    /// Adds each word of a text by itself.
    pub fn add_words(&mut self, text: &str) {
        self.phrases.extend(words(text).into_iter().map(|word| vec![word]));
    }

    /// Adds a pattern for one word: texts with anything between each two of them.
    pub fn add_pattern<'t>(&mut self, parts: impl IntoIterator<Item = &'t str>) {
        let parts: Vec<String> = parts.into_iter().map(str::to_lowercase).collect();
        self.patterns.push(Wildcard::of_parts(parts.iter().map(String::as_str), CaseSensitivity::Sensitive));
    }

    /// Whether a text has one of the phrases, or a word that fits one of the patterns.
    pub(super) fn is_in(&self, text: &str) -> bool {
        // How many words of each phrase could have been read, ending at the word at hand: bit n says that its first n + 1 words stand there. So all
        // phrases are looked for in one pass, and a phrase that repeats its own words is found too.
        let mut reached: Vec<Vec<bool>> = self.phrases.iter().map(|phrase| vec![false; phrase.len()]).collect();
        let mut found = false;
        each_word(text, |word| {
            found = self.patterns.iter().any(|pattern| pattern.matches(word));
            for (phrase, reached) in self.phrases.iter().zip(&mut reached) {
                for at in (0..phrase.len()).rev() {
                    reached[at] = phrase[at] == word && (at == 0 || reached[at - 1]);
                }
                found = found || reached.last() == Some(&true);
            }
            !found
        });
        found
    }

    /// For each phrase and pattern a part that a text of ASCII must have in it, in lower case, perhaps an empty one.
    pub(super) fn parts(&self) -> Vec<String> {
        let longest = |phrase: &Vec<String>| {
            phrase.iter().filter(|word| word.is_ascii()).max_by_key(|word| word.len()).cloned().unwrap_or_default()
        };
        self.phrases.iter().map(longest).chain(self.patterns.iter().map(Wildcard::literal)).collect()
    }

    /// How many phrases and patterns there are.
    pub(super) fn len(&self) -> usize {
        self.phrases.len() + self.patterns.len()
    }
}

#[cfg(test)]
mod tests;
