use crate::eql::{Query, compile};

fn slugs(source: &str) -> Vec<&'static str> {
    let compiled = compile(source);
    let errors = compiled.diagnostics.iter().any(crate::diag::Diagnostic::is_error);
    assert_eq!(compiled.query.is_none(), errors, "{source}");
    // Names without a dot stand for any field here.
    let stands_for_any = |message: &str| {
        message.starts_with('`') && message[1..].find('`').is_some_and(|end| !message[..end].contains('.'))
    };
    let counts =
        |finding: &&crate::diag::Diagnostic| finding.code.0 != "unknown-field" || !stands_for_any(&finding.message);
    compiled.diagnostics.iter().filter(counts).map(|finding| finding.code.0).collect()
}

fn check(cases: &[(&str, &str)]) {
    for (condition, slug) in cases {
        let source = format!("any where {condition}");
        let wanted: Vec<&str> = slug.split_whitespace().collect();
        assert_eq!(slugs(&source), wanted, "{source}: {:#?}", compile(&source).diagnostics);
    }
}

#[test]
fn comparisons() {
    check(&[
        ("a == b", "field-comparison"),
        ("length(a) > length(b)", "field-comparison"),
        ("startsWith~(a, b)", ""),
        ("process.name == 5", ""),
        ("process.name < true", "type-mismatch"),
        ("process.pid == \"abc\"", "type-mismatch"),
        ("process.pid == \"17\"", ""),
        ("process.pid == true", "type-mismatch"),
        ("process.pid == 1.5", "impossible-comparison"),
        ("length(a) == \"5\"", "type-mismatch"),
        ("string(a) == 5", "type-mismatch"),
        ("\"a\" == 1", "type-mismatch"),
        ("flag > true", "type-mismatch"),
        ("source.ip == \"10.0.0.0/8\"", "invalid-address"),
        ("source.ip == 5", "type-mismatch"),
        ("@timestamp > \"now-1h\"", "invalid-date"),
        ("@timestamp > \"2024-01-01\"", ""),
        ("process.name == \"*.exe\"", "literal-wildcard"),
        ("process.name in~ (\"a\", \"*.exe\")", "literal-wildcard"),
        ("process.name in (a, \"b\")", "not-constant"),
        ("process.name in (concat(\"a\", \"b\"), \"c\", null)", ""),
        ("process.pid in (1, \"x\")", "type-mismatch"),
    ]);
}

#[test]
fn patterns() {
    check(&[
        ("process.pid : \"4*\"", "type-mismatch"),
        ("source.ip : \"10.*\"", "type-mismatch"),
        ("a : 5", "type-mismatch"),
        ("a : (\"x\", true)", "type-mismatch"),
        ("a like concat(\"a\", \"b\")", "not-constant"),
        ("a like b", "not-constant"),
        ("a : null", ""),
        ("a regex \"(\"", "invalid-regex"),
        ("a regex (\"x\", \"~((y|z)*y(y|z){20})\")", "unsupported-regex"),
        ("a regex \"a&b\"", ""),
    ]);
}

#[test]
fn functions() {
    check(&[
        ("lenght(a) > 1", "unknown-function"),
        ("frobnicate(a) > 1", "unknown-function"),
        ("wildcard(a, \"*\")", "removed-function"),
        ("arrayContains(a, \"x\")", "removed-function"),
        ("LENGTH(a) > 1 and STARTSWITH~(a, \"x\")", ""),
        ("length(a, b) > 1", "argument-count"),
        ("concat() == \"x\"", "argument-count"),
        ("cidrMatch(a)", "argument-count"),
        ("length~(a) > 1", "no-insensitive-form"),
        ("length(process.pid) > 1", "type-mismatch"),
        ("length(string(process.pid)) > 1", ""),
        ("substring(a, \"x\") == \"\"", "type-mismatch"),
        ("cidrMatch(process.pid, \"10.0.0.0/8\")", "type-mismatch"),
        ("cidrMatch(a, \"10.0.0.0/33\")", "invalid-cidr"),
        ("cidrMatch(a, b)", "not-constant"),
        ("cidrMatch(a, \"::1\", \"10.6.48.157/8\")", ""),
        ("add(process.name, 1) == 2", "type-mismatch"),
        ("process.name + 1 == 2", "type-mismatch"),
        ("a / 0 == 1", "division-by-zero"),
        ("modulo(a, 0) == 1", "division-by-zero"),
        ("1.0 / 0 > 1", ""),
    ]);
}

#[test]
fn conditions() {
    check(&[
        ("process.name", "not-boolean"),
        ("process.pid and true", "not-boolean"),
        ("5", "not-boolean"),
        ("\"x\"", "not-boolean"),
        ("length(a)", "not-boolean"),
        ("a + 1", "not-boolean"),
        ("string(process.name or flag) == \"x\"", "not-boolean"),
        ("flag and not other", ""),
        ("a == b and lenght(a) > 1 and process.pid : \"x\"", "field-comparison unknown-function type-mismatch"),
    ]);
}

