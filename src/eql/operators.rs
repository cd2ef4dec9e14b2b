//! Arithmetic as Elasticsearch does it: integers stay integers, one float makes all floats, null makes null.

use super::ast::ArithmeticOp;
use super::datum::{Datum, to_double};

/// Applies an operator. Overflow and integer division by zero, which abort a query in Elasticsearch, give null.
pub fn arithmetic<'a>(op: ArithmeticOp, left: &Datum<'_>, right: &Datum<'_>) -> Datum<'a> {
    match (left, right) {
        // Division of integers cuts towards zero and the remainder has the sign of the dividend, in Rust as in Java.
        (Datum::Long(left), Datum::Long(right)) => integers(op, *left, *right).map_or(Datum::Null, Datum::Long),
        (Datum::Long(left), Datum::Double(right)) => Datum::Double(floats(op, to_double(*left), *right)),
        (Datum::Double(left), Datum::Long(right)) => Datum::Double(floats(op, *left, to_double(*right))),
        (Datum::Double(left), Datum::Double(right)) => Datum::Double(floats(op, *left, *right)),
        _ => Datum::Null,
    }
}

/// `-value`; null for what has no sign.
pub fn negate<'a>(value: &Datum<'_>) -> Datum<'a> {
    match value {
        Datum::Long(number) => number.checked_neg().map_or(Datum::Null, Datum::Long),
        Datum::Double(number) => Datum::Double(-number),
        _ => Datum::Null,
    }
}

fn integers(op: ArithmeticOp, left: i64, right: i64) -> Option<i64> {
    match op {
        ArithmeticOp::Add => left.checked_add(right),
        ArithmeticOp::Subtract => left.checked_sub(right),
        ArithmeticOp::Multiply => left.checked_mul(right),
        ArithmeticOp::Divide => left.checked_div(right),
        ArithmeticOp::Modulo => left.checked_rem(right),
    }
}

fn floats(op: ArithmeticOp, left: f64, right: f64) -> f64 {
    match op {
        ArithmeticOp::Add => left + right,
        ArithmeticOp::Subtract => left - right,
        ArithmeticOp::Multiply => left * right,
        ArithmeticOp::Divide => left / right,
        ArithmeticOp::Modulo => left % right,
    }
}
