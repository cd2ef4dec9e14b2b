//! Source text to tokens.
//!
//! The lexer never stops: a character or string it cannot read becomes a diagnostic and, where possible, the token that was meant, so that
//! the parser does not complain a second time. It knows no grammar; whether `runs` is a field or an option is the parser's business.

use super::codes;
use super::token::{Keyword, Number, Punctuation, Token, TokenKind};
use crate::base::Span;
use crate::diag::Diagnostic;

/// The tokens of a text, the last of which is always [`TokenKind::End`], and what is wrong with it.
#[derive(Debug)]
pub struct Lexed {
    /// Tokens in source order.
    pub tokens: Vec<Token>,
    /// Findings in source order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Cuts `source` into tokens. The source must be shorter than 4 GiB, or spans saturate.
pub fn lex(source: &str) -> Lexed {
    let mut lexer = Lexer { source, at: 0, tokens: Vec::new(), diagnostics: Vec::new() };
    while lexer.at < source.len() {
        lexer.token();
    }
    let end = lexer.span(source.len());
    lexer.tokens.push(Token { kind: TokenKind::End, span: end });
    Lexed { tokens: lexer.tokens, diagnostics: lexer.diagnostics }
}

struct Lexer<'source> {
    source: &'source str,
    at: usize,
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn begins_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == '@'
}

fn continues_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

impl<'source> Lexer<'source> {
    fn rest(&self) -> &'source str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Consumes characters while they fit and returns them.
    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'source str {
        let rest = self.rest();
        let length = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// The span from `start` to the current position.
    fn span(&self, start: usize) -> Span {
        Span::new(offset(start), offset(self.at))
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        let span = self.span(start);
        self.tokens.push(Token { kind, span });
    }

