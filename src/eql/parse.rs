//! Tokens to syntax tree: queries, terms and pipes. Expressions are in `parse::expression`.
//!
//! The parser reports what it can and goes on: a broken term is skipped to its bracket, a broken operand becomes an `Invalid` node. At most one
//! finding per token, so that one mistake gives one message. Every loop consumes tokens, and nesting is bounded, so hostile input costs time
//! proportional to its length and a fixed amount of stack. It knows no fields, types or functions.

mod expression;

use super::ast::{
    At, Duration, Expr, ExprKind, ParsedEvent, ParsedQuery, ParsedSample, ParsedSequence, Pipe, Statement, Term,
    TimeUnit, WithRuns,
};
use super::codes;
use super::lex::{Lexed, lex};
use super::token::{Keyword, Number, Punctuation, TokenKind};
use crate::base::Span;
use crate::diag::{Code, Diagnostic};

/// How deeply parentheses, calls, signs and negations may be nested. Chosen so that even an unoptimised build fits a stack of 2 MiB; rules nest
/// fewer than ten levels.
pub const MAX_DEPTH: usize = 100;

/// Parses a whole source text. The tree is complete; where something could not be read it says `Invalid` and a finding says why.
pub fn parse(source: &str) -> (Statement, Vec<Diagnostic>) {
    let Lexed { tokens, diagnostics } = lex(source);
    let mut parser = QueryParser { tokens, at: 0, diagnostics, depth: 0, reported: None, gave_up: false };
    let statement = parser.statement();
    parser.diagnostics.sort_by_key(|finding| finding.span);
    (statement, parser.diagnostics)
}

struct QueryParser {
    tokens: Vec<super::token::Token>,
    at: usize,
    diagnostics: Vec<Diagnostic>,
    depth: usize,
    /// The token the latest syntax error was about.
    reported: Option<usize>,
    /// Set when nesting is too deep: the rest of the source is not read, and nothing more is said of it.
    gave_up: bool,
}

