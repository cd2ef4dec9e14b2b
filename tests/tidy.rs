//! House rules that the compiler does not know: floors, sizes, forbidden words.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and says so when it passes itself over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The floors of `docs/ARCHITECTURE.md`. A module imports from lower floors only, and not from its own.
const FLOORS: &[(&str, usize)] = &[
    ("base", 0),
    ("diag", 1),
    ("ecs", 1),
    ("event", 2),
    ("enrichment", 3),
    ("eql", 3),
    ("source", 3),
    ("forge", 3),
    ("sysmon", 4),
    ("rules", 4),
    ("detect", 5),
    ("survey", 5),
    ("search", 5),
    ("timeline", 6),
    ("process", 6),
    ("incident", 7),
    ("report", 8),
    ("pipeline", 9),
    ("extract", 10),
    ("scanner", 10),
    ("testing", 10),
    ("fleet", 11),
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
        // `lib.rs` and `main.rs` name modules, and are none.
        if matches!(path.as_str(), "lib.rs" | "main.rs") {
            continue;
        }
        let module = path.split_once('/').map_or(path.trim_end_matches(".rs"), |(module, _)| module);
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

/// The name of the type that a line at the left margin defines.
fn defined_type(line: &str) -> Option<&str> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let line = line.strip_prefix("pub").map_or(line, |rest| match rest.strip_prefix('(') {
        Some(scope) => scope.split_once(')').map_or(rest, |(_, rest)| rest),
        None => rest,
    });
    let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    let is_definition = matches!(words.next(), Some("struct" | "enum" | "trait" | "type"));
    words.next().filter(|_| is_definition)
}

#[test]
fn every_type_has_a_name_of_its_own() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in sources() {
        if !is_test(&path) && !path.ends_with("tests.rs") {
            for name in text.lines().filter_map(defined_type) {
                places.entry(name.to_owned()).or_default().push(path.clone());
            }
        }
    }
    assert!(places.len() > 500, "only {} types found: does the search still work?", places.len());
    places.retain(|_, paths| paths.len() > 1);
    assert!(places.is_empty(), "a type is understood where it is used, alone: {places:#?}");
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
        let may = ["source/", "cli/", "pipeline/", "testing/", "fleet/"].iter().any(|start| path.starts_with(start))
            || [
                "rules/discover.rs",
                "rules/rule_archive.rs",
                "base/spool.rs",
                "base/pending_file.rs",
                "base/text_file.rs",
            ]
            .contains(&&*path);
        assert!(may, "{path} opens files");
        assert!(!text.contains("TcpStream") && !text.contains("UdpSocket"), "{path} speaks to a network");
    }
    assert!(seen > 5, "only {seen} files found: does the search still work?");
}

/// Which texts begin a formula, and how control characters are shown, is known in one place.
#[test]
fn texts_are_made_safe_in_one_place() {
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path) && path != "base/escape.rs") {
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

/// A module by the names on the way to it, such as `["source", "fast"]`.
type ModulePath = Vec<String>;

/// All modules with their code: no comments, no texts, no tests.
fn modules() -> BTreeMap<ModulePath, String> {
    let noise = r##"(?m)^\s*//.*$|\s//\s.*$|(?s:r#".*?"#)|"(?:\\(?s:.)|[^"\\])*"|#\[cfg\(test\)\]\s*mod [^;]*;"##;
    let noise = Regex::new(noise).unwrap();
    let files = sources().into_iter().filter(|(path, _)| !is_test(path));
    let module = |path: &str| -> ModulePath {
        let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
        path.split('/').map(str::to_owned).collect()
    };
    files.map(|(path, text)| (module(&path), noise.replace_all(&text, "").into_owned())).collect()
}

/// The paths of a `use` tree, without its braces: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths_of(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    match tree.split_once('{') {
        None => vec![tree.split_whitespace().next().unwrap_or_default().to_owned()],
        Some((start, list)) => {
            let items = top_level_items(list).into_iter().filter(|item| !item.trim().is_empty());
            items.flat_map(paths_of).map(|path| format!("{}{path}", start.trim())).collect()
        }
    }
}

/// The module that defines what a path of the module `here` leads to, and the rest of the path; `None` outside of `modules`.
fn definer(modules: &BTreeMap<ModulePath, String>, here: &[String], path: &str) -> Option<(ModulePath, Vec<String>)> {
    let mut rest: Vec<String> = path.split("::").map(str::to_owned).collect();
    let mut module = match rest[0].as_str() {
        "crate" => Vec::new(),
        "super" | "self" => here.to_vec(),
        name => {
            let child = [here, &[name.to_owned()]].concat();
            modules.contains_key(&child).then(|| here.to_vec())?
        }
    };
    while let Some(step @ ("crate" | "self" | "super")) = rest.first().map(String::as_str) {
        if step == "super" {
            module.pop();
        }
        rest.remove(0);
    }
    while let Some(name) = rest.first() {
        let child = [module.as_slice(), std::slice::from_ref(name)].concat();
        if !modules.contains_key(&child) {
            break;
        }
        (module, _) = (child, rest.remove(0));
    }
    modules.contains_key(&module).then_some((module, rest))
}

