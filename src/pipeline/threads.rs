//! Threads for jobs beside the evidence, and the portions in which the evidence is handed to threads.

use std::sync::atomic::{AtomicUsize, Ordering};

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
