//! Calls of functions: which function, how many arguments, of which types.

use super::unknown::similar;
use super::{Checker, Type, Typed, codes, signature};
use crate::base::Span;
use crate::eql::ast::{Call, Expr as Source, ExprKind, Literal};
use crate::eql::datum::{Datum, parse_block};
use crate::eql::function::{Function, Gives, Parameter, REMOVED, SIGNATURES, Signature};
use crate::eql::lucene;
use crate::eql::predicate::CompiledExpr;
use ipnet::IpNet;

fn gives(signature: &Signature, arguments: &[Typed]) -> Type {
    match signature.gives {
        Gives::Boolean => Type::Boolean,
        Gives::Long => Type::Long,
        Gives::Text => Type::Text,
        Gives::Number => match signature.function {
            Function::Arithmetic(_) if arguments.iter().any(|argument| argument.kind == Type::Double) => Type::Double,
            Function::Arithmetic(_) if arguments.iter().all(|argument| argument.kind == Type::Long) => Type::Long,
            _ => Type::Double,
        },
    }
}

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &Call, span: Span) -> Option<Typed> {
        let Some(found) = signature(&call.name) else {
            return self.unknown_function(call);
        };
        if call.insensitive && !found.insensitive {
            let message = format!("`{}` has no case-insensitive form", found.name);
            self.fail::<()>(codes::NO_INSENSITIVE_FORM, call.name_at.0, message, "leave the `~` out");
        }
        let given = call.arguments.len();
        if given < found.least || given > found.most {
            let wanted = match (found.least, found.most) {
                (least, most) if least == most => format!("{least}"),
                (least, usize::MAX) => format!("{least} or more"),
                (least, most) => format!("{least} to {most}"),
            };
            let message = format!("`{}` takes {wanted} arguments, found {given}", found.name);
            return self.fail(codes::ARGUMENT_COUNT, span, message, "");
        }
        if found.function == Function::CidrMatch {
            return self.cidr_match(call, found, span);
        }
        if matches!(found.function, Function::RegexSearch | Function::IsoWeek) && !self.options.is_translation {
            let message = format!("Elasticsearch has no function `{}`", found.name);
            self.warn(codes::OWN_FUNCTION, call.name_at.0, message, "evql alone can run this query");
        }
        if found.function == Function::RegexSearch {
            return self.regex_search(call, found, span);
        }
        let arguments: Vec<_> =
            call.arguments.iter().enumerate().map(|(at, argument)| self.argument(found, at, argument)).collect();
        let arguments = arguments.into_iter().collect::<Option<Vec<_>>>()?;
        if let (Function::Arithmetic(op), [dividend, divisor]) = (found.function, arguments.as_slice()) {
            self.check_divisor(op, dividend.kind, divisor)?;
        }
        let kind = gives(found, &arguments);
        // A function over a `.caseless` field compares lower-case text, so that it runs in its form without regard to case; as with comparisons, the
        // value itself is not lowered.
        let caseless =
            found.insensitive && arguments.iter().any(|argument| matches!(argument.expr, CompiledExpr::Lower(_)));
        let arguments = arguments.into_iter().map(|argument| argument.expr).collect();
        let expr =
            CompiledExpr::Call { function: found.function, insensitive: call.insensitive || caseless, arguments };
        Some(Typed::computed(expr, kind, span))
    }

    fn unknown_function(&mut self, call: &Call) -> Option<Typed> {
        let name = &call.name;
        // The arguments of a function that does not exist are checked for their own sake.
        for argument in &call.arguments {
            self.value(argument);
        }
        if let Some((removed, help)) = REMOVED.iter().find(|(removed, _)| removed.eq_ignore_ascii_case(name)) {
            let message = format!("Elasticsearch has no function `{removed}`");
            return self.fail(codes::REMOVED_FUNCTION, call.name_at.0, message, help);
        }
        let help = similar(name, SIGNATURES.iter().map(|known| known.name))
            .map(|known| format!("did you mean `{known}`?"))
            .unwrap_or_default();
        self.fail(codes::UNKNOWN_FUNCTION, call.name_at.0, format!("there is no function `{name}`"), &help)
    }

    fn argument(&mut self, found: &Signature, at: usize, argument: &Source) -> Option<Typed> {
        let value = self.value(argument)?;
        let (fits, wanted) = match found.parameter(at) {
            Parameter::Any => (true, ""),
            Parameter::Text => (value.kind == Type::Text, "a text"),
            Parameter::Number => (value.kind.is_number(), "a number"),
            Parameter::Boolean => (value.kind == Type::Boolean, "true or false"),
            Parameter::Address => (matches!(value.kind, Type::Ip | Type::Text), "an IP address"),
        };
        if fits || matches!(value.kind, Type::Any | Type::Null) {
            return Some(value);
        }
        let message =
            format!("argument {} of `{}` must be {wanted}, found {}", at + 1, found.name, value.kind.describe());
        let help = match found.parameter(at) {
            Parameter::Text => "`string(...)` makes a text of any value",
            Parameter::Number if value.kind == Type::Text => "`number(...)` reads a text as a number",
            _ => "",
        };
        self.fail(codes::TYPE_MISMATCH, argument.span(), message, help)
    }

    fn cidr_match(&mut self, call: &Call, found: &Signature, span: Span) -> Option<Typed> {
        let (first, rest) = call.arguments.split_first()?;
        let value = self.argument(found, 0, first);
        let blocks: Vec<_> = rest.iter().map(|block| self.block(block)).collect();
        let value = value?;
        let blocks: Vec<IpNet> = blocks.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
        if blocks.is_empty() {
            return Some(Typed::computed(CompiledExpr::Constant(Datum::Null), Type::Boolean, span));
        }
        Some(Typed::computed(CompiledExpr::Cidr { value: Box::new(value.expr), blocks }, Type::Boolean, span))
    }

    /// `regexSearch(text, "expression")`, for what rules of other languages ask.
    fn regex_search(&mut self, call: &Call, found: &Signature, span: Span) -> Option<Typed> {
        let [text, pattern] = call.arguments.as_slice() else { return None };
        let value = self.argument(found, 0, text);
        let pattern_value = self.argument(found, 1, pattern);
        let value = value?;
        let expr = match pattern_value?.constant() {
            Some(Datum::Text(pattern_text)) => match lucene::search(pattern_text, call.insensitive) {
                Ok(regex) => CompiledExpr::Regex { value: Box::new(value.expr), regex: Box::new(regex) },
                Err(reason) => {
                    let message = format!("this regular expression cannot be run: {reason}");
                    let help = "look-around and back references are not supported";
                    return self.fail(codes::INVALID_REGEX, pattern.span(), message, help);
                }
            },
            Some(_) => CompiledExpr::Constant(Datum::Null),
            None => return self.fail(codes::NOT_CONSTANT, pattern.span(), "the expression must be a constant", ""),
        };
        Some(Typed::computed(expr, Type::Boolean, span))
    }

    /// A block as a list of one; `null`, which holds no address, is a list of none.
    fn block(&mut self, expr: &Source) -> Option<Vec<IpNet>> {
        if matches!(expr.kind, ExprKind::Literal(Literal::Null)) {
            return Some(Vec::new());
        }
        let value = self.value(expr)?;
        let Some(datum) = value.constant() else {
            return self.fail(codes::NOT_CONSTANT, expr.span(), "the blocks of `cidrMatch` must be constants", "");
        };
        match datum {
            Datum::Text(text) => {
                if let Some(block) = parse_block(text) {
                    return Some(vec![block]);
                }
                let message = format!("`{text}` is not a CIDR block");
                self.fail(codes::INVALID_CIDR, expr.span(), message, "write it as \"10.0.0.0/8\" or \"fe80::/10\"")
            }
            other => {
                let message = format!("a CIDR block is a text, found {}", Type::of_datum(other).describe());
                self.fail(codes::TYPE_MISMATCH, expr.span(), message, "")
            }
        }
    }
}
