use super::*;

fn rendered(text: &str) -> String {
    guide(text).into_string()
}

#[test]
fn guides_keep_their_form() {
    let text = "## What\nOne *two* **three** `four`.\n\n1. a\n2. b\n   - c\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```sql\nselect 1\n```\n> said";
    let expected = "<h4>What</h4><p>One <em>two</em> <strong>three</strong> <code>four</code>.</p><ol><li>a</li><li>b<ul><li>c</li></ul></li></ol>\
        <table><tr><th>x</th><th>y</th></tr><tr><td>1</td><td>2</td></tr></table><pre>select 1\n</pre><blockquote><p>said</p></blockquote>";
    assert_eq!(rendered(text), expected);
}

#[test]
fn links_lead_to_web_pages_only() {
    assert_eq!(
        rendered("[a](https://b.example/)"),
        "<p><a href=\"https://b.example/\" rel=\"noopener noreferrer\" target=\"_blank\">a</a></p>"
    );
    assert_eq!(rendered("[a](javascript:alert(1)) <javascript:alert(2)>"), "<p>a javascript:alert(2)</p>");
    assert_eq!(rendered("![a](https://b.example/x.png)"), "<p>a</p>", "no image is loaded");
}

#[test]
fn html_in_guides_is_text() {
    let hostile =
        "<script>alert(1)</script>\n\nx <img src=x onerror=alert(1)> `</code><b>` \u{202e}\0\n\n<div onclick=\"a\">";
    let page = rendered(hostile);
    for markup in ["<script", "<img", "<b>", "<div", "\u{202e}", "\0"] {
        assert!(!page.contains(markup), "{markup:?} in {page}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn nesting_and_length_have_an_end() {
    let deep = rendered(&format!("{}x", "> ".repeat(5_000)));
    assert_eq!(deep.matches("<blockquote>").count(), DEEPEST);
    assert_eq!(deep.matches("</blockquote>").count(), DEEPEST);
    let long = rendered(&"word ".repeat(200_000));
    assert!(long.len() < 2 * MOST && long.ends_with("<p class=\"cut\">… 940,000 more characters</p>"));
}

#[test]
fn inline_queries_of_elastic_are_shown_as_what_they_ask() {
    let text = "- !{osquery{\"label\":\"Osquery - Services\",\"query\":\"SELECT name FROM services\"}}\n- !{investigate{\"label\":\"Alerts of the user\",\"providers\":[[]]}}\n- !{odd{1}}";
    assert_eq!(
        rendered(text),
        "<ul><li><strong>Osquery - Services</strong>: <code>SELECT name FROM services</code></li><li><strong>Alerts of the user</strong></li><li>!{odd{1}}</li></ul>"
    );
}
