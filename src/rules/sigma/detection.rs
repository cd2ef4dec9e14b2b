//! Search identifiers: the maps and lists under `detection`, as conditions over fields.
//!
//! ```text
//! selection:
//!     Image|endswith: '\reg.exe'          the items of a map must all hold
//!     CommandLine|contains|all:           one of the values of an item must, or all of them
//!         - ' add '
//!         - '\Run'
//! keywords:
//!     - 'mimikatz'                        a text without a field may be in any entry
//! ```
//!
//! Modifiers change the values one after the other, in the order in which they are written. This file does not know conditions.

use super::super::codes;
use super::eql_text::{FieldRelation, FieldTest, SigmaCondition, TestKind, field_name};
use super::modifier::{Modifier, TimePart};
use super::placeholders::Placeholders;
use super::text::{MOST_TEXTS, SigmaText};
use super::yaml::{Scalar, YamlKind, YamlNode};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ecs;
use crate::eql::ValueOrder;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Reads search identifiers, and notes what is wrong with them and which fields they name.
pub struct DetectionReader<'p> {
    pub placeholders: &'p Placeholders,
    pub diagnostics: Vec<Diagnostic>,
    /// Each field as it is written, with the place where it is first.
    pub fields: Vec<(String, Span)>,
}

/// A value while modifiers change it: several, where a modifier makes several of one.
#[derive(Clone, Debug)]
enum Operand {
    Null,
    Boolean(bool),
    Number(String),
    Text(SigmaText),
    /// A text in another encoding.
    Bytes(Vec<u8>),
}

/// What the modifiers of an item say of all of its values.
#[derive(Default)]
struct ItemModifiers {
    all: bool,
    cased: bool,
    negated: bool,
    /// What values are, if they are no texts; more than one kind is a mistake.
    kinds: Vec<ItemKind>,
    /// `i`, `m` and `s` behind `re`.
    regex_flags: String,
    relation: Option<FieldRelation>,
    order: Option<ValueOrder>,
    time: Option<TimePart>,
    /// Those that change texts, in order.
    changes: Vec<Modifier>,
}

/// What the values of an item are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ItemKind {
    Existence,
    Block,
    Regex,
    OtherField,
    Number,
}

