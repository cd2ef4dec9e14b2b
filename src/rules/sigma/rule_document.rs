//! A document with `detection` becomes a rule.

use super::super::codes;
use super::super::parsed::{ParsedRule, compile};
use super::super::place::QueryPlace;
use super::super::rule::{NotRun, RuleLanguage};
use super::detection::DetectionReader;
use super::eql_text::{EqlText, SigmaCondition, field_name};
use super::expression::{self, Searches};
use super::logsource::{self, LogSource};
use super::metadata;
use super::placeholders::Placeholders;
use super::yaml::{YamlKind, YamlNode};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ecs;
use crate::eql::{QueryOptions, similar};

/// Keys of a rule that matter here; a key that is a slip of one of them is pointed out.
const KEYS: &[&str] = &[
    "author",
    "date",
    "description",
    "detection",
    "falsepositives",
    "fields",
    "id",
    "level",
    "license",
    "logsource",
    "modified",
    "name",
    "references",
    "related",
    "scope",
    "status",
    "tags",
    "taxonomy",
    "title",
];

/// Reads a rule.
pub fn read(document: &YamlNode, fallback_id: &str, placeholders: &Placeholders) -> ParsedRule {
    let text = |key: &str| document.get(key).and_then(YamlNode::text).map(str::trim).filter(|text| !text.is_empty());
    let mut found = Vec::new();
    let own_id = text("id");
    let id = own_id.unwrap_or(fallback_id).to_owned();
    let name = text("title").map_or_else(|| id.clone(), str::to_owned);
    if text("title").is_none() {
        let message = "the rule has no `title`";
        found.push(with_slip(document, "title", Diagnostic::warning(codes::BAD_KEY, document.first_key(), message)));
    }
    let source = if let Some(source) = document.get("logsource") {
        logsource::read(source)
    } else {
        let message = "the rule has no `logsource`, and is asked of every Sysmon event";
        let warning = Diagnostic::warning(codes::BAD_KEY, document.first_key(), message);
        found.push(with_slip(document, "logsource", warning));
        LogSource::Sysmon { ids: &[], system: None }
    };
    let mut meta = metadata::read(document, &id, &name, &mut found);
    let said = ParsedRule {
        id: id.clone(),
        name: name.clone(),
        language: RuleLanguage::Sigma.name().to_owned(),
        is_named_by_file: own_id.is_none(),
        deprecated: meta.deprecated,
        alias: text("name").map(str::to_owned),
        replaces: replaced(document),
        ..ParsedRule::default()
    };
    let LogSource::Sysmon { ids, system } = source else {
        // What is wrong with a rule that does not run is nobody's worry here.
        let not_run = NotRun {
            id,
            name,
            language: said.language.clone(),
            reason: "it is about another log than Sysmon's".to_owned(),
        };
        return ParsedRule { not_run: Some(not_run), is_elsewhere: true, ..said };
    };
    meta.event_ids = ids.to_vec();
    let place = document.get("logsource").map_or(Span::default(), |source| source.span);
    let detection = document.get("detection").and_then(|detection| condition(detection, placeholders, &mut found));
    let query = detection.and_then(|detection| {
        let whole = SigmaCondition::All(vec![logsource::condition(ids, system, place), detection]);
        let text = EqlText::of(&whole);
        if text.is_none() {
            let message = "the rule is too long: its conditions are repeated too often";
            found.push(Diagnostic::error(codes::BAD_DETECTION, document.first_key(), message));
        }
        text
    });
    let mut parsed = ParsedRule { diagnostics: found, ..ParsedRule::default() };
    if let Some((query, place)) = query {
        let compiled = translated(&query, &place, || meta);
        parsed.rule = compiled.rule;
        parsed.diagnostics.extend(compiled.diagnostics);
    }
    if parsed.diagnostics.iter().any(Diagnostic::is_error) {
        parsed.rule = None;
    }
    ParsedRule { rule: parsed.rule, diagnostics: parsed.diagnostics, ..said }
}

/// Compiles a query that was made of a rule.
pub fn translated(query: &str, place: &QueryPlace, meta: impl FnOnce() -> super::super::rule::Metadata) -> ParsedRule {
    let options = QueryOptions { is_translation: true, ..QueryOptions::default() };
    let mut parsed = compile(query, place, &options, meta);
    // Warnings are about names, of which the reader of the rule has said what there is to say in its own words.
    parsed.diagnostics.retain(Diagnostic::is_error);
    if let Some(rule) = &mut parsed.rule {
        rule.origin.language = RuleLanguage::Sigma;
    }
    parsed
}

