//! KQL against a naive reading: random queries are printed, compiled and asked of random documents, and a second evaluator that goes through the documents
//! value by value must agree.

use super::compile;
use crate::ecs::Field;
use crate::eql::Query;
use crate::event::{Document, Value};
use proptest::prelude::*;

/// A query as it is drawn, before it is text.
#[derive(Clone, Debug)]
enum Drawn {
    Has(&'static str, DrawnValues),
    Order(&'static str, &'static str, i64),
    Not(Box<Drawn>),
    All(Vec<Drawn>),
    Any(Vec<Drawn>),
}

#[derive(Clone, Debug)]
enum DrawnValues {
    /// A text, and whether it is in quotes.
    One(String, bool),
    Not(Box<DrawnValues>),
    All(Vec<DrawnValues>),
    Any(Vec<DrawnValues>),
}

const FIELDS: &[&str] =
    &["process.name", "process.name.caseless", "message", "process.pid", "own", "process.*", "*", ""];

fn joined<T>(all: &[T], word: &str, print: impl Fn(&T) -> String) -> String {
    let each: Vec<String> = all.iter().map(|one| format!("({})", print(one))).collect();
    each.join(word)
}

impl DrawnValues {
    fn print(&self) -> String {
        match self {
            Self::One(text, true) => format!("\"{text}\""),
            Self::One(text, false) => text.clone(),
            Self::Not(inner) => format!("not ({})", inner.print()),
            Self::All(all) => joined(all, " and ", Self::print),
            Self::Any(any) => joined(any, " OR ", Self::print),
        }
    }

    fn holds(&self, is_met: &dyn Fn(&str, bool) -> bool) -> bool {
        match self {
            Self::One(text, quoted) => is_met(text, *quoted),
            Self::Not(inner) => !inner.holds(is_met),
            Self::All(all) => all.iter().all(|one| one.holds(is_met)),
            Self::Any(any) => any.iter().any(|one| one.holds(is_met)),
        }
    }
}

impl Drawn {
    fn print(&self) -> String {
        match self {
            Self::Has("", DrawnValues::One(text, true)) => format!("\"{text}\""),
            Self::Has("", DrawnValues::One(text, false)) => text.clone(),
            Self::Has(field, values) => format!("{field}: ({})", values.print()),
            Self::Order(field, order, value) => format!("{field} {order} {value}"),
            Self::Not(inner) => format!("Not ({})", inner.print()),
            Self::All(all) => joined(all, " AND ", Self::print),
            Self::Any(any) => joined(any, " or ", Self::print),
        }
    }

    fn holds(&self, document: &[(&str, Vec<String>)]) -> bool {
        match self {
            Self::Not(inner) => !inner.holds(document),
            Self::All(all) => all.iter().all(|one| one.holds(document)),
            Self::Any(any) => any.iter().any(|one| one.holds(document)),
            Self::Order(field, order, bound) => values(document, field).iter().any(|value| {
                let value: i64 = value.parse().unwrap();
                match *order {
                    "<" => value < *bound,
                    "<=" => value <= *bound,
                    ">" => value > *bound,
                    _ => value >= *bound,
                }
            }),
            Self::Has(field, values) => {
                let names: Vec<&str> = match *field {
                    "" | "*" => vec![
                        "process.name",
                        "process.name.caseless",
                        "process.name.text",
                        "message",
                        "process.pid",
                        "own",
                    ],
                    "process.*" => vec!["process.name", "process.name.caseless", "process.name.text", "process.pid"],
                    one => vec![one],
                };
                values.holds(&|text, quoted| {
                    (text == "*" && !quoted && matches!(*field, "" | "*"))
                        || names.iter().any(|name| has(document, name, text, quoted))
                })
            }
        }
    }
}

fn values<'d>(document: &'d [(&str, Vec<String>)], name: &str) -> &'d [String] {
    let name = name.trim_end_matches(".caseless").trim_end_matches(".text");
    document.iter().find(|(field, _)| *field == name).map_or(&[], |(_, values)| values)
}

/// Whether `*` can be filled so that the text is the pattern.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            (0..=tail.len()).filter(|at| tail.is_char_boundary(*at)).any(|at| glob(rest, &tail[at..]))
        }),
    }
}

/// The drawn texts have letters, blanks and stars only.
fn naive_words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn has(document: &[(&str, Vec<String>)], name: &str, text: &str, quoted: bool) -> bool {
    let wild = !quoted && text.contains('*');
    values(document, name).iter().any(|value| {
        if wild && text.chars().all(|c| c == '*') {
            return true;
        }
        match name {
            "message" | "process.name.text" => {
                let (words, wanted) = (naive_words(value), naive_words(text));
                match (quoted, wild) {
                    (true, _) => !wanted.is_empty() && words.windows(wanted.len()).any(|row| row == wanted),
                    (false, true) => text.split_whitespace().any(|clause| {
                        // Without a star it is a word as it stands.
                        words.iter().any(|word| glob(&clause.to_lowercase(), word))
                    }),
                    (false, false) => wanted.iter().any(|word| words.contains(word)),
                }
            }
            "process.pid" => !wild && text.parse::<i64>().is_ok_and(|number| value.parse() == Ok(number)),
            "process.name.caseless" if wild => glob(&text.to_lowercase(), &value.to_lowercase()),
            "process.name.caseless" => text.to_lowercase() == value.to_lowercase(),
            _ if wild => glob(text, value),
            _ => text == value,
        }
    })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[abAB]{1,3}", "[ab]{1,2} [ab]{1,2}", "[12]{1}"]
}

