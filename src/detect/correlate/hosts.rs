//! Hosts by number: a name is kept once, however many candidates it has.

use crate::base::host;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, PoisonError};

/// Stands for a host in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostNumber(pub u32);

/// The hosts of a run, shared by all threads. Names are told apart without regard to case.
#[derive(Debug, Default)]
pub struct HostTable {
    state: Mutex<HostNames>,
}

#[derive(Debug, Default)]
struct HostNames {
    numbers: HashMap<Arc<str>, HostNumber>,
    /// Of several writings of a name the one that is shown.
    shown: Vec<Arc<str>>,
}

impl HostTable {
    /// The number of a host.
    pub fn number(&self, name: &str) -> HostNumber {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let HostNames { numbers, shown } = &mut *state;
        let folded = host::folded(name);
        let written: Arc<str> = name.into();
        if let Some(number) = numbers.get(&*folded) {
            host::show(&mut shown[number.0 as usize], &written);
            return *number;
        }
        let number = HostNumber(u32::try_from(shown.len()).unwrap_or(u32::MAX));
        numbers.insert(folded.into(), number);
        shown.push(written);
        number
    }

    /// How many hosts have a number.
    pub fn len(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).shown.len()
    }

    /// Whether no host has one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a host, in the writing that comes first by its letters.
    pub fn name(&self, number: HostNumber) -> Arc<str> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.shown.get(number.0 as usize).cloned().unwrap_or_default()
    }
}
