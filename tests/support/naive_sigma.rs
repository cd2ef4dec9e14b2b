//! A second reader of Sigma: rules as the crate `rsigma-parser` reads them, asked of an event's entries one test after the other, in the simplest way that the
//! specification allows. It shares nothing with evql's own way, which goes through EQL and caches.

use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Modifier, Quantifier, SelectorPattern, SigmaRule, SigmaString, SigmaValue,
    SpecialChar, StringPart, detection_name_matches, parse_sigma_yaml,
};
use std::net::IpAddr;

/// An event: its ID, and its entries as they were logged.
#[derive(Clone, Debug, PartialEq)]
pub struct NaiveEvent {
    pub id: u32,
    pub entries: Vec<(String, String)>,
}

impl NaiveEvent {
    pub fn entry(&self, name: &str) -> Option<String> {
        if name == "EventID" {
            return Some(self.id.to_string());
        }
        self.entries.iter().find(|(have, _)| have == name).map(|(_, value)| value.clone())
    }
}

/// The rules of a text about Sysmon events.
pub fn rules(text: &str) -> Vec<SigmaRule> {
    parse_sigma_yaml(text).map(|collection| collection.rules).unwrap_or_default()
}

/// The event IDs of a rule's log source; `None` if it is about another log.
pub fn ids(rule: &SigmaRule) -> Option<Vec<u32>> {
    let source = &rule.logsource;
    if source.product.as_deref().is_some_and(|product| product != "windows")
        || source.service.as_deref().is_some_and(|service| service != "sysmon")
    {
        return None;
    }
    Some(match source.category.as_deref() {
        None => vec![],
        Some("process_creation") => vec![1],
        Some("file_change") => vec![2],
        Some("network_connection") => vec![3],
        Some("sysmon_status") => vec![4, 16],
        Some("process_termination") => vec![5],
        Some("driver_load") => vec![6],
        Some("image_load") => vec![7],
        Some("create_remote_thread") => vec![8],
        Some("raw_access_thread") => vec![9],
        Some("process_access") => vec![10],
        Some("file_event") => vec![11],
        Some("registry_add" | "registry_delete") => vec![12],
        Some("registry_set") => vec![13],
        Some("registry_rename") => vec![14],
        Some("registry_event") => vec![12, 13, 14],
        Some("create_stream_hash") => vec![15],
        Some("pipe_created") => vec![17, 18],
        Some("wmi_event") => vec![19, 20, 21],
        Some("dns_query") => vec![22],
        Some("file_delete") => vec![23, 26],
        Some("clipboard_capture") => vec![24],
        Some("process_tampering") => vec![25],
        Some("file_block_executable") => vec![27],
        Some("file_block_shredding") => vec![28],
        Some("file_executable_detected") => vec![29],
        Some("sysmon_error") => vec![255],
        Some(_) => return None,
    })
}

/// Whether an event of the log source of a rule fulfils it.
pub fn matches(rule: &SigmaRule, event: &NaiveEvent) -> bool {
    rule.detection.conditions.iter().any(|condition| holds(condition, rule, event))
}

fn holds(condition: &ConditionExpr, rule: &SigmaRule, event: &NaiveEvent) -> bool {
    let search = |name: &str| detects(&rule.detection.named[name], event);
    match condition {
        ConditionExpr::And(all) => all.iter().all(|one| holds(one, rule, event)),
        ConditionExpr::Or(any) => any.iter().any(|one| holds(one, rule, event)),
        ConditionExpr::Not(inner) => !holds(inner, rule, event),
        ConditionExpr::Identifier(name) => search(name),
        ConditionExpr::Selector { quantifier, pattern, .. } => {
            let is_meant = |name: &&String| match pattern {
                SelectorPattern::Them => !name.starts_with('_'),
                SelectorPattern::Pattern(pattern) => detection_name_matches(pattern, name),
            };
            let meant: Vec<bool> = rule.detection.named.keys().filter(is_meant).map(|name| search(name)).collect();
            let held = meant.iter().filter(|held| **held).count();
            match quantifier {
                Quantifier::Any => held > 0,
                Quantifier::All => held == meant.len(),
                Quantifier::Count(count) => held as u64 >= *count,
            }
        }
        #[allow(unreachable_patterns)]
        other => panic!("{other:?}"),
    }
}

