//! What a rule asks of one field, as EQL.
//!
//! A condition of Sigma is a tree over such tests ([`SigmaCondition`]); [`EqlText`] writes it, and remembers which part of the text comes from where in the file,
//! so that whatever is found out about the query can be shown in the rule.

use super::super::condition::quoted;
use super::super::place::{QueryPlace, to_u32};
use super::modifier::TimePart;
use super::text::SigmaText;
use crate::base::Span;
use crate::ecs::{self, Field};
use crate::eql::ValueOrder;

/// A condition over fields.
#[derive(Clone, Debug)]
pub enum SigmaCondition {
    All(Vec<SigmaCondition>),
    Any(Vec<SigmaCondition>),
    Not(Box<SigmaCondition>),
    Test(FieldTest),
}

/// A test of a field's value.
#[derive(Clone, Debug)]
pub struct FieldTest {
    /// The field as EQL names it.
    pub field: String,
    pub kind: TestKind,
    /// Where it is written.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum TestKind {
    /// It fits one of several texts, each with its place.
    Texts {
        texts: Vec<(SigmaText, Span)>,
        cased: bool,
    },
    Missing,
    Present,
    /// An expression fits a part of it.
    Regex {
        pattern: String,
        insensitive: bool,
    },
    /// It is an address of one of several blocks.
    Blocks(Vec<(String, Span)>),
    Number(ValueOrder, String),
    /// A part of its date is this number, or in this order to it.
    Time(TimePart, Option<ValueOrder>, String),
    /// It has to do with the value of another field.
    Other {
        field: String,
        relation: FieldRelation,
        cased: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldRelation {
    Equal,
    StartsWith,
    EndsWith,
    Contains,
}

/// Fields of the record outside of its data, as the specification names them, and as ECS does.
const RECORD_FIELDS: &[(&str, &str)] = &[
    ("Channel", "winlog.channel"),
    ("Computer", "winlog.computer_name"),
    ("ComputerName", "winlog.computer_name"),
    ("EventRecordID", "winlog.record_id"),
    ("Execution_ProcessID", "winlog.process.pid"),
    ("Execution_ThreadID", "winlog.process.thread.id"),
    ("Provider_Guid", "winlog.provider_guid"),
    ("Provider_Name", "winlog.provider_name"),
    ("Security_UserID", "winlog.user.identifier"),
];

/// The name of the field that Sigma calls by a name: an entry of the record, a part of the record, or a field of ECS.
pub fn plain_name(sigma: &str) -> String {
    if let Some((_, name)) = RECORD_FIELDS.iter().find(|(known, _)| *known == sigma) {
        return (*name).to_owned();
    }
    let is_ecs = sigma.contains('.') && ecs::is_known(sigma);
    if is_ecs { sigma.to_owned() } else { Field::entry(sigma).name().to_owned() }
}

/// That name as it is written in EQL.
pub fn field_name(sigma: &str) -> String {
    in_eql(plain_name(sigma))
}

/// The name of a field as it is written in EQL: between back quotes if it needs them.
pub fn in_eql(name: String) -> String {
    let is_plain = name.split('.').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    if is_plain { name } else { super::super::condition::field(&name) }
}

/// The most bytes of a query. Published rules have a tenth of a percent of it.
const MAX_TEXT: usize = 8 << 20;

/// The text of a query while it is written.
#[derive(Debug, Default)]
pub struct EqlText {
    text: String,
    parts: Vec<(Span, Span)>,
}

impl EqlText {
    /// Writes a whole query for single events; `None` if it becomes too long.
    pub fn of(condition: &SigmaCondition) -> Option<(String, QueryPlace)> {
        let mut out = Self::default();
        out.push("any where ");
        out.condition(condition);
        (out.text.len() < MAX_TEXT).then(|| out.finish())
    }

    pub fn finish(self) -> (String, QueryPlace) {
        (self.text, QueryPlace::Parts(self.parts))
    }

    pub fn push(&mut self, text: &str) {
        // What is too long is refused at the end; until then it does not grow any more.
        if self.text.len() < MAX_TEXT {
            self.text.push_str(text);
        }
    }

    /// Writes something that comes from a place.
    pub fn from(&mut self, place: Span, write: impl FnOnce(&mut Self)) {
        let start = to_u32(self.text.len());
        write(self);
        self.parts.push((Span::new(start, to_u32(self.text.len())), place));
    }

    /// Writes a condition.
    pub fn condition(&mut self, condition: &SigmaCondition) {
        match condition {
            SigmaCondition::All(parts) => self.chain(parts, " and ", "true"),
            SigmaCondition::Any(parts) => self.chain(parts, " or ", "false"),
            SigmaCondition::Not(inner) => {
                self.push("not ");
                self.operand(inner);
            }
            SigmaCondition::Test(test) => self.from(test.span, |out| out.test(test)),
        }
    }

    fn chain(&mut self, parts: &[SigmaCondition], word: &str, empty: &str) {
        match parts {
            [] => self.push(empty),
            [only] => self.condition(only),
            parts => {
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        self.push(word);
                    }
                    self.operand(part);
                }
            }
        }
    }