    /// Reads one token, comment or run of white space. Always consumes at least one character.
    fn token(&mut self) {
        let start = self.at;
        let Some(c) = self.peek() else { return };
        match c {
            ' ' | '\t' | '\r' | '\n' => {
                self.take_while(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
            }
            // Comments and long quotes come before what they begin with: `//` is not two divisions, and `"""` not an empty string with a quote behind it.
            '/' if self.rest().starts_with("//") => {
                self.take_while(|c| c != '\n' && c != '\r');
            }
            '/' if self.rest().starts_with("/*") => self.block_comment(),
            '"' if self.rest().starts_with("\"\"\"") => self.raw_string(),
            '"' => self.string(),
            '\'' => self.single_quoted(start),
            '`' => self.quoted_name(),
            // Before a quote, `?` began the raw strings of old versions; before a name it makes a field optional, and is a mark like others.
            '?' if self.rest()[1..].starts_with(['"', '\'']) => self.old_raw_string(),
            // `.5` is a number, as in Elasticsearch's grammar. A point before anything else joins the parts of a name.
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number(),
            c if c.is_ascii_digit() => self.number(),
            c if begins_name(c) => self.name(),
            _ => self.punctuation(c),
        }
    }

    fn block_comment(&mut self) {
        let start = self.at;
        if let Some(length) = self.rest()[2..].find("*/") {
            self.at += length + 4;
            return;
        }
        self.at = self.source.len();
        self.unterminated(start, "comment", "*/");
    }

    fn unterminated(&mut self, start: usize, what: &str, end: &str) {
        self.diagnostics.push(
            Diagnostic::error(codes::UNTERMINATED, self.span(start), format!("this {what} is not closed"))
                .label(format!("no `{end}` follows")),
        );
    }

    fn name(&mut self) {
        let start = self.at;
        self.at += 1;
        self.take_while(continues_name);
        let name = &self.source[start..self.at];
        // `in~`, `like~` and `regex~` are keywords of their own, and `~` behind any other name makes the case-insensitive form of a function. With the
        // tilde first: `in~` is not `in` and a stray `~`.
        let tilde = self.peek() == Some('~');
        let written = if tilde { &self.source[start..=self.at] } else { name };
        if let Some(keyword) = Keyword::find(written) {
            self.at = start + written.len();
            self.push(TokenKind::Keyword(keyword), start);
        } else if tilde {
            self.at += 1;
            self.push(TokenKind::NameTilde(name.into()), start);
        } else {
            self.push(TokenKind::Name(name.into()), start);
        }
    }

    fn quoted_name(&mut self) {
        let start = self.at;
        self.at += 1;
        let mut name = String::new();
        loop {
            name.push_str(self.take_while(|c| c != '`'));
            if self.peek().is_none() {
                self.unterminated(start, "quoted name", "`");
                break;
            }
            self.at += 1;
            // Two back quotes in a row are one in the name, as two quotes are in SQL.
            if self.peek() != Some('`') {
                break;
            }
            self.at += 1;
            name.push('`');
        }
        self.push(TokenKind::QuotedName(name.into()), start);
    }

    fn raw_string(&mut self) {
        let start = self.at;
        let inside = &self.rest()[3..];
        // One scan for whichever comes first: looking for the line's end alone would be quadratic in a line of many strings.
        let bytes = inside.as_bytes();
        let ends = |&at: &usize| matches!(bytes[at], b'\n' | b'\r') || bytes[at..].starts_with(b"\"\"\"");
        let length = (0..bytes.len()).find(ends).unwrap_or(bytes.len());
        if bytes.get(length) != Some(&b'"') {
            self.at += 3 + length;
            self.unterminated(start, "raw string", "\"\"\"");
            return self.push(TokenKind::Text(inside[..length].into()), start);
        }
        // Up to two further quotes belong to the value, as in """a"""" for a".
        let extra = bytes[length + 3..].iter().take(2).take_while(|&&byte| byte == b'"').count();
        self.at += length + 6 + extra;
        self.push(TokenKind::Text(inside[..length + extra].into()), start);
    }

    fn string(&mut self) {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            // A run without escapes is copied at once. A line break ends the string: without that, one forgotten quote would swallow the rest of the
            // rule.
            value.push_str(self.take_while(|c| !matches!(c, '"' | '\\' | '\n' | '\r')));
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    break;
                }
                Some('\\') => self.escape(&mut value),
                _ => {
                    self.unterminated(start, "string", "\"");
                    break;
                }
            }
        }
        self.push(TokenKind::Text(value.into()), start);
    }

    /// Reads an escape; what cannot be read is reported and taken as it stands.
    fn escape(&mut self, value: &mut String) {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.peek() else { return };
        if matches!(c, '\n' | '\r') {
            return; // The string ends here without a quote, which is reported.
        }
        self.at += c.len_utf8();
        let plain = match c {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            '"' | '\'' | '\\' => c,
            'u' => return self.unicode_escape(start, value),
            _ => {
                self.diagnostics.push(
                    Diagnostic::error(codes::INVALID_ESCAPE, self.span(start), format!("`\\{c}` is not an escape"))
                        .label("unknown escape")
                        .help("write `\\\\` for a backslash, or use a raw string: \"\"\"...\"\"\""),
                );
                value.push_str(&self.source[start..self.at]);
                return;
            }
        };
        value.push(plain);
    }

    fn unicode_escape(&mut self, start: usize, value: &mut String) {
        let rest = self.rest();
        let digits = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits);
        let hex = digits
            .filter(|digits| (2..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(hex) = hex else {
            let message = "a Unicode escape is `\\u{...}` with 2 to 8 hexadecimal digits";
            self.diagnostics.push(Diagnostic::error(codes::INVALID_ESCAPE, self.span(start), message));
            return;
        };
        self.at += hex.len() + 2;
        match u32::from_str_radix(hex, 16).ok().and_then(char::from_u32) {
            Some(c) => value.push(c),
            None => self.diagnostics.push(
                Diagnostic::error(codes::INVALID_ESCAPE, self.span(start), format!("U+{hex} is not a character"))
                    .help("surrogates and numbers over 10FFFF cannot be written"),
            ),
        }
    }

    // The form is gone from EQL, but its meaning is plain: it is read to its end as one text, or each word in it would be a finding of its own. Escapes
    // stay as they are written, since nothing defines them, and a missing end is not reported beside the wrong form.
    fn single_quoted(&mut self, start: usize) {
        self.at += 1;
        let mut value = String::new();
        loop {
            value.push_str(self.take_while(|c| !matches!(c, '\'' | '\\' | '\n' | '\r')));
            match self.peek() {
                Some('\'') => {
                    self.at += 1;
                    break;
                }
                Some('\\') => {
                    let from = self.at;
                    self.at += 1;
                    if let Some(c) = self.peek().filter(|c| !matches!(c, '\n' | '\r')) {
                        self.at += c.len_utf8();
                    }
                    value.push_str(&self.source[from..self.at]);
                }
                _ => break,
            }
        }
        self.diagnostics.push(
            Diagnostic::error(codes::SINGLE_QUOTES, self.span(start), "texts are written in double quotes")
                .help("single-quoted strings were removed from EQL; write \"...\""),
        );
        self.push(TokenKind::Text(value.into()), start);
    }

    fn old_raw_string(&mut self) {
        let start = self.at;
        let quote = if self.rest()[1..].starts_with('"') { '"' } else { '\'' };
        self.at += 2;
        let value = self.take_while(|c| c != quote && c != '\n' && c != '\r');
        if self.peek() == Some(quote) {
            self.at += 1;
        }
        self.diagnostics.push(
            Diagnostic::error(
                codes::OLD_RAW_STRING,
                self.span(start),
                format!("`?{quote}...{quote}` is no longer a raw string"),
            )
            .help("write it in three double quotes: \"\"\"...\"\"\""),
        );
        self.push(TokenKind::Text(value.into()), start);
    }

    fn number(&mut self) {
        let start = self.at;
        self.take_while(|c| c.is_ascii_digit());
        let mut decimal = false;
        if self.peek() == Some('.') {
            decimal = true;
            self.at += 1;
            self.take_while(|c| c.is_ascii_digit());
        }
        // An exponent needs digits: `1e` is the number 1 with the name `e` behind it, for the parser to refuse.
        let exponent = self.rest().strip_prefix(['e', 'E']).map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
        if let Some(digits) = exponent.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            decimal = true;
            self.at = self.source.len() - digits.len();
            self.take_while(|c| c.is_ascii_digit());
        }
        let text = &self.source[start..self.at];
        if let Some(number) = Number::parse(text, decimal) {
            return self.push(TokenKind::Number(number), start);
        }
        let message = format!("`{text}` is too large for a number");
        self.diagnostics.push(Diagnostic::error(codes::INVALID_NUMBER, self.span(start), message));
        self.push(TokenKind::Number(Number::Integer(0)), start);
    }

    fn punctuation(&mut self, c: char) {
        let start = self.at;
        if let Some((text, kind)) = Punctuation::ALL.iter().find(|(text, _)| self.rest().starts_with(text)) {
            self.at += text.len();
            return self.push(TokenKind::Punctuation(*kind), start);
        }
        // The usual slip of people who know `!=`. It is read as `:`, so that the operands around it are still checked.
        if self.rest().starts_with("!:") {
            self.at += 2;
            self.diagnostics.push(
                Diagnostic::error(codes::UNEXPECTED_CHARACTER, self.span(start), "there is no operator `!:`")
                    .help("write `not field : \"value\"`"),
            );
            return self.push(TokenKind::Punctuation(Punctuation::Colon), start);
        }
        self.at += c.len_utf8();
        // `! [` is meant as `![`: the mark for a missing event is given to the parser all the same, so that this stays one finding.
        let bracket = c == '!' && self.rest().trim_start().starts_with('[');
        let mut finding = Diagnostic::error(
            codes::UNEXPECTED_CHARACTER,
            self.span(start),
            format!("unexpected character `{}`", c.escape_debug()),
        );
        finding.help = match c {
            _ if bracket => Some("a missing event is written `![`, without a space".into()),
            '!' => Some("negation is written `not`".into()),
            '&' => Some("conjunction is written `and`".into()),
            '~' => Some("`~` follows a function or operator directly, as in `in~`".into()),
            _ => None,
        };
        self.diagnostics.push(finding);
        if bracket {
            self.take_while(char::is_whitespace);
            self.at += 1;
            self.push(TokenKind::Punctuation(Punctuation::MissingOpen), start);
        }
    }
}

#[cfg(test)]
mod tests;