fn detects(detection: &Detection, event: &NaiveEvent) -> bool {
    match detection {
        Detection::AllOf(items) => items.iter().all(|item| fits(item, event)),
        Detection::AnyOf(any) => any.iter().any(|one| detects(one, event)),
        Detection::Keywords(keywords) => keywords.iter().any(|keyword| in_any_entry(keyword, event)),
        Detection::And(all) => all.iter().all(|one| detects(one, event)),
        other => panic!("{other:?}"),
    }
}

fn in_any_entry(keyword: &SigmaValue, event: &NaiveEvent) -> bool {
    let texts = tokens(keyword);
    event.entries.iter().any(|(_, value)| texts.iter().any(|text| like(&around(text, true, true), value, false)))
}

/// A character, or a wildcard.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    Char(char),
    One,
    Run,
}

fn of_string(string: &SigmaString) -> Vec<Token> {
    let each = |part: &StringPart| match part {
        StringPart::Plain(text) => text.chars().map(Token::Char).collect(),
        StringPart::Special(SpecialChar::WildcardMulti) => vec![Token::Run],
        StringPart::Special(SpecialChar::WildcardSingle) => vec![Token::One],
    };
    string.parts.iter().flat_map(each).collect()
}

fn plain(text: &str) -> Vec<Token> {
    text.chars().map(Token::Char).collect()
}

fn tokens(value: &SigmaValue) -> Vec<Vec<Token>> {
    match value {
        SigmaValue::String(string) => vec![of_string(string)],
        SigmaValue::Integer(number) => vec![plain(&number.to_string())],
        SigmaValue::Float(number) => vec![plain(&number.to_string())],
        SigmaValue::Bool(flag) => vec![plain(if *flag { "true" } else { "false" })],
        SigmaValue::Null => vec![],
    }
}

fn around(text: &[Token], start: bool, end: bool) -> Vec<Token> {
    let mut all = Vec::new();
    if start {
        all.push(Token::Run);
    }
    all.extend(text);
    if end {
        all.push(Token::Run);
    }
    all
}

/// Whether a whole value fits, by a table of which beginning of the pattern fits which beginning of the value.
fn like(pattern: &[Token], value: &str, cased: bool) -> bool {
    let lower = |c: char| {
        let mut lower = c.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(only), None) if !cased => only,
            _ => c,
        }
    };
    let value: Vec<char> = value.chars().map(lower).collect();
    // Whatever wildcards stand for, the texts between them must be there: that spares most tables.
    let text: String = value.iter().collect();
    let is_char = |token: &Token| matches!(token, Token::Char(_));
    for run in pattern.chunk_by(|left, right| is_char(left) && is_char(right)) {
        let chars = run.iter().filter_map(|token| if let Token::Char(c) = token { Some(lower(*c)) } else { None });
        if !text.contains(&chars.collect::<String>()) {
            return false;
        }
    }
    let mut row = vec![false; value.len() + 1];
    row[0] = true;
    for token in pattern {
        let mut next = vec![false; value.len() + 1];
        next[0] = row[0] && *token == Token::Run;
        for at in 0..value.len() {
            next[at + 1] = match token {
                Token::Run => row[at + 1] || next[at],
                Token::One => row[at],
                Token::Char(c) => row[at] && lower(*c) == value[at],
            };
        }
        row = next;
    }
    row[value.len()]
}

/// Every writing of a text in which each sign of a parameter is one of five.
fn windash(text: &[Token]) -> Vec<Vec<Token>> {
    let word = |at: Option<&Token>| matches!(at, Some(Token::Char(c)) if c.is_alphanumeric() || *c == '_');
    let mut all: Vec<Vec<Token>> = vec![Vec::new()];
    for (at, token) in text.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &text[before]);
        let is_sign = matches!(token, Token::Char('-' | '/')) && !word(before) && word(text.get(at + 1));
        let writings: Vec<Token> =
            if is_sign { "-/\u{2013}\u{2014}\u{2015}".chars().map(Token::Char).collect() } else { vec![*token] };
        all = all.iter().flat_map(|text| writings.iter().map(move |token| [&**text, &[*token]].concat())).collect();
    }
    all
}

