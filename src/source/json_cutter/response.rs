//! Completeness of a response of Elasticsearch, by its own words: whether it has all that its search has found.
//!
//! ```text
//! {"timed_out":false,"_shards":{"total":3,"failed":1},"hits":{"total":{"value":10000,"relation":"gte"},"hits":[ … ]}}
//!  └ Top              └ Shards                         └ Hits  └ Total
//! ```
//!
//! A search answers with 10 documents, or with 10,000 at most, however many there are; with what the other shards have if one of them fails; and with what was
//! found so far if its time is up. Whoever exports by it has a part of the evidence, and nothing in the documents shows it. These fields do, before the list of
//! documents or behind it. Pages of one search may follow each other in one file: then all of them together are held against the total.

use std::fmt;

/// Bytes of what a response says of itself, as far as it is looked at.
const LONGEST_VALUE: usize = 24;

/// Hears where a response begins, and what it lacks.
pub type ShortfallSink<'s> = &'s mut dyn FnMut(u64, Shortfall);

/// Looks at what responses say of themselves while their text is cut.
#[derive(Debug, Default)]
pub struct ResponseWatch {
    /// The field that the value at hand belongs to, if it matters; its text is `value`.
    field: Option<ResponseField>,
    value: Vec<u8>,
    /// Counts and flags of the outermost object, in case it is a response.
    summary: ResponseSummary,
    /// Responses whose list of documents has begun, one in the other.
    open: Vec<OpenResponse>,
    /// The responses before, if the next one may be another page of the same search.
    pages: Option<Pages>,
}

impl ResponseWatch {
    /// A value begins under a name in a part of what may be a response.
    pub fn begin_value(&mut self, part: ResponsePart, name: &[u8]) {
        self.field = ResponseField::of(part, name);
        self.value.clear();
    }

    /// Whether the value at hand says something.
    pub fn is_in_value(&self) -> bool {
        self.field.is_some()
    }

    /// Takes bytes of a value.
    pub fn add_to_value(&mut self, bytes: &[u8]) {
        if self.field.is_some() {
            let room = LONGEST_VALUE.saturating_sub(self.value.len());
            self.value.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// A value ends that stands in the response with so many objects and lists around it.
    pub fn end_value(&mut self, around: Option<usize>) {
        let Some(field) = self.field.take() else { return };
        let summary = match self.open.last_mut().filter(|response| Some(response.depth) == around) {
            Some(response) => &mut response.summary,
            None => &mut self.summary,
        };
        summary.take(field, &self.value);
    }

    /// Another object begins that may be a response.
    pub fn forget_summary(&mut self) {
        self.summary = ResponseSummary::default();
    }

    /// The list of a response begins, if that has not one already.
    pub fn begin_list(&mut self, depth: usize, start: u64) {
        if self.open.last().is_none_or(|response| response.depth < depth) {
            self.open.push(OpenResponse { depth, start, summary: self.summary, count: 0 });
        }
    }

    /// A document of the list begins, or a sequence.
    pub fn count(&mut self) {
        if let Some(response) = self.open.last_mut() {
            response.count += 1;
        }
    }

    /// Something has ended that had so many objects and lists around it: the response at hand, perhaps.
    pub fn end(&mut self, depth: usize, sink: ShortfallSink<'_>) {
        let Some(response) = self.open.pop_if(|response| response.depth >= depth) else { return };
        response.summary.shortfalls().for_each(|shortfall| sink(response.start, shortfall));
        let Some(page) = Pages::of(&response) else { return };
        if self.pages.as_mut().is_some_and(|pages| pages.add(page)) {
            return;
        }
        self.tell_pages(sink);
        self.pages = Some(page);
        // Responses in a list are those of different searches.
        if depth > 0 {
            self.tell_pages(sink);
        }
    }

    /// No further page follows.
    pub fn tell_pages(&mut self, sink: ShortfallSink<'_>) {
        if let Some(pages) = self.pages.take()
            && let Some(shortfall) = pages.shortfall()
        {
            sink(pages.start, shortfall);
        }
    }

    /// Damage has ended everything with so many objects and lists around it.
    pub fn forget(&mut self, depth: usize) {
        self.open.retain(|response| response.depth < depth);
    }
}

/// Parts of a response in which something is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponsePart {
    /// The response itself, and what clients put around it.
    Top,
    /// `_shards`.
    Shards,
    /// `hits`.
    Hits,
    /// `total` of `hits`.
    Total,
}

/// A field by which a response tells whether it is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ResponseField {
    TimedOut,
    Partial,
    FailedShards,
    Shards,
    Total,
    Relation,
}

