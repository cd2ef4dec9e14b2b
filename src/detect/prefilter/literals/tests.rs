use super::*;
use crate::sysmon::Mapping;
use proptest::prelude::*;

/// A record's `CommandLine` as UTF-16.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The value type of a text in UTF-16.
const TEXT: u8 = 1;

/// How the text of an entry is searched, with `?` for what is not of ASCII; `None` if it is not.
fn searched(raw: Raw<'_>) -> Option<String> {
    let mut text = b"left".to_vec();
    let letters = plain_of(raw, &mut text);
    assert_eq!(
        text.contains(&BEYOND),
        letters == Letters::Beyond || (letters == Letters::Odd && text.contains(&BEYOND))
    );
    text.iter_mut().filter(|byte| **byte == BEYOND).for_each(|byte| *byte = b'?');
    (letters != Letters::Odd).then(|| String::from_utf8(text).unwrap())
}

#[test]
fn quotes_and_backslashes_are_left_out_on_both_sides() {
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(searched(Raw::Value(TEXT, &utf16("\"C:\\A b\" -E\"n\"c\0"))), some("c:a b -enc"));
    assert_eq!(searched(Raw::Text("A\\\"b")), some("ab"));
    assert_eq!(searched(Raw::Nothing), some(""));
    assert_eq!(plain("\\Users\\\"X"), some("usersx"));
}

#[test]
fn nothing_is_said_of_other_characters() {
    assert_eq!(searched(Raw::Value(TEXT, &utf16("caf\u{e9} \u{1f600}"))), Some("caf? ??".to_owned()));
    assert_eq!(searched(Raw::Text("caf\u{e9}")), Some("caf??".to_owned()));
    for text in ["-\u{212a}ey", "a\u{1}b", "end\0behind", "\u{7f}"] {
        assert_eq!(searched(Raw::Value(TEXT, &utf16(text))), None, "{text:?}");
    }
    assert_eq!(searched(Raw::Text("\u{212a}")), None);
    assert_eq!(searched(Raw::Value(8, &[1, 0, 0, 0])), None, "a number is no text");
    assert_eq!((plain("é"), plain("\\x"), plain("")), (None, None, None));
}

#[test]
fn what_is_wanted_is_among_all_that_is_looked_for() {
    let names = ["Image".into(), "CommandLine".into()];
    let mut extractors = Extractors::new(1, Mapping::default(), &names);
    let query = "process where process.args : (\"-enc\", \"*down\\\\load*\") or (process.name == \"a.exe\" and process.pid == 4)";
    let Some(crate::eql::Query::Event(query)) = crate::eql::compile(query).query else { panic!("an event query") };
    let condition = query.predicate().conjuncts().last().unwrap();
    assert!(condition.fields().into_iter().all(|field| extractors.learn(field)));
    let literals = Literals::new(&[(0, &condition)], 1, &extractors);
    let wanted = literals.wanted(&condition).unwrap();
    let [list] = &*wanted else { panic!("one list") };
    let each = list.iter().flat_map(|(at, numbers)| numbers.iter().map(|number| (*at, *number)));
    let text = |(at, number): (u32, u32)| {
        let group = &literals.groups[at as usize];
        let literal = group.literals.iter().find(|(_, have)| **have == number).unwrap().0.clone();
        (&*names[group.entry], literal)
    };
    let mut texts: Vec<_> = each.map(text).collect();
    texts.sort();
    let expected = [("CommandLine", "-enc"), ("CommandLine", "download"), ("Image", "a.exe")];
    assert_eq!(texts, expected.map(|(entry, text): (&str, &str)| (entry, text.to_owned())));
    let other = crate::eql::compile("process where process.name == \"b.exe\"").query;
    let Some(crate::eql::Query::Event(other)) = other else { panic!("an event query") };
    assert_eq!(literals.wanted(&other.predicate().conjuncts().last().unwrap()), None, "it was never looked for");
}

proptest! {
    /// Whatever a command line is, its arguments are in it but for what is left out.
    #[test]
    fn arguments_are_cut_out_of_the_command_line(line in "[ab \t\"\\\\/-]{0,24}") {
        let text = searched(Raw::Value(TEXT, &utf16(&line))).unwrap();
        for arg in sysmon::split_command_line(&line) {
            if let Some(arg) = plain(&arg) {
                prop_assert!(text.contains(&arg), "{arg:?} of {line:?}");
            }
        }
    }
}

#[test]
fn of_conditions_that_must_all_hold_each_wants_its_texts() {
    let mut extractors = Extractors::new(1, Mapping::default(), &["CommandLine".into()]);
    let query =
        "process where process.args : (\"-r\", \"-l\") and process.args : \"*:3389\" and not process.args : \"keep\"";
    let Some(crate::eql::Query::Event(query)) = crate::eql::compile(query).query else { panic!("an event query") };
    let condition = Predicate::all(query.predicate().conjuncts().skip(1).collect());
    assert!(condition.fields().into_iter().all(|field| extractors.learn(field)));
    let literals = Literals::new(&[(0, &condition)], 1, &extractors);
    let wanted = literals.wanted(&condition).unwrap();
    assert_eq!(wanted.iter().map(|list| list[0].1.len()).collect::<Vec<_>>(), [1, 2], "the longest first");
}

/// The literals of long texts that lead to an EQL condition on process creations, as `entry: text`, sorted.
fn leading_to(query: &str) -> Vec<String> {
    let names: [std::sync::Arc<str>; 2] = ["Image".into(), "CommandLine".into()];
    let mut extractors = Extractors::new(1, Mapping::default(), &names);
    let Some(crate::eql::Query::Event(query)) = crate::eql::compile(query).query else { panic!("an event query") };
    let condition = Predicate::all(query.predicate().conjuncts().skip(1).collect());
    assert!(condition.fields().into_iter().all(|field| extractors.learn(field)));
    let literals = Literals::new(&[(70, &condition)], 2, &extractors);
    let mut texts = Vec::new();
    for group in &literals.groups {
        for (text, number) in &group.literals {
            let owners = &group.owners[*number as usize];
            assert!(owners.is_empty() || (*owners == [(1, 1 << 6)] && group.members == [0, 1 << 6]), "{text}");
            texts.extend((!owners.is_empty()).then(|| format!("{}: {text}", names[group.entry])));
        }
    }
    texts.sort();
    texts
}

#[test]
fn each_entry_is_searched_for_what_a_condition_needs_of_it() {
    let both =
        "process where process.name : \"a.exe\" and process.args : (\"-enc\", \"*down\\\\load*\") and process.pid == 4";
    assert_eq!(leading_to(both), ["CommandLine: -enc", "CommandLine: download", "Image: a.exe"]);
    let branches =
        "process where (process.name : \"a.exe\" and process.args : \"-enc\") or process.command_line : \"*-file*\"";
    assert_eq!(leading_to(branches), ["CommandLine: -enc", "CommandLine: -file"]);
    let either = "process where process.name : \"a.exe\" or process.args : \"-enc\"";
    assert!(leading_to(either).is_empty(), "a record may have one of them without the other");
    let several =
        "process where process.args : \"-encode\" and process.args : \"*:3389\" and not process.args : \"keep\"";
    assert_eq!(leading_to(several), ["CommandLine: -encode"], "the longest is enough");
    let short = "process where process.args : (\"-encode\", \"-e\")";
    assert!(leading_to(short).is_empty(), "short texts are found nearly everywhere");
}
