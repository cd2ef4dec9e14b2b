//! What becomes of a run at a limit that the system sets to processes (`ulimit`): it ends with a message and an exit code, and not by a signal alone, which a
//! script cannot tell from a crash.
//!
//! - Size of files (`-f`): the system sends SIGXFSZ, which ends a process that does not take it. Once it is taken, the write fails like one on a full disk,
//!   and what is said then is said here too.
//! - Memory (`-v`, `-m` of containers aside): the standard library says how much memory it did not get, and aborts. Nothing more can be done without memory;
//!   but the exit code can be that of any other error.

#[cfg(unix)]
use super::exit::Exit;
#[cfg(unix)]
use std::sync::Arc;
#[cfg(unix)]
use std::sync::atomic::AtomicBool;

/// Takes the signals of these limits over. Where that fails, the system does what it always does.
#[cfg(unix)]
pub fn install() {
    use signal_hook::consts::{SIGABRT, SIGXFSZ};
    use signal_hook::flag::{register, register_conditional_shutdown};
    // Nobody asks for the flag: that there is a handler makes the write return an error.
    let _ = register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    let _ = register_conditional_shutdown(SIGABRT, Exit::Usage.code().into(), Arc::new(AtomicBool::new(true)));
}

/// Other systems have no such signals.
#[cfg(not(unix))]
pub fn install() {}
