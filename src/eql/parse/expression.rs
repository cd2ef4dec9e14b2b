//! Expressions, by precedence climbing.
//!
//! From loose to tight: `or`, `and`, `not`, one comparison, `+ -`, `* / %`, sign, then `in`, `:`, `like`, `regex` directly on a primary.
//!
//! A grammar with one rule for each level would need a function for each, and a call of all of them for a single number. Here one function reads a family of
//! operators: `logic(least)` reads an operand and then goes on as long as an operator follows whose level is `least` or tighter. The operand on the right is
//! read with `logic(level + 1)`, so that tighter operators go into it and those of the same or a looser level come back to the loop:
//!
//! ```text
//! a or b and c or d          logic(OR)   reads a, meets `or`
//!   └─ b and c                 logic(AND)  reads b, meets `and`
//!        └─ c                    logic(TIGHT) reads c; `or` is looser: back
//!                              `or` is looser than AND: back, with b and c
//!           └─ d             meets `or` of its own level: goes on, with the list [a, b and c, d]
//! ```

use super::super::ast::{ArithmeticOp, At, Call, CompareOp, Expr, ExprKind, Literal, LogicOp, PatternOp};
use super::super::codes;
use super::super::token::{Keyword, Punctuation, TokenKind};
use super::{MAX_DEPTH, QueryParser};
use crate::base::Span;
use crate::diag::Diagnostic;
use std::sync::Arc;

// Logic and arithmetic never meet at one level, a comparison standing between them, and share these numbers: sums have the level of `or`, products that
// of `and`.
/// Precedences of the chains.
const OR: u8 = 1;
const AND: u8 = 2;
const TIGHT: u8 = 3;

fn logic_op(kind: &TokenKind) -> Option<(LogicOp, Keyword, u8)> {
    match kind {
        TokenKind::Keyword(word @ Keyword::Or) => Some((LogicOp::Or, *word, OR)),
        TokenKind::Keyword(word @ Keyword::And) => Some((LogicOp::And, *word, AND)),
        _ => None,
    }
}

fn arithmetic_op(kind: &TokenKind) -> Option<(ArithmeticOp, u8)> {
    let TokenKind::Punctuation(mark) = kind else { return None };
    Some(match mark {
        Punctuation::Plus => (ArithmeticOp::Add, OR),
        Punctuation::Minus => (ArithmeticOp::Subtract, OR),
        Punctuation::Star => (ArithmeticOp::Multiply, AND),
        Punctuation::Slash => (ArithmeticOp::Divide, AND),
        Punctuation::Percent => (ArithmeticOp::Modulo, AND),
        _ => return None,
    })
}

fn compare_op(kind: &TokenKind) -> Option<CompareOp> {
    let TokenKind::Punctuation(mark) = kind else { return None };
    Some(match mark {
        Punctuation::Equal | Punctuation::Assign => CompareOp::Equal,
        Punctuation::NotEqual => CompareOp::NotEqual,
        Punctuation::Less => CompareOp::Less,
        Punctuation::LessOrEqual => CompareOp::LessOrEqual,
        Punctuation::Greater => CompareOp::Greater,
        Punctuation::GreaterOrEqual => CompareOp::GreaterOrEqual,
        _ => return None,
    })
}

fn pattern_op(kind: &TokenKind) -> Option<PatternOp> {
    Some(match kind {
        TokenKind::Punctuation(Punctuation::Colon) => PatternOp::Colon,
        TokenKind::Keyword(Keyword::Like) => PatternOp::Like,
        TokenKind::Keyword(Keyword::LikeTilde) => PatternOp::LikeTilde,
        TokenKind::Keyword(Keyword::Regex) => PatternOp::Regex,
        TokenKind::Keyword(Keyword::RegexTilde) => PatternOp::RegexTilde,
        _ => return None,
    })
}

impl QueryParser {
    /// A whole expression, `or` and all.
    pub(super) fn expression(&mut self) -> Expr {
        self.logic(OR)
    }

