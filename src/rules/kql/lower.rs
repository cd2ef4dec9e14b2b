//! The tree of a KQL query to a predicate: here it is decided what a value means, by the type of its field, as Kibana's queries and Elasticsearch's
//! mappings do.
//!
//! A value that the type cannot hold matches nothing. This file does not know how a query is written.

use super::ast::{KqlNode, KqlText, KqlValues};
use super::dates;
use crate::base::Span;
use crate::base::wildcard::{CaseSensitivity, Wildcard};
use crate::diag::Diagnostic;
use crate::ecs::{self, Field, FieldType, SubField};
use crate::eql::{ConditionByField, Predicate, UnknownName, ValueOrder, ValueTest, WordSet, codes, parse_block};
use crate::rules::codes as rule_codes;
use crate::rules::condition::is_analysed;
use ipnet::IpNet;
use std::sync::Arc;

/// What comes of a tree beside its predicate.
#[derive(Debug, Default)]
pub struct Lowered {
    pub diagnostics: Vec<Diagnostic>,
    pub unknown: Vec<UnknownName>,
    pub categories: Vec<String>,
}

/// The predicate of a tree, which was read from this text.
pub fn lower(node: &KqlNode, source: &str) -> (Predicate, Lowered) {
    let mut lowering = KqlLowering { source, lowered: Lowered::default() };
    (lowering.node(node), lowering.lowered)
}

struct KqlLowering<'s> {
    source: &'s str,
    lowered: Lowered,
}

/// What is asked of a field.
#[derive(Clone, Debug)]
enum FieldQuestion {
    /// One of several values.
    OneOf(Vec<KqlText>),
    /// A place in the order of values.
    Order(ValueOrder, String),
}

impl KqlLowering<'_> {
    fn node(&mut self, node: &KqlNode) -> Predicate {
        match node {
            KqlNode::Any(nodes) => Predicate::any(nodes.iter().map(|node| self.node(node)).collect()),
            KqlNode::All(nodes) => Predicate::all(nodes.iter().map(|node| self.node(node)).collect()),
            KqlNode::Not(inner) => self.node(inner).negated(),
            KqlNode::Has { field, values, .. } => {
                if let Some(field) = field {
                    self.resolve(field);
                }
                self.values(field.as_ref(), values)
            }
            KqlNode::Stands { field, order, value, span } => {
                self.resolve(field);
                self.check(field, value);
                let text = self.written(*span).into();
                on(Some(field), &FieldQuestion::Order(*order, value.text()), &text)
            }
        }
    }

    /// A part of the query on one line.
    fn written(&self, span: Span) -> String {
        let written = self.source.get(span.range()).unwrap_or_default();
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Notes a field that nobody has.
    fn resolve(&mut self, field: &KqlText) {
        if !field.is_wild() && !self.lowered.unknown.iter().any(|known| known.name == field.text()) {
            self.lowered.unknown.extend(UnknownName::field(&field.text(), field.span));
        }
    }

    /// Notes what is wrong or doubtful about a value.
    fn check(&mut self, field: &KqlText, value: &KqlText) {
        let kind = ecs::mapped(&field.text()).0.kind();
        let text = value.text();
        if matches!(kind, Some(FieldType::Date | FieldType::DateNanos)) && dates::is_relative(&text) {
            let message = format!("`{text}` depends on when the rule runs on a server");
            self.lowered.diagnostics.push(Diagnostic::error(rule_codes::RELATIVE_DATE, value.span, message));
        }
        if value.quoted && text.contains('*') && !is_analysed(&field.text()) {
            let message = "`*` is an ordinary character in quotes";
            let found = Diagnostic::warning(codes::LITERAL_WILDCARD, value.span, message);
            self.lowered
                .diagnostics
                .push(found.help("leave the quotes out, and put a backslash before signs and blanks"));
        }
        if field.text() == ecs::EVENT_CATEGORY.name() && !value.is_wild() && !self.lowered.categories.contains(&text) {
            self.lowered.unknown.extend(UnknownName::category(&text, value.span));
            self.lowered.categories.push(text);
        }
    }

    fn values(&mut self, field: Option<&KqlText>, values: &KqlValues) -> Predicate {
        match values {
            KqlValues::One(value) => self.one_of(field, &[value]),
            KqlValues::Not(inner) => self.values(field, inner).negated(),
            KqlValues::All(all) => Predicate::all(all.iter().map(|values| self.values(field, values)).collect()),
            KqlValues::Any(any) => {
                // Rules list dozens of names: they are one look-up.
                let single: Vec<&KqlText> = any.iter().filter_map(KqlValues::single).collect();
                let mut each: Vec<Predicate> = Vec::new();
                if !single.is_empty() {
                    each.push(self.one_of(field, &single));
                }
                let others = any.iter().filter(|values| values.single().is_none());
                each.extend(others.map(|values| self.values(field, values)));
                Predicate::any(each)
            }
        }
    }

    fn one_of(&mut self, field: Option<&KqlText>, values: &[&KqlText]) -> Predicate {
        if let Some(field) = field {
            for value in values {
                self.check(field, value);
            }
        }
        let each: Vec<String> = values.iter().map(|value| self.written(value.span)).collect();
        let list = if let [one] = each.as_slice() { one.clone() } else { format!("({})", each.join(" or ")) };
        let text = field.map_or_else(|| list.clone(), |field| format!("{}: {list}", field.text()));
        on(field, &FieldQuestion::OneOf(values.iter().map(|value| (*value).clone()).collect()), &text.into())
    }
}

