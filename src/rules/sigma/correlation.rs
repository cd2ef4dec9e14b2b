//! A document with `correlation`: what it says, before anybody knows the rules that it names.
//!
//! This file does not know what becomes of it.

use super::super::codes;
use super::super::parsed::ParsedRule;
use super::super::rule::{Metadata, NotRun, RuleLanguage};
use super::yaml::{Scalar, YamlNode};
use super::{metadata, rule_document};
use crate::base::{Span, Ticks};
use crate::diag::Diagnostic;
use crate::eql::{CountedNumber, Measure, MeasureBound, similar};
use std::ops::RangeInclusive;

/// A correlation as it is written.
#[derive(Clone, Debug)]
pub struct SigmaCorrelation {
    /// Title, level, tags and so on.
    pub meta: Metadata,
    /// Whether it says how severe it is.
    pub has_level: bool,
    /// What it finds.
    pub kind: CorrelationKind,
    /// Ids and names of the rules that it is about, in order.
    pub rules: Vec<WrittenName>,
    /// The fields or aliases whose values the events must share.
    pub group_by: Vec<WrittenName>,
    pub aliases: Vec<CorrelationAlias>,
    /// How far the first event and the last may be apart.
    pub timespan: Ticks,
    /// That time as it is written.
    pub timespan_text: String,
    pub condition: CorrelationCondition,
    /// Whether the rules that it is about give alerts of their own, too.
    pub generate: bool,
    /// The place of the document.
    pub span: Span,
}

impl SigmaCorrelation {
    /// Whether each of the rules must take an event.
    pub fn needs_all_rules(&self) -> bool {
        let needs = |bound: &MeasureBound| bound.needs_filters(self.rules.len());
        self.kind == CorrelationKind::Ordered || self.condition.bounds.iter().any(needs)
    }
}

/// A word of the document, and its place.
pub type WrittenName = (String, Span);

/// A name that stands for another field in the events of each rule.
#[derive(Clone, Debug)]
pub struct CorrelationAlias {
    pub name: String,
    /// Ids or names of rules, each with the field in its events.
    pub fields: Vec<(WrittenName, WrittenName)>,
}

/// What must be true of the events in the timespan.
#[derive(Clone, Debug, Default)]
pub struct CorrelationCondition {
    /// The sizes that satisfy it, or that do not.
    pub bounds: Vec<MeasureBound>,
    /// The fields whose values are counted or added up.
    pub fields: Vec<WrittenName>,
    /// It in words.
    pub text: String,
}

/// The types of correlations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorrelationKind {
    /// By the measure that its condition is about.
    Counts(Measure),
    /// The rules in their order.
    Ordered,
}

const KINDS: &[(&str, CorrelationKind)] = &[
    ("event_count", CorrelationKind::Counts(Measure::Events)),
    ("temporal", CorrelationKind::Counts(Measure::Filters)),
    ("temporal_ordered", CorrelationKind::Ordered),
    ("value_avg", CorrelationKind::Counts(Measure::Mean)),
    ("value_count", CorrelationKind::Counts(Measure::Values)),
    ("value_median", CorrelationKind::Counts(Measure::Median)),
    // Which percentile, the condition says.
    ("value_percentile", CorrelationKind::Counts(Measure::Percentile(100))),
    ("value_sum", CorrelationKind::Counts(Measure::Sum)),
];

impl CorrelationKind {
    /// The name of its type.
    pub fn name(self) -> &'static str {
        let is_it = |kind: CorrelationKind| match (kind, self) {
            (Self::Counts(Measure::Percentile(_)), Self::Counts(Measure::Percentile(_))) => true,
            (kind, own) => kind == own,
        };
        KINDS.iter().find(|(_, kind)| is_it(*kind)).map_or("", |(name, _)| name)
    }
}

/// Keys of `correlation`.
const KEYS: &[&str] = &["aliases", "condition", "generate", "group-by", "rules", "timespan", "type"];

/// The orders that a condition may have.
const ORDERS: [&str; 6] = ["gt", "gte", "lt", "lte", "eq", "neq"];

/// A correlation of a file: what was found in it, and what it says if nothing is wrong.
#[derive(Debug)]
pub struct ParsedCorrelation {
    /// Of a rule all but the query.
    pub parsed: ParsedRule,
    pub written: Option<SigmaCorrelation>,
}

