//! From the surveys of units to those of files.

use super::threads::spread;
use super::unit_survey::SurveyPart;
use crate::source::{self, Fault, FaultKind, Input};
use crate::survey::{EvidenceSurvey, FileContents, SurveyedFile};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The surveyed parts of a file. Units are read in any order, and neighbours are put together as they come, so that few parts are held.
#[derive(Debug, Default)]
pub struct FileParts {
    /// By first chunk.
    parts: BTreeMap<u64, FilePart>,
}

/// A part of a file.
#[derive(Debug, Default)]
struct FilePart {
    /// The chunk behind the last one.
    end: u64,
    contents: FileContents,
    passed_over: u64,
}

impl FilePart {
    /// The part with what comes right after it.
    fn followed_by(mut self, next: Self) -> Self {
        self.contents.merge(next.contents);
        Self { end: next.end, contents: self.contents, passed_over: self.passed_over + next.passed_over }
    }
}

impl FileParts {
    /// Adds a part of so many chunks; a file without chunks has one part.
    pub fn add(&mut self, first_chunk: u64, chunks: u64, SurveyPart { contents, passed_over, .. }: SurveyPart) {
        let mut start = first_chunk;
        let mut part = FilePart { end: first_chunk + chunks.max(1), contents, passed_over };
        let before = self.parts.range(..start).next_back().filter(|(_, before)| before.end == start);
        if let Some(before) = before.map(|(before, _)| *before)
            && let Some(first) = self.parts.remove(&before)
        {
            (start, part) = (before, first.followed_by(part));
        }
        if let Some(next) = self.parts.remove(&part.end) {
            part = part.followed_by(next);
        }
        self.parts.insert(start, part);
    }

    /// The contents of the whole file, and how many records were passed over.
    pub fn whole(self) -> (FileContents, u64) {
        let FilePart { contents, passed_over, .. } =
            self.parts.into_values().reduce(FilePart::followed_by).unwrap_or_default();
        (contents, passed_over)
    }
}

/// The survey of an input, out of its contents and the number of records that were passed over.
pub fn surveyed_file((input, (mut contents, passed_over)): (Input, (FileContents, u64))) -> SurveyedFile {
    contents.settle();
    let header = source::log_header(&input);
    SurveyedFile { input, header, sha256: None, contents, passed_over }
}

/// Adds the SHA-256 of every file on disk, which are read once more for it, on so many threads; one that cannot be read to its end has a fault instead.
pub fn add_hashes(survey: &mut EvidenceSurvey, threads: usize) {
    let EvidenceSurvey { files, faults, .. } = survey;
    let found = hashes(files.iter().map(|file| &file.input), threads, faults);
    faults.sort();
    for file in files {
        file.sha256 = found.get(&file.input.path).cloned();
    }
}

/// The SHA-256 of the files on disk that inputs are read from, by path; one that cannot be read to its end has a fault instead.
pub fn hashes<'i>(
    inputs: impl Iterator<Item = &'i Input>,
    threads: usize,
    faults: &mut Vec<Fault>,
) -> BTreeMap<PathBuf, String> {
    let mut hashes = BTreeMap::new();
    for (path, result) in file_digests(inputs, threads) {
        match result {
            Ok(hash) => {
                hashes.insert(path, hash);
            }
            Err(error) => {
                let reason = format!("its SHA-256 cannot be computed: {error}");
                faults.push(Fault::lost(&path.display().to_string().into(), FaultKind::Unreadable, reason));
            }
        }
    }
    hashes
}

/// The SHA-256 of the files on disk that inputs are read from, by path, each read once, on so many threads; 0 means one per core.
pub fn file_digests<'i>(
    inputs: impl Iterator<Item = &'i Input>,
    threads: usize,
) -> BTreeMap<PathBuf, io::Result<String>> {
    let paths: BTreeSet<&Path> = inputs.map(|input| input.path.as_path()).filter(|path| path.is_file()).collect();
    let paths: Vec<&Path> = paths.into_iter().collect();
    let digests = Mutex::new(BTreeMap::new());
    spread(threads, paths.len(), &|number| {
        let digest = source::sha256(paths[number]);
        digests.lock().unwrap_or_else(PoisonError::into_inner).insert(paths[number].to_owned(), digest);
    });
    digests.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