    /// A condition beside others: in parentheses, if it is more than one.
    fn operand(&mut self, condition: &SigmaCondition) {
        match condition {
            SigmaCondition::All(parts) | SigmaCondition::Any(parts) if parts.len() == 1 => self.operand(&parts[0]),
            SigmaCondition::All(parts) | SigmaCondition::Any(parts) if !parts.is_empty() => {
                self.push("(");
                self.condition(condition);
                self.push(")");
            }
            // Several conditions in EQL.
            SigmaCondition::Test(test) if test.is_compound() => {
                self.push("(");
                self.condition(condition);
                self.push(")");
            }
            other => self.condition(other),
        }
    }

    fn test(&mut self, FieldTest { field, kind, .. }: &FieldTest) {
        match kind {
            TestKind::Texts { texts, cased } => self.texts(field, texts, *cased),
            TestKind::Missing => self.push(&format!("{field} == null")),
            TestKind::Present => self.push(&format!("{field} != null")),
            TestKind::Regex { pattern, insensitive } => {
                let tilde = if *insensitive { "~" } else { "" };
                self.push(&format!("regexSearch{tilde}({field}, {})", quoted(pattern)));
            }
            TestKind::Blocks(blocks) => {
                self.push(&format!("cidrMatch({field}"));
                for (block, place) in blocks {
                    self.push(", ");
                    self.from(*place, |out| out.push(&quoted(block)));
                }
                self.push(")");
            }
            TestKind::Number(order, number) => self.push(&format!("number({field}) {} {number}", order.operator())),
            TestKind::Time(part, order, number) => {
                let operator = order.map_or("==", ValueOrder::operator);
                let part = match part {
                    TimePart::Digits(start, end) => format!("number(substring({field}, {start}, {end}))"),
                    TimePart::Week => format!("isoWeek({field})"),
                };
                self.push(&format!("{part} {operator} {number}"));
            }
            TestKind::Other { field: other, relation, cased } => {
                let tilde = if *cased { "" } else { "~" };
                self.push(&match relation {
                    // EQL compares no two fields; each of two equal texts begins with the other.
                    FieldRelation::Equal => {
                        format!("startsWith{tilde}({field}, {other}) and startsWith{tilde}({other}, {field})")
                    }
                    FieldRelation::StartsWith => format!("startsWith{tilde}({field}, {other})"),
                    FieldRelation::EndsWith => format!("endsWith{tilde}({field}, {other})"),
                    FieldRelation::Contains => format!("stringContains{tilde}({field}, {other})"),
                });
            }
        }
    }

    fn texts(&mut self, field: &str, texts: &[(SigmaText, Span)], cased: bool) {
        let like: Vec<(String, Span)> = texts.iter().filter_map(|(text, at)| Some((text.like()?, *at))).collect();
        let others = texts.iter().filter(|(text, _)| text.like().is_none());
        let others: Vec<(String, Span)> = others.map(|(text, at)| (text.regex(), *at)).collect();
        self.list(field, if cased { "like" } else { ":" }, &like);
        if !like.is_empty() && !others.is_empty() {
            self.push(" or ");
        }
        self.list(field, if cased { "regex" } else { "regex~" }, &others);
    }

    fn list(&mut self, field: &str, operator: &str, texts: &[(String, Span)]) {
        let [first, rest @ ..] = texts else { return };
        self.push(&format!("{field} {operator} "));
        if !rest.is_empty() {
            self.push("(");
        }
        self.from(first.1, |out| out.push(&quoted(&first.0)));
        for (text, place) in rest {
            self.push(", ");
            self.from(*place, |out| out.push(&quoted(text)));
        }
        if !rest.is_empty() {
            self.push(")");
        }
    }
}

impl FieldTest {
    /// Whether it is more than one condition in EQL.
    fn is_compound(&self) -> bool {
        match &self.kind {
            TestKind::Texts { texts, .. } => {
                let like = texts.iter().filter(|(text, _)| text.like().is_some()).count();
                like > 0 && like < texts.len()
            }
            TestKind::Other { relation, .. } => *relation == FieldRelation::Equal,
            _ => false,
        }
    }
}
