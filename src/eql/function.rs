//! The functions of EQL: what they are called, what they take, what they compute.
//!
//! Positions and lengths count UTF-16 code units, as Java does. A null argument makes the result null unless the function says otherwise, and whatever
//! Elasticsearch would abort the query for is null here, because evaluation cannot fail. `cidrMatch` has constant blocks and is compiled apart.

use super::datum::{Datum, parse_number};
use super::operators;
use crate::base::time::iso_week;
use crate::base::utf16;
use crate::base::wildcard::fold;
use crate::eql::ast::ArithmeticOp;
use std::borrow::Cow;

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// An operator in the clothes of a function.
    Arithmetic(ArithmeticOp),
    /// Text between two others.
    Between,
    /// Whether an address lies in one of several blocks.
    CidrMatch,
    /// All arguments as one text.
    Concat,
    /// Whether a text ends with another.
    EndsWith,
    /// Where a text first occurs in another.
    IndexOf,
    /// The week of the year of a date, as ISO 8601 counts. Elasticsearch does not have it.
    IsoWeek,
    /// Number of UTF-16 code units.
    Length,
    /// A text read as a number.
    Number,
    /// Whether a regular expression of the usual dialect fits some part of a text. Elasticsearch does not have it.
    RegexSearch,
    /// Whether a text begins with another.
    StartsWith,
    /// A value as text.
    Text,
    /// Whether a text occurs in another.
    StringContains,
    /// Part of a text by position.
    Substring,
}

/// The type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Anything.
    Any,
    /// A text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// An address or a text that may be one.
    Address,
}

/// The type of a function's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// True or false.
    Boolean,
    /// An integer.
    Long,
    /// Any number.
    Number,
    /// A text.
    Text,
}

/// The declaration of a function.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Usual spelling.
    pub name: &'static str,
    /// Which function.
    pub function: Function,
    /// Types of the arguments; the last one repeats if the function takes more.
    pub parameters: &'static [Parameter],
    /// Fewest arguments.
    pub least: usize,
    /// Most arguments.
    pub most: usize,
    /// Whether there is a form with `~`.
    pub insensitive: bool,
    /// Type of the result.
    pub gives: Gives,
}

const fn signature(
    name: &'static str,
    function: Function,
    parameters: &'static [Parameter],
    counts: (usize, usize),
    insensitive: bool,
    gives: Gives,
) -> Signature {
    Signature { name, function, parameters, least: counts.0, most: counts.1, insensitive, gives }
}

use Parameter::{Address, Any, Boolean, Number, Text};

/// Every function, by name.
pub const SIGNATURES: &[Signature] = &[
    signature("add", Function::Arithmetic(ArithmeticOp::Add), &[Number], (2, 2), false, Gives::Number),
    signature("between", Function::Between, &[Text, Text, Text, Boolean], (3, 4), true, Gives::Text),
    signature("cidrMatch", Function::CidrMatch, &[Address, Text], (2, usize::MAX), false, Gives::Boolean),
    signature("concat", Function::Concat, &[Any], (1, usize::MAX), false, Gives::Text),
    signature("divide", Function::Arithmetic(ArithmeticOp::Divide), &[Number], (2, 2), false, Gives::Number),
    signature("endsWith", Function::EndsWith, &[Text], (2, 2), true, Gives::Boolean),
    signature("indexOf", Function::IndexOf, &[Text, Text, Number], (2, 3), true, Gives::Long),
    signature("isoWeek", Function::IsoWeek, &[Text], (1, 1), false, Gives::Long),
    signature("length", Function::Length, &[Text], (1, 1), false, Gives::Long),
    signature("modulo", Function::Arithmetic(ArithmeticOp::Modulo), &[Number], (2, 2), false, Gives::Number),
    signature("multiply", Function::Arithmetic(ArithmeticOp::Multiply), &[Number], (2, 2), false, Gives::Number),
    signature("number", Function::Number, &[Text, Number], (1, 2), false, Gives::Number),
    signature("regexSearch", Function::RegexSearch, &[Text], (2, 2), true, Gives::Boolean),
    signature("startsWith", Function::StartsWith, &[Text], (2, 2), true, Gives::Boolean),
    signature("string", Function::Text, &[Any], (1, 1), false, Gives::Text),
    signature("stringContains", Function::StringContains, &[Text], (2, 2), true, Gives::Boolean),
    signature("substring", Function::Substring, &[Text, Number, Number], (2, 3), false, Gives::Text),
    signature("subtract", Function::Arithmetic(ArithmeticOp::Subtract), &[Number], (2, 2), false, Gives::Number),
];

