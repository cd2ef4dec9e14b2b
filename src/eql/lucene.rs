//! Lucene's regular expressions, translated to the `regex` crate.
//!
//! The two dialects differ where it hurts: in Lucene the whole value must match, `.` matches line feeds, `^` and `$` are ordinary, `"..."` quotes,
//! `@` is any text, `#` is no text, `<1-20>` is a range of numbers, and `~`, `&` are complement and intersection. The last two have no counterpart
//! in an automaton-free translation and are refused by name rather than matched wrongly. The grammar followed is that of Lucene's own parser,
//! oddities included: an operator where an operand is wanted stands for itself, so `*a` is a star and an `a`.

use regex::{Regex, RegexBuilder};
use std::fmt::Write as _;

/// Why an expression cannot be used, and up to which of its bytes it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It breaks Lucene's syntax.
    Invalid(String, usize),
    /// Lucene understands it, this translation does not.
    Unsupported(String, usize),
}

impl Refusal {
    /// The same, of an expression that was read up to there.
    fn at(self, offset: usize) -> Self {
        match self {
            Self::Invalid(reason, _) => Self::Invalid(reason, offset),
            Self::Unsupported(reason, _) => Self::Unsupported(reason, offset),
        }
    }
}

/// How deeply groups may be nested.
const MAX_DEPTH: usize = 100;

/// Compiles alternatives, any of which may match the whole of a text.
pub fn compile<'t>(patterns: impl IntoIterator<Item = &'t str>, insensitive: bool) -> Result<Regex, Refusal> {
    let mut alternatives = String::new();
    for pattern in patterns {
        if !alternatives.is_empty() {
            alternatives.push('|');
        }
        let _ = write!(alternatives, "(?:{})", translate(pattern)?);
    }
    RegexBuilder::new(&format!("\\A(?:{alternatives})\\z"))
        .case_insensitive(insensitive)
        .dot_matches_new_line(true)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => Refusal::Unsupported("the expression is too large".into(), 0),
            _ => Refusal::Invalid("the expression cannot be read".into(), 0),
        })
}

/// Translates one expression, without anchors.
fn translate(pattern: &str) -> Result<String, Refusal> {
    let mut translator = Translator { rest: pattern, out: String::with_capacity(pattern.len() * 2), depth: 0 };
    let read = if pattern.is_empty() { Ok(()) } else { translator.union() };
    let read =
        read.and_then(|()| if translator.rest.is_empty() { Ok(()) } else { invalid("there is a `)` without `(`") });
    // A fault is known when its last character was read.
    let last = pattern[..pattern.len() - translator.rest.len()].char_indices().next_back();
    read.map_err(|refusal| refusal.at(last.map_or(0, |(at, _)| at)))?;
    Ok(translator.out)
}

/// Whether an expression has what other dialects take for an anchor or a flag, and Lucene for ordinary characters.
pub fn looks_foreign(pattern: &str) -> Option<&'static str> {
    let escaped = |text: &str| text.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1;
    if pattern.starts_with('^') {
        return Some("^");
    }
    if pattern.strip_suffix('$').is_some_and(|before| !escaped(before)) {
        return Some("$");
    }
    let group = pattern.match_indices("(?").any(|(at, _)| !escaped(&pattern[..at]));
    group.then_some("(?")
}

fn invalid<T>(message: &str) -> Result<T, Refusal> {
    Err(Refusal::Invalid(message.into(), 0))
}

fn unsupported<T>(message: &str) -> Result<T, Refusal> {
    Err(Refusal::Unsupported(message.into(), 0))
}

struct Translator<'p> {
    rest: &'p str,
    out: String,
    depth: usize,
}

/// What a backslash and a character stand for.
enum Escaped {
    /// The inside of brackets.
    Class(&'static str),
    Character(char),
}

/// The class that a shorthand stands for, as the inside of brackets.
fn shorthand(c: char) -> Option<&'static str> {
    Some(match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        's' => "[ \\t\\n\\r]",
        'S' => "[^ \\t\\n\\r]",
        'w' => "[A-Za-z0-9_]",
        'W' => "[^A-Za-z0-9_]",
        _ => return None,
    })
}

fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || !c.is_ascii() {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
    }
}

impl<'p> Translator<'p> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn eat(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn next(&mut self) -> Result<char, Refusal> {
        let Some(c) = self.peek() else { return invalid("the expression ends too early") };
        self.rest = &self.rest[c.len_utf8()..];
        Ok(c)
    }

    /// What stands before `end`, which is consumed too.
    fn until(&mut self, end: char) -> Option<&'p str> {
        let (before, after) = self.rest.split_once(end)?;
        self.rest = after;
        Some(before)
    }

    fn union(&mut self) -> Result<(), Refusal> {
        if self.depth > MAX_DEPTH {
            return unsupported("groups are nested too deeply");
        }
        self.depth += 1;
        self.concatenation()?;
        while self.eat('|') {
            self.out.push('|');
            self.concatenation()?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn concatenation(&mut self) -> Result<(), Refusal> {
        loop {
            self.repetition()?;
            match self.peek() {
                None | Some(')' | '|') => return Ok(()),
                Some('&') => return unsupported("intersection with `&` is not supported"),
                Some(_) => {}
            }
        }
    }

    fn repetition(&mut self) -> Result<(), Refusal> {
        let start = self.out.len();
        self.operand()?;
        while let Some(c) = self.peek().filter(|c| matches!(c, '?' | '*' | '+' | '{')) {
            self.rest = &self.rest[1..];
            // A group of its own, or the second operator of `a**` and `a*?` would make the first one lazy.
            self.out.insert_str(start, "(?:");
            self.out.push(')');
            if c == '{' {
                self.bounds()?;
            } else {
                self.out.push(c);
            }
        }
        Ok(())
    }

    fn bounds(&mut self) -> Result<(), Refusal> {
        let Some(inside) = self.until('}') else { return invalid("`{` is not closed") };
        let (least, most) = inside.split_once(',').map_or((inside, None), |(least, most)| (least, Some(most)));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(least) || !most.is_none_or(|most| most.is_empty() || is_number(most)) {
            return invalid("a repetition is written `{n}`, `{n,}` or `{n,m}`");
        }
        // Java's integers are of 32 bits.
        let bound =
            |text: &str| text.parse::<i32>().map_err(|_| Refusal::Invalid("a repetition is too large".into(), 0));
        if let Some(most) = most.filter(|most| !most.is_empty())
            && bound(least)? > bound(most)?
        {
            return invalid("the bounds of a repetition run backwards");
        }
        let _ = write!(self.out, "{{{}{}}}", bound(least)?, most.map_or(String::new(), |most| format!(",{most}")));
        Ok(())
    }

    fn operand(&mut self) -> Result<(), Refusal> {
        match self.next()? {
            '~' => return unsupported("complement with `~` is not supported"),
            '[' => return self.class(),
            '.' => self.out.push('.'),
            '#' => self.out.push_str("[^\\s\\S]"),
            '@' => self.out.push_str("(?:.*)"),
            '"' => {
                let Some(quoted) = self.until('"') else { return invalid("`\"` is not closed") };
                self.out.push_str("(?:");
                quoted.chars().for_each(|c| push_literal(&mut self.out, c));
                self.out.push(')');
            }
            '(' if self.eat(')') => self.out.push_str("(?:)"),
            '(' => {
                self.out.push_str("(?:");
                self.union()?;
                if !self.eat(')') {
                    return invalid("`(` is not closed");
                }
                self.out.push(')');
            }
            '<' => return self.interval(),
            '\\' => match self.escaped()? {
                Escaped::Class(class) => self.out.push_str(class),
                Escaped::Character(c) => push_literal(&mut self.out, c),
            },
            c => push_literal(&mut self.out, c),
        }
        Ok(())
    }

    /// What follows a backslash. Before a letter it must make a class: in Lucene `\b`, `\n` and `\x41` are errors, and not what they are elsewhere.
    fn escaped(&mut self) -> Result<Escaped, Refusal> {
        let c = self.next()?;
        match shorthand(c) {
            Some(class) => Ok(Escaped::Class(class)),
            None if c.is_ascii_alphabetic() => Err(Refusal::Invalid(format!("there is no `\\{c}`"), 0)),
            None => Ok(Escaped::Character(c)),
        }
    }

    /// A bracket expression, its `[` being consumed. A `]` directly at the beginning is a member, and so is one after `-`, as the end of a range.
    fn class(&mut self) -> Result<(), Refusal> {
        let negated = self.eat('^');
        self.out.push_str(if negated { "[^" } else { "[" });
        loop {
            let first = self.next()?;
            let member = if first == '\\' { self.escaped()? } else { Escaped::Character(first) };
            match member {
                Escaped::Class(class) => self.out.push_str(class),
                Escaped::Character(c) => {
                    push_literal(&mut self.out, c);
                    if c != '\\' && self.eat('-') {
                        let end = self.next()?;
                        let end = if end == '\\' { self.next()? } else { end };
                        if end < c {
                            return invalid("a range in brackets runs backwards");
                        }
                        self.out.push('-');
                        push_literal(&mut self.out, end);
                    }
                }
            }
            if self.eat(']') {
                self.out.push(']');
                return Ok(());
            }
            if self.rest.is_empty() {
                return invalid("`[` is not closed");
            }
        }
    }

    /// `<n-m>`, its `<` being consumed.
    fn interval(&mut self) -> Result<(), Refusal> {
        let Some(inside) = self.until('>') else { return invalid("`<` is not closed") };
        let Some((low, high)) = inside.split_once('-') else {
            return invalid("there is no named automaton");
        };
        let number = |text: &str| text.parse::<i32>().ok().and_then(|number| u32::try_from(number).ok());
        let (Some(from), Some(to)) = (number(low), number(high)) else {
            return invalid("a range of numbers is written `<n-m>`");
        };
        let (from, to) = (from.min(to), from.max(to));
        self.out.push_str("(?:");
        if low.len() == high.len() {
            let width = low.len();
            digits(&mut self.out, &format!("{from:0width$}"), &format!("{to:0width$}"));
        } else {
            // Without a fixed width, any number of leading zeros is accepted.
            self.out.push_str("0*(?:");
            let (shortest, longest) = (from.to_string().len(), to.to_string().len());
            for width in shortest..=longest {
                if width > shortest {
                    self.out.push('|');
                }
                let low = if width == shortest { from.to_string() } else { format!("1{}", "0".repeat(width - 1)) };
                let high = if width == longest { to.to_string() } else { "9".repeat(width) };
                digits(&mut self.out, &low, &high);
            }
            self.out.push(')');
        }
        self.out.push(')');
        Ok(())
    }
}

/// An expression for all numbers from `low` to `high`, which have equally many digits.
fn digits(out: &mut String, low: &str, high: &str) {
    let (Some(first), Some(last)) = (low.chars().next(), high.chars().next()) else { return };
    let (low, high) = (&low[1..], &high[1..]);
    if first == last {
        out.push(first);
        return digits(out, low, high);
    }
    let (zeros, nines) = ("0".repeat(low.len()), "9".repeat(low.len()));
    let _ = write!(out, "(?:{first}");
    digits(out, low, &nines);
    if u32::from(last) - u32::from(first) > 1 {
        let step = |c: char, by: i8| char::from((c as u8).wrapping_add_signed(by));
        let _ = write!(out, "|[{}-{}]", step(first, 1), step(last, -1));
        digits(out, &zeros, &nines);
    }
    let _ = write!(out, "|{last}");
    digits(out, &zeros, high);
    out.push(')');
}

#[cfg(test)]
mod tests;
