//! External sorting, as in databases: items are added in any order from any thread, and come back sorted, whatever their number.
//!
//! Items wait in memory up to a limit. Above it they are sorted and written to a temporary file without a name, as a sorted *run*; what is left in memory at
//! the end is one more run. To read is to *merge*: of the first items of all runs the least one comes next.
//!
//! ```text
//! added:   7 2 9 | 4 1 8 | 3        limit: three items
//! runs:    [2 7 9] [1 4 8] [3]      the first two on disk, the last one in memory
//! merged:  1 2 3 4 7 8 9
//! ```
//!
//! Each run is cut into partitions by the leading bits of what it is sorted by, and a partition can be merged without the others: so threads share the
//! work without asking each other. This module does not know what is sorted.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that can be sorted, written to a run, and read back.
pub trait SpoolItem: Ord + Clone + Send + Sync {
    /// How many parts runs are cut into.
    const PARTITIONS: usize = 1;

    /// The partition of the item, below [`PARTITIONS`](Self::PARTITIONS). It must not fall where items ascend.
    fn partition(&self) -> usize {
        0
    }

    /// How many bytes of memory the item takes.
    fn bytes(&self) -> usize {
        size_of::<Self>()
    }

    /// Appends the item, in a form that tells where it ends.
    fn write(&self, out: &mut Vec<u8>);

    /// Reads an item that [`write`](Self::write) has written.
    fn read(from: &mut dyn Read) -> io::Result<Self>;
}

/// How much a run may hold in memory, and where the rest goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolLimits {
    /// Bytes in memory.
    pub max_memory: u64,
    /// The folder for temporary files; the system's own if not given.
    pub temp_folder: Option<PathBuf>,
}

/// Bytes of an item that is read without an allocation.
const SMALL_ITEM: usize = 256;
/// Most bytes that are allocated for an item before they are there.
const MOST_TRUSTED: usize = 1 << 20;

/// Writes anything to a run: its length, then its bytes.
pub fn write_item(item: &impl Serialize, out: &mut Vec<u8>) {
    let at = out.len();
    out.extend([0; 4]);
    // Writing to a Vec does not fail.
    drop(postcard::to_io(item, &mut *out));
    let length = u32::try_from(out.len() - at - 4).unwrap_or(u32::MAX);
    out[at..at + 4].copy_from_slice(&length.to_le_bytes());
}

/// Reads what [`write_item`] has written.
pub fn read_item<T: DeserializeOwned>(from: &mut dyn Read) -> io::Result<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    // Most items are small, and there are millions: they are not worth an allocation each.
    let (mut few, mut many) = ([0; SMALL_ITEM], Vec::new());
    let bytes = if length <= SMALL_ITEM {
        from.read_exact(&mut few[..length])?;
        &few[..length]
    } else {
        // Files of parts come from elsewhere: what they say of a length is not taken on trust.
        many.reserve(length.min(MOST_TRUSTED));
        from.take(length as u64).read_to_end(&mut many)?;
        &many[..]
    };
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(bytes).map_err(io::Error::other)
}

/// Writes bytes to a run: their number, then themselves. `serde` would write them one by one.
pub fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Reads what [`write_bytes`] has written.
pub fn read_bytes(from: &mut dyn Read) -> io::Result<Arc<[u8]>> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let mut bytes = vec![0; usize::try_from(u64::from_le_bytes(length)).map_err(io::Error::other)?];
    from.read_exact(&mut bytes)?;
    Ok(bytes.into())
}

impl Default for SpoolLimits {
    fn default() -> Self {
        Self { max_memory: 512 << 20, temp_folder: None }
    }
}

impl SpoolLimits {
    /// A fraction of the memory, with the same folder.
    #[must_use]
    pub fn share(&self, parts: u64) -> Self {
        Self { max_memory: self.max_memory / parts.max(1), temp_folder: self.temp_folder.clone() }
    }

    /// A temporary file. It has no name where the system allows that, so that nothing stays behind however the run ends.
    pub fn temporary(&self) -> io::Result<File> {
        match &self.temp_folder {
            Some(folder) => tempfile::tempfile_in(folder),
            None => tempfile::tempfile(),
        }
    }

    /// The folder for temporary files.
    pub fn folder(&self) -> PathBuf {
        self.temp_folder.clone().unwrap_or_else(std::env::temp_dir)
    }

    /// Says of an error which folder for temporary files it is about.
    pub fn explain(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("cannot keep a temporary file in {}: {error}", self.folder().display()))
    }
}

/// Where the spools of a run write, and why they cannot any more: all that share it share the error.
#[derive(Clone, Debug, Default)]
pub struct SpoolSpace {
    limits: SpoolLimits,
    error: Arc<Mutex<Option<String>>>,
}

