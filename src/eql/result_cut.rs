//! `head` and `tail`: cuts of the list of results.

/// A cut of the list of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultCut {
    /// The first results.
    Head(usize),
    /// The last results.
    Tail(usize),
}

impl ResultCut {
    /// Cuts results, which must be all there are, in ascending order of time, and stay so.
    pub fn apply<R>(self, results: &mut Vec<R>) {
        match self {
            Self::Head(count) => results.truncate(count),
            Self::Tail(count) => {
                results.drain(..results.len().saturating_sub(count));
            }
        }
    }
}