/// Functions of Python EQL that Elasticsearch does not have, with what to write instead.
pub const REMOVED: &[(&str, &str)] = &[
    ("wildcard", "write `field : (\"pattern\", ...)` or `field like~ (...)`"),
    ("match", "write `field regex~ (\"expression\", ...)`"),
    ("matchLite", "write `field regex~ (\"expression\", ...)`"),
    (
        "arrayContains",
        "a condition on a list holds if any element fits: write `field : \"value\"` or `field == \"value\"`",
    ),
    (
        "arrayCount",
        "elements of a list cannot be counted by a condition; `field : \"value\"` holds if any element fits",
    ),
    ("arraySearch", "a condition on a list holds if any element fits: write `field : \"value\"`"),
    ("safe", "missing fields never fail here: leave `safe` out"),
];

impl Signature {
    /// The function of that name; letter case does not count.
    pub fn find(name: &str) -> Option<&'static Self> {
        SIGNATURES.iter().find(|signature| signature.name.eq_ignore_ascii_case(name))
    }

    /// The type of argument number `at`, counted from 0.
    pub fn parameter(&self, at: usize) -> Parameter {
        self.parameters.get(at).or(self.parameters.last()).copied().unwrap_or(Any)
    }
}

fn folded(text: &str, insensitive: bool) -> Cow<'_, str> {
    if insensitive { Cow::Owned(text.chars().map(fold).collect()) } else { Cow::Borrowed(text) }
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn find_units(text: &[u16], part: &[u16]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    text.windows(part.len()).position(|window| window == part)
}

fn long(number: usize) -> Datum<'static> {
    i64::try_from(number).map_or(Datum::Null, Datum::Long)
}

fn integer(datum: Option<&Datum<'_>>) -> Option<i64> {
    match datum {
        Some(Datum::Long(number)) => Some(*number),
        _ => None,
    }
}

impl Function {
    /// Computes the function. Arguments of types that checking could not foresee make it null.
    pub fn call<'a>(self, insensitive: bool, arguments: &[Datum<'a>]) -> Datum<'a> {
        self.compute(insensitive, arguments).unwrap_or(Datum::Null)
    }

    fn compute<'a>(self, insensitive: bool, arguments: &[Datum<'a>]) -> Option<Datum<'a>> {
        let text = |at: usize| {
            arguments.get(at).and_then(|datum: &Datum<'a>| datum.borrowed().into_text().map(Cow::into_owned))
        };
        let fold_text = |at: usize| text(at).map(|value| folded(&value, insensitive).into_owned());
        Some(match self {
            Self::Arithmetic(op) => operators::arithmetic(op, arguments.first()?, arguments.get(1)?),
            Self::Between => {
                let greedy = matches!(arguments.get(3), Some(Datum::Boolean(true)));
                Datum::Text(between(&text(0)?, &text(1)?, &text(2)?, greedy, insensitive).into())
            }
            Self::CidrMatch | Self::RegexSearch => Datum::Null, // Compiled to nodes of their own.
            Self::Concat => {
                let mut all = String::new();
                for argument in arguments {
                    all.push_str(&argument.borrowed().into_text()?);
                }
                Datum::Text(all.into())
            }
            Self::EndsWith => Datum::Boolean(fold_text(0)?.ends_with(&fold_text(1)?)),
            Self::StartsWith => Datum::Boolean(fold_text(0)?.starts_with(&fold_text(1)?)),
            Self::StringContains => {
                let (whole, part) = (fold_text(0)?, fold_text(1)?);
                // In Elasticsearch an empty text contains nothing, and is contained in nothing.
                Datum::Boolean(!whole.is_empty() && !part.is_empty() && whole.contains(&part))
            }
            Self::IndexOf => index_of(&fold_text(0)?, &fold_text(1)?, arguments.get(2))?,
            Self::IsoWeek => Datum::Long(iso_week(&text(0)?)?.into()),
            Self::Length => long(utf16::length(&text(0)?)),
            Self::Number => number(arguments.first()?, arguments.get(1))?,
            Self::Text => Datum::Text(text(0)?.into()),
            Self::Substring => substring(&text(0)?, arguments.get(1)?, arguments.get(2))?,
        })
    }
}