#[test]
fn fields_that_nobody_has_are_warned_of_once() {
    check(&[
        ("process.nmae : \"x\" and process.nmae : \"y\"", "unknown-field"),
        ("Process.Name : \"x\"", "unknown-field"),
        ("process.Name : \"x\"", "unknown-field"),
        ("proces.name : \"x\"", "unknown-field"),
        ("vendor.thing : \"x\"", "unknown-field"),
        ("process.pid.caseless == 1", "unknown-field"),
        ("process.name.caseless : \"x\"", ""),
        ("dll.Ext.anything == 1", ""),
        ("process.command_lin : \"x\"", "unknown-field"),
        ("process.parent.executabel : \"x\"", "unknown-field"),
        ("winlog.event_data.TargetUserName : \"x\"", ""),
        ("process.hash.sha384 == \"x\" and host.mac == \"x\" and user.full_name == \"x\"", ""),
    ]);
    let finding = compile("any where process.nmae : \"x\"").diagnostics.remove(0);
    assert_eq!(finding.help.as_deref(), Some("did you mean `process.name`?"));
    for (name, nearest) in [
        ("process.nam", "process.name"),
        ("destination.ipp", "destination.ip"),
        ("winlog.event_data.Imge", "winlog.event_data.Image"),
        ("proces.executable", "process.executable"),
        ("entity_id", "process.entity_id"),
    ] {
        let unknown = &compile(&format!("any where {name} == null")).unknown[0];
        assert_eq!(unknown.nearest.first().map(String::as_str), Some(nearest), "{name}");
    }
    assert_eq!(compile("any where foo.bar == null").unknown[0].nearest, Vec::<String>::new());
}

#[test]
fn a_category_that_no_event_has_is_warned_of() {
    assert_eq!(slugs("proces where true"), ["unknown-category"]);
    assert_eq!(slugs("sequence [process where true] [\"Network\" where true]"), ["unknown-category"]);
    assert_eq!(compile("proces where true").unknown[0].nearest, ["process"]);
    let options =
        crate::eql::QueryOptions { category_field: crate::ecs::Field::named("event.kind"), ..Default::default() };
    assert_eq!(crate::eql::compile_with("alert where true", &options).diagnostics, []);
}

#[test]
fn sequences() {
    let term = "[any where true]";
    let cases = [
        (format!("sequence {term}"), "too-few-stages"),
        (format!("sequence {term} until {term}"), "too-few-stages"),
        (format!("sequence {term} with runs=2"), ""),
        (format!("sequence {term} with runs=0 {term}"), "invalid-runs"),
        (format!("sequence {term} with runs=101"), "invalid-runs too-few-stages"),
        (format!("sequence {}", format!("{term} with runs=100 ").repeat(3)), "too-many-stages"),
        (format!("sequence {}", format!("{term} ").repeat(256)), ""),
        (format!("sequence {}", format!("{term} ").repeat(257)), "too-many-stages"),
        (format!("sequence {term} by a {term} by a, b"), "key-count"),
        (format!("sequence {term} by a {term} by b until {term}"), "key-count"),
        (format!("sequence by length(a) {term} {term}"), "invalid-key"),
        (format!("sequence {term} by 1 {term} by a"), "invalid-key"),
        (format!("sequence by ?a {term} {term}"), ""),
        (format!("sequence {term} !{term}"), "missing-without-maxspan"),
        (format!("sequence with maxspan=1m !{term} !{term}"), "all-missing"),
        (format!("sequence with maxspan=1m {term} !{term}"), ""),
        (format!("sequence {term} {term} until !{term}"), ""),
        (format!("sequence {term} {term} until {term} with runs=3"), "ignored-runs"),
        (format!("sequence {term} [any where a == b] | count"), "field-comparison unknown-pipe"),
    ];
    for (source, slug) in cases {
        let mut wanted: Vec<&str> = slug.split_whitespace().collect();
        let mut found = slugs(&source);
        wanted.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, wanted, "{source}");
    }
}

#[test]
fn pipes() {
    let cases = [
        ("head 5", ""),
        ("head 2 + 3 | tail 1", ""),
        ("head", "argument-count"),
        ("head 1, 2", "argument-count"),
        ("tail -1", "type-mismatch"),
        ("tail \"5\"", "type-mismatch"),
        ("head a", "not-constant"),
        ("unique a", "unknown-pipe"),
        ("frob", "unknown-pipe"),
    ];
    for (pipe, slug) in cases {
        let source = format!("any where true | {pipe}");
        assert_eq!(slugs(&source).join(" "), slug, "{source}");
    }
    let Some(Query::Event(_)) = compile("any where true | head 5").query else { panic!() };
}

#[test]
fn a_wrong_list_names_each_wrong_member() {
    assert_eq!(slugs("any where cidrMatch(a, \"x\", \"10.0.0.0/8\", \"y\")"), ["invalid-cidr", "invalid-cidr"]);
    assert_eq!(slugs("any where a in (b, \"x\", c)"), ["not-constant", "not-constant"]);
}
