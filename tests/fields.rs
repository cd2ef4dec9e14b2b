//! `docs/fields.md` is what the mapping's tables say. `EVQL_BLESS=1` writes it anew.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use std::path::Path;

#[test]
fn the_page_of_fields_is_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fields.md");
    let page = evql::sysmon::reference();
    if std::env::var_os("EVQL_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert!(
        written == page,
        "docs/fields.md is behind the tables in src/sysmon: EVQL_BLESS=1 cargo test --test fields"
    );
    for id in evql::sysmon::event_ids() {
        assert!(page.contains(&format!("\n| {id} | ")), "ID {id} has no row");
    }
}
