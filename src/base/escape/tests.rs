use super::*;
use proptest::prelude::*;

#[test]
fn terminals_see_control_and_bidi_characters_as_text() {
    assert_eq!(terminal("cmd.exe /c \"ä\""), "cmd.exe /c \"ä\"");
    assert_eq!(terminal("a\x1b[2Jb"), "a\\x1b[2Jb");
    assert_eq!(terminal("one\r\ntwo\t3"), "one\\r\\ntwo\\t3");
    assert_eq!(terminal("gpj.\u{202e}exe"), "gpj.\\u{202e}exe");
    assert_eq!(terminal("\u{9b}1m\u{7f}"), "\\x9b1m\\x7f");
}

#[test]
fn cells_do_not_calculate() {
    for formula in
        ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\u{ff1d}1", "\u{ff0b}1", "\u{ff0d}1", "\u{ff20}A"]
    {
        assert_eq!(cell(formula), format!("'{formula}"));
    }
    assert_eq!(cell("C:\\a=b"), "C:\\a=b");
    assert_eq!(cell("a\0b"), "a\\x00b");
}

#[test]
fn cells_are_cut_at_the_limit_between_characters() {
    let fits = "𝄞".repeat(CELL_LIMIT / 2);
    assert_eq!(cell(&fits), fits);
    let long = "𝄞".repeat(20_000);
    let cut = cell(&long);
    assert!(cut.ends_with(CUT));
    assert!(cut.encode_utf16().count() <= CELL_LIMIT);
    assert!(cut.encode_utf16().count() > CELL_LIMIT - 3);
}

#[test]
fn pages_see_markup_as_text() {
    assert_eq!(html("cmd.exe /c dir"), "cmd.exe /c dir");
    assert_eq!(html("</script><b a=\"1\" c='2'>&"), "&lt;/script&gt;&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
    assert_eq!(html("gpj.\u{202e}exe\0\x1b[2J\nä"), "gpj.\\u{202e}exe\\x00\\x1b[2J\\nä");
    assert_eq!(html_lines("a\r\n\tb\rc"), "a\n\tb\\rc");
}

#[test]
fn json_stays_the_same_json() {
    let value = serde_json::json!({ "a": "x\u{202e}y\u{e0041}\u{7f}" });
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    let shown = json(&text);
    assert!(shown.is_ascii(), "{shown}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).ok(), Some(value));
    assert_eq!(json("{\n\t1}"), "{\n\t1}");
}

#[test]
fn what_a_plain_cell_is_agrees_with_what_a_cell_becomes() {
    for text in [
        "",
        "a b",
        "C:\\Windows\\a.exe",
        "=1",
        "a=1",
        "\u{1}",
        "a\u{1b}[31m",
        "\u{85}",
        "\u{e4}\u{c2}",
        "a,b",
        "\"",
        "line\nline",
        "\t",
        "\u{7f}",
    ] {
        if is_plain_cell(text) {
            assert_eq!(cell(text), text);
            assert!(!text.contains(['"', ',', '\n', '\r']), "{text}");
        }
    }
    assert!(is_plain_cell("C:\\Windows\\a.exe") && is_plain_cell("\u{e4}"));
    assert_eq!(cell("a\u{1b}[31m\u{1}"), "a\\x1b[31m\\x01", "one can tell which characters they were");
}

#[test]
fn graphs_see_quotes_and_entities_as_text() {
    assert_eq!(dot("\"a\\b\" <&>\n\u{1}"), "\\\"a\\\\b\\\" &lt;&amp;&gt;\\\\n\\\\x01");
}

proptest! {
    #[test]
    fn a_code_span_shows_the_text_and_nothing_else(text in "[ -~`\\n\\r]{0,40}|\\PC{0,20}") {
        use pulldown_cmark::{Event, Options, Parser};
        // Between words, as a line of a list has it.
        let source = format!("x {} y", markdown_code(&text));
        let shown: String = Parser::new_ext(&source, Options::all())
            .filter_map(|event| match event {
                Event::Text(text) => Some(text.to_string()),
                Event::Code(code) => Some(format!("<{code}>")),
                Event::Start(pulldown_cmark::Tag::Paragraph) | Event::End(pulldown_cmark::TagEnd::Paragraph) => None,
                other => Some(format!("{other:?}")),
            })
            .collect();
        let expected = terminal(&text);
        let code = if expected.is_empty() { String::new() } else { format!("<{expected}>") };
        prop_assert_eq!(shown, format!("x {code} y"));
    }
}

/// What a reader of Markdown makes of a text: the words, and whether there is anything but words.
fn read_markdown(text: &str) -> (String, bool) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let (mut words, mut has_markup) = (String::new(), false);
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Text(part) | Event::Code(part) => words.push_str(&part),
            Event::Start(Tag::Paragraph) | Event::End(_) => {}
            _ => has_markup = true,
        }
    }
    (words, has_markup)
}

#[test]
fn nothing_is_markup_in_markdown() {
    for text in [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](http://evil.example/a.png)",
        "*a* _b_ **c** ~~d~~ `e` $f$ ^g^",
        "# head",
        "- item",
        "1. item",
        "12) item",
        "| a | b |",
        "a&lt;b &amp; c",
        r"C:\Windows\*\a_b.exe",
        "=====",
        "@someone #7 https://evil.example www.evil.example",
        "a\nb",
        "[^1]: note",
        "plain",
    ] {
        let (words, has_markup) = read_markdown(&markdown(text));
        assert!(!has_markup, "{text}: {}", markdown(text));
        assert_eq!(words, terminal(text), "{text}");
        assert!(!markdown(text).contains("://") && !markdown(text).contains("www."), "{text}");
    }
    assert_eq!(markdown("2024-03-05T09:14:02Z a.exe (pid 4)"), "2024-03-05T09:14:02Z a.exe (pid 4)");
}
