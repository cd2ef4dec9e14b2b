//! Kibana's `filters` of a rule: conditions in Elasticsearch's query language that every event must pass before the rule looks.
//!
//! In Elastic they are part of the request's filter, beside EQL: an event that does not pass is no stage of a sequence, ends none, and is not seen where a
//! stage demands absence. Each is written as an EQL condition and compiled like any other. One that cannot be honoured is an error with its place: without
//! it the rule would be wider than its author meant.

mod clause;
pub mod query_string;

use super::codes;
use super::condition::{self, all, any, any_word, equals, field, is_analysed, phrase, quoted, wildcard};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::eql::Predicate;
use clause::{FilterObject, RefusedFilter, member, only, text};
use serde_json::Value;

/// Deeper than this no filter is followed.
const MAX_DEPTH: usize = 64;

/// Most ways to choose the clauses that `minimum_should_match` wants.
const MOST_CHOICES: usize = 1000;

/// Compiles filters to the condition that every event must pass, `None` if they say nothing; errors stand at the places of their filters.
pub fn compile(filters: &[Value], place: &dyn Fn(usize) -> Span) -> (Option<Predicate>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let mut conditions = Vec::new();
    for (at, filter) in filters.iter().enumerate() {
        let compiled = of_filter(filter, 0).and_then(|condition| match condition {
            Some(condition) => condition::compile(&condition).map(|(source, predicate, doubts)| {
                findings.extend(doubts.into_iter().map(|found| Diagnostic { span: place(at), ..found }));
                Some(predicate.written_in(&source))
            }),
            None => Ok(None),
        });
        match compiled {
            Ok(condition) => conditions.extend(condition),
            Err(reason) => {
                let message = format!("a filter of the rule cannot be honoured: {reason}");
                let found = Diagnostic::error(codes::UNUSABLE_FILTER, place(at), message);
                findings.push(found.help("without it the rule would find more than it means to"));
            }
        }
    }
    ((!conditions.is_empty()).then(|| Predicate::all(conditions)), findings)
}

/// The condition of one filter; none if it is switched off.
fn of_filter(filter: &Value, depth: usize) -> Result<Option<String>, RefusedFilter> {
    if depth > MAX_DEPTH {
        return Err("it is nested too deeply".to_owned());
    }
    let object = filter.as_object().ok_or("it is no object")?;
    let meta = object.get("meta").and_then(Value::as_object);
    let flag = |name: &str| meta.and_then(|meta| meta.get(name)).and_then(Value::as_bool).unwrap_or_default();
    // Kibana keeps a filter that was switched off, and applies it no more.
    if flag("disabled") {
        return Ok(None);
    }
    let text = |name: &str| meta.and_then(|meta| meta.get(name)).and_then(Value::as_str);
    let condition = if text("type") == Some("combined") {
        let parts = meta.and_then(|meta| meta.get("params")).and_then(Value::as_array);
        let parts = parts.ok_or("it combines no filters")?;
        let parts: Result<Vec<_>, _> = parts.iter().map(|part| of_filter(part, depth + 1)).collect();
        let parts: Vec<String> = parts?.into_iter().flatten().collect();
        match text("relation").map(str::to_uppercase).as_deref() {
            _ if parts.is_empty() => return Ok(None),
            Some("OR") => any(&parts),
            Some("AND") | None => all(&parts),
            Some(other) => return Err(format!("the relation '{other}' is not known")),
        }
    } else if let Some(query) = object.get("query").filter(|query| !query.is_null()) {
        of_query(query, depth + 1)?
    } else {
        // Before version 7 the query stood beside `meta`.
        let bare: FilterObject = object
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "meta" | "$state" | "query"))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        of_query(&Value::Object(bare), depth + 1)?
    };
    Ok(Some(if flag("negate") { format!("not ({condition})") } else { condition }))
}

/// A query of Elasticsearch as a condition.
fn of_query(query: &Value, depth: usize) -> Result<String, RefusedFilter> {
    if depth > MAX_DEPTH {
        return Err("it is nested too deeply".to_owned());
    }
    let object = query.as_object().ok_or("its query is no object")?;
    let mut kinds = object.iter();
    let (Some((kind, body)), None) = (kinds.next(), kinds.next()) else {
        return Err(format!("a query has one kind, this one has {}", object.len()));
    };
    match kind.as_str() {
        "match_all" => Ok("true".to_owned()),
        "match_none" => Ok("false".to_owned()),
        "bool" => boolean(body, depth),
        "constant_score" => of_query(member(body, "filter")?, depth + 1),
        "exists" => Ok(format!("{} != null", field(text(member(body, "field")?)?))),
        "term" => of_field(body, "value", &|name, value, options| term(name, value, is_insensitive(options)?)),
        "terms" => terms(body),
        "match_phrase" => of_field(body, "query", &|name, value, options| {
            only(options, "query boost analyzer zero_terms_query slop _name")?;
            equals_value(name, value, options.get("slop"))
        }),
        "match" => of_field(body, "query", &matched),
        "prefix" => of_field(body, "value", &|name, value, options| {
            let tilde = if is_insensitive(options)? { "~" } else { "" };
            Ok(format!("startsWith{tilde}({}, {})", field(name), quoted(text(value)?)))
        }),
        "wildcard" => {
            // The value of a wildcard query may stand under either name.
            let key = if body.to_string().contains("\"wildcard\"") { "wildcard" } else { "value" };
            of_field(body, key, &|name, value, options| Ok(wildcard(name, text(value)?, is_insensitive(options)?)))
        }
        "regexp" => of_field(body, "value", &|name, value, options| {
            let flags = options.get("flags").and_then(Value::as_str).unwrap_or("ALL");
            if flags != "ALL" {
                return Err(format!("regular expressions with the flags {flags} are not supported"));
            }
            let tilde = if is_insensitive(options)? { "~" } else { "" };
            Ok(format!("{} regex{tilde} {}", field(name), quoted(text(value)?)))
        }),
        "range" => of_field(body, "", &|name, _, options| range(name, options)),
        "multi_match" => multi_match(body),
        "query_string" => query_string::condition(body),
        other => Err(format!("a query of the kind '{other}' is not supported")),
    }
}

