use super::super::binxml::Slot;
use super::super::schema::{Schema, kind_of};
use super::super::value::BinXmlType;
use super::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::rc::Rc;

/// A file in memory that the writer gives up and the test keeps.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Cursor<Vec<u8>>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.0.borrow_mut().seek(to)
    }
}

fn network() -> Rc<ForgedNetwork> {
    Rc::new(ForgedNetwork::new(9, None, None))
}

/// Every file with what was said of it.
fn written(large: &Large) -> Vec<(LargeFile, Vec<u8>)> {
    let (mut open, mut files) = (BTreeMap::new(), Vec::new());
    let created = |name: &str| -> Result<Shared, LargeError> {
        let file = Shared::default();
        open.insert(name.to_owned(), file.clone());
        Ok(file)
    };
    let finished = |file: &LargeFile| {
        files.push(file.clone());
        Ok(())
    };
    large.write(created, finished).unwrap();
    files
        .into_iter()
        .map(|file| {
            let bytes = open[&file.name].0.borrow().get_ref().clone();
            (file, bytes)
        })
        .collect()
}

#[test]
fn a_seed_decides_all_bytes() {
    let of = |seed| written(&Large::new(1 << 20, seed, Some(8)).unwrap());
    assert_eq!(of(7), of(7));
    assert_ne!(of(7), of(8));
}

#[test]
fn the_size_is_near_the_wish() {
    for size in [1 << 20, 3_000_000, 5 << 20] {
        let files = written(&Large::new(size, 1, None).unwrap());
        let bytes: u64 = files.iter().map(|(file, _)| file.bytes).sum();
        let most = size + files.len() as u64 * (68 << 10);
        assert!((size..=most).contains(&bytes), "{bytes} for {size}");
        for (file, bytes) in files {
            assert_eq!(file.bytes, bytes.len() as u64, "{}", file.name);
        }
    }
}

#[test]
fn an_independent_reader_sees_every_record() {
    for (file, bytes) in written(&Large::new(2 << 20, 3, None).unwrap()) {
        let settings = evtx::ParserSettings::default().validate_checksums(true).num_threads(1);
        let mut parser = evtx::EvtxParser::from_buffer(bytes).unwrap().with_configuration(settings);
        assert!(parser.header().validate_checksum());
        let records: Vec<_> = parser.records().map(Result::unwrap).collect();
        assert_eq!(records.len() as u64, file.records, "{}", file.name);
        for pair in records.windows(2) {
            assert_eq!(pair[0].event_record_id + 1, pair[1].event_record_id, "{}", file.name);
            assert!(pair[0].timestamp < pair[1].timestamp, "{}", file.name);
        }
    }
}

/// Event ID and data of a record.
fn parts(written: &ForgedEventData) -> (u16, &[Slot]) {
    let Slot::Value(id) = &written.instance.slots[3] else { panic!("no event ID") };
    let Some(Slot::Fragment(data)) = written.instance.slots.last() else { panic!("no data") };
    (u16::from_le_bytes(id.bytes[..2].try_into().unwrap()), &data.slots)
}

fn bytes(slot: &Slot) -> &[u8] {
    let Slot::Value(value) = slot else { panic!("no value") };
    &value.bytes
}

#[test]
fn values_stand_in_the_order_and_the_types_of_sysmon() {
    let mut host = PlantedHost::new(1, 9, network());
    for at in 0..3000 {
        if at % 10 == 0 {
            host.plant(at % 20 == 0);
        }
        let event = host.next();
        let (id, slots) = parts(&event);
        let kinds: Vec<BinXmlType> = slots
            .iter()
            .map(|slot| match slot {
                Slot::Value(value) => value.kind,
                Slot::Fragment(_) | Slot::Copied { .. } => panic!("nested or copied"),
            })
            .collect();
        let wanted: Vec<BinXmlType> = Schema::of(id).unwrap().fields().map(kind_of).collect();
        assert_eq!(kinds, wanted, "event {id}");
    }
}

#[test]
fn parents_were_started_and_no_two_processes_are_one() {
    let mut host = PlantedHost::new(1, 9, network());
    let mut started = std::collections::BTreeSet::new();
    let mut orphans = 0;
    for at in 0..5000 {
        if at % 50 == 49 {
            host.plant(at % 100 == 49);
        }
        let event = host.next();
        let (id, slots) = parts(&event);
        if id == 1 {
            orphans += usize::from(!started.contains(bytes(&slots[18])));
            assert!(started.insert(bytes(&slots[2]).to_vec()), "the same process twice");
        }
    }
    assert_eq!(orphans, 2, "only the first process of the system and that of the user have a parent of before");
    assert!(started.len() > 1500);
}

#[test]
fn event_ids_have_about_their_shares() {
    let mut host = PlantedHost::new(2, 4, network());
    let mut counts: BTreeMap<u16, u32> = BTreeMap::new();
    for _ in 0..10_000 {
        *counts.entry(parts(&host.next()).0).or_default() += 1;
    }
    for (id, share) in [(1, 3300), (3, 2000), (7, 1450), (5, 1100), (22, 500), (11, 600), (13, 420), (12, 200)] {
        assert!(counts[&id].abs_diff(share) < 200, "event {id}: {} instead of {share}", counts[&id]);
    }
    // What else happens on a host is rare, but there.
    assert!(counts.len() > 18, "{counts:?}");
}

#[test]
fn what_cannot_be_is_refused() {
    assert!(matches!(Large::new(1000, 1, None), Err(LargeError::TooSmall(1000))));
    assert!(matches!(Large::new(1 << 20, 1, Some(33)), Err(LargeError::TooManyAttacks { most: 32, .. })));
    assert_eq!(Large::new(1 << 20, 1, None).unwrap().attacks(), 32);
    assert_eq!(Large::new(1 << 30, 1, None).unwrap().attacks(), 40);
}

#[test]
fn gaps_are_filled() {
    let mut random = random::Random::new(1, 1);
    let names = words::GapNames { user: "ana", network: network() };
    let text = words::filled(r"C:\Users\{user}\{word}.{none}", &names, &mut random);
    assert!(text.starts_with(r"C:\Users\ana\") && text.ends_with(".{none}") && !text.contains("{word}"), "{text}");
}