impl From<SpoolLimits> for SpoolSpace {
    fn from(limits: SpoolLimits) -> Self {
        Self { limits, error: Arc::default() }
    }
}

impl SpoolSpace {
    /// A fraction of the memory, in the same place.
    #[must_use]
    pub fn share(&self, parts: u64) -> Self {
        Self { limits: self.limits.share(parts), error: self.error.clone() }
    }

    /// The limits.
    pub fn limits(&self) -> &SpoolLimits {
        &self.limits
    }

    /// Notes why nothing can be written, unless that was noted before.
    pub fn note(&self, error: &io::Error) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
    }

    /// Why nothing can be written, if that is so.
    pub fn error(&self) -> Option<String> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Items that wait to be sorted. Shared by all threads.
#[derive(Debug)]
pub struct SortSpool<T> {
    space: SpoolSpace,
    /// All runs, one after the other: thousands of them, where memory is short, would be more files than a process may have open.
    file: Mutex<Option<File>>,
    state: Mutex<SpoolState<T>>,
}

#[derive(Debug)]
struct SpoolState<T> {
    /// Items as they were added, block by block: to make one list of them would copy them again and again.
    blocks: Vec<SpoolBlock<T>>,
    bytes: u64,
    runs: Vec<SortedRun>,
    /// Whether a run could not be written: everything stays in memory then.
    is_stuck: bool,
}

/// Items that were added together, sorted.
#[derive(Debug)]
struct SpoolBlock<T> {
    items: Vec<T>,
    /// Where each partition begins, and where the last one ends.
    starts: Box<[u32]>,
}