impl QueryParser {
    fn kind(&self) -> &TokenKind {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> &TokenKind {
        self.tokens.get(self.at + by).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map(|token| token.span).unwrap_or_default()
    }

    /// The span of the token before the current one.
    fn previous_span(&self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map(|token| token.span).unwrap_or_default()
    }

    /// From the beginning of `start` to the end of what was consumed last.
    fn since(&self, start: Span) -> At {
        At(Span::new(start.start, self.previous_span().end.max(start.end)))
    }

    fn is_end(&self) -> bool {
        *self.kind() == TokenKind::End
    }

    fn bump(&mut self) {
        if !self.is_end() {
            self.at += 1;
        }
    }

    fn is_mark(&self, mark: Punctuation) -> bool {
        *self.kind() == TokenKind::Punctuation(mark)
    }

    fn is_word(&self, word: Keyword) -> bool {
        *self.kind() == TokenKind::Keyword(word)
    }

    fn eat_mark(&mut self, mark: Punctuation) -> bool {
        let found = self.is_mark(mark);
        if found {
            self.bump();
        }
        found
    }

    fn eat_word(&mut self, word: Keyword) -> bool {
        let found = self.is_word(word);
        if found {
            self.bump();
        }
        found
    }

    fn report(&mut self, finding: Diagnostic) {
        if !self.gave_up {
            self.diagnostics.push(finding);
        }
    }

    /// Reports that the current token is not what the grammar wants, unless this token was complained about already.
    fn expected(&mut self, what: &str) {
        self.expected_with(what, None);
    }

    fn expected_with(&mut self, what: &str, help: Option<String>) {
        // While the parser unwinds from an error, each rule of the grammar on the way misses its own closing token at this same place. Only the first
        // complaint says something.
        if self.reported.replace(self.at) == Some(self.at) {
            return;
        }
        let message = format!("expected {what}, found {}", self.kind().describe());
        let mut finding =
            Diagnostic::error(codes::UNEXPECTED_TOKEN, self.span(), message).label(format!("expected {what}"));
        finding.help = help;
        self.report(finding);
    }

    fn error(&mut self, code: Code, span: Span, message: &str, help: &str) {
        let mut finding = Diagnostic::error(code, span, message);
        finding.help = (!help.is_empty()).then(|| help.to_owned());
        self.report(finding);
    }

    fn expect_mark(&mut self, mark: Punctuation) {
        if !self.eat_mark(mark) {
            self.expected(&format!("`{}`", mark.text()));
        }
    }

    /// Skips to a token that fits, or to the end.
    fn skip_to(&mut self, fits: impl Fn(&TokenKind) -> bool) {
        while !self.is_end() && !fits(self.kind()) {
            self.bump();
        }
    }

    fn statement(&mut self) -> Statement {
        let query = self.query();
        let mut pipes = Vec::new();
        loop {
            if self.eat_mark(Punctuation::Pipe) {
                pipes.push(self.pipe());
            } else if self.is_end() {
                break;
            } else {
                // The rest of a broken condition is skipped, and the pipes behind it are still read. Each turn of the loop consumes a pipe or stands
                // before one, so that it ends.
                self.expected("`and`, `or`, `|` or the end of the query");
                self.skip_to(|kind| *kind == TokenKind::Punctuation(Punctuation::Pipe));
            }
        }
        Statement { query, pipes }
    }

    fn query(&mut self) -> ParsedQuery {
        match self.kind() {
            TokenKind::Keyword(Keyword::Sequence) => ParsedQuery::Sequence(self.sequence()),
            TokenKind::Keyword(Keyword::Sample) => ParsedQuery::Sample(self.sample()),
            TokenKind::Keyword(Keyword::Join) => {
                // Nothing more is read: each bracket of a join would only add findings about a construct that cannot run.
                let message = "`join` is not supported";
                self.error(
                    codes::UNSUPPORTED,
                    self.span(),
                    message,
                    "Elasticsearch rejects it too; `sample by` is the nearest",
                );
                self.skip_to(|_| false);
                ParsedQuery::Invalid
            }
            _ => ParsedQuery::Event(self.event()),
        }
    }

    fn event(&mut self) -> ParsedEvent {
        let category_at = At(self.span());
        let category = match self.kind() {
            TokenKind::Name(name) | TokenKind::Text(name) => Some(name.clone()),
            _ => None,
        };
        if category.is_some() || self.is_word(Keyword::Any) {
            self.bump();
        } else {
            self.expected("an event category or `any`");
            // A wrong word in the category's place is one mistake: it is consumed, so that the condition behind `where` is still checked.
            if !self.is_word(Keyword::Where) && matches!(self.ahead(1), TokenKind::Keyword(Keyword::Where)) {
                self.bump();
            }
        }
        if !self.eat_word(Keyword::Where) {
            self.expected("`where`");
            // Where only the word `where` was forgotten, the condition follows all the same.
            if !self.begins_operand() {
                return ParsedEvent { category, category_at, condition: self.invalid() };
            }
        }
        ParsedEvent { category, category_at, condition: self.expression() }
    }

    fn invalid(&self) -> Expr {
        Expr { kind: ExprKind::Invalid, at: At(self.span()) }
    }

    fn sequence(&mut self) -> ParsedSequence {
        let at = At(self.span());
        self.bump();
        let mut keys = self.by();
        let mut maxspan = None;
        let with = self.span();
        if self.is_word(Keyword::With) {
            maxspan = self.maxspan();
            if self.is_word(Keyword::By) {
                let span = with.to(self.span());
                let help = "write `sequence by key with maxspan=1m`";
                self.error(codes::MAXSPAN_BEFORE_BY, span, "`with maxspan` must stand after `by`", help);
                keys = self.by();
            }
        }
        let terms = self.terms();
        let until = self.eat_word(Keyword::Until).then(|| self.until()).flatten();
        ParsedSequence { at, keys, maxspan, terms, until }
    }

    fn until(&mut self) -> Option<Box<Term>> {
        if !self.begins_term() {
            self.expected("`[` after `until`");
            return None;
        }
        Some(Box::new(self.term()))
    }

    fn sample(&mut self) -> ParsedSample {
        let at = At(self.span());
        self.bump();
        let keys = self.by();
        if self.is_word(Keyword::With) {
            self.error(
                codes::UNSUPPORTED,
                self.span(),
                "a sample has no `maxspan`",
                "only a `sequence` has an order in time",
            );
            self.maxspan();
        }
        let terms = self.terms();
        if self.is_word(Keyword::Until) {
            self.error(
                codes::UNSUPPORTED,
                self.span(),
                "a sample has no `until`",
                "only a `sequence` has an order in time",
            );
            self.bump();
            self.until();
        }
        ParsedSample { at, keys, terms }
    }

    fn begins_term(&self) -> bool {
        self.is_mark(Punctuation::BracketOpen) || self.is_mark(Punctuation::MissingOpen)
    }

    /// All terms that follow; what stands between them is reported and skipped.
    fn terms(&mut self) -> Vec<Term> {
        let mut terms = Vec::new();
        let mut skipped = false;
        loop {
            if self.begins_term() {
                terms.push(self.term());
                continue;
            }
            if self.is_end() || self.is_mark(Punctuation::Pipe) || self.is_word(Keyword::Until) {
                break;
            }
            self.expected("a term in brackets, such as `[process where true]`");
            // One token is consumed before anything is skipped to: a loop that only looked for the next bracket would stand still at a token that it
            // never passes.
            skipped = true;
            self.bump();
            self.skip_to(|kind| {
                matches!(
                    kind,
                    TokenKind::Punctuation(Punctuation::BracketOpen | Punctuation::MissingOpen | Punctuation::Pipe)
                        | TokenKind::Keyword(Keyword::Until)
                )
            });
        }
        if terms.is_empty() && !skipped {
            self.expected("a term in brackets, such as `[process where true]`");
        }
        terms
    }

    fn term(&mut self) -> Term {
        let start = self.span();
        let missing = self.is_mark(Punctuation::MissingOpen);
        self.bump();
        let event = self.event();
        // A broken condition is skipped to the end of its bracket, or to the next one, so that the other terms are checked too.
        if !self.is_mark(Punctuation::BracketClose) {
            self.expected("`and`, `or` or `]`");
            self.skip_to(|kind| {
                matches!(
                    kind,
                    TokenKind::Punctuation(
                        Punctuation::BracketClose | Punctuation::BracketOpen | Punctuation::MissingOpen
                    ) | TokenKind::Keyword(Keyword::Until)
                )
            });
        }
        self.eat_mark(Punctuation::BracketClose);
        let at = self.since(start);
        let keys = self.by();
        let runs = if self.is_word(Keyword::With) { self.runs() } else { None };
        Term { at, missing, event, keys, runs }
    }

    fn by(&mut self) -> Vec<Expr> {
        if !self.eat_word(Keyword::By) {
            return Vec::new();
        }
        let mut keys = vec![self.expression()];
        while self.eat_mark(Punctuation::Comma) {
            keys.push(self.expression());
        }
        keys
    }

    /// Skips what is left of a broken option.
    fn skip_option(&mut self) {
        self.skip_to(|kind| {
            matches!(
                kind,
                TokenKind::Punctuation(Punctuation::BracketOpen | Punctuation::MissingOpen | Punctuation::Pipe)
                    | TokenKind::Keyword(Keyword::Until | Keyword::By)
            )
        });
    }

    /// `with maxspan = 5m`, from the `with` on.
    fn maxspan(&mut self) -> Option<Duration> {
        self.bump();
        if !self.eat_word(Keyword::Maxspan) {
            self.expected("`maxspan`");
            self.skip_option();
            return None;
        }
        self.expect_mark(Punctuation::Assign);
        let start = self.span();
        let &TokenKind::Number(number) = self.kind() else {
            self.expected("a duration such as `5m`");
            self.skip_option();
            return None;
        };
        self.bump();
        // `5m` reaches the parser as a number and a name: the lexer knows no units. The outer option says whether there is a name at all, the inner one
        // whether it is a unit, which are two different findings.
        let unit = match self.kind() {
            TokenKind::Name(name) => Some(TimeUnit::ALL.into_iter().find(|(text, _)| **text == **name)),
            _ => None,
        };
        if unit.is_some() {
            self.bump();
        }
        let at = self.since(start);
        let count = match number {
            Number::Integer(count) => u64::try_from(count).ok().filter(|&count| count > 0),
            Number::Unsigned(count) => Some(count),
            Number::Decimal(_) => None,
        };
        let help = "units are `ms`, `s`, `m`, `h` and `d`, as in `maxspan=5m`";
        let message = match (count, unit) {
            (Some(count), Some(Some((_, unit)))) => return Some(Duration { count, unit, at }),
            (None, _) => "`maxspan` must be a positive integer with a unit",
            (_, None) => "`maxspan` needs a unit",
            (_, Some(None)) => "`maxspan` has an unknown unit",
        };
        self.error(codes::INVALID_DURATION, at.0, message, help);
        None
    }

    /// `with runs = 3`, from the `with` on.
    fn runs(&mut self) -> Option<WithRuns> {
        self.bump();
        // `runs` is an option here and no keyword: a field may have that name.
        if !matches!(self.kind(), TokenKind::Name(name) if &**name == "runs") {
            self.expected("`runs`");
            self.skip_option();
            return None;
        }
        self.bump();
        self.expect_mark(Punctuation::Assign);
        let (at, kind) = (At(self.span()), self.kind().clone());
        let TokenKind::Number(number) = kind else {
            self.expected("a number of runs");
            self.skip_option();
            return None;
        };
        self.bump();
        match number {
            Number::Integer(count) => Some(WithRuns { count: u64::try_from(count).unwrap_or(0), at }),
            Number::Unsigned(count) => Some(WithRuns { count, at }),
            Number::Decimal(_) => {
                self.error(codes::INVALID_RUNS, at.0, "`runs` must be an integer from 1 to 100", "");
                None
            }
        }
    }

    fn pipe(&mut self) -> Pipe {
        let at = At(self.span());
        let TokenKind::Name(name) = self.kind().clone() else {
            self.expected("`head` or `tail`");
            self.skip_to(|kind| *kind == TokenKind::Punctuation(Punctuation::Pipe));
            return Pipe { name: "".into(), arguments: Vec::new(), at };
        };
        self.bump();
        let mut arguments = Vec::new();
        if !self.is_end() && !self.is_mark(Punctuation::Pipe) {
            arguments.push(self.expression());
            while self.eat_mark(Punctuation::Comma) {
                arguments.push(self.expression());
            }
        }
        Pipe { name, arguments, at }
    }
}

#[cfg(test)]
mod tests;
