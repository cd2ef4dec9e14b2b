//! Candidates: the filters of a sequence or sample that take a document, and the join keys that they take it under.

use super::key::{self, Digest, JoinKey, KeyField, KeyPart, Recent};
use super::term_filter::TermFilter;
use crate::event::Fields;
use std::sync::Arc;

/// Matches a document against filters whose conditions are all evaluated.
pub(in crate::eql) fn candidate_of_all(filters: &[Arc<TermFilter>], document: &dyn Fields) -> Option<Candidate> {
    candidate(filters, document, &mut KeyValues::default(), |filter| filters[filter].predicate().matches(document))
}

/// Matches a document against filters; `holds` tells by number which conditions hold. `None` if no filter takes it.
pub(in crate::eql) fn candidate(
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
        let (keys, cut) = known.of(document, filter.keys());
        capped |= *cut;
        if keys.is_empty() {
            continue;
        }
        let keys = keys.clone();
        let counted = filter.counted().map(|counted| known.of(document, &counted.fields));
        capped |= counted.is_some_and(|(_, cut)| *cut);
        let counted = counted.map(|(values, _)| values.clone()).unwrap_or_default();
        hits.push(FilterHit { filter: index, keys, counted });
    }
    (!hits.is_empty()).then(|| Candidate { hits: hits.into(), capped })
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
        // A linear search: rules join by a handful of different lists of fields, and comparing lists of numbers is cheaper than hashing one.
        let at = self.known.iter().position(|(have, _)| **have == *fields).unwrap_or_else(|| {
            let (keys, capped) = key::keys_of(document, fields, &mut self.recent);
            self.known.push((fields.into(), (keys.into(), capped)));
            self.known.len() - 1
        });
        &self.known[at].1
    }
}

/// A document as a sequence or sample sees it: the filters that take it, and its keys. Cheap to clone, independent of the document.
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
    /// The values that are counted, as keys of the counted fields.
    counted: Arc<[JoinKey]>,
}

impl Candidate {
    /// A candidate that some filters take, each under keys that digests stand for.
    pub fn of_digests<'d>(hits: impl Iterator<Item = (usize, &'d [Digest])>) -> Self {
        let key = |digest: &Digest| JoinKey::from([KeyPart::Digest(*digest)]);
        let hit = |(filter, digests): (usize, &[Digest])| FilterHit {
            filter,
            keys: digests.iter().map(key).collect(),
            counted: Arc::default(),
        };
        Self { hits: hits.map(hit).collect(), capped: false }
    }

    /// The filters that take the document, by number, each with the keys that it takes it under.
    pub fn hits(&self) -> impl Iterator<Item = (usize, &[JoinKey])> {
        self.hits.iter().map(|hit| (hit.filter, &*hit.keys))
    }

    /// The values that are counted for a filter, as keys of its counted fields.
    pub fn counted(&self, filter: usize) -> &[JoinKey] {
        self.hits.iter().find(|hit| hit.filter == filter).map_or(&[], |hit| &hit.counted)
    }

    pub(in crate::eql) fn keys(&self, filter: usize) -> &[JoinKey] {
        self.hits.iter().find(|hit| hit.filter == filter).map_or(&[], |hit| &hit.keys)
    }

    /// The numbers of the filters that take the document.
    pub fn filters(&self) -> impl Iterator<Item = usize> {
        self.hits.iter().map(|hit| hit.filter)
    }

    /// Whether keys were dropped because there were more than [`MAX_KEYS`](super::MAX_KEYS) combinations.
    pub fn is_capped(&self) -> bool {
        self.capped
    }
}