impl<T: SpoolItem> SpoolBlock<T> {
    fn new(mut items: Vec<T>) -> Self {
        items.sort_unstable();
        let mut starts = vec![0; T::PARTITIONS + 1];
        for item in &items {
            starts[item.partition() + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Self { items, starts: starts.into() }
    }

    fn partition(&self, number: usize) -> &[T] {
        &self.items[self.starts[number] as usize..self.starts[number + 1] as usize]
    }
}

/// A sorted run on disk: where each partition begins, and where the last one ends.
#[derive(Debug)]
struct SortedRun(Vec<u64>);

impl<T: SpoolItem> SortSpool<T> {
    /// An empty spool.
    pub fn new(space: SpoolSpace) -> Self {
        let state = SpoolState { blocks: Vec::new(), bytes: 0, runs: Vec::new(), is_stuck: false };
        Self { space, file: Mutex::default(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, SpoolState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds items; writes what is held to disk if it has become too much. If that fails, nothing is lost: what was added is there, and what is added from then
    /// on stays in memory; the space knows why.
    pub fn add(&self, items: Vec<T>) {
        if items.is_empty() {
            return;
        }
        let bytes: u64 = items.iter().map(|item| item.bytes() as u64).sum();
        // Here and not when all is there: the thread that adds does its share, and nothing is moved again before its partition is read.
        let block = SpoolBlock::new(items);
        let mut state = self.state();
        state.blocks.push(block);
        state.bytes += bytes;
        if state.bytes <= self.space.limits.max_memory || state.is_stuck {
            return;
        }
        let blocks = std::mem::take(&mut state.blocks);
        state.bytes = 0;
        // The state is not locked while a run is written: the other threads go on.
        drop(state);
        // References are put in order, and not the items, of which there are as many as memory may hold. Blocks are sorted: the stable sort knows such
        // stretches, and merges them.
        let mut items: Vec<&T> = blocks.iter().flat_map(|block| &block.items).collect();
        items.sort();
        let run = self.write(&items);
        let mut state = self.state();
        match run {
            Ok(run) => state.runs.push(run),
            Err(error) => {
                state.blocks.extend(blocks);
                state.is_stuck = true;
                self.space.note(&self.space.limits.explain(&error));
            }
        }
    }

    /// Adds items one after the other, up to one that could not be read.
    pub fn add_all(&self, items: impl Iterator<Item = io::Result<T>>) -> io::Result<()> {
        let mut block = Vec::new();
        for item in items {
            block.push(item?);
            if block.len() >= BLOCK {
                self.add(std::mem::take(&mut block));
            }
        }
        self.add(block);
        Ok(())
    }

    fn write(&self, items: &[&T]) -> io::Result<SortedRun> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &mut *file {
            Some(file) => file,
            none => none.insert(self.space.limits.temporary()?),
        };
        let mut at = file.seek(SeekFrom::End(0))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let (mut starts, mut bytes) = (Vec::with_capacity(T::PARTITIONS + 1), Vec::new());
        for item in items {
            starts.resize(starts.len().max(item.partition() + 1), at);
            bytes.clear();
            item.write(&mut bytes);
            out.write_all(&bytes)?;
            at += bytes.len() as u64;
        }
        starts.resize(T::PARTITIONS + 1, at);
        out.flush()?;
        Ok(SortedRun(starts))
    }

    /// Takes out everything that was added, to be read in order.
    pub fn take_sorted(&self) -> SortedSpool<T> {
        let mut state = self.state();
        let (blocks, runs) = (std::mem::take(&mut state.blocks), std::mem::take(&mut state.runs));
        state.bytes = 0;
        drop(state);
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Memory that is short has many runs, which are all read at once.
        let for_each = self.space.limits.max_memory / (runs.len() as u64).max(1) / 2;
        let read_bytes = usize::try_from(for_each).unwrap_or(MOST_READ).clamp(LEAST_READ, MOST_READ);
        SortedSpool { blocks, runs, file: Mutex::new(file), read_bytes }
    }
}

/// Items that are all there, to be read in order as often as one likes.
#[derive(Debug)]
pub struct SortedSpool<T> {
    /// What is in memory. A partition is put together by whoever reads it, so that threads share that work too.
    blocks: Vec<SpoolBlock<T>>,
    runs: Vec<SortedRun>,
    file: Mutex<Option<File>>,
    /// Bytes that are read of a run at a time.
    read_bytes: usize,
}

impl<T: SpoolItem> SortedSpool<T> {
    /// All items, in order.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<T>> {
        (0..T::PARTITIONS).flat_map(|number| self.partition(number))
    }

    /// The items of a partition, sorted. The partitions one after the other are everything, sorted.
    pub fn partition(&self, number: usize) -> MergeRuns<'_, T> {
        let mut held = Vec::new();
        self.blocks.iter().for_each(|block| held.extend_from_slice(block.partition(number)));
        held.sort(); // Merges the blocks, as above.
        let reader = |SortedRun(starts): &SortedRun| {
            let stretch = RunReader { file: &self.file, at: starts[number], end: starts[number + 1] };
            BufReader::with_capacity(self.read_bytes, stretch)
        };
        let runs: Vec<_> = self.runs.iter().filter(|run| run.0[number] < run.0[number + 1]).map(reader).collect();
        let mut merge = MergeRuns { held: held.into_iter(), runs, next: BinaryHeap::new(), failed: None };
        (0..=merge.runs.len()).for_each(|source| merge.advance(source));
        merge
    }
}

/// Items that are added at a time where they come one by one.
const BLOCK: usize = 1024;

/// Most bytes that are read of a run at a time.
const MOST_READ: usize = 64 << 10;
/// Least bytes.
const LEAST_READ: usize = 4 << 10;

/// A stretch of a run.
#[derive(Debug)]
struct RunReader<'s> {
    file: &'s Mutex<Option<File>>,
    at: u64,
    end: u64,
}

impl Read for RunReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(usize::try_from(self.end - self.at).unwrap_or(usize::MAX));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = &mut *file else { return Ok(0) };
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(&mut into[..length])?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Merges what is held with the runs on disk.
#[derive(Debug)]
pub struct MergeRuns<'s, T> {
    held: std::vec::IntoIter<T>,
    runs: Vec<BufReader<RunReader<'s>>>,
    /// The next item of each source with its number: the runs, and then what is held.
    next: BinaryHeap<Reverse<(T, usize)>>,
    failed: Option<io::Error>,
}

impl<T: SpoolItem> MergeRuns<'_, T> {
    fn advance(&mut self, source: usize) {
        let item = match self.runs.get_mut(source) {
            None => self.held.next(),
            Some(run) if run.buffer().is_empty() && run.get_ref().at == run.get_ref().end => None,
            Some(run) => T::read(run).map_err(|error| self.failed = Some(error)).ok(),
        };
        self.next.extend(item.map(|item| Reverse((item, source))));
    }
}

impl<T: SpoolItem> Iterator for MergeRuns<'_, T> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<io::Result<T>> {
        if let Some(error) = self.failed.take() {
            // Nothing after it would be whole.
            self.next.clear();
            return Some(Err(error));
        }
        if self.runs.is_empty() {
            // Nothing to merge with: the heap holds the one item that was there first.
            return self.next.pop().map(|Reverse((item, _))| item).or_else(|| self.held.next()).map(Ok);
        }
        let Reverse((item, source)) = self.next.pop()?;
        self.advance(source);
        Some(Ok(item))
    }
}

#[cfg(test)]
mod tests;
