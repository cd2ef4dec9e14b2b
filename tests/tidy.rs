//! House rules that the compiler does not know: floors, sizes, forbidden words.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and says so when it passes itself over.

use std::fs;
use std::path::{Path, PathBuf};

/// The floors of `docs/ARCHITECTURE.md`. A module imports from lower floors only, and not from its own.
const FLOORS: &[(&str, usize)] = &[
    ("base", 0),
    ("diag", 1),
    ("ecs", 1),
    ("event", 2),
    ("eql", 3),
    ("source", 3),
    ("forge", 3),
    ("sysmon", 4),
    ("rules", 4),
    ("detect", 5),
    ("survey", 5),
    ("timeline", 6),
    ("process", 6),
    ("report", 7),
    ("pipeline", 8),
];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|&(_, floor)| floor)
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            out.push(path);
        }
    }
}

/// Every source file with its path below `src` and its text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    files.sort();
    let relative = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    files.iter().map(|path| (relative(path), fs::read_to_string(path).unwrap())).collect()
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.ends_with("_tests.rs") || path.contains("/tests/")
}

/// The modules of the crate that a text names with `crate::`, also inside `use crate::{…}`.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let list = match rest.strip_prefix('{') {
            Some(inner) => top_level_items(inner),
            None => vec![rest],
        };
        for item in list {
            let name: String = item.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push(name);
        }
    }
    found
}

/// The items of a `{…}` list, its inner lists left whole; `inner` starts behind the opening brace.
fn top_level_items(inner: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&inner[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

#[test]
fn imports_go_down_only() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, text) in sources() {
        let Some((module, _)) = path.split_once('/') else { continue };
        let Some(own) = floor(module) else {
            assert_eq!(module, "cli", "{path}: the module has no floor in this table and in docs/ARCHITECTURE.md");
            continue;
        };
        for import in imports(&text) {
            seen += 1;
            if let Some(other) = floor(&import)
                && import != module
                && other >= own
            {
                wrong.push(format!("{path} (floor {own}) imports {import} (floor {other})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 50, "only {seen} imports found: does the search still work?");
}

#[test]
fn the_architecture_page_has_the_same_floors() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ARCHITECTURE.md")).unwrap();
    for (module, floor) in FLOORS {
        let row = format!("| {floor} | `{module}` |");
        assert!(page.contains(&row), "docs/ARCHITECTURE.md lacks the row {row}");
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 800, "{path} has {lines} lines");
        if !is_test(&path) {
            assert!(text.starts_with("//!"), "{path} does not say what it holds");
        }
    }
    let main = sources().into_iter().find(|(path, _)| path == "main.rs").unwrap().1;
    assert!(main.lines().count() < 40);
}

#[test]
fn nothing_is_left_for_later() {
    let words = ["todo!", "unimplemented!", "TODO", "FIXME", "XXX", "#[ignore"];
    for (path, text) in sources() {
        for word in words {
            assert!(!text.contains(word), "{path} contains {word}");
        }
    }
}

#[test]
fn unsafe_code_is_forbidden() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""));
}

#[test]
fn the_search_for_imports_finds_all_forms() {
    let text = "use crate::base::Ticks;\nuse crate::{ecs, event::{Document, Value}};\nfn f(x: crate::eql::Query) {}";
    assert_eq!(imports(text), ["base", "ecs", "event", "eql"]);
}

/// A test that returns because something is not there reports success with nothing run: it is ignored with the reason instead.
#[test]
fn no_test_passes_itself_over() {
    let mut files = Vec::new();
    rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut files);
    for path in files.into_iter().filter(|path| !path.ends_with("tidy.rs")) {
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("var_os(\"EVQL_").chain(text.match_indices("var(\"EVQL_")) {
            let line = text[..at].lines().count();
            let end = text[at..].char_indices().nth(300).map_or(text.len(), |(length, _)| at + length);
            let after = text[at..end].split("\n}\n").next().unwrap_or_default();
            let blesses = after.starts_with("var_os(\"EVQL_BLESS\")");
            assert!(
                blesses || !after.contains("return;"),
                "{}:{line} returns where a variable is missing",
                path.display()
            );
        }
        for ignored in text.split("#[ignore").skip(1) {
            assert!(
                ignored.starts_with(" = \"needs EVQL_"),
                "{}: a test is ignored without its reason",
                path.display()
            );
        }
    }
}

/// Invariant 8 of `docs/ARCHITECTURE.md`: where files are opened.
#[test]
fn only_a_few_places_open_files() {
    let opens = ["std::fs", "fs::File", "File::open", "tempfile::", "WalkDir", "TcpStream", "UdpSocket"];
    let mut seen = 0;
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        if !opens.iter().any(|word| text.contains(word)) {
            continue;
        }
        seen += 1;
        let may =
            ["source/", "cli/", "pipeline/"].iter().any(|start| path.starts_with(start)) || path == "rules/discover.rs";
        assert!(may, "{path} opens files");
        assert!(!text.contains("TcpStream") && !text.contains("UdpSocket"), "{path} speaks to a network");
    }
    assert!(seen > 5, "only {seen} files found: does the search still work?");
}

/// Which texts begin a formula, and how control characters are shown, is known in one place.
#[test]
fn texts_are_made_safe_in_one_place() {
    // The second one writes evidence, not what a person reads.
    let may = ["base/escape.rs", "forge/xml.rs"];
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path) && !may.contains(&path.as_str())) {
        for list in ["b'=' | b'+'", "'=', '+'", "'=' | '+'", "\"=+-@", "b\"=+-@"] {
            assert!(!text.contains(list), "{path} makes text safe on its own ({list}): base::escape does");
        }
    }
}

/// Invariant 2 names every term of the sum that the summary shows.
#[test]
fn the_invariant_of_the_sum_is_that_of_the_summary() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ARCHITECTURE.md")).unwrap();
    let summary = sources().into_iter().find(|(path, _)| path == "cli/terminal/summary.rs").unwrap().1;
    let terms = summary.split("let terms = [").nth(1).unwrap().split("];").next().unwrap();
    let names: Vec<&str> = terms.split('"').skip(1).step_by(2).collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        assert!(page.replace('`', "").contains(name), "docs/ARCHITECTURE.md does not name {name}");
    }
}
