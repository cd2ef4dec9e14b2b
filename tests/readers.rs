//! Each output is opened in the programs that people open it with: Python's csv and json modules, pandas, pyarrow, DuckDB, stix2 and `PyMISP`.
//!
//! `tests/readers/check.py` does it. It needs a Python with duckdb, pandas, pyarrow, pymisp and stix2, which `EVQL_PYTHON` names.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.
#![cfg(feature = "parquet")]

use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "needs EVQL_PYTHON"]
fn every_output_opens_in_its_reader() {
    let python = std::env::var_os("EVQL_PYTHON")
        .expect("EVQL_PYTHON names a Python with duckdb, pandas, pyarrow, pymisp and stix2");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let work = tempfile::tempdir().unwrap();
    let output = Command::new(&python)
        .arg(root.join("tests/readers/check.py"))
        .args([Path::new(env!("CARGO_BIN_EXE_evql")), &root.join("samples"), work.path()])
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(out.lines().count(), 7, "a check did not run:\n{out}");
}
