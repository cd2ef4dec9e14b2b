//! Sequences: stages with filters and join keys, and what a single document is to them.
//!
//! Work on a sequence has two halves. [`CompiledSequence::candidate`] looks at one document, anywhere and in any order, and says which filters take it
//! under which keys. [`Machine`] takes candidates in the order of time and knows no documents at all.

mod key;
mod machine;

use key::Recent;
pub use key::{Digest, DigestBuffer, Digester, JoinKey, KeyPart};
pub use machine::{Machine, SequenceMatch};

use super::predicate::Predicate;
use super::query::ResultCut;
use crate::base::{Span, Ticks};
use crate::ecs::Field;
use crate::event::Fields;
use std::sync::Arc;

/// Most stages of a sequence.
pub const MAX_STAGES: usize = 256;

/// Most combinations of join keys that one document may stand for in one filter; further ones are dropped, and the candidate says so.
pub const MAX_KEYS: usize = 1024;

/// A join key of one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyField {
    /// Where the value is.
    pub field: Field,
    /// Whether a missing value is null, which equals null, instead of keeping the event out.
    pub optional: bool,
    /// Whether values are joined in lower case: those of `.caseless`, and names of hosts.
    pub lower: bool,
}

impl KeyField {
    /// Whether a field is the name or id of a host. Elasticsearch compares these exactly; but one host writes its name in different letters from record to
    /// record, and a sequence on it would be lost.
    pub fn names_host(field: &Field) -> bool {
        const NAMES: [&str; 5] = ["host.name", "host.hostname", "host.id", "winlog.computer_name", "observer.hostname"];
        NAMES.contains(&field.name())
    }
}

/// The filter of a term: what an event must be, and its keys.
#[derive(Clone, Debug)]
pub struct TermFilter {
    predicate: Predicate,
    keys: Vec<KeyField>,
    missing: bool,
    span: Span,
}

impl TermFilter {
    pub(super) fn new(predicate: Predicate, keys: Vec<KeyField>, missing: bool, span: Span) -> Self {
        Self { predicate, keys, missing, span }
    }

    /// The same filter for events that pass a condition.
    pub(super) fn among(&self, condition: &Predicate) -> Arc<Self> {
        let predicate = Predicate::all(vec![self.predicate.clone(), condition.clone()]);
        Arc::new(Self { predicate, ..self.clone() })
    }

    /// The condition, category included.
    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// Join keys, those of the whole sequence first.
    pub fn keys(&self) -> &[KeyField] {
        &self.keys
    }

    /// The keys of a document that it takes.
    pub fn keys_of(&self, document: &dyn Fields) -> Vec<JoinKey> {
        key::keys_of(document, &self.keys, &mut Recent::default()).0
    }

    /// Whether it is of a `![...]` term.
    pub fn is_missing(&self) -> bool {
        self.missing
    }

    /// The term's brackets in the source.
    pub fn span(&self) -> Span {
        self.span
    }
}

/// One stage. The runs of a term are stages of their own that share the term's filter.
#[derive(Clone, Debug)]
pub struct Stage {
    filter: Arc<TermFilter>,
    index: usize,
}

impl Stage {
    /// What an event of the stage must be.
    pub fn filter(&self) -> &TermFilter {
        &self.filter
    }

    /// The number of its filter in [`CompiledSequence::filters`].
    pub fn filter_index(&self) -> usize {
        self.index
    }

    /// Whether the stage demands that no event matches.
    pub fn is_missing(&self) -> bool {
        self.filter.missing
    }
}

/// A compiled sequence.
#[derive(Clone, Debug)]
pub struct CompiledSequence {
    /// One filter a term, in order; that of `until` last.
    filters: Vec<Arc<TermFilter>>,
    stages: Vec<Stage>,
    until: Option<usize>,
    maxspan_millis: Option<u64>,
    fields: Box<[Field]>,
    pipes: Vec<ResultCut>,
}

impl CompiledSequence {
    /// `stages` says which filter each stage has.
    pub(super) fn new(
        filters: Vec<TermFilter>,
        stages: &[usize],
        until: Option<TermFilter>,
        maxspan: Option<u64>,
    ) -> Self {
        let mut filters: Vec<Arc<TermFilter>> = filters.into_iter().map(Arc::new).collect();
        let stages = stages
            .iter()
            .filter_map(|&index| filters.get(index).map(|filter| Stage { filter: filter.clone(), index }))
            .collect();
        let until = until.map(|until| {
            filters.push(Arc::new(until));
            filters.len() - 1
        });
        let fields = fields_of(&filters);
        Self { filters, stages, until, maxspan_millis: maxspan, fields, pipes: Vec::new() }
    }

    pub(super) fn with_pipes(self, pipes: Vec<ResultCut>) -> Self {
        Self { pipes, ..self }
    }

