use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A record of a made-up log: group, number, and a letter for what it says.
type Told = (LogDigest, u64, u8);

/// Evidence of chunks with their records, and single records of other files.
#[derive(Debug)]
struct Evidence {
    chunks: Vec<Vec<Told>>,
    others: Vec<Told>,
}

fn chunk_origin(chunk: usize) -> Locator {
    Locator { input: u32::try_from(chunk / 3).unwrap(), offset: 4096 + (chunk as u64 % 3) * 65_536 }
}

fn record_origin(chunk: usize, at: usize) -> Locator {
    let chunk = chunk_origin(chunk);
    Locator { offset: chunk.offset + 512 + at as u64, ..chunk }
}

fn seen((group, record_id, letter): Told, origin: Locator) -> RecordFingerprint {
    let mut fingerprint = [letter; 16];
    fingerprint[..8].copy_from_slice(&group.to_le_bytes());
    fingerprint[8..15].copy_from_slice(&record_id.to_le_bytes()[..7]);
    RecordFingerprint {
        fingerprint,
        is_recovered: false,
        is_partial: false,
        identity: 0,
        origin,
        group,
        record_id,
        event_id: 1,
        disposition: Disposition::Mapped,
    }
}

impl Evidence {
    fn all(&self) -> Vec<RecordFingerprint> {
        let in_chunk = |(chunk, records): (usize, &Vec<Told>)| {
            let seen = |(at, told): (usize, &Told)| seen(*told, record_origin(chunk, at));
            records.iter().enumerate().map(seen).collect::<Vec<_>>()
        };
        self.chunks.iter().enumerate().flat_map(in_chunk).collect()
    }

    fn others(&self) -> Vec<RecordFingerprint> {
        let origin = |at: usize| Locator { input: 1000, offset: at as u64 };
        self.others.iter().enumerate().map(|(at, told)| seen(*told, origin(at))).collect()
    }

    fn chunks(&self) -> Vec<ChunkSeen> {
        let mut building = Building::default();
        let mut built = |(chunk, records): (usize, &Vec<Told>)| {
            building.begin(chunk_origin(chunk));
            for (group, id, _) in records {
                building.add(*group, *id, (Some(1), Disposition::Mapped));
            }
            // Headers of two numbers only, so that many chunks that are no copies have the same one.
            building.end(records.first().map_or(0, |(_, id, _)| id % 2))
        };
        self.chunks.iter().enumerate().filter_map(&mut built).collect()
    }
}

impl Rereader for Evidence {
    fn digests(&self, chunks: &[Locator]) -> Vec<(Locator, u64)> {
        assert!(chunks.is_sorted(), "{chunks:?}");
        let digests = Digests::default();
        let digest = |records: &Vec<Told>| digests.of(format!("{records:?}").as_bytes());
        let all = self.chunks.iter().enumerate().map(|(at, records)| (chunk_origin(at), digest(records)));
        all.filter(|(origin, _)| chunks.contains(origin)).collect()
    }

    fn numbers(&self, chunks: &[Locator]) -> Vec<NumberedRecord> {
        let wanted = |seen: &RecordFingerprint| {
            let chunk = Locator { offset: source::chunk_start(seen.origin.offset), ..seen.origin };
            chunks.contains(&chunk).then_some((seen.group, seen.record_id, seen.origin))
        };
        self.all().iter().filter_map(wanted).collect()
    }

    fn seen(&self, records: &[Locator]) -> Vec<RecordFingerprint> {
        assert!(records.is_sorted(), "{records:?}");
        self.all().into_iter().filter(|seen| records.contains(&seen.origin)).collect()
    }
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let told = || (prop::sample::select(vec![3_u64, 5]), 0..12_u64, 0..2_u8);
    let chunk = prop::collection::vec(told(), 0..6);
    let copied = prop::collection::vec((chunk, 1..3_usize), 0..8);
    (copied, prop::collection::vec(told(), 0..4)).prop_map(|(chunks, others)| {
        let chunks = chunks.into_iter().flat_map(|(chunk, times)| std::iter::repeat_n(chunk, times)).collect();
        Evidence { chunks, others }
    })
}

proptest! {
    /// The naive way: hold everything, and keep of equal records the one with the lowest place.
    #[test]
    fn what_is_there_twice_is_found_as_if_everything_were_held(evidence in evidence()) {
        let others = evidence.others();
        let mut all = [evidence.all(), others.clone()].concat();
        all.sort_by_key(|seen| seen.origin);
        let mut first: BTreeMap<[u8; 16], Locator> = BTreeMap::new();
        let mut expected = BTreeSet::new();
        for seen in &all {
            if *first.entry(seen.fingerprint).or_insert(seen.origin) != seen.origin {
                expected.insert(seen.origin);
            }
        }
        let found = find(evidence.chunks(), &others, &evidence);
        let is_found: BTreeSet<Locator> = all.iter().map(|seen| seen.origin).filter(|at| found.contains(*at)).collect();
        prop_assert_eq!(&is_found, &expected);
        let counted: u64 = found.counts.0.values().sum();
        prop_assert_eq!(counted, expected.len() as u64);
    }
}

#[test]
fn what_overlaps_far_and_wide_is_compared_in_parts() {
    let ranges: Vec<ChunkSeen> = (0..3 * CHUNKS_AT_A_TIME as u64)
        .map(|at| {
            let mut building = Building::default();
            building.begin(Locator { input: 0, offset: 4096 + at * 65_536 });
            building.add(3, at * 10, (Some(1), Disposition::Mapped));
            building.add(3, at * 10 + 12, (Some(1), Disposition::Mapped));
            building.end(at).unwrap()
        })
        .collect();
    let batches = batches(&ranges, &[]);
    assert!(batches.len() >= 3, "{}", batches.len());
    assert!(batches.iter().all(|batch| batch.chunks.len() <= CHUNKS_AT_A_TIME + 1));
    // Every number belongs to exactly one part, and each chunk that has it is in that part.
    for chunk in &ranges {
        for id in [chunk.range.first, chunk.range.last] {
            let parts: Vec<&ComparisonBatch> = batches.iter().filter(|batch| batch.includes(3, id)).collect();
            assert_eq!(parts.len(), 1, "{id}");
            assert!(parts[0].chunks.contains(&chunk.origin), "{id}");
        }
    }
}

#[test]
fn documents_are_compared_with_each_other_only() {
    let document =
        |offset, letter| SeenDocument::new([letter; 16], Locator { input: 0, offset }, None, Disposition::Mapped);
    let mut found = Duplicates::default();
    found.add_documents(vec![document(9, 1), document(2, 1), document(5, 2)]);
    assert_eq!(found.counts.0.values().sum::<u64>(), 1);
    assert!(found.contains(Locator { input: 0, offset: 9 }));
    assert!(!found.contains(Locator { input: 0, offset: 2 }) && !found.contains(Locator { input: 0, offset: 5 }));
}