    /// Whether the current token can begin an operand.
    pub(super) fn begins_operand(&self) -> bool {
        match self.kind() {
            TokenKind::Name(_)
            | TokenKind::NameTilde(_)
            | TokenKind::QuotedName(_)
            | TokenKind::Text(_)
            | TokenKind::Number(_) => true,
            TokenKind::Keyword(word) => {
                matches!(word, Keyword::True | Keyword::False | Keyword::Null | Keyword::Not)
            }
            TokenKind::Punctuation(mark) => {
                matches!(mark, Punctuation::Open | Punctuation::Question | Punctuation::Minus | Punctuation::Plus)
            }
            TokenKind::End => false,
        }
    }

    /// Runs `inner` one level deeper; past the limit the rest of the source is given up.
    fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Expr) -> Expr {
        if self.depth >= MAX_DEPTH {
            let message = format!("expressions may be nested {MAX_DEPTH} levels deep at most");
            self.report(Diagnostic::error(codes::TOO_DEEP, self.span(), message));
            // The position is moved to the end, where every loop of the parser stops by itself: nothing has to pass an error up through a hundred levels.
            self.gave_up = true;
            self.at = self.tokens.len().saturating_sub(1);
            return self.invalid();
        }
        self.depth += 1;
        let expr = inner(self);
        self.depth -= 1;
        expr
    }

    fn logic(&mut self, least: u8) -> Expr {
        let start = self.span();
        let mut left = if self.eat_word(Keyword::Not) {
            // `not` takes one comparison and not the rest of the chain: `not a == 1 and b == 2` is `(not a == 1) and b == 2`.
            let operand = self.deeper(|parser| parser.logic(TIGHT));
            Expr { kind: ExprKind::Not(Box::new(operand)), at: self.since(start) }
        } else {
            self.comparison()
        };
        while let Some((op, word, level)) = logic_op(self.kind()).filter(|(_, _, level)| *level >= least) {
            // Operators of one level are gathered into one flat list. Nested pairs would make the tree as deep as a list of a thousand names is long, and
            // whoever walks it recursively would overflow the stack.
            let mut operands = vec![left];
            while self.eat_word(word) {
                operands.push(self.logic(level + 1));
            }
            left = Expr { kind: ExprKind::Logic { op, operands }, at: self.since(start) };
        }
        left
    }

    fn comparison(&mut self) -> Expr {
        let start = self.span();
        let left = self.arithmetic(OR);
        let Some(op) = self.compare_op() else { return left };
        let right = self.arithmetic(OR);
        let kind = ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) };
        let expr = Expr { kind, at: self.since(start) };
        // `a < b < c` is no syntax of EQL. The rest is read and dropped, which leaves the parser behind it.
        while compare_op(self.kind()).is_some() {
            let help = "join two comparisons with `and`";
            self.error(codes::CHAINED_COMPARISON, self.span(), "comparisons cannot be chained", help);
            self.bump();
            self.arithmetic(OR);
        }
        expr
    }

    fn compare_op(&mut self) -> Option<CompareOp> {
        let op = compare_op(self.kind())?;
        if self.is_mark(Punctuation::Assign) {
            let help = "write `==` to compare exactly, `:` to compare without regard to case";
            self.error(codes::SINGLE_EQUALS, self.span(), "`=` is not a comparison", help);
        }
        self.bump();
        Some(op)
    }

    fn arithmetic(&mut self, least: u8) -> Expr {
        let start = self.span();
        let mut left = self.signed();
        while let Some((_, level)) = arithmetic_op(self.kind()).filter(|(_, level)| *level >= least) {
            let mut rest = Vec::new();
            while let Some((op, _)) = arithmetic_op(self.kind()).filter(|(_, this)| *this == level) {
                self.bump();
                rest.push((op, self.arithmetic(level + 1)));
            }
            left = Expr { kind: ExprKind::Arithmetic { first: Box::new(left), rest }, at: self.since(start) };
        }
        left
    }

    fn signed(&mut self) -> Expr {
        let start = self.span();
        let negative = self.is_mark(Punctuation::Minus);
        if !negative && !self.is_mark(Punctuation::Plus) {
            return self.predicate();
        }
        self.bump();
        let operand = Box::new(self.deeper(Self::signed));
        Expr { kind: ExprKind::Sign { negative, operand }, at: self.since(start) }
    }

    /// A primary with `in`, `:`, `like` or `regex` behind it.
    fn predicate(&mut self) -> Expr {
        let start = self.span();
        let value = Box::new(self.primary());
        // `x not in (...)` begins like `x not like ...`, which does not exist: one token more is looked at before anything is consumed.
        let negated = self.is_word(Keyword::Not);
        let operator = self.ahead(usize::from(negated)).clone();
        let insensitive = operator == TokenKind::Keyword(Keyword::InTilde);
        if insensitive || operator == TokenKind::Keyword(Keyword::In) {
            self.at += 1 + usize::from(negated);
            let list = self.list();
            return Expr { kind: ExprKind::In { value, negated, insensitive, list }, at: self.since(start) };
        }
        let Some(op) = pattern_op(&operator) else { return *value };
        if negated {
            let message = format!("`{}` has no negated form", op.text());
            let help = format!("put `not` in front: `not field {} \"value\"`", op.text());
            self.error(codes::NEGATED_OPERATOR, self.span(), &message, &help);
            self.bump();
        }
        self.bump();
        let list = if self.is_mark(Punctuation::Open) { self.list() } else { vec![self.primary()] };
        Expr { kind: ExprKind::Pattern { op, value, list }, at: self.since(start) }
    }

    /// `( expr, ... )`, with one member at least.
    fn list(&mut self) -> Vec<Expr> {
        if !self.eat_mark(Punctuation::Open) {
            self.expected("`(` and a list of values");
            return vec![self.invalid()];
        }
        let list = self.arguments();
        if list.is_empty() {
            // The finding must point to the `)` that was consumed already, not to whatever stands behind it.
            self.at -= 1;
            self.expected("a value");
            self.bump();
            return vec![self.invalid()];
        }
        list
    }

    /// `expr, ... )`, the opening parenthesis being consumed.
    fn arguments(&mut self) -> Vec<Expr> {
        let mut list = Vec::new();
        if self.eat_mark(Punctuation::Close) {
            return list;
        }
        loop {
            list.push(self.deeper(Self::expression));
            if !self.eat_mark(Punctuation::Comma) {
                break;
            }
        }
        if !self.eat_mark(Punctuation::Close) {
            self.expected("`,` or `)`");
        }
        list
    }

    fn primary(&mut self) -> Expr {
        let start = self.span();
        let literal = match self.kind() {
            TokenKind::Keyword(Keyword::Null) => Literal::Null,
            TokenKind::Keyword(Keyword::True) => Literal::Boolean(true),
            TokenKind::Keyword(Keyword::False) => Literal::Boolean(false),
            TokenKind::Number(number) => Literal::Number(*number),
            TokenKind::Text(text) => Literal::Text(text.clone()),
            TokenKind::Name(_) | TokenKind::NameTilde(_) | TokenKind::QuotedName(_) => return self.named(),
            TokenKind::Punctuation(Punctuation::Question) => return self.optional(),
            TokenKind::Punctuation(Punctuation::Open) => return self.parenthesised(),
            _ => return self.no_operand(),
        };
        self.bump();
        Expr { kind: ExprKind::Literal(literal), at: At(start) }
    }

    fn parenthesised(&mut self) -> Expr {
        let start = self.span();
        self.bump();
        let mut inner = self.deeper(Self::expression);
        if !self.eat_mark(Punctuation::Close) {
            self.expected("`)`");
        }
        inner.at = self.since(start);
        inner
    }

    /// Reports that no operand stands here, and consumes the token unless it closes or separates something.
    fn no_operand(&mut self) -> Expr {
        let invalid = self.invalid();
        let help = match self.kind() {
            TokenKind::Keyword(word) => Some(format!("a field of this name is written `` `{}` ``", word.text())),
            _ => None,
        };
        // Tokens that close or separate something are left to whoever waits for them: in `(a == ) and b` the operand is missing, the parenthesis is not.
        // Any other token is consumed, or the caller's loop would see it again.
        let separates = match self.kind() {
            TokenKind::Keyword(word) => {
                matches!(
                    word,
                    Keyword::And | Keyword::Or | Keyword::By | Keyword::With | Keyword::Until | Keyword::Where
                )
            }
            TokenKind::Punctuation(mark) => !matches!(mark, Punctuation::Dot | Punctuation::Star | Punctuation::Slash),
            _ => false,
        };
        let help = if separates { None } else { help };
        self.expected_with("a value, field or function", help);
        if !separates {
            self.bump();
        }
        invalid
    }

    fn optional(&mut self) -> Expr {
        let start = self.span();
        self.bump();
        if !matches!(self.kind(), TokenKind::Name(_) | TokenKind::QuotedName(_)) {
            self.expected("a field name after `?`");
            return self.invalid();
        }
        let name = self.qualified_name();
        Expr { kind: ExprKind::Field { name, optional: true }, at: self.since(start) }
    }

    fn named(&mut self) -> Expr {
        let start = self.span();
        let (name, insensitive) = match self.kind() {
            TokenKind::Name(name) => (name.clone(), false),
            TokenKind::NameTilde(name) => (name.clone(), true),
            _ => return self.field(start),
        };
        if *self.ahead(1) == TokenKind::Punctuation(Punctuation::Open) {
            return self.call(name, insensitive);
        }
        if insensitive {
            self.bump();
            self.expected("`(` and the arguments of the function");
            return self.invalid();
        }
        if *self.ahead(1) == TokenKind::Keyword(Keyword::Of) {
            return self.subquery(start);
        }
        self.field(start)
    }

    fn field(&mut self, start: Span) -> Expr {
        let name = self.qualified_name();
        Expr { kind: ExprKind::Field { name, optional: false }, at: self.since(start) }
    }

    fn call(&mut self, name: Arc<str>, insensitive: bool) -> Expr {
        let start = self.span();
        self.at += 2;
        let arguments = self.arguments();
        let call = Call { name, name_at: At(start), insensitive, arguments };
        Expr { kind: ExprKind::Call(call), at: self.since(start) }
    }

    /// `process of [...]`: of the grammar, but run by no Elasticsearch.
    fn subquery(&mut self, start: Span) -> Expr {
        self.at += 2;
        if self.is_mark(Punctuation::BracketOpen) {
            self.skip_to(|kind| *kind == TokenKind::Punctuation(Punctuation::BracketClose));
            self.bump();
        }
        let at = self.since(start);
        let help = "Elasticsearch rejects them too; a sequence by the parent's entity id may say the same";
        self.error(codes::UNSUPPORTED, at.0, "subqueries with `of` are not supported", help);
        Expr { kind: ExprKind::Invalid, at }
    }

    /// Names joined by points; a back-quoted part may hold points itself.
    fn qualified_name(&mut self) -> Arc<str> {
        let mut name = String::new();
        loop {
            match self.kind() {
                TokenKind::Name(part) | TokenKind::QuotedName(part) => name.push_str(part),
                TokenKind::Keyword(word) => {
                    // `process.in` is read as the name that it is meant to be, beside the finding: a field named by a keyword needs back quotes.
                    let help = format!("write the reserved word as `` `{}` ``", word.text());
                    name.push_str(word.text());
                    self.expected_with("a name", Some(help));
                }
                _ => {
                    self.expected("a name after `.`");
                    break;
                }
            }
            self.bump();
            self.array_index();
            if !self.eat_mark(Punctuation::Dot) {
                break;
            }
            name.push('.');
        }
        name.into()
    }

    fn array_index(&mut self) {
        while self.is_mark(Punctuation::BracketOpen) && matches!(self.ahead(1), TokenKind::Number(_)) {
            let start = self.span();
            self.at += 2;
            self.expect_mark(Punctuation::BracketClose);
            let span = self.since(start).0;
            let help = "a condition on a list holds if any of its elements fits";
            self.error(codes::ARRAY_INDEX, span, "list elements cannot be addressed by number", help);
        }
    }
}