impl ResponseField {
    /// The field of a name in a part of a response, if it matters.
    fn of(part: ResponsePart, name: &[u8]) -> Option<Self> {
        Some(match (part, name) {
            (ResponsePart::Top, b"timed_out") => Self::TimedOut,
            (ResponsePart::Top, b"is_partial") => Self::Partial,
            (ResponsePart::Shards, b"failed") => Self::FailedShards,
            (ResponsePart::Shards, b"total") => Self::Shards,
            // Elasticsearch 6 has the number itself.
            (ResponsePart::Hits, b"total") | (ResponsePart::Total, b"value") => Self::Total,
            (ResponsePart::Total, b"relation") => Self::Relation,
            _ => return None,
        })
    }
}

/// Counts and flags that a response gives of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ResponseSummary {
    is_timed_out: bool,
    is_partial: bool,
    failed_shards: u64,
    shards: u64,
    total: Option<u64>,
    is_at_least: bool,
}

impl ResponseSummary {
    /// Takes a value as it is written, without quotes.
    fn take(&mut self, field: ResponseField, value: &[u8]) {
        let number = || str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        match field {
            ResponseField::TimedOut => self.is_timed_out |= value == b"true",
            ResponseField::Partial => self.is_partial |= value == b"true",
            ResponseField::FailedShards => self.failed_shards = number().unwrap_or_default(),
            ResponseField::Shards => self.shards = number().unwrap_or_default(),
            ResponseField::Total => self.total = number(),
            ResponseField::Relation => self.is_at_least = value == b"gte",
        }
    }

    /// The reasons why the response is incomplete, but for further pages.
    fn shortfalls(&self) -> impl Iterator<Item = Shortfall> {
        let failed = Shortfall::FailedShards { failed: self.failed_shards, of: self.shards };
        [
            (self.is_timed_out, Shortfall::TimedOut),
            (self.is_partial, Shortfall::Partial),
            (self.failed_shards > 0, failed),
        ]
        .into_iter()
        .filter_map(|(is_so, shortfall)| is_so.then_some(shortfall))
    }
}

/// A response whose list of documents has begun.
#[derive(Clone, Copy, Debug)]
struct OpenResponse {
    /// Objects and lists around it.
    depth: usize,
    /// Where it begins.
    start: u64,
    summary: ResponseSummary,
    /// Documents in its list, or sequences.
    count: u64,
}

/// Responses that are pages of one search, as far as their totals tell.
#[derive(Clone, Copy, Debug)]
struct Pages {
    /// Where the first of them begins.
    start: u64,
    total: u64,
    is_at_least: bool,
    count: u64,
}

impl Pages {
    /// A response as the first page, if it says how many documents were found.
    fn of(response: &OpenResponse) -> Option<Self> {
        let OpenResponse { start, summary, count, .. } = *response;
        Some(Self { start, total: summary.total?, is_at_least: summary.is_at_least, count })
    }

    /// Adds the next page; false if it is one of another search.
    fn add(&mut self, next: Self) -> bool {
        let is_same = (self.total, self.is_at_least) == (next.total, next.is_at_least);
        self.count += if is_same { next.count } else { 0 };
        is_same
    }

    /// The reason why all of them together are incomplete, if they are.
    fn shortfall(&self) -> Option<Shortfall> {
        let Self { total, is_at_least, count, .. } = *self;
        if count < total {
            Some(Shortfall::Page { count, of: total, is_at_least })
        } else {
            (is_at_least && count == total).then_some(Shortfall::Uncounted { count })
        }
    }
}

/// The reason why a response is incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// The time of the search was up before all shards had answered.
    TimedOut,
    /// The search was not done when it was asked for its results.
    Partial,
    /// Shards that could not be searched.
    FailedShards {
        /// Shards that failed.
        failed: u64,
        /// All.
        of: u64,
    },
    /// There are more documents than these.
    Page {
        /// Documents that there are.
        count: u64,
        /// Documents that were found.
        of: u64,
        /// Whether there may be more than that.
        is_at_least: bool,
    },
    /// Elasticsearch counted just as many documents as there are, and no further.
    Uncounted {
        /// Documents that there are.
        count: u64,
    },
}

impl Shortfall {
    /// Whether something is missing for certain.
    pub fn is_certain(self) -> bool {
        !matches!(self, Self::Uncounted { .. })
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response that begins here ")?;
        match self {
            Self::TimedOut => f.write_str("says `timed_out`: it has only what was found until then"),
            Self::Partial => f.write_str("says `is_partial`: it has only what was found until then"),
            Self::FailedShards { failed, of } => {
                write!(f, "lacks what is in {failed} of {of} shards, which could not be searched")
            }
            Self::Page { count, of, is_at_least } => {
                let at_least = if *is_at_least { "at least " } else { "" };
                write!(f, "is a page of a larger result: {count} of {at_least}{of} hits are in this file")
            }
            Self::Uncounted { count } => write!(
                f,
                "has {count} hits, and its search counted no further: ask with `track_total_hits` whether there are more"
            ),
        }
    }
}