/// Reads a correlation.
pub fn read(document: &YamlNode, fallback_id: &str) -> ParsedCorrelation {
    let text = |key: &str| document.get(key).and_then(YamlNode::text).map(str::trim).filter(|text| !text.is_empty());
    let own_id = text("id").or(text("name"));
    let id = own_id.unwrap_or(fallback_id).to_owned();
    let name = text("title").map_or_else(|| id.clone(), str::to_owned);
    let mut reader = CorrelationReader { diagnostics: Vec::new(), document, not_run: None };
    let meta = metadata::read(document, &id, &name, &mut reader.diagnostics);
    let deprecated = meta.deprecated;
    let correlation = document.get("correlation").and_then(|node| reader.correlation(node, meta));
    let CorrelationReader { diagnostics, not_run, .. } = reader;
    let language = RuleLanguage::Sigma.name().to_owned();
    let not_run = not_run.map(|reason| NotRun {
        id: id.clone(),
        name: name.clone(),
        language: "sigma correlation".to_owned(),
        reason,
    });
    let is_wrong = diagnostics.iter().any(Diagnostic::is_error) || not_run.is_some();
    let parsed = ParsedRule {
        not_run,
        diagnostics,
        id,
        name,
        language,
        is_named_by_file: own_id.is_none(),
        deprecated,
        alias: text("name").map(str::to_owned),
        ..ParsedRule::default()
    };
    ParsedCorrelation { parsed, written: correlation.filter(|_| !is_wrong) }
}

struct CorrelationReader<'d> {
    diagnostics: Vec<Diagnostic>,
    document: &'d YamlNode,
    /// Why it does not run although nothing is wrong with it.
    not_run: Option<String>,
}

