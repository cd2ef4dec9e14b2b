use super::*;
use proptest::prelude::*;

/// A number, in four partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Number(u16);

impl SpoolItem for Number {
    const PARTITIONS: usize = 4;

    fn partition(&self) -> usize {
        usize::from(self.0 >> 14)
    }

    fn bytes(&self) -> usize {
        2
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.0.to_le_bytes());
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        let mut bytes = [0; 2];
        from.read_exact(&mut bytes)?;
        Ok(Self(u16::from_le_bytes(bytes)))
    }
}

fn spooled(blocks: &[Vec<u16>], max_memory: u64) -> SortedSpool<Number> {
    let spool = SortSpool::new(SpoolLimits { max_memory, temp_folder: None }.into());
    for block in blocks {
        spool.add(block.iter().map(|number| Number(*number)).collect());
    }
    spool.take_sorted()
}

proptest! {
    #[test]
    fn any_numbers_come_back_sorted_in_memory_and_on_disk(
        blocks in prop::collection::vec(prop::collection::vec(any::<u16>(), 0..50), 0..10),
        max_memory in prop_oneof![Just(0_u64), 0..200_u64, Just(1 << 20)],
    ) {
        let mut all = blocks.concat();
        all.sort_unstable();
        let spool = spooled(&blocks, max_memory);
        for _ in 0..2 {
            let read: Vec<u16> = (0..4).flat_map(|part| spool.partition(part)).map(|number| number.unwrap().0).collect();
            prop_assert_eq!(&read, &all, "as often as one likes");
        }
        let on_disk = if max_memory == 0 { blocks.iter().filter(|block| !block.is_empty()).count() } else { spool.runs.len() };
        prop_assert_eq!(spool.runs.len(), on_disk, "without memory each block is a run");
        prop_assert!(spool.blocks.iter().map(|block| block.items.len()).sum::<usize>() as u64 * 2 <= max_memory, "more is held than allowed");
    }
}

#[test]
fn a_folder_that_is_not_there_is_named_and_nothing_is_lost() {
    let folder = std::env::temp_dir().join("no such folder of evql");
    let space = SpoolSpace::from(SpoolLimits { max_memory: 0, temp_folder: Some(folder.clone()) });
    let spool = SortSpool::new(space.share(2));
    spool.add(vec![Number(2), Number(1)]);
    spool.add(vec![Number(0)]);
    let error = space.error().unwrap();
    assert!(error.contains(&folder.display().to_string()), "{error}");
    let held: Vec<Number> = spool.take_sorted().partition(0).map(Result::unwrap).collect();
    assert_eq!(held, [Number(0), Number(1), Number(2)]);
}
