//! Each output is opened in the programs that people open it with: Python's csv and json modules, pandas, pyarrow and DuckDB.
//!
//! `tests/readers/check.py` does it. It needs a Python with duckdb, pandas and pyarrow, which `EVQL_PYTHON` may name; where there is none the test
//! passes itself over and says so, unless `EVQL_PYTHON` was given.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and says so when it passes itself over.
#![cfg(feature = "parquet")]

use std::path::Path;
use std::process::Command;

#[test]
fn every_output_opens_in_its_reader() {
    let given = std::env::var_os("EVQL_PYTHON").filter(|python| !python.is_empty());
    let python = given.clone().unwrap_or_else(|| "python3".into());
    let has_readers = Command::new(&python).args(["-c", "import duckdb, pandas, pyarrow"]).output();
    if !has_readers.is_ok_and(|output| output.status.success()) {
        assert!(given.is_none(), "{} lacks duckdb, pandas or pyarrow", python.display());
        eprintln!("passed over: there is no Python with duckdb, pandas and pyarrow; EVQL_PYTHON names one");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let work = tempfile::tempdir().unwrap();
    let output = Command::new(&python)
        .arg(root.join("tests/readers/check.py"))
        .args([Path::new(env!("CARGO_BIN_EXE_evql")), &root.join("samples"), work.path()])
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(out.lines().count(), 6, "a check did not run:\n{out}");
}
