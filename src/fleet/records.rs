//! Files of a part that are lists: faults as JSON lines, and alerts with their events in the form in which evql spools them.

use crate::base::Locator;
use crate::base::spool::{read_item, write_item};
use crate::pipeline::HeldAlert;
use crate::report::fault_document;
use crate::source::{Fault, FaultKind, FaultSeverity};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{self, BufRead, Read, Write};

/// What a merge must know before it reads the alerts of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldHead {
    /// The names of hosts, by number.
    pub hosts: Vec<String>,
    /// The places of chunks that are copies of others.
    pub copied_chunks: Vec<Locator>,
    /// The places of records and documents that are.
    pub copied_records: Vec<Locator>,
}

/// Writes a head, and after it items one by one.
pub struct HeldWriter<W> {
    out: W,
    buffer: Vec<u8>,
}

impl<W: Write> HeldWriter<W> {
    /// Writes the head.
    pub fn new(out: W, head: &impl Serialize) -> io::Result<Self> {
        let mut writer = Self { out, buffer: Vec::new() };
        writer.item(head)?;
        Ok(writer)
    }

    /// Writes anything.
    pub fn item(&mut self, item: &impl Serialize) -> io::Result<()> {
        self.buffer.clear();
        write_item(item, &mut self.buffer);
        self.out.write_all(&self.buffer)
    }
}

/// Reads the head.
pub fn read_head(from: &mut dyn Read) -> io::Result<HeldHead> {
    read_item(from)
}

/// Reads the next alert.
pub fn read_alert(from: &mut dyn Read) -> io::Result<HeldAlert> {
    read_item(from)
}

/// Writes faults, one a line.
pub fn write_faults(faults: &[Fault], out: &mut dyn Write) -> io::Result<()> {
    faults.iter().try_for_each(|fault| writeln!(out, "{}", fault_document(fault)))
}

/// Reads faults; `None` for a line that is none.
pub fn read_faults(from: impl BufRead) -> io::Result<Option<Vec<Fault>>> {
    let lines: Vec<String> = from.lines().collect::<io::Result<_>>()?;
    Ok(lines.iter().map(|line| fault_of(&serde_json::from_str(line).ok()?)).collect())
}

fn fault_of(document: &Value) -> Option<Fault> {
    let text = |name: &str| document[name].as_str();
    let kind = FaultKind::ALL.into_iter().find(|kind| Some(kind.as_str()) == text("kind"))?;
    let severity = FaultSeverity::ALL.into_iter().find(|severity| Some(severity.as_str()) == text("severity"))?;
    Some(Fault {
        input: text("path")?.into(),
        offset: document["offset"].as_u64(),
        kind,
        record_id: document["record_id"].as_u64(),
        severity,
        reason: text("reason")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_as_they_were_written() {
        let of = |kind: FaultKind| Fault::lost(&"a \"log\".evtx".into(), kind, "why \u{1b}[1m").at(7);
        let mut faults: Vec<Fault> = FaultKind::ALL.into_iter().map(of).collect();
        faults[0] = Fault { record_id: Some(3), offset: None, severity: FaultSeverity::Suspect, ..faults[0].clone() };
        let mut text = Vec::new();
        write_faults(&faults, &mut text).unwrap();
        assert_eq!(read_faults(&*text).unwrap(), Some(faults));
        assert_eq!(read_faults(&b"{\"path\": \"a\", \"kind\": \"new\"}\n"[..]).unwrap(), None);
    }
}
