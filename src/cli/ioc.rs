//! `evql ioc`: which indicators of compromise the evidence has.
//!
//! It is a scan whose rules are made of lists: every output is that of `evql scan`.

use super::args::{IocArgs, Look, PartArgs, RuleArgs, Scan};
use super::exit::Exit;
use super::patterns;
use super::scan;
use super::stdout::is_stdout;
use anyhow::{Context, Result, bail};
use evql::rules;
use evql::source::is_evidence;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of a file tells a list.
const HEAD: u64 = 64 << 10;

/// Runs the command.
pub fn run(args: &IocArgs, look: &Look) -> Result<Exit> {
    let IocArgs { mut evidence, mut lists, min_level, exceptions, strict, outputs } = args.clone();
    let mut paths = Vec::new();
    for path in patterns::expanded_all(&evidence.inputs.paths)? {
        if is_list(&path)? { lists.ioc.push(path) } else { paths.push(path) }
    }
    evidence.inputs.paths = paths;
    if lists.ioc.is_empty() {
        bail!(
            "there is no list of indicators among the paths: name one, such as `evql ioc iocs.txt evidence/`; -i takes a file as a list in any case"
        );
    }
    let inputs = &evidence.inputs;
    let is_named = [&inputs.paths, &inputs.directory, &inputs.file].into_iter().any(|paths| !paths.is_empty());
    if !is_named && inputs.files_from.is_none() {
        let names: Vec<String> = lists.ioc.iter().map(|path| path.display().to_string()).collect();
        bail!(
            "no evidence given: {} is a list of indicators; name .evtx files too, or folders that hold some",
            names.join(", ")
        );
    }
    lists.only = true;
    let rules = RuleArgs { min_level, exceptions, lists, strict, ..RuleArgs::default() };
    scan::run(&Scan { evidence, rules, building_blocks: false, part: PartArgs::default(), outputs }, look)
}

/// Whether a path is a list of indicators. Evidence never is: whatever a scan would read is left to it.
fn is_list(path: &Path) -> Result<bool> {
    if is_stdout(path) || path.is_dir() {
        return Ok(false);
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(rules::looks_like_list(&head).is_some() || (!is_evidence(path) && is_plain_text(&head)))
}

/// Whether the beginning of a file is text that is neither JSON nor XML.
fn is_plain_text(head: &[u8]) -> bool {
    // PowerShell writes what is sent to a file in UTF-16, with a mark.
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return true;
    }
    // A character may be cut in two at the end.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let start = text.trim_start_matches('\u{feff}').trim_start();
    !start.is_empty() && !start.starts_with(['{', '<']) && !text.chars().any(|c| c.is_control() && !c.is_whitespace())
}
