//! The language of STIX patterns, read into a tree: `[file:name = 'a.exe' AND file:hashes.'SHA-256' IN ('…', '…')] OR [url:value LIKE '%/x']`.
//!
//! This file does not know which objects there are.

use std::ops::Range;

/// Deepest nesting of parentheses.
const DEEPEST: usize = 64;

/// The operators of tests.
const OPERATORS: [&str; 12] =
    ["=", "!=", "<>", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"];

/// What is wrong with a pattern, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternFault {
    /// In bytes of the pattern.
    pub place: Range<usize>,
    /// Why.
    pub reason: String,
}

/// An expression of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternNode {
    /// Both, or all of several: inside one observation, or of different events.
    And(Vec<PatternNode>),
    /// One of several.
    Or(Vec<PatternNode>),
    /// One after the other.
    FollowedBy(Range<usize>),
    /// What is seen in one event.
    Observation(Box<PatternNode>),
    /// An observation with a condition on when or how often it is seen.
    Qualified(Range<usize>),
    /// A test of one property.
    Test(PropertyTest),
}

/// A test of a property of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyTest {
    /// The object and its property, such as `file:hashes.MD5`, without quotes.
    pub path: String,
    /// The operator in capitals.
    pub operator: String,
    /// Whether it is negated.
    pub negated: bool,
    /// What the property is held against: texts, or other values as they are written.
    pub values: Vec<String>,
    /// Its place in the pattern.
    pub place: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Lexeme {
    /// A word, number or sign.
    Word(String),
    /// Between quotes.
    Text(String),
}

/// Reads a pattern.
pub fn parse(pattern: &str) -> Result<PatternNode, PatternFault> {
    let lexemes = lex(pattern)?;
    let mut parser = PatternParser { lexemes, at: 0, end: pattern.len(), depth: 0 };
    let node = parser.observations()?;
    match parser.lexemes.get(parser.at) {
        None => Ok(node),
        Some((place, _)) => Err(PatternFault { place: place.clone(), reason: "nothing was expected here".to_owned() }),
    }
}

fn lex(pattern: &str) -> Result<Vec<(Range<usize>, Lexeme)>, PatternFault> {
    let mut lexemes = Vec::new();
    let mut at = 0;
    while let Some(c) = pattern[at..].chars().next() {
        let start = at;
        match c {
            c if c.is_whitespace() => at += c.len_utf8(),
            '\'' => {
                let (text, end) = quoted(pattern, at)?;
                at = end;
                lexemes.push((start..at, Lexeme::Text(text)));
            }
            '[' | ']' | '(' | ')' | ',' | '=' => {
                at += 1;
                lexemes.push((start..at, Lexeme::Word(c.to_string())));
            }
            '!' | '<' | '>' => {
                at += if pattern[at + 1..].starts_with('=') || pattern[at..].starts_with("<>") { 2 } else { 1 };
                lexemes.push((start..at, Lexeme::Word(pattern[start..at].to_owned())));
            }
            _ => {
                let is_end = |c: char| c.is_whitespace() || "[](),=!<>'".contains(c);
                at += pattern[at..].find(is_end).unwrap_or(pattern.len() - at);
                lexemes.push((start..at, Lexeme::Word(pattern[start..at].to_owned())));
            }
        }
    }
    Ok(lexemes)
}

/// The text between quotes, and where it ends.
fn quoted(pattern: &str, start: usize) -> Result<(String, usize), PatternFault> {
    let mut text = String::new();
    let mut letters = pattern[start + 1..].char_indices();
    while let Some((at, c)) = letters.next() {
        match c {
            '\'' => return Ok((text, start + 1 + at + 1)),
            '\\' => text.extend(letters.next().map(|(_, c)| c)),
            c => text.push(c),
        }
    }
    Err(PatternFault { place: start..pattern.len(), reason: "this text has no end".to_owned() })
}

struct PatternParser {
    lexemes: Vec<(Range<usize>, Lexeme)>,
    at: usize,
    end: usize,
    depth: usize,
}

impl PatternParser {
    fn peek(&self) -> Option<&Lexeme> {
        self.lexemes.get(self.at).map(|(_, lexeme)| lexeme)
    }