impl DetectionReader<'_> {
    /// The condition of a search identifier; `None` if something is wrong with it.
    pub fn search(&mut self, node: &YamlNode) -> Option<SigmaCondition> {
        match &node.kind {
            YamlKind::Map(_) => self.map(node),
            YamlKind::List(members) if members.is_empty() => self.fail(node.span, "the list is empty", ""),
            YamlKind::List(members) => {
                // All of them are looked at, so that all findings come at once.
                let (maps, texts): (Vec<&YamlNode>, Vec<&YamlNode>) =
                    members.iter().map(|member| &**member).partition(|member| member.is_map());
                let mut parts: Vec<Option<SigmaCondition>> = maps.into_iter().map(|map| self.map(map)).collect();
                if !texts.is_empty() {
                    parts.push(self.item(None, &[], &texts, node.span));
                }
                Some(SigmaCondition::Any(parts.into_iter().collect::<Option<_>>()?))
            }
            YamlKind::Scalar(..) => self.item(None, &[], &[node], node.span),
        }
    }

    fn map(&mut self, node: &YamlNode) -> Option<SigmaCondition> {
        let parts: Vec<Option<SigmaCondition>> = node.pairs().map(|(key, value)| self.pair(key, value)).collect();
        if parts.is_empty() {
            return self.fail(node.span, "the map is empty", "");
        }
        Some(SigmaCondition::All(parts.into_iter().collect::<Option<_>>()?))
    }

    fn pair(&mut self, key: &YamlNode, value: &YamlNode) -> Option<SigmaCondition> {
        let text = key.text()?;
        let mut words = text.split('|');
        let field = words.next().map(str::trim).filter(|field| !field.is_empty());
        let mut modifiers = Vec::new();
        for word in words {
            match Modifier::named(word.trim(), key.span) {
                Ok(modifier) => modifiers.push(modifier),
                Err(found) => self.diagnostics.push(found),
            }
        }
        if modifiers.len() + 1 != text.split('|').count() {
            return None;
        }
        let values = value.members();
        if values.is_empty() {
            return self.fail(value.span, "the list is empty", "write '' for an empty text, null for a missing field");
        }
        let place = Span::new(key.span.start, value.span.end.max(key.span.end));
        if let Some(field) = field
            && !self.fields.iter().any(|(known, _)| known == field)
        {
            self.fields.push((field.to_owned(), key.span));
        }
        self.item(field, &modifiers, &values, place)
    }

    /// A field, or no field, with its modifiers and values.
    fn item(
        &mut self,
        field: Option<&str>,
        modifiers: &[Modifier],
        values: &[&YamlNode],
        place: Span,
    ) -> Option<SigmaCondition> {
        let of_all = self.modifiers(modifiers, place)?;
        let name = field.map_or_else(|| ecs::ENTRY_ALL.name().to_owned(), field_name);
        let tests: Vec<Option<Vec<TestKind>>> =
            values.iter().map(|value| self.value(field.is_none(), &of_all, value)).collect();
        let mut tests: Vec<Vec<TestKind>> = tests.into_iter().collect::<Option<_>>()?;
        if !of_all.all {
            tests = vec![tests.concat()];
        }
        let test = |kind| SigmaCondition::Test(FieldTest { field: name.clone(), kind, span: place });
        let any = |kinds: Vec<TestKind>| SigmaCondition::Any(merged(kinds).into_iter().map(test).collect());
        let all = SigmaCondition::All(tests.into_iter().map(any).collect());
        Some(if of_all.negated { SigmaCondition::Not(Box::new(all)) } else { all })
    }

    fn modifiers(&mut self, modifiers: &[Modifier], place: Span) -> Option<ItemModifiers> {
        let mut all = ItemModifiers::default();
        for &modifier in modifiers {
            let kind = match modifier {
                Modifier::Exists => Some(ItemKind::Existence),
                Modifier::Cidr => Some(ItemKind::Block),
                Modifier::Regex => Some(ItemKind::Regex),
                Modifier::FieldRef => Some(ItemKind::OtherField),
                Modifier::Compare(_) | Modifier::Time(_) => Some(ItemKind::Number),
                _ => None,
            };
            all.kinds.extend(kind.filter(|kind| !all.kinds.contains(kind)));
            match modifier {
                Modifier::All => all.all = true,
                Modifier::Cased => all.cased = true,
                Modifier::Neq => all.negated = true,
                Modifier::Exists | Modifier::Cidr | Modifier::Regex | Modifier::FieldRef => {}
                Modifier::RegexFlag(flag) if all.kinds.contains(&ItemKind::Regex) => all.regex_flags.push(flag),
                Modifier::RegexFlag(flag) => return self.fail(place, &format!("`{flag}` stands behind `re` only"), ""),
                Modifier::Compare(order) => all.order = Some(order),
                Modifier::Time(part) => all.time = Some(part),
                change => {
                    all.relation = all.relation.or(match change {
                        Modifier::Contains => Some(FieldRelation::Contains),
                        Modifier::StartsWith => Some(FieldRelation::StartsWith),
                        Modifier::EndsWith => Some(FieldRelation::EndsWith),
                        _ => None,
                    });
                    all.changes.push(change);
                }
            }
        }
        // What changes texts goes with texts alone; but any text may have placeholders, and fields and expressions may stand at an end.
        let is_for_texts = |change: &Modifier| match change {
            Modifier::Expand => false,
            Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith => {
                !matches!(all.kinds.as_slice(), [ItemKind::OtherField | ItemKind::Regex])
            }
            _ => true,
        };
        if all.kinds.len() > 1 || (!all.kinds.is_empty() && all.changes.iter().any(is_for_texts)) {
            return self.fail(place, "these modifiers exclude each other", "");
        }
        Some(all)
    }

    /// The tests of a value, of which one must hold.
    fn value(&mut self, is_keyword: bool, of_all: &ItemModifiers, node: &YamlNode) -> Option<Vec<TestKind>> {
        let place = node.span;
        let Some(scalar) = node.scalar() else {
            return self.fail(place, "a value must be a text, a number, true, false or null", "");
        };
        let raw = node.text().unwrap_or_default();
        match of_all.kinds.first() {
            Some(ItemKind::Existence) => match scalar {
                Scalar::Boolean(true) => Some(vec![TestKind::Present]),
                Scalar::Boolean(false) => Some(vec![TestKind::Missing]),
                _ => self.fail(place, "`exists` takes true or false", ""),
            },
            Some(ItemKind::Number) => self.number(of_all, node),
            Some(ItemKind::Regex) => {
                let flags = of_all.regex_flags.replace('i', "");
                let pattern = if flags.is_empty() { raw.to_owned() } else { format!("(?{flags}){raw}") };
                Some(vec![TestKind::Regex { pattern, insensitive: of_all.regex_flags.contains('i') }])
            }
            Some(ItemKind::OtherField) => {
                if !self.fields.iter().any(|(known, _)| known == raw) {
                    self.fields.push((raw.to_owned(), place));
                }
                let relation = of_all.relation.unwrap_or(FieldRelation::Equal);
                Some(vec![TestKind::Other { field: field_name(raw), relation, cased: of_all.cased }])
            }
            Some(ItemKind::Block) | None => self.texts(is_keyword, of_all, scalar, place),
        }
    }

    /// The tests of a text, or of what is compared as one.
    fn texts(
        &mut self,
        is_keyword: bool,
        of_all: &ItemModifiers,
        scalar: Scalar<'_>,
        place: Span,
    ) -> Option<Vec<TestKind>> {
        let mut operands = vec![match scalar {
            Scalar::Null => Operand::Null,
            Scalar::Boolean(flag) => Operand::Boolean(flag),
            Scalar::Number(number) => Operand::Number(number.to_owned()),
            Scalar::Text(text) => Operand::Text(SigmaText::read(text)),
        }];
        for modifier in &of_all.changes {
            let changed: Option<Vec<Vec<Operand>>> =
                operands.into_iter().map(|operand| self.change(operand, *modifier, place)).collect();
            operands = changed?.concat();
            if operands.len() > MOST_TEXTS {
                return self.fail(place, &format!("modifiers make more than {MOST_TEXTS} texts of this one"), "");
            }
        }
        let kinds = operands.into_iter().flat_map(|operand| finished(operand, is_keyword, of_all, place));
        Some(kinds.collect())
    }

    /// What a modifier makes of a value.
    fn change(&mut self, operand: Operand, modifier: Modifier, place: Span) -> Option<Vec<Operand>> {
        let mut text = match operand {
            // Nothing has no beginning and no end.
            Operand::Null => {
                return self.fail(place, "null takes no modifiers", "null asks whether the field is missing");
            }
            Operand::Boolean(flag) => SigmaText::plain(if flag { "true" } else { "false" }),
            Operand::Number(number) => SigmaText::plain(&number),
            Operand::Text(text) => text,
            Operand::Bytes(bytes) if matches!(modifier, Modifier::Base64 | Modifier::Base64Offset) => {
                return Some(encoded(&bytes, modifier));
            }
            Operand::Bytes(bytes) => SigmaText::plain(&String::from_utf8_lossy(&bytes)),
        };
        Some(match modifier {
            Modifier::Contains => {
                text.open_start();
                text.open_end();
                vec![Operand::Text(text)]
            }
            Modifier::StartsWith => {
                text.open_end();
                vec![Operand::Text(text)]
            }
            Modifier::EndsWith => {
                text.open_start();
                vec![Operand::Text(text)]
            }
            Modifier::Windash => match text.windash() {
                Some(texts) => texts.into_iter().map(Operand::Text).collect(),
                None => return self.fail(place, "there are too many signs of parameters in one text", ""),
            },
            Modifier::Expand => match self.placeholders.expand(&text) {
                Ok(texts) => texts.into_iter().map(Operand::Text).collect(),
                Err(name) => {
                    let message = format!("nobody has said what `%{name}%` stands for");
                    let found = Diagnostic::error(codes::UNKNOWN_PLACEHOLDER, place, message);
                    self.diagnostics.push(found.help("give its values with --placeholders FILE"));
                    return None;
                }
            },
            encoding => {
                let Some(plain) = text.as_plain() else {
                    return self.fail(
                        place,
                        "a text with wildcards cannot be encoded",
                        "write `\\*` for an ordinary `*`",
                    );
                };
                match encoding {
                    Modifier::Utf16Le => vec![Operand::Bytes(units(&plain, u16::to_le_bytes))],
                    Modifier::Utf16Be => vec![Operand::Bytes(units(&plain, u16::to_be_bytes))],
                    Modifier::Utf16 => {
                        vec![Operand::Bytes([vec![0xff, 0xfe], units(&plain, u16::to_le_bytes)].concat())]
                    }
                    encoding => encoded(plain.as_bytes(), encoding),
                }
            }
        })
    }

    fn number(&mut self, of_all: &ItemModifiers, node: &YamlNode) -> Option<Vec<TestKind>> {
        let written = node.text().unwrap_or_default().trim();
        let number = match written.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).ok().map(|number| number.to_string()),
            None => written.parse::<i64>().map(|number| number.to_string()).ok().or_else(|| decimal(written)),
        };
        let Some(number) = number else {
            return self.fail(node.span, &format!("`{written}` is no number"), "");
        };
        Some(vec![match (of_all.time, of_all.order) {
            (Some(part), order) => TestKind::Time(part, order, number),
            (None, order) => TestKind::Number(order.unwrap_or(ValueOrder::GreaterOrEqual), number),
        }])
    }

    fn fail<T>(&mut self, at: Span, message: &str, help: &str) -> Option<T> {
        let found = Diagnostic::error(codes::BAD_DETECTION, at, message);
        self.diagnostics.push(if help.is_empty() { found } else { found.help(help) });
        None
    }
}