/// The modules that each module imports from. A parent that only declares a child does not import from it, but one that re-exports does.
fn imported(modules: &BTreeMap<ModulePath, String>) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
    let use_line = Regex::new(r"\buse\s+([^;]+);").unwrap();
    let inline = Regex::new(r"(?:\b[a-z_]\w*::)+\w+").unwrap();
    let of = |(here, text): (&ModulePath, &String)| {
        let (mut found, mut names) = (BTreeSet::new(), BTreeMap::new());
        for tree in use_line.captures_iter(text) {
            for path in paths_of(&tree[1]) {
                match definer(modules, here, path.trim_end_matches("::self")) {
                    // What is imported is the module itself: its items are named with its name before them.
                    Some((module, rest)) if rest.is_empty() => drop(names.insert(module.last().cloned(), module)),
                    Some((module, _)) => drop(found.insert(module)),
                    None => {}
                }
            }
        }
        for path in inline.find_iter(&use_line.replace_all(text, "")) {
            let path = path.as_str();
            let first = path.split("::").next().map(str::to_owned);
            found.extend(names.get(&first).cloned());
            found.extend(definer(modules, here, path).filter(|(_, rest)| !rest.is_empty()).map(|(module, _)| module));
        }
        found.remove(here);
        (here.clone(), found)
    };
    modules.iter().map(of).collect()
}

#[test]
fn no_two_files_import_each_other() {
    let imported = imported(&modules());
    // Modules that import from none that is left are on no circle: taken away until nothing changes, circles remain, with whatever imports from them.
    let mut left = imported.clone();
    loop {
        let before = left.len();
        let names: BTreeSet<ModulePath> = left.keys().cloned().collect();
        left.retain(|_, from| !from.is_disjoint(&names));
        if left.len() == before {
            break;
        }
    }
    let edges = left.iter().map(|(module, from)| {
        let from: Vec<String> =
            from.iter().filter(|from| left.contains_key(*from)).map(|from| from.join("::")).collect();
        format!("{} imports from {}", module.join("::"), from.join(", "))
    });
    let edges: Vec<String> = edges.collect();
    assert!(edges.is_empty(), "a circle is among these: {edges:#?}");
    let seen: usize = imported.values().map(BTreeSet::len).sum();
    assert!(seen > 100, "only {seen} imports found: does the search still work?");
}

#[test]
fn the_search_for_circles_finds_all_forms() {
    let module = |path: &str| path.split('/').map(str::to_owned).collect::<ModulePath>();
    let modules = BTreeMap::from([
        (module("a"), "mod b;\npub use b::{self, Item};".to_owned()),
        (module("a/b"), "use super::{Other, c::{Deep, d}};\nfn f() { d::g(); }".to_owned()),
        (module("a/c"), "fn f(x: crate::a::b::Item) {}".to_owned()),
        (module("a/c/d"), "mod tests;".to_owned()),
    ]);
    let imported = imported(&modules);
    let of = |path: &str| imported[&module(path)].iter().map(|from| from.join("/")).collect::<Vec<_>>();
    assert_eq!(of("a"), ["a/b"]);
    assert_eq!(of("a/b"), ["a", "a/c", "a/c/d"]);
    assert_eq!(of("a/c"), ["a/b"]);
    assert!(of("a/c/d").is_empty());
}

/// Files that pages name are there, and so are the pages that they link to.
#[test]
fn pages_name_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "samples/README.md"].map(|page| root.join(page)).into();
    let is_page = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "md");
    for folder in ["docs", "docs/language", "docs/elasticsearch"] {
        pages.extend(fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).filter(is_page));
    }
    let (mut missing, mut seen) = (Vec::new(), 0);
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        // A link, from where the page stands; `foo.rs` stands for any file.
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
        let links = links
            .filter(|link| !link.is_empty() && !link.contains("://"))
            .map(|link| page.with_file_name("").join(link));
        let named = text.split('`').skip(1).step_by(2);
        let is_path = |name: &&str| {
            Path::new(name).extension().is_some_and(|ending| ending == "rs")
                && name.contains('/')
                && !name.contains([' ', '\n'])
                && !name.starts_with("foo/")
        };
        let named = named.filter(is_path).map(|name| {
            let below_src = root.join("src").join(name);
            if below_src.exists() { below_src } else { root.join(name) }
        });
        for path in links.chain(named) {
            seen += 1;
            if !path.exists() {
                missing.push(format!("{} names {}", page.display(), path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(seen > 50, "only {seen} names found: does the search still work?");
}
