use super::*;
use crate::diag::concise;
use crate::rules::Placeholders;

/// A rule about process creation with this detection, indented by four.
fn rule(detection: &str) -> String {
    format!(
        "title: T\nid: 1\nlogsource:\n    category: process_creation\n    product: windows\ndetection:\n{detection}\nlevel: high\n"
    )
}

fn parsed(text: &str) -> ParsedRule {
    let mut file = parse_sigma(text, "sigma:a", true, &Placeholders::default());
    assert_eq!(file.diagnostics, []);
    assert_eq!(file.rules.len(), 1);
    file.rules.remove(0)
}

/// The query of a rule, behind what its log source says.
fn query(detection: &str) -> String {
    let text = rule(detection);
    let parsed = parsed(&text);
    let rule = parsed.rule.unwrap_or_else(|| panic!("{:?}", parsed.diagnostics));
    let source = "any where (sysmon.entry.EventID like \"1\" and not host.os.type like \"linux\") and ";
    rule.source.strip_prefix(source).unwrap_or_else(|| panic!("{}", rule.source)).to_owned()
}

/// What is wrong with a file, each with line and column.
fn mistakes(text: &str) -> Vec<String> {
    let file = parse_sigma(text, "sigma:a", true, &Placeholders::default());
    let all = file.diagnostics.iter().chain(file.rules.iter().flat_map(|rule| &rule.diagnostics));
    let said = |found: &Diagnostic| {
        let help = found.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
        concise(found, "a.yml", text) + &help
    };
    all.map(said).collect()
}