impl CorrelationReader<'_> {
    fn error(&mut self, at: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(codes::BAD_CORRELATION, at, message));
    }

    fn correlation(&mut self, node: &YamlNode, meta: Metadata) -> Option<SigmaCorrelation> {
        for (key, _) in node.pairs() {
            let name = key.text().unwrap_or_default();
            if !KEYS.contains(&name) {
                let message = format!("a correlation has no `{name}`, and it counts for nothing");
                let found = Diagnostic::warning(codes::BAD_KEY, key.span, message);
                let near = similar(name, KEYS.iter().copied());
                self.diagnostics.push(match near {
                    Some(near) => found.help(format!("did you mean `{near}`?")),
                    None => found,
                });
            }
        }
        let kind = self.kind(node);
        let rules = self.names(node, "rules").unwrap_or_default();
        if rules.is_empty() {
            self.error(node.first_key(), "the correlation names no `rules`");
        }
        let group_by = self.names(node, "group-by").unwrap_or_default();
        if group_by.is_empty() {
            let message = "the correlation has no `group-by`, and takes events of all hosts and users together";
            self.diagnostics.push(Diagnostic::warning(codes::BAD_KEY, node.first_key(), message));
        }
        let aliases = node.get("aliases").map(|aliases| self.aliases(aliases)).unwrap_or_default();
        self.warn_of_unknown(&group_by, &aliases);
        let timespan = self.timespan(node);
        let condition = kind.and_then(|kind| self.condition(node, kind, rules.len()));
        let generate = node.get("generate").or_else(|| self.document.get("generate"));
        let generate = generate.and_then(|generate| {
            if let Some(Scalar::Boolean(generate)) = generate.scalar() {
                return Some(generate);
            }
            self.error(generate.span, "`generate` is `true` or `false`");
            None
        });
        let (timespan, timespan_text) = timespan?;
        Some(SigmaCorrelation {
            meta,
            has_level: self.document.get("level").is_some(),
            kind: kind?,
            rules,
            group_by,
            aliases,
            timespan,
            timespan_text,
            condition: condition?,
            generate: generate.unwrap_or(false),
            span: self.document.get("title").unwrap_or(node).span,
        })
    }

    /// Warns of fields that no Sysmon event has.
    fn warn_of_unknown(&mut self, group_by: &[WrittenName], aliases: &[CorrelationAlias]) {
        let own = group_by.iter().filter(|(name, _)| aliases.iter().all(|alias| alias.name != *name));
        let fields = own.chain(aliases.iter().flat_map(|alias| alias.fields.iter().map(|(_, field)| field)));
        self.diagnostics.extend(fields.filter_map(|(field, at)| rule_document::unknown(field, *at)));
    }

    fn kind(&mut self, node: &YamlNode) -> Option<CorrelationKind> {
        let Some(written) = node.get("type") else {
            self.error(node.first_key(), "the correlation has no `type`");
            return None;
        };
        let name = written.text().unwrap_or_default().trim();
        if let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == name) {
            return Some(*kind);
        }
        let names = KINDS.iter().map(|(known, _)| *known);
        let found = Diagnostic::error(
            codes::BAD_CORRELATION,
            written.span,
            format!("there is no type `{name}` of correlations"),
        );
        self.diagnostics.push(match similar(name, names.clone()) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found.help(format!("it is one of {}", names.collect::<Vec<_>>().join(", "))),
        });
        None
    }

    /// The names under a key: one, or a list of them.
    fn names(&mut self, node: &YamlNode, key: &str) -> Option<Vec<WrittenName>> {
        let members = node.get(key)?.members();
        let mut names = Vec::new();
        for member in members {
            match member.text().map(str::trim) {
                Some("") | None => self.error(member.span, format!("`{key}` has names, and this is none")),
                Some(name) => names.push((name.to_owned(), member.span)),
            }
        }
        Some(names)
    }

    fn aliases(&mut self, node: &YamlNode) -> Vec<CorrelationAlias> {
        let mut aliases = Vec::new();
        if !node.is_map() {
            self.error(node.span, "`aliases` is a map of names, each with a field for each rule");
        }
        for (name, fields) in node.pairs() {
            if !fields.is_map() {
                self.error(fields.span, "an alias has a field for each rule: `rule: field`");
            }
            let written = |node: &YamlNode| (node.text().unwrap_or_default().trim().to_owned(), node.span);
            let fields = fields.pairs().map(|(rule, field)| (written(rule), written(field))).collect();
            aliases.push(CorrelationAlias { name: written(name).0, fields });
        }
        aliases
    }

    fn timespan(&mut self, node: &YamlNode) -> Option<(Ticks, String)> {
        let Some(written) = node.get("timespan") else {
            self.error(node.first_key(), "the correlation has no `timespan`");
            return None;
        };
        let text = written.text().unwrap_or_default().trim();
        let Some(ticks) = ticks(text) else {
            let message =
                format!("`{text}` is no timespan: write a whole number above 0 and s, m, h or d, as in `90m`");
            self.error(written.span, message);
            return None;
        };
        Some((ticks, text.to_owned()))
    }

    fn condition(&mut self, node: &YamlNode, kind: CorrelationKind, rules: usize) -> Option<CorrelationCondition> {
        let all = CountedNumber::count(rules as u64);
        let Some(written) = node.get("condition") else {
            return match kind {
                CorrelationKind::Counts(Measure::Filters) => Some(CorrelationCondition {
                    bounds: vec![MeasureBound::at_least(Measure::Filters, rules as u64)],
                    text: "all".to_owned(),
                    ..CorrelationCondition::default()
                }),
                CorrelationKind::Ordered => Some(CorrelationCondition::default()),
                CorrelationKind::Counts(_) => {
                    self.error(node.first_key(), "the correlation has no `condition`");
                    None
                }
            };
        };
        if !written.is_map() {
            if matches!(kind, CorrelationKind::Counts(Measure::Filters) | CorrelationKind::Ordered) {
                let reason = "a condition over the names of rules is not evaluated; correlations of correlations can say the same";
                self.not_run = Some(reason.to_owned());
            } else {
                self.error(written.span, "a condition is a map, such as `gte: 10`");
            }
            return None;
        }
        let measure = match kind {
            CorrelationKind::Counts(Measure::Percentile(_)) => Measure::Percentile(self.percentile(written)?),
            CorrelationKind::Counts(measure) => measure,
            CorrelationKind::Ordered => Measure::Filters,
        };
        let fields = self.names(written, "field").unwrap_or_default();
        self.check_fields(written, measure, &fields);
        let (bounds, text) = self.bounds(written, measure, rules)?;
        let is_all =
            |bound: &MeasureBound| !bound.is_outside && *bound.range.start() == all && *bound.range.end() >= all;
        if kind == CorrelationKind::Ordered && !bounds.iter().all(is_all) {
            let message = "a `temporal_ordered` correlation needs all of its rules in their order";
            self.error(written.span, message);
            return None;
        }
        Some(CorrelationCondition { bounds, fields, text })
    }

    fn percentile(&mut self, written: &YamlNode) -> Option<u8> {
        let node = written.get("percentile");
        let percent = node.and_then(YamlNode::text).and_then(|text| text.trim().parse().ok());
        let percent = percent.filter(|percent| (1..=100).contains(percent));
        if percent.is_none() {
            let at = node.map_or(written.first_key(), |node| node.span);
            self.error(at, "a `value_percentile` correlation needs a `percentile` from 1 to 100");
        }
        percent
    }

    fn check_fields(&mut self, written: &YamlNode, measure: Measure, fields: &[WrittenName]) {
        let takes = measure == Measure::Values || measure.is_of_numbers();
        match fields {
            [] if takes => self.error(written.first_key(), "the condition names no `field` whose values count"),
            [_, second, ..] if measure.is_of_numbers() => {
                self.error(second.1, "numbers of one `field` only are added up");
            }
            [first, ..] if !takes => {
                self.error(first.1, "this type of correlation counts no values, and takes no `field`");
            }
            _ => {}
        }
    }

    fn bounds(&mut self, written: &YamlNode, measure: Measure, rules: usize) -> Option<(Vec<MeasureBound>, String)> {
        let mut least = CountedNumber(i128::MIN);
        let mut most = CountedNumber(i128::MAX);
        let mut not = Vec::new();
        let mut texts = Vec::new();
        for (key, value) in written.pairs() {
            let name = key.text().unwrap_or_default();
            if matches!(name, "field" | "percentile") {
                continue;
            }
            let text = value.text().unwrap_or_default().trim();
            let number = text.parse().ok().and_then(CountedNumber::of);
            let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
            let Some(number) = number.filter(|_| is_whole || measure.is_of_numbers()) else {
                self.error(value.span, format!("`{text}` is no number that this can be compared with"));
                return None;
            };
            match name {
                "gt" => least = least.max(CountedNumber(number.0 + 1)),
                "gte" => least = least.max(number),
                "lt" => most = most.min(CountedNumber(number.0 - 1)),
                "lte" => most = most.min(number),
                "eq" => (least, most) = (least.max(number), most.min(number)),
                "neq" => not.push(number..=number),
                other => {
                    let found = Diagnostic::error(
                        codes::BAD_CORRELATION,
                        key.span,
                        format!("`{other}` is no way to compare a count"),
                    );
                    self.diagnostics.push(found.help(format!("it is one of {}", ORDERS.join(", "))));
                    return None;
                }
            }
            texts.push(format!("{name} {text}"));
        }
        if texts.is_empty() {
            self.error(written.first_key(), format!("the condition compares with nothing: {}", ORDERS.join(", ")));
            return None;
        }
        // A window always has the event that is looked at.
        let none = CountedNumber::count(u64::from(matches!(measure, Measure::Events | Measure::Filters)));
        let floor = if measure.is_of_numbers() { least } else { least.max(none) };
        let ceiling = if measure == Measure::Filters { most.min(CountedNumber::count(rules as u64)) } else { most };
        if floor > ceiling {
            self.error(written.span, "no number of events satisfies this condition");
            return None;
        }
        let bound = |range: RangeInclusive<CountedNumber>, is_outside| MeasureBound { measure, range, is_outside };
        let ranges = not.into_iter().map(|range| bound(range, true));
        Some(([bound(least..=most, false)].into_iter().chain(ranges).collect(), texts.join(" and ")))
    }
}

/// A time such as `90m`. A month and a year are as long as they are on average.
fn ticks(text: &str) -> Option<Ticks> {
    let unit = text.chars().next_back()?;
    let digits = text.strip_suffix(unit)?;
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        'M' => 2_629_746,
        'y' => 31_556_952,
        _ => return None,
    };
    let count: i64 = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    count.checked_mul(seconds)?.checked_mul(Ticks::PER_SECOND).filter(|ticks| *ticks > 0).map(Ticks)
}
