use super::*;

#[test]
fn equal_strings_are_held_once() {
    let mut interner = Interner::default();
    let first = interner.share("Image");
    assert!(Arc::ptr_eq(&first, &interner.share("Image")));
    assert!(!Arc::ptr_eq(&first, &interner.share("image")));
}

#[test]
fn hostile_evidence_cannot_make_the_store_of_strings_grow() {
    let mut interner = Interner::default();
    for number in 0..3 * Interner::CAPACITY {
        interner.share(&number.to_string());
    }
    assert!(interner.known.len() <= Interner::CAPACITY);
    let long = "x".repeat(Interner::LONGEST + 1);
    assert_eq!(&*interner.share(&long), long);
    assert!(!interner.known.contains(long.as_str()));
}
