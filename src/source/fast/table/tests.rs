use super::*;
use proptest::prelude::*;

/// Types and lengths of values, mostly such as fit together.
fn descriptors() -> impl Strategy<Value = Vec<(u16, u8)>> {
    let fixed =
        prop::sample::select(vec![(1, 4), (2, 6), (4, 8), (4, 0x0d), (8, 0x0a), (8, FILETIME), (16, 0x0f), (0, 0)]);
    let text = (0..20_u16).prop_map(|units| (units * 2, TEXT));
    let odd = (0..20_u16, prop::sample::select(vec![TEXT, SID, BINXML, 0x0e, 0x0a, 0x81]));
    prop::collection::vec(prop_oneof![6 => text, 6 => fixed, 1 => odd], 0..60)
}

/// A table with its values, and how much room these have.
fn bytes(descriptors: &[(u16, u8)], room: usize, fill: u8) -> Vec<u8> {
    let mut bytes = u32::try_from(descriptors.len()).unwrap_or_default().to_le_bytes().to_vec();
    for (length, kind) in descriptors {
        bytes.extend(length.to_le_bytes());
        bytes.extend([*kind, 0]);
    }
    bytes.resize(bytes.len() + room, fill);
    bytes
}

/// What is noticed in a table, with so many bytes behind what belongs to it.
fn read_before(behind: usize, bytes: &[u8], form: &mut TableShape) -> Option<Noticed> {
    let mut all = bytes.to_vec();
    all.resize(bytes.len() + behind, 0xa5);
    let (table, room) = ValueTable::at(ByteView::new(&all), 0, bytes.len())?;
    form.read(table, room)
}

/// The same in the middle of a chunk and at its end, where forms are of no use.
fn read(bytes: &[u8], form: &mut TableShape) -> Option<Noticed> {
    let noticed = read_before(4 * BLOCK, bytes, form);
    assert_eq!(noticed, read_before(0, bytes, &mut TableShape::default()));
    noticed
}

proptest! {
    /// However much a form has seen before, it finds what is found value by value.
    #[test]
    fn a_form_finds_what_is_found_value_by_value(
        first in descriptors(),
        changes in prop::collection::vec((0..60_usize, 0..30_u16), 0..4),
        missing in 0..3_usize,
        fill in prop::sample::select(vec![0_u8, 1]),
    ) {
        let size = |descriptors: &[(u16, u8)]| descriptors.iter().map(|(length, _)| usize::from(*length)).sum::<usize>();
        let mut second = first.clone();
        for (at, length) in changes {
            if let Some(changed) = second.get_mut(at) {
                changed.0 = length;
            }
        }
        let room = (size(&second) + 1).saturating_sub(missing);
        let mut form = TableShape::default();
        read(&bytes(&first, size(&first), fill), &mut form);
        let second = bytes(&second, room, fill);
        prop_assert_eq!(read(&second, &mut form), read(&second, &mut TableShape::default()));
        // And once more, now that it has seen it.
        prop_assert_eq!(read(&second, &mut form), read(&second, &mut TableShape::default()));
    }
}

#[test]
fn a_form_knows_a_table_again_without_looking_at_its_values() {
    for count in [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3] {
        let mut form = TableShape::default();
        let table = |units: u16| bytes(&vec![(2 * units, TEXT); count], 2 * usize::from(units) * count, 0);
        assert!(read(&table(3), &mut form).is_some());
        let (first, second) = (table(5), table(6));
        let fits = |bytes: &[u8], to: usize| {
            let mut all = bytes.to_vec();
            all.resize(bytes.len() + 4 * BLOCK, 0);
            ValueTable::at(ByteView::new(&all), 0, to).is_some_and(|(table, room)| form.fits(table, room))
        };
        assert!(fits(&first, first.len()) && fits(&second, second.len()), "{count}");
        assert!(!fits(&first, first.len() - 2), "{count}");
        let odd = bytes(&vec![(3, TEXT); count], 3 * count, 0);
        assert!(!fits(&odd, odd.len()), "{count}");
    }
}

proptest! {
    /// Whichever value it is and wherever the table stands, its place is the sum of the lengths before it.
    #[test]
    fn a_value_begins_where_the_ones_before_it_end(descriptors in descriptors(), behind in 0..40_usize) {
        let all = bytes(&descriptors, behind, 0xa5);
        let (table, _) = ValueTable::at(ByteView::new(&all), 0, all.len()).expect("a table");
        let mut start = 0;
        for (index, (length, _)) in descriptors.iter().enumerate() {
            prop_assert_eq!(table.span(index), Some((start, usize::from(*length))));
            start += usize::from(*length);
        }
        prop_assert_eq!(table.span(descriptors.len()), None);
    }
}

#[test]
fn values_are_where_their_lengths_put_them() {
    let mut all = bytes(&[(4, TEXT), (0, 0), (2, 6), (2, TEXT)], 0, 0);
    all.extend(*b"a\0b\0\x07\0\0\0");
    let (table, room) = ValueTable::at(ByteView::new(&all), 0, all.len()).expect("a table");
    assert_eq!((room, table.count()), (8, 4));
    assert_eq!(table.get(0).map(|value| value.raw), Some(b"a\0b\0".as_slice()));
    assert_eq!(table.of_kind(2, 6).and_then(|value| value.u16(0)), Some(7));
    assert!(table.of_kind(2, TEXT).is_none() && table.get(4).is_none());
    assert!(table.lacks(Some(1)) && !table.lacks(Some(0)) && !table.lacks(Some(9)) && !table.lacks(None));
    assert_eq!(
        [0, 1, 2, 3].map(|index| table.get(index).map(TableValue::is_empty)),
        [false, true, false, true].map(Some)
    );
}
