use super::*;

#[test]
fn equal_texts_are_held_once() {
    let mut interner = Interner::default();
    let first = interner.share("Image");
    assert!(Arc::ptr_eq(&first, &interner.share("Image")));
    assert!(!Arc::ptr_eq(&first, &interner.share("image")));
}

#[test]
fn hostile_evidence_cannot_make_it_grow() {
    let mut interner = Interner::new(100, 8);
    let first = interner.share("0");
    for number in 0..350 {
        interner.share(&number.to_string());
        assert!(interner.known.len() <= 100);
    }
    assert_eq!(&*first, "0", "whoever holds a text goes on holding it");
    assert_eq!(&*interner.share("123456789"), "123456789");
    assert!(!interner.known.contains("123456789"), "it is too long to come again");
}
