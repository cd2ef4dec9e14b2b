use super::*;

#[test]
fn long_values_are_cut_and_say_so() {
    let text = "ä".repeat(MOST + 1_234);
    let shown = line(&text).render().into_string();
    assert!(shown.ends_with("<span class=\"cut\">… 1,234 more characters</span>"), "{}", &shown[shown.len() - 80..]);
    assert_eq!(line("ä<").render().into_string(), "ä&lt;");
    assert_eq!(lines("a\nb\nc", 3).render().into_string(), "a\nb<span class=\"cut\">… 2 more characters</span>");
    assert_eq!(Attribute("\"x\u{202e}").render().into_string(), "&quot;x\\u{202e}");
}

#[test]
fn only_web_addresses_are_followed() {
    for good in ["https://attack.mitre.org/techniques/T1218/010/", "HTTP://a.example/?b=1&c=2#d"] {
        assert_eq!(safe_address(good), Some(good));
    }
    for bad in [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a/\" onclick=x",
        "//a.example",
        " https://a",
        "https://ä",
        "file:///x",
        "",
        "é",
    ] {
        assert_eq!(safe_address(bad), None, "{bad}");
        assert!(!link(bad, &line(bad)).into_string().contains("href"));
    }
    let made = link("https://a.example/?b=1&c", &"x").into_string();
    assert_eq!(made, r#"<a href="https://a.example/?b=1&amp;c" rel="noopener noreferrer" target="_blank">x</a>"#);
}

#[test]
fn sizes_and_counts_read_well() {
    assert_eq!(
        [0, 1, 1023, 1024, 69_632, 1 << 30].map(bytes),
        ["0 bytes", "1 byte", "1,023 bytes", "1.0 KiB", "68.0 KiB", "1.0 GiB"]
    );
    assert_eq!(counted(1_234_567, "alert"), "1,234,567 alerts");
}