#[test]
fn items_become_tests_of_entries() {
    let of = |items: &str| query(&format!("    s:\n        {items}\n    condition: s"));
    assert_eq!(of(r"Image: 'C:\a*.exe'"), r#"sysmon.entry.Image : "C:\\a*.exe""#);
    assert_eq!(of(r"Image|endswith: ['\a.exe', '\b.exe']"), r#"sysmon.entry.Image : ("*\\a.exe", "*\\b.exe")"#);
    assert_eq!(
        of("CommandLine|contains|all: [a, b]"),
        r#"(sysmon.entry.CommandLine : "*a*" and sysmon.entry.CommandLine : "*b*")"#
    );
    assert_eq!(of("CommandLine|contains|cased: A"), r#"sysmon.entry.CommandLine like "*A*""#);
    assert_eq!(of(r"CommandLine|contains: '\*'"), r#"sysmon.entry.CommandLine regex~ ".*\\*.*""#);
    assert_eq!(of("CommandLine|re|i: ^a"), r#"regexSearch~(sysmon.entry.CommandLine, "^a")"#);
    assert_eq!(of("CommandLine|re|m|s: ^a"), r#"regexSearch(sysmon.entry.CommandLine, "(?ms)^a")"#);
    assert_eq!(of("Image: null"), "sysmon.entry.Image == null");
    assert_eq!(of("Image: [null, '', '-']"), r#"(sysmon.entry.Image == null or sysmon.entry.Image : ("", "-"))"#);
    assert_eq!(of("Image|exists: false"), "sysmon.entry.Image == null");
    assert_eq!(of("User|neq: a"), r#"not sysmon.entry.User : "a""#);
    assert_eq!(of("ProcessId|gt: 5"), "number(sysmon.entry.ProcessId) > 5");
    assert_eq!(of("LogonId: 0x3e7"), r#"sysmon.entry.LogonId : ("0x3e7", "999")"#);
    assert_eq!(of("Channel: x"), r#"winlog.channel : "x""#);
    assert_eq!(of("process.name: x"), r#"process.name : "x""#);
}

#[test]
fn metadata_is_that_of_the_rule() {
    let text = "title: T\nid: 5f\nstatus: test\ndescription: d\nreferences: [https://a.example]\nauthor: A, B\ndate: 2024-01-01\nmodified: 2024-02-02\ntags: [attack.execution, attack.t1059.001, car.2013]\nlogsource: {category: process_creation, definition: 'log it'}\ndetection: {s: {Image: a}, condition: s}\nfalsepositives: [admins]\nlevel: critical\n";
    let meta = parsed(text).rule.unwrap().meta;
    assert_eq!(
        (meta.id.as_str(), meta.name.as_str(), meta.level.name(), meta.risk_score),
        ("5f", "T", "critical", 99.0)
    );
    assert_eq!(
        (meta.status.map(crate::rules::RuleStatus::name), meta.version.as_deref()),
        (Some("test"), Some("2024-02-02"))
    );
    assert_eq!(
        (meta.authors, meta.false_positives, meta.setup),
        (vec!["A".into(), "B".into()], vec!["admins".to_owned()], Some("log it".to_owned()))
    );
    assert_eq!(meta.threat[0].tactic.id, "TA0002");
    assert_eq!(meta.threat[0].techniques[0].id, "T1059.001");
}

#[test]
fn mistakes_have_their_line_and_column_and_say_what_may_be_meant() {
    assert_eq!(
        mistakes(&rule("    s:\n        Image|endwith: a\n        CommandLne: b\n    condition: s and f")),
        [
            "a.yml:8:9: error[unknown-modifier]: there is no modifier `endwith`; did you mean `endswith`?",
            "a.yml:9:9: warning[not-in-sysmon]: no Sysmon event has the entry `CommandLne`; did you mean `CommandLine`?",
            "a.yml:10:22: error[sigma-condition]: no search identifier is called `f`; did you mean `s`?",
        ]
    );
    assert_eq!(
        mistakes(&rule("    s:\n        Image: a")),
        ["a.yml:7:5: error[sigma-condition]: there is no `condition`"]
    );
    assert_eq!(
        mistakes(&rule("    s:\n        CommandLine|re: '(a'\n    condition: s")),
        [
            "a.yml:8:9: error[invalid-regex]: this regular expression cannot be run: unclosed group; look-around and back references are not supported"
        ]
    );
    assert_eq!(
        mistakes(&rule("    s:\n        CommandLine|re: 'a(?=b)'\n    condition: s")).len(),
        1,
        "look-around is named"
    );
    assert_eq!(
        mistakes(&rule(
            "    s:\n        SourceIp|cidr:\n            - 10.0.0.0/8\n            - 10.0.0.0/99\n    condition: s"
        )),
        [
            "a.yml:10:15: error[invalid-cidr]: `10.0.0.0/99` is not a CIDR block; write it as \"10.0.0.0/8\" or \"fe80::/10\""
        ]
    );
    assert_eq!(
        mistakes(&rule("    s:\n        User|expand: '%Admins%'\n    condition: s")),
        [
            "a.yml:8:22: error[unknown-placeholder]: nobody has said what `%Admins%` stands for; give its values with --placeholders FILE"
        ]
    );
}

#[test]
fn placeholders_stand_for_each_of_their_values() {
    let placeholders = Placeholders::read("Admins: ['adm_*', root]\n").unwrap();
    let text = rule("    s:\n        User|expand: 'CORP/%Admins%'\n    condition: s");
    let mut file = parse_sigma(&text, "sigma:a", true, &placeholders);
    let rule = file.rules.remove(0).rule.unwrap();
    assert!(rule.source.ends_with(r#"sysmon.entry.User : ("CORP/adm_*", "CORP/root")"#), "{}", rule.source);
}

#[test]
fn rules_about_other_logs_are_set_aside_whatever_is_wrong_with_them() {
    for source in [
        "category: webserver",
        "product: windows\n    service: security",
        "product: macos\n    category: process_creation",
    ] {
        let text =
            format!("title: T\nlogsource:\n    {source}\ndetection:\n    s:\n        X|nope: 1\n    condition: t\n");
        let parsed = parsed(&text);
        assert!(parsed.rule.is_none() && parsed.is_elsewhere && parsed.diagnostics.is_empty(), "{source}");
    }
}

#[test]
fn collections_share_what_stands_in_a_global_document() {
    let text = "action: global\ntitle: T\nlogsource:\n    category: process_creation\ndetection:\n    condition: s\n---\ndetection:\n    s:\n        Image: a\n---\nlogsource:\n    category: image_load\ndetection:\n    s:\n        ImageLoaded: b\n";
    let file = parse_sigma(text, "sigma:a", true, &Placeholders::default());
    let sources: Vec<&str> = file.rules.iter().filter_map(|rule| Some(rule.rule.as_ref()?.source.as_str())).collect();
    assert_eq!(
        sources,
        [
            "any where sysmon.entry.EventID like \"1\" and sysmon.entry.Image : \"a\"",
            "any where sysmon.entry.EventID like \"7\" and sysmon.entry.ImageLoaded : \"b\""
        ]
    );
    assert_eq!(file.rules[1].id, "sigma:a#2");
}
