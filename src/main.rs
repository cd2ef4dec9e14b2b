//! The `evql` command.
fn main() {}