fn letters(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let number =
            group.iter().chain([0, 0].iter()).take(3).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        for letter in 0..4 {
            let index = (number >> (18 - 6 * letter)) & 63;
            out.push(if letter <= group.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    out
}

fn fits(item: &DetectionItem, event: &NaiveEvent) -> bool {
    let has = |modifier| item.field.has_modifier(modifier);
    let Some(field) = &item.field.name else {
        let mut each = item.values.iter().map(|value| in_any_entry(value, event));
        return if has(Modifier::All) { each.all(|held| held) } else { each.any(|held| held) };
    };
    let value = event.entry(field);
    let test = |wanted: &SigmaValue| one(item, wanted, value.as_deref(), event);
    let held = if has(Modifier::All) { item.values.iter().all(test) } else { item.values.iter().any(test) };
    held != has(Modifier::Neq)
}

fn one(item: &DetectionItem, wanted: &SigmaValue, value: Option<&str>, event: &NaiveEvent) -> bool {
    let has = |modifier| item.field.has_modifier(modifier);
    if has(Modifier::Exists) {
        return *wanted == SigmaValue::Bool(value.is_some());
    }
    if *wanted == SigmaValue::Null {
        return value.is_none();
    }
    let Some(value) = value else { return false };
    let original = match wanted {
        SigmaValue::String(string) => string.original.clone(),
        SigmaValue::Integer(number) => number.to_string(),
        SigmaValue::Float(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    if has(Modifier::Re) {
        let built = regex::RegexBuilder::new(&original)
            .case_insensitive(has(Modifier::IgnoreCase))
            .multi_line(has(Modifier::Multiline))
            .dot_matches_new_line(has(Modifier::DotAll))
            .build();
        return built.unwrap().is_match(value);
    }
    if has(Modifier::Cidr) {
        let block: ipnet::IpNet = original.parse().unwrap();
        return value.parse::<IpAddr>().is_ok_and(|address| block.contains(&address));
    }
    let number = |text: &str| text.parse::<f64>().ok();
    let parts = [
        (Modifier::Minute, 14..16),
        (Modifier::Hour, 11..13),
        (Modifier::Day, 8..10),
        (Modifier::Month, 5..7),
        (Modifier::Year, 0..4),
    ];
    let part = parts.into_iter().find(|(modifier, _)| has(*modifier));
    if has(Modifier::Week) {
        // The week of a day is that of its Thursday, and weeks are counted from the first Thursday of the year.
        let week = value.get(..10).and_then(|date| date.parse::<jiff::civil::Date>().ok()).map(|date| {
            let thursday = date + jiff::Span::new().days(4 - date.weekday().to_monday_one_offset());
            f64::from((thursday.day_of_year() - 1) / 7 + 1)
        });
        return week == number(&original);
    }
    let compared = part.as_ref().map_or(Some(value), |(_, range)| value.get(range.clone())).and_then(number);
    for (modifier, order) in [
        (Modifier::Gt, (|a, b| a > b) as fn(f64, f64) -> bool),
        (Modifier::Gte, |a, b| a >= b),
        (Modifier::Lt, |a, b| a < b),
        (Modifier::Lte, |a, b| a <= b),
    ] {
        if has(modifier) {
            return compared.is_some_and(|compared| order(compared, number(&original).unwrap()));
        }
    }
    if part.is_some() {
        return compared == number(&original);
    }
    let cased = has(Modifier::Cased);
    let (start, end) =
        (has(Modifier::Contains) || has(Modifier::EndsWith), has(Modifier::Contains) || has(Modifier::StartsWith));
    if has(Modifier::FieldRef) {
        let other = event.entry(&original);
        return other.is_some_and(|other| like(&around(&plain(&other), start, end), value, cased));
    }
    let mut texts = tokens(wanted);
    if has(Modifier::WindAsh) {
        texts = texts.iter().flat_map(|text| windash(text)).collect();
    }
    if has(Modifier::Base64) || has(Modifier::Base64Offset) {
        texts = texts.iter().flat_map(|text| encoded(text, item)).collect();
    }
    texts.iter().any(|text| like(&around(text, start, end), value, cased))
}

fn encoded(text: &[Token], item: &DetectionItem) -> Vec<Vec<Token>> {
    let has = |modifier| item.field.has_modifier(modifier);
    let text: String = text
        .iter()
        .map(|token| match token {
            Token::Char(c) => *c,
            other => panic!("{other:?} cannot be encoded"),
        })
        .collect();
    let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let bytes = if has(Modifier::Wide) {
        wide(u16::to_le_bytes)
    } else if has(Modifier::Utf16be) {
        wide(u16::to_be_bytes)
    } else if has(Modifier::Utf16) {
        [vec![0xff, 0xfe], wide(u16::to_le_bytes)].concat()
    } else {
        text.clone().into_bytes()
    };
    if has(Modifier::Base64) {
        return vec![plain(&letters(&bytes))];
    }
    // Encoded behind all texts of one, two and three bytes, only the letters that are always the same belong to it.
    let common = |shift: usize| {
        let of = |fill: u8| {
            let text = letters(&[vec![fill; shift], bytes.clone(), vec![fill; 3]].concat());
            text.chars().collect::<Vec<char>>()
        };
        let (one, other) = (of(0x00), of(0xff));
        one.iter()
            .zip(&other)
            .filter(|(one, other)| one == other && **one != '=')
            .map(|(one, _)| Token::Char(*one))
            .collect::<Vec<Token>>()
    };
    (0..3).map(common).collect()
}

/// Values that entries may need to have for the tests of a rule to hold, or just not: of each field those that its tests name.
pub fn wanted(rule: &SigmaRule) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for detection in rule.detection.named.values() {
        collect(detection, &mut all);
    }
    all.sort();
    all
}

fn collect(detection: &Detection, all: &mut Vec<(String, Vec<String>)>) {
    match detection {
        Detection::AllOf(items) => {
            for item in items {
                let name = item.field.name.clone().unwrap_or_else(|| "Description".to_owned());
                let values = item.values.iter().flat_map(|value| made_to_fit(item, value));
                let joined: String =
                    item.values.iter().flat_map(|value| made_to_fit(item, value).into_iter().take(1)).collect();
                let values: Vec<String> =
                    if item.field.has_modifier(Modifier::All) { vec![joined] } else { values.collect() };
                match all.iter_mut().find(|(have, _)| *have == name) {
                    Some((_, known)) => known.extend(values),
                    None => all.push((name, values)),
                }
            }
        }
        Detection::AnyOf(any) | Detection::And(any) => any.iter().for_each(|one| collect(one, all)),
        Detection::Keywords(values) => {
            let texts = values.iter().flat_map(tokens).map(|text| instance(&text, ""));
            all.push(("Description".to_owned(), texts.collect()));
        }
        other => panic!("{other:?}"),
    }
}

fn made_to_fit(item: &DetectionItem, value: &SigmaValue) -> Vec<String> {
    let has = |modifier| item.field.has_modifier(modifier);
    if has(Modifier::Re) || has(Modifier::Exists) || has(Modifier::FieldRef) {
        return Vec::new();
    }
    if has(Modifier::Cidr) {
        let SigmaValue::String(string) = value else { return Vec::new() };
        let block: ipnet::IpNet = string.original.parse().unwrap();
        return vec![block.network().to_string(), block.broadcast().to_string()];
    }
    let mut texts = tokens(value);
    if has(Modifier::WindAsh) {
        texts = texts.iter().flat_map(|text| windash(text)).collect();
    }
    if has(Modifier::Base64) || has(Modifier::Base64Offset) {
        texts = texts.iter().flat_map(|text| encoded(text, item)).collect();
    }
    let (start, end) =
        (has(Modifier::Contains) || has(Modifier::EndsWith), has(Modifier::Contains) || has(Modifier::StartsWith));
    texts.iter().map(|text| instance(&around(text, start, end), "x")).collect()
}

/// A text that fits a pattern: with `fill` for each run.
fn instance(pattern: &[Token], fill: &str) -> String {
    let each = |token: &Token| match token {
        Token::Char(c) => c.to_string(),
        Token::One => "q".to_owned(),
        Token::Run => fill.to_owned(),
    };
    pattern.iter().map(each).collect()
}
