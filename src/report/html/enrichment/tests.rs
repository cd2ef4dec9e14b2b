use super::*;
use serde_json::json;

fn page(entries: &[Value]) -> String {
    enriched(entries.iter()).into_string()
}

#[test]
fn decoded_texts_are_marked_and_escaped() {
    let entry = json!({
        "field": "process.parent.command_line",
        "flags": [{ "kind": "renamed", "text": "renamed: its original file name is <b>" }],
        "decoded": [
            { "encodings": ["base64", "utf-16"], "text": "<script>alert(1)</script>\n\u{202e}next", "cut": 1200 },
            { "encodings": ["base64", "gzip"], "text": "inner", "within": 0, "partly_unpacked": true },
        ],
        "not_decoded": 3,
    });
    let page = page(&[entry]);
    for expected in [
        "<dt class=\"flag\">flag</dt><dd>renamed: its original file name is &lt;b&gt; <span class=\"hint\">of the parent</span></dd>",
        "<span class=\"hint\">base64, utf-16, of the parent</span>",
        "<pre class=\"decoded\">&lt;script&gt;alert(1)&lt;/script&gt;\n\\u{202e}next</pre>",
        "… 1,200 more characters were decoded",
        "<span class=\"hint\">base64, utf-16 &gt; base64, gzip, of the parent</span><pre class=\"decoded\">inner</pre>",
        "more that was not unpacked",
        "3 more encoded texts not shown",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
}

#[test]
fn documents_of_any_form_are_no_danger() {
    for entry in [json!(null), json!({}), json!({ "flags": "x", "decoded": { "text": 1 } }), json!({ "decoded": [] })] {
        assert_eq!(page(&[entry]), "");
    }
    // Texts that stand in each other, in themselves and nowhere.
    let around = json!({ "decoded": [
        { "text": "a", "within": 1 }, { "text": "b", "within": 1 }, { "text": "c", "within": 99 }, 7, { "text": ["d"], "within": -1 },
    ] });
    assert_eq!(page(&[around]).matches("<dt class=\"decoded\">").count(), 5);
    let many = json!({ "decoded": vec![json!({ "text": "x".repeat(10_000) }); 1000] });
    let page = page(&[many]);
    assert!(page.contains("984 more encoded texts") && page.len() < 100_000, "{}", page.len());
}
