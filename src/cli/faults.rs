//! Faults that other runs have written.

use anyhow::{Context, Result};
use evql::fleet::read_faults;
use evql::source::Fault;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

/// The faults of some files.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for path in paths {
        let name = path.display();
        let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
        let found = read_faults(BufReader::new(file)).with_context(|| format!("cannot read {name}"))?;
        faults.extend(found.with_context(|| format!("{name} is no list of faults, as `evql scan --part` writes it"))?);
    }
    faults.sort();
    faults.dedup();
    Ok(faults)
}