fn is_insensitive(options: &FilterObject) -> Result<bool, RefusedFilter> {
    only(options, "value wildcard boost rewrite case_insensitive flags max_determinized_states _name")?;
    Ok(options.get("case_insensitive").and_then(Value::as_bool).unwrap_or_default())
}

/// Compiles what a query says of one field.
type OfField<'f> = dyn Fn(&str, &Value, &FilterObject) -> Result<String, RefusedFilter> + 'f;

/// The only field of a query, with what is asked of it.
fn only_field(body: &Value) -> Result<(&String, &Value), RefusedFilter> {
    let object = body.as_object().ok_or("its query names no field")?;
    let mut fields = object.iter().filter(|(name, _)| !matches!(name.as_str(), "boost" | "_name"));
    match (fields.next(), fields.next()) {
        (Some(field), None) => Ok(field),
        _ => Err("its query names no field, or several".to_owned()),
    }
}

/// `{field: value}`, or `{field: {key: value, option: …}}`.
fn of_field(body: &Value, key: &str, condition: &OfField<'_>) -> Result<String, RefusedFilter> {
    let (name, value) = only_field(body)?;
    match value.as_object() {
        Some(options) if key.is_empty() => condition(name, value, options),
        Some(options) => condition(name, member(value, key)?, options),
        None => condition(name, value, &FilterObject::new()),
    }
}

/// Equality with a value of JSON.
fn equals_value(name: &str, value: &Value, slop: Option<&Value>) -> Result<String, RefusedFilter> {
    if slop.is_some_and(|slop| slop.as_u64() != Some(0)) && is_analysed(name) {
        return Err("words with others between them ('slop') are not supported".to_owned());
    }
    match value {
        Value::String(text) => Ok(equals(name, text)),
        Value::Number(_) | Value::Bool(_) => Ok(format!("{} == {value}", field(name))),
        _ => Err(format!("{value} is no single value")),
    }
}

fn term(name: &str, value: &Value, insensitive: bool) -> Result<String, RefusedFilter> {
    match value {
        Value::String(text) if insensitive => Ok(format!("{} in~ ({})", field(name), quoted(text))),
        // A term is looked up as it stands among the words of an analysed field, which are in lower case.
        Value::String(text) if is_analysed(name) => {
            Ok(if *text == text.to_lowercase() { phrase(name, text) } else { "false".to_owned() })
        }
        value => equals_value(name, value, None),
    }
}

fn terms(body: &Value) -> Result<String, RefusedFilter> {
    let (name, values) = only_field(body)?;
    let values =
        values.as_array().ok_or("'terms' needs a list of values; look-ups in other documents are not supported")?;
    let each: Result<Vec<String>, RefusedFilter> = values.iter().map(|value| term(name, value, false)).collect();
    Ok(any(&each?))
}

fn matched(name: &str, value: &Value, options: &FilterObject) -> Result<String, RefusedFilter> {
    only(options, "query type operator boost lenient analyzer zero_terms_query _name")?;
    let words = match value {
        Value::String(words) if is_analysed(name) => words,
        value => return equals_value(name, value, None),
    };
    let each = || words.split_whitespace().map(|word| phrase(name, word)).collect::<Vec<_>>();
    match (options.get("type").and_then(Value::as_str), options.get("operator").and_then(Value::as_str)) {
        (Some("phrase"), _) => Ok(phrase(name, words)),
        (None | Some("boolean"), Some(operator)) if operator.eq_ignore_ascii_case("and") => Ok(all(&each())),
        (None | Some("boolean"), _) => Ok(any_word(name, words)),
        (Some(other), _) => Err(format!("a match of the type '{other}' is not supported")),
    }
}