    /// Whether a word is next, in any case.
    fn is_next(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Lexeme::Word(next)) if next.eq_ignore_ascii_case(word))
    }

    fn take(&mut self, word: &str) -> bool {
        let is_next = self.is_next(word);
        self.at += usize::from(is_next);
        is_next
    }

    fn place(&self) -> Range<usize> {
        self.lexemes.get(self.at).map_or(self.end..self.end, |(place, _)| place.clone())
    }

    fn fault<T>(&self, reason: impl Into<String>) -> Result<T, PatternFault> {
        Err(PatternFault { place: self.place(), reason: reason.into() })
    }

    fn need(&mut self, word: &str) -> Result<(), PatternFault> {
        if self.take(word) { Ok(()) } else { self.fault(format!("`{word}` was expected here")) }
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, PatternFault>) -> Result<T, PatternFault> {
        if self.depth == DEEPEST {
            return self.fault("parentheses are nested too deeply");
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// `a FOLLOWEDBY b`, which binds least, then `OR`, then `AND`.
    fn observations(&mut self) -> Result<PatternNode, PatternFault> {
        let first = self.chain("OR", |parser| parser.chain("AND", Self::observation))?;
        let from = self.place();
        if !self.is_next("FOLLOWEDBY") {
            return Ok(first);
        }
        while self.take("FOLLOWEDBY") {
            self.chain("OR", |parser| parser.chain("AND", Self::observation))?;
        }
        Ok(PatternNode::FollowedBy(from))
    }

    fn chain(
        &mut self,
        word: &str,
        mut inner: impl FnMut(&mut Self) -> Result<PatternNode, PatternFault>,
    ) -> Result<PatternNode, PatternFault> {
        let first = inner(self)?;
        if !self.is_next(word) {
            return Ok(first);
        }
        let mut nodes = vec![first];
        while self.take(word) {
            nodes.push(inner(self)?);
        }
        Ok(if word == "OR" { PatternNode::Or(nodes) } else { PatternNode::And(nodes) })
    }

    fn observation(&mut self) -> Result<PatternNode, PatternFault> {
        let node = if self.take("(") {
            let node = self.nested(Self::observations)?;
            self.need(")")?;
            node
        } else {
            self.need("[")?;
            let node = self.nested(Self::tests)?;
            self.need("]")?;
            PatternNode::Observation(Box::new(node))
        };
        let from = self.place();
        let mut qualified = false;
        while ["WITHIN", "REPEATS", "START"].into_iter().any(|word| self.is_next(word)) {
            qualified = true;
            // `WITHIN 5 SECONDS`, `REPEATS 5 TIMES`, `START t'…' STOP t'…'`: up to the next observation or operator.
            while self.peek().is_some()
                && !["AND", "OR", "FOLLOWEDBY", "(", ")", "["].into_iter().any(|word| self.is_next(word))
            {
                self.at += 1;
            }
        }
        Ok(if qualified { PatternNode::Qualified(from) } else { node })
    }

    fn tests(&mut self) -> Result<PatternNode, PatternFault> {
        self.chain("OR", |parser| parser.chain("AND", Self::test))
    }

    fn test(&mut self) -> Result<PatternNode, PatternFault> {
        if self.take("(") {
            let node = self.nested(Self::tests)?;
            self.need(")")?;
            return Ok(node);
        }
        let start = self.place().start;
        let mut negated = self.take("NOT");
        if self.take("EXISTS") {
            let path = self.path()?;
            let place = start..self.last_end();
            return Ok(PatternNode::Test(PropertyTest {
                path,
                operator: "EXISTS".to_owned(),
                negated,
                values: Vec::new(),
                place,
            }));
        }
        let path = self.path()?;
        negated |= self.take("NOT");
        let Some(operator) = OPERATORS.into_iter().find(|word| self.is_next(word)) else {
            return self.fault("an operator was expected here, such as `=`, `IN` or `LIKE`");
        };
        self.at += 1;
        let values = if operator == "IN" { self.list()? } else { vec![self.literal()?] };
        let place = start..self.last_end();
        Ok(PatternNode::Test(PropertyTest { path, operator: operator.to_owned(), negated, values, place }))
    }

    fn last_end(&self) -> usize {
        self.lexemes.get(self.at.wrapping_sub(1)).map_or(self.end, |(place, _)| place.end)
    }

    fn list(&mut self) -> Result<Vec<String>, PatternFault> {
        self.need("(")?;
        let mut values = vec![self.literal()?];
        while self.take(",") {
            values.push(self.literal()?);
        }
        self.need(")")?;
        Ok(values)
    }

    fn literal(&mut self) -> Result<String, PatternFault> {
        match self.peek() {
            Some(Lexeme::Text(text)) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            Some(Lexeme::Word(word)) if !"[](),=".contains(word.as_str()) => {
                let word = word.clone();
                self.at += 1;
                // `t'2020-…'`, `h'ffc3'`, `b'…'`: a letter and a text.
                let is_prefix = matches!(&*word, "t" | "h" | "b");
                if let (true, Some(Lexeme::Text(text))) = (is_prefix, self.peek()) {
                    let text = text.clone();
                    self.at += 1;
                    return Ok(text);
                }
                Ok(word)
            }
            _ => self.fault("a value was expected here"),
        }
    }

    /// `file:hashes.'SHA-256'`, which is several lexemes.
    fn path(&mut self) -> Result<String, PatternFault> {
        let Some(Lexeme::Word(first)) = self.peek().cloned() else {
            return self.fault("a property was expected here, such as `file:name`");
        };
        if !first.contains(':') {
            return self.fault("a property was expected here, such as `file:name`");
        }
        let mut path = first;
        self.at += 1;
        // What comes next belongs to the path where no space is between.
        while let Some((place, lexeme)) = self.lexemes.get(self.at)
            && place.start == self.last_end()
        {
            match lexeme {
                Lexeme::Text(text) => path.push_str(text),
                Lexeme::Word(word) if word == "[" || word == "]" || word.starts_with('.') || path.ends_with('[') => {
                    path.push_str(word);
                }
                Lexeme::Word(_) => break,
            }
            self.at += 1;
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests;
