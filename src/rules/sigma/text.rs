//! Texts of Sigma: ordinary characters and wildcards, with a backslash that takes the meaning of a wildcard away.
//!
//! The table of the specification, for the text as it is after YAML:
//!
//! ```text
//! C:\Temp\a     a backslash before an ordinary character stands for itself
//! C:\\Temp      and so do two: one backslash
//! a\*b          an ordinary `*`
//! a\\*b         a backslash, and a wildcard
//! a\\\*b        a backslash, and an ordinary `*`
//! ```
//!
//! This file does not know fields or modifiers.

use std::fmt::Write as _;

/// The most texts that modifiers may make of one item.
pub const MOST_TEXTS: usize = 1 << 16;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextPart {
    Char(char),
    /// `?`
    One,
    /// `*`
    Run,
}

/// A text with its wildcards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SigmaText(pub Vec<TextPart>);

impl SigmaText {
    /// Reads a text as a rule has it.
    pub fn read(text: &str) -> Self {
        let mut parts = Vec::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '*' => TextPart::Run,
                '?' => TextPart::One,
                '\\' => match chars.next_if(|next| matches!(next, '*' | '?' | '\\')) {
                    Some(escaped) => TextPart::Char(escaped),
                    None => TextPart::Char('\\'),
                },
                c => TextPart::Char(c),
            });
        }
        Self(parts)
    }

    /// A text without wildcards.
    pub fn plain(text: &str) -> Self {
        Self(text.chars().map(TextPart::Char).collect())
    }

    /// The text, if it has no wildcards.
    pub fn as_plain(&self) -> Option<String> {
        let char = |part: &TextPart| match part {
            TextPart::Char(c) => Some(*c),
            TextPart::One | TextPart::Run => None,
        };
        self.0.iter().map(char).collect()
    }

    /// Lets anything stand in front.
    pub fn open_start(&mut self) {
        if self.0.first() != Some(&TextPart::Run) {
            self.0.insert(0, TextPart::Run);
        }
    }

    /// Lets anything stand behind.
    pub fn open_end(&mut self) {
        if self.0.last() != Some(&TextPart::Run) {
            self.0.push(TextPart::Run);
        }
    }

    /// The pattern for EQL's `like`, in which nothing can be escaped; `None` if it has an ordinary `*` or `?`.
    pub fn like(&self) -> Option<String> {
        let part = |part: &TextPart| match part {
            TextPart::Char('*' | '?') => None,
            TextPart::Char(c) => Some(*c),
            TextPart::One => Some('?'),
            TextPart::Run => Some('*'),
        };
        self.0.iter().map(part).collect()
    }

    /// The expression for EQL's `regex`, which fits the same texts.
    pub fn regex(&self) -> String {
        let mut regex = String::new();
        for part in &self.0 {
            match part {
                TextPart::Run => regex.push_str(".*"),
                TextPart::One => regex.push('.'),
                TextPart::Char(c) if c.is_alphanumeric() => regex.push(*c),
                // Before any other character a backslash only takes its special meaning.
                TextPart::Char(c) => {
                    let _ = write!(regex, "\\{c}"); // writing to a String cannot fail
                }
            }
        }
        regex
    }

    /// Every text that comes of the one with each sign of a parameter in all its writings: a `-` or `/` in front of a word, and not behind one.
    pub fn windash(&self) -> Option<Vec<Self>> {
        let word =
            |part: Option<&TextPart>| matches!(part, Some(TextPart::Char(c)) if c.is_alphanumeric() || *c == '_');
        let is_sign = |at: &usize| {
            let before = at.checked_sub(1).and_then(|before| self.0.get(before));
            matches!(self.0[*at], TextPart::Char('-' | '/')) && !word(before) && word(self.0.get(at + 1))
        };
        let signs: Vec<usize> = (0..self.0.len()).filter(is_sign).collect();
        if signs.len() > MOST_SIGNS {
            return None;
        }
        let mut all = vec![self.clone()];
        for at in signs {
            let written = |text: &Self, dash: char| {
                let mut text = text.clone();
                text.0[at] = TextPart::Char(dash);
                text
            };
            all = all.iter().flat_map(|text| DASHES.iter().map(|dash| written(text, *dash))).collect();
        }
        Some(all)
    }
}

/// The signs that begin a parameter on Windows.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// Most signs of one text: five have 3,125 writings.
const MOST_SIGNS: usize = 5;

#[cfg(test)]
mod tests;
