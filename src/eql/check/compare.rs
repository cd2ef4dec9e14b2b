//! Comparisons, lists and patterns: which values may stand against which constants.
//!
//! Elasticsearch converts the constant to the type that the field is mapped to; what cannot be converted can never match and is an error here.

use super::{Checker, Type, Typed, codes};
use crate::base::Span;
use crate::base::wildcard::CaseSensitivity;
use crate::eql::ast::{CompareOp, Expr as Source, ExprKind, Literal, PatternOp};
use crate::eql::datum::{Constant, Datum};
use crate::eql::lucene::{self, RegexRefusal};
use crate::eql::predicate::{Comparison, CompiledExpr};
use crate::eql::text_set::TextSet;

/// The operator for a comparison, and for one with its sides swapped.
fn comparison(op: CompareOp, swapped: bool) -> Comparison {
    match (op, swapped) {
        (CompareOp::Equal | CompareOp::NotEqual, _) => Comparison::Equal,
        (CompareOp::Less, false) | (CompareOp::Greater, true) => Comparison::Less,
        (CompareOp::LessOrEqual, false) | (CompareOp::GreaterOrEqual, true) => Comparison::LessOrEqual,
        (CompareOp::Greater, false) | (CompareOp::Less, true) => Comparison::Greater,
        (CompareOp::GreaterOrEqual, false) | (CompareOp::LessOrEqual, true) => Comparison::GreaterOrEqual,
    }
}