/// A decimal number as EQL writes it.
fn decimal(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok()?;
    number.is_finite().then(|| format!("{number:?}")).filter(|text| !text.contains(['e', 'E']))
}

/// A text in UTF-16.
fn units(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// Base64 of some bytes: as they are, or of wherever they may stand in an encoded text, without the letters that depend on what stands beside them.
fn encoded(bytes: &[u8], modifier: Modifier) -> Vec<Operand> {
    if modifier == Modifier::Base64 {
        return vec![Operand::Text(SigmaText::plain(&STANDARD.encode(bytes)))];
    }
    // Three bytes are four letters. With one or two bytes before, the first two or three letters belong to these too; and what is left over behind the last
    // three bytes shares its last letter with what follows.
    let shifted = |shift: usize| {
        let all = [&b"  "[..shift], bytes].concat();
        let text = STANDARD.encode(&all);
        let start = [0, 2, 3][shift];
        let end = text.len() - [0, 3, 2][all.len() % 3];
        Operand::Text(SigmaText::plain(text.get(start..end).unwrap_or_default()))
    };
    (0..3).map(shifted).collect()
}

/// The tests that a changed value comes down to.
fn finished(operand: Operand, is_keyword: bool, of_all: &ItemModifiers, place: Span) -> Vec<TestKind> {
    let texts = match operand {
        Operand::Null => return vec![TestKind::Missing],
        Operand::Boolean(flag) => vec![SigmaText::plain(if flag { "true" } else { "false" })],
        Operand::Number(number) => numbers(&number),
        Operand::Text(text) => vec![text],
        Operand::Bytes(bytes) => vec![SigmaText::plain(&String::from_utf8_lossy(&bytes))],
    };
    if of_all.kinds.contains(&ItemKind::Block) {
        return vec![TestKind::Blocks(texts.iter().filter_map(|text| Some((text.as_plain()?, place))).collect())];
    }
    let open = |mut text: SigmaText| {
        if is_keyword {
            text.open_start();
            text.open_end();
        }
        (text, place)
    };
    vec![TestKind::Texts { texts: texts.into_iter().map(open).collect(), cased: of_all.cased }]
}

/// The texts of a number: in decimal, and as it is written. Sysmon logs some numbers in hexadecimal.
fn numbers(written: &str) -> Vec<SigmaText> {
    let decimal = match written.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(|number| number.to_string()),
        None => written.parse::<i64>().ok().map(|number| number.to_string()),
    };
    let mut texts = vec![SigmaText::plain(written)];
    texts.extend(decimal.filter(|decimal| decimal != written).map(|decimal| SigmaText::plain(&decimal)));
    texts
}

/// Tests of one field of which one must hold: texts and blocks of addresses become one test each, which is looked up at once.
fn merged(kinds: Vec<TestKind>) -> Vec<TestKind> {
    let mut merged: Vec<TestKind> = Vec::with_capacity(1);
    for kind in kinds {
        let same = merged.iter_mut().find_map(|known| match (known, &kind) {
            (TestKind::Texts { texts, cased }, TestKind::Texts { texts: more, cased: other }) if cased == other => {
                texts.extend(more.iter().cloned());
                Some(())
            }
            (TestKind::Blocks(blocks), TestKind::Blocks(more)) => {
                blocks.extend(more.iter().cloned());
                Some(())
            }
            (TestKind::Missing, TestKind::Missing) => Some(()),
            _ => None,
        });
        if same.is_none() {
            merged.push(kind);
        }
    }
    merged
}
