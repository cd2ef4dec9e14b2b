use super::*;
use crate::sysmon::Mapping;
use proptest::prelude::*;

/// A record's `CommandLine` as UTF-16.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The value type of a text in UTF-16.
const TEXT: u8 = 1;

#[test]
fn quotes_and_backslashes_are_left_out_on_both_sides() {
    let mut text = Vec::new();
    assert!(plain_of(Raw::Value(TEXT, &utf16("\"C:\\A b\" -E\"n\"c\0behind")), &mut text));
    assert_eq!(text, b"c:a b -enc");
    assert!(plain_of(Raw::Text("A\\\"b"), &mut text));
    assert_eq!(text, b"ab");
    assert!(plain_of(Raw::Nothing, &mut text) && text.is_empty());
    assert_eq!(plain("\\Users\\\"X").as_deref(), Some("usersx"));
}

#[test]
fn nothing_is_said_of_other_characters() {
    let mut text = Vec::new();
    for raw in [utf16("-\u{212a}ey"), utf16("a\u{1}b"), utf16("caf\u{e9}")] {
        assert!(!plain_of(Raw::Value(TEXT, &raw), &mut text));
    }
    assert!(!plain_of(Raw::Value(8, &[1, 0, 0, 0]), &mut text), "a number is no text");
    assert_eq!((plain("é"), plain("\\x"), plain("")), (None, None, None));
}

#[test]
fn what_is_wanted_is_among_all_that_is_looked_for() {
    let names = ["Image".into(), "CommandLine".into()];
    let mut ways = Ways::new(1, Mapping::default(), &names);
    let query = "process where process.args : (\"-enc\", \"*down\\\\load*\") or (process.name == \"a.exe\" and process.pid == 4)";
    let Some(crate::eql::Query::Event(query)) = crate::eql::compile(query).query else { panic!("an event query") };
    let condition = query.predicate().conjuncts().last().unwrap();
    assert!(condition.fields().into_iter().all(|field| ways.learn(field)));
    let needles = Needles::new(std::iter::once(&condition), &ways);
    let wanted = needles.wanted(&condition).unwrap();
    let each = wanted.iter().flat_map(|(at, numbers)| numbers.iter().map(|number| (*at, *number)));
    let text = |(at, number): (u32, u32)| {
        let haystack = &needles.haystacks[at as usize];
        let needle = haystack.needles.iter().find(|(_, have)| **have == number).unwrap().0.clone();
        (&*names[haystack.entry], needle)
    };
    let mut texts: Vec<_> = each.map(text).collect();
    texts.sort();
    let expected = [("CommandLine", "-enc"), ("CommandLine", "download"), ("Image", "a.exe")];
    assert_eq!(texts, expected.map(|(entry, text): (&str, &str)| (entry, text.to_owned())));
    let other = crate::eql::compile("process where process.name == \"b.exe\"").query;
    let Some(crate::eql::Query::Event(other)) = other else { panic!("an event query") };
    assert_eq!(needles.wanted(&other.predicate().conjuncts().last().unwrap()), None, "it was never looked for");
}

proptest! {
    /// Whatever a command line is, its arguments are in it but for what is left out.
    #[test]
    fn arguments_are_cut_out_of_the_command_line(line in "[ab \t\"\\\\/-]{0,24}") {
        let mut text = Vec::new();
        prop_assert!(plain_of(Raw::Value(TEXT, &utf16(&line)), &mut text));
        let text = String::from_utf8(text).unwrap();
        for arg in sysmon::split_command_line(&line) {
            if let Some(arg) = plain(&arg) {
                prop_assert!(text.contains(&arg), "{arg:?} of {line:?}");
            }
        }
    }
}
