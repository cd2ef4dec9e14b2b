//! A line of a card: its name, and what it says.

use super::DIM;
use std::io::{self, Write};

pub(super) fn line(out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "      {DIM}{name:<10}{DIM:#}  {value}")
}