fn drawn_values() -> impl Strategy<Value = DrawnValues> {
    let one = prop_oneof![
        (texts(), any::<bool>()).prop_map(|(text, quoted)| DrawnValues::One(text, quoted)),
        "[ab*]{1,4}".prop_map(|text| DrawnValues::One(text, false)),
        "[ab]\\*( [ab]{1,2})?".prop_map(|text| DrawnValues::One(text, false)),
        "[ab*]{1,3}".prop_map(|text| DrawnValues::One(text, true)),
    ];
    one.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| DrawnValues::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 1..3).prop_map(DrawnValues::All),
            prop::collection::vec(inner, 1..4).prop_map(DrawnValues::Any),
        ]
    })
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let only_one = |values: DrawnValues| match values {
        DrawnValues::One(text, quoted) => DrawnValues::One(text, quoted),
        _ => DrawnValues::One("a".to_owned(), false),
    };
    let has = (prop::sample::select(FIELDS), drawn_values()).prop_map(move |(field, values)| {
        // Without a field there is no list of values.
        if field.is_empty() { Drawn::Has(field, only_one(values)) } else { Drawn::Has(field, values) }
    });
    let order = (prop::sample::select(&["<", "<=", ">", ">="][..]), 0_i64..4);
    let test = prop_oneof![4 => has, 1 => order.prop_map(|(order, bound)| Drawn::Order("process.pid", order, bound))];
    test.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Drawn::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Drawn::All),
            prop::collection::vec(inner, 1..3).prop_map(Drawn::Any),
        ]
    })
}

fn documents() -> impl Strategy<Value = Vec<(&'static str, Vec<String>)>> {
    let of = |name: &'static str, pattern: &'static str| {
        prop::collection::vec(pattern, 0..3).prop_map(move |values| (name, values))
    };
    (
        of("process.name", "[abAB]{1,2}( [ab])?"),
        of("message", "[abAB]{1,2}( [ab]{1,2}){0,2}"),
        of("process.pid", "[123]"),
        of("own", "[ab*]{1,2}"),
    )
        .prop_map(|(name, message, pid, own)| vec![name, message, pid, own])
}

proptest! {
    #[test]
    fn queries_find_what_a_naive_reading_finds(drawn in drawn(), document in documents()) {
        let source = drawn.print();
        let compiled = compile(&source);
        let Some(Query::Event(query)) = compiled.query else {
            panic!("{source}: {:?}", compiled.diagnostics);
        };
        let mut event = Document::new();
        for (name, values) in &document {
            let value = |text: &String| match *name {
                "process.pid" => Value::Long(text.parse().unwrap()),
                _ => Value::from(text.as_str()),
            };
            event.set_all(Field::named(name), values.iter().map(value));
        }
        prop_assert_eq!(query.matches(&event), drawn.holds(&document), "{}", source);
        // The same where the fields of a shape are known before its documents.
        let fields: Vec<Field> = crate::ecs::all().map(Field::from).chain([Field::named("own")]).collect();
        prop_assert_eq!(query.predicate().spread_over(&fields).matches(&event), drawn.holds(&document), "{}", source);
    }

    #[test]
    fn no_text_breaks_it(source in "[a-c\\\\():<>\"*{} notrd\u{e4}]{0,40}") {
        let compiled = compile(&source);
        prop_assert!(compiled.query.is_some() || compiled.diagnostics.iter().any(crate::diag::Diagnostic::is_error));
        prop_assert!(compiled.diagnostics.iter().all(|found| source.get(found.span.range()).is_some()));
    }
}

#[test]
fn deep_brackets_are_refused() {
    let source = "(".repeat(100_000);
    assert_eq!(compile(&source).diagnostics[0].code.0, "too-deep");
    assert!(compile(&format!("{}a: b", "not ".repeat(100_000))).query.is_some());
}

#[test]
fn what_is_doubtful_is_said() {
    let codes = |source: &str| compile(source).diagnostics.iter().map(|found| found.code.0).collect::<Vec<_>>();
    assert_eq!(codes("proces.name: a"), ["unknown-field"]);
    assert_eq!(codes("process.name: \"a*\""), ["literal-wildcard"]);
    assert_eq!(codes("event.category: proces"), ["unknown-category"]);
    assert_eq!(compile("event.category: (process or file)").categories, ["process", "file"]);
    assert_eq!(codes("message: \"a*\""), Vec::<&str>::new());
}

#[test]
fn a_condition_is_shown_as_it_is_written() {
    let source = "process.name: (a or\n b*) and not process.pid > 5 and (hello or c.*: d)";
    let Some(Query::Event(query)) = compile(source).query else { panic!() };
    let text = query.predicate().text(source);
    assert_eq!(text, "process.name: (a or b*) and not process.pid > 5 and (hello or c.*: d)");
}
