//! Faults: evidence that could not be read or was passed over, one line each, so that it can be found with grep.

use super::{MARK, counted};
use evql::base::escape::terminal;
use evql::source::{Fault, FaultKind, FaultSeverity};
use std::io::{self, Write};

/// More foreign files than this are named together, unless everything is wanted: a folder may be full of them.
const FOREIGN_LINES: usize = 3;

/// How many of them are named.
const FOREIGN_NAMES: usize = 8;

/// Prints all faults.
pub fn print(out: &mut dyn Write, faults: &[Fault], verbose: bool) -> io::Result<()> {
    let (foreign, others): (Vec<&Fault>, Vec<&Fault>) =
        faults.iter().partition(|fault| matches!(fault.kind, FaultKind::Foreign | FaultKind::EmptyFile));
    // A triage image has thousands of files that are no logs: one line counts them. A handful are named one by one, each with what it is.
    let together = !verbose && foreign.len() > FOREIGN_LINES;
    for fault in &others {
        print_one(out, fault)?;
    }
    if together {
        let names: Vec<_> = foreign.iter().take(FOREIGN_NAMES).map(|fault| terminal(&fault.input)).collect();
        let more = foreign.len() - names.len();
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        let count = counted(foreign.len() as u64, "file");
        let names = names.join(", ");
        writeln!(
            out,
            "{MARK}passed over:{MARK:#} {count} that are not event logs: {names}{rest} (-v tells what each is)"
        )?;
    } else {
        for fault in foreign {
            print_one(out, fault)?;
        }
    }
    out.flush()
}

fn print_one(out: &mut dyn Write, fault: &Fault) -> io::Result<()> {
    let word = match fault.severity {
        FaultSeverity::Lost => "not read:",
        FaultSeverity::Suspect => "in doubt:",
        FaultSeverity::PassedOver => "passed over:",
    };
    write!(out, "{MARK}{word}{MARK:#} {}", terminal(&fault.input))?;
    if let Some(offset) = fault.offset {
        write!(out, " at offset {offset} ({offset:#x})")?;
    }
    if let Some(record) = fault.record_id {
        write!(out, ", record {record}")?;
    }
    writeln!(out, ": {} [{}]", terminal(&fault.reason), fault.kind.as_str())
}
