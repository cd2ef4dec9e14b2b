//! What is said of releases in several places says the same in each: targets of fuzzing, licences, the oldest Rust.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A file of the repository; `None` in what is packed of it, which has no workflows.
fn read(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// The texts of a list behind a name, such as `allow = ["MIT", …]` or `target: [bytes, …]`.
fn list<'t>(text: &'t str, name: &str) -> BTreeSet<&'t str> {
    let inside = text.split(name).nth(1).and_then(|rest| rest.split('[').nth(1)?.split(']').next());
    let items = inside.unwrap_or_default().split([',', '\n']).map(|item| item.trim().trim_matches('"'));
    items.filter(|item| !item.is_empty() && !item.starts_with('#')).collect()
}

#[test]
fn every_fuzz_target_is_built_and_run() {
    let (Some(workflow), Some(manifest)) = (read(".github/workflows/ci.yml"), read("tests/fuzz/Cargo.toml")) else {
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/fuzz_targets");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names: Vec<String> = names.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let targets: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    assert!(targets.len() > 12, "{targets:?}");
    assert_eq!(list(&workflow, "target:\n"), targets, ".github/workflows/ci.yml");
    for target in targets {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "tests/fuzz/Cargo.toml: {target}");
    }
}

#[test]
fn licences_of_archives_are_those_that_dependencies_may_have() {
    let (Some(about), Some(deny)) = (read("about.toml"), read("deny.toml")) else { return };
    let accepted = list(&about, "accepted =");
    assert!(accepted.len() > 5, "{accepted:?}");
    assert_eq!(accepted, list(&deny, "\nallow ="));
}

#[test]
fn the_readme_names_the_oldest_rust() {
    let manifest = read("Cargo.toml").unwrap();
    let oldest = manifest.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(read("README.md").unwrap().contains(&format!("needs Rust {oldest} or later")), "{oldest}");
}
