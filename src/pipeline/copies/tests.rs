use super::*;

fn seen(fingerprint: u8, input: u32, offset: u64) -> SeenDocument<u8> {
    SeenDocument::new([fingerprint; 16], Locator { input, offset }, Some(1), 0)
}

#[test]
fn of_copies_the_one_with_the_lowest_place_stays() {
    let all = vec![seen(7, 1, 5), seen(7, 0, 90), seen(8, 0, 10), seen(7, 0, 80)];
    let found: Vec<(u32, u64)> = copies(all).map(|seen| (seen.origin().input, seen.origin().offset)).collect();
    assert_eq!(found, [(0, 90), (1, 5)]);
}

#[test]
fn what_is_kept_of_a_document_is_short() {
    assert_eq!(size_of::<SeenDocument<u8>>(), 32);
}