impl KqlValues {
    fn single(&self) -> Option<&KqlText> {
        match self {
            Self::One(value) => Some(value),
            _ => None,
        }
    }
}

/// The condition on a field, on all that fit its name, or on every field.
fn on(field: Option<&KqlText>, asked: &FieldQuestion, text: &Arc<str>) -> Predicate {
    // As in Kibana, one star by itself under every field asks for nothing; several ask for a value, as they do under a name.
    let asks_nothing = matches!(asked, FieldQuestion::OneOf(values) if values.iter().any(KqlText::is_one_star));
    match field {
        Some(field) if !field.is_wild() => on_name(&field.text(), asked, text),
        field if asks_nothing && field.is_none_or(KqlText::is_one_star) => Predicate::always(true),
        field => {
            let parts = field.map(|field| field.parts.iter().map(String::as_str));
            let names = parts.map(|parts| Wildcard::of_parts(parts, CaseSensitivity::Sensitive));
            Predicate::on_any_field(Arc::new(ByName { names, asked: asked.clone(), text: text.clone() }), text)
        }
    }
}

/// Asks of every field whose name, or that of a multi-field of it, fits.
#[derive(Debug)]
struct ByName {
    names: Option<Wildcard>,
    asked: FieldQuestion,
    text: Arc<str>,
}

impl ConditionByField<Predicate> for ByName {
    fn on(&self, field: &Field) -> Option<Predicate> {
        let name = field.name();
        let subs = [("caseless", SubField::Caseless), ("text", SubField::Text)].into_iter();
        let subs = subs.map(|(last, sub)| (format!("{name}.{last}"), sub));
        let subs = subs.filter(|(name, sub)| ecs::mapped(name).1 == Some(*sub)).map(|(name, _)| name);
        let names = std::iter::once(name.to_owned()).chain(subs);
        let meant = names.filter(|name| self.names.as_ref().is_none_or(|names| names.matches(name)));
        let each: Vec<Predicate> = meant.map(|name| on_name(&name, &self.asked, &self.text)).collect();
        (!each.is_empty()).then(|| Predicate::any(each))
    }
}

/// The condition that a field has one of some values.
pub fn equals_any(name: &str, values: Vec<String>, quote: &Arc<str>) -> Predicate {
    let text = |value| KqlText { parts: vec![value], quoted: false, span: Span::default() };
    on_name(name, &FieldQuestion::OneOf(values.into_iter().map(text).collect()), quote)
}

