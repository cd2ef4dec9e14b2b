//! `query_string`: a query in the syntax of Lucene's query parser, as people type it.
//!
//! Operators are Lucene's, not those of logic: `AND` makes both its neighbours compulsory, and what is optional counts only where nothing is compulsory.
//! Whatever needs a score or an analyser (`~`, proximity) is refused.

use super::clause::{RefusedFilter, member, only, text};
use crate::rules::condition::{all, any, any_word, equals, field, is_analysed, quoted, wildcard};
use serde_json::Value;

/// Deeper than this no group is followed.
const MAX_DEPTH: usize = 64;

/// The condition of a `query_string` query.
pub fn condition(body: &Value) -> Result<String, RefusedFilter> {
    let object = body.as_object().ok_or("its query is no object")?;
    let known = "query fields default_field default_operator analyze_wildcard lenient boost time_zone _name \
        allow_leading_wildcard escape";
    only(object, known)?;
    let mut fields = Vec::new();
    if let Some(name) = object.get("default_field") {
        fields.push(text(name)?.to_owned());
    }
    for name in object.get("fields").and_then(Value::as_array).into_iter().flatten() {
        fields.push(text(name)?.split('^').next().unwrap_or_default().to_owned());
    }
    let all_required =
        object.get("default_operator").and_then(Value::as_str).is_some_and(|op| op.eq_ignore_ascii_case("and"));
    of_text(text(member(body, "query")?)?, fields, all_required)
}

/// The condition of a query by itself. Values that name no field are looked for in `fields`; operands without an operator must all hold, or one of them.
pub fn of_text(query: &str, fields: Vec<String>, all_required: bool) -> Result<String, RefusedFilter> {
    let mut reader = QueryStringReader { rest: query, fields, all_required, depth: 0 };
    let condition = reader.clauses(None)?;
    if reader.rest.is_empty() { Ok(condition) } else { Err("there is a `)` without `(`".to_owned()) }
}

struct QueryStringReader<'q> {
    rest: &'q str,
    /// Fields of what names none.
    fields: Vec<String>,
    all_required: bool,
    depth: usize,
}

/// How a clause counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Occur {
    Must,
    Should,
    MustNot,
}

