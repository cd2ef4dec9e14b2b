//! Conditions: the boolean tree above the leaves, and the values inside them.

use super::{Checker, Type, Typed, codes};
use crate::base::Span;
use crate::ecs::{Field, SubField};
use crate::eql::ast::{ArithmeticOp, CompareOp, Expr as Source, ExprKind, Literal, LogicOp};
use crate::eql::datum::{Constant, Datum};
use crate::eql::predicate::{Comparison, CompiledExpr, Leaf, PredicateNode};
use crate::eql::token::Number;

/// A number as written; one that only an unsigned integer holds becomes a float, since values are signed.
fn number(number: Number) -> Datum<'static> {
    match number {
        Number::Integer(number) => Datum::Long(number),
        #[expect(clippy::cast_precision_loss, reason = "no value of a document is so large an integer")]
        Number::Unsigned(number) => Datum::Double(number as f64),
        Number::Decimal(number) => Datum::Double(number),
    }
}

fn literal(literal: &Literal) -> Datum<'static> {
    match literal {
        Literal::Null => Datum::Null,
        Literal::Boolean(flag) => Datum::Boolean(*flag),
        Literal::Number(written) => number(*written),
        Literal::Text(text) => Datum::Text(text.to_string().into()),
    }
}

fn boolean_literal(expr: &Source) -> Option<bool> {
    match expr.kind {
        ExprKind::Literal(Literal::Boolean(flag)) => Some(flag),
        _ => None,
    }
}

/// The test that the only field of a leaf equals a constant.
fn equals_constant(datum: Datum<'static>) -> CompiledExpr {
    let constant = Box::new(Constant::new(datum));
    CompiledExpr::Compare { op: Comparison::Equal, value: Box::new(CompiledExpr::Slot(0)), constant }
}

