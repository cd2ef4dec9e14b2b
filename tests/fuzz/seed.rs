//! Inputs for the fuzz targets to begin with: logs that `forge` writes, what other tools make of them, archives of them, rules and lists. From valid inputs a
//! fuzzer gets deeper in minutes than from nothing in days.

use evql::forge::Scenario;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut corpus = Corpus { folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"), written: 0 };
    // The smallest logs: a fuzzer changes bytes at random, and a chunk has room for all kinds of records.
    for scenario in files(&root.join("samples/scenarios"), "toml")? {
        let text = fs::read_to_string(&scenario)?;
        for file in Scenario::parse(&text, &scenario.display().to_string())?.build()? {
            let is_small = file.bytes.len() < 150_000;
            for target in ["evtx", "chunk", "image"].into_iter().filter(|_| is_small) {
                corpus.add(target, &file.name, &file.bytes)?;
            }
            if is_small {
                archives(&mut corpus, &file.name, &file.bytes)?;
            }
        }
    }
    // By the first byte a target tells the kind of a file.
    for (kind, ending) in ["toml", "yml", "yaml", "eql", "json", "ndjson"].into_iter().enumerate() {
        for folder in ["src/rules/builtin", "tests/sigma", "tests/cli", "samples"] {
            for rule in files(&root.join(folder), ending)? {
                corpus.add("languages", &name(&rule), &[&[kind as u8][..], &fs::read(&rule)?].concat())?;
            }
        }
    }
    for (kind, ending) in ["toml", "ndjson", "json", "csv", "txt", "yml"].into_iter().enumerate() {
        for list in files(&root.join("tests/cli"), ending)? {
            corpus.add("lists", &name(&list), &[&[kind as u8][..], &fs::read(&list)?].concat())?;
        }
    }
    for target in ["report", "raw_events", "documents", "layout"] {
        corpus.add(target, "alerts.jsonl", &fs::read(root.join("tests/page/alerts.jsonl"))?)?;
        corpus.add(target, "expected.jsonl", &fs::read(root.join("samples/expected/alerts.jsonl"))?)?;
    }
    for export in files(&root.join("samples"), "xml")? {
        corpus.add("exports", &name(&export), &fs::read(&export)?)?;
    }
    println!("{} inputs in {}", corpus.written, corpus.folder.display());
    Ok(())
}

struct Corpus {
    folder: PathBuf,
    written: usize,
}

impl Corpus {
    fn add(&mut self, target: &str, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let folder = self.folder.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name.replace('/', "-")), bytes)?;
        self.written += 1;
        Ok(())
    }
}

fn archives(corpus: &mut Corpus, name: &str, log: &[u8]) -> Result<(), Failure> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        zip.start_file(format!("{method}/{name}"), options)?;
        zip.write_all(log)?;
    }
    corpus.add("archive", &format!("{name}.zip"), &zip.finish()?.into_inner())?;
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(log.len() as u64);
    tar.append_data(&mut header, name, log)?;
    let tar = tar.into_inner()?;
    corpus.add("archive", &format!("{name}.tar"), &tar)?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar)?;
    corpus.add("archive", &format!("{name}.tar.gz"), &gzip.finish()?)
}

/// All files below a folder with an ending, in order; none if there is no such folder.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, ending)?);
        } else if path.extension().is_some_and(|have| have == ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The last parts of a path: files of two folders may have one name.
fn name(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts[parts.len().saturating_sub(3)..].join("-")
}