    /// The same sequence of events that pass a condition.
    pub(super) fn among(&self, condition: &Predicate) -> Self {
        let filters: Vec<_> = self.filters.iter().map(|filter| filter.among(condition)).collect();
        let stage = |stage: &Stage| Stage { filter: filters[stage.index].clone(), index: stage.index };
        let stages = self.stages.iter().map(stage).collect();
        let fields = fields_of(&filters);
        Self { filters, stages, fields, pipes: self.pipes.clone(), ..*self }
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(super) fn pipes(&self) -> &[ResultCut] {
        &self.pipes
    }

    /// All stages in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// All filters: one a term, then that of `until`.
    pub fn filters(&self) -> &[Arc<TermFilter>] {
        &self.filters
    }

    /// The number of the filter of `until`.
    pub fn until(&self) -> Option<usize> {
        self.until
    }

    /// The longest time from the first event to the last, both included, as a difference of instants.
    pub fn maxspan(&self) -> Option<Ticks> {
        let millis = i64::try_from(self.maxspan_millis?).unwrap_or(i64::MAX);
        Some(Ticks(millis.saturating_mul(Ticks::PER_MILLISECOND)))
    }

    /// What a document is to this sequence; `None` if no filter takes it.
    pub fn candidate(&self, document: &dyn Fields) -> Option<Candidate> {
        candidate_of_all(&self.filters, document)
    }
}

/// What a document is to a list of filters that are all asked.
pub(super) fn candidate_of_all(filters: &[Arc<TermFilter>], document: &dyn Fields) -> Option<Candidate> {
    candidate(filters, document, &mut KeyValues::default(), |filter| filters[filter].predicate.matches(document))
}

/// What a document is to a list of filters, of which `holds` tells the conditions by number; `None` if none takes it.
pub(super) fn candidate(
    filters: &[Arc<TermFilter>],
    document: &dyn Fields,
    known: &mut KeyValues,
    holds: impl Fn(usize) -> bool,
) -> Option<Candidate> {
    let mut hits = Vec::new();
    let mut capped = false;
    for (index, filter) in filters.iter().enumerate() {
        if !holds(index) {
            continue;
        }
        let (keys, cut) = known.of(document, &filter.keys);
        capped |= *cut;
        if !keys.is_empty() {
            hits.push(FilterHit { filter: index, keys: keys.clone() });
        }
    }
    (!hits.is_empty()).then(|| Candidate { hits: hits.into(), capped })
}

/// Every field of some filters, once each, sorted.
pub(super) fn fields_of(filters: &[Arc<TermFilter>]) -> Box<[Field]> {
    let mut fields: Vec<Field> = Vec::new();
    for filter in filters {
        fields.extend(filter.predicate.fields().into_iter().cloned());
        fields.extend(filter.keys.iter().map(|key| key.field.clone()));
    }
    fields.sort_unstable();
    fields.dedup();
    fields.into()
}

/// The join keys of one document after another, each list of fields worked out once. Filters that join by the same fields share them, and
/// documents whose keys have the same texts share those.
#[derive(Debug, Default)]
pub struct KeyValues {
    known: Vec<(Box<[KeyField]>, Shared)>,
    recent: Recent,
}

/// Keys, and whether some were dropped.
type Shared = (Arc<[JoinKey]>, bool);

impl KeyValues {
    /// A copy of a text that is shared with keys that were met lately.
    pub fn share(&mut self, text: &str) -> Arc<str> {
        self.recent.share(text)
    }

    /// Begins the next document.
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// The keys of the document that this is for, and whether some were dropped.
    fn of(&mut self, document: &dyn Fields, fields: &[KeyField]) -> &Shared {
        let at = self.known.iter().position(|(have, _)| **have == *fields).unwrap_or_else(|| {
            let (keys, capped) = key::keys_of(document, fields, &mut self.recent);
            self.known.push((fields.into(), (keys.into(), capped)));
            self.known.len() - 1
        });
        &self.known[at].1
    }
}

/// What one document is to a sequence or sample. Cheap to clone, independent of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    hits: Arc<[FilterHit]>,
    capped: bool,
}

/// A filter that takes the document, and the keys it takes it under.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FilterHit {
    filter: usize,
    keys: Arc<[JoinKey]>,
}

impl Candidate {
    /// A candidate that some filters take, each under keys that digests stand for.
    pub fn of_digests<'d>(hits: impl Iterator<Item = (usize, &'d [Digest])>) -> Self {
        let key = |digest: &Digest| JoinKey::from([KeyPart::Digest(*digest)]);
        let hit = |(filter, digests): (usize, &[Digest])| FilterHit { filter, keys: digests.iter().map(key).collect() };
        Self { hits: hits.map(hit).collect(), capped: false }
    }

    /// The filters that take the document, by number, each with the keys that it takes it under.
    pub fn hits(&self) -> impl Iterator<Item = (usize, &[JoinKey])> {
        self.hits.iter().map(|hit| (hit.filter, &*hit.keys))
    }

    pub(super) fn keys(&self, filter: usize) -> &[JoinKey] {
        self.hits.iter().find(|hit| hit.filter == filter).map_or(&[], |hit| &hit.keys)
    }

    /// The numbers of the filters that take the document.
    pub fn filters(&self) -> impl Iterator<Item = usize> {
        self.hits.iter().map(|hit| hit.filter)
    }

    /// Whether keys were dropped because there were more than [`MAX_KEYS`] combinations.
    pub fn is_capped(&self) -> bool {
        self.capped
    }
}

#[cfg(test)]
mod tests;