/// The text after the first `left`, up to the first `right` behind it, or the last if `greedy`. Empty if either is not there.
fn between(source: &str, left: &str, right: &str, greedy: bool, insensitive: bool) -> String {
    // Elasticsearch returns the source as it is if there is nothing to look for.
    if source.is_empty() || left.is_empty() || right.is_empty() {
        return source.to_owned();
    }
    // Folding keeps the number of characters, so positions in the folded text are positions in the source.
    let plain: Vec<char> = source.chars().collect();
    let chars = |text: &str| -> Vec<char> { folded(text, insensitive).chars().collect() };
    let (whole, left, right) = (chars(source), chars(left), chars(right));
    let Some(start) = whole.windows(left.len()).position(|window| window == left) else { return String::new() };
    let start = start + left.len();
    let mut windows = whole[start..].windows(right.len());
    let length =
        if greedy { windows.rposition(|window| window == right) } else { windows.position(|window| window == right) };
    length.map(|length| plain[start..start + length].iter().collect()).unwrap_or_default()
}

/// `None`, which is null and not -1, if the part does not occur.
fn index_of(whole: &str, part: &str, start: Option<&Datum<'_>>) -> Option<Datum<'static>> {
    let start = match start {
        None | Some(Datum::Null) => 0,
        start => usize::try_from(integer(start)?.max(0)).ok()?,
    };
    if part.is_empty() {
        return Some(long(start));
    }
    let whole = units(whole);
    let found = find_units(whole.get(start..)?, &units(part))?;
    Some(long(start + found))
}

/// Python's slice: negative positions count from the end, all are clamped.
fn substring(text: &str, start: &Datum<'_>, end: Option<&Datum<'_>>) -> Option<Datum<'static>> {
    let units = units(text);
    let length = i64::try_from(units.len()).ok()?;
    let position = |at: i64| usize::try_from(if at < 0 { at.saturating_add(length).max(0) } else { at.min(length) });
    let start = match start {
        Datum::Null => 0,
        start => integer(Some(start))?,
    };
    let end = match end {
        None | Some(Datum::Null) => length,
        end => integer(end)?,
    };
    let part = units.get(position(start).ok()?..position(end).ok()?).unwrap_or_default();
    Some(Datum::Text(String::from_utf16_lossy(part).into()))
}

/// A text read as a number: integers first, then, in base 10 only, floats.
fn number(value: &Datum<'_>, base: Option<&Datum<'_>>) -> Option<Datum<'static>> {
    let text = match value {
        Datum::Text(text) => text,
        Datum::Long(_) | Datum::Double(_) => return Some(value.clone().into_owned()),
        _ => return None,
    };
    let hex = text.strip_prefix("0x");
    let base = match base {
        None | Some(Datum::Null) => {
            if hex.is_some() {
                16
            } else {
                10
            }
        }
        base => u32::try_from(integer(base)?).ok().filter(|base| (2..=36).contains(base))?,
    };
    let digits = hex.filter(|_| base == 16).unwrap_or(text);
    match i64::from_str_radix(digits, base) {
        Ok(integer) => Some(Datum::Long(integer)),
        Err(_) if base == 10 => parse_number(digits),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests;