impl Checker<'_> {
    /// `left op right` for any operator but `!=`, which is `not ==`.
    pub(super) fn comparison(&mut self, op: CompareOp, left: &Source, right: &Source, span: Span) -> Option<Typed> {
        let (left, right) = (self.value(left), self.value(right));
        let (left, right) = (left?, right?);
        // The constant goes to the right: `5 < x` becomes `x > 5`, so that evaluation knows one form only.
        let swapped = right.constant().is_none();
        let (value, constant) = if swapped { (right, left) } else { (left, right) };
        let Some(datum) = constant.constant().cloned() else {
            let help = "one side must be a constant; a function of two fields, such as `startsWith~(a, b)`, may help";
            return self.fail(codes::FIELD_COMPARISON, span, "two fields cannot be compared with each other", help);
        };
        if datum.is_null() {
            // `x == null` asks whether `x` is missing. Any order against null is null, whatever `x` is.
            let expr = match op {
                CompareOp::Equal => CompiledExpr::IsNull(Box::new(value.expr)),
                _ => CompiledExpr::Constant(Datum::Null),
            };
            return Some(Typed::computed(expr, Type::Boolean, span));
        }
        let op = comparison(op, swapped);
        let (plain, caseless) = value.caseless();
        let datum = match datum {
            Datum::Text(text) if caseless => Datum::Text(text.to_lowercase().into()),
            datum => datum,
        };
        let prepared = Constant::new(datum);
        self.check_constant(op, &plain, &prepared, constant.span)?;
        if caseless && op == Comparison::Equal {
            // A `.caseless` multi-field holds its text in lower case. To compare without regard to case gives the same answer and needs no lowered copy
            // of each value.
            let set = TextSet::exact([prepared.text()], CaseSensitivity::Insensitive);
            return Some(Typed::computed(CompiledExpr::Text { value: Box::new(plain.expr), set }, Type::Boolean, span));
        }
        let value = if caseless { Typed { expr: CompiledExpr::Lower(Box::new(plain.expr)), ..plain } } else { plain };
        let expr = CompiledExpr::Compare { op, value: Box::new(value.expr), constant: Box::new(prepared) };
        Some(Typed::computed(expr, Type::Boolean, span))
    }

    /// Whether a value of this type can be compared with the constant.
    fn check_constant(&mut self, op: Comparison, value: &Typed, constant: &Constant, span: Span) -> Option<()> {
        let ordered = op != Comparison::Equal;
        let datum = constant.datum();
        if ordered && (value.kind == Type::Boolean || matches!(datum, Datum::Boolean(_))) {
            return self.fail(codes::TYPE_MISMATCH, span, "true and false have no order", "use `==`");
        }
        if !ordered && matches!(datum, Datum::Text(text) if text.contains('*')) && value.constant().is_none() {
            let help = "use `:` or `like` for wildcards";
            self.warn(codes::LITERAL_WILDCARD, span, "`*` is an ordinary character in an exact comparison", help);
        }
        let fits = match (value.kind, datum) {
            (Type::Any | Type::Null, _)
            | (Type::Text, Datum::Text(_))
            | (Type::Boolean, Datum::Boolean(_))
            | (Type::Date, Datum::Long(_)) => true,
            // For a field Elasticsearch turns the constant into the field's type, so that `process.name == 5` compares with "5". A computed text has no
            // mapping that could do so.
            (Type::Text, _) => value.is_field,
            (Type::Long | Type::Double, Datum::Long(_) | Datum::Double(_)) => {
                self.check_fraction(value, datum, ordered, span);
                true
            }
            (Type::Long | Type::Double, Datum::Text(_)) => value.is_field && constant.number().is_some(),
            (Type::Boolean, Datum::Text(text)) => value.is_field && matches!(&**text, "true" | "false"),
            (Type::Ip, Datum::Text(text)) => {
                if constant.address().is_none() {
                    let message = format!("`{text}` is not an IP address");
                    return self.fail(codes::INVALID_ADDRESS, span, message, "use `cidrMatch` for blocks of addresses");
                }
                true
            }
            (Type::Date, Datum::Text(text)) => {
                if constant.date().is_none() {
                    let message = format!("`{text}` is not a date");
                    return self.fail(codes::INVALID_DATE, span, message, "write it as \"2024-01-31T12:00:00Z\"");
                }
                true
            }
            _ => false,
        };
        if fits {
            return Some(());
        }
        let found = Type::of_datum(datum).describe();
        let message = format!("{} cannot be compared with {found}", value.kind.describe());
        let help = match (value.kind, datum) {
            (Type::Text, Datum::Long(_) | Datum::Double(_)) => "`number(...)` reads a text as a number",
            (kind, Datum::Text(_)) if kind.is_number() && !value.is_field => "write the number without quotes",
            _ => "",
        };
        self.fail(codes::TYPE_MISMATCH, span, message, help)
    }

    /// Warns if an integer is compared with a number that no integer is.
    fn check_fraction(&mut self, value: &Typed, datum: &Datum<'_>, ordered: bool, span: Span) {
        if let Datum::Double(number) = datum
            && value.kind == Type::Long
            && number.fract() != 0.0
            && !ordered
            && value.constant().is_none()
        {
            self.warn(
                codes::IMPOSSIBLE_COMPARISON,
                span,
                "an integer never equals this number",
                "this is always false",
            );
        }
    }

    /// `value in (...)`.
    pub(super) fn one_of(&mut self, value: &Source, insensitive: bool, list: &[Source], span: Span) -> Option<Typed> {
        let value = self.value(value);
        let members: Vec<_> = list.iter().map(|member| self.member(value.as_ref(), member)).collect();
        let (value, caseless) = value?.caseless();
        let mut constants = members.into_iter().collect::<Option<Vec<_>>>()?;
        // A null in the list equals nothing and makes nothing false: `x in (1, null)` is `x == 1`.
        constants.retain(|constant| !constant.datum().is_null());
        if constants.is_empty() {
            return Some(Typed::computed(CompiledExpr::Constant(Datum::Null), Type::Boolean, span));
        }
        let case = if insensitive || caseless { CaseSensitivity::Insensitive } else { CaseSensitivity::Sensitive };
        let texts = TextSet::exact(constants.iter().map(Constant::text), case);
        let expr = CompiledExpr::OneOf { value: Box::new(value.expr), texts, constants };
        Some(Typed::computed(expr, Type::Boolean, span))
    }

    fn member(&mut self, value: Option<&Typed>, member: &Source) -> Option<Constant> {
        let lowered = self.value(member)?;
        let Some(datum) = lowered.constant().cloned() else {
            return self.fail(codes::NOT_CONSTANT, member.span(), "members of a list must be constants", "");
        };
        let constant = Constant::new(datum);
        if !constant.datum().is_null()
            && let Some(value) = value
        {
            self.check_constant(Comparison::Equal, value, &constant, member.span())?;
        }
        Some(constant)
    }

    /// `value : (...)`, `like`, `regex` and their forms with `~`.
    pub(super) fn pattern(&mut self, op: PatternOp, value: &Source, list: &[Source], span: Span) -> Option<Typed> {
        let value = self.value(value);
        let patterns: Vec<_> = list.iter().map(|pattern| self.pattern_text(op, pattern)).collect();
        let (value, caseless) = value?.caseless();
        if !matches!(value.kind, Type::Text | Type::Any | Type::Null) {
            let message = format!("`{}` needs a text, found {}", op.text(), value.kind.describe());
            let help = match value.kind {
                Type::Ip => "use `==` for an address, `cidrMatch` for a block",
                _ => "use `==`, or `string(...)` to match it as text",
            };
            return self.fail(codes::TYPE_MISMATCH, value.span, message, help);
        }
        let patterns = patterns.into_iter().collect::<Option<Vec<_>>>()?;
        let texts: Vec<_> = patterns.into_iter().flatten().collect();
        if texts.is_empty() {
            return Some(Typed::computed(CompiledExpr::Constant(Datum::Null), Type::Boolean, span));
        }
        let value = Box::new(value.expr);
        let expr = match op {
            PatternOp::Colon | PatternOp::LikeTilde => {
                CompiledExpr::Text { value, set: TextSet::patterns(texts, CaseSensitivity::Insensitive) }
            }
            PatternOp::Like => {
                let case = if caseless { CaseSensitivity::Insensitive } else { CaseSensitivity::Sensitive };
                CompiledExpr::Text { value, set: TextSet::patterns(texts, case) }
            }
            PatternOp::Regex | PatternOp::RegexTilde => {
                let insensitive = caseless || op == PatternOp::RegexTilde;
                match lucene::compile(texts, insensitive) {
                    Ok(regex) => CompiledExpr::Regex { value, regex: Box::new(regex) },
                    Err(refusal) => return self.refuse_regex(refusal, span),
                }
            }
        };
        Some(Typed::computed(expr, Type::Boolean, span))
    }

    fn refuse_regex<T>(&mut self, refusal: RegexRefusal, span: Span) -> Option<T> {
        match refusal {
            RegexRefusal::Invalid(reason, _) => {
                let message = format!("this is not a regular expression of Lucene: {reason}");
                self.fail(codes::INVALID_REGEX, span, message, "a special character is made ordinary by a backslash")
            }
            RegexRefusal::Unsupported(reason, _) => {
                let message = format!("this regular expression cannot be run here: {reason}");
                self.fail(codes::UNSUPPORTED_REGEX, span, message, "if it is meant literally, put a backslash in front")
            }
        }
    }

    /// The place of a character of the text that a literal stands for.
    fn inside(&self, literal: Span, at: usize) -> Span {
        let Some(written) = self.source.get(literal.range()) else { return literal };
        // A raw string stands for itself. In any other, escapes are longer than what they stand for: both texts are walked side by side until `at` bytes
        // of the decoded one have been passed.
        let mut offset = if written.starts_with("\"\"\"") { 3 + at } else { 1 };
        let mut decoded = if offset == 1 { 0 } else { at };
        while decoded < at {
            let rest = written.get(offset..).unwrap_or_default();
            let length = match rest.strip_prefix("\\u") {
                Some(hex) => 2 + hex.find('}').map_or(0, |end| end + 1),
                None if rest.starts_with('\\') => 2,
                None => rest.chars().next().map_or(1, char::len_utf8),
            };
            let code = || u32::from_str_radix(rest.get(3..length - 1)?, 16).ok().and_then(char::from_u32);
            decoded += match rest.starts_with('\\') {
                true if length > 2 => code().map_or(1, char::len_utf8),
                true => 1,
                false => length,
            };
            offset += length;
        }
        let escaped = usize::from(written.get(offset..).is_some_and(|rest| rest.starts_with('\\')));
        let start = literal.start.saturating_add(u32::try_from(offset).unwrap_or_default());
        let end = start.saturating_add(1 + u32::try_from(escaped).unwrap_or_default());
        if end > literal.end { literal } else { Span::new(start, end) }
    }

    /// The text of one pattern as a list of one; `null`, which fits nothing, is a list of none.
    fn pattern_text<'s>(&mut self, op: PatternOp, pattern: &'s Source) -> Option<Vec<&'s str>> {
        let span = pattern.span();
        let (code, message, help) = match &pattern.kind {
            ExprKind::Literal(Literal::Null) => return Some(Vec::new()),
            ExprKind::Invalid => return None,
            ExprKind::Literal(Literal::Text(text)) => {
                if matches!(op, PatternOp::Regex | PatternOp::RegexTilde) {
                    if let Err(refusal) = lucene::compile([&**text], false) {
                        let (RegexRefusal::Invalid(_, at) | RegexRefusal::Unsupported(_, at)) = refusal;
                        let place = self.inside(span, at);
                        return self.refuse_regex(refusal, place);
                    }
                    if let Some(sign) = lucene::looks_foreign(text) {
                        let message = format!("`{sign}` has no special meaning in Lucene's regular expressions");
                        let help = "the whole value must match; leave it out, or use `regex~` for any letters' case";
                        self.warn(codes::LITERAL_ANCHOR, span, message, help);
                    }
                }
                return Some(vec![text]);
            }
            ExprKind::Literal(_) => {
                let message = format!("`{}` takes texts only", op.text());
                (codes::TYPE_MISMATCH, message, "compare numbers and true or false with `==`")
            }
            _ => (codes::NOT_CONSTANT, format!("the right side of `{}` must be constant texts", op.text()), ""),
        };
        self.fail(code, span, message, help)
    }
}
