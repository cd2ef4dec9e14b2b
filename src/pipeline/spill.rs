//! Temporary files that cannot be written: the run goes on with what it has, and says so.
//!
//! A disk that is full must not cost what was found before. The first pass stops reading, and what follows it stays in memory.

use crate::base::spool::{SortSpool, SpoolItem, SpoolLimits};
use crate::source::{Fault, FaultKind};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The first error of a temporary file of a run, shared by all that write some.
#[derive(Clone, Debug, Default)]
pub struct SpillErrors(Arc<Mutex<SpillState>>);

#[derive(Debug, Default)]
struct SpillState {
    error: Option<String>,
    is_told: bool,
}

impl SpillErrors {
    fn state(&self) -> MutexGuard<'_, SpillState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an error.
    pub fn note(&self, error: &io::Error) {
        self.state().error.get_or_insert_with(|| error.to_string());
    }

    /// Notes why a spool cannot write to disk any more, if it cannot.
    pub fn note_of<T: SpoolItem>(&self, spool: &SortSpool<T>) {
        if let Some(error) = spool.take_error() {
            self.note(&error);
        }
    }

    /// Whether there was one.
    pub fn any(&self) -> bool {
        self.state().error.is_some()
    }

    /// The fault, once. `unread` says how many bytes of the evidence were not read because of it.
    pub fn fault(&self, limits: &SpoolLimits, unread: u64) -> Option<Fault> {
        let mut state = self.state();
        let error = state.error.clone()?;
        if std::mem::replace(&mut state.is_told, true) {
            return None;
        }
        let reason = match unread {
            0 => format!("{error}: what should be there was held in memory"),
            bytes => {
                format!("{error}: {bytes} bytes of the evidence were not read, and findings are those of the rest")
            }
        };
        Some(Fault::lost(&limits.folder().display().to_string().into(), FaultKind::Temporary, reason))
    }
}
