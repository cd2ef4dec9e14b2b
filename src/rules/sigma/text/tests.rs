use super::*;
use proptest::prelude::*;

fn like(text: &str) -> Option<String> {
    SigmaText::read(text).like()
}

#[test]
fn a_backslash_takes_the_meaning_of_a_wildcard_away() {
    assert_eq!(like(r"C:\Temp\a*"), Some(r"C:\Temp\a*".to_owned()));
    assert_eq!(like(r"C:\\Temp"), Some(r"C:\Temp".to_owned()));
    assert_eq!(like(r"a\\*b"), Some(r"a\*b".to_owned()), "a backslash, and a wildcard");
    assert_eq!(like(r"a\*b"), None);
    assert_eq!(SigmaText::read(r"a\*b").as_plain(), Some("a*b".to_owned()));
    assert_eq!(SigmaText::read(r"a\\\*b").as_plain(), Some(r"a\*b".to_owned()));
    assert_eq!(SigmaText::read(r"\\\\server").as_plain(), Some(r"\\server".to_owned()));
    assert_eq!(SigmaText::read("end\\").as_plain(), Some("end\\".to_owned()));
    assert_eq!(SigmaText::read(r"a\*b?").regex(), r"a\*b.");
}

#[test]
fn signs_of_parameters_have_five_writings_each() {
    let texts =
        |text: &str| SigmaText::read(text).windash().unwrap().iter().filter_map(SigmaText::like).collect::<Vec<_>>();
    assert_eq!(texts("-a").len(), 5);
    assert!(texts("-a").contains(&"\u{2013}a".to_owned()));
    assert_eq!(texts("a-b"), ["a-b"], "a hyphen inside of a word is none");
    assert_eq!(texts("a - b"), ["a - b"]);
    assert_eq!(texts("-a /b").len(), 25);
    assert_eq!(texts("--help").len(), 5, "the second sign begins the word");
    assert_eq!(SigmaText::read(" -a -b -c -d -e -f").windash(), None);
}

proptest! {
    #[test]
    fn a_plain_text_is_read_as_it_is_if_its_signs_are_escaped(text in "[a-c*?\\\\ é]{0,12}") {
        let escaped: String = text.chars().flat_map(|c| match c {
            '*' | '?' | '\\' => vec!['\\', c],
            c => vec![c],
        }).collect();
        prop_assert_eq!(SigmaText::read(&escaped).as_plain(), Some(text));
    }
}