impl QueryStringReader<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Eats a word operator, which ends at a blank or a parenthesis.
    fn eat_word(&mut self, word: &str) -> bool {
        let after = self.rest.strip_prefix(word);
        let ends =
            after.is_some_and(|after| after.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')')));
        ends && self.eat(word)
    }

    /// Clauses up to a closing parenthesis or the end; `name` is the field of those that name none.
    fn clauses(&mut self, name: Option<&str>) -> Result<String, RefusedFilter> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("it is nested too deeply".to_owned());
        }
        let mut clauses: Vec<(Occur, String)> = Vec::new();
        loop {
            self.skip_blanks();
            if self.rest.is_empty() || self.rest.starts_with(')') {
                break;
            }
            let and = self.eat_word("AND") || self.eat("&&");
            let or = !and && (self.eat_word("OR") || self.eat("||"));
            self.skip_blanks();
            let not = self.eat_word("NOT") || self.eat("!");
            let not = not || self.eat("-");
            let plus = !not && self.eat("+");
            self.skip_blanks();
            if self.rest.is_empty() || self.rest.starts_with(')') {
                return Err("an operator has nothing on its right".to_owned());
            }
            if (and || or) && clauses.is_empty() {
                return Err("an operator has nothing on its left".to_owned());
            }
            let condition = self.clause(name)?;
            // `a OR b AND c` is not `a or (b and c)` in Lucene: `AND` makes b and c compulsory, and a, being optional beside them, no longer matters. So
            // an operator also changes the clause before it.
            if let Some((occur, _)) = clauses.last_mut().filter(|(occur, _)| *occur != Occur::MustNot) {
                if and {
                    *occur = Occur::Must;
                } else if or && self.all_required {
                    *occur = Occur::Should;
                }
            }
            let required = if self.all_required { !or } else { plus || and };
            clauses.push((
                match (not, required || plus) {
                    (true, _) => Occur::MustNot,
                    (false, true) => Occur::Must,
                    (false, false) => Occur::Should,
                },
                condition,
            ));
        }
        self.depth -= 1;
        let of =
            |wanted: Occur| clauses.iter().filter(move |(occur, _)| *occur == wanted).map(|(_, text)| text.clone());
        let mut conditions: Vec<String> = of(Occur::Must).collect();
        // Optional clauses count only if nothing is compulsory; otherwise they would raise a score.
        let should: Vec<String> = of(Occur::Should).collect();
        if conditions.is_empty() && !should.is_empty() {
            conditions.push(any(&should));
        }
        conditions.extend(of(Occur::MustNot).map(|condition| format!("not ({condition})")));
        if clauses.is_empty() {
            return Err("it is empty".to_owned());
        }
        Ok(all(&conditions))
    }

    fn clause(&mut self, name: Option<&str>) -> Result<String, RefusedFilter> {
        let condition = if self.eat("(") {
            self.group(name)?
        } else if let Some(own) = self.field_name()? {
            self.skip_blanks();
            if own == "_exists_" {
                let (word, _) = self.word()?;
                format!("{} != null", field(&word))
            } else if self.eat("(") {
                self.group(Some(&own))?
            } else {
                self.value(&own)?
            }
        } else if let Some(name) = name {
            self.value(name)?
        } else if self.eat("*:*") {
            "true".to_owned()
        } else {
            self.without_field()?
        };
        if self.eat("^") {
            // A boost changes scores only.
            let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
        }
        if self.rest.starts_with('~') {
            Err("fuzzy and proximity searches (`~`) are not supported".to_owned())
        } else {
            Ok(condition)
        }
    }

    fn group(&mut self, name: Option<&str>) -> Result<String, RefusedFilter> {
        let condition = self.clauses(name)?;
        if self.eat(")") { Ok(condition) } else { Err("`(` is not closed".to_owned()) }
    }

    /// A value without a field is looked for in the default fields.
    fn without_field(&mut self) -> Result<String, RefusedFilter> {
        let fields = std::mem::take(&mut self.fields);
        if fields.is_empty() || fields.iter().any(|name| name.contains('*')) {
            return Err("it searches all fields for a value".to_owned());
        }
        // The value is read once for each default field, from the same place.
        let (start, mut end) = (self.rest, self.rest);
        let mut each = Vec::new();
        for name in &fields {
            self.rest = start;
            each.push(self.value(name)?);
            end = self.rest;
        }
        self.rest = end;
        self.fields = fields;
        Ok(any(&each))
    }

    /// The field before a colon, which is consumed too.
    fn field_name(&mut self) -> Result<Option<String>, RefusedFilter> {
        let start = self.rest;
        // These begin a value and no name, and `word` would stop at them with an empty one.
        if start.starts_with(['"', '/', '[', '{', '<', '>', '*']) {
            return Ok(None);
        }
        let (name, wild) = self.word()?;
        if !name.is_empty() && self.eat(":") {
            return if wild {
                Err(format!("fields by a pattern ('{name}') are not supported"))
            } else {
                Ok(Some(name))
            };
        }
        self.rest = start;
        Ok(None)
    }

    /// A word up to a blank or a special character, without its escapes; whether it has a wildcard.
    fn word(&mut self) -> Result<(String, bool), RefusedFilter> {
        let mut word = String::new();
        let mut wild = false;
        let mut chars = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => word.push(chars.next().ok_or("it ends in a backslash")?.1),
                c if c.is_whitespace() || matches!(c, ':' | '(' | ')' | '"' | '^' | '~' | '[' | ']' | '{' | '}') => {
                    end = at;
                    break;
                }
                c => {
                    wild |= matches!(c, '*' | '?');
                    word.push(c);
                }
            }
        }
        self.rest = &self.rest[end..];
        Ok((word, wild))
    }

    /// A term, phrase, regular expression or range behind `field:`, as a condition on the field.
    fn value(&mut self, name: &str) -> Result<String, RefusedFilter> {
        if let Some(rest) = self.rest.strip_prefix('"') {
            self.rest = rest;
            let text = self.delimited('"')?;
            return Ok(equals(name, &text));
        }
        if let Some(rest) = self.rest.strip_prefix('/') {
            let end = rest.find('/').ok_or("`/` is not closed")?;
            self.rest = &rest[end + 1..];
            return Ok(format!("{} regex {}", field(name), quoted(&rest[..end])));
        }
        for operator in [">=", "<=", ">", "<"] {
            if self.eat(operator) {
                let (bound, _) = self.word()?;
                return bounded(name, &[(operator, bound)]);
            }
        }
        if self.rest.starts_with(['[', '{']) {
            return self.range(name);
        }
        let start = self.rest;
        let (word, wild) = self.word()?;
        // The text as it is written decides what it is: an escaped star is an ordinary character, a bare one asks for any value.
        let written = &start[..start.len() - self.rest.len()];
        if written.is_empty() {
            return Err(format!("`{}` has no meaning here", start.chars().next().unwrap_or_default()));
        }
        Ok(match written {
            "*" => format!("{} != null", field(name)),
            _ if wild && is_analysed(name) => return Err("wildcards in words of a text are not supported".to_owned()),
            _ if wild => wildcard(name, written, false),
            _ if is_analysed(name) => any_word(name, &word),
            _ => equals(name, &word),
        })
    }

    /// Text up to a character, without its escapes.
    fn delimited(&mut self, end: char) -> Result<String, RefusedFilter> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => text.push(chars.next().ok_or("it ends in a backslash")?.1),
                c if c == end => {
                    self.rest = &self.rest[at + c.len_utf8()..];
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
        Err(format!("`{end}` is not closed"))
    }

    /// `[a TO b]`, `{a TO b}` or a mixture.
    fn range(&mut self, name: &str) -> Result<String, RefusedFilter> {
        let least = if self.eat("[") { ">=" } else { ">" };
        self.rest = self.rest.trim_start_matches('{');
        let end = self.rest.find([']', '}']).ok_or("a range is not closed")?;
        let most = if self.rest[end..].starts_with(']') { "<=" } else { "<" };
        let (inside, rest) = (&self.rest[..end], &self.rest[end + 1..]);
        self.rest = rest;
        let (from, to) = inside.split_once(" TO ").ok_or("a range is written `[a TO b]`")?;
        let bound = |text: &str| text.trim().trim_matches('"').replace('\\', "");
        bounded(name, &[(least, bound(from)), (most, bound(to))])
    }
}

/// Conditions on the order of values; `*` is no bound.
fn bounded(name: &str, bounds: &[(&str, String)]) -> Result<String, RefusedFilter> {
    let mut conditions = Vec::new();
    for (operator, bound) in bounds.iter().filter(|(_, bound)| bound != "*") {
        if bound.is_empty() || bound.starts_with("now") || bound.contains("||") {
            return Err(format!("'{bound}' is no bound that can be known here"));
        }
        conditions.push(format!("{} {operator} {}", field(name), quoted(bound)));
    }
    if conditions.is_empty() {
        conditions.push(format!("{} != null", field(name)));
    }
    Ok(all(&conditions))
}
