//! Canonical source of a syntax tree.
//!
//! One space between words, the fewest parentheses that keep the reading, ordinary strings instead of raw ones. Does not keep layout or comments.

use super::{
    ArithmeticOp, CompareOp, Expr, ExprKind, Literal, LogicOp, ParsedEvent, ParsedQuery, Pipe, Statement, Term,
    TimeUnit, WithRuns,
};
use crate::eql::token::Keyword;
use std::fmt::{self, Display, Formatter, Write as _};

/// How tightly an expression binds; a looser one needs parentheses where a tighter one is wanted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Sign,
    Predicate,
    Primary,
}

impl Expr {
    fn binding(&self) -> Binding {
        match &self.kind {
            ExprKind::Logic { op: LogicOp::Or, .. } => Binding::Or,
            ExprKind::Logic { op: LogicOp::And, .. } => Binding::And,
            ExprKind::Not(_) => Binding::Not,
            ExprKind::Compare { .. } => Binding::Compare,
            ExprKind::Arithmetic { rest, .. } => match rest.first() {
                Some((ArithmeticOp::Add | ArithmeticOp::Subtract, _)) => Binding::Sum,
                _ => Binding::Product,
            },
            ExprKind::Sign { .. } => Binding::Sign,
            ExprKind::In { .. } | ExprKind::Pattern { .. } => Binding::Predicate,
            ExprKind::Literal(_) | ExprKind::Field { .. } | ExprKind::Call(_) | ExprKind::Invalid => Binding::Primary,
        }
    }
}

/// Writes `expr`, in parentheses if it binds more loosely than `least`.
fn within(f: &mut Formatter<'_>, expr: &Expr, least: Binding) -> fmt::Result {
    if expr.binding() < least { write!(f, "({expr})") } else { write!(f, "{expr}") }
}

fn list(f: &mut Formatter<'_>, exprs: &[Expr]) -> fmt::Result {
    for (at, expr) in exprs.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{expr}")?;
    }
    Ok(())
}

fn text(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c if c.is_control() => write!(f, "\\u{{{:02x}}}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// Whether a dotted name can be written without back quotes.
fn is_plain(name: &str) -> bool {
    name.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '@')
            && part[1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && Keyword::find(part).is_none()
    })
}

fn by(f: &mut Formatter<'_>, keys: &[Expr]) -> fmt::Result {
    if keys.is_empty() {
        return Ok(());
    }
    f.write_str(" by ")?;
    list(f, keys)
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.query)?;
        self.pipes.iter().try_for_each(|pipe| write!(f, " | {pipe}"))
    }
}

impl Display for ParsedQuery {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => write!(f, "{event}"),
            Self::Sequence(sequence) => {
                f.write_str("sequence")?;
                by(f, &sequence.keys)?;
                if let Some(maxspan) = &sequence.maxspan {
                    write!(f, " with maxspan={}{}", maxspan.count, maxspan.unit)?;
                }
                sequence.terms.iter().try_for_each(|term| write!(f, " {term}"))?;
                sequence.until.iter().try_for_each(|until| write!(f, " until {until}"))
            }
            Self::Sample(sample) => {
                f.write_str("sample")?;
                by(f, &sample.keys)?;
                sample.terms.iter().try_for_each(|term| write!(f, " {term}"))
            }
            Self::Invalid => f.write_str("<invalid>"),
        }
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}]", if self.missing { "![" } else { "[" }, self.event)?;
        by(f, &self.keys)?;
        match self.runs {
            Some(WithRuns { count, .. }) => write!(f, " with runs={count}"),
            None => Ok(()),
        }
    }
}

impl Display for ParsedEvent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.category {
            None => f.write_str("any")?,
            Some(name) if is_plain(name) && !name.contains('.') => f.write_str(name)?,
            Some(name) => text(f, name)?,
        }
        write!(f, " where {}", self.condition)
    }
}

impl Display for TimeUnit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Self::ALL.iter().filter(|(_, unit)| unit == self).try_for_each(|(text, _)| f.write_str(text))
    }
}

impl Display for Pipe {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.arguments.is_empty() {
            f.write_char(' ')?;
        }
        list(f, &self.arguments)
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(value) => text(f, value),
        }
    }
}

impl Display for CompareOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Display for ArithmeticOp {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        })
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Literal(literal) => write!(f, "{literal}"),
            ExprKind::Field { name, optional } => {
                f.write_str(if *optional { "?" } else { "" })?;
                if is_plain(name) { f.write_str(name) } else { write!(f, "`{}`", name.replace('`', "``")) }
            }
            ExprKind::Call(call) => {
                write!(f, "{}{}(", call.name, if call.insensitive { "~" } else { "" })?;
                list(f, &call.arguments)?;
                f.write_char(')')
            }
            ExprKind::Sign { negative, operand } => {
                f.write_char(if *negative { '-' } else { '+' })?;
                within(f, operand, Binding::Sign)
            }
            ExprKind::Arithmetic { first, rest } => {
                let least = if self.binding() == Binding::Sum { Binding::Product } else { Binding::Sign };
                within(f, first, least)?;
                rest.iter().try_for_each(|(op, operand)| {
                    write!(f, " {op} ")?;
                    within(f, operand, least)
                })
            }
            ExprKind::Compare { op, left, right } => {
                within(f, left, Binding::Sum)?;
                write!(f, " {op} ")?;
                within(f, right, Binding::Sum)
            }
            ExprKind::In { value, negated, insensitive, list: members } => {
                within(f, value, Binding::Primary)?;
                f.write_str(if *negated { " not in" } else { " in" })?;
                f.write_str(if *insensitive { "~ (" } else { " (" })?;
                list(f, members)?;
                f.write_char(')')
            }
            ExprKind::Pattern { op, value, list: patterns } => {
                within(f, value, Binding::Primary)?;
                write!(f, " {} ", op.text())?;
                if let [only] = patterns.as_slice() {
                    return write!(f, "{only}");
                }
                f.write_char('(')?;
                list(f, patterns)?;
                f.write_char(')')
            }
            ExprKind::Not(operand) => {
                f.write_str("not ")?;
                within(f, operand, Binding::Not)
            }
            ExprKind::Logic { op, operands } => {
                let (word, least) = match op {
                    LogicOp::And => (" and ", Binding::Not),
                    LogicOp::Or => (" or ", Binding::And),
                };
                operands.iter().enumerate().try_for_each(|(at, operand)| {
                    f.write_str(if at > 0 { word } else { "" })?;
                    within(f, operand, least)
                })
            }
            ExprKind::Invalid => f.write_str("<invalid>"),
        }
    }
}

#[cfg(test)]
mod tests;
