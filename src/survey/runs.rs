//! Record numbers as runs without a gap, and what is missing between them.
//!
//! This module knows numbers only, not what carries them.

/// Most runs that are held of one channel: evidence that has more gaps than this was crafted, or thinned out on purpose.
const MOST_RUNS: usize = 65_536;

/// A set of numbers, held as runs of neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberRuns {
    /// First and last number of each; sorted and apart after [`settle`](Self::settle), in the order of arrival before.
    found: Vec<(u64, u64)>,
    /// How many runs there were when they were last settled.
    settled: usize,
    /// Whether numbers had to be left out.
    is_partial: bool,
}

impl NumberRuns {
    /// Adds a number.
    pub fn add(&mut self, number: u64) {
        match self.found.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            Some((_, last)) if *last == number => {}
            // Most records are numbered one after another: a log of a million is one pair.
            _ => self.push((number, number)),
        }
    }

    /// Adds all numbers of another.
    pub fn merge(&mut self, other: &Self) {
        self.is_partial |= other.is_partial;
        other.found.iter().for_each(|&run| self.push(run));
    }

    fn push(&mut self, run: (u64, u64)) {
        // Sorted when the list has doubled, not at every number: the cost per number stays logarithmic, and memory within twice the number of runs.
        if self.found.len() >= self.settled.saturating_mul(2).max(1024) {
            self.settle();
        }
        if self.found.len() >= 2 * MOST_RUNS {
            self.is_partial = true;
        } else {
            self.found.push(run);
        }
    }

    /// Sorts the runs and joins those that touch.
    pub fn settle(&mut self) {
        self.found.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::with_capacity(self.found.len());
        for &(first, last) in &self.found {
            match joined.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => joined.push((first, last)),
            }
        }
        if joined.len() > MOST_RUNS {
            joined.truncate(MOST_RUNS);
            self.is_partial = true;
        }
        self.settled = joined.len();
        self.found = joined;
    }

    /// The smallest and the greatest number. Needs [`settle`](Self::settle).
    pub fn range(&self) -> Option<(u64, u64)> {
        Some((self.found.first()?.0, self.found.last()?.1))
    }

    /// How many different numbers there are. Needs [`settle`](Self::settle).
    pub fn distinct(&self) -> u64 {
        self.found.iter().map(|(first, last)| (last - first).saturating_add(1)).fold(0, u64::saturating_add)
    }

    /// First and last number of every gap. Needs [`settle`](Self::settle).
    pub fn gaps(&self) -> impl ExactSizeIterator<Item = (u64, u64)> {
        self.found.windows(2).map(|pair| (pair[0].1 + 1, pair[1].0 - 1))
    }

    /// How many numbers are missing in the gaps. Needs [`settle`](Self::settle).
    pub fn missing(&self) -> u64 {
        self.gaps().map(|(first, last)| last - first + 1).sum()
    }

    /// Whether there were too many runs to hold them all.
    pub fn is_partial(&self) -> bool {
        self.is_partial
    }
}

#[cfg(test)]
mod tests;
