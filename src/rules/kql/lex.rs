//! KQL text to tokens.
//!
//! What is not in quotes runs on over blanks, up to a sign or to one of the words `and`, `or`, `not`: `process.name: my tool.exe and …` has one value of two
//! words. This file does not know what follows what.

use super::ast::KqlText;
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::eql::{ValueOrder, codes};

/// A token with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KqlToken {
    pub kind: KqlTokenKind,
    pub span: Span,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KqlTokenKind {
    Open,
    Close,
    OpenNested,
    CloseNested,
    Colon,
    Order(ValueOrder),
    And,
    Or,
    Not,
    Text(KqlText),
}

/// Characters that mean something outside of quotes.
const SPECIAL: &[char] = &['\\', '(', ')', ':', '<', '>', '"', '*', '{', '}'];

/// All tokens of a query, and what is wrong with them.
pub fn tokens(source: &str) -> (Vec<KqlToken>, Vec<Diagnostic>) {
    let mut lexer = KqlLexer { source, at: 0, diagnostics: Vec::new() };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next_token() {
        tokens.push(token);
    }
    (tokens, lexer.diagnostics)
}

struct KqlLexer<'s> {
    source: &'s str,
    at: usize,
    diagnostics: Vec<Diagnostic>,
}

fn span(start: usize, end: usize) -> Span {
    let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(small(start), small(end))
}

impl KqlLexer<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn next_token(&mut self) -> Option<KqlToken> {
        self.at = self.source.len() - self.rest().trim_start().len();
        let start = self.at;
        let first = self.rest().chars().next()?;
        let (kind, length) = match first {
            '(' => (KqlTokenKind::Open, 1),
            ')' => (KqlTokenKind::Close, 1),
            '{' => (KqlTokenKind::OpenNested, 1),
            '}' => (KqlTokenKind::CloseNested, 1),
            ':' => (KqlTokenKind::Colon, 1),
            '<' if self.rest().starts_with("<=") => (KqlTokenKind::Order(ValueOrder::LessOrEqual), 2),
            '>' if self.rest().starts_with(">=") => (KqlTokenKind::Order(ValueOrder::GreaterOrEqual), 2),
            '<' => (KqlTokenKind::Order(ValueOrder::Less), 1),
            '>' => (KqlTokenKind::Order(ValueOrder::Greater), 1),
            '"' => {
                let text = self.quoted();
                return Some(KqlToken { span: text.span, kind: KqlTokenKind::Text(text) });
            }
            _ => {
                if let Some(operator) = self.keyword() {
                    operator
                } else {
                    let text = self.unquoted();
                    return Some(KqlToken { span: text.span, kind: KqlTokenKind::Text(text) });
                }
            }
        };
        self.at += length;
        Some(KqlToken { kind, span: span(start, self.at) })
    }

    /// The operator that stands here as a word of its own, and its length.
    fn keyword(&self) -> Option<(KqlTokenKind, usize)> {
        let word = self.rest().split(|c: char| c.is_whitespace() || SPECIAL.contains(&c)).next().unwrap_or_default();
        // `or*` is a value: only a blank, a bracket or a quote ends an operator.
        if self.rest()[word.len()..].starts_with(['*', '\\']) {
            return None;
        }
        let kind = match word.to_ascii_lowercase().as_str() {
            "and" => KqlTokenKind::And,
            "or" => KqlTokenKind::Or,
            "not" => KqlTokenKind::Not,
            _ => return None,
        };
        Some((kind, word.len()))
    }

    fn quoted(&mut self) -> KqlText {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else {
                let found = Diagnostic::error(codes::UNTERMINATED, span(start, self.at), "this quote has no end");
                self.diagnostics.push(found);
                break;
            };
            // In quotes a backslash before any other character is a backslash: paths need not be escaped.
            if let Some((escaped, length)) = self.escape(&['\\', '"']) {
                text.push(escaped);
                self.at += length;
                continue;
            }
            self.at += c.len_utf8();
            if c == '"' {
                break;
            }
            text.push(c);
        }
        KqlText { parts: vec![text], quoted: true, span: span(start, self.at) }
    }

    /// The character that an escape here stands for, and the length of the escape.
    fn escape(&self, signs: &[char]) -> Option<(char, usize)> {
        let after = self.rest().strip_prefix('\\')?;
        let c = after.chars().next()?;
        let unicode = || {
            let digits = after.get(1..5).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            char::from_u32(u32::from_str_radix(digits, 16).ok()?).map(|c| (c, 6))
        };
        match c {
            't' => Some(('\t', 2)),
            'r' => Some(('\r', 2)),
            'n' => Some(('\n', 2)),
            'u' => unicode(),
            c if signs.contains(&c) => Some((c, 2)),
            _ => None,
        }
    }

    fn unquoted(&mut self) -> KqlText {
        let start = self.at;
        let mut parts = vec![String::new()];
        let mut end = start;
        loop {
            // Blanks belong to the text if more of it follows.
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start().len();
            let is_word_start = blanks > 0 || self.at == start;
            if is_word_start && self.at + blanks < self.source.len() {
                let before = self.at;
                self.at += blanks;
                let ends = self.rest().starts_with(['(', ')', ':', '<', '>', '"', '{', '}']);
                if ends || (self.at > start && self.keyword().is_some()) {
                    self.at = before;
                    break;
                }
                let blank = &self.source[before..self.at];
                parts.last_mut().into_iter().for_each(|part| part.push_str(blank));
            }
            let Some(c) = self.rest().chars().next().filter(|c| !c.is_whitespace()) else { break };
            match c {
                '*' => parts.push(String::new()),
                '\\' => {
                    let length = self.escaped(&mut parts);
                    self.at += length;
                    end = self.at;
                    continue;
                }
                c if SPECIAL.contains(&c) => break,
                c => parts.last_mut().into_iter().for_each(|part| part.push(c)),
            }
            self.at += c.len_utf8();
            end = self.at;
        }
        self.at = self.at.max(end);
        KqlText { parts, quoted: false, span: span(start, end) }
    }

    /// Adds what a backslash outside of quotes stands for; its length.
    fn escaped(&mut self, parts: &mut [String]) -> usize {
        let mut add = |text: &str| parts.last_mut().into_iter().for_each(|part| part.push_str(text));
        if let Some((c, length)) = self.escape(SPECIAL) {
            add(c.encode_utf8(&mut [0; 4]));
            return length;
        }
        let after = &self.rest()[1..];
        let is = |word: &&&str| after.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        if let Some(word) = ["and", "not", "or"].iter().find(is) {
            add(&after[..word.len()]);
            return 1 + word.len();
        }
        let message =
            "a backslash outside of quotes takes the meaning of a sign or of an operator, and here it has none";
        let found = Diagnostic::error(codes::INVALID_ESCAPE, span(self.at, self.at + 1), message);
        self.diagnostics.push(found.help("write `\\\\` for a backslash, or put the value in quotes"));
        1
    }
}

#[cfg(test)]
mod tests;