fn multi_match(body: &Value) -> Result<String, RefusedFilter> {
    let object = body.as_object().ok_or("its query is no object")?;
    only(object, "query fields type lenient operator boost _name")?;
    let fields = object.get("fields").and_then(Value::as_array).ok_or("it searches all fields")?;
    let mut options = object.clone();
    options.remove("fields");
    if options.get("type").and_then(Value::as_str).is_some_and(|kind| kind == "best_fields") {
        options.remove("type");
    }
    let query = member(body, "query")?;
    let each: Result<Vec<String>, RefusedFilter> = fields
        .iter()
        .map(|name| {
            let name = text(name)?.split('^').next().unwrap_or_default();
            if name.contains('*') {
                return Err("it searches fields by a pattern".to_owned());
            }
            matched(name, query, &options)
        })
        .collect();
    Ok(any(&each?))
}

fn range(name: &str, options: &FilterObject) -> Result<String, RefusedFilter> {
    only(options, "gt gte lt lte from to include_lower include_upper format boost relation _name")?;
    let included = |option: &str| options.get(option).and_then(Value::as_bool).unwrap_or(true);
    let from = if included("include_lower") { ">=" } else { ">" };
    let to = if included("include_upper") { "<=" } else { "<" };
    let mut conditions = Vec::new();
    for (option, operator) in [("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<="), ("from", from), ("to", to)] {
        match options.get(option) {
            None | Some(Value::Null) => {}
            Some(Value::Number(bound)) => conditions.push(format!("{} {operator} {bound}", field(name))),
            // Date mathematics is relative to when a server runs the rule; for evidence of last year there is no such time.
            Some(Value::String(bound)) if bound.contains("now") || bound.contains("||") => {
                return Err(format!("'{bound}' depends on when the rule runs on a server"));
            }
            Some(Value::String(bound)) => conditions.push(format!("{} {operator} {}", field(name), quoted(bound))),
            Some(bound) => return Err(format!("{bound} is no bound of a range")),
        }
    }
    if conditions.is_empty() {
        conditions.push(format!("{} != null", field(name)));
    }
    Ok(all(&conditions))
}

/// Clauses of `bool`: one query or a list of them.
fn clauses(body: &Value, name: &str, depth: usize) -> Result<Vec<String>, RefusedFilter> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(queries)) => queries.iter().map(|query| of_query(query, depth + 1)).collect(),
        Some(query) => Ok(vec![of_query(query, depth + 1)?]),
    }
}

fn boolean(body: &Value, depth: usize) -> Result<String, RefusedFilter> {
    let object = body.as_object().ok_or("its query is no object")?;
    only(object, "must filter should must_not minimum_should_match boost adjust_pure_negative _name")?;
    let mut conditions = clauses(body, "must", depth)?;
    conditions.extend(clauses(body, "filter", depth)?);
    let should = clauses(body, "should", depth)?;
    // Beside `must` or `filter` the clauses of `should` only raise a score, which nobody asks for here; alone, one of them must hold.
    let default = usize::from(conditions.is_empty() && !should.is_empty());
    let wanted = wanted(object.get("minimum_should_match"), should.len(), default)?;
    match wanted {
        0 => {}
        1 => conditions.push(any(&should)),
        wanted => conditions.push(at_least(wanted, &should)?),
    }
    conditions.extend(clauses(body, "must_not", depth)?.iter().map(|condition| format!("not ({condition})")));
    Ok(all(&conditions))
}

/// How many clauses of `should` must hold.
fn wanted(value: Option<&Value>, clauses: usize, default: usize) -> Result<usize, RefusedFilter> {
    let unknown = |value: &Value| format!("'minimum_should_match' of {value} is not supported");
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(default) };
    let total = i64::try_from(clauses).unwrap_or(i64::MAX);
    let number = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => match text.trim().strip_suffix('%') {
            // Rounded down, and a negative number says how many may fail, as Elasticsearch defines both.
            Some(percent) => percent.parse::<i64>().ok().map(|percent| total.saturating_mul(percent) / 100),
            None => text.trim().parse().ok(),
        },
        _ => None,
    };
    let number = number.ok_or_else(|| unknown(value))?;
    let number = if number < 0 || (number == 0 && value.as_str().is_some_and(|text| text.trim().starts_with('-'))) {
        total.saturating_add(number)
    } else {
        number
    };
    Ok(usize::try_from(number).unwrap_or_default())
}

/// The condition that so many of some conditions hold.
fn at_least(wanted: usize, conditions: &[String]) -> Result<String, RefusedFilter> {
    if wanted > conditions.len() {
        return Ok("false".to_owned());
    }
    // EQL cannot count. That two of three conditions hold is written as `(a and b) or (a and c) or (b and c)`: all ascending lists of positions, which
    // grow from the empty one by one position a round.
    let mut choices: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..wanted {
        let next = |choice: &Vec<usize>| {
            let from = choice.last().map_or(0, |last| last + 1);
            (from..conditions.len()).map(|at| [choice.as_slice(), &[at]].concat()).collect::<Vec<_>>()
        };
        choices = choices.iter().flat_map(next).collect();
        if choices.len() > MOST_CHOICES {
            return Err("'minimum_should_match' leaves too many choices".to_owned());
        }
    }
    let each = |choice: &Vec<usize>| all(&choice.iter().map(|&at| conditions[at].clone()).collect::<Vec<_>>());
    Ok(any(&choices.iter().map(each).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests;