impl Checker<'_> {
    /// The test of the event category.
    pub(super) fn category(&self, name: &str) -> PredicateNode {
        let test = equals_constant(Datum::Text(name.to_owned().into()));
        Leaf::node(vec![self.options.category_field.clone()], test, None)
    }

    /// Lowers a condition. Both sides of every operator are looked at, so that all findings come at once.
    pub(super) fn condition(&mut self, expr: &Source) -> Option<PredicateNode> {
        match &expr.kind {
            ExprKind::Logic { op, operands } => {
                // Collected before the first `None` is looked for: gathering into an `Option` at once would stop there, and findings in later operands
                // would only show after the next correction.
                let nodes: Vec<_> = operands.iter().map(|operand| self.condition(operand)).collect();
                let nodes = nodes.into_iter().collect::<Option<Vec<_>>>()?;
                Some(match op {
                    LogicOp::And => PredicateNode::all(nodes),
                    LogicOp::Or => PredicateNode::any(nodes),
                })
            }
            ExprKind::Not(operand) => self.condition(operand).map(PredicateNode::not),
            ExprKind::Compare { op: CompareOp::NotEqual, left, right } => {
                // `x != 1` is `not (x == 1)`, true where `x` is missing, as Elasticsearch rewrites it. The mark lets the condition be printed as it was
                // written.
                self.equality(left, right, expr.span()).map(|node| node.written_negated(expr.span()).not())
            }
            ExprKind::Compare { op: CompareOp::Equal, left, right } => self.equality(left, right, expr.span()),
            ExprKind::In { value, negated, insensitive, list } => {
                let node = self.leaf(expr.span(), |checker| checker.one_of(value, *insensitive, list, expr.span()))?;
                Some(if *negated { node.written_negated(expr.span()).not() } else { node })
            }
            ExprKind::Field { name, .. } => self.flag(name, expr.span()),
            _ => self.leaf(expr.span(), |checker| checker.value(expr)),
        }
    }

    /// `left == right`. A condition compared with `true` or `false` is that condition or its negation, which matters when its fields are missing.
    fn equality(&mut self, left: &Source, right: &Source, span: Span) -> Option<PredicateNode> {
        let (wanted, other) = match (boolean_literal(left), boolean_literal(right)) {
            (_, Some(wanted)) => (Some(wanted), left),
            (Some(wanted), _) => (Some(wanted), right),
            _ => (None, left),
        };
        // As a value, `(a == 1)` of a missing `a` is null, and `null == false` is not true; as a condition it is false, and its negation holds.
        // Elasticsearch does the latter.
        if let Some(wanted) = wanted.filter(|_| is_condition(other)) {
            let node = self.condition(other)?;
            return Some(if wanted { node } else { node.not() });
        }
        self.leaf(span, |checker| checker.comparison(CompareOp::Equal, left, right, span))
    }

    /// A field as a condition: true if a value of it is true.
    fn flag(&mut self, name: &str, span: Span) -> Option<PredicateNode> {
        let (field, _) = self.resolve(name, span);
        let kind = Type::of_field(&field);
        if !matches!(kind, Type::Any | Type::Boolean) {
            let message = format!("`{name}` is {}, not a condition", kind.describe());
            return self.fail(codes::NOT_BOOLEAN, span, message, "compare it with a value");
        }
        let test = equals_constant(Datum::Boolean(true));
        Some(Leaf::node(vec![field], test, Some(span)))
    }

    /// Lowers what is true or false as a whole, with fields of its own.
    fn leaf(&mut self, span: Span, lower: impl FnOnce(&mut Self) -> Option<Typed>) -> Option<PredicateNode> {
        self.slots.clear();
        let lowered = lower(self);
        let fields = std::mem::take(&mut self.slots);
        let Typed { expr, kind, .. } = lowered?;
        // A test without fields, such as `1 == 1`, is decided here and drops out of the tree around it.
        match expr.constant() {
            Some(Datum::Boolean(known)) => return Some(PredicateNode::Constant(Some(*known))),
            Some(Datum::Null) => return Some(PredicateNode::Constant(None)),
            _ => {}
        }
        if kind != Type::Boolean {
            let message = format!("this is {}, not a condition", kind.describe());
            return self.fail(codes::NOT_BOOLEAN, span, message, "compare it with a value");
        }
        Some(Leaf::node(fields, expr, Some(span)))
    }

    /// Lowers a value inside a leaf.
    pub(super) fn value(&mut self, expr: &Source) -> Option<Typed> {
        let span = expr.span();
        match &expr.kind {
            ExprKind::Literal(written) => {
                Some(Typed::computed(CompiledExpr::Constant(literal(written)), Type::Null, span))
            }
            ExprKind::Field { name, .. } => Some(self.slot(name, span)),
            ExprKind::Call(call) => self.call(call, span),
            ExprKind::Sign { negative, operand } => {
                let operand = self.number_value(operand)?;
                if *negative { Some(negated(operand, span)) } else { Some(operand) }
            }
            ExprKind::Arithmetic { first, rest } => self.arithmetic(first, rest, span),
            ExprKind::Compare { op: CompareOp::NotEqual, left, right } => {
                let equal = self.comparison(CompareOp::Equal, left, right, span)?;
                Some(inverse(equal, span))
            }
            ExprKind::Compare { op, left, right } => self.comparison(*op, left, right, span),
            ExprKind::In { value, negated, insensitive, list } => {
                let found = self.one_of(value, *insensitive, list, span)?;
                Some(if *negated { inverse(found, span) } else { found })
            }
            ExprKind::Pattern { op, value, list } => self.pattern(*op, value, list, span),
            ExprKind::Not(operand) => {
                let operand = self.boolean_value(operand)?;
                Some(inverse(operand, span))
            }
            ExprKind::Logic { op, operands } => {
                let operands: Vec<_> = operands.iter().map(|operand| self.boolean_value(operand)).collect();
                let operands = operands.into_iter().map(|operand| operand.map(|typed| typed.expr));
                let operands = operands.collect::<Option<Vec<_>>>()?;
                Some(Typed::computed(CompiledExpr::Logic { op: *op, operands }, Type::Boolean, span))
            }
            ExprKind::Invalid => None,
        }
    }

    fn slot(&mut self, name: &str, span: Span) -> Typed {
        let (field, sub) = self.resolve(name, span);
        let kind = Type::of_field(&field);
        let slot = CompiledExpr::Slot(self.slot_of(field));
        let expr = if sub == Some(SubField::Caseless) { CompiledExpr::Lower(Box::new(slot)) } else { slot };
        Typed { expr, kind, span, is_field: true }
    }

    /// The slot of a field in the leaf being lowered. A field that occurs twice has one slot, so that both occurrences take one value.
    fn slot_of(&mut self, field: Field) -> usize {
        self.slots.iter().position(|known| *known == field).unwrap_or_else(|| {
            self.slots.push(field);
            self.slots.len() - 1
        })
    }

    /// A condition used as a value, such as an operand of `and` inside a function's argument.
    fn boolean_value(&mut self, expr: &Source) -> Option<Typed> {
        let value = self.value(expr)?;
        match value.kind {
            Type::Boolean | Type::Any | Type::Null => Some(value),
            kind => {
                let message = format!("this is {}, not a condition", kind.describe());
                self.fail(codes::NOT_BOOLEAN, expr.span(), message, "compare it with a value")
            }
        }
    }

    fn number_value(&mut self, expr: &Source) -> Option<Typed> {
        let value = self.value(expr)?;
        if value.kind.is_number() || matches!(value.kind, Type::Any | Type::Null) {
            return Some(value);
        }
        let message = format!("expected a number, found {}", value.kind.describe());
        let help = if value.kind == Type::Text { "`number(...)` reads a text as a number" } else { "" };
        self.fail(codes::TYPE_MISMATCH, expr.span(), message, help)
    }

    fn arithmetic(&mut self, first: &Source, rest: &[(ArithmeticOp, Source)], span: Span) -> Option<Typed> {
        let first = self.number_value(first);
        let rest: Vec<_> = rest.iter().map(|(op, operand)| (*op, self.number_value(operand))).collect();
        let first = first?;
        let mut kind = first.kind;
        let mut operands = Vec::with_capacity(rest.len());
        for (op, operand) in rest {
            let operand = operand?;
            self.check_divisor(op, kind, &operand)?;
            kind = arithmetic_type(kind, operand.kind);
            operands.push((op, operand.expr));
        }
        Some(Typed::computed(CompiledExpr::Arithmetic { first: Box::new(first.expr), rest: operands }, kind, span))
    }

    /// Refuses the division of an integer by a constant zero, which aborts the query in Elasticsearch.
    pub(super) fn check_divisor(&mut self, op: ArithmeticOp, dividend: Type, divisor: &Typed) -> Option<()> {
        let divides = matches!(op, ArithmeticOp::Divide | ArithmeticOp::Modulo);
        if divides && dividend != Type::Double && divisor.constant() == Some(&Datum::Long(0)) {
            return self.fail(codes::DIVISION_BY_ZERO, divisor.span, "integers cannot be divided by zero", "");
        }
        Some(())
    }
}

/// Whether an expression is a condition in itself and not a value such as a field.
fn is_condition(expr: &Source) -> bool {
    match &expr.kind {
        ExprKind::Compare { .. }
        | ExprKind::In { .. }
        | ExprKind::Pattern { .. }
        | ExprKind::Not(_)
        | ExprKind::Logic { .. } => true,
        ExprKind::Call(call) => {
            super::signature(&call.name).is_some_and(|found| found.gives == super::function::Gives::Boolean)
        }
        _ => false,
    }
}

fn arithmetic_type(left: Type, right: Type) -> Type {
    match (left, right) {
        (Type::Double, _) | (_, Type::Double) => Type::Double,
        (Type::Any, _) | (_, Type::Any) => Type::Any,
        _ => Type::Long,
    }
}

fn negated(operand: Typed, span: Span) -> Typed {
    Typed::computed(CompiledExpr::Negate(Box::new(operand.expr)), operand.kind, span)
}

fn inverse(operand: Typed, span: Span) -> Typed {
    Typed::computed(CompiledExpr::Not(Box::new(operand.expr)), Type::Boolean, span)
}
