//! A stretch of a text that is read once from front to back: grows at its end on demand, forgets its front when told to.
//!
//! Places are offsets from the start of the text, so they stay true while the window moves. It does not know what the text means.

use std::io::{ErrorKind, Read};

/// Bytes that are read at a time.
pub(super) const BLOCK: usize = 65_536;

/// Outcome of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Find {
    /// Found, starting here.
    At(u64),
    /// Not found up to the limit.
    Limit,
    /// Not found up to the end of the text.
    End,
}

pub(super) struct TextWindow<R> {
    source: R,
    bytes: Vec<u8>,
    /// Offset of the first of `bytes`.
    start: u64,
    ended: bool,
    failure: Option<std::io::Error>,
}

impl<R: Read> TextWindow<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, bytes: Vec::new(), start: 0, ended: false, failure: None }
    }

    /// Offset just past the last byte that was read.
    pub(super) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// Whether there is nothing more to be read.
    pub(super) fn is_over(&self) -> bool {
        self.ended
    }

    /// The error that ended the text early, if one did; handed out once.
    pub(super) fn take_failure(&mut self) -> Option<std::io::Error> {
        self.failure.take()
    }

    /// Lets go of what is before `offset`. Memory is moved only when most of it is free, so that all moves together cost no more than reading.
    pub(super) fn forget(&mut self, offset: u64) {
        let dead = self.index(offset);
        if dead >= BLOCK && dead >= self.bytes.len() / 2 {
            self.bytes.drain(..dead);
            self.start += dead as u64;
            self.bytes.shrink_to(16 * BLOCK);
        }
    }

    /// The bytes from `from` to `to`, or as many of them as the window has.
    pub(super) fn slice(&self, from: u64, to: u64) -> &[u8] {
        let (from, to) = (self.index(from), self.index(to));
        self.bytes.get(from..to).unwrap_or_default()
    }

    /// Up to `length` bytes from `offset` on; fewer only at the end of the text.
    pub(super) fn look(&mut self, offset: u64, length: u64) -> &[u8] {
        while self.end() < offset.saturating_add(length) && self.fill() {}
        self.slice(offset, offset.saturating_add(length))
    }

    /// Searches between `from` and `limit`: `search` finds the first hit in a piece of the text; a hit is at most `width` bytes wide.
    pub(super) fn find(&mut self, from: u64, limit: u64, width: u64, search: impl Fn(&[u8]) -> Option<usize>) -> Find {
        let mut from = from;
        loop {
            let to = self.end().min(limit);
            if let Some(hit) = search(self.slice(from, to)) {
                return Find::At(from + hit as u64);
            }
            if to >= limit {
                return Find::Limit;
            }
            // A hit may begin in the last bytes that were searched.
            from = from.max((to + 1).saturating_sub(width));
            if !self.fill() {
                return Find::End;
            }
        }
    }

    /// Reads another block; false at the end of the text.
    fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let length = self.bytes.len();
        self.bytes.resize(length + BLOCK, 0);
        let read = loop {
            match self.source.read(&mut self.bytes[length..]) {
                Ok(read) => break read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(error);
                    break 0;
                }
            }
        };
        self.bytes.truncate(length + read);
        self.ended = read == 0;
        !self.ended
    }

    fn index(&self, offset: u64) -> usize {
        usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX).min(self.bytes.len())
    }
}
