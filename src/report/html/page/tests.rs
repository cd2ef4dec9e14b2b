use super::*;

#[test]
fn the_policy_names_the_very_style_and_script() {
    let policy = policy();
    for text in [STYLE, SCRIPT] {
        let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes()));
        assert!(policy.contains(&format!("'sha256-{digest}'")));
    }
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"));
}

#[test]
fn style_and_script_stay_inside_their_elements_and_load_nothing() {
    for text in [STYLE, SCRIPT] {
        for word in [
            "</style",
            "</script",
            "<!--",
            "@import",
            "url(",
            "http://www.",
            "https://",
            "innerHTML",
            "eval(",
            "fetch(",
        ] {
            let own = word == "http://www." && text == SCRIPT; // the name of SVG's elements is an address that nobody opens
            assert!(own || !text.contains(word), "{word}");
        }
    }
    assert!(STYLE.is_ascii() || !STYLE.contains('\r'));
}
