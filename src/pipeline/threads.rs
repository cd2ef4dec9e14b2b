//! Threads for jobs beside the evidence, and the portions in which the evidence is handed to threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Chunks of 64 KiB in one unit of work: 1 MiB is small enough to spread one file over all cores, and large enough to hide the cost of a unit.
pub const CHUNKS_PER_UNIT: u32 = 16;

/// Does a job for every number below a count on so many threads, 0 meaning one per core.
pub fn spread(threads: usize, count: usize, job: &(dyn Fn(usize) + Sync)) {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if threads == 0 { cores() } else { threads }.min(count);
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return;
            }
            job(at);
        }
    };
    std::thread::scope(|scope| {
        // A thread that the system refuses to start is one less.
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let started: Vec<_> = (1..threads).filter_map(start).collect();
        work();
        drop(started);
    });
}

/// States that no thread uses at present: buffers, caches and observers, reused from unit to unit.
///
/// Rayon splits work into many more jobs than there are threads. A job takes what another one has put back, so that there are never more states than threads.
#[derive(Debug)]
pub struct StatePool<S>(Mutex<Vec<S>>);

impl<S> Default for StatePool<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S> StatePool<S> {
    /// Does a job with a state, which is made if no other is free.
    pub fn with<R>(&self, new: impl FnOnce() -> S, job: impl FnOnce(&mut S) -> R) -> R {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut state = free.unwrap_or_else(new);
        let result = job(&mut state);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(state);
        result
    }

    /// All states.
    pub fn into_states(self) -> Vec<S> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
