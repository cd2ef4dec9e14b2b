use super::*;
use std::fmt::Write as _;

fn only(text: &str) -> Arc<YamlNode> {
    let (mut all, error) = documents(text);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn error(text: &str) -> Diagnostic {
    documents(text).1.unwrap()
}

#[test]
fn errors_stand_in_the_text_and_between_characters() {
    for text in ["[[[[\n", "[", "\u{fc}: [\u{fc}", "a: \u{fc}\n\t- \u{fc}", "{\u{1F600}", "\"\u{fc}"] {
        let span = error(text).span;
        assert!(text.get(span.range()).is_some(), "{text:?} {span:?}");
    }
}

#[test]
fn nodes_know_their_bytes_in_the_file() {
    let text = "title: Ünï\nlist:\n  - 'a''b'\n  - {x: 1}\n";
    let node = only(text);
    let at = |node: &YamlNode| text[node.span.range()].to_owned();
    assert_eq!(at(node.get("title").unwrap()), "Ünï");
    let list = node.get("list").unwrap().members();
    assert_eq!((at(list[0]), list[0].text()), ("'a''b'".to_owned(), Some("a'b")));
    assert_eq!(at(list[1]), "{x: 1}");
}

#[test]
fn only_plain_scalars_are_more_than_texts() {
    let node = only("a: null\nb: 'null'\nc: 0x1F\nd: 1.5\ne: .inf\nf: TRUE\ng:\nh: 12a\ni: -3\nj: !!str 5\nk: 1e3\n");
    let scalar = |key: &str| node.get(key).unwrap().scalar().unwrap();
    assert_eq!(scalar("a"), Scalar::Null);
    assert_eq!(scalar("b"), Scalar::Text("null"));
    assert_eq!(scalar("c"), Scalar::Number("0x1F"));
    assert_eq!(scalar("d"), Scalar::Number("1.5"));
    assert_eq!(scalar("e"), Scalar::Text(".inf"));
    assert_eq!(scalar("f"), Scalar::Boolean(true));
    assert_eq!(scalar("g"), Scalar::Null);
    assert_eq!(scalar("h"), Scalar::Text("12a"));
    assert_eq!(scalar("i"), Scalar::Number("-3"));
    assert_eq!(scalar("j"), Scalar::Text("5"));
    assert_eq!(scalar("k"), Scalar::Number("1e3"));
}

#[test]
fn anchors_and_merge_keys_are_followed() {
    let node = only("base: &b\n  x: 1\n  y: 2\nuse:\n  <<: *b\n  y: 3\nlist: [*b, *b]\n");
    let used = node.get("use").unwrap();
    assert_eq!(used.get("x").unwrap().text(), Some("1"));
    assert_eq!(used.get("y").unwrap().text(), Some("3"));
    assert_eq!(node.get("list").unwrap().members().len(), 2);
}

#[test]
fn texts_that_unfold_to_millions_of_nodes_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        let _ = writeln!(bomb, "a{level}: &a{level} [{}]", before.trim_end_matches(", "));
    }
    assert!(error(&bomb).message.contains("more than 262144 nodes"), "{:?}", error(&bomb));
    let deep = format!("{}{}", "[".repeat(70), "]".repeat(70));
    assert!(error(&deep).message.contains("nested deeper than 64"));
    // What the parser itself refuses.
    assert!(documents(&"[".repeat(100_000)).1.is_some());
    let blocks: Vec<String> = (0..100).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert!(error(&blocks.concat()).message.contains("nested deeper than 64"));
    assert!(error("a: &a [*a]\n").message.contains("anchor"), "{:?}", error("a: &a [*a]\n"));
}

#[test]
fn what_is_wrong_has_its_place() {
    let text = "title: x\ndetection: [\n";
    assert!(error(text).span.start as usize >= text.find('[').unwrap());
    let twice = error("a: 1\nb: 2\na: 3\n");
    assert_eq!((twice.span, twice.message.as_str()), (Span::new(10, 11), "the key `a` stands twice in one map"));
    // What stands before is kept.
    assert_eq!(documents("a: 1\n---\nb: [\n").0.len(), 1);
}
