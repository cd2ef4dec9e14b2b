use super::*;
use crate::ecs::{self, Field};
use crate::event::Document;

/// A small generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % below
    }
}

/// What a compiler must hold for any text.
fn holds(source: &str) {
    let compiled = compile(source);
    let failed = compiled.diagnostics.iter().any(Diagnostic::is_error);
    assert_eq!(compiled.query.is_none(), failed, "{source:?}: {:?}", compiled.diagnostics);
    for finding in &compiled.diagnostics {
        let range = finding.span.range();
        assert!(range.start <= range.end && range.end <= source.len(), "{source:?}: {finding:?}");
        assert!(source.is_char_boundary(range.start) && source.is_char_boundary(range.end), "{source:?}: {finding:?}");
    }
}

#[test]
fn random_characters_never_break_the_compiler() {
    let alphabet: Vec<char> = "abz_@09.,:;|()[]!?=<>+-*/%\"'`\\~&#{}^$ \n\r\t\u{e4}\u{1F600}\0".chars().collect();
    let mut random = Random(1);
    for _ in 0..3000 {
        let length = random.next(60);
        let tail: String = (0..length).map(|_| alphabet[random.next(alphabet.len())]).collect();
        holds(&tail);
        holds(&format!("any where {tail}"));
    }
}

#[test]
fn random_tokens_never_break_the_compiler() {
    let words = [
        "sequence",
        "sample",
        "join",
        "by",
        "with",
        "maxspan",
        "runs",
        "=",
        "5",
        "m",
        "1.5",
        "[",
        "![",
        "]",
        "any",
        "process",
        "where",
        "until",
        "|",
        "head",
        "tail",
        "and",
        "or",
        "not",
        "in",
        "in~",
        "like",
        "like~",
        "regex",
        "regex~",
        ":",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "(",
        ")",
        ",",
        ".",
        "?",
        "a",
        "process.name",
        "source.ip",
        "process.pid",
        "`x`",
        "\"t*\"",
        "\"\"\"r\"\"\"",
        "\"10.0.0.0/8\"",
        "null",
        "true",
        "false",
        "of",
        "length",
        "startsWith~",
        "cidrMatch",
        "concat",
        "number",
        "wildcard",
        "'q'",
        "//c\n",
        "/*d*/",
        "0",
    ];
    let mut random = Random(2);
    for _ in 0..4000 {
        let length = random.next(40);
        let tail: Vec<&str> = (0..length).map(|_| words[random.next(words.len())]).collect();
        let tail = tail.join(" ");
        holds(&tail);
        holds(&format!("any where {tail}"));
        holds(&format!("sequence by a [any where {tail}] [any where true]"));
    }
}

#[test]
fn cut_queries_never_break_the_compiler() {
    let source = "sequence by a, ?b with maxspan=5m [process where x : (\"\u{e4}*\", \"b\") and not length(y) > 3 or z in~ (1, 2)] by c with runs=2 ![any where cidrMatch(i, \"10.0.0.0/8\")] by d until [any where r regex~ \"a(b|c)\"] by e | head 3";
    assert!(compile(source).query.is_some(), "{:?}", compile(source).diagnostics);
    for at in (0..=source.len()).filter(|&at| source.is_char_boundary(at)) {
        holds(&source[..at]);
        holds(&source[at..]);
    }
}

#[test]
fn deep_and_long_queries_end() {
    for open in ["(", "not ", "-", "length(", "[", "a in (", "sequence [", "\"", "a[", "a.", "?", "1+", "a and ", "/*"]
    {
        holds(&open.repeat(20_000));
        holds(&format!("any where {}", open.repeat(20_000)));
    }
    let list: Vec<String> = (0..20_000).map(|number| format!("\"{number}.exe\"")).collect();
    holds(&format!("any where process.name : ({})", list.join(", ")));
    let nested = format!("any where {}a == 1{}", "not (b == 2 or ".repeat(49), ")".repeat(49));
    let Some(Query::Event(query)) = compile(&nested).query else { panic!("{:?}", compile(&nested).diagnostics) };
    let mut document = Document::new();
    assert!(query.matches(&document), "an odd number of negations over nothing");
    document.set(Field::named("b"), 2);
    assert!(!query.matches(&document));
}

