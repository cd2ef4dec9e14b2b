//! Conditions that stand in a rule as JSON (entries of exceptions, Kibana's filters), written as EQL, so that there is one evaluator for all of them.
//!
//! The meaning of a condition in Elasticsearch depends on how a field is mapped: a keyword is compared whole and in its letters' case, a text by its words, an
//! address by value or block. This module does not know where a condition stands.

use crate::diag::Diagnostic;
use crate::ecs::{FieldType, SubField, mapped};
use crate::eql::{self, Compiled, Predicate, Query};
use std::fmt::Write as _;

/// Compiles a condition. The query around it is returned too, since findings and the places of tests count from its start.
pub fn compile(condition: &str) -> Result<(String, Predicate, Vec<Diagnostic>), String> {
    let source = format!("any where {condition}");
    let Compiled { query, diagnostics, .. } = eql::compile(&source);
    if let Some(Query::Event(query)) = query {
        return Ok((source, query.predicate().clone(), diagnostics));
    }
    let error = diagnostics.into_iter().find(Diagnostic::is_error);
    Err(error.map_or_else(|| "it is no condition".to_owned(), |found| found.message))
}

/// A field as EQL names it, whatever its letters.
pub fn field(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// An EQL string.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{{{:02x}}}", u32::from(c)); // writing to a String cannot fail
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a field is analysed: its values are words, not whole texts.
pub fn is_analysed(name: &str) -> bool {
    // `.text` of a keyword is analysed, and so is a field that is mapped as text itself; the field of a `.keyword` is not, whatever it is a multi-field
    // of.
    let (field, sub) = mapped(name);
    sub == Some(SubField::Text) || (sub.is_none() && field.kind() == Some(FieldType::Text))
}

/// Equality as a term or phrase query has it: the whole value in the letters' case, a block of addresses where the field is an address, the words in a row
/// where it is analysed.
pub fn equals(name: &str, value: &str) -> String {
    if is_analysed(name) {
        return phrase(name, value);
    }
    let kind = mapped(name).0.kind();
    if kind == Some(FieldType::Ip) && value.contains('/') {
        format!("cidrMatch({}, {})", field(name), quoted(value))
    } else {
        format!("{} == {}", field(name), quoted(value))
    }
}

/// Whether a value of an analysed field has these words, one after the other, in any letters' case.
pub fn phrase(name: &str, words: &str) -> String {
    let words = words_of(words);
    if words.is_empty() {
        // A phrase without words is found nowhere.
        return "false".to_owned();
    }
    // A mark that can stand inside a word (`foo.exe`) ends it only where no letter follows.
    let between = format!("([{STRICT}][{STRICT}.':]*|[.':][{STRICT}.':]+)");
    let before = format!("((.*[{STRICT}])?|.*[{STRICT}][.':]+|[.':]+)");
    let after = format!("([{STRICT}].*|[.':]+|[.':]+[{STRICT}].*)?");
    // EQL has no operator for words, but Lucene's expressions match whole values: what may stand before, between and after the words is written out. A
    // character beyond ASCII never ends a word here.
    let regex = format!("{before}{}{after}", words.iter().map(|word| literal(word)).collect::<Vec<_>>().join(&between));
    format!("{} regex~ {}", field(name), quoted(&regex))
}

/// Whether a value of an analysed field has one of these words.
pub fn any_word(name: &str, words: &str) -> String {
    let each: Vec<String> = words_of(words).iter().map(|word| phrase(name, word)).collect();
    any(&each)
}

/// Characters that never stand inside a word, as members of a class of a regular expression.
const STRICT: &str = " -&(-,/;-@\\[-\\^`{-~\t\n\r";

/// The words of a text, as the standard analyser of Elasticsearch cuts it: letters, digits and `_`, and a mark between two of them that belongs there.
fn words_of(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let is_word = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, &c) in chars.iter().enumerate() {
        // Unicode's word boundaries keep `a.exe` and `don't` together, and cut `a. exe` in two.
        let inside = at > 0 && is_word(at - 1) && is_word(at + 1) && matches!(c, '.' | '\'' | ':');
        if is_word(at) || inside {
            word.extend(c.to_lowercase());
        } else if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A regular expression of Lucene for a text as it stands.
fn literal(text: &str) -> String {
    let mut regex = String::new();
    for c in text.chars() {
        // A backslash before any other character makes it ordinary, so that no list of Lucene's special characters is needed; before a letter it would
        // make a class or be an error.
        if !c.is_alphanumeric() {
            regex.push('\\');
        }
        regex.push(c);
    }
    regex
}

/// A wildcard query: `*` and `?`; a backslash takes the meaning of what follows.
pub fn wildcard(name: &str, pattern: &str, insensitive: bool) -> String {
    let tilde = if insensitive { "~" } else { "" };
    let mut regex = String::new();
    let mut plain = String::new();
    let mut literal_wildcard = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let (c, escaped) = match c {
            '\\' => (chars.next().unwrap_or('\\'), true),
            c => (c, false),
        };
        plain.push(c);
        match c {
            '*' if !escaped => regex.push_str(".*"),
            '?' if !escaped => regex.push('.'),
            c => {
                literal_wildcard |= matches!(c, '*' | '?');
                regex.push_str(&literal(c.encode_utf8(&mut [0; 4])));
            }
        }
    }
    // EQL's `like` has no escape: a literal `*` or `?` needs a regular expression.
    if literal_wildcard {
        format!("{} regex{tilde} {}", field(name), quoted(&regex))
    } else {
        format!("{} like{tilde} {}", field(name), quoted(&plain))
    }
}

/// All of some conditions; true if there are none.
pub fn all(conditions: &[String]) -> String {
    if conditions.is_empty() { "true".to_owned() } else { format!("({})", conditions.join(" and ")) }
}

/// One of some conditions; false if there are none.
pub fn any(conditions: &[String]) -> String {
    if conditions.is_empty() { "false".to_owned() } else { format!("({})", conditions.join(" or ")) }
}
