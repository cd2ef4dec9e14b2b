//! The progress bar: on stderr, only if that is a terminal, and gone when the work is done.

use super::args::Look;
use evql::pipeline::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar, or nothing at all.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar, hidden unless stderr is a terminal.
    pub fn new(look: &Look) -> Self {
        // A bar in a log file would be thousands of lines.
        let visible = !look.quiet && !look.no_progress && std::io::stderr().is_terminal();
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let template = "reading {wide_bar} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Progress for Bar {
    fn start(&self, bytes: u64) {
        // A run may make several passes.
        self.0.reset();
        self.0.set_length(bytes);
    }

    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}