/// Threads have 2 MiB of stack unless told otherwise; optimised frames are several times smaller than those of this test.
#[test]
fn the_deepest_queries_fit_a_small_stack() {
    let compile_all = || {
        for (open, close) in [("(", ")"), ("not ", ""), ("a or b and (1 + 2 * (", ") == 3)"), ("string(not a == ", ")")]
        {
            let depth = parse::MAX_DEPTH / open.matches('(').count().max(1) / 2;
            holds(&format!("any where {}a{}", open.repeat(depth), close.repeat(depth)));
            holds(&format!("any where {}a{}", open.repeat(1000), close.repeat(1000)));
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(compile_all).unwrap();
    thread.join().unwrap();
}

#[test]
fn a_source_that_is_too_long_is_refused() {
    let compiled = compile(&" ".repeat(MAX_SOURCE + 1));
    assert_eq!(compiled.diagnostics[0].code, codes::SOURCE_TOO_LONG);
}

#[test]
fn findings_come_in_source_order() {
    let compiled = compile("any where host.id == user.id and group.id = 1 and frob(rule.id)");
    let slugs: Vec<_> = compiled.diagnostics.iter().map(|finding| finding.code.0).collect();
    assert_eq!(slugs, ["field-comparison", "single-equals", "unknown-function"]);
}

#[test]
fn a_multi_field_is_the_field_in_another_mapping() {
    let mut document = Document::new();
    document.push(ecs::EVENT_CATEGORY, "process");
    document.set(ecs::PROCESS_EXECUTABLE, "C:\\Windows\\RegSvr32.exe");
    for (condition, expected) in [
        ("process.executable.caseless == \"c:\\\\windows\\\\regsvr32.exe\"", true),
        ("process.executable.caseless == \"C:\\\\WINDOWS\\\\REGSVR32.EXE\"", true),
        ("process.executable.caseless != \"c:\\\\windows\\\\regsvr32.exe\"", false),
        ("process.executable.caseless in (\"x\", \"c:\\\\windows\\\\regsvr32.exe\")", true),
        ("process.executable.caseless not in (\"c:\\\\windows\\\\regsvr32.exe\")", false),
        ("process.executable.caseless like \"c:\\\\windows\\\\*\"", true),
        ("process.executable.caseless : \"*REGSVR32.exe\"", true),
        ("process.executable.caseless regex \"c:.*regsvr32\\\\.exe\"", true),
        ("startsWith(process.executable.caseless, \"c:\\\\windows\")", true),
        ("concat(process.executable.caseless, \"!\") == \"c:\\\\windows\\\\regsvr32.exe!\"", true),
        ("process.executable.caseless > \"c\"", true),
        ("process.executable.caseless != null", true),
        ("process.parent.executable.caseless == null", true),
        ("process.executable.text like \"C:*\"", true),
        ("process.executable.keyword == \"C:\\\\Windows\\\\RegSvr32.exe\"", true),
        ("process.executable == \"c:\\\\windows\\\\regsvr32.exe\"", false),
    ] {
        let compiled = compile(&format!("process where {condition}"));
        let Some(Query::Event(query)) = compiled.query else { panic!("{condition}: {:?}", compiled.diagnostics) };
        assert_eq!(query.matches(&document), expected, "{condition}");
    }
}

#[test]
fn keys_of_a_caseless_multi_field_join_in_any_case() {
    let query = compile(
        "sequence [any where process.pid == 1] by process.name.caseless [any where process.pid == 2] by process.parent.name.caseless",
    );
    let Some(Query::Sequence(sequence)) = query.query else { panic!("{:?}", query.diagnostics) };
    let mut document = Document::new();
    document.set(ecs::PROCESS_PID, 1);
    document.set(ecs::PROCESS_NAME, "CMD.exe");
    let first = sequence.filters()[0].keys_of(&document);
    document.set(ecs::PROCESS_PARENT_NAME, "cmd.EXE");
    assert_eq!(first, sequence.filters()[1].keys_of(&document));
    let digester = Digester::default();
    let digest = |filter: usize| {
        let mut digests = Vec::new();
        digester.keys(&document, sequence.filters()[filter].keys(), false, &mut DigestBuffer::default(), &mut digests);
        digests
    };
    assert_eq!(digest(0), digest(1));
    assert_eq!(digest(0), [digester.key(false, &first[0])]);
}
