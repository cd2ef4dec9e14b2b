//! Names and their replacements in an extract: from the map of an earlier one, through the files, to what is told of them.

use crate::cli::terminal::{counted, grouped, shown};
use anyhow::{Context, Result, anyhow, bail};
use evql::ScanRun;
use evql::base::{Locator, text_file};
use evql::extract::{
    ExtractSummary, NameBook, NameFinder, NameKind, NameLearner, NameMap, NameReplacer, Reach, RuleHints, leftovers,
    show_records, write_log,
};
use evql::source::Input;
use hashbrown::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

/// Most names of one kind that are told, unless all are wanted.
const MOST_TOLD: usize = 8;

/// The names of the evidence with their replacements.
pub struct OtherNames {
    finder: NameFinder,
    book: NameBook,
    hints: RuleHints,
    map: NameMap,
    /// Words that look like names but are not known as such, with how often each was met.
    doubtful: Vec<(String, u64)>,
    drops_hashes: bool,
    counts: HashMap<(NameKind, String), u64>,
    dropped_hashes: u64,
}

/// The map of an earlier extract; an empty one if there is none.
pub fn read_map(path: Option<&Path>) -> Result<NameMap> {
    let Some(path) = path.filter(|path| path.exists()) else {
        return Ok(NameMap { evql_name_map: 1, ..NameMap::default() });
    };
    let text = text_file::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    NameMap::parse(&text).map_err(|error| anyhow!("{} is no map of names: {error}", path.display()))
}

impl OtherNames {
    /// Learns the names of the records at some places, and chooses a replacement for each.
    pub fn learn<'p>(
        run: &ScanRun,
        places: impl Iterator<Item = &'p [Locator]>,
        slow: bool,
        mut map: NameMap,
        drops_hashes: bool,
    ) -> Result<Self> {
        let mut learner = NameLearner::default();
        for places in places {
            show_records(&run.outcome.inputs, places, slow, &mut learner);
        }
        let (names, doubtful) = learner.finish();
        let hints = RuleHints::new(run.detector.rules());
        let book = NameBook::new(&names, &hints, &mut map)?;
        let finder = NameFinder::new(book.clone());
        let counts = HashMap::new();
        Ok(Self { finder, book, hints, map, doubtful, drops_hashes, counts, dropped_hashes: 0 })
    }

    /// Replaces ordinary words in fewer places; says whether there is any that rules look at.
    pub fn loosen(&mut self) -> bool {
        let is_loosened = self.book.loosen(&self.hints);
        self.finder = NameFinder::new(self.book.clone());
        is_loosened
    }

    /// Begins to count anew.
    pub fn begin(&mut self) {
        self.counts.clear();
        self.dropped_hashes = 0;
    }

    /// Writes records with other names.
    pub fn write(
        &mut self,
        inputs: &[Input],
        places: &[Locator],
        slow: bool,
        out: &File,
    ) -> io::Result<ExtractSummary> {
        let mut replacer = NameReplacer::new(&self.finder, self.drops_hashes);
        let summary = write_log(inputs, places, slow, Some(&mut replacer), out)?;
        for (name, count) in replacer.counts {
            *self.counts.entry(name).or_default() += count;
        }
        self.dropped_hashes += replacer.dropped_hashes;
        Ok(summary)
    }

    /// Looks for the old names in the bytes of a file; it is an error if one is there.
    pub fn check(&self, path: &Path) -> Result<()> {
        let file = File::open(path).context("cannot read the extract again")?;
        let left = leftovers(BufReader::new(file), &self.finder).context("cannot read the extract again")?;
        if left.is_empty() {
            return Ok(());
        }
        let names: Vec<String> =
            left.keys().take(MOST_TOLD).map(|(kind, name)| format!("{} {name}", kind.noun())).collect();
        let more =
            if left.len() > names.len() { format!(" and {} more", left.len() - names.len()) } else { String::new() };
        bail!("nothing was written, because names would be left in it: {}{more}", names.join(", "));
    }

    /// A computer's name, replaced.
    pub fn host(&self, name: &str) -> String {
        self.finder.replaced("Computer", name, &mut |_| {}).unwrap_or_else(|| name.to_owned())
    }

    /// The text of the map.
    pub fn map(&self) -> String {
        self.map.to_json()
    }

    /// Tells what was replaced, and what was left.
    pub fn tell(&self, out: &mut dyn Write, verbose: bool) -> io::Result<()> {
        let most = if verbose { usize::MAX } else { MOST_TOLD };
        for kind in NameKind::ALL {
            let mut names: Vec<(&str, u64)> = self
                .counts
                .iter()
                .filter(|((of, _), _)| *of == kind)
                .map(|((_, name), count)| (name.as_str(), *count))
                .collect();
            names.sort_unstable();
            if names.is_empty() {
                continue;
            }
            let noun = if names.len() == 1 { kind.noun() } else { kind.plural() };
            writeln!(out, "  replaced  {} {noun}", grouped(names.len() as u64))?;
            for (name, count) in names.iter().take(most) {
                let new = self.replacement(kind, name);
                writeln!(
                    out,
                    "            {} -> {} ({})",
                    shown(name, None),
                    shown(&new, None),
                    counted(*count, "time")
                )?;
            }
            if names.len() > most {
                writeln!(out, "            and {} more (-v names all)", grouped((names.len() - most) as u64))?;
            }
        }
        if self.dropped_hashes > 0 {
            writeln!(
                out,
                "  dropped   {}",
                counted(self.dropped_hashes, "list of hashes").replace("list of hashess", "lists of hashes")
            )?;
        }
        let mut left: Vec<String> = self.book.kept.clone();
        left.sort();
        list(out, "left, because rules look at it or everybody has it", &left, most)?;
        let in_place = self.book.entries.iter().filter(|entry| entry.reach == Reach::InPlace);
        let in_place: Vec<String> = in_place.map(|entry| entry.original.clone()).collect();
        list(out, "left where it is no name, being an ordinary word", &in_place, most)?;
        let doubtful = self.doubtful.iter().filter(|(name, _)| self.finder.find("", name).is_empty());
        let doubtful: Vec<String> =
            doubtful.map(|(name, count)| format!("{name} ({})", counted(*count, "time"))).collect();
        list(out, "left, though it looks like a name", &doubtful, most)
    }

    fn replacement(&self, kind: NameKind, name: &str) -> String {
        let known = self.map.kind(kind);
        let same = || known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, new)| new);
        known.get(name).or_else(same).cloned().unwrap_or_default()
    }
}

fn list(out: &mut dyn Write, what: &str, names: &[String], most: usize) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let more =
        if names.len() > most { format!(" and {} more (-v names all)", names.len() - most) } else { String::new() };
    let names = names.iter().take(most).map(|name| shown(name, None)).collect::<Vec<_>>().join(", ");
    writeln!(out, "  note      {what}: {names}{more}")
}