/// The condition of `detection`; `None` if something is wrong with it.
pub fn condition(
    detection: &YamlNode,
    placeholders: &Placeholders,
    found: &mut Vec<Diagnostic>,
) -> Option<SigmaCondition> {
    if !detection.is_map() {
        let message = "this must be a map of search identifiers and a `condition`";
        found.push(Diagnostic::error(codes::BAD_DETECTION, detection.span, message));
        return None;
    }
    let mut reader = DetectionReader { placeholders, diagnostics: Vec::new(), fields: Vec::new() };
    let mut searches: Searches<'_> = Vec::new();
    for (name, value) in detection.pairs() {
        // The obsolete aggregations have a time frame.
        let name = name.text().unwrap_or_default();
        if !matches!(name, "condition" | "timeframe" | "rules") {
            searches.push((name, reader.search(value)));
        }
    }
    let is_broken = searches.iter().any(|(_, search)| search.is_none());
    found.append(&mut reader.diagnostics);
    found.extend(reader.fields.iter().filter_map(|(field, at)| unknown(field, *at)));
    let Some(conditions) = detection.get("condition") else {
        let error = Diagnostic::error(codes::BAD_CONDITION, detection.first_key(), "there is no `condition`");
        found.push(with_slip(detection, "condition", error));
        return None;
    };
    let mut any = Vec::new();
    for node in conditions.members() {
        let Some(text) = node.text() else {
            let message = "a condition must be a text";
            found.push(Diagnostic::error(codes::BAD_CONDITION, node.span, message));
            return None;
        };
        any.push(expression::read(text, &|span| within(node, span), &searches, found)?);
    }
    // Every search identifier must be right, also one that the condition does not use.
    (!is_broken && !any.is_empty()).then_some(SigmaCondition::Any(any))
}

/// The place of a part of a scalar's text in the file.
fn within(node: &YamlNode, span: Span) -> Span {
    let written = node.span.end.saturating_sub(node.span.start);
    let YamlKind::Scalar(text, is_plain) = &node.kind else { return node.span };
    // A text on one line without quotes stands in the file as it is, one in quotes behind a quote. Others are folded.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let shift = match written.checked_sub(length) {
        Some(0) if *is_plain => 0,
        Some(2) if !is_plain => 1,
        _ => return node.span,
    };
    let start = node.span.start.saturating_add(shift);
    Span::new(start.saturating_add(span.start), start.saturating_add(span.end))
}

/// The warning for a field that no Sysmon event has.
pub fn unknown(field: &str, at: Span) -> Option<Diagnostic> {
    let name = field_name(field);
    if !name.starts_with("sysmon.entry.") && !name.starts_with('`') || ecs::FieldId::find(&name).is_some() {
        return None;
    }
    let known: Vec<&str> = ecs::entries().filter_map(|id| id.name().strip_prefix("sysmon.entry.")).collect();
    let near = similar(field, known.iter().copied())
        .or_else(|| known.iter().copied().find(|known| known.eq_ignore_ascii_case(field)));
    let warning = Diagnostic::warning(codes::NOT_IN_SYSMON, at, format!("no Sysmon event has the entry `{field}`"));
    Some(match near {
        Some(near) => warning.help(format!("did you mean `{near}`?")),
        None => warning.help("what asks for it never holds"),
    })
}

/// A finding about a missing key, which may stand there with a slip of the pen.
fn with_slip(document: &YamlNode, key: &str, found: Diagnostic) -> Diagnostic {
    let others = document.pairs().filter_map(|(name, _)| name.text()).filter(|name| !KEYS.contains(name));
    match similar(key, others) {
        Some(near) => found.help(format!("did you mean `{key}` where you wrote `{near}`?")),
        None => found,
    }
}

/// The ids of rules that this one takes the place of.
fn replaced(document: &YamlNode) -> Vec<String> {
    let related = document.get("related").map(YamlNode::members).unwrap_or_default();
    let is_replaced = |entry: &&YamlNode| {
        matches!(entry.get("type").and_then(YamlNode::text), Some("obsolete" | "obsoletes" | "merged" | "renamed"))
    };
    let ids = related.into_iter().filter(is_replaced).filter_map(|entry| entry.get("id").and_then(YamlNode::text));
    ids.map(str::to_owned).collect()
}