/// The condition on one field, by its type.
fn on_name(name: &str, asked: &FieldQuestion, text: &Arc<str>) -> Predicate {
    let (field, sub) = ecs::mapped(name);
    let tests = match asked {
        FieldQuestion::OneOf(values) if values.iter().any(KqlText::is_anything) => vec![ValueTest::Exists],
        FieldQuestion::OneOf(values) if is_analysed(name) => vec![ValueTest::Words(words(values))],
        FieldQuestion::OneOf(values) => one_of(field.kind(), sub, values),
        FieldQuestion::Order(order, value) => return stands(&field, *order, value, text),
    };
    // No regular expression is among them, so that none is refused.
    let each = tests.into_iter().filter_map(|test| Predicate::on(field.clone(), test, text).ok());
    Predicate::any(each.collect())
}

/// Words as a match query has them: those of a quoted text in a row, any of another's, and patterns for single words.
fn words(values: &[KqlText]) -> WordSet {
    let mut set = WordSet::default();
    for value in values {
        match &value.parts[..] {
            [text] if value.quoted => set.add_phrase(text),
            [text] => set.add_words(text),
            _ => {
                // Blanks end a pattern: `fo* ba* x` asks for words like these two, or for `x`.
                for clause in value.text_with_marks().split_whitespace() {
                    if clause.contains(STAR) {
                        set.add_pattern(clause.split(STAR));
                    } else {
                        set.add_words(clause);
                    }
                }
            }
        }
    }
    set
}

/// Stands for a `*` that is a wildcard where a text may have ordinary ones: no text has this character.
const STAR: char = '\u{10ffff}';

impl KqlText {
    fn text_with_marks(&self) -> String {
        self.parts.join(STAR.encode_utf8(&mut [0; 4]))
    }
}

/// Tests of which a value must pass one.
fn one_of(kind: Option<FieldType>, sub: Option<SubField>, values: &[KqlText]) -> Vec<ValueTest> {
    let plain = || values.iter().filter(|value| !value.is_wild()).map(KqlText::text);
    let equals = |texts: Vec<String>| if texts.is_empty() { Vec::new() } else { vec![ValueTest::Equals(texts)] };
    match kind {
        None => {
            let mut tests = equals(plain().collect());
            let patterns = patterns(values, CaseSensitivity::Sensitive);
            if !patterns.is_empty() {
                let case = CaseSensitivity::Sensitive;
                tests.push(ValueTest::Texts { texts: Vec::new(), patterns, case });
            }
            tests
        }
        Some(kind) if kind.is_text() => {
            let case =
                if sub == Some(SubField::Caseless) { CaseSensitivity::Insensitive } else { CaseSensitivity::Sensitive };
            vec![ValueTest::Texts { texts: plain().collect(), patterns: patterns(values, case), case }]
        }
        Some(FieldType::Ip) => {
            let blocks: Vec<IpNet> = plain().filter_map(|text| parse_block(&text)).collect();
            if blocks.is_empty() { Vec::new() } else { vec![ValueTest::Within(blocks)] }
        }
        Some(FieldType::Date | FieldType::DateNanos) => {
            let bounds = plain().filter_map(|text| dates::bounds(&text));
            bounds.map(|(first, last)| ValueTest::Between(first, last)).collect()
        }
        // What is no number, or neither true nor false, equals nothing there.
        Some(_) => equals(plain().collect()),
    }
}

fn patterns(values: &[KqlText], case: CaseSensitivity) -> Vec<Wildcard> {
    let wild = values.iter().filter(|value| value.is_wild());
    wild.map(|value| Wildcard::of_parts(value.parts.iter().map(String::as_str), case)).collect()
}

fn stands(field: &Field, order: ValueOrder, value: &str, text: &Arc<str>) -> Predicate {
    let mut value = value.to_owned();
    if matches!(field.kind(), Some(FieldType::Date | FieldType::DateNanos)) {
        let Some((first, last)) = dates::bounds(&value) else { return Predicate::always(false) };
        // After a day is after all of it, and up to a day is up to its end.
        value = if matches!(order, ValueOrder::Greater | ValueOrder::LessOrEqual) { last } else { first };
    }
    Predicate::on(field.clone(), ValueTest::Ordered(order, value), text).unwrap_or_else(|_| Predicate::always(false))
}
