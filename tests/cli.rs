//! Sessions at the command line: what was typed, what came back, and the exit code.
//!
//! `TRYCMD=overwrite cargo test --test cli` rewrites them; read them before you commit them.

#[test]
fn sessions() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd").env("NO_COLOR", "1").env("COLUMNS", "100");
}
