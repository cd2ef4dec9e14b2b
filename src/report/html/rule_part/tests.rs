use super::*;

fn alert() -> Value {
    json(
        r#"{"rule":{"id":"i","name":"N","reference":["https://a.example/","javascript:x"]},"evql":{"severity":"low"}}"#,
    )
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_alerts_do_not_carry_is_taken_from_rules() {
    let document = alert();
    let mut fired = Fired::new(&document, &Finding::of(&document, crate::event::Clock::Logged).unwrap());
    let bare = fired.part(3).into_string();
    assert!(
        bare.starts_with("<details class=\"rule\" id=\"rule-3\">") && bare.contains("do not carry the query"),
        "{bare}"
    );
    assert_eq!(bare.matches("href=").count(), 1, "one reference is a link, the other text");
    let own = RuleText { note: "own".into(), ..RuleText::default() };
    fired.texts.complete(&own);
    fired.texts.complete(&RuleText {
        note: "other".into(),
        query: "any where <true>".into(),
        false_positives: vec!["f".into()],
        ..own
    });
    let whole = fired.part(3).into_string();
    for text in ["<p>own</p>", "any where &lt;true&gt;", "<li>f</li>"] {
        assert!(whole.contains(text), "{text} in {whole}");
    }
}

#[test]
fn builtin_rules_have_everything() {
    let set = crate::rules::mission();
    let texts = RuleText::of_rule(&set.rules[0]);
    assert!(texts.query.contains("sequence by") && !texts.note.is_empty() && !texts.false_positives.is_empty());
    let document = json(&format!(
        r#"{{"rule":{{"name":"N"}},"evql":{{"rule":{}}}}}"#,
        crate::report::alert::rule_texts(&set.rules[0])
    ));
    assert_eq!(RuleText::of_document(&document).note, texts.note.trim(), "an alert's document carries the same");
}
